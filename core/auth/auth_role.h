/*
 * auth/auth_role.h - the two roles of the program restante-auth.
 */
#ifndef AUTH_AUTH_ROLE_H
#define AUTH_AUTH_ROLE_H

#include "room/room.h"

extern const struct room_program auth_dispatcher_program, auth_worker_program;

#endif
