/*
 * Fuzz target "log": a record as a room (perhaps one that was taken over) sends it, to a line of text and of JSON.
 * Input: level, time, then the record.
 *
 * Promises: one line, printable ASCII, whatever was in it; the JSON is an object of strings and numbers that says
 * exactly what the record says; the text keeps the fields apart.
 */
#include "fuzz.h"
#include "util/log.h"
#include "util/log_format.h"

const char fuzz_name[] = "log";

static void check_line(const char *line, size_t length, size_t capacity)
{
    FUZZ_REQUIRE(length > 0 && length < capacity && line[length - 1] == '\n');
    for (size_t i = 0; i + 1 < length; i++)
        FUZZ_REQUIRE(line[i] >= 0x20 && line[i] < 0x7f);
}

/* --- a reader of JSON (RFC 8259) for what we write ---------------------------------------------------------------- */

static char next(const char **at, char wanted)
{
    FUZZ_REQUIRE(**at == wanted);
    return *(*at)++;
}

static unsigned hex_digit(char c)
{
    FUZZ_REQUIRE((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* A string, byte by byte as ISO 8859-1; `expected` (may be NULL) is what it must be. */
static void read_string(const char **at, const char *expected)
{
    next(at, '"');
    while (**at != '"') {
        unsigned c = (unsigned char)*(*at)++;
        FUZZ_REQUIRE(c >= 0x20 && c < 0x7f);
        if (c == '\\') {
            c = (unsigned char)*(*at)++;
            FUZZ_REQUIRE(c == '"' || c == '\\' || c == 'u');
            if (c == 'u') {
                c = 0;
                for (int i = 0; i < 4; i++)
                    c = c << 4 | hex_digit(*(*at)++);
            }
        }
        if (expected)
            FUZZ_REQUIRE(c == (unsigned char)*expected++);
    }
    FUZZ_REQUIRE(!expected || *expected == '\0');
    next(at, '"');
}

static void read_number(const char **at)
{
    size_t digits = strspn(*at, "0123456789");
    FUZZ_REQUIRE(digits > 0);
    *at += digits;
}

/* The next pair of the record; false at its end or where it is not whole. */
static bool next_pair(const char **at, const char *end, const char **key, const char **value)
{
    for (int i = 0; i < 2; i++) {
        const char *nul = *at < end ? memchr(*at, '\0', (size_t)(end - *at)) : NULL;
        if (!nul)
            return false;
        *(i == 0 ? key : value) = *at;
        *at = nul + 1;
    }
    return true;
}

static size_t check_json(const char *line, const struct log_origin *origin, const char *record, size_t length)
{
    const char *at = line, *end = record + length, *key, *value;
    size_t pairs = 0;
    next(&at, '{');
    read_string(&at, "time");
    next(&at, ':');
    read_string(&at, NULL);
    next(&at, ',');
    read_string(&at, "level");
    next(&at, ':');
    read_string(&at, NULL);
    if (origin->room) {
        next(&at, ',');
        read_string(&at, "room");
        next(&at, ':');
        read_string(&at, origin->room);
        next(&at, ',');
        read_string(&at, "pid");
        next(&at, ':');
        read_number(&at);
    }
    while (next_pair(&record, end, &key, &value)) {
        next(&at, ',');
        read_string(&at, key);
        next(&at, ':');
        read_string(&at, value);
        pairs++;
    }
    next(&at, '}');
    next(&at, '\n');
    return pairs;
}

/* Blanks outside quotes separate fields; each has one "=" outside quotes. */
static size_t count_fields(const char *line, size_t head_blanks)
{
    size_t blanks = 0, equals = 0;
    bool is_quoted = false;
    for (; *line != '\n'; line++) {
        if (*line == '\\' && is_quoted)
            line++;
        else if (*line == '"')
            is_quoted = !is_quoted;
        else if (!is_quoted && *line == ' ')
            blanks++;
        else if (!is_quoted && *line == '=')
            equals++;
    }
    FUZZ_REQUIRE(!is_quoted && blanks >= head_blanks && equals == blanks - head_blanks);
    return equals;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, data + size};
    size_t choice = fuzz_number(&input, 15), length;
    struct log_origin origin = {
        .time_ms = (int64_t)fuzz_number(&input, UINT16_MAX) * 70000000, .room = choice & 8 ? "frontend" : NULL,
        .pid = 812};
    enum restante_level level = (enum restante_level)(choice & 7);
    static char line[LOG_TEXT_MAX + 1];
    char *record = fuzz_copy(&input, LOG_RECORD_MAX, &length);
    size_t written = log_format_json(line, LOG_TEXT_MAX, &origin, level, record, length);
    check_line(line, written, LOG_TEXT_MAX);
    line[written] = '\0';
    size_t pairs = check_json(line, &origin, record, length);
    written = log_format_text(line, LOG_TEXT_MAX, &origin, level, record, length);
    check_line(line, written, LOG_TEXT_MAX);
    line[written] = '\0';
    FUZZ_REQUIRE(count_fields(line, origin.room ? 2 : 1) == pairs);
    free(record);
    return 0;
}
