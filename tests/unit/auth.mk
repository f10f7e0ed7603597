UNIT_TESTS += tests/unit/test_scheme tests/unit/test_passwd_file tests/unit/test_auth_mechanism \
	tests/unit/test_auth_username tests/unit/test_auth_connections tests/unit/test_auth_account \
	tests/unit/test_auth_dispatcher tests/unit/test_passwd_command tests/unit/test_auth_penalties tests/unit/test_auth_turns tests/unit/test_auth_pool
AUTH_DRIVER_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/auth-drivers

tests_unit_test_scheme_SOURCES = tests/unit/test_scheme.c
tests_unit_test_scheme_CPPFLAGS = $(AUTH_DRIVER_CPPFLAGS)
tests_unit_test_scheme_CFLAGS = $(UNIT_CFLAGS) $(LIBCRYPT_CFLAGS)
tests_unit_test_scheme_LDADD = auth-drivers/common/libscheme.la $(UNIT_LIBS)

tests_unit_test_passwd_file_SOURCES = tests/unit/test_passwd_file.c \
	tests/unit/auth_fake_host.c tests/unit/auth_fake_host.h
tests_unit_test_passwd_file_CPPFLAGS = $(AUTH_DRIVER_CPPFLAGS)
tests_unit_test_passwd_file_CFLAGS = $(UNIT_CFLAGS) $(LIBCRYPT_CFLAGS)
tests_unit_test_passwd_file_LDADD = auth-drivers/file/libfile.la $(UNIT_LIBS)

AUTH_UNIT_LIBS = core/auth/libauth.la core/ipc/libipc.la $(UNIT_LIBS) $(LIBEVENT_LIBS)
tests_unit_test_auth_mechanism_SOURCES = tests/unit/test_auth_mechanism.c
tests_unit_test_auth_mechanism_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_auth_mechanism_LDADD = $(AUTH_UNIT_LIBS)
tests_unit_test_auth_username_SOURCES = tests/unit/test_auth_username.c
tests_unit_test_auth_username_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_auth_username_LDADD = $(AUTH_UNIT_LIBS)
tests_unit_test_auth_connections_SOURCES = tests/unit/test_auth_connections.c
tests_unit_test_auth_connections_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_auth_connections_LDADD = $(AUTH_UNIT_LIBS)
tests_unit_test_auth_penalties_SOURCES = tests/unit/test_auth_penalties.c
tests_unit_test_auth_penalties_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_auth_penalties_LDADD = $(AUTH_UNIT_LIBS)
tests_unit_test_auth_account_SOURCES = tests/unit/test_auth_account.c
tests_unit_test_auth_account_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_auth_account_LDADD = $(AUTH_UNIT_LIBS)
tests_unit_test_auth_dispatcher_SOURCES = tests/unit/test_auth_dispatcher.c \
	tests/unit/auth_fake_rooms.c tests/unit/auth_fake_rooms.h
tests_unit_test_auth_dispatcher_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_auth_dispatcher_LDADD = $(AUTH_UNIT_LIBS)
tests_unit_test_auth_dispatcher_LDFLAGS = -Wl,--wrap=channel_send

tests_unit_test_auth_turns_SOURCES = tests/unit/test_auth_turns.c \
	tests/unit/auth_fake_rooms.c tests/unit/auth_fake_rooms.h
tests_unit_test_auth_turns_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_auth_turns_LDADD = $(AUTH_UNIT_LIBS)
tests_unit_test_auth_turns_LDFLAGS = -Wl,--wrap=channel_send

tests_unit_test_auth_pool_SOURCES = tests/unit/test_auth_pool.c \
	tests/unit/auth_fake_rooms.c tests/unit/auth_fake_rooms.h
tests_unit_test_auth_pool_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_auth_pool_LDADD = $(AUTH_UNIT_LIBS)
tests_unit_test_auth_pool_LDFLAGS = -Wl,--wrap=channel_send

tests_unit_test_passwd_command_SOURCES = tests/unit/test_passwd_command.c
tests_unit_test_passwd_command_CPPFLAGS = $(AUTH_DRIVER_CPPFLAGS)
tests_unit_test_passwd_command_CFLAGS = $(UNIT_CFLAGS) $(LIBCRYPT_CFLAGS)
tests_unit_test_passwd_command_LDADD = core/admin/libadmin.la auth-drivers/common/libscheme.la $(UNIT_LIBS)

if HAVE_PAM
UNIT_TESTS += tests/unit/test_pam_driver
check_LTLIBRARIES += tests/unit/modules/pam_sample.la
tests_unit_modules_pam_sample_la_SOURCES = tests/unit/modules/pam_sample.c
tests_unit_modules_pam_sample_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
tests_unit_modules_pam_sample_la_LDFLAGS = $(SAMPLE_LINK_FLAGS)
tests_unit_modules_pam_sample_la_LIBADD = $(PAM_LIBS)

tests_unit_test_pam_driver_SOURCES = tests/unit/test_pam_driver.c \
	tests/unit/auth_fake_host.c tests/unit/auth_fake_host.h
tests_unit_test_pam_driver_CPPFLAGS = $(AUTH_DRIVER_CPPFLAGS) \
	-DPAM_SAMPLE=\"$(abs_builddir)/tests/unit/modules/.libs/pam_sample.so\"
tests_unit_test_pam_driver_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_pam_driver_LDADD = auth-drivers/pam/libpamdriver.la $(UNIT_LIBS)
endif
