#include "master/control_client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conf/evaluate.h"
#include "master/control_path.h"
#include "master/master.h"
#include "util/buf.h"
#include "util/fd.h"
#include "util/str.h"

/* From a file that may have faults: that is when one reloads to see them. */
static bool client_find(const char *file, const char *given, char *path, size_t capacity)
{
    struct conf conf = {0};
    if (given)
        return str_copy(path, capacity, given);
    conf_evaluate_leniently(file, &conf);
    bool is_found = control_path_decide(&conf, geteuid() == 0, path, capacity);
    conf_free(&conf);
    return is_found;
}

/* A connected socket; -1 after saying why not. */
static int client_connect(const char *path)
{
    struct sockaddr_un address;
    int folder, fd = -1;
    if (control_path_address(path, &folder, &address)) {
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
            fd_close(&fd);
    }
    if (fd < 0 && (errno == ENOENT || errno == ECONNREFUSED))
        fprintf(stderr, "restante: no server runs: nobody answers on %s\n", path);
    else if (fd < 0)
        fprintf(stderr, "restante: cannot reach the server on %s: %s\n", path, strerror(errno));
    fd_close(&folder);
    return fd;
}

static bool client_read(int fd, struct buf *answer)
{
    ssize_t got;
    do {
        got = recv(fd, buf_reserve(answer, 4096), 4096, 0);
        if (got > 0)
            buf_added(answer, (size_t)got);
    } while (got > 0 || (got < 0 && errno == EINTR));
    buf_append(answer, "", 1);
    return got == 0;
}

/* "ok" and what to print, "failed" and why; a server that stops says nothing. */
static int client_tell(const char *command, const char *text)
{
    if (strncmp(text, "ok\n", 3) == 0) {
        fputs(text + 3, stdout);
        return MASTER_EXIT_OK;
    }
    if (strncmp(text, "failed\n", 7) == 0) {
        fprintf(stderr, "%s", text + 7);
        return strcmp(command, "reload") == 0 ? MASTER_EXIT_CONFIG : MASTER_EXIT_FAILURE;
    }
    if (strcmp(command, "stop") == 0 && !text[0]) {
        puts("the server has stopped");
        return MASTER_EXIT_OK;
    }
    fprintf(stderr, "restante: the server has ended before it answered\n");
    return MASTER_EXIT_FAILURE;
}

int control_client_run(const char *file, const char *socket, const char *command)
{
    char path[4096], line[64];
    struct buf answer = {0};
    int status = MASTER_EXIT_FAILURE;
    if (!client_find(file, socket, path, sizeof(path))) {
        fprintf(stderr, "restante: %s does not tell where the server's control socket is: name it with -s\n", file);
        return MASTER_EXIT_FAILURE;
    }
    int fd = client_connect(path);
    if (fd < 0)
        return MASTER_EXIT_FAILURE;
    snprintf(line, sizeof(line), "%s\n", command);
    /* One that refuses us answers and closes without reading: its answer counts. */
    bool is_sent = send(fd, line, strlen(line), MSG_NOSIGNAL) > 0 || errno == EPIPE;
    if (is_sent && (client_read(fd, &answer) || buf_length(&answer) > 1))
        status = client_tell(command, buf_head(&answer));
    else
        fprintf(stderr, "restante: the connection to the server broke: %s\n", strerror(errno));
    buf_free(&answer);
    fd_close(&fd);
    return status;
}
