/*
 * session/nursery_target.h - whose mail is where: from an account to the owner, the maildrop and its state directory.
 */
#ifndef SESSION_NURSERY_TARGET_H
#define SESSION_NURSERY_TARGET_H

#include "ipc/messages.h"
#include "session/nursery_state.h"

struct nursery;

/* Its texts are its own: nursery_target_free. */
struct nursery_target {
    struct message_owner owner; /* mail and state are for whoever gives it to a worker */
    uint32_t storage_index;
    char *path, *prefix; /* of the maildrop, and what it has in common with others of its setting */
    char *state_dir;
    char key[NURSERY_STATE_KEY_LENGTH + 1];
};

/* Check the account and fill `target`, zeroed before; what has been filled when it fails is to be freed too. */
enum restante_status nursery_target_find(const struct nursery *nursery, const struct restante_account *account,
                                         struct nursery_target *target, struct restante_error *error);
void nursery_target_free(struct nursery_target *target);
/* Ask the master to make the state directory. Returns the number of the request. */
uint64_t nursery_target_ask_state(struct nursery *nursery, const struct nursery_target *target);
/* What the master's answer comes to. */
enum restante_status nursery_target_state_made(const struct nursery_target *target,
                                               const struct message_state_dir_made *made,
                                               struct restante_error *error);

#endif
