# Two libraries: every room reads checked settings, only the master links Lua.
noinst_LTLIBRARIES += core/conf/libconf.la core/conf/libconfeval.la
core_conf_libconf_la_SOURCES = \
	core/conf/check.c core/conf/check.h \
	core/conf/conf.c core/conf/conf.h \
	core/conf/module_values.c \
	core/conf/settings.c core/conf/settings.h \
	core/conf/settings_table.c
core_conf_libconfeval_la_SOURCES = \
	core/conf/cross.c core/conf/cross.h \
	core/conf/evaluate.c core/conf/evaluate.h \
	core/conf/names.c core/conf/names.h \
	core/conf/report.c core/conf/report.h \
	core/conf/script.c core/conf/script.h \
	core/conf/script_poison.c core/conf/script_poison.h \
	core/conf/source.c core/conf/source.h \
	core/conf/walk.c core/conf/walk.h
core_conf_libconfeval_la_CFLAGS = $(AM_CFLAGS) $(LUA_CFLAGS)
core_conf_libconfeval_la_LIBADD = $(LUA_LIBS)
