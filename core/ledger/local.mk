noinst_LTLIBRARIES += core/ledger/libledger.la
core_ledger_libledger_la_SOURCES = \
	core/ledger/journal.c core/ledger/journal.h \
	core/ledger/journal_files.c core/ledger/journal_files.h \
	core/ledger/journal_line.c core/ledger/journal_line.h \
	core/ledger/journal_read.c \
	core/ledger/ledger.c core/ledger/ledger.h core/ledger/ledger_state.h \
	core/ledger/ledger_file.c core/ledger/ledger_file.h \
	core/ledger/ledger_line.c core/ledger/ledger_line.h \
	core/ledger/ledger_marks.c core/ledger/ledger_marks.h \
	core/ledger/ledger_open.c \
	core/ledger/ledger_put.c \
	core/ledger/ledger_store.c core/ledger/ledger_store.h \
	core/ledger/ledger_strings.c core/ledger/ledger_strings.h \
	core/ledger/ledger_sync.c \
	core/ledger/ledger_table.c core/ledger/ledger_table.h
core_ledger_libledger_la_CFLAGS = $(AM_CFLAGS) $(XXHASH_CFLAGS)
core_ledger_libledger_la_LIBADD = $(XXHASH_LIBS)
