/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_shm_slots.c: slots in shared memory. (base layer)
 *
 * A slot is 0, or a record of 18 bits of its holder's key, 22 bits of its
 * process id, and 24 bits of the time when its lease ends, in ticks of 20 ms.
 * That time starts again every 93 hours, which is more than twice the longest
 * lease: a record counts only while its end is near enough ahead.
 */
#include "scep_shm_slots.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include <apr_shm.h>

enum {
    LAYOUT_VERSION = 2,
    TIME_BITS = 24,
    PID_BITS = 22,
    TAG_BITS = 18,
    TIME_MASK = (1 << TIME_BITS) - 1,
    PID_MASK = (1 << PID_BITS) - 1,
    TAG_MASK = (1 << TAG_BITS) - 1,
    TICK = 20000, /* microseconds */
    /* Ahead of what a lease can reach by so much, an end is of before the clock
     * was set back. Ticks. */
    SLACK = 100,
    PAUSE = 2,                 /* ticks between two looks */
    MAX_LEASE = TIME_MASK / 2, /* ticks */
    STEP = 10000               /* microseconds between two tries */
};

static_assert(TIME_BITS + PID_BITS + TAG_BITS == 64, "a record is one word");

static const char magic[8] = {'S', 'C', 'E', 'P', 'S', 'L', 'O', 'T'};

typedef _Atomic apr_uint64_t word_t;

static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && sizeof(word_t) == 8,
              "processes share words without a lock");

typedef struct memory_t {
    char magic[8];
    apr_uint32_t version;
    apr_uint32_t count;
    word_t looked; /* when the system was last asked who lives; ticks */
    word_t slots[];
} memory_t;

struct scep_shm_slots_t {
    memory_t *memory;
};

apr_size_t scep_shm_slots_size(int count)
{
    return sizeof(memory_t) + (apr_size_t)count * sizeof(word_t);
}

void scep_shm_slots_format(void *memory, int count)
{
    memory_t *m = memory;

    memset(m, 0, scep_shm_slots_size(count));
    m->version = LAYOUT_VERSION;
    m->count = (apr_uint32_t)count;
    memcpy(m->magic, magic, sizeof(magic));
}

scep_shm_slots_t *scep_shm_slots_attach(void *memory, apr_size_t size,
                                        apr_pool_t *pool)
{
    scep_shm_slots_t *slots;
    memory_t *m = memory;

    if (size < sizeof(*m) || memcmp(m->magic, magic, sizeof(magic)) != 0 ||
        m->version != LAYOUT_VERSION ||
        size != scep_shm_slots_size((int)m->count)) {
        return NULL;
    }
    slots = apr_palloc(pool, sizeof(*slots));
    slots->memory = m;
    return slots;
}

scep_shm_slots_t *scep_shm_slots_make(int count, apr_pool_t *pool)
{
    apr_size_t size = scep_shm_slots_size(count);
    apr_shm_t *shm;

    if (apr_shm_create(&shm, size, NULL, pool) != APR_SUCCESS) {
        return NULL;
    }
    scep_shm_slots_format(apr_shm_baseaddr_get(shm), count);
    return scep_shm_slots_attach(apr_shm_baseaddr_get(shm), size, pool);
}

/* --- records -------------------------------------------------------------- */

/* What is the same for every slot that is looked at. */
typedef struct taker_t {
    const scep_slot_terms_t *terms;
    apr_uint64_t tag;
    apr_uint64_t clock; /* in ticks, as all of them */
    apr_uint64_t end;
} taker_t;

static apr_uint64_t tag_of(const unsigned char *key)
{
    apr_uint64_t tag = (apr_uint64_t)key[0] << 16 | (apr_uint64_t)key[1] << 8 |
                       (apr_uint64_t)key[2];

    tag &= TAG_MASK;
    return tag != 0 ? tag : 1; /* a record is never 0 */
}

/* This process; 0 if its number is so large that only the lease can tell. */
static apr_uint64_t own_pid(void)
{
    pid_t pid = getpid();

    return pid <= PID_MASK ? (apr_uint64_t)pid : 0;
}

static apr_uint64_t pid_in(apr_uint64_t record)
{
    return record >> TIME_BITS & PID_MASK;
}

static apr_uint64_t tag_in(apr_uint64_t record)
{
    return record >> (TIME_BITS + PID_BITS);
}

static apr_uint64_t record_of(const taker_t *taker)
{
    return taker->tag << (TIME_BITS + PID_BITS) | own_pid() << TIME_BITS |
           (taker->end & TIME_MASK);
}

static bool has_lease(apr_uint64_t record, const taker_t *taker)
{
    apr_uint64_t left = (record - taker->clock) & TIME_MASK;

    return record != 0 && left > 0 && left <= taker->end - taker->clock + SLACK;
}

static bool is_dead(apr_uint64_t record)
{
    pid_t pid = (pid_t)pid_in(record);

    return pid > 0 && kill(pid, 0) != 0 && errno == ESRCH;
}

/* --- slots ---------------------------------------------------------------- */

static int end_of(const scep_shm_slots_t *slots, const taker_t *taker)
{
    int end = taker->terms->first + taker->terms->total;
    int count = (int)slots->memory->count;

    return end < count ? end : count;
}

/* @return the first slot that is free, with what is in it, or -1 */
static int find_free(const scep_shm_slots_t *slots, const taker_t *taker,
                     apr_uint64_t *record)
{
    int i, found = -1, held = 0, end = end_of(slots, taker);

    for (i = taker->terms->first; i < end; i++) {
        apr_uint64_t one = atomic_load(&slots->memory->slots[i]);

        if (has_lease(one, taker)) {
            held += tag_in(one) == taker->tag;
        }
        else if (found < 0) {
            found = i;
            *record = one;
        }
    }
    return held < taker->terms->each ? found : -1;
}

/* Take the slots of dead processes from them. */
static void free_dead(scep_shm_slots_t *slots, const taker_t *taker)
{
    int i, end = end_of(slots, taker);

    for (i = taker->terms->first; i < end; i++) {
        apr_uint64_t one = atomic_load(&slots->memory->slots[i]);

        if (one != 0 && is_dead(one)) {
            atomic_compare_exchange_strong(&slots->memory->slots[i], &one, 0);
        }
    }
}

/* May the system be asked? */
static bool may_look(scep_shm_slots_t *slots, const taker_t *taker)
{
    apr_uint64_t looked = atomic_load(&slots->memory->looked);

    return !taker->terms->seldom ||
           (taker->clock - looked >= PAUSE &&
            atomic_compare_exchange_strong(&slots->memory->looked, &looked,
                                           taker->clock));
}

int scep_shm_slots_take(scep_shm_slots_t *slots, const scep_slot_terms_t *terms,
                        apr_time_t now)
{
    const apr_interval_time_t most = (apr_interval_time_t)MAX_LEASE * TICK;
    apr_time_t end = now + (terms->lease < most ? terms->lease : most);
    const taker_t taker = {terms, tag_of(terms->key),
                           (apr_uint64_t)(now / TICK),
                           (apr_uint64_t)((end + TICK - 1) / TICK)};
    apr_uint64_t record = 0;
    int slot;

    do {
        slot = find_free(slots, &taker, &record);
        if (slot < 0 && may_look(slots, &taker)) {
            free_dead(slots, &taker);
            slot = find_free(slots, &taker, &record);
        }
    } while (slot >= 0 &&
             !atomic_compare_exchange_weak(&slots->memory->slots[slot], &record,
                                           record_of(&taker)));
    return slot;
}

int scep_shm_slots_wait(scep_shm_slots_t *slots, const scep_slot_terms_t *terms,
                        const scep_env_t *env, apr_interval_time_t wait)
{
    int slot = scep_shm_slots_take(slots, terms, scep_env_now(env));

    for (; slot < 0 && wait > 0; wait -= STEP) {
        apr_sleep(STEP);
        slot = scep_shm_slots_take(slots, terms, scep_env_now(env));
    }
    return slot;
}

void scep_shm_slots_give(scep_shm_slots_t *slots, int slot)
{
    word_t *word = &slots->memory->slots[slot];
    apr_uint64_t record = atomic_load(word);

    if (pid_in(record) == own_pid()) {
        atomic_compare_exchange_strong(word, &record, 0);
    }
}
