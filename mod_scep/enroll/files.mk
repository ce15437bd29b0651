libscep_enroll_la_SOURCES = \
	mod_scep/enroll/scep_admission.c mod_scep/enroll/scep_admission.h \
	mod_scep/enroll/scep_alt_names.c mod_scep/enroll/scep_alt_names.h \
	mod_scep/enroll/scep_alt_rule.c mod_scep/enroll/scep_alt_rule.h \
	mod_scep/enroll/scep_certpoll.c mod_scep/enroll/scep_certpoll.h \
	mod_scep/enroll/scep_waiting.c mod_scep/enroll/scep_waiting.h \
	mod_scep/enroll/scep_approval.c mod_scep/enroll/scep_approval.h \
	mod_scep/enroll/scep_guess_limit.c mod_scep/enroll/scep_guess_limit.h \
	mod_scep/enroll/scep_authorize.c mod_scep/enroll/scep_authorize.h \
	mod_scep/enroll/scep_draw.c mod_scep/enroll/scep_draw.h \
	mod_scep/enroll/scep_getcacert.c mod_scep/enroll/scep_message.h \
	mod_scep/enroll/scep_asked.c mod_scep/enroll/scep_asked.h \
	mod_scep/enroll/scep_name_check.c mod_scep/enroll/scep_name_check.h \
	mod_scep/enroll/scep_name_rules.c mod_scep/enroll/scep_name_rules.h \
	mod_scep/enroll/scep_name_string.c mod_scep/enroll/scep_name_string.h \
	mod_scep/enroll/scep_name_syntax.c mod_scep/enroll/scep_name_syntax.h \
	mod_scep/enroll/scep_names.c mod_scep/enroll/scep_names.h \
	mod_scep/enroll/scep_renewal.c mod_scep/enroll/scep_renewal.h \
	mod_scep/enroll/scep_enrolment.c mod_scep/enroll/scep_enrolment.h \
	mod_scep/enroll/scep_issue.c mod_scep/enroll/scep_issue.h \
	mod_scep/enroll/scep_recall.c mod_scep/enroll/scep_recall.h \
	mod_scep/enroll/scep_signer.c mod_scep/enroll/scep_signer.h \
	mod_scep/enroll/scep_limits.c mod_scep/enroll/scep_limits.h \
	mod_scep/enroll/scep_challenge_admin.c mod_scep/enroll/scep_challenge_admin.h \
	mod_scep/enroll/scep_master_document.c \
	mod_scep/enroll/scep_master_document.h \
	mod_scep/enroll/scep_operation.c mod_scep/enroll/scep_operation.h \
	mod_scep/enroll/scep_pattern.c mod_scep/enroll/scep_pattern.h \
	mod_scep/enroll/scep_challenge_claim.c mod_scep/enroll/scep_challenge_claim.h \
	mod_scep/enroll/scep_client_quirks.c mod_scep/enroll/scep_client_quirks.h \
	mod_scep/enroll/scep_pkcsreq.c mod_scep/enroll/scep_pkcsreq.h \
	mod_scep/enroll/scep_pkioperation.c \
	mod_scep/enroll/scep_refusal.c mod_scep/enroll/scep_refusal.h \
	mod_scep/enroll/scep_reply_key.c mod_scep/enroll/scep_reply_key.h \
	mod_scep/enroll/scep_service.c mod_scep/enroll/scep_service.h \
	mod_scep/enroll/scep_subject_read.c \
	mod_scep/enroll/scep_subject_rule.c \
	mod_scep/enroll/scep_subject_rule.h \
	mod_scep/enroll/scep_subject_rule_p.h \
	mod_scep/enroll/scep_crl_issue.c mod_scep/enroll/scep_crl_issue.h \
	mod_scep/enroll/scep_getcert.c mod_scep/enroll/scep_getcert.h \
	mod_scep/enroll/scep_getcrl.c \
	mod_scep/enroll/scep_getnextca.c

if HAVE_CMOCKA
ENROLL_TESTS = tests/unit/test_guess_limit tests/unit/test_alt_names \
	tests/unit/test_limits tests/unit/test_client_quirks \
	tests/unit/test_pattern tests/unit/test_authorize tests/unit/test_draw \
	tests/unit/test_enrolment tests/unit/test_recall \
	tests/unit/test_signer tests/unit/test_admission \
	tests/unit/test_getcacert tests/unit/test_issue tests/unit/test_challenge_admin \
	tests/unit/test_names tests/unit/test_renewal \
	tests/unit/test_asked tests/unit/test_name_check \
	tests/unit/test_name_rules tests/unit/test_name_string \
	tests/unit/test_name_syntax \
	tests/unit/test_master_document \
	tests/unit/test_certpoll tests/unit/test_waiting \
	tests/unit/test_approval \
	tests/unit/test_operation tests/unit/test_challenge_claim \
	tests/unit/test_pkcsreq tests/unit/test_pkioperation \
	tests/unit/test_refusal tests/unit/test_reply_key \
	tests/unit/test_service \
	tests/unit/test_alt_rule tests/unit/test_subject_read \
	tests/unit/test_subject_rule \
	tests/unit/test_crl_issue \
	tests/unit/test_getcert \
	tests/unit/test_getcrl \
	tests/unit/test_getnextca
check_PROGRAMS += $(ENROLL_TESTS)
TESTS += $(ENROLL_TESTS)
endif
tests_unit_test_authorize_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=apr_sleep
tests_unit_test_crl_issue_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=apr_sleep
