/*
 * tests/unit/test_maildrop.c - lock, ledger and driver in their order; nothing is called removed that is not.
 */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_storage.h"
#include "ledger/ledger.h"
#include "policy/answer.h"
#include "session/maildrop.h"
#include "session/nursery_state.h"

static char directory[64];
static struct fake_storage storage;

static int setup(void **state)
{
    (void)state;
    snprintf(directory, sizeof(directory), "/tmp/test_maildrop.XXXXXX");
    assert_non_null(mkdtemp(directory));
    storage = (struct fake_storage){0};
    fake_storage_add(&storage, "a", "Subject: a\n\nA\n", 1);
    fake_storage_add(&storage, "b", "Subject: b\n\nB\n", 1);
    fake_storage_add(&storage, "c", "Subject: c\n\nC\n", 1);
    return 0;
}

static int teardown(void **state)
{
    char path[128];
    (void)state;
    snprintf(path, sizeof(path), "%s/lock", directory);
    unlink(path);
    snprintf(path, sizeof(path), "%s/ledger", directory);
    unlink(path);
    return rmdir(directory);
}

static int state_directory(void)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static struct maildrop *opened(bool is_read_only)
{
    struct maildrop_request request = {
        .storage = &fake_storage_operations,
        .driver = &storage,
        .driver_name = "fake",
        .path = "/mail/alice",
        .user = "alice",
        .state_fd = state_directory(),
        .is_read_only = is_read_only,
    };
    return maildrop_open(&request);
}

static enum restante_status list(struct maildrop *maildrop, struct restante_error *error)
{
    struct policy_answer answer = {0};
    enum restante_status status;
    do {
        status = maildrop_remember(maildrop, error);
        if (status == RESTANTE_OK)
            status = maildrop_list(maildrop, error);
        if (status == RESTANTE_OK)
            status = maildrop_decide(maildrop, NULL, &answer, error);
    } while (status == RESTANTE_AGAIN);
    return status;
}

static enum restante_status commit(struct maildrop *maildrop, const uint8_t *fates, struct restante_error *error)
{
    const struct maildrop_update update = {.client.fates = fates, .has_quit = true};
    enum restante_status status;
    do
        status = maildrop_update(maildrop, &update, error);
    while (status == RESTANTE_AGAIN);
    return status;
}

static struct maildrop *listed(void)
{
    struct restante_error error = {0};
    struct maildrop *maildrop = opened(false);
    assert_int_equal(maildrop_lock(maildrop, &error), RESTANTE_OK);
    assert_int_equal(list(maildrop, &error), RESTANTE_OK);
    return maildrop;
}

static struct restante_ledger *ledger_now(void)
{
    struct restante_ledger *ledger = NULL;
    struct restante_error error = {0};
    int fd = state_directory();
    assert_int_equal(ledger_open(fd, true, &ledger, &error), RESTANTE_OK);
    close(fd);
    return ledger;
}

static void the_view_is_what_the_driver_said(void **state)
{
    (void)state;
    storage.open_steps = 3;
    struct maildrop *maildrop = listed();
    const struct transaction_maildrop *view = maildrop_view(maildrop);
    assert_int_equal(view->count, 3);
    assert_string_equal(view->uidl(view->context, 0), "a");
    assert_string_equal(view->uidl(view->context, 2), "c");
    assert_int_equal(view->octets(view->context, 1), strlen("Subject: b\n\nB\n") + 3);
    assert_int_equal(maildrop_counts(maildrop)->left, 3);
    maildrop_close(&maildrop);
    assert_null(maildrop);
    assert_string_equal(storage.calls, "open,close,");
}

static void a_second_session_is_told_in_use(void **state)
{
    (void)state;
    struct restante_error error = {0};
    struct maildrop *first = listed(), *second = opened(false);
    assert_int_equal(maildrop_lock(second, &error), RESTANTE_IN_USE);
    assert_int_equal(error.status, RESTANTE_IN_USE);
    assert_int_equal(maildrop_lock(second, &error), RESTANTE_IN_USE);
    maildrop_close(&first);
    assert_int_equal(maildrop_lock(second, &error), RESTANTE_OK);
    maildrop_close(&second);
    struct stat lock;
    char path[128];
    snprintf(path, sizeof(path), "%s/lock", directory);
    assert_int_equal(stat(path, &lock), 0);
    assert_int_equal(lock.st_mode, S_IFREG | 0600);
}

static void a_link_is_no_lock(void **state)
{
    (void)state;
    struct restante_error error = {0};
    char path[128];
    snprintf(path, sizeof(path), "%s/lock", directory);
    assert_int_equal(symlink("/tmp/elsewhere-restante-test", path), 0);
    struct maildrop *maildrop = opened(false);
    assert_int_equal(maildrop_lock(maildrop, &error), RESTANTE_TEMPORARY);
    maildrop_close(&maildrop);
    assert_int_equal(access("/tmp/elsewhere-restante-test", F_OK), -1);
}

static void check_order(void *context)
{
    bool *is_checked = context;
    struct restante_ledger *ledger = ledger_now();
    struct restante_error error = {0};
    /* the ledger is on disk before the driver closes, and the lock is still held */
    assert_int_equal(ledger_find(ledger, "b")->retrieved_count, 1);
    ledger_close(&ledger);
    struct maildrop *other = opened(false);
    assert_int_equal(maildrop_lock(other, &error), RESTANTE_IN_USE);
    maildrop_close(&other);
    *is_checked = true;
}

static void commit_then_ledger_then_close_then_unlock(void **state)
{
    (void)state;
    bool is_checked = false;
    struct restante_error error = {0};
    const uint8_t fates[] = {RESTANTE_DELETE, RESTANTE_KEEP_RETRIEVED, RESTANTE_KEEP};
    storage.commit_steps = 2;
    struct maildrop *maildrop = listed();
    assert_int_equal(commit(maildrop, fates, &error), RESTANTE_OK);
    assert_int_equal(maildrop_counts(maildrop)->removed, 1);
    assert_int_equal(maildrop_counts(maildrop)->left, 2);
    storage.at_close = check_order;
    storage.context = &is_checked;
    maildrop_close(&maildrop);
    storage.at_close = NULL;
    assert_true(is_checked);
    assert_string_equal(storage.calls, "open,commit,close,");
    struct restante_ledger *ledger = ledger_now();
    assert_null(ledger_find(ledger, "a"));
    assert_null(ledger_find(ledger, "c"));
    assert_true(ledger_find(ledger, "b")->first_retrieved_s > 0);
    ledger_close(&ledger);
}

static void what_is_removed_is_forgotten(void **state)
{
    (void)state;
    struct restante_error error = {0};
    const uint8_t retrieved[] = {RESTANTE_KEEP_RETRIEVED, RESTANTE_KEEP_RETRIEVED, RESTANTE_KEEP};
    const uint8_t deleted[] = {RESTANTE_DELETE, RESTANTE_DELETE, RESTANTE_DELETE};
    struct maildrop *maildrop = listed();
    assert_int_equal(commit(maildrop, retrieved, &error), RESTANTE_OK);
    maildrop_close(&maildrop);
    storage.messages[1].refuses_removal = true;
    maildrop = listed();
    assert_int_equal(commit(maildrop, deleted, &error), RESTANTE_TEMPORARY);
    assert_int_equal(maildrop_counts(maildrop)->removed, 2);
    assert_int_equal(maildrop_counts(maildrop)->left, 1);
    maildrop_close(&maildrop);
    struct restante_ledger *ledger = ledger_now();
    assert_null(ledger_find(ledger, "a"));
    assert_int_equal(ledger_find(ledger, "b")->retrieved_count, 1); /* still there, still known */
    ledger_close(&ledger);
}

static void without_quit_nothing_is_done(void **state)
{
    (void)state;
    struct restante_error error = {0};
    const uint8_t fates[] = {RESTANTE_DELETE, RESTANTE_KEEP_RETRIEVED, RESTANTE_KEEP};
    const struct maildrop_update update = {.client.fates = fates};
    struct maildrop *maildrop = listed();
    assert_int_equal(maildrop_update(maildrop, &update, &error), RESTANTE_OK);
    assert_int_equal(maildrop_counts(maildrop)->left, 3);
    maildrop_close(&maildrop);
    assert_string_equal(storage.calls, "open,close,");
    struct restante_ledger *ledger = ledger_now();
    assert_null(ledger_find(ledger, "b"));
    ledger_close(&ledger);
}

static void a_driver_that_lies_is_not_believed(void **state)
{
    (void)state;
    struct restante_error error = {0};
    const uint8_t fates[] = {RESTANTE_DELETE, RESTANTE_DELETE, RESTANTE_KEEP};
    storage.messages[1].refuses_removal = true;
    storage.lies_about_removal = true;
    struct maildrop *maildrop = listed();
    assert_int_equal(commit(maildrop, fates, &error), RESTANTE_TEMPORARY);
    assert_int_equal(maildrop_counts(maildrop)->left, 2);
    maildrop_close(&maildrop);
}

static void a_ledger_that_cannot_be_written_fails_no_commit(void **state)
{
    (void)state;
    struct restante_error error = {0};
    char path[128];
    const uint8_t fates[] = {RESTANTE_DELETE, RESTANTE_KEEP_RETRIEVED, RESTANTE_KEEP};
    struct maildrop *maildrop = listed();
    snprintf(path, sizeof(path), "%s/ledger", directory);
    assert_int_equal(mkdir(path, 0700), 0); /* appeared since it was opened */
    assert_int_equal(commit(maildrop, fates, &error), RESTANTE_OK);
    maildrop_close(&maildrop);
    assert_int_equal(rmdir(path), 0);
}

static void an_open_that_fails_leaves_nothing(void **state)
{
    (void)state;
    struct restante_error error = {0};
    struct maildrop *maildrop = opened(false);
    storage.busy_opens = 1;
    assert_int_equal(maildrop_lock(maildrop, &error), RESTANTE_OK);
    assert_int_equal(list(maildrop, &error), RESTANTE_IN_USE);
    assert_int_equal(list(maildrop, &error), RESTANTE_OK); /* may be tried again */
    maildrop_close(&maildrop);
    storage.open_status = RESTANTE_PERMANENT;
    maildrop = opened(false);
    assert_int_equal(maildrop_lock(maildrop, &error), RESTANTE_OK);
    assert_int_equal(list(maildrop, &error), RESTANTE_PERMANENT);
    maildrop_close(&maildrop);
    storage.open_status = RESTANTE_OK;
    storage.open_steps = 5;
    maildrop = opened(false);
    assert_int_equal(maildrop_lock(maildrop, &error), RESTANTE_OK);
    assert_int_equal(maildrop_remember(maildrop, &error), RESTANTE_OK);
    assert_int_equal(maildrop_list(maildrop, &error), RESTANTE_AGAIN);
    maildrop_close(&maildrop); /* in the middle */
}

static void an_illegal_unique_id_is_refused(void **state)
{
    (void)state;
    struct restante_error error = {0};
    static const char *const illegal[] = {"", "a b", "a\r\n+OK", "\x80"};
    for (size_t i = 0; i < sizeof(illegal) / sizeof(illegal[0]); i++) {
        storage.messages[1].uidl = illegal[i];
        struct maildrop *maildrop = opened(false);
        assert_int_equal(maildrop_lock(maildrop, &error), RESTANTE_OK);
        assert_int_equal(list(maildrop, &error), RESTANTE_PERMANENT);
        assert_non_null(strstr(error.log, "message 2"));
        maildrop_close(&maildrop);
    }
}

static void other_octets_than_listed_are_corrected(void **state)
{
    (void)state;
    struct maildrop *maildrop = listed();
    const struct transaction_maildrop *view = maildrop_view(maildrop);
    uint64_t octets = view->octets(view->context, 1);
    view->retrieved(view->context, 0, octets);
    assert_int_equal(storage.corrected[0], 0);
    view->retrieved(view->context, 1, octets + 2);
    assert_int_equal(storage.corrected[1], octets + 2);
    assert_int_equal(view->octets(view->context, 1), octets); /* fixed for this session */
    maildrop_close(&maildrop);
}

static void reading_only_commits_nothing(void **state)
{
    (void)state;
    struct restante_error error = {0};
    const uint8_t fates[] = {RESTANTE_DELETE, RESTANTE_KEEP, RESTANTE_KEEP};
    struct maildrop *maildrop = opened(true);
    assert_int_equal(maildrop_lock(maildrop, &error), RESTANTE_OK);
    assert_int_equal(list(maildrop, &error), RESTANTE_OK);
    assert_int_equal(commit(maildrop, fates, &error), RESTANTE_PERMANENT);
    maildrop_close(&maildrop);
    assert_string_equal(storage.calls, "open,close,");
    assert_false(storage.messages[0].is_gone);
}

static void a_state_directory_is_judged(void **state)
{
    (void)state;
    struct restante_error error = {0};
    char path[128];
    int fd = -1;
    uint32_t uid = (uint32_t)geteuid();
    assert_int_equal(nursery_state_check(directory, uid, &error), RESTANTE_OK);
    assert_int_equal(nursery_state_open(directory, uid, &fd, &error), RESTANTE_OK);
    close(fd);
    assert_int_equal(nursery_state_check(directory, uid + 1, &error), RESTANTE_PERMANENT);
    assert_int_equal(nursery_state_open(directory, uid + 1, &fd, &error), RESTANTE_PERMANENT);
    assert_int_equal(fd, -1);
    assert_int_equal(chmod(directory, 0710), 0);
    assert_int_equal(nursery_state_check(directory, uid, &error), RESTANTE_PERMANENT);
    assert_int_equal(nursery_state_open(directory, uid, &fd, &error), RESTANTE_PERMANENT);
    assert_int_equal(chmod(directory, 0700), 0);
    snprintf(path, sizeof(path), "%s/none", directory);
    assert_int_equal(nursery_state_check(path, uid, &error), RESTANTE_END);
    snprintf(path, sizeof(path), "%s/lock", directory);
    assert_int_equal(symlink(directory, path), 0);
    assert_int_equal(nursery_state_check(path, uid, &error), RESTANTE_PERMANENT);
    assert_int_equal(nursery_state_open(path, uid, &fd, &error), RESTANTE_TEMPORARY);
}

static void a_state_key_names_driver_and_path(void **state)
{
    (void)state;
    char key[NURSERY_STATE_KEY_LENGTH + 1], other[NURSERY_STATE_KEY_LENGTH + 1];
    nursery_state_key(key, "maildir", "/home/alice/Maildir");
    /* printf 'maildir\0/home/alice/Maildir' | sha256sum | cut -c1-32 */
    assert_string_equal(key, "e9dfd4e7c83a087fb8e4f0e667fc1f08");
    nursery_state_key(other, "maildir/", "home/alice/Maildir");
    assert_string_not_equal(key, other);
    nursery_state_key(other, "mbox", "/home/alice/Maildir");
    assert_string_not_equal(key, other);
}

#define MAILDROP_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MAILDROP_TEST(the_view_is_what_the_driver_said),
        MAILDROP_TEST(a_second_session_is_told_in_use),
        MAILDROP_TEST(a_link_is_no_lock),
        MAILDROP_TEST(commit_then_ledger_then_close_then_unlock),
        MAILDROP_TEST(what_is_removed_is_forgotten),
        MAILDROP_TEST(without_quit_nothing_is_done),
        MAILDROP_TEST(a_driver_that_lies_is_not_believed),
        MAILDROP_TEST(a_ledger_that_cannot_be_written_fails_no_commit),
        MAILDROP_TEST(an_open_that_fails_leaves_nothing),
        MAILDROP_TEST(an_illegal_unique_id_is_refused),
        MAILDROP_TEST(other_octets_than_listed_are_corrected),
        MAILDROP_TEST(reading_only_commits_nothing),
        MAILDROP_TEST(a_state_directory_is_judged),
        MAILDROP_TEST(a_state_key_names_driver_and_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
