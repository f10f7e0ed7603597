/*
 * session/policy_room.c - a room for files that nobody has looked at yet. Runs under the internal account, or as the
 * user who asks; confined like an auth worker: it reads files. What a module finds goes to the master as it is found.
 *
 * Failing: a module that does not load is a fault. A script that gets past its own limits ends this process by the
 * system's, and the master says so.
 */
#include "session/policy_room.h"

#include <stdlib.h>
#include <string.h>

#include <restante/policy.h>

#include "ipc/messages_policy.h"
#include "room/modules.h"
#include "util/alloc.h"
#include "util/str.h"

enum { POLICY_ROOM_CPU_S = 120, POLICY_ROOM_FLUSH_MS = 10000 };
#define POLICY_ROOM_MEMORY_OCTETS (UINT64_C(512) << 20)

static struct policy_room {
    struct message_policy_file *files;
    size_t count;
    struct loader_module *module;
} policy_room;

static void policy_room_frame(struct room *room, struct frame_in *frame)
{
    struct message_policy_file file;
    if (frame->type != FRAME_POLICY_FILE || room->is_ready || !message_get_policy_file(frame, &file)) {
        channel_refuse(room->control, "a frame that a policy room does not take");
        return;
    }
    policy_room.files = alloc_resize(policy_room.files, policy_room.count + 1, sizeof(file));
    policy_room.files[policy_room.count++] = file;
}

static bool policy_room_can(const struct restante_policy *operations, uint8_t operation)
{
    return operation == POLICY_CHECK ? operations->check != NULL : operations->test != NULL;
}

static void policy_room_load(struct room *room, struct faults *faults)
{
    if (policy_room.count == 0) {
        faults_add(faults, "policy: no file was named");
        return;
    }
    const struct message_policy_file *first = &policy_room.files[0];
    policy_room.module = modules_load_bare(room, RESTANTE_KIND_POLICY, first->driver, faults);
    if (policy_room.module && !policy_room_can(policy_room.module->descriptor->operations, first->operation))
        faults_add(faults, "the policies of module \"%s\" are no files that could be %s", first->driver,
                   first->operation == POLICY_CHECK ? "checked" : "tested");
    /* What a test expects of hours and days is to come out the same everywhere. */
    if (first->operation == POLICY_TEST)
        setenv("TZ", "UTC0", 1);
}

static void policy_room_confine(struct room *room, struct confine_plan *plan, struct faults *faults)
{
    static const struct landlock_path everything[] = {{"/", LANDLOCK_READ}};
    (void)room;
    (void)faults;
    plan->paths = everything;
    plan->paths_count = 1;
    plan->memory_octets = POLICY_ROOM_MEMORY_OCTETS;
    plan->cpu_s = POLICY_ROOM_CPU_S;
}

static void policy_room_report(void *context, enum restante_policy_result result, const char *text)
{
    struct room *room = context;
    struct message_policy_report message = {.result = (uint8_t)result};
    struct frame_out frame = {0};
    str_copy(message.text, sizeof(message.text), text);
    message_put_policy_report(&frame, &message);
    channel_send(room->control, &frame, -1);
    frame_free(&frame);
}

static void policy_room_serve(struct room *room)
{
    const struct restante_policy *operations = policy_room.module->descriptor->operations;
    for (size_t i = 0; i < policy_room.count && room->control; i++) {
        const struct message_policy_file *file = &policy_room.files[i];
        struct restante_error error = {.log = ""};
        enum restante_status status =
            file->operation == POLICY_CHECK
                ? operations->check(modules_host(), file->path, policy_room_report, room, &error)
                : operations->test(modules_host(), file->path, policy_room_report, room, &error);
        if (status != RESTANTE_OK)
            policy_room_report(room, RESTANTE_POLICY_FAILED, error.log);
        channel_flush(room->control, POLICY_ROOM_FLUSH_MS); /* the next file may end this process */
    }
    room_end(room);
}

static void policy_room_drain(struct room *room, enum drain_mode mode)
{
    (void)mode;
    room_end(room);
}

const struct room_program policy_room_program = {
    .name = "policy",
    .kind = ROOM_POLICY,
    .control = CHANNEL_POLICY_FROM_MASTER,
    .frame = policy_room_frame,
    .load = policy_room_load,
    .confine = policy_room_confine,
    .serve = policy_room_serve,
    .drain = policy_room_drain,
};
