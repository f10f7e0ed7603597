/*
 * Fuzz target "lua_policy": the text of a script, loaded and asked about everything, within small limits.
 *
 * Promises: it ends; a refusal and a failure are one printable sentence; a failure decides nothing; what is decided is
 * what the event may have, in clean texts.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "kit_host.h"
#include "lua_module.h"
#include "lua_scan.h"

const char fuzz_name[] = "lua_policy";

enum { MESSAGES = 3, SCRIPT_MAX = 8192 };

static void check_text(const char *text, size_t capacity)
{
    FUZZ_REQUIRE(memchr(text, '\0', capacity));
    for (; *text; text++)
        FUZZ_REQUIRE(*text >= ' ' && *text <= '~');
}

static enum restante_status fuzz_header(const struct restante_message_facts *message, const char *name,
                                        const char **value, struct restante_error *error)
{
    if (message->number == 2)
        return (kit_host.fail)(error, RESTANTE_TEMPORARY, 0, NULL, "cannot be read");
    *value = name[0] == 'X' ? NULL : "a value";
    return RESTANTE_OK;
}

static bool fuzz_message(const struct restante_maildrop_facts *maildrop, size_t number,
                         struct restante_message_facts *message)
{
    FUZZ_REQUIRE(number >= 1 && number <= maildrop->count);
    *message = (struct restante_message_facts){.number = number, .uidl = "u", .octets = 9, .delivered_s = 100,
                                               .header = fuzz_header};
    return true;
}

static const char *fuzz_get(const struct restante_store *store, const char *name)
{
    static const char *const values[] = {"i5", "n0.5", "b1", "sx", "junk", "i", ""};
    (void)store;
    return values[(unsigned char)name[0] % 7];
}

static bool fuzz_put(const struct restante_store *store, const char *name, const char *value)
{
    (void)store;
    FUZZ_REQUIRE(strlen(name) <= RESTANTE_STORE_NAME_MAX);
    if (value)
        check_text(value, RESTANTE_STORE_VALUE_MAX + 1);
    return true;
}

static void check_verdict(const struct restante_verdict *verdict)
{
    FUZZ_REQUIRE(verdict->decision <= RESTANTE_LIMIT);
    FUZZ_REQUIRE(verdict->delay_ms <= RESTANTE_DELAY_MAX_MS);
    FUZZ_REQUIRE(verdict->until_s >= 0);
    FUZZ_REQUIRE(verdict->limits.idle_ms == 0 || verdict->limits.idle_ms >= 600000);
    check_text(verdict->code, sizeof(verdict->code));
    check_text(verdict->text, sizeof(verdict->text));
    check_text(verdict->reason, sizeof(verdict->reason));
    check_text(verdict->rule, sizeof(verdict->rule));
}

static bool fuzz_decide(const struct restante_facts *facts, size_t number, const struct restante_verdict *verdict)
{
    FUZZ_REQUIRE(!facts->is_after && (facts->event == RESTANTE_EVENT_OPEN || facts->event == RESTANTE_EVENT_QUIT));
    FUZZ_REQUIRE(number >= 1 && number <= MESSAGES);
    FUZZ_REQUIRE(verdict->decision == RESTANTE_EXPIRE || facts->event == RESTANTE_EVENT_OPEN);
    check_verdict(verdict);
    return true;
}

static void ask(void *policy, enum restante_event event, bool is_after)
{
    static const struct restante_session_facts session = {
        .session_id = "s", .user = "u", .local = "u", .domain = "", .peer = "::1", .mechanism = "PLAIN", .now_s = 1000};
    static const struct restante_maildrop_facts maildrop = {.count = MESSAGES, .octets = 27, .message = fuzz_message};
    static const struct restante_store store = {.get = fuzz_get, .put = fuzz_put};
    struct restante_message_facts message;
    struct restante_verdict verdict = {.decision = RESTANTE_ALLOW};
    struct restante_error error = {.log = ""};
    fuzz_message(&maildrop, 1 + event % MESSAGES, &message);
    const struct restante_facts facts = {.event = event, .is_after = is_after, .session = &session,
                                         .maildrop = event == RESTANTE_EVENT_LOGIN ? NULL : &maildrop,
                                         .message = event % 2 ? &message : NULL, .store = &store,
                                         .decide = fuzz_decide};
    enum restante_status status = lua_policy_operations.judge(policy, &facts, &verdict, &error);
    FUZZ_REQUIRE(status == RESTANTE_OK || (status == RESTANTE_TEMPORARY && error.log[0]));
    FUZZ_REQUIRE(status == RESTANTE_OK || verdict.decision == RESTANTE_ALLOW);
    check_text(error.log, sizeof(error.log));
    check_verdict(&verdict);
}

static void fuzz_visit(void *context, const struct lua_scan_use *use)
{
    (void)context;
    FUZZ_REQUIRE(use->count >= 1 && use->count <= LUA_SCAN_PARTS && use->line >= 1);
    for (size_t i = 0; i < use->count; i++)
        FUZZ_REQUIRE(use->parts[i][0] && memchr(use->parts[i], '\0', sizeof(use->parts[i])));
}

/* Of any text, not only of what Lua accepts: it ends and stays within. */
static void scan(const uint8_t *data, size_t size)
{
    char *text = malloc(size > 0 ? size : 1); /* exactly: so that a sanitizer sees what is read behind it */
    FUZZ_REQUIRE(text);
    memcpy(text, data, size);
    FUZZ_REQUIRE(lua_scan(text, size, fuzz_visit, NULL));
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct restante_key keys[] = {
        {.name = "keep", .line = 2, .type = RESTANTE_KEY_STRING, .text = "10d"},
        {.name = "overrides.1.keep", .line = 3, .type = RESTANTE_KEY_STRING, .text = "never"},
        {.name = "overrides.1.users.1", .line = 3, .type = RESTANTE_KEY_STRING, .text = "u*"},
        {.name = "overrides.2", .line = 4, .type = RESTANTE_KEY_STRING, .text = "u"}};
    static const size_t counts[] = {0, 1, 3, 1, 0, 3, 1, 4}; /* by the size of the script; the last is wrong */
    struct restante_policy_terms terms = {.wanted = 0};
    struct restante_error error = {.log = ""};
    char path[64];
    void *policy;
    int fd = memfd_create("script", MFD_CLOEXEC);
    FUZZ_REQUIRE(fd >= 0 && fchmod(fd, 0600) == 0);
    size = size < SCRIPT_MAX ? size : SCRIPT_MAX;
    FUZZ_REQUIRE(write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    const struct restante_value values[LUA_SETTING_COUNT] = {
        [LUA_SETTING_SCRIPT] = {.is_set = true, .text = path},
        [LUA_SETTING_INSTRUCTIONS] = {.is_set = true, .integer = 20000},
        [LUA_SETTING_MEMORY] = {.is_set = true, .integer = 1 << 20},
        [LUA_SETTING_TIME_LIMIT] = {.is_set = true, .integer = 1000},
        [LUA_SETTING_SHIPPED] = {.is_set = true, .text = "/nonexistent"},
    };
    const struct restante_policy_item item = {
        .path = "policy.1", .values = values, .keys = keys, .keys_count = counts[size % 8]};
    scan(data, size);
    kit_host_forget_log();
    enum restante_status status = lua_policy_operations.start(&kit_host, &item, &policy, &terms, &error);
    FUZZ_REQUIRE((status == RESTANTE_OK) == (policy != NULL));
    FUZZ_REQUIRE(status == RESTANTE_OK || (status == RESTANTE_INVALID && error.log[0]));
    check_text(error.log, sizeof(error.log));
    check_text(terms.name, sizeof(terms.name));
    for (enum restante_event event = 0; policy && event < RESTANTE_EVENT_COUNT; event++) {
        ask(policy, event, false);
        ask(policy, event, true);
    }
    if (policy)
        lua_policy_operations.stop(&policy);
    close(fd);
    return 0;
}
