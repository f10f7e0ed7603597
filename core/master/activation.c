#include "master/activation.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fd.h"
#include "util/str.h"

enum { ACTIVATION_FIRST_FD = 3, ACTIVATION_MAX = 256 };

/* Its address as the setting `listen` writes it: every address is "*". */
static bool activation_read(struct master_socket *found)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_storage storage;
    } address = {.storage = {0}};
    socklen_t length = sizeof(address), option_length = sizeof(int);
    int type = 0, listens = 0;
    if (getsockopt(found->fd, SOL_SOCKET, SO_TYPE, &type, &option_length) != 0 ||
        getsockopt(found->fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &option_length) != 0 || type != SOCK_STREAM ||
        !listens || getsockname(found->fd, &address.any, &length) != 0)
        return false;
    bool is_v6 = address.any.sa_family == AF_INET6;
    if (!is_v6 && address.any.sa_family != AF_INET)
        return false;
    const void *number = is_v6 ? (const void *)&address.v6.sin6_addr : (const void *)&address.v4.sin_addr;
    bool is_any = is_v6 ? IN6_IS_ADDR_UNSPECIFIED(&address.v6.sin6_addr) : address.v4.sin_addr.s_addr == INADDR_ANY;
    found->port = ntohs(is_v6 ? address.v6.sin6_port : address.v4.sin_port);
    if (is_any)
        return str_copy(found->address, sizeof(found->address), "*");
    return inet_ntop(address.any.sa_family, number, found->address, sizeof(found->address)) != NULL;
}

static void activation_take(struct master *master, int fd, const char *name, struct faults *faults)
{
    struct master_socket *taken = alloc_zeroed(sizeof(*taken));
    taken->is_inherited = true;
    str_copy(taken->name, sizeof(taken->name), name);
    /* Away from the numbers that rooms are started with. */
    taken->fd = fcntl(fd, F_DUPFD_CLOEXEC, 10);
    fd_close(&fd);
    if (taken->fd >= 0 && activation_read(taken)) {
        taken->next = master->sockets;
        master->sockets = taken;
        return;
    }
    faults_add(faults, "socket activation: the socket \"%s\" is no listening TCP socket: use ListenStream= with a port",
               name);
    fd_close(&taken->fd);
    free(taken);
}

static bool activation_number(const char *variable, uint64_t *number)
{
    const char *text = getenv(variable);
    return text && str_parse_u64(text, strlen(text), number);
}

void activation_open(struct master *master, struct faults *faults)
{
    uint64_t pid, count = 0;
    bool is_meant = activation_number("LISTEN_PID", &pid) && pid == (uint64_t)getpid() &&
                    activation_number("LISTEN_FDS", &count) && count <= ACTIVATION_MAX;
    const char *names = getenv("LISTEN_FDNAMES");
    for (uint64_t i = 0; is_meant && i < count; i++) {
        char name[64] = "unknown";
        if (names) {
            size_t length = strcspn(names, ":");
            str_copy_n(name, sizeof(name), names, length);
            names += length + (names[length] == ':');
        }
        activation_take(master, ACTIVATION_FIRST_FD + (int)i, name, faults);
    }
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
}
