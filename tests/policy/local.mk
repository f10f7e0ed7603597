# Shipped policies against models of what they promise.
UNIT_TESTS += tests/policy/test_retention
tests_policy_test_retention_SOURCES = tests/policy/test_retention.c tests/policy/retention_case.c \
	tests/policy/retention_case.h tests/policy/retention_model.c tests/policy/retention_model.h $(LUA_WORLD)
tests_policy_test_retention_CPPFLAGS = $(LUA_UNIT_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_policy_test_retention_CFLAGS = $(LUA_UNIT_CFLAGS)
tests_policy_test_retention_LDADD = $(LUA_UNIT_LIBS)
UNIT_TESTS += tests/policy/test_retention_page
tests_policy_test_retention_page_SOURCES = tests/policy/test_retention_page.c $(LUA_WORLD)
tests_policy_test_retention_page_CPPFLAGS = $(LUA_UNIT_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_policy_test_retention_page_CFLAGS = $(LUA_UNIT_CFLAGS)
tests_policy_test_retention_page_LDADD = core/conf/libconfeval.la $(LUA_UNIT_LIBS)

# Many more settings, maildrops and sequences of sessions than in every check: a part of check-long.
LONG_CHECKS += check-policy-long
check-policy-long: tests/policy/test_retention
	RESTANTE_CASES=100000 tests/policy/test_retention
