noinst_LTLIBRARIES += core/module/libmodule.la
core_module_libmodule_la_SOURCES = \
	core/module/descriptor.c core/module/descriptor.h \
	core/module/loader.c core/module/loader.h \
	core/module/trust.c core/module/trust.h
