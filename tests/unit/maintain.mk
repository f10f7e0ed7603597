# Commands that need no login.
UNIT_TESTS += tests/unit/test_messages_task tests/unit/test_when tests/unit/test_maintain
tests_unit_test_messages_task_SOURCES = tests/unit/test_messages_task.c tests/unit/unit.h
tests_unit_test_messages_task_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_messages_task_LDADD = core/ipc/libipc.la $(UNIT_LIBS) $(LIBEVENT_LIBS)
tests_unit_test_when_SOURCES = tests/unit/test_when.c tests/unit/unit.h
tests_unit_test_when_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_when_LDADD = $(UNIT_LIBS)
tests_unit_test_maintain_SOURCES = tests/unit/test_maintain.c core/master/maintain_users.c tests/unit/unit.h
tests_unit_test_maintain_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_maintain_LDADD = core/admin/libadmin.la $(UNIT_LIBS)

UNIT_TESTS += tests/unit/test_task
tests_unit_test_task_SOURCES = tests/unit/test_task.c $(MAILDROP_WORLD)
tests_unit_test_task_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_task_LDADD = $(SESSION_TEST_LIBS)

UNIT_TESTS += tests/unit/test_task_explain
tests_unit_test_task_explain_SOURCES = tests/unit/test_task_explain.c $(MAILDROP_WORLD)
tests_unit_test_task_explain_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_task_explain_LDADD = $(SESSION_TEST_LIBS)
