/*
 * tests/unit/session_bench.c - see session_bench.h.
 */
#include "session_bench.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/fd.h"
#include "util/log.h"
#include "util/log_format.h"

static struct event_base *base;
struct client clients[CLIENTS];
struct session_settings settings;
static int log_pipe[2];
static struct buf log_lines;

int bench_setup(void **state)
{
    (void)state;
    base = event_base_new();
    settings = (struct session_settings){
        .hostname = "mail.example.org", .bad_commands = 5, .idle_ms = 600000, .command_ms = 600000, .lock_ms = 600000};
    assert_int_equal(pipe2(log_pipe, O_CLOEXEC | O_NONBLOCK), 0);
    log_to_pipe(log_pipe[1]);
    for (int i = 0; i < CLIENTS; i++) {
        struct client *client = &clients[i];
        *client = (struct client){.fd = -1};
        snprintf(client->directory, sizeof(client->directory), "/tmp/test_session.XXXXXX");
        assert_non_null(mkdtemp(client->directory));
        fake_storage_add(&client->storage, "one", "Subject: 1\n\nfirst\n", 1);
        fake_storage_add(&client->storage, "two", "Subject: 2\n\nsecond\n", 1);
    }
    return 0;
}

int bench_teardown(void **state)
{
    char path[128];
    (void)state;
    for (int i = 0; i < CLIENTS; i++) {
        struct client *client = &clients[i];
        fd_close(&client->fd);
        while (client->session)
            event_base_loop(base, EVLOOP_ONCE);
        buf_free(&client->seen);
        snprintf(path, sizeof(path), "%s/lock", client->directory);
        unlink(path);
        snprintf(path, sizeof(path), "%s/ledger", client->directory);
        unlink(path);
        rmdir(client->directory);
    }
    log_to_stderr();
    buf_free(&log_lines);
    close(log_pipe[0]);
    close(log_pipe[1]);
    event_base_free(base);
    return 0;
}

static void on_end(struct session *session, void *context)
{
    struct client *client = context;
    assert_ptr_equal(client->session, session);
    client->session = NULL;
}

struct client *begin_on(int at, int of, const char *input)
{
    struct client *client = &clients[at];
    int pair[2];
    assert_true(fd_pair(SOCK_STREAM, pair));
    fd_close(&client->fd);
    client->fd = pair[0];
    client->has_closed = false;
    buf_clear(&client->seen);
    fd_set_nonblocking(pair[0], true);
    struct session_request request = {
        .client_fd = pair[1],
        .facts = {.id = "s1", .peer = "192.0.2.7"},
        .maildrop = {.storage = &fake_storage_operations,
                     .driver = &clients[of].storage,
                     .driver_name = "fake",
                     .path = clients[of].directory,
                     .user = "alice",
                     .state_fd = open(clients[of].directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)},
        .input = input,
        .input_length = input ? strlen(input) : 0,
    };
    client->session = session_open(base, &settings, &request, on_end, client);
    return client;
}

struct client *begin(const char *input)
{
    return begin_on(0, 0, input);
}

void turn(struct client *client, size_t most)
{
    event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    if (client->fd < 0 || client->has_closed || most == 0)
        return;
    ssize_t got = recv(client->fd, buf_reserve(&client->seen, most), most, 0);
    if (got > 0)
        buf_added(&client->seen, (size_t)got);
    else if (got == 0 || errno != EAGAIN)
        client->has_closed = true;
    else
        usleep(200);
}

void until_ended(struct client *client)
{
    while (client->session)
        turn(client, 65536);
    while (client->fd >= 0 && !client->has_closed)
        turn(client, 65536);
}

bool has_seen(struct client *client, const char *text)
{
    return buf_length(&client->seen) > 0 &&
           memmem(buf_head(&client->seen), buf_length(&client->seen), text, strlen(text)) != NULL;
}

void until_seen(struct client *client, const char *text)
{
    while (!has_seen(client, text)) {
        assert_false(client->has_closed);
        turn(client, 65536);
    }
}

void say(struct client *client, const char *text)
{
    assert_int_equal(send(client->fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

void some_turns(struct client *client, unsigned turns)
{
    for (unsigned i = 0; i < turns; i++)
        turn(client, 65536);
}

/* Everything up to now, fields as "key=value ", one line each. */
static const char *log_read(void)
{
    struct log_record_head record;
    char fields[LOG_RECORD_MAX];
    while (read(log_pipe[0], &record, sizeof(record)) == (ssize_t)sizeof(record)) {
        assert_int_equal(read(log_pipe[0], fields, record.length), record.length);
        for (size_t at = 0, field = 0; at < record.length; at += strlen(fields + at) + 1, field++)
            buf_append_format(&log_lines, "%s%s", fields + at, field % 2 == 0 ? "=" : " ");
        buf_append_string(&log_lines, "\n");
    }
    buf_append(&log_lines, "", 1);
    log_lines.tail--;
    return buf_head(&log_lines);
}

const char *logged(const char *key)
{
    static char value[64];
    char pattern[64];
    const char *line = NULL, *next = log_read();
    while ((next = strstr(next, "event=session_end ")))
        line = next++;
    assert_non_null(line);
    snprintf(pattern, sizeof(pattern), " %s=", key);
    const char *found = strstr(line, pattern);
    assert_non_null(found);
    found += strlen(pattern);
    snprintf(value, sizeof(value), "%.*s", (int)strcspn(found, " "), found);
    return value;
}

bool has_logged(const char *text)
{
    return strstr(log_read(), text) != NULL;
}

size_t count_logged(const char *text)
{
    size_t count = 0;
    for (const char *at = log_read(); (at = strstr(at, text)); at++)
        count++;
    return count;
}
