libscep_protocol_la_SOURCES =
PROTOCOL_TESTS =

# Algorithms, and what we send
libscep_protocol_la_SOURCES += \
	mod_scep/protocol/scep_alg.c mod_scep/protocol/scep_alg.h
PROTOCOL_TESTS += tests/unit/test_alg

if HAVE_CMOCKA
check_PROGRAMS += $(PROTOCOL_TESTS)
TESTS += $(PROTOCOL_TESTS)
endif
tests_unit_test_alg_SOURCES = tests/unit/test_alg.c tests/unit/fixture.h
tests_unit_test_alg_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_alg_LDADD = $(LIB_PROTOCOL) $(UNIT_LIBS)
