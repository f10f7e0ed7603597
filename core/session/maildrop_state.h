/*
 * session/maildrop_state.h - what the files of the maildrop share; nobody else includes it.
 *
 * Two numberings: the driver's (every message that it listed) and the client's (those it is shown). `index` is the
 * driver's unless it is called visible.
 */
#ifndef SESSION_MAILDROP_STATE_H
#define SESSION_MAILDROP_STATE_H

#include "ledger/ledger.h"
#include "session/maildrop.h"
#include "util/buf.h"

/* UPDATE, and how far it has come. */
struct maildrop_progress {
    uint8_t *fates, *removals;      /* the driver's numbering: asked of it, done by it */
    bool is_committed;              /* by the driver: the ledger is being written */
    enum restante_status committed; /* with this result */
    struct restante_error error;
    size_t recorded; /* how many messages' lines have been put */
};

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
    bool is_remembered, is_open;
    size_t count;  /* messages that the driver lists */
    size_t known;  /* how many messages' facts have been learnt */
    size_t *names; /* offset of each UIDL in `arena` */
    uint64_t *octets;
    struct buf arena;
    uint32_t *visible; /* the driver's index of each message that the client is shown; NULL: it is shown all */
    struct transaction_maildrop view;
    struct maildrop_progress progress;
    size_t removed;
};

const char *maildrop_uidl(const struct maildrop *maildrop, size_t index);
/* The client's numbering to the driver's. */
size_t maildrop_index(const struct maildrop *maildrop, size_t visible);
/* Listed: what the client is shown can be made. */
void maildrop_view_make(struct maildrop *maildrop);

#endif
