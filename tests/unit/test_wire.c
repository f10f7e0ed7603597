/*
 * The wire code against a model that goes byte by byte and knows nothing of chunks: every short message over the bytes
 * that matter, cut at every place, and long random ones cut anywhere.
 */
#include "unit.h"

#include <stdlib.h>

#include "pop3/wire.h"

#define NO_LIMIT UINT64_MAX

static struct wire_compatibility compatibility; /* of the test going on */

struct model {
    struct buf wire;
    uint64_t octets; /* without stuffing, as far as it is sent */
    uint64_t whole;  /* of the whole message */
};

struct model_state {
    uint64_t limit, body_lines;
    bool in_body;
};

static void model_line(struct model *model, struct model_state *at, const char *line, size_t length)
{
    model->whole += length + 2;
    if (at->in_body && at->limit != NO_LIMIT && at->body_lines == at->limit)
        return;
    if (at->in_body)
        at->body_lines++;
    else if (length == 0)
        at->in_body = true;
    if (length > 0 && line[0] == '.')
        buf_append(&model->wire, ".", 1);
    for (size_t i = 0; i < length; i++)
        buf_append(&model->wire, line[i] == '\0' && compatibility.replaces_nul ? "?" : &line[i], 1);
    buf_append(&model->wire, "\r\n", 2);
    model->octets += length + 2;
}

static void model_make(struct model *model, const char *stored, size_t length, uint64_t limit)
{
    struct model_state at = {.limit = limit};
    size_t start = 0;
    *model = (struct model){.octets = 0};
    for (size_t i = 0; i < length; i++) {
        if (stored[i] != '\n')
            continue;
        bool has_cr = i > start && stored[i - 1] == '\r';
        model_line(model, &at, stored + start, i - start - (has_cr ? 1 : 0));
        start = i + 1;
    }
    if (start < length)
        model_line(model, &at, stored + start, length - start);
    if (compatibility.adds_blank_line && !at.in_body) {
        buf_append(&model->wire, "\r\n", 2);
        model->octets += 2;
    }
    buf_append(&model->wire, ".\r\n", 3);
}

static void wire_begin(struct wire *wire, uint64_t limit)
{
    *wire = (struct wire){.has_limit = false};
    if (limit != NO_LIMIT)
        wire_limit(wire, limit);
    wire->compatibility = compatibility;
}

static void add_checked(struct wire *wire, const char *stored, size_t length, struct buf *out)
{
    size_t before = buf_length(out);
    /* A copy of its own, so that reading beyond it is seen. */
    char *chunk = malloc(length > 0 ? length : 1);
    assert_non_null(chunk);
    if (length > 0)
        memcpy(chunk, stored, length);
    wire_add(wire, chunk, length, out);
    free(chunk);
    assert_true(buf_length(out) - before <= 2 * length + 2);
}

static void check_result(const struct model *model, const struct wire *wire, const struct buf *out)
{
    assert_int_equal(buf_length(out), buf_length(&model->wire));
    assert_memory_equal(buf_head(out), buf_head(&model->wire), buf_length(out));
    assert_true(wire->count.octets == model->octets);
}

/* Cut into pieces of `first`, `second` and the rest. */
static void check_cut(const struct model *model, const char *stored, size_t length, uint64_t limit, size_t first,
                      size_t second)
{
    struct wire wire;
    struct buf out = {0};
    wire_begin(&wire, limit);
    add_checked(&wire, stored, first, &out);
    add_checked(&wire, stored + first, second, &out);
    add_checked(&wire, stored + first + second, length - first - second, &out);
    wire_end(&wire, &out);
    check_result(model, &wire, &out);
    buf_free(&out);
}

static void check_count(const struct model *model, const char *stored, size_t length, size_t first)
{
    struct restante_octet_count count = {0};
    wire_count(&count, stored, first);
    wire_count(&count, stored + first, length - first);
    wire_count_end(&count);
    assert_true(count.octets == model->whole);
}

static void check_message(const char *stored, size_t length, uint64_t limit)
{
    struct model model;
    model_make(&model, stored, length, limit);
    for (size_t first = 0; first <= length; first++) {
        for (size_t second = 0; second <= length - first; second++)
            check_cut(&model, stored, length, limit, first, second);
        check_count(&model, stored, length, first);
    }
    buf_free(&model.wire);
}

static void check_every_short_message(void)
{
    static const char bytes[] = {'\n', '\r', '.', 'a', '\0'};
    static const uint64_t limits[] = {NO_LIMIT, 0, 1, 2};
    for (size_t length = 0; length <= 5; length++) {
        size_t combinations = 1;
        for (size_t i = 0; i < length; i++)
            combinations *= sizeof(bytes);
        for (size_t number = 0; number < combinations; number++) {
            char stored[5];
            size_t rest = number;
            for (size_t i = 0; i < length; i++, rest /= sizeof(bytes))
                stored[i] = bytes[rest % sizeof(bytes)];
            for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
                check_message(stored, length, limits[i]);
        }
    }
}

static void every_short_message_at_every_cut(void **state)
{
    (void)state;
    check_every_short_message();
}

static void every_short_message_for_old_clients(void **state)
{
    (void)state;
    for (unsigned options = 1; options < 4; options++) {
        compatibility.adds_blank_line = options & 1u;
        compatibility.replaces_nul = options & 2u;
        check_every_short_message();
    }
    compatibility = (struct wire_compatibility){0};
}

/* Repeatable on purpose. */
static uint32_t random_state = 1;

static uint32_t random_below(uint32_t end)
{
    random_state = random_state * UINT32_C(1664525) + UINT32_C(1013904223);
    return (random_state >> 8) % end;
}

static void fill_random(char *stored, size_t length)
{
    static const char bytes[] = "\n\n\r..abcdefgh ijklmnop\xe9\xff";
    bool has_crlf = random_below(2) == 0;
    for (size_t i = 0; i < length; i++) {
        stored[i] = bytes[random_below(sizeof(bytes))];
        if (has_crlf && stored[i] == '\n' && i > 0)
            stored[i - 1] = '\r';
    }
}

static void long_messages_cut_anywhere(void **state)
{
    static char stored[5000];
    (void)state;
    for (int round = 0; round < 400; round++) {
        compatibility.adds_blank_line = random_below(2) == 0;
        compatibility.replaces_nul = random_below(2) == 0;
        size_t length = random_below(sizeof(stored)), at = 0;
        uint64_t limit = round % 2 ? NO_LIMIT : random_below(200);
        struct restante_octet_count count = {0};
        struct model model;
        struct wire wire;
        struct buf out = {0};
        fill_random(stored, length);
        model_make(&model, stored, length, limit);
        wire_begin(&wire, limit);
        while (at < length) {
            size_t chunk = 1 + random_below(random_below(4) ? 20 : 2000);
            chunk = chunk < length - at ? chunk : length - at;
            add_checked(&wire, stored + at, chunk, &out);
            wire_count(&count, stored + at, chunk);
            at += chunk;
        }
        wire_end(&wire, &out);
        wire_count_end(&count);
        check_result(&model, &wire, &out);
        assert_true(count.octets == model.whole);
        buf_free(&out);
        buf_free(&model.wire);
    }
    compatibility = (struct wire_compatibility){0};
}

static void check_exact(const char *stored, const char *expected, uint64_t octets)
{
    struct wire wire = {.has_limit = false};
    struct buf out = {0};
    wire_add(&wire, stored, strlen(stored), &out);
    wire_end(&wire, &out);
    buf_append(&out, "", 1);
    assert_string_equal(buf_head(&out), expected);
    assert_true(wire.count.octets == octets);
    buf_free(&out);
}

/* Written out by hand, so that model and code cannot be wrong together. */
static void known_messages(void **state)
{
    (void)state;
    check_exact("", ".\r\n", 0);
    check_exact("a", "a\r\n.\r\n", 3);
    check_exact("a\n", "a\r\n.\r\n", 3);
    check_exact("a\r\n", "a\r\n.\r\n", 3);
    check_exact(".", "..\r\n.\r\n", 3);
    check_exact(".a\n..b\r\nc.\n", "..a\r\n...b\r\nc.\r\n.\r\n", 13);
    check_exact("a\rb\n", "a\rb\r\n.\r\n", 5);
    check_exact("a\r\r\n", "a\r\r\n.\r\n", 4);
    check_exact("a\r", "a\r\r\n.\r\n", 4);
    check_exact("\n\n", "\r\n\r\n.\r\n", 4);
}

static void known_messages_for_old_clients(void **state)
{
    static const char stored[] = "H: a\0b";
    struct wire wire = {.compatibility = {.adds_blank_line = true, .replaces_nul = true}};
    struct buf out = {0};
    (void)state;
    wire_add(&wire, stored, sizeof(stored) - 1, &out);
    wire_end(&wire, &out);
    buf_append(&out, "", 1);
    assert_string_equal(buf_head(&out), "H: a?b\r\n\r\n.\r\n");
    assert_int_equal(wire.count.octets, 10);
    buf_free(&out);
}

static void top_stops_where_it_should(void **state)
{
    static const char stored[] = "H: 1\r\n\r\n.one\r\ntwo\r\nthree";
    struct wire wire;
    struct buf out = {0};
    (void)state;
    wire_limit(&wire, 1);
    wire_add(&wire, stored, strlen(stored), &out);
    assert_true(wire.is_full);
    wire_add(&wire, "more\r\n", 6, &out);
    wire_end(&wire, &out);
    buf_append(&out, "", 1);
    assert_string_equal(buf_head(&out), "H: 1\r\n\r\n..one\r\n.\r\n");
    buf_free(&out);
    /* No blank line: all of it is header, however few lines are wanted. */
    wire_limit(&wire, 0);
    wire_add(&wire, "H: 1\nH: 2\n", 10, &out);
    wire_end(&wire, &out);
    buf_append(&out, "", 1);
    assert_string_equal(buf_head(&out), "H: 1\r\nH: 2\r\n.\r\n");
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_short_message_at_every_cut),
        cmocka_unit_test(every_short_message_for_old_clients),
        cmocka_unit_test(long_messages_cut_anywhere),
        cmocka_unit_test(known_messages),
        cmocka_unit_test(known_messages_for_old_clients),
        cmocka_unit_test(top_stops_where_it_should),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
