CONF_LIBS = core/conf/libconfeval.la core/conf/libconf.la $(UNIT_LIBS)

UNIT_TESTS += tests/unit/test_conf
tests_unit_test_conf_SOURCES = tests/unit/test_conf.c tests/unit/unit.h
tests_unit_test_conf_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_conf_LDADD = $(CONF_LIBS)

UNIT_TESTS += tests/unit/test_evaluate
tests_unit_test_evaluate_SOURCES = tests/unit/test_evaluate.c tests/unit/unit.h
tests_unit_test_evaluate_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_evaluate_LDADD = $(CONF_LIBS)

UNIT_TESTS += tests/unit/test_conf_hostile
tests_unit_test_conf_hostile_SOURCES = tests/unit/test_conf_hostile.c tests/unit/unit.h
tests_unit_test_conf_hostile_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_conf_hostile_LDADD = $(CONF_LIBS)

UNIT_TESTS += tests/unit/test_conf_module
tests_unit_test_conf_module_SOURCES = tests/unit/test_conf_module.c tests/unit/unit.h
tests_unit_test_conf_module_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_conf_module_LDADD = $(CONF_LIBS)

UNIT_TESTS += tests/unit/test_conf_man
tests_unit_test_conf_man_SOURCES = tests/unit/test_conf_man.c tests/unit/unit.h
tests_unit_test_conf_man_CPPFLAGS = $(AM_CPPFLAGS) -DTEST_SOURCE_DIR=\"$(abs_top_srcdir)\"
tests_unit_test_conf_man_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_conf_man_LDADD = $(CONF_LIBS)

UNIT_TESTS += tests/unit/test_config_print
tests_unit_test_config_print_SOURCES = tests/unit/test_config_print.c tests/unit/unit.h
tests_unit_test_config_print_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_config_print_LDADD = core/admin/libadmin.la $(CONF_LIBS)
