# The load generator, and `make bench`: see docs/benchmarks.md. As root, on a quiet machine.
EXTRA_PROGRAMS = tests/bench/load
CLEANFILES += $(EXTRA_PROGRAMS)
tests_bench_load_SOURCES = tests/bench/load.c tests/bench/load.h tests/bench/load_client.c
tests_bench_load_CFLAGS = $(PROGRAM_COMPILE_FLAGS) $(OPENSSL_CFLAGS)
tests_bench_load_LDFLAGS = $(PROGRAM_LINK_FLAGS)
tests_bench_load_LDADD = $(OPENSSL_LIBS)

# BENCH_QUICK=1 only shows that it works. BENCH_FLAGS: see tests/bench/run.py. With either the page is left alone.
bench: install-for-tests tests/bench/load
	python3 $(srcdir)/tests/bench/run.py --prefix $(SYSTEM_PREFIX) --load tests/bench/load --out bench.json \
		$(if $(BENCH_QUICK),--quick) $(BENCH_FLAGS)
	$(if $(BENCH_QUICK)$(BENCH_FLAGS),:,python3 $(srcdir)/tests/bench/report.py bench.json $(srcdir)/docs)
CLEANFILES += bench.json
