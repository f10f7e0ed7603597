/*
 * restante/storage.h - storage drivers: how mail is listed, read and removed.
 *
 * A driver's `start` runs once, in the nursery, before any user is known. Everything else runs in a worker that has
 * become the mailbox owner; one worker may hold several maildrops open and calls are never concurrent. A driver gives
 * stored bytes; the host turns line ends into CRLF, doubles dots and counts octets on the wire.
 *
 * What a driver guarantees: numbering and sizes are fixed once open has returned RESTANTE_OK; a message that was not
 * marked for deletion survives any crash; a marked one is whole or gone; memory does not grow with message size.
 */
#ifndef RESTANTE_STORAGE_H
#define RESTANTE_STORAGE_H

#include <restante/module.h>

/* RFC 1939 section 7: a unique-id is 1 to 70 characters of 0x21 to 0x7E. */
#define RESTANTE_UIDL_MAX 70

/* What `open` gets. Valid until `close`. */
struct restante_maildrop_request {
    const char *path; /* absolute and clean; what the maildrop's setting named */
    const char *user; /* for log lines */
    /*
     * Directory for the driver's files: caches (names beginning "cache"; they may vanish at any time) and what an
     * interrupted commit needs to be finished (names beginning "journal"). -1: none, do without.
     */
    int state_fd;
    struct restante_ledger *ledger; /* may be NULL */
    bool is_read_only;              /* inspection: change nothing, take no delivery lock for writing */
};

/* One message, as `stat` tells it. */
struct restante_message {
    char uidl[RESTANTE_UIDL_MAX + 1]; /* legal (see above), stable, unique in this maildrop */
    uint64_t octets;                  /* on the wire, without dot-stuffing */
    int64_t delivered_s;              /* seconds since 1970; 0: unknown */
};

/* What `commit` is to do with a message. */
enum restante_fate {
    RESTANTE_KEEP = 0,
    RESTANTE_KEEP_RETRIEVED, /* keep; a client has retrieved it in this session */
    RESTANTE_DELETE,
};

/* What `commit` did to a message marked RESTANTE_DELETE. */
enum restante_removal {
    RESTANTE_NOT_REMOVED = 0,
    RESTANTE_REMOVED, /* gone now, by us or by somebody before us */
};

/* Gives the next bytes of a message to append; *length = 0 at its end. */
typedef enum restante_status (*restante_source)(void *context, void *buffer, size_t capacity, size_t *length,
                                                struct restante_error *error);

/* `driver` is what start made; `maildrop` what open made; `index` counts from 0 to count - 1. */
struct restante_storage {
    /* Once, in the nursery. `values` has one entry for each row of the settings table and outlives the driver. */
    enum restante_status (*start)(const struct restante_host *host, const struct restante_value *values,
                                  void **driver, struct restante_error *error);
    void (*stop)(void **driver);

    /*
     * List the maildrop. Works in steps: while it returns RESTANTE_AGAIN it is called again with the same arguments
     * (*maildrop is set from the first call on); a step takes milliseconds. A maildrop that does not exist is an
     * empty one where its parent exists, else RESTANTE_TEMPORARY. RESTANTE_WAIT while another program holds the mail:
     * called again after a pause; the driver bounds that wait and then says RESTANTE_IN_USE. After a failure *maildrop
     * is NULL.
     */
    enum restante_status (*open)(void *driver, const struct restante_maildrop_request *request, void **maildrop,
                                 struct restante_error *error);

    size_t (*count)(const void *maildrop);

    /* Facts about one message; cheap, reads no mail. */
    enum restante_status (*stat)(const void *maildrop, size_t index, struct restante_message *message,
                                 struct restante_error *error);

    /* Read one message from its start, in chunks of at most `capacity`; *length = 0 at the end. */
    enum restante_status (*read_open)(void *maildrop, size_t index, void **reader, struct restante_error *error);
    enum restante_status (*read)(void *reader, void *buffer, size_t capacity, size_t *length,
                                 struct restante_error *error);
    void (*read_close)(void **reader);

    /* The host counted other octets while sending a whole message: correct the cache, never the mail. */
    void (*correct)(void *maildrop, size_t index, uint64_t octets);

    /*
     * Carry out `fates` (count entries) and fill `removals` (count entries, zeroed by the host). Works in steps, and
     * waits, as open does. RESTANTE_OK only when every message marked for deletion is gone. A message marked
     * RESTANTE_KEEP_RETRIEVED is never lost or failed over. Called at most once; then only close follows.
     */
    enum restante_status (*commit)(void *maildrop, const uint8_t *fates, uint8_t *removals,
                                   struct restante_error *error);

    /*
     * Deliver a message durably; it is not part of the open list. `delivered_s` 0 means now. `uidl` receives the
     * UIDL that the message will have. NULL: this driver cannot.
     */
    enum restante_status (*append)(void *maildrop, restante_source source, void *context, int64_t delivered_s,
                                   char uidl[RESTANTE_UIDL_MAX + 1], struct restante_error *error);

    void (*close)(void **maildrop);
};

#endif
