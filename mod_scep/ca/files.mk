libscep_ca_la_SOURCES = \
	mod_scep/ca/scep_ca_call.c mod_scep/ca/scep_ca_call.h \
	mod_scep/ca/scep_ca_chain.c mod_scep/ca/scep_ca_chain.h \
	mod_scep/ca/scep_ca_exec.c mod_scep/ca/scep_ca_exec.h \
	mod_scep/ca/scep_ca_files.c mod_scep/ca/scep_ca_files.h \
	mod_scep/ca/scep_ca_local.c mod_scep/ca/scep_ca_local.h \
	mod_scep/ca/scep_cert_build.c mod_scep/ca/scep_cert_build.h \
	mod_scep/ca/scep_cert_extensions.c mod_scep/ca/scep_cert_extensions.h \
	mod_scep/ca/scep_cert_san.c mod_scep/ca/scep_cert_san.h \
	mod_scep/ca/scep_der.c mod_scep/ca/scep_der.h \
	mod_scep/ca/scep_profile.c mod_scep/ca/scep_profile.h \
	mod_scep/ca/scep_ra_check.c mod_scep/ca/scep_ra_check.h \
	mod_scep/ca/scep_crl.c mod_scep/ca/scep_crl.h

if HAVE_CMOCKA
CA_TESTS = tests/unit/test_ca_call tests/unit/test_ca_chain \
	tests/unit/test_ca_exec tests/unit/test_ca_files tests/unit/test_ca_local \
	tests/unit/test_cert_build tests/unit/test_cert_extensions \
	tests/unit/test_cert_san tests/unit/test_crl tests/unit/test_der \
	tests/unit/test_profile tests/unit/test_ra_check
check_PROGRAMS += $(CA_TESTS)
TESTS += $(CA_TESTS)
endif
tests_unit_test_cert_build_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=scep_random
