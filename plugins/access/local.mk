noinst_LTLIBRARIES += plugins/access/libaccess.la
plugins_access_libaccess_la_SOURCES = \
	plugins/access/access_file.c plugins/access/access_file.h \
	plugins/access/access_networks.c plugins/access/access_networks.h \
	plugins/access/access_rule.c plugins/access/access_rule.h
plugins_access_libaccess_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
plugins_access_libaccess_la_CPPFLAGS = $(MODULE_INCLUDE_FLAGS)

policymodule_LTLIBRARIES += plugins/access/access.la
plugins_access_access_la_SOURCES = plugins/access/access.c
plugins_access_access_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
plugins_access_access_la_CPPFLAGS = $(MODULE_INCLUDE_FLAGS)
plugins_access_access_la_LDFLAGS = $(MODULE_LINK_FLAGS)
plugins_access_access_la_LIBADD = plugins/access/libaccess.la

noinst_DATA += modules/policy/access.so
CLEANFILES += modules/policy/access.so
modules/policy/access.so: plugins/access/access.la
	$(AM_V_at)$(MKDIR_P) modules/policy && rm -f $@ && $(LN_S) ../../plugins/access/.libs/access.so $@
