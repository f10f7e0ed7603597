/*
 * ledger/journal_line.c - one line of a journal: to JSON and back. Runs in a worker, as the mailbox owner.
 *
 * TRUST: what is written comes from senders (Message-ID), clients and policies; what is read belongs to the mailbox
 * owner, who may have written anything there.
 */
#include "ledger/journal_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "util/str.h"

#define JOURNAL_TIME_OCTETS 20                   /* 2026-11-24T18:40:12Z */
#define JOURNAL_TIME_MAX_S INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

static const char *const journal_acts[JOURNAL_ACTS] = {
    [JOURNAL_REMOVED] = "removed",   [JOURNAL_SET_ASIDE] = "set aside",     [JOURNAL_HIDDEN] = "hidden",
    [JOURNAL_RESTORED] = "restored", [JOURNAL_NOT_REMOVED] = "not removed",
};

const char *journal_act_name(enum journal_act act)
{
    return act < JOURNAL_ACTS ? journal_acts[act] : "";
}

/* The strings of an entry, in the order they are written. */
static const struct journal_field {
    const char *name;
    size_t offset, max;
} journal_fields[] = {
    {"user", offsetof(struct journal_entry, user), JOURNAL_USER_MAX},
    {"peer", offsetof(struct journal_entry, peer), JOURNAL_PEER_MAX},
    {"session", offsetof(struct journal_entry, session), JOURNAL_SESSION_MAX},
    {"uidl", offsetof(struct journal_entry, uidl), JOURNAL_UIDL_MAX},
    {"message_id", offsetof(struct journal_entry, message_id), JOURNAL_MESSAGE_ID_MAX},
    {"policy", offsetof(struct journal_entry, policy), JOURNAL_POLICY_MAX},
    {"rule", offsetof(struct journal_entry, rule), JOURNAL_RULE_MAX},
    {"reason", offsetof(struct journal_entry, reason), JOURNAL_REASON_MAX},
};
#define JOURNAL_FIELDS (sizeof(journal_fields) / sizeof(journal_fields[0]))

static const char **journal_string(struct journal_entry *entry, const struct journal_field *field)
{
    return (const char **)(void *)((char *)entry + field->offset);
}

/* --- times ------------------------------------------------------------------------------------------------------ */

static void journal_time_format(char to[JOURNAL_TIME_OCTETS + 1], int64_t when_s)
{
    time_t when = when_s < 0 ? 0 : when_s > JOURNAL_TIME_MAX_S ? JOURNAL_TIME_MAX_S : when_s;
    struct tm parts;
    if (!gmtime_r(&when, &parts) || strftime(to, JOURNAL_TIME_OCTETS + 1, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        to[0] = '\0';
}

static bool journal_time_number(const char *text, size_t length, int *number)
{
    uint64_t value;
    bool is_good = str_parse_u64(text, length, &value);
    *number = is_good ? (int)value : 0;
    return is_good;
}

/* Exactly as it is written: what does not give the same text again is no time. */
static bool journal_time_parse(const char *text, int64_t *when_s)
{
    struct tm parts = {0};
    char again[JOURNAL_TIME_OCTETS + 1];
    if (strlen(text) != JOURNAL_TIME_OCTETS || !journal_time_number(text, 4, &parts.tm_year) ||
        !journal_time_number(text + 5, 2, &parts.tm_mon) || !journal_time_number(text + 8, 2, &parts.tm_mday) ||
        !journal_time_number(text + 11, 2, &parts.tm_hour) || !journal_time_number(text + 14, 2, &parts.tm_min) ||
        !journal_time_number(text + 17, 2, &parts.tm_sec))
        return false;
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    *when_s = timegm(&parts);
    journal_time_format(again, *when_s);
    return strcmp(text, again) == 0;
}

/* --- to JSON ---------------------------------------------------------------------------------------------------- */

void journal_line_put_string(struct buf *out, const char *name, const char *text, size_t max)
{
    static const char digits[] = "0123456789abcdef";
    if (!text || !*text)
        return;
    buf_append_format(out, ",\"%s\":\"", name);
    size_t length = strnlen(text, max);
    char *to = buf_reserve(out, 6 * length), *end = to;
    for (size_t i = 0; i < length; i++) {
        unsigned char octet = (unsigned char)text[i];
        if (octet == '"' || octet == '\\') {
            *end++ = '\\';
            *end++ = (char)octet;
        } else if (octet < ' ' || octet > '~') {
            memcpy(end, "\\u00", 4);
            end[4] = digits[octet >> 4];
            end[5] = digits[octet & 15];
            end += 6;
        } else {
            *end++ = (char)octet;
        }
    }
    buf_added(out, (size_t)(end - to));
    buf_append(out, "\"", 1);
}

void journal_line_format(struct buf *out, const struct journal_entry *entry)
{
    char when[JOURNAL_TIME_OCTETS + 1];
    struct journal_entry copy = *entry;
    journal_time_format(when, entry->when_s);
    buf_append_format(out, "{\"time\":\"%s\",\"act\":\"%s\"", when, journal_act_name(entry->act));
    for (size_t i = 0; i < JOURNAL_FIELDS; i++) {
        const struct journal_field *field = &journal_fields[i];
        journal_line_put_string(out, field->name, *journal_string(&copy, field), field->max);
        if (field->offset == offsetof(struct journal_entry, uidl))
            buf_append_format(out, ",\"octets\":%" PRIu64, entry->octets);
    }
    if (entry->until_s > 0) {
        journal_time_format(when, entry->until_s);
        buf_append_format(out, ",\"until\":\"%s\"", when);
    }
    buf_append(out, "}\n", 2);
}

/* --- from JSON -------------------------------------------------------------------------------------------------- */

static int journal_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* The octet of an escape (RFC 8259 section 7) behind its backslash; 0: none that may stand here. */
static char journal_escape(const char **at)
{
    static const char letters[] = "\"\\/bfnrt", octets[] = "\"\\/\b\f\n\r\t";
    const char *letter = **at ? strchr(letters, **at) : NULL;
    if (letter) {
        ++*at;
        return octets[letter - letters];
    }
    if (strncmp(*at, "u00", 3) != 0 || journal_digit((*at)[3]) < 0 || journal_digit((*at)[4]) < 0)
        return '\0';
    char octet = (char)(journal_digit((*at)[3]) << 4 | journal_digit((*at)[4]));
    *at += 5;
    return octet;
}

/* A string, made within the text; NULL: none. */
static char *journal_take_string(char **at)
{
    if (**at != '"')
        return NULL;
    char *string = *at + 1, *to = string;
    const char *from = string;
    while (*from != '"') {
        char octet = *from++;
        if (octet == '\\')
            octet = journal_escape(&from);
        else if ((unsigned char)octet < ' ')
            return NULL;
        if (!octet)
            return NULL;
        *to++ = octet;
    }
    *at += from + 1 - *at;
    *to = '\0';
    return string;
}

static bool journal_take_number(char **at, uint64_t *number)
{
    size_t length = strspn(*at, "0123456789");
    bool is_good = length > 0 && str_parse_u64(*at, length, number);
    *at += length;
    return is_good;
}

static bool journal_take_act(const char *text, enum journal_act *act)
{
    for (int i = 0; i < JOURNAL_ACTS; i++)
        if (strcmp(text, journal_acts[i]) == 0) {
            *act = (enum journal_act)i;
            return true;
        }
    return false;
}

static bool journal_take_text(struct journal_entry *entry, const char *name, char *text)
{
    if (strcmp(name, "time") == 0)
        return journal_time_parse(text, &entry->when_s);
    if (strcmp(name, "until") == 0)
        return journal_time_parse(text, &entry->until_s);
    if (strcmp(name, "act") == 0)
        return journal_take_act(text, &entry->act);
    for (size_t i = 0; i < JOURNAL_FIELDS; i++)
        if (strcmp(name, journal_fields[i].name) == 0) {
            *journal_string(entry, &journal_fields[i]) = text;
            return strlen(text) <= journal_fields[i].max;
        }
    return true;
}

/* "name":value. An entry of a later version may hold more, as strings and numbers. */
static bool journal_take_member(struct journal_entry *entry, char **at)
{
    uint64_t number;
    const char *name = journal_take_string(at);
    if (!name || *(*at)++ != ':')
        return false;
    if (**at == '"') {
        char *text = journal_take_string(at);
        return text && journal_take_text(entry, name, text);
    }
    if (!journal_take_number(at, &number))
        return false;
    if (strcmp(name, "octets") == 0)
        entry->octets = number;
    return true;
}

bool journal_line_parse(struct journal_entry *entry, char *text, size_t length)
{
    char *at = text;
    *entry = (struct journal_entry){.when_s = -1, .act = JOURNAL_ACTS};
    for (size_t i = 0; i < JOURNAL_FIELDS; i++)
        *journal_string(entry, &journal_fields[i]) = "";
    text[length] = '\0';
    if (strlen(text) != length || *at++ != '{')
        return false;
    do {
        if (!journal_take_member(entry, &at))
            return false;
    } while (*at++ == ',');
    return at[-1] == '}' && !*at && entry->when_s >= 0 && entry->act < JOURNAL_ACTS;
}
