noinst_LTLIBRARIES += core/sandbox/libsandbox.la
core_sandbox_libsandbox_la_SOURCES = \
	core/sandbox/capability.c core/sandbox/capability.h \
	core/sandbox/sandbox.c core/sandbox/sandbox.h
