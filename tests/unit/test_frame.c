#include "unit.h"

#include <restante/policy.h>

#include "ipc/messages.h"
#include "ipc/messages_policy.h"
#include "ipc/protocol.h"

static void parse(struct frame_in *in, const struct frame_out *out)
{
    assert_true(frame_parse(in, buf_head(&out->buf), buf_length(&out->buf), -1));
}

static void fields_round_trip(void **state)
{
    struct frame_out out = {0};
    struct frame_in in;
    char text[8];
    size_t length;
    (void)state;
    frame_begin(&out, FRAME_READY);
    frame_put_u8(&out, 1);
    frame_put_u32(&out, UINT32_MAX);
    frame_put_u64(&out, UINT64_MAX - 1);
    frame_put_i64(&out, -5);
    frame_put_string(&out, "abc");
    frame_put_bytes(&out, "a\0b", 3);
    parse(&in, &out);
    assert_int_equal(in.type, FRAME_READY);
    assert_true(frame_get_bool(&in));
    assert_true(frame_get_u32(&in) == UINT32_MAX);
    assert_true(frame_get_u64(&in) == UINT64_MAX - 1);
    assert_true(frame_get_i64(&in) == -5);
    frame_get_string(&in, text, sizeof(text));
    assert_string_equal(text, "abc");
    assert_memory_equal(frame_get_bytes(&in, &length), "a\0b", 3);
    assert_int_equal(length, 3);
    assert_true(frame_end(&in));
    frame_free(&out);
}

static struct message_identity sample_identity(void)
{
    struct message_identity identity = {.frontend_id = 3, .connection_id = 99};
    memset(identity.token, 0xab, sizeof(identity.token));
    memcpy(identity.session.id, "5f.3.1", 7);
    memcpy(identity.session.peer, "192.0.2.7", 10);
    memcpy(identity.session.mechanism, "PLAIN", 6);
    memcpy(identity.account.user, "alice@example.org", 18);
    identity.account.has_ids = true;
    identity.account.uid = 1000;
    identity.account.gid = 1001;
    identity.account.groups_count = 2;
    identity.account.groups[1] = 7;
    memcpy(identity.account.home, "/home/alice", 12);
    return identity;
}

static void identity_round_trips(void **state)
{
    struct message_identity sent = sample_identity(), got;
    struct frame_out out = {0};
    struct frame_in in;
    (void)state;
    memset(&got, 0, sizeof(got));
    message_put_identity(&out, &sent);
    parse(&in, &out);
    assert_true(message_get_identity(&in, &got));
    assert_memory_equal(&sent, &got, sizeof(got));
    frame_free(&out);
}

static void announcements_round_trip(void **state)
{
    static const struct restante_announcement good[] = {
        {.expire_days = RESTANTE_EXPIRE_NEVER, .login_delay_s = RESTANTE_NO_ANNOUNCEMENT},
        {.expire_days = RESTANTE_NO_ANNOUNCEMENT, .expire_differs = true, .login_delay_s = 0},
        {.expire_days = INT32_MAX, .login_delay_s = INT32_MAX, .login_delay_differs = true},
    };
    static const int64_t bad[][2] = {{-3, 0}, {0, -2}, {INT64_C(1) << 31, 0}, {0, INT64_C(1) << 31}, {INT64_MIN, 0}};
    struct restante_announcement got;
    struct frame_out out = {0};
    struct frame_in in;
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        message_put_announcement(&out, &good[i]);
        parse(&in, &out);
        assert_true(message_get_announcement(&in, &got));
        assert_int_equal(got.expire_days, good[i].expire_days);
        assert_int_equal(got.expire_differs, good[i].expire_differs);
        assert_int_equal(got.login_delay_s, good[i].login_delay_s);
        assert_int_equal(got.login_delay_differs, good[i].login_delay_differs);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        frame_begin(&out, FRAME_ANNOUNCEMENT);
        frame_put_i64(&out, bad[i][0]);
        frame_put_u8(&out, 0);
        frame_put_i64(&out, bad[i][1]);
        frame_put_u8(&out, 0);
        parse(&in, &out);
        assert_false(message_get_announcement(&in, &got));
    }
    frame_free(&out);
}

static void starts_round_trip(void **state)
{
    struct frame_out out = {0};
    struct frame_in in;
    struct message_start got, sent = {.mode = ROOM_CHECK, .room_id = 7, .entry = 2, .change_identity = true, .uid = 1000,
                                      .gid = 1001, .groups = {5}, .groups_count = 1, .chroot = "/c", .state_root = "/s",
                                      .clock_base_s = INT64_C(1) << 40, .clock_boot_s = -1, .clock_jump_s = 86400};
    (void)state;
    for (int is_unknown = 0; is_unknown <= 1; is_unknown++) {
        sent.is_clock_unknown = is_unknown;
        memset(&got, 0, sizeof(got));
        message_put_start(&out, &sent);
        parse(&in, &out);
        assert_true(message_get_start(&in, &got));
        assert_true(got.mode == sent.mode && got.room_id == 7 && got.entry == 2 && got.change_identity && !got.keep_root);
        assert_true(got.uid == 1000 && got.gid == 1001 && got.groups_count == 1 && got.groups[0] == 5);
        assert_string_equal(got.chroot, "/c");
        assert_string_equal(got.state_root, "/s");
        assert_true(got.clock_base_s == sent.clock_base_s && got.clock_boot_s == -1 && got.clock_jump_s == 86400);
        assert_true(got.is_clock_unknown == (is_unknown != 0));
    }
    sent.mode = UINT8_MAX;
    message_put_start(&out, &sent);
    parse(&in, &out);
    assert_false(message_get_start(&in, &got));
    frame_free(&out);
}

static void pairs_and_their_answers_round_trip(void **state)
{
    struct frame_out out = {0};
    struct frame_in in;
    struct message_tls_pair pair = {
        .number = 3, .certificate = "cert", .certificate_length = 4, .key = "k", .key_length = 1};
    struct message_tls_pair got = {0};
    static const uint32_t bad[] = {0, MESSAGE_TLS_PAIRS_MAX + 1, UINT32_MAX};
    (void)state;
    message_put_tls_pair(&out, &pair);
    parse(&in, &out);
    assert_true(message_get_tls_pair(&in, &got));
    assert_int_equal(got.number, 3);
    assert_int_equal(got.certificate_length, 4);
    assert_memory_equal(got.certificate, "cert", 4);
    assert_memory_equal(got.key, "k", 1);
    for (size_t i = 0; i < 3; i++) {
        pair.number = bad[i];
        message_put_tls_pair(&out, &pair);
        parse(&in, &out);
        assert_false(message_get_tls_pair(&in, &got));
    }
    struct message_tls_pair_tried answer = {
        .number = 2, .is_taken = true, .starts_s = -1, .expires_s = INT64_C(1) << 40, .reason = "why"};
    struct message_tls_pair_tried heard = {0};
    message_put_tls_pair_tried(&out, &answer);
    parse(&in, &out);
    assert_true(message_get_tls_pair_tried(&in, &heard));
    assert_int_equal(heard.number, 2);
    assert_true(heard.is_taken);
    assert_true(heard.starts_s == -1 && heard.expires_s == INT64_C(1) << 40);
    assert_string_equal(heard.reason, "why");
    frame_free(&out);
}

static void what_dispatchers_tell_and_are_told_round_trips(void **state)
{
    struct frame_out out = {0};
    struct frame_in in;
    uint32_t number = 0;
    const void *data;
    size_t length;
    static const uint8_t large[MESSAGE_MEMORY_MAX + 1];
    (void)state;
    message_put_worker(&out, FRAME_WORKER_STUCK, 77);
    parse(&in, &out);
    assert_int_equal(in.type, FRAME_WORKER_STUCK);
    assert_true(message_get_worker(&in, &number));
    assert_int_equal(number, 77);
    struct message_session_open open;
    message_put_session_open(&out, 5, UINT64_C(1) << 40, "2001:db8::1", "alice");
    parse(&in, &out);
    assert_true(message_get_session_open(&in, &open));
    assert_int_equal(open.frontend_id, 5);
    assert_int_equal(open.connection_id, UINT64_C(1) << 40);
    assert_string_equal(open.peer, "2001:db8::1");
    assert_string_equal(open.user, "alice");
    message_put_memory(&out, "a\0b", 3);
    parse(&in, &out);
    assert_true(message_get_memory(&in, &data, &length));
    assert_int_equal(length, 3);
    assert_memory_equal(data, "a\0b", 3);
    message_put_memory(&out, large, sizeof(large));
    parse(&in, &out);
    assert_false(message_get_memory(&in, &data, &length));
    frame_free(&out);
}

static void a_worker_session_survives_a_round_trip(void **state)
{
    static struct message_worker_session sent, got;
    struct frame_out out = {0};
    struct frame_in in;
    uint32_t frontend_id;
    uint64_t connection_id;
    (void)state;
    sent = (struct message_worker_session){
        .frontend_id = 3, .connection_id = UINT64_C(1) << 40, .is_last = true, .storage = 1,
        .owner = {.uid = 5000, .gid = 5001, .groups = {7, 8}, .groups_count = 2, .mail = "/srv/mail", .state = "/s"},
        .path = "/srv/mail/a/Maildir", .state_dir = "/s/00ff", .user = "a@example.org",
        .session = {.id = "abc", .peer = "192.0.2.7", .mechanism = "PLAIN", .tls = "TLSv1.3 X"},
        .input = "QUIT\r\n", .input_length = 6};
    message_put_worker_session(&out, &sent);
    parse(&in, &out);
    assert_true(message_get_worker_session(&in, &got));
    assert_int_equal(got.input_length, 6);
    assert_memory_equal(got.input, "QUIT\r\n", 6);
    assert_string_equal(got.path, sent.path);
    assert_string_equal(got.state_dir, sent.state_dir);
    assert_string_equal(got.user, sent.user);
    assert_true(message_owner_is_equal(&got.owner, &sent.owner));
    got.input = sent.input;
    got.path = sent.path;
    got.state_dir = sent.state_dir;
    got.user = sent.user;
    got.owner.mail = sent.owner.mail;
    got.owner.state = sent.owner.state;
    assert_memory_equal(&sent, &got, sizeof(got));
    for (size_t length = 2; length < buf_length(&out.buf); length++) {
        assert_true(frame_parse(&in, buf_head(&out.buf), length, -1));
        assert_false(message_get_worker_session(&in, &got));
    }
    message_put_session_over(&out, 3, UINT64_C(1) << 40);
    parse(&in, &out);
    assert_true(message_get_session_over(&in, &frontend_id, &connection_id));
    assert_int_equal(frontend_id, 3);
    assert_int_equal(connection_id, UINT64_C(1) << 40);
    frame_free(&out);
}

/* Whatever differs makes another owner: a worker then refuses the session. */
static void owners_are_equal_only_in_everything(void **state)
{
    static struct message_owner one, other;
    (void)state;
    one = (struct message_owner){
        .uid = 5000, .gid = 5001, .groups = {7, 8}, .groups_count = 2, .mail = "/srv/mail", .state = "/s"};
    other = one;
    other.groups[2] = 9; /* behind the last one: nobody's group */
    assert_true(message_owner_is_equal(&one, &other));
#define DIFFERS(change) other = one; change; assert_false(message_owner_is_equal(&one, &other))
    DIFFERS(other.uid++);
    DIFFERS(other.gid++);
    DIFFERS(other.groups[1]++);
    DIFFERS(other.groups_count--);
    DIFFERS(other.mail = "/srv/mai");
    DIFFERS(other.state = "/t");
}

static void drain_round_trips(void **state)
{
    const struct message_drain sent = {.mode = DRAIN_RELOAD, .grace_ms = 7000}, bad = {.mode = DRAIN_RELOAD + 1};
    struct message_drain got;
    struct frame_out out = {0};
    struct frame_in in;
    (void)state;
    message_put_drain(&out, &sent);
    parse(&in, &out);
    assert_true(message_get_drain(&in, &got));
    assert_int_equal(got.mode, DRAIN_RELOAD);
    assert_int_equal(got.grace_ms, 7000);
    message_put_drain(&out, &bad);
    parse(&in, &out);
    assert_false(message_get_drain(&in, &got));
    frame_free(&out);
}

static void status_round_trips(void **state)
{
    const struct message_status sent = {.connections = 1, .sessions = UINT64_MAX, .workers = 3, .logins_accepted = 4,
                                        .logins_denied = 5, .logins_failed = 6};
    struct message_status got;
    struct frame_out out = {0};
    struct frame_in in;
    (void)state;
    message_put_status(&out, &sent);
    parse(&in, &out);
    assert_true(message_get_status(&in, &got));
    assert_memory_equal(&sent, &got, sizeof(got));
    frame_free(&out);
}

/* Every shorter frame, and one with something left over, is refused; nothing beyond the data is read (ASan). */
static void what_a_policy_room_is_told_and_tells_round_trips(void **state)
{
    struct frame_out out = {0};
    struct frame_in in;
    struct message_policy_file file = {.operation = POLICY_TEST, .driver = "lua", .path = "/a/b.test.lua"};
    struct message_policy_file got_file = {0};
    struct message_policy_report report = {.result = RESTANTE_POLICY_NOTE, .text = "b.lua:3: why"}, got = {0};
    (void)state;
    message_put_policy_file(&out, &file);
    parse(&in, &out);
    assert_true(message_get_policy_file(&in, &got_file));
    assert_int_equal(got_file.operation, POLICY_TEST);
    assert_string_equal(got_file.driver, "lua");
    assert_string_equal(got_file.path, "/a/b.test.lua");
    message_put_policy_report(&out, &report);
    parse(&in, &out);
    assert_true(message_get_policy_report(&in, &got));
    assert_int_equal(got.result, RESTANTE_POLICY_NOTE);
    assert_string_equal(got.text, "b.lua:3: why");
    file.operation = POLICY_TEST + 1;
    message_put_policy_file(&out, &file);
    parse(&in, &out);
    assert_false(message_get_policy_file(&in, &got_file));
    file = (struct message_policy_file){.path = "b.lua"};
    message_put_policy_file(&out, &file);
    parse(&in, &out);
    assert_false(message_get_policy_file(&in, &got_file));
    report.result = RESTANTE_POLICY_NOTE + 1;
    message_put_policy_report(&out, &report);
    parse(&in, &out);
    assert_false(message_get_policy_report(&in, &got));
    frame_free(&out);
}

static void cut_frames_are_refused(void **state)
{
    struct message_identity sent = sample_identity(), got;
    struct frame_out out = {0};
    struct frame_in in;
    (void)state;
    message_put_identity(&out, &sent);
    for (size_t length = 0; length < buf_length(&out.buf); length++) {
        char *copy = test_malloc(length + 1);
        memcpy(copy, buf_head(&out.buf), length);
        if (frame_parse(&in, copy, length, -1))
            assert_false(message_get_identity(&in, &got));
        test_free(copy);
    }
    frame_put_u8(&out, 0);
    parse(&in, &out);
    assert_false(message_get_identity(&in, &got));
    frame_free(&out);
}

static void hostile_fields_are_refused(void **state)
{
    struct frame_out out = {0};
    struct frame_in in;
    char text[4];
    size_t length;
    (void)state;
    frame_begin(&out, FRAME_FAULT);
    frame_put_bytes(&out, "a\0b", 3);
    parse(&in, &out);
    frame_get_string(&in, text, sizeof(text));
    assert_false(frame_end(&in));
    frame_begin(&out, FRAME_FAULT);
    frame_put_string(&out, "toolong");
    parse(&in, &out);
    frame_get_string(&in, text, sizeof(text));
    assert_false(frame_end(&in));
    frame_begin(&out, FRAME_FAULT);
    frame_put_u32(&out, UINT32_MAX);
    parse(&in, &out);
    assert_null(frame_get_bytes(&in, &length));
    assert_int_equal(length, 0);
    frame_begin(&out, FRAME_FAULT);
    frame_put_u8(&out, 2);
    parse(&in, &out);
    assert_false(frame_get_bool(&in) && frame_end(&in));
    frame_free(&out);
}

static void state_keys_are_names_of_directories_and_nothing_else(void **state)
{
    static const char *const bad[] = {"", "..", "a/b", "ABC", "abc.", "new-1", NULL};
    struct frame_out out = {0};
    struct frame_in in;
    struct message_state_dir got;
    (void)state;
    for (size_t i = 0; bad[i]; i++) {
        struct message_state_dir sent = {.uid = 1};
        memcpy(sent.key, bad[i], strlen(bad[i]));
        message_put_state_dir(&out, &sent);
        parse(&in, &out);
        assert_false(message_get_state_dir(&in, &got));
    }
    struct message_state_dir sent = {.uid = 1, .key = "0123456789abcdef"};
    message_put_state_dir(&out, &sent);
    parse(&in, &out);
    assert_true(message_get_state_dir(&in, &got));
    frame_free(&out);
}

static void readiness_tells_what_is_in_force(void **state)
{
    struct frame_out out = {0};
    struct frame_in in;
    struct message_ready sent = {.confinement = "no_new_privs, limits, seccomp, Landlock 7"}, got;
    (void)state;
    message_put_ready(&out, &sent);
    parse(&in, &out);
    assert_true(message_get_ready(&in, &got));
    assert_string_equal(got.confinement, sent.confinement);
    frame_free(&out);
}

/* The table: the frontend never names a user to the nursery, auth never gets a descriptor, and so on. */
static void table_allows_what_the_design_says(void **state)
{
    (void)state;
    assert_true(protocol_allows(CHANNEL_NURSERY_FROM_AUTH, FRAME_IDENTITY, false));
    assert_false(protocol_allows(CHANNEL_NURSERY_FROM_FRONTEND, FRAME_IDENTITY, false));
    assert_true(protocol_allows(CHANNEL_NURSERY_FROM_FRONTEND, FRAME_HANDOVER, true));
    assert_false(protocol_allows(CHANNEL_NURSERY_FROM_FRONTEND, FRAME_HANDOVER, false));
    assert_false(protocol_allows(CHANNEL_AUTH_FROM_FRONTEND, FRAME_VERIFIED, false));
    assert_false(protocol_allows(CHANNEL_AUTH_FROM_FRONTEND, FRAME_LOGIN, true));
    assert_false(protocol_allows(CHANNEL_MASTER_FROM_FRONTEND, FRAME_STATE_DIR, false));
    assert_false(protocol_allows(CHANNEL_FRONTEND_FROM_NURSERY, FRAME_VERDICT, false));
    assert_true(protocol_allows(CHANNEL_MASTER_FROM_NURSERY, FRAME_ANNOUNCEMENT, false));
    assert_false(protocol_allows(CHANNEL_MASTER_FROM_FRONTEND, FRAME_ANNOUNCEMENT, false));
    for (uint16_t type = 0; type < FRAME_TYPE_COUNT; type++)
        assert_false(protocol_allows(CHANNEL_FRONTEND_FROM_NURSERY, type, false));
    for (int kind = 0; kind < CHANNEL_KIND_COUNT; kind++) {
        assert_false(protocol_allows((enum channel_kind)kind, 0, false));
        assert_false(protocol_allows((enum channel_kind)kind, FRAME_TYPE_COUNT, false));
        assert_false(protocol_allows((enum channel_kind)kind, UINT16_MAX, true));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_round_trip),
        cmocka_unit_test(identity_round_trips),
        cmocka_unit_test(announcements_round_trip),
        cmocka_unit_test(starts_round_trip),
        cmocka_unit_test(pairs_and_their_answers_round_trip),
        cmocka_unit_test(what_dispatchers_tell_and_are_told_round_trips),
        cmocka_unit_test(a_worker_session_survives_a_round_trip),
        cmocka_unit_test(owners_are_equal_only_in_everything),
        cmocka_unit_test(drain_round_trips),
        cmocka_unit_test(status_round_trips),
        cmocka_unit_test(what_a_policy_room_is_told_and_tells_round_trips),
        cmocka_unit_test(cut_frames_are_refused),
        cmocka_unit_test(hostile_fields_are_refused),
        cmocka_unit_test(state_keys_are_names_of_directories_and_nothing_else),
        cmocka_unit_test(readiness_tells_what_is_in_force),
        cmocka_unit_test(table_allows_what_the_design_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
