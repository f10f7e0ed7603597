# What unit tests share with the program.
noinst_LTLIBRARIES += core/session/libsession.la
core_session_libsession_la_SOURCES = \
	core/session/maildrop.c core/session/maildrop.h \
	core/session/maildrop_brake.c \
	core/session/maildrop_decide.c \
	core/session/maildrop_facts.c \
	core/session/maildrop_foresee.c core/session/maildrop_foresee.h \
	core/session/maildrop_list.c \
	core/session/maildrop_mark.c \
	core/session/maildrop_plan.c \
	core/session/maildrop_state.h \
	core/session/maildrop_tell.c \
	core/session/maildrop_update.c \
	core/session/maildrop_view.c \
	core/session/nursery_pool.c core/session/nursery_pool.h \
	core/session/nursery_state.c core/session/nursery_state.h \
	core/session/nursery_token.c core/session/nursery_token.h \
	core/session/session.c core/session/session.h core/session/session_state.h \
	core/session/session_begin.c \
	core/session/session_end.c \
	core/session/session_events.c \
	core/session/session_log.c core/session/session_log.h \
	core/session/session_output.c \
	core/session/session_policy.c core/session/session_policy.h \
	core/session/session_socket.c core/session/session_socket.h \
	core/session/session_talk.c \
	core/session/task.c core/session/task.h \
	core/session/task_expire.c \
	core/session/task_explain.c \
	core/session/task_forecast.c core/session/task_forecast.h \
	core/session/task_forget.c \
	core/session/task_held.c core/session/task_held.h \
	core/session/task_held_list.c \
	core/session/task_held_purge.c \
	core/session/task_held_restore.c \
	core/session/task_journal.c \
	core/session/task_peers.c core/session/task_peers.h \
	core/session/task_session.c core/session/task_session.h
core_session_libsession_la_CFLAGS = $(PROGRAM_COMPILE_FLAGS) $(LIBEVENT_CFLAGS) $(LIBMD_CFLAGS)

restantelibexec_PROGRAMS += core/restante-session
core_restante_session_SOURCES = \
	core/session/nursery.h \
	core/session/nursery_assign.c \
	core/session/nursery_login.c \
	core/session/nursery_main.c \
	core/session/nursery_policy.c core/session/nursery_policy.h \
	core/session/nursery_spare.c \
	core/session/nursery_storage.c core/session/nursery_storage.h \
	core/session/nursery_target.c core/session/nursery_target.h \
	core/session/nursery_task.c \
	core/session/nursery_worker.c \
	core/session/policy_room.c core/session/policy_room.h \
	core/session/session_main.c \
	core/session/task_worker.c core/session/task_worker.h \
	core/session/worker.c core/session/worker.h \
	core/session/worker_birth.c core/session/worker_birth.h
core_restante_session_CFLAGS = $(PROGRAM_COMPILE_FLAGS) $(LIBEVENT_CFLAGS)
core_restante_session_LDFLAGS = $(PROGRAM_LINK_FLAGS)
core_restante_session_LDADD = core/session/libsession.la core/policy/libpolicy.la $(MODULES_LIBS)
