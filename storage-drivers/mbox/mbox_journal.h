/*
 * mbox/mbox_journal.h - moving the messages that stay over those that go, so that a crash at any instruction leaves
 * every one of them whole.
 *
 * The journal is a file in the state directory: the plan (which stretches of the mailbox stay, in order), and two
 * places for windows. A window is a piece of the new content with the offset it belongs at. It is durable in the
 * journal before it is written into the mailbox, and durable there before the next but one takes its place; the octets
 * that later windows are made of lie behind everything that was written. So at each moment the newest window of the
 * journal, written once more, and the plan lead to the new mailbox.
 *
 * The mailbox keeps its size until everything has moved, so that what others append meanwhile (they may, once a crash
 * has ended our locks) lies behind the old end. Its last octets are never touched: a deliverer looks at them to see
 * whether a blank line is there already. When everything has moved the octets behind the new end are marked with a
 * random text that begins as no mail does, the journal says that all is moved, and the file is cut. The mark tells a
 * recovery whether that happened. Mail that was appended before the cut makes the marked octets a hole: another plan
 * closes it in the same way. Blank lines before that mail stay when they belong to the message before them, which stays
 * too; otherwise the new end has its own.
 *
 * Once a crash has ended our locks, other programs may also rewrite the file. A recovery goes on only when that cannot
 * have been: the newest window holds what it replaces as well, and every octet in its place must be one of the two; the
 * plan holds checksums of the last octets of each stretch and of the file, which move when anything before them grows or
 * shrinks. Otherwise it puts the journal aside and touches nothing.
 */
#ifndef MBOX_MBOX_JOURNAL_H
#define MBOX_MBOX_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <restante/module.h>

struct mbox;
struct mbox_journal;

/* A stretch of the mailbox that stays. */
struct mbox_range {
    uint64_t offset, length;
    uint64_t ending; /* checksum of its last octets; the journal's own */
};

/*
 * Everything before `first` stays where it is; of what is behind it the ranges stay, in ascending order and without
 * what begins before `first`. `old_size` is the mailbox's now. A journal in force is replaced in one step. After a
 * failure nothing has happened to the mailbox.
 */
enum restante_status mbox_journal_begin(struct mbox *mbox, uint64_t first, uint64_t old_size,
                                        const struct mbox_range *ranges, size_t count, struct restante_error *error);

/* Is there a journal? */
bool mbox_journal_is_there(const struct mbox *mbox);
/*
 * Read it, to go on where it was left. RESTANTE_END: it is not about this file as it is now, or nothing had been begun;
 * it has been put away, and the mailbox is as it should be.
 */
enum restante_status mbox_journal_resume(struct mbox *mbox, struct restante_error *error);

/* One window, or the end. RESTANTE_OK: all is done, durable, and the journal is gone. */
enum restante_status mbox_journal_step(struct mbox *mbox, struct restante_error *error);

/* Has anything been written into the mailbox? Then only going on helps. */
bool mbox_journal_has_begun(const struct mbox *mbox);
/* Before anything was: forget it. */
void mbox_journal_discard(struct mbox *mbox);
/* Frees memory and descriptor; the file stays. */
void mbox_journal_close(struct mbox_journal **journal);

#endif
