noinst_LTLIBRARIES += core/module/libmodule.la
core_module_libmodule_la_SOURCES = \
	core/module/loader.c core/module/loader.h \
	core/module/loader_check.c core/module/loader_check.h \
	core/module/loader_elf.c core/module/loader_elf.h \
	core/module/loader_trust.c core/module/loader_trust.h
core_module_libmodule_la_LIBADD = $(LTDL_LIBS)
