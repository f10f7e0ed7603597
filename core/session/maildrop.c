/*
 * session/maildrop.c - the session lock and the ledger of one maildrop. Runs in a worker, as the mailbox owner.
 */
#include "session/maildrop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "session/maildrop_state.h"
#include "util/alloc.h"
#include "util/error.h"
#include "util/fd.h"
#include "util/log.h"

struct maildrop *maildrop_open(const struct maildrop_request *request)
{
    struct maildrop *maildrop = alloc_zeroed(sizeof(*maildrop));
    maildrop->storage = request->storage;
    maildrop->driver = request->driver;
    maildrop->driver_name = alloc_string(request->driver_name);
    maildrop->path = alloc_string(request->path);
    maildrop->user = alloc_string(request->user);
    maildrop->state_fd = request->state_fd;
    maildrop->is_read_only = request->is_read_only;
    maildrop->lock_fd = -1;
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

void maildrop_close(struct maildrop **maildrop)
{
    struct maildrop *closed = *maildrop;
    *maildrop = NULL;
    if (!closed)
        return;
    if (closed->opened)
        closed->storage->close(&closed->opened);
    ledger_close(&closed->ledger);
    fd_close(&closed->lock_fd);
    fd_close(&closed->state_fd);
    buf_free(&closed->arena);
    free(closed->names);
    free(closed->octets);
    free(closed->visible);
    free(closed->progress.fates);
    free(closed->progress.removals);
    free(closed->driver_name);
    free(closed->path);
    free(closed->user);
    free(closed);
}
