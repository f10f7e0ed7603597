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
KIT_DISK_FLAGS = -Wl,--wrap=pread,--wrap=pwrite,--wrap=write,--wrap=ftruncate,--wrap=fallocate,--wrap=renameat,--wrap=renameat2 \
	-Wl,--wrap=openat,--wrap=linkat,--wrap=unlinkat,--wrap=futimens,--wrap=fsync,--wrap=fdatasync

UNIT_TESTS += tests/unit/test_mbox_crash
tests_unit_test_mbox_crash_SOURCES = tests/unit/test_mbox_crash.c $(MBOX_BOX_FILES) $(KIT_DISK_FILES)
tests_unit_test_mbox_crash_CFLAGS = $(MBOX_TEST_CFLAGS)
tests_unit_test_mbox_crash_CPPFLAGS = $(MAILDIR_TEST_INCLUDES)
tests_unit_test_mbox_crash_LDFLAGS = $(AM_LDFLAGS) $(KIT_DISK_FLAGS)
tests_unit_test_mbox_crash_LDADD = $(MBOX_TEST_LIBS)

UNIT_TESTS += tests/unit/test_mbox_format
tests_unit_test_mbox_format_SOURCES = tests/unit/test_mbox_format.c $(MBOX_BOX_FILES)
tests_unit_test_mbox_format_CFLAGS = $(MBOX_TEST_CFLAGS)
tests_unit_test_mbox_format_CPPFLAGS = $(MAILDIR_TEST_INCLUDES)
tests_unit_test_mbox_format_LDADD = $(MBOX_TEST_LIBS)

UNIT_TESTS += tests/unit/test_mbox_uidl
tests_unit_test_mbox_uidl_SOURCES = tests/unit/test_mbox_uidl.c $(MBOX_BOX_FILES)
tests_unit_test_mbox_uidl_CFLAGS = $(MBOX_TEST_CFLAGS)
tests_unit_test_mbox_uidl_CPPFLAGS = $(MAILDIR_TEST_INCLUDES)
tests_unit_test_mbox_uidl_LDADD = core/ledger/libledger.la $(MBOX_TEST_LIBS) $(UNIT_LIBS)

UNIT_TESTS += tests/unit/test_mbox_commit
tests_unit_test_mbox_commit_SOURCES = tests/unit/test_mbox_commit.c $(MBOX_BOX_FILES) $(KIT_DISK_FILES)
tests_unit_test_mbox_commit_CFLAGS = $(MBOX_TEST_CFLAGS)
tests_unit_test_mbox_commit_CPPFLAGS = $(MAILDIR_TEST_INCLUDES)
tests_unit_test_mbox_commit_LDFLAGS = $(AM_LDFLAGS) $(KIT_DISK_FLAGS)
tests_unit_test_mbox_commit_LDADD = $(MBOX_TEST_LIBS)

UNIT_TESTS += tests/unit/test_mbox_cache
tests_unit_test_mbox_cache_SOURCES = tests/unit/test_mbox_cache.c $(MBOX_BOX_FILES) $(KIT_DISK_FILES)
tests_unit_test_mbox_cache_CFLAGS = $(MBOX_TEST_CFLAGS)
tests_unit_test_mbox_cache_CPPFLAGS = $(MAILDIR_TEST_INCLUDES)
tests_unit_test_mbox_cache_LDFLAGS = $(AM_LDFLAGS) $(KIT_DISK_FLAGS)
tests_unit_test_mbox_cache_LDADD = $(MBOX_TEST_LIBS)

UNIT_TESTS += tests/unit/test_mbox_lock
tests_unit_test_mbox_lock_SOURCES = tests/unit/test_mbox_lock.c $(MBOX_BOX_FILES)
tests_unit_test_mbox_lock_CFLAGS = $(MBOX_TEST_CFLAGS)
tests_unit_test_mbox_lock_CPPFLAGS = $(MAILDIR_TEST_INCLUDES)
tests_unit_test_mbox_lock_LDADD = $(MBOX_TEST_LIBS)
