noinst_LTLIBRARIES += core/pop3/libpop3.la
core_pop3_libpop3_la_SOURCES = \
	core/pop3/authorization.c core/pop3/authorization.h core/pop3/authorization_state.h \
	core/pop3/authorization_commands.c \
	core/pop3/capa.c core/pop3/capa.h \
	core/pop3/cmd_auth.c \
	core/pop3/cmd_dele.c \
	core/pop3/cmd_list.c \
	core/pop3/cmd_retr.c \
	core/pop3/cmd_user.c \
	core/pop3/command.c core/pop3/command.h \
	core/pop3/line.c core/pop3/line.h \
	core/pop3/outcome.c core/pop3/outcome.h \
	core/pop3/reply.c core/pop3/reply.h \
	core/pop3/transaction.c core/pop3/transaction.h core/pop3/transaction_state.h \
	core/pop3/transaction_commands.c core/pop3/transaction_policy.c \
	core/pop3/wire.c core/pop3/wire.h
