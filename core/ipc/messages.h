/*
 * ipc/messages.h - the fields of each frame, as structures with put and get.
 *
 * A put_ function begins the frame and adds its fields. A get_ function returns false unless the frame held exactly
 * these fields within their limits. Strings of received messages are copies; byte fields are views into the frame.
 */
#ifndef IPC_MESSAGES_H
#define IPC_MESSAGES_H

#include <restante/auth.h>
#include <restante/policy.h>

#include "ipc/frame.h"

#define MESSAGE_TOKEN_OCTETS 16
#define MESSAGE_SESSION_ID_MAX 31 /* characters of a session id */
#define MESSAGE_PEER_MAX 63       /* an address as text, without port */
#define MESSAGE_MECHANISM_MAX 31
#define MESSAGE_TEXT_MAX 2047    /* a sentence or a setting's text */
#define MESSAGE_INPUT_MAX 65536  /* pipelined input carried along */
#define MESSAGE_SECRET_MAX 2048  /* credentials as a mechanism sends them */
#define MESSAGE_MEMORY_MAX 65536 /* octets of a dispatcher's memory in one frame */
#define MESSAGE_STATE_KEY_MAX 64 /* the name of a state directory: hexadecimal */
#define MESSAGE_PATH_MAX 1279    /* a maildrop's or state directory's path; a forked worker pays by the page */

enum room_kind { ROOM_FRONTEND = 0, ROOM_AUTH, ROOM_AUTH_WORKER, ROOM_NURSERY, ROOM_POLICY, ROOM_KIND_COUNT };

/* FRAME_SETTING: a value as conf/conf.h keeps it. */
struct message_setting {
    char path[256];
    uint8_t type;
    int64_t integer;
    char text[MESSAGE_TEXT_MAX + 1];
    uint32_t line;
};
void message_put_setting(struct frame_out *frame, const struct message_setting *message);
bool message_get_setting(struct frame_in *frame, struct message_setting *message);

/* FRAME_LISTENER (with the listening socket) */
struct message_listener {
    char address[MESSAGE_PEER_MAX + 1];
    uint32_t port;
    uint8_t tls;        /* enum listener_tls */
    bool expects_proxy; /* a PROXY header comes first */
};
enum listener_tls { LISTENER_TLS_NONE = 0, LISTENER_TLS_STARTTLS, LISTENER_TLS_IMPLICIT };
void message_put_listener(struct frame_out *frame, const struct message_listener *message);
bool message_get_listener(struct frame_in *frame, struct message_listener *message);

/* FRAME_TLS_PAIR */
#define MESSAGE_TLS_PAIRS_MAX 1001
struct message_tls_pair {
    uint32_t number;         /* 1: tls.certificate and tls.key; n + 1: those of tls.sni.n */
    const void *certificate; /* PEM, the chain */
    size_t certificate_length;
    const void *key; /* PEM */
    size_t key_length;
};
void message_put_tls_pair(struct frame_out *frame, const struct message_tls_pair *message);
bool message_get_tls_pair(struct frame_in *frame, struct message_tls_pair *message);

/* FRAME_TLS_PAIR_TRIED: the answer to each FRAME_TLS_PAIR. */
struct message_tls_pair_tried {
    uint32_t number;
    bool is_taken;
    int64_t starts_s, expires_s; /* of the certificate, where it was taken */
    char reason[512];            /* where not: a sentence */
};
void message_put_tls_pair_tried(struct frame_out *frame, const struct message_tls_pair_tried *message);
bool message_get_tls_pair_tried(struct frame_in *frame, struct message_tls_pair_tried *message);

/* FRAME_TICKET_KEYS: the current key first, then the one before it (still accepted). */
struct message_ticket_keys {
    uint8_t keys[2][80]; /* OpenSSL's layout: 16 name, 32 AES, 32 HMAC */
};
void message_put_ticket_keys(struct frame_out *frame, const struct message_ticket_keys *message);
bool message_get_ticket_keys(struct frame_in *frame, struct message_ticket_keys *message);

/* FRAME_START */
enum room_mode {
    ROOM_SERVE = 0,
    ROOM_CHECK,   /* load and report, serve nothing */
    ROOM_INSPECT, /* load every module found and report it */
    ROOM_MAINTAIN, /* serve no client: look accounts up and carry out tasks (ipc/messages_task.h) */
    ROOM_TRY,      /* look at policy files */
};
struct message_start {
    uint8_t mode;
    uint32_t room_id;     /* ever growing over the life of the master */
    uint32_t entry;       /* auth worker: which `auth` entry, from 1 */
    bool change_identity; /* false: started as an ordinary user */
    bool keep_root;       /* auth worker whose driver needs it */
    uint32_t uid, gid;
    uint32_t groups[RESTANTE_GROUPS_MAX];
    uint32_t groups_count;
    char chroot[1024];     /* empty directory, or "" */
    char state_root[1024]; /* nursery: where state directories are */
    int64_t clock_base_s, clock_boot_s, clock_jump_s; /* nursery: as struct clock_guard */
    bool is_clock_unknown;
};
void message_put_start(struct frame_out *frame, const struct message_start *message);
bool message_get_start(struct frame_in *frame, struct message_start *message);

/* FRAME_CHANNEL (with the socket) */
struct message_channel {
    uint8_t peer; /* enum room_kind */
    uint32_t peer_id;
    uint32_t peer_entry; /* auth worker: which `auth` entry, from 1 */
};
void message_put_channel(struct frame_out *frame, const struct message_channel *message);
bool message_get_channel(struct frame_in *frame, struct message_channel *message);

/* FRAME_DRAIN: take nothing new, and … */
enum drain_mode {
    DRAIN_STOP = 0, /* end within the grace period; whoever has not logged in is turned away */
    DRAIN_RELOAD,   /* serve what is there to its end, without limit; DRAIN_STOP may follow */
};
struct message_drain {
    uint8_t mode; /* enum drain_mode */
    uint32_t grace_ms;
};
void message_put_drain(struct frame_out *frame, const struct message_drain *message);
bool message_get_drain(struct frame_in *frame, struct message_drain *message);

/* FRAME_STATE_DIR, FRAME_STATE_DIR_MADE: a directory <state>/<key>, 0700, owned by uid:gid */
struct message_state_dir {
    uint64_t request_id;
    uint32_t uid, gid;
    char key[MESSAGE_STATE_KEY_MAX + 1];
};
void message_put_state_dir(struct frame_out *frame, const struct message_state_dir *message);
bool message_get_state_dir(struct frame_in *frame, struct message_state_dir *message);
struct message_state_dir_made {
    uint64_t request_id;
    bool is_made;
    char log[512]; /* why not */
};
void message_put_state_dir_made(struct frame_out *frame, const struct message_state_dir_made *message);
bool message_get_state_dir_made(struct frame_in *frame, struct message_state_dir_made *message);

/*
 * FRAME_WORKER_WANTED (`number` is an auth entry, from 1), FRAME_WORKER_UNWANTED and FRAME_WORKER_STUCK (`number` is a
 * room id). TRUST: the dispatcher is not root; the master checks that the room is an auth worker of its generation.
 */
void message_put_worker(struct frame_out *frame, uint16_t type, uint32_t number);
bool message_get_worker(struct frame_in *frame, uint32_t *number);

/*
 * FRAME_MEMORY: an opaque part of what an auth dispatcher remembers; every part can be read by itself. An old
 * generation's dispatcher sends them when it is drained, the master passes each on to the new one as it is.
 */
void message_put_memory(struct frame_out *frame, const void *data, size_t length);
bool message_get_memory(struct frame_in *frame, const void **data, size_t *length);

/* FRAME_FAULT, and the frames without fields: FRAME_READY, FRAME_SERVE, FRAME_RETIRED, FRAME_STATUS_WANTED */
void message_put_fault(struct frame_out *frame, const char *sentence);
bool message_get_fault(struct frame_in *frame, char sentence[MESSAGE_TEXT_MAX + 1]);
struct message_ready {
    char confinement[128]; /* what is in force, for people */
};
void message_put_ready(struct frame_out *frame, const struct message_ready *message);
bool message_get_ready(struct frame_in *frame, struct message_ready *message);
void message_put_serve(struct frame_out *frame);
/* FRAME_ANNOUNCEMENT */
void message_put_announcement(struct frame_out *frame, const struct restante_announcement *announcement);
bool message_get_announcement(struct frame_in *frame, struct restante_announcement *announcement);
void message_put_retired(struct frame_out *frame);
void message_put_status_wanted(struct frame_out *frame);

/* FRAME_STATUS: each room fills in what it knows. */
struct message_status {
    uint64_t connections;                            /* frontend: that it has */
    uint64_t sessions, workers;                      /* nursery: sessions, and processes for them */
    uint64_t logins_accepted, logins_denied, logins_failed; /* auth, since it was started */
};
void message_put_status(struct frame_out *frame, const struct message_status *message);
bool message_get_status(struct frame_in *frame, struct message_status *message);

/* FRAME_MODULE */
struct message_module {
    uint8_t kind; /* enum restante_kind */
    char name[64];
    uint32_t abi_major, abi_minor;
    char summary[256];
    char path[1024];
    char refusal[MESSAGE_TEXT_MAX + 1]; /* why it is not usable, or "" */
};
void message_put_module(struct frame_out *frame, const struct message_module *message);
bool message_get_module(struct frame_in *frame, struct message_module *message);

/* FRAME_MODULE_SETTING: belongs to the module named by `setting_path` ("storage.1.mark_seen") */
struct message_module_setting {
    char setting_path[256];
    char value[MESSAGE_TEXT_MAX + 1]; /* as it would be written */
    bool is_default;
    char help[256];
};
void message_put_module_setting(struct frame_out *frame, const struct message_module_setting *message);
bool message_get_module_setting(struct frame_in *frame, struct message_module_setting *message);

/* FRAME_OPENED, FRAME_CLOSED, FRAME_REFUSED, FRAME_SESSION_ENDED: connection ids only ever grow in a frontend */
void message_put_opened(struct frame_out *frame, uint64_t connection_id, const char *peer);
bool message_get_opened(struct frame_in *frame, uint64_t *connection_id, char peer[MESSAGE_PEER_MAX + 1]);
void message_put_closed(struct frame_out *frame, uint64_t connection_id);
bool message_get_closed(struct frame_in *frame, uint64_t *connection_id);
void message_put_refused(struct frame_out *frame, uint64_t connection_id);
bool message_get_refused(struct frame_in *frame, uint64_t *connection_id);
void message_put_session_ended(struct frame_out *frame, uint32_t frontend_id, uint64_t connection_id);
bool message_get_session_ended(struct frame_in *frame, uint32_t *frontend_id, uint64_t *connection_id);

/* FRAME_SESSION_OPEN */
struct message_session_open {
    uint32_t frontend_id;
    uint64_t connection_id;
    char peer[MESSAGE_PEER_MAX + 1];
    char user[RESTANTE_USER_MAX + 1];
};
void message_put_session_open(struct frame_out *frame, uint32_t frontend_id, uint64_t connection_id,
                              const char *peer, const char *user);
bool message_get_session_open(struct frame_in *frame, struct message_session_open *message);

/* Facts about a client's session that travel with its identity; the frontend states them, for logs and policies. */
struct message_session {
    char id[MESSAGE_SESSION_ID_MAX + 1];
    char peer[MESSAGE_PEER_MAX + 1];
    char mechanism[MESSAGE_MECHANISM_MAX + 1]; /* "USER", "PLAIN" */
    char tls[64];                              /* "TLSv1.3 TLS_AES_256_GCM_SHA384", or "" */
};

/* FRAME_LOGIN. For "USER" the response is user NUL secret; else what the mechanism's client sent, decoded. */
struct message_login {
    uint64_t request_id; /* only ever grows in a frontend */
    uint64_t connection_id;
    struct message_session session;
    const void *response;
    size_t response_length; /* at most MESSAGE_SECRET_MAX */
};
void message_put_login(struct frame_out *frame, const struct message_login *message);
bool message_get_login(struct frame_in *frame, struct message_login *message);

/* FRAME_CHALLENGE, FRAME_RESPONSE */
struct message_exchange {
    uint64_t request_id;
    const void *data;
    size_t length;
};
void message_put_challenge(struct frame_out *frame, const struct message_exchange *message);
void message_put_response(struct frame_out *frame, const struct message_exchange *message);
bool message_get_exchange(struct frame_in *frame, struct message_exchange *message);

/* FRAME_VERDICT */
struct message_verdict {
    uint64_t request_id;
    uint8_t status; /* RESTANTE_OK with token, or _DENIED, _IN_USE, _TEMPORARY, _PERMANENT */
    uint8_t token[MESSAGE_TOKEN_OCTETS];
};
void message_put_verdict(struct frame_out *frame, const struct message_verdict *message);
bool message_get_verdict(struct frame_in *frame, struct message_verdict *message);

/* FRAME_VERIFY, FRAME_VERIFIED */
struct message_verify {
    uint64_t request_id;
    char user[RESTANTE_USER_MAX + 1];
    char secret[RESTANTE_SECRET_MAX + 1];
    char peer[MESSAGE_PEER_MAX + 1];
    bool is_tls;
};
void message_put_verify(struct frame_out *frame, const struct message_verify *message);
bool message_get_verify(struct frame_in *frame, struct message_verify *message);
struct message_verified {
    uint64_t request_id;
    uint8_t status;
    struct restante_account account; /* with RESTANTE_OK */
    char log[512];                   /* why not, for the log */
};
void message_put_verified(struct frame_out *frame, const struct message_verified *message);
bool message_get_verified(struct frame_in *frame, struct message_verified *message);

/* FRAME_IDENTITY */
struct message_identity {
    uint32_t frontend_id;
    uint64_t connection_id;
    uint8_t token[MESSAGE_TOKEN_OCTETS];
    struct message_session session;
    struct restante_account account;
};
void message_put_identity(struct frame_out *frame, const struct message_identity *message);
bool message_get_identity(struct frame_in *frame, struct message_identity *message);

/* FRAME_HANDOVER (with the client's socket, or the relay's end when TLS is spoken) */
struct message_handover {
    uint64_t connection_id;
    uint8_t token[MESSAGE_TOKEN_OCTETS];
    const void *input; /* what the client sent after its credentials */
    size_t input_length;
};
void message_put_handover(struct frame_out *frame, const struct message_handover *message);
bool message_get_handover(struct frame_in *frame, struct message_handover *message);

/* What a worker becomes for good with its first session, and what it must be for every further one. */
struct message_owner {
    uint32_t uid, gid;
    uint32_t groups[RESTANTE_GROUPS_MAX];
    uint32_t groups_count;
    const char *mail;  /* all mail that it may ever open lies below this path, */
    const char *state; /* and all state below this one */
};
bool message_owner_is_equal(const struct message_owner *one, const struct message_owner *other);

/* FRAME_SESSION (with the client's socket, or the relay's end). Its texts, too, are views into the frame. */
struct message_worker_session {
    uint32_t frontend_id;
    uint64_t connection_id;
    bool is_last; /* the worker gets no more and ends behind its sessions */
    struct message_owner owner;
    uint32_t storage; /* which item of the nursery's list, from 0 */
    const char *path, *state_dir, *user;
    struct message_session session;
    const void *input; /* as in the handover */
    size_t input_length;
};
void message_put_worker_session(struct frame_out *frame, const struct message_worker_session *message);
bool message_get_worker_session(struct frame_in *frame, struct message_worker_session *message);

/* FRAME_SESSION_OVER */
void message_put_session_over(struct frame_out *frame, uint32_t frontend_id, uint64_t connection_id);
bool message_get_session_over(struct frame_in *frame, uint32_t *frontend_id, uint64_t *connection_id);

#endif
