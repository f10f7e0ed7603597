/*
 * tests/unit/fake_storage.h - a storage driver in memory, for tests of what stands above drivers. One maildrop.
 */
#ifndef TESTS_UNIT_FAKE_STORAGE_H
#define TESTS_UNIT_FAKE_STORAGE_H

#include <restante/storage.h>

#define FAKE_MESSAGES_MAX 64

struct fake_message {
    const char *uidl;
    const char *body; /* as stored; repeated `copies` times */
    unsigned copies;
    uint64_t octets; /* as stat tells */
    int64_t delivered_s;
    bool is_gone, refuses_removal;
    bool kills_reader; /* the process dies when it is read */
};

struct fake_storage {
    struct fake_message messages[FAKE_MESSAGES_MAX];
    size_t count;
    unsigned open_steps, commit_steps; /* how often they say "again" */
    unsigned busy_opens;               /* how often open says that it is in use */
    enum restante_status open_status;  /* RESTANTE_OK, or why it fails */
    bool lies_about_removal;           /* RESTANTE_OK although something was left */
    char calls[256];                   /* "open,commit,close," */
    uint64_t octets_read;
    uint64_t corrected[FAKE_MESSAGES_MAX];
    uint8_t fates[FAKE_MESSAGES_MAX]; /* what commit was asked for */
    void (*at_commit)(void *context, bool is_done); /* before the first removal and after the last */
    void (*at_close)(void *context);
    void *context;
};

/* Drivers' operations; `driver` is a struct fake_storage. */
extern const struct restante_storage fake_storage_operations;

/* Add a message whose octets are what a client would count. */
struct fake_message *fake_storage_add(struct fake_storage *storage, const char *uidl, const char *body,
                                      unsigned copies);

#endif
