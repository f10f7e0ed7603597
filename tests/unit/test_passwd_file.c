#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "auth_fake_host.h"
#include "file/file_driver.h"

/* "sesame", as cheap as each scheme goes. */
#define SESAME_PLAIN "{PLAIN}sesame"
#define SESAME_SHA256 "{SHA256}0MBPSxlR5K6q7IIj7SA55ULzqugFpvp/bXlOWv/10nI="

static char folder[] = "/tmp/restante-passwd-XXXXXX";
static char path[64];

static void write_file(const char *text)
{
    char temporary[80];
    snprintf(temporary, sizeof(temporary), "%s.new", path);
    FILE *file = fopen(temporary, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(temporary, 0640), 0);
    assert_int_equal(rename(temporary, path), 0);
}

static struct file_driver *start(struct restante_error *error)
{
    void *driver = NULL;
    struct restante_value values[FILE_SETTING_COUNT] = {{.is_set = true, .text = path}};
    *error = (struct restante_error){0};
    enum restante_status status = file_operations.start(fake_host(), values, &driver, error);
    assert_true((status == RESTANTE_OK) == (driver != NULL));
    if (status != RESTANTE_OK)
        assert_int_equal(status, RESTANTE_INVALID);
    return driver;
}

static void stop(struct file_driver *driver)
{
    void *stopping = driver;
    file_operations.stop(&stopping);
    assert_null(stopping);
}

static struct file_driver *start_with(const char *text)
{
    struct restante_error error;
    fake_forget_lines();
    write_file(text);
    struct file_driver *driver = start(&error);
    assert_non_null(driver);
    return driver;
}

static enum restante_status login(struct file_driver *driver, const char *user, const char *secret,
                                  struct restante_account *account, struct restante_error *error)
{
    struct restante_credentials credentials = {
        .user = user, .secret = secret, .secret_length = strlen(secret), .peer = "192.0.2.1"};
    memset(account, 0, sizeof(*account));
    *error = (struct restante_error){0};
    return file_operations.verify(driver, &credentials, account, error);
}

static enum restante_status try(struct file_driver *driver, const char *user, const char *secret)
{
    struct restante_account account;
    struct restante_error error;
    return login(driver, user, secret, &account, &error);
}

static void an_account_has_what_its_line_says(void **state)
{
    struct restante_account account;
    struct restante_error error;
    struct file_driver *driver = start_with("# accounts\r\n"
                                            "\n   \n  # indented\n"
                                            "alice@example.org:" SESAME_PLAIN ":1001:1002:A. Lice:/home/alice:/bin/sh:"
                                            "userdb_mail=x:y storage=maildir:/srv/mail/%{user} quota=1\n"
                                            "bob:" SESAME_SHA256 "\r\n"
                                            "carol:" SESAME_PLAIN "::::::\n"
                                            "dave:" SESAME_PLAIN ":4294967294:0::/h");
    (void)state;
    assert_int_equal(fake_lines_count, 0);
    assert_int_equal(login(driver, "alice@example.org", "sesame", &account, &error), RESTANTE_OK);
    assert_string_equal(account.user, "alice@example.org");
    assert_true(account.has_ids);
    assert_int_equal(account.uid, 1001);
    assert_int_equal(account.gid, 1002);
    assert_string_equal(account.home, "/home/alice");
    assert_string_equal(account.storage, "maildir:/srv/mail/%{user}");
    assert_int_equal(login(driver, "bob", "sesame", &account, &error), RESTANTE_OK);
    assert_false(account.has_ids);
    assert_string_equal(account.home, "");
    assert_string_equal(account.storage, "");
    assert_int_equal(login(driver, "carol", "sesame", &account, &error), RESTANTE_OK);
    assert_false(account.has_ids);
    assert_int_equal(login(driver, "dave", "sesame", &account, &error), RESTANTE_OK);
    assert_true(account.uid == UINT32_C(4294967294));
    assert_int_equal(try(driver, "alice@example.org", "Sesame"), RESTANTE_DENIED);
    assert_int_equal(try(driver, "alice", "sesame"), RESTANTE_DENIED);
    assert_int_equal(try(driver, "ALICE@example.org", "sesame"), RESTANTE_DENIED);
    assert_int_equal(try(driver, "# accounts", ""), RESTANTE_DENIED);
    stop(driver);
}

static void a_uid_without_a_gid_asks_the_system(void **state)
{
    struct restante_account account;
    struct restante_error error;
    struct file_driver *driver = start_with("root:" SESAME_PLAIN ":0\nnobody:" SESAME_PLAIN ":3999999999\n");
    (void)state;
    assert_int_equal(login(driver, "root", "sesame", &account, &error), RESTANTE_OK);
    assert_true(account.has_ids);
    assert_int_equal(account.gid, 0);
    assert_int_equal(login(driver, "nobody", "sesame", &account, &error), RESTANTE_TEMPORARY);
    assert_non_null(strstr(error.log, "3999999999"));
    stop(driver);
}

static void a_bad_line_costs_only_itself(void **state)
{
    static const struct {
        const char *line, *user, *why;
    } cases[] = {
        {"justaname", "justaname", "\":\""},
        {":" SESAME_PLAIN, NULL, "empty"},
        {"a/b:" SESAME_PLAIN, NULL, "\"/\""},
        {" sp:" SESAME_PLAIN, NULL, "blank"},
        {"u1:" SESAME_PLAIN ":12x:1", "u1", "uid"},
        {"u2:" SESAME_PLAIN ":-1:1", "u2", "uid"},
        {"u3:" SESAME_PLAIN ":4294967295:1", "u3", "uid"},
        {"u3b:" SESAME_PLAIN ":99999999999999999999999:1", "u3b", "uid"},
        {"u4:" SESAME_PLAIN ":1:+2", "u4", "gid"},
        {"u5:" SESAME_PLAIN "::5", "u5", "gid without a uid"},
        {"u6:" SESAME_PLAIN ":1:1::home/u6", "u6", "home"},
        {"u7:{PLAIN}se\tsame:1:1", "u7", "control byte"},
        {"u8:" SESAME_PLAIN ":1:1:\x1b:/home", "u8", "control byte"},
        {"u9:" SESAME_PLAIN ":1:1:::: storage=maildir", "u9", "driver:path"},
        {"u10:" SESAME_PLAIN ":1:1::::storage=a:/b storage=a:/c", "u10", "twice"},
        {"u11:" SESAME_PLAIN ":1:1::::allow_nets=10.0.0.0/8", "u11", "allow_nets"},
    };
    char text[512], where[80];
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(text, sizeof(text), "alice:" SESAME_PLAIN ":1:1\n\n%s\nbob:" SESAME_PLAIN ":1:1\n", cases[i].line);
        struct file_driver *driver = start_with(text);
        snprintf(where, sizeof(where), "%s:3:", path);
        assert_int_equal(fake_lines_count, 1);
        if (!fake_has_logged(where, cases[i].why))
            fail_msg("\"%s\" was logged as: %s", cases[i].line, fake_lines[0]);
        assert_null(strstr(fake_lines[0], "sesame"));
        assert_int_equal(try(driver, "alice", "sesame"), RESTANTE_OK);
        assert_int_equal(try(driver, "bob", "sesame"), RESTANTE_OK);
        if (cases[i].user) /* known to be meant: an error is not a refusal */
            assert_int_equal(try(driver, cases[i].user, "sesame"), RESTANTE_TEMPORARY);
        stop(driver);
    }
}

static void a_line_with_a_nul_costs_only_itself(void **state)
{
    static const char text[] = "alice:" SESAME_PLAIN ":1:1\nmallory:{PLAIN}x\0:1:1\nbob:" SESAME_PLAIN ":1:1\n";
    struct restante_error error;
    (void)state;
    write_file("");
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, sizeof(text) - 1, file), sizeof(text) - 1);
    assert_int_equal(fclose(file), 0);
    fake_forget_lines();
    struct file_driver *driver = start(&error);
    assert_non_null(driver);
    assert_true(fake_has_logged(":2:", "control byte"));
    assert_int_equal(try(driver, "mallory", "x"), RESTANTE_TEMPORARY);
    assert_int_equal(try(driver, "bob", "sesame"), RESTANTE_OK);
    stop(driver);
}

static void the_first_good_line_of_a_user_wins(void **state)
{
    struct file_driver *driver = start_with("alice:{PLAIN}first\nalice:{PLAIN}second\n"
                                            "bob:{PLAIN}broken:x\nbob:{PLAIN}good\nbob:{PLAIN}late:y\n");
    (void)state;
    assert_true(fake_has_logged(":2:", "alice"));
    assert_true(fake_has_logged(":3:", "uid"));
    assert_true(fake_has_logged(":5:", "uid"));
    assert_int_equal(try(driver, "alice", "first"), RESTANTE_OK);
    assert_int_equal(try(driver, "alice", "second"), RESTANTE_DENIED);
    assert_int_equal(try(driver, "bob", "good"), RESTANTE_OK);
    assert_int_equal(try(driver, "bob", "broken"), RESTANTE_DENIED);
    stop(driver);
}

static void what_cannot_be_checked_is_an_error_not_a_refusal(void **state)
{
    struct restante_account account;
    struct restante_error error;
    struct file_driver *driver = start_with("alice:" SESAME_PLAIN "\n"
                                            "bob:{PBKDF2}$1$hushhush$5000$feed\ncarol:{SSHA}hushhush\ndave:x\n");
    (void)state;
    assert_int_equal(login(driver, "bob", "sesame", &account, &error), RESTANTE_TEMPORARY);
    assert_non_null(strstr(error.log, path));
    assert_non_null(strstr(error.log, ":2:"));
    assert_non_null(strstr(error.log, "PBKDF2"));
    assert_null(strstr(error.log, "hushhush"));
    assert_int_equal(login(driver, "carol", "sesame", &account, &error), RESTANTE_TEMPORARY);
    assert_null(strstr(error.log, "hushhush"));
    assert_int_equal(login(driver, "dave", "sesame", &account, &error), RESTANTE_TEMPORARY);
    assert_true(fake_has_logged(":2:", "PBKDF2"));
    assert_false(fake_has_logged("hushhush", ""));
    assert_int_equal(try(driver, "alice", "sesame"), RESTANTE_OK);
    stop(driver);
}

static void nobody_is_known_by_the_number_of_computations(void **state)
{
    struct file_driver *driver = start_with("alice:" SESAME_SHA256 "\nlocked:*\nlocked2:!" SESAME_SHA256 "\nnone:\n"
                                            "off:" SESAME_SHA256 "::::::nologin\noff2:" SESAME_SHA256
                                            "::::::nologin=y\non:" SESAME_SHA256 "::::::nologin=no\n");
    static const char *const refused[] = {"alice", "unknown", "locked", "locked2", "none", "off", "off2", NULL};
    struct restante_account account;
    struct restante_error error;
    (void)state;
    for (size_t i = 0; refused[i]; i++) {
        const char *secret = i == 0 ? "wrong" : "sesame";
        uint64_t before = driver->work.computations;
        assert_int_equal(login(driver, refused[i], secret, &account, &error), RESTANTE_DENIED);
        assert_int_equal(driver->work.computations - before, 1);
        assert_string_equal(error.client, "");
    }
    assert_int_equal(try(driver, "on", "sesame"), RESTANTE_OK);
    stop(driver);
}

static void the_dummy_costs_what_most_cost(void **state)
{
    struct file_driver *driver =
        start_with("a:" SESAME_SHA256 "\nb:$6$rounds=1000$aaaa$x\nc:$6$rounds=2000$bbbb$x\nd:$6$rounds=1000$cccc$x\n");
    (void)state;
    assert_string_equal(driver->table->dummy, "$6$rounds=1000$aaaa$x");
    stop(driver);
    driver = start_with("locked:*\n");
    uint64_t before = driver->work.computations;
    assert_int_equal(strncmp(driver->table->dummy, "$6$", 3), 0);
    assert_int_equal(try(driver, "locked", "x"), RESTANTE_DENIED);
    assert_int_equal(try(driver, "unknown", "x"), RESTANTE_DENIED);
    assert_int_equal(driver->work.computations - before, 2);
    stop(driver);
}

static void a_changed_file_is_read_again(void **state)
{
    struct file_driver *driver = start_with("alice:{PLAIN}one\n");
    (void)state;
    assert_int_equal(try(driver, "alice", "one"), RESTANTE_OK);
    for (int i = 0; i < 20; i++) { /* same size, within one step of the file system's clock */
        write_file(i % 2 ? "alice:{PLAIN}one\n" : "alice:{PLAIN}two\n");
        assert_int_equal(try(driver, "alice", i % 2 ? "one" : "two"), RESTANTE_OK);
        assert_int_equal(try(driver, "alice", i % 2 ? "two" : "one"), RESTANTE_DENIED);
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        assert_int_equal(pwrite(fd, "six", 3, 13), 3);
        close(fd);
        assert_int_equal(try(driver, "alice", "six"), RESTANTE_OK);
    }
    stop(driver);
}

static void an_unchanged_file_is_not_read_again(void **state)
{
    struct file_driver *driver = start_with("alice:{PLAIN}one\n");
    (void)state;
    driver->signature.is_settled = true;
    const struct file_table *table = driver->table;
    uint32_t generation = driver->generation;
    assert_int_equal(try(driver, "alice", "one"), RESTANTE_OK);
    assert_ptr_equal(driver->table, table);
    assert_int_equal(driver->generation, generation);
    assert_int_equal(utimensat(AT_FDCWD, path, NULL, 0), 0); /* touched: read, and found the same */
    assert_int_equal(try(driver, "alice", "one"), RESTANTE_OK);
    assert_ptr_equal(driver->table, table);
    stop(driver);
}

static void while_the_file_is_unusable_nobody_is_denied(void **state)
{
    struct restante_account account;
    struct restante_error error;
    struct file_driver *driver = start_with("alice:{PLAIN}one\n");
    (void)state;
    assert_int_equal(unlink(path), 0);
    assert_int_equal(login(driver, "alice", "one", &account, &error), RESTANTE_TEMPORARY);
    assert_non_null(strstr(error.log, path));
    assert_int_equal(login(driver, "alice", "wrong", &account, &error), RESTANTE_TEMPORARY);
    assert_int_equal(login(driver, "unknown", "wrong", &account, &error), RESTANTE_TEMPORARY);
    write_file("alice:{PLAIN}one\n");
    assert_int_equal(try(driver, "alice", "one"), RESTANTE_OK);
    assert_int_equal(chmod(path, 0660), 0);
    assert_int_equal(login(driver, "alice", "one", &account, &error), RESTANTE_TEMPORARY);
    assert_non_null(strstr(error.log, "0660"));
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(try(driver, "alice", "one"), RESTANTE_OK);
    stop(driver);
}

static void assert_no_start(const char *why)
{
    struct restante_error error;
    assert_null(start(&error));
    assert_int_equal(error.status, RESTANTE_INVALID);
    assert_non_null(strstr(error.log, path));
    if (!strstr(error.log, why))
        fail_msg("\"%s\" is not in: %s", why, error.log);
}

static void a_file_that_others_control_is_refused(void **state)
{
    struct restante_error error;
    char target[80];
    (void)state;
    write_file("alice:{PLAIN}one\n");
    assert_int_equal(chmod(path, 0620), 0);
    assert_no_start("0620");
    assert_int_equal(chmod(path, 0602), 0);
    assert_no_start("0602");
    assert_int_equal(unlink(path), 0);
    assert_no_start("No such file");
    assert_int_equal(mkdir(path, 0700), 0);
    assert_no_start("regular file");
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_no_start("regular file");
    assert_int_equal(unlink(path), 0);
    if (geteuid() == 0) {
        write_file("alice:{PLAIN}one\n");
        assert_int_equal(chown(path, 12345, 0), 0);
        assert_no_start("12345");
        assert_int_equal(unlink(path), 0);
    }
    /* A link is the administrator's way to place the file; what counts is where it leads. */
    write_file("alice:{PLAIN}one\n");
    snprintf(target, sizeof(target), "%s.real", path);
    assert_int_equal(rename(path, target), 0);
    assert_int_equal(symlink(target, path), 0);
    struct file_driver *driver = start(&error);
    assert_non_null(driver);
    stop(driver);
    assert_int_equal(chmod(target, 0666), 0);
    assert_no_start("0666");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(target), 0);
}

static void lookup_finds_accounts_without_a_secret(void **state)
{
    struct restante_account account = {0};
    char verifier[RESTANTE_VERIFIER_MAX + 1];
    struct restante_error error;
    struct file_driver *driver = start_with("alice:{SSHA}cxFdwWorM/cFQPfGISIiWwrN3TAA/3NhbA==:7:8::/home/alice\n"
                                            "bob:$1$saltsalt$sfz3PxFAPPUP3vtzJ/6wm1:7:8\nlocked:!:7:8\n"
                                            "new:{PBKDF2}xyz:7:8\nbad:{PLAIN}x:y\n");
    (void)state;
    assert_int_equal(file_operations.lookup(driver, "alice", &account, verifier, &error), RESTANTE_OK);
    assert_string_equal(verifier, "{SSHA}cxFdwWorM/cFQPfGISIiWwrN3TAA/3NhbA==");
    assert_string_equal(account.home, "/home/alice");
    assert_int_equal(file_operations.lookup(driver, "bob", &account, verifier, &error), RESTANTE_OK);
    assert_string_equal(verifier, "{CRYPT}$1$saltsalt$sfz3PxFAPPUP3vtzJ/6wm1");
    assert_int_equal(file_operations.lookup(driver, "locked", &account, verifier, &error), RESTANTE_OK);
    assert_string_equal(verifier, "");
    assert_int_equal(file_operations.lookup(driver, "new", &account, NULL, &error), RESTANTE_OK);
    assert_int_equal(account.uid, 7);
    assert_int_equal(file_operations.lookup(driver, "bad", &account, NULL, &error), RESTANTE_TEMPORARY);
    assert_int_equal(file_operations.lookup(driver, "zoe", &account, NULL, &error), RESTANTE_DENIED);
    stop(driver);
}

static void list_names_every_account_once(void **state)
{
    static const char *const expected[] = {"alice", "bob", "carol"};
    char user[RESTANTE_USER_MAX + 1];
    size_t count = 0;
    uint64_t cursor = 0;
    struct restante_error error;
    enum restante_status status;
    struct file_driver *driver =
        start_with("alice:{PLAIN}x\nbad:{PLAIN}x:y\nbob:*\nalice:{PLAIN}y\ncarol:{PBKDF2}x\n");
    (void)state;
    while ((status = file_operations.list(driver, &cursor, user, &error)) == RESTANTE_OK) {
        assert_true(count < 3);
        assert_string_equal(user, expected[count++]);
    }
    assert_int_equal(status, RESTANTE_END);
    assert_int_equal(count, 3);
    assert_int_equal(file_operations.list(driver, &cursor, user, &error), RESTANTE_END);
    cursor = 0;
    assert_int_equal(file_operations.list(driver, &cursor, user, &error), RESTANTE_OK);
    write_file("zoe:{PLAIN}x\n");
    assert_int_equal(try(driver, "zoe", "x"), RESTANTE_OK);
    assert_int_equal(file_operations.list(driver, &cursor, user, &error), RESTANTE_TEMPORARY);
    stop(driver);
}

static void a_large_file_is_a_table(void **state)
{
    enum { USERS = 20000 };
    char user[32];
    size_t capacity = (size_t)USERS * 48;
    char *text = malloc(capacity);
    size_t used = 0;
    (void)state;
    assert_non_null(text);
    for (unsigned i = 0; i < USERS; i++)
        used += (size_t)snprintf(text + used, capacity - used, "user%u@example.org:{PLAIN}%u\n", i, i * 7);
    struct file_driver *driver = start_with(text);
    for (unsigned i = 0; i < USERS; i += 97) {
        char secret[16];
        snprintf(user, sizeof(user), "user%u@example.org", i);
        snprintf(secret, sizeof(secret), "%u", i * 7);
        assert_int_equal(try(driver, user, secret), RESTANTE_OK);
    }
    assert_int_equal(try(driver, "user20000@example.org", "140000"), RESTANTE_DENIED);
    stop(driver);
    free(text);
}

static void a_flood_of_bad_lines_is_logged_in_part(void **state)
{
    static char text[128 * 16];
    size_t used = 0;
    (void)state;
    for (unsigned i = 0; i < 120; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "bad%u\n", i);
    struct file_driver *driver = start_with(text);
    assert_int_equal(fake_lines_count, 51);
    assert_true(fake_has_logged(path, "70 more"));
    stop(driver);
}

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof(path), "%s/users", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_has_what_its_line_says),
        cmocka_unit_test(a_uid_without_a_gid_asks_the_system),
        cmocka_unit_test(a_bad_line_costs_only_itself),
        cmocka_unit_test(a_line_with_a_nul_costs_only_itself),
        cmocka_unit_test(the_first_good_line_of_a_user_wins),
        cmocka_unit_test(what_cannot_be_checked_is_an_error_not_a_refusal),
        cmocka_unit_test(nobody_is_known_by_the_number_of_computations),
        cmocka_unit_test(the_dummy_costs_what_most_cost),
        cmocka_unit_test(a_changed_file_is_read_again),
        cmocka_unit_test(an_unchanged_file_is_not_read_again),
        cmocka_unit_test(while_the_file_is_unusable_nobody_is_denied),
        cmocka_unit_test(a_file_that_others_control_is_refused),
        cmocka_unit_test(lookup_finds_accounts_without_a_secret),
        cmocka_unit_test(list_names_every_account_once),
        cmocka_unit_test(a_large_file_is_a_table),
        cmocka_unit_test(a_flood_of_bad_lines_is_logged_in_part),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
