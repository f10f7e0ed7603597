#include "room/room.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/sandbox.h"
#include "util/clock.h"
#include "util/fd.h"
#include "util/log.h"

enum { ROOM_LAST_WORDS_MS = 2000, ROOM_EXIT_FAULT = 78 };

/* What room_main keeps beside the role's view. */
struct room_run {
    struct room room;
    const struct room_program *program;
    struct event *grace;
    bool has_started;
    int exit_status;
};

void room_end(struct room *room)
{
    event_base_loopbreak(room->base);
}

static void room_fail(struct room_run *run)
{
    run->exit_status = ROOM_EXIT_FAULT;
    room_end(&run->room);
}

static void room_send_fault(struct room *room, const char *sentence)
{
    struct frame_out frame = {0};
    message_put_fault(&frame, sentence);
    channel_send(room->control, &frame, -1);
    frame_free(&frame);
}

void room_report_module(struct room *room, const struct message_module *message)
{
    struct frame_out frame = {0};
    message_put_module(&frame, message);
    channel_send(room->control, &frame, -1);
    frame_free(&frame);
}

void room_report_module_setting(struct room *room, const struct message_module_setting *message)
{
    struct frame_out frame = {0};
    message_put_module_setting(&frame, message);
    channel_send(room->control, &frame, -1);
    frame_free(&frame);
}

static void room_add_setting(struct room_run *run, struct frame_in *frame)
{
    struct message_setting setting;
    if (run->has_started || !message_get_setting(frame, &setting)) {
        channel_refuse(run->room.control, "a setting that is malformed or late");
        return;
    }
    bool is_text = setting.type == CONF_STRING || setting.type == CONF_RAW_STRING;
    conf_add(&run->room.conf, setting.path, (enum conf_type)setting.type, setting.integer,
             is_text ? setting.text : NULL, setting.line);
}

static enum restante_status room_enter(struct room_run *run, struct restante_error *error)
{
    const struct message_start *start = &run->room.start;
    struct sandbox_identity identity = {
        .uid = start->uid,
        .gid = start->gid,
        .groups = start->groups,
        .groups_count = start->groups_count,
        .chroot = start->chroot,
        .keep_setid = run->program->kind == ROOM_NURSERY,
    };
    if (start->keep_root || !start->change_identity)
        return RESTANTE_OK;
    return sandbox_enter(&identity, error);
}

static void room_set_log_level(const struct conf *conf)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    const char *name = conf_string_or_null(conf, "log.level");
    for (unsigned i = 0; name && i < 4; i++) {
        if (strcmp(name, names[i]) == 0)
            log_set_level((enum restante_level)i);
    }
}

static void room_report_faults(struct room_run *run, struct faults *faults)
{
    for (size_t i = 0; i < faults->count; i++)
        room_send_fault(&run->room, faults->sentences[i]);
    faults_free(faults);
    room_fail(run);
}

static void room_confine(struct room_run *run, struct message_ready *ready, struct faults *faults)
{
    static const enum confine_kind kinds[ROOM_KIND_COUNT] = {
        [ROOM_FRONTEND] = CONFINE_FRONTEND,
        [ROOM_AUTH] = CONFINE_AUTH,
        [ROOM_AUTH_WORKER] = CONFINE_AUTH_WORKER,
        [ROOM_NURSERY] = CONFINE_NURSERY,
        [ROOM_POLICY] = CONFINE_POLICY,
    };
    struct confine_plan plan = {
        .kind = kinds[run->program->kind],
        .wish = confine_wish_of(conf_string(&run->room.conf, "confinement")),
        .keeps_root = run->room.start.keep_root,
    };
    if (run->program->confine)
        run->program->confine(&run->room, &plan, faults);
    if (faults->count == 0)
        confine(&plan, ready->confinement, faults);
}

/* START: from here on the order at the top of room.h. */
static void room_start(struct room_run *run, struct frame_in *frame)
{
    struct faults faults = {0};
    struct restante_error error = {0};
    struct frame_out frame_ready = {0};
    struct message_ready ready = {0};
    if (run->has_started || !message_get_start(frame, &run->room.start)) {
        channel_refuse(run->room.control, "a start that is malformed or the second one");
        return;
    }
    run->has_started = true;
    conf_sort(&run->room.conf);
    room_set_log_level(&run->room.conf);
    if (run->room.start.mode == ROOM_MAINTAIN) /* it is read by whoever typed the command */
        log_set_level(RESTANTE_WARN);
    if (room_enter(run, &error) != RESTANTE_OK)
        faults_add(&faults, "%s: %s", run->program->name, error.log);
    else
        run->program->load(&run->room, &faults);
    /* Everything is loaded, no outside byte has been read. */
    if (faults.count == 0 && run->room.start.mode != ROOM_INSPECT)
        room_confine(run, &ready, &faults);
    if (faults.count > 0) {
        room_report_faults(run, &faults);
        return;
    }
    message_put_ready(&frame_ready, &ready);
    channel_send(run->room.control, &frame_ready, -1);
    frame_free(&frame_ready);
    run->room.is_ready = true;
    bool is_report = run->room.start.mode == ROOM_CHECK || run->room.start.mode == ROOM_INSPECT;
    if (is_report)
        room_end(&run->room);
}

static void room_serve(struct room_run *run, struct frame_in *frame)
{
    if (!frame_end(frame) || !run->room.is_ready)
        channel_refuse(run->room.control, "a serve that is malformed or early");
    else if (run->program->serve)
        run->program->serve(&run->room);
}

static void room_send_status(struct room_run *run)
{
    struct message_status status = {0};
    struct frame_out frame = {0};
    if (run->program->status && run->room.role)
        run->program->status(&run->room, &status);
    message_put_status(&frame, &status);
    channel_send(run->room.control, &frame, -1);
    frame_free(&frame);
}

static void room_on_grace(evutil_socket_t fd, short what, void *context)
{
    struct room_run *run = context;
    (void)fd;
    (void)what;
    if (run->program->stop)
        run->program->stop(&run->room);
    room_end(&run->room);
}

static void room_drain(struct room_run *run, struct frame_in *frame)
{
    struct message_drain message;
    if (!message_get_drain(frame, &message)) {
        channel_refuse(run->room.control, "a malformed drain");
        return;
    }
    if (!run->room.is_ready) {
        room_end(&run->room);
        return;
    }
    struct timeval grace = clock_timeval(message.grace_ms);
    if (!run->grace)
        run->grace = evtimer_new(run->room.base, room_on_grace, run);
    if (message.mode == DRAIN_STOP)
        evtimer_add(run->grace, &grace);
    run->program->drain(&run->room, (enum drain_mode)message.mode);
}

static void room_receive(struct channel *channel, struct frame_in *frame, void *context)
{
    struct room_run *run = context;
    (void)channel;
    switch (frame->type) {
    case FRAME_SETTING:
        room_add_setting(run, frame);
        break;
    case FRAME_START:
        room_start(run, frame);
        break;
    case FRAME_STATUS_WANTED:
        room_send_status(run);
        break;
    case FRAME_SERVE:
        room_serve(run, frame);
        break;
    case FRAME_DRAIN:
        room_drain(run, frame);
        break;
    default:
        run->program->frame(&run->room, frame);
        break;
    }
}

/* Without a master there is nobody to restart, log or end this room: it ends itself. */
static void room_master_gone(struct channel *channel, const char *why, void *context)
{
    struct room_run *run = context;
    (void)channel;
    (void)why;
    room_end(&run->room);
}

static bool room_is_started_by_master(void)
{
    struct stat control;
    int type;
    socklen_t length = sizeof(type);
    return fstat(ROOM_CONTROL_FD, &control) == 0 && S_ISSOCK(control.st_mode) &&
           getsockopt(ROOM_CONTROL_FD, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_SEQPACKET;
}

int room_main(const struct room_program *program)
{
    static struct room_run run;
    if (!room_is_started_by_master()) {
        fprintf(stderr, "restante-%s is a part of Restante: start it with \"restante serve\"\n", program->name);
        return 64;
    }
    run.program = program;
    sandbox_harden();
    /* A terminal's interrupt reaches the whole group: only the master decides what it means. */
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    fd_set_cloexec(ROOM_CONTROL_FD, true);
    fd_set_cloexec(ROOM_LOG_FD, true);
    fd_set_nonblocking(ROOM_LOG_FD, true);
    log_to_pipe(ROOM_LOG_FD);
    run.room.base = event_base_new();
    if (!run.room.base)
        return 71;
    run.room.control =
        channel_open(run.room.base, ROOM_CONTROL_FD, program->control, room_receive, room_master_gone, &run);
    event_base_dispatch(run.room.base);
    if (run.room.control && run.room.is_ready && run.room.start.mode == ROOM_SERVE)
        room_send_status(&run); /* what it has counted is not to go with it */
    if (run.room.control)
        channel_flush(run.room.control, ROOM_LAST_WORDS_MS);
    return run.exit_status;
}
