/*
 * maildir/maildir.c - the Maildir storage driver: its descriptor, settings and start.
 *
 * `start` runs in the nursery before any user is known; everything else in a worker that is the mailbox owner.
 */
#include "maildir/maildir.h"

#include <errno.h>
#include <stdlib.h>

enum { SETTING_MARK_SEEN = 0, SETTINGS_COUNT };

static const struct restante_setting settings[SETTINGS_COUNT] = {
    [SETTING_MARK_SEEN] = {
        .name = "mark_seen",
        .type = RESTANTE_SETTING_BOOL,
        .default_text = "true",
        .help = "at QUIT, move messages that were retrieved to cur/ with the flag S",
    },
};

static enum restante_status maildir_start(const struct restante_host *host, const struct restante_value *values,
                                          void **driver, struct restante_error *error)
{
    struct maildir_driver *made = calloc(1, sizeof(*made));
    if (!made)
        return host->fail(error, RESTANTE_TEMPORARY, errno, NULL, "maildir: no memory");
    made->host = host;
    made->marks_seen = values[SETTING_MARK_SEEN].integer != 0;
    *driver = made;
    return RESTANTE_OK;
}

static void maildir_stop(void **driver)
{
    free(*driver);
    *driver = NULL;
}

static const struct restante_storage operations = {
    .start = maildir_start,
    .stop = maildir_stop,
    .open = maildir_open,
    .count = maildir_count,
    .stat = maildir_stat,
    .read_open = maildir_read_open,
    .read = maildir_read,
    .read_close = maildir_read_close,
    .correct = maildir_correct,
    .commit = maildir_commit,
    .append = maildir_append,
    .close = maildir_close,
};

RESTANTE_EXPORT const struct restante_module restante_module = {
    RESTANTE_MODULE_HEADER(struct restante_storage),
    .kind = RESTANTE_KIND_STORAGE,
    .name = "maildir",
    .summary = "one file per message in new/ and cur/ of a folder",
    .settings = settings,
    .settings_count = SETTINGS_COUNT,
    .needs = RESTANTE_NEEDS_NOTHING,
    .operations = &operations,
};
