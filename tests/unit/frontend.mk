FRONTEND_TEST_CFLAGS = $(UNIT_CFLAGS) $(OPENSSL_CFLAGS)
FRONTEND_TLS_TEST_LIBS = core/frontend/libfrontend.la $(UNIT_LIBS) $(LIBEVENT_LIBS) $(OPENSSL_LIBS)
FRONTEND_FIXTURE = tests/unit/tls_fixture.c tests/unit/tls_fixture.h tests/unit/unit.h

UNIT_TESTS += tests/unit/test_tls_context
tests_unit_test_tls_context_SOURCES = tests/unit/test_tls_context.c $(FRONTEND_FIXTURE)
tests_unit_test_tls_context_CFLAGS = $(FRONTEND_TEST_CFLAGS)
tests_unit_test_tls_context_LDADD = $(FRONTEND_TLS_TEST_LIBS)

UNIT_TESTS += tests/unit/test_relay
tests_unit_test_relay_SOURCES = tests/unit/test_relay.c $(FRONTEND_FIXTURE)
tests_unit_test_relay_CFLAGS = $(FRONTEND_TEST_CFLAGS)
tests_unit_test_relay_LDADD = $(FRONTEND_TLS_TEST_LIBS)

FRONTEND_BENCH = tests/unit/frontend_bench.c tests/unit/frontend_bench.h $(FRONTEND_FIXTURE)
FRONTEND_BENCH_LIBS = core/frontend/libfrontend.la core/pop3/libpop3.la core/ipc/libipc.la $(UNIT_LIBS) \
	$(LIBEVENT_LIBS) $(OPENSSL_LIBS)

UNIT_TESTS += tests/unit/test_connection
tests_unit_test_connection_SOURCES = tests/unit/test_connection.c $(FRONTEND_BENCH)
tests_unit_test_connection_CFLAGS = $(FRONTEND_TEST_CFLAGS)
tests_unit_test_connection_LDADD = $(FRONTEND_BENCH_LIBS)

UNIT_TESTS += tests/unit/test_listener
tests_unit_test_listener_SOURCES = tests/unit/test_listener.c $(FRONTEND_BENCH)
tests_unit_test_listener_CFLAGS = $(FRONTEND_TEST_CFLAGS)
tests_unit_test_listener_LDADD = $(FRONTEND_BENCH_LIBS)

UNIT_TESTS += tests/unit/test_proxy_header
tests_unit_test_proxy_header_SOURCES = tests/unit/test_proxy_header.c tests/unit/unit.h
tests_unit_test_proxy_header_CFLAGS = $(FRONTEND_TEST_CFLAGS)
tests_unit_test_proxy_header_LDADD = $(FRONTEND_TLS_TEST_LIBS)

UNIT_TESTS += tests/unit/test_proxied
tests_unit_test_proxied_SOURCES = tests/unit/test_proxied.c $(FRONTEND_BENCH)
tests_unit_test_proxied_CFLAGS = $(FRONTEND_TEST_CFLAGS)
tests_unit_test_proxied_LDADD = $(FRONTEND_BENCH_LIBS)

UNIT_TESTS += tests/unit/test_tls_names
tests_unit_test_tls_names_SOURCES = tests/unit/test_tls_names.c $(FRONTEND_FIXTURE)
tests_unit_test_tls_names_CFLAGS = $(FRONTEND_TEST_CFLAGS)
tests_unit_test_tls_names_LDADD = $(FRONTEND_TLS_TEST_LIBS)

UNIT_TESTS += tests/unit/test_deadlines
tests_unit_test_deadlines_SOURCES = tests/unit/test_deadlines.c $(FRONTEND_BENCH)
tests_unit_test_deadlines_CFLAGS = $(FRONTEND_TEST_CFLAGS)
tests_unit_test_deadlines_LDADD = $(FRONTEND_BENCH_LIBS)
