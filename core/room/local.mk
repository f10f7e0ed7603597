# Two libraries: what every room has, and what a room that loads modules has besides (its programs link pop3, ledger).
noinst_LTLIBRARIES += core/room/libroom.la core/room/libmodules.la
core_room_libroom_la_SOURCES = core/room/room.c core/room/room.h
core_room_libroom_la_CFLAGS = $(AM_CFLAGS) $(LIBEVENT_CFLAGS)
core_room_libmodules_la_SOURCES = \
	core/room/host.c core/room/host.h \
	core/room/modules.c core/room/modules.h \
	core/room/modules_needs.c core/room/modules_needs.h
core_room_libmodules_la_CFLAGS = $(AM_CFLAGS) $(LIBEVENT_CFLAGS) $(LIBMD_CFLAGS) $(XXHASH_CFLAGS)
MODULES_LIBS = core/room/libmodules.la core/room/libroom.la core/module/libmodule.la core/sandbox/libsandbox.la \
	core/ipc/libipc.la core/conf/libconf.la core/ledger/libledger.la core/pop3/libpop3.la core/util/libutil.la \
	$(LTDL_LIBS) $(LIBMD_LIBS) $(XXHASH_LIBS) $(LIBEVENT_LIBS)
