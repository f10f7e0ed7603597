/* Several certificates in one context: who gets which, what is refused, and how one is replaced. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "tls_fixture.h"

/* A context with the pairs that a test adds; what the client is given comes from them. */
struct desk {
    struct tls_context *context;
    SSL_CTX *client;
    struct restante_error error;
};

static int desk_open(void **state)
{
    static struct desk desk;
    const struct message_ticket_keys keys = {.keys = {{1}, {2}}};
    desk = (struct desk){.client = tls_fixture_client_context()};
    assert_int_equal(tls_context_open("1.2", &desk.context, &desk.error), RESTANTE_OK);
    tls_context_set_ticket_keys(desk.context, &keys);
    *state = &desk;
    return 0;
}

static int desk_close(void **state)
{
    struct desk *desk = *state;
    tls_context_close(&desk->context);
    SSL_CTX_free(desk->client);
    return 0;
}

static enum restante_status set(struct desk *desk, uint32_t number, enum tls_fixture_key kind, const char *common_name,
                                const char *names)
{
    struct tls_fixture_pair made = tls_fixture_make_for(kind, common_name, names, NULL);
    struct tls_pair_source source = tls_fixture_source(made.certificate, made.key);
    const struct tls_pair *pair;
    source.number = number;
    enum restante_status status = tls_context_set_pair(desk->context, &source, &pair, &desk->error);
    assert_int_equal(pair != NULL, status == RESTANTE_OK);
    tls_fixture_free(&made);
    return status;
}

static void must_set(struct desk *desk, uint32_t number, enum tls_fixture_key kind, const char *common_name,
                     const char *names)
{
    if (set(desk, number, kind, common_name, names) != RESTANTE_OK)
        fail_msg("%s", desk->error.log);
}

static void must_refuse(struct desk *desk, uint32_t number, enum tls_fixture_key kind, const char *common_name,
                        const char *names, const char *sentence)
{
    assert_int_equal(set(desk, number, kind, common_name, names), RESTANTE_INVALID);
    if (!strstr(desk->error.log, sentence))
        fail_msg("\"%s\" does not say \"%s\"", desk->error.log, sentence);
}

struct call {
    SSL *client, *server;
};

static struct call call(struct desk *desk, const char *name, SSL_SESSION *session)
{
    struct call call = {.client = SSL_new(desk->client), .server = SSL_new(tls_context_ssl(desk->context))};
    BIO *client_end, *server_end;
    char nothing;
    assert_int_equal(BIO_new_bio_pair(&client_end, 65536, &server_end, 65536), 1);
    SSL_set_bio(call.client, client_end, client_end);
    SSL_set_bio(call.server, server_end, server_end);
    SSL_set_connect_state(call.client);
    SSL_set_accept_state(call.server);
    if (name)
        SSL_set_tlsext_host_name(call.client, name);
    if (session)
        SSL_set_session(call.client, session);
    for (int i = 0; i < 10; i++) {
        SSL_do_handshake(call.client);
        SSL_do_handshake(call.server);
    }
    SSL_read(call.client, &nothing, 1);
    return call;
}

static void hang_up(struct call *call)
{
    SSL_shutdown(call->client);
    SSL_shutdown(call->server);
    SSL_free(call->client);
    SSL_free(call->server);
}

/* "RSA first", "EC other": the kind of key and the common name of what a client is given for a name. */
static void expect(struct desk *desk, const char *name, const char *expected)
{
    char text[128] = "nothing";
    struct call one = call(desk, name, NULL);
    X509 *certificate = SSL_get1_peer_certificate(one.client);
    if (certificate) {
        char subject[64] = "";
        X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, subject, sizeof(subject));
        int kind = EVP_PKEY_get_base_id(X509_get0_pubkey(certificate));
        snprintf(text, sizeof(text), "%s %s", kind == EVP_PKEY_RSA ? "RSA" : "EC", subject);
    }
    X509_free(certificate);
    hang_up(&one);
    if (strcmp(text, expected) != 0)
        fail_msg("%s: %s, not %s", name ? name : "no name", text, expected);
}

static void each_name_gets_its_own(void **state)
{
    struct desk *desk = *state;
    must_set(desk, 1, TLS_FIXTURE_EC, "first", "DNS:mail.example.org,IP:192.0.2.1");
    must_set(desk, 2, TLS_FIXTURE_EC, "second", "DNS:pop.example.net,DNS:*.pop.example.net");
    must_set(desk, 3, TLS_FIXTURE_EC, "exact", "DNS:a.pop.example.net");
    must_set(desk, 4, TLS_FIXTURE_EC, "Old.Example.COM", NULL);
    expect(desk, NULL, "EC first");
    expect(desk, "mail.example.org", "EC first");
    expect(desk, "unknown.example.org", "EC first");
    expect(desk, "pop.example.net", "EC second");
    expect(desk, "POP.Example.NET", "EC second");
    expect(desk, "pop.example.net.", "EC second");
    expect(desk, "b.pop.example.net", "EC second");
    expect(desk, "a.pop.example.net", "EC exact");
    expect(desk, "c.b.pop.example.net", "EC first"); /* a wildcard is one label */
    expect(desk, "example.net", "EC first");
    expect(desk, "*.pop.example.net", "EC first");
    expect(desk, "old.example.com", "EC Old.Example.COM");
    expect(desk, "second", "EC first"); /* where there are alternative names the common name is none */
}

/* The name is acknowledged where it was used. */
static void a_name_is_acknowledged(void **state)
{
    struct desk *desk = *state;
    must_set(desk, 1, TLS_FIXTURE_EC, "first", "DNS:mail.example.org");
    struct call known = call(desk, "mail.example.org", NULL), unknown = call(desk, "x.example.org", NULL);
    assert_string_equal(SSL_SESSION_get0_hostname(SSL_get_session(known.server)), "mail.example.org");
    assert_null(SSL_SESSION_get0_hostname(SSL_get_session(unknown.server)));
    hang_up(&known);
    hang_up(&unknown);
}

static void the_client_gets_the_key_it_can_use(void **state)
{
    struct desk *desk = *state;
    must_set(desk, 1, TLS_FIXTURE_EC, "first-ec", "DNS:mail.example.org");
    must_set(desk, 2, TLS_FIXTURE_RSA, "first-rsa", "DNS:mail.example.org");
    must_set(desk, 3, TLS_FIXTURE_RSA, "net-rsa", "DNS:*.example.net");
    must_set(desk, 4, TLS_FIXTURE_EC, "net-ec", "DNS:pop.example.net");
    static const struct {
        const char *algorithms, *kind;
    } clients[] = {{"ECDSA+SHA256", "EC"}, {"RSA-PSS+SHA256:RSA+SHA256", "RSA"}};
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        SSL_CTX_set_min_proto_version(desk->client, version);
        SSL_CTX_set_max_proto_version(desk->client, version);
        for (size_t i = 0; i < 2; i++) {
            bool is_rsa = i == 1;
            assert_int_equal(SSL_CTX_set1_sigalgs_list(desk->client, clients[i].algorithms), 1);
            expect(desk, NULL, is_rsa ? "RSA first-rsa" : "EC first-ec");
            expect(desk, "mail.example.org", is_rsa ? "RSA first-rsa" : "EC first-ec");
            expect(desk, "pop.example.net", is_rsa ? "RSA net-rsa" : "EC net-ec");
        }
        expect(desk, "other.example.net", "RSA net-rsa");
    }
}

static void what_is_refused(void **state)
{
    struct desk *desk = *state;
    expect(desk, NULL, "nothing"); /* without a certificate nobody is spoken to */
    must_set(desk, 1, TLS_FIXTURE_EC, NULL, "IP:192.0.2.1"); /* it answers without a name, so it needs none */
    must_set(desk, 2, TLS_FIXTURE_EC, "x", "DNS:a.example.org,DNS:b.example.org");
    must_refuse(desk, 3, TLS_FIXTURE_EC, "x", "DNS:c.example.org,DNS:B.example.org",
                "tls.sni.2.certificate /etc/cert.pem is for \"b.example.org\", which tls.sni.1.certificate "
                "/etc/cert.pem serves already with the same kind of key (ECDSA)");
    must_set(desk, 3, TLS_FIXTURE_RSA, "x", "DNS:b.example.org");
    must_refuse(desk, 4, TLS_FIXTURE_EC, NULL, "IP:192.0.2.1",
                "tls.sni.3.certificate /etc/cert.pem names no host, so that nobody would ever get it");
    must_refuse(desk, 4, TLS_FIXTURE_EC, "two words", "email:a@example.org", "names no host");
    must_refuse(desk, 4, TLS_FIXTURE_EC, NULL, "DNS:*", "names no host");
    must_refuse(desk, 4, TLS_FIXTURE_EC, NULL, "DNS:a*.example.org,DNS:a.*.org,DNS:*.*.org", "names no host");
}

static void a_pair_is_replaced(void **state)
{
    struct desk *desk = *state;
    must_set(desk, 1, TLS_FIXTURE_EC, "old", "DNS:mail.example.org");
    must_set(desk, 2, TLS_FIXTURE_EC, "other", "DNS:pop.example.net");
    struct call before = call(desk, NULL, NULL);
    must_set(desk, 1, TLS_FIXTURE_RSA, "new", "DNS:mail.example.org"); /* another kind of key: the old one is gone */
    expect(desk, NULL, "RSA new");
    expect(desk, "mail.example.org", "RSA new");
    expect(desk, "pop.example.net", "EC other");
    SSL_CTX_set1_sigalgs_list(desk->client, "ECDSA+SHA256");
    expect(desk, NULL, "nothing");
    /* Who was here before goes on. */
    char got[4] = "";
    assert_int_equal(SSL_write(before.server, "+OK", 3), 3);
    assert_int_equal(SSL_read(before.client, got, 3), 3);
    assert_string_equal(got, "+OK");
    hang_up(&before);
    /* A bad one changes nothing. */
    SSL_CTX_set1_sigalgs_list(desk->client, "ECDSA+SHA256:RSA-PSS+SHA256");
    must_refuse(desk, 2, TLS_FIXTURE_RSA, "x", "DNS:mail.example.org", "serves already");
    expect(desk, "pop.example.net", "EC other");
}

/* A handshake that had begun gets what is in force when it says what it wants: nothing hangs on the old pair. */
static void a_handshake_meets_a_replacement(void **state)
{
    struct desk *desk = *state;
    must_set(desk, 1, TLS_FIXTURE_EC, "old", "DNS:mail.example.org");
    SSL *server = SSL_new(tls_context_ssl(desk->context)), *client = SSL_new(desk->client);
    BIO *client_end, *server_end;
    assert_int_equal(BIO_new_bio_pair(&client_end, 65536, &server_end, 65536), 1);
    SSL_set_bio(client, client_end, client_end);
    SSL_set_bio(server, server_end, server_end);
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    SSL_do_handshake(server);
    SSL_do_handshake(client);
    must_set(desk, 1, TLS_FIXTURE_EC, "newer", "DNS:mail.example.org");
    SSL_do_handshake(server); /* has answered with the newer one */
    must_set(desk, 1, TLS_FIXTURE_EC, "newest", "DNS:mail.example.org");
    for (int i = 0; i < 5; i++) {
        SSL_do_handshake(client);
        SSL_do_handshake(server);
    }
    assert_true(SSL_is_init_finished(client) && SSL_is_init_finished(server));
    SSL_free(client);
    SSL_free(server);
}

static SSL_SESSION *session_for(struct desk *desk, const char *name)
{
    struct call one = call(desk, name, NULL);
    assert_true(SSL_is_init_finished(one.client));
    SSL_SESSION *session = SSL_get1_session(one.client);
    assert_true(SSL_SESSION_has_ticket(session));
    hang_up(&one);
    return session;
}

static bool resumes(struct desk *desk, SSL_SESSION *session, const char *name)
{
    SSL_SESSION *copy = SSL_SESSION_dup(session);
    struct call one = call(desk, name, copy);
    assert_true(SSL_is_init_finished(one.server));
    bool is_resumed = SSL_session_reused(one.server) == 1;
    hang_up(&one);
    SSL_SESSION_free(copy);
    return is_resumed;
}

static void sessions_do_not_cross_names(void **state)
{
    struct desk *desk = *state;
    must_set(desk, 1, TLS_FIXTURE_EC, "first", "DNS:mail.example.org,DNS:pop.example.org");
    must_set(desk, 2, TLS_FIXTURE_EC, "second", "DNS:mail.example.net");
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        SSL_CTX_set_min_proto_version(desk->client, version);
        SSL_CTX_set_max_proto_version(desk->client, version);
        SSL_SESSION *org = session_for(desk, "mail.example.org"), *none = session_for(desk, NULL);
        assert_true(resumes(desk, org, "mail.example.org"));
        assert_true(resumes(desk, org, "MAIL.example.org"));
        assert_false(resumes(desk, org, "mail.example.net"));
        assert_false(resumes(desk, org, "pop.example.org"));
        assert_false(resumes(desk, org, NULL));
        assert_false(resumes(desk, org, "unknown"));
        assert_true(resumes(desk, none, NULL));
        assert_true(resumes(desk, none, "unknown"));
        assert_false(resumes(desk, none, "mail.example.org"));
        SSL_SESSION_free(org);
        SSL_SESSION_free(none);
    }
}

#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(each_name_gets_its_own),
        DESK_TEST(a_name_is_acknowledged),
        DESK_TEST(the_client_gets_the_key_it_can_use),
        DESK_TEST(what_is_refused),
        DESK_TEST(a_pair_is_replaced),
        DESK_TEST(a_handshake_meets_a_replacement),
        DESK_TEST(sessions_do_not_cross_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
