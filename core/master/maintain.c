#include "master/maintain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "master/clock_watch.h"
#include "master/generation.h"
#include "master/maintain_users.h"
#include "master/slot.h"
#include "master/supervise_end.h"
#include "util/alloc.h"
#include "util/buf.h"
#include "util/log.h"
#include "util/str.h"

enum {
    MAINTAIN_AT_ONCE_MAX = 8, /* workers; no more than processor cores */
    MAINTAIN_AHEAD = 4,       /* outcomes that wait to be told, for each of them */
    MAINTAIN_LIST_TRIES = 3,  /* where the list of users changes while it is read */
};

enum item_state { ITEM_LOOKUP = 0, ITEM_RUNNING, ITEM_OVER };

/* One user. */
struct maintain_item {
    struct maintain_item *next;
    uint64_t id; /* of lookup and task */
    char *user;
    enum item_state state;
    uint32_t entry; /* of `auth`, from 1: which is asked */
    bool is_nobodys; /* none of ours to tell of */
    bool has_more;   /* its worker waits for a word to go on */
    struct buf rows; /* not told yet */
    struct message_task_done done;
};

struct maintain {
    struct master *master;
    const struct maintain_plan *plan;
    struct maintain_users users;
    size_t next_user;           /* the first without an item */
    struct maintain_item *head; /* in the order of the users */
    size_t items, at_once, busy;
    uint64_t last_id;
    uint32_t listing; /* the auth entry that lists now; 0: none */
    unsigned tries;
    size_t told;
    bool is_listed, is_finished;
    bool has_failed; /* and has said why */
};

static void maintain_advance(struct maintain *maintain);

static void maintain_stop(struct maintain *maintain)
{
    if (!maintain->master->is_stopping)
        supervise_stop(maintain->master);
}

static void maintain_fail(struct maintain *maintain, const char *why)
{
    if (!maintain->has_failed && !maintain->master->is_stopping) {
        fprintf(stderr, "restante: %s\n", why);
        maintain->has_failed = true;
    }
    maintain_stop(maintain);
}

/* --- rooms ----------------------------------------------------------------------------------------------------- */

static struct master_slot *maintain_room(const struct maintain *maintain, enum room_kind kind, uint32_t entry)
{
    const struct generation *generation = maintain->master->starting;
    for (size_t i = 0; i < generation->slots_count; i++) {
        if (generation->slots[i]->kind == kind && generation->slots[i]->entry == entry)
            return generation->slots[i];
    }
    return NULL;
}

static void maintain_send(const struct maintain *maintain, enum room_kind kind, uint32_t entry,
                          const struct frame_out *frame)
{
    struct master_slot *slot = maintain_room(maintain, kind, entry);
    if (slot && slot->control) /* one that has ended is noticed when it is reaped */
        channel_send(slot->control, frame, -1);
}

static size_t maintain_entries(const struct maintain *maintain)
{
    return conf_list_count(&maintain->master->starting->conf, "auth");
}

/* --- which users ----------------------------------------------------------------------------------------------- */

static void maintain_ask_list(const struct maintain *maintain, uint64_t cursor)
{
    struct frame_out frame = {0};
    struct message_list list = {.cursor = cursor};
    message_put_list(&frame, &list);
    maintain_send(maintain, ROOM_AUTH_WORKER, maintain->listing, &frame);
    frame_free(&frame);
}

static void maintain_list_ended(struct maintain *maintain)
{
    maintain->tries = 0;
    if (maintain->listing < maintain_entries(maintain)) {
        maintain->listing++;
        maintain_ask_list(maintain, 0);
        return;
    }
    maintain->listing = 0;
    maintain_users_sort(&maintain->users);
    maintain->is_listed = true;
    if (maintain->plan->output->begin)
        maintain->plan->output->begin(maintain->plan->context, maintain->users.count);
    maintain_advance(maintain);
}

static bool maintain_listed(struct maintain *maintain, const struct master_slot *slot, struct frame_in *frame)
{
    static struct message_listed listed;
    if (!message_get_listed(frame, &listed) || slot->kind != ROOM_AUTH_WORKER || slot->entry != maintain->listing)
        return false;
    if (listed.status == RESTANTE_TEMPORARY && ++maintain->tries < MAINTAIN_LIST_TRIES)
        maintain_ask_list(maintain, 0);
    else if (listed.status != RESTANTE_OK && listed.status != RESTANTE_END)
        maintain_fail(maintain, listed.log);
    else if (!maintain_users_add_all(&maintain->users, listed.users, listed.users_length) ||
             (listed.status == RESTANTE_OK && listed.users_length == 0))
        maintain_fail(maintain, "the list of users has no end");
    else if (listed.status == RESTANTE_OK)
        maintain_ask_list(maintain, listed.cursor);
    else
        maintain_list_ended(maintain);
    return true;
}

/* --- one user -------------------------------------------------------------------------------------------------- */

static void maintain_look_up(const struct maintain *maintain, const struct maintain_item *item)
{
    struct frame_out frame = {0};
    struct message_lookup lookup = {.request_id = item->id};
    str_copy(lookup.user, sizeof(lookup.user), item->user);
    message_put_lookup(&frame, &lookup);
    maintain_send(maintain, ROOM_AUTH_WORKER, item->entry, &frame);
    frame_free(&frame);
}

static void maintain_add_item(struct maintain *maintain)
{
    struct maintain_item **place = &maintain->head;
    struct maintain_item *item = alloc_zeroed(sizeof(*item));
    while (*place)
        place = &(*place)->next;
    *place = item;
    item->id = ++maintain->last_id;
    item->user = alloc_string(maintain->users.names[maintain->next_user++]);
    item->entry = 1;
    maintain->items++;
    maintain->busy++;
    maintain_look_up(maintain, item);
}

static void maintain_item_over(struct maintain *maintain, struct maintain_item *item)
{
    item->state = ITEM_OVER;
    maintain->busy--;
}

static void maintain_item_failed(struct maintain *maintain, struct maintain_item *item, uint8_t status, const char *why)
{
    item->done = (struct message_task_done){.task_id = item->id, .status = status};
    str_copy(item->done.note, sizeof(item->done.note), why);
    maintain_item_over(maintain, item);
}

/*
 * Of a list: those whose mail is served to nobody, such as the system's own accounts, are passed over. And an ordinary
 * user does what is theirs: the rest is none of their business.
 */
static bool maintain_is_nobodys(const struct maintain *maintain, const struct message_found *found)
{
    const struct restante_account *account = &found->account;
    if (maintain->plan->user)
        return false;
    if (found->status == RESTANTE_END || found->status == RESTANTE_DENIED)
        return true;
    return found->status == RESTANTE_OK && !maintain->master->is_root && account->has_ids && account->uid != geteuid();
}

static void maintain_give_task(struct maintain *maintain, struct maintain_item *item,
                               const struct restante_account *account)
{
    struct frame_out frame = {0};
    struct message_task task = {.task_id = item->id, .account = *account, .order = maintain->plan->order};
    item->state = ITEM_RUNNING;
    free(item->user);
    item->user = alloc_string(account->user);
    message_put_task(&frame, &task);
    maintain_send(maintain, ROOM_NURSERY, 0, &frame);
    frame_free(&frame);
}

static struct maintain_item *maintain_find(const struct maintain *maintain, uint64_t id, enum item_state state)
{
    struct maintain_item *item = maintain->head;
    while (item && (item->id != id || item->state != state))
        item = item->next;
    return item;
}

/* As at a login the entries are asked in their order; one that cannot say is no reason to believe the next. */
static bool maintain_found(struct maintain *maintain, const struct master_slot *slot, struct frame_in *frame)
{
    static struct message_found found;
    if (!message_get_found(frame, &found) || slot->kind != ROOM_AUTH_WORKER)
        return false;
    struct maintain_item *item = maintain_find(maintain, found.request_id, ITEM_LOOKUP);
    if (!item || item->entry != slot->entry)
        return false;
    if (found.status == RESTANTE_DENIED && item->entry < maintain_entries(maintain)) {
        item->entry++;
        maintain_look_up(maintain, item);
    } else if (maintain_is_nobodys(maintain, &found)) {
        item->is_nobodys = true;
        maintain_item_over(maintain, item);
    } else if (found.status == RESTANTE_OK) {
        maintain_give_task(maintain, item, &found.account);
    } else {
        /* To whoever hears of it RESTANTE_END means that everything ends. */
        maintain_item_failed(maintain, item, found.status == RESTANTE_END ? RESTANTE_PERMANENT : found.status, found.log);
    }
    maintain_advance(maintain);
    return true;
}

/* --- what comes back ------------------------------------------------------------------------------------------- */

static void maintain_go_on(const struct maintain *maintain, struct maintain_item *item)
{
    struct frame_out frame = {0};
    item->has_more = false;
    message_put_task_next(&frame, item->id);
    maintain_send(maintain, ROOM_NURSERY, 0, &frame);
    frame_free(&frame);
}

/* One part of the rows is kept of each that is not the first; more comes when it is asked for. */
static bool maintain_rows(struct maintain *maintain, struct frame_in *frame)
{
    static struct message_task_rows rows;
    if (!message_get_task_rows(frame, &rows))
        return false;
    struct maintain_item *item = maintain_find(maintain, rows.task_id, ITEM_RUNNING);
    if (!item || item->has_more)
        return false;
    buf_append(&item->rows, rows.cells, rows.length);
    item->has_more = true;
    maintain_advance(maintain);
    return true;
}

static bool maintain_done(struct maintain *maintain, struct frame_in *frame)
{
    static struct message_task_done done;
    if (!message_get_task_done(frame, &done))
        return false;
    struct maintain_item *item = maintain_find(maintain, done.task_id, ITEM_RUNNING);
    if (!item)
        return false;
    item->done = done;
    maintain_item_over(maintain, item);
    maintain_advance(maintain);
    return true;
}

static void maintain_tell_rows(const struct maintain *maintain, struct maintain_item *item)
{
    if (buf_length(&item->rows) > 0)
        maintain->plan->output->rows(maintain->plan->context, item->user, buf_head(&item->rows),
                                     buf_length(&item->rows));
    buf_clear(&item->rows);
}

static void maintain_tell_first(struct maintain *maintain)
{
    struct maintain_item *item = maintain->head;
    bool is_told = !item->is_nobodys && item->done.status != RESTANTE_END;
    maintain_tell_rows(maintain, item);
    if (is_told)
        maintain->plan->output->done(maintain->plan->context, item->user, &item->done);
    if (item->done.status != RESTANTE_END)
        maintain->told++;
    maintain->head = item->next;
    maintain->items--;
    buf_free(&item->rows);
    free(item->user);
    free(item);
}

static void maintain_advance(struct maintain *maintain)
{
    while (maintain->head && maintain->head->state == ITEM_OVER)
        maintain_tell_first(maintain);
    if (maintain->head && maintain->head->has_more) {
        maintain_tell_rows(maintain, maintain->head);
        maintain_go_on(maintain, maintain->head);
    }
    if (ferror(stdout))
        maintain_fail(maintain, "what was to be told cannot be written");
    while (!maintain->master->is_stopping && maintain->is_listed && maintain->next_user < maintain->users.count &&
           maintain->busy < maintain->at_once && maintain->items < MAINTAIN_AHEAD * maintain->at_once)
        maintain_add_item(maintain);
    if (maintain->is_listed && !maintain->head && maintain->next_user == maintain->users.count) {
        maintain->is_finished = true;
        maintain_stop(maintain);
    }
}

/* --- the run --------------------------------------------------------------------------------------------------- */

static void maintain_begin(struct master *master)
{
    struct maintain *maintain = master->maintenance_context;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (maintain_entries(maintain) == 0) {
        maintain_fail(maintain, "auth: there is no entry, so nobody has an account");
        return;
    }
    maintain->at_once = cores < 1                      ? 1
                        : cores > MAINTAIN_AT_ONCE_MAX ? MAINTAIN_AT_ONCE_MAX
                                                       : (size_t)cores;
    if (maintain->plan->user) {
        maintain_users_add(&maintain->users, maintain->plan->user);
        maintain->listing = (uint32_t)maintain_entries(maintain);
        maintain_list_ended(maintain);
    } else {
        maintain->listing = 1;
        maintain_ask_list(maintain, 0);
    }
}

static bool maintain_frame(struct master_slot *slot, struct frame_in *frame)
{
    struct maintain *maintain = slot->generation->master->maintenance_context;
    switch (frame->type) {
    case FRAME_LISTED:
        return maintain_listed(maintain, slot, frame);
    case FRAME_FOUND:
        return maintain_found(maintain, slot, frame);
    case FRAME_TASK_ROWS:
        return maintain_rows(maintain, frame);
    default:
        return maintain_done(maintain, frame);
    }
}

static void maintain_lost(struct master_slot *slot, const char *end)
{
    maintain_fail(slot->generation->master->maintenance_context, end);
}

/* What has come to its end behind others that have not. */
static void maintain_tell_rest(struct maintain *maintain)
{
    while (maintain->head) {
        if (maintain->head->state != ITEM_OVER)
            maintain->head->done.status = RESTANTE_END;
        maintain_tell_first(maintain);
    }
}

static int maintain_end(struct maintain *maintain, int status)
{
    const struct faults *faults = &maintain->master->starting->faults;
    size_t users = maintain->users.count;
    for (size_t i = 0; i < faults->count; i++)
        fprintf(stderr, "restante: %s\n", faults->sentences[i]);
    if (faults->count > 0 || status != MASTER_EXIT_OK)
        return status != MASTER_EXIT_OK ? status : MASTER_EXIT_CONFIG;
    maintain_tell_rest(maintain);
    if (maintain->is_finished && !maintain->has_failed)
        return MASTER_EXIT_OK;
    if (maintain->told < users)
        fprintf(stderr, "restante: %s: %zu of %zu maildrops were not looked at, or only in part\n",
                maintain->has_failed ? "given up" : "interrupted", users - maintain->told, users);
    else if (!maintain->has_failed)
        fputs("restante: interrupted\n", stderr);
    return MASTER_EXIT_FAILURE;
}

/* Before any room is started: they are told. */
static bool maintain_look_at_clock(struct maintain *maintain)
{
    struct restante_error error = {0};
    struct master *master = maintain->master;
    if (maintain->plan->clock == MAINTAIN_CLOCK_NONE)
        return true;
    if (maintain->plan->clock != MAINTAIN_CLOCK_APPROVE)
        clock_watch_look(master, &master->starting->conf);
    else
        master->clock_guard.jump_s = conf_integer(&master->starting->conf, "clock_jump") / 1000;
    if (maintain->plan->clock == MAINTAIN_CLOCK_APPROVE && clock_watch_approve(master, &error) != RESTANTE_OK)
        faults_add(&master->starting->faults, "%s", error.log);
    return master->starting->faults.count == 0;
}

int maintain_run(const struct maintain_plan *plan)
{
    static const struct master_maintenance hooks = {
        .begin = maintain_begin, .frame = maintain_frame, .lost = maintain_lost};
    static struct master master;
    struct maintain maintain = {.master = &master, .plan = plan};
    int status = MASTER_EXIT_OK;
    log_set_level(RESTANTE_WARN);
    master_open(&master, plan->file, ROOM_MAINTAIN);
    master.maintenance = &hooks;
    master.maintenance_context = &maintain;
    if (master.starting->faults.count == 0 && maintain_look_at_clock(&maintain))
        status = master_run(&master);
    if (status == MASTER_EXIT_OK && plan->clock >= MAINTAIN_CLOCK_KEEP && !maintain.has_failed)
        clock_watch_touch(&master);
    status = maintain_end(&maintain, status);
    maintain_users_free(&maintain.users);
    master_close(&master);
    return status;
}
