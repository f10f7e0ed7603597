# The mbox driver: its parts linked in, and the storage kit against the built module.
MBOX_TEST_LIBS = storage-drivers/mbox/libmbox.la $(CMOCKA_LIBS) $(LIBMD_LIBS) $(XXHASH_LIBS)
MBOX_TEST_CFLAGS = $(UNIT_CFLAGS) $(LIBMD_CFLAGS) $(XXHASH_CFLAGS)

UNIT_TESTS += tests/drivers/storage_kit_mbox
tests_drivers_storage_kit_mbox_SOURCES = tests/drivers/storage_kit.c tests/drivers/storage_kit.h \
	tests/drivers/kit_mbox.c $(MAILDIR_TEST_FILES)
tests_drivers_storage_kit_mbox_CFLAGS = $(MBOX_TEST_CFLAGS)
tests_drivers_storage_kit_mbox_CPPFLAGS = $(MAILDIR_TEST_INCLUDES)
tests_drivers_storage_kit_mbox_LDADD = $(MBOX_TEST_LIBS)
EXTRA_tests_drivers_storage_kit_mbox_DEPENDENCIES = modules/storage/mbox.so
