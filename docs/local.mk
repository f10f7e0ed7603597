dist_man_MANS += docs/restante.8 docs/restante.conf.5
# Copied to /etc/fail2ban by who wants them: see restante(8).
fail2banfilterdir = $(docdir)/fail2ban/filter.d
dist_fail2banfilter_DATA = docs/fail2ban/filter.d/restante.conf
fail2banjaildir = $(docdir)/fail2ban/jail.d
dist_fail2banjail_DATA = docs/fail2ban/jail.d/restante.conf
EXTRA_DIST += docs/architecture.md docs/benchmarks.md docs/benchmarks.svg docs/clients.md docs/lua.md docs/modules.md docs/reliability.md docs/retention.md docs/security.md
