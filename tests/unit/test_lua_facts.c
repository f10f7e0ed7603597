/* What hooks are told and can reach: facts, the store, lists, dates, the log. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "kit_host.h"
#include "lua_world.h"

/* A script whose hook `retr` has this body; it must not fail. */
static void judge(const char *body)
{
    char script[2048];
    snprintf(script, sizeof(script), "local p, kept = { api = 1 }\nfunction p.retr(session, message)\n%s\nend\nreturn p\n",
             body);
    world_start_good(script);
    if (world_judge(RESTANTE_EVENT_RETR, 2) != RESTANTE_OK)
        fail_msg("%s", world_error.log);
}

static void judge_bad(const char *body, const char *sentence)
{
    char script[2048];
    snprintf(script, sizeof(script), "local p, kept = { api = 1 }\nfunction p.retr(session, message)\n%s\nend\nreturn p\n",
             body);
    world_start_good(script);
    world_judge_bad(RESTANTE_EVENT_RETR, 2, sentence);
}

static void a_session_is_described(void **state)
{
    (void)state;
    judge("local s = session\n"
          "assert(s.id == 's1' and s.user == 'alice@example.org' and s.localpart == 'alice')\n"
          "assert(s.domain == 'example.org' and s.peer == '192.0.2.7' and s.mechanism == 'PLAIN' and s.tls == true)\n"
          "assert(s.now == 1700000000 and s.login_time == s.now - 5)\n"
          "assert(s.maildrop.count == 5 and s.maildrop.octets == 1500)");
    world_session.domain = "";
    world_session.is_tls = false;
    world_has_maildrop = false;
    judge("assert(session.domain == nil and session.tls == false and session.maildrop == nil)");
    judge_bad("return session.pear", "retr, line 3: session.pear: there is no such fact; did you mean \"peer\"?");
    judge_bad("return session[1]", "session: there is no such fact");
    judge_bad("session.user = 'bob'", "facts cannot be changed");
    judge_bad("return session.maildrop.count", "attempt to index a nil value");
}

static void a_message_is_described(void **state)
{
    (void)state;
    world_messages[1].first_retrieved_s = WORLD_NOW_S - 7;
    world_messages[1].retrieved_count = 3;
    world_messages[1].is_deleted = true;
    world_messages[1].hidden_since_s = WORLD_NOW_S - 11;
    world_messages[1].set_aside_until_s = WORLD_NOW_S + 13;
    judge("local m = message\n"
          "assert(m.number == 2 and m.uidl == 'two' and m.octets == 200 and m.deleted == true and m.retrieved == false)\n"
          "assert(m.delivered == session.now - 4 * 86400 and m.age == 4 * 86400 and m.first_seen == nil)\n"
          "assert(m.first_retrieved == session.now - 7 and m.retrieved_count == 3)\n"
          "assert(m.hidden_since == session.now - 11 and m.set_aside_until == session.now + 13)\n"
          "assert(m:header('Subject') == 'the Subject of 2' and m:header('X-None') == nil)");
    judge("local m = session.maildrop.messages[5] assert(m.delivered == nil and m.age == 0)");
    judge("local m = session.maildrop.messages[1] assert(m.hidden_since == nil and m.set_aside_until == nil)");
    world_messages[1].delivered_s = WORLD_NOW_S + 1000;
    judge("assert(message.age == 0)");
    judge_bad("return message:header('')", "is no name of a header field");
    judge_bad("return message:header(('x'):rep(65))", "is no name of a header field");
    judge_bad("return message.header(session, 'To')", "message expected");
    judge_bad("return message.header({}, 'To')", "message expected");
    judge_bad("return message.heder", "did you mean \"header\"?");
    judge_bad("message.age = 5", "facts cannot be changed");
    world_cannot_read = true;
    judge_bad("return message:header('To')", "retr, line 3: header: message 2 cannot be read");
}

static void a_command_may_be_about_no_message(void **state)
{
    (void)state;
    world_start_good("return { api = 1, list = function(session, message) assert(message == nil) end }");
    assert_int_equal(world_judge(RESTANTE_EVENT_LIST, 0), RESTANTE_OK);
    assert_int_equal(world_judge(RESTANTE_EVENT_LIST, 1), RESTANTE_TEMPORARY);
}

static void messages_are_walked(void **state)
{
    (void)state;
    judge("local messages, seen = session.maildrop.messages, {}\n"
          "for number, message in pairs(messages) do seen[number] = message.uidl end\n"
          "assert(table.concat(seen, ' ') == 'one two three four five' and #messages == 5)\n"
          "assert(messages[0] == nil and messages[6] == nil and messages[1.5] == nil and messages[2.0].uidl == 'two')\n"
          "assert(messages[math.mininteger] == nil and messages[math.maxinteger] == nil)\n"
          "local octets = 0 for _, m in ipairs(messages) do octets = octets + m.octets end assert(octets == 1500)");
    judge_bad("return session.maildrop.messages.first", "has numbers from 1");
    judge_bad("session.maildrop.messages[1] = nil", "facts cannot be changed");
    judge_bad("return session.maildrop.cont", "did you mean \"count\"?");
}

/* In isolation "uid" the next call may be another session's. */
static void facts_end_with_their_call(void **state)
{
    static const char *const kept[] = {"session", "message", "session.maildrop", "session.maildrop.messages",
                                       "session.store"};
    static const char *const read[] = {"user", "uidl", "count", "x", "x"};
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        char script[512];
        snprintf(script, sizeof(script),
                 "local kept\nreturn { api = 1, retr = function(session, message) kept = %s end,\n"
                 "dele = function() return kept.%s end, login = function() return kept[1] end }",
                 kept[i], read[i]);
        world_start_good(script);
        assert_int_equal(world_judge(RESTANTE_EVENT_RETR, 1), RESTANTE_OK);
        world_judge_bad(RESTANTE_EVENT_DELE, 1, "its call is over; facts cannot be kept");
        world_judge_bad(RESTANTE_EVENT_LOGIN, 0, "its call is over; facts cannot be kept");
    }
    world_start_good("local f, m\nreturn { api = 1, retr = function(session, message) m = message f = message.header end,\n"
                     "dele = function() return f(m, 'To') end }");
    assert_int_equal(world_judge(RESTANTE_EVENT_RETR, 1), RESTANTE_OK);
    world_judge_bad(RESTANTE_EVENT_DELE, 1, "its call is over");
}

static void the_store_keeps_types(void **state)
{
    (void)state;
    world_start_good("return { api = 1, login = function(session)\n"
                     "  local s = session.store\n"
                     "  s.text, s.whole, s.part, s.flag = 'a b', -5, 0.1, true\n"
                     "end, dele = function(session)\n"
                     "  local s = session.store\n"
                     "  assert(s.text == 'a b' and s.whole == -5 and math.type(s.whole) == 'integer')\n"
                     "  assert(s.part == 0.1 and s.flag == true and s.none == nil)\n"
                     "  s.text, s.flag = nil, false\n"
                     "end, retr = function(session) assert(session.store.text == nil and session.store.flag == false) end,\n"
                     "top = function(session) assert(session.store.text == nil) session.store.text = nil end,\n"
                     "capa = function(session) session.store.text = 'x' end }");
    assert_int_equal(world_judge(RESTANTE_EVENT_LOGIN, 0), RESTANTE_OK);
    assert_int_equal(world_judge(RESTANTE_EVENT_DELE, 1), RESTANTE_OK);
    assert_int_equal(world_judge(RESTANTE_EVENT_RETR, 1), RESTANTE_OK);
    world_has_store = false;
    assert_int_equal(world_judge(RESTANTE_EVENT_TOP, 1), RESTANTE_OK);
    world_judge_bad(RESTANTE_EVENT_CAPA, 0, "\"text\" cannot be kept");
    world_has_store = true;
    judge("session.store.x = ('x'):rep(254)");
    judge_bad("for i = 1, 9 do session.store['n' .. i] = i end", "cannot be kept");
    judge_bad("session.store.x = {}", "not a table value");
    judge_bad("session.store.x = 0/0", "finite numbers only");
    judge_bad("session.store.x = ('x'):rep(255)", "at most 254 octets");
    judge_bad("session.store.x = 'a\\nb'", "printable ASCII");
    judge_bad("session.store.x = 'a\\0b'", "printable ASCII");
    judge_bad("session.store['A b'] = 1", "names are 1 to 64");
    judge_bad("return session.store[{}]", "bad argument");
}

static void lists_are_read_at_start(void **state)
{
    char script[1024];
    (void)state;
    const char *path = world_file("users", "# people\nalice\n\n  bob\t\r\n #no\ncarol");
    snprintf(script, sizeof(script),
             "local users = restante.list('%s')\nlocal p = { api = 1, settings = { file = { type = 'string' } } }\n"
             "assert(users.alice and users.bob and users.carol and not users.dave and not users['# people'])\n"
             "assert(not users['#no'] and not pcall(function() users.dave = true end))\n"
             "local n = 0 for user in pairs(users) do n = n + 1 end assert(n == 3)\n"
             "local more function p.start() more = restante.list(p.settings.file) end\n"
             "function p.retr() assert(more.bob) end function p.dele() return restante.list('%s') end\nreturn p",
             path, path);
    world_give_text("file", path);
    world_start_good(script);
    assert_int_equal(world_judge(RESTANTE_EVENT_RETR, 1), RESTANTE_OK);
    world_judge_bad(RESTANTE_EVENT_DELE, 1, "dele, line 7: list: files are read at start only");
    world_start_bad("restante.list('users')", "must be an absolute path");
    world_start_bad("restante.list('/no/such/file')", "line 1: list: /no/such/file cannot be read: No such file");
    world_start_bad("restante.list('/dev/zero')", "is not a regular file");
}

static void texts_are_searched_plainly(void **state)
{
    (void)state;
    judge("local find, glob, split = restante.find, restante.glob, restante.split\n"
          "assert(find('a.b', '.') == 2 and not find('ab', '.') and find('abc', '') == 1 and find('abab', 'ab', 2) == 3)\n"
          "assert(find('abc', 'c', -1) == 3 and not find('abc', 'a', -2) and find('abc', '', 4) == 4 and not find('abc', '', 5))\n"
          "assert(select(2, ('x%d'):find('%d')) == 3 and find('abc', 'a', math.mininteger) == 1)\n"
          "assert(not find('abc', 'a', math.maxinteger) and find('abc', 'a', 0) == 1)\n"
          "assert(glob('*.ORG', 'example.org') and glob('a?c', 'abc') and not glob('a?c', 'ac') and glob('*', ''))\n"
          "assert(glob('*a*b*', 'xxaxxbxx') and not glob('*a*b', 'xxaxxbxx') and glob('', '') and not glob('', 'x'))\n"
          "local parts = split('a,b,,c', ',') assert(#parts == 4 and parts[3] == '' and parts[4] == 'c')\n"
          "assert(#split('', ',') == 0 and #split('abc', ',') == 1 and #split(',', ',') == 2)");
    judge_bad("restante.split('a', '')", "is empty");
    judge_bad("restante.glob(('*'):rep(256), 'a')", "is longer than 255");
    judge_bad("restante.glob('a\\0b', 'a')", "holds a NUL");
}

static void dates_are_local(void **state)
{
    (void)state;
    setenv("TZ", "XXX-2", 1);
    judge("local d = restante.date(session.now)\n"
          "assert(d.year == 2023 and d.month == 11 and d.day == 15 and d.hour == 0 and d.min == 13 and d.sec == 20)\n"
          "assert(d.wday == 4 and d.yday == 319 and d.isdst == false and restante.date(0.9).year == 1970)");
    judge_bad("restante.date(0/0)", "is no time");
    judge_bad("restante.date(1e300)", "is no time");
    unsetenv("TZ");
}

static void the_log_is_bounded(void **state)
{
    (void)state;
    judge("for i = 1, 100 do restante.log(('line %d\\n'):format(i) .. ('x'):rep(1000)) end");
    assert_int_equal(kit_host_logged(RESTANTE_INFO), 10);
    assert_non_null(strstr(kit_host_log_text(), "policy sample: line 1?xxx"));
    assert_true(strlen(kit_host_log_text()) < 10 * 300);
    judge_bad("restante.log({})", "string expected");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_session_is_described),
        TEST(a_message_is_described),
        TEST(a_command_may_be_about_no_message),
        TEST(messages_are_walked),
        TEST(facts_end_with_their_call),
        TEST(the_store_keeps_types),
        TEST(lists_are_read_at_start),
        TEST(texts_are_searched_plainly),
        TEST(dates_are_local),
        TEST(the_log_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
