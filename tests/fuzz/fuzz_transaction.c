/*
 * Fuzz target "transaction": a session over a maildrop in memory, played three times: in one piece with all the room
 * for output there is; in pieces, with little room and small reads; and line by line beside a model of the marks.
 * Input: choices, the messages (each a length and its octets), then what the client sends.
 *
 * In half of the runs policies are asked, who allow, refuse, delay or end as choices say, always the same about the same.
 *
 * Promises: the three give the same replies and the same marks; each line gets one reply; RETR sends the octets that
 * LIST names; STAT counts what is not deleted; a message that cannot be read to its end never looks ended; every
 * reader is closed; a hook behind a command is called once for each that was carried out.
 */
#include <inttypes.h>
#include <strings.h>

#include "fake_maildrop.h"
#include "fuzz.h"
#include "fuzz_replies.h"
#include "pop3/wire.h"
#include "util/error.h"

const char fuzz_name[] = "transaction";

enum { MESSAGES = 4, SAID_MAX = 8192 };

static const struct transaction_settings settings = {
    .hostname = "mail.example.org", .bad_commands = 6, .is_tls = true,
};

struct mail {
    struct fake_message messages[MESSAGES];
    char *stored[MESSAGES];
    size_t count, fail_open, fail_read, fail_after;
};

static void mail_make(struct mail *mail, struct fuzz_input *input)
{
    static const char *const uidls[MESSAGES] = {"a", "~!#", "0123456789012345678901234567890123456789012345678901234567890123456789", "d"};
    mail->count = fuzz_number(input, MESSAGES);
    size_t failing = fuzz_number(input, 2 * MESSAGES - 1);
    mail->fail_after = fuzz_number(input, 255);
    for (size_t i = 0; i < mail->count; i++) {
        struct fake_message *message = &mail->messages[i];
        struct restante_octet_count count = {0};
        mail->stored[i] = fuzz_copy(input, fuzz_number(input, 255), &message->length);
        wire_count(&count, mail->stored[i], message->length);
        wire_count_end(&count);
        message->stored = mail->stored[i];
        message->octets = count.octets;
        message->uidl = uidls[i];
    }
    /* One message in two runs fails, half of the time when it is opened. */
    if (failing < mail->count && failing % 2 == 0)
        mail->fail_open = failing + 1;
    else if (failing < mail->count && mail->fail_after <= mail->messages[failing].length)
        mail->fail_read = failing + 1;
}

struct player {
    struct fake_maildrop fake;
    struct transaction_maildrop maildrop;
    struct transaction *transaction;
    uint32_t opinion; /* of the policies; 0: there are none */
    bool is_patient;  /* they take no time */
    size_t asked[RESTANTE_EVENT_COUNT], told[RESTANTE_EVENT_COUNT];
    struct buf out;  /* all replies */
    struct buf step; /* those that have not "drained" yet */
    enum transaction_event last;
};

static void player_ask(void *context, enum restante_event event, size_t index, struct transaction_verdict *verdict)
{
    struct player *player = context;
    uint32_t choice = (player->opinion ^ ((uint32_t)event * 31 + (uint32_t)index)) * UINT32_C(2654435761) >> 24;
    FUZZ_REQUIRE(event < RESTANTE_EVENT_COUNT && (index == TRANSACTION_NO_MESSAGE || index < player->fake.count));
    player->asked[event]++;
    if (choice < 40)
        *verdict = (struct transaction_verdict){TRANSACTION_REFUSED, 0, "SYS/PERM", "[no]\r\n+OK yes"};
    else if (choice < 48)
        verdict->kind = TRANSACTION_DISCONNECTED;
    else if (choice < 110)
        verdict->delay_ms = choice;
    if (!player->is_patient)
        transaction_yield(player->transaction);
}

static void player_tell(void *context, enum restante_event event, size_t index)
{
    struct player *player = context;
    FUZZ_REQUIRE(event < RESTANTE_EVENT_COUNT && (index == TRANSACTION_NO_MESSAGE || index < player->fake.count));
    player->told[event]++;
    FUZZ_REQUIRE(player->told[event] <= player->asked[event]);
}

static void player_open(struct player *player, const struct mail *mail, size_t chunk)
{
    struct transaction_settings asking = settings;
    if (player->opinion)
        asking.policy = (struct transaction_policy){
            .context = player, .wanted = UINT32_MAX, .wanted_after = UINT32_MAX, .ask = player_ask, .tell = player_tell};
    player->fake = (struct fake_maildrop){
        .messages = mail->messages, .count = mail->count, .chunk = chunk, .fail_open = mail->fail_open,
        .fail_read = mail->fail_read, .fail_after = mail->fail_after};
    player->maildrop = fake_maildrop(&player->fake);
    player->transaction = transaction_open(&asking, &player->maildrop);
    player->last = TRANSACTION_NEED_INPUT;
}

static bool is_over(const struct player *player)
{
    return player->last == TRANSACTION_CLOSE || player->last == TRANSACTION_QUIT;
}

/* Run until there is nothing to do; `limit` 0: without one. Every OUTPUT_FULL is answered by draining. */
static void player_run(struct player *player, uint32_t *seed)
{
    do {
        size_t limit = seed ? 1 + fuzz_choose(seed, *seed & 0x1000 ? 8 : 300) : SIZE_MAX;
        player->last = transaction_run(player->transaction, &player->step, limit);
        if (buf_length(&player->step) > 0)
            buf_append(&player->out, buf_head(&player->step), buf_length(&player->step));
        buf_clear(&player->step);
    } while (player->last == TRANSACTION_OUTPUT_FULL || player->last == TRANSACTION_DELAYED);
}

static void player_end(struct player *player)
{
    const uint8_t *fates = transaction_fates(player->transaction);
    if (player->last == TRANSACTION_QUIT) {
        transaction_updated(player->transaction, RESTANTE_OK, NULL, player->fake.count, &player->out);
        for (size_t i = 0; i < player->fake.count; i++)
            buf_append_format(&player->out, "fate %d\r\n", fates[i]);
        FUZZ_REQUIRE(transaction_run(player->transaction, &player->step, SIZE_MAX) == TRANSACTION_CLOSE);
    }
    buf_append_format(&player->out, "why %s\r\n", transaction_close_reason(player->transaction));
    for (size_t i = 0; i < player->fake.count; i++)
        buf_append_format(&player->out, "retrieved %" PRIu64 "\r\n", player->fake.retrieved[i]);
    for (size_t i = 0; i < RESTANTE_EVENT_COUNT; i++)
        buf_append_format(&player->out, "asked %zu told %zu\r\n", player->asked[i], player->told[i]);
    transaction_close(&player->transaction);
    FUZZ_REQUIRE(player->fake.readers == 0);
    buf_free(&player->step);
}

static void play_pieces(struct player *player, const char *sent, size_t length, uint32_t *seed)
{
    for (size_t at = 0; at < length && !is_over(player);) {
        size_t piece = seed ? 1 + fuzz_choose(seed, *seed & 0x800 ? 2 : 90) : length;
        if (piece > length - at)
            piece = length - at;
        if (piece > transaction_room(player->transaction))
            break;
        FUZZ_REQUIRE(transaction_feed(player->transaction, sent + at, piece));
        at += piece;
        player_run(player, seed);
    }
}

/* --- line by line, beside a model --------------------------------------------------------------------------------- */

struct model {
    const struct mail *mail;
    bool is_deleted[MESSAGES];
};

static bool is_word(const char *line, size_t length, const char *word)
{
    size_t end = strlen(word);
    return length >= end && strncasecmp(line, word, end) == 0 && (length == end || line[end] == ' ');
}

static void model_check_body(const struct model *model, const char *number, const char *body, size_t length)
{
    size_t index = strtoul(number, NULL, 10) - 1;
    uint64_t octets = 0;
    FUZZ_REQUIRE(index < model->mail->count && !model->is_deleted[index]);
    for (size_t at = 0; at < length - 3;) {
        size_t line = fuzz_reply_line(body + at, length - at);
        octets += line - (body[at] == '.');
        at += line;
    }
    FUZZ_REQUIRE(octets == model->mail->messages[index].octets);
}

static void model_check_stat(const struct model *model, const char *reply)
{
    size_t count = 0;
    uint64_t octets = 0;
    char expected[80];
    for (size_t i = 0; i < model->mail->count; i++) {
        count += !model->is_deleted[i];
        octets += model->is_deleted[i] ? 0 : model->mail->messages[i].octets;
    }
    snprintf(expected, sizeof(expected), "+OK %zu %" PRIu64 "\r\n", count, octets);
    FUZZ_REQUIRE(strncmp(reply, expected, strlen(expected)) == 0);
}

/* `reply` is all that came of `line`, NUL-terminated. */
static void model_check(struct model *model, const char *line, size_t line_length, const char *reply, size_t length)
{
    static const char *const multiline[] = {"CAPA", "LIST", "UIDL", "RETR", "TOP"};
    size_t status = fuzz_reply_line(reply, length);
    bool is_ok = strncmp(reply, "+OK", 3) == 0, goes_on = false;
    size_t word = strcspn(line, " ");
    bool has_argument = word + strspn(line + word, " ") < line_length; /* blanks alone are none */
    FUZZ_REQUIRE(status <= 512 && (is_ok || strncmp(reply, "-ERR ", 5) == 0));
    for (size_t i = 0; is_ok && i < sizeof(multiline) / sizeof(multiline[0]); i++)
        goes_on |= is_word(line, line_length, multiline[i]) && (i < 1 || i > 2 || !has_argument);
    size_t end = status;
    while (goes_on) {
        size_t next = fuzz_reply_line(reply + end, length - end);
        goes_on = !(next == 3 && reply[end] == '.');
        end += next;
    }
    FUZZ_REQUIRE(end == length);
    if (is_ok && is_word(line, line_length, "STAT"))
        model_check_stat(model, reply);
    if (is_ok && is_word(line, line_length, "RETR"))
        model_check_body(model, line + 5, reply + status, length - status);
    if (is_ok && is_word(line, line_length, "DELE")) {
        size_t index = strtoul(line + 5, NULL, 10) - 1;
        FUZZ_REQUIRE(index < model->mail->count && !model->is_deleted[index]);
        model->is_deleted[index] = true;
    }
    if (is_ok && is_word(line, line_length, "RSET"))
        memset(model->is_deleted, 0, sizeof(model->is_deleted));
}

/* Half a message must not look like one: no line "." behind the last status line. */
static void check_no_end(const char *reply, size_t length)
{
    for (size_t at = fuzz_reply_line(reply, length); at < length;) {
        const char *end = memchr(reply + at, '\n', length - at);
        size_t line = end ? (size_t)(end - reply) + 1 - at : length - at;
        FUZZ_REQUIRE(!(line == 3 && memcmp(reply + at, ".\r\n", 3) == 0));
        at += line;
    }
}

static void play_lines(struct player *player, const struct mail *mail, const char *sent, size_t length)
{
    struct model model = {.mail = mail};
    for (size_t at = 0; at < length && !is_over(player);) {
        const char *line = sent + at, *end = memchr(line, '\n', length - at);
        size_t whole = end ? (size_t)(end - line) + 1 : length - at, before = buf_length(&player->out);
        FUZZ_REQUIRE(transaction_feed(player->transaction, line, whole));
        player_run(player, NULL);
        at += whole;
        buf_append(&player->out, "", 1);
        const char *reply = buf_head(&player->out) + before;
        size_t reply_length = buf_length(&player->out) - 1 - before;
        player->out.tail--;
        if (!end || player->last == TRANSACTION_QUIT) {
            FUZZ_REQUIRE(reply_length == 0);
            continue;
        }
        if (strcmp(transaction_close_reason(player->transaction), "read-failed") == 0) {
            check_no_end(reply, reply_length);
            continue;
        }
        size_t line_length = whole - 1;
        if (line_length > 0 && line[line_length - 1] == '\r')
            line_length--;
        char *copy = strndup(line, line_length);
        model_check(&model, copy, strlen(copy), reply, reply_length);
        free(copy);
    }
    const uint8_t *fates = transaction_fates(player->transaction);
    for (size_t i = 0; i < mail->count; i++)
        FUZZ_REQUIRE((fates[i] == RESTANTE_DELETE) == model.is_deleted[i]);
}

static bool same(const struct buf *a, const struct buf *b)
{
    return buf_length(a) == buf_length(b) && memcmp(buf_head(a), buf_head(b), buf_length(a)) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, data + size};
    struct mail mail = {.count = 0};
    struct player whole = {.step = {0}}, pieces = {.step = {0}}, lines = {.step = {0}};
    uint32_t seed = (uint32_t)fuzz_number(&input, UINT16_MAX);
    size_t chunk = 1 + fuzz_number(&input, 40), length;
    whole.opinion = pieces.opinion = lines.opinion = seed & 1 ? seed : 0;
    whole.is_patient = true;
    mail_make(&mail, &input);
    char *sent = fuzz_copy(&input, SAID_MAX, &length);
    player_open(&whole, &mail, 0);
    play_pieces(&whole, sent, length, NULL);
    player_end(&whole);
    player_open(&pieces, &mail, chunk);
    play_pieces(&pieces, sent, length, &seed);
    player_end(&pieces);
    player_open(&lines, &mail, 0);
    play_lines(&lines, &mail, sent, length);
    player_end(&lines);
    FUZZ_REQUIRE(same(&whole.out, &pieces.out));
    FUZZ_REQUIRE(same(&whole.out, &lines.out));
    buf_free(&whole.out);
    buf_free(&pieces.out);
    buf_free(&lines.out);
    for (size_t i = 0; i < mail.count; i++)
        free(mail.stored[i]);
    free(sent);
    return 0;
}
