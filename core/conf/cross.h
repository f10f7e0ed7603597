/*
 * conf/cross.h - checks that concern more than one setting, once each is right for itself.
 */
#ifndef CONF_CROSS_H
#define CONF_CROSS_H

#include <stdbool.h>

#include "conf/conf.h"
#include "conf/report.h"

/* Was the path given a value, be it a wrong one? */
bool cross_is_given(const struct conf *given, const char *path);
/* Lists that must be there, listeners, TLS, names, drivers. `conf` holds the defaults already. */
void cross_check(const struct conf *conf, const struct conf *given, struct report *report);

#endif
