# Not built unless asked for: make tests/bench/bench_enrol
EXTRA_PROGRAMS = tests/bench/bench_enrol
tests_bench_bench_enrol_SOURCES = tests/bench/bench_enrol.c \
	tests/unit/message_maker.c tests/unit/message_maker.h \
	tests/unit/fixture.h
tests_bench_bench_enrol_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_bench_bench_enrol_LDADD = $(LIB_ENROLL) $(UNIT_LIBS) -lpthread
CLEANFILES += tests/bench/bench_enrol
EXTRA_DIST += tests/bench/run
