/*
 * mbox/mbox_journal_file.h - the journal's file: a header with the plan, and two places for windows. Used by
 * mbox_journal.c alone.
 */
#ifndef MBOX_MBOX_JOURNAL_FILE_H
#define MBOX_MBOX_JOURNAL_FILE_H

#include "mbox/mbox.h"

#define JOURNAL_NAME "journal-mbox"
#define JOURNAL_MARK_OCTETS 32
#define JOURNAL_KEPT_OCTETS 4 /* at the old end, where a deliverer may look for a blank line */
#define JOURNAL_ENDING_OCTETS 4096 /* that checksums are of: more than what lists add to every message */

/* All of it but the checksum is what the checksum is of, with the ranges behind it. */
struct journal_header {
    uint64_t checksum;
    uint64_t magic;
    uint64_t version;
    uint64_t id; /* random: windows of an older journal are none of this one's */
    uint64_t path_checksum, device, inode;
    uint64_t first, old_size, new_size;
    uint64_t window_octets, count;
    uint64_t ending; /* checksum of the last octets before old_size */
    int64_t mtime_s, mtime_ns; /* of the mailbox, which a removal does not make newer */
    char mark[JOURNAL_MARK_OCTETS];
};

/* Its octets follow it, and behind them those that they replace. */
struct journal_window {
    uint64_t checksum;
    uint64_t id, sequence;
    uint64_t offset, length; /* in the mailbox; no length: everything has moved and is marked */
};

struct mbox_journal {
    int fd;
    struct journal_header header;
    struct mbox_range *ranges;
    struct journal_window *window; /* the newest one, with room for its octets */
    size_t range;      /* where the octets behind it come from */
    uint64_t in_range;
    bool is_pending;   /* it may not have reached the mailbox yet */
    bool has_begun;    /* something may have */
};

/* How much room a window needs. */
size_t journal_file_window_size(uint64_t octets);
/* What is behind a window: its octets, and what they replace. */
char *journal_file_octets(struct journal_window *window);
char *journal_file_replaced(struct journal_window *window);

/* Make the file under another name, durable with its first window, then put it in the place of what is there. */
enum restante_status journal_file_make(struct mbox *mbox, struct mbox_journal *journal, struct restante_error *error);
/* Write the window in its place and make it durable. */
enum restante_status journal_file_put_window(struct mbox *mbox, struct mbox_journal *journal,
                                             struct restante_error *error);

/* Why a file is no journal that can be followed; NULL when header and ranges are good. */
const char *journal_file_read(const struct mbox *mbox, struct mbox_journal *journal);
/* Read the window in a place (0 or 1); false when there is no whole one of this journal. */
bool journal_file_read_window(const struct mbox *mbox, const struct mbox_journal *journal, unsigned place,
                              struct journal_window *window);

bool journal_file_remove(const struct mbox *mbox);
/* Under another name, with a log line that says why. */
void journal_file_put_aside(const struct mbox *mbox, const char *why);

#endif
