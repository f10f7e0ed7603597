UNIT_TESTS += tests/unit/test_str
tests_unit_test_str_SOURCES = tests/unit/test_str.c tests/unit/unit.h
tests_unit_test_str_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_str_LDADD = $(UNIT_LIBS)
