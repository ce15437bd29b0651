libscep_base_la_SOURCES = \
	mod_scep/base/scep.h \
	mod_scep/base/scep_border.c mod_scep/base/scep_border.h \
	mod_scep/base/scep_cert_time.c mod_scep/base/scep_cert_time.h \
	mod_scep/base/scep_counts.c mod_scep/base/scep_counts.h \
	mod_scep/base/scep_crypto.c mod_scep/base/scep_crypto.h \
	mod_scep/base/scep_crypto_load.c \
	mod_scep/base/scep_env.c mod_scep/base/scep_env.h \
	mod_scep/base/scep_exec.c mod_scep/base/scep_exec.h \
	mod_scep/base/scep_program.c mod_scep/base/scep_program.h \
	mod_scep/base/scep_file.c mod_scep/base/scep_file.h \
	mod_scep/base/scep_file_kind.c mod_scep/base/scep_file_kind.h \
	mod_scep/base/scep_in_use.c mod_scep/base/scep_in_use.h \
	mod_scep/base/scep_in_use_p.h mod_scep/base/scep_in_use_read.c \
	mod_scep/base/scep_json.c mod_scep/base/scep_json.h \
	mod_scep/base/scep_json_read.c mod_scep/base/scep_json_read.h \
	mod_scep/base/scep_log_limit.c mod_scep/base/scep_log_limit.h \
	mod_scep/base/scep_name_search.c mod_scep/base/scep_name_search.h \
	mod_scep/base/scep_openssl_floor.c \
	mod_scep/base/scep_openssl_floor.h \
	mod_scep/base/scep_result.c \
	mod_scep/base/scep_seal.c mod_scep/base/scep_seal.h \
	mod_scep/base/scep_shm_limits.c mod_scep/base/scep_shm_limits.h \
	mod_scep/base/scep_shm_load.c mod_scep/base/scep_shm_load.h \
	mod_scep/base/scep_shm_slots.c mod_scep/base/scep_shm_slots.h \
	mod_scep/base/scep_span.c mod_scep/base/scep_span.h \
	mod_scep/base/scep_state_files.h \
	mod_scep/base/scep_str.c mod_scep/base/scep_str.h

if HAVE_CMOCKA
BASE_TESTS = tests/unit/test_border tests/unit/test_cert_time tests/unit/test_counts \
	tests/unit/test_crypto \
	tests/unit/test_crypto_load \
	tests/unit/test_env tests/unit/test_exec tests/unit/test_file tests/unit/test_file_kind \
	tests/unit/test_in_use tests/unit/test_in_use_read tests/unit/test_json \
	tests/unit/test_json_read tests/unit/test_log_limit tests/unit/test_openssl_floor \
	tests/unit/test_program tests/unit/test_result tests/unit/test_seal \
	tests/unit/test_shm_limits tests/unit/test_shm_load tests/unit/test_shm_slots \
	tests/unit/test_span tests/unit/test_str \
	tests/unit/test_name_search
check_PROGRAMS += $(BASE_TESTS)
TESTS += $(BASE_TESTS)
endif
tests_unit_test_crypto_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=RAND_bytes \
	-Wl,--wrap=RAND_priv_bytes
tests_unit_test_crypto_load_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=OSSL_STORE_open_ex
tests_unit_test_file_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=read \
	-Wl,--wrap=write -Wl,--wrap=fsync -Wl,--wrap=fchown \
	-Wl,--wrap=fchmod
tests_unit_test_shm_slots_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=getpid
