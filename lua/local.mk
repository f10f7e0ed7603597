# The Lua policy engine: a library for its tests, the module made of it, and the policies that come with it.
LUA_POLICY_FOLDER = $(pkgdatadir)/policies
LUA_ENGINE_CPPFLAGS = $(MODULE_INCLUDE_FLAGS) -I$(top_srcdir)/lua -DLUA_SHIPPED_POLICIES=\"$(LUA_POLICY_FOLDER)\"
policymoduledir = $(restantelibdir)/policy
policymodule_LTLIBRARIES =

noinst_LTLIBRARIES += lua/libluapolicy.la
lua_libluapolicy_la_SOURCES = \
	lua/lua_announce.c lua/lua_announce.h \
	lua/lua_budget.c lua/lua_budget.h \
	lua/lua_check.c lua/lua_check.h \
	lua/lua_check_call.c \
	lua/lua_check_names.c \
	lua/lua_clean.c lua/lua_clean.h \
	lua/lua_facts.c lua/lua_facts.h \
	lua/lua_file.c lua/lua_file.h \
	lua/lua_frozen.c lua/lua_frozen.h \
	lua/lua_guard.c lua/lua_guard.h \
	lua/lua_hooks.c lua/lua_hooks.h \
	lua/lua_library.c lua/lua_library.h \
	lua/lua_lists.c lua/lua_lists.h \
	lua/lua_module.c lua/lua_module.h \
	lua/lua_names.c lua/lua_names.h \
	lua/lua_overrides.c lua/lua_overrides.h \
	lua/lua_policy.c lua/lua_policy.h \
	lua/lua_sandbox.c lua/lua_sandbox.h \
	lua/lua_scan.c lua/lua_scan.h \
	lua/lua_script.c lua/lua_script.h \
	lua/lua_settings.c lua/lua_settings.h \
	lua/lua_store.c lua/lua_store.h \
	lua/lua_test.c lua/lua_test.h \
	lua/lua_test_ask.c \
	lua/lua_test_native.c \
	lua/lua_text.c lua/lua_text.h \
	lua/lua_token.c lua/lua_token.h \
	lua/lua_value.c lua/lua_value.h \
	lua/lua_verdict.c lua/lua_verdict.h
lua_libluapolicy_la_CPPFLAGS = $(LUA_ENGINE_CPPFLAGS) -I$(top_builddir)/lua
lua_libluapolicy_la_CFLAGS = $(MODULE_COMPILE_FLAGS) $(LUA_CFLAGS)
lua_libluapolicy_la_LIBADD = $(LUA_LIBS) -lm

# The parts of the tests' server that are written in Lua, as the octets of arrays.
LUA_TEST_PARTS = lua/lua_test_session.inc lua/lua_test_world.inc
EXTRA_DIST += $(LUA_TEST_PARTS:.inc=.lua)
BUILT_SOURCES += $(LUA_TEST_PARTS)
CLEANFILES += $(LUA_TEST_PARTS)
$(LUA_TEST_PARTS): %.inc: $(top_srcdir)/%.lua
	$(AM_V_GEN)$(MKDIR_P) lua && od -An -v -tx1 $< | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g' >$@.new && mv $@.new $@

# BUILT_SOURCES are made before everything only where everything is made.
$(lua_libluapolicy_la_OBJECTS): | $(LUA_TEST_PARTS)

policymodule_LTLIBRARIES += lua/lua.la
lua_lua_la_SOURCES = lua/lua.c
lua_lua_la_CPPFLAGS = $(LUA_ENGINE_CPPFLAGS)
lua_lua_la_CFLAGS = $(MODULE_COMPILE_FLAGS) $(LUA_CFLAGS)
lua_lua_la_LDFLAGS = $(MODULE_LINK_FLAGS)
lua_lua_la_LIBADD = lua/libluapolicy.la

# The build tree's own module path: modules/<kind>/<name>.so.
noinst_DATA += modules/policy/lua.so
CLEANFILES += modules/policy/lua.so
modules/policy/lua.so: lua/lua.la
	$(AM_V_at)$(MKDIR_P) modules/policy && rm -f $@ && $(LN_S) ../../lua/.libs/lua.so $@

luapolicydir = $(LUA_POLICY_FOLDER)
luapolicytestsdir = $(LUA_POLICY_FOLDER)/tests
dist_luapolicytests_DATA = lua/policies/tests/expire-all.lua lua/policies/tests/login-pacing.test.lua \
	lua/policies/tests/read-only.test.lua lua/policies/tests/retention.test.lua
dist_luapolicy_DATA = lua/policies/login-pacing.lua lua/policies/read-only.lua lua/policies/retention.lua
