/*
 * tests/unit/mbox_box.h - an mbox in a temporary folder, its state folder, the driver's own functions, and a small
 * reader of the format that shares nothing with them.
 */
#ifndef MBOX_BOX_H
#define MBOX_BOX_H

#include "unit.h"

#include "kit_files.h"
#include "kit_host.h"
#include "mbox/mbox.h"

#define PLAIN_MAX 128

struct mbox_box {
    char *folder, *path, *state; /* <folder>/box, <folder>/state */
    int state_fd;
    bool is_read_only;
    unsigned open_before;
    struct mbox_driver driver;
    struct restante_ledger *ledger;
    void *maildrop;
    struct restante_error error;
};

/* What the reader finds: octets of the message with its "From " line, without the format's blank line. */
struct plain_message {
    size_t offset, length;
};
struct plain_mbox {
    char *octets;
    size_t length, count;
    struct plain_message messages[PLAIN_MAX];
};

int mbox_box_make(void **state);
int mbox_box_drop(void **state);

void mbox_box_put(const struct mbox_box *box, const char *octets, size_t length);
void mbox_box_put_text(const struct mbox_box *box, const char *text);
/* Behind what is there: as it is, or with what the file's end lacks of a blank line before it. */
void mbox_box_deliver(const struct mbox_box *box, const char *octets, size_t length, bool is_careful);
bool mbox_box_has(const struct mbox_box *box, const char *name); /* below the folder */

/* All steps; RESTANTE_WAIT too ends it, then it may be called again. */
enum restante_status mbox_box_try_open(struct mbox_box *box);
struct mbox *mbox_box_open(struct mbox_box *box);
void mbox_box_close(struct mbox_box *box);
const char *mbox_box_uidl(const struct mbox_box *box, size_t index); /* static memory, four at a time */
/* Whole content, static memory; NULL when it cannot be read. */
const char *mbox_box_read(struct mbox_box *box, size_t index);
/* `fates`: one letter each, "k" keep, "r" keep as retrieved, "d" delete. */
enum restante_status mbox_box_commit(struct mbox_box *box, const char *fates);

/* Of octets and length, the messages. */
void plain_parse(struct plain_mbox *plain);
void plain_read(const char *path, struct plain_mbox *plain);
void plain_free(struct plain_mbox *plain);

#endif
