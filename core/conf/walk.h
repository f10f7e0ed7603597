/*
 * conf/walk.h - the data that a configuration file made, to checked settings: every table is walked along the settings
 * table, never deeper than that goes.
 */
#ifndef CONF_WALK_H
#define CONF_WALK_H

#include "conf/conf.h"
#include "conf/script.h"

struct walk {
    struct conf *conf;
    struct report *report;
    const struct script *script;
    const struct script_assignment *assignment; /* the one being walked */
    /* Every path that was given, right or wrong; `integer` is 1 where a whole table could not be read. */
    struct conf given;
};

/* Walk all assignments: checked values and the defaults of list items go to `conf`, faults to `report`. */
void walk_all(struct walk *walk);

#endif
