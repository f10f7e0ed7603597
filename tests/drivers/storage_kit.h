/*
 * tests/drivers/storage_kit.h - what a storage driver adds to be run against the kit: where its module is, and how
 * to go behind its back. Everything else goes through the module's own operations, as the host uses them.
 */
#ifndef STORAGE_KIT_H
#define STORAGE_KIT_H

#include <restante/storage.h>

struct kit_adapter {
    const char *module; /* below the build folder */
    const struct restante_value *values;
    /* Remove the message with this UIDL as another program would. */
    void (*remove)(const char *maildrop, const char *uidl);
    bool is_one_file; /* a change by another program ends what a session can do with what it changed */
    /* Make a maildrop of one message: headers, then a body of `octets` that takes little disk (a sparse file). */
    void (*make_large)(const char *maildrop, uint64_t octets);
};

/* Each driver's test program defines it. */
extern const struct kit_adapter kit_adapter;

#endif
