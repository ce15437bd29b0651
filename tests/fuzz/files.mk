# Each target is built with standalone.c to replay its corpus in every
# "make check", and with libFuzzer by --enable-fuzz.
FUZZ_REPLAYS = tests/fuzz/replay_csr tests/fuzz/replay_issuer_serial \
	tests/fuzz/replay_pkimessage tests/fuzz/replay_query \
	tests/fuzz/replay_signed tests/fuzz/replay_signer
check_PROGRAMS += $(FUZZ_REPLAYS)
TESTS += $(FUZZ_REPLAYS)
EXTRA_DIST += tests/fuzz/corpus tests/fuzz/README.md tests/fuzz/ra.crt \
	tests/fuzz/signer.crt tests/fuzz/signer.key

FUZZ_LIBS = $(LIB_PROTOCOL) $(CORE_LIBS)
FUZZ_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/fuzz \
	-DSRCDIR=\"$(abs_srcdir)\"
REPLAY = tests/fuzz/standalone.c tests/fuzz/fuzz.h
MESSAGE = tests/fuzz/message.c tests/fuzz/message.h
CORPUS = $(abs_srcdir)/tests/fuzz/corpus

tests_fuzz_replay_csr_SOURCES = tests/fuzz/fuzz_csr.c $(REPLAY)
tests_fuzz_replay_csr_CPPFLAGS = $(FUZZ_CPPFLAGS) \
	-DFUZZ_CORPUS=\"$(CORPUS)/csr\"
tests_fuzz_replay_csr_LDADD = $(FUZZ_LIBS)
tests_fuzz_replay_pkimessage_SOURCES = tests/fuzz/fuzz_pkimessage.c $(MESSAGE) \
	$(REPLAY)
tests_fuzz_replay_pkimessage_CPPFLAGS = $(FUZZ_CPPFLAGS) \
	-DFUZZ_CORPUS=\"$(CORPUS)/pkimessage\"
tests_fuzz_replay_pkimessage_LDADD = $(FUZZ_LIBS)
tests_fuzz_replay_signed_SOURCES = tests/fuzz/fuzz_signed.c $(MESSAGE) $(REPLAY)
tests_fuzz_replay_signed_CPPFLAGS = $(FUZZ_CPPFLAGS) \
	-DFUZZ_CORPUS=\"$(CORPUS)/signed\"
tests_fuzz_replay_signed_LDADD = $(FUZZ_LIBS)
tests_fuzz_replay_query_SOURCES = tests/fuzz/fuzz_query.c $(REPLAY)
tests_fuzz_replay_query_CPPFLAGS = $(FUZZ_CPPFLAGS) \
	-DFUZZ_CORPUS=\"$(CORPUS)/query\"
tests_fuzz_replay_query_LDADD = $(FUZZ_LIBS)
tests_fuzz_replay_issuer_serial_SOURCES = tests/fuzz/fuzz_issuer_serial.c $(REPLAY)
tests_fuzz_replay_issuer_serial_CPPFLAGS = $(FUZZ_CPPFLAGS) \
	-DFUZZ_CORPUS=\"$(CORPUS)/issuer_serial\"
tests_fuzz_replay_issuer_serial_LDADD = $(FUZZ_LIBS)
tests_fuzz_replay_signer_SOURCES = tests/fuzz/fuzz_signer.c $(REPLAY)
tests_fuzz_replay_signer_CPPFLAGS = $(FUZZ_CPPFLAGS) \
	-DFUZZ_CORPUS=\"$(CORPUS)/signer\"
tests_fuzz_replay_signer_LDADD = $(LIB_ENROLL) $(CORE_LIBS)

if FUZZ
noinst_PROGRAMS += tests/fuzz/fuzz_csr tests/fuzz/fuzz_issuer_serial \
	tests/fuzz/fuzz_pkimessage tests/fuzz/fuzz_query \
	tests/fuzz/fuzz_signed tests/fuzz/fuzz_signer
endif
tests_fuzz_fuzz_csr_SOURCES = tests/fuzz/fuzz_csr.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_csr_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_csr_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_csr_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_pkimessage_SOURCES = tests/fuzz/fuzz_pkimessage.c $(MESSAGE) \
	tests/fuzz/fuzz.h
tests_fuzz_fuzz_pkimessage_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_pkimessage_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_pkimessage_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_signed_SOURCES = tests/fuzz/fuzz_signed.c $(MESSAGE) \
	tests/fuzz/fuzz.h
tests_fuzz_fuzz_signed_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_signed_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_signed_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_query_SOURCES = tests/fuzz/fuzz_query.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_query_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_query_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_query_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_issuer_serial_SOURCES = tests/fuzz/fuzz_issuer_serial.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_issuer_serial_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_issuer_serial_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_issuer_serial_LDADD = $(FUZZ_LIBS)
tests_fuzz_fuzz_signer_SOURCES = tests/fuzz/fuzz_signer.c tests/fuzz/fuzz.h
tests_fuzz_fuzz_signer_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_signer_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_signer_LDADD = $(LIB_ENROLL) $(CORE_LIBS)
