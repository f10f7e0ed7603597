#include "unit.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "master/notify.h"
#include "util/log.h"

static char heard[512];

/* The manager's end, in the abstract namespace. */
static int listen_as(char *name, size_t capacity)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(name, capacity, "@restante-test-notify-%d", (int)getpid());
    memcpy(address.sun_path, name, strlen(name));
    address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))), 0);
    return fd;
}

static const char *hear(int fd)
{
    ssize_t got = recv(fd, heard, sizeof(heard) - 1, 0);
    heard[got > 0 ? got : 0] = '\0';
    return heard;
}

static void states_are_told(void **state)
{
    struct notify notify;
    char name[64];
    (void)state;
    int manager = listen_as(name, sizeof(name));
    setenv("NOTIFY_SOCKET", name, 1);
    notify_open(&notify);
    assert_null(getenv("NOTIFY_SOCKET"));
    notify_ready(&notify, "Serving");
    assert_string_equal(hear(manager), "READY=1\nSTATUS=Serving");
    notify_reloading(&notify);
    assert_memory_equal(hear(manager), "RELOADING=1\nMONOTONIC_USEC=", 27);
    assert_true(strtoll(heard + 27, NULL, 10) > 0);
    notify_stopping(&notify);
    assert_memory_equal(hear(manager), "STOPPING=1\n", 11);
    notify_close(&notify);
    close(manager);
}

static void without_a_manager_nothing_happens(void **state)
{
    static const char *const names[] = {"", "/", "relative", "@nobody-listens-here", "/nonexistent/notify"};
    struct notify notify;
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    notify_open(&notify);
    notify_ready(&notify, "Serving");
    assert_int_equal(notify.fd, -1);
    notify_close(&notify);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        setenv("NOTIFY_SOCKET", names[i], 1);
        notify_open(&notify);
        assert_int_equal(notify.fd, -1);
        notify_ready(&notify, "Serving");
        notify_close(&notify);
    }
}

static int64_t watchdog(const char *interval, const char *pid)
{
    struct notify notify;
    char name[64];
    int manager = listen_as(name, sizeof(name));
    setenv("NOTIFY_SOCKET", name, 1);
    setenv("WATCHDOG_USEC", interval, 1);
    if (pid)
        setenv("WATCHDOG_PID", pid, 1);
    notify_open(&notify);
    assert_null(getenv("WATCHDOG_USEC"));
    assert_null(getenv("WATCHDOG_PID"));
    notify_close(&notify);
    close(manager);
    return notify.watchdog_us;
}

static void the_watchdog_is_ours_or_not(void **state)
{
    char own[32];
    (void)state;
    snprintf(own, sizeof(own), "%d", (int)getpid());
    assert_true(watchdog("2000000", NULL) == 2000000);
    assert_true(watchdog("2000000", own) == 2000000);
    assert_true(watchdog("2000000", "1") == 0);
    assert_true(watchdog("2000000", "x") == 0);
    assert_true(watchdog("-1", NULL) == 0);
    assert_true(watchdog("0", NULL) == 0);
    assert_true(watchdog("18446744073709551615", NULL) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_are_told),
        cmocka_unit_test(without_a_manager_nothing_happens),
        cmocka_unit_test(the_watchdog_is_ours_or_not),
    };
    log_set_level(RESTANTE_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
