/* The policy "access" through its module's own operations: rules as one writes them, logins, and the way they are refused. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <restante/policy.h>

#include "access/access_rule.h"
#include "conf/conf.h"
#include "kit_host.h"

static const struct restante_policy *operations;
static void *policy;
static struct restante_value *values;
static struct restante_error error;
static struct restante_policy_terms terms;
static struct restante_verdict verdict;
static char folder[64];

static void stop(void)
{
    if (policy)
        operations->stop(&policy);
    assert_null(policy);
    conf_module_values_free(values, restante_module.settings, restante_module.settings_count);
    values = NULL;
}

/* Rules until a NULL. `otherwise` may be NULL. */
static enum restante_status start(const char *otherwise, const char *const *rules)
{
    struct conf conf = {0};
    struct faults faults = {0};
    char path[64];
    stop();
    conf_add(&conf, "policy.1.driver", CONF_STRING, 0, "access", 1);
    for (size_t i = 0; rules[i]; i++) {
        snprintf(path, sizeof(path), "policy.1.rules.%zu", i + 1);
        conf_add(&conf, path, CONF_RAW_STRING, 0, rules[i], 2);
    }
    if (otherwise)
        conf_add(&conf, "policy.1.otherwise", CONF_RAW_STRING, 0, otherwise, 3);
    conf_sort(&conf);
    values = conf_module_values(&conf, "policy.1", restante_module.settings, restante_module.settings_count, false, &faults);
    if (!values)
        fail_msg("%s", faults.sentences[0]);
    conf_free(&conf);
    const struct restante_policy_item item = {.path = "policy.1", .values = values};
    error = (struct restante_error){.log = ""};
    terms = (struct restante_policy_terms){.wanted = 0};
    return operations->start(&kit_host, &item, &policy, &terms, &error);
}

#define START(otherwise, ...) assert_int_equal(start(otherwise, (const char *const[]){__VA_ARGS__, NULL}), RESTANTE_OK)
#define REFUSED(rule, sentence)                                                                                       \
    assert_int_equal(start(NULL, (const char *const[]){"allow *", rule, NULL}), RESTANTE_INVALID);                    \
    assert_string_equal(error.log, "policy.1.rules.2: " sentence)

static enum restante_decision login(const char *user, const char *peer, bool is_tls)
{
    const struct restante_session_facts session = {.user = user, .peer = peer, .is_tls = is_tls};
    const struct restante_facts facts = {.event = RESTANTE_EVENT_LOGIN, .session = &session};
    verdict = (struct restante_verdict){.decision = RESTANTE_ALLOW};
    assert_int_equal(operations->judge(policy, &facts, &verdict, &error), RESTANTE_OK);
    return verdict.decision;
}

static void the_first_rule_that_fits_decides(void **state)
{
    (void)state;
    START(NULL, "allow admin@example.org from 10.0.0.0/8, 2001:db8::/32 with tls", "deny admin@example.org",
          "deny *@example.net from 192.0.2.7", "allow *@example.org,?@example.net");
    assert_int_equal(terms.wanted, RESTANTE_EVENT(LOGIN));
    assert_int_equal(login("admin@example.org", "10.200.0.1", true), RESTANTE_ALLOW);
    assert_int_equal(login("admin@example.org", "::ffff:10.200.0.1", true), RESTANTE_ALLOW);
    assert_int_equal(login("admin@example.org", "2001:db8::7", true), RESTANTE_ALLOW);
    assert_int_equal(login("admin@example.org", "2001:db9::", true), RESTANTE_REFUSE);
    assert_int_equal(login("admin@example.org", "11.0.0.0", true), RESTANTE_REFUSE);
    assert_int_equal(login("admin@example.org", "9.255.255.255", true), RESTANTE_REFUSE);
    assert_int_equal(login("alice@example.org", "11.0.0.0", false), RESTANTE_ALLOW);
    assert_int_equal(login("b@example.net", "192.0.2.8", false), RESTANTE_ALLOW);
    assert_int_equal(login("b@example.net", "192.0.2.7", false), RESTANTE_REFUSE);
    assert_int_equal(login("bob@example.net", "192.0.2.8", false), RESTANTE_REFUSE);
    assert_int_equal(login("Admin@example.org", "10.0.0.1", true), RESTANTE_ALLOW); /* another user */
}

static void what_no_rule_fits_is_denied_or_allowed(void **state)
{
    (void)state;
    START(NULL, "allow alice");
    assert_int_equal(login("bob", "192.0.2.7", true), RESTANTE_REFUSE);
    assert_string_equal(verdict.rule, "login, otherwise");
    START("allow", "deny alice without tls");
    assert_int_equal(login("bob", "192.0.2.7", false), RESTANTE_ALLOW);
    assert_int_equal(login("alice", "192.0.2.7", true), RESTANTE_ALLOW);
    assert_int_equal(login("alice", "192.0.2.7", false), RESTANTE_REFUSE);
}

static void refusals_say_why(void **state)
{
    (void)state;
    START(NULL, "allow alice from 10.0.0.0/8 with tls");
    assert_int_equal(login("alice", "192.0.2.7", false), RESTANTE_REFUSE);
    assert_string_equal(verdict.code, "SYS/PERM");
    assert_string_equal(verdict.text, "this account cannot be used from your network");
    assert_string_equal(verdict.reason, "from 192.0.2.7 without TLS: no rule fits");
    /* TLS is all that is missing. */
    assert_int_equal(login("alice", "10.0.0.7", false), RESTANTE_REFUSE);
    assert_string_equal(verdict.text, "this account needs an encrypted connection (TLS)");
    START(NULL, "deny * from 192.0.2.0/24", "allow *");
    assert_int_equal(login("alice", "192.0.2.7", true), RESTANTE_REFUSE);
    assert_string_equal(verdict.rule, "login, rule 1");
    assert_string_equal(verdict.reason, "from 192.0.2.7 with TLS: deny * from 192.0.2.0/24");
}

/* One that is not known, as through a local socket: it fits no rule that would let it in, and every one that does not. */
static void an_unknown_address_is_nobodys(void **state)
{
    (void)state;
    START(NULL, "allow alice from 0.0.0.0/0, ::/0", "deny bob from 192.0.2.0/24", "allow bob, carol");
    assert_int_equal(login("alice", "", true), RESTANTE_REFUSE);
    assert_int_equal(login("alice", "192.0.2", true), RESTANTE_REFUSE);
    assert_int_equal(login("bob", "", true), RESTANTE_REFUSE);
    assert_int_equal(login("carol", "", true), RESTANTE_ALLOW);
    assert_int_equal(login("alice", "fe80::1%eth0", true), RESTANTE_ALLOW);
}

static void other_questions_are_not_its(void **state)
{
    const struct restante_session_facts session = {.user = "bob", .peer = "192.0.2.7"};
    struct restante_facts facts = {.event = RESTANTE_EVENT_DELE, .session = &session};
    (void)state;
    START(NULL, "deny *");
    verdict = (struct restante_verdict){.decision = RESTANTE_ALLOW};
    assert_int_equal(operations->judge(policy, &facts, &verdict, &error), RESTANTE_OK);
    assert_int_equal(verdict.decision, RESTANTE_ALLOW);
}

#define FORM "; a rule is \"allow|deny USERS [from NETWORKS] [with tls|without tls]\""

static void wrong_rules_are_refused(void **state)
{
    (void)state;
    REFUSED("alow x", "has \"alow\" where \"allow\" or \"deny\" is expected" FORM);
    REFUSED("", "ends where \"allow\" or \"deny\" is expected" FORM);
    REFUSED("deny", "ends where a user or a pattern such as \"*@example.org\" is expected" FORM);
    REFUSED("deny a,", "ends where a user or a pattern such as \"*@example.org\" is expected" FORM);
    REFUSED("deny a b", "has \"b\" where \"from\", \"with tls\", \"without tls\" or its end is expected" FORM);
    REFUSED("deny a from", "ends where a network such as \"10.0.0.0/8\" or a file such as \"@/etc/office\" is expected" FORM);
    REFUSED("deny a from x",
            "has \"x\", which is no address or network, such as \"10.0.0.0/8\" or \"2001:db8::/32\"");
    REFUSED("deny a from 10.0.0.0/33", "has \"10.0.0.0/33\", which must have a prefix of 0 to 32 bits");
    REFUSED("deny a from ::/129", "has \"::/129\", which must have a prefix of 0 to 128 bits");
    REFUSED("deny a from ::/", "has \"::/\", which must have a prefix of 0 to 128 bits");
    REFUSED("deny a from 10.0.0.1/8", "has \"10.0.0.1/8\", which has bits set behind its prefix: write the network's "
                                      "first address, or a longer prefix");
    REFUSED("deny a from ::1 tls", "has \"tls\" where \"with tls\", \"without tls\" or its end is expected" FORM);
    REFUSED("deny a with ssl", "has \"ssl\" where \"tls\" is expected" FORM);
    REFUSED("deny a without", "ends where \"tls\" is expected" FORM);
    REFUSED("deny a with tls from ::1", "has \"from\" where its end is expected" FORM);
    REFUSED("deny a from @/does/not/exist", "/does/not/exist cannot be read: No such file or directory");
}

/* --- files of networks -------------------------------------------------------------------------------------------- */

static const char *file(const char *text, mode_t mode)
{
    static char rule[128];
    char path[96];
    snprintf(path, sizeof(path), "%s/networks", folder);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
    assert_int_equal(chmod(path, mode), 0);
    snprintf(rule, sizeof(rule), "allow * from @%s, 192.0.2.7", path);
    return rule;
}

static void networks_may_stand_in_a_file(void **state)
{
    (void)state;
    START(NULL, file("# our offices\n10.0.0.0/8   # headquarters\n\n\t2001:db8::/32\r\n172.16.0.0/12", 0644));
    assert_int_equal(login("a", "10.1.2.3", true), RESTANTE_ALLOW);
    assert_int_equal(login("a", "2001:db8:ffff::", true), RESTANTE_ALLOW);
    assert_int_equal(login("a", "172.31.255.255", true), RESTANTE_ALLOW);
    assert_int_equal(login("a", "192.0.2.7", true), RESTANTE_ALLOW);
    assert_int_equal(login("a", "172.32.0.0", true), RESTANTE_REFUSE);
}

static void expect_file_refused(const char *rule, const char *sentence)
{
    assert_int_equal(start(NULL, (const char *const[]){rule, NULL}), RESTANTE_INVALID);
    if (!strstr(error.log, sentence))
        fail_msg("\"%s\" is not in \"%s\"", sentence, error.log);
}

static void files_with_faults_are_refused(void **state)
{
    static char long_line[2048];
    (void)state;
    expect_file_refused(file("10.0.0.0/8\n10.0.0.0/x\n", 0644), "/networks, line 2: \"10.0.0.0/x\" must have a prefix");
    memset(long_line, '1', sizeof(long_line) - 1);
    expect_file_refused(file(long_line, 0644), "line 1: \"1111");
    expect_file_refused(file("10.0.0.0/8\n", 0666), "/networks could be written by others than root");
    expect_file_refused(file("10.0.0.0/8\n", 0664), "/networks could be written by others than root");
    if (geteuid() == 0) {
        char path[96];
        snprintf(path, sizeof(path), "%s/networks", folder);
        const char *rule = file("10.0.0.0/8\n", 0644);
        assert_int_equal(chown(path, 62001, 0), 0);
        expect_file_refused(rule, "/networks could be written by others than root");
    }
    expect_file_refused("allow * from @/dev/null", "/dev/null is no regular file");
}

/* --- many networks, against a plain model -------------------------------------------------------------------------- */

enum { MANY = 400, LOOKS = 20000 };

static uint32_t draw(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void many_networks_are_what_each_of_them_says(void **state)
{
    static struct {
        uint32_t first, last;
    } model[MANY];
    struct access_networks networks = {0};
    uint32_t seed = 5;
    unsigned inside = 0;
    char text[64];
    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        unsigned bits = 8 + draw(&seed) % 25;
        uint32_t mask = bits == 32 ? UINT32_MAX : ~(UINT32_MAX >> bits);
        model[i].first = (draw(&seed) << 8 | draw(&seed) % 256) & mask;
        model[i].last = model[i].first | ~mask;
        snprintf(text, sizeof(text), "%u.%u.%u.%u/%u", model[i].first >> 24, model[i].first >> 16 & 255,
                 model[i].first >> 8 & 255, model[i].first & 255, bits);
        assert_null(access_networks_add(&networks, text));
    }
    access_networks_finish(&networks);
    assert_true(networks.count <= MANY);
    for (size_t i = 1; i < networks.count; i++)
        assert_true(memcmp(&networks.ranges[i - 1].last, &networks.ranges[i].first, 16) < 0);
    for (size_t look = 0; look < LOOKS; look++) {
        /* Anywhere, and close to the edges. */
        uint32_t edge = look % 2 ? model[draw(&seed) % MANY].first : model[draw(&seed) % MANY].last;
        uint32_t number = look % 3 ? edge + draw(&seed) % 3 - 1 : draw(&seed) << 8 | draw(&seed) % 256;
        struct access_address address;
        bool is_in = false;
        for (size_t i = 0; i < MANY; i++)
            is_in |= model[i].first <= number && number <= model[i].last;
        snprintf(text, sizeof(text), "%u.%u.%u.%u", number >> 24, number >> 16 & 255, number >> 8 & 255, number & 255);
        assert_true(access_address_parse(&address, text));
        if (access_networks_has(&networks, &address) != is_in)
            fail_msg("%s should%s be in them", text, is_in ? "" : " not");
        inside += is_in;
    }
    assert_in_range(inside, LOOKS / 20, LOOKS - LOOKS / 20);
    access_networks_free(&networks);
}

static void patterns(void **state)
{
    (void)state;
    assert_true(access_glob("", ""));
    assert_true(access_glob("*", ""));
    assert_true(access_glob("a*b*c", "a-b-b-c"));
    assert_true(access_glob("*@example.org", "a@example.org"));
    assert_true(access_glob("?", "x"));
    assert_true(access_glob("**", "x"));
    assert_false(access_glob("?", ""));
    assert_false(access_glob("a", "ab"));
    assert_false(access_glob("ab", "a"));
    assert_false(access_glob("*@example.org", "a@example.org.evil"));
}

static int begin(void **state)
{
    (void)state;
    operations = restante_module.operations;
    snprintf(folder, sizeof(folder), "/tmp/access-test.XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int end(void **state)
{
    char path[96];
    (void)state;
    stop();
    snprintf(path, sizeof(path), "%s/networks", folder);
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_rule_that_fits_decides),
        cmocka_unit_test(what_no_rule_fits_is_denied_or_allowed),
        cmocka_unit_test(refusals_say_why),
        cmocka_unit_test(an_unknown_address_is_nobodys),
        cmocka_unit_test(other_questions_are_not_its),
        cmocka_unit_test(wrong_rules_are_refused),
        cmocka_unit_test(networks_may_stand_in_a_file),
        cmocka_unit_test(files_with_faults_are_refused),
        cmocka_unit_test(many_networks_are_what_each_of_them_says),
        cmocka_unit_test(patterns),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
