/* Configurations that attack the process that reads them: each ends with a fault, none harms it. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "conf/evaluate.h"

static void expect_fault(const char *text, const char *part)
{
    struct conf conf = {0};
    struct faults faults = {0};
    bool is_found = false;
    assert_false(conf_evaluate_text("f", text, &conf, &faults));
    assert_true(faults.count > 0 && faults.count <= 201);
    for (size_t i = 0; i < faults.count; i++)
        is_found |= strstr(faults.sentences[i], part) != NULL;
    if (!is_found)
        fail_msg("no fault says \"%s\"; the first: %s", part, faults.sentences[0]);
    assert_null(conf.values);
    faults_free(&faults);
}

static void bytecode_is_not_loaded(void **state)
{
    (void)state;
    expect_fault("\x1bLua\x54", "f: is compiled Lua, but must be text");
}

static void loops_end(void **state)
{
    (void)state;
    expect_fault("hostname = 'a'\nwhile true do\nend", "f:2: the file does not come to an end here");
    expect_fault("::again:: goto again", "f:1: the file does not come to an end here");
    expect_fault("local function f() return f() end f()", "f:1: the file does not come to an end here");
    expect_fault("while undefined do end", "f:1: the file does not come to an end here");
}

static void memory_is_bounded(void **state)
{
    (void)state;
    expect_fault("local s = 'x'\nfor i = 1, 40 do\n  s = s .. s end", "needs more than 32 MiB of memory");
    expect_fault("local t = {}\nfor i = 1, 1e7 do t[i] = {} end", "needs more than 32 MiB of memory");
    expect_fault("local function f() return 1 + f() end\nf()", "needs more than 32 MiB of memory");
}

static void deep_tables_are_not_followed(void **state)
{
    char text[4096] = "storage = ";
    (void)state;
    expect_fault("local t = {} for i = 1, 100000 do t = { t } end storage = t", "storage.1: has items without a name");
    expect_fault("local t = {} for i = 1, 100000 do t = { a = t } end storage = t", "storage.1.a: is a table");
    memset(text + strlen(text), '{', 1500);
    memset(text + strlen(text), '}', 1500);
    expect_fault(text, "f: syntax error: C stack overflow");
    expect_fault("local t = { driver = 'm', path = '/' } t.t = t storage = t", "storage.1.t: is a table");
}

static void a_million_keys_are_one_fault(void **state)
{
    (void)state;
    expect_fault("local t = {} for i = 1, 1e6 do t[i] = 1 end storage = t", "storage: has more than 1000 items");
    expect_fault("local t = {} for i = 1, 1e6 do t[i] = 1 end limits = t", "limits: has more than 1000 keys");
    expect_fault("local t = {} for i = 1, 1e5 do t['k' .. i] = 1 end limits = t", "limits: has more than 1000 keys");
    expect_fault("local t = { driver = 'm', path = '/' } for i = 1, 1e5 do t['k' .. i] = 1 end storage = { t }",
                 "storage.1: has more than 1000 keys");
}

static void faults_are_bounded(void **state)
{
    struct conf conf = {0};
    struct faults faults = {0};
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    (void)state;
    for (int i = 1; i <= 5000; i++)
        fprintf(out, "unknown_%d = 1\n", i);
    fclose(out);
    assert_false(conf_evaluate_text("f", text, &conf, &faults));
    assert_int_equal(faults.count, 201);
    assert_non_null(strstr(faults.sentences[200], "more faults like these"));
    faults_free(&faults);
    free(text);
}

/* Everything a name could reach: the standard library is not there, strings have no methods, nothing can be called. */
static void nothing_can_be_reached(void **state)
{
    static const char *const names[] = {
        "_G",      "_VERSION", "assert", "collectgarbage", "coroutine", "debug",  "dofile",   "error",    "getmetatable",
        "io",      "ipairs",   "load",   "loadfile",       "math",      "next",   "os",       "package",  "pairs",
        "pcall",   "print",    "rawequal", "rawget",       "rawlen",    "rawset", "require",  "select",   "setmetatable",
        "string",  "table",    "tonumber", "tostring",     "type",      "utf8",   "warn",     "xpcall",
    };
    char text[128], part[128];
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(text, sizeof(text), "state = %s", names[i]);
        snprintf(part, sizeof(part), "f:1: %s: is not defined", names[i]);
        expect_fault(text, part);
    }
    expect_fault("state = ('').format('x')", "attempt to index a string value");
    expect_fault("local e = _ENV\nstate = '/x'", "_ENV: is not available here");
    expect_fault("local f = function() return _ENV end", "_ENV: is not available here");
    /* A metatable cannot be set, so these are plain keys that no setting has. */
    expect_fault("limits = { __index = 1, __gc = 2 }", "limits.__gc: there is no such setting");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytecode_is_not_loaded),
        cmocka_unit_test(loops_end),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(deep_tables_are_not_followed),
        cmocka_unit_test(a_million_keys_are_one_fault),
        cmocka_unit_test(faults_are_bounded),
        cmocka_unit_test(nothing_can_be_reached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
