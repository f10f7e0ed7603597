/* The language of policy tests: what it is told to expect, it finds, and what is not so, it says. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "kit_host.h"
#include "lua_policy.h"
#include "lua_world.h"

static char said[8192];
static unsigned passed, failed;

static void hear(void *context, enum restante_policy_result result, const char *text)
{
    (void)context;
    size_t length = strlen(said);
    snprintf(said + length, sizeof(said) - length, "%s\n", text);
    if (result == RESTANTE_POLICY_FAILED)
        failed++;
    else
        passed++;
}

static void run_file(const char *path)
{
    said[0] = '\0';
    passed = failed = 0;
    setenv("TZ", "UTC0", 1);
    if (lua_policy_operations.test(&kit_host, path, hear, NULL, &world_error) != RESTANTE_OK)
        fail_msg("%s", world_error.log);
}

/* Beside the tests: p.lua, with all that they need. */
static const char policy_text[] =
    "local p = { api = 1, name = 'p', settings = { keep = { type = 'duration', default = '7d' },\n"
    "  mode = { type = 'string', default = '' }, users = { type = 'list' } } }\n"
    "local exempt = {}\n"
    "function p.start() if p.settings.mode == 'list' then exempt = restante.list('/made/up') end end\n"
    "function p.login(session)\n"
    "  if exempt[session.user] then return restante.refuse('exempt', 'SYS/TEMP') end\n"
    "  if session.peer == '192.0.2.9' then return restante.disconnect('go away') end\n"
    "  if session.peer == '192.0.2.8' then return restante.delay(2) end\n"
    "end\n"
    "function p.open(session, maildrop)\n"
    "  local answers = {}\n"
    "  for number, message in pairs(maildrop.messages) do\n"
    "    if message:header('X-Hold') then answers[number] = restante.hold('held')\n"
    "    elseif message.age >= p.settings.keep then answers[number] = restante.expire('too old')\n"
    "    elseif message:header('subject') == 'hide me' then answers[number] = restante.hide() end\n"
    "  end\n"
    "  return answers\n"
    "end\n"
    "function p.dele(session, message)\n"
    "  if p.settings.mode == 'aside' then return restante.set_aside(session.now + 86400, 'later') end\n"
    "  if p.settings.mode == 'hide' then return restante.hide('hidden') end\n"
    "  if p.settings.mode == 'error' then error('on purpose') end\n"
    "end\n"
    "function p.quit(session, maildrop)\n"
    "  local answers = {}\n"
    "  for number, message in pairs(maildrop.messages) do\n"
    "    if p.settings.mode == 'fetch' and message.retrieved then answers[number] = restante.expire('fetched') end\n"
    "  end\n"
    "  return answers\n"
    "end\n"
    "p.after = { retr = function(session) session.store.count = (session.store.count or 0) + 1 end }\n"
    "function p.announce(session) return { expire = p.settings.keep, expire_differs = true } end\n"
    "return p\n";

static void run(const char *body)
{
    char text[8192];
    world_file("p.lua", policy_text);
    snprintf(text, sizeof(text), "local t = {}\nfunction t.it()\n%s\nend\nreturn t\n", body);
    run_file(world_file("sample.test.lua", text));
}

static void good(const char *body)
{
    run(body);
    if (failed > 0 || passed != 1)
        fail_msg("%s", said);
}

/* Line 1 is the first of `body`. */
static void bad(const char *body, unsigned line, const char *sentence)
{
    char where[64];
    run(body);
    snprintf(where, sizeof(where), "sample.test.lua:%u: it: ", line + 2);
    if (failed != 1 || !strstr(said, sentence) || !strstr(said, where))
        fail_msg("\"%s\" in line %u is not in \"%s\"", sentence, line, said);
}

static void expectations_that_fail_say_so(void **state)
{
    (void)state;
    bad("test.equal(1 + 1, 3)", 1, "expected 3, got 2");
    bad("\n\ntest.equal({ 1, { a = 'x' } }, { 1, { a = 'y' } }, 'this')", 3,
        "this: expected { 1, { a = \"y\" } }, got { 1, { a = \"x\" } }");
    bad("test.equal({ 1, 2 }, { 1 })", 1, "expected { 1 }, got { 1, 2 }");
    bad("test.equal(nil, {})", 1, "expected {}, got nil");
    bad("local function helper() test.equal(1, 2) end\nhelper()", 1, "expected 2, got 1");
    bad("test.fails(function() end, 'x')", 1, "expected a failure with \"x\", got none");
    bad("test.fails(function() error('y', 0) end, 'x')", 1, "expected a failure with \"x\", got \"y\"");
    bad("test.hook_fails(function() end, 'x')", 1, "expected a hook to fail with \"x\", got {}");
    bad("test.policy('p') test.maildrop{ {} } local s = test.session() test.refused(s:open())", 1,
        "expected -ERR, got +OK");
    bad("test.policy('p') local s = test.session{ peer = '192.0.2.9' }\ntest.ok(s:open())", 2,
        "expected +OK, got -ERR go away");
    bad("test.policy('p') local s = test.session{ peer = '192.0.2.9' }\ntest.refused(s:open(), 'SYS/TEMP')", 2,
        "expected -ERR [SYS/TEMP], got -ERR [] go away");
}

static void what_is_written_wrongly_is_said(void **state)
{
    (void)state;
    bad("test.equel(1, 1)", 1, "test.equel: there is no such name; did you mean \"equal\"?");
    bad("test.maildrop{ { udil = 'a' } }", 1, "a message has no \"udil\"");
    bad("test.session{ usr = 'a' }", 1, "a session has no \"usr\"");
    bad("test.session():sdat()", 1, "a session has no sdat");
    bad("test.clock('2026-13-01')", 1, "\"2026-13-01\" is no time");
    bad("test.clock('2026-03-01 09')", 1, "is no time");
    bad("test.clock():advance('7x')", 1, "\"7x\" is no duration");
    bad("test.policy('nothing')", 1, "there is no nothing.lua beside the test");
    bad("test.policy('../p')", 1, "the script is named without folder and ending");
    bad("test.policy('p', { keep = 'x' })", 1, "policy.keep: is \"x\", but must be a duration");
    bad("test.policy('p', { kep = '1d' })", 1, "did you mean \"keep\"?");
    bad("test.policy('p', { memory = 1 })", 1, "memory: cannot be set in a test");
    bad("test.policy('p', { keep = 1.5 })", 1, "keep: is a number value");
    bad("test.session():dele(1)", 1, "the session is new, not open");
    bad("local s = test.session() s:open() s:dele('a')", 1, "the client does not see a message \"a\"");
    bad("local s = test.session() s:open() s:quit() s:open()", 1, "this session is over already");
    bad("x = 1", 1, "globals cannot be changed");
    bad("os.exit()", 1, "globals.os: there is no such name");
}

static void sessions_follow_the_rules(void **state)
{
    (void)state;
    /* Too old: hidden at once, gone however the session ends. */
    good("test.policy('p') local m = test.maildrop{ { uidl = 'a', age = '7d' }, { uidl = 'b', age = '6d' } }\n"
         "local s = test.session() test.ok(s:open()) test.equal(s:uidl().uidls, { 'b' })\n"
         "test.equal(m:uidls(), { 'a', 'b' }) s:drop() test.equal(m:uidls(), { 'b' })\n"
         "test.equal(m:removed(), { a = 'too old' }) test.equal(m:state('a'), 'removed')");
    /* Time goes on. */
    good("local clock = test.clock('2026-03-01 09:00') test.policy('p')\n"
         "local m = test.maildrop{ { uidl = 'a', age = '6d' } } local s = test.session() s:open() s:quit()\n"
         "test.equal(m:uidls(), { 'a' }) clock:advance('1d') s = test.session() s:open() s:quit()\n"
         "test.equal(m:uidls(), {}) test.equal(restante.date(clock:now()).day, 2)");
    /* A hold beats age and DELE. */
    good("test.policy('p') local m = test.maildrop{ { uidl = 'a', age = '9d', headers = { ['X-Hold'] = 'y' } } }\n"
         "local s = test.session() s:open() test.ok(s:dele('a')) s:quit() test.equal(m:state('a'), 'set aside')\n"
         "s = test.session() s:open() test.equal(s:stat().count, 0) s:quit() test.equal(m:uidls(), { 'a' })");
    /* Set aside until its time is over, in its place again when it was taken back in time. */
    good("local clock = test.clock() test.policy('p', { mode = 'aside', keep = '99d' })\n"
         "local m = test.maildrop{ { uidl = 'a' }, { uidl = 'b' } }\n"
         "local s = test.session() s:open() s:dele('a') s:quit() test.equal(m:state('a'), 'set aside')\n"
         "test.equal(m:set_aside_until('a'), clock:now() + 86400)\n"
         "s = test.session() s:open() test.equal(s:uidl().uidls, { 'b' }) s:quit() test.equal(m:uidls(), { 'a', 'b' })\n"
         "clock:advance('1d') s = test.session() s:open() s:quit() test.equal(m:removed(), { a = 'set aside' })");
    good("test.policy('p', { mode = 'hide' }) local m = test.maildrop{ { uidl = 'a' } }\n"
         "local s = test.session() s:open() s:dele(1) s:quit() test.equal(m:state('a'), 'hidden')");
    good("test.policy('p') test.maildrop{ { uidl = 'a', headers = { Subject = 'hide me' } }, { uidl = 'b' } }\n"
         "local s = test.session() s:open() test.equal(s:list().sizes, { 1000 }) test.equal(s:uidl(1).uidl, 'b')");
    /* DELE counts with QUIT alone, RSET forgets it. */
    good("local m = test.maildrop{ { uidl = 'a' } } local s = test.session() s:open() s:dele(1) s:drop()\n"
         "test.equal(m:uidls(), { 'a' }) s = test.session() s:open() s:dele(1) test.refused(s:retr(1)) s:rset() s:quit()\n"
         "test.equal(m:uidls(), { 'a' }) s = test.session() s:open() s:dele(1) s:quit() test.equal(m:removed(), { a = 'DELE' })");
    /* A download counts with QUIT; what was fetched may go. */
    good("test.policy('p', { mode = 'fetch' }) local m = test.maildrop{ { uidl = 'a' }, { uidl = 'b' } }\n"
         "local s = test.session() s:open() s:retr('a') s:drop() test.equal(m:uidls(), { 'a', 'b' })\n"
         "s = test.session() s:open() s:retr('a') test.ok(s:top('b')) s:quit() test.equal(m:removed(), { a = 'fetched' })\n"
         "test.equal(m:store('p').count, 'i2')");
}

static void logins_are_judged(void **state)
{
    (void)state;
    good("test.policy('p') local r = test.refused(test.session{ peer = '192.0.2.9' }:open())\n"
         "test.equal(r.text, 'go away') test.equal(r.closed, true) test.equal(r.policy, 'p') test.equal(r.rule, 'login, line 7')");
    good("local clock = test.clock('2026-03-01 09:00') test.policy('p')\n"
         "local r = test.ok(test.session{ peer = '192.0.2.8' }:open()) test.equal(r.waited, 2.0)\n"
         "test.equal(restante.date(clock:now()).sec, 2)");
    good("test.file('/made/up', '# a list\\nbob@example.org\\n') test.policy('p', { mode = 'list' })\n"
         "test.refused(test.session{ user = 'bob@example.org' }:open(), 'SYS/TEMP') test.ok(test.session():open())");
    good("test.policy('p', { keep = '30d' }) test.equal(test.capa().expire, '30 USER')\n"
         "local s = test.session() s:open() test.equal(s:capa().expire, '30')");
    good("test.policy('p', { users = { 'a', 'b' } }) test.fails(function() test.policy('p', { users = { { 1 } } }) end, '')");
}

static void hooks_can_be_asked_alone(void **state)
{
    (void)state;
    good("local p = test.policy('p', { mode = 'hide' }) test.maildrop{ { age = '8d' }, {} } local s = test.session()\n"
         "local answer = p:ask('dele', s, 2) test.equal(answer.decision, 'hide') test.equal(answer.reason, 'hidden')\n"
         "test.equal(p:ask('login', s), nil) local open = p:ask('open', s)\n"
         "test.equal(open[1].decision, 'expire') test.equal(open[1].rule, 'open, line 14') test.equal(open[2], nil)");
}

static void a_hook_that_fails_fails_the_test(void **state)
{
    (void)state;
    bad("test.policy('p', { mode = 'error' }) test.maildrop{ {} } local s = test.session() s:open()\ns:dele(1)", 2,
        "policy p: dele, line 22: on purpose");
    good("test.policy('p', { mode = 'error' }) local m = test.maildrop{ {} } local s = test.session() s:open()\n"
         "test.hook_fails(function() test.refused(s:dele(1), 'SYS/PERM') end, 'on purpose') s:quit()\n"
         "test.equal(#m:uidls(), 1)");
    good("test.policy('p', { mode = 'error', on_error = 'allow' }) local m = test.maildrop{ {} }\n"
         "local s = test.session() s:open() test.hook_fails(function() test.ok(s:dele(1)) end, 'on purpose') s:quit()\n"
         "test.equal(#m:uidls(), 0)");
}

static void tests_have_limits(void **state)
{
    (void)state;
    bad("while true do pcall(function() while true do end end) end", 1, "more instructions than its limit");
    bad("local t = {}\nwhile true do t[#t + 1] = ('x'):rep(10000000) end", 0, "more memory than its limit");
    /* The next test is not the worse for it. */
    world_file("p.lua", policy_text);
    run_file(world_file("sample.test.lua", "local t = {}\nfunction t.a() local x = ('x'):rep(1000000000) end\n"
                                           "function t.b() test.equal(1, 1) end\nreturn t\n"));
    assert_int_equal(failed, 1);
    assert_int_equal(passed, 1);
}

static void files_that_are_no_tests(void **state)
{
    static const char *const rows[][2] = {
        {"return 5", "returns a number value, but must return a table of tests"},
        {"return { 1 }", "returns a table with a number value"},
        {"return {}", "has no tests"},
        {"local x = = 1", "sample.test.lua:1: unexpected symbol near '='"},
        {"\n\nerror('early')", "sample.test.lua:3: early"},
        {"while true do end", "more instructions than its limit"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        run_file(world_file("sample.test.lua", rows[i][0]));
        if (failed != 1 || !strstr(said, rows[i][1]))
            fail_msg("\"%s\" is not in \"%s\"", rows[i][1], said);
    }
    assert_int_equal(lua_policy_operations.test(&kit_host, "/nonexistent", hear, NULL, &world_error), RESTANTE_INVALID);
}

static void tests_run_in_the_order_of_the_file(void **state)
{
    (void)state;
    run_file(world_file("sample.test.lua", "local t = {}\nfunction t.c() end\nfunction t.a() end\nfunction t.b() end\nreturn t\n"));
    char *c = strstr(said, ": c\n"), *a = strstr(said, ": a\n"), *b = strstr(said, ": b\n");
    assert_true(c && a && b && c < a && a < b);
}

/* The sandbox of policies with one name more; of what C gives to the made-up server nothing is to be found. */
static void the_environment_has_one_name_more(void **state)
{
    (void)state;
    good("local function keys(of) local names = {} for name in pairs(of) do names[#names + 1] = name end\n"
         "  table.sort(names) return names end\n"
         "test.equal(keys(_ENV), { 'assert', 'coroutine', 'error', 'getmetatable', 'ipairs', 'math', 'next', 'pairs',\n"
         "  'pcall', 'rawequal', 'rawget', 'rawlen', 'restante', 'select', 'setmetatable', 'string', 'table', 'test',\n"
         "  'tonumber', 'tostring', 'type', 'utf8', 'xpcall' })\n"
         "test.equal(keys(test), { 'capa', 'clock', 'equal', 'fails', 'file', 'hook_fails', 'maildrop', 'ok', 'policy',\n"
         "  'refused', 'session' })");
    bad("test.equal = nil", 1, "test cannot be changed");
    bad("local p = test.policy('p') p.handle.x = 1", 1, "attempt to index a test.policy value");
    bad("getmetatable(test.policy('p').handle).__gc = nil", 1, "attempt to index a boolean value");
}

/* The policies of the page, and those tests of them that it has itself. */
static void the_page_and_its_cookbook_pass(void **state)
{
    char *page = world_read_source("docs/lua.md"), *cookbook = world_read_source("tests/unit/cookbook.test.lua");
    const char *tests[8] = {NULL};
    size_t count = 0;
    (void)state;
    for (char *at = page; (at = strstr(at, "```lua\n"));) {
        char *text = at + 7, *end = strstr(text, "```"), *name = strstr(text, "name = \""), file[80];
        assert_non_null(end);
        *end = '\0';
        at = end + 1;
        if (strncmp(text, "local t = {}", 12) == 0) {
            assert_true(count < 8);
            tests[count++] = text;
            continue;
        }
        assert_non_null(name);
        snprintf(file, sizeof(file), "%.*s.lua", (int)strcspn(name + 8, "\""), name + 8);
        world_file(file, text);
    }
    assert_int_equal(count, 1);
    run_file(world_file("page.test.lua", tests[0]));
    if (failed > 0 || passed != 1)
        fail_msg("%s", said);
    run_file(world_file("cookbook.test.lua", cookbook));
    if (failed > 0 || passed < 8)
        fail_msg("%s", said);
    free(page);
    free(cookbook);
}

/* What is shipped passes; and there are tests of each. */
static void shipped_policies_pass_their_tests(void **state)
{
    static const char *const names[] = {"login-pacing", "read-only", "retention"};
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[512];
        snprintf(path, sizeof(path), "%s/lua/policies/tests/%s.test.lua", LUA_SOURCE_FOLDER, names[i]);
        run_file(path);
        if (failed > 0 || passed == 0)
            fail_msg("%s", said);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(expectations_that_fail_say_so),
        TEST(what_is_written_wrongly_is_said),
        TEST(sessions_follow_the_rules),
        TEST(logins_are_judged),
        TEST(hooks_can_be_asked_alone),
        TEST(a_hook_that_fails_fails_the_test),
        TEST(tests_have_limits),
        TEST(files_that_are_no_tests),
        TEST(tests_run_in_the_order_of_the_file),
        TEST(the_environment_has_one_name_more),
        TEST(the_page_and_its_cookbook_pass),
        TEST(shipped_policies_pass_their_tests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
