/*
 * conf/report.c - faults of a configuration file, sorted and bounded. Master only; cannot fail.
 */
#include "conf/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"

void report_add(struct report *report, uint32_t line, const char *format, ...)
{
    char sentence[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < report->count; i++) {
        if (report->faults[i].line == line && strcmp(report->faults[i].sentence, sentence) == 0)
            return;
    }
    if (report->count == REPORT_MAX) {
        report->left_out++;
        return;
    }
    if (!report->faults)
        report->faults = alloc_array(REPORT_MAX, sizeof(*report->faults));
    report->faults[report->count++] = (struct report_fault){.line = line, .sentence = alloc_string(sentence)};
}

/* What has no line comes last. The order of keys in a Lua table is not that of the file, so texts decide the rest. */
static int report_compare(const void *a, const void *b)
{
    const struct report_fault *left = a, *right = b;
    uint32_t left_line = left->line - 1, right_line = right->line - 1;
    if (left_line != right_line)
        return left_line < right_line ? -1 : 1;
    return strcmp(left->sentence, right->sentence);
}

void report_end(struct report *report, struct faults *faults)
{
    if (report->count > 0)
        qsort(report->faults, report->count, sizeof(*report->faults), report_compare);
    for (size_t i = 0; i < report->count; i++) {
        const struct report_fault *fault = &report->faults[i];
        if (fault->line > 0)
            faults_add(faults, "%s:%u: %s", report->file, fault->line, fault->sentence);
        else
            faults_add(faults, "%s: %s", report->file, fault->sentence);
        free(fault->sentence);
    }
    if (report->left_out > 0)
        faults_add(faults, "%s: and %zu more faults like these", report->file, report->left_out);
    free(report->faults);
    *report = (struct report){.file = report->file};
}
