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
tests_unit_test_form_token_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=HMAC
tests_unit_test_handover_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=EVP_CipherFinal_ex
tests_unit_test_master_view_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=CMS_decrypt_set1_pkey -Wl,--wrap=lstat
tests_unit_test_password_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=RAND_priv_bytes \
	-Wl,--wrap=HMAC
