/*
 * Accounts for maintenance, from the same driver, with the same checks and the same defaults as after a login. Runs in
 * an auth worker.
 */
#include "auth/auth_maintain.h"

#include <stdio.h>
#include <string.h>

#include "util/error.h"
#include "util/str.h"

static enum restante_status maintain_ask(const struct auth_source *source, const char *name,
                                         struct restante_account *account, struct restante_error *error)
{
    char user[RESTANTE_USER_MAX + 1];
    const char *why;
    str_copy(user, sizeof(user), name);
    if (!auth_username_apply(&source->rules, user, &why))
        return error_set(error, RESTANTE_DENIED, 0, NULL, "%s", why);
    enum restante_status status = source->operations->lookup(source->driver, user, account, NULL, error);
    error->log[sizeof(error->log) - 1] = '\0';
    if (status == RESTANTE_OK && account->has_ids && account->uid < source->defaults->minimum_uid)
        return error_set(error, RESTANTE_END, 0, NULL, "uid %u is below accounts.minimum_uid (%u): its mail is not served",
                         account->uid, source->defaults->minimum_uid);
    if (status == RESTANTE_OK)
        return auth_account_complete(source->defaults, account, error);
    return status == RESTANTE_DENIED || status == RESTANTE_PERMANENT ? status : RESTANTE_TEMPORARY;
}

void auth_maintain_lookup(const struct auth_source *source, const struct message_lookup *lookup,
                          struct message_found *found)
{
    struct restante_error error = {0};
    *found = (struct message_found){.request_id = lookup->request_id};
    enum restante_status status = maintain_ask(source, lookup->user, &found->account, &error);
    found->status = (uint8_t)status;
    if (status == RESTANTE_OK)
        return;
    memset(&found->account, 0, sizeof(found->account)); /* perhaps half filled */
    str_copy(found->log, sizeof(found->log), error.log[0] ? error.log : "the driver gave no reason");
}

static void maintain_fail(struct message_listed *listed, enum restante_status status, const char *why)
{
    listed->status = (uint8_t)status;
    listed->users_length = 0;
    str_copy(listed->log, sizeof(listed->log), why[0] ? why : "the driver gave no reason");
}

void auth_maintain_list(const struct auth_source *source, const struct message_list *list,
                        char users[MESSAGE_USERS_MAX], struct message_listed *listed)
{
    struct restante_error error = {0};
    char user[RESTANTE_USER_MAX + 1], why[256];
    *listed = (struct message_listed){.cursor = list->cursor, .status = RESTANTE_OK, .users = users};
    if (!source->operations->list) {
        snprintf(why, sizeof(why), "auth[%u]: the %s driver cannot list its users: --all is not possible, name them",
                 source->defaults->entry, source->driver_name);
        maintain_fail(listed, RESTANTE_PERMANENT, why);
        return;
    }
    while (listed->users_length + sizeof(user) <= MESSAGE_USERS_MAX) {
        enum restante_status status = source->operations->list(source->driver, &listed->cursor, user, &error);
        if (status == RESTANTE_END) {
            listed->status = RESTANTE_END;
            return;
        }
        if (status != RESTANTE_OK) {
            error.log[sizeof(error.log) - 1] = '\0';
            maintain_fail(listed, RESTANTE_TEMPORARY, error.log);
            return;
        }
        size_t length = strnlen(user, sizeof(user) - 1);
        memcpy(users + listed->users_length, user, length);
        users[listed->users_length + length] = '\0';
        listed->users_length += length + 1;
    }
}
