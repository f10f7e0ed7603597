/*
 * lua/lua_test_ask.c - one question to a policy under test: from tables of the test to facts, and back to tables.
 *
 * WHY: while the policy's state runs, the test's must not raise an error through it. So everything is taken out of the
 * tables before, and put back behind.
 */
#include "lua_test.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <lauxlib.h>

#include "lua_hooks.h"
#include "lua_verdict.h"

enum { ASK_STORED_MAX = 64, ASK_HEADERS_MAX = 100000, ASK_MESSAGES_MAX = 100000 };

struct ask_header {
    size_t message;
    const char *name, *value;
};

struct ask_stored {
    char name[RESTANTE_STORE_NAME_MAX + 1], value[RESTANTE_STORE_VALUE_MAX + 1];
};

struct ask_decision {
    bool is_made;
    struct restante_verdict verdict;
};

/* Its arrays are userdata on the test's stack. */
struct ask {
    lua_State *lua;
    struct restante_session_facts session;
    struct restante_maildrop_facts maildrop;
    struct restante_message_facts *messages;
    struct ask_decision *decisions; /* by number */
    struct ask_header *headers;
    size_t headers_count;
    struct restante_store store;
    struct ask_stored stored[ASK_STORED_MAX];
    size_t stored_count;
};

/* --- what the policy calls ---------------------------------------------------------------------------------------- */

static enum restante_status ask_header(const struct restante_message_facts *message, const char *name,
                                       const char **value, struct restante_error *error)
{
    const struct ask *ask = message->host_data;
    (void)error;
    *value = NULL;
    for (size_t i = 0; i < ask->headers_count && !*value; i++) {
        if (ask->headers[i].message == message->number && strcasecmp(ask->headers[i].name, name) == 0)
            *value = ask->headers[i].value;
    }
    return RESTANTE_OK;
}

static bool ask_message(const struct restante_maildrop_facts *maildrop, size_t number,
                        struct restante_message_facts *message)
{
    const struct ask *ask = maildrop->host_data;
    *message = ask->messages[number - 1];
    return true;
}

static bool ask_decide(const struct restante_facts *facts, size_t number, const struct restante_verdict *verdict)
{
    struct ask *ask = facts->host_data;
    ask->decisions[number] = (struct ask_decision){true, *verdict};
    return true;
}

static struct ask_stored *ask_find(struct ask *ask, const char *name)
{
    for (size_t i = 0; i < ask->stored_count; i++) {
        if (strcmp(ask->stored[i].name, name) == 0)
            return &ask->stored[i];
    }
    return NULL;
}

static const char *ask_get(const struct restante_store *store, const char *name)
{
    const struct ask_stored *stored = ask_find(store->host_data, name);
    return stored && stored->value[0] ? stored->value : NULL;
}

static bool ask_put(const struct restante_store *store, const char *name, const char *value)
{
    struct ask *ask = store->host_data;
    struct ask_stored *stored = ask_find(ask, name);
    if (!stored && ask->stored_count == ASK_STORED_MAX)
        return false;
    if (!stored)
        stored = &ask->stored[ask->stored_count++];
    snprintf(stored->name, sizeof(stored->name), "%s", name);
    snprintf(stored->value, sizeof(stored->value), "%s", value ? value : "");
    return true;
}

/* --- from tables -------------------------------------------------------------------------------------------------- */

/* Fields of the table at `table`; its texts live as long as it does. */
static const char *ask_text(lua_State *lua, int table, const char *name)
{
    const char *text = lua_getfield(lua, table, name) == LUA_TSTRING ? lua_tostring(lua, -1) : "";
    lua_pop(lua, 1);
    return text;
}

static int64_t ask_integer(lua_State *lua, int table, const char *name)
{
    int64_t number = 0;
    if (lua_getfield(lua, table, name) != LUA_TNIL) {
        int is_integer;
        number = lua_tointegerx(lua, -1, &is_integer);
        if (!is_integer)
            luaL_error(lua, "%s: is a %s value, but must be a whole number", name, luaL_typename(lua, -1));
    }
    lua_pop(lua, 1);
    return number;
}

static bool ask_flag(lua_State *lua, int table, const char *name)
{
    lua_getfield(lua, table, name);
    bool is_set = lua_toboolean(lua, -1);
    lua_pop(lua, 1);
    return is_set;
}

static void ask_take_session(struct ask *ask, int table)
{
    lua_State *lua = ask->lua;
    ask->session = (struct restante_session_facts){
        .session_id = ask_text(lua, table, "id"),
        .user = ask_text(lua, table, "user"),
        .local = ask_text(lua, table, "localpart"),
        .domain = ask_text(lua, table, "domain"),
        .peer = ask_text(lua, table, "peer"),
        .mechanism = ask_text(lua, table, "mechanism"),
        .is_tls = ask_flag(lua, table, "tls"),
        .now_s = ask_integer(lua, table, "now"),
        .login_s = ask_integer(lua, table, "login_time"),
    };
}

/* Headers of the message table at the top; NULL to only count them. */
static size_t ask_take_headers(struct ask *ask, size_t number, struct ask_header *headers)
{
    lua_State *lua = ask->lua;
    size_t count = 0;
    if (lua_getfield(lua, -1, "headers") == LUA_TTABLE) {
        for (lua_pushnil(lua); lua_next(lua, -2); lua_pop(lua, 1)) {
            if (lua_type(lua, -1) != LUA_TSTRING || lua_type(lua, -2) != LUA_TSTRING)
                luaL_error(lua, "headers: must be strings");
            if (headers)
                headers[count] = (struct ask_header){number, lua_tostring(lua, -2), lua_tostring(lua, -1)};
            count++;
        }
    }
    lua_pop(lua, 1);
    return count;
}

/* The message table at the top. */
static void ask_take_message(struct ask *ask, size_t number)
{
    lua_State *lua = ask->lua;
    int table = lua_gettop(lua);
    ask->messages[number - 1] = (struct restante_message_facts){
        .number = number,
        .uidl = ask_text(lua, table, "uidl"),
        .octets = (uint64_t)ask_integer(lua, table, "octets"),
        .delivered_s = ask_integer(lua, table, "delivered"),
        .first_seen_s = ask_integer(lua, table, "first_seen"),
        .first_retrieved_s = ask_integer(lua, table, "first_retrieved"),
        .retrieved_count = (uint32_t)ask_integer(lua, table, "retrieved_count"),
        .is_retrieved = ask_flag(lua, table, "retrieved"),
        .is_deleted = ask_flag(lua, table, "deleted"),
        .hidden_since_s = ask_integer(lua, table, "hidden_since"),
        .set_aside_until_s = ask_integer(lua, table, "set_aside_until"),
        .header = ask_header,
        .host_data = ask,
    };
    ask->maildrop.octets += ask->messages[number - 1].octets;
}

static size_t ask_count_headers(struct ask *ask, int table, size_t count)
{
    size_t headers = 0;
    for (size_t number = 1; number <= count; number++) {
        luaL_argexpected(ask->lua, lua_rawgeti(ask->lua, table, (lua_Integer)number) == LUA_TTABLE, table, "messages");
        headers += ask_take_headers(ask, number, NULL);
        lua_pop(ask->lua, 1);
    }
    luaL_argcheck(ask->lua, headers <= ASK_HEADERS_MAX, table, "has too many headers");
    return headers;
}

static void ask_take_messages(struct ask *ask, int table)
{
    lua_State *lua = ask->lua;
    size_t count = lua_rawlen(lua, table);
    luaL_argcheck(lua, count <= ASK_MESSAGES_MAX, table, "has too many messages");
    size_t headers = ask_count_headers(ask, table, count);
    ask->maildrop = (struct restante_maildrop_facts){.count = count, .message = ask_message, .host_data = ask};
    ask->messages = lua_newuserdatauv(lua, (count + 1) * sizeof(*ask->messages), 0);
    ask->decisions = lua_newuserdatauv(lua, (count + 1) * sizeof(*ask->decisions), 0);
    memset(ask->decisions, 0, (count + 1) * sizeof(*ask->decisions));
    ask->headers = lua_newuserdatauv(lua, (headers + 1) * sizeof(*ask->headers), 0);
    for (size_t number = 1; number <= count; number++) {
        lua_rawgeti(lua, table, (lua_Integer)number);
        ask_take_message(ask, number);
        ask->headers_count += ask_take_headers(ask, number, &ask->headers[ask->headers_count]);
        lua_pop(lua, 1);
    }
}

static void ask_take_store(struct ask *ask, int table)
{
    lua_State *lua = ask->lua;
    ask->store = (struct restante_store){.get = ask_get, .put = ask_put, .host_data = ask};
    for (lua_pushnil(lua); lua_next(lua, table); lua_pop(lua, 1)) {
        if (lua_type(lua, -1) == LUA_TSTRING && lua_type(lua, -2) == LUA_TSTRING)
            ask_put(&ask->store, lua_tostring(lua, -2), lua_tostring(lua, -1));
    }
}

/* --- to tables ---------------------------------------------------------------------------------------------------- */

static void ask_set_text(lua_State *lua, const char *name, const char *text)
{
    lua_pushstring(lua, text);
    lua_setfield(lua, -2, name);
}

static void ask_push_verdict(lua_State *lua, const struct restante_verdict *verdict)
{
    lua_createtable(lua, 0, 9);
    ask_set_text(lua, "decision", lua_verdict_name(verdict->decision));
    ask_set_text(lua, "text", verdict->text);
    ask_set_text(lua, "code", verdict->code);
    ask_set_text(lua, "reason", verdict->reason);
    ask_set_text(lua, "rule", verdict->rule);
    lua_pushnumber(lua, verdict->delay_ms / 1000.0);
    lua_setfield(lua, -2, "delay");
    if (verdict->decision == RESTANTE_SET_ASIDE) {
        lua_pushinteger(lua, verdict->until_s);
        lua_setfield(lua, -2, "until");
    }
    if (verdict->decision == RESTANTE_LIMIT) {
        lua_pushinteger(lua, verdict->limits.idle_ms / 1000);
        lua_setfield(lua, -2, "idle");
        lua_pushinteger(lua, verdict->limits.bad_commands);
        lua_setfield(lua, -2, "bad_commands");
    }
}

static void ask_push_decisions(const struct ask *ask)
{
    lua_newtable(ask->lua);
    for (size_t number = 1; number <= ask->maildrop.count; number++) {
        if (!ask->decisions[number].is_made)
            continue;
        ask_push_verdict(ask->lua, &ask->decisions[number].verdict);
        lua_rawseti(ask->lua, -2, (lua_Integer)number);
    }
}

static void ask_put_store(const struct ask *ask, int table)
{
    lua_State *lua = ask->lua;
    for (size_t i = 0; i < ask->stored_count; i++) {
        if (ask->stored[i].value[0])
            lua_pushstring(lua, ask->stored[i].value);
        else
            lua_pushnil(lua);
        lua_setfield(lua, table, ask->stored[i].name);
    }
}

/* --- asking ------------------------------------------------------------------------------------------------------- */

static const struct lua_hook *ask_find_hook(lua_State *lua, int index)
{
    const char *name = luaL_checkstring(lua, index);
    for (size_t i = 0; i < LUA_HOOKS; i++) {
        if (strcmp(lua_hook_table[i].name, name) == 0)
            return &lua_hook_table[i];
    }
    luaL_error(lua, "there is no hook \"%s\"", name);
    return NULL;
}

/* Its size would be much for C's stack. */
static struct ask *ask_make(lua_State *lua)
{
    struct ask *ask = lua_newuserdatauv(lua, sizeof(*ask), 0);
    memset(ask, 0, sizeof(*ask));
    ask->lua = lua;
    return ask;
}

static void ask_push_failure(lua_State *lua, const struct lua_policy *policy, const char *hook, bool is_after,
                             const struct lua_failure *failure)
{
    char line[24] = "";
    if (failure->line > 0)
        snprintf(line, sizeof(line), ", line %u", (unsigned)failure->line);
    lua_pushfstring(lua, "policy %s: %s%s%s: %s", policy->name, is_after ? "after." : "", hook, line, failure->text);
}

int lua_test_ask(lua_State *lua)
{
    struct lua_test_policy *policy = lua_test_check_policy(lua, 1);
    const struct lua_hook *hook = ask_find_hook(lua, 2);
    bool is_after = lua_toboolean(lua, 3), has_maildrop = lua_istable(lua, 5);
    lua_Integer number = luaL_optinteger(lua, 6, 0);
    struct restante_verdict verdict = {.decision = RESTANTE_ALLOW};
    struct lua_failure failure;
    lua_settop(lua, 7);
    luaL_checkstack(lua, 20, NULL);
    struct ask *ask = ask_make(lua);
    ask_take_session(ask, 4);
    if (has_maildrop)
        ask_take_messages(ask, 5);
    ask_take_store(ask, 7);
    luaL_argcheck(lua, number >= 0 && (lua_Unsigned)number <= ask->maildrop.count, 6, "is no message");
    lua_budget_charge(lua, 100 + ask->maildrop.count);
    const struct restante_facts facts = {
        .event = hook->event,
        .is_after = is_after,
        .session = &ask->session,
        .maildrop = has_maildrop ? &ask->maildrop : NULL,
        .message = number > 0 ? &ask->messages[number - 1] : NULL,
        .store = &ask->store,
        .decide = hook->message_answers && !is_after ? ask_decide : NULL,
        .host_data = ask,
    };
    bool is_good = lua_policy_ask(policy->policy, &facts, &verdict, &failure);
    ask_put_store(ask, 7);
    if (!is_good) {
        lua_pushnil(lua);
        lua_pushnil(lua);
        ask_push_failure(lua, policy->policy, hook->name, is_after, &failure);
        return 3;
    }
    if (verdict.decision == RESTANTE_ALLOW)
        lua_pushnil(lua);
    else
        ask_push_verdict(lua, &verdict);
    if (facts.decide && has_maildrop)
        ask_push_decisions(ask);
    else
        lua_pushnil(lua);
    return 2;
}

static void ask_push_announcement(lua_State *lua, const struct restante_announcement *said)
{
    lua_createtable(lua, 0, 4);
    if (said->expire_days == RESTANTE_EXPIRE_NEVER)
        lua_pushliteral(lua, "never");
    else if (said->expire_days >= 0)
        lua_pushinteger(lua, said->expire_days);
    else
        lua_pushnil(lua);
    lua_setfield(lua, -2, "expire");
    if (said->login_delay_s >= 0)
        lua_pushinteger(lua, said->login_delay_s);
    else
        lua_pushnil(lua);
    lua_setfield(lua, -2, "login_delay");
    lua_pushboolean(lua, said->expire_differs);
    lua_setfield(lua, -2, "expire_differs");
    lua_pushboolean(lua, said->login_delay_differs);
    lua_setfield(lua, -2, "login_delay_differs");
}

int lua_test_announce(lua_State *lua)
{
    struct lua_test_policy *policy = lua_test_check_policy(lua, 1);
    struct restante_announcement said = policy->announced;
    struct lua_failure failure;
    lua_settop(lua, 2);
    if (lua_istable(lua, 2)) {
        struct ask *ask = ask_make(lua);
        const struct restante_facts facts = {.event = RESTANTE_EVENT_CAPA, .session = &ask->session};
        ask_take_session(ask, 2);
        if (!lua_policy_ask_announcement(policy->policy, &facts, &said, &failure)) {
            ask_push_failure(lua, policy->policy, "announce", false, &failure);
            return lua_error(lua);
        }
    }
    ask_push_announcement(lua, &said);
    return 1;
}
