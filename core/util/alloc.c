#include "util/alloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void alloc_fail(void)
{
    static const char text[] = "restante: out of memory\n";
    ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);
    (void)ignored;
    _exit(71); /* EX_OSERR */
}

void *alloc_zeroed(size_t size)
{
    return alloc_array(1, size);
}

void *alloc_array(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size ? size : 1);
    if (!memory)
        alloc_fail();
    return memory;
}

void *alloc_resize(void *old, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        alloc_fail();
    size_t octets = count * size;
    void *memory = realloc(old, octets ? octets : 1);
    if (!memory)
        alloc_fail();
    return memory;
}

char *alloc_string(const char *text)
{
    return alloc_string_n(text, strlen(text));
}

char *alloc_string_n(const char *text, size_t length)
{
    char *copy = alloc_zeroed(length + 1);
    memcpy(copy, text, length);
    return copy;
}

char *alloc_format(const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        alloc_fail();
    va_end(arguments);
    return text;
}
