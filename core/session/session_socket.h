/*
 * session/session_socket.h - a client's socket, or the relay's end where TLS is spoken: never waits.
 */
#ifndef SESSION_SESSION_SOCKET_H
#define SESSION_SESSION_SOCKET_H

#include <stddef.h>

#include "util/buf.h"

enum session_socket_result {
    SESSION_SOCKET_DONE,     /* sending: all is gone; receiving: the client sends no more */
    SESSION_SOCKET_PROGRESS, /* some octets moved */
    SESSION_SOCKET_NOTHING,  /* none can be moved now */
    SESSION_SOCKET_BROKEN,   /* the connection is gone */
};

/* Send what is there in one go. */
enum session_socket_result session_socket_send(int fd, struct buf *out);
/* Receive at most `room` octets; *data is valid until the next call, for whatever socket. */
enum session_socket_result session_socket_receive(int fd, size_t room, const char **data, size_t *length);
/* Close so that what was sent last still arrives. */
void session_socket_close(int *fd);

#endif
