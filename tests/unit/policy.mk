POLICY_TEST_SOURCES = tests/unit/fake_policy.c tests/unit/fake_policy.h tests/unit/unit_log.c tests/unit/unit_log.h \
	tests/unit/unit.h

UNIT_TESTS += tests/unit/test_policy_stack
tests_unit_test_policy_stack_SOURCES = tests/unit/test_policy_stack.c $(POLICY_TEST_SOURCES)
tests_unit_test_policy_stack_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_policy_stack_LDADD = core/policy/libpolicy.la $(UNIT_LIBS)

UNIT_TESTS += tests/unit/test_policy_decisions
tests_unit_test_policy_decisions_SOURCES = tests/unit/test_policy_decisions.c $(POLICY_TEST_SOURCES)
tests_unit_test_policy_decisions_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_policy_decisions_LDADD = core/policy/libpolicy.la $(UNIT_LIBS)

UNIT_TESTS += tests/unit/test_policy_header
tests_unit_test_policy_header_SOURCES = tests/unit/test_policy_header.c tests/unit/unit.h
tests_unit_test_policy_header_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_policy_header_LDADD = core/policy/libpolicy.la $(UNIT_LIBS)
