/* Random settings and maildrops. */
#include "unit.h"

#include "retention_case.h"

#include <stdio.h>
#include <time.h>

#include "lua_world.h"

enum { DAY = 24 * HOUR, ZONE_AHEAD = 2 * HOUR };

const char *const case_users[CASE_USERS] = {"alice@example.org", "bob@example.org", "carol@example.net", "dave"};
const char *const case_domains[CASE_USERS] = {"example.org", "example.org", "example.net", ""};

static const struct {
    const char *selector, *pattern; /* NULL: the file */
    unsigned users;
} case_selectors[] = {
    {"users", "alice@*", 1},         {"users", "*@EXAMPLE.org", 3}, {"users", "d?ve", 8}, {"users", "nobody", 0},
    {"domains", "example.net", 4},   {"domains", "example.*", 7},   {"list", NULL, 10},   {"users", "*", 15},
};
static const struct {
    const char *pattern;
    unsigned users;
} case_holds[] = {{"*", 15}, {"alice@*", 1}, {"*.net", 4}, {"BOB@example.org", 2}, {"none@*", 0}};

/* xorshift64*: the same on every machine. */
uint64_t random_below(struct random *random, uint64_t end)
{
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return (random->state * UINT64_C(2685821657736338717) >> 16) % end;
}

bool random_is(struct random *random, unsigned percent)
{
    return random_below(random, 100) < percent;
}

/* --- settings ------------------------------------------------------------------------------------------------------ */

enum field { KEEP, AFTER, ONLY, MESSAGES, OCTETS, LEAST, ON_DELETE, UNDELETE, HOLD, FROM, BEFORE, SHOW, FIELDS };

static int64_t case_duration(struct random *random, int64_t least_hours)
{
    static const int64_t hours[] = {1, 2, 12, 24, 36, 48, 72, 168};
    int64_t duration = hours[random_below(random, sizeof(hours) / sizeof(hours[0]))] * HOUR;
    if (duration < least_hours * HOUR)
        duration = least_hours * HOUR;
    return random_is(random, 8) ? duration + 1 : duration;
}

/* The beginning of a day not far from WORLD_NOW_S. */
static int64_t case_day(struct random *random)
{
    return (WORLD_NOW_S / DAY - 6 + (int64_t)random_below(random, 9)) * DAY - ZONE_AHEAD;
}

static int64_t case_or_never(struct random *random, int64_t duration)
{
    return random_is(random, 15) ? MODEL_NEVER : duration;
}

static void case_roll(struct random *random, enum field field, struct model_settings *settings)
{
    size_t hold = random_below(random, sizeof(case_holds) / sizeof(case_holds[0]) + 1);
    switch (field) {
    case KEEP:
        settings->keep = case_or_never(random, case_duration(random, 1));
        break;
    case AFTER:
        settings->after_download = case_or_never(random, random_is(random, 40) ? 0 : case_duration(random, 0));
        break;
    case ONLY:
        settings->only_if_downloaded = random_is(random, 60);
        break;
    case MESSAGES:
        settings->max_messages = random_is(random, 15) ? UINT64_MAX : 1 + random_below(random, 12);
        break;
    case OCTETS:
        settings->max_octets = random_is(random, 15) ? UINT64_MAX : 1 + random_below(random, 5000);
        break;
    case LEAST:
        settings->keep_at_least = random_is(random, 30) ? 0 : case_duration(random, 1);
        break;
    case ON_DELETE:
        settings->on_delete = (enum model_on_delete)(MODEL_REMOVE + random_below(random, 3));
        break;
    case UNDELETE:
        settings->undelete_for = case_or_never(random, case_duration(random, 1));
        break;
    case HOLD:
        settings->has_hold = hold > 0;
        settings->held_users = hold > 0 ? case_holds[hold - 1].users : 0;
        break;
    case FROM:
        settings->hold_from = random_is(random, 15) ? 0 : case_day(random);
        break;
    case BEFORE:
        settings->hold_before = random_is(random, 15)   ? 0
                                : random_is(random, 15) ? settings->hold_from
                                                        : case_day(random);
        break;
    default:
        settings->show_after = random_is(random, 15) ? 0 : case_day(random);
        break;
    }
}

/* One of the ways to write it. */
static void give_duration(struct random *random, const char *key, int64_t seconds)
{
    char text[32];
    if (seconds == MODEL_NEVER)
        snprintf(text, sizeof(text), "never");
    else if (seconds % DAY == 0 && random_is(random, 50))
        snprintf(text, sizeof(text), "%dd", (int)(seconds / DAY));
    else if (seconds % HOUR == 0 && random_is(random, 50))
        snprintf(text, sizeof(text), "%dh", (int)(seconds / HOUR));
    else if (random_is(random, 50))
        snprintf(text, sizeof(text), "%ds", (int)seconds);
    else {
        world_give_integer(key, seconds);
        return;
    }
    world_give_text(key, text);
}

static void give_number(const char *key, uint64_t number)
{
    if (number == UINT64_MAX)
        world_give_text(key, "unlimited");
    else
        world_give_integer(key, (int64_t)number);
}

static void give_day(const char *key, int64_t day)
{
    char text[16] = "always";
    time_t utc = (time_t)(day + ZONE_AHEAD);
    struct tm parts;
    if (day != 0 && gmtime_r(&utc, &parts))
        assert_int_equal(strftime(text, sizeof(text), "%Y-%m-%d", &parts), 10);
    world_give_text(key, text);
}

static void give_hold(const char *key, const struct model_settings *settings)
{
    for (size_t i = 0; settings->has_hold && i < sizeof(case_holds) / sizeof(case_holds[0]); i++) {
        if (case_holds[i].users == settings->held_users) {
            world_give_text(key, case_holds[i].pattern);
            return;
        }
    }
    world_give_text(key, "nobody");
}

static void case_give(struct random *random, const char *prefix, enum field field, const struct model_settings *settings)
{
    static const char *const names[FIELDS] = {
        [KEEP] = "keep", [AFTER] = "after_download", [ONLY] = "only_if_downloaded", [MESSAGES] = "max_messages",
        [OCTETS] = "max_octets", [LEAST] = "keep_at_least", [ON_DELETE] = "on_delete", [UNDELETE] = "undelete_for",
        [HOLD] = "hold", [FROM] = "hold_from", [BEFORE] = "hold_before", [SHOW] = "show_after"};
    static const char *const on_delete[] = {"", "remove", "set aside", "hide"};
    const int64_t durations[FIELDS] = {[KEEP] = settings->keep, [AFTER] = settings->after_download,
                                       [LEAST] = settings->keep_at_least, [UNDELETE] = settings->undelete_for};
    const int64_t days[FIELDS] = {
        [FROM] = settings->hold_from, [BEFORE] = settings->hold_before, [SHOW] = settings->show_after};
    char key[64];
    snprintf(key, sizeof(key), "%s%s", prefix, names[field]);
    if (field == ONLY)
        world_give_bool(key, settings->only_if_downloaded);
    else if (field == MESSAGES || field == OCTETS)
        give_number(key, field == MESSAGES ? settings->max_messages : settings->max_octets);
    else if (field == ON_DELETE)
        world_give_text(key, on_delete[settings->on_delete]);
    else if (field == HOLD)
        give_hold(key, settings);
    else if (field == FROM || field == BEFORE || field == SHOW)
        give_day(key, days[field]);
    else
        give_duration(random, key, durations[field]);
}

static void case_give_selectors(struct random *random, const char *prefix, const char *list, unsigned *fits)
{
    bool is_used[3] = {false};
    for (*fits = 0; !is_used[0] && !is_used[1] && !is_used[2];) {
        for (int i = 0; i < 2; i++) {
            size_t row = random_below(random, sizeof(case_selectors) / sizeof(case_selectors[0]));
            size_t kind = strcmp(case_selectors[row].selector, "users") == 0     ? 0
                          : strcmp(case_selectors[row].selector, "domains") == 0 ? 1
                                                                                  : 2;
            char key[64];
            if (is_used[kind])
                continue;
            is_used[kind] = true;
            snprintf(key, sizeof(key), "%s%s", prefix, case_selectors[row].selector);
            world_give_text(key, case_selectors[row].pattern ? case_selectors[row].pattern : list);
            *fits |= case_selectors[row].users;
        }
    }
}

void case_make_settings(struct random *random, const char *list, struct case_settings *settings)
{
    bool is_wanted_consistent = random_is(random, 90);
    settings->sets[0] = (struct model_settings){.keep = MODEL_NEVER, .after_download = MODEL_NEVER,
                                                .undelete_for = MODEL_NEVER, .max_messages = UINT64_MAX,
                                                .max_octets = UINT64_MAX};
    settings->count = random_is(random, 40) ? 1 + random_below(random, CASE_SETS) : 1;
    for (size_t set = 0; set < settings->count; set++) {
        struct model_settings rolled;
        unsigned given;
        char prefix[24] = "";
        do {
            rolled = settings->sets[0];
            given = 0;
            for (enum field field = 0; field < FIELDS; field++) {
                unsigned percent = field == FROM || field == BEFORE ? (rolled.has_hold ? 50 : 3)
                                   : field == HOLD || field == SHOW ? 20
                                                                    : 40;
                if (!random_is(random, percent))
                    continue;
                case_roll(random, field, &rolled);
                given |= 1u << field;
            }
        } while (is_wanted_consistent && model_is_contradiction(&rolled));
        if (set > 0) {
            snprintf(prefix, sizeof(prefix), "overrides.%zu.", set);
            case_give_selectors(random, prefix, list, &settings->fits[set]);
        }
        for (enum field field = 0; field < FIELDS; field++) {
            if (given & 1u << field)
                case_give(random, prefix, field, &rolled);
        }
        settings->sets[set] = rolled;
    }
}

const struct model_settings *case_settings_of(const struct case_settings *settings, unsigned user)
{
    for (size_t set = 1; set < settings->count; set++) {
        if (settings->fits[set] & 1u << user)
            return &settings->sets[set];
    }
    return &settings->sets[0];
}

/* --- messages ------------------------------------------------------------------------------------------------------ */

struct model_message case_make_message(struct random *random, unsigned id, int64_t now)
{
    int64_t delivered = now - (int64_t)random_below(random, 170) * HOUR;
    if (random_is(random, 4))
        delivered = 0;
    else if (random_is(random, 4))
        delivered = now + (int64_t)(1 + random_below(random, 5)) * HOUR;
    else if (random_is(random, 5))
        delivered += (int64_t)random_below(random, 3) - 1;
    return (struct model_message){.id = id, .octets = 1 + random_below(random, 900), .delivered = delivered};
}

void case_age_message(struct random *random, struct model_message *message, int64_t now)
{
    int64_t hours = (int64_t)random_below(random, 80);
    if (random_is(random, 35))
        message->first_retrieved = now - hours * HOUR;
    else if (random_is(random, 3))
        message->first_retrieved = now + hours * HOUR;
    if (random_is(random, 6))
        message->hidden_since = now - hours * HOUR - 1;
    if (random_is(random, 6))
        message->set_aside_until = now + (40 - hours) * HOUR;
}
