/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * bench_store.c: what the store itself costs, without keys and HTTP.
 *
 *   bench_store DATABASE prepare             make it, or change its schema
 *   bench_store DATABASE list [SUBJECT ...]  the first page of each search
 *   bench_store DATABASE issue THREADS COUNT draw and spend COUNT passwords
 *
 * DATABASE is a file, or the parameters of PostgreSQL if there is a "=" in it.
 * With slow_sync.so in LD_PRELOAD each sync takes as long as SYNC_USEC says.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "scep_crypto.h"
#include "scep_env.h"
#include "scep_sql.h"
#include "scep_store.h"
#include "scep_store_certificate.h"
#include "scep_str.h"

enum { DER_SIZE = 900, PAGE = 100, MOST_THREADS = 256 };

typedef struct bench_t {
    scep_store_t *store;
    long count;
    atomic_long next;
    double *seconds; /* of each */
} bench_t;

static double now(void)
{
    return (double)scep_sql_clock() / 1e6;
}

static void die(const scep_result_t *res)
{
    fprintf(stderr, "bench_store: %s\n", res->detail);
    exit(1);
}

static void to_stderr(void *baton, scep_log_level_e level, const char *text)
{
    (void)baton;
    (void)level;
    fprintf(stderr, "%.1f %s\n", now(), text);
}

static scep_status_e count_row(void *baton, const scep_certificate_row_t *row)
{
    (void)row;
    ++*(int *)baton;
    return SCEP_OK;
}

static void list(scep_store_t *store, const char *subject, apr_pool_t *pool)
{
    const scep_certificate_filter_t filter = {.subject = subject};
    scep_result_t res;
    double from = now();
    int count = 0;

    scep_result_init(&res, pool);
    if (scep_store_certificates_list(store, &filter, PAGE, count_row, &count,
                                     pool, &res) != SCEP_OK) {
        die(&res);
    }
    printf("%-40s %3d rows %8.1f ms\n", subject != NULL ? subject : "(all)",
           count, (now() - from) * 1e3);
}

static const char *random_hex(apr_pool_t *pool, size_t len)
{
    unsigned char octets[SCEP_HASH_SIZE];

    scep_random(octets, len, false);
    return scep_hex_lower(pool, octets, len);
}

static const unsigned char *random_hash(apr_pool_t *pool)
{
    unsigned char *hash = apr_palloc(pool, SCEP_HASH_SIZE);

    scep_random(hash, SCEP_HASH_SIZE, false);
    return hash;
}

static void fill(scep_issue_t *issue, long n, apr_pool_t *pool)
{
    unsigned char *der = apr_palloc(pool, DER_SIZE);
    char *c, *serial = apr_pstrcat(pool, "7A", random_hex(pool, 15), NULL);

    scep_random(der, DER_SIZE, false);
    for (c = serial; *c != '\0'; c++) {
        *c = *c >= 'a' ? (char)(*c - 'a' + 'A') : *c;
    }
    issue->ca_id = "0123456789abcdef0123456789abcdef";
    issue->transaction_id = random_hex(pool, 20);
    issue->endpoint = "/certsrv/mscep/mscep.dll";
    issue->proved = true;
    issue->message_hash = random_hash(pool);
    issue->key_hash = random_hash(pool);
    issue->csr_hash = random_hash(pool);
    issue->now = apr_time_now();
    issue->retry_since = issue->now - 20 * 60 * APR_USEC_PER_SEC;
    issue->serial = serial;
    issue->subject = apr_psprintf(
        pool, "CN=bench-%06ld.branch.example.com,O=Example Corporation", n);
    issue->subject_hash = random_hash(pool);
    issue->not_before = issue->now;
    issue->not_after = issue->now + 365 * 86400 * APR_USEC_PER_SEC;
    issue->cert_der.data = der;
    issue->cert_der.len = DER_SIZE;
    issue->cert_key_hash = random_hash(pool);
    issue->profile = "device";
    issue->peer = "192.0.2.7";
}

static void issue_one(bench_t *b, long n, apr_pool_t *pool)
{
    scep_issue_t issue = {0};
    scep_challenge_row_t row = {0};
    scep_issue_outcome_e outcome;
    scep_result_t res;
    double from;

    scep_result_init(&res, pool);
    fill(&issue, n, pool);
    row.ca_id = issue.ca_id;
    row.hash = random_hash(pool);
    row.created = issue.now;
    row.expires = issue.now + 3600 * APR_USEC_PER_SEC;
    row.drawn_by = "admin";
    row.peer = "192.0.2.1";
    row.uses = 1;
    if (getenv("NO_PASSWORD") == NULL) {
        if (scep_store_challenge_add(b->store, &row, pool, &res) != SCEP_OK) {
            die(&res);
        }
        issue.challenge_hash = row.hash;
    }
    from = now();
    if (scep_store_issue(b->store, &issue, pool, &outcome, &res) != SCEP_OK ||
        outcome != SCEP_ISSUE_RECORDED) {
        die(&res);
    }
    b->seconds[n] = now() - from;
}

static void *work(void *baton)
{
    bench_t *b = baton;
    apr_pool_t *pool;
    long n;

    apr_pool_create_unmanaged(&pool);
    while ((n = atomic_fetch_add(&b->next, 1)) < b->count) {
        issue_one(b, n, pool);
        apr_pool_clear(pool);
    }
    apr_pool_destroy(pool);
    return NULL;
}

static int by_time(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static long long written(void)
{
    FILE *io = fopen("/proc/self/io", "r");
    char line[128];
    long long bytes = 0;

    while (io != NULL && fgets(line, sizeof(line), io) != NULL) {
        if (strncmp(line, "wchar:", 6) == 0) {
            bytes = strtoll(line + 6, NULL, 10);
        }
    }
    if (io != NULL) {
        fclose(io);
    }
    return bytes;
}

static void issue_all(scep_store_t *store, int threads, long count,
                      apr_pool_t *pool)
{
    pthread_t ids[MOST_THREADS];
    bench_t b = {.store = store, .count = count};
    long long before = written();
    double from = now(), took;
    int i;

    b.seconds = apr_pcalloc(pool, (apr_size_t)count * sizeof(double));
    for (i = 0; i < threads; i++) {
        pthread_create(&ids[i], NULL, work, &b);
    }
    for (i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
    }
    took = now() - from;
    qsort(b.seconds, (size_t)count, sizeof(double), by_time);
    printf("%d threads: %.0f/s, issue p50 %.2f ms, p99 %.2f ms, %.1f KB "
           "written each\n",
           threads, (double)count / took, b.seconds[count / 2] * 1e3,
           b.seconds[count * 99 / 100] * 1e3,
           (double)(written() - before) / (double)count / 1e3);
}

int main(int argc, char **argv)
{
    scep_env_t env = {.log = to_stderr, .log_level = SCEP_LOG_NOTICE};
    scep_store_config_t config = {.driver = "sqlite3",
                                  .connections = MOST_THREADS};
    scep_store_t *store = NULL;
    scep_result_t res;
    apr_pool_t *pool;
    int i;

    if (argc < 3 || apr_initialize() != APR_SUCCESS ||
        apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        return 2;
    }
    scep_result_init(&res, pool);
    config.params = argv[1];
    if (strchr(argv[1], '=') != NULL) {
        config.driver = "pgsql";
    }
    if (scep_store_prepare(&config, &env, (uid_t)-1, (gid_t)-1, pool, &res) !=
            SCEP_OK ||
        scep_store_open(&config, &env, pool, &store, &res) != SCEP_OK) {
        die(&res);
    }
    if (strcmp(argv[2], "list") == 0) {
        list(store, NULL, pool);
        for (i = 3; i < argc; i++) {
            list(store, argv[i], pool);
        }
    }
    if (strcmp(argv[2], "issue") == 0 && argc == 5) {
        int threads = (int)strtol(argv[3], NULL, 10);

        issue_all(store, threads < MOST_THREADS ? threads : MOST_THREADS,
                  strtol(argv[4], NULL, 10), pool);
    }
    apr_pool_destroy(pool);
    return 0;
}
