# Not built unless asked for: make bench-programs
BENCH_ALL = tests/bench/bench_enrol tests/bench/bench_challenge \
	tests/bench/bench_fill tests/bench/bench_store tests/bench/bench_storm
EXTRA_PROGRAMS = $(BENCH_ALL)
BENCH_CLIENT = tests/bench/bench_client.c tests/bench/bench_client.h
BENCH_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit
BENCH_LIBS = $(UNIT_LIBS) -lpthread
tests_bench_bench_enrol_SOURCES = tests/bench/bench_enrol.c $(BENCH_CLIENT)
tests_bench_bench_enrol_CPPFLAGS = $(BENCH_CPPFLAGS)
tests_bench_bench_enrol_LDADD = $(BENCH_LIBS)
tests_bench_bench_storm_SOURCES = tests/bench/bench_storm.c $(BENCH_CLIENT)
tests_bench_bench_storm_CPPFLAGS = $(BENCH_CPPFLAGS)
tests_bench_bench_storm_LDADD = $(BENCH_LIBS)
tests_bench_bench_fill_SOURCES = tests/bench/bench_fill.c $(BENCH_CLIENT)
tests_bench_bench_fill_CPPFLAGS = $(BENCH_CPPFLAGS)
tests_bench_bench_fill_LDADD = $(BENCH_LIBS)
tests_bench_bench_store_SOURCES = tests/bench/bench_store.c
tests_bench_bench_store_CPPFLAGS = $(AM_CPPFLAGS)
tests_bench_bench_store_LDADD = $(LIB_ENROLL) $(CORE_LIBS) -lpthread
tests_bench_bench_challenge_SOURCES = tests/bench/bench_challenge.c
tests_bench_bench_challenge_CPPFLAGS = $(AM_CPPFLAGS)
tests_bench_bench_challenge_LDADD = $(LIB_ENROLL) $(CORE_LIBS)
bench-programs: $(BENCH_ALL)
CLEANFILES += $(BENCH_ALL)
EXTRA_DIST += tests/bench/run tests/bench/slow_sync.c
