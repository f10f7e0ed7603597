/*
 * bench/load_client.c - one client: connect, TLS, log in, play the script, count what comes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

enum { READ_SIZE = 256 * 1024, SEND_SIZE = 16 * 1024, SOURCE_ADDRESSES = 50000 };

/* Servers count connections per address: every client has its own, as clients of a provider have. */
static void client_bind(int fd, unsigned serial)
{
    struct sockaddr_in from = {.sin_family = AF_INET};
    unsigned number = serial % SOURCE_ADDRESSES;
    int on = 1;
    from.sin_addr.s_addr = htonl(0x7f010001U + (number / 250 << 8) + number % 250);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    if (bind(fd, (struct sockaddr *)&from, sizeof(from)) != 0)
        load_fail("bind: %s", strerror(errno));
}

static void client_watch(struct load_client *client, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = client};
    if (epoll_ctl(load_epoll, operation, client->fd, &event) != 0)
        load_fail("epoll_ctl: %s", strerror(errno));
}

void client_open(struct load_client *client)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(load_options->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    unsigned slot = client->slot, round = client->round;
    int on = 1;
    memset(client, 0, sizeof(*client));
    client->slot = slot;
    client->round = round + 1;
    client->began_s = load_now_s();
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (client->fd < 0)
        load_fail("socket: %s", strerror(errno));
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    client_bind(client->fd, load_totals.opened++);
    if (connect(client->fd, (struct sockaddr *)&to, sizeof(to)) != 0 && errno != EINPROGRESS)
        load_fail("connect: %s", strerror(errno));
    client_watch(client, EPOLL_CTL_ADD, EPOLLOUT);
}

void client_close(struct load_client *client)
{
    SSL_free(client->ssl);
    client->ssl = NULL;
    close(client->fd);
    client->fd = -1;
}

/* --- octets ----------------------------------------------------------------------------------------------------- */

/* Commands are small and few: a socket that does not take them at once is a broken one. */
static void client_write(struct load_client *client, const char *data, size_t length)
{
    int sent = client->ssl ? SSL_write(client->ssl, data, (int)length) : (int)send(client->fd, data, length, 0);
    if (sent != (int)length)
        load_fail("a command could not be sent: %s", strerror(errno));
}

/* -1: nothing now; 0: the end. */
static ssize_t client_read(struct load_client *client, char *to, size_t capacity)
{
    if (!client->ssl) {
        ssize_t got = recv(client->fd, to, capacity, 0);
        if (got < 0 && errno != EAGAIN)
            load_fail("recv: %s", strerror(errno));
        return got;
    }
    size_t length = 0;
    while (length < capacity) {
        int got = SSL_read(client->ssl, to + length, (int)(capacity - length));
        if (got <= 0) {
            int why = SSL_get_error(client->ssl, got);
            if (why == SSL_ERROR_WANT_READ)
                return length > 0 ? (ssize_t)length : -1;
            return (ssize_t)length; /* closed, properly or not: the replies tell whether that was too early */
        }
        length += (size_t)got;
    }
    return (ssize_t)length;
}

/* --- the script ------------------------------------------------------------------------------------------------- */

static void client_send_login(struct load_client *client)
{
    char line[256];
    unsigned user = (client->slot + (client->round - 1) * load_options->parallel) % load_options->users;
    int length;
    if (client->login_step == 2)
        length = snprintf(line, sizeof(line), "PASS %s\r\n", load_options->secret);
    else if (load_options->users > 1)
        length = snprintf(line, sizeof(line), "USER %s%u\r\n", load_options->user, user);
    else
        length = snprintf(line, sizeof(line), "USER %s\r\n", load_options->user);
    client_write(client, line, (size_t)length);
}

static void client_send_some(struct load_client *client)
{
    char out[SEND_SIZE];
    size_t length = 0;
    while (client->sent < load_script->count && client->sent - client->answered < load_options->window) {
        const struct load_command *command = &load_script->commands[client->sent];
        /* QUIT waits: Dovecot's TLS proxy loses what it still holds when the session behind it ends. */
        bool is_last = !load_options->holds && client->sent + 1 == load_script->count;
        if (length + command->length > sizeof(out) || (is_last && client->answered < client->sent))
            break;
        memcpy(out + length, command->line, command->length);
        length += command->length;
        client->sent++;
    }
    if (length > 0)
        client_write(client, out, length);
}

static bool client_is_over(const struct load_client *client)
{
    return client->is_logged_in && client->answered == load_script->count;
}

/* A reply is complete: the next command, where one may be sent. */
static void client_advance(struct load_client *client)
{
    if (client->is_logged_in) {
        if (client->answered++ == 0)
            load_totals.ready_s += load_now_s() - client->began_s;
        return;
    }
    client->login_step++;
    client->is_logged_in = !load_options->has_login || client->login_step == 3;
    if (!client->is_logged_in)
        client_send_login(client);
}

static bool client_is_multiline(const struct load_client *client)
{
    return client->is_logged_in && load_script->commands[client->answered].is_multiline;
}

/* Status lines end at LF, a multi-line reply at a line that is a lone dot. Lines may come in pieces. */
static const char *client_line(struct load_client *client, const char *at, const char *end)
{
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    const char *next = newline ? newline + 1 : end;
    if (client->line_length == 0)
        client->starts_well = *at == (client->in_body ? '.' : '+');
    client->line_length += (size_t)(next - at);
    if (!newline)
        return next;
    bool is_lone_dot = client->starts_well && client->line_length == 3; /* a line of mail with a dot first has two */
    client->line_length = 0;
    if (!client->in_body && !client->starts_well)
        load_fail("the server said: %.*s", (int)(next - at), at);
    if (client->in_body ? is_lone_dot : !client_is_multiline(client)) {
        client->in_body = false;
        client_advance(client);
    } else {
        client->in_body = true;
    }
    return next;
}

static bool client_finish(struct load_client *client)
{
    load_totals.done++;
    if (load_options->holds) {
        client->is_held = true;
        load_totals.held++;
        client_watch(client, EPOLL_CTL_MOD, EPOLLRDHUP);
    } else {
        client_close(client);
    }
    return true;
}

/* True once the script is over. */
static bool client_take(struct load_client *client, const char *at, const char *end)
{
    while (at < end && !client_is_over(client))
        at = client_line(client, at, end);
    if (client_is_over(client))
        return client_finish(client);
    if (client->is_logged_in)
        client_send_some(client);
    return false;
}

static bool client_on_readable(struct load_client *client)
{
    static char data[READ_SIZE];
    do {
        ssize_t got = client_read(client, data, sizeof(data));
        if (got < 0)
            return false;
        if (got == 0)
            load_fail("the server closed a connection after %zu replies", client->answered);
        load_totals.octets += (uint64_t)got;
        if (client_take(client, data, data + got))
            return true;
        /* WHY: what is left of a record is in OpenSSL, and the socket does not tell of it. */
    } while (client->ssl && SSL_pending(client->ssl) > 0);
    return false;
}

static void client_on_connected(struct load_client *client)
{
    int error = 0;
    socklen_t length = sizeof(error);
    getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error)
        load_fail("connect: %s", strerror(error));
    client->is_connected = true;
    client->is_secured = !load_options->is_tls;
    if (load_options->is_tls) {
        client->ssl = SSL_new(load_tls);
        if (!client->ssl || SSL_set_fd(client->ssl, client->fd) != 1)
            load_fail("no memory for TLS");
    }
    client_watch(client, EPOLL_CTL_MOD, EPOLLIN);
}

/* True once the handshake is over. */
static bool client_handshake(struct load_client *client)
{
    int result = SSL_connect(client->ssl);
    if (result == 1)
        return client->is_secured = true;
    if (SSL_get_error(client->ssl, result) != SSL_ERROR_WANT_READ)
        load_fail("the TLS handshake failed");
    return false;
}

bool client_on_event(struct load_client *client, uint32_t events)
{
    if (client->is_held)
        load_fail("the server closed an idle connection");
    if (!client->is_connected) {
        client_on_connected(client);
        if (!client->is_secured)
            client_handshake(client);
        return false;
    }
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        return false;
    if (!client->is_secured && !client_handshake(client))
        return false;
    return client_on_readable(client);
}
