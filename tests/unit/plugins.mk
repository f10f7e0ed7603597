# Policies in C, through the module's own operations.
UNIT_TESTS += tests/unit/test_access
tests_unit_test_access_SOURCES = tests/unit/test_access.c plugins/access/access.c tests/drivers/kit_host.c \
	tests/drivers/kit_host.h tests/unit/unit.h
tests_unit_test_access_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins -I$(top_srcdir)/tests/drivers $(LIBMD_CFLAGS)
tests_unit_test_access_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_access_LDADD = plugins/access/libaccess.la core/conf/libconf.la $(UNIT_LIBS) $(LIBMD_LIBS)
