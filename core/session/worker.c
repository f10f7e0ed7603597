/*
 * session/worker.c - a worker: one session as the mailbox owner. Forked by the nursery with everything that one has
 * loaded; keeps only its own descriptors, then its own identity, before it looks at mail or state.
 *
 * It ends with its session, or when the nursery closes its end of the life pipe (the nursery cannot signal another
 * uid), or on SIGTERM: then at once, but never in the middle of a commit.
 */
#include "session/worker.h"

#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "room/room.h"
#include "session/nursery_state.h"
#include "session/session_log.h"
#include "util/fd.h"
#include "util/log.h"

struct worker {
    struct event_base *base;
    struct session *session; /* NULL once it has ended */
    struct event *life, *term;
};

/* The nursery's handlers would write into its event base: back to what a new process has. */
static int worker_reset_signals(const sigset_t *before)
{
    sigset_t mask = *before, term;
    signal(SIGCHLD, SIG_DFL);
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigaddset(&mask, SIGTERM);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    return signalfd(-1, &term, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void worker_on_end(struct session *session, void *context)
{
    struct worker *worker = context;
    (void)session;
    worker->session = NULL;
    event_base_loopbreak(worker->base);
}

static void worker_on_stop(evutil_socket_t fd, short what, void *context)
{
    struct worker *worker = context;
    (void)fd;
    (void)what;
    if (worker->session)
        session_shutdown(worker->session);
}

/* Own loop, own everything: the nursery's base shares its epoll set with the nursery and is never touched here. */
static struct event_base *worker_base(void)
{
    struct event_config *config = event_config_new();
    if (!config)
        return NULL;
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

static struct event *worker_watch(struct worker *worker, int fd)
{
    struct event *event = event_new(worker->base, fd, EV_READ, worker_on_stop, worker);
    if (!event || event_add(event, NULL) != 0)
        abort();
    return event;
}

static enum restante_status worker_settle(struct worker_start *start, struct restante_error *error)
{
    enum restante_status status = sandbox_become_owner(&start->owner, start->minimum_uid, error);
    if (status != RESTANTE_OK)
        return status;
    /* Here a worker locks itself in: sandbox_confine (Landlock, seccomp), before any mail or state is opened. */
    return nursery_state_open(start->state_dir, start->owner.uid, &start->session.maildrop.state_fd, error);
}

void worker_main(struct worker_start *start)
{
    struct worker worker = {0};
    struct restante_error error = {0};
    int keep[] = {ROOM_LOG_FD, start->session.client_fd, start->life_fd};
    fd_close_others(keep, sizeof(keep) / sizeof(keep[0]));
    int term_fd = worker_reset_signals(start->mask);
    enum restante_status status = worker_settle(start, &error);
    if (status != RESTANTE_OK) {
        struct session_log log = {.session_id = start->session.facts.id,
                                  .user = start->session.maildrop.user,
                                  .peer = start->session.facts.peer};
        session_log_failure(&log, "worker_failed", &error);
        session_turn_away(&start->session.client_fd, &error);
        _exit(0);
    }
    worker.base = worker_base();
    if (!worker.base)
        _exit(71);
    worker.life = worker_watch(&worker, start->life_fd);
    if (term_fd >= 0)
        worker.term = worker_watch(&worker, term_fd);
    worker.session = session_open(worker.base, start->settings, &start->session, worker_on_end, &worker);
    event_base_dispatch(worker.base);
    _exit(0);
}
