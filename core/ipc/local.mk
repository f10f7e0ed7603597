noinst_LTLIBRARIES += core/ipc/libipc.la
core_ipc_libipc_la_SOURCES = \
	core/ipc/channel.c core/ipc/channel.h \
	core/ipc/frame.c core/ipc/frame.h \
	core/ipc/messages.c core/ipc/messages.h \
	core/ipc/messages_login.c \
	core/ipc/messages_parts.c core/ipc/messages_parts.h \
	core/ipc/messages_policy.c core/ipc/messages_policy.h \
	core/ipc/messages_task.c core/ipc/messages_task.h \
	core/ipc/messages_worker.c \
	core/ipc/protocol.c core/ipc/protocol.h
core_ipc_libipc_la_CFLAGS = $(AM_CFLAGS) $(LIBEVENT_CFLAGS)
