LEDGER_BOX_FILES = tests/unit/ledger_box.c tests/unit/ledger_box.h tests/unit/unit.h

UNIT_TESTS += tests/unit/test_ledger
tests_unit_test_ledger_SOURCES = tests/unit/test_ledger.c $(LEDGER_BOX_FILES)
tests_unit_test_ledger_CFLAGS = $(UNIT_CFLAGS) $(XXHASH_CFLAGS)
tests_unit_test_ledger_LDADD = core/ledger/libledger.la $(UNIT_LIBS) $(XXHASH_LIBS)

UNIT_TESTS += tests/unit/test_ledger_marks
tests_unit_test_ledger_marks_SOURCES = tests/unit/test_ledger_marks.c $(LEDGER_BOX_FILES)
tests_unit_test_ledger_marks_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_ledger_marks_LDADD = core/ledger/libledger.la $(UNIT_LIBS) $(XXHASH_LIBS)

UNIT_TESTS += tests/unit/test_journal
tests_unit_test_journal_SOURCES = tests/unit/test_journal.c $(LEDGER_BOX_FILES)
tests_unit_test_journal_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_journal_LDADD = core/ledger/libledger.la $(UNIT_LIBS) $(XXHASH_LIBS)

UNIT_TESTS += tests/unit/test_ledger_crash
tests_unit_test_ledger_crash_SOURCES = tests/unit/test_ledger_crash.c $(LEDGER_BOX_FILES) $(KIT_DISK_FILES)
tests_unit_test_ledger_crash_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_ledger_crash_CPPFLAGS = $(MAILDIR_TEST_INCLUDES)
tests_unit_test_ledger_crash_LDFLAGS = $(AM_LDFLAGS) $(KIT_DISK_FLAGS)
tests_unit_test_ledger_crash_LDADD = core/ledger/libledger.la $(UNIT_LIBS) $(XXHASH_LIBS)

UNIT_TESTS += tests/unit/test_journal_crash
tests_unit_test_journal_crash_SOURCES = tests/unit/test_journal_crash.c $(LEDGER_BOX_FILES) $(KIT_DISK_FILES)
tests_unit_test_journal_crash_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_journal_crash_CPPFLAGS = $(MAILDIR_TEST_INCLUDES)
tests_unit_test_journal_crash_LDFLAGS = $(AM_LDFLAGS) $(KIT_DISK_FLAGS)
tests_unit_test_journal_crash_LDADD = core/ledger/libledger.la $(UNIT_LIBS) $(XXHASH_LIBS)
