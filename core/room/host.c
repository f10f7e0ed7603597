#include "room/host.h"

#include <sha256.h>
#include <stdarg.h>
#include <stdio.h>
#include <xxhash.h>

#include "ledger/ledger.h"
#include "pop3/wire.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/log.h"

/* A room loads few modules and mostly one: the name of the last one that was set is whose line it is. */
static const char *host_module;

void host_set_module(const char *name)
{
    host_module = name;
}

static void host_log(enum restante_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void host_log(enum restante_level level, const char *format, ...)
{
    char text[1024];
    struct log_line line;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    log_begin(&line, level, "module");
    if (host_module)
        log_add(&line, "module", host_module);
    log_add(&line, "text", text);
    log_end(&line);
}

static void host_digest(const void *data, size_t length, uint8_t digest[32])
{
    SHA2_CTX context;
    SHA256Init(&context);
    SHA256Update(&context, data, length);
    SHA256Final(digest, &context);
}

static uint64_t host_checksum(const void *data, size_t length)
{
    return XXH3_64bits(data, length);
}

static int64_t host_first_seen_s(const struct restante_ledger *ledger, const char *uidl)
{
    const struct ledger_entry *entry = ledger ? ledger_find(ledger, uidl) : NULL;
    return entry ? entry->first_seen_s : 0;
}

static void host_put_first_seen(struct restante_ledger *ledger, const char *uidl, int64_t when_s)
{
    if (ledger)
        ledger_put_first_seen(ledger, uidl, when_s);
}

static const char *host_note(const struct restante_ledger *ledger, const char *uidl)
{
    const struct ledger_entry *entry = ledger ? ledger_find(ledger, uidl) : NULL;
    return entry ? entry->note : NULL;
}

static void host_put_note(struct restante_ledger *ledger, const char *uidl, const char *note)
{
    if (ledger)
        ledger_put_note(ledger, uidl, note);
}

static const char *host_next(const struct restante_ledger *ledger, size_t *cursor)
{
    const struct ledger_entry *entry = ledger ? ledger_next(ledger, cursor) : NULL;
    return entry ? entry->uidl : NULL;
}

static const struct restante_host table = {
    .size = sizeof(struct restante_host),
    .log = host_log,
    .fail = error_set,
    .now_s = clock_now_s,
    .monotonic_ms = clock_monotonic_ms,
    .count_octets = wire_count,
    .count_end = wire_count_end,
    .digest = host_digest,
    .checksum = host_checksum,
    .ledger_first_seen_s = host_first_seen_s,
    .ledger_put_first_seen = host_put_first_seen,
    .ledger_note = host_note,
    .ledger_put_note = host_put_note,
    .ledger_next = host_next,
};

const struct restante_host *host_table(void)
{
    return &table;
}
