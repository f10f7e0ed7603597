/*
 * ledger/ledger_line.c - one line of a ledger: to bytes and back. Runs in a worker, as the mailbox owner.
 *
 * TRUST: the file belongs to the mailbox owner, so every field is checked again after the sum has been.
 */
#include "ledger/ledger_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include <restante/storage.h>

#include "ledger/ledger.h"
#include "ledger/ledger_store.h"
#include "util/str.h"

#define LEDGER_NAME "restante-ledger"
#define LEDGER_VERSION 1
#define LEDGER_SUM_DIGITS 8

static const char *const ledger_words[] = {
    [LEDGER_RECORD_HEADER] = LEDGER_NAME, [LEDGER_RECORD_DAMAGED] = "damaged",     [LEDGER_RECORD_SEEN] = "seen",
    [LEDGER_RECORD_NOTE] = "note",        [LEDGER_RECORD_RETRIEVED] = "retrieved", [LEDGER_RECORD_REMOVED] = "removed",
    [LEDGER_RECORD_HIDDEN] = "hidden",    [LEDGER_RECORD_SET_ASIDE] = "aside",     [LEDGER_RECORD_STORED] = "stored",
};
#define LEDGER_WORDS (sizeof(ledger_words) / sizeof(ledger_words[0]))

static bool ledger_is_within(const char *text, size_t min, size_t max, char lowest)
{
    size_t length = strnlen(text, max + 1);
    if (length < min || length > max)
        return false;
    for (size_t i = 0; i < length; i++)
        if (text[i] < lowest || text[i] > 0x7e)
            return false;
    return true;
}

bool ledger_line_is_text(const char *text, size_t min, size_t max)
{
    return ledger_is_within(text, min, max, 0x20);
}

bool ledger_line_is_uidl(const char *uidl)
{
    return ledger_is_within(uidl, 1, RESTANTE_UIDL_MAX, 0x21);
}

bool ledger_line_is_note(const char *note)
{
    return ledger_line_is_text(note, 0, LEDGER_NOTE_MAX);
}

static int ledger_record_format(char *to, size_t capacity, const struct ledger_line *line)
{
    const char *word = ledger_words[line->record], *text = line->text ? line->text : "";
    switch (line->record) {
    case LEDGER_RECORD_HEADER:
        return snprintf(to, capacity, "%s %d", word, LEDGER_VERSION);
    case LEDGER_RECORD_DAMAGED:
        return snprintf(to, capacity, "%s %" PRId64, word, line->when_s);
    case LEDGER_RECORD_SEEN:
        return snprintf(to, capacity, "%s %" PRId64 " %s", word, line->when_s, line->uidl);
    case LEDGER_RECORD_RETRIEVED:
        return snprintf(to, capacity, "%s %" PRId64 " %" PRIu32 " %s", word, line->when_s, line->count, line->uidl);
    case LEDGER_RECORD_NOTE:
        return snprintf(to, capacity, "%s %s %s", word, line->uidl, text);
    case LEDGER_RECORD_REMOVED:
        return snprintf(to, capacity, "%s %s", word, line->uidl);
    case LEDGER_RECORD_HIDDEN:
        return snprintf(to, capacity, "%s %" PRId64 " %s %s", word, line->when_s, line->uidl, text);
    case LEDGER_RECORD_SET_ASIDE:
        return snprintf(to, capacity, "%s %" PRId64 " %" PRId64 " %s %s", word, line->when_s, line->until_s, line->uidl,
                        text);
    case LEDGER_RECORD_STORED:
        return snprintf(to, capacity, "%s %s %s\t%s", word, line->name, line->policy, text);
    }
    return 0;
}

void ledger_line_format(struct buf *out, const struct ledger_line *line, uint32_t *sum)
{
    char record[LEDGER_LINE_MAX];
    size_t length = (size_t)ledger_record_format(record, sizeof(record), line);
    *sum = XXH32(record, length, *sum);
    buf_append_format(out, "%08" PRIx32 " ", *sum);
    buf_append(out, record, length);
    buf_append(out, "\n", 1);
}

/* Exactly as it is written: an upper-case digit is a changed one. */
static bool ledger_parse_sum(const char *text, uint32_t *sum)
{
    uint32_t value = 0;
    for (size_t i = 0; i < LEDGER_SUM_DIGITS; i++) {
        char digit = text[i];
        if (digit >= '0' && digit <= '9')
            value = value << 4 | (uint32_t)(digit - '0');
        else if (digit >= 'a' && digit <= 'f')
            value = value << 4 | (uint32_t)(digit - 'a' + 10);
        else
            return false;
    }
    *sum = value;
    return true;
}

/* The next field up to a blank, made a string; NULL when there is none. */
static char *ledger_field(char **at)
{
    char *field = *at;
    if (!field || !*field)
        return NULL;
    char *blank = strchr(field, ' ');
    *at = blank ? blank + 1 : NULL;
    if (blank)
        *blank = '\0';
    return field;
}

static bool ledger_field_number(char **at, uint64_t max, uint64_t *number)
{
    const char *field = ledger_field(at);
    return field && str_parse_u64(field, strlen(field), number) && *number <= max;
}

static bool ledger_field_when(char **at, int64_t *when_s)
{
    uint64_t number = 0;
    bool good = ledger_field_number(at, INT64_MAX, &number);
    *when_s = (int64_t)number;
    return good;
}

static bool ledger_field_uidl(char **at, const char **uidl)
{
    *uidl = ledger_field(at);
    return *uidl && ledger_line_is_uidl(*uidl);
}

/* "<policy> TAB <value>" */
static bool ledger_field_stored(char *at, struct ledger_line *line)
{
    char *tab = at ? strchr(at, '\t') : NULL;
    if (!tab)
        return false;
    *tab = '\0';
    line->policy = at;
    line->text = tab + 1;
    return ledger_store_is_name(line->name) && ledger_store_is_policy(line->policy) &&
           ledger_store_is_value(line->text);
}

static bool ledger_fields_parse(struct ledger_line *line, char *at)
{
    uint64_t count = 0;
    switch (line->record) {
    case LEDGER_RECORD_HEADER:
        break;
    case LEDGER_RECORD_DAMAGED:
        return ledger_field_when(&at, &line->when_s) && !at;
    case LEDGER_RECORD_SEEN:
        return ledger_field_when(&at, &line->when_s) && ledger_field_uidl(&at, &line->uidl) && !at;
    case LEDGER_RECORD_RETRIEVED:
        if (!ledger_field_when(&at, &line->when_s) || !ledger_field_number(&at, UINT32_MAX, &count))
            return false;
        line->count = (uint32_t)count;
        return ledger_field_uidl(&at, &line->uidl) && !at;
    case LEDGER_RECORD_NOTE:
        if (!ledger_field_uidl(&at, &line->uidl) || !at)
            return false;
        line->text = at;
        return ledger_line_is_note(at);
    case LEDGER_RECORD_REMOVED:
        return ledger_field_uidl(&at, &line->uidl) && !at;
    case LEDGER_RECORD_HIDDEN:
    case LEDGER_RECORD_SET_ASIDE:
        if (!ledger_field_when(&at, &line->when_s))
            return false;
        if (line->record == LEDGER_RECORD_SET_ASIDE && !ledger_field_when(&at, &line->until_s))
            return false;
        if (!ledger_field_uidl(&at, &line->uidl) || !at)
            return false;
        line->text = at;
        return ledger_line_is_text(at, 0, LEDGER_RULE_MAX);
    case LEDGER_RECORD_STORED:
        line->name = ledger_field(&at);
        return line->name && ledger_field_stored(at, line);
    }
    return false;
}

static enum ledger_verdict ledger_header_parse(char *at)
{
    uint64_t version = 0;
    if (!ledger_field_number(&at, UINT32_MAX, &version) || at)
        return LEDGER_LINE_BROKEN;
    return version == LEDGER_VERSION ? LEDGER_LINE_GOOD : LEDGER_LINE_FOREIGN;
}

enum ledger_verdict ledger_line_parse(struct ledger_line *line, char *text, size_t length, uint32_t *sum)
{
    uint32_t written;
    size_t head = LEDGER_SUM_DIGITS + 1;
    *line = (struct ledger_line){.record = LEDGER_RECORD_HEADER};
    if (length <= head || text[LEDGER_SUM_DIGITS] != ' ' || !ledger_parse_sum(text, &written))
        return LEDGER_LINE_BROKEN;
    if (XXH32(text + head, length - head, *sum) != written)
        return LEDGER_LINE_BROKEN;
    text[length] = '\0';
    if (memchr(text + head, '\0', length - head))
        return LEDGER_LINE_BROKEN;
    *sum = written;
    char *at = text + head;
    const char *word = ledger_field(&at);
    for (size_t i = 0; word && i < LEDGER_WORDS; i++) {
        if (strcmp(word, ledger_words[i]) != 0)
            continue;
        line->record = (enum ledger_record)i;
        if (line->record == LEDGER_RECORD_HEADER)
            return ledger_header_parse(at);
        return ledger_fields_parse(line, at) ? LEDGER_LINE_GOOD : LEDGER_LINE_BROKEN;
    }
    return LEDGER_LINE_FOREIGN;
}

bool ledger_line_is_torn_header(const char *text, size_t length)
{
    struct buf whole = {0};
    uint32_t sum = 0;
    ledger_line_format(&whole, &(struct ledger_line){.record = LEDGER_RECORD_HEADER}, &sum);
    bool torn = length < buf_length(&whole) && memcmp(text, buf_head(&whole), length) == 0;
    buf_free(&whole);
    return torn;
}
