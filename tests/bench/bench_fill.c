/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * bench_fill.c: fill a database with certificates that were never issued, by
 * the function that records those that are.
 *
 *   bench_fill DATABASE CA.pem COUNT
 *
 * DATABASE is the path of one that httpd made, and does not have open. Nothing
 * waits for the disk until the end. There are THREADS at a time, so that they
 * share transactions where the store lets them.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "bench_client.h"
#include "scep_service.h"

enum { STEP = 100000, THREADS = 16 };

/* Linked before the C library's, so that SQLite calls them. */
int fdatasync(int fd)
{
    (void)fd;
    return 0;
}

int fsync(int fd)
{
    (void)fd;
    return 0;
}

static unsigned char *random_octets(apr_pool_t *pool, size_t len)
{
    unsigned char *octets = apr_palloc(pool, len);

    if (!scep_random(octets, len, false)) {
        bench_die("no random octets");
    }
    return octets;
}

/* As serial numbers stand in the database. */
static const char *random_serial(apr_pool_t *pool)
{
    char *serial = scep_hex_lower(pool, random_octets(pool, 20), 20), *c;

    for (c = serial; *c != '\0'; c++) {
        *c = (char)apr_toupper(*c);
    }
    return serial;
}

/* What is the same for all of them. */
typedef struct fill_t {
    scep_store_t *store;
    const char *ca_id;
    scep_octets_t der;
    apr_time_t now;
    int count;
    atomic_int next;
} fill_t;

static void add(const fill_t *fill, int number, apr_pool_t *pool)
{
    /* they end one after the other, over a year */
    const apr_interval_time_t validity = apr_time_from_sec(
        (apr_int64_t)((number + 1) * (31536000.0 / fill->count)));
    const char *cn = apr_psprintf(pool, "CN=filled-%07d,O=Bench", number);
    int superseded = 0;
    scep_issue_outcome_e outcome = SCEP_ISSUE_DUPLICATE;
    scep_result_t res;
    const scep_issue_t issue = {
        .ca_id = fill->ca_id,
        .transaction_id = scep_hex_lower(pool, random_octets(pool, 20), 20),
        .endpoint = "/cgi-bin/pkiclient.exe",
        .proved = true,
        .message_hash = random_octets(pool, SCEP_HASH_SIZE),
        .key_hash = random_octets(pool, SCEP_HASH_SIZE),
        .csr_hash = random_octets(pool, SCEP_HASH_SIZE),
        .now = fill->now,
        .retry_since = fill->now - apr_time_from_sec(1200),
        .serial = random_serial(pool),
        .subject = cn,
        .subject_hash = random_octets(pool, SCEP_HASH_SIZE),
        .not_before = fill->now - apr_time_from_sec(86400),
        .not_after = fill->now + validity,
        .cert_der = fill->der,
        .cert_key_hash = random_octets(pool, SCEP_HASH_SIZE),
        .profile = "device",
        .peer = "192.0.2.1",
        .superseded = &superseded,
    };

    scep_result_init(&res, pool);
    if (scep_store_issue(fill->store, &issue, pool, &outcome, &res) !=
            SCEP_OK ||
        outcome != SCEP_ISSUE_RECORDED) {
        bench_die(res.detail);
    }
}

static void *add_some(void *baton)
{
    fill_t *fill = baton;
    apr_allocator_t *allocator;
    apr_pool_t *pool;
    int number;

    if (apr_allocator_create(&allocator) != APR_SUCCESS ||
        apr_pool_create_ex(&pool, NULL, NULL, allocator) != APR_SUCCESS) {
        bench_die("no memory");
    }
    while ((number = atomic_fetch_add(&fill->next, 1)) < fill->count) {
        add(fill, number, pool);
        apr_pool_clear(pool);
        if ((number + 1) % STEP == 0) {
            fprintf(stderr, "%d certificates\n", number + 1);
        }
    }
    apr_pool_destroy(pool);
    apr_allocator_destroy(allocator);
    return NULL;
}

int main(int argc, char **argv)
{
    const scep_env_t env = {.log = NULL};
    scep_store_config_t config = {.driver = "sqlite3", .connections = THREADS};
    pthread_t threads[THREADS];
    fill_t fill = {.now = apr_time_now()};
    scep_result_t res;
    apr_pool_t *pool;
    EVP_PKEY *key;
    int i;

    if (argc != 4 || apr_initialize() != APR_SUCCESS ||
        apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        bench_die("usage: bench_fill DATABASE CA.pem COUNT");
    }
    config.params = argv[1];
    fill.count = (int)strtol(argv[3], NULL, 10);
    scep_result_init(&res, pool);
    fill.ca_id = scep_service_ca_id(bench_load_cert(argv[2], pool), pool);
    key = bench_make_key("rsa:2048", pool);
    fill.der =
        scep_x509_der(pool, bench_make_cert(key, "filled", 1, NULL, pool));
    if (scep_store_open(&config, &env, pool, &fill.store, &res) != SCEP_OK) {
        bench_die(res.detail);
    }
    for (i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, add_some, &fill) != 0) {
            bench_die("cannot start a thread");
        }
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    apr_pool_destroy(pool);
    sync();
    return 0;
}
