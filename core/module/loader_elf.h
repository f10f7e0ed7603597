/*
 * module/loader_elf.h - is this file a whole shared object for this machine? The dynamic linker trusts a file's
 * headers: mapping a truncated one ends the process instead of the attempt.
 */
#ifndef MODULE_LOADER_ELF_H
#define MODULE_LOADER_ELF_H

#include <restante/module.h>

enum restante_status elf_check(const char *path, struct restante_error *error);

#endif
