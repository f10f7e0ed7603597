# Fuzz targets. A target is one file and the libraries it links. In an ordinary build each is linked with replay.c,
# plays its corpus and is a unit test; configured with --enable-fuzzing (clang), each is a libFuzzer program.
FUZZ_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit -I$(top_srcdir)/tests/drivers \
	-I$(top_srcdir)/storage-drivers -I$(top_srcdir)/auth-drivers $(LIBMD_CFLAGS) -DFUZZ_CORPUS=\"$(abs_top_srcdir)/tests/fuzz/corpus\"
FUZZ_CFLAGS = $(AM_CFLAGS) $(LIBEVENT_CFLAGS) $(LIBCRYPT_CFLAGS) $(LUA_CFLAGS) $(XXHASH_CFLAGS) \
	$(OPENSSL_CFLAGS)
FUZZ_FILES = tests/fuzz/fuzz.h
FUZZ_LIBS = core/util/libutil.la
if FUZZING
FUZZ_LINK_FLAGS = -fsanitize=fuzzer
else
FUZZ_LINK_FLAGS =
FUZZ_FILES += tests/fuzz/replay.c
endif
FUZZ_TARGETS =
FUZZ_REPLIES = tests/fuzz/fuzz_replies.c tests/fuzz/fuzz_replies.h
FUZZ_FOLDER = tests/fuzz/fuzz_folder.c tests/fuzz/fuzz_folder.h

FUZZ_TARGETS += tests/fuzz/fuzz_wire
tests_fuzz_fuzz_wire_SOURCES = tests/fuzz/fuzz_wire.c $(FUZZ_FILES)
tests_fuzz_fuzz_wire_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_wire_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_wire_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_wire_LDADD = core/pop3/libpop3.la $(FUZZ_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_authorization
tests_fuzz_fuzz_authorization_SOURCES = tests/fuzz/fuzz_authorization.c $(FUZZ_REPLIES) $(FUZZ_FILES)
tests_fuzz_fuzz_authorization_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_authorization_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_authorization_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_authorization_LDADD = core/pop3/libpop3.la $(FUZZ_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_transaction
tests_fuzz_fuzz_transaction_SOURCES = tests/fuzz/fuzz_transaction.c tests/unit/fake_maildrop.c \
	tests/unit/fake_maildrop.h $(FUZZ_REPLIES) $(FUZZ_FILES)
tests_fuzz_fuzz_transaction_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_transaction_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_transaction_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_transaction_LDADD = core/pop3/libpop3.la $(FUZZ_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_frame
tests_fuzz_fuzz_frame_SOURCES = tests/fuzz/fuzz_frame.c $(FUZZ_FILES)
tests_fuzz_fuzz_frame_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_frame_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_frame_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_frame_LDADD = core/ipc/libipc.la $(FUZZ_LIBS) $(LIBEVENT_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_log
tests_fuzz_fuzz_log_SOURCES = tests/fuzz/fuzz_log.c $(FUZZ_FILES)
tests_fuzz_fuzz_log_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_log_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_log_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_log_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_template
tests_fuzz_fuzz_template_SOURCES = tests/fuzz/fuzz_template.c $(FUZZ_FILES)
tests_fuzz_fuzz_template_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_template_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_template_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_template_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_access
tests_fuzz_fuzz_access_SOURCES = tests/fuzz/fuzz_access.c $(FUZZ_FILES)
tests_fuzz_fuzz_access_CPPFLAGS = $(FUZZ_CPPFLAGS) -I$(top_srcdir)/plugins
tests_fuzz_fuzz_access_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_access_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_access_LDADD = plugins/access/libaccess.la $(FUZZ_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_network
tests_fuzz_fuzz_network_SOURCES = tests/fuzz/fuzz_network.c $(FUZZ_FILES)
tests_fuzz_fuzz_network_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_network_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_network_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_network_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_base64
tests_fuzz_fuzz_base64_SOURCES = tests/fuzz/fuzz_base64.c $(FUZZ_FILES)
tests_fuzz_fuzz_base64_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_base64_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_base64_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_base64_LDADD = auth-drivers/common/libscheme.la $(FUZZ_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_passwd
tests_fuzz_fuzz_passwd_SOURCES = tests/fuzz/fuzz_passwd.c tests/unit/auth_fake_host.c tests/unit/auth_fake_host.h \
	$(FUZZ_FILES)
tests_fuzz_fuzz_passwd_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_passwd_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_passwd_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_passwd_LDADD = auth-drivers/file/libfile.la $(FUZZ_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_scheme
tests_fuzz_fuzz_scheme_SOURCES = tests/fuzz/fuzz_scheme.c $(FUZZ_FILES)
tests_fuzz_fuzz_scheme_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_scheme_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_scheme_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_scheme_LDADD = auth-drivers/common/libscheme.la $(FUZZ_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_maildir_name
tests_fuzz_fuzz_maildir_name_SOURCES = tests/fuzz/fuzz_maildir_name.c tests/drivers/kit_host.c \
	tests/drivers/kit_host.h $(FUZZ_FILES)
tests_fuzz_fuzz_maildir_name_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_maildir_name_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_maildir_name_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_maildir_name_LDADD = storage-drivers/maildir/libmaildir.la $(FUZZ_LIBS) $(LIBMD_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_maildir_cache
tests_fuzz_fuzz_maildir_cache_SOURCES = tests/fuzz/fuzz_maildir_cache.c tests/drivers/kit_host.c \
	tests/drivers/kit_host.h $(FUZZ_FOLDER) $(FUZZ_FILES)
tests_fuzz_fuzz_maildir_cache_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_maildir_cache_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_maildir_cache_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_maildir_cache_LDADD = storage-drivers/maildir/libmaildir.la $(FUZZ_LIBS) $(LIBMD_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_mbox
tests_fuzz_fuzz_mbox_SOURCES = tests/fuzz/fuzz_mbox.c tests/drivers/kit_host.c \
	tests/drivers/kit_host.h $(FUZZ_FOLDER) $(FUZZ_FILES)
tests_fuzz_fuzz_mbox_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_mbox_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_mbox_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_mbox_LDADD = storage-drivers/mbox/libmbox.la $(FUZZ_LIBS) $(LIBMD_LIBS) $(XXHASH_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_ledger
tests_fuzz_fuzz_ledger_SOURCES = tests/fuzz/fuzz_ledger.c $(FUZZ_FOLDER) $(FUZZ_FILES)
tests_fuzz_fuzz_ledger_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_ledger_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_ledger_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_ledger_LDADD = core/ledger/libledger.la $(FUZZ_LIBS) $(XXHASH_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_journal
tests_fuzz_fuzz_journal_SOURCES = tests/fuzz/fuzz_journal.c $(FUZZ_FOLDER) $(FUZZ_FILES)
tests_fuzz_fuzz_journal_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_journal_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_journal_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_journal_LDADD = core/ledger/libledger.la $(FUZZ_LIBS) $(XXHASH_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_conf
tests_fuzz_fuzz_conf_SOURCES = tests/fuzz/fuzz_conf.c $(FUZZ_FILES)
tests_fuzz_fuzz_conf_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_conf_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_conf_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_conf_LDADD = core/conf/libconfeval.la core/conf/libconf.la $(FUZZ_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_module_values
tests_fuzz_fuzz_module_values_SOURCES = tests/fuzz/fuzz_module_values.c $(FUZZ_FILES)
tests_fuzz_fuzz_module_values_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_module_values_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_module_values_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_module_values_LDADD = core/conf/libconf.la $(FUZZ_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_elf
tests_fuzz_fuzz_elf_SOURCES = tests/fuzz/fuzz_elf.c $(FUZZ_FOLDER) $(FUZZ_FILES)
tests_fuzz_fuzz_elf_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_elf_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_elf_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_elf_LDADD = core/module/libmodule.la $(FUZZ_LIBS) $(LTDL_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_proxy
tests_fuzz_fuzz_proxy_SOURCES = tests/fuzz/fuzz_proxy.c $(FUZZ_FILES)
tests_fuzz_fuzz_proxy_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_proxy_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_proxy_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_proxy_LDADD = core/frontend/libfrontend.la $(FUZZ_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_penalties
tests_fuzz_fuzz_penalties_SOURCES = tests/fuzz/fuzz_penalties.c $(FUZZ_FILES)
tests_fuzz_fuzz_penalties_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_penalties_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_penalties_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_penalties_LDADD = core/auth/libauth.la core/ipc/libipc.la $(FUZZ_LIBS) $(LIBEVENT_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_lua_policy
tests_fuzz_fuzz_lua_policy_SOURCES = tests/fuzz/fuzz_lua_policy.c tests/drivers/kit_host.c \
	tests/drivers/kit_host.h $(FUZZ_FILES)
tests_fuzz_fuzz_lua_policy_CPPFLAGS = $(FUZZ_CPPFLAGS) -I$(top_srcdir)/lua
tests_fuzz_fuzz_lua_policy_CFLAGS = $(FUZZ_CFLAGS)
tests_fuzz_fuzz_lua_policy_LDFLAGS = $(FUZZ_LINK_FLAGS)
tests_fuzz_fuzz_lua_policy_LDADD = lua/libluapolicy.la $(FUZZ_LIBS) $(LIBMD_LIBS)

check_PROGRAMS += $(FUZZ_TARGETS)
if !FUZZING
TESTS += $(FUZZ_TARGETS)
endif
FUZZ_DICTIONARIES = tests/fuzz/authorization.dict tests/fuzz/conf.dict tests/fuzz/journal.dict tests/fuzz/ledger.dict \
	tests/fuzz/lua_policy.dict tests/fuzz/maildir_name.dict tests/fuzz/passwd.dict tests/fuzz/proxy.dict tests/fuzz/scheme.dict \
	tests/fuzz/template.dict tests/fuzz/transaction.dict
EXTRA_DIST += tests/fuzz/corpus tests/fuzz/run.sh $(FUZZ_DICTIONARIES)

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
