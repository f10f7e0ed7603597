/*
 * conf/script.h - running a configuration file: Lua with nothing in it, on a budget.
 *
 * The environment knows no name but the settings that were given above. What the file gives a value is kept for
 * conf/walk.h; undefined names and names that are no settings become faults and the file runs on, so that one run
 * finds as many faults as there are.
 */
#ifndef CONF_SCRIPT_H
#define CONF_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#include "conf/report.h"
#include "conf/source.h"

/* One top-level setting that was given a value. */
struct script_assignment {
    char *name;
    uint32_t first_line, last_line; /* of the statement */
};

struct script {
    struct report *report;
    struct source source;
    lua_State *lua;
    struct script_assignment *assignments;
    size_t count;
    size_t memory, memory_limit; /* octets */
    uint64_t steps;
    int64_t deadline_ms;
    uint32_t line;       /* the last one known to have been reached */
    const char *overrun; /* which budget ended the run; NULL: none */
    /* The undefined name last complained about, by its address in Lua: loops must not make that slow. */
    const char *undefined;
    uint32_t undefined_line;
};

/* False: the run ended before the end of the file (its fault is in the report). `lua` is there in any case. */
bool script_run(struct script *script, struct report *report, const char *text, size_t length);
/* Push the value of an assignment. */
void script_push(const struct script *script, const struct script_assignment *assignment);
void script_close(struct script *script);

#endif
