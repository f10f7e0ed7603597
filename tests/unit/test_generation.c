#include "unit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "master/generation.h"
#include "master/listeners.h"
#include "master/ticket_keys.h"
#include "master/workers.h"
#include "util/alloc.h"
#include "util/log.h"

static struct master master;

static int begin(void **state)
{
    (void)state;
    master = (struct master){.file = "test.conf", .mode = ROOM_SERVE, .state_fd = -1, .notify = {.fd = -1}};
    master.base = event_base_new();
    return master.base == NULL;
}

static int end(void **state)
{
    (void)state;
    while (master.generations)
        generation_close(master.generations);
    assert_null(master.sockets);
    event_base_free(master.base);
    return 0;
}

/* As generation_open leaves one, without a file. */
static struct generation *add_generation(enum generation_state at)
{
    struct generation *generation = alloc_zeroed(sizeof(*generation));
    generation->master = &master;
    generation->state = at;
    generation->number = ++master.last_generation;
    generation->log_target.fd = -1;
    generation->next = master.generations;
    master.generations = generation;
    return generation;
}

static void add_listener(struct generation *generation, size_t number, uint16_t port)
{
    char path[64];
    snprintf(path, sizeof(path), "listen.%zu.address", number);
    conf_add(&generation->conf, path, CONF_STRING, 0, "127.0.0.1", 7);
    snprintf(path, sizeof(path), "listen.%zu.port", number);
    conf_add(&generation->conf, path, CONF_INTEGER, port, NULL, 7);
    snprintf(path, sizeof(path), "listen.%zu.tls", number);
    conf_add(&generation->conf, path, CONF_STRING, 0, "none", 7);
    snprintf(path, sizeof(path), "listen.%zu.proxy", number);
    conf_add(&generation->conf, path, CONF_BOOL, 0, NULL, 7);
}

static uint16_t free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static void a_generation_is_ready_when_all_are(void **state)
{
    struct generation *generation = add_generation(GENERATION_STARTING);
    (void)state;
    assert_false(generation_is_ready(generation)); /* without rooms it serves nobody */
    struct master_slot *one = generation_add_slot(generation, ROOM_AUTH, 0);
    struct master_slot *other = generation_add_slot(generation, ROOM_FRONTEND, 0);
    one->pid = other->pid = 1;
    one->state = SLOT_READY;
    other->state = SLOT_STARTING;
    assert_false(generation_is_ready(generation));
    assert_false(generation_is_settled(generation));
    other->state = SLOT_READY;
    assert_true(generation_is_ready(generation));
    other->pid = 0; /* it has ended: it will say no more */
    other->state = SLOT_EMPTY;
    assert_false(generation_is_ready(generation));
    assert_true(generation_is_settled(generation));
    other->is_accepting = true;
    assert_true(generation_is_accepting(generation));
}

static void sockets_are_shared_by_address_and_port(void **state)
{
    uint16_t kept = free_port(), gone = free_port();
    struct generation *old = add_generation(GENERATION_RUNNING);
    (void)state;
    add_listener(old, 1, kept);
    add_listener(old, 2, gone);
    listeners_open(old);
    assert_int_equal(old->faults.count, 0);
    struct generation *new = add_generation(GENERATION_STARTING);
    add_listener(new, 1, kept);
    listeners_open(new);
    assert_int_equal(new->faults.count, 0);
    assert_ptr_equal(new->listeners[0].socket, old->listeners[0].socket);
    int kept_fd = old->listeners[0].socket->fd, gone_fd = old->listeners[1].socket->fd;
    listeners_close(old);
    assert_int_not_equal(fcntl(kept_fd, F_GETFD), -1);
    assert_int_equal(fcntl(gone_fd, F_GETFD), -1);
    assert_ptr_equal(master.sockets, new->listeners[0].socket);
}

static void a_port_that_is_ours_is_told_from_a_strangers(void **state)
{
    uint16_t port = free_port();
    struct generation *old = add_generation(GENERATION_RUNNING);
    (void)state;
    add_listener(old, 1, port);
    listeners_open(old);
    struct generation *new = add_generation(GENERATION_STARTING);
    conf_add(&new->conf, "listen.1.address", CONF_STRING, 0, "0.0.0.0", 7);
    conf_add(&new->conf, "listen.1.port", CONF_INTEGER, port, NULL, 7);
    conf_add(&new->conf, "listen.1.tls", CONF_STRING, 0, "none", 7);
    conf_add(&new->conf, "listen.1.proxy", CONF_BOOL, 0, NULL, 7);
    listeners_open(new);
    assert_int_equal(new->faults.count, 1);
    assert_non_null(strstr(new->faults.sentences[0], "while this server listens on 127.0.0.1"));
}

static size_t count_workers(const struct generation *generation)
{
    size_t count = 0;
    for (size_t i = 0; i < generation->slots_count; i++)
        count += generation->slots[i]->kind == ROOM_AUTH_WORKER && !generation->slots[i]->is_spare;
    return count;
}

static void workers_stay_within_their_settings(void **state)
{
    struct generation *generation = add_generation(GENERATION_RUNNING);
    (void)state;
    conf_add(&generation->conf, "auth.1.workers", CONF_INTEGER, 1, NULL, 0);
    conf_add(&generation->conf, "auth.1.workers_max", CONF_INTEGER, 3, NULL, 0);
    conf_add(&generation->conf, "program_path", CONF_STRING, 0, "/nonexistent", 0);
    struct master_slot *first = generation_add_slot(generation, ROOM_AUTH_WORKER, 1);
    assert_false(workers_is_spare(first));
    for (int i = 0; i < 5; i++)
        workers_add(generation, 1);
    assert_int_equal(count_workers(generation), 3);
    workers_add(generation, 0);
    workers_add(generation, 2); /* TRUST: no such entry */
    assert_int_equal(generation->slots_count, 3);
    /* One that was not needed any more leaves a place that the next one takes. */
    assert_true(workers_is_spare(generation->slots[2]));
    generation->slots[2]->is_spare = true;
    assert_true(workers_is_spare(generation->slots[1]));
    generation->slots[1]->is_spare = true;
    assert_false(workers_is_spare(first));
    workers_add(generation, 1);
    assert_int_equal(count_workers(generation), 2);
    assert_int_equal(generation->slots_count, 3);
}

static void the_last_ticket_key_stays_accepted(void **state)
{
    struct message_ticket_keys before;
    (void)state;
    ticket_keys_open(&master, &(struct faults){0});
    before = master.ticket_keys;
    ticket_keys_rotate(&master);
    assert_memory_equal(master.ticket_keys.keys[1], before.keys[0], sizeof(before.keys[0]));
    assert_memory_not_equal(master.ticket_keys.keys[0], before.keys[0], sizeof(before.keys[0]));
    ticket_keys_close(&master);
}

#define GENERATION_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GENERATION_TEST(a_generation_is_ready_when_all_are),
        GENERATION_TEST(sockets_are_shared_by_address_and_port),
        GENERATION_TEST(a_port_that_is_ours_is_told_from_a_strangers),
        GENERATION_TEST(workers_stay_within_their_settings),
        GENERATION_TEST(the_last_ticket_key_stays_accepted),
    };
    log_to_pipe(open("/dev/null", O_WRONLY | O_CLOEXEC));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
