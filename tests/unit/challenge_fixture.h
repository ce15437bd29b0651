/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * For the tests of the challenge table: numbered passwords.
 */
#ifndef SCEP_TEST_CHALLENGE_FIXTURE_H
#define SCEP_TEST_CHALLENGE_FIXTURE_H

#include "fixture.h"

#include "scep_challenge_table.h"

#define LEASE (60 * APR_USEC_PER_SEC)
#define VALIDITY (3600 * APR_USEC_PER_SEC)

/* The hash of password N. Few different first octets, so that buckets are
 * shared. */
static inline const unsigned char *hash_of(unsigned char hash[SCEP_HASH_SIZE],
                                           unsigned int n)
{
    memset(hash, 0, SCEP_HASH_SIZE);
    hash[0] = (unsigned char)(n % 5);
    memcpy(hash + 8, &n, sizeof(n));
    return hash;
}

static const unsigned char owner_a[SCEP_CLAIM_OWNER_SIZE] = {'a'};
static const unsigned char owner_b[SCEP_CLAIM_OWNER_SIZE] = {'b'};

static inline scep_add_e add(scep_challenge_table_t *table, unsigned int n,
                             apr_time_t expires)
{
    unsigned char hash[SCEP_HASH_SIZE];

    return scep_challenge_table_add(table, hash_of(hash, n), expires,
                                    FIXTURE_NOW);
}

static inline scep_claim_e claim(scep_challenge_table_t *table, unsigned int n,
                                 const unsigned char *owner, apr_time_t now)
{
    unsigned char hash[SCEP_HASH_SIZE];

    return scep_challenge_table_claim(table, hash_of(hash, n), owner, now,
                                      LEASE);
}

static inline void give_back(scep_challenge_table_t *table, unsigned int n,
                             const unsigned char *owner)
{
    unsigned char hash[SCEP_HASH_SIZE];

    scep_challenge_table_release(table, hash_of(hash, n), owner);
}

static inline void take_away(scep_challenge_table_t *table, unsigned int n)
{
    unsigned char hash[SCEP_HASH_SIZE];

    scep_challenge_table_remove(table, hash_of(hash, n));
}

static inline unsigned int next_random(unsigned int *seed, unsigned int below)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 8) % below;
}

#endif
