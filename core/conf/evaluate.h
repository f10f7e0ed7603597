/*
 * conf/evaluate.h - restante.conf, a Lua 5.4 file that only makes data, to checked settings. Master only.
 */
#ifndef CONF_EVALUATE_H
#define CONF_EVALUATE_H

#include <stdbool.h>

#include "conf/conf.h"

/*
 * Evaluate the file in an empty environment (instruction and memory budget, text only), check every value against the
 * settings table, add the defaults. Each fault is one sentence "FILE:LINE: key.path: what and what instead". Returns
 * true when there was none; `conf` then is complete and sorted.
 */
bool conf_evaluate_file(const char *file, struct conf *conf, struct faults *faults);
/*
 * For those that only look for a running server: the values that are right, without a word about the others, and
 * without defaults where the file cannot be evaluated to its end.
 */
void conf_evaluate_leniently(const char *file, struct conf *conf);
/* What holds where no file says otherwise; a server could not start with it. */
void conf_evaluate_defaults(struct conf *conf);
/* The same as conf_evaluate_file for text in memory; `name` stands for the file in faults. */
bool conf_evaluate_text(const char *name, const char *text, struct conf *conf, struct faults *faults);

#endif
