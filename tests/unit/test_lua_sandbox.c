/* What a script finds, compared with a list; and every way out of its limits that we know, tried. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "kit_host.h"
#include "lua_world.h"

/* The whole environment, as docs/lua.md promises it. Anything else is a hole. */
static const char environment[] =
    "assert coroutine.close coroutine.create coroutine.isyieldable coroutine.resume coroutine.running "
    "coroutine.status coroutine.wrap coroutine.yield error getmetatable ipairs math.abs math.ceil math.floor math.fmod "
    "math.huge math.max math.maxinteger math.min math.mininteger math.modf math.pi math.sqrt math.tointeger math.type "
    "math.ult next pairs pcall rawequal rawget rawlen restante.date restante.delay restante.disconnect "
    "restante.expire restante.find restante.glob restante.hide restante.hold restante.limit restante.list restante.log "
    "restante.refuse restante.set_aside restante.split select setmetatable string.byte string.char string.find "
    "string.format string.len string.lower string.rep string.reverse string.sub string.upper table.concat "
    "table.insert table.move table.pack table.remove table.sort table.unpack tonumber tostring type utf8.char "
    "utf8.codepoint utf8.len utf8.offset xpcall";

static void the_environment_is_what_the_list_says(void **state)
{
    (void)state;
    world_start_good("local names, libraries = {}, 0\n"
                     "for name, value in pairs(_ENV) do\n"
                     "  if type(value) == 'table' then\n"
                     "    libraries = libraries + 1\n"
                     "    for inner in pairs(value) do names[#names + 1] = name .. '.' .. inner end\n"
                     "  else names[#names + 1] = name end\n"
                     "end\n"
                     "assert(libraries == 6)\n"
                     "table.sort(names)\n"
                     "local p = { api = 1 }\n"
                     "function p.start() for i = 1, #names, 9 do\n"
                     "  restante.log(table.concat(names, ' ', i, math.min(i + 8, #names))) end end\n"
                     "return p");
    /* Lines of nine names, put together again. */
    char found[4096] = "";
    const char *log = kit_host_log_text(), prefix[] = "policy sample: ";
    while (*log) {
        assert_memory_equal(log, prefix, strlen(prefix));
        log += strlen(prefix);
        size_t length = strcspn(log, "\n");
        snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s%.*s", found[0] ? " " : "", (int)length, log);
        log += length + 1;
    }
    assert_string_equal(found, environment);
}

static void nothing_leads_out(void **state)
{
    static const char *const rows[] = {
        "return os", "return io", "return debug", "return load", "return loadfile", "return dofile", "return require",
        "return package", "return _G", "return rawset", "return collectgarbage", "return print", "return string.gsub",
        "return string.match", "return string.gmatch", "return string.dump", "return ('x').gsub", "return math.random",
        "string.format = nil", "math.pi = 3", "restante.refuse = nil", "pairs = nil", "_ENV.x = 1", "('x').y = 1",
        "setmetatable(_ENV, {})", "setmetatable(string, {})", "setmetatable('', {})", "setmetatable({}, { __gc = print })",
        "setmetatable({}, { __gc = function() end })", "table.insert(_ENV, 1)", "table.insert(string, 1)",
        "table.move({ 1 }, 1, 1, 1, string)", "table.sort(string)", "table.remove(math)",
        "getmetatable('').__index = nil", "getmetatable(_ENV).__index = nil", "return 1 + '1'",
        "local f, t = pairs(string) t.x = 1", "local f, t = pairs(string) return f(t, 'no such key')",
        "local f, t = pairs(session.settings) t.x = 1", "setmetatable(session, {})", "return #session",
        "getmetatable(session).__index = nil", "getmetatable(restante.refuse()).x = 1",
        "coroutine.yield()", "error()", "error(nil)", "error({})", "error(setmetatable({}, { __tostring = error }))",
        "error(session)", "error(error)", "error(coroutine.create(error))", "error(1)", "error(true)",
        "assert(false)", "return session < session", "return session .. ''", "return session()",
        "return restante.refuse() < restante.refuse()", "local x <close> = session",
        "local x <close> = setmetatable({}, { __close = error })", "for i = 1, 10, 0 do end",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char script[512];
        snprintf(script, sizeof(script), "local p = { api = 1 } function p.dele(session)\n%s\nend return p", rows[i]);
        world_start_good(script);
        if (world_judge(RESTANTE_EVENT_DELE, 1) != RESTANTE_TEMPORARY)
            fail_msg("not refused: %s", rows[i]);
        assert_non_null(strstr(world_error.log, "policy sample: dele, line "));
        assert_int_equal(world_verdict.decision, RESTANTE_ALLOW);
    }
    world_start_good("local p = { api = 1 } function p.dele()\n"
                     "assert(getmetatable('') == false and getmetatable(_ENV) == false and getmetatable(string) == false)\n"
                     "assert(rawget(_ENV, 'pairs') == nil and next(string) == nil and rawlen(table) == 0)\n"
                     "local t = setmetatable({}, { __metatable = 'mine' }) assert(getmetatable(t) == 'mine')\n"
                     "assert(not pcall(setmetatable, t, {}))\nend return p");
    if (world_judge(RESTANTE_EVENT_DELE, 1) != RESTANTE_OK)
        fail_msg("%s", world_error.log);
}

/* What an attack must end with. */
enum end { INSTRUCTIONS = 1, MEMORY = 2, OTHER = 4, NONE = 8 };
static const struct {
    const char *body;
    unsigned ends;
} attacks[] = {
    {"while true do end", INSTRUCTIONS},
    {"::again:: goto again", INSTRUCTIONS},
    {"repeat until false", INSTRUCTIONS},
    {"for i = 1, math.huge do end", INSTRUCTIONS},
    {"for i = 1, math.maxinteger do end", INSTRUCTIONS},
    {"for i = math.maxinteger - 1, math.maxinteger do end", NONE},
    {"for i = math.mininteger, math.mininteger + 1, 2 do end", NONE},
    {"for i = 1, 3, math.maxinteger do end", NONE},
    {"for i = 1.0, math.huge, 1e-300 do end", INSTRUCTIONS},
    /* Errors that are caught. */
    {"while true do pcall(function() while true do end end) end", INSTRUCTIONS},
    {"while true do pcall(error) end", INSTRUCTIONS},
    {"pcall(function() while true do end end) return nil", INSTRUCTIONS},
    {"xpcall(function() while true do end end, function() while true do end end)", INSTRUCTIONS},
    {"while true do xpcall(error, function() error() end) end", INSTRUCTIONS},
    {"while true do xpcall(error, error) end", INSTRUCTIONS},
    {"xpcall(error, function() while true do end end)", INSTRUCTIONS},
    {"local function f() return pcall(f) end f()", INSTRUCTIONS | OTHER | MEMORY | NONE},
    {"local function f() pcall(f) return f() end f()", INSTRUCTIONS | MEMORY},
    {"while true do select(2, pcall(pcall, pcall, error)) end", INSTRUCTIONS | OTHER},
    {"pcall(function() local s = 'x' while true do s = s .. s end end)", MEMORY},
    {"coroutine.resume(coroutine.create(function() local s = 'x' while true do s = s .. s end end))", MEMORY},
    /* Coroutines. */
    {"coroutine.wrap(function() while true do end end)()", INSTRUCTIONS},
    {"while true do coroutine.resume(coroutine.create(function() while true do end end)) end", INSTRUCTIONS},
    {"local c = coroutine.wrap(function() while true do coroutine.yield() end end) while true do c() end", INSTRUCTIONS},
    {"while true do coroutine.wrap(pcall)(coroutine.yield) end", INSTRUCTIONS},
    {"local function f() return coroutine.wrap(f)() end f()", INSTRUCTIONS | MEMORY | OTHER},
    {"local t = {} while true do t[#t + 1] = coroutine.create(error) end", INSTRUCTIONS | MEMORY},
    {"local c = coroutine.create(function() local x <close> = setmetatable({}, { __close = function() while true do end "
     "end }) coroutine.yield() end) coroutine.resume(c) coroutine.close(c)", INSTRUCTIONS},
    {"local c c = coroutine.create(function() coroutine.close(c) end) assert(coroutine.resume(c))", OTHER},
    {"local c c = coroutine.create(function() coroutine.resume(c) end) while true do coroutine.resume(c) end", INSTRUCTIONS},
    {"coroutine.wrap(function() pcall(function() coroutine.yield(1) while true do end end) end)()", NONE},
    {"local c = coroutine.wrap(function() pcall(function() coroutine.yield(1) while true do end end) end) c() c()",
     INSTRUCTIONS},
    {"local c = coroutine.wrap(function() return pcall(coroutine.yield, 7) end) assert(c() == 7) assert(c())", NONE},
    {"coroutine.wrap(function() table.sort({ 1, 2, 3 }, coroutine.yield) end)()", OTHER},
    /* Metamethods. */
    {"local t = setmetatable({}, {}) getmetatable(t).__index = t return t.x", OTHER},
    {"local t = setmetatable({}, { __index = function(t, k) return t[k + 1] end }) return t[1]", OTHER | INSTRUCTIONS},
    {"local t = setmetatable({}, { __eq = function() while true do end end }) return t == setmetatable({}, getmetatable(t))",
     INSTRUCTIONS},
    {"local t = setmetatable({}, { __lt = function() while true do end end }) return t < t", INSTRUCTIONS},
    {"local t = setmetatable({}, { __concat = function(a, b) return a .. b end }) return t .. t", OTHER | INSTRUCTIONS},
    {"local t = setmetatable({}, { __len = function() while true do end end }) return #t", INSTRUCTIONS},
    {"local t = setmetatable({}, { __call = function(f) return f() end }) return t()", INSTRUCTIONS},
    {"local t = setmetatable({}, { __pairs = function() while true do end end }) pairs(t)", INSTRUCTIONS},
    {"tostring(setmetatable({}, { __tostring = function() while true do end end }))", INSTRUCTIONS},
    {"error(setmetatable({}, { __tostring = function() while true do end end }))", OTHER},
    {"restante.log(setmetatable({}, { __name = 5 }))", OTHER},
    {"local x <close> = setmetatable({}, { __close = function() while true do end end }) while true do end", INSTRUCTIONS},
    {"local function f() local x <close> = setmetatable({}, { __close = function() while true do end end }) return f() + 1 "
     "end f()", INSTRUCTIONS | OTHER | MEMORY},
    /* Functions of ours and of Lua's that work long in one call. */
    {"string.rep('', math.maxinteger)", NONE},
    {"string.rep('x', math.maxinteger)", MEMORY},
    {"string.rep('x', 1 << 30)", MEMORY},
    {"('x'):rep(1 << 62, 'yy')", MEMORY},
    {"local s = 'x' while true do s = s .. s end", MEMORY},
    {"local s = ('x'):rep(1 << 18) while true do s:upper() end", INSTRUCTIONS | MEMORY},
    {"local s = ('x'):rep(1 << 18) while true do s:find('y') end", INSTRUCTIONS},
    {"local s = ('x'):rep(1 << 18) s:find('y')", NONE},
    {"local s = ('x'):rep(1 << 18) s:find('y') s:find('y')", INSTRUCTIONS},
    {"local s = ('x'):rep(1 << 18) s:upper() s:upper()", INSTRUCTIONS},
    {"local s = ('a'):rep(1 << 19) return s:find(('a'):rep(1 << 18) .. 'b')", INSTRUCTIONS | NONE | MEMORY},
    {"while true do restante.glob(('*a'):rep(100), ('a'):rep(1 << 16)) end", INSTRUCTIONS},
    {"while true do restante.split(('a,'):rep(1 << 10), ',') end", INSTRUCTIONS | MEMORY},
    {"string.format('%99999d', 1)", OTHER},
    {"string.format(('%s'):rep(200), table.unpack({}, 1, 200)) string.format(('%99s'):rep(1 << 16))", OTHER},
    {"local s = ('x'):rep(1 << 18) while true do s = ('%s%s'):format(s, s) end", MEMORY | INSTRUCTIONS},
    {"local t = {} for i = 1, 1000 do t[i] = ('x'):rep(1 << 16) end table.concat(t)", MEMORY | INSTRUCTIONS},
    {"table.concat(setmetatable({}, { __index = rawlen, __len = function() return 1 << 50 end }))", OTHER},
    {"table.concat({}, 'x', 1, math.maxinteger)", OTHER},
    {"table.concat({}, 'x', math.mininteger, math.maxinteger)", OTHER},
    {"table.move({}, 1, math.maxinteger - 1, 2)", OTHER},
    {"table.move({}, math.mininteger, math.maxinteger, 1)", OTHER},
    {"table.move({ 1 }, 1, 1, math.maxinteger)", OTHER | NONE},
    {"table.unpack({}, 1, math.maxinteger)", OTHER},
    {"table.unpack({}, 1, 900000)", OTHER | MEMORY | INSTRUCTIONS},
    {"local t = {} for i = 0, 62 do t[1 << i] = true end table.insert(t, 1, true)", OTHER | NONE},
    {"local t = {} for i = 0, 62 do t[1 << i] = true end table.remove(t, 1)", OTHER | NONE},
    {"local t = {} for i = 0, 62 do t[1 << i] = true end table.sort(t)", OTHER | NONE},
    {"table.insert(setmetatable({}, { __len = function() return 1 << 53 end }), 1, 1)", OTHER},
    {"local t = {} for i = 1, 1000 do t[i] = i end while true do table.insert(t, 1, 0) table.remove(t, 1) end", INSTRUCTIONS},
    {"local t = {} for i = 1, 1000 do t[i] = i end table.sort(t, function() return true end)", NONE | INSTRUCTIONS},
    {"local t = {} for i = 1, 1000 do t[i] = i end table.sort(t, function() while true do end end)", INSTRUCTIONS},
    {"local t = {} for i = 1, 1000 do t[i] = i end while true do table.sort(t, rawequal) end", INSTRUCTIONS},
    {"local s, t = ('x'):rep(1 << 18), {} for i = 1, 10000 do t[i] = s end table.sort(t)", INSTRUCTIONS},
    {"local t = {} for i = 1, 10 do t[i] = i end table.sort(t, function(a, b) t[a] = nil return true end)", NONE | OTHER},
    {"table.sort({ 1, 'x' })", OTHER},
    {"while true do utf8.len(('x'):rep(1 << 16)) end", INSTRUCTIONS | MEMORY},
    {"string.byte(('x'):rep(1 << 18), 1, -1)", OTHER | MEMORY | INSTRUCTIONS | NONE},
    {"tonumber(('9'):rep(1 << 18))", NONE | INSTRUCTIONS},
    {"while true do tonumber(('9'):rep(1 << 16), 36) end", INSTRUCTIONS | MEMORY},
    /* Depth and size. */
    {"local function f() return 1 + f() end f()", OTHER | MEMORY | INSTRUCTIONS},
    {"local function f(...) return f(1, 2, 3, 4, 5, 6, 7, 8, 9, ...) end f()", INSTRUCTIONS | OTHER | MEMORY},
    {"local t = {} while true do t = { t } end", INSTRUCTIONS | MEMORY},
    {"local t = {} for i = 1, math.huge do t[i] = i end", INSTRUCTIONS | MEMORY},
    {"local t = {} for i = 1, math.huge do t[i .. ''] = { i } end", INSTRUCTIONS | MEMORY},
    {"local t = {} while true do pcall(function() while true do t[#t + 1] = ('x'):rep(1000) .. #t end end) end",
     INSTRUCTIONS | MEMORY},
    {"for i = 1, 100000 do session.maildrop.messages[1]:header('x') end while true do end", INSTRUCTIONS},
};

static unsigned end_of(enum restante_status status)
{
    if (status == RESTANTE_OK)
        return NONE;
    if (strstr(world_error.log, "it takes more instructions than its limit"))
        return INSTRUCTIONS;
    return strstr(world_error.log, "it takes more memory than its limit") ? MEMORY : OTHER;
}

static void every_attack_ends(void **state)
{
    (void)state;
    world_give_integer("instructions", 50000);
    world_give_text("memory", "8M");
    for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
        char script[1024];
        snprintf(script, sizeof(script),
                 "local p = { api = 1 } function p.open(session)\n%s\nend\n"
                 "function p.dele() return restante.refuse('alive') end return p",
                 attacks[i].body);
        world_start_good(script);
        enum restante_status status = world_judge(RESTANTE_EVENT_OPEN, 0);
        unsigned end = end_of(status);
        if (!(end & attacks[i].ends))
            fail_msg("%s\n%s: ended with %u", attacks[i].body, world_error.log, end);
        assert_int_equal(world_decisions, 0);
        assert_int_equal(world_verdict.decision, RESTANTE_ALLOW);
        /* The state is as good as before. */
        if (world_judge(RESTANTE_EVENT_DELE, 1) != RESTANTE_OK)
            fail_msg("%s\n%s", attacks[i].body, world_error.log);
        assert_string_equal(world_verdict.text, "alive");
    }
}

static void the_same_attacks_end_at_start(void **state)
{
    (void)state;
    world_give_integer("instructions", 20000);
    for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
        char script[1024];
        if (strstr(attacks[i].body, "session"))
            continue;
        snprintf(script, sizeof(script), "do\n%s\nend\nreturn { api = 1 }",
                 strncmp(attacks[i].body, "return", 6) == 0 ? "error()" : attacks[i].body);
        enum restante_status status = world_start(script);
        assert_true(status == RESTANTE_OK || status == RESTANTE_INVALID);
    }
}

static void time_is_a_limit_too(void **state)
{
    (void)state;
    world_give_text("time_limit", "50ms");
    world_start_good("local p = { api = 1 }\nfunction p.retr() local n = 0 for i = 1, 10000 do n = n + i end end\n"
                     "function p.dele() for i = 1, 1000 do pcall(string.upper, ('x'):rep(3200)) end end return p");
    assert_int_equal(world_judge(RESTANTE_EVENT_RETR, 1), RESTANTE_OK);
    kit_host_tick_ms = 10;
    world_judge_bad(RESTANTE_EVENT_RETR, 1, "retr, line 2: it takes more time than its limit");
    world_judge_bad(RESTANTE_EVENT_DELE, 1, "dele, line 3: it takes more time than its limit");
    kit_host_tick_ms = 0;
    assert_int_equal(world_judge(RESTANTE_EVENT_RETR, 1), RESTANTE_OK);
}

/* A maildrop of any size may be walked; the budget grows with it, and only where the hook is about all of it. */
static void budgets_grow_with_the_maildrop(void **state)
{
    (void)state;
    world_give_integer("instructions", 1000);
    world_maildrop.count = 20000;
    world_start_good("local p = { api = 1 }\n"
                     "function p.open(session, maildrop) local d, x = {}, restante.hide()\n"
                     "for n, m in pairs(maildrop.messages) do if m.age > 1 then d[n] = x end end return d end\n"
                     "function p.retr(session) for n, m in pairs(session.maildrop.messages) do end end return p");
    if (world_judge(RESTANTE_EVENT_OPEN, 0) != RESTANTE_OK)
        fail_msg("%s", world_error.log);
    assert_int_equal(world_decisions, 16000);
    world_judge_bad(RESTANTE_EVENT_RETR, 1, "it takes more instructions than its limit");
}

static void a_failing_hook_decides_nothing(void **state)
{
    (void)state;
    world_start_good("return { api = 1, open = function(session, maildrop)\n"
                     "  return setmetatable({}, { __index = error, __pairs = error, __len = error })\nend,\n"
                     "dele = function() pcall(restante.hide) error('late') end }");
    assert_int_equal(world_judge(RESTANTE_EVENT_OPEN, 0), RESTANTE_OK);
    assert_int_equal(world_decisions, 0);
    world_judge_bad(RESTANTE_EVENT_DELE, 1, "dele, line 4: late");
}

static void errors_of_every_kind_are_one_clean_line(void **state)
{
    (void)state;
    world_start_good("return { api = 1, dele = function()\n error('a\\nb\\200' .. ('x'):rep(5000), 0) end,\n"
                     "retr = function()\n error({ 'table' }) end, top = function() error('note: 5: x') end }");
    world_judge_bad(RESTANTE_EVENT_DELE, 1, "policy sample: dele, line 2: a?b?xxx");
    assert_true(strlen(world_error.log) < sizeof(world_error.log) - 1);
    world_judge_bad(RESTANTE_EVENT_RETR, 1, "retr, line 4: an error that is a table value");
    world_judge_bad(RESTANTE_EVENT_TOP, 1, "top, line 4: note: 5: x");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_environment_is_what_the_list_says),
        TEST(nothing_leads_out),
        TEST(every_attack_ends),
        TEST(the_same_attacks_end_at_start),
        TEST(time_is_a_limit_too),
        TEST(budgets_grow_with_the_maildrop),
        TEST(a_failing_hook_decides_nothing),
        TEST(errors_of_every_kind_are_one_clean_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
