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
tests_unit_test_ca_call_SOURCES = tests/unit/test_ca_call.c \
	tests/unit/fixture.h tests/unit/fixture_certs.h \
	tests/unit/fixture_ca.h
tests_unit_test_ca_call_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_ca_call_LDADD = $(LIB_CA) $(UNIT_LIBS)
tests_unit_test_ca_chain_SOURCES = tests/unit/test_ca_chain.c \
	tests/unit/fixture.h \
	tests/unit/fixture_ca.h
tests_unit_test_ca_chain_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_ca_chain_LDADD = $(LIB_CA) $(UNIT_LIBS)
tests_unit_test_ca_exec_SOURCES = tests/unit/test_ca_exec.c \
	tests/unit/fixture.h \
	tests/unit/fixture_ca.h
tests_unit_test_ca_exec_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_ca_exec_LDADD = $(LIB_CA) $(UNIT_LIBS)
tests_unit_test_ca_files_SOURCES = tests/unit/test_ca_files.c \
	tests/unit/fixture.h \
	tests/unit/fixture_ca.h
tests_unit_test_ca_files_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_ca_files_LDADD = $(LIB_CA) $(UNIT_LIBS)
tests_unit_test_ca_local_SOURCES = tests/unit/test_ca_local.c \
	tests/unit/fixture.h \
	tests/unit/fixture_ca.h
tests_unit_test_ca_local_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_ca_local_LDADD = $(LIB_CA) $(UNIT_LIBS)
tests_unit_test_cert_build_SOURCES = tests/unit/test_cert_build.c \
	tests/unit/fixture.h \
	tests/unit/fixture_ca.h tests/unit/fixture_pss.h
tests_unit_test_cert_build_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_cert_build_LDADD = $(LIB_CA) $(UNIT_LIBS)
tests_unit_test_cert_build_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=scep_random
tests_unit_test_cert_extensions_SOURCES = tests/unit/test_cert_extensions.c \
	tests/unit/fixture.h \
	tests/unit/fixture_ca.h
tests_unit_test_cert_extensions_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_cert_extensions_LDADD = $(LIB_CA) $(UNIT_LIBS)
tests_unit_test_cert_san_SOURCES = tests/unit/test_cert_san.c \
	tests/unit/fixture.h \
	tests/unit/fixture_ca.h
tests_unit_test_cert_san_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_cert_san_LDADD = $(LIB_CA) $(UNIT_LIBS)
tests_unit_test_der_SOURCES = tests/unit/test_der.c \
	tests/unit/fixture.h
tests_unit_test_der_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_der_LDADD = $(LIB_CA) $(UNIT_LIBS)
tests_unit_test_profile_SOURCES = tests/unit/test_profile.c \
	tests/unit/fixture.h
tests_unit_test_profile_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_profile_LDADD = $(LIB_CA) $(UNIT_LIBS)
tests_unit_test_ra_check_SOURCES = tests/unit/test_ra_check.c \
	tests/unit/fixture.h \
	tests/unit/fixture_ca.h
tests_unit_test_ra_check_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_ra_check_LDADD = $(LIB_CA) $(UNIT_LIBS)
tests_unit_test_crl_SOURCES = tests/unit/test_crl.c \
	tests/unit/fixture.h \
	tests/unit/fixture_ca.h
tests_unit_test_crl_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_crl_LDADD = $(LIB_CA) $(UNIT_LIBS)
