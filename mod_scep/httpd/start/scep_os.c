/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_os.c: owners and modes, and the files that start-up makes in the state
 * directory. (httpd layer)
 */
#include "scep_os.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <apr_file_info.h>
#include <apr_strings.h>

#include <httpd.h>
#include <ap_mpm.h>
#include <http_log.h>
#include <unixd.h>

#include "scep_crypto.h"
#include "scep_file.h"
#include "scep_password.h"
#include "scep_state_files.h"

APLOG_USE_MODULE(scep);

#define KEY_FILE SCEP_STATE_KEY

enum { STATE_MODE = 0700, ALL_MODES = 07777 };

bool scep_os_hide_memory(void)
{
#ifdef __linux__
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
#else
    return true;
#endif
}

void scep_os_child(uid_t *uid, gid_t *gid)
{
    bool root = geteuid() == 0;

    *uid = root ? ap_unixd_config.user_id : (uid_t)-1;
    *gid = root ? ap_unixd_config.group_id : (gid_t)-1;
}

static void warn_of_open_key(server_rec *s, const char *source)
{
    const char *path = source != NULL ? scep_source_path(source) : NULL;
    struct stat st;

    if (path != NULL && stat(path, &st) == 0 && (st.st_mode & S_IROTH) != 0) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     SCEPLOGNO(0061) "the private key %s can be read by every "
                                     "user of this machine (mode %03o); where "
                                     "it is a mounted secret, mount it with "
                                     "mode 0400 or 0440",
                     path, (unsigned int)st.st_mode & 0777);
    }
}

void scep_os_warn_of_open_keys(server_rec *s, const scep_server_config_t *conf)
{
    int i;

    warn_of_open_key(s, conf->ca_key);
    warn_of_open_key(s, conf->next_key);
    for (i = 0; conf->ra_keys != NULL && i < conf->ra_keys->nelts; i++) {
        warn_of_open_key(s, APR_ARRAY_IDX(conf->ra_keys, i, const char *));
    }
}

static bool is_empty(const char *path, apr_pool_t *pool)
{
    apr_dir_t *dir;
    apr_finfo_t info;
    bool empty = true;

    if (apr_dir_open(&dir, path, pool) != APR_SUCCESS) {
        return false;
    }
    while (empty && apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        empty = strcmp(info.name, ".") == 0 || strcmp(info.name, "..") == 0;
    }
    apr_dir_close(dir);
    return empty;
}

static bool is_ours(const char *path, const char *database, apr_pool_t *pool)
{
    size_t len = strlen(path);
    struct stat st;

    if (lstat(apr_pstrcat(pool, path, "/" KEY_FILE, NULL), &st) == 0) {
        return true;
    }
    return strncmp(database, path, len) == 0 && database[len] == '/' &&
           lstat(database, &st) == 0;
}

/* ST is that of the directory PATH, which exists. */
static scep_status_e check_used(const char *path, const char *database,
                                const struct stat *st, apr_pool_t *pool,
                                scep_result_t *res)
{
    uid_t uid;
    gid_t gid;

    scep_os_child(&uid, &gid);
    if (is_empty(path, pool)) {
        return SCEP_OK;
    }
    /* When root restores a backup, the directory belongs to root. */
    if (st->st_uid != (uid != (uid_t)-1 ? uid : geteuid()) &&
        (st->st_uid != 0 || !is_ours(path, database, pool))) {
        return scep_fail(res, SCEP_R_SETUP,
                         "ScepStateDir %s belongs to uid %lu and is not "
                         "empty; give it to httpd's user (chown), or name "
                         "another directory",
                         path, (unsigned long)st->st_uid);
    }
    if ((st->st_mode & ALL_MODES) != STATE_MODE &&
        !is_ours(path, database, pool)) {
        return scep_fail(
            res, SCEP_R_SETUP,
            "ScepStateDir %s has mode %o and holds other files, which only "
            "httpd's user could then read; if you want that, set the mode to "
            "700 (chmod), otherwise name another directory",
            path, (unsigned int)st->st_mode & ALL_MODES);
    }
    return SCEP_OK;
}

scep_status_e scep_os_state_dir_check(const char *path, const char *database,
                                      apr_pool_t *pool, scep_result_t *res)
{
    const char *parent = ap_make_dirstr_parent(pool, path);
    struct stat st;

    if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        /* Only root can find out whether another user's directory is
         * httpd's. */
        return geteuid() == 0 || st.st_uid == geteuid()
                   ? check_used(path, database, &st, pool, res)
                   : SCEP_OK;
    }
    if (lstat(path, &st) == 0) {
        return scep_fail(
            res, SCEP_R_SETUP, "ScepStateDir %s is no directory%s", path,
            S_ISLNK(st.st_mode) ? " but a symbolic link: name what it points to"
                                : "");
    }
    if (errno == EACCES || stat(parent, &st) == 0) {
        return SCEP_OK; /* only its owner can see it, or it is made at start */
    }
    return scep_fail(res, SCEP_R_SETUP,
                     "ScepStateDir %s cannot be made: there is no %s; make "
                     "it, or name another directory",
                     path, parent);
}

scep_status_e scep_os_state_dir_make(const char *path, const char *database,
                                     apr_pool_t *pool, scep_result_t *res)
{
    struct stat st;
    uid_t uid;
    gid_t gid;

    if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        if (geteuid() != 0 && st.st_uid != geteuid()) {
            return scep_fail(
                res, SCEP_R_SETUP,
                "ScepStateDir %s belongs to uid %lu, and this server runs as "
                "uid %lu: it cannot close that directory to others; name one "
                "below it that the server makes itself, such as %s/scep, or "
                "chown it to uid %lu",
                path, (unsigned long)st.st_uid, (unsigned long)geteuid(), path,
                (unsigned long)geteuid());
        }
        if (check_used(path, database, &st, pool, res) != SCEP_OK) {
            return res->status;
        }
    }
    scep_os_child(&uid, &gid);
    return scep_dir_make(path, STATE_MODE, uid, gid, pool, res);
}

static scep_status_e make_key(const char *path, apr_pool_t *pool,
                              scep_result_t *res)
{
    unsigned char key[SCEP_PASSWORD_KEY_SIZE];
    scep_octets_t octets = {key, sizeof(key)};
    scep_status_e status;

    if (!scep_random(key, sizeof(key), true)) {
        return scep_fail(res, SCEP_R_INTERNAL, "no random octets");
    }
    status =
        scep_file_write(path, octets, 0600, (uid_t)-1, (gid_t)-1, 0, pool, res);
    scep_wipe(key, sizeof(key));
    return status;
}

static scep_status_e read_key(const char *path, apr_pool_t *pool,
                              scep_octets_t *key, scep_result_t *res)
{
    scep_status_e status;
    uid_t uid;
    gid_t gid;

    /* The children own the directory, so they could replace the key in any
     * case. */
    scep_os_child(&uid, &gid);
    status = scep_file_read_owned(path, uid, 4096, pool, key, res);

    if (status == SCEP_OK && key->len != SCEP_PASSWORD_KEY_SIZE) {
        return scep_fail(res, SCEP_R_SETUP,
                         "%s has %lu octets instead of %d; restore it from "
                         "a backup, or remove it (passwords that were drawn "
                         "then are void)",
                         path, (unsigned long)key->len, SCEP_PASSWORD_KEY_SIZE);
    }
    return status;
}

scep_status_e scep_os_password_key_check(const char *state_dir,
                                         apr_pool_t *pool, scep_result_t *res)
{
    const char *path = apr_pstrcat(pool, state_dir, "/" KEY_FILE, NULL);
    scep_octets_t key;
    struct stat st;

    if (lstat(path, &st) != 0 ||
        (geteuid() != 0 && access(path, R_OK) != 0 && errno == EACCES)) {
        return SCEP_OK; /* made at start, or only its owner can see it */
    }
    if (read_key(path, pool, &key, res) != SCEP_OK) {
        res->detail =
            apr_pstrcat(res->pool, "ScepStateDir: ", res->detail, NULL);
    }
    return res->status;
}

scep_status_e scep_os_password_key(const char *state_dir, bool may_make,
                                   apr_pool_t *pool, scep_octets_t *key,
                                   scep_result_t *res)
{
    const char *path = apr_pstrcat(pool, state_dir, "/" KEY_FILE, NULL);
    scep_status_e status = read_key(path, pool, key, res);

    if (status == SCEP_NOT_FOUND && may_make) {
        scep_result_init(res, res->pool);
        status = make_key(path, pool, res);
        if (status == SCEP_OK || status == SCEP_REFUSED) {
            /* refused: another server has made it in between */
            status = read_key(path, pool, key, res);
        }
    }
    return status;
}

int scep_os_workers(void)
{
    int processes = 0, threads = 0;

    ap_mpm_query(AP_MPMQ_MAX_DAEMONS, &processes);
    ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
    return processes * (threads > 0 ? threads : 1);
}
