noinst_LTLIBRARIES += core/util/libutil.la
core_util_libutil_la_SOURCES = \
	core/util/alloc.c core/util/alloc.h \
	core/util/base64.c core/util/base64.h \
	core/util/buf.c core/util/buf.h \
	core/util/clock.c core/util/clock.h \
	core/util/clock_guard.c core/util/clock_guard.h \
	core/util/error.c core/util/error.h \
	core/util/faults.c core/util/faults.h \
	core/util/fd.c core/util/fd.h \
	core/util/log.c core/util/log.h \
	core/util/log_format.c core/util/log_format.h \
	core/util/network.c core/util/network.h \
	core/util/str.c core/util/str.h \
	core/util/template.c core/util/template.h \
	core/util/watchdog.c core/util/watchdog.h \
	core/util/when.c core/util/when.h
