/*
 * session/nursery_fork.c - workers: begun, counted, their end noticed. Runs in the nursery.
 *
 * What is touched between fork and the child's exit is paid for page by page, so little is allocated here. A worker
 * that crashes takes its own session along and nobody else's.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "session/nursery.h"
#include "session/worker.h"
#include "util/alloc.h"
#include "util/error.h"
#include "util/fd.h"
#include "util/log.h"
#include "util/str.h"

static struct nursery_worker **nursery_fork_bucket(struct nursery *nursery, pid_t pid)
{
    return &nursery->workers[(unsigned)pid % NURSERY_WORKER_BUCKETS];
}

static void nursery_fork_note(struct nursery *nursery, const struct nursery_login *login, pid_t pid)
{
    struct nursery_worker *worker = alloc_zeroed(sizeof(*worker));
    struct nursery_worker **bucket = nursery_fork_bucket(nursery, pid);
    worker->pid = pid;
    worker->frontend_id = login->frontend_id;
    worker->connection_id = login->connection_id;
    str_copy(worker->session_id, sizeof(worker->session_id), login->identity->identity.session.id);
    worker->next = *bucket;
    *bucket = worker;
    nursery->workers_count++;
}

static void nursery_fork_describe(struct nursery *nursery, const struct nursery_login *login, const sigset_t *mask,
                                  struct worker_start *start)
{
    const struct message_identity *identity = &login->identity->identity;
    *start = (struct worker_start){
        .settings = &nursery->session_settings,
        .owner = {.uid = login->uid,
                  .gid = login->gid,
                  .groups = identity->account.groups,
                  .groups_count = identity->account.groups_count},
        .minimum_uid = nursery->minimum_uid,
        .life_fd = nursery->life[0],
        .mask = mask,
        .state_dir = login->state_dir,
        .session = {.client_fd = login->client_fd,
                    .facts = identity->session,
                    .maildrop = {.storage = login->storage->operations,
                                 .driver = login->storage->driver,
                                 .driver_name = login->storage->name,
                                 .path = login->path,
                                 .user = identity->account.user,
                                 .state_fd = -1},
                    .input = login->input,
                    .input_length = login->input_length},
    };
}

enum restante_status nursery_fork(struct nursery *nursery, struct nursery_login *login, struct restante_error *error)
{
    struct worker_start start;
    sigset_t all, before;
    nursery_fork_describe(nursery, login, &before, &start);
    /* A signal that came between fork and the child's own handlers would reach the nursery's loop through it. */
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    pid_t pid = fork();
    if (pid == 0)
        worker_main(&start);
    int errno_value = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (pid < 0)
        return error_set(error, RESTANTE_TEMPORARY, errno_value, NULL, "cannot fork a worker");
    nursery_fork_note(nursery, login, pid);
    fd_close(&login->client_fd);
    return RESTANTE_OK;
}

static void nursery_fork_log_crash(const struct nursery_worker *worker, int status)
{
    struct log_line line;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return;
    log_begin(&line, RESTANTE_ERROR, "worker_died");
    log_add(&line, "session", worker->session_id);
    log_add_number(&line, "worker", worker->pid);
    if (WIFSIGNALED(status)) {
        log_add_number(&line, "signal", WTERMSIG(status));
        log_add(&line, "text", strsignal(WTERMSIG(status)));
    } else {
        log_add_number(&line, "status", WEXITSTATUS(status));
    }
    log_end(&line);
}

void nursery_fork_reap(struct nursery *nursery)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct nursery_worker **place = nursery_fork_bucket(nursery, pid);
        while (*place && (*place)->pid != pid)
            place = &(*place)->next;
        struct nursery_worker *worker = *place;
        if (!worker)
            continue;
        *place = worker->next;
        nursery->workers_count--;
        nursery_fork_log_crash(worker, status);
        nursery_session_ended(nursery, worker->frontend_id, worker->connection_id);
        free(worker);
    }
    nursery_end_if_empty(nursery);
}

void nursery_fork_end_all(struct nursery *nursery)
{
    fd_close(&nursery->life[1]);
}
