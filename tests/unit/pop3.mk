POP3_LIBS = core/pop3/libpop3.la $(UNIT_LIBS)

UNIT_TESTS += tests/unit/test_wire
tests_unit_test_wire_SOURCES = tests/unit/test_wire.c tests/unit/unit.h
tests_unit_test_wire_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_wire_LDADD = $(POP3_LIBS)

UNIT_TESTS += tests/unit/test_reply
tests_unit_test_reply_SOURCES = tests/unit/test_reply.c tests/unit/unit.h
tests_unit_test_reply_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_reply_LDADD = $(POP3_LIBS)

UNIT_TESTS += tests/unit/test_line
tests_unit_test_line_SOURCES = tests/unit/test_line.c tests/unit/unit.h
tests_unit_test_line_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_line_LDADD = $(POP3_LIBS)

UNIT_TESTS += tests/unit/test_command
tests_unit_test_command_SOURCES = tests/unit/test_command.c tests/unit/unit.h
tests_unit_test_command_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_command_LDADD = $(POP3_LIBS)

UNIT_TESTS += tests/unit/test_capa
tests_unit_test_capa_SOURCES = tests/unit/test_capa.c tests/unit/unit.h
tests_unit_test_capa_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_capa_LDADD = $(POP3_LIBS)

UNIT_TESTS += tests/unit/test_authorization
tests_unit_test_authorization_SOURCES = tests/unit/test_authorization.c tests/unit/unit.h
tests_unit_test_authorization_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_authorization_LDADD = $(POP3_LIBS)

UNIT_TESTS += tests/unit/test_transaction_policy
tests_unit_test_transaction_policy_SOURCES = tests/unit/test_transaction_policy.c tests/unit/unit.h \
	tests/unit/fake_maildrop.c tests/unit/fake_maildrop.h
tests_unit_test_transaction_policy_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_transaction_policy_LDADD = $(POP3_LIBS)

UNIT_TESTS += tests/unit/test_transaction
tests_unit_test_transaction_SOURCES = tests/unit/test_transaction.c tests/unit/unit.h \
	tests/unit/fake_maildrop.c tests/unit/fake_maildrop.h
tests_unit_test_transaction_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_transaction_LDADD = $(POP3_LIBS)
