# Policies in Lua, through the module's own operations.
UNIT_TESTS += tests/unit/test_lua_policy tests/unit/test_lua_sandbox tests/unit/test_lua_facts tests/unit/test_lua_policies \
	tests/unit/test_lua_check tests/unit/test_lua_test tests/unit/test_lua_overrides
LUA_WORLD = tests/unit/lua_world.c tests/unit/lua_world.h tests/drivers/kit_host.c tests/drivers/kit_host.h
LUA_UNIT_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/lua -I$(top_srcdir)/tests/drivers $(LIBMD_CFLAGS) \
	-DLUA_SOURCE_FOLDER=\"$(abs_top_srcdir)\"
LUA_UNIT_CFLAGS = $(UNIT_CFLAGS) $(LUA_CFLAGS)
LUA_UNIT_LIBS = lua/libluapolicy.la core/conf/libconf.la $(UNIT_LIBS) $(LIBMD_LIBS)

tests_unit_test_lua_policy_SOURCES = tests/unit/test_lua_policy.c $(LUA_WORLD)
tests_unit_test_lua_policy_CPPFLAGS = $(LUA_UNIT_CPPFLAGS)
tests_unit_test_lua_policy_CFLAGS = $(LUA_UNIT_CFLAGS)
tests_unit_test_lua_policy_LDADD = $(LUA_UNIT_LIBS)
tests_unit_test_lua_sandbox_SOURCES = tests/unit/test_lua_sandbox.c $(LUA_WORLD)
tests_unit_test_lua_sandbox_CPPFLAGS = $(LUA_UNIT_CPPFLAGS)
tests_unit_test_lua_sandbox_CFLAGS = $(LUA_UNIT_CFLAGS)
tests_unit_test_lua_sandbox_LDADD = $(LUA_UNIT_LIBS)
tests_unit_test_lua_facts_SOURCES = tests/unit/test_lua_facts.c $(LUA_WORLD)
tests_unit_test_lua_facts_CPPFLAGS = $(LUA_UNIT_CPPFLAGS)
tests_unit_test_lua_facts_CFLAGS = $(LUA_UNIT_CFLAGS)
tests_unit_test_lua_facts_LDADD = $(LUA_UNIT_LIBS)
tests_unit_test_lua_policies_SOURCES = tests/unit/test_lua_policies.c $(LUA_WORLD)
tests_unit_test_lua_policies_CPPFLAGS = $(LUA_UNIT_CPPFLAGS)
tests_unit_test_lua_policies_CFLAGS = $(LUA_UNIT_CFLAGS)
tests_unit_test_lua_policies_LDADD = $(LUA_UNIT_LIBS)
tests_unit_test_lua_check_SOURCES = tests/unit/test_lua_check.c $(LUA_WORLD)
tests_unit_test_lua_check_CPPFLAGS = $(LUA_UNIT_CPPFLAGS)
tests_unit_test_lua_check_CFLAGS = $(LUA_UNIT_CFLAGS)
tests_unit_test_lua_check_LDADD = $(LUA_UNIT_LIBS)
tests_unit_test_lua_overrides_SOURCES = tests/unit/test_lua_overrides.c $(LUA_WORLD)
tests_unit_test_lua_overrides_CPPFLAGS = $(LUA_UNIT_CPPFLAGS)
tests_unit_test_lua_overrides_CFLAGS = $(LUA_UNIT_CFLAGS)
tests_unit_test_lua_overrides_LDADD = $(LUA_UNIT_LIBS)
tests_unit_test_lua_test_SOURCES = tests/unit/test_lua_test.c $(LUA_WORLD)
tests_unit_test_lua_test_CPPFLAGS = $(LUA_UNIT_CPPFLAGS)
tests_unit_test_lua_test_CFLAGS = $(LUA_UNIT_CFLAGS)
tests_unit_test_lua_test_LDADD = $(LUA_UNIT_LIBS)
