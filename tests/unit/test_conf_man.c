/*
 * restante.conf(5) against the settings table: each row has one entry with its default, and there is no other entry.
 * An entry is ".It Cm path" and, on the next line, ".Em Default:" with the value or "none". Drivers' own keys are
 * written as ".It Va key".
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "conf/settings.h"

struct entry {
    char path[128];
    char value[256];
};

static struct entry entries[256];
static size_t count;

static int read_page(void **state)
{
    char line[1024];
    FILE *page = fopen(TEST_SOURCE_DIR "/docs/restante.conf.5", "r");
    bool is_ours = false;
    (void)state;
    assert_non_null(page);
    while (fgets(line, sizeof(line), page)) {
        char *text = line + 7;
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, ".It ", 4) == 0)
            is_ours = strncmp(line, ".It Cm ", 7) == 0;
        if (is_ours && strncmp(line, ".It ", 4) == 0) {
            assert_true(count < 256);
            snprintf(entries[count++].path, sizeof(entries[0].path), "%.127s", text);
        } else if (is_ours && strncmp(line, ".Em Default: ", 13) == 0) {
            snprintf(entries[count - 1].value, sizeof(entries[0].value), "%.255s", line + 13);
        }
    }
    fclose(page);
    return 0;
}

static const struct entry *find(const char *path)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(entries[i].path, path) == 0)
            return &entries[i];
    }
    return NULL;
}

static void every_setting_has_an_entry_with_its_default(void **state)
{
    (void)state;
    for (const struct settings_row *row = settings_table; row->path; row++) {
        const struct entry *entry = find(row->path);
        const char *expected = row->default_text ? row->default_text : "none";
        if (!entry)
            fail_msg("%s has no entry", row->path);
        /* Chosen when Restante is built. */
        if (strcmp(row->path, "module_path[]") == 0 || strcmp(row->path, "program_path") == 0)
            expected = "below the prefix";
        if (strcmp(entry->value, expected) != 0)
            fail_msg("%s: the page says \"%s\", the table \"%s\"", row->path, entry->value, expected);
    }
}

static void every_entry_is_a_setting(void **state)
{
    (void)state;
    for (size_t i = 0; i < count; i++) {
        bool is_row = false;
        for (const struct settings_row *row = settings_table; row->path; row++)
            is_row |= strcmp(row->path, entries[i].path) == 0;
        if (!is_row)
            fail_msg("%s is no setting", entries[i].path);
        assert_ptr_equal(find(entries[i].path), &entries[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_setting_has_an_entry_with_its_default),
        cmocka_unit_test(every_entry_is_a_setting),
    };
    return cmocka_run_group_tests(tests, read_page, NULL);
}
