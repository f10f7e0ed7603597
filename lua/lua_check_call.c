/*
 * lua/lua_check_call.c - every hook, called with facts as they may come: nothing known and everything, an empty
 * maildrop and one with a young, an old and a strange message. What a hook answers does not matter here, only that it
 * does not fail; the first failure of each is said.
 */
#include "lua_check.h"

#include <stdio.h>
#include <string.h>

#include "lua_hooks.h"

enum { CALL_MESSAGES = 4, CALL_STORED = 16, CALL_DAY_S = 86400 };

struct call_world {
    struct restante_session_facts session;
    struct restante_maildrop_facts maildrop;
    struct restante_message_facts messages[CALL_MESSAGES];
    struct restante_store store;
    char stored[CALL_STORED][2][RESTANTE_STORE_VALUE_MAX + 1];
    size_t stored_count;
};

static enum restante_status call_header(const struct restante_message_facts *message, const char *name,
                                        const char **value, struct restante_error *error)
{
    (void)error;
    (void)name;
    *value = message->number % 2 == 0 ? "a made-up field" : NULL;
    return RESTANTE_OK;
}

static bool call_message(const struct restante_maildrop_facts *maildrop, size_t number,
                         struct restante_message_facts *message)
{
    const struct call_world *world = maildrop->host_data;
    if (number < 1 || number > maildrop->count)
        return false;
    *message = world->messages[number - 1];
    return true;
}

static bool call_decide(const struct restante_facts *facts, size_t number, const struct restante_verdict *verdict)
{
    (void)verdict;
    return number <= facts->maildrop->count;
}

static const char *call_get(const struct restante_store *store, const char *name)
{
    const struct call_world *world = store->host_data;
    for (size_t i = 0; i < world->stored_count; i++) {
        if (strcmp(world->stored[i][0], name) == 0 && world->stored[i][1][0])
            return world->stored[i][1];
    }
    return NULL;
}

static bool call_put(const struct restante_store *store, const char *name, const char *value)
{
    struct call_world *world = store->host_data;
    size_t i = 0;
    while (i < world->stored_count && strcmp(world->stored[i][0], name) != 0)
        i++;
    if (i == CALL_STORED)
        return false;
    if (i == world->stored_count)
        world->stored_count++;
    snprintf(world->stored[i][0], sizeof(world->stored[i][0]), "%s", name);
    snprintf(world->stored[i][1], sizeof(world->stored[i][1]), "%s", value ? value : "");
    return true;
}

static void call_make_world(struct call_world *world, int64_t now_s, bool is_known)
{
    *world = (struct call_world){
        .session = {.session_id = "made-up", .user = is_known ? "alice@example.org" : "alice",
                    .local = "alice", .domain = is_known ? "example.org" : "",
                    .peer = is_known ? "192.0.2.1" : "", .mechanism = is_known ? "PLAIN" : "",
                    .is_tls = is_known, .now_s = now_s, .login_s = now_s},
        .maildrop = {.count = is_known ? CALL_MESSAGES : 0, .octets = is_known ? CALL_MESSAGES * 1000 : 0,
                     .message = call_message, .host_data = world},
        .store = {.get = call_get, .put = call_put, .host_data = world},
    };
    static const char *const uidls[CALL_MESSAGES] = {"young", "old", "unknown", "strange"};
    for (size_t i = 0; i < CALL_MESSAGES; i++)
        world->messages[i] = (struct restante_message_facts){
            .number = i + 1, .uidl = uidls[i], .octets = 1000, .header = call_header};
    world->messages[0].delivered_s = world->messages[0].first_seen_s = now_s;
    world->messages[1].delivered_s = world->messages[1].first_seen_s = now_s - 4000 * (int64_t)CALL_DAY_S;
    world->messages[1].first_retrieved_s = now_s - 3000 * (int64_t)CALL_DAY_S;
    world->messages[1].retrieved_count = 3;
    world->messages[1].is_retrieved = true;
    world->messages[3].delivered_s = now_s + CALL_DAY_S;
    world->messages[3].is_retrieved = world->messages[3].is_deleted = true;
}

/* One call; false: it failed, and has been reported. */
static bool call_hook(struct lua_check *check, struct call_world *world, const struct lua_hook *hook,
                      bool is_after, size_t number)
{
    struct restante_verdict verdict = {.decision = RESTANTE_ALLOW};
    struct lua_failure failure;
    struct restante_facts facts = {.event = hook->event, .is_after = is_after, .session = &world->session,
                                   .maildrop = hook->event == RESTANTE_EVENT_LOGIN ? NULL : &world->maildrop,
                                   .message = number > 0 ? &world->messages[number - 1] : NULL,
                                   .store = &world->store,
                                   .decide = is_after ? NULL : call_decide};
    if (lua_policy_ask(check->policy, &facts, &verdict, &failure))
        return true;
    if (!lua_check_has_refused(check, failure.line))
        lua_check_refuse(check, failure.line, "%s%s, called with made-up facts, fails: %s", is_after ? "after." : "",
                         hook->name, failure.text);
    return false;
}

static bool call_in_world(struct lua_check *check, struct call_world *world, const struct lua_hook *hook,
                          bool is_after)
{
    bool may_have_none = hook->event == RESTANTE_EVENT_LIST || hook->event == RESTANTE_EVENT_UIDL;
    if (!hook->takes_message)
        return call_hook(check, world, hook, is_after, 0);
    if (may_have_none && !call_hook(check, world, hook, is_after, 0))
        return false;
    for (size_t number = 1; number <= world->maildrop.count; number++) {
        if (!call_hook(check, world, hook, is_after, number))
            return false;
    }
    return true;
}

static void call_announce(struct lua_check *check, const struct call_world *world)
{
    const struct restante_facts facts = {.event = RESTANTE_EVENT_CAPA, .session = &world->session,
                                         .store = &world->store};
    struct restante_announcement announcement;
    struct lua_failure failure;
    if (!lua_policy_ask_announcement(check->policy, &facts, &announcement, &failure))
        lua_check_refuse(check, failure.line, "announce, called with made-up facts, fails: %s", failure.text);
}

void lua_check_call(struct lua_check *check)
{
    static struct call_world known, unknown;
    int64_t now_s = check->host->now_s();
    call_make_world(&known, now_s, true);
    call_make_world(&unknown, now_s, false);
    for (size_t i = 0; i < LUA_HOOKS; i++) {
        for (int is_after = 0; is_after < 2; is_after++) {
            if (call_in_world(check, &known, &lua_hook_table[i], is_after))
                call_in_world(check, &unknown, &lua_hook_table[i], is_after);
        }
    }
    call_announce(check, &known);
}
