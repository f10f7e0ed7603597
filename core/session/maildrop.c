/*
 * session/maildrop.c - the session lock of one maildrop, its ledger and what policies keep there. Runs in a worker, as
 * the mailbox owner.
 */
#include "session/maildrop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session/maildrop_state.h"
#include "util/alloc.h"
#include "util/error.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/str.h"

struct maildrop *maildrop_open(const struct maildrop_request *request)
{
    struct maildrop *maildrop = alloc_zeroed(sizeof(*maildrop));
    maildrop->storage = request->storage;
    maildrop->driver = request->driver;
    maildrop->driver_name = alloc_string(request->driver_name);
    maildrop->path = alloc_string(request->path);
    maildrop->user = alloc_string(request->user);
    maildrop->state_fd = request->state_fd;
    maildrop->rules = request->rules;
    maildrop->is_forced = request->is_forced;
    maildrop->is_read_only = request->is_read_only;
    maildrop->is_by_hand = request->is_by_hand;
    maildrop->lock_fd = -1;
    maildrop->all = (struct maildrop_numbering){.maildrop = maildrop};
    maildrop->shown = (struct maildrop_numbering){.maildrop = maildrop, .is_shown = true};
    return maildrop;
}

/* --- the lock -------------------------------------------------------------------------------------------------- */

enum restante_status maildrop_lock(struct maildrop *maildrop, struct restante_error *error)
{
    if (maildrop->lock_fd < 0) {
        int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | (maildrop->is_read_only ? 0 : O_CREAT);
        maildrop->lock_fd = openat(maildrop->state_fd, "lock", flags, 0600);
        /* Where there has never been a session, looking takes no lock and leaves no trace. */
        if (maildrop->lock_fd < 0 && maildrop->is_read_only && (errno == ENOENT || maildrop->state_fd < 0))
            return RESTANTE_OK;
        if (maildrop->lock_fd < 0)
            return error_set(error, RESTANTE_TEMPORARY, errno, NULL, "cannot open the session lock of %s",
                             maildrop->path);
    }
    /* An open file description's lock: it ends with this process and with nothing else (fcntl(2), F_OFD_SETLK). */
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(maildrop->lock_fd, F_OFD_SETLK, &whole) == 0)
        return RESTANTE_OK;
    if (errno == EAGAIN || errno == EACCES)
        return error_set(error, RESTANTE_IN_USE, 0, "this maildrop is in use by another session",
                         "another session holds %s of %s", maildrop->path, maildrop->user);
    return error_set(error, RESTANTE_TEMPORARY, errno, NULL, "cannot take the session lock of %s", maildrop->path);
}

int maildrop_share_lock(const struct maildrop *maildrop)
{
    return fcntl(maildrop->lock_fd, F_DUPFD_CLOEXEC, 0);
}

/* --- the ledger ------------------------------------------------------------------------------------------------ */

enum restante_status maildrop_remember(struct maildrop *maildrop, struct restante_error *error)
{
    if (maildrop->is_remembered)
        return RESTANTE_OK;
    enum restante_status status = ledger_open(maildrop->state_fd, maildrop->is_read_only, &maildrop->ledger, error);
    maildrop->is_remembered = status == RESTANTE_OK;
    return status;
}

enum restante_status maildrop_save(struct maildrop *maildrop, struct restante_error *error)
{
    enum restante_status status = ledger_sync(maildrop->ledger, error);
    if (status != RESTANTE_OK && status != RESTANTE_AGAIN)
        log_error("%s of %s: %s; what this session did is not remembered there", maildrop->path, maildrop->user,
                  error->log);
    return status;
}

struct restante_ledger *maildrop_ledger(const struct maildrop *maildrop)
{
    return maildrop->ledger;
}

/* --- the policies' stores -------------------------------------------------------------------------------------- */

static const char *maildrop_store_get(const struct restante_store *store, const char *name)
{
    const struct maildrop_store *own = store->host_data;
    return ledger_store_get(own->maildrop->ledger, own->policy, name);
}

static bool maildrop_store_put(const struct restante_store *store, const char *name, const char *value)
{
    const struct maildrop_store *own = store->host_data;
    return ledger_store_put(own->maildrop->ledger, own->policy, name, value);
}

const struct restante_store *maildrop_store(void *maildrop, const char *policy_name)
{
    struct maildrop *own = maildrop;
    struct maildrop_store *at = own->stores;
    if (!own->ledger)
        return NULL;
    while (at && strcmp(at->policy, policy_name) != 0)
        at = at->next;
    if (!at) {
        at = alloc_zeroed(sizeof(*at));
        str_copy(at->policy, sizeof(at->policy), policy_name);
        at->maildrop = own;
        at->store = (struct restante_store){.get = maildrop_store_get, .put = maildrop_store_put, .host_data = at};
        at->next = own->stores;
        own->stores = at;
    }
    return &at->store;
}

static void maildrop_forget_stores(struct maildrop *maildrop)
{
    while (maildrop->stores) {
        struct maildrop_store *store = maildrop->stores;
        maildrop->stores = store->next;
        free(store);
    }
}

/* --- the end --------------------------------------------------------------------------------------------------- */

void maildrop_close(struct maildrop **maildrop)
{
    struct maildrop *closed = *maildrop;
    *maildrop = NULL;
    if (!closed)
        return;
    journal_close(&closed->progress.journal);
    if (closed->opened)
        closed->storage->close(&closed->opened);
    maildrop_forget_stores(closed);
    ledger_close(&closed->ledger);
    fd_close(&closed->lock_fd);
    fd_close(&closed->state_fd);
    maildrop_unmark_all(closed);
    policy_decisions_close(&closed->decisions);
    policy_decisions_close(&closed->progress.decisions);
    buf_free(&closed->arena);
    free(closed->names);
    free(closed->octets);
    free(closed->standings);
    free(closed->visible);
    free(closed->header);
    free(closed->marks.list);
    free(closed->progress.acts);
    free(closed->progress.fates);
    free(closed->progress.removals);
    free(closed->driver_name);
    free(closed->path);
    free(closed->user);
    free(closed);
}
