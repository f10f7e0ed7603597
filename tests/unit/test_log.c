#include "unit.h"

#include <fcntl.h>
#include <unistd.h>

#include "util/log.h"
#include "util/log_format.h"

static const struct log_origin origin = {.time_ms = INT64_C(1700000000123), .room = "frontend", .pid = 7};

static const char *text_of(const struct log_line *line)
{
    static char text[LOG_TEXT_MAX + 1];
    text[log_format_text(text, LOG_TEXT_MAX, &origin, line->level, line->record, line->length)] = '\0';
    return text;
}

static const char *json_of(const struct log_line *line)
{
    static char text[LOG_TEXT_MAX + 1];
    text[log_format_json(text, LOG_TEXT_MAX, &origin, line->level, line->record, line->length)] = '\0';
    return text;
}

static void plain_values_stay_readable(void **state)
{
    struct log_line line;
    (void)state;
    log_begin(&line, RESTANTE_INFO, "login");
    log_add(&line, "user", "alice@example.org");
    log_add_number(&line, "octets", -12);
    assert_string_equal(text_of(&line), "2023-11-14T22:13:20.123Z info frontend[7] event=login "
                                        "user=alice@example.org octets=-12\n");
    assert_string_equal(json_of(&line), "{\"time\":\"2023-11-14T22:13:20.123Z\",\"level\":\"info\","
                                        "\"room\":\"frontend\",\"pid\":7,\"event\":\"login\","
                                        "\"user\":\"alice@example.org\",\"octets\":\"-12\"}\n");
}

/* One event stays one line, and no value can pretend to be another field. */
static void client_bytes_cannot_forge_lines(void **state)
{
    struct log_line line;
    (void)state;
    log_begin(&line, RESTANTE_WARN, "login");
    log_add_n(&line, "user", "a\nevent=login user=root\"\\\0\xff", 27);
    assert_string_equal(text_of(&line), "2023-11-14T22:13:20.123Z warn frontend[7] event=login "
                                        "user=\"a\\x0aevent=login user=root\\\"\\\\\\x01\\xff\"\n");
    assert_non_null(strstr(json_of(&line), "\"user\":\"a\\u000aevent=login user=root\\\"\\\\\\u0001\\u00ff\""));
}

static void long_values_are_cut_and_lines_stay_whole(void **state)
{
    static char huge[3 * LOG_RECORD_MAX];
    struct log_line line;
    (void)state;
    memset(huge, '\n', sizeof(huge));
    log_begin(&line, RESTANTE_ERROR, "note");
    log_add_n(&line, "text", huge, sizeof(huge));
    log_add(&line, "after", "x");
    assert_true(line.length <= LOG_RECORD_MAX);
    const char *text = text_of(&line);
    assert_true(strchr(text, '\n') == text + strlen(text) - 1);
    text = json_of(&line);
    assert_string_equal(text + strlen(text) - 2, "}\n");
}

/* A room that writes a malformed record gets what can be read of it, and nothing beyond it is read. */
static void malformed_records_are_harmless(void **state)
{
    char text[LOG_TEXT_MAX];
    (void)state;
    char *record = test_malloc(5);
    memcpy(record, "a\0bcd", 5); /* no final NUL */
    size_t length = log_format_text(text, sizeof(text), &origin, RESTANTE_INFO, record, 5);
    assert_int_equal(text[length - 1], '\n');
    test_free(record);
    record = test_malloc(14);
    memcpy(record, "k\nx y=1\0value\0", 14);
    length = log_format_text(text, sizeof(text), &origin, RESTANTE_INFO, record, 14);
    text[length] = '\0';
    assert_non_null(strstr(text, " k?x?y?1=value\n"));
    test_free(record);
}

static void full_pipe_loses_lines_not_time(void **state)
{
    int ends[2];
    struct log_record_head head;
    char record[LOG_RECORD_MAX];
    unsigned lost = 0;
    (void)state;
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    log_to_pipe(ends[1]);
    for (int i = 0; i < 5000; i++)
        log_info("line %d", i);
    while (read(ends[0], &head, sizeof(head)) == (ssize_t)sizeof(head))
        assert_int_equal(read(ends[0], record, head.length), head.length);
    log_info("after");
    assert_int_equal(read(ends[0], &head, sizeof(head)), sizeof(head));
    lost = head.lost;
    log_to_stderr();
    assert_true(lost > 0);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_values_stay_readable),
        cmocka_unit_test(client_bytes_cannot_forge_lines),
        cmocka_unit_test(long_values_are_cut_and_lines_stay_whole),
        cmocka_unit_test(malformed_records_are_harmless),
        cmocka_unit_test(full_pipe_loses_lines_not_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
