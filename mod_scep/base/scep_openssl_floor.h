/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_openssl_floor.h
 * Knows which releases of OpenSSL have known faults in code that reads
 * messages. (base layer: APR)
 */
#ifndef SCEP_OPENSSL_FLOOR_H
#define SCEP_OPENSSL_FLOOR_H

#include <stdbool.h>

#include <apr_pools.h>

/** A release of OpenSSL. */
typedef struct scep_openssl_t {
    unsigned int major;
    unsigned int minor;
    unsigned int patch;
} scep_openssl_t;

/**
 * Is VERSION older than the first release of its line (3.0, 3.5, ...) that has
 * the known corrections (S20 to S24)? Pure, thread-safe.
 * @param floor set if so: that release or, if the line gets no corrections any
 *     more, that of the next line that does
 * @return also false for lines that are newer than those known here
 */
bool scep_openssl_is_old(scep_openssl_t version, scep_openssl_t *floor);

/** A text for the operator about VERSION: what it is, what it should be, and
 * the cure. From POOL; NULL if VERSION is not too old. */
const char *scep_openssl_advice(apr_pool_t *pool, scep_openssl_t version);

#endif
