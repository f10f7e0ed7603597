# The administrator's commands, linked into `restante`.
noinst_LTLIBRARIES += core/admin/libadmin.la
core_admin_libadmin_la_SOURCES = core/admin/passwd.c core/admin/passwd.h
core_admin_libadmin_la_CFLAGS = $(AM_CFLAGS) $(LIBCRYPT_CFLAGS)
core_admin_libadmin_la_LIBADD = $(LIBCRYPT_LIBS)
