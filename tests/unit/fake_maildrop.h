/*
 * tests/unit/fake_maildrop.h - a maildrop in memory that can fail where a test wants it to.
 */
#ifndef TESTS_FAKE_MAILDROP_H
#define TESTS_FAKE_MAILDROP_H

#include "pop3/transaction.h"

struct fake_message {
    const char *stored;
    size_t length;
    uint64_t octets;
    const char *uidl;
};

struct fake_maildrop {
    const struct fake_message *messages;
    size_t count;
    size_t chunk;         /* octets given by one read at most; 0: as many as fit */
    size_t fail_open;     /* number of the message that cannot be opened; 0: none */
    size_t fail_read;     /* number of the message that fails when read */
    size_t fail_after;    /* so many octets are read before it does */
    bool lies;            /* it says it has read more than there was room for */
    size_t readers;       /* open now */
    size_t reads;         /* calls in all */
    uint64_t retrieved[8]; /* per number less 1: octets reported, in all */
};

struct transaction_maildrop fake_maildrop(struct fake_maildrop *fake);

#endif
