CONF_LIBS = core/conf/libconfeval.la core/conf/libconf.la $(UNIT_LIBS)

UNIT_TESTS += tests/unit/test_evaluate
tests_unit_test_evaluate_SOURCES = tests/unit/test_evaluate.c tests/unit/unit.h
tests_unit_test_evaluate_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_evaluate_LDADD = $(CONF_LIBS)

UNIT_TESTS += tests/unit/test_conf_hostile
tests_unit_test_conf_hostile_SOURCES = tests/unit/test_conf_hostile.c tests/unit/unit.h
tests_unit_test_conf_hostile_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_conf_hostile_LDADD = $(CONF_LIBS)
