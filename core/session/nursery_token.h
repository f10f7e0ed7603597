/*
 * session/nursery_token.h - identities that auth has announced and no frontend has claimed yet.
 *
 * Each is found by frontend, connection and token together, once, within NURSERY_TOKEN_MS. The frontend is the one
 * whose channel the claim came on, never one that a frame names.
 */
#ifndef SESSION_NURSERY_TOKEN_H
#define SESSION_NURSERY_TOKEN_H

#include "ipc/messages.h"

#define NURSERY_TOKEN_MS 10000
#define NURSERY_TOKEN_MAX 4096 /* identities waiting; beyond it the oldest goes */
#define NURSERY_TOKEN_BUCKETS 256

struct nursery_token {
    struct nursery_token *older, *newer; /* in order of arrival */
    struct nursery_token *next;          /* in the same bucket */
    int64_t deadline_ms;
    struct message_identity identity;
};

/* Zeroed: empty, nobody told. */
struct nursery_tokens {
    struct nursery_token *oldest, *newest;
    struct nursery_token *buckets[NURSERY_TOKEN_BUCKETS];
    size_t count;
    /* Told of an identity that is dropped unclaimed, so that its connection counts no longer; may be NULL. */
    void (*dropped)(const struct message_identity *identity, void *context);
    void *context;
};

void nursery_token_add(struct nursery_tokens *tokens, const struct message_identity *identity, int64_t now_ms);
/* Is there such an identity? It is given away: freed by nursery_token_free. NULL: none. */
struct nursery_token *nursery_token_take(struct nursery_tokens *tokens, uint32_t frontend_id, uint64_t connection_id,
                                         const uint8_t token[MESSAGE_TOKEN_OCTETS], int64_t now_ms);
/* Drop what has waited too long; how many were dropped. */
size_t nursery_token_expire(struct nursery_tokens *tokens, int64_t now_ms);
/* Wipes the token. */
void nursery_token_free(struct nursery_token **token);
void nursery_token_free_all(struct nursery_tokens *tokens);

#endif
