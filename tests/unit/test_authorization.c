/*
 * The AUTHORIZATION state as transcripts: what a client sends, what it gets, and between angle brackets what the
 * frontend is told. Each one is played in one segment, and again octet by octet.
 */
#include "unit.h"

#include <stdio.h>

#include "pop3/authorization.h"
#include "pop3/line.h"
#include "util/base64.h"

static const struct authorization_settings settings = {
    .hostname = "mail.example.org", .announcements = CAPA_NOTHING_EXPIRES, .bad_commands = 4, .failed_logins = 3,
};
static const struct authorization_facts in_tls = {.is_tls = true, .offers_stls = true, .allows_plain = true};
static const struct authorization_facts in_clear = {.offers_stls = true};
static const struct authorization_facts on_loopback = {.allows_plain = true};

#define UNKNOWN "-ERR This command is unknown or not possible now\r\n"
#define NOT_OFFERED "-ERR This is not offered here\r\n"
#define ARGUMENTS "-ERR Wrong arguments for this command\r\n"
#define NO_TLS "-ERR Passwords are refused without TLS: send STLS first or use the TLS port\r\n"
#define WRONG "-ERR [AUTH] User name or password is wrong\r\n"
#define SEND_PASS "+OK Send the password\r\n"
#define ASK_USER "+ VXNlcm5hbWU6\r\n"
#define ASK_SECRET "+ UGFzc3dvcmQ6\r\n"
#define BASE64_FAULT "-ERR Not base64, or too long\r\n"

/* --- a frontend and its auth -------------------------------------------------------------------------------------- */

struct player {
    struct authorization *authorization;
    struct buf out;
    bool is_over;
};

/* NULs are shown as "|". */
static void show(struct buf *out, const char *data, size_t length)
{
    for (size_t i = 0; i < length; i++)
        buf_append(out, data[i] ? &data[i] : "|", 1);
}

static void judge(struct player *player, enum authorization_event event)
{
    size_t length;
    const char *response = authorization_response(player->authorization, &length);
    buf_append_format(&player->out, event == AUTHORIZATION_LOGIN ? "<%s " : "<again %s ",
                      authorization_mechanism(player->authorization));
    show(&player->out, response, length);
    buf_append_format(&player->out, " user=%s>", authorization_user(player->authorization));
    enum restante_status status = RESTANTE_DENIED;
    if (length >= 8 && memcmp(response + length - 7, "\0secret", 7) == 0)
        status = RESTANTE_OK;
    else if (length >= 3 && memcmp(response + length - 3, "tmp", 3) == 0)
        status = RESTANTE_TEMPORARY;
    else if (length >= 4 && memcmp(response + length - 4, "perm", 4) == 0)
        status = RESTANTE_PERMANENT;
    else if (length >= 4 && memcmp(response + length - 4, "busy", 4) == 0)
        status = RESTANTE_IN_USE;
    else if (length >= 3 && memcmp(response + length - 3, "ask", 3) == 0) {
        authorization_challenge(player->authorization, "who\0?", 5, &player->out);
        return;
    }
    authorization_verdict(player->authorization, status, &player->out);
    authorization_response(player->authorization, &length);
    assert_int_equal(length, 0);
    if (status == RESTANTE_OK) {
        buf_append_string(&player->out, "<in>");
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
            judge(player, AUTHORIZATION_LOGIN);
            break;
        case AUTHORIZATION_RESPONSE:
            judge(player, AUTHORIZATION_RESPONSE);
            break;
        case AUTHORIZATION_STLS:
            buf_append_string(&player->out, "<stls>");
            player->is_over = true;
            break;
        case AUTHORIZATION_CLOSE:
            buf_append_format(&player->out, "<close %s>", authorization_close_reason(player->authorization));
            player->is_over = true;
            break;
        }
    }
}

/* Play `sent` in segments of `step` octets; the unread input is shown at the end. */
static char *transcript(const struct authorization_facts *facts, const char *sent, size_t length, size_t step,
                        struct buf *out)
{
    struct player player = {.authorization = authorization_open(&settings, facts)};
    for (size_t at = 0; at < length; at += step) {
        size_t segment = step < length - at ? step : length - at;
        assert_true(segment <= authorization_room(player.authorization));
        assert_true(authorization_feed(player.authorization, sent + at, segment));
        play(&player);
    }
    const char *unread = authorization_unread(player.authorization, &length);
    if (length > 0) {
        buf_append_string(&player.out, "<unread ");
        show(&player.out, unread, length);
        buf_append_string(&player.out, ">");
    }
    authorization_close(&player.authorization);
    assert_null(player.authorization);
    buf_append(&player.out, "", 1);
    *out = player.out;
    return buf_head(out);
}

static void check_n(const struct authorization_facts *facts, const char *sent, size_t length, const char *expected)
{
    static const size_t steps[] = {1, 2, 3, 7, SIZE_MAX};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct buf out;
        assert_string_equal(transcript(facts, sent, length, steps[i] < length ? steps[i] : length, &out), expected);
        buf_free(&out);
    }
}

#define CHECK(facts, sent, expected) check_n(facts, sent, sizeof(sent) - 1, expected)

/* --- transcripts -------------------------------------------------------------------------------------------------- */

static void greeting(void **state)
{
    struct authorization *authorization = authorization_open(&settings, &in_clear);
    struct buf out = {0};
    (void)state;
    authorization_greet(authorization, &out);
    authorization_turn_away(&out, "Too many connections");
    buf_append(&out, "", 1);
    assert_string_equal(buf_head(&out),
                        "+OK mail.example.org POP3 server ready\r\n-ERR [SYS/TEMP] Too many connections\r\n");
    assert_string_equal(authorization_close_reason(authorization), "");
    assert_string_equal(authorization_user(authorization), "");
    buf_free(&out);
    authorization_close(&authorization);
}

static void user_and_pass(void **state)
{
    (void)state;
    CHECK(&in_tls, "USER alice\r\nPASS secret\r\n", SEND_PASS "<USER alice|secret user=alice><in>");
    CHECK(&in_tls, "user alice\npass secret\n", SEND_PASS "<USER alice|secret user=alice><in>");
    CHECK(&in_tls, "USER alice\r\nPASS  a  b \r\n", SEND_PASS "<USER alice| a  b  user=alice>" WRONG);
    CHECK(&in_tls, "USER alice\r\nCAPA x\r\nPASS secret\r\n",
          SEND_PASS ARGUMENTS "<USER alice|secret user=alice><in>");
    CHECK(&in_tls, "USER alice\r\nUSER bob\r\nPASS secret\r\n",
          SEND_PASS SEND_PASS "<USER bob|secret user=bob><in>");
    CHECK(&on_loopback, "USER alice\r\nPASS secret\r\n", SEND_PASS "<USER alice|secret user=alice><in>");
}

static void user_and_pass_out_of_order(void **state)
{
    (void)state;
    CHECK(&in_tls, "PASS secret\r\n", "-ERR Send USER first\r\n");
    CHECK(&in_tls, "USER\r\n", ARGUMENTS);
    CHECK(&in_tls, "USER \r\n", ARGUMENTS);
    CHECK(&in_tls, "USER a b\r\n", ARGUMENTS);
    CHECK(&in_tls, "USER alice\r\nPASS\r\nPASS \r\n", SEND_PASS ARGUMENTS ARGUMENTS);
    CHECK(&in_tls, "USER alice\r\nPASS x\r\nPASS secret\r\n",
          SEND_PASS "<USER alice|x user=alice>" WRONG "-ERR Send USER first\r\n");
    CHECK(&in_tls, "USER alice\r\nAUTH PLAIN !\r\nPASS secret\r\n",
          SEND_PASS BASE64_FAULT "-ERR Send USER first\r\n");
    CHECK(&in_tls, "USER alice\0junk\r\nPASS secret\r\n", "-ERR Line holds a NUL\r\n-ERR Send USER first\r\n");
}

static void what_is_pipelined_stays_for_the_worker(void **state)
{
    const char sent[] = "CAPA x\r\nUSER alice\r\nPASS secret\r\nSTAT\r\nRETR 1\r\nQUIT\r\n";
    (void)state;
    CHECK(&in_tls, sent,
          ARGUMENTS SEND_PASS "<USER alice|secret user=alice><in><unread STAT\r\nRETR 1\r\nQUIT\r\n>");
    CHECK(&in_tls, "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\nST",
          "<PLAIN |alice|secret user=alice><in><unread ST>");
}

static void auth_plain(void **state)
{
    (void)state;
    CHECK(&in_tls, "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n", "<PLAIN |alice|secret user=alice><in>");
    CHECK(&in_tls, "auth plain\r\nAGFsaWNlAHNlY3JldA==\r\n", "+ \r\n<PLAIN |alice|secret user=alice><in>");
    CHECK(&in_tls, "AUTH PLAIN YWRtaW4AYWxpY2UAc2VjcmV0\r\n", "<PLAIN admin|alice|secret user=alice><in>");
    CHECK(&in_tls, "AUTH PLAIN =\r\n", "<PLAIN  user=>" WRONG);
    CHECK(&in_tls, "AUTH PLAIN\r\n\r\n", "+ \r\n<PLAIN  user=>" WRONG);
    CHECK(&in_tls, "AUTH PLAIN\r\n*\r\nQUIT\r\n", "+ \r\n-ERR AUTH cancelled\r\n+OK Bye\r\n<close quit>");
    CHECK(&in_tls, "AUTH PLAIN *\r\n", BASE64_FAULT);
    CHECK(&in_tls, "AUTH PLAIN AGFsaWNlAHNlY3JldA=\r\n", BASE64_FAULT);
    CHECK(&in_tls, "AUTH PLAIN\r\n=\r\nUSER a\r\n", "+ \r\n" BASE64_FAULT SEND_PASS);
    CHECK(&in_tls, "AUTH PLAIN AGFsaWNlAHNlY3JldA== \r\n", ARGUMENTS);
    CHECK(&in_tls, "AUTH PLAIN \r\n", ARGUMENTS);
    CHECK(&in_tls, "AUTH PLAIN\r\n\0\r\nQUIT\r\n", "+ \r\n-ERR Line holds a NUL\r\n+OK Bye\r\n<close quit>");
    CHECK(&in_tls, "AUTH CRAM-MD5\r\n", "-ERR This mechanism is not offered\r\n");
    CHECK(&in_tls, "AUTH PLAINX =\r\n", "-ERR This mechanism is not offered\r\n");
    /* In an exchange every line is an answer. */
    CHECK(&in_tls, "AUTH PLAIN\r\nQUIT\r\nQUIT\r\n", "+ \r\n<PLAIN A\x42\x13 user=>" WRONG "+OK Bye\r\n<close quit>");
}

static void bare_auth_lists_mechanisms(void **state)
{
    (void)state;
    CHECK(&in_tls, "AUTH\r\n", "+OK Mechanisms follow\r\nPLAIN\r\nLOGIN\r\n.\r\n");
    CHECK(&in_tls, "AUTH \r\n", "+OK Mechanisms follow\r\nPLAIN\r\nLOGIN\r\n.\r\n");
    CHECK(&in_clear, "AUTH\r\n", "+OK Mechanisms follow\r\n.\r\n");
}

static void auth_login(void **state)
{
    (void)state;
    CHECK(&in_tls, "AUTH LOGIN\r\nYWxpY2U=\r\nc2VjcmV0\r\nSTAT\r\n",
          ASK_USER ASK_SECRET "<LOGIN alice|secret user=alice><in><unread STAT\r\n>");
    CHECK(&in_tls, "auth login YWxpY2U=\r\nc2VjcmV0\r\n", ASK_SECRET "<LOGIN alice|secret user=alice><in>");
    CHECK(&in_tls, "AUTH LOGIN\r\nYWxpY2U=\r\neA==\r\nAUTH LOGIN\r\nYWxpY2U=\r\nc2VjcmV0\r\n",
          ASK_USER ASK_SECRET "<LOGIN alice|x user=alice>" WRONG ASK_USER ASK_SECRET
          "<LOGIN alice|secret user=alice><in>");
    CHECK(&on_loopback, "AUTH LOGIN\r\n", ASK_USER);
    CHECK(&in_clear, "AUTH LOGIN\r\nAUTH LOGIN YWxpY2U=\r\n", NO_TLS NO_TLS);
    /* No octets: a user name and a password like any other, for auth to refuse. */
    CHECK(&in_tls, "AUTH LOGIN =\r\n\r\n", ASK_SECRET "<LOGIN | user=>" WRONG);
    CHECK(&in_tls, "AUTH LOGIN\r\n\r\nc2VjcmV0\r\nQUIT\r\n", ASK_USER ASK_SECRET "<LOGIN |secret user=>" WRONG
          "+OK Bye\r\n<close quit>");
    /* "a" NUL "b" as a name: auth sees that there is one NUL too many. */
    CHECK(&in_tls, "AUTH LOGIN YQBi\r\neA==\r\n", ASK_SECRET "<LOGIN a|b|x user=a>" WRONG);
}

static void auth_login_given_up(void **state)
{
    (void)state;
    CHECK(&in_tls, "AUTH LOGIN\r\n*\r\nQUIT\r\n", ASK_USER "-ERR AUTH cancelled\r\n+OK Bye\r\n<close quit>");
    CHECK(&in_tls, "AUTH LOGIN\r\nYWxpY2U=\r\n*\r\nAUTH PLAIN AHUAc2VjcmV0\r\n",
          ASK_USER ASK_SECRET "-ERR AUTH cancelled\r\n<PLAIN |u|secret user=u><in>");
    CHECK(&in_tls, "AUTH LOGIN\r\nalice\r\nQUIT\r\n", ASK_USER BASE64_FAULT "+OK Bye\r\n<close quit>");
    CHECK(&in_tls, "AUTH LOGIN\r\nYWxpY2U=\r\nsecret\r\nQUIT\r\n",
          ASK_USER ASK_SECRET BASE64_FAULT "+OK Bye\r\n<close quit>");
    CHECK(&in_tls, "AUTH LOGIN\r\n=\r\nQUIT\r\n", ASK_USER BASE64_FAULT "+OK Bye\r\n<close quit>");
    CHECK(&in_tls, "AUTH LOGIN\r\nYWxp\0Y2U=\r\nQUIT\r\n", ASK_USER "-ERR Line holds a NUL\r\n+OK Bye\r\n<close quit>");
    CHECK(&in_tls, "USER alice\r\nAUTH LOGIN\r\n*\r\nPASS secret\r\n",
          SEND_PASS ASK_USER "-ERR AUTH cancelled\r\n-ERR Send USER first\r\n");
}

/* User name, NUL and password are LINE_SECRET_MAX octets at most, however they are divided. */
static void long_login_answers(void **state)
{
    static char octets[LINE_SECRET_MAX + 2], user[3000], secret[3000], sent[7000], expected[4000];
    static const size_t users[] = {1, 300, LINE_SECRET_MAX - 2, LINE_SECRET_MAX - 1, LINE_SECRET_MAX};
    (void)state;
    memset(octets, 'x', sizeof(octets));
    for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
        size_t kept = users[i] < 255 ? users[i] : 255, left = LINE_SECRET_MAX - 1 - users[i];
        base64_encode(user, octets, users[i]);
        if (users[i] == LINE_SECRET_MAX) {
            snprintf(sent, sizeof(sent), "AUTH LOGIN\r\n%s\r\nQUIT\r\n", user);
            check_n(&in_tls, sent, strlen(sent), ASK_USER BASE64_FAULT "+OK Bye\r\n<close quit>");
            continue;
        }
        base64_encode(secret, octets, left);
        snprintf(sent, sizeof(sent), "AUTH LOGIN\r\n%s\r\n%s\r\n", user, secret);
        snprintf(expected, sizeof(expected), ASK_USER ASK_SECRET "<LOGIN %.*s|%.*s user=%.*s>" WRONG, (int)users[i],
                 octets, (int)left, octets, (int)kept, octets);
        check_n(&in_tls, sent, strlen(sent), expected);
        base64_encode(secret, octets, left + 1);
        snprintf(sent, sizeof(sent), "AUTH LOGIN\r\n%s\r\n%s\r\nQUIT\r\n", user, secret);
        check_n(&in_tls, sent, strlen(sent), ASK_USER ASK_SECRET BASE64_FAULT "+OK Bye\r\n<close quit>");
    }
}

static void auth_challenges_again(void **state)
{
    (void)state;
    /* "ask", then NUL "u" NUL "secret" */
    CHECK(&in_tls, "AUTH PLAIN YXNr\r\nAHUAc2VjcmV0\r\n",
          "<PLAIN ask user=>+ d2hvAD8=\r\n<again PLAIN |u|secret user=><in>");
    CHECK(&in_tls, "AUTH PLAIN YXNr\r\n*\r\nQUIT\r\n",
          "<PLAIN ask user=>+ d2hvAD8=\r\n-ERR AUTH cancelled\r\n+OK Bye\r\n<close quit>");
    CHECK(&in_tls, "AUTH PLAIN YXNr\r\n*\r\nAUTH PLAIN AHUAc2VjcmV0\r\n",
          "<PLAIN ask user=>+ d2hvAD8=\r\n-ERR AUTH cancelled\r\n<PLAIN |u|secret user=u><in>");
}

static void long_auth_answers(void **state)
{
    static char secret[LINE_SECRET_MAX + 2], encoded[3000], sent[4000], expected[4000];
    (void)state;
    memset(secret, 'x', sizeof(secret));
    base64_encode(encoded, secret, LINE_SECRET_MAX);
    snprintf(sent, sizeof(sent), "AUTH PLAIN\r\n%s\r\n", encoded);
    snprintf(expected, sizeof(expected), "+ \r\n<PLAIN %.*s user=>" WRONG, LINE_SECRET_MAX, secret);
    check_n(&in_tls, sent, strlen(sent), expected);
    base64_encode(encoded, secret, LINE_SECRET_MAX + 1);
    snprintf(sent, sizeof(sent), "AUTH PLAIN\r\n%s\r\nQUIT\r\n", encoded);
    check_n(&in_tls, sent, strlen(sent), "+ \r\n" BASE64_FAULT "+OK Bye\r\n<close quit>");
    snprintf(sent, sizeof(sent), "AUTH PLAIN\r\n%sA\r\nQUIT\r\n", encoded);
    check_n(&in_tls, sent, strlen(sent), "+ \r\n-ERR Line too long\r\n+OK Bye\r\n<close quit>");
}

static void command_lines_are_255_octets(void **state)
{
    char sent[400], expected[600];
    (void)state;
    for (size_t name = 240; name < 256; name++) {
        snprintf(sent, sizeof(sent), "USER %0*d\r\nPASS x\r\nQUIT\r\n", (int)name, 0);
        snprintf(expected, sizeof(expected), SEND_PASS "<USER %0*d|x user=%0*d>" WRONG "+OK Bye\r\n<close quit>",
                 (int)name, 0, (int)name, 0);
        bool is_too_long = strlen("USER ") + name + 2 > 255;
        check_n(&in_tls, sent, strlen(sent),
                is_too_long ? "-ERR Line too long\r\n-ERR Send USER first\r\n+OK Bye\r\n<close quit>" : expected);
    }
}

static void passwords_in_the_clear_are_refused_at_once(void **state)
{
    (void)state;
    CHECK(&in_clear, "USER alice\r\nPASS secret\r\n", NO_TLS NO_TLS);
    CHECK(&in_clear, "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\nAUTH PLAIN\r\nQUIT\r\n",
          NO_TLS NO_TLS "+OK Bye\r\n<close quit>");
}

static void capabilities(void **state)
{
    static const char rest[] = "RESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nEXPIRE NEVER\r\n"
                               "IMPLEMENTATION Restante\r\n.\r\n";
    char expected[400];
    (void)state;
    snprintf(expected, sizeof(expected), "+OK Capabilities follow\r\nUIDL\r\nTOP\r\nUSER\r\nSASL PLAIN LOGIN\r\n%s", rest);
    CHECK(&in_tls, "CAPA\r\n", expected);
    CHECK(&on_loopback, "CAPA\r\n", expected);
    snprintf(expected, sizeof(expected), "+OK Capabilities follow\r\nUIDL\r\nTOP\r\nSTLS\r\n%s", rest);
    CHECK(&in_clear, "capa\r\n", expected);
}

static void verdicts(void **state)
{
    (void)state;
    CHECK(&in_tls, "USER a\r\nPASS tmp\r\n", SEND_PASS "<USER a|tmp user=a>"
          "-ERR [SYS/TEMP] Logging in is not possible now, try again later\r\n");
    CHECK(&in_tls, "USER a\r\nPASS perm\r\n", SEND_PASS "<USER a|perm user=a>"
          "-ERR [SYS/PERM] This account cannot be used, ask the administrator\r\n");
    CHECK(&in_tls, "USER a\r\nPASS busy\r\n", SEND_PASS "<USER a|busy user=a>"
          "-ERR [IN-USE] There are too many sessions of this account, close some or try again later\r\n");
    CHECK(&in_tls, "USER a\r\nPASS 1\r\nUSER a\r\nPASS 2\r\nAUTH PLAIN =\r\nUSER a\r\n",
          SEND_PASS "<USER a|1 user=a>" WRONG SEND_PASS "<USER a|2 user=a>" WRONG "<PLAIN  user=>" WRONG
          "<close failed-logins>");
}

static void bad_commands_end_the_connection(void **state)
{
    (void)state;
    CHECK(&in_tls, "STAT\r\nUIDL\r\nxyzzy\r\nNOOP\r\nQUIT\r\n",
          UNKNOWN UNKNOWN UNKNOWN "-ERR Too many bad commands\r\n<close bad-commands>");
    CHECK(&in_tls, "\r\n\r\nQUIT\r\n", UNKNOWN UNKNOWN "+OK Bye\r\n<close quit>");
    CHECK(&in_tls, "QUIT x\r\nQUIT\r\nSTAT\r\n", ARGUMENTS "+OK Bye\r\n<close quit>");
}

static void what_is_not_offered_may_be_asked_for(void **state)
{
    (void)state;
    CHECK(&in_tls, "UTF8\r\nLANG\r\nLANG de\r\nUTF8\r\nLANG *\r\nUTF8 USER\r\nQUIT\r\n",
          NOT_OFFERED NOT_OFFERED NOT_OFFERED NOT_OFFERED NOT_OFFERED NOT_OFFERED "+OK Bye\r\n<close quit>");
}

static void junk_is_not_free_for_ever(void **state)
{
    char sent[2000] = "";
    struct buf out;
    (void)state;
    for (size_t i = 0; i < 200; i++)
        memcpy(sent + 6 * i, "AUTH\r\n", 7);
    const char *seen = transcript(&in_tls, sent, strlen(sent), strlen(sent), &out);
    assert_non_null(strstr(seen, "-ERR Too many bad commands\r\n<close bad-commands>"));
    buf_free(&out);
}

static void other_protocols_end_the_connection(void **state)
{
    static const char closed[] = "-ERR POP3 is spoken here\r\n<close protocol>";
    char longer[500];
    (void)state;
    CHECK(&in_tls, "GET / HTTP/1.1\r\nHost: x\r\n\r\nUSER a\r\n", closed);
    CHECK(&in_clear, "POST /a HTTP/1.0\r\n\r\n", closed);
    CHECK(&in_clear, "PRI * HTTP/2.0\r\n\r\n", closed);
    CHECK(&in_clear, "EHLO me\r\n", closed);
    CHECK(&in_clear, "helo me\r\n", closed);
    snprintf(longer, sizeof(longer), "GET /%0300d HTTP/1.1\r\nUSER a\r\n", 0);
    check_n(&in_clear, longer, strlen(longer), closed);
}

/* --- STLS --------------------------------------------------------------------------------------------------------- */

static void stls_where_it_is_not_possible(void **state)
{
    (void)state;
    CHECK(&in_tls, "STLS\r\n", "-ERR TLS is spoken already\r\n");
    CHECK(&on_loopback, "STLS\r\n", "-ERR TLS is not offered here\r\n");
    CHECK(&in_clear, "STLS x\r\n", ARGUMENTS);
}

static enum authorization_event run_sent(struct authorization *authorization, const char *sent, struct buf *out)
{
    assert_true(authorization_feed(authorization, sent, strlen(sent)));
    return authorization_run(authorization, out);
}

static void stls_forgets_what_came_before(void **state)
{
    static const struct authorization_facts facts = {.offers_stls = true, .allows_plain = true};
    struct authorization *authorization = authorization_open(&settings, &facts);
    struct buf out = {0};
    (void)state;
    assert_int_equal(run_sent(authorization, "USER alice\r\nSTLS\r\n", &out), AUTHORIZATION_STLS);
    assert_int_equal(authorization_run(authorization, &out), AUTHORIZATION_NEED_INPUT);
    assert_true(authorization_tls_begun(authorization, true));
    assert_string_equal(authorization_user(authorization), "");
    assert_int_equal(run_sent(authorization, "PASS secret\r\nSTLS\r\nUSER bob\r\n", &out), AUTHORIZATION_NEED_INPUT);
    buf_append(&out, "", 1);
    assert_string_equal(buf_head(&out), SEND_PASS "+OK Begin TLS now\r\n-ERR Send USER first\r\n"
                                                  "-ERR TLS is spoken already\r\n" SEND_PASS);
    buf_free(&out);
    authorization_close(&authorization);
}

static void check_injection(const char *together, const char *later)
{
    struct authorization *authorization = authorization_open(&settings, &in_clear);
    struct buf out = {0};
    assert_int_equal(run_sent(authorization, together, &out), AUTHORIZATION_STLS);
    assert_int_equal(run_sent(authorization, later, &out), AUTHORIZATION_NEED_INPUT);
    assert_false(authorization_tls_begun(authorization, true));
    assert_int_equal(run_sent(authorization, "QUIT\r\n", &out), AUTHORIZATION_CLOSE);
    assert_string_equal(authorization_close_reason(authorization), "protocol");
    buf_append(&out, "", 1);
    assert_string_equal(buf_head(&out), "+OK Begin TLS now\r\n");
    buf_free(&out);
    authorization_close(&authorization);
}

static void nothing_sent_in_the_clear_reaches_tls(void **state)
{
    (void)state;
    check_injection("STLS\r\nUSER alice\r\nPASS secret\r\n", "");
    check_injection("STLS\r\nU", "");
    check_injection("STLS\r\n", "USER alice\r\n");
}

/* --- the edges of the interface ----------------------------------------------------------------------------------- */

static void nothing_happens_while_auth_is_asked(void **state)
{
    struct authorization *authorization = authorization_open(&settings, &in_tls);
    struct buf out = {0};
    (void)state;
    assert_int_equal(run_sent(authorization, "USER alice\r\nPASS x\r\nQUIT\r\n", &out), AUTHORIZATION_LOGIN);
    buf_clear(&out);
    assert_int_equal(run_sent(authorization, "NOOP\r\n", &out), AUTHORIZATION_NEED_INPUT);
    assert_int_equal(buf_length(&out), 0);
    authorization_verdict(authorization, RESTANTE_DENIED, &out);
    authorization_verdict(authorization, RESTANTE_OK, &out); /* too late to change it */
    assert_int_equal(authorization_run(authorization, &out), AUTHORIZATION_CLOSE);
    assert_string_equal(authorization_user(authorization), "alice");
    buf_append(&out, "", 1);
    assert_string_equal(buf_head(&out), WRONG "+OK Bye\r\n");
    buf_free(&out);
    authorization_close(&authorization);
}

static void what_comes_at_the_wrong_time(void **state)
{
    struct authorization *authorization = authorization_open(&settings, &in_tls);
    struct buf out = {0};
    (void)state;
    authorization_verdict(authorization, RESTANTE_OK, &out);
    authorization_challenge(authorization, "x", 1, &out);
    assert_int_equal(buf_length(&out), 0);
    assert_string_equal(authorization_mechanism(authorization), "");
    assert_int_equal(run_sent(authorization, "QUIT\r\n", &out), AUTHORIZATION_CLOSE);
    buf_clear(&out);
    assert_int_equal(run_sent(authorization, "USER a\r\nPASS b\r\n", &out), AUTHORIZATION_CLOSE);
    assert_int_equal(buf_length(&out), 0);
    buf_free(&out);
    authorization_close(&authorization);
    authorization_close(&authorization); /* nothing is open: nothing happens */
}

static void a_worker_gets_the_input_after_login(void **state)
{
    struct authorization *authorization = authorization_open(&settings, &in_tls);
    struct buf out = {0};
    size_t length;
    (void)state;
    assert_int_equal(run_sent(authorization, "USER alice\r\nPASS secret\r\n", &out), AUTHORIZATION_LOGIN);
    buf_clear(&out);
    authorization_verdict(authorization, RESTANTE_OK, &out);
    assert_int_equal(run_sent(authorization, "STAT\r\n", &out), AUTHORIZATION_NEED_INPUT);
    assert_int_equal(buf_length(&out), 0);
    assert_memory_equal(authorization_unread(authorization, &length), "STAT\r\n", 6);
    assert_int_equal(length, 6);
    buf_free(&out);
    authorization_close(&authorization);
}

static void input_is_bounded(void **state)
{
    static char flood[LINE_INPUT_MAX];
    struct authorization *authorization = authorization_open(&settings, &in_tls);
    struct buf out = {0};
    (void)state;
    assert_int_equal(authorization_room(authorization), LINE_INPUT_MAX);
    assert_int_equal(run_sent(authorization, "USER alice\r\nPASS x\r\n", &out), AUTHORIZATION_LOGIN);
    assert_true(authorization_feed(authorization, flood, sizeof(flood)));
    assert_int_equal(authorization_room(authorization), 0);
    assert_false(authorization_feed(authorization, "x", 1));
    buf_free(&out);
    authorization_close(&authorization);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(greeting),
        cmocka_unit_test(user_and_pass),
        cmocka_unit_test(user_and_pass_out_of_order),
        cmocka_unit_test(what_is_pipelined_stays_for_the_worker),
        cmocka_unit_test(auth_plain),
        cmocka_unit_test(auth_login),
        cmocka_unit_test(auth_login_given_up),
        cmocka_unit_test(long_login_answers),
        cmocka_unit_test(bare_auth_lists_mechanisms),
        cmocka_unit_test(auth_challenges_again),
        cmocka_unit_test(long_auth_answers),
        cmocka_unit_test(command_lines_are_255_octets),
        cmocka_unit_test(passwords_in_the_clear_are_refused_at_once),
        cmocka_unit_test(capabilities),
        cmocka_unit_test(verdicts),
        cmocka_unit_test(bad_commands_end_the_connection),
        cmocka_unit_test(what_is_not_offered_may_be_asked_for),
        cmocka_unit_test(junk_is_not_free_for_ever),
        cmocka_unit_test(other_protocols_end_the_connection),
        cmocka_unit_test(stls_where_it_is_not_possible),
        cmocka_unit_test(stls_forgets_what_came_before),
        cmocka_unit_test(nothing_sent_in_the_clear_reaches_tls),
        cmocka_unit_test(nothing_happens_while_auth_is_asked),
        cmocka_unit_test(what_comes_at_the_wrong_time),
        cmocka_unit_test(a_worker_gets_the_input_after_login),
        cmocka_unit_test(input_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
