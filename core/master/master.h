/*
 * master/master.h - the master's own state: what outlives a configuration.
 *
 * The master runs as root when started as root. It evaluates the configuration, reads keys, binds ports, starts and
 * supervises the rooms. It reads no client byte and loads no module. A configuration and the rooms that serve it are a
 * generation (master/generation.h); a reload starts a new one beside the old.
 */
#ifndef MASTER_MASTER_H
#define MASTER_MASTER_H

#include <event2/event.h>
#include <stdbool.h>
#include <sys/types.h>

#include "conf/conf.h"
#include "ipc/channel.h"
#include "ipc/messages.h"
#include "master/notify.h"
#include "util/clock_guard.h"
#include "util/faults.h"

enum { MASTER_EXIT_OK = 0, MASTER_EXIT_FAILURE = 1, MASTER_EXIT_USAGE = 64, MASTER_EXIT_CONFIG = 78 };

struct control;
struct master_trial;
struct generation;
struct master_slot;
struct master;

/* ROOM_MAINTAIN: what a command does with the rooms that it has started (master/maintain.h). */
struct master_maintenance {
    void (*begin)(struct master *master);                            /* every room is READY */
    bool (*frame)(struct master_slot *slot, struct frame_in *frame); /* of a room's; false: malformed */
    void (*lost)(struct master_slot *slot, const char *end);         /* a room has ended that was READY, in this way */
};

/* A listening socket. Generations that listen on the same address and port share it. */
struct master_socket {
    struct master_socket *next;
    char address[MESSAGE_PEER_MAX + 1]; /* as the setting writes it */
    uint32_t port;
    int fd;
    bool is_inherited; /* from the service manager: kept as long as the server runs */
    char name[64];     /* what the manager calls it */
};

struct master {
    struct event_base *base;
    const char *file; /* of the configuration */
    bool has_file;    /* else it is a name for sentences */
    enum room_mode mode;
    bool is_root;
    uid_t network_uid, internal_uid;
    gid_t network_gid, internal_gid;
    char state_root[1024];
    int state_fd;
    char chroot_path[1088];
    struct clock_guard clock_guard; /* what the rooms are told: master/clock_watch.h */
    struct event *clock_timer;
    bool is_clock_doubted; /* it was said so */
    bool has_policies;     /* that it matters to; without, what was set aside before may still be removed */
    struct master_socket *sockets;
    struct message_ticket_keys ticket_keys;
    struct generation *generations; /* all that have rooms, the newest first */
    struct generation *starting;    /* not yet in force; NULL: none */
    struct generation *running;     /* in force; NULL until every room of the first has been READY */
    uint32_t last_generation, last_room_id;
    struct event *ticket_timer;
    struct event *reload_next;    /* look again whether a wanted reload can begin */
    struct event *reload_overdue; /* the new generation should have been ready by now */
    bool is_reload_wanted;        /* one more, once this is possible */
    bool is_reloading;            /* from its beginning until its outcome is known */
    uint32_t reloads_begun;
    int64_t started_s;
    struct notify notify;
    struct control *control;
    struct event *status_overdue; /* rooms should have said what they count by now */
    struct message_status ended;  /* what dispatchers that are gone have counted */
    struct master_trial *trial;   /* `restante policy`: what is looked at */
    bool is_stopping; /* SIGTERM */
    const struct master_maintenance *maintenance;
    void *maintenance_context;
};

/*
 * Read the configuration (NULL: what it would be without a line in it) and prepare everything the rooms need; faults
 * are collected in master->starting.
 */
void master_open(struct master *master, const char *file, enum room_mode mode);
void master_close(struct master *master);
/* Start every room and run until they have ended (serve) or reported (check, inspect). */
int master_run(struct master *master);

#endif
