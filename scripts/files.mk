# Rules that no compiler checks; each can fail, as selftest shows.
GUARDS = scripts/guards/check-circles \
	scripts/guards/check-conf scripts/guards/check-conformance \
	scripts/guards/check-layers scripts/guards/check-log-ids \
	scripts/guards/check-public scripts/guards/check-references \
	scripts/guards/check-refusals scripts/guards/check-style \
	scripts/guards/check-tests \
	scripts/guards/selftest
if HAVE_PYTHON
TESTS += $(GUARDS)
endif
EXTRA_DIST += $(GUARDS) scripts/guards/guard.py scripts/quickstart \
	scripts/check scripts/analyze scripts/coverage scripts/mutate scripts/hooks/pre-commit \
	autogen.sh LICENSE .clang-format .editorconfig conf.d docs \
	tests/browser tests/conformance tests/data tests/guide tests/httpd \
	tests/interop tests/outside \
	tests/pgsql/server

# Programs that httpd runs when it is told to.
pkglibexecdir = $(libexecdir)/mod_scep
dist_pkglibexec_SCRIPTS = libexec/scep-ca-openssl

# What an administrator reads.
dist_doc_DATA = README CHANGES CONTRIBUTING SECURITY docs/api.md docs/backends.md docs/benchmark.md \
	docs/conformance.md docs/directives.md \
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
.PHONY: print-unit-tests print-cpp-flags
print-unit-tests:
	@echo $(filter tests/unit/%,$(check_PROGRAMS))

# For scripts/analyze: what finds the headers of every file of mod_scep/.
print-cpp-flags:
	@echo '$(DEFS) $(mod_scep_la_CPPFLAGS)'

# What a contributor types; CONTRIBUTING says when.
.PHONY: help format check-fast hook
help:
	@echo 'make                   the module and scepctl'
	@echo 'make check             unit tests, guards, tests of scepctl'
	@echo 'make check-fast        the guards and the quick unit tests'
	@echo 'make tests/unit/test_str && tests/unit/test_str    one unit test'
	@echo 'make format            clang-format on all C files'
	@echo 'make hook              install the git hook for commits'
	@echo 'make install           module, scepctl, headers, documentation'
	@echo 'make distcheck         make the tarball, build and test it'
	@echo 'scripts/check          everything; scripts/check STEP... for parts'
	@echo 'scripts/analyze        static analysis'

CLANG_FORMAT = clang-format-14
format:
	cd $(srcdir) && find include mod_scep tests -name '*.[ch]' | \
		xargs $(CLANG_FORMAT) -i

# Left out: what takes seconds, waits, or needs a server.
SLOW_TESTS = scripts/guards/selftest tests/scepctl/run tests/unit/test_exec \
	tests/unit/test_master_view tests/unit/test_pgsql \
	tests/unit/test_schema_names tests/unit/test_store_crash
check-fast:
	SCEP_TEST_THIN=17 $(MAKE) check TESTS='$(filter-out $(SLOW_TESTS),$(TESTS))'

hook:
	hooks=$$(git -C $(srcdir) rev-parse --path-format=absolute \
		--git-path hooks) && mkdir -p "$$hooks" && \
		cp $(srcdir)/scripts/hooks/pre-commit "$$hooks/pre-commit"
