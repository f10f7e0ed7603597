/*
 * admin/table_print.h - tables for people: a line of titles, then rows whose columns stand below each other.
 *
 * Rows come in parts and are printed at once; columns only ever become wider. TRUST: cells hold what others wrote into
 * mail: octets outside printable ASCII are shown as \xHH, so that no terminal obeys them.
 */
#ifndef ADMIN_TABLE_PRINT_H
#define ADMIN_TABLE_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 16

struct table_column {
    const char *title;
    bool is_number; /* stands at the right of its column */
};

struct table {
    FILE *out;
    const struct table_column *columns;
    size_t count;
    size_t widths[TABLE_COLUMNS_MAX];
    bool has_title; /* it has been printed */
};

/* Cells one behind the other, each with its NUL, `count` to a row; what is left over is dropped. */
void table_print(struct table *table, const char *cells, size_t length);
/* One text as a cell is shown. */
void table_print_text(FILE *out, const char *text);
/* How many columns that takes. */
size_t table_text_width(const char *text);

#endif
