bin_PROGRAMS += scepctl
scepctl_SOURCES = \
	mod_scep/scepctl/scepctl.c mod_scep/scepctl/scepctl.h \
	mod_scep/scepctl/scepctl_exit.c \
	mod_scep/scepctl/scepctl_attribute.c \
	mod_scep/scepctl/scepctl_audit.c \
	mod_scep/scepctl/scepctl_backup.c \
	mod_scep/scepctl/scepctl_begin_anew.c \
	mod_scep/scepctl/scepctl_copy.c mod_scep/scepctl/scepctl_copy.h \
	mod_scep/scepctl/scepctl_options.c \
	mod_scep/scepctl/scepctl_options.h \
	mod_scep/scepctl/scepctl_owner.c mod_scep/scepctl/scepctl_owner.h \
	mod_scep/scepctl/scepctl_restore.c \
	mod_scep/scepctl/scepctl_decode.c \
	mod_scep/scepctl/scepctl_explain.c mod_scep/scepctl/scepctl_explain.h \
	mod_scep/scepctl/scepctl_explain_cert.c \
	mod_scep/scepctl/scepctl_files.c \
	mod_scep/scepctl/scepctl_init.c mod_scep/scepctl/scepctl_init.h \
	mod_scep/scepctl/scepctl_input.c mod_scep/scepctl/scepctl_input.h \
	mod_scep/scepctl/scepctl_make.c \
	mod_scep/scepctl/scepctl_master.c mod_scep/scepctl/scepctl_master.h \
	mod_scep/scepctl/scepctl_master_choose.c \
	mod_scep/scepctl/scepctl_name.c mod_scep/scepctl/scepctl_name.h \
	mod_scep/scepctl/scepctl_pairs.c mod_scep/scepctl/scepctl_pairs.h \
	mod_scep/scepctl/scepctl_certs.c \
	mod_scep/scepctl/scepctl_certs_print.c mod_scep/scepctl/scepctl_certs.h \
	mod_scep/scepctl/scepctl_crl.c \
	mod_scep/scepctl/scepctl_say.c \
	mod_scep/scepctl/scepctl_prune.c \
	mod_scep/scepctl/scepctl_ra.c mod_scep/scepctl/scepctl_ra.h \
	mod_scep/scepctl/scepctl_ra_choose.c \
	mod_scep/scepctl/scepctl_ra_take.c \
	mod_scep/scepctl/scepctl_challenge.c \
	mod_scep/scepctl/scepctl_requests.c \
	mod_scep/scepctl/scepctl_server.c mod_scep/scepctl/scepctl_server.h \
	mod_scep/scepctl/scepctl_store.c mod_scep/scepctl/scepctl_store.h \
	mod_scep/scepctl/scepctl_text.c mod_scep/scepctl/scepctl_text.h
scepctl_LDADD = libscep.la $(CORE_LIBS)

dist_man_MANS = docs/scepctl.1

# Needs pytest; the script says so (status 77) where there is none.
TESTS += tests/scepctl/run
dist_noinst_SCRIPTS += tests/scepctl/run
EXTRA_DIST += tests/scepctl/conftest.py tests/scepctl/test_audit.py \
	tests/scepctl/test_server.py \
	tests/scepctl/test_backup.py \
	tests/scepctl/test_certs.py tests/scepctl/test_challenge.py \
	tests/scepctl/test_decode.py \
	tests/scepctl/test_init.py tests/scepctl/test_man.py \
	tests/scepctl/test_options.py \
	tests/scepctl/test_ra.py \
	tests/scepctl/test_master.py
