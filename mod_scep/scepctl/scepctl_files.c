/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_files.c: which files `scepctl init` makes, and making them. Keys lie
 * where only root (or who runs this) can write; the state directory is the
 * one place that belongs to httpd's children. (scepctl)
 */
#include "scepctl_init.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "scep_file.h"
#include "scep_state_files.h"

enum { CONF_MODE = 0755, STATE_MODE = 0700, KEY_MODE = 0600, CERT_MODE = 0644 };

static void plan(scepctl_file_t *file, const char *dir, const char *name,
                 mode_t mode, apr_pool_t *pool)
{
    file->path = apr_pstrcat(pool, dir, "/", name, NULL);
    file->mode = mode;
}

void scepctl_files_plan(const scepctl_wish_t *wish, apr_pool_t *pool,
                        scepctl_file_t files[SCEPCTL_FILES])
{
    const char *dir = wish->conf_dir;

    memset(files, 0, SCEPCTL_FILES * sizeof(*files));
    if (wish->with_root) {
        plan(&files[SCEPCTL_ROOT_KEY], dir, "root.key", KEY_MODE, pool);
        plan(&files[SCEPCTL_ROOT_CERT], dir, "root.crt", CERT_MODE, pool);
        plan(&files[SCEPCTL_CHAIN], dir, "ca-chain.crt", CERT_MODE, pool);
    }
    plan(&files[SCEPCTL_CA_KEY], dir, "ca.key", KEY_MODE, pool);
    plan(&files[SCEPCTL_CA_CERT], dir, "ca.crt", CERT_MODE, pool);
    plan(&files[SCEPCTL_RA_KEY], dir, wish->split_ra ? "ra-sign.key" : "ra.key",
         KEY_MODE, pool);
    plan(&files[SCEPCTL_RA_CERT], dir,
         wish->split_ra ? "ra-sign.crt" : "ra.crt", CERT_MODE, pool);
    if (wish->split_ra) {
        plan(&files[SCEPCTL_RA2_KEY], dir, "ra-encrypt.key", KEY_MODE, pool);
        plan(&files[SCEPCTL_RA2_CERT], dir, "ra-encrypt.crt", CERT_MODE, pool);
    }
    plan(&files[SCEPCTL_CHALLENGE_KEY], wish->state_dir, SCEP_STATE_KEY,
         KEY_MODE, pool);
    plan(&files[SCEPCTL_FIRST_START], wish->state_dir, SCEP_STATE_FIRST_START,
         KEY_MODE, pool);
    plan(&files[SCEPCTL_STATE_DIRECTORY], dir, SCEP_STATE_DIRECTORY, CERT_MODE,
         pool);
}

static const char *parent_of(const char *path, apr_pool_t *pool)
{
    const char *slash = strrchr(path, '/');

    return slash == path ? "/"
                         : apr_pstrmemdup(pool, path, (size_t)(slash - path));
}

static scepctl_exit_e check_new(scepctl_t *ctl, const char *path)
{
    const char *parent = parent_of(path, ctl->pool);

    if (access(parent, W_OK | X_OK) != 0) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0500) "cannot make %s: %s: %s; run this "
                                             "as root, or give --dir",
                             path, parent, strerror(errno));
    }
    return SCEPCTL_OK;
}

static scepctl_exit_e check_conf_dir(scepctl_t *ctl, const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0) {
        return check_new(ctl, path);
    }
    if (!S_ISDIR(st.st_mode)) {
        return scepctl_error(ctl, SCEPLOGNO(0501) "%s is not a directory",
                             path);
    }
    if (scepctl_check_private(ctl, SCEPLOGNO(0502), path, &st, CONF_MODE,
                              "--conf-dir") != SCEPCTL_OK) {
        return SCEPCTL_FAILED;
    }
    if (access(path, W_OK | X_OK) != 0) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0503) "cannot write in %s: %s; run "
                                             "this as root, or give --dir",
                             path, strerror(errno));
    }
    return SCEPCTL_OK;
}

/* It will be given to httpd's user, so it must not be a directory that has
 * another purpose (/tmp, /var/lib). */
static scepctl_exit_e check_state_dir(scepctl_t *ctl,
                                      const scepctl_wish_t *wish)
{
    const char *path = wish->state_dir;
    struct stat st;

    if (strcmp(path, wish->conf_dir) == 0) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0504) "--state-dir and --conf-dir must "
                                             "differ: httpd's children may "
                                             "write in the first, and must "
                                             "not in the second");
    }
    if (lstat(path, &st) != 0) {
        /* below a directory that is about to be made */
        return strcmp(parent_of(path, ctl->pool), wish->conf_dir) == 0
                   ? SCEPCTL_OK
                   : check_new(ctl, path);
    }
    if (!S_ISDIR(st.st_mode) || !scepctl_is_empty(path)) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0505) "%s exists and is not an empty "
                                             "directory: name another "
                                             "--state-dir",
                             path);
    }
    return SCEPCTL_OK;
}

scepctl_exit_e scepctl_files_check(scepctl_t *ctl, const scepctl_wish_t *wish,
                                   const scepctl_file_t files[SCEPCTL_FILES])
{
    scepctl_exit_e status;
    struct stat st;
    int i;

    for (i = 0; i < SCEPCTL_FILES; i++) {
        if (files[i].path != NULL && lstat(files[i].path, &st) == 0) {
            return scepctl_error(ctl,
                                 SCEPLOGNO(0506) "%s exists already, and "
                                                 "nothing is overwritten: "
                                                 "remove it, or name other "
                                                 "directories",
                                 files[i].path);
        }
    }
    status = check_conf_dir(ctl, wish->conf_dir);
    return status != SCEPCTL_OK ? status : check_state_dir(ctl, wish);
}

/* Take back what was written, so that a second run can succeed. */
static void undo(const scepctl_file_t files[SCEPCTL_FILES], int count)
{
    while (count-- > 0) {
        if (files[count].path != NULL) {
            unlink(files[count].path);
        }
    }
}

scepctl_exit_e scepctl_files_write(scepctl_t *ctl, const scepctl_wish_t *wish,
                                   const scepctl_file_t files[SCEPCTL_FILES])
{
    const uid_t keep_uid = (uid_t)-1;
    const gid_t keep_gid = (gid_t)-1;
    scep_status_e status = SCEP_OK;
    struct stat st;
    int i;

    if (stat(wish->conf_dir, &st) != 0) {
        status = scep_dir_make(wish->conf_dir, CONF_MODE, keep_uid, keep_gid,
                               ctl->pool, &ctl->res);
    }
    if (status == SCEP_OK) {
        status = scep_dir_make(wish->state_dir, STATE_MODE, wish->owner.uid,
                               wish->owner.gid, ctl->pool, &ctl->res);
    }
    for (i = 0; status == SCEP_OK && i < SCEPCTL_FILES; i++) {
        if (files[i].path != NULL) {
            status =
                scep_file_write(files[i].path, files[i].data, files[i].mode,
                                keep_uid, keep_gid, 0, ctl->pool, &ctl->res);
        }
        if (status != SCEP_OK) {
            undo(files, i);
        }
    }
    return status == SCEP_OK ? SCEPCTL_OK : scepctl_fail(ctl);
}
