/*
 * conf/source.c - a small reader of Lua's words. Master only. The text has passed Lua's own parser, so what does not
 * fit here is not an error: it only costs the exact line of a key.
 */
#include "conf/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/str.h"

enum { SOURCE_DEPTH_MAX = 16 };

enum source_token { SOURCE_END, SOURCE_NAME, SOURCE_STRING, SOURCE_SYMBOL };

/* An open brace: the table it belongs to and how many items without a name it has so far. */
struct source_level {
    size_t path_length; /* of the table's own path; SIZE_MAX: not a setting's table */
    size_t items;
    bool item_is_named;
};

struct source_reader {
    struct source *source;
    const char *at, *end;
    uint32_t line;
    /* the present token */
    enum source_token token;
    char text[SOURCE_PATH_MAX]; /* a name, or a string as it is written */
    char symbol;
    uint32_t token_line;
    /* where we are */
    char path[SOURCE_PATH_MAX]; /* of the key last given a value, on the way to its table */
    struct source_level levels[SOURCE_DEPTH_MAX];
    size_t depth;
    size_t brackets; /* ( and [ */
};

static bool source_is_name(char c, bool is_first)
{
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (!is_first && c >= '0' && c <= '9');
}

static void source_skip(struct source_reader *reader)
{
    if (*reader->at++ == '\n')
        reader->line++;
}

/* At "[": how many "=" the long bracket has, or SIZE_MAX when it is none. */
static size_t source_long_level(const struct source_reader *reader)
{
    const char *at = reader->at + 1;
    size_t level = 0;
    while (at < reader->end && *at == '=') {
        at++;
        level++;
    }
    return at < reader->end && *at == '[' ? level : SIZE_MAX;
}

static void source_skip_long(struct source_reader *reader, size_t level)
{
    reader->at += level + 2;
    while (reader->at < reader->end) {
        const char *close = reader->at + 1;
        size_t found = 0;
        if (*reader->at == ']') {
            while (close < reader->end && *close == '=' && found < level) {
                close++;
                found++;
            }
            if (found == level && close < reader->end && *close == ']') {
                reader->at = close + 1;
                return;
            }
        }
        source_skip(reader);
    }
}

static void source_skip_comment(struct source_reader *reader)
{
    reader->at += 2;
    size_t level = reader->at < reader->end && *reader->at == '[' ? source_long_level(reader) : SIZE_MAX;
    if (level != SIZE_MAX) {
        source_skip_long(reader, level);
        return;
    }
    while (reader->at < reader->end && *reader->at != '\n')
        reader->at++;
}

static void source_read_string(struct source_reader *reader)
{
    char quote = *reader->at++;
    const char *begin = reader->at;
    while (reader->at < reader->end && *reader->at != quote) {
        if (*reader->at == '\\' && reader->at + 1 < reader->end)
            source_skip(reader);
        source_skip(reader);
    }
    reader->token = SOURCE_STRING;
    str_copy_n(reader->text, sizeof(reader->text), begin, (size_t)(reader->at - begin));
    if (reader->at < reader->end)
        reader->at++;
}

static void source_skip_blank(struct source_reader *reader)
{
    while (reader->at < reader->end) {
        if (strchr(" \t\r\n\f\v", *reader->at))
            source_skip(reader);
        else if (*reader->at == '-' && reader->at + 1 < reader->end && reader->at[1] == '-')
            source_skip_comment(reader);
        else
            return;
    }
}

static void source_read_name(struct source_reader *reader)
{
    const char *begin = reader->at;
    while (reader->at < reader->end && source_is_name(*reader->at, false))
        reader->at++;
    reader->token = SOURCE_NAME;
    str_copy_n(reader->text, sizeof(reader->text), begin, (size_t)(reader->at - begin));
    if (strcmp(reader->text, "_ENV") == 0 && reader->source->environment_line == 0)
        reader->source->environment_line = reader->token_line;
}

/* Numbers are symbols without meaning; "0x1p4" and "1e5" hold letters that are no names. */
static void source_skip_number(struct source_reader *reader)
{
    while (reader->at < reader->end && (source_is_name(*reader->at, false) || *reader->at == '.'))
        reader->at++;
    reader->token = SOURCE_SYMBOL;
    reader->symbol = '0';
}

static void source_read_symbol(struct source_reader *reader)
{
    char c = *reader->at++;
    bool is_doubled = reader->at < reader->end && *reader->at == '=';
    reader->token = SOURCE_SYMBOL;
    reader->symbol = c;
    /* "==", "<=", ">=", "~=" compare; they give nothing a value. */
    if (is_doubled && strchr("=<>~", c)) {
        reader->at++;
        reader->symbol = '?';
    }
}

static void source_next(struct source_reader *reader)
{
    source_skip_blank(reader);
    reader->token_line = reader->line;
    reader->token = SOURCE_END;
    if (reader->at >= reader->end)
        return;
    char c = *reader->at;
    if (source_is_name(c, true)) {
        source_read_name(reader);
    } else if (c >= '0' && c <= '9') {
        source_skip_number(reader);
    } else if (c == '"' || c == '\'') {
        source_read_string(reader);
    } else if (c == '[' && source_long_level(reader) != SIZE_MAX) {
        reader->token = SOURCE_STRING;
        reader->text[0] = '\0';
        source_skip_long(reader, source_long_level(reader));
    } else {
        source_read_symbol(reader);
    }
}

static bool source_is_symbol(const struct source_reader *reader, char symbol)
{
    return reader->token == SOURCE_SYMBOL && reader->symbol == symbol;
}

static void source_add(struct source_reader *reader, const char *path, uint32_t line)
{
    struct source *source = reader->source;
    if ((source->count & (source->count - 1)) == 0)
        source->keys = alloc_resize(source->keys, source->count ? source->count * 2 : 1, sizeof(*source->keys));
    source->keys[source->count++] = (struct source_key){.path = alloc_string(path), .line = line};
}

/* The path becomes its first `length` octets and ".name". */
static void source_set_path(struct source_reader *reader, size_t length, const char *name)
{
    size_t dot = length > 0 && length + 1 < sizeof(reader->path);
    if (dot)
        reader->path[length] = '.';
    str_copy(reader->path + length + dot, sizeof(reader->path) - length - dot, name);
}

static struct source_level *source_level(struct source_reader *reader)
{
    return reader->depth > 0 && reader->depth <= SOURCE_DEPTH_MAX ? &reader->levels[reader->depth - 1] : NULL;
}

static void source_open(struct source_reader *reader)
{
    struct source_level *around = source_level(reader);
    size_t length = strlen(reader->path);
    if (around && around->path_length == SIZE_MAX) {
        length = SIZE_MAX;
    } else if (around && !around->item_is_named) {
        char number[24];
        snprintf(number, sizeof(number), "%zu", around->items + 1);
        source_set_path(reader, around->path_length, number);
        source_add(reader, reader->path, reader->token_line);
        length = strlen(reader->path);
    }
    /* A table that no name was given to: an argument, or a part of an expression. */
    if (!around && (length == 0 || reader->brackets > 0))
        length = SIZE_MAX;
    reader->depth++;
    struct source_level *level = source_level(reader);
    if (level)
        *level = (struct source_level){.path_length = length};
    source_next(reader);
}

static void source_close(struct source_reader *reader)
{
    if (reader->depth > 0)
        reader->depth--;
    if (reader->depth == 0)
        reader->path[0] = '\0';
    source_next(reader);
}

/* A key of the table that is open, its "=" just read: what follows is its value. */
static void source_key(struct source_reader *reader, const char *name, uint32_t line)
{
    struct source_level *level = source_level(reader);
    if (!level || level->path_length == SIZE_MAX)
        return;
    source_set_path(reader, level->path_length, name);
    level->item_is_named = true;
    source_add(reader, reader->path, line);
}

/* A name inside a table: a key when "=" follows. */
static void source_name_in_table(struct source_reader *reader)
{
    char name[SOURCE_PATH_MAX];
    uint32_t line = reader->token_line;
    str_copy(name, sizeof(name), reader->text);
    source_next(reader);
    if (source_is_symbol(reader, '=')) {
        source_key(reader, name, line);
        source_next(reader);
    }
}

/* "[" inside a table: ["name"] = is a key too. */
static void source_bracket_in_table(struct source_reader *reader)
{
    char name[SOURCE_PATH_MAX];
    uint32_t line = reader->token_line;
    source_next(reader);
    if (reader->token != SOURCE_STRING)
        return;
    str_copy(name, sizeof(name), reader->text);
    source_next(reader);
    if (!source_is_symbol(reader, ']'))
        return;
    source_next(reader);
    if (source_is_symbol(reader, '=')) {
        source_key(reader, name, line);
        source_next(reader);
    }
}

static void source_separator(struct source_reader *reader)
{
    struct source_level *level = source_level(reader);
    if (level && !level->item_is_named)
        level->items++;
    if (level)
        level->item_is_named = false;
    source_next(reader);
}

/* Outside of tables: "name =" and "name.part =" give values, unless the name is a local's. */
static void source_name_outside(struct source_reader *reader)
{
    char path[SOURCE_PATH_MAX] = "";
    uint32_t line = reader->token_line;
    bool is_local = strcmp(reader->text, "local") == 0;
    if (is_local)
        source_next(reader);
    while (reader->token == SOURCE_NAME) {
        size_t used = strlen(path);
        if (used > 0 && used + 1 < sizeof(path))
            path[used++] = '.';
        str_copy(path + used, sizeof(path) - used, reader->text);
        source_next(reader);
        if (!source_is_symbol(reader, '.'))
            break;
        source_next(reader);
    }
    reader->path[0] = '\0';
    if (!source_is_symbol(reader, '=') || reader->brackets > 0)
        return;
    if (!is_local) {
        str_copy(reader->path, sizeof(reader->path), path);
        source_add(reader, path, line);
    }
    source_next(reader);
}

static void source_step(struct source_reader *reader)
{
    if (reader->token == SOURCE_NAME) {
        if (reader->depth > 0)
            source_name_in_table(reader);
        else
            source_name_outside(reader);
        return;
    }
    if (reader->token == SOURCE_STRING) {
        source_next(reader);
        return;
    }
    switch (reader->symbol) {
    case '{':
        source_open(reader);
        break;
    case '}':
        source_close(reader);
        break;
    case ',':
    case ';':
        source_separator(reader);
        break;
    case '[':
        if (reader->depth > 0) {
            source_bracket_in_table(reader);
            break;
        }
        reader->brackets++;
        source_next(reader);
        break;
    case '(':
        reader->brackets++;
        source_next(reader);
        break;
    case ')':
    case ']':
        reader->brackets -= reader->brackets > 0;
        source_next(reader);
        break;
    default:
        source_next(reader);
        break;
    }
}

void source_parse(struct source *source, const char *text, size_t length)
{
    struct source_reader reader = {.source = source, .at = text, .end = text + length, .line = 1};
    source_next(&reader);
    while (reader.token != SOURCE_END)
        source_step(&reader);
}

void source_free(struct source *source)
{
    for (size_t i = 0; i < source->count; i++)
        free(source->keys[i].path);
    free(source->keys);
    *source = (struct source){0};
}

uint32_t source_line(const struct source *source, const char *path, uint32_t last_line)
{
    for (size_t i = source->count; i > 0; i--) {
        if (source->keys[i - 1].line <= last_line && strcmp(source->keys[i - 1].path, path) == 0)
            return source->keys[i - 1].line;
    }
    return 0;
}

/* "storage.1.path" may have been written as storage = { path = … }. */
static void source_without_number(char *to, const char *path)
{
    const char *number = strchr(path, '.');
    if (number && strncmp(number, ".1", 2) == 0 && (number[2] == '.' || !number[2]))
        snprintf(to, SOURCE_PATH_MAX, "%.*s%s", (int)(number - path), path, number + 2);
    else
        str_copy(to, SOURCE_PATH_MAX, path);
}

uint32_t source_line_within(const struct source *source, const char *path, uint32_t first_line, uint32_t last_line)
{
    char own[SOURCE_PATH_MAX], other[SOURCE_PATH_MAX];
    str_copy(own, sizeof(own), path);
    for (;;) {
        source_without_number(other, own);
        uint32_t line = source_line(source, own, last_line);
        if (line < first_line)
            line = source_line(source, other, last_line);
        /* A part given a value after the statement: tls.key = "…" on a line of its own. */
        if (line < first_line && strchr(other, '.'))
            line = source_line(source, other, UINT32_MAX);
        if (line < first_line && strchr(own, '.'))
            line = source_line(source, own, UINT32_MAX);
        if (line >= first_line)
            return line;
        char *dot = strrchr(own, '.');
        if (!dot)
            return first_line;
        *dot = '\0';
    }
}
