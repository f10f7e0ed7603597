/*
 * lua/lua_facts.c - facts as userdata. In a worker, during judge. Errors are those of the script: a field that does not
 * exist, facts of a call that is over, mail that cannot be read.
 */
#include "lua_facts.h"

#include <string.h>

#include <lauxlib.h>

#include "lua_clean.h"
#include "lua_frozen.h"
#include "lua_policy.h"
#include "lua_store.h"

enum facts_kind { FACTS_SESSION, FACTS_MAILDROP, FACTS_MESSAGES, FACTS_MESSAGE, FACTS_KINDS };

static const char *const facts_types[FACTS_KINDS] = {
    [FACTS_SESSION] = "session", [FACTS_MAILDROP] = "maildrop", [FACTS_MESSAGES] = "maildrop.messages",
    [FACTS_MESSAGE] = "message",
};

/* The value of every kind; a message has its facts behind it. */
struct facts {
    uint64_t call;
};
struct facts_message {
    struct facts head;
    struct restante_message_facts message;
};

static void *facts_make(lua_State *lua, enum facts_kind kind, size_t size)
{
    struct facts *made = lua_newuserdatauv(lua, size, 0);
    made->call = lua_policy_of(lua)->call;
    luaL_setmetatable(lua, facts_types[kind]);
    return made;
}

/* The policy and the value at `index`, while they belong together. */
static const struct restante_facts *facts_check(lua_State *lua, int index, enum facts_kind kind)
{
    const struct facts *made = luaL_checkudata(lua, index, facts_types[kind]);
    const struct lua_policy *policy = lua_policy_of(lua);
    if (!policy->facts || made->call != policy->call)
        luaL_error(lua, "%s: its call is over; facts cannot be kept", facts_types[kind]);
    return policy->facts;
}

static void facts_push_text(lua_State *lua, const char *text)
{
    if (text && text[0])
        lua_pushstring(lua, text);
    else
        lua_pushnil(lua);
}

static void facts_push_time(lua_State *lua, int64_t when_s)
{
    if (when_s > 0)
        lua_pushinteger(lua, when_s);
    else
        lua_pushnil(lua);
}

/* --- session ---------------------------------------------------------------------------------------------------- */

enum { SESSION_DOMAIN, SESSION_ID, SESSION_LOCALPART, SESSION_LOGIN_TIME, SESSION_MAILDROP, SESSION_MECHANISM, SESSION_NOW,
       SESSION_PEER, SESSION_SETTINGS, SESSION_STORE, SESSION_TLS, SESSION_USER };
static const char *const session_fields[] = {"domain", "id", "localpart", "login_time", "maildrop", "mechanism", "now",
                                             "peer", "settings", "store", "tls", "user", NULL};

static void facts_push_session_field(lua_State *lua, const struct restante_facts *facts, lua_Integer field)
{
    const struct restante_session_facts *session = facts->session;
    switch (field) {
    case SESSION_ID:
        facts_push_text(lua, session->session_id);
        break;
    case SESSION_USER:
        facts_push_text(lua, session->user);
        break;
    case SESSION_LOCALPART:
        facts_push_text(lua, session->local);
        break;
    case SESSION_DOMAIN:
        facts_push_text(lua, session->domain);
        break;
    case SESSION_PEER:
        facts_push_text(lua, session->peer);
        break;
    case SESSION_MECHANISM:
        facts_push_text(lua, session->mechanism);
        break;
    case SESSION_TLS:
        lua_pushboolean(lua, session->is_tls);
        break;
    case SESSION_NOW:
        lua_pushinteger(lua, session->now_s);
        break;
    case SESSION_LOGIN_TIME:
        lua_pushinteger(lua, session->login_s);
        break;
    case SESSION_MAILDROP:
        lua_facts_push_maildrop(lua);
        break;
    case SESSION_STORE:
        lua_store_push(lua);
        break;
    default:
        lua_rawgeti(lua, LUA_REGISTRYINDEX, lua_policy_of(lua)->settings);
        break;
    }
}

/* Upvalue: fields by name. Pushes the number of the field that index 2 names. */
static lua_Integer facts_field(lua_State *lua, enum facts_kind kind)
{
    lua_pushvalue(lua, 2);
    if (lua_rawget(lua, lua_upvalueindex(1)) == LUA_TNIL)
        return lua_frozen_refuse(lua, facts_types[kind], 2, "fact", lua_upvalueindex(1));
    return lua_tointeger(lua, -1);
}

static int facts_session_index(lua_State *lua)
{
    const struct restante_facts *facts = facts_check(lua, 1, FACTS_SESSION);
    facts_push_session_field(lua, facts, facts_field(lua, FACTS_SESSION));
    return 1;
}

void lua_facts_push_session(lua_State *lua)
{
    facts_make(lua, FACTS_SESSION, sizeof(struct facts));
}

/* --- messages --------------------------------------------------------------------------------------------------- */

enum { MESSAGE_AGE, MESSAGE_DELETED, MESSAGE_DELIVERED, MESSAGE_FIRST_RETRIEVED, MESSAGE_FIRST_SEEN, MESSAGE_HEADER,
       MESSAGE_HIDDEN_SINCE, MESSAGE_NUMBER, MESSAGE_OCTETS, MESSAGE_RETRIEVED, MESSAGE_RETRIEVED_COUNT,
       MESSAGE_SET_ASIDE_UNTIL, MESSAGE_UIDL };
static const char *const message_fields[] = {
    "age", "deleted", "delivered", "first_retrieved", "first_seen", "header", "hidden_since", "number", "octets",
    "retrieved", "retrieved_count", "set_aside_until", "uidl", NULL};

/* message:header(name): its value, or nil */
static int facts_message_header(lua_State *lua)
{
    facts_check(lua, 1, FACTS_MESSAGE);
    const struct facts_message *made = lua_touserdata(lua, 1);
    size_t length;
    const char *name = luaL_checklstring(lua, 2, &length), *value = NULL;
    struct restante_error error = {.log = ""};
    luaL_argcheck(lua, length > 0 && length <= 64 && strlen(name) == length, 2, "is no name of a header field");
    if (made->message.header(&made->message, name, &value, &error) != RESTANTE_OK)
        return luaL_error(lua, "header: %s", error.log[0] ? error.log : "the message cannot be read");
    if (value)
        lua_budget_charge(lua, strlen(value) / 16);
    if (value)
        lua_pushstring(lua, value);
    else
        lua_pushnil(lua);
    return 1;
}

/* WHY: an unknown time, and one in the future, count as now, so that "older than" never is true for it. */
static lua_Integer facts_age(const struct restante_facts *facts, const struct restante_message_facts *message)
{
    int64_t now_s = facts->session->now_s;
    return message->delivered_s > 0 && message->delivered_s < now_s ? now_s - message->delivered_s : 0;
}

static int facts_message_index(lua_State *lua)
{
    const struct restante_facts *facts = facts_check(lua, 1, FACTS_MESSAGE);
    const struct restante_message_facts *message = &((const struct facts_message *)lua_touserdata(lua, 1))->message;
    switch (facts_field(lua, FACTS_MESSAGE)) {
    case MESSAGE_AGE:
        lua_pushinteger(lua, facts_age(facts, message));
        break;
    case MESSAGE_DELETED:
        lua_pushboolean(lua, message->is_deleted);
        break;
    case MESSAGE_DELIVERED:
        facts_push_time(lua, message->delivered_s);
        break;
    case MESSAGE_FIRST_RETRIEVED:
        facts_push_time(lua, message->first_retrieved_s);
        break;
    case MESSAGE_FIRST_SEEN:
        facts_push_time(lua, message->first_seen_s);
        break;
    case MESSAGE_HEADER:
        lua_pushcfunction(lua, facts_message_header);
        break;
    case MESSAGE_HIDDEN_SINCE:
        facts_push_time(lua, message->hidden_since_s);
        break;
    case MESSAGE_NUMBER:
        lua_pushinteger(lua, (lua_Integer)message->number);
        break;
    case MESSAGE_OCTETS:
        lua_pushinteger(lua, (lua_Integer)message->octets);
        break;
    case MESSAGE_RETRIEVED:
        lua_pushboolean(lua, message->is_retrieved);
        break;
    case MESSAGE_RETRIEVED_COUNT:
        lua_pushinteger(lua, message->retrieved_count);
        break;
    case MESSAGE_SET_ASIDE_UNTIL:
        facts_push_time(lua, message->set_aside_until_s);
        break;
    default:
        facts_push_text(lua, message->uidl);
        break;
    }
    return 1;
}

void lua_facts_push_message(lua_State *lua)
{
    const struct restante_message_facts *message = lua_policy_of(lua)->facts->message;
    if (!message) {
        lua_pushnil(lua);
        return;
    }
    struct facts_message *made = facts_make(lua, FACTS_MESSAGE, sizeof(*made));
    made->message = *message;
}

/* --- the maildrop ------------------------------------------------------------------------------------------------ */

enum { MAILDROP_COUNT, MAILDROP_MESSAGES, MAILDROP_OCTETS };
static const char *const maildrop_fields[] = {"count", "messages", "octets", NULL};

static int facts_maildrop_index(lua_State *lua)
{
    const struct restante_facts *facts = facts_check(lua, 1, FACTS_MAILDROP);
    switch (facts_field(lua, FACTS_MAILDROP)) {
    case MAILDROP_COUNT:
        lua_pushinteger(lua, (lua_Integer)facts->maildrop->count);
        break;
    case MAILDROP_MESSAGES:
        facts_make(lua, FACTS_MESSAGES, sizeof(struct facts));
        break;
    default:
        lua_pushinteger(lua, (lua_Integer)facts->maildrop->octets);
        break;
    }
    return 1;
}

void lua_facts_push_maildrop(lua_State *lua)
{
    if (lua_policy_of(lua)->facts->maildrop)
        facts_make(lua, FACTS_MAILDROP, sizeof(struct facts));
    else
        lua_pushnil(lua);
}

/* Message `number`, or nil. */
static void facts_push_number(lua_State *lua, const struct restante_facts *facts, lua_Integer number)
{
    const struct restante_maildrop_facts *maildrop = facts->maildrop;
    if (number < 1 || (lua_Unsigned)number > maildrop->count) {
        lua_pushnil(lua);
        return;
    }
    lua_budget_charge(lua, 1);
    struct facts_message *made = facts_make(lua, FACTS_MESSAGE, sizeof(*made));
    made->message = (struct restante_message_facts){.number = 0};
    if (!maildrop->message(maildrop, (size_t)number, &made->message)) {
        lua_pop(lua, 1);
        lua_pushnil(lua);
    }
}

static int facts_messages_index(lua_State *lua)
{
    const struct restante_facts *facts = facts_check(lua, 1, FACTS_MESSAGES);
    if (lua_type(lua, 2) != LUA_TNUMBER)
        return luaL_error(lua, "maildrop.messages: has numbers from 1 to maildrop.count and nothing else");
    int is_integer;
    lua_Integer number = lua_tointegerx(lua, 2, &is_integer);
    facts_push_number(lua, facts, is_integer ? number : 0);
    return 1;
}

static int facts_messages_len(lua_State *lua)
{
    lua_pushinteger(lua, (lua_Integer)facts_check(lua, 1, FACTS_MESSAGES)->maildrop->count);
    return 1;
}

static int facts_messages_next(lua_State *lua)
{
    const struct restante_facts *facts = facts_check(lua, 1, FACTS_MESSAGES);
    lua_Integer number = luaL_optinteger(lua, 2, 0);
    if (number < 0 || (lua_Unsigned)number >= facts->maildrop->count)
        return 0;
    lua_pushinteger(lua, number + 1);
    facts_push_number(lua, facts, number + 1);
    return 2;
}

static int facts_messages_pairs(lua_State *lua)
{
    facts_check(lua, 1, FACTS_MESSAGES);
    lua_pushcfunction(lua, facts_messages_next);
    lua_pushvalue(lua, 1);
    return 2;
}

const char *const *lua_facts_fields(const char *what)
{
    if (strcmp(what, facts_types[FACTS_SESSION]) == 0)
        return session_fields;
    if (strcmp(what, facts_types[FACTS_MAILDROP]) == 0)
        return maildrop_fields;
    return strcmp(what, facts_types[FACTS_MESSAGE]) == 0 ? message_fields : NULL;
}

/* --- types ------------------------------------------------------------------------------------------------------- */

static int facts_newindex(lua_State *lua)
{
    return luaL_error(lua, "facts cannot be changed");
}

/* Leaves the metatable of the kind at the top, reading with `index`. */
static void facts_prepare_kind(lua_State *lua, enum facts_kind kind, lua_CFunction index, const char *const *fields)
{
    luaL_newmetatable(lua, facts_types[kind]);
    lua_newtable(lua);
    for (int i = 0; fields && fields[i]; i++) {
        lua_pushinteger(lua, i);
        lua_setfield(lua, -2, fields[i]);
    }
    lua_pushcclosure(lua, index, 1);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, facts_newindex);
    lua_setfield(lua, -2, "__newindex");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
}

void lua_facts_prepare(lua_State *lua)
{
    facts_prepare_kind(lua, FACTS_SESSION, facts_session_index, session_fields);
    facts_prepare_kind(lua, FACTS_MAILDROP, facts_maildrop_index, maildrop_fields);
    facts_prepare_kind(lua, FACTS_MESSAGE, facts_message_index, message_fields);
    facts_prepare_kind(lua, FACTS_MESSAGES, facts_messages_index, NULL);
    lua_pushcfunction(lua, facts_messages_len);
    lua_setfield(lua, -2, "__len");
    lua_pushcfunction(lua, facts_messages_pairs);
    lua_setfield(lua, -2, "__pairs");
    lua_pop(lua, 4);
    lua_store_prepare(lua);
}
