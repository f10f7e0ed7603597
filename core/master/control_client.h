/*
 * master/control_client.h - "restante status", "reload" and "stop": the other end of the control socket.
 */
#ifndef MASTER_CONTROL_CLIENT_H
#define MASTER_CONTROL_CLIENT_H

/*
 * Send the command to the server whose configuration is `file` (or to `socket`, when that is not NULL), print what it
 * says, and return the exit status: 0 when the server did what was asked.
 */
int control_client_run(const char *file, const char *socket, const char *command);

#endif
