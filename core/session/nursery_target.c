/*
 * session/nursery_target.c - from an account to owner, maildrop and state directory. Runs in the nursery, for logins
 * and for maintenance alike.
 */
#include "session/nursery_target.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session/nursery.h"
#include "util/alloc.h"
#include "util/error.h"

/* Auth has checked the account; whoever holds the right to change uid checks again. */
static enum restante_status target_check_account(const struct nursery *nursery, const struct restante_account *account,
                                                 struct message_owner *owner, struct restante_error *error)
{
    owner->groups_count = account->groups_count;
    memcpy(owner->groups, account->groups, sizeof(owner->groups));
    if (!nursery->is_privileged) {
        owner->uid = account->has_ids ? account->uid : (uint32_t)geteuid();
        owner->gid = account->has_ids ? account->gid : (uint32_t)getegid();
        if (owner->uid == (uint32_t)geteuid())
            return RESTANTE_OK;
        return error_set(error, RESTANTE_PERMANENT, 0, NULL,
                         "%s is uid %u, but the server runs as uid %u: only its own mail can be served",
                         account->user, owner->uid, (unsigned)geteuid());
    }
    if (!account->has_ids)
        return error_set(error, RESTANTE_PERMANENT, 0, NULL, "the account %s has no uid", account->user);
    owner->uid = account->uid;
    owner->gid = account->gid;
    if (owner->uid == 0 || owner->gid == 0 || owner->uid < nursery->minimum_uid)
        return error_set(error, RESTANTE_PERMANENT, 0, NULL,
                         "%s is uid %u, gid %u: mail is not served as root nor below accounts.minimum_uid = %u",
                         account->user, owner->uid, owner->gid, nursery->minimum_uid);
    return RESTANTE_OK;
}

enum restante_status nursery_target_find(const struct nursery *nursery, const struct restante_account *account,
                                         struct nursery_target *target, struct restante_error *error)
{
    char path[NURSERY_PATH_MAX], prefix[NURSERY_PATH_MAX];
    struct nursery_place place = {.path = path, .prefix = prefix};
    enum restante_status status = target_check_account(nursery, account, &target->owner, error);
    if (status == RESTANTE_OK)
        status = nursery_storage_resolve(&nursery->storages, account, &place, error);
    if (status != RESTANTE_OK)
        return status;
    target->storage_index = place.index;
    nursery_state_key(target->key, nursery->storages.items[place.index].name, path);
    target->path = alloc_string(path);
    target->prefix = alloc_string(prefix);
    target->state_dir = alloc_format("%s/%s", nursery->room->start.state_root, target->key);
    return RESTANTE_OK;
}

void nursery_target_free(struct nursery_target *target)
{
    free(target->path);
    free(target->prefix);
    free(target->state_dir);
    *target = (struct nursery_target){0};
}

uint64_t nursery_target_ask_state(struct nursery *nursery, const struct nursery_target *target)
{
    struct frame_out frame = {0};
    struct message_state_dir message = {.request_id = ++nursery->last_request_id, .uid = target->owner.uid,
                                        .gid = target->owner.gid};
    memcpy(message.key, target->key, sizeof(target->key));
    message_put_state_dir(&frame, &message);
    channel_send(nursery->room->control, &frame, -1);
    frame_free(&frame);
    return message.request_id;
}

enum restante_status nursery_target_state_made(const struct nursery_target *target,
                                               const struct message_state_dir_made *made,
                                               struct restante_error *error)
{
    if (!made->is_made)
        return error_set(error, RESTANTE_TEMPORARY, 0, NULL, "%s", made->log);
    enum restante_status status = nursery_state_check(target->state_dir, target->owner.uid, error);
    if (status == RESTANTE_END)
        return error_set(error, RESTANTE_TEMPORARY, 0, NULL, "the state directory %s was made and is not there",
                         target->state_dir);
    return status;
}
