# Rules that no compiler checks; each can fail, as selftest shows.
GUARDS = scripts/guards/check-circles \
	scripts/guards/check-conf scripts/guards/check-conformance \
	scripts/guards/check-layers scripts/guards/check-log-ids \
	scripts/guards/check-public scripts/guards/check-references \
	scripts/guards/check-refusals scripts/guards/check-style \
	scripts/guards/check-tests scripts/guards/check-version \
	scripts/guards/selftest
if HAVE_PYTHON
TESTS += $(GUARDS)
endif
EXTRA_DIST += $(GUARDS) scripts/guards/guard.py scripts/quickstart \
	scripts/check scripts/mutate autogen.sh LICENSE .clang-format conf.d docs \
	tests/browser tests/conformance tests/data tests/guide tests/httpd \
	tests/interop \
	tests/pgsql/server

# What an administrator reads.
dist_doc_DATA = README docs/api.md docs/conformance.md docs/directives.md \
	docs/guide.md \
	docs/internals.md docs/refusals.md
confsystemddir = $(docdir)/conf.d/systemd
dist_confsystemd_DATA = conf.d/systemd/scep-ra-renew.service \
	conf.d/systemd/scep-ra-renew.timer
confexampledir = $(docdir)/conf.d
dist_confexample_DATA = conf.d/scep.conf conf.d/scep-minimal.conf
confclientdir = $(confexampledir)/examples
dist_confclient_DATA = conf.d/examples/apple.conf conf.d/examples/cisco.conf \
	conf.d/examples/jamf.conf conf.d/examples/juniper.conf \
	conf.d/examples/mikrotik.conf conf.d/examples/printers.conf \
	conf.d/examples/windows.conf
confadmindir = $(confexampledir)/examples
dist_confadmin_DATA = conf.d/examples/basic-ldap.conf \
	conf.d/examples/client-certificate.conf \
	conf.d/examples/negotiate.conf conf.d/examples/ntlm.conf
conffilterdir = $(confexampledir)/fail2ban/filter.d
dist_conffilter_DATA = conf.d/fail2ban/filter.d/mod_scep.conf
confjaildir = $(confexampledir)/fail2ban/jail.d
dist_confjail_DATA = conf.d/fail2ban/jail.d/mod_scep.conf

# Folders are copied whole: leave out what a test run left in them.
dist-hook:
	find $(distdir) -name __pycache__ -o -name .pytest_cache | xargs rm -rf

# For scripts/check: the names of the unit tests.
.PHONY: print-unit-tests
print-unit-tests:
	@echo $(filter tests/unit/%,$(check_PROGRAMS))
