/* What docs/retention.md promises, in C. */
#include "retention_model.h"

#include <stdlib.h>

enum { DAY = 86400, MODEL_MESSAGES_MAX = 64 };

/* Moments add up, but never past "never". */
static int64_t model_later(int64_t moment, int64_t duration)
{
    return duration == MODEL_NEVER || moment == MODEL_NEVER ? MODEL_NEVER : moment + duration;
}

static int64_t model_earlier_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t model_later_of(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* A time of delivery that is not known, or is still to come, proves nothing. */
static bool model_is_certain(const struct model_message *message, int64_t now)
{
    return message->delivered != 0 && message->delivered <= now;
}

static bool model_is_held(const struct model_settings *settings, unsigned user, const struct model_message *message,
                          int64_t now)
{
    if (!settings->has_hold || !(settings->held_users & 1u << user))
        return false;
    if (!model_is_certain(message, now))
        return true;
    bool is_too_early = settings->hold_from != 0 && message->delivered < settings->hold_from;
    bool is_too_late = settings->hold_before != 0 && message->delivered >= settings->hold_before;
    return !is_too_early && !is_too_late;
}

/* Nothing at all may remove it: it is protected whatever the limits say. `fetched` 0: never. */
static bool model_is_protected(const struct model_settings *settings, unsigned user, const struct model_message *message,
                               int64_t fetched, int64_t now)
{
    if (model_is_held(settings, user, message, now) || !model_is_certain(message, now))
        return true;
    if (now - message->delivered < settings->keep_at_least)
        return true;
    if (message->set_aside_until != 0)
        return true;
    return settings->only_if_downloaded && fetched == 0;
}

/* The moment at which its time is over. */
static int64_t model_moment(const struct model_settings *settings, const struct model_message *message, int64_t fetched)
{
    int64_t by_age = model_later(message->delivered, settings->keep);
    int64_t by_download = fetched == 0 ? MODEL_NEVER : model_later(fetched, settings->after_download);
    return model_earlier_of(by_age, by_download);
}

static int model_compare_age(const void *a, const void *b)
{
    const struct model_message *left = *(const struct model_message *const *)a;
    const struct model_message *right = *(const struct model_message *const *)b;
    if (left->delivered != right->delivered)
        return left->delivered < right->delivered ? -1 : 1;
    return left < right ? -1 : left > right; /* the maildrop's order */
}

/* Too many, or too large together: the oldest go, but never the newest. */
static void model_trim(const struct model_settings *settings, unsigned user, const struct model_message *messages,
                       size_t count, int64_t now, enum model_fate *fates)
{
    const struct model_message *certain[MODEL_MESSAGES_MAX];
    size_t certain_count = 0;
    uint64_t left = 0, octets = 0;
    for (size_t i = 0; i < count; i++) {
        if (fates[i] == MODEL_EXPIRES || messages[i].set_aside_until != 0)
            continue;
        left++;
        octets += messages[i].octets;
        if (model_is_certain(&messages[i], now))
            certain[certain_count++] = &messages[i];
    }
    if (certain_count == 0)
        return;
    qsort(certain, certain_count, sizeof(*certain), model_compare_age);
    for (size_t i = 0; i + 1 < certain_count; i++) {
        if (left <= settings->max_messages && octets <= settings->max_octets)
            return;
        if (model_is_protected(settings, user, certain[i], certain[i]->first_retrieved, now))
            continue;
        fates[certain[i] - messages] = MODEL_EXPIRES;
        left--;
        octets -= certain[i]->octets;
    }
}

void model_open(const struct model_settings *settings, unsigned user, const struct model_message *messages, size_t count,
                int64_t now, enum model_fate *fates)
{
    for (size_t i = 0; i < count; i++) {
        const struct model_message *message = &messages[i];
        fates[i] = MODEL_STAYS;
        if (settings->show_after != 0 && model_is_certain(message, now) && message->delivered < settings->show_after)
            fates[i] = MODEL_HIDDEN;
        if (!model_is_protected(settings, user, message, message->first_retrieved, now) &&
            model_moment(settings, message, message->first_retrieved) <= now)
            fates[i] = MODEL_EXPIRES;
        if (model_is_held(settings, user, message, now))
            fates[i] = MODEL_HELD;
    }
    model_trim(settings, user, messages, count, now, fates);
}

bool model_goes_at_quit(const struct model_settings *settings, unsigned user, const struct model_message *message,
                        bool is_retrieved, bool is_deleted, int64_t now)
{
    int64_t fetched = message->first_retrieved != 0 ? message->first_retrieved : is_retrieved ? now : 0;
    if (settings->after_download != 0 || is_deleted || fetched == 0 || fetched > now)
        return false;
    return !model_is_protected(settings, user, message, fetched, now);
}

enum model_on_delete model_delete(const struct model_settings *settings, const struct model_message *message,
                                  int64_t now, int64_t *until)
{
    int64_t born = model_is_certain(message, now) ? message->delivered : now;
    bool can_be_undone = settings->on_delete == MODEL_SET_ASIDE ||
                         (settings->on_delete == MODEL_UNSAID && settings->undelete_for != MODEL_NEVER);
    if (settings->on_delete == MODEL_HIDE)
        return MODEL_HIDE;
    *until = model_later_of(born + settings->keep_at_least, can_be_undone ? now + settings->undelete_for : 0);
    return *until > now ? MODEL_SET_ASIDE : MODEL_REMOVE;
}

int64_t model_expire(const struct model_settings *settings, int user, bool *differs)
{
    int64_t least = model_earlier_of(settings->keep, settings->after_download);
    bool is_hold_of_all_times = settings->has_hold && settings->hold_from == 0 && settings->hold_before == 0;
    if (least == MODEL_NEVER)
        return -1;
    if (user < 0 && is_hold_of_all_times)
        *differs = true;
    if (user >= 0 && is_hold_of_all_times && (settings->held_users & 1u << user))
        return -1;
    return model_later_of(least, settings->keep_at_least) / DAY;
}

bool model_is_contradiction(const struct model_settings *settings)
{
    if (settings->keep < settings->keep_at_least)
        return true;
    if (settings->keep != MODEL_NEVER && settings->after_download != MODEL_NEVER &&
        settings->after_download > settings->keep)
        return true;
    if ((settings->on_delete == MODEL_SET_ASIDE) > (settings->undelete_for != MODEL_NEVER))
        return true;
    if ((settings->on_delete == MODEL_REMOVE || settings->on_delete == MODEL_HIDE) &&
        settings->undelete_for != MODEL_NEVER)
        return true;
    if (!settings->has_hold)
        return settings->hold_from != 0 || settings->hold_before != 0;
    return settings->hold_from != 0 && settings->hold_before != 0 && settings->hold_before <= settings->hold_from;
}
