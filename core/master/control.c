#include "master/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "master/control_path.h"
#include "master/reload.h"
#include "master/status.h"
#include "master/supervise_end.h"
#include "util/alloc.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/str.h"

enum { CONTROL_CLIENTS_MAX = 16, CONTROL_LINE_MAX = 64, CONTROL_WAIT_S = 10, CONTROL_LIMIT_S = 600 };

enum control_state {
    CONTROL_READING = 0,
    CONTROL_COUNTING,  /* waits for the rooms' counts */
    CONTROL_RELOADING, /* waits for a reload's outcome */
    CONTROL_STOPPING,  /* waits for the end of the server */
    CONTROL_WRITING,
};

struct control_client {
    struct control_client *next;
    struct master *master;
    struct event *event; /* with the client's deadline */
    int fd;
    enum control_state state;
    bool wants_json;
    uint32_t reload; /* the one that it waits for */
    size_t length;
    char line[CONTROL_LINE_MAX + 1];
    struct buf out;
};

struct control {
    char path[4096];
    int fd;
    struct event *event;
    struct control_client *clients;
    size_t clients_count;
};

/* --- clients ---------------------------------------------------------------------------------------------------- */

static void client_close(struct control_client *client)
{
    struct control *control = client->master->control;
    struct control_client **at = &control->clients;
    while (*at != client)
        at = &(*at)->next;
    *at = client->next;
    control->clients_count--;
    event_free(client->event);
    fd_close(&client->fd);
    buf_free(&client->out);
    free(client);
}

static void on_client(evutil_socket_t fd, short what, void *context);

static void client_wait(struct control_client *client, short what, int seconds)
{
    const struct timeval limit = {.tv_sec = seconds};
    event_del(client->event);
    event_assign(client->event, client->master->base, client->fd, what, on_client, client);
    event_add(client->event, &limit);
}

static void client_write(struct control_client *client)
{
    ssize_t sent = send(client->fd, buf_head(&client->out), buf_length(&client->out), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0)
        buf_consume(&client->out, (size_t)sent);
    if ((sent < 0 && errno != EAGAIN && errno != EINTR) || buf_length(&client->out) == 0)
        client_close(client);
    else
        client_wait(client, EV_WRITE, CONTROL_WAIT_S);
}

/* What is in `out`, and the end. The client may be gone afterwards. */
static void client_finish(struct control_client *client)
{
    client->state = CONTROL_WRITING;
    client_write(client);
}

static void client_refuse(struct control_client *client, const char *why)
{
    buf_append_format(&client->out, "failed\n%s\n", why);
    client_finish(client);
}

static void client_stop(struct control_client *client)
{
    struct master *master = client->master;
    client->state = CONTROL_STOPPING;
    /* Only the end of the connection is of interest now; the deadline is the server's own. */
    event_del(client->event);
    log_info("a stop was asked for over the control socket");
    if (!master->is_stopping)
        supervise_stop(master);
}

static void client_command(struct control_client *client)
{
    struct master *master = client->master;
    const char *line = client->line;
    if (strcmp(line, "status") == 0 || strcmp(line, "status-json") == 0) {
        client->wants_json = line[6] != '\0';
        client->state = CONTROL_COUNTING;
        client_wait(client, EV_READ, CONTROL_WAIT_S);
        status_count(master);
    } else if (strcmp(line, "reload") == 0 && master->is_stopping) {
        client_refuse(client, "the server is being stopped");
    } else if (strcmp(line, "reload") == 0) {
        client->state = CONTROL_RELOADING;
        client->reload = reload_want(master);
        client_wait(client, EV_READ, CONTROL_LIMIT_S);
    } else if (strcmp(line, "stop") == 0) {
        client_stop(client);
    } else {
        client_refuse(client, "unknown command; there are status, status-json, reload and stop");
    }
}

static void client_read(struct control_client *client)
{
    char waste[64];
    bool is_reading = client->state == CONTROL_READING;
    ssize_t got = is_reading ? recv(client->fd, client->line + client->length, CONTROL_LINE_MAX - client->length, 0)
                             : recv(client->fd, waste, sizeof(waste), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        client_wait(client, EV_READ, CONTROL_WAIT_S);
        return;
    }
    if (got <= 0 || !is_reading) { /* gone, or it says more than one line */
        client_close(client);
        return;
    }
    client->length += (size_t)got;
    client->line[client->length] = '\0';
    char *end = strchr(client->line, '\n');
    if (end) {
        *end = '\0';
        client_command(client);
    } else if (client->length == CONTROL_LINE_MAX) {
        client_refuse(client, "the line is too long");
    } else {
        client_wait(client, EV_READ, CONTROL_WAIT_S);
    }
}

static void on_client(evutil_socket_t fd, short what, void *context)
{
    struct control_client *client = context;
    (void)fd;
    if (what & EV_WRITE)
        client_write(client);
    else if (what & EV_READ)
        client_read(client);
    else if (client->state == CONTROL_RELOADING)
        client_refuse(client, "no outcome yet: the log will tell");
    else
        client_close(client);
}

/* TRUST: the kernel says who it is. */
static bool peer_is_trusted(int fd, uid_t *uid)
{
    struct ucred peer;
    socklen_t length = sizeof(peer);
    *uid = (uid_t)-1;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0)
        return false;
    *uid = peer.uid;
    return peer.uid == 0 || peer.uid == geteuid();
}

static void control_take(struct master *master, int fd)
{
    struct control *control = master->control;
    struct control_client *client = alloc_zeroed(sizeof(*client));
    uid_t uid;
    client->master = master;
    client->fd = fd;
    client->event = event_new(master->base, fd, EV_READ, on_client, client);
    client->next = control->clients;
    control->clients = client;
    control->clients_count++;
    if (!peer_is_trusted(fd, &uid)) {
        log_warn("uid %ld has tried to use the control socket", (long)uid);
        client_refuse(client, "only root and who started the server may use its control socket");
    } else if (control->clients_count > CONTROL_CLIENTS_MAX) {
        client_refuse(client, "too many others use the control socket at this moment");
    } else {
        client_wait(client, EV_READ, CONTROL_WAIT_S);
    }
}

static void on_connect(evutil_socket_t fd, short what, void *context)
{
    int taken = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    (void)what;
    if (taken >= 0)
        control_take(context, taken);
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

void control_reloaded(struct master *master, uint32_t number, const struct faults *faults)
{
    bool is_good = !faults || faults->count == 0;
    for (struct control_client *client = master->control->clients, *next; client; client = next) {
        next = client->next;
        if (client->state != CONTROL_RELOADING || client->reload > number)
            continue;
        if (is_good)
            buf_append_format(&client->out, "ok\n%s is in force: generation %u\n", master->file,
                              master->running->number);
        else
            buf_append_format(&client->out, "failed\n");
        for (size_t i = 0; !is_good && i < faults->count; i++)
            buf_append_format(&client->out, "%s\n", faults->sentences[i]);
        client_finish(client);
    }
}

void control_counted(struct master *master)
{
    for (struct control_client *client = master->control->clients, *next; client; client = next) {
        next = client->next;
        if (client->state != CONTROL_COUNTING)
            continue;
        buf_append_string(&client->out, "ok\n");
        if (client->wants_json)
            status_write_json(master, &client->out);
        else
            status_write_text(master, &client->out);
        client_finish(client);
    }
}

/* --- the socket --------------------------------------------------------------------------------------------------- */

/* Does a server answer there? What is left of one that was killed does not. */
static bool control_is_taken(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool is_taken = fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
                                errno == EAGAIN); /* it has much to do */
    fd_close(&fd);
    return is_taken;
}

static bool control_bind(struct control *control, const struct sockaddr_un *address)
{
    struct stat facts;
    if (lstat(address->sun_path, &facts) == 0 && S_ISSOCK(facts.st_mode))
        unlink(address->sun_path);
    control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (control->fd < 0)
        return false;
    mode_t mask = umask(0177);
    bool is_bound = bind(control->fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
    int error = errno;
    umask(mask);
    errno = error;
    return is_bound && listen(control->fd, CONTROL_CLIENTS_MAX) == 0;
}

void control_open(struct generation *generation)
{
    struct master *master = generation->master;
    struct sockaddr_un address;
    int folder = -1;
    struct control *control = alloc_zeroed(sizeof(*control));
    master->control = control;
    control->fd = -1;
    if (master->mode != ROOM_SERVE || generation->faults.count > 0)
        return;
    bool is_decided = control_path_decide(&generation->conf, master->is_root, control->path, sizeof(control->path));
    if (!is_decided || !control_path_address(control->path, &folder, &address)) {
        faults_add(&generation->faults, "control: cannot use %s: %s", control->path, strerror(errno));
    } else if (control_is_taken(&address)) {
        faults_add(&generation->faults,
                   "control: a server that runs already answers on %s: stop it, or give this one another control",
                   control->path);
    } else if (!control_bind(control, &address)) {
        faults_add(&generation->faults, "control: cannot listen on %s: %s", control->path, strerror(errno));
        fd_close(&control->fd);
    }
    fd_close(&folder);
}

void control_start(struct master *master)
{
    struct control *control = master->control;
    if (!control || control->fd < 0)
        return;
    control->event = event_new(master->base, control->fd, EV_READ | EV_PERSIST, on_connect, master);
    event_add(control->event, NULL);
}

void control_close(struct master *master)
{
    struct control *control = master->control;
    if (!control)
        return;
    if (control->event)
        event_free(control->event);
    if (control->fd >= 0)
        unlink(control->path);
    fd_close(&control->fd);
    while (control->clients)
        client_close(control->clients);
    free(control);
    master->control = NULL;
}
