# Auth drivers: modules that include <restante/*.h> and their own folders only, and link nothing of the core.
authmoduledir = $(restantelibdir)/auth
authmodule_LTLIBRARIES =
AUTH_MODULE_INCLUDE_FLAGS = $(MODULE_INCLUDE_FLAGS) -I$(top_srcdir)/auth-drivers

# Stored secrets, shared by the drivers that keep verifiers.
noinst_LTLIBRARIES += auth-drivers/common/libscheme.la
auth_drivers_common_libscheme_la_SOURCES = \
	auth-drivers/common/decode.c auth-drivers/common/decode.h \
	auth-drivers/common/scheme.c auth-drivers/common/scheme.h \
	auth-drivers/common/scheme_table.h auth-drivers/common/scheme_verify.c
auth_drivers_common_libscheme_la_CPPFLAGS = $(AUTH_MODULE_INCLUDE_FLAGS)
auth_drivers_common_libscheme_la_CFLAGS = $(MODULE_COMPILE_FLAGS) $(LIBCRYPT_CFLAGS) $(LIBMD_CFLAGS)
auth_drivers_common_libscheme_la_LIBADD = $(LIBCRYPT_LIBS) $(LIBMD_LIBS)

# All of the driver but its descriptor, so that unit tests can link it.
noinst_LTLIBRARIES += auth-drivers/file/libfile.la
auth_drivers_file_libfile_la_SOURCES = \
	auth-drivers/file/file_driver.c auth-drivers/file/file_driver.h \
	auth-drivers/file/file_line.c auth-drivers/file/file_line.h \
	auth-drivers/file/file_source.c auth-drivers/file/file_source.h \
	auth-drivers/file/file_table.c auth-drivers/file/file_table.h
auth_drivers_file_libfile_la_CPPFLAGS = $(AUTH_MODULE_INCLUDE_FLAGS)
auth_drivers_file_libfile_la_CFLAGS = $(MODULE_COMPILE_FLAGS) $(LIBCRYPT_CFLAGS)
auth_drivers_file_libfile_la_LIBADD = auth-drivers/common/libscheme.la

authmodule_LTLIBRARIES += auth-drivers/file/file.la
auth_drivers_file_file_la_SOURCES = auth-drivers/file/file.c
auth_drivers_file_file_la_CPPFLAGS = $(AUTH_MODULE_INCLUDE_FLAGS)
auth_drivers_file_file_la_CFLAGS = $(MODULE_COMPILE_FLAGS) $(LIBCRYPT_CFLAGS)
auth_drivers_file_file_la_LDFLAGS = $(MODULE_LINK_FLAGS)
auth_drivers_file_file_la_LIBADD = auth-drivers/file/libfile.la

# The build tree's own module path: modules/<kind>/<name>.so.
noinst_DATA += modules/auth/file.so
CLEANFILES += modules/auth/file.so
modules/auth/file.so: auth-drivers/file/file.la
	$(AM_V_at)$(MKDIR_P) modules/auth && rm -f $@ && $(LN_S) ../../auth-drivers/file/.libs/file.so $@

# PAM, where its headers are.
if HAVE_PAM
noinst_LTLIBRARIES += auth-drivers/pam/libpamdriver.la
auth_drivers_pam_libpamdriver_la_SOURCES = \
	auth-drivers/pam/pam_account.c auth-drivers/pam/pam_account.h \
	auth-drivers/pam/pam_conversation.c auth-drivers/pam/pam_conversation.h \
	auth-drivers/pam/pam_driver.c auth-drivers/pam/pam_driver.h
auth_drivers_pam_libpamdriver_la_CPPFLAGS = $(AUTH_MODULE_INCLUDE_FLAGS)
auth_drivers_pam_libpamdriver_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
auth_drivers_pam_libpamdriver_la_LIBADD = $(PAM_LIBS)

authmodule_LTLIBRARIES += auth-drivers/pam/pam.la
auth_drivers_pam_pam_la_SOURCES = auth-drivers/pam/pam.c
auth_drivers_pam_pam_la_CPPFLAGS = $(AUTH_MODULE_INCLUDE_FLAGS)
auth_drivers_pam_pam_la_CFLAGS = $(MODULE_COMPILE_FLAGS)
auth_drivers_pam_pam_la_LDFLAGS = $(MODULE_LINK_FLAGS)
auth_drivers_pam_pam_la_LIBADD = auth-drivers/pam/libpamdriver.la

noinst_DATA += modules/auth/pam.so
CLEANFILES += modules/auth/pam.so
modules/auth/pam.so: auth-drivers/pam/pam.la
	$(AM_V_at)$(MKDIR_P) modules/auth && rm -f $@ && $(LN_S) ../../auth-drivers/pam/.libs/pam.so $@

# Debian's service file. Where sysconfdir is not /etc, PAM finds it only when it is copied there.
pamservicedir = $(sysconfdir)/pam.d
pamservice_DATA = auth-drivers/pam/pam.d/restante
endif
EXTRA_DIST += auth-drivers/pam/pam.d/restante
