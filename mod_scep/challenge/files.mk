libscep_challenge_la_SOURCES = \
	mod_scep/challenge/scep_challenge_call.c \
	mod_scep/challenge/scep_challenge_call.h \
	mod_scep/challenge/scep_challenge_exec.c \
	mod_scep/challenge/scep_challenge_exec.h \
	mod_scep/challenge/scep_challenge_table.c \
	mod_scep/challenge/scep_challenge_table.h \
	mod_scep/challenge/scep_form_token.c \
	mod_scep/challenge/scep_form_token.h \
	mod_scep/challenge/scep_handover.c mod_scep/challenge/scep_handover.h \
	mod_scep/challenge/scep_master.c mod_scep/challenge/scep_master.h \
	mod_scep/challenge/scep_master_cms.c \
	mod_scep/challenge/scep_master_cms.h \
	mod_scep/challenge/scep_master_view.c \
	mod_scep/challenge/scep_password.c mod_scep/challenge/scep_password.h

if HAVE_CMOCKA
CHALLENGE_TESTS = tests/unit/test_challenge_call \
	tests/unit/test_challenge_exec tests/unit/test_challenge_table \
	tests/unit/test_challenge_table_death tests/unit/test_form_token tests/unit/test_handover \
	tests/unit/test_master \
	tests/unit/test_master_cms tests/unit/test_master_view \
	tests/unit/test_password
check_PROGRAMS += $(CHALLENGE_TESTS)
TESTS += $(CHALLENGE_TESTS)
endif
tests_unit_test_challenge_table_SOURCES = tests/unit/test_challenge_table.c \
	tests/unit/challenge_fixture.h tests/unit/fixture.h
tests_unit_test_challenge_table_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_challenge_table_LDADD = $(LIB_CHALLENGE) $(UNIT_LIBS)
tests_unit_test_challenge_table_death_SOURCES = tests/unit/test_challenge_table_death.c \
	tests/unit/challenge_fixture.h tests/unit/fixture.h
tests_unit_test_challenge_table_death_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_challenge_table_death_LDADD = $(LIB_CHALLENGE) $(UNIT_LIBS)
tests_unit_test_form_token_SOURCES = tests/unit/test_form_token.c \
	tests/unit/fixture.h
tests_unit_test_form_token_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_form_token_LDADD = $(LIB_CHALLENGE) $(UNIT_LIBS)
tests_unit_test_form_token_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=HMAC
tests_unit_test_handover_SOURCES = tests/unit/test_handover.c \
	tests/unit/fixture.h
tests_unit_test_handover_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_handover_LDADD = $(LIB_CHALLENGE) $(UNIT_LIBS)
tests_unit_test_handover_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=EVP_CipherFinal_ex
tests_unit_test_master_SOURCES = tests/unit/test_master.c \
	tests/unit/fixture.h tests/unit/fixture_certs.h \
	tests/unit/master_fixture.h
tests_unit_test_master_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_master_LDADD = $(LIB_CHALLENGE) $(UNIT_LIBS)
tests_unit_test_master_cms_SOURCES = tests/unit/test_master_cms.c \
	tests/unit/fixture.h tests/unit/fixture_certs.h \
	tests/unit/master_fixture.h
tests_unit_test_master_cms_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_master_cms_LDADD = $(LIB_CHALLENGE) $(UNIT_LIBS)
tests_unit_test_master_view_SOURCES = tests/unit/test_master_view.c \
	tests/unit/fixture.h tests/unit/fixture_certs.h \
	tests/unit/master_fixture.h
tests_unit_test_master_view_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_master_view_LDADD = $(LIB_CHALLENGE) $(UNIT_LIBS)
tests_unit_test_master_view_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=CMS_decrypt_set1_pkey -Wl,--wrap=lstat
tests_unit_test_password_SOURCES = tests/unit/test_password.c \
	tests/unit/fixture.h
tests_unit_test_password_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_password_LDADD = $(LIB_CHALLENGE) $(UNIT_LIBS)
tests_unit_test_password_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=RAND_priv_bytes \
	-Wl,--wrap=HMAC
tests_unit_test_challenge_call_SOURCES = tests/unit/test_challenge_call.c \
	tests/unit/fixture.h
tests_unit_test_challenge_call_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_challenge_call_LDADD = $(LIB_CHALLENGE) $(UNIT_LIBS)
tests_unit_test_challenge_exec_SOURCES = tests/unit/test_challenge_exec.c \
	tests/unit/fixture.h
tests_unit_test_challenge_exec_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_challenge_exec_LDADD = $(LIB_CHALLENGE) $(UNIT_LIBS)
