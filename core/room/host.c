/*
 * room/host.c - the host table. In auth workers, the nursery and its workers. Nothing here fails but by a module's
 * own wish (host_fail).
 */
#include "room/host.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <sha2.h>
#include <xxhash.h>

#include "ledger/ledger.h"
#include "pop3/wire.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/log.h"

static const struct loader_module **host_modules;
static size_t host_modules_count;

void host_add_module(const struct loader_module *module)
{
    host_modules = alloc_resize(host_modules, host_modules_count + 1, sizeof(*host_modules));
    host_modules[host_modules_count++] = module;
}

void host_forget_module(const struct loader_module *module)
{
    for (size_t i = 0; i < host_modules_count; i++) {
        if (host_modules[i] == module)
            host_modules[i--] = host_modules[--host_modules_count];
    }
    if (host_modules_count == 0) {
        free(host_modules);
        host_modules = NULL;
    }
}

/*
 * The module whose code holds `address`. WHY: the table is one for all modules, so that a call does not say who
 * calls; a call in tail position comes from us, and then only a single module is certain.
 */
static const char *host_caller(const void *address)
{
    Dl_info caller, module;
    bool is_known = dladdr(address, &caller) != 0;
    for (size_t i = 0; is_known && i < host_modules_count; i++) {
        if (dladdr(host_modules[i]->descriptor, &module) && module.dli_fbase == caller.dli_fbase)
            return host_modules[i]->descriptor->name;
    }
    return host_modules_count == 1 ? host_modules[0]->descriptor->name : NULL;
}

static void host_log(enum restante_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void host_log(enum restante_level level, const char *format, ...)
{
    struct log_line line;
    char text[1024];
    va_list arguments;
    const char *module = host_caller(__builtin_return_address(0));
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    log_begin(&line, level, "module");
    if (module)
        log_add(&line, "module", module);
    log_add(&line, "text", text);
    log_end(&line);
}

static enum restante_status host_fail(struct restante_error *error, enum restante_status status, int errno_value,
                                      const char *client, const char *log_format, ...)
    __attribute__((format(printf, 5, 6)));
static enum restante_status host_fail(struct restante_error *error, enum restante_status status, int errno_value,
                                      const char *client, const char *log_format, ...)
{
    char text[512] = "";
    if (log_format) {
        va_list arguments;
        va_start(arguments, log_format);
        vsnprintf(text, sizeof(text), log_format, arguments);
        va_end(arguments);
    }
    return error_set(error, status, errno_value, client, "%s", text);
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

static int64_t host_ledger_first_seen_s(const struct restante_ledger *ledger, const char *uidl)
{
    const struct ledger_entry *entry = ledger ? ledger_find(ledger, uidl) : NULL;
    return entry ? entry->first_seen_s : 0;
}

static void host_ledger_put_first_seen(struct restante_ledger *ledger, const char *uidl, int64_t when_s)
{
    if (ledger)
        ledger_put_first_seen(ledger, uidl, when_s);
}

static const char *host_ledger_note(const struct restante_ledger *ledger, const char *uidl)
{
    const struct ledger_entry *entry = ledger ? ledger_find(ledger, uidl) : NULL;
    return entry ? entry->note : NULL;
}

static void host_ledger_put_note(struct restante_ledger *ledger, const char *uidl, const char *note)
{
    if (ledger)
        ledger_put_note(ledger, uidl, note);
}

static const char *host_ledger_next(const struct restante_ledger *ledger, size_t *cursor)
{
    const struct ledger_entry *entry = ledger ? ledger_next(ledger, cursor) : NULL;
    return entry ? entry->uidl : NULL;
}

const struct restante_host host_table = {
    .size = sizeof(struct restante_host),
    .log = host_log,
    .fail = host_fail,
    .now_s = clock_now_s,
    .monotonic_ms = clock_monotonic_ms,
    .count_octets = wire_count,
    .count_end = wire_count_end,
    .digest = host_digest,
    .checksum = host_checksum,
    .ledger_first_seen_s = host_ledger_first_seen_s,
    .ledger_put_first_seen = host_ledger_put_first_seen,
    .ledger_note = host_ledger_note,
    .ledger_put_note = host_ledger_put_note,
    .ledger_next = host_ledger_next,
};
