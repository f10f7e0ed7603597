# The master: everything but main in a library, so that tests can link it.
noinst_LTLIBRARIES += core/master/libmaster.la
core_master_libmaster_la_SOURCES = \
	core/master/accounts.c core/master/accounts.h \
	core/master/activation.c core/master/activation.h \
	core/master/clock_watch.c core/master/clock_watch.h \
	core/master/commands.c core/master/commands.h \
	core/master/control.c core/master/control.h \
	core/master/control_client.c core/master/control_client.h \
	core/master/control_path.c core/master/control_path.h \
	core/master/descriptors.c core/master/descriptors.h \
	core/master/generation.c core/master/generation.h \
	core/master/listeners.c core/master/listeners.h \
	core/master/log_sink.c core/master/log_sink.h \
	core/master/maintain.c core/master/maintain.h \
	core/master/maintain_commands.c core/master/maintain_commands.h \
	core/master/maintain_expire.c \
	core/master/maintain_explain.c \
	core/master/maintain_held.c \
	core/master/maintain_options.c core/master/maintain_options.h \
	core/master/maintain_tell.c core/master/maintain_tell.h \
	core/master/maintain_users.c core/master/maintain_users.h \
	core/master/master.c core/master/master.h \
	core/master/notify.c core/master/notify.h \
	core/master/policy_command.c core/master/policy_command.h \
	core/master/policy_trial.c core/master/policy_trial.h \
	core/master/reload.c core/master/reload.h \
	core/master/reports.c core/master/reports.h \
	core/master/slot.c core/master/slot.h \
	core/master/state_root.c core/master/state_root.h \
	core/master/status.c core/master/status.h \
	core/master/supervise.c core/master/supervise.h \
	core/master/supervise_end.c core/master/supervise_end.h \
	core/master/ticket_keys.c core/master/ticket_keys.h \
	core/master/tls_files.c core/master/tls_files.h \
	core/master/tls_watch.c core/master/tls_watch.h \
	core/master/workers.c core/master/workers.h
core_master_libmaster_la_CFLAGS = $(AM_CFLAGS) $(LIBEVENT_CFLAGS)

sbin_PROGRAMS += core/restante
core_restante_SOURCES = core/master/main.c
core_restante_CFLAGS = $(PROGRAM_COMPILE_FLAGS) $(LIBEVENT_CFLAGS)
core_restante_LDFLAGS = $(PROGRAM_LINK_FLAGS)
core_restante_LDADD = core/master/libmaster.la core/admin/libadmin.la core/conf/libconfeval.la core/conf/libconf.la \
	core/ipc/libipc.la core/sandbox/libsandbox.la core/util/libutil.la \
	$(LIBEVENT_LIBS) $(LUA_LIBS) $(LIBCRYPT_LIBS)
