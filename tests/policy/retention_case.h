/*
 * tests/policy/retention_case.h - random settings of retention.lua, given to the policy and told to the model; random
 * maildrops. All times are whole hours most of the time, so that moments meet.
 */
#ifndef TESTS_POLICY_RETENTION_CASE_H
#define TESTS_POLICY_RETENTION_CASE_H

#include "retention_model.h"

enum { CASE_USERS = 4, CASE_SETS = 4, CASE_MESSAGES = 48, HOUR = 3600 };
#define CASE_TIME_ZONE "XXX-2" /* two hours before UTC, as dates are local */

extern const char *const case_users[CASE_USERS], *const case_domains[CASE_USERS];

/* Numbers that follow from a seed and nothing else. */
struct random {
    uint64_t state;
};
uint64_t random_below(struct random *random, uint64_t end);
bool random_is(struct random *random, unsigned percent);

/* Set 0 is the item's; the others are overrides, for the users in `fits`. */
struct case_settings {
    struct model_settings sets[CASE_SETS];
    unsigned fits[CASE_SETS];
    size_t count;
};

/* Make settings and give them to the world. `list` is a file with the names of the users 1 and 3. */
void case_make_settings(struct random *random, const char *list, struct case_settings *settings);
/* The set that holds for a user. */
const struct model_settings *case_settings_of(const struct case_settings *settings, unsigned user);

/* A message that has come at most a week before `now`; or at a time that is not certain. */
struct model_message case_make_message(struct random *random, unsigned id, int64_t now);
/* What the ledger may know of a message from earlier. */
void case_age_message(struct random *random, struct model_message *message, int64_t now);

#endif
