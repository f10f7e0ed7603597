/*
 * Fuzz target "ledger": the ledger's file as its owner, a crash or a bad disk may have left it. Input: choices, then
 * the file; one choice takes each line for a record and puts the right sum before it.
 *
 * Promises: it opens, is refused as of another version, or is kept aside as damaged, and then says so for ever; what
 * was put and synced is there after opening it again, with all that was known before: facts, marks and store.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include <xxhash.h>

#include "fuzz.h"
#include "fuzz_folder.h"
#include "ledger/ledger.h"
#include "ledger/ledger_line.h"
#include "ledger/ledger_state.h"
#include "util/buf.h"
#include "util/log.h"

const char fuzz_name[] = "ledger";

/* Each line of the input as a record with its sum, behind a true header when `has_header`. */
static void make_lines(struct buf *file, const char *text, size_t length, bool has_header)
{
    uint32_t sum = 0;
    if (has_header)
        ledger_line_format(file, &(struct ledger_line){.record = LEDGER_RECORD_HEADER}, &sum);
    for (const char *at = text, *end = text + length; at < end;) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        size_t line = (size_t)((line_end ? line_end : end) - at);
        sum = XXH32(at, line, sum);
        buf_append_format(file, "%08" PRIx32 " ", sum);
        buf_append(file, at, line);
        if (line_end)
            buf_append(file, "\n", 1);
        at += line + (line_end ? 1 : 0);
    }
}

static uint64_t snapshot_store(const struct restante_ledger *ledger)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < ledger->store.count; i++) {
        const struct ledger_store_shelf *shelf = &ledger->store.shelves[i];
        for (size_t j = 0; j < shelf->count; j++) {
            const struct ledger_store_item *item = &shelf->items[j];
            FUZZ_REQUIRE(ledger_store_get(ledger, shelf->policy, item->name) == item->value);
            if (item->value) {
                sum += XXH64(shelf->policy, strlen(shelf->policy), XXH64(item->value, strlen(item->value), 1)) ^
                       XXH64(item->name, strlen(item->name), 2);
            }
        }
    }
    return sum;
}

/* Everything that is known, in an order of its own: one sum that does not depend on it. */
static uint64_t snapshot(const struct restante_ledger *ledger, size_t *count)
{
    const struct ledger_entry *entry;
    size_t cursor = 0;
    uint64_t sum = snapshot_store(ledger);
    *count = 0;
    while ((entry = ledger_next(ledger, &cursor))) {
        struct buf text = {0};
        FUZZ_REQUIRE(ledger_line_is_uidl(entry->uidl) && (!entry->note || ledger_line_is_note(entry->note)));
        FUZZ_REQUIRE(ledger_find(ledger, entry->uidl) == entry);
        const struct ledger_marks *marks = ledger_marks(ledger, entry);
        FUZZ_REQUIRE((marks->hidden_s == 0) == (marks->hidden_rule == NULL));
        FUZZ_REQUIRE((marks->set_aside_s == 0) == (marks->set_aside_rule == NULL));
        /* An entry whose note was taken back: nothing is known any more, and compaction drops it. */
        if (!entry->first_seen_s && !entry->first_retrieved_s && !entry->retrieved_count && !entry->note &&
            !marks->hidden_s && !marks->set_aside_s)
            continue;
        buf_append_format(&text, "%s %" PRId64 " %" PRId64 " %" PRIu32 " %s", entry->uidl, entry->first_seen_s,
                          entry->first_retrieved_s, entry->retrieved_count, entry->note ? entry->note : "");
        buf_append_format(&text, " %" PRId64 " %s %" PRId64 " %" PRId64 " %s", marks->hidden_s,
                          marks->hidden_rule ? marks->hidden_rule : "-", marks->set_aside_s, marks->set_aside_until_s,
                          marks->set_aside_rule ? marks->set_aside_rule : "-");
        sum += XXH64(buf_head(&text), buf_length(&text), 0);
        buf_free(&text);
        ++*count;
    }
    return sum;
}

static struct restante_ledger *open_again(int state_fd, bool read_only)
{
    struct restante_ledger *ledger = NULL;
    struct restante_error error = {0};
    enum restante_status status;
    do
        status = ledger_open(state_fd, read_only, &ledger, &error);
    while (status == RESTANTE_AGAIN);
    FUZZ_REQUIRE((status == RESTANTE_OK) == (ledger != NULL));
    FUZZ_REQUIRE(status == RESTANTE_OK || error.log[0]);
    return ledger;
}

static void put_something(struct restante_ledger *ledger, size_t choice)
{
    struct restante_error error = {0};
    const struct ledger_entry *first;
    size_t cursor = 0;
    first = ledger_next(ledger, &cursor);
    char *uidl = first && choice & 1 ? strdup(first->uidl) : strdup("new-one");
    ledger_put_first_seen(ledger, uidl, 1000000000);
    ledger_put_note(ledger, uidl, choice & 2 ? "a note" : "");
    ledger_put_retrieved(ledger, uidl, 1000000001);
    if (choice & 2)
        ledger_put_hidden(ledger, uidl, (int64_t)choice & 1, "a policy: why");
    if (choice & 4)
        ledger_put_set_aside(ledger, "set-aside", 1000000002, choice & 1 ? 5 : 1000000003, "");
    else
        ledger_put_set_aside(ledger, uidl, 0, 0, NULL);
    if (choice & 4)
        ledger_put_removed(ledger, uidl);
    if (ledger_store_put(ledger, "a policy", "name", choice & 2 ? "value" : NULL))
        FUZZ_REQUIRE((ledger_store_get(ledger, "a policy", "name") != NULL) == ((choice & 2) != 0));
    const struct ledger_entry *entry = ledger_find(ledger, uidl);
    FUZZ_REQUIRE((entry == NULL) == ((choice & 4) != 0));
    FUZZ_REQUIRE(!entry || entry->retrieved_count > 0);
    enum restante_status status;
    do
        status = ledger_sync(ledger, &error);
    while (status == RESTANTE_AGAIN);
    FUZZ_REQUIRE(status == RESTANTE_OK);
    free(uidl);
}

static void check_file(int state_fd, size_t choice)
{
    struct restante_ledger *ledger = open_again(state_fd, true);
    size_t seen_count, before_count, after_count;
    if (!ledger) {
        FUZZ_REQUIRE(!open_again(state_fd, false));
        return;
    }
    bool is_damaged = ledger_is_damaged(ledger);
    uint64_t seen = snapshot(ledger, &seen_count);
    ledger_close(&ledger);
    ledger = open_again(state_fd, false);
    FUZZ_REQUIRE(ledger && ledger_is_damaged(ledger) == is_damaged);
    FUZZ_REQUIRE(snapshot(ledger, &before_count) == seen && before_count == seen_count);
    put_something(ledger, choice);
    uint64_t before = snapshot(ledger, &before_count);
    ledger_close(&ledger);
    ledger = open_again(state_fd, false);
    FUZZ_REQUIRE(ledger && ledger_is_damaged(ledger) == is_damaged);
    FUZZ_REQUIRE(snapshot(ledger, &after_count) == before && after_count == before_count);
    ledger_close(&ledger);
}

/* A line that is taken says the same when it is written again. */
static void check_line(const char *text, size_t length)
{
    struct buf line = {0}, again = {0};
    struct ledger_line parsed, reparsed;
    uint32_t sum = 7, again_sum = 7;
    const char *end = memchr(text, '\n', length);
    length = end ? (size_t)(end - text) : length;
    buf_append_format(&line, "%08" PRIx32 " ", XXH32(text, length, sum));
    buf_append(&line, text, length);
    buf_append(&line, "", 1);
    enum ledger_verdict verdict = ledger_line_parse(&parsed, buf_head(&line), buf_length(&line) - 1, &sum);
    if (verdict == LEDGER_LINE_GOOD) {
        ledger_line_format(&again, &parsed, &again_sum);
        FUZZ_REQUIRE(buf_length(&again) <= LEDGER_LINE_MAX);
        uint32_t check_sum = 7;
        FUZZ_REQUIRE(ledger_line_parse(&reparsed, buf_head(&again), buf_length(&again) - 1, &check_sum) ==
                     LEDGER_LINE_GOOD);
        FUZZ_REQUIRE(reparsed.record == parsed.record && reparsed.when_s == parsed.when_s &&
                     reparsed.until_s == parsed.until_s && reparsed.count == parsed.count);
        FUZZ_REQUIRE(!parsed.uidl || strcmp(parsed.uidl, reparsed.uidl) == 0);
        FUZZ_REQUIRE(!parsed.text || strcmp(parsed.text, reparsed.text) == 0);
        FUZZ_REQUIRE(!parsed.policy || strcmp(parsed.policy, reparsed.policy) == 0);
        FUZZ_REQUIRE(!parsed.name || strcmp(parsed.name, reparsed.name) == 0);
    }
    buf_free(&line);
    buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int state_fd = -1;
    struct fuzz_input input = {data, data + size};
    size_t choice = fuzz_number(&input, 31), length;
    char *text = fuzz_copy(&input, 16384, &length);
    struct buf file = {0};
    if (state_fd < 0)
        state_fd = fuzz_folder_open("state");
    log_set_level((enum restante_level)(RESTANTE_ERROR + 1));
    if (choice & 8)
        make_lines(&file, text, length, choice & 16);
    else
        buf_append(&file, text, length);
    fuzz_folder_empty("state");
    fuzz_folder_write("state/ledger", file.data ? buf_head(&file) : "", buf_length(&file));
    check_file(state_fd, choice);
    check_line(text, length);
    buf_free(&file);
    free(text);
    return 0;
}
