/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_shared.c: anonymous shared memory, inherited by fork, and a global
 * mutex, both in the process pool. (httpd layer)
 */
#include "scep_shared.h"

#include <apr_shm.h>
#include <apr_global_mutex.h>

#include <http_config.h>
#include <util_mutex.h>

#include "scep_sections.h"

enum { ALL_SLOTS = SCEP_SLOT_KINDS * SCEP_SLOTS };

#define MUTEX_TYPE "scep-challenge"
/* Names the layout of the record below, so that a module of another version
 * does not use it. */
#define RETAINED_KEY "mod_scep: shared table, layout 1"

struct scep_shared_t {
    apr_shm_t *shm;
    apr_global_mutex_t *mutex;
    const char *lock_file;
    apr_uint32_t capacity;
    apr_status_t child_status; /* in a child: could the lock be opened? */
};

apr_status_t scep_shared_register(apr_pool_t *pconf)
{
    return ap_mutex_register(pconf, MUTEX_TYPE, NULL, APR_LOCK_DEFAULT, 0);
}

static apr_status_t acquire(void *baton)
{
    const scep_shared_t *shared = baton;

    if (shared->child_status != APR_SUCCESS) {
        return shared->child_status;
    }
    return apr_global_mutex_lock(shared->mutex);
}

static apr_status_t release(void *baton)
{
    const scep_shared_t *shared = baton;

    return apr_global_mutex_unlock(shared->mutex);
}

/* The line of the Mutex directive that speaks of our lock, or of the last. */
static bool find_mutex(void *baton, const ap_directive_t *d)
{
    const ap_directive_t **found = baton;

    if (scep_directive_is(d, "Mutex") &&
        (*found == NULL || strstr((*found)->args, MUTEX_TYPE) == NULL)) {
        *found = d;
    }
    return false;
}

static const char *mutex_at(const server_rec *s, apr_pool_t *pool)
{
    const ap_directive_t *found = NULL;

    scep_sections_walk(s, find_mutex, &found);
    return found != NULL ? scep_directive_at(found, pool) : NULL;
}

static scep_status_e apr_fail(scep_result_t *res, const char *what,
                              apr_status_t rv)
{
    char text[128];

    return scep_fail(res, SCEP_R_SETUP, "%s: %s", what,
                     apr_strerror(rv, text, sizeof(text)));
}

/* When a holder is killed, the kernel unlocks fcntl and flock, and sysvsem
 * because APR asks for SEM_UNDO; APR makes pthread robust. Nothing gives a
 * POSIX semaphore back. */
static scep_status_e check_mechanism(apr_global_mutex_t *mutex,
                                     scep_result_t *res)
{
    switch (apr_global_mutex_mech(mutex)) {
    case APR_LOCK_FCNTL:
    case APR_LOCK_FLOCK:
    case APR_LOCK_SYSVSEM:
    case APR_LOCK_PROC_PTHREAD:
        return SCEP_OK;
    case APR_LOCK_POSIXSEM:
    case APR_LOCK_DEFAULT:
    case APR_LOCK_DEFAULT_TIMED:
        break;
    }
    return scep_fail(res, SCEP_R_SETUP,
                     "Mutex %s: the lock " MUTEX_TYPE " would stay taken for "
                     "good if a process that holds it were killed; write "
                     "\"Mutex sysvsem " MUTEX_TYPE "\" (or pthread, flock, "
                     "fcntl)",
                     apr_global_mutex_name(mutex));
}

scep_status_e scep_shared_check(server_rec *s, apr_pool_t *pool,
                                scep_result_t *res)
{
    apr_global_mutex_t *mutex;
    scep_status_e status;

    if (ap_global_mutex_create(&mutex, NULL, MUTEX_TYPE, NULL, s, pool, 0) !=
        APR_SUCCESS) {
        return SCEP_OK;
    }
    status = check_mechanism(mutex, res);
    res->place = mutex_at(s, res->pool);
    apr_global_mutex_destroy(mutex);
    return status;
}

/* First comes the password table, then the rate limits, the counts that
 * mod_status shows, those of log lines, and the slots, each at the next cache
 * line. */
static apr_size_t limits_at(apr_size_t table_size)
{
    return APR_ALIGN(table_size, 64);
}

static apr_size_t counts_at(apr_size_t table_size)
{
    return limits_at(table_size) + APR_ALIGN(scep_shm_limits_size(), 64);
}

static apr_size_t lines_at(apr_size_t table_size)
{
    return counts_at(table_size) + APR_ALIGN(scep_counts_size(), 64);
}

static apr_size_t slots_at(apr_size_t table_size)
{
    return lines_at(table_size) + APR_ALIGN(scep_log_limit_size(), 64);
}

static scep_status_e make_segment(apr_pool_t *process_pool,
                                  apr_uint32_t capacity, scep_shared_t *shared,
                                  scep_result_t *res)
{
    apr_size_t table_size = scep_challenge_table_size(capacity);
    apr_size_t size = slots_at(table_size) + scep_shm_slots_size(ALL_SLOTS);
    apr_status_t rv = apr_shm_create(&shared->shm, size, NULL, process_pool);
    char *base;

    if (rv != APR_SUCCESS) {
        shared->shm = NULL;
        return scep_fail(res, SCEP_R_SETUP,
                         "no %lu octets of shared memory for ScepPasswordMax "
                         "%u; choose a smaller number",
                         (unsigned long)size, (unsigned int)capacity);
    }
    base = apr_shm_baseaddr_get(shared->shm);
    scep_challenge_table_format(base, table_size, capacity);
    scep_shm_limits_format(base + limits_at(table_size), apr_time_now());
    scep_counts_format(base + counts_at(table_size));
    scep_log_limit_format(base + lines_at(table_size));
    scep_shm_slots_format(base + slots_at(table_size), ALL_SLOTS);
    shared->capacity = capacity;
    return SCEP_OK;
}

scep_status_e scep_shared_make(server_rec *s, apr_uint32_t capacity,
                               const scep_env_t *env, scep_shared_t **result,
                               scep_result_t *res)
{
    apr_pool_t *process_pool = s->process->pool;
    scep_shared_t *shared = ap_retained_data_get(RETAINED_KEY);
    scep_status_e status = SCEP_OK;
    apr_status_t rv;

    if (shared == NULL) {
        shared = ap_retained_data_create(RETAINED_KEY, sizeof(*shared));
    }
    if (shared->mutex == NULL) {
        rv = ap_global_mutex_create(&shared->mutex, &shared->lock_file,
                                    MUTEX_TYPE, NULL, s, process_pool, 0);
        if (rv != APR_SUCCESS) {
            shared->mutex = NULL;
            res->place = mutex_at(s, res->pool);
            return apr_fail(res,
                            "the lock " MUTEX_TYPE " cannot be made; choose "
                            "another mechanism with the Mutex directive",
                            rv);
        }
        status = check_mechanism(shared->mutex, res);
        if (status != SCEP_OK) {
            apr_global_mutex_destroy(shared->mutex);
            shared->mutex = NULL;
            res->place = mutex_at(s, res->pool);
            return status;
        }
    }
    if (shared->shm == NULL) {
        status = make_segment(process_pool, capacity, shared, res);
    }
    else if (shared->capacity != capacity) {
        scep_log(env, SCEP_LOG_NOTICE,
                 SCEPLOGNO(0010) "ScepPasswordMax stays at %u until httpd is "
                                 "stopped and started",
                 (unsigned int)shared->capacity);
    }
    *result = status == SCEP_OK ? shared : NULL;
    return status;
}

scep_status_e scep_shared_attach(scep_shared_t *shared, apr_pool_t *pool,
                                 scep_service_t *service, scep_result_t *res)
{
    const scep_lock_t lock = {acquire, release, shared};
    char *base = apr_shm_baseaddr_get(shared->shm);
    apr_size_t size = apr_shm_size_get(shared->shm);
    apr_size_t table_size = scep_challenge_table_size(shared->capacity);
    apr_size_t limits = limits_at(table_size), slots = slots_at(table_size);

    service->challenges = scep_challenge_table_attach(base, size, &lock, pool);
    if (slots < size) {
        service->rate_limits =
            scep_shm_limits_attach(base + limits, size - limits, pool);
        service->slots =
            scep_shm_slots_attach(base + slots, size - slots, pool);
    }
    if (service->challenges == NULL || service->rate_limits == NULL ||
        service->slots == NULL) {
        return scep_fail(res, SCEP_R_SETUP,
                         "the shared password table is of another version; "
                         "stop and start httpd");
    }
    return SCEP_OK;
}

scep_counts_t *scep_shared_counts(const scep_shared_t *shared, apr_pool_t *pool)
{
    char *base = apr_shm_baseaddr_get(shared->shm);
    apr_size_t size = apr_shm_size_get(shared->shm);
    apr_size_t at = counts_at(scep_challenge_table_size(shared->capacity));

    return at < size ? scep_counts_attach(base + at, size - at, pool) : NULL;
}

scep_log_limit_t *scep_shared_log_limit(const scep_shared_t *shared,
                                        apr_pool_t *pool)
{
    char *base = apr_shm_baseaddr_get(shared->shm);
    apr_size_t size = apr_shm_size_get(shared->shm);
    apr_size_t at = lines_at(scep_challenge_table_size(shared->capacity));

    return at < size ? scep_log_limit_attach(base + at, size - at, pool) : NULL;
}

scep_status_e scep_shared_child_init(scep_shared_t *shared, apr_pool_t *pool,
                                     scep_result_t *res)
{
    shared->child_status =
        apr_global_mutex_child_init(&shared->mutex, shared->lock_file, pool);
    if (shared->child_status != APR_SUCCESS) {
        return apr_fail(res, "the lock " MUTEX_TYPE " cannot be opened",
                        shared->child_status);
    }
    return SCEP_OK;
}
