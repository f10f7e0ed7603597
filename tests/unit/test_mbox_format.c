/*
 * Splitting, quoting and digests in pieces of every size, against plain models that see all octets at once.
 */
#include "mbox_box.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define TEXT_MAX 4096
#define ROUNDS 3000

static unsigned chance_state = 1;

static unsigned chance(unsigned below)
{
    chance_state = chance_state * 1664525u + 1013904223u;
    return (chance_state >> 8) % below;
}

static const char *const pieces[] = {"\n", "\n", "\r\n", "\r", "From ", "From a\n", "\nFrom b\r\n", ">", ">From ", "a",
                                     ">>From x", "\n\n", "\n\r\n", "\r\n\r\n", "Fro", "m ", "bc\n", "Status: RO\n",
                                     "X-Status", ":", "x-uidl: 1\n", " continued\n", "Subject: s\n",
                                     "X-A-Name-That-Is-Long: y\n", "\xff", "Lines: 3\r\n"};

static size_t random_text(char *text, const char *begin, unsigned max_pieces)
{
    size_t used = strlen(begin);
    memcpy(text, begin, used);
    for (unsigned i = chance(max_pieces + 1); i > 0; i--) {
        const char *piece = pieces[chance(sizeof(pieces) / sizeof(pieces[0]))];
        size_t length = chance(12) ? strlen(piece) : 1;
        memcpy(text + used, length == 1 && !*piece ? "\0" : piece, length);
        if (length == 1 && chance(4) == 0)
            text[used] = '\0';
        used += length;
    }
    return used;
}

/* --- splitting -------------------------------------------------------------------------------------------------- */

struct split_result {
    size_t count;
    struct plain_message messages[PLAIN_MAX];
    size_t text_begin[PLAIN_MAX];
};

/* As a reader of a file does it: `step` octets more each time, behind those that were not taken. */
static bool split_in_pieces(const char *octets, size_t length, size_t step, struct split_result *result)
{
    struct mbox_split split = {0};
    size_t taken = 0, shown = 0;
    result->count = 0;
    do {
        shown = shown + step < length ? shown + step : length;
        for (;;) {
            size_t used;
            char *exact = malloc(shown - taken + 1); /* what is not shown must not be looked at */
            assert_non_null(exact);
            memcpy(exact, octets + taken, shown - taken);
            enum mbox_split_kind kind = mbox_split_next(&split, exact, shown - taken, shown == length, &used);
            free(exact);
            assert_true(used <= shown - taken);
            if (kind == MBOX_SPLIT_MORE)
                break;
            if (kind == MBOX_SPLIT_NO_MBOX)
                return false;
            if (kind == MBOX_SPLIT_BEGIN) {
                assert_true(result->count < PLAIN_MAX);
                result->messages[result->count] = (struct plain_message){.offset = taken};
                result->text_begin[result->count++] = 0;
            } else {
                assert_true(used > 0 && result->count > 0);
                if (kind != MBOX_SPLIT_BLANK)
                    result->messages[result->count - 1].length += used;
                if (kind == MBOX_SPLIT_FROM_LINE)
                    result->text_begin[result->count - 1] += used;
            }
            taken += used;
        }
        assert_true(shown - taken <= MBOX_SPLIT_AHEAD);
    } while (shown < length);
    assert_int_equal(taken, length);
    return true;
}

static void splits_as_the_model_does(void **state)
{
    static char text[TEXT_MAX];
    static struct split_result found;
    (void)state;
    unsigned several = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct plain_mbox plain = {.octets = text, .length = random_text(text, "From ", 40)};
        plain_parse(&plain);
        several += plain.count > 2;
        for (size_t step = 1; step <= 24; step += step > 10 ? 5 : 1) {
            assert_true(split_in_pieces(text, plain.length, step, &found));
            assert_int_equal(found.count, plain.count);
            for (size_t i = 0; i < plain.count; i++) {
                const struct plain_message *wanted = &plain.messages[i];
                assert_int_equal(found.messages[i].offset, wanted->offset);
                assert_int_equal(found.messages[i].length, wanted->length);
                const char *end = memchr(text + wanted->offset, '\n', wanted->length);
                size_t line = end ? (size_t)(end - text) + 1 - wanted->offset : wanted->length;
                assert_int_equal(found.text_begin[i], line);
            }
        }
    }
    assert_true(several > ROUNDS / 10);
}

static void what_does_not_begin_with_from_is_no_mbox(void **state)
{
    static const char *const texts[] = {"x", "\nFrom a\n", "from a\n", "From", ">From a\n", " From a\n", "From\ta\n"};
    struct split_result found;
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        for (size_t step = 1; step < 10; step++)
            assert_false(split_in_pieces(texts[i], strlen(texts[i]), step, &found));
}

static void a_huge_line_is_one_message(void **state)
{
    size_t length = 3 * 1024 * 1024;
    char *text = malloc(length);
    struct split_result found;
    (void)state;
    assert_non_null(text);
    memset(text, 'F', length);
    memcpy(text, "From ", 5);
    assert_true(split_in_pieces(text, length, 65536, &found));
    assert_int_equal(found.count, 1);
    assert_int_equal(found.text_begin[0], length);
    free(text);
}

/* --- quoting ---------------------------------------------------------------------------------------------------- */

/* Line by line: `takes` a mark away or adds one. */
static size_t quote_model(enum mbox_quoting quoting, bool takes, const char *text, size_t length, char *to)
{
    size_t used = 0;
    for (size_t at = 0, line; at < length; at += line) {
        const char *end = memchr(text + at, '\n', length - at);
        line = end ? (size_t)(end - text) + 1 - at : length - at;
        size_t marks = 0, skip = 0;
        while (marks < line && text[at + marks] == '>')
            marks++;
        bool is_from = line - marks >= 5 && memcmp(text + at + marks, "From ", 5) == 0;
        if (takes) {
            skip = is_from && ((quoting == MBOX_QUOTING_RD && marks > 0) || (quoting == MBOX_QUOTING_O && marks == 1));
        } else if (is_from && (quoting == MBOX_QUOTING_RD || marks == 0)) {
            to[used++] = '>';
        }
        memcpy(to + used, text + at + skip, line - skip);
        used += line - skip;
    }
    return used;
}

static size_t quote_in_pieces(enum mbox_quoting quoting, bool takes, const char *text, size_t length, size_t step,
                              char *to)
{
    struct mbox_quote quote = {.quoting = quoting};
    size_t used = 0;
    for (size_t at = 0; at < length; at += step) {
        size_t piece = length - at < step ? length - at : step, made;
        char *room = malloc((takes ? piece : 2 * piece) + MBOX_QUOTE_EXTRA);
        assert_non_null(room);
        made = takes ? mbox_quote_take(&quote, text + at, piece, room) : mbox_quote_add(&quote, text + at, piece, room);
        assert_true(made <= (takes ? piece : 2 * piece) + MBOX_QUOTE_EXTRA);
        memcpy(to + used, room, made);
        used += made;
        free(room);
    }
    return used + mbox_quote_end(&quote, to + used);
}

static void quotes_as_the_model_does(void **state)
{
    static char text[TEXT_MAX], wanted[2 * TEXT_MAX], found[2 * TEXT_MAX], back[2 * TEXT_MAX];
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        enum mbox_quoting quoting = (enum mbox_quoting)chance(3);
        size_t length = random_text(text, chance(3) ? "" : ">>", 30);
        for (int takes = 0; takes < 2; takes++) {
            size_t wanted_length = quote_model(quoting, takes, text, length, wanted);
            for (size_t step = 1; step <= 24; step += step > 10 ? 5 : 1) {
                assert_int_equal(quote_in_pieces(quoting, takes, text, length, step, found), wanted_length);
                assert_memory_equal(found, wanted, wanted_length);
            }
        }
        /* mboxrd loses nothing. */
        size_t stored = quote_in_pieces(MBOX_QUOTING_RD, false, text, length, 7, found);
        assert_int_equal(quote_in_pieces(MBOX_QUOTING_RD, true, found, stored, 5, back), length);
        assert_memory_equal(back, text, length);
    }
}

/* --- digests ---------------------------------------------------------------------------------------------------- */

static bool is_left_out(const char *line, size_t length)
{
    static const char *const names[] = {"Status", "X-Status",   "X-Keywords",     "X-UID", "X-UIDL",
                                        "X-IMAP", "X-IMAPbase", "Content-Length", "Lines"};
    size_t name = 0;
    while (name < length && name < 16 && line[name] != ':' && line[name] != '\n')
        name++;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strlen(names[i]) == name && strncasecmp(line, names[i], name) == 0)
            return true;
    return false;
}

/* The head without those fields, and the body; a last line gets its end. */
static void digest_model(const char *text, size_t length, uint8_t result[MBOX_DIGEST_OCTETS])
{
    static char whole[TEXT_MAX + 1], head[TEXT_MAX + 1];
    size_t used = 0, at = 0;
    bool is_first = true, is_out = false, is_body = false;
    memcpy(whole, text, length);
    if (length > 0 && whole[length - 1] != '\n')
        whole[length++] = '\n';
    while (at < length && !is_body) {
        const char *line = whole + at;
        size_t line_length = (size_t)((const char *)memchr(line, '\n', length - at) - line) + 1;
        is_body = !is_first && (line_length == 1 || (line_length == 2 && line[0] == '\r'));
        if (!is_first && line[0] != ' ' && line[0] != '\t')
            is_out = !is_body && is_left_out(line, line_length);
        if (!is_out) {
            memcpy(head + used, line, line_length);
            used += line_length;
        }
        is_first = false;
        at += line_length;
    }
    XXH128_canonical_t body;
    XXH128_canonicalFromHash(&body, XXH3_128bits(whole + at, length - at));
    SHA2_CTX context;
    uint8_t sum[SHA256_DIGEST_LENGTH];
    SHA256Init(&context);
    SHA256Update(&context, (const uint8_t *)head, used);
    SHA256Update(&context, body.digest, sizeof(body.digest));
    SHA256Final(sum, &context);
    memcpy(result, sum, MBOX_DIGEST_OCTETS);
}

static void digest_in_pieces(const char *text, size_t length, size_t step, uint8_t result[MBOX_DIGEST_OCTETS])
{
    struct mbox_digest digest = {0};
    assert_true(mbox_digest_begin(&digest));
    for (size_t at = 0; at < length; at += step)
        mbox_digest_add(&digest, text + at, length - at < step ? length - at : step);
    mbox_digest_end(&digest, result);
    mbox_digest_free(&digest);
}

static void digests_as_the_model_does(void **state)
{
    static char text[TEXT_MAX];
    uint8_t wanted[MBOX_DIGEST_OCTETS], found[MBOX_DIGEST_OCTETS];
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        size_t length = random_text(text, chance(3) ? "From a\n" : "From a\nStatus: O\nX-UID: 3\nSubject: x\n", 30);
        digest_model(text, length, wanted);
        for (size_t step = 1; step <= 24; step += step > 10 ? 5 : 1) {
            digest_in_pieces(text, length, step, found);
            assert_memory_equal(found, wanted, sizeof(wanted));
        }
    }
}

static void what_mail_programs_change_is_left_out(void **state)
{
    static const char plain[] = "From a\nSubject: x\n\nStatus: of the body\n";
    static const char *const same[] = {
        "From a\nSubject: x\nStatus: RO\nX-Status: A\n\nStatus: of the body\n",
        "From a\nstatus: O\n folded\n\ttwice\nSubject: x\nLines: 1\nContent-Length: 20\n\nStatus: of the body\n",
        "From a\nX-IMAPbase: 1 2\nX-UID: 1\nX-Keywords:     \nX-UIDL: q\nSubject: x\n\nStatus: of the body\n"};
    static const char *const other[] = {
        "From b\nSubject: x\n\nStatus: of the body\n", "From a\nSubject: y\n\nStatus: of the body\n",
        "From a\nSubject: x\n\nStatus: of a body\n", "From a\nSubject: x\nStatuses: RO\n\nStatus: of the body\n",
        "From a\nSubject: x\n\n\nStatus: of the body\n"};
    uint8_t wanted[MBOX_DIGEST_OCTETS], found[MBOX_DIGEST_OCTETS];
    (void)state;
    digest_in_pieces(plain, sizeof(plain) - 1, 5, wanted);
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        digest_in_pieces(same[i], strlen(same[i]), 5, found);
        assert_memory_equal(found, wanted, sizeof(found));
    }
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        digest_in_pieces(other[i], strlen(other[i]), 5, found);
        assert_memory_not_equal(found, wanted, sizeof(found));
    }
}

static void times_of_from_lines(void **state)
{
    static const struct {
        const char *line;
        int64_t when_s;
    } lines[] = {{"From a@b Thu Jan  1 00:00:01 1970\n", 1},       {"From a Tue Nov 24 15:04:05 2026\n", 1795532645},
                 {"From \"a b\" Tue Nov 24 15:04 2026\n", 1795532640}, {"From a\n", 0},
                 {"From \n", 0},                                       {"From a Tue Nov\n", 0}};
    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct mbox_digest digest = {0};
        assert_true(mbox_digest_begin(&digest));
        mbox_digest_add(&digest, lines[i].line, strlen(lines[i].line));
        assert_int_equal(mbox_digest_from_time_s(&digest), lines[i].when_s);
        mbox_digest_free(&digest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_as_the_model_does),
        cmocka_unit_test(what_does_not_begin_with_from_is_no_mbox),
        cmocka_unit_test(a_huge_line_is_one_message),
        cmocka_unit_test(quotes_as_the_model_does),
        cmocka_unit_test(digests_as_the_model_does),
        cmocka_unit_test(what_mail_programs_change_is_left_out),
        cmocka_unit_test(times_of_from_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
