/* The frontend's TLS context: what it refuses with which sentence, versions, ALPN, tickets shared by frontends. */
#include "unit.h"

#include <stdlib.h>

#include "tls_fixture.h"
#include "util/alloc.h"

static void refused(const char *certificate, const char *key, const char *sentence_part)
{
    struct tls_pair_source source = tls_fixture_source(certificate, key);
    const struct tls_pair *pair = (void *)1;
    struct tls_context *context;
    struct restante_error error = {0};
    assert_int_equal(tls_context_open("1.2", &context, &error), RESTANTE_OK);
    assert_int_equal(tls_context_set_pair(context, &source, &pair, &error), RESTANTE_INVALID);
    assert_null(pair);
    tls_context_close(&context);
    if (!strstr(error.log, sentence_part))
        fail_msg("\"%s\" does not say \"%s\"", error.log, sentence_part);
}

static void faults_are_named(void **state)
{
    struct tls_fixture_pair a = tls_fixture_make(NULL), b = tls_fixture_make(NULL), locked = tls_fixture_make("x y z");
    (void)state;
    refused(a.certificate, b.key, "tls.key /etc/key.pem does not belong to the first certificate of tls.certificate");
    refused("", a.key, "tls.certificate /etc/cert.pem is empty");
    refused(a.key, a.key, "tls.certificate /etc/cert.pem holds no PEM certificate");
    refused(a.certificate, "", "tls.key /etc/key.pem is empty");
    refused(a.certificate, a.certificate, "tls.key /etc/key.pem holds no PEM private key");
    refused(locked.certificate, locked.key, "tls.key /etc/key.pem is encrypted");
    char *damaged = alloc_format("%s-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", a.certificate);
    refused(damaged, a.key, "damaged certificate in its chain");
    free(damaged);
    struct tls_fixture_pair weak = tls_fixture_make_for(TLS_FIXTURE_SHORT_RSA, "localhost", NULL, NULL);
    refused(weak.certificate, weak.key, "tls.certificate /etc/cert.pem cannot be used: ee key too small");
    tls_fixture_free(&weak);
    tls_fixture_free(&a);
    tls_fixture_free(&b);
    tls_fixture_free(&locked);
}

/* --- handshakes in memory ------------------------------------------------------------------------------------- */

struct meeting {
    SSL *client, *server;
    bool is_agreed;
};

static struct meeting meet(SSL_CTX *client_context, const struct tls_context *context, SSL_SESSION *session)
{
    struct meeting meeting = {.client = SSL_new(client_context), .server = SSL_new(tls_context_ssl(context))};
    BIO *client_end, *server_end;
    char nothing;
    assert_int_equal(BIO_new_bio_pair(&client_end, 65536, &server_end, 65536), 1);
    SSL_set_bio(meeting.client, client_end, client_end);
    SSL_set_bio(meeting.server, server_end, server_end);
    SSL_set_connect_state(meeting.client);
    SSL_set_accept_state(meeting.server);
    if (session)
        SSL_set_session(meeting.client, session);
    for (int i = 0; i < 10; i++) {
        SSL_do_handshake(meeting.client);
        SSL_do_handshake(meeting.server);
    }
    meeting.is_agreed = SSL_is_init_finished(meeting.client) && SSL_is_init_finished(meeting.server);
    SSL_read(meeting.client, &nothing, 1); /* tickets of TLS 1.3 come after the handshake */
    return meeting;
}

static void part(struct meeting *meeting)
{
    /* An orderly end, or OpenSSL takes the session for damaged. */
    SSL_shutdown(meeting->client);
    SSL_shutdown(meeting->server);
    SSL_free(meeting->client);
    SSL_free(meeting->server);
    *meeting = (struct meeting){0};
}

static bool agrees_on(const char *minimum, int client_version)
{
    struct tls_context *context = tls_fixture_context(minimum);
    SSL_CTX *client = tls_fixture_client_context();
    SSL_CTX_set_security_level(client, 0);
    SSL_CTX_set_min_proto_version(client, client_version);
    SSL_CTX_set_max_proto_version(client, client_version);
    struct meeting meeting = meet(client, context, NULL);
    bool is_agreed = meeting.is_agreed;
    if (is_agreed)
        assert_int_equal(SSL_version(meeting.server), client_version);
    part(&meeting);
    SSL_CTX_free(client);
    tls_context_close(&context);
    return is_agreed;
}

static void versions(void **state)
{
    (void)state;
    assert_true(agrees_on("1.2", TLS1_2_VERSION));
    assert_true(agrees_on("1.2", TLS1_3_VERSION));
    assert_true(agrees_on("1.3", TLS1_3_VERSION));
    assert_false(agrees_on("1.3", TLS1_2_VERSION));
    assert_false(agrees_on("1.2", TLS1_1_VERSION));
}

static bool agrees_with_alpn(const unsigned char *offered, unsigned length, const char *chosen)
{
    struct tls_context *context = tls_fixture_context("1.2");
    SSL_CTX *client = tls_fixture_client_context();
    const unsigned char *name;
    unsigned name_length;
    if (length > 0)
        assert_int_equal(SSL_CTX_set_alpn_protos(client, offered, length), 0);
    struct meeting meeting = meet(client, context, NULL);
    bool is_agreed = meeting.is_agreed;
    if (is_agreed) {
        SSL_get0_alpn_selected(meeting.client, &name, &name_length);
        assert_int_equal(name_length, strlen(chosen));
        if (name_length > 0)
            assert_memory_equal(name, chosen, name_length);
    }
    part(&meeting);
    SSL_CTX_free(client);
    tls_context_close(&context);
    return is_agreed;
}

static void alpn(void **state)
{
    static const unsigned char pop3[] = "\4pop3", other[] = "\4imap", both[] = "\2h2\4pop3", near[] = "\5pop3s";
    (void)state;
    assert_true(agrees_with_alpn(pop3, 5, "pop3"));
    assert_true(agrees_with_alpn(both, 8, "pop3"));
    assert_true(agrees_with_alpn(NULL, 0, ""));
    assert_false(agrees_with_alpn(other, 5, ""));
    assert_false(agrees_with_alpn(near, 6, ""));
}

/* --- tickets ---------------------------------------------------------------------------------------------------- */

static struct message_ticket_keys keys_of(uint8_t current, uint8_t previous)
{
    struct message_ticket_keys keys;
    for (size_t i = 0; i < sizeof(keys.keys[0]); i++) {
        keys.keys[0][i] = (uint8_t)(current + i * 3);
        keys.keys[1][i] = (uint8_t)(previous + i * 3);
    }
    return keys;
}

/* A session from one frontend, taken to another one with other keys: does it resume? */
static bool resumes(int version, const struct message_ticket_keys *first_keys,
                    const struct message_ticket_keys *second_keys, bool *has_ticket)
{
    struct tls_fixture_pair pair = tls_fixture_make(NULL);
    struct tls_pair_source source = tls_fixture_source(pair.certificate, pair.key);
    const struct tls_pair *taken;
    struct tls_context *first, *second;
    struct restante_error error = {0};
    SSL_CTX *client = tls_fixture_client_context();
    SSL_CTX_set_min_proto_version(client, version);
    SSL_CTX_set_max_proto_version(client, version);
    assert_int_equal(tls_context_open("1.2", &first, &error), RESTANTE_OK);
    assert_int_equal(tls_context_open("1.2", &second, &error), RESTANTE_OK);
    assert_int_equal(tls_context_set_pair(first, &source, &taken, &error), RESTANTE_OK);
    assert_int_equal(tls_context_set_pair(second, &source, &taken, &error), RESTANTE_OK);
    if (first_keys)
        tls_context_set_ticket_keys(first, first_keys);
    if (second_keys)
        tls_context_set_ticket_keys(second, second_keys);
    struct meeting meeting = meet(client, first, NULL);
    assert_true(meeting.is_agreed);
    assert_false(SSL_session_reused(meeting.server));
    SSL_SESSION *session = SSL_get1_session(meeting.client);
    *has_ticket = SSL_SESSION_has_ticket(session) == 1;
    part(&meeting);
    meeting = meet(client, second, session);
    assert_true(meeting.is_agreed);
    bool is_resumed = SSL_session_reused(meeting.server) == 1;
    part(&meeting);
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    tls_context_close(&first);
    tls_context_close(&second);
    tls_fixture_free(&pair);
    return is_resumed;
}

static void tickets_of(int version)
{
    struct message_ticket_keys old = keys_of(1, 2), rotated = keys_of(3, 1), other = keys_of(4, 5);
    bool has_ticket;
    assert_true(resumes(version, &old, &old, &has_ticket));
    assert_true(has_ticket);
    assert_true(resumes(version, &old, &rotated, &has_ticket));
    assert_false(resumes(version, &old, &other, &has_ticket));
    assert_true(has_ticket);
    assert_false(resumes(version, NULL, NULL, &has_ticket));
    assert_false(has_ticket);
    assert_false(resumes(version, &old, NULL, &has_ticket));
}

static void tickets_1_2(void **state)
{
    (void)state;
    tickets_of(TLS1_2_VERSION);
}

static void tickets_1_3(void **state)
{
    (void)state;
    tickets_of(TLS1_3_VERSION);
}

/* A client that resumes with the previous key gets a ticket of the current one. */
static void tickets_are_renewed(void **state)
{
    struct message_ticket_keys old = keys_of(1, 2), rotated = keys_of(3, 1);
    struct tls_context *context = tls_fixture_context("1.2");
    SSL_CTX *client = tls_fixture_client_context();
    const unsigned char *ticket;
    size_t length;
    (void)state;
    SSL_CTX_set_max_proto_version(client, TLS1_2_VERSION);
    tls_context_set_ticket_keys(context, &old);
    struct meeting meeting = meet(client, context, NULL);
    SSL_SESSION *session = SSL_get1_session(meeting.client);
    part(&meeting);
    SSL_SESSION_get0_ticket(session, &ticket, &length);
    assert_true(length > 16);
    assert_memory_equal(ticket, old.keys[0], 16);
    tls_context_set_ticket_keys(context, &rotated);
    meeting = meet(client, context, session);
    assert_true(SSL_session_reused(meeting.server));
    SSL_SESSION_free(session);
    session = SSL_get1_session(meeting.client);
    SSL_SESSION_get0_ticket(session, &ticket, &length);
    assert_true(length > 16);
    assert_memory_equal(ticket, rotated.keys[0], 16);
    part(&meeting);
    SSL_SESSION_free(session);
    SSL_CTX_free(client);
    tls_context_close(&context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_named), cmocka_unit_test(versions),    cmocka_unit_test(alpn),
        cmocka_unit_test(tickets_1_2),      cmocka_unit_test(tickets_1_3), cmocka_unit_test(tickets_are_renewed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
