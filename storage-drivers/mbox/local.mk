noinst_LTLIBRARIES += storage-drivers/mbox/libmbox.la
storage_drivers_mbox_libmbox_la_SOURCES = \
	storage-drivers/mbox/mbox.h \
	storage-drivers/mbox/mbox_append.c \
	storage-drivers/mbox/mbox_cache.c \
	storage-drivers/mbox/mbox_commit.c \
	storage-drivers/mbox/mbox_digest.c storage-drivers/mbox/mbox_digest.h \
	storage-drivers/mbox/mbox_file.c \
	storage-drivers/mbox/mbox_journal.c storage-drivers/mbox/mbox_journal.h \
	storage-drivers/mbox/mbox_journal_file.c storage-drivers/mbox/mbox_journal_file.h \
	storage-drivers/mbox/mbox_list.c \
	storage-drivers/mbox/mbox_lock.c \
	storage-drivers/mbox/mbox_maildrop.c \
	storage-drivers/mbox/mbox_quote.c storage-drivers/mbox/mbox_quote.h \
	storage-drivers/mbox/mbox_read.c \
	storage-drivers/mbox/mbox_scan.c \
	storage-drivers/mbox/mbox_split.c storage-drivers/mbox/mbox_split.h \
	storage-drivers/mbox/mbox_uidl.c
storage_drivers_mbox_libmbox_la_CFLAGS = $(MODULE_COMPILE_FLAGS) $(LIBMD_CFLAGS) $(XXHASH_CFLAGS)
storage_drivers_mbox_libmbox_la_CPPFLAGS = $(STORAGE_INCLUDE_FLAGS)
storage_drivers_mbox_libmbox_la_LIBADD = storage-drivers/common/libcommon.la $(LIBMD_LIBS) $(XXHASH_LIBS)

storagemodule_LTLIBRARIES += storage-drivers/mbox/mbox.la
storage_drivers_mbox_mbox_la_SOURCES = storage-drivers/mbox/mbox.c
storage_drivers_mbox_mbox_la_CFLAGS = $(MODULE_COMPILE_FLAGS) $(LIBMD_CFLAGS) $(XXHASH_CFLAGS)
storage_drivers_mbox_mbox_la_CPPFLAGS = $(STORAGE_INCLUDE_FLAGS)
storage_drivers_mbox_mbox_la_LDFLAGS = $(MODULE_LINK_FLAGS)
storage_drivers_mbox_mbox_la_LIBADD = storage-drivers/mbox/libmbox.la

noinst_DATA += modules/storage/mbox.so
CLEANFILES += modules/storage/mbox.so
modules/storage/mbox.so: storage-drivers/mbox/mbox.la
	$(AM_V_at)$(MKDIR_P) modules/storage && rm -f $@ && $(LN_S) ../../storage-drivers/mbox/.libs/mbox.so $@
