/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_file.c: reads secret files with care, and writes files atomically. Uses
 * POSIX, because APR has neither O_NOFOLLOW nor fsync of a directory. (base
 * layer)
 */
#include "scep_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <apr_strings.h>

/* The end of the name of a file that is being written. */
#define TEMPORARY ".XXXXXX.tmp"

enum { TEMPORARY_SUFFIX = sizeof(".tmp") - 1 };

static const char *errno_text(apr_pool_t *pool, int err)
{
    char *buf = apr_palloc(pool, 128);

    return apr_strerror(APR_FROM_OS_ERROR(err), buf, 128);
}

static scep_status_e os_fail(scep_result_t *res, const char *what,
                             const char *path, int err)
{
    return scep_fail(res, SCEP_R_SETUP, "cannot %s %s: %s", what, path,
                     errno_text(res->pool, err));
}

/* How to correct the owner of a file. */
static const char *owner_cure(uid_t owner, apr_pool_t *pool)
{
    if (owner != 0) {
        return apr_psprintf(pool, "chown it to uid %lu", (unsigned long)owner);
    }
    return geteuid() == 0
               ? "chown it to root"
               : apr_psprintf(pool,
                              "chown it to root or to uid %lu, as which this "
                              "runs, or mount it read-only",
                              (unsigned long)geteuid());
}

static bool is_read_only(int fd)
{
    struct statvfs fs;

    return fstatvfs(fd, &fs) == 0 && (fs.f_flag & ST_RDONLY) != 0;
}

static bool is_secret(scep_file_kind_e kind)
{
    return kind == SCEP_FILE_SECRET || kind == SCEP_FILE_KEY;
}

/* FD is open on PATH. OWNER may own it, too, besides root and this process's
 * user; 0: nobody else. */
static scep_status_e check_secret(int fd, const char *path,
                                  scep_file_kind_e kind, const struct stat *st,
                                  uid_t owner, scep_result_t *res)
{
    mode_t closed = S_IRWXG | S_IRWXO;

    if (kind == SCEP_FILE_KEY && is_read_only(fd)) {
        return SCEP_OK;
    }
    if (st->st_uid != 0 && st->st_uid != geteuid() && st->st_uid != owner) {
        return scep_fail(res, SCEP_R_SETUP, "%s belongs to uid %lu; %s", path,
                         (unsigned long)st->st_uid,
                         owner_cure(owner, res->pool));
    }
    if (kind == SCEP_FILE_KEY && st->st_uid == 0 && geteuid() != 0) {
        closed = S_IWGRP | S_IWOTH;
    }
    if ((st->st_mode & closed) != 0) {
        return scep_fail(res, SCEP_R_SETUP,
                         "%s can be accessed by group or others (mode %03o); "
                         "chmod it to %s",
                         path, (unsigned int)(st->st_mode & 0777),
                         (closed & S_IRGRP) != 0 ? "600" : "440");
    }
    return SCEP_OK;
}

/* For a file in a directory of another user: could that user have written it? A
 * second hard link could be a file that is meant for something else. */
static scep_status_e check_trusted(const char *path, const struct stat *st,
                                   scep_result_t *res)
{
    if (st->st_uid != 0 && st->st_uid != geteuid()) {
        return scep_fail(res, SCEP_R_SETUP,
                         "%s belongs to uid %lu, which uid %lu does not trust",
                         path, (unsigned long)st->st_uid,
                         (unsigned long)geteuid());
    }
    if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return scep_fail(res, SCEP_R_SETUP,
                         "group or others can write in %s (mode %03o)", path,
                         (unsigned int)(st->st_mode & 0777));
    }
    if (st->st_nlink != 1) {
        return scep_fail(res, SCEP_R_SETUP, "%s has a second name (hard link)",
                         path);
    }
    return SCEP_OK;
}

static scep_status_e read_all(int fd, const char *path, unsigned char *buf,
                              size_t size, size_t *got, scep_result_t *res)
{
    size_t len = 0;

    while (len < size) {
        ssize_t n = read(fd, buf + len, size - len);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return os_fail(res, "read", path, errno);
        }
        if (n == 0) {
            break;
        }
        len += (size_t)n;
    }
    *got = len;
    return SCEP_OK;
}

static scep_status_e read_file(const char *path, scep_file_kind_e kind,
                               uid_t owner, size_t max, apr_pool_t *pool,
                               scep_octets_t *out, scep_result_t *res)
{
    int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
    scep_status_e status = SCEP_OK;
    unsigned char *buf;
    struct stat st;
    size_t size, got = 0;
    int fd;

    if (kind != SCEP_FILE_PUBLIC && kind != SCEP_FILE_KEY) {
        flags |= O_NOFOLLOW;
    }
    fd = open(path, flags);
    if (fd < 0) {
        int err = errno;

        if (err == ELOOP) {
            return scep_fail(res, SCEP_R_SETUP,
                             "%s is a symbolic link; name the file itself",
                             path);
        }
        os_fail(res, "open", path, err);
        if (err == ENOENT) {
            res->status = SCEP_NOT_FOUND;
        }
        return res->status;
    }
    if (fstat(fd, &st) != 0) {
        status = os_fail(res, "stat", path, errno);
    }
    else if (!S_ISREG(st.st_mode)) {
        status = scep_fail(res, SCEP_R_SETUP, "%s is not a regular file", path);
    }
    else if (st.st_size < 0 || (size_t)st.st_size > max) {
        status = scep_fail(res, SCEP_R_SETUP, "%s is larger than %lu octets",
                           path, (unsigned long)max);
    }
    else if (is_secret(kind)) {
        status = check_secret(fd, path, kind, &st, owner, res);
    }
    else if (kind == SCEP_FILE_TRUSTED) {
        status = check_trusted(path, &st, res);
    }
    if (status == SCEP_OK) {
        size = (size_t)st.st_size;
        buf = is_secret(kind) ? scep_secret_alloc(pool, size + 1)
                              : apr_pcalloc(pool, size + 1);
        status = read_all(fd, path, buf, size, &got, res);
        out->data = buf;
        out->len = got;
    }
    close(fd);
    return status;
}

scep_status_e scep_file_read(const char *path, scep_file_kind_e kind,
                             size_t max, apr_pool_t *pool, scep_octets_t *out,
                             scep_result_t *res)
{
    return read_file(path, kind, 0, max, pool, out, res);
}

scep_status_e scep_file_read_owned(const char *path, uid_t owner, size_t max,
                                   apr_pool_t *pool, scep_octets_t *out,
                                   scep_result_t *res)
{
    return read_file(path, SCEP_FILE_SECRET, owner, max, pool, out, res);
}

static scep_status_e sync_directory_of(const char *path, scep_result_t *res)
{
    char *dir = apr_pstrdup(res->pool, path);
    char *slash = strrchr(dir, '/');
    scep_status_e status = SCEP_OK;
    int fd;

    if (slash == NULL) {
        dir = apr_pstrdup(res->pool, ".");
    }
    else if (slash == dir) {
        dir[1] = '\0';
    }
    else {
        *slash = '\0';
    }
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return os_fail(res, "open directory", dir, errno);
    }
    if (fsync(fd) != 0) {
        status = os_fail(res, "fsync", dir, errno);
    }
    close(fd);
    return status;
}

static scep_status_e write_all(int fd, const char *path, scep_octets_t data,
                               mode_t mode, uid_t uid, gid_t gid,
                               scep_result_t *res)
{
    size_t done = 0;

    while (done < data.len) {
        ssize_t n = write(fd, data.data + done, data.len - done);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return os_fail(res, "write", path, errno);
        }
        done += (size_t)n;
    }
    if ((uid != (uid_t)-1 || gid != (gid_t)-1) && fchown(fd, uid, gid) != 0) {
        return os_fail(res, "chown", path, errno);
    }
    if (fchmod(fd, mode) != 0) {
        return os_fail(res, "chmod", path, errno);
    }
    if (fsync(fd) != 0) {
        return os_fail(res, "fsync", path, errno);
    }
    return SCEP_OK;
}

/* link() creates: it fails if PATH exists. rename() replaces. */
static scep_status_e move_into_place(const char *temp, const char *path,
                                     int replace, scep_result_t *res)
{
    if (replace) {
        return rename(temp, path) == 0 ? SCEP_OK
                                       : os_fail(res, "rename to", path, errno);
    }
    if (link(temp, path) != 0) {
        int err = errno;

        os_fail(res, "create", path, err);
        if (err == EEXIST) {
            res->status = SCEP_REFUSED;
        }
        return res->status;
    }
    unlink(temp);
    return SCEP_OK;
}

scep_status_e scep_file_write(const char *path, scep_octets_t data, mode_t mode,
                              uid_t uid, gid_t gid, int replace,
                              apr_pool_t *pool, scep_result_t *res)
{
    char *temp = apr_pstrcat(pool, path, TEMPORARY, NULL);
    scep_status_e status;
    int fd = mkostemps(temp, TEMPORARY_SUFFIX, O_CLOEXEC);

    if (fd < 0) {
        return os_fail(res, "create a temporary file beside", path, errno);
    }
    (void)flock(fd, LOCK_EX | LOCK_NB); /* it is being written */
    status = write_all(fd, path, data, mode, uid, gid, res);
    if (status == SCEP_OK) {
        status = move_into_place(temp, path, replace, res);
    }
    if (close(fd) != 0 && status == SCEP_OK) {
        return os_fail(res, "close", path, errno);
    }
    if (status != SCEP_OK) {
        unlink(temp);
        return status;
    }
    return sync_directory_of(path, res);
}

/* Does NAME end like those of mkostemps()? */
static bool is_temporary(const char *name)
{
    size_t len = strlen(name), end = sizeof(TEMPORARY) - 1;

    return len > end && name[len - end] == '.' &&
           strcmp(name + len - TEMPORARY_SUFFIX, ".tmp") == 0;
}

/* A writer that still runs holds the lock. */
static bool remove_abandoned(int dir, const char *name)
{
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    bool removed = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
                   flock(fd, LOCK_EX | LOCK_NB) == 0 &&
                   unlinkat(dir, name, 0) == 0;

    if (fd >= 0) {
        close(fd);
    }
    return removed;
}

int scep_dir_sweep(const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;
    int removed = 0;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (is_temporary(entry->d_name) &&
            remove_abandoned(dirfd(dir), entry->d_name)) {
            removed++;
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return removed;
}

scep_status_e scep_dir_make(const char *path, mode_t mode, uid_t uid, gid_t gid,
                            apr_pool_t *pool, scep_result_t *res)
{
    scep_status_e status = SCEP_OK;
    size_t len = strlen(path);
    int fd;

    /* With a slash at the end, O_NOFOLLOW would follow links. */
    while (len > 1 && path[len - 1] == '/') {
        len--;
    }
    path = apr_pstrmemdup(pool, path, len);
    if (mkdir(path, mode) != 0 && errno != EEXIST) {
        return os_fail(res, "create directory", path, errno);
    }
    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return os_fail(res, "open directory", path, errno);
    }
    if ((uid != (uid_t)-1 || gid != (gid_t)-1) && fchown(fd, uid, gid) != 0) {
        status = os_fail(res, "chown", path, errno);
    }
    else if (fchmod(fd, mode) != 0) {
        status = os_fail(res, "chmod", path, errno);
    }
    close(fd);
    return status;
}

static int descending(const void *a, const void *b)
{
    return strcmp(*(const char *const *)b, *(const char *const *)a);
}

static int read_names(DIR *dir, const char *extension, apr_pool_t *pool,
                      apr_array_header_t *names)
{
    size_t len, end = strlen(extension);
    const struct dirent *entry;

    errno = 0;
    while ((entry = readdir(dir)) != NULL) {
        len = strlen(entry->d_name);
        if (len > end && entry->d_name[0] != '.' &&
            strcmp(entry->d_name + len - end, extension) == 0) {
            APR_ARRAY_PUSH(names, const char *) =
                apr_pstrmemdup(pool, entry->d_name, len - end);
        }
        errno = 0; /* so that the end of the directory differs from a failure */
    }
    return errno;
}

scep_status_e scep_dir_list(const char *path, const char *extension,
                            apr_pool_t *pool, apr_array_header_t **names,
                            scep_result_t *res)
{
    DIR *dir = opendir(path);
    int err = errno;

    *names = apr_array_make(pool, 4, sizeof(const char *));
    if (dir != NULL) {
        err = read_names(dir, extension, pool, *names);
        closedir(dir);
    }
    if (dir == NULL || err != 0) {
        os_fail(res, "read directory", path, err);
        if (err == ENOENT) {
            res->status = SCEP_NOT_FOUND;
        }
        return res->status;
    }
    qsort((*names)->elts, (size_t)(*names)->nelts, sizeof(const char *),
          descending);
    return SCEP_OK;
}
