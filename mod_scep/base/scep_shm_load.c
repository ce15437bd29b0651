/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_shm_load.c: load in shared memory. (base layer)
 *
 * Counts are those of one period; the counts of the period before remain, and
 * the busier of the two decides. Two that begin a period at once may lose a
 * few counts, which does not matter.
 */
#include "scep_shm_load.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include <apr_shm.h>

#include "scep_crypto.h"

enum {
    PERIOD = 10,       /* seconds */
    STRETCH = 2,       /* times the time that serving those sent away takes */
    LEAST_WINDOW = 10, /* seconds */
    TRANSACTIONS = 16384
};

typedef _Atomic apr_uint64_t word_t;

static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && sizeof(word_t) == 8,
              "processes share words without a lock");

typedef struct period_t {
    word_t number; /* since 1970 */
    word_t served;
    word_t sent_away;
} period_t;

typedef struct memory_t {
    period_t periods[2]; /* with even and odd numbers */
    word_t transactions[TRANSACTIONS];
} memory_t;

struct scep_shm_load_t {
    memory_t *memory;
};

scep_shm_load_t *scep_shm_load_make(apr_pool_t *pool)
{
    scep_shm_load_t *load = apr_palloc(pool, sizeof(*load));
    apr_shm_t *shm;

    if (apr_shm_create(&shm, sizeof(memory_t), NULL, pool) != APR_SUCCESS) {
        return NULL;
    }
    load->memory = apr_shm_baseaddr_get(shm);
    memset(load->memory, 0, sizeof(*load->memory));
    return load;
}

static apr_uint64_t number_of(apr_time_t now)
{
    return (apr_uint64_t)apr_time_sec(now) / PERIOD;
}

static period_t *period_of(scep_shm_load_t *load, apr_time_t now)
{
    apr_uint64_t number = number_of(now);
    period_t *period = &load->memory->periods[number % 2];
    apr_uint64_t found = atomic_load(&period->number);

    if (found != number &&
        atomic_compare_exchange_strong(&period->number, &found, number)) {
        atomic_store(&period->served, 0);
        atomic_store(&period->sent_away, 0);
    }
    return period;
}

void scep_shm_load_served(scep_shm_load_t *load, apr_time_t now)
{
    atomic_fetch_add(&period_of(load, now)->served, 1);
}

/* The seconds that serving those takes who were sent away in a period. */
static apr_uint64_t backlog(const period_t *period, apr_uint64_t number)
{
    apr_uint64_t served = atomic_load(&period->served);

    return atomic_load(&period->number) == number
               ? atomic_load(&period->sent_away) * PERIOD /
                     (served > 0 ? served : 1)
               : 0;
}

/* From 0 to below MOST. */
static int draw(int most)
{
    unsigned int number = 0;

    /* Without a random number all come back at once, which is no worse than
     * that they came at once. */
    (void)scep_random((unsigned char *)&number, sizeof(number), false);
    return (int)(number % (unsigned int)most);
}

int scep_shm_load_sent_away(scep_shm_load_t *load, apr_time_t now)
{
    apr_uint64_t number = number_of(now), seconds, before;
    period_t *period = period_of(load, now);

    atomic_fetch_add(&period->sent_away, 1);
    seconds = backlog(period, number);
    before = backlog(&load->memory->periods[(number + 1) % 2], number - 1);
    seconds = STRETCH * (seconds > before ? seconds : before);
    if (seconds < LEAST_WINDOW) {
        seconds = LEAST_WINDOW;
    }
    if (seconds > SCEP_LOAD_MAX_WAIT - SCEP_LOAD_MIN_WAIT) {
        seconds = SCEP_LOAD_MAX_WAIT - SCEP_LOAD_MIN_WAIT;
    }
    return SCEP_LOAD_MIN_WAIT + draw((int)seconds + 1);
}

/* --- transactions ---------------------------------------------------------- */

/* The first octets choose the place, the next ones stand there. */
static word_t *find(const scep_shm_load_t *load, const unsigned char *key,
                    apr_uint64_t *tag)
{
    apr_uint32_t place;

    memcpy(&place, key, sizeof(place));
    memcpy(tag, key + sizeof(place), sizeof(*tag));
    return &load->memory->transactions[place % TRANSACTIONS];
}

void scep_shm_load_note(scep_shm_load_t *load,
                        const unsigned char key[SCEP_HASH_SIZE])
{
    apr_uint64_t tag;
    word_t *word = find(load, key, &tag);

    atomic_store(word, tag);
}

bool scep_shm_load_knows(const scep_shm_load_t *load,
                         const unsigned char key[SCEP_HASH_SIZE])
{
    apr_uint64_t tag;
    const word_t *word = find(load, key, &tag);

    return atomic_load(word) == tag;
}
