/* From the list `policy` to started policies: order, names, one shared object for several, and each way to be refused. */
#include "unit.h"

#include <stdlib.h>

#include "module_files.h"
#include "session/nursery_policy.h"

void room_report_module(struct room *room, const struct message_module *message)
{
    (void)room;
    (void)message;
}

void room_report_module_setting(struct room *room, const struct message_module_setting *message)
{
    (void)room;
    (void)message;
}

static struct room room;
static struct nursery_policies policies;
static struct modules_needs needs;
static struct faults faults;

static void set(const char *path, const char *text, uint32_t line)
{
    conf_add(&room.conf, path, CONF_RAW_STRING, 0, text, line);
}

/* An item of the list; its driver stands in the same line. */
static void item(const char *driver_path, const char *driver, uint32_t line)
{
    conf_add(&room.conf, driver_path, CONF_STRING, 0, driver, line);
}

static void load(void)
{
    conf_sort(&room.conf);
    nursery_policy_load(&room, &policies, &needs, &faults);
}

static int set_up(void **state)
{
    (void)state;
    room = (struct room){0};
    policies = (struct nursery_policies){0};
    needs = (struct modules_needs){0};
    conf_add(&room.conf, "module_path.1", CONF_STRING, 0, module_files_begin(), 3);
    free(module_files_copy("sample", "policy/sample.so", 0));
    free(module_files_copy("touchy", "policy/touchy.so", 0));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    nursery_policy_close(&policies);
    for (size_t i = 0; i < needs.paths_count; i++)
        free((void *)(uintptr_t)needs.paths[i].path);
    free(needs.paths);
    faults_free(&faults);
    conf_free(&room.conf);
    module_files_end();
    return 0;
}

static void expect_fault(size_t number, const char *expected)
{
    assert_true(number < faults.count);
    assert_string_equal(faults.sentences[number], expected);
}

static void without_any_there_are_none(void **state)
{
    (void)state;
    load();
    assert_int_equal(faults.count, 0);
    assert_int_equal(policies.stack.count, 0);
    assert_int_equal(policies.stack.wanted, 0);
}

static void they_stand_in_the_order_of_the_configuration(void **state)
{
    (void)state;
    item("policy.1.driver", "touchy", 4);
    set("policy.1.called", "one", 4);
    set("policy.1.file", "/etc/passwd", 4);
    item("policy.2.driver", "sample", 5);
    item("policy.3.driver", "touchy", 6);
    conf_add(&room.conf, "policy.3.expire", CONF_RAW_INTEGER, 7, NULL, 6);
    item("policy.4.driver", "touchy", 7);
    conf_add(&room.conf, "policy.4.name", CONF_STRING, 0, "four", 7);
    set("policy.4.called", "one", 7); /* the configuration's name is the one that counts */
    load();
    assert_int_equal(faults.count, 0);
    assert_int_equal(policies.stack.count, 4);
    assert_string_equal(policies.stack.entries[0].terms.name, "one");
    assert_string_equal(policies.stack.entries[1].terms.name, "sample");
    assert_string_equal(policies.stack.entries[2].terms.name, "touchy");
    assert_string_equal(policies.stack.entries[3].terms.name, "four");
    assert_int_equal(policies.stack.wanted, RESTANTE_EVENT(LOGIN));
    assert_int_equal(policies.stack.entries[0].terms.announcement.expire_days, -1);
    assert_int_equal(policies.stack.entries[2].terms.announcement.expire_days, 7);
    /* One that says nothing announces nothing. */
    assert_int_equal(policies.stack.entries[1].terms.announcement.expire_days, RESTANTE_NO_ANNOUNCEMENT);
    assert_int_equal(policies.stack.entries[1].terms.announcement.login_delay_s, RESTANTE_NO_ANNOUNCEMENT);
    /* The same shared object, started for each item. */
    assert_ptr_equal(policies.stack.entries[0].operations, policies.stack.entries[2].operations);
    assert_ptr_not_equal(policies.stack.entries[0].policy, policies.stack.entries[2].policy);
    assert_ptr_not_equal(policies.modules[0], policies.modules[2]);
    assert_string_equal(policies.modules[3]->prefix, "policy.4");
    /* What a module reads stays open to it. */
    assert_int_equal(needs.paths_count, 1);
    assert_string_equal(needs.paths[0].path, "/etc");
}

static void one_that_does_not_start_is_a_fault_with_its_line(void **state)
{
    (void)state;
    item("policy.1.driver", "touchy", 0); /* the line of a default */
    set("policy.1.failure", "line 4: policy.1.keep: is \"x\", but must be a duration", 4);
    item("policy.2.driver", "touchy", 5);
    set("policy.2.failure", "policy.2.failure: policy mine, line 8: unexpected symbol", 6);
    item("policy.3.driver", "touchy", 7);
    set("policy.3.failure", "out of memory", 8);
    item("policy.4.driver", "sample", 9);
    item("policy.5.driver", "absent", 0);
    set("policy.5.script", "x", 11);
    item("policy.6.driver", "touchy", 12);
    set("policy.6.failur", "x", 13);
    load();
    assert_int_equal(faults.count, 5);
    expect_fault(0, "line 4: policy.1.keep: is \"x\", but must be a duration");
    expect_fault(1, "line 6: policy.2.failure: policy mine, line 8: unexpected symbol");
    expect_fault(2, "line 7: policy.3: the policy touchy does not start: out of memory");
    assert_non_null(strstr(faults.sentences[3], "line 11: policy.5.driver: there is no policy module \"absent\""));
    expect_fault(4, "line 13: policy.6.failur: there is no such setting; did you mean \"failure\"?");
    assert_int_equal(policies.stack.count, 1);
    assert_string_equal(policies.modules[0]->prefix, "policy.4");
}

static void two_need_two_names(void **state)
{
    (void)state;
    item("policy.1.driver", "touchy", 4);
    item("policy.2.driver", "touchy", 5);
    item("policy.3.driver", "touchy", 6);
    set("policy.3.called", "My policy", 6);
    load();
    assert_int_equal(faults.count, 2);
    expect_fault(0, "line 5: policy.2: the policy is called \"touchy\" like one before it, but what each keeps is told "
                    "apart by names: give it one of its own, as in name = \"touchy-2\"");
    expect_fault(1, "line 6: policy.3: the policy is called \"My policy\", but a name is of small letters, digits, "
                    "\"-\" and \"_\": give it one, as in name = \"touchy\"");
    assert_int_equal(policies.stack.count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_any_there_are_none),
        TEST(they_stand_in_the_order_of_the_configuration),
        TEST(one_that_does_not_start_is_a_fault_with_its_line),
        TEST(two_need_two_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
