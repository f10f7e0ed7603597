/* From settings to a loaded module: what is reported, what becomes a fault, whose name log lines carry. */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <restante/policy.h>

#include "ledger/ledger.h"
#include "module_files.h"
#include "pop3/wire.h"
#include "room/modules.h"
#include "util/log.h"

/* The report that a room would send. */
static struct message_module last_module;
static struct message_module_setting settings[8];
static size_t modules_count, settings_count;

void room_report_module(struct room *room, const struct message_module *message)
{
    (void)room;
    last_module = *message;
    modules_count++;
}

void room_report_module_setting(struct room *room, const struct message_module_setting *message)
{
    (void)room;
    assert_true(settings_count < 8);
    settings[settings_count++] = *message;
}

/* What the host table lends from elsewhere; its own tests are elsewhere too. */
static struct ledger_entry known = {.uidl = (char[]){"known"}, .first_seen_s = 42};

void wire_count(struct restante_octet_count *count, const void *stored, size_t length)
{
    (void)stored;
    count->octets += length;
}

void wire_count_end(struct restante_octet_count *count)
{
    (void)count;
}

const struct ledger_entry *ledger_find(const struct restante_ledger *ledger, const char *uidl)
{
    assert_non_null(ledger);
    return strcmp(uidl, "known") == 0 ? &known : NULL;
}

const struct ledger_entry *ledger_next(const struct restante_ledger *ledger, size_t *cursor)
{
    assert_non_null(ledger);
    return (*cursor)++ == 0 ? &known : NULL;
}

void ledger_put_first_seen(struct restante_ledger *ledger, const char *uidl, int64_t when_s)
{
    assert_non_null(ledger);
    assert_string_equal(uidl, "known");
    known.first_seen_s = when_s;
}

void ledger_put_note(struct restante_ledger *ledger, const char *uidl, const char *note)
{
    (void)ledger;
    (void)uidl;
    (void)note;
}

static struct room room;

static int set_up(void **state)
{
    (void)state;
    modules_count = settings_count = 0;
    room = (struct room){0};
    conf_add(&room.conf, "module_path.1", CONF_STRING, 0, module_files_begin(), 3);
    conf_add(&room.conf, "policy.1.driver", CONF_STRING, 0, "sample", 7);
    free(module_files_copy("sample", "policy/sample.so", 0));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    conf_free(&room.conf);
    module_files_end();
    return 0;
}

static void a_module_is_loaded_and_reported(void **state)
{
    struct faults faults = {0};
    (void)state;
    conf_add(&room.conf, "policy.1.wait", CONF_RAW_INTEGER, 90, NULL, 8);
    conf_add(&room.conf, "policy.1.words.1", CONF_RAW_STRING, 0, "a", 9);
    conf_add(&room.conf, "policy.1.words.2", CONF_RAW_STRING, 0, "b \"c\"", 9);
    conf_sort(&room.conf);
    struct room_module *module = modules_load(&room, RESTANTE_KIND_POLICY, "policy.1", &faults);
    assert_int_equal(faults.count, 0);
    assert_non_null(module);
    assert_string_equal(module->prefix, "policy.1");
    assert_int_equal(module->values[1].integer, 90000);
    assert_int_equal(modules_count, 1);
    assert_string_equal(last_module.name, "sample");
    assert_string_equal(last_module.summary, "does nothing, for tests");
    assert_string_equal(last_module.refusal, "");
    assert_int_equal(settings_count, 3);
    assert_string_equal(settings[0].setting_path, "policy.1.flag");
    assert_string_equal(settings[0].value, "true");
    assert_true(settings[0].is_default);
    assert_string_equal(settings[1].value, "\"90s\"");
    assert_false(settings[1].is_default);
    assert_string_equal(settings[2].value, "{ \"a\", \"b \\\"c\\\"\" }");
    assert_false(settings[2].is_default);
    modules_unload(&module);
    assert_null(module);
}

static void what_is_wrong_becomes_a_fault(void **state)
{
    struct faults faults = {0};
    (void)state;
    conf_add(&room.conf, "policy.1.wiat", CONF_RAW_INTEGER, 90, NULL, 8);
    conf_add(&room.conf, "policy.2.driver", CONF_STRING, 0, "absent", 9);
    assert_null(modules_load(&room, RESTANTE_KIND_POLICY, "policy.1", &faults));
    assert_null(modules_load(&room, RESTANTE_KIND_POLICY, "policy.2", &faults));
    assert_null(modules_load(&room, RESTANTE_KIND_POLICY, "policy.3", &faults));
    assert_int_equal(faults.count, 3);
    assert_string_equal(faults.sentences[0],
                        "line 8: policy.1.wiat: there is no such setting; did you mean \"wait\"?");
    assert_non_null(strstr(faults.sentences[1], "line 9: policy.2.driver: there is no policy module \"absent\""));
    assert_string_equal(faults.sentences[2], "policy.3.driver: is missing, but names the module to load");
    assert_int_equal(modules_count, 0);
    faults_free(&faults);
}

static void a_policy_may_check_further_keys_itself(void **state)
{
    struct faults faults = {0};
    (void)state;
    free(module_files_copy("keyed", "policy/keyed.so", 0));
    conf_add(&room.conf, "policy.2.driver", CONF_STRING, 0, "keyed", 9);
    conf_add(&room.conf, "policy.2.keep", CONF_RAW_STRING, 0, "10d", 10);
    struct room_module *module = modules_load(&room, RESTANTE_KIND_POLICY, "policy.2", &faults);
    assert_int_equal(faults.count, 0);
    assert_non_null(module);
    assert_int_equal(module->keys_count, 1);
    assert_string_equal(module->keys[0].name, "keep");
    assert_int_equal(settings_count, 3); /* those of its table */
    modules_unload(&module);
}

static void inspection_reports_refusals(void **state)
{
    (void)state;
    free(module_files_write("policy/text.so", "text"));
    modules_inspect(&room, RESTANTE_KIND_POLICY);
    assert_int_equal(modules_count, 2);
    assert_string_equal(last_module.name, "text");
    assert_non_null(strstr(last_module.refusal, "is no module"));
}

static void the_host_table_works(void **state)
{
    struct faults faults = {0};
    struct restante_error error;
    struct restante_policy_terms terms = {.wanted = 0};
    char record[4096], line[512];
    uint8_t digest[32];
    int pipe_ends[2];
    void *policy;
    (void)state;
    struct room_module *module = modules_load(&room, RESTANTE_KIND_POLICY, "policy.1", &faults);
    const struct restante_host *host = modules_host();
    const struct restante_policy *operations = module->loaded->descriptor->operations;
    assert_int_equal(host->size, sizeof(*host));
    assert_int_equal(pipe(pipe_ends), 0);
    log_to_pipe(pipe_ends[1]);
    struct restante_policy_item item = {.path = module->prefix, .values = module->values};
    assert_int_equal(operations->start(host, &item, &policy, &terms, &error), 0);
    log_to_stderr();
    ssize_t length = read(pipe_ends[0], record, sizeof(record));
    assert_true(length > 0);
    memcpy(line, "event\0module\0module\0sample\0text\0started", 40);
    assert_memory_equal(record + length - 40, line, 40);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    assert_string_equal(error.log, "nothing failed");
    host->digest("abc", 3, digest);
    assert_int_equal(digest[0], 0xba);
    assert_int_equal(digest[31], 0xad);
    assert_true(host->checksum("abc", 3) == UINT64_C(0x78af5f94892f3950));
    /* Without a ledger nothing is known and nothing is kept. */
    size_t cursor = 0;
    assert_int_equal(host->ledger_first_seen_s(NULL, "known"), 0);
    host->ledger_put_first_seen(NULL, "known", 1);
    host->ledger_put_note(NULL, "known", "note");
    assert_null(host->ledger_note(NULL, "known"));
    assert_null(host->ledger_next(NULL, &cursor));
    struct restante_ledger *ledger = (struct restante_ledger *)&known;
    assert_int_equal(host->ledger_first_seen_s(ledger, "known"), 42);
    assert_int_equal(host->ledger_first_seen_s(ledger, "unknown"), 0);
    assert_string_equal(host->ledger_next(ledger, &cursor), "known");
    modules_unload(&module);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_module_is_loaded_and_reported),
        TEST(what_is_wrong_becomes_a_fault),
        TEST(a_policy_may_check_further_keys_itself),
        TEST(inspection_reports_refusals),
        TEST(the_host_table_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
