/* What the maintenance commands print, and the list of users that they work through. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "admin/table_print.h"
#include "master/maintain_users.h"

static const struct table_column columns[] = {{"NAME", false}, {"OCTETS", true}, {"WHY", false}};

static void assert_printed(FILE *out, char *const *text, const char *expected)
{
    fflush(out);
    assert_string_equal(*text, expected);
}

static void columns_stand_below_each_other(void **state)
{
    static const char first[] = "alice\0" "7\0" "because\0" "bo\0" "1234567\0";
    static const char second[] = "carolina\0" "1\0" "x";
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    struct table table = {.out = out, .columns = columns, .count = 3};
    (void)state;
    table_print(&table, "", 0);
    assert_printed(out, &text, "");
    table_print(&table, first, sizeof(first) - 1); /* the second row is not whole */
    assert_printed(out, &text,
                   "NAME    OCTETS  WHY\n"
                   "alice        7  because\n");
    table_print(&table, second, sizeof(second));
    assert_printed(out, &text,
                   "NAME    OCTETS  WHY\n"
                   "alice        7  because\n"
                   "carolina        1  x\n");
    fclose(out);
    free(text);
}

/* Message-IDs are a stranger's. */
static void nothing_that_a_terminal_obeys_is_printed(void **state)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    (void)state;
    table_print_text(out, "a\033[2J\x7f\xc3\xa9\n\"\\");
    assert_printed(out, &text, "a\\x1b[2J\\x7f\\xc3\\xa9\\x0a\"\\");
    assert_int_equal(table_text_width("a\033b"), 6);
    fclose(out);
    free(text);
}

static void users_are_sorted_and_once(void **state)
{
    struct maintain_users users = {0};
    (void)state;
    maintain_users_sort(&users);
    assert_int_equal(users.count, 0);
    assert_true(maintain_users_add_all(&users, "bob\0alice\0bob", 14));
    maintain_users_add(&users, "carol");
    maintain_users_add(&users, "alice");
    maintain_users_sort(&users);
    assert_int_equal(users.count, 3);
    assert_string_equal(users.names[0], "alice");
    assert_string_equal(users.names[1], "bob");
    assert_string_equal(users.names[2], "carol");
    maintain_users_free(&users);
    for (unsigned i = 0; i < 1000; i++)
        maintain_users_add(&users, i % 2 ? "odd" : "even");
    maintain_users_sort(&users);
    assert_int_equal(users.count, 2);
    maintain_users_free(&users);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_stand_below_each_other),
        cmocka_unit_test(nothing_that_a_terminal_obeys_is_printed),
        cmocka_unit_test(users_are_sorted_and_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
