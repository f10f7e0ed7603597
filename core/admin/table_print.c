#include "admin/table_print.h"

#include <string.h>

static bool is_plain(unsigned char c)
{
    return c >= ' ' && c < 0x7f;
}

void table_print_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (is_plain(c))
            fputc(c, out);
        else
            fprintf(out, "\\x%02x", c);
    }
}

size_t table_text_width(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += is_plain((unsigned char)*text) ? 1 : strlen("\\xHH");
    return width;
}

static void table_widen(struct table *table, size_t column, const char *text)
{
    size_t width = table_text_width(text);
    if (width > table->widths[column])
        table->widths[column] = width;
}

/* Nothing is put behind the last column. */
static void table_print_cell(const struct table *table, size_t column, const char *text)
{
    size_t missing = table->widths[column] - table_text_width(text);
    int padding = missing > 1000 ? 1000 : (int)missing;
    bool is_number = table->columns[column].is_number, is_last = column + 1 == table->count;
    if (column > 0)
        fputs("  ", table->out);
    if (is_number)
        fprintf(table->out, "%*s", padding, "");
    table_print_text(table->out, text);
    if (!is_number && !is_last)
        fprintf(table->out, "%*s", padding, "");
    if (is_last)
        fputc('\n', table->out);
}

void table_print(struct table *table, const char *cells, size_t length)
{
    const char *end = cells + length;
    size_t column = 0, rows = 0;
    for (size_t i = 0; i < table->count && !table->has_title; i++)
        table_widen(table, i, table->columns[i].title);
    for (const char *cell = cells; cell < end; cell += strlen(cell) + 1) {
        table_widen(table, column, cell);
        column = (column + 1) % table->count;
        rows += column == 0;
    }
    if (rows == 0)
        return;
    for (size_t i = 0; i < table->count && !table->has_title; i++)
        table_print_cell(table, i, table->columns[i].title);
    table->has_title = true;
    for (const char *cell = cells; rows > 0; rows--) {
        for (size_t i = 0; i < table->count; i++, cell += strlen(cell) + 1)
            table_print_cell(table, i, cell);
    }
}
