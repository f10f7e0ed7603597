/*
 * Fuzz target "journal": the journal's file as its owner, a crash or a bad disk may have left it, and entries of any
 * octets. Input: a choice, then the file, which is also taken for the strings of an entry.
 *
 * Promises: a line is the same entry after it was written and read again, and valid JSON in printable ASCII; whatever
 * the file holds, it is read to its end, every line is an entry or counted, and what is appended is the last to be
 * read, with all that was read before.
 */
#include <fcntl.h>
#include <unistd.h>

#include "fuzz.h"
#include "fuzz_folder.h"
#include "ledger/journal.h"
#include "ledger/journal_line.h"
#include "util/buf.h"
#include "util/log.h"

const char fuzz_name[] = "journal";

static bool is_same(const char *a, const char *b, size_t max)
{
    return strncmp(a ? a : "", b ? b : "", max) == 0;
}

static bool is_same_entry(const struct journal_entry *a, const struct journal_entry *b)
{
    return a->when_s == b->when_s && a->act == b->act && a->octets == b->octets && a->until_s == b->until_s &&
           is_same(a->user, b->user, JOURNAL_USER_MAX) && is_same(a->peer, b->peer, JOURNAL_PEER_MAX) &&
           is_same(a->session, b->session, JOURNAL_SESSION_MAX) && is_same(a->uidl, b->uidl, JOURNAL_UIDL_MAX) &&
           is_same(a->message_id, b->message_id, JOURNAL_MESSAGE_ID_MAX) &&
           is_same(a->policy, b->policy, JOURNAL_POLICY_MAX) && is_same(a->rule, b->rule, JOURNAL_RULE_MAX) &&
           is_same(a->reason, b->reason, JOURNAL_REASON_MAX);
}

/* Written and read again. */
static void check_entry(const struct journal_entry *entry)
{
    struct buf line = {0};
    struct journal_entry again;
    journal_line_format(&line, entry);
    size_t length = buf_length(&line) - 1;
    FUZZ_REQUIRE(length < JOURNAL_LINE_MAX && buf_head(&line)[length] == '\n');
    for (size_t i = 0; i < length; i++)
        FUZZ_REQUIRE(buf_head(&line)[i] >= ' ' && buf_head(&line)[i] <= '~');
    FUZZ_REQUIRE(journal_line_parse(&again, buf_head(&line), length));
    FUZZ_REQUIRE(is_same_entry(entry, &again));
    buf_free(&line);
}

static void check_strings(size_t choice, const char *text)
{
    const char *rest = strchr(text, '\n');
    rest = rest ? rest + 1 : text;
    check_entry(&(struct journal_entry){.when_s = (int64_t)choice * 86400, .act = choice % JOURNAL_ACTS,
                                        .user = choice & 1 ? text : rest, .peer = rest, .session = text,
                                        .uidl = rest, .octets = choice, .message_id = text, .policy = rest,
                                        .rule = text, .reason = rest, .until_s = (int64_t)choice * 1000});
}

/* A line of the file by itself; in memory of exactly its size. */
static void check_line(const char *text, size_t length)
{
    char *copy = malloc(length + 1);
    struct journal_entry entry;
    FUZZ_REQUIRE(copy);
    memcpy(copy, text, length);
    if (journal_line_parse(&entry, copy, length))
        check_entry(&entry);
    free(copy);
}

struct seen {
    size_t count;
    char last[JOURNAL_UIDL_MAX + 1];
};

static bool see(void *context, const struct journal_entry *entry)
{
    struct seen *seen = context;
    FUZZ_REQUIRE(entry->act < JOURNAL_ACTS && entry->when_s >= 0 && entry->user && entry->reason && entry->until_s >= 0);
    snprintf(seen->last, sizeof(seen->last), "%s", entry->uidl);
    seen->count++;
    return true;
}

static struct seen read_all(int state_fd, size_t *broken)
{
    struct seen seen = {0};
    struct restante_error error = {0};
    FUZZ_REQUIRE(journal_read(state_fd, 0, see, &seen, broken, &error) == RESTANTE_OK);
    return seen;
}

static void check_file(int state_fd, const char *text, size_t length)
{
    size_t lines = 0, broken, broken_after;
    struct restante_error error = {0};
    for (size_t i = 0; i < length; i++)
        lines += text[i] == '\n';
    struct seen before = read_all(state_fd, &broken);
    FUZZ_REQUIRE(before.count + broken == lines);
    struct journal *journal = journal_open(state_fd, INT64_MAX);
    journal_put(journal, &(struct journal_entry){.when_s = 1000000000, .act = JOURNAL_REMOVED, .uidl = "the-last"});
    FUZZ_REQUIRE(journal_sync(journal, &error) == RESTANTE_OK);
    journal_close(&journal);
    struct seen after = read_all(state_fd, &broken_after);
    size_t ended = length > 0 && text[length - 1] != '\n'; /* the last line was not, and now counts */
    FUZZ_REQUIRE(strcmp(after.last, "the-last") == 0);
    FUZZ_REQUIRE(after.count + broken_after == before.count + broken + 1 + ended);
    FUZZ_REQUIRE(after.count >= before.count + 1 && broken_after >= broken);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int state_fd = -1;
    struct fuzz_input input = {data, data + size};
    size_t choice = fuzz_number(&input, 65535), length;
    char *text = fuzz_copy(&input, 262144, &length);
    if (state_fd < 0)
        state_fd = fuzz_folder_open("state");
    log_set_level((enum restante_level)(RESTANTE_ERROR + 1));
    fuzz_folder_empty("state");
    fuzz_folder_write("state/removals-000007-1000000000.jsonl", text, length);
    check_file(state_fd, text, length);
    for (const char *at = text, *end = text + length; at < end;) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        size_t line = (size_t)((feed ? feed : end) - at);
        check_line(at, line);
        at += line + (feed ? 1 : 0);
    }
    char *string = malloc(length + 1);
    FUZZ_REQUIRE(string);
    memcpy(string, text, length);
    string[length] = '\0';
    check_strings(choice, string);
    free(string);
    free(text);
    return 0;
}
