/*
 * master/tls_watch.h - certificates that are replaced on disk are taken up without a reload.
 *
 * The master looks at the files from time to time. What has changed is sent to one frontend; once that has taken it,
 * every frontend gets it, those to come too. What is refused is said once and not tried again until a file changes;
 * the old pair stays in force.
 */
#ifndef MASTER_TLS_WATCH_H
#define MASTER_TLS_WATCH_H

#include "master/tls_files.h"

/* The generation is in force: look at its files from now on. */
void tls_watch_start(struct generation *generation);
/* FRAME_TLS_PAIR_TRIED. False: there is no such pair. TRUST: from a room. */
bool tls_watch_tried(struct master_slot *slot, const struct message_tls_pair_tried *answer);

#endif
