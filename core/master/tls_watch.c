#include "master/tls_watch.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util/clock.h"
#include "util/log.h"

enum {
    TLS_WATCH_SETTLE_MS = 1000, /* certificate and key are not written at one instant */
    TLS_WATCH_DAY_S = 86400,
    TLS_WATCH_WARN_S = 14 * TLS_WATCH_DAY_S,
};

static bool times_are_equal(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool stamps_are_equal(const struct tls_stamp now[TLS_PAIR_FILES], const struct tls_stamp then[TLS_PAIR_FILES])
{
    for (size_t i = 0; i < TLS_PAIR_FILES; i++) {
        const struct tls_stamp *a = &now[i], *b = &then[i];
        if (a->is_there != b->is_there || a->device != b->device || a->inode != b->inode || a->size != b->size ||
            !times_are_equal(&a->modified, &b->modified) || !times_are_equal(&a->changed, &b->changed))
            return false;
    }
    return true;
}

/* --- validity ------------------------------------------------------------------------------------------------------ */

static void watch_format_day(char to[16], int64_t time_s)
{
    time_t time = (time_t)time_s;
    struct tm parts;
    if (!gmtime_r(&time, &parts) || strftime(to, 16, "%Y-%m-%d", &parts) == 0)
        snprintf(to, 16, "unknown");
}

/* Once a day: everybody who reads logs should meet it, nobody should drown in it. */
static void watch_warn(struct tls_file_pair *pair)
{
    const char *setting = pair->setting[TLS_CERTIFICATE], *path = pair->path[TLS_CERTIFICATE];
    int64_t now_s = clock_now_s(), left_s = pair->expires_s - now_s;
    char day[16];
    bool is_due = pair->warned_s == 0 || now_s - pair->warned_s >= TLS_WATCH_DAY_S || now_s < pair->warned_s;
    if (pair->expires_s == 0 || !is_due || (left_s > TLS_WATCH_WARN_S && pair->starts_s <= now_s))
        return;
    pair->warned_s = now_s;
    watch_format_day(day, pair->expires_s);
    if (left_s < 0)
        log_warn("%s %s has expired on %s: clients will refuse it", setting, path, day);
    else if (pair->starts_s > now_s)
        log_warn("%s %s is not valid yet: clients will refuse it", setting, path);
    else
        log_warn("%s %s expires on %s (days left: %" PRId64 "): renew it", setting, path, day,
                 left_s / TLS_WATCH_DAY_S);
}

/* --- trying -------------------------------------------------------------------------------------------------------- */

static struct master_slot *watch_frontend(const struct generation *generation, uint32_t room_id)
{
    for (size_t i = 0; i < generation->slots_count; i++) {
        struct master_slot *slot = generation->slots[i];
        if (slot->kind == ROOM_FRONTEND && slot->control && slot->state == SLOT_READY &&
            (room_id == 0 || slot->room_id == room_id))
            return slot;
    }
    return NULL;
}

/* Whichever frontend is ready; where none is, the next look finds one. */
static void watch_try(struct tls_files *files, size_t index)
{
    struct tls_file_pair *pair = &files->pairs[index];
    struct master_slot *slot = watch_frontend(files->generation, 0);
    pair->tried_by = slot ? slot->room_id : 0;
    if (slot)
        tls_files_send(index, &pair->candidate, slot);
}

static void watch_read(struct tls_files *files, size_t index)
{
    struct tls_file_pair *pair = &files->pairs[index];
    char why[1280];
    tls_octets_wipe(&pair->candidate);
    pair->tried_by = 0;
    if (tls_files_read(pair, &pair->candidate, why, sizeof(why)))
        watch_try(files, index);
    else
        log_warn("%s; the certificate in force is kept", why);
}

/* True when the files have changed so lately that they are to be looked at again soon. */
static bool watch_look(struct tls_files *files, size_t index)
{
    struct tls_file_pair *pair = &files->pairs[index];
    struct tls_stamp now[TLS_PAIR_FILES];
    bool is_settled = false;
    watch_warn(pair);
    for (size_t i = 0; i < TLS_PAIR_FILES; i++)
        now[i] = tls_files_stamp(pair->path[i]);
    if (!stamps_are_equal(now, pair->read)) {
        is_settled = stamps_are_equal(now, pair->noticed);
        memcpy(pair->noticed, now, sizeof(now));
        if (is_settled)
            watch_read(files, index);
        return !is_settled;
    }
    /* The frontend that was to try it has gone. */
    if (pair->candidate.data[TLS_KEY] &&
        !watch_frontend(files->generation, pair->tried_by ? pair->tried_by : UINT32_MAX))
        watch_try(files, index);
    return false;
}

static void watch_wait(struct tls_files *files, int64_t delay_ms)
{
    const struct timeval delay = clock_timeval(delay_ms);
    evtimer_add(files->look, &delay);
}

static void watch_on_look(evutil_socket_t fd, short what, void *context)
{
    struct tls_files *files = context;
    int64_t interval_ms = conf_integer(&files->generation->conf, "tls.check_interval");
    bool is_soon = false;
    (void)fd;
    (void)what;
    if (files->generation->state != GENERATION_RUNNING)
        return; /* a newer one looks */
    for (size_t i = 0; i < files->count; i++)
        is_soon |= watch_look(files, i);
    watch_wait(files, is_soon && interval_ms > TLS_WATCH_SETTLE_MS ? TLS_WATCH_SETTLE_MS : interval_ms);
}

void tls_watch_start(struct generation *generation)
{
    struct tls_files *files = generation->tls;
    if (!files || files->count == 0 || files->look)
        return;
    files->look = evtimer_new(generation->master->base, watch_on_look, files);
    watch_wait(files, conf_integer(&generation->conf, "tls.check_interval"));
}

/* --- answers ------------------------------------------------------------------------------------------------------- */

static void watch_adopt(struct tls_files *files, size_t index, const struct master_slot *tried_by)
{
    const struct generation *generation = files->generation;
    struct tls_file_pair *pair = &files->pairs[index];
    struct log_line line;
    char day[16];
    tls_octets_wipe(&pair->octets);
    pair->octets = pair->candidate;
    pair->candidate = (struct tls_octets){.data = {NULL}};
    pair->tried_by = 0;
    pair->warned_s = 0;
    /* A frontend that is starting was sent the old one: it takes this one next. */
    for (size_t i = 0; i < generation->slots_count; i++) {
        struct master_slot *slot = generation->slots[i];
        if (slot != tried_by && slot->kind == ROOM_FRONTEND && slot->control)
            tls_files_send(index, &pair->octets, slot);
    }
    watch_format_day(day, pair->expires_s);
    log_begin(&line, RESTANTE_INFO, "certificate");
    log_add(&line, "setting", pair->setting[TLS_CERTIFICATE]);
    log_add(&line, "file", pair->path[TLS_CERTIFICATE]);
    log_add(&line, "expires", day);
    log_end(&line);
}

bool tls_watch_tried(struct master_slot *slot, const struct message_tls_pair_tried *answer)
{
    struct tls_files *files = slot->generation->tls;
    if (!files || answer->number == 0 || answer->number > files->count)
        return false;
    struct tls_file_pair *pair = &files->pairs[answer->number - 1];
    bool is_trial = pair->candidate.data[TLS_KEY] && pair->tried_by == slot->room_id;
    if (answer->is_taken && (is_trial || !pair->candidate.data[TLS_KEY])) {
        pair->starts_s = answer->starts_s;
        pair->expires_s = answer->expires_s;
    }
    if (is_trial && answer->is_taken) {
        watch_adopt(files, answer->number - 1, slot);
    } else if (is_trial) {
        log_warn("%s; the certificate in force is kept", answer->reason);
        tls_octets_wipe(&pair->candidate);
        pair->tried_by = 0;
    } else if (!answer->is_taken && slot->state == SLOT_READY) {
        log_error("%s; another frontend has taken it, this one keeps what it had", answer->reason);
    }
    watch_warn(pair);
    return true;
}
