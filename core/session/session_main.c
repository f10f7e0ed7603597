/*
 * restante-session: started by the master without an argument as the nursery, and as "restante-session policy" by the
 * command `restante policy`.
 */
#include <stdio.h>
#include <string.h>

#include "session/nursery.h"
#include "session/policy_room.h"

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "policy") == 0)
        return room_main(&policy_room_program);
    if (argc == 1)
        return room_main(&nursery_program);
    fprintf(stderr, "restante-session is a part of Restante: start it with \"restante serve\"\n");
    return 64;
}
