/*
 * session/maildrop.c - the lock, the ledger and the storage driver of one session. Runs in a worker, as the mailbox
 * owner.
 *
 * TRUST: a driver reads hostile mail. What it says about messages is checked once, when the maildrop is listed, and
 * kept: a session's numbers, sizes and unique-ids never change (RFC 1939 section 7 and 8).
 */
#include "session/maildrop.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/ledger.h"
#include "ledger/ledger_line.h"
#include "util/alloc.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/fd.h"
#include "util/log.h"

enum { MAILDROP_FACTS_PER_STEP = 8192, MAILDROP_RECORDS_PER_STEP = 4096 };

struct maildrop {
    const struct restante_storage *storage;
    void *driver;
    char *driver_name;
    char *path;
    char *user;
    int state_fd, lock_fd;
    bool is_read_only;
    struct restante_ledger *ledger;
    struct restante_maildrop_request request; /* the driver's, valid until close */
    void *opened;                             /* the driver's */
    bool is_ledger_open, is_open;
    size_t known;   /* how many messages' facts have been learnt */
    size_t *names;  /* offset of each UIDL in `arena` */
    uint64_t *octets;
    struct buf arena;
    uint8_t *removals;
    size_t removed;
    bool is_committed;             /* by the driver: the ledger is being written */
    enum restante_status committed; /* with this result */
    struct restante_error error;
    size_t recorded; /* how many messages' lines have been put */
    struct transaction_maildrop view;
};

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
        int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
        maildrop->lock_fd = openat(maildrop->state_fd, "lock", flags, 0600);
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

/* --- listing --------------------------------------------------------------------------------------------------- */

static const char *maildrop_uidl(void *context, size_t index)
{
    const struct maildrop *maildrop = context;
    return buf_head(&maildrop->arena) + maildrop->names[index];
}

static uint64_t maildrop_octets(void *context, size_t index)
{
    const struct maildrop *maildrop = context;
    return maildrop->octets[index];
}

/* The client gets a general sentence, or no end of a message: the log tells why. */
static enum restante_status maildrop_told(const struct maildrop *maildrop, enum restante_status status,
                                          const struct restante_error *error)
{
    if (status != RESTANTE_OK)
        log_warn("a message of user %s cannot be read: %s", maildrop->user, error->log);
    return status;
}

static enum restante_status maildrop_read_open(void *context, size_t index, void **reader,
                                               struct restante_error *error)
{
    struct maildrop *maildrop = context;
    enum restante_status status = maildrop->storage->read_open(maildrop->opened, index, reader, error);
    return maildrop_told(maildrop, status, error);
}

static enum restante_status maildrop_read(void *context, void *reader, void *buffer, size_t capacity, size_t *length,
                                          struct restante_error *error)
{
    const struct maildrop *maildrop = context;
    return maildrop_told(maildrop, maildrop->storage->read(reader, buffer, capacity, length, error), error);
}

static void maildrop_read_close(void *context, void **reader)
{
    const struct maildrop *maildrop = context;
    maildrop->storage->read_close(reader);
}

static void maildrop_retrieved(void *context, size_t index, uint64_t octets)
{
    struct maildrop *maildrop = context;
    if (octets == maildrop->octets[index])
        return;
    log_debug("%s: message %s was listed with %" PRIu64 " octets and has %" PRIu64, maildrop->path,
              maildrop_uidl(maildrop, index), maildrop->octets[index], octets);
    if (!maildrop->is_read_only)
        maildrop->storage->correct(maildrop->opened, index, octets);
}

static enum restante_status maildrop_open_driver(struct maildrop *maildrop, struct restante_error *error)
{
    enum restante_status status;
    if (!maildrop->is_ledger_open) {
        status = ledger_open(maildrop->state_fd, maildrop->is_read_only, &maildrop->ledger, error);
        if (status != RESTANTE_OK)
            return status;
        maildrop->is_ledger_open = true;
        maildrop->request = (struct restante_maildrop_request){
            .path = maildrop->path,
            .user = maildrop->user,
            .state_fd = maildrop->state_fd,
            .ledger = maildrop->ledger,
            .is_read_only = maildrop->is_read_only,
        };
    }
    status = maildrop->storage->open(maildrop->driver, &maildrop->request, &maildrop->opened, error);
    if (status != RESTANTE_OK)
        return status;
    size_t count = maildrop->storage->count(maildrop->opened);
    maildrop->is_open = true;
    maildrop->names = alloc_array(count + 1, sizeof(*maildrop->names));
    maildrop->octets = alloc_array(count + 1, sizeof(*maildrop->octets));
    maildrop->view = (struct transaction_maildrop){
        .context = maildrop,
        .count = count,
        .uidl = maildrop_uidl,
        .octets = maildrop_octets,
        .read_open = maildrop_read_open,
        .read = maildrop_read,
        .read_close = maildrop_read_close,
        .retrieved = maildrop_retrieved,
    };
    return RESTANTE_AGAIN;
}

static enum restante_status maildrop_learn(struct maildrop *maildrop, size_t index, struct restante_error *error)
{
    struct restante_message message = {0};
    enum restante_status status = maildrop->storage->stat(maildrop->opened, index, &message, error);
    if (status != RESTANTE_OK)
        return status;
    message.uidl[RESTANTE_UIDL_MAX] = '\0';
    if (!ledger_line_is_uidl(message.uidl))
        return error_set(error, RESTANTE_PERMANENT, 0, NULL,
                         "%s: the %s driver gave message %zu a unique-id that RFC 1939 does not allow: %s",
                         maildrop->path, maildrop->driver_name, index + 1, message.uidl);
    maildrop->octets[index] = message.octets;
    maildrop->names[index] = buf_length(&maildrop->arena);
    buf_append(&maildrop->arena, message.uidl, strlen(message.uidl) + 1);
    return RESTANTE_OK;
}

enum restante_status maildrop_list(struct maildrop *maildrop, struct restante_error *error)
{
    if (!maildrop->is_open)
        return maildrop_open_driver(maildrop, error);
    size_t count = maildrop->view.count;
    for (unsigned i = 0; i < MAILDROP_FACTS_PER_STEP && maildrop->known < count; i++) {
        enum restante_status status = maildrop_learn(maildrop, maildrop->known, error);
        if (status != RESTANTE_OK)
            return status == RESTANTE_AGAIN ? RESTANTE_TEMPORARY : status;
        maildrop->known++;
    }
    return maildrop->known < count ? RESTANTE_AGAIN : RESTANTE_OK;
}

const struct transaction_maildrop *maildrop_view(const struct maildrop *maildrop)
{
    return &maildrop->view;
}

/* --- UPDATE ---------------------------------------------------------------------------------------------------- */

/* The mail is as it is now; whatever fails here only makes us remember less. */
static enum restante_status maildrop_record(struct maildrop *maildrop, const uint8_t *fates)
{
    struct restante_error error = {0};
    int64_t now_s = clock_now_s();
    size_t end = maildrop->view.count;
    if (end - maildrop->recorded > MAILDROP_RECORDS_PER_STEP)
        end = maildrop->recorded + MAILDROP_RECORDS_PER_STEP;
    for (; maildrop->recorded < end; maildrop->recorded++) {
        size_t i = maildrop->recorded;
        if (fates[i] == RESTANTE_DELETE && maildrop->removals[i] == RESTANTE_REMOVED)
            ledger_put_removed(maildrop->ledger, maildrop_uidl(maildrop, i));
        else if (fates[i] == RESTANTE_KEEP_RETRIEVED)
            ledger_put_retrieved(maildrop->ledger, maildrop_uidl(maildrop, i), now_s);
    }
    if (end < maildrop->view.count)
        return RESTANTE_AGAIN;
    enum restante_status status = ledger_sync(maildrop->ledger, &error);
    if (status != RESTANTE_OK && status != RESTANTE_AGAIN)
        log_error("%s of %s: %s; what this session did is not remembered there", maildrop->path, maildrop->user,
                  error.log);
    return status;
}

static size_t maildrop_count_retrieved(const struct maildrop *maildrop, const uint8_t *fates)
{
    size_t count = 0;
    for (size_t i = 0; i < maildrop->view.count; i++)
        count += fates[i] == RESTANTE_KEEP_RETRIEVED;
    return count;
}

/* Believe what was removed, not what was said about it. */
static enum restante_status maildrop_judge(struct maildrop *maildrop, const uint8_t *fates,
                                           enum restante_status status, struct restante_error *error)
{
    size_t missed = 0;
    for (size_t i = 0; i < maildrop->view.count; i++) {
        if (fates[i] != RESTANTE_DELETE)
            continue;
        if (maildrop->removals[i] == RESTANTE_REMOVED)
            maildrop->removed++;
        else
            missed++;
    }
    if (status != RESTANTE_OK || missed == 0)
        return status;
    return error_set(error, RESTANTE_TEMPORARY, 0, "some deleted messages not removed",
                     "%s of %s: the %s driver left %zu messages that were to be removed", maildrop->path,
                     maildrop->user, maildrop->driver_name, missed);
}

enum restante_status maildrop_commit(struct maildrop *maildrop, const uint8_t *fates, struct restante_error *error)
{
    if (maildrop->is_read_only)
        return error_set(error, RESTANTE_PERMANENT, 0, NULL, "%s is open for reading only", maildrop->path);
    if (!maildrop->removals)
        maildrop->removals = alloc_array(maildrop->view.count + 1, sizeof(*maildrop->removals));
    if (!maildrop->is_committed) {
        enum restante_status status = maildrop->storage->commit(maildrop->opened, fates, maildrop->removals, error);
        if (status == RESTANTE_AGAIN || status == RESTANTE_WAIT)
            return status;
        maildrop->committed = maildrop_judge(maildrop, fates, status, error);
        maildrop->error = *error;
        maildrop->is_committed = true;
        ledger_expect(maildrop->ledger, maildrop_count_retrieved(maildrop, fates));
    }
    if (maildrop_record(maildrop, fates) == RESTANTE_AGAIN)
        return RESTANTE_AGAIN;
    *error = maildrop->error;
    return maildrop->committed;
}

size_t maildrop_removed(const struct maildrop *maildrop)
{
    return maildrop->removed;
}

size_t maildrop_left(const struct maildrop *maildrop)
{
    return maildrop->view.count - maildrop->removed;
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
    free(closed->removals);
    free(closed->driver_name);
    free(closed->path);
    free(closed->user);
    free(closed);
}
