#include "unit.h"

#include "lua_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"
#include "kit_host.h"
#include "lua_module.h"

struct restante_session_facts world_session;
struct restante_message_facts world_messages[WORLD_MESSAGES];
struct restante_maildrop_facts world_maildrop;
bool world_has_store, world_cannot_read, world_has_maildrop;
struct restante_policy_terms world_terms;
struct restante_verdict world_verdict;
struct restante_error world_error;
struct restante_verdict world_decided[WORLD_MESSAGES + 1];
size_t world_decisions;
void (*world_on_decision)(size_t number, const struct restante_verdict *verdict);

static char folder[64], path[128];
static struct conf conf;
static uint32_t line;
static void *policy;
static struct restante_value *values;
static struct restante_key *keys;

/* --- the host's side ------------------------------------------------------------------------------------------- */

static enum restante_status world_header(const struct restante_message_facts *message, const char *name,
                                         const char **value, struct restante_error *error)
{
    static char text[64];
    if (world_cannot_read)
        return (kit_host.fail)(error, RESTANTE_TEMPORARY, 5, NULL, "message %zu cannot be read", message->number);
    snprintf(text, sizeof(text), "the %s of %zu", name, message->number);
    *value = strcmp(name, "X-None") == 0 ? NULL : text;
    return RESTANTE_OK;
}

static bool world_message(const struct restante_maildrop_facts *maildrop, size_t number,
                          struct restante_message_facts *message)
{
    assert_ptr_equal(maildrop, &world_maildrop);
    assert_true(number >= 1);
    *message = world_messages[(number - 1) % WORLD_MESSAGES];
    message->number = number;
    return true;
}

static bool world_decide(const struct restante_facts *facts, size_t number, const struct restante_verdict *verdict)
{
    assert_non_null(facts->maildrop);
    world_decisions++;
    if (number <= WORLD_MESSAGES)
        world_decided[number] = *verdict;
    if (world_on_decision)
        world_on_decision(number, verdict);
    return true;
}

/* A store of few entries. */
enum { STORED = 8 };
static struct {
    char name[RESTANTE_STORE_NAME_MAX + 1], value[RESTANTE_STORE_VALUE_MAX + 1];
} stored[STORED];

static const char *world_get(const struct restante_store *store, const char *name)
{
    (void)store;
    for (size_t i = 0; i < STORED; i++) {
        if (strcmp(stored[i].name, name) == 0 && stored[i].value[0])
            return stored[i].value;
    }
    return NULL;
}

static bool world_put(const struct restante_store *store, const char *name, const char *value)
{
    (void)store;
    for (size_t i = 0; i < STORED; i++) {
        if (stored[i].value[0] && strcmp(stored[i].name, name) != 0)
            continue;
        snprintf(stored[i].name, sizeof(stored[i].name), "%s", name);
        snprintf(stored[i].value, sizeof(stored[i].value), "%s", value ? value : "");
        return true;
    }
    return false;
}

/* --- set up ------------------------------------------------------------------------------------------------------ */

int world_begin(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/restante-lua-XXXXXX");
    assert_non_null(mkdtemp(folder));
    conf = (struct conf){0};
    line = 2;
    memset(stored, 0, sizeof(stored));
    kit_host_forget_log();
    kit_host_tick_ms = 0;
    world_on_decision = NULL;
    world_has_store = world_has_maildrop = true;
    world_cannot_read = false;
    world_session = (struct restante_session_facts){
        .session_id = "s1", .user = "alice@example.org", .local = "alice", .domain = "example.org",
        .peer = "192.0.2.7", .mechanism = "PLAIN", .is_tls = true, .now_s = WORLD_NOW_S, .login_s = WORLD_NOW_S - 5};
    for (size_t i = 0; i < WORLD_MESSAGES; i++) {
        static const char *const uidls[WORLD_MESSAGES] = {"one", "two", "three", "four", "five"};
        bool is_last = i == WORLD_MESSAGES - 1;
        world_messages[i] = (struct restante_message_facts){
            .number = i + 1, .uidl = uidls[i], .octets = 100 * (i + 1),
            .delivered_s = is_last ? 0 : WORLD_NOW_S - (int64_t)(WORLD_MESSAGES - i) * 86400, .header = world_header};
    }
    world_maildrop = (struct restante_maildrop_facts){.count = WORLD_MESSAGES, .octets = 1500, .message = world_message};
    return 0;
}

static void world_stop(void)
{
    if (policy)
        lua_policy_operations.stop(&policy);
    assert_null(policy);
    conf_module_values_free(values, lua_module_settings, LUA_SETTING_COUNT);
    free(keys);
    values = NULL;
    keys = NULL;
}

int world_end(void **state)
{
    char command[128];
    (void)state;
    world_stop();
    conf_free(&conf);
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

void world_forget_settings(void)
{
    conf_free(&conf);
    line = 2;
}

void world_give_text(const char *key, const char *text)
{
    char name[160];
    snprintf(name, sizeof(name), "policy.1.%s", key);
    conf_add(&conf, name, CONF_RAW_STRING, 0, text, line++);
}

void world_give_integer(const char *key, int64_t integer)
{
    char name[160];
    snprintf(name, sizeof(name), "policy.1.%s", key);
    conf_add(&conf, name, CONF_RAW_INTEGER, integer, NULL, line++);
}

void world_give_bool(const char *key, bool is_set)
{
    char name[160];
    snprintf(name, sizeof(name), "policy.1.%s", key);
    conf_add(&conf, name, CONF_RAW_BOOL, is_set, NULL, line++);
}

const char *world_file(const char *name, const char *text)
{
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0644), 0);
    return path;
}

char *world_read_source(const char *name)
{
    enum { CAPACITY = 131072 };
    char source[512];
    snprintf(source, sizeof(source), "%s/%s", LUA_SOURCE_FOLDER, name);
    FILE *file = fopen(source, "re");
    if (!file)
        fail_msg("%s cannot be read", source);
    char *text = calloc(1, CAPACITY);
    assert_non_null(text);
    assert_true(fread(text, 1, CAPACITY - 1, file) < CAPACITY - 1);
    fclose(file);
    return text;
}

enum restante_status world_start_file(const char *name_or_path)
{
    struct faults faults = {0};
    struct conf given = {0};
    size_t count;
    world_stop();
    world_error = (struct restante_error){.log = ""};
    world_terms = (struct restante_policy_terms){.wanted = 0};
    for (size_t i = 0; i < conf.count; i++)
        conf_add(&given, conf.values[i].path, conf.values[i].type, conf.values[i].integer, conf.values[i].text,
                 conf.values[i].line);
    conf_add(&given, "policy.1.script", CONF_RAW_STRING, 0, name_or_path, 1);
    conf_sort(&given);
    values = conf_module_values(&given, "policy.1", lua_module_settings, LUA_SETTING_COUNT, true, &faults);
    if (!values)
        fail_msg("%s", faults.sentences[0]);
    keys = conf_module_keys(&given, "policy.1", lua_module_settings, LUA_SETTING_COUNT, &count);
    const struct restante_policy_item item = {.path = "policy.1", .values = values, .keys = keys, .keys_count = count};
    enum restante_status status =
        lua_policy_operations.start(&kit_host, &item, &policy, &world_terms, &world_error);
    conf_free(&given);
    return status;
}

enum restante_status world_start(const char *script)
{
    return world_start_file(world_file("sample.lua", script));
}

void world_start_good(const char *script)
{
    if (world_start(script) != RESTANTE_OK)
        fail_msg("refused: %s", world_error.log);
}

void world_start_bad(const char *script, const char *sentence)
{
    enum restante_status status = world_start(script);
    if (status != RESTANTE_INVALID || !strstr(world_error.log, sentence))
        fail_msg("status %d, \"%s\" is not in \"%s\"", (int)status, sentence, world_error.log);
    assert_null(policy);
}

/* --- judging ------------------------------------------------------------------------------------------------------ */

static enum restante_status world_ask(enum restante_event event, size_t number, bool is_after)
{
    const struct restante_store store = {.get = world_get, .put = world_put};
    struct restante_message_facts message;
    struct restante_facts facts = {
        .event = event, .is_after = is_after, .session = &world_session,
        .maildrop = world_has_maildrop && event != RESTANTE_EVENT_LOGIN ? &world_maildrop : NULL,
        .store = world_has_store ? &store : NULL, .decide = world_decide};
    if (number > 0) {
        world_maildrop.message(&world_maildrop, number, &message);
        facts.message = &message;
    }
    world_verdict = (struct restante_verdict){.decision = RESTANTE_ALLOW};
    world_error = (struct restante_error){.log = ""};
    memset(world_decided, 0, sizeof(world_decided));
    world_decisions = 0;
    return lua_policy_operations.judge(policy, &facts, &world_verdict, &world_error);
}

enum restante_status world_judge(enum restante_event event, size_t number)
{
    return world_ask(event, number, false);
}

enum restante_status world_judge_after(enum restante_event event, size_t number)
{
    return world_ask(event, number, true);
}

void world_judge_bad(enum restante_event event, size_t number, const char *sentence)
{
    enum restante_status status = world_ask(event, number, false);
    if (status != RESTANTE_TEMPORARY || !strstr(world_error.log, sentence))
        fail_msg("status %d, \"%s\" is not in \"%s\"", (int)status, sentence, world_error.log);
    assert_int_equal(world_verdict.decision, RESTANTE_ALLOW);
}

enum restante_status world_announce(struct restante_announcement *announcement)
{
    const struct restante_facts facts = {.event = RESTANTE_EVENT_CAPA, .session = &world_session};
    *announcement = (struct restante_announcement){.expire_days = RESTANTE_NO_ANNOUNCEMENT,
                                                   .login_delay_s = RESTANTE_NO_ANNOUNCEMENT};
    world_error = (struct restante_error){.log = ""};
    return lua_policy_operations.announce(policy, &facts, announcement, &world_error);
}
