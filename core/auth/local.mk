# The auth room. All of it but main and the worker's driver is a library, so that unit tests can link it.
noinst_LTLIBRARIES += core/auth/libauth.la
core_auth_libauth_la_SOURCES = \
	core/auth/auth_account.c core/auth/auth_account.h \
	core/auth/auth_connections.c core/auth/auth_connections.h \
	core/auth/auth_counts.c core/auth/auth_counts.h \
	core/auth/auth_dispatcher.c core/auth/auth_dispatcher.h \
	core/auth/auth_key.c core/auth/auth_key.h \
	core/auth/auth_login.c core/auth/auth_login.h \
	core/auth/auth_maintain.c core/auth/auth_maintain.h \
	core/auth/auth_mechanism.c core/auth/auth_mechanism.h \
	core/auth/auth_penalties.c core/auth/auth_penalties.h core/auth/auth_penalties_memory.c \
	core/auth/auth_penalties_state.h \
	core/auth/auth_penalty_table.c core/auth/auth_penalty_table.h \
	core/auth/auth_pool.c core/auth/auth_pool.h \
	core/auth/auth_username.c core/auth/auth_username.h
core_auth_libauth_la_CFLAGS = $(AM_CFLAGS) $(LIBEVENT_CFLAGS) $(LIBMD_CFLAGS)
core_auth_libauth_la_LIBADD = $(LIBMD_LIBS)

restantelibexec_PROGRAMS += core/restante-auth
core_restante_auth_SOURCES = \
	core/auth/auth_main.c core/auth/auth_role.c core/auth/auth_role.h core/auth/auth_worker.c
core_restante_auth_CFLAGS = $(PROGRAM_COMPILE_FLAGS) $(LIBEVENT_CFLAGS)
core_restante_auth_LDFLAGS = $(PROGRAM_LINK_FLAGS)
core_restante_auth_LDADD = core/auth/libauth.la $(MODULES_LIBS)
