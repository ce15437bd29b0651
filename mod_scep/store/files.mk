libscep_store_la_SOURCES = \
	mod_scep/store/scep_schema.c mod_scep/store/scep_schema.h \
	mod_scep/store/scep_schema_6.c mod_scep/store/scep_schema_6.h \
	mod_scep/store/scep_schema_names.c mod_scep/store/scep_schema_names.h \
	mod_scep/store/scep_sql.c mod_scep/store/scep_sql.h \
	mod_scep/store/scep_sqlite.c mod_scep/store/scep_sqlite.h \
	mod_scep/store/scep_sqlite_copy.c mod_scep/store/scep_sqlite_copy.h \
	mod_scep/store/scep_sqlite_file.c \
	mod_scep/store/scep_sqlite_functions.c \
	mod_scep/store/scep_sqlite_functions.h \
	mod_scep/store/scep_store.c mod_scep/store/scep_store.h \
	mod_scep/store/scep_store_p.h \
	mod_scep/store/scep_store_audit.c \
	mod_scep/store/scep_store_challenge.c \
	mod_scep/store/scep_store_cancel.c mod_scep/store/scep_store_cancel.h \
	mod_scep/store/scep_store_claim.c mod_scep/store/scep_store_claim.h \
	mod_scep/store/scep_store_document.c \
	mod_scep/store/scep_store_identity.c mod_scep/store/scep_store_identity.h \
	mod_scep/store/scep_store_tally.c mod_scep/store/scep_store_tally.h \
	mod_scep/store/scep_store_document.h \
	mod_scep/store/scep_store_challenge_list.c \
	mod_scep/store/scep_store_config.c \
	mod_scep/store/scep_store_group.c mod_scep/store/scep_store_group.h \
	mod_scep/store/scep_store_id.c \
	mod_scep/store/scep_store_recall.c mod_scep/store/scep_store_recall.h \
	mod_scep/store/scep_store_issue.c \
	mod_scep/store/scep_store_json.c mod_scep/store/scep_store_json.h \
	mod_scep/store/scep_store_prune.c mod_scep/store/scep_store_prune.h \
	mod_scep/store/scep_store_queue.c mod_scep/store/scep_store_read.c \
	mod_scep/store/scep_search_fill.c \
	mod_scep/store/scep_store_search.c mod_scep/store/scep_store_search.h \
	mod_scep/store/scep_store_request.c mod_scep/store/scep_store_request.h \
	mod_scep/store/scep_store_sql.c mod_scep/store/scep_store_sql.h \
	mod_scep/store/scep_store_subject.c \
	mod_scep/store/scep_store_revocation.c mod_scep/store/scep_store_revocation.h \
	mod_scep/store/scep_store_successor.c mod_scep/store/scep_store_successor.h \
	mod_scep/store/scep_store_certificate.c mod_scep/store/scep_store_certificate.h \
	mod_scep/store/scep_store_crl.c mod_scep/store/scep_store_crl.h

if HAVE_LIBPQ
libscep_store_la_SOURCES += \
	mod_scep/store/scep_pgsql.c mod_scep/store/scep_pgsql.h \
	mod_scep/store/scep_pgsql_text.c mod_scep/store/scep_pgsql_text.h
endif

if HAVE_CMOCKA
STORE_TESTS = tests/unit/test_schema tests/unit/test_schema_names \
	tests/unit/test_sql \
	tests/unit/test_sqlite \
	tests/unit/test_sqlite_copy \
	tests/unit/test_sqlite_file \
	tests/unit/test_store \
	tests/unit/test_store_audit \
	tests/unit/test_store_challenge \
	tests/unit/test_store_cancel \
	tests/unit/test_store_claim \
	tests/unit/test_store_challenge_list \
	tests/unit/test_store_crash tests/unit/test_store_power \
	tests/unit/test_store_document \
	tests/unit/test_store_identity \
	tests/unit/test_store_id tests/unit/test_store_recall \
	tests/unit/test_store_issue tests/unit/test_store_json \
	tests/unit/test_store_sql tests/unit/test_store_search tests/unit/test_search_fill \
	tests/unit/test_schema_6 tests/unit/test_store_read \
	tests/unit/test_store_config tests/unit/test_store_group \
	tests/unit/test_sqlite_functions \
	tests/unit/test_store_prune tests/unit/test_store_prune_pgsql \
	tests/unit/test_store_subject \
	tests/unit/test_store_tally \
	tests/unit/test_store_queue \
	tests/unit/test_store_request \
	tests/unit/test_store_revocation \
	tests/unit/test_store_successor \
	tests/unit/test_store_certificate \
	tests/unit/test_store_crl
if HAVE_LIBPQ
STORE_TESTS += tests/unit/test_pgsql tests/unit/test_pgsql_text
endif
check_PROGRAMS += $(STORE_TESTS)
TESTS += $(STORE_TESTS)
endif
tests_unit_test_pgsql_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=PQexec
tests_unit_test_store_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=scep_sql_clock
tests_unit_test_store_group_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=sqlite3_exec
tests_unit_test_store_crash_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=sqlite3_step -Wl,--wrap=sqlite3_exec
