/*
 * Fuzz target "template": a path of the configuration with a user name and a home that came from outside. Input: the
 * three, each ended by a NUL.
 *
 * Promises: a result is absolute and clean, and cleaning it again changes nothing; it stays below what the template
 * wrote out before its first variable; a template that the check accepts is never called invalid later.
 */
#include "fuzz.h"
#include "util/template.h"

const char fuzz_name[] = "template";

static void check_clean(const char *path)
{
    char again[4096];
    FUZZ_REQUIRE(path[0] == '/');
    for (const char *at = path; *at; at++) {
        if (*at != '/')
            continue;
        FUZZ_REQUIRE(at[1] != '/' && (at[1] != '\0' || at == path));
        FUZZ_REQUIRE(!(at[1] == '.' && (at[2] == '/' || at[2] == '\0')));
        FUZZ_REQUIRE(!(at[1] == '.' && at[2] == '.' && (at[3] == '/' || at[3] == '\0')));
    }
    FUZZ_REQUIRE(template_clean(again, sizeof(again), path) && strcmp(again, path) == 0);
}

/* The folders written out before the first variable: the result lies in them. */
static void check_below(const char *template, const char *path)
{
    char written[4096], folder[4096];
    size_t length = strcspn(template, "%");
    if (template[0] != '/')
        return;
    while (template[length] && template[length - 1] != '/')
        length--;
    snprintf(written, sizeof(written), "%.*s", (int)length, template);
    FUZZ_REQUIRE(template_clean(folder, sizeof(folder), written));
    size_t folder_length = strcmp(folder, "/") == 0 ? 0 : strlen(folder);
    FUZZ_REQUIRE(strncmp(path, folder, folder_length) == 0);
    FUZZ_REQUIRE(path[folder_length] == '/' || path[folder_length] == '\0');
}

static size_t count_components(const char *path)
{
    size_t count = 0;
    for (; *path; path++)
        count += *path == '/' && path[1] && path[1] != '/';
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, data + size};
    char *template = fuzz_string(&input, 1000), *user = fuzz_string(&input, 300), *home = fuzz_string(&input, 1000);
    struct template_values values = {.user = user, .home = home[0] ? home : NULL};
    struct restante_error error = {0};
    char path[512];
    bool is_good = template_check(template, NULL);
    enum restante_status status = template_expand(path, sizeof(path), template, &values, &error);
    FUZZ_REQUIRE(status == RESTANTE_OK || status == RESTANTE_PERMANENT || (status == RESTANTE_INVALID && !is_good));
    FUZZ_REQUIRE(status == RESTANTE_OK || error.log[0]);
    if (status == RESTANTE_OK) {
        check_clean(path);
        check_below(template, path);
        /* A user never adds a level; a home does. */
        if (template[0] == '/' && !strstr(template, "%{home}"))
            FUZZ_REQUIRE(count_components(path) <= count_components(template));
    }
    free(template);
    free(user);
    free(home);
    return 0;
}
