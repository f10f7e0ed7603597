# Modules with one thing wrong each, all from one source: tests/unit/modules/sample.c.
SAMPLE_INCLUDE_FLAGS = $(MODULE_INCLUDE_FLAGS)
# No -z defs here: one of them is meant to have an unresolved function.
SAMPLE_LINK_FLAGS = -module -avoid-version -shared -rpath /nowhere
check_LTLIBRARIES += \
	tests/unit/modules/sample_good.la \
	tests/unit/modules/sample_policy.la \
	tests/unit/modules/sample_symbol.la \
	tests/unit/modules/sample_unresolved.la \
	tests/unit/modules/sample_magic.la \
	tests/unit/modules/sample_major.la \
	tests/unit/modules/sample_minor.la \
	tests/unit/modules/sample_module_size.la \
	tests/unit/modules/sample_operations_size.la \
	tests/unit/modules/sample_host_size.la \
	tests/unit/modules/sample_kind.la \
	tests/unit/modules/sample_name.la \
	tests/unit/modules/sample_operation.la \
	tests/unit/modules/sample_no_operations.la \
	tests/unit/modules/sample_setting.la
tests_unit_modules_sample_good_la_SOURCES = tests/unit/modules/sample.c
tests_unit_modules_sample_good_la_CPPFLAGS = $(SAMPLE_INCLUDE_FLAGS) -DSAMPLE_GOOD
tests_unit_modules_sample_good_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_sample_good_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)
tests_unit_modules_sample_policy_la_SOURCES = tests/unit/modules/sample.c
tests_unit_modules_sample_policy_la_CPPFLAGS = $(SAMPLE_INCLUDE_FLAGS) -DSAMPLE_POLICY
tests_unit_modules_sample_policy_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_sample_policy_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)
tests_unit_modules_sample_symbol_la_SOURCES = tests/unit/modules/sample.c
tests_unit_modules_sample_symbol_la_CPPFLAGS = $(SAMPLE_INCLUDE_FLAGS) -DSAMPLE_SYMBOL
tests_unit_modules_sample_symbol_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_sample_symbol_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)
tests_unit_modules_sample_unresolved_la_SOURCES = tests/unit/modules/sample.c
tests_unit_modules_sample_unresolved_la_CPPFLAGS = $(SAMPLE_INCLUDE_FLAGS) -DSAMPLE_UNRESOLVED
tests_unit_modules_sample_unresolved_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_sample_unresolved_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)
tests_unit_modules_sample_magic_la_SOURCES = tests/unit/modules/sample.c
tests_unit_modules_sample_magic_la_CPPFLAGS = $(SAMPLE_INCLUDE_FLAGS) -DSAMPLE_MAGIC
tests_unit_modules_sample_magic_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_sample_magic_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)
tests_unit_modules_sample_major_la_SOURCES = tests/unit/modules/sample.c
tests_unit_modules_sample_major_la_CPPFLAGS = $(SAMPLE_INCLUDE_FLAGS) -DSAMPLE_MAJOR
tests_unit_modules_sample_major_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_sample_major_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)
tests_unit_modules_sample_minor_la_SOURCES = tests/unit/modules/sample.c
tests_unit_modules_sample_minor_la_CPPFLAGS = $(SAMPLE_INCLUDE_FLAGS) -DSAMPLE_MINOR
tests_unit_modules_sample_minor_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_sample_minor_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)
tests_unit_modules_sample_module_size_la_SOURCES = tests/unit/modules/sample.c
tests_unit_modules_sample_module_size_la_CPPFLAGS = $(SAMPLE_INCLUDE_FLAGS) -DSAMPLE_MODULE_SIZE
tests_unit_modules_sample_module_size_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_sample_module_size_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)
tests_unit_modules_sample_operations_size_la_SOURCES = tests/unit/modules/sample.c
tests_unit_modules_sample_operations_size_la_CPPFLAGS = $(SAMPLE_INCLUDE_FLAGS) -DSAMPLE_OPERATIONS_SIZE
tests_unit_modules_sample_operations_size_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_sample_operations_size_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)
tests_unit_modules_sample_host_size_la_SOURCES = tests/unit/modules/sample.c
tests_unit_modules_sample_host_size_la_CPPFLAGS = $(SAMPLE_INCLUDE_FLAGS) -DSAMPLE_HOST_SIZE
tests_unit_modules_sample_host_size_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_sample_host_size_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)
tests_unit_modules_sample_kind_la_SOURCES = tests/unit/modules/sample.c
tests_unit_modules_sample_kind_la_CPPFLAGS = $(SAMPLE_INCLUDE_FLAGS) -DSAMPLE_KIND
tests_unit_modules_sample_kind_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_sample_kind_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)
tests_unit_modules_sample_name_la_SOURCES = tests/unit/modules/sample.c
tests_unit_modules_sample_name_la_CPPFLAGS = $(SAMPLE_INCLUDE_FLAGS) -DSAMPLE_NAME
tests_unit_modules_sample_name_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_sample_name_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)
tests_unit_modules_sample_operation_la_SOURCES = tests/unit/modules/sample.c
tests_unit_modules_sample_operation_la_CPPFLAGS = $(SAMPLE_INCLUDE_FLAGS) -DSAMPLE_OPERATION
tests_unit_modules_sample_operation_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_sample_operation_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)
tests_unit_modules_sample_no_operations_la_SOURCES = tests/unit/modules/sample.c
tests_unit_modules_sample_no_operations_la_CPPFLAGS = $(SAMPLE_INCLUDE_FLAGS) -DSAMPLE_NO_OPERATIONS
tests_unit_modules_sample_no_operations_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_sample_no_operations_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)
tests_unit_modules_sample_setting_la_SOURCES = tests/unit/modules/sample.c
tests_unit_modules_sample_setting_la_CPPFLAGS = $(SAMPLE_INCLUDE_FLAGS) -DSAMPLE_SETTING
tests_unit_modules_sample_setting_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_sample_setting_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)

UNIT_TESTS += tests/unit/test_loader
tests_unit_test_loader_SOURCES = tests/unit/test_loader.c
tests_unit_test_loader_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_loader_CPPFLAGS = $(AM_CPPFLAGS) -DSAMPLES=\"$(abs_top_builddir)/tests/unit/modules/.libs\"
tests_unit_test_loader_LDADD = core/module/libmodule.la $(UNIT_LIBS) $(LTDL_LIBS)
