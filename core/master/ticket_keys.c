#include "master/ticket_keys.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

void ticket_keys_open(struct master *master, struct faults *faults)
{
    if (getrandom(&master->ticket_keys, sizeof(master->ticket_keys), 0) != (ssize_t)sizeof(master->ticket_keys))
        faults_add(faults, "no random octets for session ticket keys: %s", strerror(errno));
}

void ticket_keys_close(struct master *master)
{
    explicit_bzero(&master->ticket_keys, sizeof(master->ticket_keys));
}
