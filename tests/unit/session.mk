SESSION_TEST_LIBS = core/session/libsession.la core/policy/libpolicy.la core/pop3/libpop3.la core/ledger/libledger.la \
	core/ipc/libipc.la $(UNIT_LIBS) $(LIBEVENT_LIBS) $(LIBMD_LIBS) $(XXHASH_LIBS)

UNIT_TESTS += tests/unit/test_nursery_token
tests_unit_test_nursery_token_SOURCES = tests/unit/test_nursery_token.c tests/unit/unit.h
tests_unit_test_nursery_token_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_nursery_token_LDADD = $(SESSION_TEST_LIBS)

UNIT_TESTS += tests/unit/test_nursery_pool
tests_unit_test_nursery_pool_SOURCES = tests/unit/test_nursery_pool.c tests/unit/unit.h
tests_unit_test_nursery_pool_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_nursery_pool_LDADD = $(SESSION_TEST_LIBS)

MAILDROP_WORLD = tests/unit/maildrop_world.c tests/unit/maildrop_world.h tests/unit/fake_storage.c \
	tests/unit/fake_storage.h tests/unit/unit_log.c tests/unit/unit_log.h tests/unit/unit.h

UNIT_TESTS += tests/unit/test_maildrop
tests_unit_test_maildrop_SOURCES = tests/unit/test_maildrop.c tests/unit/fake_storage.c tests/unit/fake_storage.h \
	tests/unit/unit.h
tests_unit_test_maildrop_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_maildrop_LDADD = $(SESSION_TEST_LIBS)

UNIT_TESTS += tests/unit/test_maildrop_brake
tests_unit_test_maildrop_brake_SOURCES = tests/unit/test_maildrop_brake.c $(MAILDROP_WORLD)
tests_unit_test_maildrop_brake_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_maildrop_brake_LDADD = $(SESSION_TEST_LIBS)

UNIT_TESTS += tests/unit/test_maildrop_end
tests_unit_test_maildrop_end_SOURCES = tests/unit/test_maildrop_end.c $(MAILDROP_WORLD)
tests_unit_test_maildrop_end_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_maildrop_end_LDADD = $(SESSION_TEST_LIBS)

UNIT_TESTS += tests/unit/test_maildrop_rules
tests_unit_test_maildrop_rules_SOURCES = tests/unit/test_maildrop_rules.c $(MAILDROP_WORLD)
tests_unit_test_maildrop_rules_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_maildrop_rules_LDADD = $(SESSION_TEST_LIBS)

SESSION_BENCH_SOURCES = tests/unit/session_bench.c tests/unit/session_bench.h tests/unit/fake_storage.c \
	tests/unit/fake_storage.h tests/unit/unit.h

UNIT_TESTS += tests/unit/test_session_policy
tests_unit_test_session_policy_SOURCES = tests/unit/test_session_policy.c tests/unit/fake_policy.c \
	tests/unit/fake_policy.h $(SESSION_BENCH_SOURCES)
tests_unit_test_session_policy_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_session_policy_LDADD = $(SESSION_TEST_LIBS)

UNIT_TESTS += tests/unit/test_session
tests_unit_test_session_SOURCES = tests/unit/test_session.c $(SESSION_BENCH_SOURCES)
tests_unit_test_session_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_session_LDADD = $(SESSION_TEST_LIBS)

# The nursery itself, with a driver in memory in the place of modules; test_nursery starts it.
check_PROGRAMS += tests/unit/nursery_fake
tests_unit_nursery_fake_SOURCES = $(core_restante_session_SOURCES) core/room/modules_needs.c tests/unit/fake_modules.c \
	tests/unit/fake_storage.c tests/unit/fake_storage.h
tests_unit_nursery_fake_CFLAGS = $(UNIT_CFLAGS)
tests_unit_nursery_fake_LDADD = core/session/libsession.la core/policy/libpolicy.la core/room/libroom.la core/sandbox/libsandbox.la \
	core/pop3/libpop3.la core/ledger/libledger.la core/ipc/libipc.la core/conf/libconf.la core/util/libutil.la \
	$(LIBEVENT_LIBS) $(LIBMD_LIBS) $(XXHASH_LIBS)

UNIT_TESTS += tests/unit/test_worker
tests_unit_test_worker_SOURCES = tests/unit/test_worker.c core/session/worker.c core/session/worker_birth.c tests/unit/fake_storage.c \
	tests/unit/fake_storage.h tests/unit/unit.h
tests_unit_test_worker_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_worker_LDADD = $(tests_unit_nursery_fake_LDADD) $(UNIT_LIBS)

NURSERY_TEST_SOURCES = tests/unit/nursery_room.c tests/unit/nursery_room.h tests/unit/unit.h
NURSERY_TEST_LIBS = core/session/libsession.la core/policy/libpolicy.la core/ipc/libipc.la core/conf/libconf.la $(UNIT_LIBS) $(LIBEVENT_LIBS) \
	$(LIBMD_LIBS)

UNIT_TESTS += tests/unit/test_nursery
tests_unit_test_nursery_SOURCES = tests/unit/test_nursery.c $(NURSERY_TEST_SOURCES)
tests_unit_test_nursery_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_nursery_LDADD = $(NURSERY_TEST_LIBS)

UNIT_TESTS += tests/unit/test_nursery_workers
tests_unit_test_nursery_workers_SOURCES = tests/unit/test_nursery_workers.c $(NURSERY_TEST_SOURCES)
tests_unit_test_nursery_workers_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_nursery_workers_LDADD = $(NURSERY_TEST_LIBS)
