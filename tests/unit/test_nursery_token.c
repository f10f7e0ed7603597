/*
 * tests/unit/test_nursery_token.c - a session only for the frontend, connection and token that auth named, once, in
 * time.
 */
#include "unit.h"

#include <stdio.h>

#include "session/nursery_token.h"

static struct message_identity identity(uint32_t frontend_id, uint64_t connection_id, uint8_t fill)
{
    struct message_identity made = {.frontend_id = frontend_id, .connection_id = connection_id};
    memset(made.token, fill, sizeof(made.token));
    snprintf(made.account.user, sizeof(made.account.user), "user%u", fill);
    return made;
}

/* The user whose identity a claim gives, "" for none. */
static const char *claim(struct nursery_tokens *tokens, uint32_t frontend_id, uint64_t connection_id, uint8_t fill,
                         int64_t now_ms)
{
    static char user[RESTANTE_USER_MAX + 1];
    uint8_t token[MESSAGE_TOKEN_OCTETS];
    memset(token, fill, sizeof(token));
    struct nursery_token *taken = nursery_token_take(tokens, frontend_id, connection_id, token, now_ms);
    snprintf(user, sizeof(user), "%s", taken ? taken->identity.account.user : "");
    nursery_token_free(&taken);
    assert_null(taken);
    return user;
}

static void add(struct nursery_tokens *tokens, uint32_t frontend_id, uint64_t connection_id, uint8_t fill, int64_t now_ms)
{
    struct message_identity made = identity(frontend_id, connection_id, fill);
    nursery_token_add(tokens, &made, now_ms);
}

static void a_token_is_matched_once(void **state)
{
    (void)state;
    struct nursery_tokens tokens = {0};
    add(&tokens, 1, 10, 7, 0);
    assert_string_equal(claim(&tokens, 1, 10, 7, 1), "user7");
    assert_string_equal(claim(&tokens, 1, 10, 7, 1), "");
    assert_int_equal(tokens.count, 0);
    assert_null(tokens.oldest);
    assert_null(tokens.newest);
}

static void every_part_must_fit(void **state)
{
    (void)state;
    struct nursery_tokens tokens = {0};
    add(&tokens, 1, 10, 7, 0);
    add(&tokens, 1, 11, 8, 0);
    add(&tokens, 2, 10, 9, 0);
    add(&tokens, 1, 10 + NURSERY_TOKEN_BUCKETS, 10, 0);
    assert_string_equal(claim(&tokens, 1, 10, 8, 1), "");  /* another connection's token */
    assert_string_equal(claim(&tokens, 1, 10, 9, 1), "");  /* another frontend's */
    assert_string_equal(claim(&tokens, 2, 11, 8, 1), "");
    assert_string_equal(claim(&tokens, 1, 10, 10, 1), ""); /* same bucket */
    assert_string_equal(claim(&tokens, 1, 12, 7, 1), "");
    assert_string_equal(claim(&tokens, 1, 10, 0, 1), "");
    assert_int_equal(tokens.count, 4); /* a lie costs nobody his login */
    assert_string_equal(claim(&tokens, 1, 10, 7, 1), "user7");
    assert_string_equal(claim(&tokens, 2, 10, 9, 1), "user9");
    assert_string_equal(claim(&tokens, 1, 11, 8, 1), "user8");
    assert_string_equal(claim(&tokens, 1, 10 + NURSERY_TOKEN_BUCKETS, 10, 1), "user10");
    assert_int_equal(tokens.count, 0);
}

static void every_octet_of_a_token_counts(void **state)
{
    (void)state;
    struct nursery_tokens tokens = {0};
    add(&tokens, 1, 10, 7, 0);
    for (size_t i = 0; i < MESSAGE_TOKEN_OCTETS; i++) {
        uint8_t token[MESSAGE_TOKEN_OCTETS];
        memset(token, 7, sizeof(token));
        token[i] ^= 1;
        assert_null(nursery_token_take(&tokens, 1, 10, token, 1));
    }
    assert_string_equal(claim(&tokens, 1, 10, 7, 1), "user7");
}

static void note_dropped(const struct message_identity *identity, void *context)
{
    *(uint64_t *)context = identity->connection_id;
}

static void a_late_token_is_worth_nothing(void **state)
{
    (void)state;
    struct nursery_tokens tokens = {0};
    add(&tokens, 1, 10, 7, 1000);
    add(&tokens, 1, 11, 8, 2000);
    add(&tokens, 1, 12, 9, 3000);
    uint64_t told = 0;
    tokens.dropped = note_dropped;
    tokens.context = &told;
    assert_int_equal(nursery_token_expire(&tokens, 999 + NURSERY_TOKEN_MS), 0);
    assert_true(told == 0);
    assert_int_equal(nursery_token_expire(&tokens, 1000 + NURSERY_TOKEN_MS), 1);
    assert_true(told != 0);
    assert_string_equal(claim(&tokens, 1, 10, 7, 1000 + NURSERY_TOKEN_MS), "");
    /* late, though nobody has swept yet */
    assert_string_equal(claim(&tokens, 1, 11, 8, 2000 + NURSERY_TOKEN_MS), "");
    assert_string_equal(claim(&tokens, 1, 12, 9, 2999 + NURSERY_TOKEN_MS), "user9");
    assert_int_equal(tokens.count, 0);
}

static void waiting_identities_are_bounded(void **state)
{
    (void)state;
    struct nursery_tokens tokens = {0};
    for (uint64_t i = 0; i < NURSERY_TOKEN_MAX + 5; i++)
        add(&tokens, 1, i, 7, (int64_t)i);
    assert_int_equal(tokens.count, NURSERY_TOKEN_MAX);
    assert_string_equal(claim(&tokens, 1, 4, 7, 0), "");
    assert_string_equal(claim(&tokens, 1, 5, 7, 0), "user7");
    nursery_token_free_all(&tokens);
    assert_int_equal(tokens.count, 0);
    assert_string_equal(claim(&tokens, 1, 6, 7, 0), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_matched_once),       cmocka_unit_test(every_part_must_fit),
        cmocka_unit_test(every_octet_of_a_token_counts), cmocka_unit_test(a_late_token_is_worth_nothing),
        cmocka_unit_test(waiting_identities_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
