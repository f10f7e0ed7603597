/*
 * restante-auth: who may collect which mail. Started by the master as "restante-auth dispatcher", once, and as
 * "restante-auth worker" for each place in the pool of an auth entry. The dispatcher runs as the internal account; a
 * worker too, with the group of the file it reads, or as root where its driver needs that.
 */
#include <stdio.h>
#include <string.h>

#include "auth/auth_role.h"

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "worker") == 0)
        return room_main(&auth_worker_program);
    if (argc == 2 && strcmp(argv[1], "dispatcher") == 0)
        return room_main(&auth_dispatcher_program);
    fprintf(stderr, "restante-auth is a part of Restante: start it with \"restante serve\"\n");
    return 64;
}
