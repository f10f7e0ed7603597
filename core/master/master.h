/*
 * master/master.h - the master's own state, shared by the files of this folder.
 *
 * The master runs as root when started as root. It evaluates the configuration, reads keys, binds ports, starts and
 * supervises the rooms. It reads no client byte and loads no module.
 */
#ifndef MASTER_MASTER_H
#define MASTER_MASTER_H

#include <event2/event.h>
#include <stdbool.h>
#include <sys/types.h>

#include "conf/conf.h"
#include "ipc/channel.h"
#include "ipc/messages.h"
#include "util/faults.h"

enum { MASTER_EXIT_OK = 0, MASTER_EXIT_FAILURE = 1, MASTER_EXIT_USAGE = 64, MASTER_EXIT_CONFIG = 78 };

struct master_listener {
    struct message_listener facts;
    int fd;
};

enum slot_state {
    SLOT_EMPTY = 0, /* no process; perhaps a restart is due */
    SLOT_STARTING,  /* started, neither READY nor a fault yet */
    SLOT_READY,
};

/* A place that a room's process fills; the process may be replaced, the place stays. */
struct master_slot {
    struct master *master;
    enum room_kind kind;
    uint32_t entry;   /* auth worker: which `auth` entry, from 1 */
    uint32_t room_id; /* of the present process */
    pid_t pid;        /* 0: none */
    enum slot_state state;
    bool has_faults; /* it said why it will not be ready */
    bool was_ready;  /* the present process reported READY at some time */
    struct channel *control;
    struct event *restart;
    unsigned failures; /* deaths before READY in a row: each doubles the pause */
};

struct master {
    struct event_base *base;
    const char *file; /* of the configuration */
    struct conf conf;
    enum room_mode mode;
    bool is_root;
    uid_t network_uid, internal_uid;
    gid_t network_gid, internal_gid;
    char state_root[1024];
    int state_fd;
    char chroot_path[1088];
    struct master_listener *listeners;
    size_t listeners_count;
    char *certificate, *key; /* PEM; NULL without TLS */
    size_t certificate_length, key_length;
    struct message_ticket_keys ticket_keys;
    struct master_slot *slots;
    size_t slots_count;
    uint32_t last_room_id;
    bool is_running;  /* every room has been READY */
    bool is_stopping; /* SIGTERM */
    int exit_status;
    struct faults faults; /* why the start is refused */
    struct message_module *modules; /* what the rooms reported */
    size_t modules_count;
    struct message_module_setting *module_settings;
    size_t module_settings_count;
};

/* master.c: read the configuration and prepare everything the rooms need; faults are collected. */
void master_open(struct master *master, const char *file, enum room_mode mode);
void master_close(struct master *master);
/* Start every room and run until they have ended (serve) or reported (check, inspect). */
int master_run(struct master *master);

#endif
