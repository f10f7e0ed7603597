/*
 * conf/names.h - which keys a table of the configuration may have, and which one was meant.
 */
#ifndef CONF_NAMES_H
#define CONF_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#define NAMES_SUGGESTION_MAX 128

/* `parent` is the start of a row's path: "" at the top, "limits.", "listen[].". */
bool names_has(const char *parent, const char *name);
/* `; did you mean "x"?` for a name that is not there, or where to find out. */
void names_suggest(const char *parent, const char *name, char to[NAMES_SUGGESTION_MAX]);

#endif
