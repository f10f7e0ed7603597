dist_man_MANS += docs/restante.8 docs/restante.conf.5
EXTRA_DIST += docs/architecture.md docs/benchmarks.md docs/benchmarks.svg docs/clients.md docs/modules.md
