/*
 * Fuzz target "wire": stored octets to the wire, in chunks cut anywhere, against a model that looks at one octet at a
 * time. Input: seed, TOP or RETR, lines of TOP and the options for old clients, then the message.
 */
#include "fuzz.h"
#include "pop3/wire.h"

const char fuzz_name[] = "wire";

enum { OPTION_BLANK_LINE = 8, OPTION_NUL = 16, OPTION_LINES = 7 };

/* What the reply must be; written from RFC 1939 section 3 and 7, not from wire.c. */
struct model {
    char *out;
    size_t length;
    uint64_t octets;
};

static void model_put(struct model *model, char c)
{
    model->out[model->length++] = c;
}

static void model_end_line(struct model *model)
{
    model_put(model, '\r');
    model_put(model, '\n');
    model->octets += 2;
}

static void model_run(struct model *model, const char *stored, size_t length, bool is_top, size_t options)
{
    size_t line_start = 0, at = 0, lines = options & OPTION_LINES;
    bool in_body = false;
    while (at < length && !(is_top && in_body && lines == 0)) {
        if (at == line_start && stored[at] == '.')
            model_put(model, '.');
        if (stored[at] != '\n') {
            bool is_replaced = stored[at] == '\0' && (options & OPTION_NUL);
            model_put(model, is_replaced ? '?' : stored[at]);
            at++;
            model->octets++;
            continue;
        }
        size_t line_length = at - line_start;
        bool has_cr = line_length > 0 && stored[at - 1] == '\r';
        if (!has_cr) {
            model_put(model, '\r');
            model->octets++;
        }
        model_put(model, '\n');
        model->octets++;
        if (in_body)
            lines--;
        else if (line_length == (has_cr ? 1 : 0))
            in_body = true;
        line_start = ++at;
    }
    if (at > line_start)
        model_end_line(model);
    if (!in_body && (options & OPTION_BLANK_LINE))
        model_end_line(model);
    memcpy(model->out + model->length, ".\r\n", 3);
    model->length += 3;
}

/* The reply, undone as a client does it, has as many octets as were counted. */
static uint64_t client_octets(const char *reply, size_t length)
{
    uint64_t octets = 0;
    bool at_start = true;
    FUZZ_REQUIRE(length >= 3 && memcmp(reply + length - 3, ".\r\n", 3) == 0);
    for (size_t i = 0; i < length - 3; i++) {
        FUZZ_REQUIRE(reply[i] != '\n' || (i > 0 && reply[i - 1] == '\r'));
        if (at_start && reply[i] == '.') {
            FUZZ_REQUIRE(memcmp(reply + i, ".\r\n", 3) != 0);
            at_start = false;
            continue;
        }
        at_start = reply[i] == '\n';
        octets++;
    }
    FUZZ_REQUIRE(at_start);
    return octets;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, data + size};
    uint32_t seed = (uint32_t)fuzz_number(&input, UINT16_MAX);
    bool is_top = fuzz_number(&input, 1);
    size_t options = fuzz_number(&input, OPTION_BLANK_LINE | OPTION_NUL | OPTION_LINES), length;
    char *stored = fuzz_copy(&input, fuzz_left(&input), &length);
    struct model model = {.out = malloc(2 * length + 10)};
    FUZZ_REQUIRE(model.out);
    model_run(&model, stored, length, is_top, options);

    struct wire wire = {0};
    struct restante_octet_count count = {0};
    struct buf out = {0};
    if (is_top)
        wire_limit(&wire, options & OPTION_LINES);
    wire.compatibility = (struct wire_compatibility){.adds_blank_line = options & OPTION_BLANK_LINE,
                                                     .replaces_nul = options & OPTION_NUL};
    for (size_t at = 0; at < length;) {
        size_t chunk = 1 + fuzz_choose(&seed, seed & 0x100 ? 3 : 200);
        if (chunk > length - at)
            chunk = length - at;
        size_t before = buf_length(&out), counted;
        struct fuzz_input part = {(const uint8_t *)stored + at, (const uint8_t *)stored + at + chunk};
        char *copy = fuzz_copy(&part, chunk, &counted);
        wire_add(&wire, copy, chunk, &out);
        wire_count(&count, copy, chunk);
        free(copy);
        FUZZ_REQUIRE(buf_length(&out) - before <= 2 * chunk + 2);
        at += chunk;
    }
    wire_end(&wire, &out);
    wire_count_end(&count);
    FUZZ_REQUIRE(buf_length(&out) == model.length && memcmp(buf_head(&out), model.out, model.length) == 0);
    FUZZ_REQUIRE(wire.count.octets == model.octets);
    FUZZ_REQUIRE(client_octets(buf_head(&out), buf_length(&out)) == wire.count.octets);
    if (!is_top && !(options & OPTION_BLANK_LINE))
        FUZZ_REQUIRE(count.octets == wire.count.octets);
    buf_free(&out);
    free(model.out);
    free(stored);
    return 0;
}
