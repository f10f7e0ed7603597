/*
 * tests/unit/ledger_box.h - a state directory of its own for each test, and a ledger in it.
 */
#ifndef LEDGER_BOX_H
#define LEDGER_BOX_H

#include "unit.h"

#include "ledger/ledger.h"

extern char ledger_box_path[64];
extern int ledger_box_fd;

int ledger_box_make(void **state);
int ledger_box_drop(void **state);
/* Remove every file; how many names began with `prefix`. */
int ledger_box_empty(const char *prefix);
int ledger_box_count(const char *prefix);

/* All steps; must succeed. */
struct restante_ledger *ledger_box_open(bool read_only);
void ledger_box_sync(struct restante_ledger *ledger);

/* The file "ledger". */
size_t ledger_box_read(char *to, size_t capacity);
void ledger_box_write(const char *data, size_t length);

#endif
