# Fuzz targets. A target is one file and the libraries it links. In an ordinary build each is linked with replay.c,
# plays its corpus and is a unit test; configured with --enable-fuzzing (clang), each is a libFuzzer program.
FUZZ_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit -I$(top_srcdir)/tests/drivers \
	-I$(top_srcdir)/storage-drivers -I$(top_srcdir)/auth-drivers -DFUZZ_CORPUS=\"$(abs_top_srcdir)/tests/fuzz/corpus\"
FUZZ_CFLAGS = $(AM_CFLAGS) $(LIBEVENT_CFLAGS) $(LIBCRYPT_CFLAGS) $(LUA_CFLAGS)
FUZZ_FILES = tests/fuzz/fuzz.h
FUZZ_LIBS = core/util/libutil.la
if FUZZING
FUZZ_LDFLAGS = -fsanitize=fuzzer
else
FUZZ_LDFLAGS =
FUZZ_FILES += tests/fuzz/replay.c
endif
FUZZ_TARGETS =
FUZZ_REPLIES = tests/fuzz/fuzz_replies.c tests/fuzz/fuzz_replies.h

FUZZ_TARGETS += tests/fuzz/fuzz_wire
tests_fuzz_fuzz_wire_SOURCES = tests/fuzz/fuzz_wire.c $(FUZZ_FILES)
tests_fuzz_fuzz_wire_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_wire_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_wire_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_wire_LDADD = core/pop3/libpop3.la $(FUZZ_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_authorization
tests_fuzz_fuzz_authorization_SOURCES = tests/fuzz/fuzz_authorization.c $(FUZZ_REPLIES) $(FUZZ_FILES)
tests_fuzz_fuzz_authorization_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_authorization_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_authorization_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_authorization_LDADD = core/pop3/libpop3.la $(FUZZ_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_transaction
tests_fuzz_fuzz_transaction_SOURCES = tests/fuzz/fuzz_transaction.c tests/unit/fake_maildrop.c \
	tests/unit/fake_maildrop.h $(FUZZ_REPLIES) $(FUZZ_FILES)
tests_fuzz_fuzz_transaction_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_transaction_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_transaction_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_transaction_LDADD = core/pop3/libpop3.la $(FUZZ_LIBS)

check_PROGRAMS += $(FUZZ_TARGETS)
if !FUZZING
TESTS += $(FUZZ_TARGETS)
endif
EXTRA_DIST += tests/fuzz/corpus tests/fuzz/run.sh tests/fuzz/authorization.dict tests/fuzz/transaction.dict

# make check-fuzz SECONDS=n: every target for so long; make fuzz TARGET=wire SECONDS=n: one. Both build below
# fuzz-build with clang, whatever this build was configured with.
SECONDS = 4
TARGET =
FUZZ_RUN = sh $(abs_top_srcdir)/tests/fuzz/run.sh $(abs_top_srcdir) $(abs_builddir)/fuzz-build $(SECONDS)
check-fuzz:
	@$(FUZZ_RUN)
fuzz:
	@test -n "$(TARGET)" || { echo "make fuzz TARGET=name [SECONDS=n]; the names are the folders of tests/fuzz/corpus"; exit 2; }
	@$(FUZZ_RUN) $(TARGET)
print-fuzz-targets:
	@echo $(FUZZ_TARGETS)
.PHONY: check-fuzz fuzz print-fuzz-targets
