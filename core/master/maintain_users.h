/*
 * master/maintain_users.h - the names of all users, sorted, each once.
 */
#ifndef MASTER_MAINTAIN_USERS_H
#define MASTER_MAINTAIN_USERS_H

#include <stdbool.h>
#include <stddef.h>

#define MAINTAIN_USERS_MAX 10000000

struct maintain_users {
    char **names;
    size_t count, capacity;
};

void maintain_users_add(struct maintain_users *users, const char *name);
/* Names one behind the other, each with its NUL. False: more than MAINTAIN_USERS_MAX. */
bool maintain_users_add_all(struct maintain_users *users, const char *names, size_t length);
void maintain_users_sort(struct maintain_users *users);
void maintain_users_free(struct maintain_users *users);

#endif
