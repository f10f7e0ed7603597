#include "util/str.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool str_copy(char *to, size_t capacity, const char *from)
{
    return str_copy_n(to, capacity, from, strlen(from));
}

bool str_copy_n(char *to, size_t capacity, const char *from, size_t length)
{
    if (capacity == 0)
        return false;
    size_t kept = length < capacity ? length : capacity - 1;
    memcpy(to, from, kept);
    to[kept] = '\0';
    return kept == length;
}

const char *str_domain(const char *user, size_t *local_length)
{
    const char *at = strrchr(user, '@');
    *local_length = at ? (size_t)(at - user) : strlen(user);
    return at ? at + 1 : NULL;
}

bool str_parse_u64(const char *text, size_t length, uint64_t *value)
{
    uint64_t result = 0;
    if (length == 0)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (result > (UINT64_MAX - digit) / 10)
            return false;
        result = result * 10 + digit;
    }
    *value = result;
    return true;
}

struct str_unit {
    const char *name;
    int64_t factor;
};

static const struct str_unit duration_units[] = {
    {"w", INT64_C(604800000)}, {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}, {NULL, 0},
};
static const struct str_unit size_units[] = {
    {"G", INT64_C(1) << 30}, {"M", INT64_C(1) << 20}, {"K", INT64_C(1) << 10}, {"", 1}, {NULL, 0},
};

static bool str_parse_units(const char *text, const struct str_unit *units, int64_t *value)
{
    size_t digits = strspn(text, "0123456789");
    uint64_t number;
    if (!str_parse_u64(text, digits, &number))
        return false;
    for (const struct str_unit *unit = units; unit->name; unit++) {
        if (strcmp(text + digits, unit->name) != 0)
            continue;
        if (number > (uint64_t)(INT64_MAX / unit->factor))
            return false;
        *value = (int64_t)number * unit->factor;
        return true;
    }
    return false;
}

static void str_format_units(char *to, size_t capacity, const struct str_unit *units, int64_t value)
{
    const struct str_unit *unit = units;
    while (unit[1].name && (value == 0 || value % unit->factor != 0))
        unit++;
    snprintf(to, capacity, "%" PRId64 "%s", value / unit->factor, unit->name);
}

bool str_parse_duration_ms(const char *text, int64_t *value_ms)
{
    return str_parse_units(text, duration_units, value_ms);
}

bool str_parse_size(const char *text, int64_t *octets)
{
    return str_parse_units(text, size_units, octets);
}

void str_format_duration(char *to, size_t capacity, int64_t value_ms)
{
    if (value_ms == 0)
        str_copy(to, capacity, "0s");
    else
        str_format_units(to, capacity, duration_units, value_ms);
}

void str_format_size(char *to, size_t capacity, int64_t octets)
{
    str_format_units(to, capacity, size_units, octets);
}

/* Edit distance, given up beyond 32 characters: names of settings are shorter. */
static size_t str_distance(const char *a, const char *b)
{
    enum { MAX = 32 };
    size_t row[MAX + 1], a_length = strlen(a), b_length = strlen(b);
    if (a_length > MAX || b_length > MAX)
        return MAX;
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t best = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b_length];
}

const char *str_nearest(const char *text, const char *const *candidates)
{
    const char *nearest = NULL;
    size_t limit = strlen(text) / 3 + 1, best = limit + 1;
    for (; *candidates; candidates++) {
        size_t distance = str_distance(text, *candidates);
        if (distance < best) {
            best = distance;
            nearest = *candidates;
        }
    }
    return nearest;
}

void str_hex(char *to, const void *data, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *bytes = data;
    for (size_t i = 0; i < length; i++) {
        to[2 * i] = digits[bytes[i] >> 4];
        to[2 * i + 1] = digits[bytes[i] & 15];
    }
    to[2 * length] = '\0';
}

bool str_equal_secret(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned char difference = a_length != b_length;
    for (size_t i = 0; i < a_length && i < b_length; i++)
        difference |= (unsigned char)(a[i] ^ b[i]);
    return difference == 0;
}
