#include "ipc/protocol.h"

#include <stddef.h>

static const char *const channel_names[CHANNEL_KIND_COUNT] = {
    [CHANNEL_FRONTEND_FROM_MASTER] = "master to frontend",   [CHANNEL_AUTH_FROM_MASTER] = "master to auth",
    [CHANNEL_NURSERY_FROM_MASTER] = "master to nursery",     [CHANNEL_MASTER_FROM_FRONTEND] = "frontend to master",
    [CHANNEL_MASTER_FROM_AUTH] = "auth to master",           [CHANNEL_MASTER_FROM_NURSERY] = "nursery to master",
    [CHANNEL_POLICY_FROM_MASTER] = "master to policy room",  [CHANNEL_MASTER_FROM_POLICY] = "policy room to master",
    [CHANNEL_AUTH_FROM_FRONTEND] = "frontend to auth",       [CHANNEL_FRONTEND_FROM_AUTH] = "auth to frontend",
    [CHANNEL_NURSERY_FROM_AUTH] = "auth to nursery",         [CHANNEL_AUTH_FROM_NURSERY] = "nursery to auth",
    [CHANNEL_NURSERY_FROM_FRONTEND] = "frontend to nursery", [CHANNEL_FRONTEND_FROM_NURSERY] = "nursery to frontend",
    [CHANNEL_AUTH_FROM_WORKER] = "auth worker to auth",      [CHANNEL_WORKER_FROM_AUTH] = "auth to auth worker",
    [CHANNEL_WORKER_FROM_NURSERY] = "nursery to worker",     [CHANNEL_NURSERY_FROM_WORKER] = "worker to nursery",
    [CHANNEL_TASK_FROM_NURSERY] = "nursery to task worker",  [CHANNEL_NURSERY_FROM_TASK] = "task worker to nursery",
};

#define FROM(kind) (UINT32_C(1) << CHANNEL_##kind)
#define FROM_MASTER                                                                                                   \
    (FROM(FRONTEND_FROM_MASTER) | FROM(AUTH_FROM_MASTER) | FROM(NURSERY_FROM_MASTER) | FROM(POLICY_FROM_MASTER))
#define TO_MASTER                                                                                                     \
    (FROM(MASTER_FROM_FRONTEND) | FROM(MASTER_FROM_AUTH) | FROM(MASTER_FROM_NURSERY) | FROM(MASTER_FROM_POLICY))

/* One row per frame: where it may arrive, and whether a descriptor comes along. */
static const struct protocol_row {
    const char *name;
    uint32_t channels;
    enum protocol_fd fd;
} protocol_table[FRAME_TYPE_COUNT] = {
    [FRAME_SETTING] = {"setting", FROM_MASTER, PROTOCOL_NO_FD},
    [FRAME_LISTENER] = {"listener", FROM(FRONTEND_FROM_MASTER), PROTOCOL_WITH_FD},
    [FRAME_TLS_PAIR] = {"tls-pair", FROM(FRONTEND_FROM_MASTER), PROTOCOL_NO_FD},
    [FRAME_TICKET_KEYS] = {"ticket-keys", FROM(FRONTEND_FROM_MASTER), PROTOCOL_NO_FD},
    [FRAME_POLICY_FILE] = {"policy-file", FROM(POLICY_FROM_MASTER), PROTOCOL_NO_FD},
    [FRAME_START] = {"start", FROM_MASTER, PROTOCOL_NO_FD},
    [FRAME_CHANNEL] = {"channel", FROM_MASTER, PROTOCOL_WITH_FD},
    [FRAME_SERVE] = {"serve", FROM_MASTER, PROTOCOL_NO_FD},
    [FRAME_DRAIN] = {"drain", FROM_MASTER, PROTOCOL_NO_FD},
    [FRAME_STATE_DIR_MADE] = {"state-dir-made", FROM(NURSERY_FROM_MASTER), PROTOCOL_NO_FD},
    [FRAME_STATUS_WANTED] = {"status-wanted", FROM_MASTER, PROTOCOL_NO_FD},
    [FRAME_STATUS] = {"status", TO_MASTER, PROTOCOL_NO_FD},
    [FRAME_FAULT] = {"fault", TO_MASTER, PROTOCOL_NO_FD},
    [FRAME_MODULE] = {"module", TO_MASTER, PROTOCOL_NO_FD},
    [FRAME_MODULE_SETTING] = {"module-setting", TO_MASTER, PROTOCOL_NO_FD},
    [FRAME_READY] = {"ready", TO_MASTER, PROTOCOL_NO_FD},
    [FRAME_STATE_DIR] = {"state-dir", FROM(MASTER_FROM_NURSERY), PROTOCOL_NO_FD},
    [FRAME_WORKER_WANTED] = {"worker-wanted", FROM(MASTER_FROM_AUTH), PROTOCOL_NO_FD},
    [FRAME_WORKER_UNWANTED] = {"worker-unwanted", FROM(MASTER_FROM_AUTH), PROTOCOL_NO_FD},
    [FRAME_WORKER_STUCK] = {"worker-stuck", FROM(MASTER_FROM_AUTH), PROTOCOL_NO_FD},
    [FRAME_MEMORY] = {"memory", FROM(MASTER_FROM_AUTH) | FROM(AUTH_FROM_MASTER), PROTOCOL_NO_FD},
    [FRAME_TLS_PAIR_TRIED] = {"tls-pair-tried", FROM(MASTER_FROM_FRONTEND), PROTOCOL_NO_FD},
    [FRAME_POLICY_REPORT] = {"policy-report", FROM(MASTER_FROM_POLICY), PROTOCOL_NO_FD},
    [FRAME_RETIRED] = {"retired", FROM(MASTER_FROM_FRONTEND), PROTOCOL_NO_FD},
    [FRAME_OPENED] = {"opened", FROM(AUTH_FROM_FRONTEND), PROTOCOL_NO_FD},
    [FRAME_CLOSED] = {"closed", FROM(AUTH_FROM_FRONTEND), PROTOCOL_NO_FD},
    [FRAME_REFUSED] = {"refused", FROM(FRONTEND_FROM_AUTH), PROTOCOL_NO_FD},
    [FRAME_LOGIN] = {"login", FROM(AUTH_FROM_FRONTEND), PROTOCOL_NO_FD},
    [FRAME_CHALLENGE] = {"challenge", FROM(FRONTEND_FROM_AUTH), PROTOCOL_NO_FD},
    [FRAME_RESPONSE] = {"response", FROM(AUTH_FROM_FRONTEND), PROTOCOL_NO_FD},
    [FRAME_VERDICT] = {"verdict", FROM(FRONTEND_FROM_AUTH), PROTOCOL_NO_FD},
    [FRAME_VERIFY] = {"verify", FROM(WORKER_FROM_AUTH), PROTOCOL_NO_FD},
    [FRAME_VERIFIED] = {"verified", FROM(AUTH_FROM_WORKER), PROTOCOL_NO_FD},
    [FRAME_IDENTITY] = {"identity", FROM(NURSERY_FROM_AUTH), PROTOCOL_NO_FD},
    [FRAME_HANDOVER] = {"handover", FROM(NURSERY_FROM_FRONTEND), PROTOCOL_WITH_FD},
    [FRAME_SESSION_ENDED] = {"session-ended", FROM(AUTH_FROM_NURSERY), PROTOCOL_NO_FD},
    [FRAME_SESSION_OPEN] = {"session-open", FROM(AUTH_FROM_NURSERY), PROTOCOL_NO_FD},
    [FRAME_SESSION] = {"session", FROM(WORKER_FROM_NURSERY), PROTOCOL_WITH_FD},
    [FRAME_SESSION_OVER] = {"session-over", FROM(NURSERY_FROM_WORKER), PROTOCOL_NO_FD},
    [FRAME_LOOKUP] = {"lookup", FROM(AUTH_FROM_MASTER), PROTOCOL_NO_FD},
    [FRAME_FOUND] = {"found", FROM(MASTER_FROM_AUTH), PROTOCOL_NO_FD},
    [FRAME_LIST] = {"list", FROM(AUTH_FROM_MASTER), PROTOCOL_NO_FD},
    [FRAME_LISTED] = {"listed", FROM(MASTER_FROM_AUTH), PROTOCOL_NO_FD},
    [FRAME_TASK] = {"task", FROM(NURSERY_FROM_MASTER), PROTOCOL_NO_FD},
    [FRAME_WORK] = {"work", FROM(TASK_FROM_NURSERY), PROTOCOL_NO_FD},
    [FRAME_TASK_ROWS] = {"task-rows", FROM(NURSERY_FROM_TASK) | FROM(MASTER_FROM_NURSERY), PROTOCOL_NO_FD},
    [FRAME_TASK_NEXT] = {"task-next", FROM(NURSERY_FROM_MASTER) | FROM(TASK_FROM_NURSERY), PROTOCOL_NO_FD},
    [FRAME_TASK_DONE] = {"task-done", FROM(NURSERY_FROM_TASK) | FROM(MASTER_FROM_NURSERY), PROTOCOL_NO_FD},
    [FRAME_ANNOUNCEMENT] = {"announcement", FROM(MASTER_FROM_NURSERY) | FROM(FRONTEND_FROM_MASTER), PROTOCOL_NO_FD},
};

bool protocol_allows(enum channel_kind kind, uint16_t type, bool has_fd)
{
    if (type >= FRAME_TYPE_COUNT)
        return false;
    const struct protocol_row *row = &protocol_table[type];
    return (row->channels >> kind & 1) != 0 && (row->fd == PROTOCOL_WITH_FD) == has_fd;
}

const char *protocol_frame_name(uint16_t type)
{
    const char *name = type < FRAME_TYPE_COUNT ? protocol_table[type].name : NULL;
    return name ? name : "unknown";
}

const char *protocol_channel_name(enum channel_kind kind)
{
    return (unsigned)kind < CHANNEL_KIND_COUNT ? channel_names[kind] : "unknown";
}
