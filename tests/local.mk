# Tests. tests/unit holds one cmocka program per module, tests/fuzz one fuzz target per parser.
include tests/fuzz/local.mk
LONG_CHECKS =
if HAVE_CMOCKA
include tests/unit/local.mk
endif

# System tests need the installed programs: `make check-system` and `make check-long` install below the build folder.
EXTRA_DIST += tests/system.py tests/structure tests/harness tests/session tests/rooms tests/clients tests/commands \
	tests/auth tests/hostile tests/maintain tests/pam tests/storage \
	tests/policy/attacks.lua tests/policy/attacks.py tests/policy/run.py tests/policy/scripts.py \
	tests/long tests/network tests/demo tests/bench
SYSTEM_PREFIX = $(abs_builddir)/system-prefix
SYSTEM_TESTS = $(srcdir)/tests/system.py --prefix $(SYSTEM_PREFIX)

dist-hook:
	find $(distdir)/tests -name __pycache__ -exec rm -rf {} +

install-for-tests: all
	$(MAKE) $(AM_MAKEFLAGS) install prefix=$(SYSTEM_PREFIX) SYSTEM_UNIT_DIR=$(SYSTEM_PREFIX)/lib/systemd/system \
		SYSUSERS_DIR=$(SYSTEM_PREFIX)/lib/sysusers.d TMPFILES_DIR=$(SYSTEM_PREFIX)/lib/tmpfiles.d >system-install.log 2>&1
check-system: install-for-tests
	python3 $(SYSTEM_TESTS)
check-long: install-for-tests $(LONG_CHECKS)
	python3 $(SYSTEM_TESTS) --suite long
clean-local:
	rm -rf $(SYSTEM_PREFIX) system-install.log
.PHONY: check-fuzz fuzz print-fuzz-targets print-unit-tests print-not-under-valgrind install-for-tests \
	check-system check-long check-policy-long bench

include tests/bench/local.mk
