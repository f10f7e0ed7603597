#include "util/faults.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/alloc.h"

void faults_add(struct faults *faults, const char *format, ...)
{
    char sentence[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof(sentence), format, arguments);
    va_end(arguments);
    faults->sentences = alloc_resize(faults->sentences, faults->count + 1, sizeof(*faults->sentences));
    faults->sentences[faults->count++] = alloc_string(sentence);
}

void faults_free(struct faults *faults)
{
    for (size_t i = 0; i < faults->count; i++)
        free(faults->sentences[i]);
    free(faults->sentences);
    *faults = (struct faults){0};
}
