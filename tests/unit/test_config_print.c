/* What `restante config` prints is a configuration of the same meaning; the sample has no faults. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "admin/config_print.h"
#include "conf/evaluate.h"

static const char text[] = "hostname = 'mail.example.org'\n"
                           "listen = { { port = 1110, tls = 'none' }, { address = '::1', port = 1995, tls = 'none' } }\n"
                           "auth = { driver = 'file', path = '/etc/users', uid = 5000 }\n"
                           "storage = { driver = 'm', path = '/m/%{user}', words = { 'a', 'b' }, flag = false }\n"
                           "tls = { certificate = '/c', key = '/k', sni = { { certificate = '/c2', key = '/k2' },\n"
                           "        { certificate = '/c3', key = '/k3' } } }\n"
                           "proxy_networks = { '10.0.0.0/8', '::1' }\n"
                           "timeouts = { idle = '1h' }\n"
                           "policy = { { script = 'a', keep = '10d', users = { 'x', 'y' },\n"
                           "  overrides = { { users = { 'b', 'a' }, strict = true }, { keep = '1d' }, { keep = 3 }, { keep = 4 },\n"
                           "    { keep = 5 }, { keep = 6 }, { keep = 7 }, { keep = 8 }, { keep = 9 }, { keep = 10 } } }, { driver = 'access' } }\n"
                           "brake = { percent = 10 }\n";

static void evaluate(const char *source, struct conf *conf)
{
    struct faults faults = {0};
    if (!conf_evaluate_text("f", source, conf, &faults))
        fail_msg("%s", faults.sentences[0]);
}

static char *print(const struct conf *conf, const struct message_module_setting *settings, size_t count)
{
    char *printed;
    size_t length;
    FILE *out = open_memstream(&printed, &length);
    admin_config_print(out, "f", conf, settings, count);
    fclose(out);
    return printed;
}

static void what_is_printed_means_the_same(void **state)
{
    struct conf conf = {0}, again = {0};
    (void)state;
    evaluate(text, &conf);
    char *printed = print(&conf, NULL, 0);
    evaluate(printed, &again);
    assert_int_equal(conf.count, again.count);
    for (size_t i = 0; i < conf.count; i++) {
        assert_string_equal(conf.values[i].path, again.values[i].path);
        assert_true(conf.values[i].integer == again.values[i].integer);
        if (conf.values[i].text)
            assert_string_equal(conf.values[i].text, again.values[i].text);
    }
    free(printed);
    conf_free(&conf);
    conf_free(&again);
}

/* The printed line that has this start, with its blanks made single. */
static void expect_line(const char *printed, const char *expected)
{
    char *squeezed = calloc(1, strlen(printed) + 1);
    size_t used = 0;
    for (const char *at = printed; *at; at++) {
        if (*at != ' ' || (used > 0 && squeezed[used - 1] != ' ' && squeezed[used - 1] != '\n'))
            squeezed[used++] = *at;
    }
    if (!strstr(squeezed, expected))
        fail_msg("no line \"%s\" in:\n%s", expected, squeezed);
    free(squeezed);
}

static void origins_are_told(void **state)
{
    static const struct message_module_setting settings[] = {
        {.setting_path = "storage.1.flag", .value = "false", .help = "a flag"},
        {.setting_path = "storage.1.words", .value = "{ \"a\", \"b\" }", .help = "words"},
        {.setting_path = "storage.1.other", .value = "3", .is_default = true, .help = "a number"},
        {.setting_path = "storage.1.unset", .value = "", .is_default = true, .help = "nothing"},
        {.setting_path = "policy.1.script", .value = "\"a\"", .help = "a script"},
    };
    struct conf conf = {0};
    (void)state;
    evaluate(text, &conf);
    char *printed = print(&conf, settings, 5);
    expect_line(printed, "\n-- state is not set\n");
    expect_line(printed, "hostname = \"mail.example.org\" -- f:1\n");
    expect_line(printed, "\nport = 1995, -- f:2\n");
    expect_line(printed, "\nworkers = 2, -- default\n");
    expect_line(printed, "\npath = \"/etc/users\", -- f:3\n");
    expect_line(printed, "\nflag = false, -- f:4; a flag\n");
    expect_line(printed, "\nwords = { \"a\", \"b\" }, -- f:4; words\n");
    expect_line(printed, "\nother = 3, -- default; a number\n");
    expect_line(printed, "\n-- unset is not set; nothing\n");
    expect_line(printed, "\nidle = \"1h\", -- f:8\n");
    expect_line(printed, "\nlock = \"10s\", -- default\n");
    /* What the module has reported comes first, then what its script is given. */
    expect_line(printed, "\npolicy = {\n{\ndriver = \"lua\", -- default\n-- name is not set\nscript = \"a\", -- f:9; a script\n"
                         "keep = \"10d\", -- f:9\noverrides = {\n{\nstrict = true, -- f:10\nusers = {\n\"b\", -- f:10\n"
                         "\"a\", -- f:10\n},\n},\n{\nkeep = \"1d\", -- f:10\n},\n{\nkeep = 3, -- f:10\n},\n");
    expect_line(printed, "{\nkeep = 9, -- f:11\n},\n{\nkeep = 10, -- f:11\n},\n},\n"
                         "users = {\n\"x\", -- f:9\n\"y\", -- f:9\n},\n},\n{\ndriver = \"access\", -- f:11\n-- name is not set\n},\n}\n");
    expect_line(printed, "\npercent = 10, -- f:12\nmessages = 20, -- default\n");
    free(printed);
    conf_free(&conf);
}

/* Take "--" away where a setting follows it, not prose. */
static void take_in(char *sample)
{
    for (char *line = sample; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        char *at = line + strspn(line, " ");
        if (strncmp(at, "--", 2) == 0 && (at[2] != ' ' || at[3] == ' '))
            at[0] = at[1] = ' ';
    }
}

static void the_sample_has_no_faults(void **state)
{
    struct conf conf = {0};
    char *sample;
    size_t length;
    FILE *out = open_memstream(&sample, &length);
    (void)state;
    admin_sample_print(out);
    fclose(out);
    evaluate(sample, &conf);
    assert_string_equal(conf_string(&conf, "storage.1.path"), "~/Maildir");
    assert_null(conf_find(&conf, "state"));
    assert_int_equal(conf_list_count(&conf, "policy"), 0);
    char *printed = print(&conf, NULL, 0);
    expect_line(printed, "\n-- policy is not set\n");
    free(printed);
    conf_free(&conf);
    take_in(sample);
    evaluate(sample, &conf);
    assert_string_equal(conf_string(&conf, "state"), "/var/lib/restante");
    assert_int_equal(conf_integer(&conf, "limits.failed_logins"), 5);
    assert_true(conf_find(&conf, "limits.failed_logins")->line > 0);
    assert_string_equal(conf_string(&conf, "auth.1.uid"), "vmail");
    assert_string_equal(conf_string(&conf, "policy.1.script"), "retention");
    assert_string_equal(conf_string(&conf, "policy.1.keep"), "30d");
    conf_free(&conf);
    free(sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_printed_means_the_same),
        cmocka_unit_test(origins_are_told),
        cmocka_unit_test(the_sample_has_no_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
