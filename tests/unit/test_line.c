#include "unit.h"

#include "pop3/line.h"

/* What came out, one line each: "=text", "!long", "!nul". */
static void drain(struct line_input *input, size_t max, struct buf *seen)
{
    enum line_result result;
    const char *text;
    size_t length;
    while ((result = line_next(input, max, &text, &length)) != LINE_NONE) {
        if (result == LINE_READY)
            buf_append(seen, "=", 1);
        else
            buf_append_string(seen, result == LINE_TOO_LONG ? "!long " : "!nul");
        buf_append(seen, text, length);
        buf_append(seen, "\n", 1);
        line_done(input);
    }
}

static void check_seen(struct buf *seen, const char *expected)
{
    buf_append(seen, "", 1);
    assert_string_equal(buf_head(seen), expected);
    buf_free(seen);
}

static void check_lines(const char *sent, size_t length, size_t max, const char *expected)
{
    for (size_t step = 1; step <= length; step++) {
        struct line_input input = {0};
        struct buf seen = {0};
        for (size_t at = 0; at < length; at += step) {
            assert_true(line_feed(&input, sent + at, step < length - at ? step : length - at));
            drain(&input, max, &seen);
        }
        check_seen(&seen, expected);
        line_wipe(&input);
    }
    for (size_t cut = 0; cut <= length; cut++) {
        struct line_input input = {0};
        struct buf seen = {0};
        assert_true(line_feed(&input, sent, cut));
        drain(&input, max, &seen);
        assert_true(line_feed(&input, sent + cut, length - cut));
        drain(&input, max, &seen);
        check_seen(&seen, expected);
        line_wipe(&input);
    }
}

#define CHECK_LINES(sent, max, expected) check_lines(sent, sizeof(sent) - 1, max, expected)

static void lines_end_with_lf(void **state)
{
    (void)state;
    CHECK_LINES("a\r\nb\nc", 255, "=a\n=b\n");
    CHECK_LINES("\r\n\n", 255, "=\n=\n");
    CHECK_LINES("a\rb\r\r\n", 255, "=a\rb\r\n");
    CHECK_LINES("PASS  x \r\n", 255, "=PASS  x \n");
}

static void nul_voids_one_line(void **state)
{
    (void)state;
    CHECK_LINES("a\0b\r\nc\r\n", 255, "!nul\n=c\n");
    CHECK_LINES("\0\nc\n\0", 255, "!nul\n=c\n");
}

static void long_lines_are_skipped(void **state)
{
    (void)state;
    CHECK_LINES("0123456789abcdef12\r\nb\n", 20, "=0123456789abcdef12\n=b\n");
    CHECK_LINES("0123456789abcdef123\n\n", 20, "=0123456789abcdef123\n=\n");
    CHECK_LINES("0123456789abcdef123\r\nb\n", 20, "!long 0123456789abcdef\n=b\n");
    CHECK_LINES("0123456789abcdef1234\nb\n", 20, "!long 0123456789abcdef\n=b\n");
    CHECK_LINES("0123456789abcdef12\0" "4567890123456789012345678901234567890\n\nb\n", 20,
                "!long 0123456789abcdef\n=\n=b\n");
}

static void a_line_without_end_keeps_no_memory(void **state)
{
    static char flood[LINE_INPUT_MAX];
    struct line_input input = {0};
    struct buf seen = {0};
    (void)state;
    memset(flood, 'x', sizeof(flood));
    for (int i = 0; i < 100; i++) {
        assert_true(line_feed(&input, flood, sizeof(flood)));
        drain(&input, LINE_COMMAND_MAX, &seen);
        assert_null(input.buf.data);
    }
    assert_true(line_feed(&input, "\nb\n", 3));
    drain(&input, LINE_COMMAND_MAX, &seen);
    check_seen(&seen, "!long xxxxxxxxxxxxxxxx\n=b\n");
    assert_null(input.buf.data);
}

static void feeding_is_bounded(void **state)
{
    static char flood[LINE_INPUT_MAX + 1];
    struct line_input input = {0};
    (void)state;
    assert_int_equal(line_room(&input), LINE_INPUT_MAX);
    assert_false(line_feed(&input, flood, sizeof(flood)));
    assert_int_equal(line_kept(&input), 0);
    assert_true(line_feed(&input, flood, LINE_INPUT_MAX - 1));
    assert_int_equal(line_room(&input), 1);
    assert_false(line_feed(&input, flood, 2));
    assert_true(line_feed(&input, flood, 1));
    assert_int_equal(line_room(&input), 0);
    assert_true(line_feed(&input, flood, 0));
    line_wipe(&input);
    assert_null(input.buf.data);
}

static void handled_lines_are_overwritten(void **state)
{
    struct line_input input = {0};
    const char *text;
    size_t length;
    (void)state;
    assert_true(line_feed(&input, "PASS secret\r\nLIST\r\n", 19));
    assert_int_equal(line_next(&input, 255, &text, &length), LINE_READY);
    assert_int_equal(length, 11);
    line_done(&input);
    assert_int_equal(line_kept(&input), 6);
    for (size_t i = 0; i < input.buf.head; i++)
        assert_int_equal(input.buf.data[i], 0);
    assert_int_equal(line_next(&input, 255, &text, &length), LINE_READY);
    assert_memory_equal(text, "LIST", 4);
    line_done(&input);
    assert_null(input.buf.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_end_with_lf),
        cmocka_unit_test(nul_voids_one_line),
        cmocka_unit_test(long_lines_are_skipped),
        cmocka_unit_test(a_line_without_end_keeps_no_memory),
        cmocka_unit_test(feeding_is_bounded),
        cmocka_unit_test(handled_lines_are_overwritten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
