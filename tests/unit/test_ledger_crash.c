/*
 * A ledger that is stopped at each call that changes something, as by a kill, a loss of power or an error of the disk,
 * while it appends and while it is made anew. Afterwards it must hold everything that was synced before, and of what
 * was being synced a beginning; everything when that was said to be done. It is never damaged by it, and can be
 * written again at once. A small model of its own says what that is.
 *
 * RESTANTE_CRASH_LAYOUTS and RESTANTE_CRASH_SEED in the environment: more of it, or that one again.
 */
#include "ledger_box.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kit_disk.h"
#include "util/log.h"

#define LAYOUTS 60
enum { UIDLS = 6, NAMES = 4, OPS_MAX = 48, TEXT_MAX = 40 };

/* --- the model -------------------------------------------------------------------------------------------------- */

enum op_kind { OP_SEEN = 0, OP_NOTE, OP_RETRIEVED, OP_HIDDEN, OP_SET_ASIDE, OP_REMOVED, OP_KINDS, OP_STORE };

struct op {
    enum op_kind kind;
    unsigned which; /* UIDL, or name in the store */
    int64_t when_s, until_s;
    char text[TEXT_MAX]; /* note, rule or value; "": none */
};

struct facts {
    int64_t seen_s, retrieved_s, hidden_s, set_aside_s, until_s;
    unsigned retrieved;
    char note[TEXT_MAX], hidden_rule[TEXT_MAX], set_aside_rule[TEXT_MAX];
};

struct model {
    struct facts facts[UIDLS];
    char values[NAMES][TEXT_MAX];
};

static void copy_text(char to[TEXT_MAX], const char *from)
{
    snprintf(to, TEXT_MAX, "%s", from ? from : "");
}

static void model_apply(struct model *model, const struct op *op)
{
    if (op->kind == OP_STORE) {
        copy_text(model->values[op->which], op->text);
        return;
    }
    struct facts *facts = &model->facts[op->which];
    if (op->kind == OP_SEEN) {
        facts->seen_s = op->when_s;
    } else if (op->kind == OP_NOTE) {
        copy_text(facts->note, op->text);
    } else if (op->kind == OP_RETRIEVED) {
        facts->retrieved_s = facts->retrieved ? facts->retrieved_s : op->when_s;
        facts->retrieved++;
    } else if (op->kind == OP_HIDDEN) {
        facts->hidden_s = op->when_s;
        copy_text(facts->hidden_rule, op->when_s ? op->text : "");
    } else if (op->kind == OP_SET_ASIDE) {
        facts->set_aside_s = op->when_s;
        facts->until_s = op->when_s ? op->until_s : 0;
        copy_text(facts->set_aside_rule, op->when_s ? op->text : "");
    } else {
        *facts = (struct facts){0};
    }
}

static void name_of(char to[24], unsigned which)
{
    snprintf(to, 24, "message-%u", which);
}

static void policy_of(char policy[24], char name[24], unsigned which)
{
    snprintf(policy, 24, "policy %u", which / 2);
    snprintf(name, 24, "name-%u", which % 2);
}

static void ledger_do(struct restante_ledger *ledger, const struct op *op)
{
    char uidl[24], policy[24], name[24];
    name_of(uidl, op->which);
    switch (op->kind) {
    case OP_SEEN:
        ledger_put_first_seen(ledger, uidl, op->when_s);
        break;
    case OP_NOTE:
        ledger_put_note(ledger, uidl, op->text);
        break;
    case OP_RETRIEVED:
        ledger_put_retrieved(ledger, uidl, op->when_s);
        break;
    case OP_HIDDEN:
        ledger_put_hidden(ledger, uidl, op->when_s, op->text);
        break;
    case OP_SET_ASIDE:
        ledger_put_set_aside(ledger, uidl, op->when_s, op->until_s, op->text);
        break;
    case OP_REMOVED:
        ledger_put_removed(ledger, uidl);
        break;
    case OP_STORE:
        policy_of(policy, name, op->which);
        assert_true(ledger_store_put(ledger, policy, name, op->text));
        break;
    case OP_KINDS:
        break;
    }
}

static void model_read(struct model *model, const struct restante_ledger *ledger)
{
    char uidl[24], policy[24], name[24];
    memset(model, 0, sizeof(*model));
    for (unsigned i = 0; i < UIDLS; i++) {
        name_of(uidl, i);
        const struct ledger_entry *entry = ledger_find(ledger, uidl);
        const struct ledger_marks *marks = ledger_marks(ledger, entry);
        struct facts *facts = &model->facts[i];
        facts->hidden_s = marks->hidden_s;
        facts->set_aside_s = marks->set_aside_s;
        facts->until_s = marks->set_aside_until_s;
        copy_text(facts->hidden_rule, marks->hidden_rule);
        copy_text(facts->set_aside_rule, marks->set_aside_rule);
        if (!entry)
            continue;
        facts->seen_s = entry->first_seen_s;
        facts->retrieved_s = entry->first_retrieved_s;
        facts->retrieved = entry->retrieved_count;
        copy_text(facts->note, entry->note);
    }
    for (unsigned i = 0; i < NAMES; i++) {
        policy_of(policy, name, i);
        copy_text(model->values[i], ledger_store_get(ledger, policy, name));
    }
}

static bool has_facts(const struct model *a, const struct model *b)
{
    for (unsigned i = 0; i < UIDLS; i++) {
        const struct facts *one = &a->facts[i], *other = &b->facts[i];
        if (one->seen_s != other->seen_s || one->retrieved_s != other->retrieved_s ||
            one->retrieved != other->retrieved || one->hidden_s != other->hidden_s ||
            one->set_aside_s != other->set_aside_s || one->until_s != other->until_s ||
            strcmp(one->note, other->note) != 0 || strcmp(one->hidden_rule, other->hidden_rule) != 0 ||
            strcmp(one->set_aside_rule, other->set_aside_rule) != 0)
            return false;
    }
    return true;
}

/* Are all values the old ones, or `may_be_new`: each the old or the new one? */
static bool has_values(const struct model *found, const struct model *old, const struct model *new, bool may_be_new)
{
    bool are_all_old = true, are_some_of_either = true;
    for (unsigned i = 0; i < NAMES; i++) {
        bool is_old = strcmp(found->values[i], old->values[i]) == 0;
        are_all_old = are_all_old && is_old;
        are_some_of_either = are_some_of_either && (is_old || strcmp(found->values[i], new->values[i]) == 0);
    }
    return may_be_new ? are_some_of_either : are_all_old;
}

/* --- a run ------------------------------------------------------------------------------------------------------ */

static unsigned chance_state, chance_seed;
static unsigned points, appended, compacted, whole, partly, none;

static unsigned chance(unsigned below)
{
    chance_state = chance_state * 1664525u + 1013904223u;
    return (chance_state >> 8) % below;
}

static void make_op(struct op *op, bool is_store)
{
    memset(op, 0, sizeof(*op));
    op->kind = is_store ? OP_STORE : (enum op_kind)chance(OP_KINDS);
    op->which = chance(is_store ? NAMES : UIDLS);
    op->when_s = 1 + chance(1000000);
    if ((op->kind == OP_HIDDEN || op->kind == OP_SET_ASIDE) && chance(3) == 0)
        op->when_s = 0;
    op->until_s = chance(2000000);
    if (chance(4))
        snprintf(op->text, sizeof(op->text), "text %u of %s", chance(100000), chance(2) ? "a" : "another one");
}

struct session {
    struct op ops[OPS_MAX]; /* those of the store behind all others, as they are written */
    unsigned count, stores;
};

static void make_session(struct session *session, unsigned least)
{
    session->count = least + chance(OPS_MAX - least);
    session->stores = chance(session->count + 1) / 2;
    for (unsigned i = 0; i < session->count; i++)
        make_op(&session->ops[i], i >= session->count - session->stores);
}

static enum restante_status sync_quietly(struct restante_ledger *ledger)
{
    struct restante_error error = {0};
    enum restante_status status;
    do
        status = ledger_sync(ledger, &error);
    while (status == RESTANTE_AGAIN);
    assert_true(status == RESTANTE_OK || error.log[0]);
    return status;
}

static enum restante_status run_session(struct restante_ledger *ledger, const struct session *session)
{
    for (unsigned i = 0; i < session->count; i++)
        ledger_do(ledger, &session->ops[i]);
    return sync_quietly(ledger);
}

/* Is what is found one of the states between `before` and the end of the session? */
static bool is_between(const struct model *found, const struct model *before, const struct session *session,
                       bool must_be_whole)
{
    struct model at = *before, end = *before;
    unsigned first_store = session->count - session->stores;
    for (unsigned i = 0; i < session->count; i++)
        model_apply(&end, &session->ops[i]);
    if (has_facts(found, &end) && has_values(found, &end, &end, false)) {
        whole++;
        return true;
    }
    if (must_be_whole)
        return false;
    for (unsigned i = 0; i <= first_store; i++) {
        if (has_facts(found, &at) && has_values(found, before, &end, i == first_store)) {
            *(i == 0 ? &none : &partly) += 1;
            return true;
        }
        model_apply(&at, &session->ops[i]);
    }
    return false;
}

struct layout {
    unsigned seed;
    char file[65536]; /* the ledger before the session that is stopped */
    size_t length;
    struct model model;
    struct session session;
};

static size_t count_lines(struct layout *layout)
{
    size_t lines = 0;
    if (ledger_box_count("ledger") == 0) /* nothing was changed yet */
        return 0;
    layout->length = ledger_box_read(layout->file, sizeof(layout->file));
    for (size_t i = 0; i < layout->length; i++)
        lines += layout->file[i] == '\n';
    return lines;
}

/* Sessions without disturbance: none, few, or so many that the next makes the file anew. */
static void make_layout(struct layout *layout, unsigned seed)
{
    memset(layout, 0, sizeof(*layout));
    layout->seed = seed;
    chance_state = seed * 1000003u;
    ledger_box_empty("");
    size_t wanted = seed % 4 == 0 ? 0 : seed % 4 == 1 ? 1 + chance(100) : 225, lines = 0;
    while (lines < wanted) {
        struct session session;
        struct restante_ledger *ledger = ledger_box_open(false);
        make_session(&session, 1);
        assert_int_equal(run_session(ledger, &session), RESTANTE_OK);
        for (unsigned j = 0; j < session.count; j++)
            model_apply(&layout->model, &session.ops[j]);
        ledger_close(&ledger);
        lines = count_lines(layout);
    }
    make_session(&layout->session, wanted == 225 ? 40 : 1);
}

static void check(const struct layout *layout, unsigned at, bool must_be_whole, const char *what)
{
    struct model found;
    struct restante_ledger *ledger = ledger_box_open(true);
    if (ledger_is_damaged(ledger))
        fail_msg("seed %u, call %u: %s: damaged", layout->seed, at, what);
    model_read(&found, ledger);
    ledger_close(&ledger);
    if (!is_between(&found, &layout->model, &layout->session, must_be_whole))
        fail_msg("seed %u, call %u: %s: not what was synced", layout->seed, at, what);
}

/* Nothing stands in the way of the next session, and its entry is there. */
static void check_next(const struct layout *layout, unsigned at)
{
    struct restante_ledger *ledger = ledger_box_open(false);
    struct model before, after;
    model_read(&before, ledger);
    ledger_put_first_seen(ledger, "the-next", 77);
    assert_int_equal(sync_quietly(ledger), RESTANTE_OK);
    ledger_close(&ledger);
    ledger = ledger_box_open(false);
    model_read(&after, ledger);
    const struct ledger_entry *next = ledger_find(ledger, "the-next");
    if (ledger_is_damaged(ledger) || !next || next->first_seen_s != 77 || !has_facts(&before, &after) ||
        !has_values(&after, &before, &before, false))
        fail_msg("seed %u, call %u: the next session", layout->seed, at);
    ledger_close(&ledger);
    assert_int_equal(ledger_box_count("ledger.damaged"), 0);
}

/* False: the session has fewer calls than `at`. */
static bool run(const struct layout *layout, enum kit_disk_fault fault, unsigned at, int errno_value)
{
    bool is_error = fault == KIT_DISK_ERROR || fault == KIT_DISK_ERRORS;
    ledger_box_empty("");
    if (layout->length > 0)
        ledger_box_write(layout->file, layout->length);
    kit_disk_arm(fault, at, errno_value, chance_seed * 7919 + layout->seed * 31 + at);
    struct restante_ledger *ledger = ledger_box_open(false);
    enum restante_status status = run_session(ledger, &layout->session);
    bool has_struck = kit_disk_has_struck();
    (void)unlinkat(ledger_box_fd, "no-such-file", 0); /* one more: it may also happen right behind */
    if (!is_error)
        ledger_close(&ledger);
    kit_disk_disarm();
    check(layout, at, status == RESTANTE_OK, "after it was stopped");
    if (is_error) {
        /* The program lives on, and tries again. */
        bool is_unsure = status != RESTANTE_OK;
        assert_true(is_unsure == ledger_is_changed(ledger));
        kit_disk_arm(KIT_DISK_SOUND, 0, 0, 0);
        assert_int_equal(sync_quietly(ledger), RESTANTE_OK);
        assert_true((kit_disk_disarm() > 0) == is_unsure);
        ledger_close(&ledger);
        check(layout, at, true, "after the second try");
    }
    points++;
    char file[65536];
    if (has_struck && layout->length > 0)
        *(ledger_box_read(file, sizeof(file)) < layout->length ? &compacted : &appended) += 1;
    check_next(layout, at);
    return has_struck;
}

static unsigned number_from(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);
    return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static void every_point(enum kit_disk_fault fault, int errno_value)
{
    static struct layout layout;
    unsigned first = number_from("RESTANTE_CRASH_SEED", 1), count = number_from("RESTANTE_CRASH_LAYOUTS", LAYOUTS);
    points = appended = compacted = whole = partly = none = 0;
    for (unsigned seed = first; seed < first + count; seed++) {
        make_layout(&layout, seed);
        for (unsigned at = 1; run(&layout, fault, at, errno_value); at++)
            ;
    }
    print_message("%u points; the file longer: %u, made anew: %u; whole: %u, a part: %u, nothing: %u\n", points, appended,
                  compacted, whole, partly, none);
    if (count == LAYOUTS) /* otherwise it has proved nothing */
        assert_true(points > 150 && appended > 20 && compacted > 10 && whole > 40 && none > 10);
    assert_true(partly > 0 || fault == KIT_DISK_ERROR || fault == KIT_DISK_ERRORS);
}

static void killed(void **state)
{
    (void)state;
    every_point(KIT_DISK_KILL, 0);
}

static void power_lost(void **state)
{
    (void)state;
    for (chance_seed = 0; chance_seed < 3; chance_seed++) /* for what is lost */
        every_point(KIT_DISK_POWER, 0);
}

static void one_call_fails(void **state)
{
    (void)state;
    every_point(KIT_DISK_ERROR, EIO);
}

static void disk_is_full(void **state)
{
    (void)state;
    every_point(KIT_DISK_ERRORS, ENOSPC);
}

#define CRASH_TEST(name) cmocka_unit_test_setup_teardown(name, ledger_box_make, ledger_box_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CRASH_TEST(killed),
        CRASH_TEST(power_lost),
        CRASH_TEST(one_call_fails),
        CRASH_TEST(disk_is_full),
    };
    kit_disk_lose_tails();
    log_set_level((enum restante_level)(RESTANTE_ERROR + 1));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
