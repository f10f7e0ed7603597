dist_man_MANS += docs/restante.8
EXTRA_DIST += docs/architecture.md docs/modules.md
