/*
 * The frontend: strangers' bytes and TLS. It takes connections from sockets that the master listens on and passes them
 * on; it makes no socket that could reach anybody.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "sandbox/filter_tables.h"

static const struct filter_row rows[] = {
    FILTER_CALL(accept4),
    FILTER_CALL(getpeername),
    FILTER_CALL(getsockname),
    FILTER_CALL(listen),                /* again, with another backlog */
    FILTER_ONLY(socketpair, 0, AF_UNIX), /* the relay of a TLS session */
    FILTER_ONLY_BOTH(setsockopt, 1, IPPROTO_TCP, 2, TCP_NODELAY),
    FILTER_ONLY_BOTH(setsockopt, 1, IPPROTO_TCP, 2, TCP_KEEPIDLE),
    FILTER_ONLY_BOTH(setsockopt, 1, IPPROTO_TCP, 2, TCP_KEEPINTVL),
    FILTER_ONLY_BOTH(setsockopt, 1, IPPROTO_TCP, 2, TCP_KEEPCNT),
    FILTER_ONLY_BOTH(setsockopt, 1, IPPROTO_TCP, 2, TCP_USER_TIMEOUT),
    FILTER_ONLY_BOTH(setsockopt, 1, SOL_SOCKET, 2, SO_KEEPALIVE),
    FILTER_ONLY_BOTH(setsockopt, 1, SOL_SOCKET, 2, SO_LINGER),
    FILTER_ONLY_BOTH(setsockopt, 1, SOL_SOCKET, 2, SO_SNDBUF),
    FILTER_ONLY_BOTH(setsockopt, 1, SOL_SOCKET, 2, SO_RCVBUF),
};

const struct filter_table filter_frontend = FILTER_TABLE(rows);
