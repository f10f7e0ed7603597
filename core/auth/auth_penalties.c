#include "auth/auth_penalties.h"

#include <stdlib.h>
#include <string.h>

#include "auth/auth_penalties_state.h"
#include "util/alloc.h"

struct auth_penalties *auth_penalties_open(const struct auth_penalties_settings *settings)
{
    struct auth_penalties *penalties = alloc_zeroed(sizeof(*penalties));
    penalties->settings = *settings;
    TAILQ_INIT(&penalties->waiting);
    if (!settings->is_enabled)
        return penalties;
    auth_key_seed_make(&penalties->seed);
    for (int kind = 0; kind < PENALTIES_KINDS; kind++)
        penalties->tables[kind] = auth_penalty_table_open(settings->entries, settings->forget_ms);
    uint32_t doublings = 0;
    while (settings->first_ms << doublings < settings->maximum_ms)
        doublings++;
    penalties->level_max = (settings->free_failures + 1 + doublings) * AUTH_PENALTY_ONE;
    return penalties;
}

void auth_penalties_close(struct auth_penalties **penalties)
{
    if (!*penalties)
        return;
    for (int kind = 0; kind < PENALTIES_KINDS; kind++)
        auth_penalty_table_close(&(*penalties)->tables[kind]);
    explicit_bzero(*penalties, sizeof(**penalties));
    free(*penalties);
    *penalties = NULL;
}

/* Whole failures that still count; a part of one counts as one. */
static uint32_t penalties_failures(const struct auth_penalties *penalties, const struct auth_penalty *penalty,
                                   int64_t now_ms)
{
    uint32_t level = auth_penalty_table_level(penalties->tables[PENALTIES_USERS], penalty, now_ms);
    return (level + AUTH_PENALTY_ONE - 1) / AUTH_PENALTY_ONE;
}

/* The pause after the last of so many failures. level_max bounds the shift. */
static int64_t penalties_pause_ms(const struct auth_penalties *penalties, uint32_t failures)
{
    const struct auth_penalties_settings *settings = &penalties->settings;
    if (failures <= settings->free_failures)
        return 0;
    int64_t pause_ms = settings->first_ms << (failures - settings->free_failures - 1);
    return pause_ms < settings->maximum_ms ? pause_ms : settings->maximum_ms;
}

/* How many tries may run at once: all of them could fail, and no more than these failures cost nothing. */
static uint32_t penalties_width(const struct auth_penalties *penalties, uint32_t failures)
{
    uint32_t free_failures = penalties->settings.free_failures;
    return failures < free_failures ? free_failures + 1 - failures : 1;
}

static bool schedule_allows(const struct auth_penalties *penalties, const struct auth_penalty *schedule,
                            int64_t now_ms)
{
    return now_ms >= schedule->due_ms &&
           schedule->running < penalties_width(penalties, penalties_failures(penalties, schedule, now_ms));
}

/* No try that arrives now can run earlier than after so long, unless those before it are right. */
static int64_t schedule_wait_ms(const struct auth_penalties *penalties, const struct auth_penalty *schedule,
                                int64_t now_ms)
{
    int64_t pause_ms = penalties_pause_ms(penalties, penalties_failures(penalties, schedule, now_ms));
    int64_t due_ms = schedule->due_ms > now_ms ? schedule->due_ms - now_ms : 0;
    return due_ms + pause_ms * ((int64_t)schedule->running + schedule->waiting);
}

static bool try_may_run(const struct auth_penalties *penalties, const struct auth_try *try, int64_t now_ms)
{
    for (size_t i = 0; i < 2; i++) {
        if (try->schedules[i] && !schedule_allows(penalties, try->schedules[i], now_ms))
            return false;
    }
    return true;
}

/* Find the schedules; false when a table is so full of tries under way that there is no place. */
static bool try_find_schedules(struct auth_penalties *penalties, struct auth_try *try, const char *user,
                               const char *peer, int64_t now_ms)
{
    const struct auth_key_seed *seed = &penalties->seed;
    struct auth_key address = auth_key_address(seed, peer);
    try->user = auth_key_user(seed, user);
    try->pair = auth_key_pair(seed, user, peer);
    struct auth_penalty *pair = auth_penalty_table_find(penalties->tables[PENALTIES_PAIRS], try->user.first, &try->pair);
    try->is_known = pair != NULL;
    if (pair) {
        try->schedules[0] = pair;
        return true;
    }
    try->schedules[0] = auth_penalty_table_take(penalties->tables[PENALTIES_ADDRESSES], address.first, &address, now_ms);
    try->schedules[1] =
        auth_penalty_table_take(penalties->tables[PENALTIES_USERS], try->user.first, &try->user, now_ms);
    return try->schedules[0] && try->schedules[1];
}

static bool try_would_wait(const struct auth_penalties *penalties, const struct auth_try *try, int64_t now_ms)
{
    const struct auth_penalties_settings *settings = &penalties->settings;
    for (size_t i = 0; i < 2; i++) {
        if (try->schedules[i] && schedule_wait_ms(penalties, try->schedules[i], now_ms) > settings->wait_ms)
            return true;
    }
    return penalties->waiting_count >= settings->waiting_max && !try_may_run(penalties, try, now_ms);
}

/* What is worth nothing any more makes place; a known address stays known. */
static void try_release(const struct auth_penalties *penalties, const struct auth_try *try, int64_t now_ms)
{
    for (size_t i = 0; i < 2; i++) {
        struct auth_penalty *schedule = try->schedules[i];
        if (schedule && !try->is_known && schedule->running + schedule->waiting == 0 && schedule->failures == 0 &&
            schedule->due_ms <= now_ms && penalties_failures(penalties, schedule, now_ms) == 0)
            schedule->is_taken = false;
    }
}

bool auth_penalties_begin(struct auth_penalties *penalties, struct auth_try *try, const char *user, const char *peer,
                          int64_t now_ms)
{
    const struct auth_penalties_settings *settings = &penalties->settings;
    *try = (struct auth_try){.context = try->context, .since_ms = now_ms};
    if (settings->is_enabled) {
        bool is_placed = try_find_schedules(penalties, try, user, peer, now_ms);
        if (!is_placed || try_would_wait(penalties, try, now_ms)) {
            try_release(penalties, try, now_ms);
            return false;
        }
    }
    try->state = AUTH_TRY_WAITING;
    for (size_t i = 0; i < 2; i++) {
        if (try->schedules[i])
            try->schedules[i]->waiting++;
    }
    TAILQ_INSERT_TAIL(&penalties->waiting, try, link);
    penalties->waiting_count++;
    return true;
}

static void try_stop_waiting(struct auth_penalties *penalties, struct auth_try *try)
{
    TAILQ_REMOVE(&penalties->waiting, try, link);
    penalties->waiting_count--;
    for (size_t i = 0; i < 2; i++) {
        if (try->schedules[i])
            try->schedules[i]->waiting--;
    }
    try->state = AUTH_TRY_NONE;
}

struct auth_try *auth_penalties_next(struct auth_penalties *penalties, int64_t now_ms, bool *is_refused)
{
    struct auth_try *try;
    TAILQ_FOREACH(try, &penalties->waiting, link) {
        bool may_run = try_may_run(penalties, try, now_ms);
        *is_refused = !may_run && now_ms - try->since_ms >= penalties->settings.wait_ms;
        if (may_run || *is_refused)
            break;
    }
    if (!try)
        return NULL;
    try_stop_waiting(penalties, try);
    if (*is_refused) {
        try_release(penalties, try, now_ms);
        return try;
    }
    try->state = AUTH_TRY_RUNNING;
    for (size_t i = 0; i < 2; i++) {
        if (try->schedules[i])
            try->schedules[i]->running++;
    }
    return try;
}

int64_t auth_penalties_due_ms(const struct auth_penalties *penalties, int64_t now_ms)
{
    const struct auth_try *try;
    int64_t earliest_ms = -1;
    TAILQ_FOREACH(try, &penalties->waiting, link) {
        int64_t limit_ms = try->since_ms + penalties->settings.wait_ms, due_ms = now_ms;
        for (size_t i = 0; i < 2; i++) {
            if (try->schedules[i] && try->schedules[i]->due_ms > due_ms)
                due_ms = try->schedules[i]->due_ms;
        }
        /* Due already, and yet waiting: for another try's end. */
        if (due_ms == now_ms || due_ms > limit_ms)
            due_ms = limit_ms;
        if (earliest_ms < 0 || due_ms < earliest_ms)
            earliest_ms = due_ms;
    }
    return earliest_ms;
}

static void schedule_punish(const struct auth_penalties *penalties, struct auth_penalty *schedule, int64_t now_ms)
{
    uint32_t level =
        auth_penalty_table_level(penalties->tables[PENALTIES_USERS], schedule, now_ms) + AUTH_PENALTY_ONE;
    schedule->level = level < penalties->level_max ? level : penalties->level_max;
    schedule->level_at_ms = schedule->used_ms = now_ms;
    if (schedule->failures < UINT32_MAX)
        schedule->failures++;
    int64_t due_ms = now_ms + penalties_pause_ms(penalties, penalties_failures(penalties, schedule, now_ms));
    if (due_ms > schedule->due_ms)
        schedule->due_ms = due_ms;
}

/* The levels stay: who knows the password of one account must not wipe out what was guessed at others. */
static uint32_t try_succeeded(struct auth_penalties *penalties, const struct auth_try *try, int64_t now_ms)
{
    uint32_t failures = 0;
    struct auth_penalty *user =
        auth_penalty_table_find(penalties->tables[PENALTIES_USERS], try->user.first, &try->user);
    struct auth_penalty *pair =
        auth_penalty_table_take(penalties->tables[PENALTIES_PAIRS], try->user.first, &try->pair, now_ms);
    if (user) {
        failures = user->failures;
        user->failures = 0;
    }
    if (pair) {
        failures += pair->failures;
        pair->failures = 0;
    }
    return failures;
}

uint32_t auth_penalties_end(struct auth_penalties *penalties, struct auth_try *try, enum auth_try_result result,
                            int64_t now_ms)
{
    uint32_t failures = 0;
    if (try->state == AUTH_TRY_WAITING) {
        try_stop_waiting(penalties, try);
        try_release(penalties, try, now_ms);
    }
    if (try->state != AUTH_TRY_RUNNING)
        return 0;
    try->state = AUTH_TRY_NONE;
    if (result == AUTH_TRY_SUCCEEDED && penalties->settings.is_enabled)
        failures = try_succeeded(penalties, try, now_ms);
    for (size_t i = 0; i < 2; i++) {
        struct auth_penalty *schedule = try->schedules[i];
        if (!schedule)
            continue;
        schedule->running--;
        if (result == AUTH_TRY_FAILED)
            schedule_punish(penalties, schedule, now_ms);
    }
    try_release(penalties, try, now_ms);
    return failures;
}
