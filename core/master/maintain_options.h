/*
 * master/maintain_options.h - options and arguments of the maintenance commands, read in one way.
 */
#ifndef MASTER_MAINTAIN_OPTIONS_H
#define MASTER_MAINTAIN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

enum maintain_option {
    OPTION_USER = 1u << 0,
    OPTION_ALL = 1u << 1,
    OPTION_DRY_RUN = 1u << 2,
    OPTION_AT = 1u << 3,
    OPTION_FORCE = 1u << 4,
    OPTION_SINCE = 1u << 5,
    OPTION_BY_PEER = 1u << 6,
    OPTION_JSON = 1u << 7,
};

struct maintain_options {
    const char *file;       /* of the configuration */
    unsigned given;         /* enum maintain_option */
    const char *user;       /* --user */
    int64_t at_s, since_s;  /* 0: not given */
    char **arguments;       /* what is no option */
    size_t arguments_count;
};

/* `allowed` are the command's own options. False after saying on standard error what is wrong. */
bool maintain_options_parse(int argc, char **argv, unsigned allowed, struct maintain_options *options);
/* One more argument of an order; NULL: none. */
void maintain_options_add(struct buf *arguments, const char *argument);
/* Can it be the name of a user? */
bool maintain_options_is_user(const char *name);
/* "restante: text" and how the command is used, on standard error. Returns the exit status for it. */
int maintain_options_wrong(const char *command, const char *text);

#endif
