/*
 * session/session_socket.c - a client's socket. Runs in a worker; the nursery uses it for refusals.
 *
 * The description may be shared with the frontend's past: flags of the call (MSG_DONTWAIT) are ours alone. Keepalive
 * and the like come with it: the frontend's listening socket has them, and every accepted socket inherits them.
 */
#include "session/session_socket.h"

#include <errno.h>
#include <sys/socket.h>

#include "util/fd.h"

enum {
    SESSION_RECEIVE_MAX = 32768,
    SESSION_LINGER_READS = 8,
};

static char session_buffer[SESSION_RECEIVE_MAX]; /* one serves every session of the loop */

enum session_socket_result session_socket_send(int fd, struct buf *out)
{
    size_t length = buf_length(out);
    if (length == 0)
        return SESSION_SOCKET_DONE;
    ssize_t sent;
    do
        sent = send(fd, buf_head(out), length, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? SESSION_SOCKET_NOTHING : SESSION_SOCKET_BROKEN;
    buf_consume(out, (size_t)sent);
    return (size_t)sent == length ? SESSION_SOCKET_DONE : SESSION_SOCKET_PROGRESS;
}

enum session_socket_result session_socket_receive(int fd, size_t room, const char **data, size_t *length)
{
    if (room > sizeof(session_buffer))
        room = sizeof(session_buffer);
    if (room == 0) /* the engine holds more than a command line and still asks for more: nothing can help */
        return SESSION_SOCKET_BROKEN;
    ssize_t got = recv(fd, session_buffer, room, MSG_DONTWAIT);
    if (got < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? SESSION_SOCKET_NOTHING
                                                                         : SESSION_SOCKET_BROKEN;
    *data = session_buffer;
    *length = (size_t)got;
    return got == 0 ? SESSION_SOCKET_DONE : SESSION_SOCKET_PROGRESS;
}

void session_socket_close(int *fd)
{
    /* WHY: closing with unread input makes TCP send a reset, which can overtake and destroy our last reply. */
    for (unsigned i = 0; i < SESSION_LINGER_READS; i++) {
        if (recv(*fd, session_buffer, sizeof(session_buffer), MSG_DONTWAIT) <= 0)
            break;
    }
    fd_close(fd);
}
