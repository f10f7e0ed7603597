#include "unit.h"

#include "pop3/outcome.h"
#include "pop3/reply.h"

static void check_and_clear(struct buf *out, const char *expected)
{
    buf_append(out, "", 1);
    assert_string_equal(buf_head(out), expected);
    buf_clear(out);
}

static void status_lines(void **state)
{
    struct buf out = {0};
    (void)state;
    reply_ok(&out, "%d messages", 3);
    check_and_clear(&out, "+OK 3 messages\r\n");
    reply_error(&out, NULL, "no");
    check_and_clear(&out, "-ERR no\r\n");
    reply_error(&out, "", "no");
    check_and_clear(&out, "-ERR no\r\n");
    reply_error(&out, "SYS/TEMP", "%s", "100%s");
    check_and_clear(&out, "-ERR [SYS/TEMP] 100%s\r\n");
    buf_free(&out);
}

static void failures_carry_their_code(void **state)
{
    struct restante_error error = {.status = RESTANTE_IN_USE};
    struct buf out = {0};
    (void)state;
    reply_failure(&out, &error, "general");
    check_and_clear(&out, "-ERR [IN-USE] general\r\n");
    error = (struct restante_error){.status = RESTANTE_PERMANENT, .client = "special", .log = "/secret/path"};
    reply_failure(&out, &error, "general");
    check_and_clear(&out, "-ERR [SYS/PERM] special\r\n");
    buf_free(&out);
}

static void texts_cannot_break_the_line(void **state)
{
    struct buf out = {0};
    char text[2000];
    (void)state;
    reply_error(&out, NULL, "%s", "a\r\n+OK b\x7f\xc3\xa9\t");
    check_and_clear(&out, "-ERR a??+OK b????\r\n");
    reply_line(&out, "%s", "a\nb");
    check_and_clear(&out, "a?b\r\n");
    reply_listing(&out, 1, "a\nb");
    check_and_clear(&out, "1 a?b\r\n");
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    reply_ok(&out, "%s", text);
    assert_int_equal(buf_length(&out), 512);
    assert_memory_equal(buf_head(&out) + 510, "\r\n", 2);
    buf_clear(&out);
    reply_error(&out, "SYS/PERM", "%s", text);
    assert_int_equal(buf_length(&out), 512);
    buf_clear(&out);
    reply_listing(&out, UINT64_MAX, text);
    assert_true(buf_length(&out) <= 512);
    assert_memory_equal(buf_head(&out) + buf_length(&out) - 2, "\r\n", 2);
    buf_free(&out);
}

static void challenges(void **state)
{
    struct buf out = {0};
    (void)state;
    reply_challenge(&out, NULL, 0);
    check_and_clear(&out, "+ \r\n");
    reply_challenge(&out, "a\0b\xff", 4);
    check_and_clear(&out, "+ YQBi/w==\r\n");
    buf_free(&out);
}

static void lines_of_long_replies(void **state)
{
    struct buf out = {0};
    (void)state;
    reply_line(&out, "%s", ".");
    check_and_clear(&out, "..\r\n");
    reply_line(&out, "%s", "");
    check_and_clear(&out, "\r\n");
    reply_listing(&out, 18446744073709551615u, "uid.1");
    check_and_clear(&out, "18446744073709551615 uid.1\r\n");
    reply_listing_octets(&out, 1, 0);
    check_and_clear(&out, "1 0\r\n");
    reply_listing_octets(&out, 10, 18446744073709551615u);
    check_and_clear(&out, "10 18446744073709551615\r\n");
    reply_end(&out);
    check_and_clear(&out, ".\r\n");
    buf_free(&out);
}

static void write_two_lines(const void *session, struct buf *out)
{
    reply_line(out, "%s", (const char *)session);
    reply_line(out, "b");
}

static void outcomes_become_one_reply(void **state)
{
    struct restante_error error = {.client = ""};
    struct outcome outcome;
    struct buf out = {0};
    (void)state;
    outcome_ok(&outcome, "%d", 5);
    outcome_reply(&outcome, NULL, &out);
    check_and_clear(&out, "+OK 5\r\n");
    outcome_multiline(&outcome, "100%s", write_two_lines);
    outcome_reply(&outcome, "a", &out);
    check_and_clear(&out, "+OK 100%s\r\na\r\nb\r\n.\r\n");
    outcome_bad(&outcome, "%s");
    outcome_reply(&outcome, NULL, &out);
    check_and_clear(&out, "-ERR %s\r\n");
    outcome_set(&outcome, OUTCOME_CHALLENGE);
    outcome_reply(&outcome, NULL, &out);
    check_and_clear(&out, "+ \r\n");
    outcome_set(&outcome, OUTCOME_LATER);
    outcome_reply(&outcome, NULL, &out);
    check_and_clear(&out, "");
    outcome_failure(&outcome, RESTANTE_TEMPORARY, &error, "general");
    outcome_reply(&outcome, NULL, &out);
    check_and_clear(&out, "-ERR [SYS/TEMP] general\r\n");
    outcome_challenge(&outcome, "Username:");
    outcome_reply(&outcome, NULL, &out);
    check_and_clear(&out, "+ VXNlcm5hbWU6\r\n");
    outcome_failure(&outcome, RESTANTE_INVALID, &error, "general");
    outcome_reply(&outcome, NULL, &out);
    check_and_clear(&out, "-ERR [SYS/PERM] general\r\n");
    outcome_failure(&outcome, RESTANTE_PERMANENT, NULL, "general");
    outcome_reply(&outcome, NULL, &out);
    check_and_clear(&out, "-ERR [SYS/PERM] general\r\n");
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_lines),          cmocka_unit_test(failures_carry_their_code),
        cmocka_unit_test(texts_cannot_break_the_line), cmocka_unit_test(challenges),
        cmocka_unit_test(lines_of_long_replies), cmocka_unit_test(outcomes_become_one_reply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
