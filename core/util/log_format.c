#include "util/log_format.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* A bounded output: what does not fit is dropped, one octet is kept for the newline. */
struct log_out {
    char *text;
    size_t capacity, length;
};

static void out_char(struct log_out *out, char c)
{
    if (out->length + 2 < out->capacity)
        out->text[out->length++] = c;
}

static void out_string(struct log_out *out, const char *text)
{
    while (*text)
        out_char(out, *text++);
}

static void out_escaped_byte(struct log_out *out, const char *prefix, unsigned char c)
{
    static const char digits[] = "0123456789abcdef";
    out_string(out, prefix);
    out_char(out, digits[c >> 4]);
    out_char(out, digits[c & 15]);
}

const char *log_level_name(enum restante_level level)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    return (unsigned)level < 4 ? names[level] : "error";
}

/* Keys are ours, but a room that was taken over could write others: one word, whatever it is. */
static void out_key(struct log_out *out, const char *key)
{
    for (; *key; key++) {
        bool is_word = (*key >= 'a' && *key <= 'z') || (*key >= '0' && *key <= '9') || *key == '_';
        out_char(out, is_word ? *key : '?');
    }
}

static void out_time(struct log_out *out, int64_t time_ms)
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm parts;
    char text[40];
    gmtime_r(&seconds, &parts);
    size_t length = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text + length, sizeof(text) - length, ".%03dZ", (int)(time_ms % 1000));
    out_string(out, text);
}

static bool value_needs_quotes(const char *value)
{
    if (!*value)
        return true;
    for (; *value; value++) {
        if (*value <= ' ' || *value >= 0x7f || strchr("\"\\=", *value))
            return true;
    }
    return false;
}

static void out_text_value(struct log_out *out, const char *value)
{
    if (!value_needs_quotes(value)) {
        out_string(out, value);
        return;
    }
    out_char(out, '"');
    for (; *value; value++) {
        unsigned char c = (unsigned char)*value;
        if (c == '"' || c == '\\') {
            out_char(out, '\\');
            out_char(out, (char)c);
        } else if (c < ' ' || c >= 0x7f) {
            out_escaped_byte(out, "\\x", c);
        } else {
            out_char(out, (char)c);
        }
    }
    out_char(out, '"');
}

/* Bytes above 0x7E become \u00HH: a log line stays valid JSON whatever encoding a client spoke. */
static void out_json_value(struct log_out *out, const char *value)
{
    out_char(out, '"');
    for (; *value; value++) {
        unsigned char c = (unsigned char)*value;
        if (c == '"' || c == '\\') {
            out_char(out, '\\');
            out_char(out, (char)c);
        } else if (c < ' ' || c >= 0x7f) {
            out_escaped_byte(out, "\\u00", c);
        } else {
            out_char(out, (char)c);
        }
    }
    out_char(out, '"');
}

/* The next key and value of a record; false at its end or where it is not well formed. TRUST: from another room. */
static bool record_next(const char **position, const char *end, const char **key, const char **value)
{
    *key = *position;
    const char *nul = *key < end ? memchr(*key, '\0', (size_t)(end - *key)) : NULL;
    if (!nul)
        return false;
    *value = nul + 1;
    nul = *value < end ? memchr(*value, '\0', (size_t)(end - *value)) : NULL;
    if (!nul)
        return false;
    *position = nul + 1;
    return true;
}

static size_t out_finish(struct log_out *out)
{
    out->text[out->length++] = '\n';
    return out->length;
}

size_t log_format_text(char *to, size_t capacity, const struct log_origin *origin, enum restante_level level,
                       const char *record, size_t length)
{
    struct log_out out = {.text = to, .capacity = capacity};
    const char *end = record + length, *key, *value;
    char number[32];
    out_time(&out, origin->time_ms);
    out_char(&out, ' ');
    out_string(&out, log_level_name(level));
    if (origin->room) {
        snprintf(number, sizeof(number), "[%ld]", (long)origin->pid);
        out_char(&out, ' ');
        out_string(&out, origin->room);
        out_string(&out, number);
    }
    while (record_next(&record, end, &key, &value)) {
        out_char(&out, ' ');
        out_key(&out, key);
        out_char(&out, '=');
        out_text_value(&out, value);
    }
    return out_finish(&out);
}

size_t log_format_json(char *to, size_t capacity, const struct log_origin *origin, enum restante_level level,
                       const char *record, size_t length)
{
    /* Room for the closing brace is kept back, so that a cut line loses fields, not its form. */
    struct log_out out = {.text = to, .capacity = capacity - 8};
    const char *end = record + length, *key, *value;
    char number[32];
    out_string(&out, "{\"time\":\"");
    out_time(&out, origin->time_ms);
    out_string(&out, "\",\"level\":");
    out_json_value(&out, log_level_name(level));
    if (origin->room) {
        snprintf(number, sizeof(number), ",\"pid\":%ld", (long)origin->pid);
        out_string(&out, ",\"room\":");
        out_json_value(&out, origin->room);
        out_string(&out, number);
    }
    while (record_next(&record, end, &key, &value)) {
        out_char(&out, ',');
        out_json_value(&out, key);
        out_char(&out, ':');
        out_json_value(&out, value);
    }
    out.capacity = capacity;
    out_char(&out, '}');
    return out_finish(&out);
}
