/*
 * policy/text.c - see text.h. Runs in a worker.
 */
#include "policy/text.h"

#include <string.h>

void policy_text_clean(char *to, size_t capacity, const char *from, size_t length)
{
    size_t used = 0;
    for (; used + 1 < capacity && used < length && from[used]; used++)
        to[used] = from[used] < ' ' || from[used] > '~' ? '?' : from[used];
    to[used] = '\0';
}

bool policy_text_is_code(const char *code, size_t length)
{
    size_t used = strnlen(code, length);
    return used > 0 && used < length && strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-") == used;
}
