/*
 * session/nursery.h - the nursery's own state, shared by its files. Runs in restante-session: account restante with
 * CAP_SETUID and CAP_SETGID, so that it must be treated as root's equal; it opens no mail.
 */
#ifndef SESSION_NURSERY_H
#define SESSION_NURSERY_H

#include <sys/types.h>

#include "room/room.h"
#include "session/nursery_policy.h"
#include "session/nursery_pool.h"
#include "session/nursery_state.h"
#include "session/nursery_storage.h"
#include "session/nursery_target.h"
#include "session/nursery_token.h"
#include "session/session.h"

#define NURSERY_WORKER_BUCKETS 1024

struct nursery;
struct nursery_task;
struct worker_start;

/* A channel to an auth dispatcher or a frontend. */
struct nursery_peer {
    struct nursery_peer *next;
    struct nursery *nursery;
    struct channel *channel;
    uint32_t id; /* the room's, from the master */
    bool is_auth;
};

/* A login between its handover and its worker. */
struct nursery_login {
    struct nursery_login *next;
    uint64_t request_id; /* of the state directory that is being made */
    uint32_t frontend_id;
    uint64_t connection_id;
    uint8_t token[MESSAGE_TOKEN_OCTETS];
    int client_fd;
    void *input;
    size_t input_length;
    struct nursery_token *identity; /* NULL until claimed */
    struct nursery_target target;
};

/* A session that a worker has and has not said to be over. */
struct nursery_session {
    struct nursery_session *next;
    uint32_t frontend_id;
    uint64_t connection_id;
    char id[MESSAGE_SESSION_ID_MAX + 1];
    char *peer, *user; /* for a new dispatcher */
};

struct nursery_worker {
    struct nursery_pool_member member; /* the first: the pool's members are workers */
    struct nursery_worker *next;       /* in the same bucket */
    struct nursery_worker *next_spare;
    struct nursery *nursery;
    pid_t pid;
    struct channel *channel; /* NULL: it gets nothing any more */
    struct nursery_session *sessions;
    bool is_spare; /* has never had one */
};

/* Workers forked ahead. */
struct nursery_spares {
    struct nursery_worker *first;
    size_t count, wanted;
    int64_t pause_ms; /* 0 unless the last one died unused */
    struct event *refill;
};

struct nursery {
    struct room *room;
    struct nursery_storages storages;
    struct nursery_policies policies;
    struct modules_needs needs; /* of all modules */
    struct nursery_tokens tokens;
    struct nursery_peer *peers;
    struct nursery_login *waiting; /* for their state directory */
    struct nursery_task *tasks;    /* maintenance */
    uint64_t last_request_id;
    struct nursery_worker *workers[NURSERY_WORKER_BUCKETS];
    size_t workers_count;
    struct nursery_spares spares;
    struct nursery_pool pool;
    struct nursery_pool_limits limits;
    bool keeps_workers; /* isolation "uid" */
    int life[2]; /* every worker watches [0]; [1] is open only here: closing it ends them */
    struct session_settings session_settings;
    struct confine_prepared *confinement; /* of the workers */
    uint32_t minimum_uid;
    bool is_privileged;
    bool is_draining; /* ends once nothing is left */
    bool is_stopping; /* takes no handover any more; else those of the frontends that there still are */
    struct event *child, *expiry, *idle;
};

/* nursery_login.c: a frontend hands a client over. */
void nursery_login_handover(struct nursery_peer *frontend, struct frame_in *frame);
/* The master has made a state directory, or not. */
void nursery_login_state_made(struct nursery *nursery, const struct message_state_dir_made *made);
/* Refuse everything that waits. */
void nursery_login_refuse_waiting(struct nursery *nursery);
void nursery_login_free(struct nursery_login **login);

/* nursery_worker.c: one worker. NULL: none could be made. */
struct nursery_worker *nursery_worker_start(struct nursery *nursery, struct restante_error *error);
/* Give it a session. The client's descriptor goes with it. */
void nursery_worker_serve(struct nursery_worker *worker, struct nursery_login *login, bool is_last);
/* Can it be given a session? Reads what it has said, its end among that. */
bool nursery_worker_is_there(struct nursery_worker *worker);
/* Tell a new dispatcher of every session, so that its counts hold. */
void nursery_worker_introduce(const struct nursery *nursery, struct channel *auth);
/* It gets nothing any more, and ends behind the sessions it has. */
void nursery_worker_retire(struct nursery_worker *worker);
/* Take note of workers that have ended. */
void nursery_worker_reap(struct nursery *nursery);
/* Let every worker end itself. */
void nursery_worker_end_all(struct nursery *nursery);
/* A process that runs `worker_main` with what every worker gets, and this end of a channel. -1: errno. */
pid_t nursery_worker_fork(struct nursery *nursery, int channel_fd, void (*run)(const struct worker_start *start));

/* nursery_task.c: maintenance. A frame of the master's about tasks; false: it is not, or is malformed. */
bool nursery_task_frame(struct nursery *nursery, struct frame_in *frame);
/* Was it a task that asked for this state directory? */
bool nursery_task_state_made(struct nursery *nursery, const struct message_state_dir_made *made);
/* Was it the worker of a task that has ended? */
bool nursery_task_reap(struct nursery *nursery, pid_t pid, int status);
/* Refuse those that have not begun. */
void nursery_task_refuse_waiting(struct nursery *nursery);

/* nursery_spare.c: workers forked ahead. False: out of memory. */
bool nursery_spare_prepare(struct nursery *nursery, size_t wanted);
void nursery_spare_begin(struct nursery *nursery);
/* NULL: there is none now. */
struct nursery_worker *nursery_spare_take(struct nursery *nursery);
/* It has ended unused. */
void nursery_spare_lost(struct nursery_worker *worker);

/* nursery_assign.c: a worker for a login that has everything. */
bool nursery_assign_prepare(struct nursery *nursery);
enum restante_status nursery_assign(struct nursery *nursery, struct nursery_login *login,
                                    struct restante_error *error);
/* A session of it is over, and it goes on. */
void nursery_assign_released(struct nursery_worker *worker);
/* Retire every worker that has no session. */
void nursery_assign_drain(struct nursery *nursery);

/* nursery_main.c */
extern const struct room_program nursery_program;
/* Tell auth that a connection is over. */
void nursery_session_ended(struct nursery *nursery, uint32_t frontend_id, uint64_t connection_id);
/* Read what auth has sent by now. */
void nursery_drain_auth(struct nursery *nursery);
/* Draining, and nothing is left: end the room. */
void nursery_end_if_empty(struct nursery *nursery);

#endif
