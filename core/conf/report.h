/*
 * conf/report.h - the faults of one file while it is checked: collected in any order, told in the order of lines.
 */
#ifndef CONF_REPORT_H
#define CONF_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "util/faults.h"

#define REPORT_MAX 200 /* sentences; the rest is counted */

struct report_fault {
    uint32_t line; /* 0: of no line in particular */
    char *sentence;
};

struct report {
    const char *file;
    struct report_fault *faults;
    size_t count;
    size_t left_out;
};

/* Add "path: …" at a line; the same sentence at the same line counts once. */
void report_add(struct report *report, uint32_t line, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Give "FILE:LINE: …" for each, sorted, and forget them. */
void report_end(struct report *report, struct faults *faults);

#endif
