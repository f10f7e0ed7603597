noinst_LTLIBRARIES += storage-drivers/maildir/libmaildir.la
storage_drivers_maildir_libmaildir_la_SOURCES = \
	storage-drivers/maildir/maildir.h \
	storage-drivers/maildir/maildir_append.c \
	storage-drivers/maildir/maildir_cache.c \
	storage-drivers/maildir/maildir_commit.c \
	storage-drivers/maildir/maildir_find.c \
	storage-drivers/maildir/maildir_folder.c \
	storage-drivers/maildir/maildir_list.c \
	storage-drivers/maildir/maildir_listing.c \
	storage-drivers/maildir/maildir_maildrop.c \
	storage-drivers/maildir/maildir_name.c \
	storage-drivers/maildir/maildir_quota.c \
	storage-drivers/maildir/maildir_read.c \
	storage-drivers/maildir/maildir_scan.c \
	storage-drivers/maildir/maildir_size.c \
	storage-drivers/maildir/maildir_sort.c \
	storage-drivers/maildir/maildir_twin.c
storage_drivers_maildir_libmaildir_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
storage_drivers_maildir_libmaildir_la_CPPFLAGS = $(STORAGE_INCLUDE_FLAGS)
storage_drivers_maildir_libmaildir_la_LIBADD = storage-drivers/common/libcommon.la

storagemodule_LTLIBRARIES += storage-drivers/maildir/maildir.la
storage_drivers_maildir_maildir_la_SOURCES = storage-drivers/maildir/maildir.c
storage_drivers_maildir_maildir_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
storage_drivers_maildir_maildir_la_CPPFLAGS = $(STORAGE_INCLUDE_FLAGS)
storage_drivers_maildir_maildir_la_LDFLAGS = $(MODULE_LINK_FLAGS)
storage_drivers_maildir_maildir_la_LIBADD = storage-drivers/maildir/libmaildir.la

noinst_DATA += modules/storage/maildir.so
CLEANFILES += modules/storage/maildir.so
modules/storage/maildir.so: storage-drivers/maildir/maildir.la
	@$(MKDIR_P) modules/storage
	$(AM_V_GEN)ln -sf ../../storage-drivers/maildir/.libs/maildir.so $@
