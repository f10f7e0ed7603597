UNIT_TESTS += tests/unit/test_sandbox tests/unit/test_state_root
tests_unit_test_sandbox_SOURCES = tests/unit/test_sandbox.c
tests_unit_test_sandbox_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_sandbox_LDADD = core/sandbox/libsandbox.la $(UNIT_LIBS)
tests_unit_test_state_root_SOURCES = tests/unit/test_state_root.c core/master/state_root.c
tests_unit_test_state_root_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_state_root_LDADD = core/conf/libconf.la core/ipc/libipc.la $(UNIT_LIBS) $(LIBEVENT_LIBS)
UNIT_TESTS += tests/unit/test_confine
tests_unit_test_confine_SOURCES = tests/unit/test_confine.c
tests_unit_test_confine_CFLAGS = $(UNIT_CFLAGS) $(SECCOMP_CFLAGS)
tests_unit_test_confine_LDADD = core/sandbox/libsandbox.la $(UNIT_LIBS)
# The same with filters as a build for fault injection has them.
UNIT_TESTS += tests/unit/test_confine_fault
tests_unit_test_confine_fault_SOURCES = tests/unit/test_confine.c $(core_sandbox_libsandbox_la_SOURCES)
tests_unit_test_confine_fault_CPPFLAGS = $(AM_CPPFLAGS) -DRESTANTE_FAULT_BUILD=1
tests_unit_test_confine_fault_CFLAGS = $(UNIT_CFLAGS) $(SECCOMP_CFLAGS)
tests_unit_test_confine_fault_LDADD = $(UNIT_LIBS) $(SECCOMP_LIBS)

UNIT_TESTS += tests/unit/test_descriptors
tests_unit_test_descriptors_SOURCES = tests/unit/test_descriptors.c core/master/descriptors.c
tests_unit_test_descriptors_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_descriptors_LDADD = core/conf/libconf.la core/ipc/libipc.la $(UNIT_LIBS) $(LIBEVENT_LIBS)

UNIT_TESTS += tests/unit/test_notify
tests_unit_test_notify_SOURCES = tests/unit/test_notify.c core/master/notify.c
tests_unit_test_notify_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_notify_LDADD = $(UNIT_LIBS) $(LIBEVENT_LIBS)

UNIT_TESTS += tests/unit/test_generation
tests_unit_test_generation_SOURCES = tests/unit/test_generation.c
tests_unit_test_generation_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_generation_LDADD = core/master/libmaster.la core/admin/libadmin.la core/conf/libconfeval.la \
	core/conf/libconf.la core/ipc/libipc.la $(UNIT_LIBS) $(LIBEVENT_LIBS) $(LUA_LIBS) $(LIBCRYPT_LIBS)

UNIT_TESTS += tests/unit/test_control_path
tests_unit_test_control_path_SOURCES = tests/unit/test_control_path.c core/master/control_path.c core/master/state_root.c
tests_unit_test_control_path_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_control_path_LDADD = core/conf/libconf.la core/ipc/libipc.la $(UNIT_LIBS) $(LIBEVENT_LIBS)

UNIT_TESTS += tests/unit/test_clock_watch
tests_unit_test_clock_watch_SOURCES = tests/unit/test_clock_watch.c core/master/clock_watch.c tests/unit/unit_log.c \
	tests/unit/unit_log.h
tests_unit_test_clock_watch_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_clock_watch_LDADD = core/conf/libconf.la core/ipc/libipc.la $(UNIT_LIBS) $(LIBEVENT_LIBS)
