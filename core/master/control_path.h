/*
 * master/control_path.h - where the control socket is, for the server and for the commands that look for it.
 */
#ifndef MASTER_CONTROL_PATH_H
#define MASTER_CONTROL_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/un.h>

#include "conf/conf.h"

/* The setting `control`, else control below the state folder. False: there is none, or it is too long. */
bool control_path_decide(const struct conf *conf, bool is_root, char *to, size_t capacity);
/*
 * The address of a path of any length: a long one goes by way of its folder, which is opened as *folder and must stay
 * so while the address is used (-1 where that is not needed). False with errno.
 */
bool control_path_address(const char *path, int *folder, struct sockaddr_un *address);

#endif
