# Storage drivers. Each is a convenience library (for its unit tests), a module made of it, and a link to the module
# below modules/, so that a server started from the build tree finds it.
STORAGE_INCLUDE_FLAGS = $(MODULE_INCLUDE_FLAGS) -I$(top_srcdir)/storage-drivers

storagemoduledir = $(restantelibdir)/storage
storagemodule_LTLIBRARIES =

noinst_LTLIBRARIES += storage-drivers/common/libcommon.la
storage_drivers_common_libcommon_la_SOURCES = \
	storage-drivers/common/beneath.c storage-drivers/common/beneath.h
storage_drivers_common_libcommon_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
storage_drivers_common_libcommon_la_CPPFLAGS = $(STORAGE_INCLUDE_FLAGS)

include storage-drivers/maildir/local.mk
include storage-drivers/mbox/local.mk
