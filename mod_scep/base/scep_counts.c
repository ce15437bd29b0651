/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_counts.c: numbers in shared memory. (base layer) */
#include "scep_counts.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

enum { LAYOUT_VERSION = 1 };

static const char magic[8] = {'S', 'C', 'E', 'P', 'C', 'N', 'T', 'S'};

typedef _Atomic apr_uint64_t word_t;

static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && sizeof(word_t) == 8,
              "processes share words without a lock");

typedef struct memory_t {
    char magic[8];
    apr_uint32_t version;
    apr_uint32_t kinds;
    word_t number[SCEP_COUNT_KINDS];
} memory_t;

struct scep_counts_t {
    memory_t *memory;
};

apr_size_t scep_counts_size(void)
{
    return sizeof(memory_t);
}

void scep_counts_format(void *memory)
{
    memory_t *m = memory;

    memset(m, 0, sizeof(*m));
    m->version = LAYOUT_VERSION;
    m->kinds = SCEP_COUNT_KINDS;
    memcpy(m->magic, magic, sizeof(magic));
}

scep_counts_t *scep_counts_attach(void *memory, apr_size_t size,
                                  apr_pool_t *pool)
{
    scep_counts_t *counts;
    memory_t *m = memory;

    if (size < sizeof(*m) || memcmp(m->magic, magic, sizeof(magic)) != 0 ||
        m->version != LAYOUT_VERSION || m->kinds != SCEP_COUNT_KINDS) {
        return NULL;
    }
    counts = apr_palloc(pool, sizeof(*counts));
    counts->memory = m;
    return counts;
}

void scep_counts_add(scep_counts_t *counts, scep_count_e what)
{
    if (counts != NULL) {
        atomic_fetch_add_explicit(&counts->memory->number[what], 1,
                                  memory_order_relaxed);
    }
}

apr_uint64_t scep_counts_take(scep_counts_t *counts, scep_count_e what)
{
    return counts != NULL ? atomic_exchange(&counts->memory->number[what], 0)
                          : 0;
}

apr_uint64_t scep_counts_get(const scep_counts_t *counts, scep_count_e what)
{
    return atomic_load_explicit(&counts->memory->number[what],
                                memory_order_relaxed);
}
