# The frontend: everything but main in a library, so that tests can link it.
noinst_LTLIBRARIES += core/frontend/libfrontend.la
core_frontend_libfrontend_la_SOURCES = \
	core/frontend/certificates.c core/frontend/certificates.h \
	core/frontend/connection.c core/frontend/connection.h \
	core/frontend/conversation.c core/frontend/conversation.h \
	core/frontend/frontend.c core/frontend/frontend.h \
	core/frontend/listener.c core/frontend/listener.h \
	core/frontend/login.c core/frontend/login.h \
	core/frontend/peer.c core/frontend/peer.h \
	core/frontend/proxied.c core/frontend/proxied.h \
	core/frontend/proxy_header.c core/frontend/proxy_header.h \
	core/frontend/registry.c core/frontend/registry.h \
	core/frontend/relay.c core/frontend/relay.h \
	core/frontend/rooms.c core/frontend/rooms.h \
	core/frontend/stream.c core/frontend/stream.h \
	core/frontend/stream_bio.c core/frontend/stream_bio.h \
	core/frontend/tls_context.c core/frontend/tls_context.h \
	core/frontend/tls_reason.c core/frontend/tls_reason.h \
	core/frontend/tls_pair.c core/frontend/tls_pair.h \
	core/frontend/tls_tickets.c core/frontend/tls_tickets.h \
	core/frontend/watch.c core/frontend/watch.h
core_frontend_libfrontend_la_CFLAGS = $(AM_CFLAGS) $(LIBEVENT_CFLAGS) $(OPENSSL_CFLAGS)

restantelibexec_PROGRAMS += core/restante-frontend
core_restante_frontend_SOURCES = core/frontend/frontend_main.c
core_restante_frontend_CFLAGS = $(PROGRAM_COMPILE_FLAGS) $(LIBEVENT_CFLAGS) $(OPENSSL_CFLAGS)
core_restante_frontend_LDFLAGS = $(PROGRAM_LINK_FLAGS)
core_restante_frontend_LDADD = core/frontend/libfrontend.la core/room/libroom.la core/sandbox/libsandbox.la \
	core/pop3/libpop3.la core/conf/libconf.la core/ipc/libipc.la core/util/libutil.la \
	$(LIBEVENT_LIBS) $(OPENSSL_LIBS)
