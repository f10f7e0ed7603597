/*
 * ledger/ledger_state.h - a ledger in memory, for the files that open, change and write it.
 */
#ifndef LEDGER_LEDGER_STATE_H
#define LEDGER_LEDGER_STATE_H

#include "ledger/ledger.h"
#include "ledger/ledger_line.h"
#include "ledger/ledger_marks.h"
#include "ledger/ledger_store.h"
#include "ledger/ledger_strings.h"
#include "ledger/ledger_table.h"
#include "util/buf.h"

#define LEDGER_LINES_PER_STEP 4096

/* How far opening has come. */
struct ledger_opening {
    bool is_begun, is_read;
    size_t length, read; /* of the file, octets */
    size_t at;           /* replayed so far */
    size_t line_number;
};

/* The file being made anew. */
struct ledger_rewriting {
    bool is_begun;
    struct buf out;
    uint32_t sum;
    size_t lines, cursor;
};

struct restante_ledger {
    int state_fd; /* the caller's */
    int fd;       /* -1: no file yet */
    bool is_read_only;
    bool is_name_unsure; /* the file is new, and its name may not be durable */
    int64_t damaged_s;   /* 0: never damaged */
    struct ledger_table table;
    struct ledger_marks_table marks;
    struct ledger_store store;
    char *data;                    /* what the file held */
    struct ledger_strings strings; /* what was put in this session */
    uint64_t good_octets;          /* up to the end of the last good line */
    size_t lines;                  /* in the file and pending, without header */
    size_t live;                   /* lines about messages that a file made anew would have */
    uint32_t sum;                  /* of the last line, pending ones included */
    struct buf pending;
    struct ledger_opening opening;
    struct ledger_rewriting rewriting;
};

/* Take over what a line says; its strings must live as long as the ledger. False: it breaks a limit. */
bool ledger_apply(struct restante_ledger *ledger, const struct ledger_line *line);
/* Nothing is known any more. */
void ledger_forget(struct restante_ledger *ledger);
/* Collect a line to be written. */
void ledger_pend(struct restante_ledger *ledger, const struct ledger_line *line);
/* Everything that is known, pending lines included, as a new file in the old one's place. In steps. */
enum restante_status ledger_rewrite(struct restante_ledger *ledger, struct restante_error *error);

#endif
