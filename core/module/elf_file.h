/*
 * module/elf_file.h - is a file a whole ELF shared object of this machine? The dynamic loader maps what the headers
 * promise and a process that touches a page beyond a truncated file's end dies of SIGBUS: look before loading.
 */
#ifndef MODULE_ELF_FILE_H
#define MODULE_ELF_FILE_H

#include <restante/module.h>

/* RESTANTE_OK, or a sentence that begins with the path. */
enum restante_status elf_file_check(const char *path, struct restante_error *error);

#endif
