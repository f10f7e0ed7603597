/*
 * ipc/protocol.h - which frame may go which way. The table itself is in protocol.c.
 */
#ifndef IPC_PROTOCOL_H
#define IPC_PROTOCOL_H

#include <stdbool.h>
#include <stdint.h>

/* A channel as its receiving end sees it: who receives from whom. */
enum channel_kind {
    CHANNEL_FRONTEND_FROM_MASTER = 0,
    CHANNEL_AUTH_FROM_MASTER,
    CHANNEL_NURSERY_FROM_MASTER,
    CHANNEL_MASTER_FROM_FRONTEND,
    CHANNEL_MASTER_FROM_AUTH,
    CHANNEL_MASTER_FROM_NURSERY,
    CHANNEL_POLICY_FROM_MASTER,
    CHANNEL_MASTER_FROM_POLICY,
    CHANNEL_AUTH_FROM_FRONTEND,
    CHANNEL_FRONTEND_FROM_AUTH,
    CHANNEL_NURSERY_FROM_AUTH,
    CHANNEL_AUTH_FROM_NURSERY,
    CHANNEL_NURSERY_FROM_FRONTEND,
    CHANNEL_FRONTEND_FROM_NURSERY, /* carries nothing: its end is the message */
    CHANNEL_AUTH_FROM_WORKER,
    CHANNEL_WORKER_FROM_AUTH,
    CHANNEL_WORKER_FROM_NURSERY,
    CHANNEL_NURSERY_FROM_WORKER,
    CHANNEL_TASK_FROM_NURSERY, /* a worker that does one task and serves nobody */
    CHANNEL_NURSERY_FROM_TASK,
    CHANNEL_KIND_COUNT,
};

enum frame_type {
    /* master to room, before START */
    FRAME_SETTING = 1, /* one checked setting */
    FRAME_LISTENER,    /* frontend: a listening socket, with descriptor */
    FRAME_TLS_PAIR,    /* frontend: certificate chain and key, PEM; also later, when the files have changed */
    FRAME_TICKET_KEYS, /* frontend: session ticket keys; also later, when they rotate */
    FRAME_START,       /* identity and mode: become it, load, report */
    /* master to room, at any time after START was sent */
    FRAME_CHANNEL, /* a socket to another room, with descriptor */
    FRAME_SERVE,   /* every room of the generation is ready: begin */
    FRAME_DRAIN,   /* take nothing new; end when the sessions have ended or the grace period is over */
    FRAME_STATE_DIR_MADE,
    FRAME_STATUS_WANTED, /* say how much there is of everything */
    /* room to master */
    FRAME_FAULT,          /* one sentence: why this room will not be ready */
    FRAME_MODULE,         /* a module it has loaded */
    FRAME_MODULE_SETTING, /* one row of that module's settings table, with the value in force */
    FRAME_READY,
    FRAME_STATE_DIR, /* nursery: make a state directory */
    FRAME_TLS_PAIR_TRIED, /* frontend: taken, or why not */
    FRAME_STATUS,    /* the answer; also a room's last words */
    FRAME_RETIRED,   /* frontend: it was told to drain and accepts nothing more */
    /* auth dispatcher to master, about its workers */
    FRAME_WORKER_WANTED,   /* logins wait: one more worker for this auth entry */
    FRAME_WORKER_UNWANTED, /* this room has long been idle: it may end, and is not replaced */
    FRAME_WORKER_STUCK,    /* this room has not answered in time: end it, and replace it */
    FRAME_MEMORY,          /* what the dispatcher remembers, for its successor; master to auth: from its predecessor */
    /* frontend and auth */
    FRAME_OPENED,    /* frontend: a connection, with its address */
    FRAME_CLOSED,    /* frontend: it has ended */
    FRAME_REFUSED,   /* auth: it is one too many */
    FRAME_LOGIN,     /* frontend: mechanism and credentials */
    FRAME_CHALLENGE, /* auth: mechanism's challenge */
    FRAME_RESPONSE,  /* frontend: the answer to it */
    FRAME_VERDICT,   /* auth: yes with token, no, or try again */
    /* auth dispatcher and its workers */
    FRAME_VERIFY,
    FRAME_VERIFIED,
    /* to the nursery */
    FRAME_IDENTITY, /* auth: token and account */
    FRAME_HANDOVER, /* frontend: token and client, with descriptor */
    /* nursery to auth */
    FRAME_SESSION_ENDED,
    FRAME_SESSION_OPEN, /* to a dispatcher that has just come: a session that its predecessor let in */
    /* nursery and its workers */
    FRAME_SESSION,      /* nursery: a client, its identity and maildrop, with descriptor */
    FRAME_SESSION_OVER, /* worker: that one has ended, others may come */
    /* maintenance (ipc/messages_task.h): master and auth worker */
    FRAME_LOOKUP, /* master: who is this user? */
    FRAME_FOUND,
    FRAME_LIST, /* master: which users are there? */
    FRAME_LISTED,
    /* master, nursery and worker */
    FRAME_TASK,      /* master: an account, and what is to be done with its maildrop */
    FRAME_WORK,      /* nursery to worker: the same, with the place of the maildrop */
    FRAME_TASK_ROWS, /* from the worker: a part of what it has to say */
    FRAME_TASK_NEXT, /* to the worker: it may go on */
    FRAME_TASK_DONE, /* from the worker */
    /* nursery to master before READY, and master to frontends before SERVE; again when another nursery says it */
    FRAME_ANNOUNCEMENT, /* what policies promise to clients that have not logged in */
    /* master and policy room */
    FRAME_POLICY_FILE,   /* before START: look at this */
    FRAME_POLICY_REPORT, /* one line about it */
    FRAME_TYPE_COUNT,
};

enum protocol_fd {
    PROTOCOL_NO_FD = 0,
    PROTOCOL_WITH_FD,
};

/* May `type` arrive on this kind of channel, with or without a descriptor? */
bool protocol_allows(enum channel_kind kind, uint16_t type, bool has_fd);
const char *protocol_frame_name(uint16_t type);
const char *protocol_channel_name(enum channel_kind kind);

#endif
