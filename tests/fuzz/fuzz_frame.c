/*
 * Fuzz target "frame": what another room, perhaps one that was taken over, may write into a channel. Input: the frame.
 *
 * Promises: a frame is taken or refused, nothing past its end is read; one that is taken means exactly what its
 * octets say, so putting it again gives the same octets.
 */
#include "fuzz.h"
#include "ipc/messages_policy.h"
#include "ipc/messages_task.h"
#include "ipc/protocol.h"

const char fuzz_name[] = "frame";

/* Take the frame; put it again when it could be taken. */
typedef bool (*frame_codec)(struct frame_in *in, struct frame_out *out);

#define CODEC_OF(name, get_name)                                                                                      \
    static bool codec_##name(struct frame_in *in, struct frame_out *out)                                              \
    {                                                                                                                 \
        static struct message_##get_name message;                                                                     \
        bool is_taken = message_get_##get_name(in, &message);                                                         \
        if (is_taken)                                                                                                 \
            message_put_##name(out, &message);                                                                        \
        return is_taken;                                                                                              \
    }
#define CODEC(name) CODEC_OF(name, name)

CODEC(setting)
CODEC(listener)
CODEC(tls_pair)
CODEC(ticket_keys)
CODEC(start)
CODEC(channel)
CODEC(drain)
CODEC(tls_pair_tried)
CODEC(status)
CODEC(state_dir)
CODEC(state_dir_made)
CODEC(module)
CODEC(module_setting)
CODEC(ready)
CODEC(login)
CODEC(verdict)
CODEC(verify)
CODEC(verified)
CODEC(identity)
CODEC(handover)
CODEC(worker_session)
CODEC(lookup)
CODEC(found)
CODEC(list)
CODEC(listed)
CODEC(task)
CODEC(work)
CODEC(task_rows)
CODEC(task_done)
CODEC(policy_file)
CODEC(policy_report)

/* One structure for two frames. */
#define CODEC_EXCHANGE(name)                                                                                          \
    static bool codec_##name(struct frame_in *in, struct frame_out *out)                                              \
    {                                                                                                                 \
        struct message_exchange message;                                                                              \
        bool is_taken = message_get_exchange(in, &message);                                                           \
        if (is_taken)                                                                                                 \
            message_put_##name(out, &message);                                                                        \
        return is_taken;                                                                                              \
    }

CODEC_EXCHANGE(challenge)
CODEC_EXCHANGE(response)

/* Frames of one number. */
#define CODEC_NUMBER(name, type)                                                                                      \
    static bool codec_##name(struct frame_in *in, struct frame_out *out)                                              \
    {                                                                                                                 \
        type number;                                                                                                  \
        bool is_taken = message_get_##name(in, &number);                                                              \
        if (is_taken)                                                                                                 \
            message_put_##name(out, number);                                                                          \
        return is_taken;                                                                                              \
    }

CODEC_NUMBER(closed, uint64_t)
CODEC_NUMBER(refused, uint64_t)
CODEC_NUMBER(task_next, uint64_t)

static bool codec_announcement(struct frame_in *in, struct frame_out *out)
{
    struct restante_announcement announcement;
    bool is_taken = message_get_announcement(in, &announcement);
    if (is_taken)
        message_put_announcement(out, &announcement);
    return is_taken;
}

static bool codec_opened(struct frame_in *in, struct frame_out *out)
{
    uint64_t id;
    char peer[MESSAGE_PEER_MAX + 1];
    bool is_taken = message_get_opened(in, &id, peer);
    if (is_taken)
        message_put_opened(out, id, peer);
    return is_taken;
}

/* A session, by its frontend and connection. */
#define CODEC_SESSION(name)                                                                                           \
    static bool codec_##name(struct frame_in *in, struct frame_out *out)                                              \
    {                                                                                                                 \
        uint32_t frontend;                                                                                            \
        uint64_t id;                                                                                                  \
        bool is_taken = message_get_##name(in, &frontend, &id);                                                       \
        if (is_taken)                                                                                                 \
            message_put_##name(out, frontend, id);                                                                    \
        return is_taken;                                                                                              \
    }

CODEC_SESSION(session_ended)
CODEC_SESSION(session_over)

static bool codec_session_open(struct frame_in *in, struct frame_out *out)
{
    struct message_session_open open;
    bool is_taken = message_get_session_open(in, &open);
    if (is_taken)
        message_put_session_open(out, open.frontend_id, open.connection_id, open.peer, open.user);
    return is_taken;
}

static bool codec_fault(struct frame_in *in, struct frame_out *out)
{
    char sentence[MESSAGE_TEXT_MAX + 1];
    bool is_taken = message_get_fault(in, sentence);
    if (is_taken)
        message_put_fault(out, sentence);
    return is_taken;
}

/* The worker frames and the dispatcher's memory, in which the type is a part of what is put. */
static bool codec_worker(struct frame_in *in, struct frame_out *out)
{
    uint32_t number;
    bool is_taken = message_get_worker(in, &number);
    if (is_taken)
        message_put_worker(out, in->type, number);
    return is_taken;
}

static bool codec_memory(struct frame_in *in, struct frame_out *out)
{
    const void *memory;
    size_t length;
    bool is_taken = message_get_memory(in, &memory, &length);
    if (is_taken)
        message_put_memory(out, memory, length);
    return is_taken;
}

/* Frames without fields. */
#define CODEC_NOTHING(name)                                                                                           \
    static bool codec_##name(struct frame_in *in, struct frame_out *out)                                              \
    {                                                                                                                 \
        bool is_taken = frame_end(in);                                                                                \
        if (is_taken)                                                                                                 \
            message_put_##name(out);                                                                                  \
        return is_taken;                                                                                              \
    }

CODEC_NOTHING(serve)
CODEC_NOTHING(status_wanted)
CODEC_NOTHING(retired)

static const frame_codec codecs[FRAME_TYPE_COUNT] = {
    [FRAME_SETTING] = codec_setting,
    [FRAME_LISTENER] = codec_listener,
    [FRAME_TLS_PAIR] = codec_tls_pair,
    [FRAME_TICKET_KEYS] = codec_ticket_keys,
    [FRAME_START] = codec_start,
    [FRAME_CHANNEL] = codec_channel,
    [FRAME_DRAIN] = codec_drain,
    [FRAME_STATE_DIR_MADE] = codec_state_dir_made,
    [FRAME_STATUS] = codec_status,
    [FRAME_FAULT] = codec_fault,
    [FRAME_MODULE] = codec_module,
    [FRAME_MODULE_SETTING] = codec_module_setting,
    [FRAME_READY] = codec_ready,
    [FRAME_STATE_DIR] = codec_state_dir,
    [FRAME_WORKER_WANTED] = codec_worker,
    [FRAME_WORKER_UNWANTED] = codec_worker,
    [FRAME_WORKER_STUCK] = codec_worker,
    [FRAME_MEMORY] = codec_memory,
    [FRAME_OPENED] = codec_opened,
    [FRAME_CLOSED] = codec_closed,
    [FRAME_REFUSED] = codec_refused,
    [FRAME_LOGIN] = codec_login,
    [FRAME_CHALLENGE] = codec_challenge,
    [FRAME_RESPONSE] = codec_response,
    [FRAME_VERDICT] = codec_verdict,
    [FRAME_VERIFY] = codec_verify,
    [FRAME_VERIFIED] = codec_verified,
    [FRAME_IDENTITY] = codec_identity,
    [FRAME_HANDOVER] = codec_handover,
    [FRAME_SESSION_ENDED] = codec_session_ended,
    [FRAME_SESSION_OPEN] = codec_session_open,
    [FRAME_ANNOUNCEMENT] = codec_announcement,
    [FRAME_SERVE] = codec_serve,
    [FRAME_STATUS_WANTED] = codec_status_wanted,
    [FRAME_RETIRED] = codec_retired,
    [FRAME_TLS_PAIR_TRIED] = codec_tls_pair_tried,
    [FRAME_SESSION] = codec_worker_session,
    [FRAME_SESSION_OVER] = codec_session_over,
    [FRAME_LOOKUP] = codec_lookup,
    [FRAME_FOUND] = codec_found,
    [FRAME_LIST] = codec_list,
    [FRAME_LISTED] = codec_listed,
    [FRAME_TASK] = codec_task,
    [FRAME_WORK] = codec_work,
    [FRAME_TASK_ROWS] = codec_task_rows,
    [FRAME_TASK_NEXT] = codec_task_next,
    [FRAME_TASK_DONE] = codec_task_done,
    [FRAME_POLICY_FILE] = codec_policy_file,
    [FRAME_POLICY_REPORT] = codec_policy_report,
};

/* A row of the table says one thing about descriptors; what is in no row may come from nobody. */
static void check_table(uint16_t type)
{
    bool is_known = strcmp(protocol_frame_name(type), "unknown") != 0;
    bool without_fd = false, with_fd = false;
    for (int kind = 0; kind < CHANNEL_KIND_COUNT; kind++) {
        without_fd |= protocol_allows((enum channel_kind)kind, type, false);
        with_fd |= protocol_allows((enum channel_kind)kind, type, true);
    }
    FUZZ_REQUIRE(!(without_fd && with_fd));
    FUZZ_REQUIRE(is_known == (without_fd || with_fd));
    /* A frame that is new needs a codec here. */
    FUZZ_REQUIRE(!is_known || codecs[type]);
}

/* With other sizes than the fields have, a reader stays within the frame and, once failed, gives nothing. */
static void read_blindly(const void *data, size_t size)
{
    struct frame_in in;
    size_t length;
    char text[8];
    if (!frame_parse(&in, data, size, -1))
        return;
    for (unsigned i = 0; !in.failed && in.at < in.end; i++) {
        switch (*in.at % 6) {
        case 0: (void)frame_get_u8(&in); break;
        case 1: (void)frame_get_u32(&in); break;
        case 2: (void)frame_get_u64(&in); break;
        case 3: (void)frame_get_bool(&in); break;
        case 4: frame_get_string(&in, text, sizeof(text)); break;
        case 5: (void)frame_get_bytes(&in, &length); break;
        }
    }
    if (!in.failed)
        return;
    FUZZ_REQUIRE(frame_get_u64(&in) == 0 && !frame_get_bool(&in) && !frame_get_bytes(&in, &length) && length == 0);
    frame_get_string(&in, text, sizeof(text));
    FUZZ_REQUIRE(text[0] == '\0' && !frame_end(&in));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, data + size};
    struct frame_in in;
    struct frame_out out = {0};
    for (uint16_t type = 0; size == 0 && type <= FRAME_TYPE_COUNT; type++)
        check_table(type);
    size_t length;
    char *copy = fuzz_copy(&input, FRAME_MAX, &length);
    read_blindly(copy, length);
    if (frame_parse(&in, copy, length, -1)) {
        check_table(in.type);
        frame_codec codec = in.type < FRAME_TYPE_COUNT ? codecs[in.type] : NULL;
        if (codec && codec(&in, &out))
            FUZZ_REQUIRE(buf_length(&out.buf) == length && memcmp(buf_head(&out.buf), copy, length) == 0);
        else
            FUZZ_REQUIRE(buf_length(&out.buf) == 0);
    }
    frame_free(&out);
    free(copy);
    return 0;
}
