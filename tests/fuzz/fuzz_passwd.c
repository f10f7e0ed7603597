/*
 * Fuzz target "passwd": the text of a passwd file to a table of accounts. Input: the text.
 *
 * Promises: each account is found by its name, and by no other; names hold no control bytes; a line alone means what
 * it means among others; no log line shows a stored secret.
 */
#include "auth_fake_host.h"
#include "file/file_table.h"
#include "fuzz.h"

const char fuzz_name[] = "passwd";

static struct file_table *open_table(const char *text, size_t length)
{
    struct file_table *table = NULL;
    struct restante_error error = {0};
    char *taken = malloc(length + 1);
    FUZZ_REQUIRE(taken);
    memcpy(taken, text, length);
    taken[length] = '\0';
    fake_forget_lines();
    FUZZ_REQUIRE(file_table_open(fake_host(), "users", taken, length, &table, &error) == RESTANTE_OK);
    return table;
}

/* Names of users and of schemes are shown; where one of them holds another's secret, that is no leak. */
static bool is_within_a_name(const struct file_table *table, const char *secret)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct file_account *account = &table->accounts[i];
        const char *at = strstr(account->secret, secret), *close = strchr(account->secret, '}');
        if (strstr(account->user, secret) || (at && close && at < close))
            return true;
    }
    return false;
}

static void check_secrets(const struct file_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const char *secret = strchr(table->accounts[i].secret, '}');
        secret = secret ? secret + 1 : table->accounts[i].secret;
        if (strlen(secret) < 10 || is_within_a_name(table, secret))
            continue;
        for (size_t line = 0; line < fake_lines_count; line++)
            FUZZ_REQUIRE(!strstr(fake_lines[line], secret));
    }
}

static void check_account(const struct file_table *table, const struct file_account *account)
{
    FUZZ_REQUIRE(file_table_find(table, account->user) == account);
    FUZZ_REQUIRE(account->user[0]);
    for (const char *at = account->user; *at; at++)
        FUZZ_REQUIRE((unsigned char)*at >= ' ' && *at != 0x7f && *at != ':');
    if (!account->is_bad_line)
        FUZZ_REQUIRE(account->home[0] == '/' || account->home[0] == '\0');
    char *longer = malloc(strlen(account->user) + 2);
    FUZZ_REQUIRE(longer);
    sprintf(longer, "%s%c", account->user, 1);
    FUZZ_REQUIRE(!file_table_find(table, longer));
    free(longer);
}

/* The line that an account came from, as a file of its own. */
static void check_alone(const struct file_account *account, const char *text, size_t length)
{
    const char *line = text, *end = text + length;
    for (uint32_t number = 1; number < account->line; number++) {
        line = memchr(line, '\n', (size_t)(end - line));
        FUZZ_REQUIRE(line);
        line++;
    }
    const char *line_end = memchr(line, '\n', (size_t)(end - line));
    struct file_table *alone = open_table(line, (size_t)((line_end ? line_end : end) - line));
    const struct file_account *same = file_table_find(alone, account->user);
    FUZZ_REQUIRE(same && alone->count == 1);
    FUZZ_REQUIRE(strcmp(same->secret, account->secret) == 0 && strcmp(same->home, account->home) == 0 &&
                 strcmp(same->storage, account->storage) == 0 && same->uid == account->uid &&
                 same->gid == account->gid && same->has_uid == account->has_uid &&
                 same->is_disabled == account->is_disabled && same->fault == account->fault);
    file_table_close(&alone);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, data + size};
    size_t length;
    char *text = fuzz_copy(&input, 8192, &length);
    struct file_table *table = open_table(text, length);
    FUZZ_REQUIRE(table->dummy && !file_table_find(table, ""));
    check_secrets(table);
    for (size_t i = 0; i < table->count; i++)
        check_account(table, &table->accounts[i]);
    for (size_t i = 0; i < table->count && i < 8; i++)
        check_alone(&table->accounts[i], text, length);
    file_table_close(&table);
    free(text);
    return 0;
}
