/*
 * tests/drivers/kit_host.c - see kit_host.h. Written from RFC 1939, not from the core's code.
 */
#include "kit_host.h"

#include <sha256.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t kit_host_ahead_s;
int64_t kit_host_tick_ms;

static int64_t monotonic_ms;
static unsigned logged[RESTANTE_ERROR + 1];
static char log_text[16384];

unsigned kit_host_logged(enum restante_level level)
{
    unsigned count = 0;
    for (unsigned i = level; i <= RESTANTE_ERROR; i++)
        count += logged[i];
    return count;
}

const char *kit_host_log_text(void)
{
    return log_text;
}

void kit_host_forget_log(void)
{
    memset(logged, 0, sizeof(logged));
    log_text[0] = '\0';
}

static void __attribute__((format(printf, 2, 3))) kit_log(enum restante_level level, const char *format, ...)
{
    size_t used = strlen(log_text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(log_text + used, sizeof(log_text) - used, format, arguments);
    va_end(arguments);
    used = strlen(log_text);
    snprintf(log_text + used, sizeof(log_text) - used, "\n");
    logged[level]++;
}

static enum restante_status __attribute__((format(printf, 5, 6)))
kit_fail(struct restante_error *error, enum restante_status status, int errno_value, const char *client,
         const char *log_format, ...)
{
    va_list arguments;
    if (!error)
        return status;
    error->status = status;
    error->errno_value = errno_value;
    snprintf(error->client, sizeof(error->client), "%s", client ? client : "");
    va_start(arguments, log_format);
    vsnprintf(error->log, sizeof(error->log), log_format, arguments);
    va_end(arguments);
    return status;
}

static int64_t kit_now_s(void)
{
    return time(NULL) + kit_host_ahead_s;
}

static int64_t kit_monotonic_ms(void)
{
    return monotonic_ms += kit_host_tick_ms;
}

static void kit_count(struct restante_octet_count *count, const void *stored, size_t length)
{
    const char *bytes = stored;
    for (size_t i = 0; i < length; i++) {
        count->octets += bytes[i] == '\n' && count->last != '\r' ? 2 : 1;
        count->last = bytes[i];
    }
}

static void kit_count_end(struct restante_octet_count *count)
{
    if (count->octets > 0 && count->last != '\n')
        count->octets += 2;
}

uint64_t kit_host_convert(const char *stored, size_t length, char *to)
{
    uint64_t octets = 0;
    for (size_t i = 0; i <= length; i++) {
        bool is_end = i == length;
        if (is_end && (length == 0 || stored[length - 1] == '\n'))
            break;
        char byte = is_end ? '\n' : stored[i];
        bool needs_cr = byte == '\n' && (is_end || i == 0 || stored[i - 1] != '\r');
        if (to && needs_cr)
            to[octets] = '\r';
        octets += needs_cr;
        if (to)
            to[octets] = byte;
        octets++;
    }
    return octets;
}

static void kit_digest(const void *data, size_t length, uint8_t digest[32])
{
    SHA2_CTX context;
    SHA256Init(&context);
    SHA256Update(&context, data, length);
    SHA256Final(digest, &context);
}

/* FNV-1a */
static uint64_t kit_checksum(const void *data, size_t length)
{
    const uint8_t *bytes = data;
    uint64_t sum = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < length; i++)
        sum = (sum ^ bytes[i]) * UINT64_C(1099511628211);
    return sum;
}

static int64_t kit_ledger_first_seen_s(const struct restante_ledger *ledger, const char *uidl)
{
    (void)ledger;
    (void)uidl;
    return 0;
}

static void kit_ledger_put_first_seen(struct restante_ledger *ledger, const char *uidl, int64_t when_s)
{
    (void)ledger;
    (void)uidl;
    (void)when_s;
}

static const char *kit_ledger_note(const struct restante_ledger *ledger, const char *uidl)
{
    (void)ledger;
    (void)uidl;
    return NULL;
}

static void kit_ledger_put_note(struct restante_ledger *ledger, const char *uidl, const char *note)
{
    (void)ledger;
    (void)uidl;
    (void)note;
}

static const char *kit_ledger_next(const struct restante_ledger *ledger, size_t *cursor)
{
    (void)ledger;
    (void)cursor;
    return NULL;
}

const struct restante_host kit_host = {
    .size = sizeof(struct restante_host),
    .log = kit_log,
    .fail = kit_fail,
    .now_s = kit_now_s,
    .monotonic_ms = kit_monotonic_ms,
    .count_octets = kit_count,
    .count_end = kit_count_end,
    .digest = kit_digest,
    .checksum = kit_checksum,
    .ledger_first_seen_s = kit_ledger_first_seen_s,
    .ledger_put_first_seen = kit_ledger_put_first_seen,
    .ledger_note = kit_ledger_note,
    .ledger_put_note = kit_ledger_put_note,
    .ledger_next = kit_ledger_next,
};
