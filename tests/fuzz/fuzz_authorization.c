/*
 * Fuzz target "authorization": what a stranger sends before login, once in one piece and once in pieces. Input: facts,
 * seed, then the octets.
 *
 * Promises: both ways give the same replies and the same events; each line gets one reply; a secret is in no reply;
 * what follows the credentials reaches the worker as it was; nothing that follows STLS does anything.
 */
#include "fuzz.h"
#include "fuzz_replies.h"
#include "pop3/authorization.h"

const char fuzz_name[] = "authorization";

static const struct authorization_settings settings = {
    .hostname = "mail.example.org", .bad_commands = 6, .failed_logins = 3,
};

struct player {
    struct authorization *authorization;
    struct buf out;    /* replies */
    struct buf events; /* what the frontend was told, with what it was told it about */
    size_t silent;     /* lines that another room answers */
    char *secret;      /* the last one that is told from our sentences, or NULL */
    bool is_over, is_closed;
};

static void note(struct player *player, const char *what, const void *data, size_t length)
{
    buf_append_string(&player->events, what);
    buf_append(&player->events, data, length);
}

/* No sentence of ours holds one of these, so a secret with one of them cannot be in a reply by chance. */
static bool is_telling(const char *secret, size_t length)
{
    size_t strange = 0;
    for (size_t i = 0; i < length; i++)
        strange += memchr("#%^~{}", secret[i], 6) != NULL;
    return length >= 4 && strange >= 2;
}

/* Remember what stands behind the last NUL of a response. */
static void note_secret(struct player *player, const char *response, size_t length)
{
    const char *end = response + length, *secret = end;
    while (secret > response && secret[-1] != '\0')
        secret--;
    if (!is_telling(secret, (size_t)(end - secret)))
        return;
    free(player->secret);
    player->secret = strndup(secret, (size_t)(end - secret));
}

/* What auth says depends on nothing but the credentials, so that both ways get the same. */
static void judge(struct player *player)
{
    size_t length;
    const char *response = authorization_response(player->authorization, &length);
    unsigned sum = 7;
    FUZZ_REQUIRE(length <= 2048);
    for (size_t i = 0; i < length; i++)
        sum = sum * 31 + (unsigned char)response[i];
    note(player, authorization_mechanism(player->authorization), response, length);
    note(player, "user=", authorization_user(player->authorization),
         strlen(authorization_user(player->authorization)));
    note_secret(player, response, length);
    static const enum restante_status verdicts[] = {RESTANTE_OK, RESTANTE_DENIED, RESTANTE_TEMPORARY,
                                                    RESTANTE_PERMANENT};
    if (sum % 5 == 4) {
        authorization_challenge(player->authorization, "who\0?", 5, &player->out);
        return;
    }
    authorization_verdict(player->authorization, verdicts[sum % 5], &player->out);
    (void)authorization_response(player->authorization, &length);
    FUZZ_REQUIRE(length == 0);
    if (verdicts[sum % 5] == RESTANTE_OK) {
        player->silent++;
        player->is_over = true;
    }
}

static void play(struct player *player)
{
    while (!player->is_over) {
        switch (authorization_run(player->authorization, &player->out)) {
        case AUTHORIZATION_NEED_INPUT:
            return;
        case AUTHORIZATION_LOGIN:
        case AUTHORIZATION_RESPONSE:
            judge(player);
            break;
        case AUTHORIZATION_STLS:
            note(player, "stls", "", 0);
            player->is_over = true;
            break;
        case AUTHORIZATION_CLOSE:
            note(player, "close ", authorization_close_reason(player->authorization),
                 strlen(authorization_close_reason(player->authorization)));
            player->is_over = player->is_closed = true;
            break;
        }
    }
}

/* CAPA and bare AUTH; texts of other replies do not end so. */
static bool is_multiline(const char *line, size_t length)
{
    static const char end[] = " follow\r\n";
    return length > sizeof(end) && memcmp(line + length - (sizeof(end) - 1), end, sizeof(end) - 1) == 0;
}

static void check(struct player *player, const char *sent, size_t fed)
{
    size_t unread_length, replies = fuzz_replies_count(&player->out, is_multiline);
    const char *unread = authorization_unread(player->authorization, &unread_length);
    if (player->secret && player->out.data)
        FUZZ_REQUIRE(!memmem(buf_head(&player->out), buf_length(&player->out), player->secret, strlen(player->secret)));
    if (player->is_closed) {
        FUZZ_REQUIRE(unread_length == 0);
        FUZZ_REQUIRE(replies + player->silent <= fuzz_line_ends(sent, fed));
        return;
    }
    FUZZ_REQUIRE(unread_length <= fed);
    FUZZ_REQUIRE(unread_length == 0 || memcmp(unread, sent + fed - unread_length, unread_length) == 0);
    FUZZ_REQUIRE(replies + player->silent == fuzz_line_ends(sent, fed - unread_length));
}

/* As in a frontend: input goes on arriving while auth or TLS is waited for; here that is over at once. */
static size_t run(struct player *player, const struct authorization_facts *facts, const char *sent, size_t length,
                  uint32_t seed)
{
    size_t at = 0;
    player->authorization = authorization_open(&settings, facts);
    while (at < length && !player->is_closed) {
        size_t piece = seed ? 1 + fuzz_choose(&seed, seed & 0x800 ? 2 : 90) : length;
        size_t room = authorization_room(player->authorization);
        if (piece > length - at)
            piece = length - at;
        if (piece > room)
            piece = room;
        if (piece == 0)
            break;
        FUZZ_REQUIRE(authorization_feed(player->authorization, sent + at, piece));
        at += piece;
        play(player);
    }
    return at;
}

static void after_stls(struct player *player, bool is_clean)
{
    struct buf out = {0};
    FUZZ_REQUIRE(authorization_tls_begun(player->authorization, true) == is_clean);
    enum authorization_event event = authorization_run(player->authorization, &out);
    FUZZ_REQUIRE(event == (is_clean ? AUTHORIZATION_NEED_INPUT : AUTHORIZATION_CLOSE));
    FUZZ_REQUIRE(buf_length(&out) == 0);
    FUZZ_REQUIRE(authorization_user(player->authorization)[0] == '\0');
    buf_free(&out);
}

static bool same(const struct buf *a, const struct buf *b)
{
    size_t length = buf_length(a);
    return length == buf_length(b) && (length == 0 || memcmp(buf_head(a), buf_head(b), length) == 0);
}

static void player_free(struct player *player)
{
    buf_free(&player->out);
    buf_free(&player->events);
    free(player->secret);
    authorization_close(&player->authorization);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, data + size};
    size_t choice = fuzz_number(&input, 7), length;
    struct authorization_facts facts = {
        .is_tls = choice & 1, .offers_stls = !(choice & 1) && choice & 2, .allows_plain = choice & 5};
    uint32_t seed = 1 + (uint32_t)fuzz_number(&input, UINT16_MAX - 1);
    char *sent = fuzz_copy(&input, 65536, &length);
    struct player whole = {0}, pieces = {0};
    size_t whole_fed = run(&whole, &facts, sent, length, 0), pieces_fed = run(&pieces, &facts, sent, length, seed);
    check(&whole, sent, whole_fed);
    check(&pieces, sent, pieces_fed);
    FUZZ_REQUIRE(same(&whole.out, &pieces.out));
    FUZZ_REQUIRE(same(&whole.events, &pieces.events));
    FUZZ_REQUIRE(whole.is_over == pieces.is_over && whole.is_closed == pieces.is_closed);
    if (whole.is_over && !whole.is_closed && buf_length(&whole.events) >= 4 &&
        memcmp(buf_head(&whole.events) + buf_length(&whole.events) - 4, "stls", 4) == 0) {
        size_t unread;
        (void)authorization_unread(whole.authorization, &unread);
        if (!whole.silent)
            after_stls(&whole, unread == 0);
    }
    player_free(&whole);
    player_free(&pieces);
    free(sent);
    return 0;
}
