#include "util/when.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "util/str.h"

enum { WHEN_YEAR_MIN = 1970, WHEN_YEAR_MAX = 9999 };

/* Exactly so many digits, of a number between min and max. */
static bool when_number(const char *text, size_t digits, int min, int max, int *value)
{
    uint64_t number;
    if (strnlen(text, digits) < digits || !str_parse_u64(text, digits, &number))
        return false;
    *value = (int)number;
    return number >= (uint64_t)min && number <= (uint64_t)max;
}

static bool when_parse_date(const char *text, struct tm *parts)
{
    size_t length = strlen(text);
    int year, month, day, hour = 0, minute = 0;
    if ((length != strlen("YYYY-MM-DD") && length != strlen("YYYY-MM-DD HH:MM")) || text[4] != '-' || text[7] != '-')
        return false;
    if (!when_number(text, 4, WHEN_YEAR_MIN, WHEN_YEAR_MAX, &year) || !when_number(text + 5, 2, 1, 12, &month) ||
        !when_number(text + 8, 2, 1, 31, &day))
        return false;
    if (length > strlen("YYYY-MM-DD") && (text[10] != ' ' || text[13] != ':' || !when_number(text + 11, 2, 0, 23, &hour) ||
                                          !when_number(text + 14, 2, 0, 59, &minute)))
        return false;
    *parts = (struct tm){.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour,
                         .tm_min = minute, .tm_isdst = -1};
    return true;
}

bool when_parse(const char *text, int64_t now_s, enum when_direction direction, int64_t *when_s)
{
    struct tm parts;
    int64_t duration_ms;
    if (str_parse_duration_ms(text, &duration_ms)) {
        *when_s = now_s + (int64_t)direction * (duration_ms / 1000);
        return *when_s > 0;
    }
    if (!when_parse_date(text, &parts))
        return false;
    int day = parts.tm_mday;
    time_t when = mktime(&parts); /* the 30th of February would be the 2nd of March */
    *when_s = (int64_t)when;
    return when >= 0 && parts.tm_mday == day;
}

void when_format(char *to, size_t capacity, int64_t when_s)
{
    struct tm parts;
    time_t when = (time_t)when_s;
    if (when_s == 0 || !localtime_r(&when, &parts) || strftime(to, capacity, "%Y-%m-%d %H:%M", &parts) == 0)
        str_copy(to, capacity, "-");
}
