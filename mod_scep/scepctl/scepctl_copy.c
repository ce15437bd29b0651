/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_copy.c: see scepctl_copy.h. (scepctl)
 */
#include "scepctl_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "scep_file.h"

#define HEADING "mod_scep backup 1"

enum { CHUNK = 65536, MANIFEST_MAX = 1 << 20, DIGEST_DIGITS = 64 };

static scepctl_exit_e failed(scepctl_t *ctl, const char *what, const char *path)
{
    return scepctl_error(ctl, SCEPLOGNO(0515) "cannot %s %s: %s", what, path,
                         strerror(errno));
}

static scepctl_exit_e open_source(scepctl_t *ctl, const char *path, int *fd)
{
    struct stat st;

    *fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (*fd < 0) {
        return failed(ctl, "open", path);
    }
    if (fstat(*fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(*fd);
        errno = EINVAL;
        return failed(ctl, "copy what is no regular file,", path);
    }
    return SCEPCTL_OK;
}

static bool write_all(int fd, const unsigned char *data, size_t len)
{
    while (len > 0) {
        ssize_t done = write(fd, data, len);

        if (done < 0) {
            return false;
        }
        data += done;
        len -= (size_t)done;
    }
    return true;
}

/* Into TO, if it is not -1. */
static bool pump(int from, int to, EVP_MD_CTX *md)
{
    unsigned char *chunk = malloc(CHUNK);
    ssize_t got = chunk != NULL ? 1 : -1;

    while (got > 0) {
        got = read(from, chunk, CHUNK);
        if (got > 0 && (EVP_DigestUpdate(md, chunk, (size_t)got) != 1 ||
                        (to >= 0 && !write_all(to, chunk, (size_t)got)))) {
            got = -1;
        }
    }
    if (chunk != NULL) {
        OPENSSL_cleanse(chunk, CHUNK);
    }
    free(chunk);
    return got == 0;
}

static bool pump_digest(scepctl_t *ctl, int from, int to, const char **digest)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool good = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
                pump(from, to, md) && EVP_DigestFinal_ex(md, hash, &len) == 1;

    EVP_MD_CTX_free(md);
    if (good) {
        char *hex = apr_palloc(ctl->pool, DIGEST_DIGITS + 1);

        scep_hex_lower_into(hex, hash, len);
        *digest = hex;
    }
    return good;
}

scepctl_exit_e scepctl_file_digest(scepctl_t *ctl, const char *path,
                                   const char **digest)
{
    int fd;
    scepctl_exit_e status = open_source(ctl, path, &fd);

    if (status != SCEPCTL_OK) {
        return status;
    }
    if (!pump_digest(ctl, fd, -1, digest)) {
        status = failed(ctl, "read", path);
    }
    close(fd);
    return status;
}

static scepctl_exit_e fill(scepctl_t *ctl, int from, int to, const char *path,
                           const char **digest)
{
    scepctl_exit_e status = SCEPCTL_OK;

    if (!pump_digest(ctl, from, to, digest) || fsync(to) != 0) {
        status = failed(ctl, "write", path);
    }
    if (close(to) != 0 && status == SCEPCTL_OK) {
        status = failed(ctl, "write", path);
    }
    return status;
}

scepctl_exit_e scepctl_file_copy(scepctl_t *ctl, const char *from,
                                 const char *path, mode_t mode, uid_t uid,
                                 gid_t gid, const char **digest)
{
    int source, target;
    scepctl_exit_e status = open_source(ctl, from, &source);

    if (status != SCEPCTL_OK) {
        return status;
    }
    target =
        open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (target < 0) {
        status = failed(ctl, "make", path);
    }
    else if (fchmod(target, mode) != 0 ||
             ((uid != (uid_t)-1 || gid != (gid_t)-1) &&
              fchown(target, uid, gid) != 0)) {
        status = failed(ctl, "set owner and mode of", path);
        close(target);
    }
    else {
        status = fill(ctl, source, target, path, digest);
    }
    close(source);
    return status;
}

/* ---- the list ---- */

scepctl_exit_e scepctl_manifest_write(scepctl_t *ctl, const char *dir,
                                      const char *driver,
                                      const apr_array_header_t *items)
{
    const char *text =
        apr_pstrcat(ctl->pool, HEADING "\ndatabase ", driver, "\n", NULL);
    scep_octets_t data;
    int i;

    for (i = 0; i < items->nelts; i++) {
        const scepctl_item_t *item = &APR_ARRAY_IDX(items, i, scepctl_item_t);

        text = apr_pstrcat(ctl->pool, text, item->digest, " ", item->name, "\n",
                           NULL);
    }
    text = apr_psprintf(ctl->pool, "%send %d\n", text, items->nelts);
    data = (scep_octets_t){(const unsigned char *)text, strlen(text)};
    return scep_file_write(
               apr_pstrcat(ctl->pool, dir, "/" SCEPCTL_MANIFEST, NULL), data,
               0600, (uid_t)-1, (gid_t)-1, 0, ctl->pool, &ctl->res) == SCEP_OK
               ? SCEPCTL_OK
               : scepctl_fail(ctl);
}

static scepctl_exit_e damaged(scepctl_t *ctl, const char *dir, const char *why)
{
    return scepctl_error(ctl,
                         SCEPLOGNO(0516) "the backup %s is damaged or not "
                                         "complete: %s; take another one",
                         dir, why);
}

/* Names come back from a file: nothing may lead out of the two folders. */
static bool name_ok(const char *name)
{
    return (strncmp(name, "state/", 6) == 0 ||
            strncmp(name, "conf/", 5) == 0) &&
           strstr(name, "..") == NULL && name[strlen(name) - 1] != '/';
}

static bool take_item(const char *line, apr_array_header_t *items)
{
    scepctl_item_t *item;

    if (strspn(line, "0123456789abcdef") != DIGEST_DIGITS ||
        line[DIGEST_DIGITS] != ' ' || !name_ok(line + DIGEST_DIGITS + 1)) {
        return false;
    }
    item = apr_array_push(items);
    item->digest = apr_pstrmemdup(items->pool, line, DIGEST_DIGITS);
    item->name = line + DIGEST_DIGITS + 1;
    return true;
}

static bool parse(char *text, const char **driver, apr_array_header_t *items)
{
    static const char database[] = "database ";
    char *last, *line = apr_strtok(text, "\n", &last);
    bool ended = false;

    if (line == NULL || strcmp(line, HEADING) != 0 ||
        (line = apr_strtok(NULL, "\n", &last)) == NULL ||
        strncmp(line, database, strlen(database)) != 0) {
        return false;
    }
    *driver = line + strlen(database);
    while (!ended && (line = apr_strtok(NULL, "\n", &last)) != NULL) {
        if (strncmp(line, "end ", 4) == 0) {
            ended = strcmp(line + 4, apr_itoa(items->pool, items->nelts)) == 0;
            break;
        }
        if (!take_item(line, items)) {
            return false;
        }
    }
    return ended;
}

static scepctl_exit_e check_item(scepctl_t *ctl, const char *dir,
                                 const scepctl_item_t *item)
{
    const char *path = apr_pstrcat(ctl->pool, dir, "/", item->name, NULL);
    const char *digest;

    if (access(path, F_OK) != 0) {
        return damaged(ctl, dir,
                       apr_pstrcat(ctl->pool, "it has no ", item->name, NULL));
    }
    if (scepctl_file_digest(ctl, path, &digest) != SCEPCTL_OK) {
        return SCEPCTL_FAILED;
    }
    return strcmp(digest, item->digest) == 0
               ? SCEPCTL_OK
               : damaged(
                     ctl, dir,
                     apr_pstrcat(ctl->pool, item->name, " was changed", NULL));
}

scepctl_exit_e scepctl_manifest_read(scepctl_t *ctl, const char *dir,
                                     const char **driver,
                                     apr_array_header_t **items)
{
    scep_octets_t text;
    scepctl_exit_e status = SCEPCTL_OK;
    int i;

    *items = apr_array_make(ctl->pool, 8, sizeof(scepctl_item_t));
    if (scep_file_read(apr_pstrcat(ctl->pool, dir, "/" SCEPCTL_MANIFEST, NULL),
                       SCEP_FILE_PUBLIC, MANIFEST_MAX, ctl->pool, &text,
                       &ctl->res) != SCEP_OK) {
        return damaged(ctl, dir, ctl->res.detail);
    }
    if (!parse(apr_pstrmemdup(ctl->pool, (const char *)text.data, text.len),
               driver, *items)) {
        return damaged(ctl, dir, SCEPCTL_MANIFEST " cannot be understood");
    }
    for (i = 0; i < (*items)->nelts && status == SCEPCTL_OK; i++) {
        status =
            check_item(ctl, dir, &APR_ARRAY_IDX(*items, i, scepctl_item_t));
    }
    return status;
}
