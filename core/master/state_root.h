/*
 * master/state_root.h - the folder of per-maildrop state directories, and making them at the nursery's request.
 *
 * As root it is root's, 0711: owners reach their own directory and can list nothing. As an ordinary user it is
 * theirs. A state directory is made under another name, given to its owner and then renamed: it never stands there
 * with the wrong owner.
 */
#ifndef MASTER_STATE_ROOT_H
#define MASTER_STATE_ROOT_H

#include "master/generation.h"

/* Which folder it is. False: there is none, or its path is too long. */
bool state_root_decide(const struct conf *conf, bool is_root, char *to, size_t capacity);
/* Decide on, make and check the folder; faults. Fills state_root, state_fd and chroot_path. */
void state_root_open(struct generation *generation);
void state_root_close(struct master *master);
/* Make <state>/<key> for its owner; when it is there already, check the owner. */
void state_root_make(struct master *master, const struct message_state_dir *request,
                     struct message_state_dir_made *answer);

#endif
