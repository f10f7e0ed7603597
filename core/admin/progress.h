/*
 * admin/progress.h - a bar on a terminal that says how far a command has come. Drawn on standard error and only where
 * that is a terminal; gone before anything else is printed and at the end.
 */
#ifndef ADMIN_PROGRESS_H
#define ADMIN_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    bool is_wanted, is_drawn;
    size_t total, done;
    int64_t drawn_ms; /* when */
};

void progress_begin(struct progress *progress, size_t total);
/* One more is done. */
void progress_step(struct progress *progress);
/* Something is to be printed: the line is free. */
void progress_hide(struct progress *progress);

#endif
