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
