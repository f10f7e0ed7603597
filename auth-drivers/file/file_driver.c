/*
 * The operations of the passwd file driver. Runs in an auth worker that may read the file. The file is examined at
 * each request and read again when it has changed; while it cannot be read or must not be trusted, every answer is
 * "try again later", never an answer from an older file.
 */
#include "file/file_driver.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct restante_setting file_settings[FILE_SETTING_COUNT] = {
    [FILE_SETTING_PATH] = {
        .name = "path",
        .type = RESTANTE_SETTING_PATH,
        .is_required = true,
        .help = "the passwd file: user:{SCHEME}hash:uid:gid:gecos:home:shell:extra",
    },
};

static void discard(char *text, size_t length)
{
    explicit_bzero(text, length);
    free(text);
}

/* Put the text that has been read into force, unless it is what is in force already. */
static enum restante_status adopt(struct file_driver *driver, char *text, size_t length, struct restante_error *error)
{
    uint64_t checksum = driver->host->checksum(text, length);
    if (driver->table && driver->table->text_size == length + 1 && driver->checksum == checksum) {
        discard(text, length);
        return RESTANTE_OK;
    }
    file_table_close(&driver->table);
    driver->checksum = checksum;
    driver->generation++;
    return file_table_open(driver->host, driver->path, text, length, &driver->table, error);
}

static enum restante_status refresh(struct file_driver *driver, struct restante_error *error)
{
    char *text;
    size_t length;
    if (driver->table && file_source_is_same(driver->path, &driver->signature))
        return RESTANTE_OK;
    enum restante_status status =
        file_source_read(driver->host, driver->path, &text, &length, &driver->signature, error);
    if (status == RESTANTE_OK)
        status = adopt(driver, text, length, error);
    if (status != RESTANTE_OK)
        file_table_close(&driver->table);
    return status;
}

static enum restante_status file_start(const struct restante_host *host, const struct restante_value *values,
                                       void **driver, struct restante_error *error)
{
    struct file_driver *made = calloc(1, sizeof(*made));
    if (!made)
        return host->fail(error, RESTANTE_TEMPORARY, ENOMEM, NULL, "the file driver has no memory");
    made->host = host;
    made->path = values[FILE_SETTING_PATH].text;
    if (refresh(made, error) != RESTANTE_OK) {
        free(made);
        if (error)
            error->status = RESTANTE_INVALID;
        return RESTANTE_INVALID;
    }
    *driver = made;
    return RESTANTE_OK;
}

static void file_stop(void **driver)
{
    struct file_driver *stopping = *driver;
    if (!stopping)
        return;
    file_table_close(&stopping->table);
    explicit_bzero(&stopping->work, sizeof(stopping->work));
    free(stopping);
    *driver = NULL;
}

/* A user id without a group gets the group that the system gives this user. */
static enum restante_status find_gid(const struct file_driver *driver, const struct file_account *found,
                                     uint32_t *gid, struct restante_error *error)
{
    struct passwd entry, *result = NULL;
    char buffer[4096];
    int failure = getpwuid_r(found->uid, &entry, buffer, sizeof(buffer), &result);
    if (!result)
        return driver->host->fail(error, RESTANTE_TEMPORARY, failure, NULL,
                                  "%s:%u: user \"%s\" has no gid and uid %u is not a system user's: write its gid",
                                  driver->path, found->line, found->user, found->uid);
    *gid = entry.pw_gid;
    return RESTANTE_OK;
}

static enum restante_status fill_account(const struct file_driver *driver, const struct file_account *found,
                                         struct restante_account *account, struct restante_error *error)
{
    memset(account, 0, sizeof(*account));
    account->has_ids = found->has_uid;
    account->uid = found->uid;
    account->gid = found->gid;
    if (found->has_uid && !found->has_gid) {
        enum restante_status status = find_gid(driver, found, &account->gid, error);
        if (status != RESTANTE_OK)
            return status;
    }
    /* The parser has checked that each fits. */
    snprintf(account->user, sizeof(account->user), "%s", found->user);
    snprintf(account->home, sizeof(account->home), "%s", found->home);
    snprintf(account->storage, sizeof(account->storage), "%s", found->storage);
    return RESTANTE_OK;
}

/* A line that the administrator must look at is no reason to tell a user that the secret is wrong. */
static enum restante_status fail_fault(const struct file_driver *driver, const struct file_account *found,
                                       struct restante_error *error)
{
    size_t length;
    scheme_split(found->secret, &length);
    if (found->is_bad_line)
        return driver->host->fail(error, RESTANTE_TEMPORARY, 0, NULL, "%s:%u: user \"%s\": %s", driver->path,
                                  found->line, found->user, found->fault);
    return driver->host->fail(error, RESTANTE_TEMPORARY, 0, NULL, "%s:%u: user \"%s\": scheme \"%.*s\": %s",
                              driver->path, found->line, found->user, length ? (int)length : 5,
                              length ? found->secret + 1 : "CRYPT", found->fault);
}

/* One computation, against the account's own hash or one that costs what most cost. */
static enum scheme_answer check_secret(struct file_driver *driver, const char *stored_text,
                                       const struct restante_credentials *credentials)
{
    struct scheme_stored stored;
    enum scheme_answer answer = SCHEME_FAILED;
    if (scheme_parse(&stored, stored_text) == SCHEME_USABLE)
        answer = scheme_verify(&driver->work, &stored, credentials->secret, credentials->secret_length);
    explicit_bzero(&stored, sizeof(stored));
    return answer;
}

static enum restante_status file_verify(void *context, const struct restante_credentials *credentials,
                                        struct restante_account *account, struct restante_error *error)
{
    struct file_driver *driver = context;
    enum restante_status status = refresh(driver, error);
    if (status != RESTANTE_OK)
        return status;
    const struct file_account *found = file_table_find(driver->table, credentials->user);
    if (found && found->fault)
        return fail_fault(driver, found, error);
    bool is_open = found && !found->is_disabled;
    enum scheme_answer answer = check_secret(driver, is_open ? found->secret : driver->table->dummy, credentials);
    if (!is_open)
        return driver->host->fail(error, RESTANTE_DENIED, 0, NULL, found ? "the account is disabled" : "unknown user");
    if (answer == SCHEME_FAILED)
        return driver->host->fail(error, RESTANTE_TEMPORARY, 0, NULL, "%s:%u: user \"%s\": the hash cannot be computed",
                                  driver->path, found->line, found->user);
    if (answer != SCHEME_MATCH)
        return driver->host->fail(error, RESTANTE_DENIED, 0, NULL, "wrong secret");
    return fill_account(driver, found, account, error);
}

static enum restante_status file_lookup(void *context, const char *user, struct restante_account *account,
                                        char verifier[RESTANTE_VERIFIER_MAX + 1], struct restante_error *error)
{
    struct file_driver *driver = context;
    size_t name_length;
    enum restante_status status = refresh(driver, error);
    if (status != RESTANTE_OK)
        return status;
    const struct file_account *found = file_table_find(driver->table, user);
    if (!found)
        return driver->host->fail(error, RESTANTE_DENIED, 0, NULL, "unknown user");
    if (found->is_bad_line)
        return fail_fault(driver, found, error);
    if (verifier) {
        /* A disabled account has no verifier that a mechanism could use. */
        const char *secret = found->is_disabled ? "" : found->secret;
        bool is_bare = secret[0] && scheme_split(secret, &name_length) == secret;
        int length = snprintf(verifier, RESTANTE_VERIFIER_MAX + 1, "%s%s", is_bare ? "{CRYPT}" : "", secret);
        if (length > RESTANTE_VERIFIER_MAX)
            verifier[0] = '\0';
    }
    return fill_account(driver, found, account, error);
}

/* The cursor holds the reading of the file and the next index, so that a file that changes meanwhile is noticed. */
static enum restante_status file_list(void *context, uint64_t *cursor, char user[RESTANTE_USER_MAX + 1],
                                      struct restante_error *error)
{
    struct file_driver *driver = context;
    if (*cursor == 0) {
        enum restante_status status = refresh(driver, error);
        if (status != RESTANTE_OK)
            return status;
        *cursor = (uint64_t)driver->generation << 32;
    }
    if (*cursor >> 32 != driver->generation || !driver->table)
        return driver->host->fail(error, RESTANTE_TEMPORARY, 0, NULL, "%s: it has changed while it was listed",
                                  driver->path);
    size_t index = (size_t)(*cursor & UINT32_MAX);
    while (index < driver->table->count && driver->table->accounts[index].is_bad_line)
        index++;
    if (index == driver->table->count)
        return RESTANTE_END;
    snprintf(user, RESTANTE_USER_MAX + 1, "%s", driver->table->accounts[index].user);
    *cursor = (uint64_t)driver->generation << 32 | (index + 1);
    return RESTANTE_OK;
}

const struct restante_auth file_operations = {
    .start = file_start,
    .verify = file_verify,
    .lookup = file_lookup,
    .list = file_list,
    .stop = file_stop,
};
