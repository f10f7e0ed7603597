/*
 * master/reload.h - a new generation beside the one in force: begun, brought into force, or given up.
 *
 * One at a time; a wish that comes meanwhile waits and reads the file again afterwards. A fault of any kind (setting,
 * port, module, key) leaves the running generation as it is. Once every new room is READY the new frontends begin to
 * accept and the old ones stop: the sockets are shared, so that no connection is lost between them. The reload is over
 * when the old frontends have said that they accept nothing more.
 *
 * At most RELOAD_OLD_MAX older generations live on with their sessions. With one more the sessions of the oldest get
 * timeouts.shutdown to end, and the reload waits for it.
 */
#ifndef MASTER_RELOAD_H
#define MASTER_RELOAD_H

#include "master/generation.h"

#define RELOAD_OLD_MAX 8

void reload_open(struct master *master);
void reload_close(struct master *master);
/* Somebody wants the file to be read again. Returns the number of the reload that will do so. */
uint32_t reload_want(struct master *master);
/* Every room of the starting generation is READY. */
void reload_commit(struct generation *generation);
/* The starting generation has faults and will not be. */
void reload_give_up(struct generation *generation);
/* Something that a waiting reload may have waited for has happened. */
void reload_look_again(struct master *master);

#endif
