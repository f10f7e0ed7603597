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

MBOX_BOX_FILES = tests/unit/mbox_box.c tests/unit/mbox_box.h $(MAILDIR_TEST_FILES)
KIT_DISK_FILES = tests/drivers/kit_disk.c tests/drivers/kit_disk.h
KIT_DISK_FLAGS = -Wl,--wrap=pwrite,--wrap=write,--wrap=ftruncate,--wrap=fallocate,--wrap=renameat,--wrap=renameat2 \
	-Wl,--wrap=unlinkat,--wrap=futimens,--wrap=fsync,--wrap=fdatasync

UNIT_TESTS += tests/unit/test_mbox_crash
tests_unit_test_mbox_crash_SOURCES = tests/unit/test_mbox_crash.c $(MBOX_BOX_FILES) $(KIT_DISK_FILES)
tests_unit_test_mbox_crash_CFLAGS = $(MBOX_TEST_CFLAGS)
tests_unit_test_mbox_crash_CPPFLAGS = $(MAILDIR_TEST_INCLUDES)
tests_unit_test_mbox_crash_LDFLAGS = $(AM_LDFLAGS) $(KIT_DISK_FLAGS)
tests_unit_test_mbox_crash_LDADD = $(MBOX_TEST_LIBS)
