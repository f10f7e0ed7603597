# The core: public headers, then one convenience library per folder, then the programs.
restanteincludedir = $(includedir)/restante
restanteinclude_HEADERS = \
	core/include/restante/auth.h \
	core/include/restante/module.h \
	core/include/restante/policy.h \
	core/include/restante/storage.h

include core/util/local.mk
include core/conf/local.mk
include core/module/local.mk
include core/ipc/local.mk
include core/sandbox/local.mk
include core/pop3/local.mk
include core/ledger/local.mk
include core/policy/local.mk
include core/room/local.mk
include core/frontend/local.mk
include core/auth/local.mk
include core/session/local.mk
include core/admin/local.mk
include core/master/local.mk
include core/master/system/local.mk
