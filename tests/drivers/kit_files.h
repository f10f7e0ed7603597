/*
 * tests/drivers/kit_files.h - temporary folders and what is in them. Any failure fails the test.
 */
#ifndef KIT_FILES_H
#define KIT_FILES_H

#include <stdbool.h>
#include <stddef.h>

/* A new folder below $TMPDIR; free it with kit_files_remove_tree and free. */
char *kit_files_make_folder(void);
void kit_files_remove_tree(const char *path);
void kit_files_write(const char *path, const void *data, size_t length);
/* Every entry below `path` with type, inode, mode, size, modification time and content's sum, sorted; free it. */
char *kit_files_describe(const char *path);
/* How many descriptors this process has open. */
unsigned kit_files_count_open(void);

#endif
