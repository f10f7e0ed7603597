# The Maildir driver: its parts linked in, and the storage kit against the built module.
MAILDIR_TEST_FILES = tests/drivers/kit_files.c tests/drivers/kit_files.h tests/drivers/kit_host.c \
	tests/drivers/kit_host.h tests/unit/unit.h
MAILDIR_TEST_INCLUDES = $(AM_CPPFLAGS) -I$(top_srcdir)/storage-drivers -I$(top_srcdir)/tests/drivers $(LIBMD_CFLAGS)
MAILDIR_TEST_LIBS = storage-drivers/maildir/libmaildir.la $(CMOCKA_LIBS) $(LIBMD_LIBS)

UNIT_TESTS += tests/drivers/storage_kit_maildir
tests_drivers_storage_kit_maildir_SOURCES = tests/drivers/storage_kit.c tests/drivers/storage_kit.h \
	tests/drivers/kit_maildir.c $(MAILDIR_TEST_FILES)
tests_drivers_storage_kit_maildir_CFLAGS = $(UNIT_CFLAGS)
tests_drivers_storage_kit_maildir_CPPFLAGS = $(MAILDIR_TEST_INCLUDES)
tests_drivers_storage_kit_maildir_LDADD = $(CMOCKA_LIBS) $(LIBMD_LIBS)
EXTRA_tests_drivers_storage_kit_maildir_DEPENDENCIES = modules/storage/maildir.so

UNIT_TESTS += tests/unit/test_maildir_name tests/unit/test_maildir_scan tests/unit/test_maildir_cache \
	tests/unit/test_maildir_commit tests/unit/test_maildir_hostile
MAILDIR_BOX_FILES = tests/unit/maildir_box.c tests/unit/maildir_box.h $(MAILDIR_TEST_FILES)

tests_unit_test_maildir_name_SOURCES = tests/unit/test_maildir_name.c $(MAILDIR_TEST_FILES)
tests_unit_test_maildir_name_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_maildir_name_CPPFLAGS = $(MAILDIR_TEST_INCLUDES)
tests_unit_test_maildir_name_LDADD = $(MAILDIR_TEST_LIBS)

tests_unit_test_maildir_scan_SOURCES = tests/unit/test_maildir_scan.c $(MAILDIR_BOX_FILES)
tests_unit_test_maildir_scan_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_maildir_scan_CPPFLAGS = $(MAILDIR_TEST_INCLUDES)
tests_unit_test_maildir_scan_LDADD = $(MAILDIR_TEST_LIBS)

tests_unit_test_maildir_cache_SOURCES = tests/unit/test_maildir_cache.c $(MAILDIR_BOX_FILES)
tests_unit_test_maildir_cache_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_maildir_cache_CPPFLAGS = $(MAILDIR_TEST_INCLUDES)
tests_unit_test_maildir_cache_LDADD = $(MAILDIR_TEST_LIBS)

tests_unit_test_maildir_commit_SOURCES = tests/unit/test_maildir_commit.c $(MAILDIR_BOX_FILES)
tests_unit_test_maildir_commit_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_maildir_commit_CPPFLAGS = $(MAILDIR_TEST_INCLUDES)
tests_unit_test_maildir_commit_LDADD = $(MAILDIR_TEST_LIBS)

UNIT_TESTS += tests/unit/test_steps
tests_unit_test_steps_SOURCES = tests/unit/test_steps.c $(MAILDIR_BOX_FILES)
tests_unit_test_steps_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_steps_CPPFLAGS = $(MAILDIR_TEST_INCLUDES)
tests_unit_test_steps_LDADD = storage-drivers/maildir/libmaildir.la $(SESSION_TEST_LIBS)

tests_unit_test_maildir_hostile_SOURCES = tests/unit/test_maildir_hostile.c $(MAILDIR_BOX_FILES)
tests_unit_test_maildir_hostile_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_maildir_hostile_CPPFLAGS = $(MAILDIR_TEST_INCLUDES)
tests_unit_test_maildir_hostile_LDADD = $(MAILDIR_TEST_LIBS)
