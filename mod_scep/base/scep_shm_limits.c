/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_shm_limits.c: allowances in shared memory. (base layer)
 *
 * A record is 24 bits of its key and 40 bits of a time, milliseconds since
 * the memory was laid out: when all of the allowance will be there again, if
 * nothing more is counted (the generic cell rate algorithm). Further bits of
 * the key choose the set of eight records, one cache line, in which it is
 * looked for. With 36 bits that tell keys apart, which are keyed hashes that
 * no peer can choose, chance hardly ever makes two of them one.
 */
#include "scep_shm_limits.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

enum {
    LAYOUT_VERSION = 3,
    WAYS = 8,
    SETS = 4096,
    TIME_BITS = 40,
    TAG_OCTETS = 3
};

/* Ahead of what an allowance can reach by so much, a time is of before the
 * clock was set back. Milliseconds. */
enum { SLACK = 2000 };

#define TIME_MASK ((APR_UINT64_C(1) << TIME_BITS) - 1)

static const char magic[8] = {'S', 'C', 'E', 'P', 'R', 'A', 'T', 'E'};

typedef _Atomic apr_uint64_t word_t;

static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && sizeof(word_t) == 8,
              "processes share words without a lock");

typedef struct memory_t {
    char magic[8];
    apr_uint32_t version;
    apr_uint32_t sets;
    apr_time_t base;
    word_t records[SETS][WAYS];
} memory_t;

struct scep_shm_limits_t {
    memory_t *memory;
};

apr_size_t scep_shm_limits_size(void)
{
    return sizeof(memory_t);
}

void scep_shm_limits_format(void *memory, apr_time_t now)
{
    memory_t *m = memory;

    memset(m, 0, sizeof(*m));
    m->version = LAYOUT_VERSION;
    m->sets = SETS;
    /* A little before, so that a clock that is set back finds times, too. */
    m->base = now - apr_time_from_sec(86400);
    memcpy(m->magic, magic, sizeof(magic));
}

scep_shm_limits_t *scep_shm_limits_attach(void *memory, apr_size_t size,
                                          apr_pool_t *pool)
{
    scep_shm_limits_t *limits;
    memory_t *m = memory;

    if (size < sizeof(*m) || memcmp(m->magic, magic, sizeof(magic)) != 0 ||
        m->version != LAYOUT_VERSION || m->sets != SETS) {
        return NULL;
    }
    limits = apr_palloc(pool, sizeof(*limits));
    limits->memory = m;
    return limits;
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

static word_t *set_of(const scep_shm_limits_t *limits, const unsigned char *key)
{
    unsigned int number =
        (unsigned int)key[TAG_OCTETS] << 8 | (unsigned int)key[TAG_OCTETS + 1];

    return limits->memory->records[number % SETS];
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

static apr_int64_t clock_of(const scep_shm_limits_t *limits, apr_time_t now)
{
    apr_int64_t time = apr_time_as_msec(now - limits->memory->base);

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

apr_interval_time_t
scep_shm_limits_wait(const scep_shm_limits_t *limits,
                     const unsigned char key[SCEP_HASH_SIZE],
                     const scep_allowance_t *allowance, apr_time_t now)
{
    const pace_t pace = pace_of(allowance);
    apr_int64_t clock = clock_of(limits, now), most = 0;
    apr_uint64_t tag = tag_of(key);
    word_t *set = set_of(limits, key);
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

bool scep_shm_limits_add(scep_shm_limits_t *limits,
                         const unsigned char key[SCEP_HASH_SIZE],
                         const scep_allowance_t *allowance, apr_time_t now)
{
    const pace_t pace = pace_of(allowance);
    apr_int64_t clock = clock_of(limits, now), before, after;
    apr_uint64_t tag = tag_of(key), record = 0;
    word_t *set = set_of(limits, key), *word;

    do {
        word = choose(set, tag, &record);
        before = tag_in(record) == tag ? ahead(record, &pace, clock) : 0;
        after = before + pace.one < pace.all ? before + pace.one : pace.all;
    } while (!atomic_compare_exchange_weak(word, &record,
                                           record_of(tag, clock + after)));
    return before <= pace.all - pace.one && after > pace.all - pace.one;
}

bool scep_shm_limits_take(scep_shm_limits_t *limits,
                          const unsigned char key[SCEP_HASH_SIZE],
                          const scep_allowance_t *allowance, apr_time_t now)
{
    const pace_t pace = pace_of(allowance);
    apr_int64_t clock = clock_of(limits, now), before;
    apr_uint64_t tag = tag_of(key), record = 0;
    word_t *set = set_of(limits, key), *word;

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

void scep_shm_limits_give(scep_shm_limits_t *limits,
                          const unsigned char key[SCEP_HASH_SIZE],
                          const scep_allowance_t *allowance, apr_time_t now)
{
    const pace_t pace = pace_of(allowance);
    apr_int64_t clock = clock_of(limits, now), before, after;
    apr_uint64_t tag = tag_of(key), record = 0;
    word_t *set = set_of(limits, key), *word;

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
