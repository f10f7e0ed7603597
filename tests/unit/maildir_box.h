/*
 * tests/unit/maildir_box.h - a Maildir in a temporary folder, its state folder, and the driver's own functions.
 */
#ifndef MAILDIR_BOX_H
#define MAILDIR_BOX_H

#include "unit.h"

#include "kit_files.h"
#include "kit_host.h"
#include "maildir/maildir.h"

struct box {
    char *folder, *path; /* path: <folder>/Maildir */
    int state_fd;
    bool is_read_only;
    unsigned open_before;
    struct maildir_driver driver;
    void *maildrop;
};

int box_make(void **state);
int box_drop(void **state);
/* Relative to the Maildir; static memory, four at a time. */
const char *box_file(const struct box *box, const char *name);
void box_put(const struct box *box, const char *name, const char *content);
bool box_has(const struct box *box, const char *name);
void box_rename(const struct box *box, const char *from, const char *to);
void box_link(const struct box *box, const char *from, const char *to);

struct maildir *box_open(struct box *box);
enum restante_status box_try_open(struct box *box, struct restante_error *error);
void box_close(struct box *box);
size_t box_count(const struct box *box);
const char *box_uidl(const struct box *box, size_t index);
uint64_t box_octets(const struct box *box, size_t index);
/* Whole content, static memory; NULL when it cannot be read. */
const char *box_read(const struct box *box, size_t index);
/* `fates`: one letter each, "k" keep, "r" keep as retrieved, "d" delete. `removals`: 64 of them. */
enum restante_status box_commit(struct box *box, const char *fates, uint8_t *removals);

#endif
