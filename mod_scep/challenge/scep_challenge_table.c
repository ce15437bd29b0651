/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_challenge_table.c: outstanding one-time passwords in shared memory.
 * (challenge layer)
 *
 *   +--------+--------------------+----------------------+-----------------+
 *   | header | entries            | buckets              | heap            |
 *   | 64     | 88 octets each,    | 4 octets each, a     | 4 octets each,  |
 *   | octets | `capacity` of them | power of 2 >= capac. | `capacity`      |
 *   +--------+--------------------+----------------------+-----------------+
 *
 * Buckets, links and heap hold entry numbers (NIL: none), since every process
 * may map the memory elsewhere. An entry is either on the free list (through
 * `next`), or in its bucket's chain (`next`) and in the heap, at `place`. The
 * heap's first `used` places are a binary heap: none expires later than the
 * two at 2n + 1 and 2n + 2, so that the first to expire is at 0 whatever the
 * validities, and coming and going costs O(log used).
 *
 * Death while the lock is held: the header's `dirty` is set for as long as
 * links may contradict each other. Whoever takes the lock next then rebuilds
 * all links from the entries alone: an entry is in use if its state says so
 * and its check fits. Hence the order of writing: contents, check, state when
 * an entry comes; state first when it goes. A claim touches no link; its
 * state is written last, so that a half-written claim is none.
 *
 * The order needs only be held against the compiler (fence()): a killed
 * process has made all stores before the point at which it stopped, and none
 * after it.
 */
#include "scep_challenge_table.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "scep_str.h"

#define NIL ((apr_uint32_t)-1) /* all bits are set */

enum { TABLE_VERSION = 2 };

static const char table_magic[8] = {'S', 'C', 'E', 'P', 'C', 'H', 'A', 'L'};

/* Stray or half-written octets are unlikely to have these values. */
typedef enum {
    ENTRY_FREE = 0,
    ENTRY_OUTSTANDING = 0x4f555453,
    ENTRY_CLAIMED = 0x434c4149
} entry_state_e;

typedef struct entry_t {
    unsigned char hash[SCEP_HASH_SIZE];
    unsigned char owner[SCEP_CLAIM_OWNER_SIZE]; /* of the claim */
    apr_int64_t expires;
    apr_int64_t claimed_until;
    apr_uint64_t check; /* over number, hash and expires */
    apr_uint32_t state; /* entry_state_e */
    apr_uint32_t next;
    apr_uint32_t place;
    apr_uint32_t reserved;
} entry_t;

typedef struct header_t {
    char magic[8];
    apr_uint32_t version;
    apr_uint32_t entry_size;
    apr_uint64_t size;
    apr_uint32_t capacity;
    apr_uint32_t buckets;
    apr_uint32_t dirty;
    apr_uint32_t used;
    apr_uint32_t free;
    apr_uint32_t reserved[5];
} header_t;

static_assert(sizeof(header_t) == 64, "the header has a fixed size");
static_assert(sizeof(entry_t) == 88, "an entry has a fixed size");

struct scep_challenge_table_t {
    header_t *header;
    entry_t *entries;
    apr_uint32_t *buckets;
    apr_uint32_t *heap;
    scep_lock_t lock;
};

static void fence(void)
{
    atomic_signal_fence(memory_order_seq_cst);
}

static apr_uint32_t bucket_count(apr_uint32_t capacity)
{
    apr_uint32_t count = SCEP_CHALLENGE_MIN_CAPACITY;

    while (count < capacity) {
        count *= 2;
    }
    return count;
}

apr_size_t scep_challenge_table_size(apr_uint32_t capacity)
{
    if (capacity < SCEP_CHALLENGE_MIN_CAPACITY ||
        capacity > SCEP_CHALLENGE_MAX_CAPACITY) {
        return 0;
    }
    return sizeof(header_t) + capacity * sizeof(entry_t) +
           (bucket_count(capacity) + capacity) * sizeof(apr_uint32_t);
}

static void locate(scep_challenge_table_t *table, void *memory)
{
    char *at = memory;

    table->header = memory;
    at += sizeof(header_t);
    table->entries = (entry_t *)(void *)at;
    at += table->header->capacity * sizeof(entry_t);
    table->buckets = (apr_uint32_t *)(void *)at;
    table->heap = table->buckets + table->header->buckets;
}

/* The octets of an HMAC are already uniform. */
static apr_uint32_t *bucket_of(scep_challenge_table_t *table,
                               const unsigned char *hash)
{
    apr_uint32_t number = (apr_uint32_t)hash[0] | (apr_uint32_t)hash[1] << 8 |
                          (apr_uint32_t)hash[2] << 16 |
                          (apr_uint32_t)hash[3] << 24;

    return &table->buckets[number & (table->header->buckets - 1)];
}

/* FNV-1a, which finds half-written entries. It need not resist an attacker. */
static apr_uint64_t check_of(apr_uint32_t number, const entry_t *entry)
{
    apr_uint64_t sum = APR_UINT64_C(0xcbf29ce484222325) ^ number;
    apr_uint64_t expires = (apr_uint64_t)entry->expires;
    size_t i;

    for (i = 0; i < SCEP_HASH_SIZE; i++) {
        sum = (sum ^ entry->hash[i]) * APR_UINT64_C(0x100000001b3);
    }
    for (i = 0; i < sizeof(expires); i++) {
        sum = (sum ^ (expires >> (8 * i) & 0xff)) * APR_UINT64_C(0x100000001b3);
    }
    return sum;
}

static apr_uint32_t find_entry(scep_challenge_table_t *table,
                               const unsigned char *hash)
{
    apr_uint32_t number = *bucket_of(table, hash);

    while (number != NIL &&
           !scep_equal_ct(table->entries[number].hash, hash, SCEP_HASH_SIZE)) {
        number = table->entries[number].next;
    }
    return number;
}

/* --- the links ------------------------------------------------------------ */

static void free_push(scep_challenge_table_t *table, apr_uint32_t number)
{
    table->entries[number].next = table->header->free;
    table->header->free = number;
}

static void bucket_push(scep_challenge_table_t *table, apr_uint32_t number)
{
    apr_uint32_t *bucket = bucket_of(table, table->entries[number].hash);

    table->entries[number].next = *bucket;
    *bucket = number;
}

static void bucket_remove(scep_challenge_table_t *table, apr_uint32_t number)
{
    apr_uint32_t *link = bucket_of(table, table->entries[number].hash);

    while (*link != number) {
        link = &table->entries[*link].next;
    }
    *link = table->entries[number].next;
}

static void heap_put(scep_challenge_table_t *table, apr_uint32_t place,
                     apr_uint32_t number)
{
    table->heap[place] = number;
    table->entries[number].place = place;
}

/* Put NUMBER at PLACE or above it, where it belongs. */
static void heap_raise(scep_challenge_table_t *table, apr_uint32_t place,
                       apr_uint32_t number)
{
    apr_time_t expires = table->entries[number].expires;

    while (place > 0) {
        apr_uint32_t above = (place - 1) / 2;

        if (table->entries[table->heap[above]].expires <= expires) {
            break;
        }
        heap_put(table, place, table->heap[above]);
        place = above;
    }
    heap_put(table, place, number);
}

/* Put NUMBER at PLACE or below it, in a heap of SIZE. */
static void heap_sink(scep_challenge_table_t *table, apr_uint32_t size,
                      apr_uint32_t place, apr_uint32_t number)
{
    const entry_t *entries = table->entries;
    const apr_uint32_t *heap = table->heap;

    for (;;) {
        apr_uint32_t below = 2 * place + 1;

        if (below + 1 < size &&
            entries[heap[below + 1]].expires < entries[heap[below]].expires) {
            below++;
        }
        if (below >= size ||
            entries[heap[below]].expires >= entries[number].expires) {
            break;
        }
        heap_put(table, place, heap[below]);
        place = below;
    }
    heap_put(table, place, number);
}

static void heap_insert(scep_challenge_table_t *table, apr_uint32_t number)
{
    heap_raise(table, table->header->used++, number);
}

/* The last entry takes its place, and moves up or down from there. */
static void heap_remove(scep_challenge_table_t *table, apr_uint32_t number)
{
    apr_uint32_t place = table->entries[number].place;
    apr_uint32_t last = table->heap[--table->header->used];

    if (last != number) {
        heap_raise(table, place, last);
        heap_sink(table, table->header->used, table->entries[last].place, last);
    }
}

static void put_in(scep_challenge_table_t *table, const unsigned char *hash,
                   apr_time_t expires)
{
    apr_uint32_t number = table->header->free;
    entry_t *entry = &table->entries[number];

    table->header->free = entry->next;
    memcpy(entry->hash, hash, SCEP_HASH_SIZE);
    entry->expires = expires;
    entry->claimed_until = 0;
    entry->check = check_of(number, entry);
    fence();
    entry->state = ENTRY_OUTSTANDING;
    fence();
    bucket_push(table, number);
    heap_insert(table, number);
}

static void take_out(scep_challenge_table_t *table, apr_uint32_t number)
{
    table->entries[number].state = ENTRY_FREE;
    fence();
    bucket_remove(table, number);
    heap_remove(table, number);
    free_push(table, number);
}

/* --- repair --------------------------------------------------------------- */

static bool is_whole(scep_challenge_table_t *table, apr_uint32_t number)
{
    const entry_t *entry = &table->entries[number];

    return (entry->state == ENTRY_OUTSTANDING ||
            entry->state == ENTRY_CLAIMED) &&
           entry->check == check_of(number, entry);
}

static void repair(scep_challenge_table_t *table)
{
    header_t *header = table->header;
    apr_uint32_t i;

    header->used = 0;
    header->free = NIL;
    memset(table->buckets, 0xff, header->buckets * sizeof(*table->buckets));
    for (i = header->capacity; i-- > 0;) {
        if (is_whole(table, i) &&
            find_entry(table, table->entries[i].hash) == NIL) {
            bucket_push(table, i);
            heap_put(table, header->used++, i);
        }
        else {
            table->entries[i].state = ENTRY_FREE;
            free_push(table, i);
        }
    }
    for (i = header->used / 2; i-- > 0;) {
        heap_sink(table, header->used, i, table->heap[i]);
    }
}

static void mutation_begins(scep_challenge_table_t *table)
{
    table->header->dirty = 1;
    fence();
}

static void mutation_ends(scep_challenge_table_t *table)
{
    fence();
    table->header->dirty = 0;
}

static bool acquire(scep_challenge_table_t *table)
{
    if (table->lock.acquire(table->lock.baton) != APR_SUCCESS) {
        return false;
    }
    if (table->header->dirty) {
        repair(table);
        mutation_ends(table);
    }
    return true;
}

static bool release(scep_challenge_table_t *table)
{
    return table->lock.release(table->lock.baton) == APR_SUCCESS;
}

/* --- the interface -------------------------------------------------------- */

void scep_challenge_table_format(void *memory, apr_size_t size,
                                 apr_uint32_t capacity)
{
    scep_challenge_table_t table;
    header_t *header = memory;
    apr_uint32_t i;

    if (size < sizeof(*header)) {
        return;
    }
    memset(header, 0, sizeof(*header));
    if (scep_challenge_table_size(capacity) == 0 ||
        size < scep_challenge_table_size(capacity)) {
        return;
    }
    header->version = TABLE_VERSION;
    header->entry_size = sizeof(entry_t);
    header->size = scep_challenge_table_size(capacity);
    header->capacity = capacity;
    header->buckets = bucket_count(capacity);
    locate(&table, memory);
    for (i = 0; i < capacity; i++) {
        memset(&table.entries[i], 0, sizeof(entry_t));
    }
    repair(&table);
    fence();
    memcpy(header->magic, table_magic, sizeof(table_magic));
}

scep_challenge_table_t *scep_challenge_table_attach(void *memory,
                                                    apr_size_t size,
                                                    const scep_lock_t *lock,
                                                    apr_pool_t *pool)
{
    const header_t *header = memory;
    scep_challenge_table_t *table;

    if (size < sizeof(*header) ||
        memcmp(header->magic, table_magic, sizeof(table_magic)) != 0 ||
        header->version != TABLE_VERSION ||
        header->entry_size != sizeof(entry_t) || header->size > size ||
        scep_challenge_table_size(header->capacity) != header->size ||
        bucket_count(header->capacity) != header->buckets) {
        return NULL;
    }
    table = apr_pcalloc(pool, sizeof(*table));
    table->lock = *lock;
    locate(table, memory);
    return table;
}

/* Make room for one more: take a free entry, or the first that has expired.
 * Other expired entries stay until their room is needed. So a device that uses
 * one is told without a look into the store that it has expired. */
static bool make_room(scep_challenge_table_t *table, apr_time_t now)
{
    if (table->header->free == NIL &&
        table->entries[table->heap[0]].expires <= now) {
        take_out(table, table->heap[0]);
    }
    return table->header->free != NIL;
}

scep_add_e scep_challenge_table_add(scep_challenge_table_t *table,
                                    const unsigned char hash[SCEP_HASH_SIZE],
                                    apr_time_t expires, apr_time_t now)
{
    scep_add_e outcome = SCEP_ADD_OK;
    apr_uint32_t number;

    if (!acquire(table)) {
        return SCEP_ADD_LOCK;
    }
    number = find_entry(table, hash);
    if (number != NIL && table->entries[number].expires > now) {
        outcome = SCEP_ADD_EXISTS;
    }
    else {
        mutation_begins(table);
        if (number != NIL) {
            take_out(table, number);
        }
        if (make_room(table, now)) {
            put_in(table, hash, expires);
        }
        else {
            outcome = SCEP_ADD_FULL;
        }
        mutation_ends(table);
    }
    return release(table) ? outcome : SCEP_ADD_LOCK;
}

static bool is_owner(const entry_t *entry, const unsigned char *owner)
{
    return entry->state == ENTRY_CLAIMED &&
           scep_equal_ct(entry->owner, owner, SCEP_CLAIM_OWNER_SIZE);
}

/* A claim that would last longer than two leases was made before the clock was
 * set back, and its owner may be dead. */
static bool is_held(const entry_t *entry, apr_time_t now,
                    apr_interval_time_t lease)
{
    return entry->state == ENTRY_CLAIMED && entry->claimed_until > now &&
           entry->claimed_until <= now + 2 * lease;
}

static scep_claim_e claim(entry_t *entry, const unsigned char *owner,
                          apr_time_t now, apr_interval_time_t lease)
{
    if (entry->expires <= now) {
        return SCEP_CLAIM_EXPIRED;
    }
    if (is_held(entry, now, lease) && !is_owner(entry, owner)) {
        return SCEP_CLAIM_BUSY;
    }
    entry->state = ENTRY_OUTSTANDING;
    fence();
    memcpy(entry->owner, owner, SCEP_CLAIM_OWNER_SIZE);
    entry->claimed_until = now + lease;
    fence();
    entry->state = ENTRY_CLAIMED;
    return SCEP_CLAIM_OK;
}

scep_claim_e
scep_challenge_table_claim(scep_challenge_table_t *table,
                           const unsigned char hash[SCEP_HASH_SIZE],
                           const unsigned char owner[SCEP_CLAIM_OWNER_SIZE],
                           apr_time_t now, apr_interval_time_t lease)
{
    scep_claim_e outcome = SCEP_CLAIM_UNKNOWN;
    apr_uint32_t number;

    if (!acquire(table)) {
        return SCEP_CLAIM_LOCK;
    }
    number = find_entry(table, hash);
    if (number != NIL) {
        outcome = claim(&table->entries[number], owner, now, lease);
    }
    return release(table) ? outcome : SCEP_CLAIM_LOCK;
}

void scep_challenge_table_release(
    scep_challenge_table_t *table, const unsigned char hash[SCEP_HASH_SIZE],
    const unsigned char owner[SCEP_CLAIM_OWNER_SIZE])
{
    apr_uint32_t number;

    if (!acquire(table)) {
        return;
    }
    number = find_entry(table, hash);
    if (number != NIL && is_owner(&table->entries[number], owner)) {
        table->entries[number].state = ENTRY_OUTSTANDING;
    }
    release(table);
}

void scep_challenge_table_remove(scep_challenge_table_t *table,
                                 const unsigned char hash[SCEP_HASH_SIZE])
{
    apr_uint32_t number;

    if (!acquire(table)) {
        return;
    }
    number = find_entry(table, hash);
    if (number != NIL) {
        mutation_begins(table);
        take_out(table, number);
        mutation_ends(table);
    }
    release(table);
}

/* How many entries from PLACE downwards have expired. Recurses at most as deep
 * as the heap is. */
static apr_uint32_t expired_below(const scep_challenge_table_t *table,
                                  apr_uint32_t place, apr_time_t now)
{
    if (place >= table->header->used ||
        table->entries[table->heap[place]].expires > now) {
        return 0;
    }
    return 1 + expired_below(table, 2 * place + 1, now) +
           expired_below(table, 2 * place + 2, now);
}

apr_uint32_t scep_challenge_table_count(scep_challenge_table_t *table,
                                        apr_time_t now)
{
    apr_uint32_t count;

    if (!acquire(table)) {
        return 0;
    }
    count = table->header->used - expired_below(table, 0, now);
    release(table);
    return count;
}

apr_uint32_t scep_challenge_table_capacity(const scep_challenge_table_t *table)
{
    return table->header->capacity;
}
