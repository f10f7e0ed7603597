/*
 * retention.lua against a model of what it promises: random settings, maildrops and clocks, sessions one after another.
 * Two maildrops begin alike; one goes the script's way and the other the model's. Nothing may be removed, hidden or
 * marked in one that is not in the other.
 *
 * RESTANTE_CASES=n runs more cases than the default suite, RESTANTE_SEED=n others.
 */
#include "unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lua_world.h"
#include "retention_case.h"

enum { CASES = 3000, MUTANT_CASES = 20000 };

static char *script; /* retention.lua, perhaps with a mutation */
static char list[160];
static bool is_quiet; /* a difference is what is hoped for */

static bool differ(uint64_t seed, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool differ(uint64_t seed, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (!is_quiet)
        fail_msg("RESTANTE_SEED=%" PRIu64 " RESTANTE_CASES=1: %s", seed, text);
    return false;
}

/* --- who decides ---------------------------------------------------------------------------------------------------- */

/* What is asked about: all of the maildrop, or what the client sees of it. */
static struct view {
    const struct model_message *messages[CASE_MESSAGES];
    bool is_retrieved[CASE_MESSAGES], is_deleted[CASE_MESSAGES];
    size_t count;
} view;
static enum model_fate decided[CASE_MESSAGES];
static int64_t promised_s; /* EXPIRE of this user, in seconds */

static bool view_message(const struct restante_maildrop_facts *maildrop, size_t number,
                         struct restante_message_facts *facts)
{
    static char uidl[16];
    (void)maildrop;
    if (number == 0 || number > view.count)
        return false;
    const struct model_message *message = view.messages[number - 1];
    snprintf(uidl, sizeof(uidl), "%u", message->id);
    *facts = (struct restante_message_facts){
        .number = number, .uidl = uidl, .octets = message->octets, .delivered_s = message->delivered,
        .first_retrieved_s = message->first_retrieved, .hidden_since_s = message->hidden_since,
        .set_aside_until_s = message->set_aside_until, .is_retrieved = view.is_retrieved[number - 1],
        .is_deleted = view.is_deleted[number - 1]};
    return true;
}

/* No time that the script holds against a message may be over before EXPIRE's is. */
static void check_promise(size_t number, const struct restante_verdict *verdict)
{
    const struct model_message *message = view.messages[number - 1];
    bool is_by_time = strncmp(verdict->reason, "max_", 4) != 0;
    bool is_odd = message->first_retrieved != 0 && message->first_retrieved < message->delivered;
    if (verdict->decision == RESTANTE_EXPIRE && is_by_time && !is_odd &&
        world_session.now_s - message->delivered < promised_s && !is_quiet)
        fail_msg("removed before EXPIRE allows it: %s", verdict->reason);
}

static void take_decision(size_t number, const struct restante_verdict *verdict)
{
    decided[number - 1] = verdict->decision == RESTANTE_EXPIRE ? MODEL_EXPIRES
                          : verdict->decision == RESTANTE_HIDE ? MODEL_HIDDEN
                          : verdict->decision == RESTANTE_HOLD ? MODEL_HELD
                                                               : MODEL_STAYS;
    check_promise(number, verdict);
}

static bool ask_script(enum restante_event event, size_t number, int64_t now)
{
    world_maildrop.count = view.count;
    world_maildrop.octets = 0;
    for (size_t i = 0; i < view.count; i++)
        world_maildrop.octets += view.messages[i]->octets;
    world_session.now_s = now;
    memset(decided, 0, sizeof(decided));
    return world_judge(event, number) == RESTANTE_OK;
}

/* --- a session, as the core holds it -------------------------------------------------------------------------------- */

struct box {
    struct model_message messages[CASE_MESSAGES];
    size_t count;
    bool by_model;
    const struct model_settings *settings;
    unsigned user;
    /* of the last session, to be compared */
    enum model_fate at_open[CASE_MESSAGES];
    bool is_seen[CASE_MESSAGES], goes_at_quit[CASE_MESSAGES];
    int64_t until[CASE_MESSAGES];
};

struct plan {
    int64_t now, end;
    uint64_t client; /* what the client does follows from this and the message */
    unsigned retrieves, deletes;
    bool has_quit;
};

static bool client_does(const struct plan *plan, const struct model_message *message, unsigned what, unsigned percent)
{
    struct random random = {plan->client ^ (message->id * 8 + what + 1) * UINT64_C(0x9E3779B97F4A7C15)};
    random_below(&random, 2);
    return random_is(&random, percent);
}

static bool box_open(struct box *box, const struct plan *plan)
{
    memset(&view, 0, sizeof(view));
    for (size_t i = 0; i < box->count; i++)
        view.messages[view.count++] = &box->messages[i];
    if (box->by_model)
        model_open(box->settings, box->user, box->messages, box->count, plan->now, box->at_open);
    else if (!ask_script(RESTANTE_EVENT_OPEN, 0, plan->now))
        return false;
    else
        memcpy(box->at_open, decided, sizeof(decided));
    return true;
}

/* What the client sees, and does with it. A DELE that is not a plain one leaves its mark in *fate and *until. */
static bool box_use(struct box *box, const struct plan *plan, enum model_on_delete *fate)
{
    memset(&view, 0, sizeof(view));
    for (size_t i = 0; i < box->count; i++) {
        const struct model_message *message = &box->messages[i];
        box->is_seen[i] = box->at_open[i] != MODEL_EXPIRES && box->at_open[i] != MODEL_HIDDEN &&
                          message->hidden_since == 0 && message->set_aside_until == 0;
        if (box->is_seen[i])
            view.messages[view.count++] = message;
    }
    for (size_t number = 1; number <= view.count; number++) {
        const struct model_message *message = view.messages[number - 1];
        size_t i = (size_t)(message - box->messages);
        view.is_retrieved[number - 1] = client_does(plan, message, 0, plan->retrieves);
        if (!client_does(plan, message, 1, plan->deletes))
            continue;
        if (box->by_model)
            fate[i] = model_delete(box->settings, message, plan->now, &box->until[i]);
        else if (!ask_script(RESTANTE_EVENT_DELE, number, plan->now))
            return false;
        else
            fate[i] = world_verdict.decision == RESTANTE_HIDE        ? MODEL_HIDE
                      : world_verdict.decision == RESTANTE_SET_ASIDE ? MODEL_SET_ASIDE
                                                                     : MODEL_REMOVE;
        if (!box->by_model)
            box->until[i] = world_verdict.until_s;
        view.is_deleted[number - 1] = true;
    }
    return true;
}

static bool box_quit(struct box *box, const struct plan *plan)
{
    if (!box->by_model && !ask_script(RESTANTE_EVENT_QUIT, 0, plan->end))
        return false;
    for (size_t number = 1; number <= view.count; number++) {
        const struct model_message *message = view.messages[number - 1];
        bool is_retrieved = view.is_retrieved[number - 1], is_deleted = view.is_deleted[number - 1];
        box->goes_at_quit[message - box->messages] =
            box->by_model
                ? model_goes_at_quit(box->settings, box->user, message, is_retrieved, is_deleted, plan->end)
                : decided[number - 1] == MODEL_EXPIRES;
    }
    return true;
}

/* The marks that a QUIT leaves, and what it removes. */
static void box_update(struct box *box, const struct plan *plan, const enum model_on_delete *fate)
{
    for (size_t number = 1; number <= view.count; number++) {
        size_t i = (size_t)(view.messages[number - 1] - box->messages);
        struct model_message *message = &box->messages[i];
        bool is_held = box->at_open[i] == MODEL_HELD;
        if (view.is_retrieved[number - 1] && message->first_retrieved == 0)
            message->first_retrieved = plan->end;
        if (fate[i] == MODEL_HIDE)
            message->hidden_since = plan->end;
        else if (fate[i] == MODEL_SET_ASIDE)
            message->set_aside_until = box->until[i];
        else if (fate[i] == MODEL_REMOVE && is_held)
            message->set_aside_until = plan->end;
        else if (fate[i] == MODEL_REMOVE || (box->goes_at_quit[i] && !is_held))
            message->is_gone = true;
    }
}

/* False: the script failed. */
static bool box_session(struct box *box, const struct plan *plan)
{
    enum model_on_delete fate[CASE_MESSAGES] = {MODEL_UNSAID};
    memset(box->goes_at_quit, 0, sizeof(box->goes_at_quit));
    memset(box->until, 0, sizeof(box->until));
    if (!box_open(box, plan) || !box_use(box, plan, fate) || (plan->has_quit && !box_quit(box, plan)))
        return false;
    if (plan->has_quit)
        box_update(box, plan, fate);
    for (size_t i = 0; i < box->count; i++) {
        struct model_message *message = &box->messages[i];
        bool is_over = message->set_aside_until != 0 && message->set_aside_until <= plan->now;
        if (box->at_open[i] == MODEL_EXPIRES || (is_over && box->at_open[i] != MODEL_HELD))
            message->is_gone = true;
    }
    return true;
}

static bool boxes_compare(uint64_t seed, const struct box *script_box, const struct box *model_box)
{
    for (size_t i = 0; i < model_box->count; i++) {
        const struct model_message *by_script = &script_box->messages[i], *by_model = &model_box->messages[i];
        if (by_script->is_gone != by_model->is_gone)
            return differ(seed, "message %u is %s", by_model->id, by_model->is_gone ? "kept" : "removed");
        if (script_box->is_seen[i] != model_box->is_seen[i])
            return differ(seed, "message %u is %s", by_model->id, by_model->is_gone ? "hidden" : "shown");
        if (script_box->at_open[i] != model_box->at_open[i])
            return differ(seed, "message %u: %d at open, not %d", by_model->id, (int)script_box->at_open[i],
                          (int)model_box->at_open[i]);
        if (script_box->goes_at_quit[i] != model_box->goes_at_quit[i])
            return differ(seed, "message %u %s at quit", by_model->id, model_box->goes_at_quit[i] ? "stays" : "goes");
        if (by_script->hidden_since != by_model->hidden_since ||
            by_script->set_aside_until != by_model->set_aside_until)
            return differ(seed, "message %u: hidden since %" PRId64 ", set aside until %" PRId64 ", not %" PRId64
                          ", %" PRId64, by_model->id, by_script->hidden_since, by_script->set_aside_until,
                          by_model->hidden_since, by_model->set_aside_until);
    }
    return true;
}

static void box_sweep(struct box *box)
{
    size_t kept = 0;
    for (size_t i = 0; i < box->count; i++) {
        if (!box->messages[i].is_gone)
            box->messages[kept++] = box->messages[i];
    }
    box->count = kept;
}

/* --- a case --------------------------------------------------------------------------------------------------------- */

static void box_deliver(struct random *random, struct box *box, size_t count, int64_t now, bool is_old)
{
    static unsigned id;
    for (size_t i = 0; i < count && box->count < CASE_MESSAGES; i++) {
        struct model_message message = case_make_message(random, ++id % 100000, now);
        if (is_old)
            case_age_message(random, &message, now);
        box->messages[box->count++] = message;
    }
}

/* Mostly as a driver lists them: oldest first. */
static int box_compare(const void *a, const void *b)
{
    const struct model_message *left = a, *right = b;
    return left->delivered < right->delivered ? -1 : left->delivered > right->delivered;
}

static bool run_sessions(struct random *random, uint64_t seed, const struct case_settings *settings)
{
    struct box by_script = {.user = (unsigned)random_below(random, CASE_USERS)};
    int64_t now = WORLD_NOW_S / HOUR * HOUR;
    by_script.settings = case_settings_of(settings, by_script.user);
    world_session.user = case_users[by_script.user];
    world_session.domain = case_domains[by_script.user];
    box_deliver(random, &by_script, random_below(random, 15), now, true);
    if (random_is(random, 70))
        qsort(by_script.messages, by_script.count, sizeof(*by_script.messages), box_compare);
    struct box by_model = by_script;
    by_model.by_model = true;
    for (size_t sessions = 1 + random_below(random, 6); sessions > 0; sessions--) {
        struct plan plan = {.now = now, .end = now + (int64_t)random_below(random, 3) * HOUR,
                            .client = random_below(random, UINT64_C(1) << 40), .has_quit = random_is(random, 85),
                            .retrieves = (unsigned)random_below(random, 101),
                            .deletes = random_is(random, 50) ? 30 : 0};
        if (!box_session(&by_script, &plan))
            return differ(seed, "the script fails: %s", world_error.log);
        box_session(&by_model, &plan);
        if (!boxes_compare(seed, &by_script, &by_model))
            return false;
        box_sweep(&by_script);
        now = plan.end + (int64_t)random_below(random, 60) * HOUR;
        box_deliver(random, &by_script, random_below(random, 4), now, false);
        by_model.count = by_script.count;
        memcpy(by_model.messages, by_script.messages, sizeof(by_model.messages));
    }
    return true;
}

static bool check_announcements(uint64_t seed, const struct case_settings *settings)
{
    struct restante_announcement announced;
    bool differs = false;
    int64_t least = model_expire(&settings->sets[0], -1, &differs);
    for (size_t set = 1; set < settings->count; set++) {
        int64_t days = model_expire(&settings->sets[set], -1, &differs);
        differs |= days != least;
        least = least < 0 || (days >= 0 && days < least) ? days : least;
    }
    if (world_terms.announcement.expire_days != (least < 0 ? RESTANTE_EXPIRE_NEVER : (int32_t)least) ||
        world_terms.announcement.expire_differs != differs)
        return differ(seed, "EXPIRE %d%s before login, not %d%s", (int)world_terms.announcement.expire_days,
                      world_terms.announcement.expire_differs ? " USER" : "", (int)least, differs ? " USER" : "");
    for (unsigned user = 0; user < CASE_USERS; user++) {
        int64_t days = model_expire(case_settings_of(settings, user), (int)user, &differs);
        world_session.user = case_users[user];
        world_session.domain = case_domains[user];
        if (world_announce(&announced) != RESTANTE_OK)
            return differ(seed, "announce fails: %s", world_error.log);
        if (announced.expire_days != (days < 0 ? RESTANTE_EXPIRE_NEVER : (int32_t)days) || announced.expire_differs)
            return differ(seed, "EXPIRE %d for %s, not %d", (int)announced.expire_days, case_users[user], (int)days);
    }
    return true;
}

/* False: the script and the model do not agree. */
static bool run_case(uint64_t seed)
{
    struct random random = {seed * UINT64_C(0x9E3779B97F4A7C15) + 1};
    struct case_settings settings;
    struct restante_announcement announced;
    bool is_contradiction = false;
    random_below(&random, 2);
    world_forget_settings();
    case_make_settings(&random, list, &settings);
    for (size_t set = 0; set < settings.count; set++)
        is_contradiction |= model_is_contradiction(&settings.sets[set]);
    enum restante_status status = world_start(script);
    if (status != RESTANTE_OK && (!is_contradiction || status != RESTANTE_INVALID))
        return differ(seed, "refused: %s", world_error.log);
    if (is_contradiction)
        return status == RESTANTE_OK ? differ(seed, "a contradiction is not refused") : true;
    if (!check_announcements(seed, &settings))
        return false;
    world_announce(&announced);
    promised_s = 0;
    world_maildrop.message = view_message;
    world_on_decision = take_decision;
    for (int i = 0; i < 3; i++) {
        if (!run_sessions(&random, seed, &settings))
            return false;
    }
    return true;
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void the_script_keeps_and_removes_what_the_page_says(void **state)
{
    uint64_t first = number_from("RESTANTE_SEED", 1), cases = number_from("RESTANTE_CASES", CASES);
    (void)state;
    for (uint64_t seed = first; seed < first + cases; seed++)
        assert_true(run_case(seed));
}

/* --- mutants --------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *text, *instead;
} mutations[] = {
    {"delivered + keep <= now", "delivered + keep < now"},
    {"fetched_at + after_download <= now", "fetched_at + after_download < now"},
    {"delivered <= now and delivered or nil", "delivered"},
    {"delivered + s.keep_at_least <= now", "delivered + s.keep_at_least < now"},
    {"and not message.set_aside_until --", "--"},
    {"message.first_retrieved or message.retrieved)", "message.first_retrieved)"},
    {"not s.only_if_downloaded or", "true or"},
    {"if not is_sorted then", "if false then"},
    {"or number == newest % span", ""},
    {"if not message.set_aside_until and (not answer", "if (not answer"},
    {"answer.decision ~= \"expire\"", "true"},
    {"and not (answer and answer.decision == \"hold\")", ""},
    {"count, octets = count - 1, octets - maildrop.messages[number].octets", "count = count - 1"},
    {"count, octets, newest = count + 1, octets + message.octets", "count, octets, newest = count + 1, octets"},
    {"local key = (delivered or 0)", "local key = (delivered or now)"},
    {"if count <= max_messages and octets <= max_octets or", "if count < max_messages and octets <= max_octets or"},
    {"and octets <= max_octets or", "and octets < max_octets or"},
    {"maildrop.count > (s.max_messages", "maildrop.count > 1 + (s.max_messages"},
    {"maildrop.octets > (s.max_octets", "maildrop.octets > 900 + (s.max_octets"},
    {"delivered >= s.hold_from", "delivered > s.hold_from"},
    {"delivered < s.hold_before", "delivered <= s.hold_before"},
    {"return not delivered\n    or", "return delivered\n    and"},
    {"delivered < s.show_after", "delivered <= s.show_after"},
    {"if s.after_download ~= 0 then", "if not s.after_download then"},
    {"and not message.deleted then", "then"},
    {"and not (is_held and holds_time(s, delivered)) then", "then"},
    {"message.first_retrieved or message.retrieved and now", "message.first_retrieved"},
    {"fetched_at <= now and", ""},
    {"s.keep_at_least - message.age", "s.keep_at_least"},
    {"s.undelete_for >= young_for", "s.undelete_for"},
    {"not s.on_delete and s.undelete_for", "false"},
    {"elseif young_for > 0", "elseif young_for >= 0"},
    {"return restante.hide(\"on_delete", "return nil and (\"on_delete"},
    {"math.max(least, s.keep_at_least)", "least"},
    {"math.min(s.keep or", "math.max(s.keep or"},
    {"or session and holds_all and holds_user(s, session.user)", ""},
    {"not s.hold_from and not s.hold_before", "true"},
    {"expire_differs = not session and holds_all", "expire_differs = false"},
    {"s.keep < s.keep_at_least", "s.keep <= s.keep_at_least"},
    {"s.after_download > s.keep", "s.after_download >= s.keep"},
    {"s.on_delete == \"set aside\" and not s.undelete_for", "false"},
    {"s.on_delete ~= \"set aside\" and s.undelete_for", "false"},
    {"(s.hold_from or s.hold_before) and not s.hold", "s.hold_from and not s.hold"},
    {"s.hold_before <= s.hold_from", "s.hold_before < s.hold_from"},
};

static char *read_script(void)
{
    FILE *file = fopen(LUA_SOURCE_FOLDER "/lua/policies/retention.lua", "re");
    char *text = calloc(1, 32768);
    assert_non_null(file);
    assert_true(fread(text, 1, 32767, file) < 32767);
    fclose(file);
    return text;
}

/* The one place of the original becomes another text. */
static char *mutate(const char *original, const char *text, const char *instead)
{
    char *mutant;
    const char *at = strstr(original, text);
    if (!at || strstr(at + 1, text))
        fail_msg("\"%s\" is not once in the script", text);
    assert_true(asprintf(&mutant, "%.*s%s%s", (int)(at - original), original, instead, at + strlen(text)) > 0);
    return mutant;
}

static void every_mutation_is_noticed(void **state)
{
    char *original = script;
    (void)state;
    is_quiet = true;
    for (size_t i = 0; i < sizeof(mutations) / sizeof(mutations[0]); i++) {
        uint64_t seed = 1;
        script = mutate(original, mutations[i].text, mutations[i].instead);
        while (seed <= MUTANT_CASES && run_case(seed))
            seed++;
        if (seed > MUTANT_CASES)
            fail_msg("\"%s\" instead of \"%s\" makes no difference", mutations[i].instead, mutations[i].text);
        free(script);
        script = original;
    }
    is_quiet = false;
}

/* --- large maildrops ------------------------------------------------------------------------------------------------- */

enum { LARGE = 100000 };
static bool is_mixed;

static bool large_message(const struct restante_maildrop_facts *maildrop, size_t number,
                          struct restante_message_facts *facts)
{
    (void)maildrop;
    int64_t place = is_mixed ? (int64_t)(number * 7919 % LARGE) : (int64_t)number;
    *facts = (struct restante_message_facts){.number = number, .uidl = "x", .octets = 1000,
                                             .delivered_s = WORLD_NOW_S - (LARGE - place) * 60,
                                             .first_retrieved_s = number % 2 ? WORLD_NOW_S - HOUR : 0};
    return true;
}

static size_t open_large(const char *key, const char *text, int64_t integer)
{
    world_forget_settings();
    world_give_text("after_download", "7d");
    text ? world_give_text(key, text) : world_give_integer(key, integer);
    world_start_good(script);
    world_maildrop = (struct restante_maildrop_facts){.count = LARGE, .octets = LARGE * 1000ul, .message = large_message};
    world_on_decision = NULL;
    world_session.now_s = WORLD_NOW_S;
    if (world_judge(RESTANTE_EVENT_OPEN, 0) != RESTANTE_OK)
        fail_msg("%s: %s", key, world_error.log);
    return world_decisions;
}

/* Within the limits on instructions and memory that a policy has unless it is given others. */
static void a_large_maildrop_is_within_the_limits(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        is_mixed = i == 1;
        assert_int_equal(open_large("keep", "60d", 0), LARGE - 60 * 24 * 60 + (is_mixed ? 1 : 0));
        assert_int_equal(open_large("max_messages", NULL, 60000), LARGE - 60000);
        assert_int_equal(open_large("max_octets", "50M", 0), LARGE - (50 << 20) / 1000);
        assert_int_equal(open_large("show_after", "2023-11-01", 0), LARGE - 20174 + (is_mixed ? 1 : 0));
    }
}

static int set_up(void **state)
{
    setenv("TZ", CASE_TIME_ZONE, 1);
    script = read_script();
    is_quiet = false;
    int status = world_begin(state);
    snprintf(list, sizeof(list), "%s", world_file("interns", "# two\nBob@example.org\ndave\n"));
    return status;
}

static int tear_down(void **state)
{
    free(script);
    return world_end(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_script_keeps_and_removes_what_the_page_says),
        TEST(every_mutation_is_noticed),
        TEST(a_large_maildrop_is_within_the_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
