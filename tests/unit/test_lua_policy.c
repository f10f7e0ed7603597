/* Policies in Lua: what a file may be, what its hooks may answer, what its settings take. */
#include "unit.h"

#include <stdio.h>
#include <sys/stat.h>

#include "kit_host.h"
#include "lua_world.h"

#define POLICY(body) "local p = { api = 1 }\n" body "\nreturn p\n"

static void a_policy_wants_what_it_has_hooks_for(void **state)
{
    (void)state;
    world_start_good("return { api = 1, name = 'keep-a-week', on_error = 'try-later' }");
    assert_string_equal(world_terms.name, "keep-a-week");
    assert_int_equal(world_terms.wanted, 0);
    assert_int_equal(world_terms.wanted_after, 0);
    assert_int_equal(world_terms.on_error, RESTANTE_ON_ERROR_TRY_LATER);
    assert_int_equal(world_terms.announcement.expire_days, RESTANTE_NO_ANNOUNCEMENT);
    assert_int_equal(world_judge(RESTANTE_EVENT_DELE, 1), RESTANTE_OK);
    world_start_good(POLICY("function p.dele() end function p.login() end\n"
                            "p.after = { retr = function() end, close = function() end }"));
    assert_string_equal(world_terms.name, "sample");
    assert_int_equal(world_terms.wanted, RESTANTE_EVENT(DELE) | RESTANTE_EVENT(LOGIN));
    assert_int_equal(world_terms.wanted_after, RESTANTE_EVENT(RETR) | RESTANTE_EVENT(CLOSE));
    assert_int_equal(world_terms.on_error, RESTANTE_ON_ERROR_REFUSE);
    world_give_text("on_error", "allow");
    world_start_good("return { api = 1, on_error = 'try-later' }");
    assert_int_equal(world_terms.on_error, RESTANTE_ON_ERROR_ALLOW);
}

static void what_is_no_policy_is_refused_with_the_line(void **state)
{
    (void)state;
    world_start_bad("return {", "policy.1.script: policy sample, line 1: unexpected symbol near <eof>");
    world_start_bad("local x = 1\nx()\nreturn {}", "policy sample, line 2: attempt to call a number value");
    world_start_bad("return 7", "returns a number value");
    world_start_bad("return setmetatable({}, {})", "with a metatable");
    world_start_bad("return {}", "api: must be 1");
    world_start_bad("return { api = 2 }", "api: must be 1");
    world_start_bad("return { api = 1.0 }", "api: must be 1");
    world_start_bad("return { api = 1, name = 'A b' }", "name: must be");
    world_start_bad("return { api = 1, on_error = 'pray' }", "on_error: must be \"allow\"");
    world_start_bad(POLICY("function p.del() end"), "policy.del: there is no such hook or field; did you mean \"dele\"?");
    world_start_bad(POLICY("p.setings = {}"), "did you mean \"settings\"?");
    world_start_bad(POLICY("p.close = function() end"), "policy.close: there is no such hook or field");
    world_start_bad(POLICY("p[1] = 2"), "policy: there is no such hook or field");
    world_start_bad(POLICY("p.dele = true"), "dele: is a boolean value, but must be a function");
    world_start_bad(POLICY("p.after = { retrr = function() end }"), "after.retrr: there is no such hook; did you mean \"retr\"?");
    world_start_bad(POLICY("p.after = { retr = 1 }"), "after.retr: is a number value");
    world_start_bad(POLICY("p.after = 1"), "after: is a number value");
    world_start_bad(POLICY("p.start = 1"), "start: is a number value");
    world_start_bad("x = 1 return { api = 1 }", "line 1: globals cannot be changed");
    world_start_bad("return { api = 1, name = restant }", "globals.restant: there is no such name; did you mean \"restante\"?");
    world_start_bad("return { api = 1, dele = restante.refuze }", "did you mean \"refuse\"?");
    world_start_bad("\x1bLua", "attempt to load a binary chunk");
    world_start_bad(POLICY("function p.start() error('users is empty') end"), "line 2: users is empty");
}

static void files_are_trusted_or_refused(void **state)
{
    char path[128];
    (void)state;
    snprintf(path, sizeof(path), "%s", world_file("mine.lua", "return { api = 1 }"));
    assert_int_equal(world_start_file(path), RESTANTE_OK);
    assert_int_equal(chmod(path, 0666), 0);
    assert_int_equal(world_start_file(path), RESTANTE_INVALID);
    assert_non_null(strstr(world_error.log, "mine.lua could be written by others"));
    assert_int_equal(world_start_file("/tmp"), RESTANTE_INVALID);
    assert_non_null(strstr(world_error.log, "/tmp is not a regular file"));
    assert_int_equal(world_start_file("no-such-policy"), RESTANTE_INVALID);
    assert_non_null(strstr(world_error.log, "/policies/no-such-policy.lua cannot be read: No such file"));
    assert_int_equal(world_start_file("../mine"), RESTANTE_INVALID);
    assert_non_null(strstr(world_error.log, "must be the name of a shipped policy or an absolute path"));
}

static void answers_become_verdicts(void **state)
{
    (void)state;
    world_start_good(POLICY("function p.dele(session, message)\n"
                            "  if message.number == 1 then return restante.refuse('kept\\r\\n+OK for \\200 week', 'SYS/PERM') end\n"
                            "  if message.number == 2 then return restante.delay(99) end\n"
                            "  if message.number == 3 then return restante.disconnect() end\n"
                            "  if message.number == 4 then return restante.set_aside(session.now + 60.5, 'later') end\n"
                            "  return restante.hide('gone')\nend"));
    assert_int_equal(world_judge(RESTANTE_EVENT_DELE, 1), RESTANTE_OK);
    assert_int_equal(world_verdict.decision, RESTANTE_REFUSE);
    assert_string_equal(world_verdict.text, "kept??+OK for ? week");
    assert_string_equal(world_verdict.code, "SYS/PERM");
    assert_string_equal(world_verdict.rule, "dele, line 3");
    assert_int_equal(world_judge(RESTANTE_EVENT_DELE, 2), RESTANTE_OK);
    assert_int_equal(world_verdict.decision, RESTANTE_DELAY);
    assert_int_equal(world_verdict.delay_ms, RESTANTE_DELAY_MAX_MS);
    assert_int_equal(world_judge(RESTANTE_EVENT_DELE, 3), RESTANTE_OK);
    assert_int_equal(world_verdict.decision, RESTANTE_DISCONNECT);
    assert_string_equal(world_verdict.text, "closing");
    assert_int_equal(world_judge(RESTANTE_EVENT_DELE, 4), RESTANTE_OK);
    assert_int_equal(world_verdict.decision, RESTANTE_SET_ASIDE);
    assert_int_equal(world_verdict.until_s, WORLD_NOW_S + 60);
    assert_string_equal(world_verdict.reason, "later");
    assert_int_equal(world_judge(RESTANTE_EVENT_DELE, 5), RESTANTE_OK);
    assert_int_equal(world_verdict.decision, RESTANTE_HIDE);
    assert_string_equal(world_verdict.rule, "dele, line 7");
    world_start_good(POLICY("function p.login() return restante.limit{ idle = 900, bad_commands = 2 } end"));
    assert_int_equal(world_judge(RESTANTE_EVENT_LOGIN, 0), RESTANTE_OK);
    assert_int_equal(world_verdict.decision, RESTANTE_LIMIT);
    assert_int_equal(world_verdict.limits.idle_ms, 900000);
    assert_int_equal(world_verdict.limits.bad_commands, 2);
    world_start_good(POLICY("function p.retr() return restante.refuse(('x'):rep(1000)) end"));
    assert_int_equal(world_judge(RESTANTE_EVENT_RETR, 1), RESTANTE_OK);
    assert_int_equal(strlen(world_verdict.text), sizeof(world_verdict.text) - 1);
}

static void wrong_answers_are_errors(void **state)
{
    static const struct {
        const char *body, *sentence;
    } rows[] = {
        {"function p.retr() return restante.hide() end", "policy sample: retr: hide is no answer of retr"},
        {"function p.retr() return restante.limit{} end", "limit is no answer of retr"},
        {"function p.retr() return true end", "the answer is a boolean value"},
        {"function p.retr() return {} end", "the answer is a table value"},
        {"function p.retr() return restante.refuse({}) end", "retr, line 2: bad argument #1 to 'refuse'"},
        {"function p.retr() return restante.refuse('x', 'no code') end", "response code"},
        {"function p.retr() return restante.delay(-1) end", "must not be negative"},
        {"function p.retr() return restante.delay('soon') end", "number expected"},
        {"function p.retr() restante.expire() end", "bad argument"},
        {"function p.retr() restante.set_aside(0/0) end", "is no time"},
        {"function p.retr() restante.limit{ idle = 5 } end", "idle must be a number of at least 600"},
        {"function p.retr() restante.limit{ idel = 5 } end", "limit.idel: there is no such limit; did you mean \"idle\"?"},
        {"function p.retr() restante.refuse().text = 'x' end", "a verdict cannot be changed"},
        {"function p.retr() return restante.refuse().txt end", "did you mean \"text\"?"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char script[512];
        snprintf(script, sizeof(script), POLICY("%s"), rows[i].body);
        world_start_good(script);
        world_judge_bad(RESTANTE_EVENT_RETR, 1, rows[i].sentence);
    }
}

static void open_and_quit_decide_per_message(void **state)
{
    (void)state;
    world_start_good(POLICY(
        "function p.open(session, maildrop)\n"
        "  local decisions, old = {}, restante.expire('older than two days')\n"
        "  for number, message in pairs(maildrop.messages) do\n"
        "    if message.age > 2 * 86400 then decisions[number] = old end\n"
        "  end\n"
        "  decisions[5] = restante.hold()\n"
        "  return decisions\n"
        "end\n"
        "function p.quit(session, maildrop)\n"
        "  local decisions = {}\n"
        "  for number, message in ipairs(maildrop.messages) do\n"
        "    if message.retrieved then decisions[number] = restante.expire('fetched') end\n"
        "  end\n"
        "  return decisions\n"
        "end"));
    assert_int_equal(world_judge(RESTANTE_EVENT_OPEN, 0), RESTANTE_OK);
    assert_int_equal(world_decisions, 4);
    for (size_t i = 1; i <= 3; i++)
        assert_int_equal(world_decided[i].decision, RESTANTE_EXPIRE);
    assert_int_equal(world_decided[4].decision, RESTANTE_ALLOW);
    assert_int_equal(world_decided[5].decision, RESTANTE_HOLD);
    assert_string_equal(world_decided[1].reason, "older than two days");
    assert_string_equal(world_decided[1].rule, "open, line 3");
    world_messages[1].is_retrieved = true;
    assert_int_equal(world_judge(RESTANTE_EVENT_QUIT, 0), RESTANTE_OK);
    assert_int_equal(world_decisions, 1);
    assert_int_equal(world_decided[2].decision, RESTANTE_EXPIRE);
    world_start_good(POLICY("function p.open() return { [6] = restante.hide() } end\n"
                            "function p.quit() return { [1] = restante.hide() } end"));
    world_judge_bad(RESTANTE_EVENT_OPEN, 0, "something that is no message");
    world_judge_bad(RESTANTE_EVENT_QUIT, 0, "hide is no answer of quit");
    /* One wrong answer, and the right ones do not count either. */
    world_start_good(POLICY("function p.open() local e = restante.expire('x') return { e, e, restante.refuse(), e } end"));
    world_judge_bad(RESTANTE_EVENT_OPEN, 0, "refuse is no answer of open");
    assert_int_equal(world_decisions, 0);
    world_start_good(POLICY("function p.open() return { x = restante.hide() } end\n"
                            "function p.quit() return restante.refuse() end"));
    world_judge_bad(RESTANTE_EVENT_OPEN, 0, "something that is no message");
    world_judge_bad(RESTANTE_EVENT_QUIT, 0, "refuse is no answer of quit");
    world_start_good(POLICY("function p.open() return { ['1'] = restante.hide() } end\n"));
    world_judge_bad(RESTANTE_EVENT_OPEN, 0, "something that is no message");
    world_start_good(POLICY("function p.open() return restante.refuse('closed') end"));
    assert_int_equal(world_judge(RESTANTE_EVENT_OPEN, 0), RESTANTE_OK);
    assert_int_equal(world_verdict.decision, RESTANTE_REFUSE);
}

static void after_hooks_see_and_do_not_decide(void **state)
{
    (void)state;
    world_start_good(POLICY("p.after = { retr = function(session, message) restante.log(message.uidl .. '\\n') end,\n"
                            "close = function(session, maildrop) restante.log(tostring(maildrop)) end,\n"
                            "dele = function() return restante.refuse() end }"));
    assert_int_equal(world_judge_after(RESTANTE_EVENT_RETR, 2), RESTANTE_OK);
    assert_string_equal(kit_host_log_text(), "policy sample: two?\n");
    assert_int_equal(world_judge(RESTANTE_EVENT_RETR, 2), RESTANTE_OK);
    assert_string_equal(kit_host_log_text(), "policy sample: two?\n");
    world_has_maildrop = false;
    assert_int_equal(world_judge_after(RESTANTE_EVENT_CLOSE, 0), RESTANTE_OK);
    assert_non_null(strstr(kit_host_log_text(), "policy sample: nil\n"));
    assert_int_equal(world_judge_after(RESTANTE_EVENT_DELE, 1), RESTANTE_TEMPORARY);
    assert_string_equal(world_error.log, "policy sample: after.dele: it answers, but it is too late to decide");
}

static void settings_are_typed_and_given(void **state)
{
    (void)state;
    world_give_text("keep", "10d");
    world_give_integer("wait", 90);
    world_give_text("pause", "1500ms");
    world_give_text("most", "64K");
    world_give_integer("count", -3);
    world_give_bool("strict", true);
    world_give_text("greeting", "hello");
    world_give_text("mode", "hard");
    world_give_text("users.1", "a");
    world_give_text("users.2", "b");
    world_give_text("one", "only");
    world_start_good(
        "local p = { api = 1, settings = { keep = { type = 'duration', default = '7d' }, wait = { type = 'duration' },\n"
        "pause = { type = 'duration' }, most = { type = 'size', max = '1M' }, count = { type = 'integer', min = -3 },\n"
        "strict = { type = 'boolean', default = false }, greeting = { type = 'string', required = true },\n"
        "mode = { type = 'choice', choices = { 'soft', 'hard' }, default = 'soft' }, users = { type = 'list' },\n"
        "one = { type = 'list', help = 'of one' }, absent = { type = 'string' },\n"
        "more = { type = 'duration', default = '2h' }, none = { type = 'list', default = { 'x', 'y' } },\n"
        "no = { type = 'boolean', default = false }, big = { type = 'size', default = 5 } } }\n"
        "function p.start()\n"
        "  local s = p.settings\n"
        "  assert(s.keep == 864000 and s.wait == 90 and s.pause == 1.5 and s.most == 65536 and s.count == -3)\n"
        "  assert(math.type(s.keep) == 'integer')\n"
        "  assert(s.strict == true and s.greeting == 'hello' and s.mode == 'hard')\n"
        "  assert(#s.users == 2 and s.users[1] == 'a' and s.users[2] == 'b' and s.one[1] == 'only')\n"
        "  assert(s.absent == false and s.more == 7200 and s.none[2] == 'y' and s.no == false and s.big == 5)\n"
        "  assert(not pcall(function() s.keep = 1 end) and not pcall(function() s.users[1] = 1 end))\n"
        "  assert(not pcall(function() p.settings = {} end) and not pcall(function() p.dele = 1 end))\n"
        "  local ok, why = pcall(function() return s.kep end)\n"
        "  assert(not ok and restante.find(why, 'did you mean \"keep\"?'), why)\n"
        "  local n = 0 for k, v in pairs(s) do n = n + 1 end assert(n == 15)\n"
        "end\n"
        "function p.login(session) assert(session.settings.keep == 864000) end\n"
        "return p");
    assert_int_equal(world_judge(RESTANTE_EVENT_LOGIN, 0), RESTANTE_OK);
}

static void wrong_settings_are_refused_with_line_and_key(void **state)
{
#define DECLARE(text) "return { api = 1, settings = { " text " } }"
    (void)state;
    world_start_bad(DECLARE("keep = { typ = 'duration' }"), "settings.keep.typ: there is no such field; did you mean \"type\"?");
    world_start_bad(DECLARE("keep = { type = 'durations' }"), "did you mean \"duration\"?");
    world_start_bad(DECLARE("keep = 5"), "settings.keep: must be a table such as");
    world_start_bad(DECLARE("memory = { type = 'size' }"), "settings.memory: is a name of the engine's own");
    world_start_bad(DECLARE("driver = { type = 'size' }"), "settings.driver: is a name of the engine's own");
    world_start_bad(DECLARE("name = { type = 'string' }"), "settings.name: is a name of the engine's own");
    world_start_bad(DECLARE("keep = { type = 'duration', default = 'ever' }"), "settings.keep: its default must be a duration");
    world_start_bad(DECLARE("keep = { type = 'duration', default = {} }"), "settings.keep: its default must be");
    world_start_bad(DECLARE("mode = { type = 'choice' }"), "a choice needs choices");
    world_start_bad(DECLARE("mode = { type = 'choice', choices = { 'a' }, default = 'b' }"), "its default must be one of \"a\"");
    world_start_bad(DECLARE("n = { type = 'integer', default = 5, max = 4 }"), "its default must be a whole number within its range");
    world_start_bad(DECLARE("n = { type = 'integer', default = 5, max = {} }"), "its max must be a number");
    world_start_bad(DECLARE("[1] = { type = 'integer' }"), "names are of a-z");
    world_start_bad(DECLARE("limit = { type = 'string', required = true }"), "policy.1.limit: is missing, but the policy needs it");
    world_start_bad("return { api = 1, settings = 1 }", "settings: is a number value");
    world_give_text("keep", "ever");
    world_start_bad(DECLARE("keep = { type = 'duration' }"),
                    "line 2: policy.1.keep: is \"ever\", but must be a duration, seconds or \"30s\", \"10m\", \"7d\"");
    world_start_bad(DECLARE("keep = { type = 'integer' }"), "line 2: policy.1.keep: is \"ever\", but must be a whole number");
    world_start_bad(DECLARE("keep = { type = 'choice', choices = { 'a', 'b' } }"), "must be one of \"a\", \"b\"");
    world_start_bad(DECLARE("kep = { type = 'string' }"), "line 2: policy.1.keep: there is no such setting; did you mean \"kep\"?");
    world_start_bad(DECLARE(""), "line 2: policy.1.keep: there is no such setting; the policy declares those it has");
    world_give_integer("most", -1);
    world_start_bad(DECLARE("keep = { type = 'string' }, most = { type = 'size' }"), "line 3: policy.1.most: is -1, but must be a size");
    world_start_bad(DECLARE("keep = { type = 'string' }, most = { type = 'integer', min = 0 }"),
                    "line 3: policy.1.most: is outside of the range");
    world_give_text("who.1", "x");
    world_start_bad(DECLARE("keep = { type = 'string' }, most = { type = 'integer' }, who = { type = 'string' }"),
                    "line 4: policy.1.who.1: is in a table");
    world_give_bool("memry", true);
    world_start_bad(DECLARE("keep = { type = 'string' }, most = { type = 'integer' }, who = { type = 'list' }"),
                    "line 5: policy.1.memry: there is no such setting; did you mean \"memory\"?");
}

static void announcements_are_asked_for(void **state)
{
    struct restante_announcement announcement;
    (void)state;
    world_start_good(POLICY(
        "function p.announce(session)\n"
        "  if not session then return { expire = 86400, expire_differs = true, login_delay = 1.5 } end\n"
        "  if session.localpart == 'bob' then return nil end\n"
        "  return { expire = session.localpart == 'carol' and 'never' or 3 * 86400 - 1 }\n"
        "end"));
    assert_int_equal(world_terms.announcement.expire_days, 1);
    assert_true(world_terms.announcement.expire_differs);
    assert_int_equal(world_terms.announcement.login_delay_s, 2);
    assert_false(world_terms.announcement.login_delay_differs);
    assert_int_equal(world_announce(&announcement), RESTANTE_OK);
    assert_int_equal(announcement.expire_days, 2);
    assert_int_equal(announcement.login_delay_s, RESTANTE_NO_ANNOUNCEMENT);
    world_session.local = "carol";
    assert_int_equal(world_announce(&announcement), RESTANTE_OK);
    assert_int_equal(announcement.expire_days, RESTANTE_EXPIRE_NEVER);
    world_session.local = "bob";
    assert_int_equal(world_announce(&announcement), RESTANTE_OK);
    assert_int_equal(announcement.expire_days, RESTANTE_NO_ANNOUNCEMENT);
    world_start_bad(POLICY("function p.announce() return { expires = 1 } end"), "announce.expires: there is no such field; did you mean \"expire\"?");
    world_start_bad(POLICY("function p.announce() return { expire = 'ever' } end"), "expire must be a number of seconds or \"never\"");
    world_start_bad(POLICY("function p.announce() return 5 end"), "table expected");
    world_start_good(POLICY("function p.announce(session) return session and session.usr end"));
    assert_int_equal(world_announce(&announcement), RESTANTE_TEMPORARY);
    assert_string_equal(world_error.log, "policy sample: announce, line 2: session.usr: there is no such fact; did you mean \"user\"?");
    world_start_good("return { api = 1 }");
    assert_int_equal(world_announce(&announcement), RESTANTE_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_policy_wants_what_it_has_hooks_for),
        TEST(what_is_no_policy_is_refused_with_the_line),
        TEST(files_are_trusted_or_refused),
        TEST(answers_become_verdicts),
        TEST(wrong_answers_are_errors),
        TEST(open_and_quit_decide_per_message),
        TEST(after_hooks_see_and_do_not_decide),
        TEST(settings_are_typed_and_given),
        TEST(wrong_settings_are_refused_with_line_and_key),
        TEST(announcements_are_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
