/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_state.c: see scep_state.h. (httpd layer) */
#include "scep_state.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "scep_file.h"
#include "scep_in_use.h"
#include "scep_state_files.h"
#include "scep_store.h"

enum { DIRECTORY_FILE_MAX = 4096, MARK_MODE = 0600 };

static const char mark_text[] =
    "The next start of httpd may make what is missing in this directory, and "
    "removes this file.\n";

static const char *in_dir(const char *dir, const char *name, apr_pool_t *pool)
{
    return apr_pstrcat(pool, dir, "/", name, NULL);
}

static bool exists(const char *path)
{
    struct stat st;

    return path != NULL && lstat(path, &st) == 0;
}

static bool has_file_database(const scep_server_config_t *conf)
{
    return !scep_config_shares_database(conf);
}

/* Look for any existing part, not only for those that this configuration uses:
 * an earlier one may have named other files. */
static const char *find_part(const scep_server_config_t *conf, const char *dir,
                             apr_pool_t *pool)
{
    const char *database =
        has_file_database(conf) ? scep_config_database(conf, pool) : NULL;
    const char *const parts[] = {
        in_dir(dir, SCEP_STATE_KEY, pool),
        in_dir(dir, SCEP_STATE_DATABASE, pool),
        in_dir(dir, SCEP_STATE_MASTER, pool),
        in_dir(dir, SCEP_STATE_DATABASE "-wal", pool),
        in_dir(dir, SCEP_IN_USE_FILE, pool),
        scep_config_master_file(conf, pool),
        database,
        database != NULL ? apr_pstrcat(pool, database, "-wal", NULL) : NULL,
        database != NULL ? apr_pstrcat(pool, database, "-journal", NULL) : NULL,
    };
    size_t i;

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (exists(parts[i])) {
            return parts[i];
        }
    }
    return NULL;
}

/* ---- an empty directory that has been used ---- */

/* A note of the process, because the module's memory ends at a restart. */
static const char *used_name(const char *dir, apr_pool_t *pool)
{
    return apr_pstrcat(pool, "mod_scep used ", dir, NULL);
}

static bool used_before(const server_rec *s, const char *dir, apr_pool_t *pool)
{
    void *used = NULL;

    apr_pool_userdata_get(&used, used_name(dir, pool), s->process->pool);
    return used != NULL;
}

static void note_used(const server_rec *s, const char *dir, apr_pool_t *pool)
{
    if (!used_before(s, dir, pool)) {
        const char *name = used_name(dir, s->process->pool);

        apr_pool_userdata_setn(name, name, NULL, s->process->pool);
    }
}

/* What `scepctl init` wrote beside the CA's certificate; NULL: nothing. */
static const char *made_by_init(const scep_server_config_t *conf,
                                apr_pool_t *pool)
{
    scep_octets_t text;
    scep_result_t res;
    const char *path;

    if (conf->ca_cert == NULL) {
        return NULL;
    }
    scep_result_init(&res, pool);
    path = apr_pstrcat(pool, ap_make_dirstr_parent(pool, conf->ca_cert),
                       SCEP_STATE_DIRECTORY, NULL);
    if (scep_file_read(path, SCEP_FILE_PUBLIC, DIRECTORY_FILE_MAX, pool, &text,
                       &res) != SCEP_OK) {
        return NULL;
    }
    return apr_pstrmemdup(pool, (const char *)text.data,
                          strcspn((const char *)text.data, "\n"));
}

static scep_status_e refuse_empty(const char *dir, const char *why,
                                  scep_result_t *res)
{
    return scep_fail(res, SCEP_R_SETUP,
                     "ScepStateDir %s holds no state, but %s. Is its file "
                     "system mounted? Else restore a backup (scepctl "
                     "restore), or, to begin anew without the certificates, "
                     "revocations and passwords so far, run `scepctl "
                     "begin-anew --state-dir %s'",
                     dir, why, dir);
}

static scep_status_e check_empty(const server_rec *s,
                                 const scep_server_config_t *conf,
                                 const char *dir, apr_pool_t *pool,
                                 scep_result_t *res)
{
    const char *made = made_by_init(conf, pool);

    if (used_before(s, dir, pool)) {
        return refuse_empty(dir, "this server has used it since its start",
                            res);
    }
    if (made != NULL) {
        return refuse_empty(
            dir,
            apr_psprintf(pool,
                         "%s" SCEP_STATE_DIRECTORY
                         " says that `scepctl init' made it in %s",
                         ap_make_dirstr_parent(pool, conf->ca_cert), made),
            res);
    }
    return SCEP_OK;
}

/* ---- looked at ---- */

scep_status_e scep_state_look(const server_rec *s,
                              const scep_server_config_t *conf,
                              apr_pool_t *pool, scep_state_t *state,
                              scep_result_t *res)
{
    const char *dir = conf->state_dir;
    const char *unfinished = in_dir(dir, SCEP_STATE_UNFINISHED, pool);

    state->dir = dir;
    state->there = find_part(conf, dir, pool);
    state->announced = exists(in_dir(dir, SCEP_STATE_FIRST_START, pool));
    state->first = state->announced || state->there == NULL;
    if (exists(unfinished)) {
        return scep_fail(res, SCEP_R_SETUP,
                         "ScepStateDir %s: a restore was interrupted (%s); "
                         "run `scepctl restore' again",
                         dir, unfinished);
    }
    return state->first && !state->announced
               ? check_empty(s, conf, dir, pool, res)
               : SCEP_OK;
}

scep_status_e scep_state_lost(const scep_state_t *state, scep_result_t *res)
{
    res->detail = apr_psprintf(
        res->pool,
        "%s, but %s exists, and httpd never replaces lost state by something "
        "new. Restore a backup (scepctl restore), or, to begin anew "
        "without the certificates, revocations and passwords that are gone, "
        "run `scepctl begin-anew --state-dir %s'",
        res->detail, state->there != NULL ? state->there : state->dir,
        state->dir);
    res->status = SCEP_BROKEN;
    return res->status;
}

/* A user who may not look finds nothing, which does not mean a loss. */
static bool may_look(const char *dir)
{
    return access(dir, X_OK) == 0;
}

scep_status_e scep_state_check(const server_rec *s,
                               const scep_server_config_t *conf,
                               apr_pool_t *pool, scep_result_t *res)
{
    const char *dir = conf->state_dir;
    const char *key = in_dir(dir, SCEP_STATE_KEY, pool);
    const char *database = scep_config_database(conf, pool);
    scep_state_t state;

    if (!may_look(dir) && errno == EACCES) {
        return SCEP_OK;
    }
    if (scep_state_look(s, conf, pool, &state, res) != SCEP_OK || state.first) {
        return res->status;
    }
    if (has_file_database(conf) && !exists(database) && errno == ENOENT) {
        scep_fail(res, SCEP_R_SETUP, "database %s is gone", database);
        return scep_state_lost(&state, res);
    }
    if (has_file_database(conf) && !exists(key)) {
        scep_fail(res, SCEP_R_SETUP, "%s is gone", key);
        return scep_state_lost(&state, res);
    }
    return SCEP_OK;
}

/* ---- a first start ---- */

scep_status_e scep_state_begin(const scep_state_t *state, bool shared,
                               apr_pool_t *pool, scep_result_t *res)
{
    const scep_octets_t text = {(const unsigned char *)mark_text,
                                sizeof(mark_text) - 1};

    if (!state->first || state->announced || shared) {
        return SCEP_OK;
    }
    return scep_file_write(in_dir(state->dir, SCEP_STATE_FIRST_START, pool),
                           text, MARK_MODE, (uid_t)-1, (gid_t)-1, 1, pool, res);
}

void scep_state_made(const server_rec *s, const scep_state_t *state,
                     const scep_env_t *env, apr_pool_t *pool)
{
    const char *mark = in_dir(state->dir, SCEP_STATE_FIRST_START, pool);

    note_used(s, state->dir, pool);
    if (!state->first || (unlink(mark) != 0 && errno == ENOENT)) {
        return;
    }
    if (exists(mark)) {
        scep_log(env, SCEP_LOG_WARNING,
                 SCEPLOGNO(0031) "cannot remove %s; remove it: while it is "
                                 "there a lost database is replaced by an "
                                 "empty one",
                 mark);
    }
    else {
        scep_log(env, SCEP_LOG_NOTICE,
                 SCEPLOGNO(0030) "a new state was made in %s", state->dir);
    }
}
