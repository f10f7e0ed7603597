/*
 * session/maildrop.h - one maildrop in the hands of one session: the session lock, the ledger and the storage driver,
 * in their order. Runs in a worker, as the mailbox owner. Knows neither sockets nor timers: what takes longer is done
 * in steps that the session calls from its loop.
 *
 *     maildrop_open, maildrop_lock until it is ours, maildrop_remember, maildrop_list until it is listed,
 *     maildrop_update at the end, maildrop_close
 */
#ifndef SESSION_MAILDROP_H
#define SESSION_MAILDROP_H

#include <stdbool.h>
#include <stddef.h>

#include <restante/storage.h>

#include "pop3/transaction.h"

struct maildrop;

struct maildrop_request {
    const struct restante_storage *storage;
    void *driver; /* what its start made */
    const char *driver_name;
    const char *path;
    const char *user;
    int state_fd; /* the state directory; taken over */
    bool is_read_only;
};

/* Touches nothing yet. */
struct maildrop *maildrop_open(const struct maildrop_request *request);

/* Take the session lock without waiting; RESTANTE_IN_USE while another session holds it. */
enum restante_status maildrop_lock(struct maildrop *maildrop, struct restante_error *error);

/* The session lock as a descriptor of the caller's: it is held until both this and the maildrop are closed. -1: errno. */
int maildrop_share_lock(const struct maildrop *maildrop);

/* Open the ledger; RESTANTE_AGAIN: call again. Once it is open: does nothing. */
enum restante_status maildrop_remember(struct maildrop *maildrop, struct restante_error *error);

/*
 * Open the driver's maildrop and learn every message's facts; RESTANTE_AGAIN: call again, RESTANTE_WAIT: after a
 * pause. RESTANTE_IN_USE: another program holds the mail; it may be called again later.
 */
enum restante_status maildrop_list(struct maildrop *maildrop, struct restante_error *error);

/* For the engine, the messages that the client is shown; valid from the time that maildrop_list said RESTANTE_OK until maildrop_close. */
const struct transaction_maildrop *maildrop_view(const struct maildrop *maildrop);

struct maildrop_update {
    const uint8_t *fates; /* enum restante_fate, one per message that the client is shown */
    bool has_quit;        /* otherwise nothing that the client marked is looked at */
};

/*
 * The end of the session: carry out the fates, then write the ledger. RESTANTE_AGAIN and RESTANTE_WAIT: call again with
 * the same. RESTANTE_OK only when everything that was to be removed is gone. A ledger that cannot be written is logged.
 */
enum restante_status maildrop_update(struct maildrop *maildrop, const struct maildrop_update *update,
                                     struct restante_error *error);

/* Make durable what was put into the ledger, where there is no update; RESTANTE_AGAIN: call again. Failures are logged. */
enum restante_status maildrop_save(struct maildrop *maildrop, struct restante_error *error);

/* How many messages were removed; 0 before update. And how many the client would be shown now. */
size_t maildrop_removed(const struct maildrop *maildrop);
size_t maildrop_left(const struct maildrop *maildrop);

/* Closes the driver's maildrop, then the ledger, and unlocks last. */
void maildrop_close(struct maildrop **maildrop);

#endif
