/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_failures.c: allowances in shared memory. (challenge layer)
 *
 * A record is 24 bits of its key and 40 bits of a time, milliseconds since
 * the memory was laid out: when all of the allowance will be there again, if
 * nothing more is counted (the generic cell rate algorithm). Further bits of
 * the key choose the set of eight records, one cache line, in which it is
 * looked for. With 36 bits that tell keys apart, which are keyed hashes that
 * no peer can choose, chance hardly ever makes two of them one.
 *
 * A place is a record of the same form: who holds it, and until when.
 */
#include "scep_failures.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

enum {
    LAYOUT_VERSION = 2,
    WAYS = 8,
    SETS = 4096,
    TIME_BITS = 40,
    TAG_OCTETS = 3,
    TURNS = 4
};

/* Ahead of what an allowance can reach by so much, a time is of before the
 * clock was set back. Milliseconds. */
enum { SLACK = 2000 };

#define TIME_MASK ((APR_UINT64_C(1) << TIME_BITS) - 1)

static const char magic[8] = {'S', 'C', 'E', 'P', 'F', 'A', 'I', 'L'};

typedef _Atomic apr_uint64_t word_t;

static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && sizeof(word_t) == 8,
              "processes share words without a lock");

typedef struct memory_t {
    char magic[8];
    apr_uint32_t version;
    apr_uint32_t sets;
    apr_time_t base;
    word_t left_out;
    word_t turns[TURNS];
    word_t records[SETS][WAYS];
    word_t places[SCEP_PLACE_KINDS][SCEP_PLACES];
} memory_t;

struct scep_failures_t {
    memory_t *memory;
};

apr_size_t scep_failures_size(void)
{
    return sizeof(memory_t);
}

void scep_failures_format(void *memory, apr_time_t now)
{
    memory_t *m = memory;

    memset(m, 0, sizeof(*m));
    m->version = LAYOUT_VERSION;
    m->sets = SETS;
    /* A little before, so that a clock that is set back finds times, too. */
    m->base = now - apr_time_from_sec(86400);
    memcpy(m->magic, magic, sizeof(magic));
}

scep_failures_t *scep_failures_attach(void *memory, apr_size_t size,
                                      apr_pool_t *pool)
{
    scep_failures_t *failures;
    memory_t *m = memory;

    if (size < sizeof(*m) || memcmp(m->magic, magic, sizeof(magic)) != 0 ||
        m->version != LAYOUT_VERSION || m->sets != SETS) {
        return NULL;
    }
    failures = apr_palloc(pool, sizeof(*failures));
    failures->memory = m;
    return failures;
}

/* --- records -------------------------------------------------------------- */

static apr_uint64_t tag_of(const unsigned char *key)
{
    apr_uint64_t tag = 0;
    int i;

    for (i = 0; i < TAG_OCTETS; i++) {
        tag = tag << 8 | key[i];
    }
    return tag != 0 ? tag : 1; /* 0 is no record */
}

static word_t *set_of(const scep_failures_t *failures, const unsigned char *key)
{
    unsigned int number =
        (unsigned int)key[TAG_OCTETS] << 8 | (unsigned int)key[TAG_OCTETS + 1];

    return failures->memory->records[number % SETS];
}

static apr_uint64_t record_of(apr_uint64_t tag, apr_int64_t time)
{
    return tag << TIME_BITS | ((apr_uint64_t)time & TIME_MASK);
}

static apr_uint64_t tag_in(apr_uint64_t record)
{
    return record >> TIME_BITS;
}

static apr_int64_t time_in(apr_uint64_t record)
{
    return (apr_int64_t)(record & TIME_MASK);
}

static apr_int64_t clock_of(const scep_failures_t *failures, apr_time_t now)
{
    apr_int64_t time = apr_time_as_msec(now - failures->memory->base);

    return time > 0 ? time : 0;
}

/* Milliseconds after which one more is allowed again, and all are. */
typedef struct pace_t {
    apr_int64_t one;
    apr_int64_t all;
} pace_t;

static pace_t pace_of(const scep_allowance_t *allowance)
{
    apr_int64_t one = apr_time_as_msec(allowance->per) / allowance->count;
    pace_t pace = {one > 0 ? one : 1, 0};

    pace.all = pace.one * allowance->count;
    return pace;
}

/* How far ahead of NOW the time in RECORD is; 0: it counts for nothing. */
static apr_int64_t ahead(apr_uint64_t record, const pace_t *pace,
                         apr_int64_t now)
{
    apr_int64_t time = time_in(record) - now;

    if (time <= 0 || time > pace->all + SLACK) {
        return 0;
    }
    return time < pace->all ? time : pace->all;
}

apr_interval_time_t scep_failures_wait(const scep_failures_t *failures,
                                       const unsigned char key[SCEP_HASH_SIZE],
                                       const scep_allowance_t *allowance,
                                       apr_time_t now)
{
    const pace_t pace = pace_of(allowance);
    apr_int64_t clock = clock_of(failures, now), most = 0;
    apr_uint64_t tag = tag_of(key);
    word_t *set = set_of(failures, key);
    int i;

    /* Two that came at once may have made two records. */
    for (i = 0; i < WAYS; i++) {
        apr_uint64_t record =
            atomic_load_explicit(&set[i], memory_order_relaxed);
        apr_int64_t time = ahead(record, &pace, clock);

        if (tag_in(record) == tag && time > most) {
            most = time;
        }
    }
    most -= pace.all - pace.one;
    return most > 0 ? apr_time_from_msec(most) : 0;
}

/* The record of TAG, or the one to be given up for it: the one that counts
 * for nothing first. */
static word_t *choose(word_t *set, apr_uint64_t tag, apr_uint64_t *record)
{
    word_t *chosen = NULL;
    apr_int64_t least = 0;
    int i;

    for (i = 0; i < WAYS; i++) {
        apr_uint64_t found =
            atomic_load_explicit(&set[i], memory_order_relaxed);

        if (tag_in(found) == tag) {
            *record = found;
            return &set[i];
        }
        if (chosen == NULL || time_in(found) < least) {
            chosen = &set[i];
            *record = found;
            least = time_in(found);
        }
    }
    return chosen;
}

bool scep_failures_add(scep_failures_t *failures,
                       const unsigned char key[SCEP_HASH_SIZE],
                       const scep_allowance_t *allowance, apr_time_t now)
{
    const pace_t pace = pace_of(allowance);
    apr_int64_t clock = clock_of(failures, now), before, after;
    apr_uint64_t tag = tag_of(key), record = 0;
    word_t *set = set_of(failures, key), *word;

    do {
        word = choose(set, tag, &record);
        before = tag_in(record) == tag ? ahead(record, &pace, clock) : 0;
        after = before + pace.one < pace.all ? before + pace.one : pace.all;
    } while (!atomic_compare_exchange_weak(word, &record,
                                           record_of(tag, clock + after)));
    return before <= pace.all - pace.one && after > pace.all - pace.one;
}

bool scep_failures_take(scep_failures_t *failures,
                        const unsigned char key[SCEP_HASH_SIZE],
                        const scep_allowance_t *allowance, apr_time_t now)
{
    const pace_t pace = pace_of(allowance);
    apr_int64_t clock = clock_of(failures, now), before;
    apr_uint64_t tag = tag_of(key), record = 0;
    word_t *set = set_of(failures, key), *word;

    do {
        word = choose(set, tag, &record);
        before = tag_in(record) == tag ? ahead(record, &pace, clock) : 0;
        if (before > pace.all - pace.one) {
            return false;
        }
    } while (!atomic_compare_exchange_weak(
        word, &record, record_of(tag, clock + before + pace.one)));
    return true;
}

void scep_failures_give(scep_failures_t *failures,
                        const unsigned char key[SCEP_HASH_SIZE],
                        const scep_allowance_t *allowance, apr_time_t now)
{
    const pace_t pace = pace_of(allowance);
    apr_int64_t clock = clock_of(failures, now), before, after;
    apr_uint64_t tag = tag_of(key), record = 0;
    word_t *set = set_of(failures, key), *word;

    do {
        word = choose(set, tag, &record);
        if (tag_in(record) != tag) {
            return; /* it had to make room */
        }
        before = ahead(record, &pace, clock);
        after = before > pace.one ? before - pace.one : 0;
    } while (!atomic_compare_exchange_weak(word, &record,
                                           record_of(tag, clock + after)));
}

/* --- places --------------------------------------------------------------- */

/* Who asks for a place. */
typedef struct asker_t {
    apr_uint64_t tag;
    int each;
    int total;
    apr_int64_t clock;
    apr_int64_t lease;
} asker_t;

static bool is_held(apr_uint64_t record, apr_int64_t clock, apr_int64_t lease)
{
    apr_int64_t time = time_in(record) - clock;

    return time > 0 && time <= lease + SLACK;
}

/* @return the first that is free, or -1 */
static int find_place(word_t *places, const asker_t *asker,
                      apr_uint64_t *record)
{
    int i, found = -1, held = 0;

    for (i = 0; i < asker->total && i < SCEP_PLACES; i++) {
        apr_uint64_t one =
            atomic_load_explicit(&places[i], memory_order_relaxed);

        if (is_held(one, asker->clock, asker->lease)) {
            held += tag_in(one) == asker->tag;
        }
        else if (found < 0) {
            found = i;
            *record = one;
        }
    }
    return held < asker->each ? found : -1;
}

int scep_failures_enter(scep_failures_t *failures, scep_place_e kind,
                        const unsigned char key[SCEP_HASH_SIZE], int each,
                        int total, apr_time_t now, apr_interval_time_t lease)
{
    word_t *places = failures->memory->places[kind];
    const asker_t asker = {tag_of(key), each, total, clock_of(failures, now),
                           apr_time_as_msec(lease)};
    apr_uint64_t record = 0;
    int place;

    do {
        place = find_place(places, &asker, &record);
    } while (place >= 0 &&
             !atomic_compare_exchange_weak(
                 &places[place], &record,
                 record_of(asker.tag, asker.clock + asker.lease)));
    return place;
}

void scep_failures_leave(scep_failures_t *failures, scep_place_e kind,
                         int place)
{
    atomic_store(&failures->memory->places[kind][place], 0);
}

/* --- turns ---------------------------------------------------------------- */

static word_t *turn_of(const scep_failures_t *failures,
                       const unsigned char *key)
{
    return &failures->memory->turns[key[TAG_OCTETS] % TURNS];
}

bool scep_failures_turn(scep_failures_t *failures,
                        const unsigned char key[SCEP_HASH_SIZE], apr_time_t now,
                        apr_interval_time_t lease)
{
    apr_int64_t clock = clock_of(failures, now);
    apr_int64_t milliseconds = apr_time_as_msec(lease);
    word_t *turn = turn_of(failures, key);
    apr_uint64_t record = atomic_load(turn);

    return !is_held(record, clock, milliseconds) &&
           atomic_compare_exchange_strong(
               turn, &record, record_of(tag_of(key), clock + milliseconds));
}

void scep_failures_turn_over(scep_failures_t *failures,
                             const unsigned char key[SCEP_HASH_SIZE])
{
    atomic_store(turn_of(failures, key), 0);
}

/* --- a number ------------------------------------------------------------- */

void scep_failures_left_out(scep_failures_t *failures)
{
    atomic_fetch_add(&failures->memory->left_out, 1);
}

apr_uint64_t scep_failures_take_left_out(scep_failures_t *failures)
{
    return atomic_exchange(&failures->memory->left_out, 0);
}
