/*
 * tests/policy/retention_model.h - what docs/retention.md promises, once more and in another way: for each message the
 * moment at which it may go, and a sorted list where there is too much. Written from the page, not from the script.
 */
#ifndef TESTS_POLICY_RETENTION_MODEL_H
#define TESTS_POLICY_RETENTION_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_NEVER INT64_MAX

enum model_on_delete { MODEL_UNSAID, MODEL_REMOVE, MODEL_SET_ASIDE, MODEL_HIDE };

/* Settings as they hold for one user. Durations in seconds, MODEL_NEVER where there is none; days as moments. */
struct model_settings {
    int64_t keep, after_download, keep_at_least, undelete_for;
    bool only_if_downloaded;
    uint64_t max_messages, max_octets; /* UINT64_MAX: unlimited */
    enum model_on_delete on_delete;
    bool has_hold;
    unsigned held_users; /* a bit for each user of the test */
    int64_t hold_from, hold_before, show_after; /* 0: not given */
};

/* A message as the maildrop and the ledger know it. Times: 0 is unknown, never. */
struct model_message {
    unsigned id;
    uint64_t octets;
    int64_t delivered, first_retrieved, hidden_since, set_aside_until;
    bool is_gone;
};

enum model_fate { MODEL_STAYS, MODEL_HIDDEN, MODEL_EXPIRES, MODEL_HELD };

/* When a session opens: a fate for each message. */
void model_open(const struct model_settings *settings, unsigned user, const struct model_message *messages, size_t count,
                int64_t now, enum model_fate *fates);
/* When it ends with QUIT: does this one go with it? */
bool model_goes_at_quit(const struct model_settings *settings, unsigned user, const struct model_message *message,
                        bool is_retrieved, bool is_deleted, int64_t now);
/* What DELE does: MODEL_REMOVE, MODEL_HIDE, or MODEL_SET_ASIDE with *until. */
enum model_on_delete model_delete(const struct model_settings *settings, const struct model_message *message,
                                  int64_t now, int64_t *until);
/* EXPIRE in days, -1: NEVER. To one user, or to nobody in particular (-1): then *differs may be set. */
int64_t model_expire(const struct model_settings *settings, int user, bool *differs);
/* Do the settings contradict one another? */
bool model_is_contradiction(const struct model_settings *settings);

#endif
