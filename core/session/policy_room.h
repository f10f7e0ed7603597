/*
 * session/policy_room.h - "restante-session policy": looks at policy files and runs their tests, for `restante policy`.
 *
 * It has one policy module, no configuration, no storage and no network; it may read files and nothing else.
 */
#ifndef SESSION_POLICY_ROOM_H
#define SESSION_POLICY_ROOM_H

#include "room/room.h"

extern const struct room_program policy_room_program;

#endif
