# Modules for the loader's test: one good one of each kind, and others with one thing wrong each.
SAMPLE_LINK_FLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere

check_LTLIBRARIES += tests/unit/modules/sample.la
tests_unit_modules_sample_la_SOURCES = tests/unit/modules/sample.c tests/unit/modules/sample.h
tests_unit_modules_sample_la_CPPFLAGS = $(MODULE_INCLUDE_FLAGS)
tests_unit_modules_sample_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_sample_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)

check_LTLIBRARIES += tests/unit/modules/keyed.la
tests_unit_modules_keyed_la_SOURCES = tests/unit/modules/keyed.c tests/unit/modules/sample.h
tests_unit_modules_keyed_la_CPPFLAGS = $(MODULE_INCLUDE_FLAGS)
tests_unit_modules_keyed_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_keyed_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)

check_LTLIBRARIES += tests/unit/modules/touchy.la
tests_unit_modules_touchy_la_SOURCES = tests/unit/modules/touchy.c
tests_unit_modules_touchy_la_CPPFLAGS = $(MODULE_INCLUDE_FLAGS)
tests_unit_modules_touchy_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_touchy_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)

check_LTLIBRARIES += tests/unit/modules/storage_sample.la
tests_unit_modules_storage_sample_la_SOURCES = tests/unit/modules/storage_sample.c
tests_unit_modules_storage_sample_la_CPPFLAGS = $(MODULE_INCLUDE_FLAGS)
tests_unit_modules_storage_sample_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_storage_sample_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)

check_LTLIBRARIES += tests/unit/modules/wrong_function.la
tests_unit_modules_wrong_function_la_SOURCES = tests/unit/modules/wrong_function.c tests/unit/modules/sample.h
tests_unit_modules_wrong_function_la_CPPFLAGS = $(MODULE_INCLUDE_FLAGS)
tests_unit_modules_wrong_function_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_wrong_function_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)

check_LTLIBRARIES += tests/unit/modules/wrong_host_size.la
tests_unit_modules_wrong_host_size_la_SOURCES = tests/unit/modules/wrong_host_size.c tests/unit/modules/sample.h
tests_unit_modules_wrong_host_size_la_CPPFLAGS = $(MODULE_INCLUDE_FLAGS)
tests_unit_modules_wrong_host_size_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_wrong_host_size_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)

check_LTLIBRARIES += tests/unit/modules/wrong_kind.la
tests_unit_modules_wrong_kind_la_SOURCES = tests/unit/modules/wrong_kind.c tests/unit/modules/sample.h
tests_unit_modules_wrong_kind_la_CPPFLAGS = $(MODULE_INCLUDE_FLAGS)
tests_unit_modules_wrong_kind_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_wrong_kind_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)

check_LTLIBRARIES += tests/unit/modules/wrong_length.la
tests_unit_modules_wrong_length_la_SOURCES = tests/unit/modules/wrong_length.c
tests_unit_modules_wrong_length_la_CPPFLAGS = $(MODULE_INCLUDE_FLAGS)
# Sanitizers would make the symbol longer.
tests_unit_modules_wrong_length_la_CFLAGS = $(MODULE_COMPILE_FLAGS) -fno-sanitize=all
tests_unit_modules_wrong_length_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)

check_LTLIBRARIES += tests/unit/modules/wrong_magic.la
tests_unit_modules_wrong_magic_la_SOURCES = tests/unit/modules/wrong_magic.c tests/unit/modules/sample.h
tests_unit_modules_wrong_magic_la_CPPFLAGS = $(MODULE_INCLUDE_FLAGS)
tests_unit_modules_wrong_magic_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_wrong_magic_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)

check_LTLIBRARIES += tests/unit/modules/wrong_major.la
tests_unit_modules_wrong_major_la_SOURCES = tests/unit/modules/wrong_major.c tests/unit/modules/sample.h
tests_unit_modules_wrong_major_la_CPPFLAGS = $(MODULE_INCLUDE_FLAGS)
tests_unit_modules_wrong_major_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_wrong_major_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)

check_LTLIBRARIES += tests/unit/modules/wrong_minor.la
tests_unit_modules_wrong_minor_la_SOURCES = tests/unit/modules/wrong_minor.c tests/unit/modules/sample.h
tests_unit_modules_wrong_minor_la_CPPFLAGS = $(MODULE_INCLUDE_FLAGS)
tests_unit_modules_wrong_minor_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_wrong_minor_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)

check_LTLIBRARIES += tests/unit/modules/wrong_module_size.la
tests_unit_modules_wrong_module_size_la_SOURCES = tests/unit/modules/wrong_module_size.c tests/unit/modules/sample.h
tests_unit_modules_wrong_module_size_la_CPPFLAGS = $(MODULE_INCLUDE_FLAGS)
tests_unit_modules_wrong_module_size_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_wrong_module_size_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)

check_LTLIBRARIES += tests/unit/modules/wrong_name.la
tests_unit_modules_wrong_name_la_SOURCES = tests/unit/modules/wrong_name.c tests/unit/modules/sample.h
tests_unit_modules_wrong_name_la_CPPFLAGS = $(MODULE_INCLUDE_FLAGS)
tests_unit_modules_wrong_name_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_wrong_name_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)

check_LTLIBRARIES += tests/unit/modules/wrong_needs.la
tests_unit_modules_wrong_needs_la_SOURCES = tests/unit/modules/wrong_needs.c tests/unit/modules/sample.h
tests_unit_modules_wrong_needs_la_CPPFLAGS = $(MODULE_INCLUDE_FLAGS)
tests_unit_modules_wrong_needs_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_wrong_needs_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)

check_LTLIBRARIES += tests/unit/modules/wrong_operations.la
tests_unit_modules_wrong_operations_la_SOURCES = tests/unit/modules/wrong_operations.c tests/unit/modules/sample.h
tests_unit_modules_wrong_operations_la_CPPFLAGS = $(MODULE_INCLUDE_FLAGS)
tests_unit_modules_wrong_operations_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_wrong_operations_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)

check_LTLIBRARIES += tests/unit/modules/wrong_operations_size.la
tests_unit_modules_wrong_operations_size_la_SOURCES = tests/unit/modules/wrong_operations_size.c tests/unit/modules/sample.h
tests_unit_modules_wrong_operations_size_la_CPPFLAGS = $(MODULE_INCLUDE_FLAGS)
tests_unit_modules_wrong_operations_size_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_wrong_operations_size_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)

check_LTLIBRARIES += tests/unit/modules/wrong_setting.la
tests_unit_modules_wrong_setting_la_SOURCES = tests/unit/modules/wrong_setting.c tests/unit/modules/sample.h
tests_unit_modules_wrong_setting_la_CPPFLAGS = $(MODULE_INCLUDE_FLAGS)
tests_unit_modules_wrong_setting_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_wrong_setting_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)

check_LTLIBRARIES += tests/unit/modules/wrong_summary.la
tests_unit_modules_wrong_summary_la_SOURCES = tests/unit/modules/wrong_summary.c tests/unit/modules/sample.h
tests_unit_modules_wrong_summary_la_CPPFLAGS = $(MODULE_INCLUDE_FLAGS)
tests_unit_modules_wrong_summary_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_wrong_summary_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)

check_LTLIBRARIES += tests/unit/modules/wrong_symbol.la
tests_unit_modules_wrong_symbol_la_SOURCES = tests/unit/modules/wrong_symbol.c
tests_unit_modules_wrong_symbol_la_CPPFLAGS = $(MODULE_INCLUDE_FLAGS)
tests_unit_modules_wrong_symbol_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_wrong_symbol_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)

MODULE_TEST_FLAGS = $(AM_CPPFLAGS) -DTEST_MODULES=\"$(abs_builddir)/tests/unit/modules/.libs\"

UNIT_TESTS += tests/unit/test_loader
tests_unit_test_loader_SOURCES = tests/unit/test_loader.c tests/unit/unit.h \
	tests/unit/module_files.c tests/unit/module_files.h
tests_unit_test_loader_CPPFLAGS = $(MODULE_TEST_FLAGS)
tests_unit_test_loader_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_loader_LDADD = core/module/libmodule.la $(UNIT_LIBS) $(LTDL_LIBS)

# Without libroom: the test takes the reports itself; the ledger and wire code are stood in for.
UNIT_TESTS += tests/unit/test_modules
tests_unit_test_modules_SOURCES = tests/unit/test_modules.c tests/unit/unit.h \
	tests/unit/module_files.c tests/unit/module_files.h
tests_unit_test_modules_CPPFLAGS = $(MODULE_TEST_FLAGS)
tests_unit_test_modules_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_modules_LDADD = core/room/libmodules.la core/module/libmodule.la core/conf/libconf.la $(UNIT_LIBS) \
	$(LTDL_LIBS) $(LIBMD_LIBS) $(XXHASH_LIBS)

UNIT_TESTS += tests/unit/test_nursery_policy
tests_unit_test_nursery_policy_SOURCES = tests/unit/test_nursery_policy.c core/session/nursery_policy.c \
	core/room/modules_needs.c tests/unit/unit.h tests/unit/module_files.c tests/unit/module_files.h
tests_unit_test_nursery_policy_CPPFLAGS = $(MODULE_TEST_FLAGS)
tests_unit_test_nursery_policy_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_nursery_policy_LDADD = core/room/libmodules.la core/module/libmodule.la core/policy/libpolicy.la \
	core/pop3/libpop3.la core/ledger/libledger.la core/conf/libconf.la $(UNIT_LIBS) $(LTDL_LIBS) $(LIBMD_LIBS) \
	$(XXHASH_LIBS)
