/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_master_check.c: see scep_master_check.h. (httpd layer)
 */
#include "scep_master_check.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "scep_master_document.h"
#include "scep_os.h"
#include "scep_place.h"

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
