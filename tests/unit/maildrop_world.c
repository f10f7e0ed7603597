/*
 * tests/unit/maildrop_world.c - see maildrop_world.h.
 */
#include "maildrop_world.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/error.h"
#include "util/str.h"

struct world world;

static const char world_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
static char world_names[FAKE_MESSAGES_MAX][2], world_bodies[FAKE_MESSAGES_MAX][64];

/* --- policies -------------------------------------------------------------------------------------------------- */

static bool world_is_one_of(const char *letters, const char *uidl)
{
    return letters && strchr(letters, uidl[0]);
}

static void world_decide(const struct restante_facts *facts, size_t number, enum restante_decision decision,
                         unsigned line)
{
    struct restante_verdict verdict = {.decision = decision};
    snprintf(verdict.rule, sizeof(verdict.rule), "line %u", line);
    snprintf(verdict.reason, sizeof(verdict.reason), "reason %u", line);
    assert_true(facts->decide(facts, number, &verdict));
}

static void world_judge_message(const struct world_policy *policy, const struct restante_facts *facts,
                                const struct restante_message_facts *message, unsigned line)
{
    if (facts->event == RESTANTE_EVENT_QUIT) {
        if (world_is_one_of(policy->expires_at_quit, message->uidl) ||
            (policy->expires_retrieved && message->is_retrieved))
            world_decide(facts, message->number, RESTANTE_EXPIRE, line);
        return;
    }
    if (world_is_one_of(policy->hides, message->uidl))
        world_decide(facts, message->number, RESTANTE_HIDE, line);
    if (policy->expires_everything || world_is_one_of(policy->expires, message->uidl))
        world_decide(facts, message->number, RESTANTE_EXPIRE, line);
    if (world_is_one_of(policy->holds, message->uidl))
        world_decide(facts, message->number, RESTANTE_HOLD, line);
}

static enum restante_status world_judge(void *context, const struct restante_facts *facts,
                                        struct restante_verdict *verdict, struct restante_error *error)
{
    struct world_policy *policy = context;
    unsigned line = (unsigned)(policy - world.policies) + 1;
    bool is_open = facts->event == RESTANTE_EVENT_OPEN;
    policy->asked++;
    for (size_t number = 1; number <= facts->maildrop->count; number++) {
        struct restante_message_facts message;
        assert_true(facts->maildrop->message(facts->maildrop, number, &message));
        world_judge_message(policy, facts, &message, line);
    }
    void (*look)(const struct restante_facts *) = is_open ? policy->at_open : policy->at_quit;
    if (look)
        look(facts);
    if (is_open ? policy->fails_open : policy->fails_quit)
        return error_set(error, RESTANTE_TEMPORARY, 0, NULL, "line %u: out of luck", line);
    if (is_open)
        verdict->decision = policy->answer;
    return RESTANTE_OK;
}

static void world_stop(void **policy)
{
    *policy = NULL;
}

static const struct restante_policy world_operations = {.judge = world_judge, .stop = world_stop};

void world_want(uint32_t wanted)
{
    static const char *const names[WORLD_POLICIES] = {"first", "second"};
    policy_stack_close(&world.stack);
    for (size_t i = 0; i < WORLD_POLICIES; i++) {
        struct policy_entry entry = {.operations = &world_operations,
                                     .policy = &world.policies[i],
                                     .terms = {.wanted = wanted, .on_error = RESTANTE_ON_ERROR_ALLOW}};
        str_copy(entry.terms.name, sizeof(entry.terms.name), names[i]);
        assert_true(policy_stack_add(&world.stack, &entry));
    }
}

/* --- messages -------------------------------------------------------------------------------------------------- */

void world_add_messages(size_t count)
{
    for (; count > 0; count--) {
        size_t i = world.storage->count;
        world_names[i][0] = world_letters[i];
        snprintf(world_bodies[i], sizeof(world_bodies[i]), "Message-ID: <%c@test>\n\nx\n", world_letters[i]);
        fake_storage_add(world.storage, world_names[i], world_bodies[i], 1)->delivered_s = WORLD_NOW - 86400;
    }
}

int world_setup(void **state)
{
    (void)state;
    world = (struct world){.is_forced = false};
    snprintf(world.directory, sizeof(world.directory), "/tmp/test_maildrop.XXXXXX");
    assert_non_null(mkdtemp(world.directory));
    world.storage = mmap(NULL, sizeof(*world.storage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(world.storage, MAP_FAILED);
    world.rules = (struct maildrop_rules){
        .policies = &world.stack, .brake = {.percent = 100}, .journal_keep_s = 86400 * 365};
    clock_guard_begin(&world.rules.clock_guard, CLOCK_GUARD_NEVER, clock_now_s(), 86400);
    world.session = (struct restante_session_facts){.session_id = "s1", .user = "alice", .local = "alice",
                                                    .domain = "", .peer = "192.0.2.7", .mechanism = "USER",
                                                    .now_s = WORLD_NOW, .login_s = WORLD_NOW};
    world_add_messages(4);
    return 0;
}

int world_teardown(void **state)
{
    (void)state;
    if (world.maildrop)
        world_close();
    policy_stack_close(&world.stack);
    munmap(world.storage, sizeof(*world.storage));
    DIR *folder = opendir(world.directory);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));)
        if (entry->d_name[0] != '.')
            assert_int_equal(unlinkat(dirfd(folder), entry->d_name, 0), 0);
    closedir(folder);
    return rmdir(world.directory);
}

struct fake_message *world_message(const char *uidl)
{
    for (size_t i = 0; i < world.storage->count; i++)
        if (strcmp(world.storage->messages[i].uidl, uidl) == 0)
            return &world.storage->messages[i];
    fail_msg("no message %s", uidl);
    return NULL;
}

/* --- sessions -------------------------------------------------------------------------------------------------- */

int world_state(void)
{
    int fd = open(world.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static enum restante_status world_all(enum restante_status (*step)(void))
{
    enum restante_status status;
    world.steps = 0;
    do {
        status = step();
        world.steps++;
    } while (status == RESTANTE_AGAIN);
    return status;
}

static enum restante_status world_remember_step(void)
{
    return maildrop_remember(world.maildrop, &world.error);
}

static enum restante_status world_list_step(void)
{
    return maildrop_list(world.maildrop, &world.error);
}

static enum restante_status world_decide_step(void)
{
    return maildrop_decide(world.maildrop, &world.session, &world.answer, &world.error);
}

void world_login(void)
{
    struct maildrop_request request = {
        .storage = &fake_storage_operations,
        .driver = world.storage,
        .driver_name = "fake",
        .path = "/mail/alice",
        .user = "alice",
        .state_fd = world_state(),
        .rules = &world.rules,
        .is_forced = world.is_forced,
        .is_read_only = world.is_read_only,
    };
    memset(world.fates, 0, sizeof(world.fates));
    memset(world.retrieved, 0, sizeof(world.retrieved));
    world.answer = (struct policy_answer){0};
    world.error = (struct restante_error){0};
    world.maildrop = maildrop_open(&request);
    assert_int_equal(maildrop_lock(world.maildrop, &world.error), RESTANTE_OK);
    assert_int_equal(world_all(world_remember_step), RESTANTE_OK);
    assert_int_equal(world_all(world_list_step), RESTANTE_OK);
    assert_int_equal(world_all(world_decide_step), RESTANTE_OK);
}

/* As the client counts, less 1. */
static size_t world_number(const char *uidl)
{
    const struct transaction_maildrop *view = maildrop_view(world.maildrop);
    for (size_t i = 0; i < view->count; i++)
        if (strcmp(view->uidl(view->context, i), uidl) == 0)
            return i;
    fail_msg("%s is not shown", uidl);
    return 0;
}

void world_dele(const char *uidl)
{
    world.fates[world_number(uidl)] = RESTANTE_DELETE;
}

void world_dele_but(const char *uidl, enum restante_decision decision, int64_t until_s)
{
    struct policy_answer answer = {.verdict = {.decision = decision, .until_s = until_s}, .by = world.stack.entries};
    snprintf(answer.verdict.rule, sizeof(answer.verdict.rule), "dele, line 9");
    snprintf(answer.verdict.reason, sizeof(answer.verdict.reason), "not yet");
    maildrop_mark(world.maildrop, world_number(uidl), &answer);
    world_dele(uidl);
}

void world_retr(const char *uidl)
{
    size_t number = world_number(uidl);
    world.retrieved[number] = true;
    if (world.fates[number] == RESTANTE_KEEP)
        world.fates[number] = RESTANTE_KEEP_RETRIEVED;
}

static bool world_has_quit;

static enum restante_status world_update_step(void)
{
    struct maildrop_update update = {.client = {.fates = world.fates, .retrieved = world.retrieved},
                                     .has_quit = world_has_quit,
                                     .session = &world.session};
    return maildrop_update(world.maildrop, &update, &world.error);
}

static struct maildrop_counts world_counts_at_end;

static enum restante_status world_end(bool has_quit)
{
    world_has_quit = has_quit;
    enum restante_status status = world_all(world_update_step);
    world_counts_at_end = *maildrop_counts(world.maildrop);
    unsigned steps = world.steps;
    world_close();
    world.steps = steps;
    return status;
}

const struct maildrop_counts *world_counts(void)
{
    return &world_counts_at_end;
}

enum restante_status world_quit(void)
{
    return world_end(true);
}

enum restante_status world_disconnect(void)
{
    return world_end(false);
}

void world_close(void)
{
    maildrop_close(&world.maildrop);
}

void world_look(void)
{
    world_login();
    assert_int_equal(world_quit(), RESTANTE_OK);
}

/* --- what there is --------------------------------------------------------------------------------------------- */

const char *world_shown(void)
{
    static char shown[FAKE_MESSAGES_MAX + 1];
    const struct transaction_maildrop *view = maildrop_view(world.maildrop);
    for (size_t i = 0; i < view->count; i++)
        shown[i] = view->uidl(view->context, i)[0];
    shown[view->count] = '\0';
    assert_int_equal(maildrop_counts(world.maildrop)->left, view->count);
    return shown;
}

const char *world_mail(void)
{
    static char mail[FAKE_MESSAGES_MAX + 1];
    size_t length = 0;
    for (size_t i = 0; i < world.storage->count; i++)
        if (!world.storage->messages[i].is_gone)
            mail[length++] = world.storage->messages[i].uidl[0];
    mail[length] = '\0';
    return mail;
}

struct restante_ledger *world_ledger(void)
{
    struct restante_ledger *ledger = NULL;
    struct restante_error error = {0};
    int fd = world_state();
    assert_int_equal(ledger_open(fd, true, &ledger, &error), RESTANTE_OK);
    close(fd);
    return ledger;
}

struct ledger_marks world_marks(const char *uidl)
{
    struct restante_ledger *ledger = world_ledger();
    struct ledger_marks marks = *ledger_marks(ledger, ledger_find(ledger, uidl));
    marks.hidden_rule = marks.set_aside_rule = NULL;
    ledger_close(&ledger);
    return marks;
}

static char world_told[4096];
static bool world_tells_policies;

static bool world_tell(void *context, const struct journal_entry *entry)
{
    size_t used = strlen(world_told);
    (void)context;
    snprintf(world_told + used, sizeof(world_told) - used, "%s %s%s%s,", journal_act_name(entry->act), entry->uidl,
             world_tells_policies && entry->policy[0] ? " " : "", world_tells_policies ? entry->policy : "");
    return true;
}

static const char *world_read_journal(bool tells_policies)
{
    struct restante_error error = {0};
    int fd = world_state();
    size_t broken = 0;
    world_told[0] = '\0';
    world_tells_policies = tells_policies;
    assert_int_equal(journal_read(fd, 0, world_tell, NULL, &broken, &error), RESTANTE_OK);
    assert_int_equal(broken, 0);
    close(fd);
    return world_told;
}

const char *world_journal(void)
{
    return world_read_journal(false);
}

const char *world_journal_policies(void)
{
    return world_read_journal(true);
}

static struct {
    struct journal_entry entry;
    char texts[8][1024];
} world_last;

static bool world_keep(void *context, const struct journal_entry *entry)
{
    const char *uidl = context;
    if (strcmp(entry->uidl, uidl) != 0)
        return true;
    world_last.entry = *entry;
    const char **const texts[] = {&world_last.entry.user, &world_last.entry.peer, &world_last.entry.session,
                                  &world_last.entry.uidl, &world_last.entry.message_id, &world_last.entry.policy,
                                  &world_last.entry.rule, &world_last.entry.reason};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        str_copy(world_last.texts[i], sizeof(world_last.texts[i]), *texts[i]);
        *texts[i] = world_last.texts[i];
    }
    return true;
}

const struct journal_entry *world_entry(const char *uidl)
{
    struct restante_error error = {0};
    int fd = world_state();
    world_last.entry = (struct journal_entry){0};
    assert_int_equal(journal_read(fd, 0, world_keep, (char *)(uintptr_t)uidl, NULL, &error), RESTANTE_OK);
    close(fd);
    assert_non_null(world_last.entry.uidl);
    return &world_last.entry;
}

static void world_path(char path[128], const char *name)
{
    snprintf(path, 128, "%s/%s", world.directory, name);
}

void world_obstruct(const char *name)
{
    char path[128];
    world_path(path, name);
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
}

void world_clear(const char *name)
{
    char path[128];
    world_path(path, name);
    assert_int_equal(rmdir(path), 0);
}
