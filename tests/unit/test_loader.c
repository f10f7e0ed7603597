/* Each way in which a module can be wrong, its sentence, and that the right ones load. */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "module/loader.h"
#include "util/fd.h"

static char root[64];
static char storage_file[128];

/* Put the octets of `from` (at most `limit`) where the loader looks for storage/sample.so. */
static void install_from(const char *from, size_t limit)
{
    char buffer[4096];
    int in = open(from, O_RDONLY), out;
    unlink(storage_file);
    out = open(storage_file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(in >= 0 && out >= 0);
    for (size_t done = 0; done < limit;) {
        size_t want = limit - done < sizeof(buffer) ? limit - done : sizeof(buffer);
        ssize_t got = read(in, buffer, want);
        assert_true(got >= 0);
        if (got == 0)
            break;
        assert_true(fd_write_all(out, buffer, (size_t)got));
        done += (size_t)got;
    }
    close(in);
    close(out);
}

static void install(const char *sample)
{
    char from[512];
    snprintf(from, sizeof(from), SAMPLES "/sample_%s.so", sample);
    install_from(from, SIZE_MAX);
}

static enum restante_status load(enum restante_kind kind, const char *name, struct restante_error *error)
{
    const char *const path[] = {"/nonexistent", root};
    struct loader_module *module;
    memset(error, 0, sizeof(*error));
    enum restante_status status = loader_open(path, 2, kind, name, &module, error);
    assert_true((status == RESTANTE_OK) == (module != NULL));
    loader_close(&module);
    return status;
}

/* The sentence begins with the file and goes on with `rest`. */
static void assert_refused(const char *rest)
{
    struct restante_error error;
    assert_int_equal(load(RESTANTE_KIND_STORAGE, "sample", &error), RESTANTE_INVALID);
    char *found = strstr(error.log, storage_file);
    assert_true(found == error.log);
    assert_string_equal(error.log + strlen(storage_file), rest);
}

static void right_modules_load(void **state)
{
    struct restante_error error;
    char policy[160], from[512];
    (void)state;
    install("good");
    assert_int_equal(load(RESTANTE_KIND_STORAGE, "sample", &error), RESTANTE_OK);
    snprintf(policy, sizeof(policy), "%s/policy/sample.so", root);
    snprintf(from, sizeof(from), SAMPLES "/sample_policy.so");
    install_from(from, SIZE_MAX);
    assert_int_equal(rename(storage_file, policy), 0);
    assert_int_equal(load(RESTANTE_KIND_POLICY, "sample", &error), RESTANTE_OK);
}

static void wrong_fields_are_named_with_both_values(void **state)
{
    char text[256];
    (void)state;
    install("symbol");
    assert_refused(": symbol restante_module is missing, but every module exports it");
    install("magic");
    assert_refused(": magic is 00000007, but a Restante module begins with 72657374");
    install("major");
    assert_refused(": abi_major is 2, but this server needs 1; build the module for this version");
    install("minor");
    assert_refused(": abi_minor is 1, but this server needs at most 0; build the module for this version");
    install("module_size");
    snprintf(text, sizeof(text), ": module_size is 8, but this server needs %zu; build the module for this version",
             sizeof(struct restante_module));
    assert_refused(text);
    install("host_size");
    snprintf(text, sizeof(text), ": host_size is 16, but this server needs %zu; build the module for this version",
             sizeof(struct restante_host));
    assert_refused(text);
    install("kind");
    assert_refused(": kind is auth, but it lies among the modules of kind storage");
    install("policy");
    assert_refused(": kind is policy, but it lies among the modules of kind storage");
    install("name");
    assert_refused(": name is \"other\", but the file is named \"sample\"");
}

static void wrong_operations_and_settings_are_named(void **state)
{
    struct restante_error error;
    (void)state;
    install("operations_size");
    assert_int_equal(load(RESTANTE_KIND_STORAGE, "sample", &error), RESTANTE_INVALID);
    assert_non_null(strstr(error.log, ": operations_size is "));
    install("no_operations");
    assert_refused(": operations are missing");
    install("operation");
    assert_refused(": operation correct is missing");
    install("setting");
    assert_refused(": settings[0] (\"shape\") lacks a name, a help text, a known type or its choices");
}

static void unresolved_functions_are_found_at_once(void **state)
{
    (void)state;
    install("unresolved");
    assert_refused(": cannot be loaded: undefined symbol: restante_function_that_does_not_exist");
}

/* Every length below this one is a truncated file. */
static size_t sample_octets(void)
{
    struct stat facts;
    assert_int_equal(stat(SAMPLES "/sample_good.so", &facts), 0);
    return (size_t)facts.st_size - 998;
}

static void files_that_are_no_modules_are_refused(void **state)
{
    struct restante_error error;
    (void)state;
    install("good");
    for (size_t length = 0; length < 20000; length += length < 200 ? 1 : 997) {
        install_from(SAMPLES "/sample_good.so", length);
        assert_int_equal(load(RESTANTE_KIND_STORAGE, "sample", &error), RESTANTE_INVALID);
        assert_non_null(strstr(error.log, length < 64 ? "too short" : "truncated: it has "));
        if (length >= sample_octets())
            break;
    }
    install_from("/etc/passwd", SIZE_MAX);
    assert_refused(": cannot be loaded: not a shared object: it does not begin as an ELF file");
    unlink(storage_file);
    assert_int_equal(mkdir(storage_file, 0755), 0);
    assert_refused(": is not a regular file");
    rmdir(storage_file);
    assert_int_equal(load(RESTANTE_KIND_STORAGE, "sample", &error), RESTANTE_INVALID);
    assert_non_null(strstr(error.log, "there is no storage module \"sample\""));
}

static void files_and_folders_of_others_are_refused(void **state)
{
    struct restante_error error;
    char folder[128];
    (void)state;
    snprintf(folder, sizeof(folder), "%s/storage", root);
    install("good");
    chmod(storage_file, 0664);
    assert_refused(": can be written by others (mode 664, allowed is 644): chmod go-w it");
    chmod(storage_file, 0646);
    assert_refused(": can be written by others (mode 646, allowed is 644): chmod go-w it");
    chmod(storage_file, 0644);
    chmod(folder, 0777);
    assert_int_equal(load(RESTANTE_KIND_STORAGE, "sample", &error), RESTANTE_INVALID);
    assert_true(strncmp(error.log, folder, strlen(folder)) == 0);
    assert_non_null(strstr(error.log, "can be written by others"));
    chmod(folder, 0755);
    if (geteuid() == 0) {
        assert_int_equal(chown(storage_file, 4711, 0), 0);
        assert_refused(": belongs to uid 4711, but only root and uid 0 may own what is loaded");
    }
    install("good");
    assert_int_equal(load(RESTANTE_KIND_STORAGE, "sample", &error), RESTANTE_OK);
}

static void names_cannot_leave_the_folder(void **state)
{
    static const char *const names[] = {"", "../storage/sample", "a/b", "Sample", ".", "a.so", NULL};
    struct restante_error error;
    (void)state;
    for (size_t i = 0; names[i]; i++) {
        assert_int_equal(load(RESTANTE_KIND_STORAGE, names[i], &error), RESTANTE_INVALID);
        assert_non_null(strstr(error.log, "is no module name"));
    }
}

static void count_visits(enum restante_kind kind, const char *name, void *context)
{
    assert_int_equal(kind, RESTANTE_KIND_STORAGE);
    assert_string_equal(name, "sample");
    ++*(unsigned *)context;
}

static void modules_are_listed_once(void **state)
{
    const char *const path[] = {root, root, "/nonexistent"};
    unsigned visits = 0;
    (void)state;
    install("good");
    loader_each(path, 3, RESTANTE_KIND_STORAGE, count_visits, &visits);
    assert_int_equal(visits, 1);
}

static int make_folders(void **state)
{
    char folder[128];
    (void)state;
    umask(022);
    snprintf(root, sizeof(root), "/tmp/restante-loader-XXXXXX");
    if (!mkdtemp(root))
        return -1;
    chmod(root, 0755);
    snprintf(folder, sizeof(folder), "%s/storage", root);
    mkdir(folder, 0755);
    snprintf(folder, sizeof(folder), "%s/policy", root);
    mkdir(folder, 0755);
    snprintf(storage_file, sizeof(storage_file), "%s/storage/sample.so", root);
    return 0;
}

static int remove_folders(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof(command), "rm -rf '%s'", root);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_modules_load),
        cmocka_unit_test(wrong_fields_are_named_with_both_values),
        cmocka_unit_test(wrong_operations_and_settings_are_named),
        cmocka_unit_test(unresolved_functions_are_found_at_once),
        cmocka_unit_test(files_that_are_no_modules_are_refused),
        cmocka_unit_test(files_and_folders_of_others_are_refused),
        cmocka_unit_test(names_cannot_leave_the_folder),
        cmocka_unit_test(modules_are_listed_once),
    };
    return cmocka_run_group_tests(tests, make_folders, remove_folders);
}
