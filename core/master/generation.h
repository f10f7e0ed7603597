/*
 * master/generation.h - one evaluation of the configuration and the rooms that serve it.
 *
 * It is STARTING until every room is READY, then RUNNING. A reload makes a new one; the old one is then DRAINING: its
 * frontends accept nothing more and serve every connection they have to its end, and the rooms that these need live
 * as long. One that never becomes ready is ENDING, and the one in force stays.
 */
#ifndef MASTER_GENERATION_H
#define MASTER_GENERATION_H

#include "master/log_sink.h"
#include "master/master.h"

enum slot_state {
    SLOT_EMPTY = 0, /* no process; perhaps a restart is due */
    SLOT_STARTING,  /* started, neither READY nor a fault yet */
    SLOT_READY,
};

/* A place that a room's process fills; the process may be replaced, the place stays. */
struct master_slot {
    struct generation *generation;
    enum room_kind kind;
    uint32_t entry;   /* auth worker: which `auth` entry, from 1 */
    uint32_t room_id; /* of the present process */
    pid_t pid;        /* 0: none */
    enum slot_state state;
    bool has_faults; /* it said why it will not be ready */
    bool was_ready;  /* the present process reported READY at some time */
    char confinement[128]; /* what it said is in force, with READY */
    bool is_counting; /* it was asked for its counts and has not answered */
    struct message_status counts;
    bool is_accepting; /* frontend: it was told to serve and has not said that it stopped */
    bool is_dismissed; /* auth worker: it is not needed any more and may end */
    bool is_spare;     /* auth worker: the place stays empty until one more is wanted */
    struct channel *control;
    struct event *restart;
    unsigned failures; /* deaths before READY in a row: each doubles the pause */
    unsigned restarts; /* processes that took the place of one that died */
};

struct tls_files;

/* An entry of `listen`. */
struct generation_listener {
    struct message_listener facts;
    struct master_socket *socket; /* NULL when nothing is served */
};

enum generation_state { GENERATION_STARTING = 0, GENERATION_RUNNING, GENERATION_DRAINING, GENERATION_ENDING };

struct generation {
    struct generation *next; /* an older one */
    struct master *master;
    uint32_t number; /* from 1 */
    enum generation_state state;
    int64_t since_s; /* when it came into force */
    bool is_told_to_stop;  /* its sessions have been given a limit */
    struct event *overdue; /* after that limit its rooms are ended */
    struct conf conf;
    struct log_target log_target; /* until it is in force */
    struct generation_listener *listeners;
    size_t listeners_count;
    struct tls_files *tls; /* certificates and keys */
    struct master_slot **slots;
    size_t slots_count;
    struct faults faults;           /* why it cannot start */
    struct message_module *modules; /* what the rooms reported */
    size_t modules_count;
    struct restante_announcement announcement; /* what its policies say before login, from its nursery */
    struct message_module_setting *module_settings;
    size_t module_settings_count;
};

/* Evaluate the file and read what it names, as master->starting. Faults are in generation->faults. */
struct generation *generation_open(struct master *master);
/* Its rooms have ended. Sockets that no other generation listens on are closed. */
void generation_close(struct generation *generation);
struct master_slot *generation_add_slot(struct generation *generation, enum room_kind kind, uint32_t entry);
/* Every process that there is has said READY or why not. */
bool generation_is_settled(const struct generation *generation);
/* Does one of its frontends still take connections? */
bool generation_is_accepting(const struct generation *generation);
/* Is there a process whose kind `matches` (NULL: any)? */
bool generation_has_rooms(const struct generation *generation, bool (*matches)(enum room_kind kind));
bool generation_is_ready(const struct generation *generation);

#endif
