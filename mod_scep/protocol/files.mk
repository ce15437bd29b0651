libscep_protocol_la_SOURCES =
PROTOCOL_TESTS =

# Algorithms, and what we send
libscep_protocol_la_SOURCES += \
	mod_scep/protocol/scep_alg.c mod_scep/protocol/scep_alg.h \
	mod_scep/protocol/scep_caps.c mod_scep/protocol/scep_caps.h \
	mod_scep/protocol/scep_query.c mod_scep/protocol/scep_query.h
PROTOCOL_TESTS += tests/unit/test_alg tests/unit/test_caps \
	tests/unit/test_query

if HAVE_CMOCKA
check_PROGRAMS += $(PROTOCOL_TESTS)
TESTS += $(PROTOCOL_TESTS)
endif
tests_unit_test_alg_SOURCES = tests/unit/test_alg.c tests/unit/fixture.h
tests_unit_test_alg_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_alg_LDADD = $(LIB_PROTOCOL) $(UNIT_LIBS)
tests_unit_test_caps_SOURCES = tests/unit/test_caps.c tests/unit/fixture.h
tests_unit_test_caps_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_caps_LDADD = $(LIB_PROTOCOL) $(UNIT_LIBS)
tests_unit_test_query_SOURCES = tests/unit/test_query.c tests/unit/fixture.h
tests_unit_test_query_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_query_LDADD = $(LIB_PROTOCOL) $(UNIT_LIBS)
