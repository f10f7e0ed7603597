/* What `restante policy check` says of files in Lua. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "kit_host.h"
#include "lua_policy.h"
#include "lua_world.h"

static char said[4096];
static unsigned failed, notes;

static void hear(void *context, enum restante_policy_result result, const char *text)
{
    (void)context;
    size_t length = strlen(said);
    snprintf(said + length, sizeof(said) - length, "%s\n", text);
    if (result == RESTANTE_POLICY_FAILED)
        failed++;
    else if (result == RESTANTE_POLICY_NOTE)
        notes++;
}

static void check_file(const char *path)
{
    said[0] = '\0';
    failed = notes = 0;
    if (lua_policy_operations.check(&kit_host, path, hear, NULL, &world_error) != RESTANTE_OK)
        fail_msg("%s", world_error.log);
}

/* One fault, in this line, with this in its sentence; "" for none. */
static void check(const char *script, unsigned line, const char *sentence)
{
    char where[32];
    check_file(world_file("sample.lua", script));
    snprintf(where, sizeof(where), "/sample.lua:%u: ", line);
    if (!sentence[0] && (failed > 0 || notes > 0))
        fail_msg("%s", said);
    if (sentence[0] && (failed != 1 || !strstr(said, sentence) || (line > 0 && !strstr(said, where))))
        fail_msg("\"%s\" in line %u is not all of \"%s\"", sentence, line, said);
}

#define POLICY(text) "local p = { api = 1, settings = { keep = { type = 'duration', default = '7d' } } }\n" text "\nreturn p\n"

static void what_is_right_passes(void **state)
{
    (void)state;
    check(POLICY(""), 0, "");
    check(POLICY("function p.dele(session, message) if message.age < p.settings.keep then"
                 " return restante.refuse('no') end end"), 0, "");
    check(POLICY("local function older(message, session) return message.age > session.settings.keep end\n"
                 "function p.open(session, maildrop)\n"
                 "  local answers = { list = 1, ['x y'] = 2, restante = 3 }; answers = {}\n"
                 "  for number, message in pairs(maildrop.messages) do\n"
                 "    if older(message, session) and message:header('Subject') then answers[number] = restante.hide() end\n"
                 "  end\n"
                 "  session.store.count = (session.store.count or 0) + 1\n"
                 "  goto done\n"
                 "  ::done::\n"
                 "  repeat local over = session.maildrop.count until over >= 0\n"
                 "  return answers\n"
                 "end\n"
                 "p.after = { close = function(session) local message = { any = 1 }; return nil end }"), 0, "");
    check(POLICY("local maildrop = { uidls = 1 }; local x <const> = maildrop.uidls\n"
                 "local function f(...) local a, b = ..., [==[ restante.nothing ]==]; return a, b, 1e-5 .. 'x' end f()"),
          0, "");
    /* A script with globals of its own. */
    check(POLICY("local _ENV = { mine = 1 }; mine = mine + 1; other = nil"), 0, "");
}

static void syntax_has_its_line(void **state)
{
    (void)state;
    check("local p = {\n  api = 1,\n  = 2 }\n", 3, "unexpected symbol near '='");
    check("return {", 1, "unexpected symbol near <eof>");
    check("\033Lua", 0, "binary chunk");
    check("", 0, "returns a nil value, but must return the table of the policy");
}

static void unknown_fields_and_hooks(void **state)
{
    (void)state;
    check(POLICY("function p.delle() end"), 0, "policy.delle: there is no such hook or field; did you mean \"dele\"?");
    check(POLICY("p.after = { clos = function() end }"), 0, "after.clos: there is no such hook; did you mean \"close\"?");
    check("return { api = 1, setings = {} }", 0, "did you mean \"settings\"?");
    check("return { api = 1, settings = { keep = { typ = 'duration' } } }", 0,
          "settings.keep.typ: there is no such field; did you mean \"type\"?");
    check("return { api = 1, settings = { keep = { type = 'duratoin' } } }", 0, "did you mean \"duration\"?");
    check("return { api = 2 }", 0, "api: must be 1");
    check(POLICY("function p:dele(message) end"), 2, "write \"function p.dele(…)\"");
}

static void unknown_names(void **state)
{
    (void)state;
    check(POLICY("function p.dele() return restante.refuze() end"), 2,
          "restante.refuze: there is no such name; did you mean \"refuse\"?");
    check(POLICY("function p.dele(session)\n if not session then\n return string.gsub('a', 'b', 'c') end end"), 4,
          "string.gsub: there is no such name");
    check(POLICY("function p.dele(session)\n if not session then os.exit() end end"), 3,
          "os: there is no such global");
    check(POLICY("function p.dele(session)\n if not session then prnt(1) end end"), 3, "prnt: there is no such global");
    check(POLICY("function p.dele(session)\n if not session then counter = 1 end end"), 3,
          "counter: globals cannot be made or changed; write \"local counter\"");
    check(POLICY("function p.dele(session)\n if not session then string.upper = 1 end end"), 3,
          "string cannot be changed");
    check(POLICY("local function helper() end\nfunction helpr() end"), 3, "write \"local helpr\"");
}

/* Also where no call comes by. */
static void unknown_facts_and_settings(void **state)
{
    (void)state;
    check(POLICY("function p.dele(s, m) if not s then return m.uid end end"), 2,
          "m.uid: there is no such fact; did you mean \"uidl\"?");
    check(POLICY("p.dele = function(s, m) if not s then return s.usr end end"), 2,
          "s.usr: there is no such fact; did you mean \"user\"?");
    check(POLICY("function p.open(s, box) if not s then return box.size end end"), 2, "box.size: there is no such fact");
    check(POLICY("function p.open(s) if not s then return s.maildrop.messagges end end"), 2,
          "maildrop.messagges: there is no such fact; did you mean \"messages\"?");
    check(POLICY("local function f(message) return message.agee end"), 2, "did you mean \"age\"?");
    check(POLICY("p.after = { retr = function(session, message)\n if not session then message.age = 1 end end }"), 3,
          "message.age cannot be changed");
    check(POLICY("function p.dele(session, message) if not session then return message:body() end end"), 2,
          "message.body: there is no such fact");
    check(POLICY("function p.dele(session) if not session then return p.settings.kep end end"), 2,
          "settings.kep: there is no such setting; did you mean \"keep\"?");
    check(POLICY("function p.dele(session) if not session then return session.settings.kepe end end"), 2,
          "did you mean \"keep\"?");
}

static void hooks_are_called(void **state)
{
    (void)state;
    check(POLICY("function p.retr(session, message)\n  return message.first_retrieved + 1\nend"), 3,
          "retr, called with made-up facts, fails: attempt to perform arithmetic on a nil value");
    check(POLICY("p.after = { quit = function(session, maildrop) error('on purpose') end }"), 2, "after.quit, called");
    check(POLICY("function p.login(session) return restante.hide() end"), 0, "hide is no answer of login");
    check(POLICY("function p.announce(session) return { expired = session and 1 } end"), 0,
          "announce, called with made-up facts, fails: announce.expired: there is no such field; did you mean");
    check(POLICY("function p.quit() while true do end end"), 2, "more instructions than its limit");
    check("while true do end", 1, "more instructions than its limit");
}

static void what_is_not_looked_at_is_said(void **state)
{
    (void)state;
    check_file(world_file("sample.lua", "local p = { api = 1, settings = { list = { type = 'string', required = true } } }\n"
                                        "function p.start() restante.list(p.settings.list) end\n"
                                        "function p.dele() return restante.refuse(p.settings.lst) end return p"));
    assert_int_equal(notes, 1);
    assert_non_null(strstr(said, "setting \"list\" is required and has no value here: hooks were not called"));
    assert_int_equal(failed, 1);
    assert_non_null(strstr(said, "sample.lua:3: settings.lst: there is no such setting; did you mean \"list\"?"));
}

static void several_faults_are_all_said(void **state)
{
    (void)state;
    check_file(world_file("sample.lua", POLICY("function p.dele(session)\n  if not session then a = 1 end\n"
                                               "  if not session then b = 1 end\n  error('x')\nend")));
    assert_int_equal(failed, 3);
}

static void a_file_that_cannot_be_read(void **state)
{
    (void)state;
    assert_int_equal(lua_policy_operations.check(&kit_host, "/nonexistent/x.lua", hear, NULL, &world_error),
                     RESTANTE_INVALID);
    assert_string_equal(world_error.log, "/nonexistent/x.lua: cannot be read: No such file or directory");
}

static void shipped_policies_have_no_fault(void **state)
{
    static const char *const names[] = {"read-only", "login-pacing", "retention"};
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[512];
        snprintf(path, sizeof(path), "%s/lua/policies/%s.lua", LUA_SOURCE_FOLDER, names[i]);
        check_file(path);
        if (failed > 0 || notes > 0)
            fail_msg("%s", said);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_right_passes),
        TEST(syntax_has_its_line),
        TEST(unknown_fields_and_hooks),
        TEST(unknown_names),
        TEST(unknown_facts_and_settings),
        TEST(hooks_are_called),
        TEST(what_is_not_looked_at_is_said),
        TEST(several_faults_are_all_said),
        TEST(a_file_that_cannot_be_read),
        TEST(shipped_policies_have_no_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
