/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_in_use_read.c: reads in-use.json without trusting it: checks size,
 * owner, mode and every value. (base layer)
 */
#include "scep_in_use.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include "scep_file.h"
#include "scep_in_use_p.h"
#include "scep_json_read.h"
#include "scep_str.h"

enum {
    MAX_SIZE = 4 << 20,
    MAX_ITEMS = 10000, /* of each list */
    MAX_TEXT = 8192    /* octets of a value */
};

/* The first fault ends the reading. */
typedef struct reader_t {
    apr_pool_t *pool;
    const char *wrong; /* the name of a member, or NULL */
} reader_t;

/* A string, or NULL for null. If WANTED, null is a fault. */
static const char *text(reader_t *r, scep_json_t *object, const char *name,
                        bool wanted)
{
    scep_json_t *value = scep_json_get(object, name);
    const char *found = scep_json_text(value);

    if (found != NULL && strlen(found) <= MAX_TEXT) {
        return apr_pstrdup(r->pool, found);
    }
    if (found != NULL || wanted ||
        (value != NULL && !scep_json_is_null(value))) {
        r->wrong = name;
    }
    return NULL;
}

static apr_int64_t number(reader_t *r, scep_json_t *object, const char *name)
{
    apr_int64_t found = 0;

    if (!scep_json_number(scep_json_get(object, name), &found)) {
        r->wrong = name;
    }
    return found;
}

static bool boolean(reader_t *r, scep_json_t *object, const char *name)
{
    bool found = false;

    if (!scep_json_boolean(scep_json_get(object, name), &found)) {
        r->wrong = name;
    }
    return found;
}

/* The number of elements; 0 if it is no list. */
static size_t list(reader_t *r, scep_json_t *object, const char *name,
                   scep_json_t **found)
{
    *found = scep_json_get(object, name);
    if (!scep_json_is_array(*found) || scep_json_count(*found) > MAX_ITEMS) {
        r->wrong = name;
        return 0;
    }
    return scep_json_count(*found);
}

/* A path, which must be absolute. */
static const char *path(reader_t *r, scep_json_t *object, const char *name,
                        bool wanted)
{
    const char *found = text(r, object, name, wanted);

    if (found != NULL && *found != '/') {
        r->wrong = name;
    }
    return found;
}

static void strings(reader_t *r, scep_json_t *object, const char *name,
                    apr_array_header_t *into)
{
    scep_json_t *values;
    size_t i, count = list(r, object, name, &values);

    for (i = 0; i < count; i++) {
        const char *found = scep_json_text(scep_json_at(values, i));

        if (found == NULL || strlen(found) > MAX_TEXT) {
            r->wrong = name;
            return;
        }
        APR_ARRAY_PUSH(into, const char *) = apr_pstrdup(r->pool, found);
    }
}

static void read_confs(reader_t *r, scep_json_t *object, scep_in_use_t *in_use)
{
    scep_json_t *values;
    size_t i, count = list(r, object, SCEP_IN_USE_CONFS, &values);

    for (i = 0; i < count; i++) {
        scep_json_t *value = scep_json_at(values, i);
        scep_in_use_conf_t *conf = apr_array_push(in_use->confs);

        conf->path = path(r, value, SCEP_IN_USE_PATH, true);
        conf->modified = number(r, value, SCEP_IN_USE_MODIFIED);
    }
}

static void read_pairs(reader_t *r, scep_json_t *object, scep_in_use_ca_t *ca)
{
    scep_json_t *values;
    size_t i, count = list(r, object, SCEP_IN_USE_PAIRS, &values);

    for (i = 0; i < count; i++) {
        scep_json_t *value = scep_json_at(values, i);
        scep_in_use_pair_t *pair = apr_array_push(ca->pairs);

        pair->cert = path(r, value, SCEP_IN_USE_CERT, true);
        pair->key = text(r, value, SCEP_IN_USE_KEY, true);
        pair->fingerprint = text(r, value, SCEP_IN_USE_FINGERPRINT, true);
        pair->decrypts = boolean(r, value, SCEP_IN_USE_DECRYPTS);
        pair->own = boolean(r, value, SCEP_IN_USE_OWN);
    }
}

/* Files of an older version have none. */
static void read_kept(reader_t *r, scep_json_t *object, scep_in_use_ca_t *ca)
{
    scep_json_t *values = scep_json_get(object, SCEP_IN_USE_KEPT);
    size_t i,
        count = values != NULL ? list(r, object, SCEP_IN_USE_KEPT, &values) : 0;

    for (i = 0; i < count; i++) {
        scep_json_t *value = scep_json_at(values, i);
        scep_in_use_kept_t *kept = apr_array_push(ca->kept);

        kept->kind = text(r, value, SCEP_IN_USE_KIND, true);
        kept->seconds = number(r, value, SCEP_IN_USE_SECONDS);
        if (kept->seconds < 0) {
            r->wrong = SCEP_IN_USE_SECONDS;
        }
    }
}

static void read_ca(reader_t *r, scep_json_t *object, scep_in_use_t *in_use)
{
    scep_in_use_ca_t *ca = scep_in_use_add(in_use, r->pool);

    ca->name = text(r, object, SCEP_IN_USE_NAME, true);
    ca->alias = text(r, object, SCEP_IN_USE_ALIAS, false);
    strings(r, object, SCEP_IN_USE_SERVERS, ca->servers);
    ca->subject = text(r, object, SCEP_IN_USE_SUBJECT, false);
    ca->ca_id = text(r, object, SCEP_IN_USE_SCOPE, false);
    ca->cert = path(r, object, SCEP_IN_USE_CERT, false);
    ca->key = text(r, object, SCEP_IN_USE_KEY, false);
    ca->next_scope = text(r, object, SCEP_IN_USE_NEXT_SCOPE, false);
    ca->next_cert = path(r, object, SCEP_IN_USE_NEXT_CERT, false);
    ca->next_key = text(r, object, SCEP_IN_USE_NEXT_KEY, false);
    ca->ra_dir = path(r, object, SCEP_IN_USE_RA_DIR, false);
    read_pairs(r, object, ca);
    ca->driver = text(r, object, SCEP_IN_USE_DRIVER, true);
    ca->params = text(r, object, SCEP_IN_USE_PARAMS, true);
    ca->password = boolean(r, object, SCEP_IN_USE_PASSWORD);
    ca->master_file = path(r, object, SCEP_IN_USE_MASTER_FILE, true);
    ca->single = boolean(r, object, SCEP_IN_USE_SINGLE);
    read_kept(r, object, ca);
}

static void read_all(reader_t *r, scep_json_t *object, scep_in_use_t *in_use)
{
    scep_json_t *values;
    size_t i, count;

    in_use->version = text(r, object, SCEP_IN_USE_VERSION, true);
    in_use->written = number(r, object, SCEP_IN_USE_WRITTEN);
    in_use->state_dir = path(r, object, SCEP_IN_USE_STATE_DIR, true);
    in_use->user = text(r, object, SCEP_IN_USE_USER, false);
    in_use->uid = number(r, object, SCEP_IN_USE_UID);
    in_use->gid = number(r, object, SCEP_IN_USE_GID);
    strings(r, object, SCEP_IN_USE_STATE_DIRS, in_use->state_dirs);
    read_confs(r, object, in_use);
    count = list(r, object, SCEP_IN_USE_CAS, &values);
    for (i = 0; i < count; i++) {
        read_ca(r, scep_json_at(values, i), in_use);
    }
}

static scep_status_e parse(const char *path_name, scep_octets_t octets,
                           reader_t *r, scep_in_use_t *in_use,
                           scep_result_t *res)
{
    const char *error;
    scep_json_t *object =
        scep_json_parse(r->pool, (const char *)octets.data, octets.len, &error);
    apr_int64_t format = 0;

    if (object == NULL) {
        return scep_fail(res, SCEP_R_SETUP,
                         "%s is damaged (%s): restart httpd, which writes it "
                         "anew",
                         path_name, error);
    }
    if (scep_json_number(scep_json_get(object, SCEP_IN_USE_FORMAT), &format) &&
        format != SCEP_IN_USE_FORMAT_NUMBER) {
        return scep_fail(res, SCEP_R_SETUP,
                         "%s was written by another version of mod_scep: use "
                         "the scepctl of that version, or restart httpd with "
                         "the module of this one",
                         path_name);
    }
    if (format == 0) {
        r->wrong = SCEP_IN_USE_FORMAT;
    }
    else {
        read_all(r, object, in_use);
    }
    return r->wrong == NULL
               ? SCEP_OK
               : scep_fail(res, SCEP_R_SETUP,
                           "%s is damaged (\"%s\" is wrong): restart httpd, "
                           "which writes it anew",
                           path_name, r->wrong);
}

/* --- is it still true? ---------------------------------------------------- */

bool scep_in_use_held(const char *dir, apr_pool_t *pool, pid_t *holder)
{
    struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(apr_pstrcat(pool, dir, "/" SCEP_IN_USE_FILE, NULL),
                  O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool held = false;

    if (fd >= 0) {
        held = fcntl(fd, F_GETLK, &range) == 0 && range.l_type != F_UNLCK;
        close(fd);
    }
    *holder = held ? range.l_pid : 0;
    return held;
}

/* A file that may not be looked at counts as unchanged. */
static const char *changed_of(const scep_in_use_t *in_use, apr_pool_t *pool)
{
    int i;

    for (i = 0; i < in_use->confs->nelts; i++) {
        const scep_in_use_conf_t *conf =
            &APR_ARRAY_IDX(in_use->confs, i, scep_in_use_conf_t);
        apr_finfo_t info;
        apr_status_t rv = apr_stat(&info, conf->path, APR_FINFO_MTIME, pool);

        if (APR_STATUS_IS_ENOENT(rv) ||
            (rv == APR_SUCCESS && info.mtime != conf->modified)) {
            return conf->path;
        }
    }
    return NULL;
}

/* If the directory was copied, or is mounted elsewhere, the paths in the file
 * mean nothing here. */
static bool is_same_directory(const char *dir, const char *other)
{
    struct stat one, two;

    return stat(dir, &one) == 0 && stat(other, &two) == 0 &&
           one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

scep_status_e scep_in_use_read(const char *dir, apr_pool_t *pool,
                               scep_in_use_t **result, scep_result_t *res)
{
    const char *name = apr_pstrcat(pool, dir, "/" SCEP_IN_USE_FILE, NULL);
    reader_t r = {.pool = pool};
    scep_in_use_t *in_use = scep_in_use_make(pool);
    scep_octets_t octets = {NULL, 0};
    pid_t holder;
    scep_status_e status =
        scep_file_read(name, SCEP_FILE_TRUSTED, MAX_SIZE, pool, &octets, res);

    if (status == SCEP_OK) {
        status = parse(name, octets, &r, in_use, res);
    }
    if (status != SCEP_OK) {
        return status;
    }
    if (!is_same_directory(dir, in_use->state_dir)) {
        return scep_fail(res, SCEP_R_SETUP,
                         "%s was written for another directory, %s: run "
                         "scepctl where httpd runs, or, if this is a copy, "
                         "remove the file",
                         name,
                         scep_printable(res->pool, in_use->state_dir, 200));
    }
    in_use->running = scep_in_use_held(dir, pool, &holder);
    in_use->changed = changed_of(in_use, pool);
    *result = in_use;
    return SCEP_OK;
}
