/*
 * Fuzz target "penalties": what a dispatcher is told by its predecessor, and tries to log in afterwards. Input: how many
 * records get a right head, the records, then tries: who, from where, how it ends, how long after.
 *
 * Promises: a part is taken whole or refused whole; nobody has to wait longer than the settings say, whatever was told;
 * a try that began is given back once; what is exported is taken again by another.
 */
#include "auth/auth_penalties.h"
#include "fuzz.h"

const char fuzz_name[] = "penalties";

static const struct auth_penalties_settings settings = {
    .is_enabled = true, .free_failures = 2, .first_ms = 1000, .maximum_ms = 60000, .forget_ms = 600000,
    .wait_ms = 30000, .entries = 16, .waiting_max = 4};
enum { TRIES = 6, HEAD = 40, RECORD = 64, PART_MAX = 4096 };

/* Everything is written down and read by another, in parts as small as a part may be. */
static void check_export(const struct auth_penalties *penalties, int64_t now_ms)
{
    struct auth_penalties *other = auth_penalties_open(&settings);
    uint8_t part[HEAD + 3 * RECORD];
    size_t cursor = 0, length, parts = 0;
    while ((length = auth_penalties_export(penalties, &cursor, part, sizeof(part), now_ms)) > 0) {
        FUZZ_REQUIRE(length <= sizeof(part) && ++parts < 1000);
        FUZZ_REQUIRE(auth_penalties_import(other, part, length, now_ms));
    }
    auth_penalties_close(&other);
}

static void run_tries(struct auth_penalties *penalties, struct fuzz_input *input, int64_t now_ms)
{
    static const char *const users[] = {"alice", "bob", "", "alice@example.org"};
    static const char *const peers[] = {"192.0.2.7", "2001:db8::7", "192.0.2.8", "nonsense"};
    struct auth_try tries[TRIES] = {0}, *next;
    bool is_open[TRIES] = {false}, is_given[TRIES] = {false}, is_refused;
    while (fuzz_left(input) > 0) {
        size_t choice = fuzz_number(input, 255), which = choice % TRIES;
        if (is_open[which]) {
            auth_penalties_end(penalties, &tries[which], (enum auth_try_result)(choice / TRIES % 3), now_ms);
            is_open[which] = false;
        } else if (auth_penalties_begin(penalties, &tries[which], users[choice / TRIES % 4],
                                        peers[choice / 4 % 4], now_ms)) {
            is_open[which] = true;
            is_given[which] = false;
        }
        while ((next = auth_penalties_next(penalties, now_ms, &is_refused))) {
            size_t index = (size_t)(next - tries);
            FUZZ_REQUIRE(index < TRIES && is_open[index] && !is_given[index]);
            is_given[index] = true;
            if (is_refused)
                is_open[index] = false;
        }
        int64_t due_ms = auth_penalties_due_ms(penalties, now_ms);
        FUZZ_REQUIRE(due_ms == -1 || due_ms <= now_ms + settings.maximum_ms);
        now_ms += (int64_t)fuzz_number(input, UINT16_MAX);
    }
    check_export(penalties, now_ms);
    for (size_t i = 0; i < TRIES; i++)
        if (is_open[i])
            auth_penalties_end(penalties, &tries[i], AUTH_TRY_WITHDRAWN, now_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t true_head[8] = {0x41, 0x4e, 0x45, 0x50, 1, 0, 0, 0};
    struct fuzz_input input = {data, data + size};
    struct auth_penalties *penalties = auth_penalties_open(&settings);
    int64_t now_ms = 1000000 + (int64_t)fuzz_number(&input, UINT16_MAX) * 100;
    size_t records = fuzz_number(&input, 8), length;
    size_t wanted = records == 8 ? fuzz_number(&input, PART_MAX) : HEAD + records * RECORD;
    char *part = fuzz_copy(&input, wanted, &length);
    if (records < 8 && length >= sizeof(true_head))
        memcpy(part, true_head, sizeof(true_head));
    bool is_taken = auth_penalties_import(penalties, part, length, now_ms);
    FUZZ_REQUIRE(!is_taken || (length >= HEAD && (length - HEAD) % RECORD == 0));
    check_export(penalties, now_ms);
    run_tries(penalties, &input, now_ms);
    auth_penalties_close(&penalties);
    free(part);
    return 0;
}
