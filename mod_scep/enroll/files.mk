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
ENROLL_FIXTURE = tests/unit/enroll_fixture.c tests/unit/enroll_fixture.h \
	tests/unit/recall_fixture.h \
	tests/unit/fixture.h
ENROLL_MAKER = $(ENROLL_FIXTURE) tests/unit/message_maker.c \
	tests/unit/message_maker.h
tests_unit_test_asked_SOURCES = tests/unit/test_asked.c \
	tests/unit/fixture.h tests/unit/fixture_ca.h
tests_unit_test_asked_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_asked_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_name_rules_SOURCES = tests/unit/test_name_rules.c \
	tests/unit/fixture.h
tests_unit_test_name_rules_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_name_rules_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_name_string_SOURCES = tests/unit/test_name_string.c \
	tests/unit/fixture.h
tests_unit_test_name_string_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_name_string_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_name_syntax_SOURCES = tests/unit/test_name_syntax.c \
	tests/unit/fixture.h
tests_unit_test_name_syntax_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_name_syntax_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_name_check_SOURCES = tests/unit/test_name_check.c \
	$(ENROLL_FIXTURE)
tests_unit_test_name_check_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_name_check_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_guess_limit_SOURCES = tests/unit/test_guess_limit.c \
	$(ENROLL_FIXTURE)
tests_unit_test_guess_limit_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_guess_limit_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_enrolment_SOURCES = tests/unit/test_enrolment.c \
	$(ENROLL_FIXTURE)
tests_unit_test_enrolment_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_enrolment_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_recall_SOURCES = tests/unit/test_recall.c \
	$(ENROLL_FIXTURE)
tests_unit_test_recall_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_recall_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_admission_SOURCES = tests/unit/test_admission.c $(ENROLL_MAKER)
tests_unit_test_admission_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_admission_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_signer_SOURCES = tests/unit/test_signer.c \
	$(ENROLL_FIXTURE)
tests_unit_test_signer_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_signer_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_authorize_SOURCES = tests/unit/test_authorize.c \
	$(ENROLL_FIXTURE)
tests_unit_test_authorize_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_authorize_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_authorize_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=apr_sleep
tests_unit_test_draw_SOURCES = tests/unit/test_draw.c $(ENROLL_FIXTURE)
tests_unit_test_draw_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_draw_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_getcacert_SOURCES = tests/unit/test_getcacert.c \
	$(ENROLL_FIXTURE)
tests_unit_test_getcacert_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_getcacert_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_issue_SOURCES = tests/unit/test_issue.c $(ENROLL_FIXTURE)
tests_unit_test_issue_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_issue_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_names_SOURCES = tests/unit/test_names.c tests/unit/fixture.h
tests_unit_test_names_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_names_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_renewal_SOURCES = tests/unit/test_renewal.c $(ENROLL_FIXTURE)
tests_unit_test_renewal_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_renewal_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_challenge_admin_SOURCES = tests/unit/test_challenge_admin.c $(ENROLL_FIXTURE)
tests_unit_test_challenge_admin_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_challenge_admin_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_master_document_SOURCES = \
	tests/unit/test_master_document.c $(ENROLL_FIXTURE)
tests_unit_test_master_document_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_master_document_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_certpoll_SOURCES = tests/unit/test_certpoll.c $(ENROLL_FIXTURE)
tests_unit_test_certpoll_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_certpoll_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_waiting_SOURCES = tests/unit/test_waiting.c $(ENROLL_FIXTURE)
tests_unit_test_waiting_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_waiting_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_approval_SOURCES = tests/unit/test_approval.c $(ENROLL_FIXTURE)
tests_unit_test_approval_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_approval_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_operation_SOURCES = tests/unit/test_operation.c \
	$(ENROLL_MAKER)
tests_unit_test_operation_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_operation_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_challenge_claim_SOURCES = tests/unit/test_challenge_claim.c \
	$(ENROLL_FIXTURE) tests/unit/pgsql_fixture.h
tests_unit_test_challenge_claim_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_challenge_claim_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_pkcsreq_SOURCES = tests/unit/test_pkcsreq.c $(ENROLL_MAKER)
tests_unit_test_pkcsreq_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_pkcsreq_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_pkioperation_SOURCES = tests/unit/test_pkioperation.c \
	$(ENROLL_MAKER)
tests_unit_test_pkioperation_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_pkioperation_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_refusal_SOURCES = tests/unit/test_refusal.c $(ENROLL_FIXTURE)
tests_unit_test_refusal_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_refusal_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_reply_key_SOURCES = tests/unit/test_reply_key.c \
	$(ENROLL_FIXTURE)
tests_unit_test_reply_key_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_reply_key_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_service_SOURCES = tests/unit/test_service.c $(ENROLL_FIXTURE)
tests_unit_test_service_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_service_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_alt_names_SOURCES = tests/unit/test_alt_names.c $(ENROLL_FIXTURE)
tests_unit_test_alt_names_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_alt_names_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_limits_SOURCES = tests/unit/test_limits.c $(ENROLL_FIXTURE)
tests_unit_test_limits_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_limits_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_alt_rule_SOURCES = tests/unit/test_alt_rule.c \
	tests/unit/fixture.h
tests_unit_test_alt_rule_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_alt_rule_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_subject_read_SOURCES = tests/unit/test_subject_read.c \
	tests/unit/subject_fixture.h tests/unit/fixture.h
tests_unit_test_subject_read_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_subject_read_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_subject_rule_SOURCES = tests/unit/test_subject_rule.c \
	tests/unit/subject_fixture.h tests/unit/fixture.h
tests_unit_test_subject_rule_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_subject_rule_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_pattern_SOURCES = tests/unit/test_pattern.c $(ENROLL_FIXTURE)
tests_unit_test_pattern_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_pattern_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_crl_issue_SOURCES = tests/unit/test_crl_issue.c $(ENROLL_FIXTURE)
tests_unit_test_crl_issue_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_crl_issue_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_crl_issue_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=apr_sleep
tests_unit_test_getcert_SOURCES = tests/unit/test_getcert.c $(ENROLL_FIXTURE)
tests_unit_test_getcert_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_getcert_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_getcrl_SOURCES = tests/unit/test_getcrl.c $(ENROLL_FIXTURE)
tests_unit_test_getcrl_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_getcrl_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_client_quirks_SOURCES = tests/unit/test_client_quirks.c $(ENROLL_FIXTURE)
tests_unit_test_client_quirks_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_client_quirks_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
tests_unit_test_getnextca_SOURCES = tests/unit/test_getnextca.c $(ENROLL_FIXTURE)
tests_unit_test_getnextca_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_getnextca_LDADD = $(LIB_ENROLL) $(UNIT_LIBS)
