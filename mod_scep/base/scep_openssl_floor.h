/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_openssl_floor.h
 * Which releases of OpenSSL have known faults in code that reads messages.
 * (base layer: APR)
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
 * @param floor set if so: that release, or, for a line that gets no
 *     corrections any more, the one of the next line that does
 * @return false as well for lines newer than those that are known here
 */
bool scep_openssl_is_old(scep_openssl_t version, scep_openssl_t *floor);

/** What the operator is to be told about VERSION: what it is, what it should
 * be, and the cure. From POOL; NULL if it is not too old. */
const char *scep_openssl_advice(apr_pool_t *pool, scep_openssl_t version);

#endif
