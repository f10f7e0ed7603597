/* What maintenance says survives a round trip, and nothing else is believed. */
#include "unit.h"

#include <stdio.h>

#include "ipc/messages_task.h"
#include "ipc/protocol.h"

static void parse(struct frame_in *in, const struct frame_out *out)
{
    assert_true(frame_parse(in, buf_head(&out->buf), buf_length(&out->buf), -1));
}

static void accounts_round_trip(void **state)
{
    struct frame_out out = {0};
    struct frame_in in;
    struct message_lookup lookup = {.request_id = UINT64_C(1) << 40, .user = "alice"}, asked;
    struct message_found found = {.request_id = 3, .status = RESTANTE_DENIED, .log = "none such"}, answered;
    (void)state;
    message_put_lookup(&out, &lookup);
    parse(&in, &out);
    assert_int_equal(in.type, FRAME_LOOKUP);
    assert_true(message_get_lookup(&in, &asked));
    assert_true(asked.request_id == lookup.request_id);
    assert_string_equal(asked.user, "alice");
    found.account.uid = 7;
    snprintf(found.account.home, sizeof(found.account.home), "/home/alice");
    message_put_found(&out, &found);
    parse(&in, &out);
    assert_int_equal(in.type, FRAME_FOUND);
    assert_true(message_get_found(&in, &answered));
    assert_int_equal(answered.request_id, 3);
    assert_int_equal(answered.status, RESTANTE_DENIED);
    assert_string_equal(answered.log, "none such");
    assert_memory_equal(&answered.account, &found.account, sizeof(found.account));
    found.status = RESTANTE_INVALID + 1;
    message_put_found(&out, &found);
    parse(&in, &out);
    assert_false(message_get_found(&in, &answered));
    frame_free(&out);
}

static void lists_round_trip(void **state)
{
    struct frame_out out = {0};
    struct frame_in in;
    struct message_list list = {.cursor = 99}, asked;
    struct message_listed listed = {
        .cursor = 101, .status = RESTANTE_END, .users = "bob\0carol", .users_length = 10, .log = "why"};
    struct message_listed answered;
    (void)state;
    message_put_list(&out, &list);
    parse(&in, &out);
    assert_int_equal(in.type, FRAME_LIST);
    assert_true(message_get_list(&in, &asked));
    assert_int_equal(asked.cursor, 99);
    message_put_listed(&out, &listed);
    parse(&in, &out);
    assert_int_equal(in.type, FRAME_LISTED);
    assert_true(message_get_listed(&in, &answered));
    assert_int_equal(answered.cursor, 101);
    assert_int_equal(answered.status, RESTANTE_END);
    assert_int_equal(answered.users_length, 10);
    assert_memory_equal(answered.users, "bob\0carol", 10);
    assert_string_equal(answered.log, "why");
    listed.users_length = 9; /* the last name without its end */
    message_put_listed(&out, &listed);
    parse(&in, &out);
    assert_false(message_get_listed(&in, &answered));
    frame_free(&out);
}

static void assert_order(const struct task_order *got, const struct task_order *sent)
{
    assert_int_equal(got->kind, sent->kind);
    assert_int_equal(got->is_dry_run, sent->is_dry_run);
    assert_int_equal(got->is_forced, sent->is_forced);
    assert_true(got->at_s == sent->at_s && got->since_s == sent->since_s);
    assert_int_equal(got->arguments_length, sent->arguments_length);
    assert_memory_equal(got->arguments, sent->arguments, sent->arguments_length);
}

static void tasks_round_trip(void **state)
{
    struct frame_out out = {0};
    struct frame_in in;
    struct message_task task = {.task_id = 5, .order = {.kind = TASK_FORGET, .is_forced = true, .at_s = INT64_C(1) << 33,
                                                        .since_s = -1, .arguments = "one\0two", .arguments_length = 8}};
    struct message_task got;
    (void)state;
    snprintf(task.account.user, sizeof(task.account.user), "alice");
    message_put_task(&out, &task);
    parse(&in, &out);
    assert_int_equal(in.type, FRAME_TASK);
    assert_true(message_get_task(&in, &got));
    assert_int_equal(got.task_id, 5);
    assert_string_equal(got.account.user, "alice");
    assert_order(&got.order, &task.order);
    static const uint8_t bad[] = {0, TASK_KIND_COUNT, UINT8_MAX};
    for (size_t i = 0; i < sizeof(bad); i++) {
        task.order.kind = bad[i];
        message_put_task(&out, &task);
        parse(&in, &out);
        assert_false(message_get_task(&in, &got));
    }
    task.order.kind = TASK_FORGET;
    task.order.arguments_length = 7; /* not ended */
    message_put_task(&out, &task);
    parse(&in, &out);
    assert_false(message_get_task(&in, &got));
    frame_free(&out);
}

static void work_round_trips(void **state)
{
    struct frame_out out = {0};
    struct frame_in in;
    struct message_work work = {.task_id = 6,
                                .owner = {.uid = 1000, .gid = 100, .groups = {4, 5}, .groups_count = 2,
                                          .mail = "/mail/alice", .state = ""},
                                .storage = 2,
                                .path = "/mail/alice",
                                .user = "alice",
                                .state_dir = "",
                                .order = {.kind = TASK_FORGET, .is_dry_run = true}};
    struct message_work got;
    (void)state;
    message_put_work(&out, &work);
    parse(&in, &out);
    assert_int_equal(in.type, FRAME_WORK);
    assert_true(message_get_work(&in, &got));
    assert_true(message_owner_is_equal(&got.owner, &work.owner));
    assert_int_equal(got.storage, 2);
    assert_string_equal(got.path, "/mail/alice");
    assert_string_equal(got.user, "alice");
    assert_string_equal(got.state_dir, "");
    assert_order(&got.order, &work.order);
    frame_free(&out);
}

static void answers_round_trip(void **state)
{
    struct frame_out out = {0};
    struct frame_in in;
    static char many[MESSAGE_ROWS_MAX + 1];
    struct message_task_rows rows = {.task_id = 8, .cells = "a\0", .length = 3}, told;
    struct message_task_done done = {.task_id = 8,
                                     .status = RESTANTE_IN_USE,
                                     .counts = {1, 2, 3, 4, 5, 6},
                                     .note = "in use"};
    struct message_task_done heard;
    uint64_t task_id = 0;
    (void)state;
    message_put_task_rows(&out, &rows);
    parse(&in, &out);
    assert_true(message_get_task_rows(&in, &told));
    assert_int_equal(told.task_id, 8);
    assert_int_equal(told.length, 3);
    assert_memory_equal(told.cells, "a\0", 3);
    rows = (struct message_task_rows){.task_id = 8, .cells = many, .length = sizeof(many)};
    message_put_task_rows(&out, &rows);
    parse(&in, &out);
    assert_false(message_get_task_rows(&in, &told));
    message_put_task_next(&out, 77);
    parse(&in, &out);
    assert_true(message_get_task_next(&in, &task_id));
    assert_int_equal(task_id, 77);
    message_put_task_done(&out, &done);
    parse(&in, &out);
    assert_true(message_get_task_done(&in, &heard));
    assert_int_equal(heard.status, RESTANTE_IN_USE);
    assert_memory_equal(&heard.counts, &done.counts, sizeof(done.counts));
    assert_string_equal(heard.note, "in use");
    frame_free(&out);
}

/* Who serves clients hears nothing of tasks, and a session's worker says nothing of them. */
static void only_maintenance_carries_tasks(void **state)
{
    (void)state;
    assert_true(protocol_allows(CHANNEL_NURSERY_FROM_MASTER, FRAME_TASK, false));
    assert_true(protocol_allows(CHANNEL_TASK_FROM_NURSERY, FRAME_WORK, false));
    assert_true(protocol_allows(CHANNEL_MASTER_FROM_NURSERY, FRAME_TASK_DONE, false));
    assert_false(protocol_allows(CHANNEL_WORKER_FROM_NURSERY, FRAME_WORK, false));
    assert_false(protocol_allows(CHANNEL_TASK_FROM_NURSERY, FRAME_SESSION, true));
    assert_false(protocol_allows(CHANNEL_NURSERY_FROM_WORKER, FRAME_TASK_DONE, false));
    assert_false(protocol_allows(CHANNEL_NURSERY_FROM_FRONTEND, FRAME_TASK, false));
    assert_false(protocol_allows(CHANNEL_NURSERY_FROM_AUTH, FRAME_TASK, false));
    assert_false(protocol_allows(CHANNEL_MASTER_FROM_FRONTEND, FRAME_FOUND, false));
    assert_false(protocol_allows(CHANNEL_WORKER_FROM_AUTH, FRAME_LOOKUP, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accounts_round_trip), cmocka_unit_test(lists_round_trip),
        cmocka_unit_test(tasks_round_trip),    cmocka_unit_test(work_round_trips),
        cmocka_unit_test(answers_round_trip),  cmocka_unit_test(only_maintenance_carries_tasks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
