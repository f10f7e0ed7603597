/*
 * From the text of a passwd file to a table. A line that cannot be used is logged; where at least its user is known
 * it stays in the table with its fault, so that a login answers "try again later" and not "denied", unless another
 * line of the same user is good.
 */
#include "file/file_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/scheme.h"
#include "file/file_line.h"

enum { LOGGED_MAX = 50, CLASSES_MAX = 32 };

/* Stands in when no account of the file can: SHA512-CRYPT at its usual cost. Nothing is known to hash to it. */
static const char default_dummy[] =
    "$6$restante.no.one$......................................................................................";

/* How often each scheme and cost is found. More kinds than fit are not counted: they cannot be common. */
struct file_classes {
    struct {
        char name[SCHEME_CLASS_MAX];
        size_t seen;
        const char *example;
    } classes[CLASSES_MAX];
    size_t count;
};

struct file_loading {
    const struct restante_host *host;
    const char *path;
    struct file_table *table;
    struct file_classes classes;
    size_t logged;
};

static void report(struct file_loading *loading, uint32_t line, const char *user, const char *why)
{
    if (loading->logged++ < LOGGED_MAX)
        loading->host->log(RESTANTE_WARN, "%s:%u: user \"%s\": %s", loading->path, line, user, why);
}

static void count_class(struct file_classes *classes, const struct scheme_stored *stored, const char *secret)
{
    char name[SCHEME_CLASS_MAX];
    size_t i = 0;
    scheme_class(name, stored);
    while (i < classes->count && strcmp(classes->classes[i].name, name) != 0)
        i++;
    if (i == CLASSES_MAX)
        return;
    if (i == classes->count) {
        memcpy(classes->classes[i].name, name, sizeof(name));
        classes->classes[i].example = secret;
        classes->count++;
    }
    classes->classes[i].seen++;
}

static const char *most_common(const struct file_classes *classes)
{
    size_t best = 0;
    for (size_t i = 1; i < classes->count; i++) {
        if (classes->classes[i].seen > classes->classes[best].seen)
            best = i;
    }
    return classes->count > 0 ? classes->classes[best].example : default_dummy;
}

/* FNV-1a. The names are the administrator's, so nobody can choose them to collide. */
static size_t hash_name(const char *user)
{
    uint64_t value = UINT64_C(14695981039346656037);
    for (; *user; user++)
        value = (value ^ (unsigned char)*user) * UINT64_C(1099511628211);
    return (size_t)(value ^ value >> 32);
}

/* The slot that holds the user, or the empty one where it belongs. */
static uint32_t *find_slot(const struct file_table *table, const char *user)
{
    size_t mask = table->slot_count - 1;
    for (size_t i = hash_name(user) & mask;; i = (i + 1) & mask) {
        if (table->slots[i] == 0 || strcmp(table->accounts[table->slots[i] - 1].user, user) == 0)
            return &table->slots[i];
    }
}

/* Judge the secret at loading already: the administrator reads it in the log before a user meets it. */
static void judge_secret(struct file_loading *loading, struct file_account *account)
{
    struct scheme_stored stored;
    switch (scheme_parse(&stored, account->secret)) {
    case SCHEME_USABLE:
        count_class(&loading->classes, &stored, account->secret);
        break;
    case SCHEME_DISABLED:
        account->is_disabled = true;
        break;
    case SCHEME_UNSUPPORTED:
        account->fault = "its scheme or crypt method is not supported";
        break;
    case SCHEME_MALFORMED:
        account->fault = "its value is not one that its scheme could have made";
        break;
    }
    explicit_bzero(&stored, sizeof(stored));
}

/* The name of the scheme for the log; never a part of the value. */
static void report_secret(struct file_loading *loading, const struct file_account *account)
{
    size_t length;
    if (loading->logged++ >= LOGGED_MAX)
        return;
    scheme_split(account->secret, &length);
    loading->host->log(RESTANTE_WARN, "%s:%u: user \"%s\": scheme \"%.*s\": %s", loading->path, account->line,
                       account->user, length ? (int)length : 5, length ? account->secret + 1 : "CRYPT",
                       account->fault);
}

static void add_account(struct file_loading *loading, struct file_account *account)
{
    struct file_table *table = loading->table;
    uint32_t *slot = find_slot(table, account->user);
    struct file_account *earlier = *slot ? &table->accounts[*slot - 1] : NULL;
    if (account->is_bad_line) {
        report(loading, account->line, account->user, account->fault);
        if (earlier)
            return;
    } else if (earlier && !earlier->is_bad_line) {
        report(loading, account->line, account->user, "an earlier line has this user: this one is not used");
        return;
    } else {
        judge_secret(loading, account);
        if (account->fault)
            report_secret(loading, account);
    }
    if (earlier) {
        *earlier = *account;
        return;
    }
    table->accounts[table->count++] = *account;
    *slot = (uint32_t)table->count;
}

static void load_line(struct file_loading *loading, char *text, size_t length, uint32_t number)
{
    struct file_line line;
    enum file_line_kind kind = file_line_parse(&line, text, length);
    if (kind == FILE_LINE_NOTHING)
        return;
    if (!line.user[0]) {
        report(loading, number, "", line.fault);
        return;
    }
    struct file_account account = {
        .user = line.user,
        .secret = line.secret,
        .home = line.home,
        .storage = line.storage,
        .fault = line.fault,
        .uid = line.uid,
        .gid = line.gid,
        .line = number,
        .has_uid = line.has_uid,
        .has_gid = line.has_gid,
        .is_disabled = line.is_disabled,
        .is_bad_line = kind == FILE_LINE_BAD,
    };
    add_account(loading, &account);
}

static void load_lines(struct file_loading *loading, char *text, size_t length)
{
    uint32_t number = 0;
    char *end = text + length;
    while (text < end) {
        char *line_end = memchr(text, '\n', (size_t)(end - text));
        if (!line_end)
            line_end = end;
        *line_end = '\0';
        load_line(loading, text, (size_t)(line_end - text), ++number);
        text = line_end + 1;
    }
}

static size_t count_lines(const char *text, size_t length)
{
    size_t count = 1;
    const char *end = text + length;
    while (text < end && (text = memchr(text, '\n', (size_t)(end - text)))) {
        text++;
        count++;
    }
    return count;
}

static bool reserve(struct file_table *table, size_t lines)
{
    table->slot_count = 16;
    while (table->slot_count < 2 * lines)
        table->slot_count *= 2;
    table->accounts = calloc(lines, sizeof(*table->accounts));
    table->slots = calloc(table->slot_count, sizeof(*table->slots));
    return table->accounts && table->slots;
}

enum restante_status file_table_open(const struct restante_host *host, const char *path, char *text, size_t length,
                                     struct file_table **table, struct restante_error *error)
{
    struct file_table *made = calloc(1, sizeof(*made));
    struct file_loading loading = {.host = host, .path = path, .table = made};
    if (!made) {
        explicit_bzero(text, length + 1);
        free(text);
        return host->fail(error, RESTANTE_TEMPORARY, ENOMEM, NULL, "%s", path);
    }
    made->text = text;
    made->text_size = length + 1;
    if (!reserve(made, count_lines(text, length))) {
        file_table_close(&made);
        return host->fail(error, RESTANTE_TEMPORARY, ENOMEM, NULL, "%s", path);
    }
    load_lines(&loading, text, length);
    made->dummy = most_common(&loading.classes);
    if (loading.logged > LOGGED_MAX)
        host->log(RESTANTE_WARN, "%s: %zu more lines cannot be used", path, loading.logged - LOGGED_MAX);
    *table = made;
    return RESTANTE_OK;
}

const struct file_account *file_table_find(const struct file_table *table, const char *user)
{
    uint32_t index = *find_slot(table, user);
    return index ? &table->accounts[index - 1] : NULL;
}

void file_table_close(struct file_table **table)
{
    struct file_table *closing = *table;
    if (!closing)
        return;
    explicit_bzero(closing->text, closing->text_size);
    free(closing->text);
    free(closing->accounts);
    free(closing->slots);
    free(closing);
    *table = NULL;
}
