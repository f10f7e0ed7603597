/*
 * plugins/access/access_file.h - networks from a file: one a line, '#' begins a comment. Read once, in the nursery while
 * it starts; a reload reads it again.
 */
#ifndef ACCESS_FILE_H
#define ACCESS_FILE_H

#include "access_networks.h"

#define ACCESS_FAULT_MAX 400

/* False with a sentence's end that names the file, and the line where there is one. */
bool access_file_read(const char *path, struct access_networks *networks, char fault[ACCESS_FAULT_MAX]);

#endif
