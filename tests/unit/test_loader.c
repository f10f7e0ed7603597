/* Each refusal is one sentence with the file, the field and both values; the sentence is compared whole. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <restante/policy.h>

#include "module/loader.h"
#include "module_files.h"
#include "util/alloc.h"

static const char *root;

static int set_up(void **state)
{
    (void)state;
    root = module_files_begin();
    loader_trust_uid(geteuid());
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    module_files_end();
    return 0;
}

static enum restante_status open_module(enum restante_kind kind, const char *name, struct restante_error *error)
{
    struct loader_module *module;
    *error = (struct restante_error){0};
    enum restante_status status = loader_open(&root, 1, kind, name, &module, error);
    assert_int_equal(status == RESTANTE_OK, module != NULL);
    loader_close(&module);
    return status;
}

/* The policy of this name is refused with "<path>: <sentence>". */
static void expect_refusal(const char *path, const char *name, const char *sentence)
{
    struct restante_error error;
    char *expected = alloc_format("%s: %s", path, sentence);
    assert_int_equal(open_module(RESTANTE_KIND_POLICY, name, &error), RESTANTE_INVALID);
    assert_string_equal(error.log, expected);
    free(expected);
}

static void expect_wrong(const char *built, const char *sentence)
{
    char *path = module_files_copy(built, "policy/sample.so", 0);
    expect_refusal(path, "sample", sentence);
    free(path);
}

static void good_modules_load(void **state)
{
    struct restante_error error;
    struct loader_module *module;
    (void)state;
    char *path = module_files_copy("sample", "policy/sample.so", 0);
    assert_int_equal(loader_open(&root, 1, RESTANTE_KIND_POLICY, "sample", &module, &error), RESTANTE_OK);
    assert_string_equal(module->path, path);
    assert_string_equal(module->descriptor->name, "sample");
    assert_int_equal(module->descriptor->settings_count, 3);
    loader_close(&module);
    assert_null(module);
    free(path);
    free(module_files_copy("storage_sample", "storage/storage_sample.so", 0));
    assert_int_equal(open_module(RESTANTE_KIND_STORAGE, "storage_sample", &error), RESTANTE_OK);
}

static void links_lead_to_the_file_that_is_checked(void **state)
{
    struct restante_error error;
    (void)state;
    char *path = module_files_copy("sample", "real.so", 0);
    char *link_path = alloc_format("%s/policy/sample.so", root);
    assert_int_equal(symlink(path, link_path), 0);
    assert_int_equal(open_module(RESTANTE_KIND_POLICY, "sample", &error), RESTANTE_OK);
    chmod(path, 0666);
    expect_refusal(path, "sample",
                   "the file can be written by others (mode 0666), but must be writable by its owner alone (mode 0644)");
    free(path);
    free(link_path);
}

static void the_first_folder_wins(void **state)
{
    char *empty = alloc_format("%s/none", root);
    const char *path[] = {empty, root};
    struct loader_module *module;
    struct restante_error error;
    (void)state;
    free(module_files_copy("sample", "policy/sample.so", 0));
    assert_int_equal(loader_open(path, 2, RESTANTE_KIND_POLICY, "sample", &module, &error), RESTANTE_OK);
    loader_close(&module);
    assert_int_equal(loader_open(path, 1, RESTANTE_KIND_POLICY, "sample", &module, &error), RESTANTE_INVALID);
    char *expected =
        alloc_format("there is no policy module \"sample\": sample.so was not found in %s/policy", empty);
    assert_string_equal(error.log, expected);
    free(expected);
    free(empty);
}

static void wrong_descriptors_are_refused(void **state)
{
    char sentence[256];
    (void)state;
    expect_wrong("wrong_symbol", "the symbol restante_module is missing, but a module exports it");
    expect_wrong("wrong_length", "restante_module has 4 octets, but a descriptor has at least 8");
    expect_wrong("wrong_magic", "magic is 0x12345678, but must be 0x72657374");
    expect_wrong("wrong_major", "abi_major is 2, but this Restante needs 1");
    expect_wrong("wrong_minor", "abi_minor is 9, but this Restante knows no more than 2");
    snprintf(sentence, sizeof(sentence), "module_size is 40, but this Restante needs %zu",
             sizeof(struct restante_module));
    expect_wrong("wrong_module_size", sentence);
    snprintf(sentence, sizeof(sentence), "host_size is 16, but this Restante needs %zu", sizeof(struct restante_host));
    expect_wrong("wrong_host_size", sentence);
    expect_wrong("wrong_kind", "kind is 2 (auth), but must be 3 (policy)");
    snprintf(sentence, sizeof(sentence), "operations_size is 8, but this Restante needs %zu",
             sizeof(struct restante_policy));
    expect_wrong("wrong_operations_size", sentence);
    expect_wrong("wrong_name", "name is \"other\", but the file's name says \"sample\"");
    expect_wrong("wrong_summary", "summary is missing or more than a line, but must be one line");
    expect_wrong("wrong_operations", "operation \"judge\" is NULL, but must be a function");
    expect_wrong("wrong_needs", "needs asks for root, but only auth modules may");
    expect_wrong("wrong_setting", "setting \"flag\" has no choices, but its type needs some");
    expect_wrong("wrong_function", "cannot be loaded: undefined symbol: restante_nobody_has_this");
}

static void files_that_are_no_modules_are_refused(void **state)
{
    struct restante_error error;
    (void)state;
    char *path = module_files_write("policy/text.so", "This is a text.\n");
    expect_refusal(path, "text",
                   "the file is no module: it begins with other octets than a shared object's \"\\177ELF\"");
    free(path);
    path = module_files_write("policy/empty.so", "");
    expect_refusal(path, "empty",
                   "the file is no module: it begins with other octets than a shared object's \"\\177ELF\"");
    free(path);
    path = alloc_format("%s/policy/folder.so", root);
    mkdir(path, 0755);
    expect_refusal(path, "folder", "is no regular file, but a module must be one");
    free(path);
    assert_int_equal(open_module(RESTANTE_KIND_POLICY, "../x", &error), RESTANTE_INVALID);
    assert_string_equal(error.log, "\"../x\" is no module's name: it must be of small letters, digits, \"-\" and \"_\"");
}

/* Cut anywhere, a module is refused by a sentence; the dynamic linker would end the process for some lengths. */
static void truncated_files_are_refused(void **state)
{
    struct restante_error error;
    struct stat whole;
    (void)state;
    char *path = module_files_copy("sample", "policy/sample.so", 0);
    assert_int_equal(stat(path, &whole), 0);
    free(path);
    for (size_t octets = 1; octets < (size_t)whole.st_size; octets += octets < 4096 ? 61 : 509) {
        path = module_files_copy("sample", "policy/sample.so", octets);
        assert_int_equal(open_module(RESTANTE_KIND_POLICY, "sample", &error), RESTANTE_INVALID);
        assert_non_null(strstr(error.log, octets < 4 ? "is no module" : "the file is truncated: it has "));
        free(path);
    }
}

static void what_others_can_write_is_refused(void **state)
{
    char *folder = alloc_format("%s/policy", root);
    (void)state;
    char *path = module_files_copy("sample", "policy/sample.so", 0);
    chmod(path, 0664);
    expect_refusal(path, "sample",
                   "the file can be written by others (mode 0664), but must be writable by its owner alone (mode 0644)");
    chmod(path, 0644);
    chmod(folder, 0777);
    expect_refusal(folder, "sample",
                   "the folder can be written by others (mode 0777), but must be writable by its owner alone (mode 0755)");
    chmod(folder, 0755);
    chmod(root, 0775);
    expect_refusal(root, "sample",
                   "the folder can be written by others (mode 0775), but must be writable by its owner alone (mode 0755)");
    chmod(root, 0700);
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 12345, 0), 0);
        expect_refusal(path, "sample", "the owner of the file is uid 12345, but must be 0");
    }
    loader_trust_uid(12345);
    if (geteuid() == 0) {
        struct restante_error error;
        assert_int_equal(open_module(RESTANTE_KIND_POLICY, "sample", &error), RESTANTE_OK);
    }
    loader_trust_uid(geteuid());
    free(path);
    free(folder);
}

static void count_names(enum restante_kind kind, const char *name, void *context)
{
    char *names = context;
    assert_int_equal(kind, RESTANTE_KIND_POLICY);
    strncat(names, name, 200 - strlen(names));
    strncat(names, " ", 200 - strlen(names));
}

static void each_name_is_visited_once(void **state)
{
    const char *path[] = {root, root};
    char names[256] = "";
    (void)state;
    free(module_files_write("policy/b.so", ""));
    free(module_files_write("policy/a.so", ""));
    free(module_files_write("policy/README", ""));
    free(module_files_write("policy/Bad.so", ""));
    free(module_files_write("policy/.so", ""));
    loader_each(path, 2, RESTANTE_KIND_POLICY, count_names, names);
    assert_string_equal(names, "a b ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(good_modules_load),
        TEST(links_lead_to_the_file_that_is_checked),
        TEST(the_first_folder_wins),
        TEST(wrong_descriptors_are_refused),
        TEST(files_that_are_no_modules_are_refused),
        TEST(truncated_files_are_refused),
        TEST(what_others_can_write_is_refused),
        TEST(each_name_is_visited_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
