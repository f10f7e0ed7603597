/*
 * mbox/mbox.c - the mbox storage driver: its descriptor, settings and start.
 *
 * `start` runs in the nursery before any user is known; everything else in a worker that is the mailbox owner.
 */
#include "mbox/mbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WINDOW_OCTETS ((size_t)4 * 1024 * 1024)

enum { SETTING_LOCKS = 0, SETTING_LOCK_TIMEOUT, SETTING_QUOTING, SETTING_X_UIDL_BEFORE, SETTINGS_COUNT };

static const char *const quotings[] = {"mboxrd", "mboxo", "none", NULL};

static const struct restante_setting settings[SETTINGS_COUNT] = {
    [SETTING_LOCKS] = {
        .name = "locks",
        .type = RESTANTE_SETTING_STRINGS,
        .default_text = "fcntl",
        .help = "what deliverers lock with, in their order: \"fcntl\", \"flock\", \"dotlock\"",
    },
    [SETTING_LOCK_TIMEOUT] = {
        .name = "lock_timeout",
        .type = RESTANTE_SETTING_DURATION,
        .default_text = "30s",
        .min = 1000,
        .max = 600000,
        .help = "how long to wait for another program's lock",
    },
    [SETTING_QUOTING] = {
        .name = "quoting",
        .type = RESTANTE_SETTING_CHOICE,
        .default_text = "mboxrd",
        .choices = quotings,
        .help = "how lines \"From \" within messages are stored: as the deliverers do it",
    },
    [SETTING_X_UIDL_BEFORE] = {
        .name = "x_uidl_before",
        .type = RESTANTE_SETTING_STRING,
        .help = "a date such as 2026-11-24: the X-UIDL of mail delivered before it is its unique-id",
    },
};

static enum restante_status start_locks(struct mbox_driver *driver, const char *const *names,
                                        struct restante_error *error)
{
    static const char *const known[] = {
        [MBOX_LOCK_FCNTL] = "fcntl", [MBOX_LOCK_FLOCK] = "flock", [MBOX_LOCK_DOTLOCK] = "dotlock"};
    unsigned taken = 0;
    for (; names && *names; names++) {
        unsigned lock = 0;
        while (lock < MBOX_LOCKS_MAX && strcmp(known[lock], *names) != 0)
            lock++;
        if (lock == MBOX_LOCKS_MAX)
            return driver->host->fail(error, RESTANTE_INVALID, 0, NULL,
                                      "locks: \"%s\" is none of \"fcntl\", \"flock\" and \"dotlock\"", *names);
        if (taken & 1u << lock)
            return driver->host->fail(error, RESTANTE_INVALID, 0, NULL, "locks: \"%s\" is named twice", *names);
        taken |= 1u << lock;
        driver->locks[driver->locks_count++] = (enum mbox_lock)lock;
    }
    if (driver->locks_count > 0)
        return RESTANTE_OK;
    return driver->host->fail(error, RESTANTE_INVALID, 0, NULL,
                              "locks: without one mail would be lost: name what the deliverers use");
}

static enum restante_status start_x_uidl(struct mbox_driver *driver, const char *date, struct restante_error *error)
{
    struct tm parts = {0};
    if (!date)
        return RESTANTE_OK;
    const char *end = strptime(date, "%Y-%m-%d", &parts);
    time_t when = end && !*end ? timegm(&parts) : 0;
    if (when <= 0)
        return driver->host->fail(error, RESTANTE_INVALID, 0, NULL,
                                  "x_uidl_before: \"%s\" is not a date such as 2026-11-24", date);
    driver->x_uidl_before_s = when;
    return RESTANTE_OK;
}

static enum mbox_quoting start_quoting(const char *name)
{
    enum mbox_quoting quoting = MBOX_QUOTING_RD;
    while (quotings[quoting + 1] && strcmp(quotings[quoting], name) != 0)
        quoting++;
    return quoting;
}

static enum restante_status mbox_start(const struct restante_host *host, const struct restante_value *values,
                                       void **driver, struct restante_error *error)
{
    struct mbox_driver *made = calloc(1, sizeof(*made));
    if (!made)
        return host->fail(error, RESTANTE_TEMPORARY, errno, NULL, "mbox: no memory");
    made->host = host;
    made->lock_timeout_ms = values[SETTING_LOCK_TIMEOUT].integer;
    made->quoting = start_quoting(values[SETTING_QUOTING].text);
    made->window_octets = WINDOW_OCTETS;
    enum restante_status status = start_locks(made, values[SETTING_LOCKS].list, error);
    if (status == RESTANTE_OK)
        status = start_x_uidl(made, values[SETTING_X_UIDL_BEFORE].is_set ? values[SETTING_X_UIDL_BEFORE].text : NULL,
                              error);
    if (status == RESTANTE_OK)
        *driver = made;
    else
        free(made);
    return status;
}

static void mbox_stop(void **driver)
{
    free(*driver);
    *driver = NULL;
}

static const struct restante_storage operations = {
    .start = mbox_start,
    .stop = mbox_stop,
    .open = mbox_open,
    .count = mbox_count,
    .stat = mbox_stat,
    .read_open = mbox_read_open,
    .read = mbox_read,
    .read_close = mbox_read_close,
    .correct = mbox_correct,
    .commit = mbox_commit,
    .append = mbox_append,
    .close = mbox_close,
};

RESTANTE_EXPORT const struct restante_module restante_module = {
    RESTANTE_MODULE_HEADER(struct restante_storage),
    .kind = RESTANTE_KIND_STORAGE,
    .name = "mbox",
    .summary = "all messages of a mailbox in one file",
    .settings = settings,
    .settings_count = SETTINGS_COUNT,
    .needs = RESTANTE_NEEDS_NOTHING,
    .operations = &operations,
};
