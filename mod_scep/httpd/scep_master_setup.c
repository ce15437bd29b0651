/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_master_setup.c: the master password file at start. (httpd layer)
 */
#include "scep_master_setup.h"

#include "scep_os.h"
#include "scep_password.h"

enum { NEW_LENGTH = 16 /* octets: 32 hex digits, as NDES's single password */ };

typedef struct setup_t {
    const char *path;
    const scep_ra_t *ra;
    const scep_env_t *env;
    uid_t uid; /* the children's */
    gid_t gid;
    apr_pool_t *scratch;
} setup_t;

static scep_status_e write_to_newest(const setup_t *s,
                                     const scep_master_t *master, int replace,
                                     scep_result_t *res)
{
    const scep_keypair_t *newest =
        APR_ARRAY_IDX(s->ra->pairs, 0, const scep_keypair_t *);

    return scep_master_write(s->path, newest->cert, master, s->uid, s->gid,
                             replace, s->scratch, res);
}

static scep_status_e create(const setup_t *s, scep_result_t *res)
{
    scep_master_t master = {scep_password_new(s->scratch, NEW_LENGTH), NULL, 0};
    scep_status_e status;

    if (master.password == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL,
                         "no random master password could be made");
    }
    status = write_to_newest(s, &master, 0, res);
    if (status == SCEP_OK) {
        scep_log(s->env, SCEP_LOG_NOTICE,
                 SCEPLOGNO(0017) "made a new master password in %s", s->path);
    }
    return status;
}

/* An older pair opened it: from now on the newest must be enough, as older
 * ones are taken out of the configuration one day. */
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

static scep_status_e check(const setup_t *s, scep_result_t *res)
{
    apr_array_header_t *newest = apr_array_make(s->scratch, 1, sizeof(void *));
    scep_master_t *master;
    scep_status_e status;

    APR_ARRAY_PUSH(newest, const scep_keypair_t *) =
        APR_ARRAY_IDX(s->ra->pairs, 0, const scep_keypair_t *);
    status =
        scep_master_read(s->path, newest, s->uid, s->scratch, &master, res);
    if (status == SCEP_NOT_FOUND) {
        return create(s, res);
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
                                const scep_env_t *env, apr_pool_t *pool,
                                scep_master_view_t **view, scep_result_t *res)
{
    setup_t s = {path, ra, env, 0, 0, NULL};
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
