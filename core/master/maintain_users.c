#include "master/maintain_users.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"

void maintain_users_add(struct maintain_users *users, const char *name)
{
    if (users->count == users->capacity) {
        users->capacity = users->capacity ? 2 * users->capacity : 64;
        users->names = alloc_resize(users->names, users->capacity, sizeof(*users->names));
    }
    users->names[users->count++] = alloc_string(name);
}

bool maintain_users_add_all(struct maintain_users *users, const char *names, size_t length)
{
    for (size_t at = 0; at < length; at += strlen(names + at) + 1) {
        if (users->count >= MAINTAIN_USERS_MAX)
            return false;
        maintain_users_add(users, names + at);
    }
    return true;
}

static int users_compare(const void *one, const void *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

void maintain_users_sort(struct maintain_users *users)
{
    size_t kept = 0;
    if (users->count == 0)
        return;
    qsort(users->names, users->count, sizeof(*users->names), users_compare);
    for (size_t i = 1; i < users->count; i++) {
        if (strcmp(users->names[kept], users->names[i]) == 0)
            free(users->names[i]);
        else
            users->names[++kept] = users->names[i];
    }
    users->count = kept + 1;
}

void maintain_users_free(struct maintain_users *users)
{
    for (size_t i = 0; i < users->count; i++)
        free(users->names[i]);
    free(users->names);
    *users = (struct maintain_users){0};
}
