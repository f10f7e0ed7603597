/*
 * master/clock_watch.c - when this server last ran. Runs in the master; the file is its own, in a folder that is its
 * own.
 *
 * Failing: a file that cannot be read or is none of ours stops policies from removing anything; a file that cannot be
 * written is logged, and costs no more than that the last run seems longer ago than it was.
 */
#include "master/clock_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/error.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/str.h"

#define CLOCK_FILE "clock"
#define CLOCK_FORMAT "restante-clock 1 %" PRId64 "\n"
#define CLOCK_FILE_MAX 64 /* octets; ours is shorter */
#define CLOCK_YEAR_10000_S INT64_C(253402300800)

enum { CLOCK_WATCH_EVERY_S = 3600 };

/* --- the file --------------------------------------------------------------------------------------------------- */

/* Exactly as it is written. */
static bool clock_file_parse(const char *text, int64_t *last_s)
{
    static const char head[] = "restante-clock 1 ";
    char again[CLOCK_FILE_MAX];
    uint64_t number;
    if (strncmp(text, head, sizeof(head) - 1) != 0)
        return false;
    const char *digits = text + sizeof(head) - 1;
    if (!str_parse_u64(digits, strspn(digits, "0123456789"), &number) || number >= (uint64_t)CLOCK_YEAR_10000_S)
        return false;
    *last_s = (int64_t)number;
    snprintf(again, sizeof(again), CLOCK_FORMAT, *last_s);
    return strcmp(text, again) == 0;
}

/* False: there is a file, and what it says is not known. */
static bool clock_file_read(int state_fd, int64_t *last_s)
{
    char text[CLOCK_FILE_MAX] = "";
    int fd = openat(state_fd, CLOCK_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    *last_s = CLOCK_GUARD_NEVER;
    if (fd < 0)
        return errno == ENOENT;
    ssize_t got = fd_read_full(fd, text, sizeof(text) - 1);
    fd_close(&fd);
    return got > 0 && strlen(text) == (size_t)got && clock_file_parse(text, last_s);
}

/* Under a name of its own first: another command may be doing the same. */
static enum restante_status clock_file_write(int state_fd, int64_t now_s, struct restante_error *error)
{
    char text[CLOCK_FILE_MAX], name[CLOCK_FILE_MAX];
    int length = snprintf(text, sizeof(text), CLOCK_FORMAT, now_s);
    snprintf(name, sizeof(name), CLOCK_FILE ".new-%ld", (long)getpid());
    int fd = openat(state_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool is_done = fd >= 0 && fd_write_all(fd, text, (size_t)length) && fsync(fd) == 0 &&
                   renameat(state_fd, name, state_fd, CLOCK_FILE) == 0 && fsync(state_fd) == 0;
    int errno_value = errno;
    if (!is_done && fd >= 0)
        (void)unlinkat(state_fd, name, 0);
    fd_close(&fd);
    return is_done ? RESTANTE_OK
                   : error_set(error, RESTANTE_TEMPORARY, errno_value, NULL,
                               "cannot write down in the state folder that there is a run now");
}

/* --- what follows ----------------------------------------------------------------------------------------------- */

static void clock_watch_log(const struct master *master, int64_t now_s)
{
    const struct clock_guard *guard = &master->clock_guard;
    char apart[32], text[512];
    struct log_line line;
    int64_t ahead_s = clock_guard_ahead_s(guard, now_s);
    str_format_duration(apart, sizeof(apart), (ahead_s < 0 ? -ahead_s : ahead_s) * 1000);
    log_begin(&line, master->has_policies ? RESTANTE_ERROR : RESTANTE_WARN, "clock");
    if (guard->is_unknown) {
        snprintf(text, sizeof(text), "%.300s/" CLOCK_FILE " does not say when the last run was", master->state_root);
    } else {
        log_add(&line, ahead_s < 0 ? "behind" : "ahead", apart);
        snprintf(text, sizeof(text), "the clock is %s %s the last run", apart, ahead_s < 0 ? "behind" : "ahead of");
    }
    size_t used = strlen(text);
    snprintf(text + used, sizeof(text) - used, "; policies remove nothing. If the time is right: "
                                               "\"restante expire --all --force\", then \"restante reload\"");
    log_add(&line, "text", text);
    log_end(&line);
}

static bool clock_watch_judge(struct master *master, int64_t now_s, bool is_told_again)
{
    bool is_sane = clock_guard_is_sane(&master->clock_guard, now_s);
    if (is_sane && master->is_clock_doubted)
        log_info("the clock fits the last run again: policies may remove mail");
    else if (!is_sane && (is_told_again || !master->is_clock_doubted))
        clock_watch_log(master, now_s);
    master->is_clock_doubted = !is_sane;
    return is_sane;
}

void clock_watch_look(struct master *master, const struct conf *conf)
{
    int64_t now_s = clock_now_s(), last_s = CLOCK_GUARD_NEVER;
    /* Without a state folder there was no run before this one. */
    bool is_known = master->state_fd < 0 || clock_file_read(master->state_fd, &last_s);
    clock_guard_begin(&master->clock_guard, last_s, now_s, conf_integer(conf, "clock_jump") / 1000);
    master->clock_guard.is_unknown = !is_known;
    master->has_policies = conf_list_count(conf, "policy") > 0;
    (void)clock_watch_judge(master, now_s, true);
}

void clock_watch_touch(struct master *master)
{
    struct restante_error error = {0};
    int64_t now_s = clock_now_s();
    if (master->state_fd < 0 || !clock_guard_is_sane(&master->clock_guard, now_s))
        return;
    if (clock_file_write(master->state_fd, now_s, &error) != RESTANTE_OK)
        log_error("%s: %s", master->state_root, error.log);
}

static void on_hour(evutil_socket_t fd, short what, void *context)
{
    struct master *master = context;
    (void)fd;
    (void)what;
    if (clock_watch_judge(master, clock_now_s(), master->has_policies))
        clock_watch_touch(master);
}

void clock_watch_start(struct master *master)
{
    const struct timeval hour = {.tv_sec = CLOCK_WATCH_EVERY_S};
    clock_watch_touch(master);
    master->clock_timer = event_new(master->base, -1, EV_PERSIST, on_hour, master);
    event_add(master->clock_timer, &hour);
}

enum restante_status clock_watch_approve(struct master *master, struct restante_error *error)
{
    int64_t now_s = clock_now_s();
    enum restante_status status = RESTANTE_OK;
    if (master->state_fd >= 0)
        status = clock_file_write(master->state_fd, now_s, error);
    if (status != RESTANTE_OK)
        return status;
    clock_guard_begin(&master->clock_guard, CLOCK_GUARD_NEVER, now_s, master->clock_guard.jump_s);
    master->is_clock_doubted = false;
    return RESTANTE_OK;
}

void clock_watch_close(struct master *master)
{
    if (master->clock_timer)
        event_free(master->clock_timer);
    master->clock_timer = NULL;
}
