# Not built unless asked for: make tests/bench/bench_enrol
EXTRA_PROGRAMS = tests/bench/bench_enrol tests/bench/bench_challenge \
	tests/bench/bench_store
tests_bench_bench_store_SOURCES = tests/bench/bench_store.c
tests_bench_bench_store_CPPFLAGS = $(AM_CPPFLAGS)
tests_bench_bench_store_LDADD = $(LIB_ENROLL) $(CORE_LIBS) -lpthread
tests_bench_bench_enrol_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit
tests_bench_bench_enrol_LDADD = $(UNIT_LIBS) -lpthread
tests_bench_bench_challenge_SOURCES = tests/bench/bench_challenge.c
tests_bench_bench_challenge_CPPFLAGS = $(AM_CPPFLAGS)
tests_bench_bench_challenge_LDADD = $(LIB_ENROLL) $(CORE_LIBS)
CLEANFILES += tests/bench/bench_enrol tests/bench/bench_challenge \
	tests/bench/bench_store
EXTRA_DIST += tests/bench/run tests/bench/slow_sync.c
