/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_log_limit.c: lines a minute, in shared memory. (base layer)
 *
 * A record is two words: a key, of which the upper 16 bits are the number of
 * the line (0: warnings), and a window: the second of its first line, how many
 * lines it had, how many were left out. Two threads that take one record for
 * different keys at once miscount by a line, which does no harm.
 */
#include "scep_log_limit.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include <arpa/inet.h>

enum {
    LAYOUT_VERSION = 1,
    WAYS = 8,
    SETS = 64,
    WINDOW = 60, /* seconds */
    LINE_SIZE = 256,
    NUMBER_SHIFT = 48,
    USED_BITS = 12,
    LEFT_BITS = 20,
    USED_MAX = (1 << USED_BITS) - 1,
    LEFT_MAX = (1 << LEFT_BITS) - 1
};

static const char magic[8] = {'S', 'C', 'E', 'P', 'L', 'I', 'N', 'E'};

typedef _Atomic apr_uint64_t word_t;

static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && sizeof(word_t) == 8,
              "processes share words without a lock");
static_assert((int)SCEP_LOG_ALL <= (int)USED_MAX, "it can be counted");

typedef struct record_t {
    word_t key; /* 0: free */
    word_t window;
} record_t;

typedef struct memory_t {
    char magic[8];
    apr_uint32_t version;
    apr_uint32_t sets;
    record_t all;
    record_t records[SETS][WAYS];
} memory_t;

struct scep_log_limit_t {
    memory_t *memory;
};

apr_size_t scep_log_limit_size(void)
{
    return sizeof(memory_t);
}

void scep_log_limit_format(void *memory)
{
    memory_t *m = memory;

    memset(m, 0, sizeof(*m));
    m->version = LAYOUT_VERSION;
    m->sets = SETS;
    memcpy(m->magic, magic, sizeof(magic));
}

scep_log_limit_t *scep_log_limit_attach(void *memory, apr_size_t size,
                                        apr_pool_t *pool)
{
    scep_log_limit_t *limit;
    memory_t *m = memory;

    if (size < sizeof(*m) || memcmp(m->magic, magic, sizeof(magic)) != 0 ||
        m->version != LAYOUT_VERSION || m->sets != SETS) {
        return NULL;
    }
    limit = apr_palloc(pool, sizeof(*limit));
    limit->memory = m;
    return limit;
}

/* --- windows -------------------------------------------------------------- */

typedef struct window_t {
    apr_uint32_t start;
    apr_uint32_t used;
    apr_uint32_t left; /* out */
} window_t;

static window_t window_of(apr_uint64_t word)
{
    window_t window = {(apr_uint32_t)(word >> (USED_BITS + LEFT_BITS)),
                       (apr_uint32_t)(word >> LEFT_BITS) & USED_MAX,
                       (apr_uint32_t)word & LEFT_MAX};

    return window;
}

static apr_uint64_t word_of(window_t window)
{
    return (apr_uint64_t)window.start << (USED_BITS + LEFT_BITS) |
           (apr_uint64_t)window.used << LEFT_BITS | window.left;
}

/* Also true if the clock was set back. */
static bool is_over(const window_t *window, apr_uint32_t now)
{
    return now < window->start || now - window->start >= WINDOW;
}

/* Is there room for a line? LEFT: lines left out before this window. */
static bool take_room(record_t *record, apr_uint32_t room, apr_uint32_t now,
                      apr_uint32_t *left)
{
    apr_uint64_t seen = atomic_load(&record->window);
    window_t next;
    bool pass;

    do {
        next = window_of(seen);
        *left = 0;
        if (is_over(&next, now)) {
            *left = next.left;
            next = (window_t){now, 0, 0};
        }
        pass = next.used < room;
        if (pass) {
            next.used++;
        }
        else if (next.left < LEFT_MAX) {
            next.left++;
        }
    } while (
        !atomic_compare_exchange_weak(&record->window, &seen, word_of(next)));
    return pass;
}

/* Add lines that another record left out. */
static void leave(record_t *record, apr_uint32_t left)
{
    apr_uint64_t seen = atomic_load(&record->window);
    window_t next;

    do {
        next = window_of(seen);
        next.left = left < LEFT_MAX - next.left ? next.left + left : LEFT_MAX;
    } while (left > 0 && !atomic_compare_exchange_weak(&record->window, &seen,
                                                       word_of(next)));
}

/* --- records -------------------------------------------------------------- */

/* FNV-1a. Its last steps spread texts that differ in a letter or two. */
static apr_uint64_t hash_of(const void *data, size_t len)
{
    const unsigned char *in = data;
    apr_uint64_t hash = APR_UINT64_C(0xcbf29ce484222325);
    size_t i;

    for (i = 0; i < len; i++) {
        hash = (hash ^ in[i]) * APR_UINT64_C(0x100000001b3);
    }
    hash = (hash ^ hash >> 33) * APR_UINT64_C(0xff51afd7ed558ccd);
    return hash ^ hash >> 33;
}

static apr_uint64_t key_of(unsigned int number, const void *data, size_t len)
{
    apr_uint64_t hash = hash_of(data, len) >> 16;

    return (apr_uint64_t)number << NUMBER_SHIFT | (hash != 0 ? hash : 1);
}

/* The record of KEY. If another record has to make room, its count is added to
 * the record of all. */
static record_t *record_of(memory_t *m, apr_uint64_t key)
{
    record_t *set = m->records[key % SETS];
    record_t *oldest = set;
    int i;

    for (i = 0; i < WAYS; i++) {
        apr_uint64_t there = atomic_load(&set[i].key);

        if (there == key) {
            return &set[i];
        }
        if (window_of(atomic_load(&set[i].window)).start <
            window_of(atomic_load(&oldest->window)).start) {
            oldest = &set[i];
        }
    }
    atomic_store(&oldest->key, key);
    leave(&m->all, window_of(atomic_exchange(&oldest->window, 0)).left);
    return oldest;
}

/* --- lines ---------------------------------------------------------------- */

/* Logs directly, because scep_log() calls this file. */
static void tell(const scep_env_t *env, apr_uint64_t key, apr_uint32_t left)
{
    unsigned int number = (unsigned int)(key >> NUMBER_SHIFT);
    scep_log_level_e level = number != 0 ? SCEP_LOG_ERROR : SCEP_LOG_WARNING;
    char line[LINE_SIZE];

    if (left == 0 || env->log == NULL || level > env->log_level) {
        return;
    }
    if (number != 0) {
        apr_snprintf(
            line, sizeof(line),
            SCEPLOGNO(0064) "SCEP%04u came %u times more within a minute of "
                            "its last line, which says what to do",
            number, (unsigned int)left);
    }
    else {
        apr_snprintf(line, sizeof(line),
                     SCEPLOGNO(0065) "%u lines about refused requests were "
                                     "left out: a minute has at most %d for "
                                     "one address and %d for all; find out "
                                     "which clients send so many requests",
                     (unsigned int)left, SCEP_LOG_EACH, SCEP_LOG_ALL);
    }
    env->log(env->log_baton, level, line);
}

/* nnnn of "SCEPnnnn: ..."; 0: LINE has no id. */
static unsigned int number_of(const char *line)
{
    return strncmp(line, "SCEP", 4) == 0
               ? (unsigned int)strtoul(line + 4, NULL, 10) & 0xffff
               : 0;
}

static bool pass(const scep_env_t *env, apr_time_t now, apr_uint64_t key,
                 apr_uint32_t room)
{
    apr_uint32_t left;
    bool may = take_room(record_of(env->limit->memory, key), room,
                         (apr_uint32_t)apr_time_sec(now), &left);

    tell(env, key, left);
    return may;
}

/* A peer that has a /64 can use all its addresses. */
static apr_uint64_t key_of_peer(const char *peer)
{
    struct in6_addr v6;

    if (inet_pton(AF_INET6, peer, &v6) == 1 && !IN6_IS_ADDR_V4MAPPED(&v6)) {
        return key_of(0, &v6, 8);
    }
    return key_of(0, peer, strlen(peer));
}

static bool pass_all(const scep_env_t *env, apr_time_t now)
{
    apr_uint32_t left;
    bool may = take_room(&env->limit->memory->all, SCEP_LOG_ALL,
                         (apr_uint32_t)apr_time_sec(now), &left);

    tell(env, 0, left);
    return may;
}

bool scep_log_limit_pass(const scep_env_t *env, apr_time_t now,
                         scep_log_level_e level, const char *line,
                         const char *cause)
{
    unsigned int number = number_of(line);

    if (level == SCEP_LOG_WARNING && env->peer != NULL) {
        return pass(env, now, key_of_peer(env->peer), SCEP_LOG_EACH) &&
               pass_all(env, now);
    }
    if (level == SCEP_LOG_ERROR && number != 0) {
        return pass(env, now, key_of(number, cause, strlen(cause)), 1) &&
               pass(env, now, key_of(number, "", 0), SCEP_LOG_CAUSES);
    }
    return true;
}

static void flush(const scep_env_t *env, record_t *record, apr_uint32_t now)
{
    apr_uint64_t seen = atomic_load(&record->window);
    window_t window = window_of(seen);
    apr_uint32_t left = window.left;

    window.left = 0;
    if (left > 0 && is_over(&window, now) &&
        atomic_compare_exchange_strong(&record->window, &seen,
                                       word_of(window))) {
        tell(env, atomic_load(&record->key), left);
    }
}

void scep_log_limit_flush(const scep_env_t *env, apr_time_t time)
{
    apr_uint32_t now = (apr_uint32_t)apr_time_sec(time);
    memory_t *m;
    int i, j;

    if (env->limit == NULL) {
        return;
    }
    m = env->limit->memory;
    flush(env, &m->all, now);
    for (i = 0; i < SETS; i++) {
        for (j = 0; j < WAYS; j++) {
            flush(env, &m->records[i][j], now);
        }
    }
}
