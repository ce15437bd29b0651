/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_master_view.c: what a process knows of the master password file, or of
 * another source. It is in memory that is wiped and used again at each change.
 * (challenge layer)
 */
#include "scep_master.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_thread_mutex.h>

/* A file system's clock ticks about 100 times a second. A second change within
 * one tick would not be noticed. */
enum { TICK = 100000 };

/* How often to try to rotate a source that others change, too. */
enum { TRIES = 8 };

/* Passwords as they are compared: all of one size, so that the time shows
 * neither their length nor a common beginning. */
typedef struct padded_t {
    unsigned char text[SCEP_MASTER_MAX_LENGTH + 1]; /* zeros behind it */
    unsigned char too_long;
} padded_t;

/* In memory that is wiped. */
typedef struct held_t {
    scep_master_t *master;
    padded_t current;
    padded_t previous; /* all zeros, which nothing valid is: none */
} held_t;

struct scep_master_view_t {
    const char *path;            /* NULL: a source */
    scep_master_source_t source; /* if not a file */
    const apr_array_header_t *pairs;
    uid_t owner;
    apr_thread_mutex_t *lock; /* of all that follows */
    apr_pool_t *pool;         /* that of HELD; cleared when HELD changes */
    held_t *held;             /* NULL: nothing valid */
    scep_octets_t envelope;   /* of a source: what HELD is from */
    struct stat seen;         /* the file that HELD is from */
    bool settled;             /* a later change would be noticed */
};

/* The pool has its own allocator, because that of the parent may not be safe
 * for several threads. */
static apr_pool_t *make_pool(apr_pool_t *parent)
{
    apr_allocator_t *allocator;
    apr_pool_t *pool;

    if (apr_allocator_create(&allocator) != APR_SUCCESS) {
        return NULL;
    }
    if (apr_pool_create_ex(&pool, parent, NULL, allocator) != APR_SUCCESS) {
        apr_allocator_destroy(allocator);
        return NULL;
    }
    apr_allocator_owner_set(allocator, pool);
    return pool;
}

static scep_status_e make_view(const apr_array_header_t *pairs,
                               apr_pool_t *pool, scep_master_view_t **view,
                               scep_result_t *res)
{
    scep_master_view_t *made = apr_pcalloc(pool, sizeof(*made));

    made->pairs = pairs;
    made->pool = make_pool(pool);
    if (made->pool == NULL ||
        apr_thread_mutex_create(&made->lock, APR_THREAD_MUTEX_DEFAULT, pool) !=
            APR_SUCCESS) {
        return scep_fail(res, SCEP_R_INTERNAL,
                         "cannot make a lock for the master password");
    }
    *view = made;
    return SCEP_OK;
}

scep_status_e scep_master_view_make(const char *path,
                                    const apr_array_header_t *pairs,
                                    uid_t owner, apr_pool_t *pool,
                                    scep_master_view_t **view,
                                    scep_result_t *res)
{
    scep_status_e status = make_view(pairs, pool, view, res);

    if (status == SCEP_OK) {
        (*view)->path = apr_pstrdup(pool, path);
        (*view)->owner = owner;
    }
    return status;
}

scep_status_e scep_master_view_of(const scep_master_source_t *source,
                                  const apr_array_header_t *pairs,
                                  apr_pool_t *pool, scep_master_view_t **view,
                                  scep_result_t *res)
{
    scep_status_e status = make_view(pairs, pool, view, res);

    if (status == SCEP_OK) {
        (*view)->source = *source;
        (*view)->source.name = apr_pstrdup(pool, source->name);
    }
    return status;
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
           a->st_size == b->st_size && same_time(&a->st_mtim, &b->st_mtim) &&
           same_time(&a->st_ctim, &b->st_ctim);
}

static bool is_settled(const struct stat *st)
{
    apr_time_t age = apr_time_now() - apr_time_from_sec(st->st_ctim.tv_sec) -
                     st->st_ctim.tv_nsec / 1000;

    return age > TICK || age < -TICK; /* a file server's clock may be ahead */
}

static void forget(scep_master_view_t *view)
{
    view->held = NULL;
    view->envelope = (scep_octets_t){NULL, 0};
    apr_pool_clear(view->pool); /* wipes */
}

static void pad(padded_t *padded, const char *text)
{
    size_t len = strlen(text);

    memset(padded, 0, sizeof(*padded));
    padded->too_long = len > SCEP_MASTER_MAX_LENGTH;
    memcpy(padded->text, text, padded->too_long ? SCEP_MASTER_MAX_LENGTH : len);
}

static bool is_equal(const padded_t *a, const padded_t *b)
{
    return scep_equal_ct((const unsigned char *)a, (const unsigned char *)b,
                         sizeof(*a));
}

static void hold(scep_master_view_t *view, scep_master_t *master)
{
    view->held = scep_secret_alloc(view->pool, sizeof(*view->held));
    view->held->master = master;
    pad(&view->held->current, master->password);
    if (master->previous != NULL) {
        pad(&view->held->previous, master->previous);
    }
}

static scep_status_e read_file(scep_master_view_t *view, scep_result_t *res)
{
    scep_master_t *master;
    scep_status_e status;

    forget(view);
    status = scep_master_read(view->path, view->pairs, view->owner, view->pool,
                              &master, res);
    if (status != SCEP_OK) {
        forget(view);
        return status;
    }
    hold(view, master);
    return SCEP_OK;
}

/* The lock is held. If the file cannot be read any more, the old content does
 * not count: somebody may have removed the file to revoke the password. */
static scep_status_e refresh(scep_master_view_t *view, scep_result_t *res)
{
    struct stat st;
    scep_status_e status;
    bool settled = false;

    if (lstat(view->path, &st) == 0) {
        if (view->held != NULL && view->settled &&
            same_file(&st, &view->seen)) {
            return SCEP_OK;
        }
        settled = is_settled(&st); /* decided before the file is opened */
        view->seen = st;
    }
    status = read_file(view, res);
    view->settled = settled;
    return status;
}

/* The lock is held. */
static scep_status_e take_envelope(scep_master_view_t *view, scep_octets_t pem,
                                   scep_result_t *res)
{
    scep_master_t *master;
    scep_status_e status;

    if (view->held != NULL && scep_octets_equal(pem, view->envelope)) {
        return SCEP_OK;
    }
    forget(view);
    view->envelope = scep_octets_copy(view->pool, pem);
    status = scep_master_decrypt(view->source.name, view->envelope, view->pairs,
                                 view->pool, &master, res);
    if (status != SCEP_OK) {
        forget(view);
        return status;
    }
    hold(view, master);
    return SCEP_OK;
}

/* Ask a source before taking the lock, because it may wait for a database. */
static scep_status_e lock(scep_master_view_t *view, apr_pool_t *pool,
                          scep_result_t *res)
{
    scep_octets_t pem = {NULL, 0};
    scep_status_e status = SCEP_OK;
    apr_int64_t version;

    if (view->path == NULL) {
        status =
            view->source.fetch(view->source.baton, pool, &version, &pem, res);
    }
    if (status != SCEP_OK) {
        return status;
    }
    if (apr_thread_mutex_lock(view->lock) != APR_SUCCESS) {
        return scep_fail(res, SCEP_R_LOCK,
                         "cannot lock the view of the master password: "
                         "restart httpd");
    }
    status =
        view->path != NULL ? refresh(view, res) : take_envelope(view, pem, res);
    if (status != SCEP_OK) {
        apr_thread_mutex_unlock(view->lock);
    }
    return status;
}

scep_status_e scep_master_view_get(scep_master_view_t *view, apr_pool_t *pool,
                                   const char **password, scep_result_t *res)
{
    scep_status_e status = lock(view, pool, res);
    size_t len;
    char *copy;

    *password = NULL;
    if (status != SCEP_OK) {
        return status;
    }
    len = strlen(view->held->master->password);
    copy = scep_secret_alloc(pool, len + 1);
    memcpy(copy, view->held->master->password, len);
    apr_thread_mutex_unlock(view->lock);
    *password = copy;
    return SCEP_OK;
}

scep_status_e scep_master_view_check(scep_master_view_t *view,
                                     const char *challenge, apr_time_t now,
                                     apr_pool_t *pool, bool *match,
                                     scep_result_t *res)
{
    scep_status_e status = lock(view, pool, res);
    bool is_current, is_previous, is_good;
    const held_t *held;
    padded_t given;

    *match = false;
    if (status != SCEP_OK) {
        return status;
    }
    held = view->held;
    pad(&given, challenge);
    is_good =
        held->master->previous != NULL && now < held->master->previous_until;
    /* always both, even if there is no previous one */
    is_current = is_equal(&given, &held->current);
    is_previous = is_equal(&given, &held->previous);
    apr_thread_mutex_unlock(view->lock);
    scep_wipe(&given, sizeof(given));
    *match = is_current | (is_previous & is_good);
    return SCEP_OK;
}

/* --- rotating ------------------------------------------------------------- */

/* Lock the file's directory for a rotation, because the file itself is another
 * one each time. The lock ends with FD, or with the process. */
static scep_status_e lock_directory(const char *path, apr_pool_t *pool, int *fd,
                                    scep_result_t *res)
{
    const char *slash = strrchr(path, '/');
    const char *dir =
        slash != NULL ? apr_pstrmemdup(pool, path, (size_t)(slash - path) + 1)
                      : ".";
    int rv;

    *fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0) {
        return scep_fail(res, SCEP_R_SETUP, "cannot open %s: %s", dir,
                         strerror(errno));
    }
    do {
        rv = flock(*fd, LOCK_EX);
    } while (rv != 0 && errno == EINTR);
    if (rv != 0) {
        scep_fail(res, SCEP_R_SETUP, "cannot lock %s: %s", dir,
                  strerror(errno));
        close(*fd);
        return res->status;
    }
    return SCEP_OK;
}

static scep_status_e rotate(const scep_master_view_t *view,
                            const scep_master_rotation_t *rotation,
                            apr_pool_t *pool, apr_time_t *previous_until,
                            scep_result_t *res)
{
    const scep_keypair_t *newest =
        APR_ARRAY_IDX(view->pairs, 0, const scep_keypair_t *);
    scep_master_t master = {.password = rotation->password}, *old;

    *previous_until = 0;
    if (rotation->overlap > 0) {
        scep_status_e status = scep_master_read(view->path, view->pairs,
                                                view->owner, pool, &old, res);

        if (status != SCEP_OK) {
            return status;
        }
        master.previous = old->password;
        master.previous_until = *previous_until =
            rotation->now + rotation->overlap;
    }
    return scep_master_write(view->path, newest->cert, &master, (uid_t)-1,
                             (gid_t)-1, 1, pool, res);
}

/* @param stored false: somebody else has rotated in between */
static scep_status_e rotate_once(const scep_master_view_t *view,
                                 const scep_master_rotation_t *rotation,
                                 apr_pool_t *pool, apr_time_t *previous_until,
                                 bool *stored, scep_result_t *res)
{
    const scep_master_source_t *source = &view->source;
    const scep_keypair_t *newest =
        APR_ARRAY_IDX(view->pairs, 0, const scep_keypair_t *);
    scep_master_t master = {.password = rotation->password}, *old;
    apr_int64_t version;
    scep_octets_t pem;
    scep_status_e status =
        source->fetch(source->baton, pool, &version, &pem, res);

    if (status == SCEP_NOT_FOUND && rotation->overlap == 0) {
        scep_result_init(res, res->pool);
        status = SCEP_OK;
    }
    if (status == SCEP_OK && rotation->overlap > 0) {
        status = scep_master_decrypt(source->name, pem, view->pairs, pool, &old,
                                     res);
        if (status == SCEP_OK) {
            master.previous = old->password;
            master.previous_until = *previous_until =
                rotation->now + rotation->overlap;
        }
    }
    if (status == SCEP_OK) {
        status = scep_master_encrypt(newest->cert, &master, pool, &pem, res);
    }
    return status == SCEP_OK ? source->put(source->baton, version, pem,
                                           rotation->now, pool, stored, res)
                             : status;
}

static scep_status_e rotate_source(const scep_master_view_t *view,
                                   const scep_master_rotation_t *rotation,
                                   apr_pool_t *pool, apr_time_t *previous_until,
                                   scep_result_t *res)
{
    scep_status_e status = SCEP_OK;
    bool stored = false;
    int i;

    for (i = 0; i < TRIES && status == SCEP_OK && !stored; i++) {
        *previous_until = 0;
        status =
            rotate_once(view, rotation, pool, previous_until, &stored, res);
    }
    return status != SCEP_OK || stored
               ? status
               : scep_fail(res, SCEP_R_SETUP,
                           "other processes keep changing %s",
                           view->source.name);
}

scep_status_e scep_master_view_rotate(scep_master_view_t *view,
                                      const scep_master_rotation_t *rotation,
                                      apr_pool_t *pool,
                                      apr_time_t *previous_until,
                                      scep_result_t *res)
{
    int fd;
    scep_status_e status;

    if (view->path == NULL) {
        return rotate_source(view, rotation, pool, previous_until, res);
    }
    status = lock_directory(view->path, pool, &fd, res);
    if (status == SCEP_OK) {
        status = rotate(view, rotation, pool, previous_until, res);
        close(fd);
    }
    return status;
}
