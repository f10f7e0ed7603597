# For the service manager: units, accounts and folders, with the paths of this installation.
systemdsystemunitdir = $(SYSTEM_UNIT_DIR)
sysusersdir = $(SYSUSERS_DIR)
tmpfilesdir = $(TMPFILES_DIR)
dist_systemdsystemunit_DATA = core/master/system/restante.socket core/master/system/restante-expire.timer
systemdsystemunit_DATA = core/master/system/restante.service core/master/system/restante-expire.service
cronexampledir = $(docdir)
cronexample_DATA = core/master/system/restante.cron
SYSTEM_TEMPLATES = core/master/system/restante.service.in core/master/system/restante-expire.service.in \
	core/master/system/restante.cron.in core/master/system/restante.tmpfiles.in
SYSTEM_MADE = core/master/system/restante.service core/master/system/restante-expire.service \
	core/master/system/restante.cron core/master/system/restante.tmpfiles
noinst_DATA += core/master/system/restante.tmpfiles
EXTRA_DIST += $(SYSTEM_TEMPLATES) core/master/system/restante.sysusers
CLEANFILES += $(SYSTEM_MADE)

$(SYSTEM_MADE): $(SYSTEM_TEMPLATES) Makefile
	$(AM_V_GEN)$(MKDIR_P) core/master/system && sed -e 's|@sbindir[@]|$(sbindir)|g' \
		-e 's|@statedir[@]|$(localstatedir)/lib/restante|g' $(srcdir)/$@.in > $@.tmp && mv $@.tmp $@

install-data-hook: install-system
install-system: core/master/system/restante.tmpfiles
	$(MKDIR_P) "$(DESTDIR)$(sysusersdir)" "$(DESTDIR)$(tmpfilesdir)"
	$(INSTALL_DATA) $(srcdir)/core/master/system/restante.sysusers "$(DESTDIR)$(sysusersdir)/restante.conf"
	$(INSTALL_DATA) core/master/system/restante.tmpfiles "$(DESTDIR)$(tmpfilesdir)/restante.conf"
uninstall-hook:
	rm -f "$(DESTDIR)$(sysusersdir)/restante.conf" "$(DESTDIR)$(tmpfilesdir)/restante.conf"
.PHONY: install-system
