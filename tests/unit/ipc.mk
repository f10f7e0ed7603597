UNIT_TESTS += tests/unit/test_frame tests/unit/test_channel
tests_unit_test_frame_SOURCES = tests/unit/test_frame.c
tests_unit_test_frame_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_frame_LDADD = core/ipc/libipc.la $(UNIT_LIBS) $(LIBEVENT_LIBS)
tests_unit_test_channel_SOURCES = tests/unit/test_channel.c
tests_unit_test_channel_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_channel_LDADD = core/ipc/libipc.la $(UNIT_LIBS) $(LIBEVENT_LIBS)
