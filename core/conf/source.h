/*
 * conf/source.h - where in the text of a configuration each key is written.
 *
 * Lua tells the line of a statement (for `name = { … }` its last one), not that of a key inside a table, so the text
 * is read once more: names and braces, without strings and comments. It only has to be right for tables written out in
 * the file; for values built otherwise the line of the statement is told.
 */
#ifndef CONF_SOURCE_H
#define CONF_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOURCE_PATH_MAX 256

struct source_key {
    char *path; /* "listen.2.port" */
    uint32_t line;
};

struct source {
    struct source_key *keys; /* in the order of the file */
    size_t count;
    uint32_t environment_line; /* the first line that says _ENV, or 0 */
};

/* Read a text that Lua has accepted. */
void source_parse(struct source *source, const char *text, size_t length);
void source_free(struct source *source);

/* The last line not after `last_line` at which `path` is given a value; 0: none. */
uint32_t source_line(const struct source *source, const char *path, uint32_t last_line);
/*
 * The line of a checked path inside the statement from `first_line` to `last_line`: its own, else that of the nearest
 * table around it. A list of one may have been written without its number.
 */
uint32_t source_line_within(const struct source *source, const char *path, uint32_t first_line, uint32_t last_line);

#endif
