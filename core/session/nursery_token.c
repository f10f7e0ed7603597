/*
 * session/nursery_token.c - identities that wait for their client. Runs in the nursery.
 *
 * TRUST: tokens in claims come from a frontend, which may lie. They are compared in constant time; a claim that fits
 * nothing changes nothing here.
 */
#include "session/nursery_token.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/str.h"

static struct nursery_token **nursery_token_bucket(struct nursery_tokens *tokens, uint32_t frontend_id,
                                                   uint64_t connection_id)
{
    return &tokens->buckets[(connection_id + frontend_id) % NURSERY_TOKEN_BUCKETS];
}

/* Out of both lists; its memory stays. */
static void nursery_token_unlink(struct nursery_tokens *tokens, struct nursery_token *token)
{
    struct nursery_token **place =
        nursery_token_bucket(tokens, token->identity.frontend_id, token->identity.connection_id);
    while (*place != token)
        place = &(*place)->next;
    *place = token->next;
    if (token->older)
        token->older->newer = token->newer;
    else
        tokens->oldest = token->newer;
    if (token->newer)
        token->newer->older = token->older;
    else
        tokens->newest = token->older;
    token->older = token->newer = token->next = NULL;
    tokens->count--;
}

static void nursery_token_drop_oldest(struct nursery_tokens *tokens)
{
    struct nursery_token *token = tokens->oldest;
    nursery_token_unlink(tokens, token);
    if (tokens->dropped)
        tokens->dropped(&token->identity, tokens->context);
    nursery_token_free(&token);
}

void nursery_token_add(struct nursery_tokens *tokens, const struct message_identity *identity, int64_t now_ms)
{
    if (tokens->count == NURSERY_TOKEN_MAX)
        nursery_token_drop_oldest(tokens);
    struct nursery_token *token = alloc_zeroed(sizeof(*token));
    token->identity = *identity;
    token->deadline_ms = now_ms + NURSERY_TOKEN_MS;
    struct nursery_token **bucket = nursery_token_bucket(tokens, identity->frontend_id, identity->connection_id);
    token->next = *bucket;
    *bucket = token;
    token->older = tokens->newest;
    if (tokens->newest)
        tokens->newest->newer = token;
    else
        tokens->oldest = token;
    tokens->newest = token;
    tokens->count++;
}

struct nursery_token *nursery_token_take(struct nursery_tokens *tokens, uint32_t frontend_id, uint64_t connection_id,
                                         const uint8_t token[MESSAGE_TOKEN_OCTETS], int64_t now_ms)
{
    for (struct nursery_token *at = *nursery_token_bucket(tokens, frontend_id, connection_id); at; at = at->next) {
        if (at->identity.frontend_id != frontend_id || at->identity.connection_id != connection_id)
            continue;
        if (!str_equal_secret((const char *)at->identity.token, MESSAGE_TOKEN_OCTETS, (const char *)token,
                              MESSAGE_TOKEN_OCTETS))
            continue;
        nursery_token_unlink(tokens, at);
        if (at->deadline_ms > now_ms)
            return at;
        nursery_token_free(&at);
        return NULL;
    }
    return NULL;
}

size_t nursery_token_expire(struct nursery_tokens *tokens, int64_t now_ms)
{
    size_t dropped = 0;
    while (tokens->oldest && tokens->oldest->deadline_ms <= now_ms) {
        nursery_token_drop_oldest(tokens);
        dropped++;
    }
    return dropped;
}

void nursery_token_free(struct nursery_token **token)
{
    struct nursery_token *freed = *token;
    *token = NULL;
    if (!freed)
        return;
    explicit_bzero(freed->identity.token, sizeof(freed->identity.token));
    free(freed);
}

void nursery_token_free_all(struct nursery_tokens *tokens)
{
    while (tokens->oldest)
        nursery_token_drop_oldest(tokens);
}
