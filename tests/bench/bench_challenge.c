/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * bench_challenge.c: what it costs to draw a password and to claim one when
 * very many are outstanding, as a ratio to what it costs when few are, both
 * measured in this one run, in turns; and how long the table takes to be
 * filled from the store at start.
 *
 *   bench_challenge DIR FEW MANY
 *
 * DIR is a folder for two databases, on the disk that is to be measured. The
 * passwords' validities are mixed: a minute to a year.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_global_mutex.h>
#include <apr_strings.h>

#include <sqlite3.h>

#include "scep_authorize.h"
#include "scep_draw.h"
#include "scep_password.h"

enum {
    TURNS = 15,
    DRAWS = 60,     /* in a turn; each waits for the disk */
    CLAIMS = 20000, /* in a turn */
    TABLE_OPERATIONS = 100000,
    RESERVE = 100000 /* room for what is drawn here */
};

static const unsigned char password_key[SCEP_PASSWORD_KEY_SIZE] = {7};

/* One of the two. */
typedef struct side_t {
    apr_pool_t *pool;
    unsigned int outstanding;
    apr_global_mutex_t *mutex;
    scep_store_config_t config;
    scep_service_t service;
    scep_policy_t policy;
    scep_request_t req;
    const char **passwords; /* that can be claimed */
    double rebuild, draw[TURNS], claim[TURNS], table[TURNS];
} side_t;

static unsigned int seed = 1;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench_challenge: %s: %s\n", what, why);
    exit(1);
}

static unsigned int next_random(unsigned int below)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 4) % below;
}

static apr_interval_time_t validity(void)
{
    return apr_time_from_sec(next_random(3) == 0
                                 ? 3600 + next_random(3600)
                                 : next_random(365 * 86400) + 3600);
}

static apr_status_t acquire(void *baton)
{
    return apr_global_mutex_lock(baton);
}

static apr_status_t release(void *baton)
{
    return apr_global_mutex_unlock(baton);
}

static void *share(apr_size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED) {
        die("memory", "there is none");
    }
    return memory;
}

/* --- setting up ------------------------------------------------------------ */

static void run_sql(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        die(sql, sqlite3_errmsg(db));
    }
}

/* Rows as if they had been drawn, without waiting for the disk each time. */
static void fill_store(const side_t *side)
{
    sqlite3 *db;
    sqlite3_stmt *add;
    unsigned int i;
    apr_time_t time = apr_time_now();

    if (sqlite3_open(side->config.params, &db) != SQLITE_OK) {
        die("database", "does not open");
    }
    run_sql(db, "BEGIN");
    if (sqlite3_prepare_v2(
            db,
            "INSERT INTO challenges (hash, scope, state, created, expires,"
            " drawn_by, peer) VALUES (?, ?, 0, ?, ?, 'bench', '192.0.2.1')",
            -1, &add, NULL) != SQLITE_OK) {
        die("insert", sqlite3_errmsg(db));
    }
    for (i = 0; i < side->outstanding; i++) {
        unsigned char hash[SCEP_HASH_SIZE] = {0};

        if (!scep_random(hash, sizeof(hash), false)) {
            die("random", "no octets");
        }
        sqlite3_bind_blob(add, 1, hash, sizeof(hash), SQLITE_TRANSIENT);
        sqlite3_bind_text(add, 2, side->service.ca_id, -1, SQLITE_STATIC);
        sqlite3_bind_int64(add, 3, time);
        sqlite3_bind_int64(add, 4, time + validity());
        if (sqlite3_step(add) != SQLITE_DONE) {
            die("insert", sqlite3_errmsg(db));
        }
        sqlite3_reset(add);
    }
    sqlite3_finalize(add);
    run_sql(db, "COMMIT");
    run_sql(db, "PRAGMA wal_checkpoint(TRUNCATE)");
    sqlite3_close(db);
}

static void make_memory(side_t *side, const char *dir)
{
    apr_uint32_t capacity = side->outstanding + RESERVE;
    apr_size_t size;
    scep_lock_t lock = {acquire, release, NULL};
    void *memory;

    if (capacity > SCEP_CHALLENGE_MAX_CAPACITY) {
        capacity = SCEP_CHALLENGE_MAX_CAPACITY;
    }
    if (apr_global_mutex_create(&side->mutex,
                                apr_psprintf(side->pool, "%s/lock", dir),
                                APR_LOCK_DEFAULT, side->pool) != APR_SUCCESS) {
        die("lock", "cannot be made");
    }
    lock.baton = side->mutex;
    size = scep_challenge_table_size(capacity);
    memory = share(size);
    scep_challenge_table_format(memory, size, capacity);
    side->service.challenges =
        scep_challenge_table_attach(memory, size, &lock, side->pool);
    memory = share(scep_shm_limits_size());
    scep_shm_limits_format(memory, apr_time_now());
    side->service.rate_limits =
        scep_shm_limits_attach(memory, scep_shm_limits_size(), side->pool);
    side->service.slots =
        scep_shm_slots_make(SCEP_SLOT_KINDS * SCEP_SLOTS, side->pool);
}

static void set_up(side_t *side, const char *dir)
{
    scep_env_t env = {.log = NULL};
    scep_result_t res;
    double began;

    scep_result_init(&res, side->pool);
    side->config = (scep_store_config_t){
        .driver = "sqlite3",
        .params = apr_psprintf(side->pool, "%s/%u.db", dir, side->outstanding),
        .connections = 4};
    side->service.ca_id = "0123456789abcdef0123456789abcdef";
    side->service.password_key.data = password_key;
    side->service.password_key.len = sizeof(password_key);
    side->policy.sources.count = 1;
    side->policy.sources.source[0] = SCEP_SOURCE_ONE_TIME;
    side->policy.password_length = 8;
    side->policy.failure_limit.allowance.count = 100;
    side->policy.failure_limit.allowance.per = apr_time_from_sec(600);
    side->req.pool = side->pool;
    side->req.service = &side->service;
    side->req.policy = &side->policy;
    side->req.peer = "192.0.2.1";
    if (scep_store_prepare(&side->config, &env, (uid_t)-1, (gid_t)-1,
                           side->pool, &res) != SCEP_OK) {
        die("store", res.detail);
    }
    fill_store(side);
    make_memory(side, dir);
    if (scep_store_open(&side->config, &env, side->pool, &side->service.store,
                        &res) != SCEP_OK) {
        die("store", res.detail);
    }
    began = now();
    if (scep_draw_rebuild(side->service.store, side->service.challenges, &env,
                          &res) != SCEP_OK) {
        die("filling the table", res.detail);
    }
    side->rebuild = now() - began;
    if (scep_challenge_table_count(side->service.challenges, apr_time_now()) !=
        side->outstanding) {
        die("filling the table", "not all are there");
    }
}

/* --- measuring ------------------------------------------------------------- */

static double draw(side_t *side)
{
    apr_pool_t *pool = side->req.pool;
    scep_result_t res;
    scep_drawn_t drawn;
    double began = now();
    int i;

    for (i = 0; i < DRAWS; i++) {
        side->policy.password_validity = validity();
        scep_result_init(&res, side->pool);
        if (scep_draw(&side->req, "bench", NULL, &drawn, &res) != SCEP_OK) {
            die("draw", res.detail);
        }
        side->passwords[i] = apr_pstrdup(pool, drawn.password);
    }
    return (now() - began) / DRAWS;
}

/* From the challenge in a CSR to the claim, and back. */
static double claim(side_t *side)
{
    scep_csr_t csr = {.challenge_state = SCEP_CHALLENGE_PRESENT,
                      .subject = "CN=bench"};
    scep_pkimessage_t msg = {0};
    unsigned char hash[SCEP_HASH_SIZE];
    scep_enrolment_t e = {
        .req = &side->req, .msg = &msg, .csr = &csr, .challenge_hash = hash};
    scep_result_t res;
    apr_pool_t *pool;
    double began;
    int i;

    apr_pool_create(&pool, side->pool);
    side->req.pool = pool;
    msg.transaction_id = "bench";
    msg.transaction_id_raw =
        (scep_octets_t){(const unsigned char *)msg.transaction_id, 5};
    began = now();
    for (i = 0; i < CLAIMS; i++) {
        csr.challenge = side->passwords[next_random(DRAWS)];
        scep_result_init(&res, pool);
        if (!scep_password_hash(side->service.password_key, side->service.ca_id,
                                csr.challenge, hash) ||
            scep_authorize(&e, &res) != SCEP_OK) {
            die("claim", res.detail);
        }
        scep_authorize_release(&e);
        if (i % 100 == 99) {
            apr_pool_clear(pool);
        }
    }
    began = now() - began;
    side->req.pool = side->pool;
    apr_pool_destroy(pool);
    return began / CLAIMS;
}

/* In memory alone: one comes, is claimed and goes. Its hash is new each time:
 * no cache knows its bucket. */
static double table_only(side_t *side)
{
    static const unsigned char owner[SCEP_CLAIM_OWNER_SIZE] = {1};
    scep_challenge_table_t *table = side->service.challenges;
    apr_time_t time = apr_time_now();
    double began = now();
    int i;

    for (i = 0; i < TABLE_OPERATIONS; i++) {
        unsigned char hash[SCEP_HASH_SIZE] = {0};
        unsigned int spread = next_random(1u << 28) * 2654435761u;

        memcpy(hash, &spread, sizeof(spread));
        memcpy(hash + 8, &i, sizeof(i));
        if (scep_challenge_table_add(table, hash, time + validity(), time) !=
                SCEP_ADD_OK ||
            scep_challenge_table_claim(table, hash, owner, time,
                                       APR_USEC_PER_SEC) != SCEP_CLAIM_OK) {
            die("table", "no room");
        }
        scep_challenge_table_remove(table, hash);
    }
    return (now() - began) / TABLE_OPERATIONS;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, TURNS, sizeof(*values), by_size);
    return values[TURNS / 2];
}

static void report(const char *what, double *few, double *many)
{
    double a = median(few), b = median(many);

    printf("%-30s %9.2f us %9.2f us   ratio %.2f\n", what, 1e6 * a, 1e6 * b,
           b / a);
}

int main(int argc, char **argv)
{
    side_t *sides[2];
    int i, j;

    if (argc != 4 || apr_initialize() != APR_SUCCESS) {
        die("usage", "bench_challenge DIR FEW MANY");
    }
    for (j = 0; j < 2; j++) {
        sides[j] = calloc(1, sizeof(*sides[j]));
        if (sides[j] == NULL ||
            apr_pool_create(&sides[j]->pool, NULL) != APR_SUCCESS) {
            die("memory", "there is none");
        }
        sides[j]->outstanding = (unsigned int)strtoul(argv[2 + j], NULL, 10);
        sides[j]->passwords =
            apr_palloc(sides[j]->pool, DRAWS * sizeof(char *));
        set_up(sides[j], argv[1]);
    }
    for (i = 0; i < TURNS; i++) {
        for (j = 0; j < 2; j++) {
            sides[j]->draw[i] = draw(sides[j]);
            sides[j]->claim[i] = claim(sides[j]);
            sides[j]->table[i] = table_only(sides[j]);
        }
    }
    printf("outstanding %u and %u at first, validities mixed; medians of "
           "%d turns\n",
           sides[0]->outstanding, sides[1]->outstanding, TURNS);
    report("draw", sides[0]->draw, sides[1]->draw);
    report("claim and give back", sides[0]->claim, sides[1]->claim);
    report("table: add, claim, remove", sides[0]->table, sides[1]->table);
    printf("%-30s %9.3f s  %9.3f s\n", "filled from the store at start",
           sides[0]->rebuild, sides[1]->rebuild);
    for (j = 0; j < 2; j++) {
        apr_pool_destroy(sides[j]->pool);
        free(sides[j]);
    }
    return 0;
}
