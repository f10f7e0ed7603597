# The administrator's commands, linked into `restante`, and the program that writes the sample configuration.
noinst_LTLIBRARIES += core/admin/libadmin.la
core_admin_libadmin_la_SOURCES = \
	core/admin/config_print.c core/admin/config_print.h \
	core/admin/passwd.c core/admin/passwd.h \
	core/admin/progress.c core/admin/progress.h \
	core/admin/sample_print.c \
	core/admin/table_print.c core/admin/table_print.h
core_admin_libadmin_la_CFLAGS = $(AM_CFLAGS) $(LIBCRYPT_CFLAGS)
core_admin_libadmin_la_LIBADD = $(LIBCRYPT_LIBS)

noinst_PROGRAMS += core/admin/sample
core_admin_sample_SOURCES = core/admin/sample.c
core_admin_sample_LDADD = core/admin/libadmin.la core/conf/libconf.la core/util/libutil.la

sampledir = $(docdir)
sample_DATA = restante.conf.sample
CLEANFILES += restante.conf.sample
restante.conf.sample: core/admin/sample$(EXEEXT)
	$(AM_V_GEN)core/admin/sample$(EXEEXT) > $@.tmp && mv $@.tmp $@
