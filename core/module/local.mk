noinst_LTLIBRARIES += core/module/libmodule.la
core_module_libmodule_la_SOURCES = \
	core/module/descriptor.c core/module/descriptor.h \
	core/module/elf_file.c core/module/elf_file.h \
	core/module/loader.c core/module/loader.h \
	core/module/trust.c core/module/trust.h
