/* Times as people write them: those that there are, and nothing else. */
#include "unit.h"

#include <stdlib.h>
#include <time.h>

#include "util/when.h"

enum { NOW = 1700000000 };

static int64_t parsed(const char *text, enum when_direction direction)
{
    int64_t when_s = 0;
    assert_true(when_parse(text, NOW, direction, &when_s));
    return when_s;
}

static void dates_are_local_time(void **state)
{
    (void)state;
    assert_int_equal(parsed("2023-11-14", WHEN_AHEAD), 1699916400);       /* 23:00 UTC the day before */
    assert_int_equal(parsed("2023-11-14 23:13", WHEN_AGO), 1699999980);
    assert_int_equal(parsed("2023-07-01 00:00", WHEN_AGO), 1688162400);   /* summer: 22:00 UTC */
    assert_int_equal(parsed("2024-02-29", WHEN_AHEAD), 1709161200);
}

static void durations_go_where_the_option_says(void **state)
{
    (void)state;
    assert_int_equal(parsed("30d", WHEN_AHEAD), NOW + 30 * 86400);
    assert_int_equal(parsed("30d", WHEN_AGO), NOW - 30 * 86400);
    assert_int_equal(parsed("90m", WHEN_AGO), NOW - 5400);
}

static void everything_else_is_refused(void **state)
{
    static const char *const bad[] = {"", "soon", "30", "2023-02-29", "2023-2-1", "2023-13-01", "2023-00-10",
                                      "2023-04-31", "2023-11-14 24:00", "2023-11-14 12:60", "2023-11-14T12:00",
                                      "2023-11-14 12:00:00", "2023-11-14 ", "1969-12-31", "+023-11-14", "2023/11/14",
                                      "-30d", "30d ", "99999999999999999999d"};
    int64_t when_s;
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (when_parse(bad[i], NOW, WHEN_AHEAD, &when_s))
            fail_msg("\"%s\" was taken", bad[i]);
    }
    assert_false(when_parse("100000d", NOW, WHEN_AGO, &when_s)); /* before 1970 */
}

static void times_are_written_as_they_are_read(void **state)
{
    char text[32];
    (void)state;
    when_format(text, sizeof(text), parsed("2023-11-14 23:13", WHEN_AGO));
    assert_string_equal(text, "2023-11-14 23:13");
    when_format(text, sizeof(text), 0);
    assert_string_equal(text, "-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_local_time),
        cmocka_unit_test(durations_go_where_the_option_says),
        cmocka_unit_test(everything_else_is_refused),
        cmocka_unit_test(times_are_written_as_they_are_read),
    };
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
