/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_sqlite_file.c: the database's files and their owners. Uses POSIX,
 * because APR has neither O_NOFOLLOW nor owners. (store layer)
 *
 * The parent does this as root, in a directory where the children may rename
 * and create files. So it trusts no name, only opened descriptors.
 */
#include "scep_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

static const char *const journals[] = {"-wal", "-shm", "-journal"};

enum {
    DATABASE_MODE = 0600,
    JOURNALS = sizeof(journals) / sizeof(journals[0])
};

char *scep_sqlite_canonical(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    size_t dir_len = (size_t)(name - path);
    size_t size = dir_len + 2;
    char *dir = malloc(size);
    char *real = NULL, *whole = NULL;

    if (dir == NULL) {
        return NULL;
    }
    memcpy(dir, path, dir_len);
    memcpy(dir + dir_len, ".", 2);
    real = realpath(dir, NULL);
    free(dir);
    if (real == NULL) {
        return NULL;
    }
    size = strlen(real) + strlen(name) + 2;
    whole = malloc(size);
    if (whole != NULL) {
        apr_snprintf(whole, size, "%s/%s", strcmp(real, "/") == 0 ? "" : real,
                     name);
    }
    free(real);
    return whole;
}

int scep_sqlite_identify(const char *path, scep_sql_file_t *file)
{
    struct stat st;

    if (lstat(path, &st) != 0) {
        return errno;
    }
    file->device = (apr_uint64_t)st.st_dev;
    file->inode = (apr_uint64_t)st.st_ino;
    return 0;
}

static scep_status_e fail(scep_result_t *res, const char *what,
                          const char *path, int err)
{
    char text[128];

    return scep_fail(res, SCEP_R_SETUP, "cannot %s database %s: %s", what, path,
                     apr_strerror(APR_FROM_OS_ERROR(err), text, sizeof(text)));
}

/* The owner may be root, who is about to give the file away, UID, or this
 * process's user. If root leaves the owner as it is, any owner will do. */
static bool owner_fits(const struct stat *st, uid_t uid)
{
    if (uid == (uid_t)-1 && geteuid() == 0) {
        return true;
    }
    return st->st_uid == 0 || st->st_uid == geteuid() || st->st_uid == uid;
}

static scep_status_e check(const char *path, const struct stat *st, uid_t uid,
                           scep_result_t *res)
{
    if (S_ISLNK(st->st_mode)) {
        return scep_fail(res, SCEP_R_SETUP,
                         "database %s is a symbolic link; name the file itself",
                         path);
    }
    if (!S_ISREG(st->st_mode)) {
        return scep_fail(res, SCEP_R_SETUP, "database %s is not a regular file",
                         path);
    }
    if (st->st_nlink != 1) {
        return scep_fail(res, SCEP_R_SETUP,
                         "database %s has further names (hard links); remove "
                         "them or copy the file",
                         path);
    }
    if (!owner_fits(st, uid)) {
        return scep_fail(res, SCEP_R_SETUP,
                         "database %s belongs to uid %lu; chown it to the "
                         "server's user",
                         path, (unsigned long)st->st_uid);
    }
    return SCEP_OK;
}

static bool is_given(const struct stat *st, uid_t uid, gid_t gid)
{
    return (uid == (uid_t)-1 || st->st_uid == uid) &&
           (gid == (gid_t)-1 || st->st_gid == gid) &&
           (st->st_mode & 07777) == DATABASE_MODE;
}

/* The file that lstat() saw may have been replaced since: check the opened one,
 * and change that. */
static scep_status_e give_opened(int fd, const char *path, uid_t uid, gid_t gid,
                                 scep_result_t *res)
{
    struct stat st;
    scep_status_e status;

    if (fstat(fd, &st) != 0) {
        return fail(res, "look at", path, errno);
    }
    status = check(path, &st, uid, res);
    if (status != SCEP_OK) {
        return status;
    }
    if (fchmod(fd, DATABASE_MODE) != 0) {
        return fail(res, "chmod", path, errno);
    }
    if ((uid != (uid_t)-1 || gid != (gid_t)-1) && fchown(fd, uid, gid) != 0) {
        return fail(res, "chown", path, errno);
    }
    return SCEP_OK;
}

/* @return SCEP_NOT_FOUND, RES untouched, if there is no such file */
static scep_status_e give(const char *path, uid_t uid, gid_t gid,
                          scep_result_t *res)
{
    struct stat st;
    scep_status_e status;
    int fd;

    if (lstat(path, &st) != 0) {
        return errno == ENOENT ? SCEP_NOT_FOUND
                               : fail(res, "look at", path, errno);
    }
    status = check(path, &st, uid, res);
    if (status != SCEP_OK || is_given(&st, uid, gid)) {
        return status;
    }
    fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? SCEP_NOT_FOUND
                               : fail(res, "open", path, errno);
    }
    status = give_opened(fd, path, uid, gid, res);
    close(fd);
    return status;
}

/* An empty file is an empty database. SQLite syncs the directory when it first
 * writes. Another process may create the file first. */
static scep_status_e create(const char *path, uid_t uid, gid_t gid,
                            scep_result_t *res)
{
    scep_status_e status;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                  DATABASE_MODE);

    if (fd < 0) {
        return errno == EEXIST ? give(path, uid, gid, res)
                               : fail(res, "make", path, errno);
    }
    status = give_opened(fd, path, uid, gid, res);
    close(fd);
    return status;
}

/* --- checked ------------------------------------------------------------ */

/* Check the head of the file. An empty file is an empty database. */
static scep_status_e check_head(const char *path, scep_result_t *res)
{
    static const char magic[16] = "SQLite format 3";
    char head[sizeof(magic)];
    ssize_t got;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0) {
        return SCEP_OK; /* only its owner can */
    }
    got = read(fd, head, sizeof(head));
    close(fd);
    if (got <= 0 || (got == (ssize_t)sizeof(head) &&
                     memcmp(head, magic, sizeof(head)) == 0)) {
        return SCEP_OK;
    }
    return scep_fail(res, SCEP_R_SETUP,
                     "database %s is no SQLite database; restore a backup, or "
                     "name another file",
                     path);
}

static scep_status_e look_at(const char *path, uid_t uid, bool *there,
                             scep_result_t *res)
{
    struct stat st;

    *there = lstat(path, &st) == 0;
    return *there && (geteuid() == 0 || st.st_uid == geteuid())
               ? check(path, &st, uid, res)
               : SCEP_OK;
}

scep_status_e scep_sqlite_look(const char *path, uid_t uid, apr_pool_t *pool,
                               scep_result_t *res)
{
    bool there, journal;
    scep_status_e status = look_at(path, uid, &there, res);
    size_t i;

    for (i = 0; i < JOURNALS && status == SCEP_OK; i++) {
        status = look_at(apr_pstrcat(pool, path, journals[i], NULL), uid,
                         &journal, res);
    }
    return status == SCEP_OK && there ? check_head(path, res) : status;
}

/* --- provided ------------------------------------------------------------- */

scep_status_e scep_sqlite_provide(const char *path, uid_t uid, gid_t gid,
                                  apr_pool_t *pool, scep_result_t *res)
{
    scep_status_e status = give(path, uid, gid, res);
    size_t i;

    if (status == SCEP_NOT_FOUND) {
        status = create(path, uid, gid, res);
    }
    for (i = 0; i < JOURNALS; i++) {
        if (status == SCEP_OK) {
            status =
                give(apr_pstrcat(pool, path, journals[i], NULL), uid, gid, res);
        }
        if (status == SCEP_NOT_FOUND) {
            status = SCEP_OK;
        }
    }
    return status;
}
