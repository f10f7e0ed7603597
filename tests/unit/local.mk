# Unit tests: one file of rules per area. A test is its name in UNIT_TESTS and what it is made of and links with.
UNIT_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(LIBEVENT_CFLAGS)
UNIT_LIBS = core/util/libutil.la $(CMOCKA_LIBS)
UNIT_TESTS =

include tests/unit/util.mk
include tests/unit/ipc.mk
include tests/unit/pop3.mk
include tests/unit/conf.mk
include tests/unit/module.mk
include tests/unit/ledger.mk
include tests/unit/policy.mk
include tests/unit/lua.mk
include tests/unit/plugins.mk
include tests/policy/local.mk
include tests/unit/maildir.mk
include tests/unit/mbox.mk
include tests/unit/auth.mk
include tests/unit/frontend.mk
include tests/unit/session.mk
include tests/unit/master.mk
include tests/unit/maintain.mk

check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)

# For tests/unit/run.sh. Tests that fork servers and workers on purpose, or sweep long, are not run under valgrind.
NOT_UNDER_VALGRIND = tests/unit/test_sandbox tests/unit/test_confine tests/unit/test_confine_fault \
	tests/policy/test_retention

print-unit-tests:
	@echo $(UNIT_TESTS) $(FUZZ_TARGETS)
print-not-under-valgrind:
	@echo $(NOT_UNDER_VALGRIND)
EXTRA_DIST += tests/unit/run.sh tests/unit/cookbook.test.lua
