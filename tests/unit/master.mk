UNIT_TESTS += tests/unit/test_sandbox tests/unit/test_state_root
tests_unit_test_sandbox_SOURCES = tests/unit/test_sandbox.c
tests_unit_test_sandbox_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_sandbox_LDADD = core/sandbox/libsandbox.la $(UNIT_LIBS)
tests_unit_test_state_root_SOURCES = tests/unit/test_state_root.c core/master/state_root.c
tests_unit_test_state_root_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_state_root_LDADD = core/conf/libconf.la core/ipc/libipc.la $(UNIT_LIBS) $(LIBEVENT_LIBS)
