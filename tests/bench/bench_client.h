/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * What the load generators share: clocks, keys, device certificates, HTTP
 * requests and what replies say. A failure ends the program.
 */
#ifndef SCEP_BENCH_CLIENT_H
#define SCEP_BENCH_CLIENT_H

#include <stdbool.h>
#include <time.h>

#include <apr_pools.h>

#include "message_maker.h"
#include "scep_crypto.h"

enum { BENCH_MAX_REPLY = 65536 };

void bench_die(const char *what) __attribute__((noreturn));

/** Seconds. */
double bench_read_clock(clockid_t clock);
double bench_now(void);

/** From 0 to below 1; not for anything secret. Thread-safe. */
double bench_random(void);

/** A key of KIND: "rsa:2048", "ec:P-256", ... */
EVP_PKEY *bench_make_key(const char *kind, apr_pool_t *pool);

/** A certificate with serial number SERIAL for KEY, valid from an hour ago for
 * a day. @param issuer NULL: self-signed */
X509 *bench_make_cert(EVP_PKEY *key, const char *cn, long serial,
                      const scep_keypair_t *issuer, apr_pool_t *pool);

/** The first certificate of a PEM file. */
X509 *bench_load_cert(const char *path, apr_pool_t *pool);

/** Where requests go. */
typedef struct bench_target_t {
    const char *host, *port, *path;
} bench_target_t;

/** HTTP head and body of a PKIOperation. From POOL. */
scep_octets_t bench_http_request(const bench_target_t *target,
                                 scep_octets_t message, apr_pool_t *pool);

/** The size of the whole reply of which GOT octets are at REPLY, followed by a
 * NUL; 0: that is not known yet. Replies in chunks are known when they end. */
size_t bench_reply_size(const char *reply, size_t got);

/** Is a reply a CertRep that says SUCCESS? */
bool bench_is_success(const char *reply, size_t len);

/** The value at share SHARE (0 to 1) of COUNT numbers in rising order. */
double bench_quantile(const double *sorted, int count, double share);

/** For qsort() of doubles. */
int bench_by_size(const void *a, const void *b);

#endif
