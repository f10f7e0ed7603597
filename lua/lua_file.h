/*
 * lua/lua_file.h - reading scripts and lists at start, from files that others cannot change.
 */
#ifndef LUA_FILE_H
#define LUA_FILE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The whole file as allocated text, to be freed, of at most `max` octets. NULL: `why` says what is wrong, as the end of
 * a sentence that names the file.
 */
char *lua_file_read(const char *path, size_t max, size_t *length, char why[128]);

#endif
