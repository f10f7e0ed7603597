noinst_LTLIBRARIES += core/room/libroom.la
core_room_libroom_la_SOURCES = core/room/room.c core/room/room.h
core_room_libroom_la_CFLAGS = $(AM_CFLAGS) $(LIBEVENT_CFLAGS)
