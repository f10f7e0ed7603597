/* One field of a header that somebody else has written. */
#include "unit.h"

#include <stdlib.h>

#include "policy/header.h"
#include "util/buf.h"
#include "util/error.h"

static struct buf mail;
static size_t place, chunk, reads;
static unsigned open_readers;
static bool fails_to_open, fails_to_read;
static char value[POLICY_HEADER_VALUE_MAX + 1];

static enum restante_status fake_open(void *context, size_t index, void **reader, struct restante_error *error)
{
    (void)context;
    assert_int_equal(index, 4);
    if (fails_to_open)
        return error_set(error, RESTANTE_TEMPORARY, 0, NULL, "gone");
    open_readers++;
    place = reads = 0;
    *reader = &place;
    return RESTANTE_OK;
}

static enum restante_status fake_read(void *context, void *reader, void *buffer, size_t capacity, size_t *length,
                                      struct restante_error *error)
{
    (void)context;
    assert_ptr_equal(reader, &place);
    if (fails_to_read)
        return error_set(error, RESTANTE_TEMPORARY, 0, NULL, "no such luck");
    *length = buf_length(&mail) - place;
    if (*length > capacity)
        *length = capacity;
    if (*length > chunk)
        *length = chunk;
    if (*length > 0)
        memcpy(buffer, buf_head(&mail) + place, *length);
    place += *length;
    reads++;
    return RESTANTE_OK;
}

static void fake_close(void *context, void **reader)
{
    (void)context;
    open_readers--;
    *reader = NULL;
}

static enum restante_status find_in(size_t chunk_octets, const char *name)
{
    const struct policy_mail reading = {NULL, fake_open, fake_read, fake_close};
    struct restante_error error = {0};
    memset(value, 'x', sizeof(value));
    chunk = chunk_octets;
    enum restante_status status = policy_header_find(&reading, 4, name, value, &error);
    assert_int_equal(open_readers, 0);
    return status;
}

/* The same whatever the pieces are that the message comes in. */
static enum restante_status find(const char *name)
{
    char first[sizeof(value)];
    enum restante_status whole = find_in(SIZE_MAX, name);
    memcpy(first, value, sizeof(value));
    for (size_t pieces = 1; pieces < 8; pieces++) {
        assert_int_equal(find_in(pieces, name), whole);
        assert_string_equal(value, first);
    }
    return whole;
}

static void has(const char *text, const char *name, const char *expected)
{
    buf_clear(&mail);
    buf_append_string(&mail, text);
    assert_int_equal(find(name), RESTANTE_OK);
    assert_string_equal(value, expected);
}

static void has_not(const char *text, const char *name)
{
    buf_clear(&mail);
    buf_append_string(&mail, text);
    assert_int_equal(find(name), RESTANTE_END);
    assert_string_equal(value, "");
}

static int teardown(void **state)
{
    (void)state;
    buf_free(&mail);
    fails_to_open = fails_to_read = false;
    return 0;
}

static void a_field_is_found_whatever_its_case(void **state)
{
    (void)state;
    has("From: a\nSubject: one\nTo: b\n\nbody\n", "Subject", "one");
    has("From: a\r\nSUBJECT: one\r\nTo: b\r\n\r\nbody\r\n", "subject", "one");
    has("Subject: one\nSubject: two\n\n", "Subject", "one");
    has("Subject:one\n\n", "Subject", "one");
    has("Subject :one\n\n", "Subject", "one");
    has("Subject \t :one\n\n", "Subject", "one");
    has("X-Subject: no\nSubjects: no\nSubject: one\n\n", "Subject", "one");
    has("Subject: at the end", "Subject", "at the end");
}

static void what_is_not_in_the_header_is_not_found(void **state)
{
    (void)state;
    has_not("", "Subject");
    has_not("\nSubject: body\n", "Subject");
    has_not("\r\nSubject: body\n", "Subject");
    has_not("From: a\n\nSubject: body\n", "Subject");
    has_not("From: a\r\n\r\nSubject: body\n", "Subject");
    has_not("From: a\n Subject: folded\n\n", "Subject");
    has_not("Subject\n: no\n\n", "Subject");
    has_not("Subject one\n\n", "Subject");
    has_not("Subject x: one\n\n", "Subject");
    has_not("Sub", "Subject");
    /* CR alone ends no line, here as in the wire's conversion. */
    has_not("From: a\rSubject: no\n\n", "Subject");
    has_not("From: a\n\r\rSubject: one\n\n", "Subject");
}

static void a_name_must_be_one(void **state)
{
    (void)state;
    has_not("Subject: one\n\n", "");
    has_not(": one\n\n", "");
    has_not("Subject: one\n\n", "Subject:");
    has_not("Sub ject: one\n\n", "Sub ject");
    has_not("Subj\xe9t: one\n\n", "Subj\xe9t");
    has_not("Subject: one\n\n", "Subject\n");
    char name[POLICY_HEADER_NAME_MAX + 2];
    memset(name, 'n', sizeof(name));
    name[POLICY_HEADER_NAME_MAX + 1] = '\0';
    has_not("nnn: one\n\n", name);
}

static void values_are_unfolded_and_clean(void **state)
{
    (void)state;
    has("Subject: one\n two\r\n\tthree\nTo: b\n\n", "Subject", "one two\tthree");
    has("Subject:\n  one\n\n", "Subject", "one");
    has("Subject:\r\n \r\n\r\n", "Subject", "");
    has("Subject: \t \n\n", "Subject", "");
    has("Subject: one \t\nTo: b\n\n", "Subject", "one");
    has("Subject: a\x01" "b\x7f" "c\xe9\n\n", "Subject", "a?b?c\xe9");
    has("Subject: a\rb\r\r\n\n", "Subject", "a?b?");
    buf_clear(&mail);
    buf_append(&mail, "Subject: a\0b\n\n", 14);
    assert_int_equal(find("Subject"), RESTANTE_OK);
    assert_string_equal(value, "a?b");
}

static void values_are_cut(void **state)
{
    (void)state;
    buf_clear(&mail);
    buf_append_string(&mail, "Subject: ");
    for (size_t i = 0; i < 5000; i++)
        buf_append_string(&mail, "x");
    buf_append_string(&mail, "\n\n");
    assert_int_equal(find("Subject"), RESTANTE_OK);
    assert_int_equal(strlen(value), POLICY_HEADER_VALUE_MAX);
}

/* An endless header costs what is looked at and no more. */
static void the_looking_ends(void **state)
{
    (void)state;
    buf_clear(&mail);
    for (size_t i = 0; i < POLICY_HEADER_READ_MAX / 8; i++)
        buf_append_string(&mail, "To: abc\n");
    buf_append_string(&mail, "Subject: too late\n\n");
    assert_int_equal(find_in(SIZE_MAX, "Subject"), RESTANTE_END);
    assert_int_equal(place, POLICY_HEADER_READ_MAX);
    assert_int_equal(find_in(SIZE_MAX, "To"), RESTANTE_OK);
    assert_int_equal(reads, 1);
    buf_clear(&mail);
    for (size_t i = 0; i < POLICY_HEADER_READ_MAX - 11; i++)
        buf_append_string(&mail, i % 8 == 7 ? "\n" : "x");
    buf_append_string(&mail, "\nSubject: cut here\n\n");
    assert_int_equal(find_in(SIZE_MAX, "Subject"), RESTANTE_OK);
    assert_string_equal(value, "c");
}

static void a_message_that_cannot_be_read_is_an_error(void **state)
{
    (void)state;
    buf_append_string(&mail, "Subject: one\n\n");
    fails_to_open = true;
    assert_int_equal(find_in(1, "Subject"), RESTANTE_TEMPORARY);
    fails_to_open = false;
    fails_to_read = true;
    assert_int_equal(find_in(1, "Subject"), RESTANTE_TEMPORARY);
    assert_string_equal(value, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_field_is_found_whatever_its_case, teardown),
        cmocka_unit_test_teardown(what_is_not_in_the_header_is_not_found, teardown),
        cmocka_unit_test_teardown(a_name_must_be_one, teardown),
        cmocka_unit_test_teardown(values_are_unfolded_and_clean, teardown),
        cmocka_unit_test_teardown(values_are_cut, teardown),
        cmocka_unit_test_teardown(the_looking_ends, teardown),
        cmocka_unit_test_teardown(a_message_that_cannot_be_read_is_an_error, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
