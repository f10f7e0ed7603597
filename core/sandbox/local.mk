noinst_LTLIBRARIES += core/sandbox/libsandbox.la
core_sandbox_libsandbox_la_SOURCES = \
	core/sandbox/capability.c core/sandbox/capability.h \
	core/sandbox/confine.c core/sandbox/confine.h \
	core/sandbox/filter.c core/sandbox/filter.h core/sandbox/filter_tables.h \
	core/sandbox/filter_auth.c core/sandbox/filter_common.c core/sandbox/filter_frontend.c \
	core/sandbox/filter_needs.c core/sandbox/filter_nursery.c core/sandbox/filter_worker.c \
	core/sandbox/landlock.c core/sandbox/landlock.h \
	core/sandbox/limits.c core/sandbox/limits.h \
	core/sandbox/sandbox.c core/sandbox/sandbox.h
core_sandbox_libsandbox_la_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
core_sandbox_libsandbox_la_LIBADD = $(SECCOMP_LIBS)
