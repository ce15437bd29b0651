/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_master_setup.c: the master password at start. (httpd layer) */
#include "scep_master_setup.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "scep_master_document.h"
#include "scep_os.h"
#include "scep_password.h"
#include "scep_place.h"

enum { NEW_LENGTH = 16 /* octets, 32 hex digits, as in NDES */ };

typedef struct setup_t {
    const char *path;
    bool may_make;
    const scep_ra_t *ra;
    const scep_env_t *env;
    uid_t uid; /* the children's */
    gid_t gid;
    apr_pool_t *scratch;
    scep_store_t *store; /* NULL: the password is in a file */
} setup_t;

enum { TRIES = 4 /* other servers may write in between */ };

static scep_status_e write_to_newest(const setup_t *s,
                                     const scep_master_t *master, int replace,
                                     scep_result_t *res)
{
    const scep_keypair_t *newest =
        APR_ARRAY_IDX(s->ra->pairs, 0, const scep_keypair_t *);

    return scep_master_write(s->path, newest->cert, master, s->uid, s->gid,
                             replace, s->scratch, res);
}

static scep_status_e invent(const setup_t *s, scep_master_t *master,
                            scep_result_t *res)
{
    *master =
        (scep_master_t){scep_password_new(s->scratch, NEW_LENGTH), NULL, 0};
    return master->password != NULL
               ? SCEP_OK
               : scep_fail(res, SCEP_R_INTERNAL,
                           "no random master password could be made");
}

static scep_status_e create(const setup_t *s, scep_result_t *res)
{
    scep_master_t master;
    scep_status_e status = invent(s, &master, res);

    if (status != SCEP_OK) {
        return status;
    }
    status = write_to_newest(s, &master, 0, res);
    if (status == SCEP_OK) {
        scep_log(s->env, SCEP_LOG_NOTICE,
                 SCEPLOGNO(0017) "made a new master password in %s", s->path);
    }
    return status;
}

/* An older pair opened it. Encrypt it to the newest, because older pairs are
 * removed from the configuration one day. */
static scep_status_e renew(const setup_t *s, const scep_master_t *master,
                           scep_result_t *res)
{
    scep_status_e status = write_to_newest(s, master, 1, res);

    if (status == SCEP_OK) {
        scep_log(s->env, SCEP_LOG_NOTICE,
                 SCEPLOGNO(0018) "encrypted the master password in %s to the "
                                 "newest RA certificate",
                 s->path);
    }
    return status;
}

static const apr_array_header_t *newest_of(const setup_t *s)
{
    apr_array_header_t *newest = apr_array_make(s->scratch, 1, sizeof(void *));

    APR_ARRAY_PUSH(newest, const scep_keypair_t *) =
        APR_ARRAY_IDX(s->ra->pairs, 0, const scep_keypair_t *);
    return newest;
}

/* A new password would lock out all devices that have the old one. */
static scep_status_e lost(const setup_t *s, scep_result_t *res)
{
    return scep_fail(res, SCEP_R_SETUP,
                     "the master password file %s is gone; restore it from a "
                     "backup, or make a new password, which all devices must "
                     "then be given, by `scepctl master rotate'",
                     s->path);
}

static scep_status_e check(const setup_t *s, scep_result_t *res)
{
    scep_master_t *master;
    scep_status_e status = scep_master_read(s->path, newest_of(s), s->uid,
                                            s->scratch, &master, res);

    if (status == SCEP_NOT_FOUND) {
        return s->may_make ? create(s, res) : lost(s, res);
    }
    if (status != SCEP_OK) {
        status = scep_master_read(s->path, s->ra->pairs, s->uid, s->scratch,
                                  &master, res);
        if (status == SCEP_OK) {
            status = renew(s, master, res);
        }
    }
    return status;
}

scep_status_e scep_master_setup(const char *path, const scep_ra_t *ra,
                                bool may_make, const scep_env_t *env,
                                apr_pool_t *pool, scep_master_view_t **view,
                                scep_result_t *res)
{
    setup_t s = {.path = path, .may_make = may_make, .ra = ra, .env = env};
    scep_status_e status;

    scep_os_child(&s.uid, &s.gid);
    apr_pool_create(&s.scratch, pool);
    status = check(&s, res);
    apr_pool_destroy(s.scratch); /* wipes the password */
    if (status != SCEP_OK) {
        return status;
    }
    return scep_master_view_make(path, ra->pairs, s.uid, pool, view, res);
}

/* --- in a shared database ------------------------------------------------- */

static scep_status_e put(const setup_t *s, apr_int64_t version,
                         const scep_master_t *master, bool *stored,
                         scep_result_t *res)
{
    const scep_keypair_t *newest =
        APR_ARRAY_IDX(s->ra->pairs, 0, const scep_keypair_t *);

    return scep_master_document_write(s->store, s->path, version, newest->cert,
                                      master, scep_env_now(s->env), s->scratch,
                                      stored, res);
}

/* For the first server of this database. */
static scep_status_e put_first(const setup_t *s, bool *stored,
                               scep_result_t *res)
{
    scep_master_t made, *master = &made;
    scep_status_e status = scep_master_read(s->path, s->ra->pairs, s->uid,
                                            s->scratch, &master, res);
    bool from_file = status == SCEP_OK;

    if (status == SCEP_NOT_FOUND) {
        scep_result_init(res, res->pool);
        master = &made;
        status = invent(s, master, res);
    }
    if (status == SCEP_OK) {
        status = put(s, 0, master, stored, res);
    }
    if (status == SCEP_OK && *stored) {
        scep_log(s->env, SCEP_LOG_NOTICE,
                 SCEPLOGNO(0020) "%s master password is in database %s now, "
                                 "where `scepctl master --database' shows and "
                                 "changes it",
                 from_file ? "the" : "a new", scep_store_name(s->store));
    }
    return status;
}

static scep_status_e put_renewed(const setup_t *s, bool *stored,
                                 scep_result_t *res)
{
    scep_master_found_t found;
    scep_status_e status;

    scep_result_init(res, res->pool);
    status = scep_master_document_read(s->store, s->path, s->ra->pairs,
                                       s->scratch, &found, res);
    if (status == SCEP_OK) {
        status = put(s, found.version, found.master, stored, res);
    }
    if (status == SCEP_OK && *stored) {
        scep_log(s->env, SCEP_LOG_NOTICE,
                 SCEPLOGNO(0021) "encrypted the master password in database "
                                 "%s to the newest RA certificate",
                 scep_store_name(s->store));
    }
    return status;
}

static scep_status_e check_document(const setup_t *s, scep_result_t *res)
{
    scep_master_found_t found;
    scep_status_e status;
    bool done = false;
    int i;

    for (i = 0; i < TRIES && !done; i++) {
        status = scep_master_document_read(s->store, s->path, newest_of(s),
                                           s->scratch, &found, res);
        if (status == SCEP_OK || status == SCEP_UNAVAILABLE) {
            return status;
        }
        status = status == SCEP_NOT_FOUND ? put_first(s, &done, res)
                                          : put_renewed(s, &done, res);
        if (status != SCEP_OK) {
            return status;
        }
    }
    return done ? SCEP_OK
                : scep_fail(res, SCEP_R_SETUP,
                            "other servers keep changing the master password "
                            "in database %s",
                            scep_store_name(s->store));
}

/* Somebody who changes the file would wonder why nothing happens. */
static void warn_of_file(const setup_t *s)
{
    struct stat st;

    if (lstat(s->path, &st) == 0) {
        scep_log(s->env, SCEP_LOG_WARNING,
                 SCEPLOGNO(0022) "httpd does not use %s: the master password "
                                 "is in database %s; remove the file",
                 s->path, scep_store_name(s->store));
    }
}

scep_status_e scep_master_setup_shared(const scep_service_t *service,
                                       const scep_store_config_t *config,
                                       const char *path, const scep_env_t *env,
                                       apr_pool_t *pool,
                                       scep_master_view_t **view,
                                       scep_result_t *res)
{
    setup_t s = {.path = path, .ra = service->ra, .env = env};
    const char *name = NULL;
    scep_status_e status;

    scep_os_child(&s.uid, &s.gid);
    apr_pool_create(&s.scratch, pool);
    status = scep_store_open(config, env, s.scratch, &s.store, res);
    if (status == SCEP_OK) {
        name = apr_pstrdup(pool, scep_store_name(s.store));
        status = check_document(&s, res);
    }
    if (status == SCEP_OK) {
        warn_of_file(&s);
    }
    apr_pool_destroy(s.scratch); /* wipes the password, closes the store */
    return status == SCEP_OK
               ? scep_master_document_view(service, path, name, pool, view, res)
               : status;
}

/* ---- tried by a test ---- */

/* A CA with a master password: where it is kept, and which pairs can open
 * it. */
typedef struct user_t {
    const char *place;
    const char *who;
    const char *at;      /* file:line of the directive that sets its place, or
                          * its RA */
    scep_certs_t *certs; /* newest first; it is encrypted to the newest */
} user_t;

struct scep_master_check_t {
    apr_pool_t *pool;
    apr_array_header_t *users; /* user_t */
};

scep_master_check_t *scep_master_check_make(apr_pool_t *pool)
{
    scep_master_check_t *check = apr_palloc(pool, sizeof(*check));

    check->pool = pool;
    check->users = apr_array_make(pool, 4, sizeof(user_t));
    return check;
}

/* ---- one place, two RAs ---- */

/* Where the master password is kept: the file, or a database and a document in
 * it with the name of the file. */
static const char *place_of(const scep_server_config_t *conf, apr_pool_t *pool)
{
    const char *path = scep_config_master_file(conf, pool);

    if (!scep_config_shares_database(conf)) {
        return path;
    }
    return apr_pstrcat(pool, conf->db_driver, "\n",
                       scep_config_database(conf, pool), "\n",
                       scep_master_document_name(path), NULL);
}

static bool opens(const user_t *user, const user_t *other)
{
    X509 *newest = sk_X509_value(other->certs, 0);
    int i;

    for (i = 0; i < sk_X509_num(user->certs); i++) {
        if (X509_cmp(sk_X509_value(user->certs, i), newest) == 0) {
            return true;
        }
    }
    return false;
}

static scep_status_e compare(const scep_master_check_t *check,
                             const user_t *user, const char *path,
                             scep_result_t *res)
{
    int i;

    for (i = 0; i < check->users->nelts; i++) {
        const user_t *other = &APR_ARRAY_IDX(check->users, i, user_t);

        if (strcmp(other->place, user->place) == 0 &&
            (!opens(user, other) || !opens(other, user))) {
            res->place = user->at;
            return scep_fail(
                res, SCEP_R_SETUP,
                "ScepMasterPasswordFile %s is also that of %s, which has "
                "another RA: neither RA can read what is encrypted to the "
                "other; give this CA a ScepMasterPasswordFile of its own",
                path, other->who);
        }
    }
    return SCEP_OK;
}

static scep_status_e take_server(scep_master_check_t *check,
                                 const server_rec *s,
                                 const scep_server_config_t *conf,
                                 const scep_ra_t *ra, scep_result_t *res)
{
    apr_pool_t *pool = check->pool;
    const char *where = scep_place_server(s, pool);
    user_t user = {
        .place = place_of(conf, pool),
        .who = conf->ca_name != NULL ? apr_psprintf(pool, "<ScepCA %s> of %s",
                                                    conf->ca_name, where)
                                     : where,
        .at = scep_places_find(conf->places, "ScepMasterPasswordFile or "
                                             "ScepRACertificateFile or "
                                             "ScepRADirectory or "
                                             "ScepCACertificateFile"),
        .certs = scep_x509s_own(pool, sk_X509_new_null())};
    int i;

    for (i = 0; i < ra->pairs->nelts; i++) {
        if (X509_add_cert(
                user.certs,
                APR_ARRAY_IDX(ra->pairs, i, const scep_keypair_t *)->cert,
                X509_ADD_FLAG_UP_REF) != 1) {
            return scep_fail(res, SCEP_R_INTERNAL, "no memory");
        }
    }
    if (i == 0) {
        return SCEP_OK; /* the CA's own pair, whose passphrase is not known */
    }
    APR_ARRAY_PUSH(check->users, user_t) = user;
    return compare(check, &user, scep_config_master_file(conf, pool), res);
}

/* ---- the file ---- */

/* Start-up makes the state directory. Another directory may be visible to its
 * owner only. */
static scep_status_e check_directory(const scep_server_config_t *conf,
                                     const char *path, apr_pool_t *pool,
                                     scep_result_t *res)
{
    const char *slash = strrchr(path, '/');
    const char *dir = apr_pstrmemdup(pool, path, (apr_size_t)(slash - path));
    struct stat st;

    if (strcmp(dir, conf->state_dir) == 0 ||
        stat(apr_pstrcat(pool, dir, "/", NULL), &st) == 0 || errno == EACCES) {
        return SCEP_OK;
    }
    return scep_fail(res, SCEP_R_SETUP,
                     "ScepMasterPasswordFile %s: there is no directory %s; "
                     "make it, and give it to httpd's user",
                     path, dir);
}

static bool all_known(const scep_ra_t *ra)
{
    int i;

    for (i = 0; i < ra->pairs->nelts; i++) {
        if (APR_ARRAY_IDX(ra->pairs, i, const scep_keypair_t *)->key == NULL) {
            return false;
        }
    }
    return ra->pairs->nelts > 0;
}

static scep_status_e check_file(const scep_server_config_t *conf,
                                const scep_ra_t *ra, apr_pool_t *pool,
                                scep_result_t *res)
{
    const char *path = scep_config_master_file(conf, pool);
    scep_master_t *master;
    scep_status_e status;
    uid_t uid;
    gid_t gid;

    if (!all_known(ra) || (access(path, R_OK) != 0 && errno == EACCES)) {
        return SCEP_OK;
    }
    scep_os_child(&uid, &gid);
    status = scep_master_read(path, ra->pairs, uid, pool, &master, res);
    if (status == SCEP_NOT_FOUND) {
        scep_result_init(res, res->pool);
        return check_directory(conf, path, pool, res);
    }
    if (status != SCEP_OK) {
        res->detail = apr_pstrcat(
            res->pool, "ScepMasterPasswordFile: ", res->detail, NULL);
    }
    return status;
}

scep_status_e scep_master_check(scep_master_check_t *check, const server_rec *s,
                                const scep_server_config_t *conf,
                                const scep_ra_t *ra, apr_pool_t *pool,
                                scep_result_t *res)
{
    scep_status_e status = take_server(check, s, conf, ra, res);

    return status == SCEP_OK && !scep_config_shares_database(conf)
               ? check_file(conf, ra, pool, res)
               : status;
}
