/*
 * tests/unit/test_steps.c - nothing that grows with a maildrop is done in one go: the Maildir driver, the ledger, and
 * two sessions of one loop. Counted in steps and turns: with kit_host_tick_ms = 100 a step ends at its first look at
 * the clock.
 */
#include "maildir_box.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/ledger.h"
#include "session/session.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/log.h"

enum { MESSAGES = 6000 };

static void fill(const struct box *box, const char *ending)
{
    char name[64];
    box_put(box, "content", "x\n");
    for (int i = 0; i < MESSAGES; i++) {
        /* in no order that a folder may have */
        snprintf(name, sizeof(name), "new/%d.m,S=2,W=3%s", 1000000 + i * 7919 % MESSAGES, ending);
        box_link(box, "content", name);
    }
}

static int make(void **state)
{
    box_make(state);
    fill(*state, "");
    kit_host_tick_ms = 100;
    return 0;
}

/* --- the driver ------------------------------------------------------------------------------------------------ */

static void count_open_steps(struct box *box, unsigned counts[MAILDIR_IS_OPEN])
{
    struct restante_maildrop_request request = {.path = box->path, .user = "kim", .state_fd = box->state_fd};
    memset(counts, 0, MAILDIR_IS_OPEN * sizeof(counts[0]));
    box->maildrop = NULL;
    while (maildir_open(&box->driver, &request, &box->maildrop, NULL) == RESTANTE_AGAIN)
        counts[((struct maildir *)box->maildrop)->step]++;
}

/* At the most `each` messages in a step. */
#define IN_STEPS(count, each) assert_in_range(count, MESSAGES / (each), 100 * MESSAGES)

static void check_order(const struct box *box)
{
    char uidl[32];
    assert_int_equal(box_count(box), MESSAGES);
    for (size_t i = 0; i < MESSAGES; i++) {
        snprintf(uidl, sizeof(uidl), "%zu.m,S=2,W=3", 1000000 + i);
        assert_string_equal(box_uidl(box, i), uidl);
    }
}

static void opening_goes_in_steps(void **state)
{
    struct box *box = *state;
    unsigned counts[MAILDIR_IS_OPEN];
    count_open_steps(box, counts);
    check_order(box);
    IN_STEPS(counts[MAILDIR_LIST], 512);
    assert_in_range(counts[MAILDIR_LIST], MESSAGES / 512 + 8 * (MESSAGES / 1024), MESSAGES); /* the sort's rounds */
    IN_STEPS(counts[MAILDIR_JOIN], 1024);
    IN_STEPS(counts[MAILDIR_MEASURE], 32);
    IN_STEPS(counts[MAILDIR_DROP_GONE], 1024);
    IN_STEPS(counts[MAILDIR_FIND_TWINS], 1024);
    IN_STEPS(counts[MAILDIR_NAME_UIDLS], 1024);
    IN_STEPS(counts[MAILDIR_SAVE_CACHE], 4096);
    box_close(box);
    /* another folder time: the cache is read, and the names again */
    box_put(box, "new/0.first", "x\n");
    box_rename(box, "new/0.first", "tmp-first");
    count_open_steps(box, counts);
    check_order(box);
    IN_STEPS(counts[MAILDIR_LOAD_CACHE], 1024);
    IN_STEPS(counts[MAILDIR_JOIN], 1024);
}

static void committing_goes_in_steps(void **state)
{
    struct box *box = *state;
    uint8_t *fates = malloc(MESSAGES), *removals = calloc(1, MESSAGES);
    char name[64], moved[64];
    unsigned counts[MAILDIR_IS_OPEN], steps = 0;
    count_open_steps(box, counts);
    memset(fates, RESTANTE_DELETE, MESSAGES);
    /* all are moved meanwhile: they have to be looked for */
    for (int i = 0; i < MESSAGES; i++) {
        snprintf(name, sizeof(name), "new/%d.m,S=2,W=3", 1000000 + i);
        snprintf(moved, sizeof(moved), "cur/%d.m,S=2,W=3:2,S", 1000000 + i);
        box_rename(box, name, moved);
    }
    unsigned finding = 0;
    enum restante_status status;
    do {
        status = maildir_commit(box->maildrop, fates, removals, NULL);
        finding += ((struct maildir *)box->maildrop)->commit.is_finding;
        steps++;
    } while (status == RESTANTE_AGAIN);
    assert_int_equal(status, RESTANTE_OK);
    IN_STEPS(steps, 1);
    assert_in_range(finding, 2 * (MESSAGES / 512), MESSAGES); /* listed, then taken over */
    for (int i = 0; i < MESSAGES; i++)
        assert_int_equal(removals[i], RESTANTE_REMOVED);
    assert_false(box_has(box, moved));
    free(fates);
    free(removals);
}

/* Every length around the bounds of runs, ordered, backwards and mixed, with equal numbers. */
static void any_list_is_sorted(void **state)
{
    struct box *box = *state;
    struct maildir maildir = {.host = &kit_host, .path = box->path, .user = box->path};
    char name[64];
    kit_host_tick_ms = 0;
    for (size_t count = 0; count < 150; count++) {
        for (unsigned way = 0; way < 3; way++) {
            struct maildir_list list = {0};
            struct maildir_sort sort = {0};
            for (size_t i = 0; i < count; i++) {
                size_t number = way == 0 ? i : way == 1 ? count - 1 - i : i * 7919 % count; /* 7919: a prime */
                snprintf(name, sizeof(name), "%zu.%03zu", number / 3, number);
                assert_true(maildir_list_add(&list, name, MAILDIR_NEW, number));
            }
            while (maildir_sort_step(&maildir, &list, &sort, NULL) == RESTANTE_AGAIN)
                continue;
            assert_int_equal(list.count, count);
            for (size_t i = 0; i < count; i++)
                assert_int_equal(list.messages[i].inode, i);
            maildir_list_free(&list);
        }
    }
}

/* --- the ledger ------------------------------------------------------------------------------------------------ */

static void a_large_ledger_goes_in_steps(void **state)
{
    struct box *box = *state;
    enum { RECORDS = 20000, LEFT = 5000, PER_STEP = 4096 };
    char uidl[16];
    struct restante_error error = {0};
    struct restante_ledger *ledger = NULL;
    assert_int_equal(ledger_open(box->state_fd, false, &ledger, &error), RESTANTE_OK);
    for (int i = 0; i < RECORDS; i++) {
        snprintf(uidl, sizeof(uidl), "u%d", i);
        ledger_put_first_seen(ledger, uidl, 1000 + i);
    }
    assert_int_equal(ledger_sync(ledger, &error), RESTANTE_OK);
    ledger_close(&ledger);
    unsigned steps = 0;
    while (ledger_open(box->state_fd, false, &ledger, &error) == RESTANTE_AGAIN)
        steps++;
    assert_in_range(steps, RECORDS / PER_STEP, RECORDS);
    for (int i = LEFT; i < RECORDS; i++) {
        snprintf(uidl, sizeof(uidl), "u%d", i);
        assert_int_equal(ledger_find(ledger, uidl)->first_seen_s, 1000 + i);
        ledger_put_removed(ledger, uidl);
    }
    for (steps = 0; ledger_sync(ledger, &error) == RESTANTE_AGAIN;) /* worth compacting */
        steps++;
    assert_in_range(steps, LEFT / PER_STEP, RECORDS);
    ledger_close(&ledger);
    while (ledger_open(box->state_fd, true, &ledger, &error) == RESTANTE_AGAIN)
        continue;
    assert_int_equal(ledger_find(ledger, "u4999")->first_seen_s, 1000 + 4999);
    assert_null(ledger_find(ledger, "u5000"));
    ledger_close(&ledger);
}

/* --- two sessions of one loop ---------------------------------------------------------------------------------- */

struct client {
    int fd;
    struct buf seen;
    struct session *session;
};

static struct event_base *base;
static const struct restante_storage storage = {
    .open = maildir_open,
    .count = maildir_count,
    .stat = maildir_stat,
    .read_open = maildir_read_open,
    .read = maildir_read,
    .read_close = maildir_read_close,
    .correct = maildir_correct,
    .commit = maildir_commit,
    .close = maildir_close,
};

static void on_end(struct session *session, void *context)
{
    struct client *client = context;
    (void)session;
    client->session = NULL;
}

static void begin(struct client *client, struct box *box, const char *input)
{
    static const struct session_settings settings = {
        .hostname = "h", .bad_commands = 5, .idle_ms = 600000, .command_ms = 600000, .lock_ms = 600000};
    int pair[2];
    assert_true(fd_pair(SOCK_STREAM, pair));
    *client = (struct client){.fd = pair[0]};
    fd_set_nonblocking(pair[0], true);
    struct session_request request = {
        .client_fd = pair[1],
        .facts = {.id = "s1"},
        .maildrop = {.storage = &storage,
                     .driver = &box->driver,
                     .driver_name = "maildir",
                     .path = box->path,
                     .user = "kim",
                     .state_fd = fcntl(box->state_fd, F_DUPFD_CLOEXEC, 3)},
        .input = input,
        .input_length = strlen(input),
    };
    client->session = session_open(base, &settings, &request, on_end, client);
}

static void turn(struct client *client)
{
    event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    ssize_t got = recv(client->fd, buf_reserve(&client->seen, 65536), 65536, 0);
    if (got > 0)
        buf_added(&client->seen, (size_t)got);
}

static bool has_seen(const struct client *client, const char *text)
{
    return buf_length(&client->seen) > 0 &&
           memmem(buf_head(&client->seen), buf_length(&client->seen), text, strlen(text)) != NULL;
}

/* A whole dialogue; how many turns it took. */
static unsigned dialogue(struct box *box)
{
    struct client client;
    unsigned turns = 0;
    begin(&client, box, "STAT\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n");
    for (; client.session; turns++)
        turn(&client);
    turn(&client);
    assert_true(has_seen(&client, "x\r\n.\r\n+OK"));
    assert_true(has_seen(&client, "Bye, 0 messages left"));
    buf_free(&client.seen);
    close(client.fd);
    return turns;
}

static void finish(struct client *client)
{
    buf_free(&client->seen);
    close(client->fd);
    while (client->session)
        event_base_loop(base, EVLOOP_ONCE);
    event_base_free(base);
}

enum { DIALOGUE_TURNS = 100 };

static void a_large_open_leaves_others_their_turns(void **state)
{
    void *small;
    struct client large;
    box_make(&small); /* first: it counts what is open */
    base = event_base_new();
    box_put(small, "new/1.a", "x\n");
    kit_host_tick_ms = 100;
    begin(&large, *state, "QUIT\r\n");
    turn(&large);
    assert_in_range(dialogue(small), 1, DIALOGUE_TURNS);
    turn(&large);
    assert_int_equal(buf_length(&large.seen), 0); /* still opening: */
    unsigned more = 0;
    for (; !has_seen(&large, "+OK"); more++)
        turn(&large);
    assert_in_range(more, DIALOGUE_TURNS, 100 * MESSAGES);
    finish(&large);
    assert_int_equal(box_drop(&small), 0);
}

static void a_large_commit_leaves_others_their_turns(void **state)
{
    void *small;
    struct client large;
    char line[32];
    box_make(&small); /* first: it counts what is open */
    base = event_base_new();
    box_put(small, "new/1.a", "x\n");
    kit_host_tick_ms = 100;
    begin(&large, *state, "");
    while (!has_seen(&large, "+OK"))
        turn(&large);
    for (int i = 1; i <= MESSAGES; i++) {
        int length = snprintf(line, sizeof(line), "DELE %d\r\n", i);
        while (send(large.fd, line, (size_t)length, MSG_NOSIGNAL) < 0)
            turn(&large);
    }
    assert_int_equal(send(large.fd, "QUIT\r\n", 6, MSG_NOSIGNAL), 6);
    struct stat now;
    while (stat(box_file(*state, "new/1000005.m,S=2,W=3"), &now) == 0) /* the first ones are gone: it is committing */
        turn(&large);
    assert_in_range(dialogue(small), 1, DIALOGUE_TURNS);
    assert_true(box_has(*state, "new/1005999.m,S=2,W=3"));
    assert_false(has_seen(&large, "Bye"));
    while (large.session)
        turn(&large);
    turn(&large);
    assert_true(has_seen(&large, "Bye, 0 messages left"));
    finish(&large);
    assert_int_equal(box_drop(&small), 0);
}

#define STEPS_TEST(name) cmocka_unit_test_setup_teardown(name, make, box_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STEPS_TEST(opening_goes_in_steps),
        STEPS_TEST(committing_goes_in_steps),
        cmocka_unit_test_setup_teardown(any_list_is_sorted, box_make, box_drop),
        cmocka_unit_test_setup_teardown(a_large_ledger_goes_in_steps, box_make, box_drop),
        STEPS_TEST(a_large_open_leaves_others_their_turns),
        STEPS_TEST(a_large_commit_leaves_others_their_turns),
    };
    log_set_level(RESTANTE_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
