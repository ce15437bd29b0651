/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_file.c: which owners' files are read, and that a write replaces all of a
 * file or nothing. */
#include "fixture.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scep_file.h"

enum { NOBODY = 65534 };

/* What the wrapped calls are to do; 0: as usual. */
static int read_errors, write_errors, fsync_errors, chown_errors, chmod_errors;
static int fsyncs_before_error;
static size_t at_most;
static bool stops_to_sync;

ssize_t __real_read(int fd, void *buf, size_t len);
ssize_t __wrap_read(int fd, void *buf, size_t len);
ssize_t __real_write(int fd, const void *buf, size_t len);
ssize_t __wrap_write(int fd, const void *buf, size_t len);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_fchown(int fd, uid_t uid, gid_t gid);
int __wrap_fchown(int fd, uid_t uid, gid_t gid);
int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode);

/* The error whose turn it is: EINTR comes once, others stay. */
static bool fails(int *error)
{
    errno = *error;
    if (*error == EINTR) {
        *error = 0;
    }
    return errno != 0;
}

ssize_t __wrap_read(int fd, void *buf, size_t len)
{
    if (fails(&read_errors)) {
        return -1;
    }
    return __real_read(fd, buf, at_most != 0 && len > at_most ? at_most : len);
}

ssize_t __wrap_write(int fd, const void *buf, size_t len)
{
    if (fails(&write_errors)) {
        return -1;
    }
    return __real_write(fd, buf, at_most != 0 && len > at_most ? at_most : len);
}

int __wrap_fchown(int fd, uid_t uid, gid_t gid)
{
    return fails(&chown_errors) ? -1 : __real_fchown(fd, uid, gid);
}

int __wrap_fchmod(int fd, mode_t mode)
{
    return fails(&chmod_errors) ? -1 : __real_fchmod(fd, mode);
}

int __wrap_fsync(int fd)
{
    if (stops_to_sync) {
        raise(SIGSTOP);
    }
    if (fsyncs_before_error > 0) {
        fsyncs_before_error--;
        return __real_fsync(fd);
    }
    return fails(&fsync_errors) ? -1 : __real_fsync(fd);
}

static const char *path_to(fixture_t *f, const char *name)
{
    return apr_pstrcat(f->pool, f->scratch, "/", name, NULL);
}

static const char *make(fixture_t *f, const char *name, const char *text,
                        mode_t mode)
{
    const char *path = path_to(f, name);
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static struct stat look(const char *path)
{
    struct stat st;

    assert_int_equal(lstat(path, &st), 0);
    return st;
}

static void holds(fixture_t *f, const char *path, const char *text)
{
    scep_octets_t data;

    assert_int_equal(
        scep_file_read(path, SCEP_FILE_PUBLIC, 4096, f->pool, &data, &f->res),
        SCEP_OK);
    assert_int_equal(data.len, strlen(text));
    assert_memory_equal(data.data, text, data.len);
    assert_int_equal(data.data[data.len], 0);
}

static void broken(fixture_t *f, const char *path, scep_file_kind_e kind,
                   const char *why)
{
    scep_octets_t data;

    assert_int_equal(scep_file_read(path, kind, 4096, f->pool, &data, &f->res),
                     SCEP_BROKEN);
    assert_int_equal(f->res.status, SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_non_null(strstr(f->res.detail, path));
    assert_non_null(strstr(f->res.detail, why));
}

static int entries(fixture_t *f)
{
    DIR *dir = opendir(f->scratch);
    int count = -2; /* "." and ".." */

    assert_non_null(dir);
    while (readdir(dir) != NULL) {
        count++;
    }
    closedir(dir);
    return count;
}

static void test_read(void **state)
{
    fixture_t *f = *state;
    scep_octets_t data;
    const char *secret = make(f, "secret", "abc", 0600);

    holds(f, make(f, "public", "hello", 0644), "hello");
    holds(f, make(f, "empty", "", 0644), "");
    assert_int_equal(
        scep_file_read(secret, SCEP_FILE_SECRET, 3, f->pool, &data, &f->res),
        SCEP_OK);
    assert_int_equal(data.len, 3);
    assert_string_equal((const char *)data.data, "abc");
    at_most = 1;
    holds(f, secret, "abc");
    at_most = 0;
    read_errors = EINTR;
    holds(f, secret, "abc");
    assert_int_equal(read_errors, 0);
}

/* In a directory of somebody else's: what others could have written is not
 * read. */
static void test_read_trusted(void **state)
{
    fixture_t *f = *state;
    const char *path = make(f, "trusted", "abc", 0640);
    const char *other = apr_pstrcat(f->pool, f->scratch, "/other", NULL);
    scep_octets_t data;

    assert_int_equal(
        scep_file_read(path, SCEP_FILE_TRUSTED, 3, f->pool, &data, &f->res),
        SCEP_OK);
    assert_string_equal((const char *)data.data, "abc");
    assert_int_equal(chmod(path, 0660), 0);
    broken(f, path, SCEP_FILE_TRUSTED, "can write in");
    assert_int_equal(chmod(path, 0602), 0);
    broken(f, path, SCEP_FILE_TRUSTED, "can write in");
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(link(path, other), 0);
    broken(f, path, SCEP_FILE_TRUSTED, "second name");
    assert_int_equal(unlink(other), 0);
    assert_int_equal(symlink(path, other), 0);
    broken(f, other, SCEP_FILE_TRUSTED, "symbolic link");
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
        broken(f, path, SCEP_FILE_TRUSTED, "uid 12345");
    }
}

static void test_read_limit(void **state)
{
    fixture_t *f = *state;
    const char *path = make(f, "file", "1234", 0644);
    scep_octets_t data;

    assert_int_equal(
        scep_file_read(path, SCEP_FILE_PUBLIC, 4, f->pool, &data, &f->res),
        SCEP_OK);
    assert_int_equal(
        scep_file_read(path, SCEP_FILE_PUBLIC, 3, f->pool, &data, &f->res),
        SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "larger than 3 octets"));
}

static void test_read_nothing(void **state)
{
    fixture_t *f = *state;
    const char *path = path_to(f, "none");
    scep_octets_t data;

    assert_int_equal(
        scep_file_read(path, SCEP_FILE_SECRET, 4, f->pool, &data, &f->res),
        SCEP_NOT_FOUND);
    assert_int_equal(f->res.status, SCEP_NOT_FOUND);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_non_null(strstr(f->res.detail, path));
    broken(f, apr_pstrcat(f->pool, make(f, "file", "x", 0600), "/x", NULL),
           SCEP_FILE_PUBLIC, "cannot open");
}

/* A FIFO must not block a start-up. */
static void test_read_no_file(void **state)
{
    fixture_t *f = *state;
    const char *fifo = path_to(f, "fifo");

    broken(f, f->scratch, SCEP_FILE_PUBLIC, "not a regular file");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    broken(f, fifo, SCEP_FILE_PUBLIC, "not a regular file");
    broken(f, fifo, SCEP_FILE_SECRET, "not a regular file");
    read_errors = EIO;
    broken(f, make(f, "file", "x", 0600), SCEP_FILE_SECRET, "cannot read");
    read_errors = 0;
}

static void test_symlinks(void **state)
{
    fixture_t *f = *state;
    const char *target = make(f, "target", "abc", 0600);
    const char *link = path_to(f, "link");
    const char *loop = path_to(f, "loop");

    assert_int_equal(symlink(target, link), 0);
    holds(f, link, "abc");
    broken(f, link, SCEP_FILE_SECRET, "symbolic link");
    assert_int_equal(symlink("loop", loop), 0);
    broken(f, loop, SCEP_FILE_PUBLIC, "symbolic link");
    broken(f, loop, SCEP_FILE_SECRET, "symbolic link");
}

/* Each bit of group and others on its own is one too many. */
static void test_modes(void **state)
{
    fixture_t *f = *state;
    const char *path = make(f, "secret", "abc", 0600);
    scep_octets_t data;
    mode_t bit;

    for (bit = 1; bit <= 0040; bit <<= 1) {
        assert_int_equal(chmod(path, 0600 | bit), 0);
        broken(f, path, SCEP_FILE_SECRET, "chmod it to 600");
        holds(f, path, "abc");
    }
    assert_int_equal(chmod(path, 0400), 0);
    assert_int_equal(
        scep_file_read(path, SCEP_FILE_SECRET, 4, f->pool, &data, &f->res),
        SCEP_OK);
}

/* A key that an administrator provides may be a link; the file counts. */
static void test_key(void **state)
{
    fixture_t *f = *state;
    const char *path = make(f, "key", "abc", 0600);
    const char *link = apr_pstrcat(f->pool, f->scratch, "/key.link", NULL);
    scep_octets_t data;

    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(
        scep_file_read(link, SCEP_FILE_KEY, 4, f->pool, &data, &f->res),
        SCEP_OK);
    assert_memory_equal(data.data, "abc", 4);
    broken(f, link, SCEP_FILE_SECRET, "symbolic link");
    assert_int_equal(chmod(path, 0440), 0);
    broken(f, link, SCEP_FILE_KEY, "chmod it to 600");
}

/* What root has mounted for another user cannot be closed by that user. */
static void test_key_of_root(void **state)
{
    static const struct {
        mode_t mode;
        const char *fault; /* NULL: none */
    } rows[] = {{0444, NULL},
                {0440, NULL},
                {0644, NULL},
                {0664, "chmod it to 440"},
                {0646, "chmod it to 440"}};
    fixture_t *f = *state;
    const char *path = make(f, "key", "abc", 0444);
    size_t i;

    if (geteuid() != 0) {
        skip();
    }
    assert_int_equal(chown(path, 0, NOBODY), 0);
    assert_int_equal(chmod(f->scratch, 0755), 0);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        scep_octets_t data;
        scep_status_e status;
        gid_t group = getegid();

        assert_int_equal(chmod(path, rows[i].mode), 0);
        scep_result_init(&f->res, f->pool);
        assert_int_equal(setegid(NOBODY), 0);
        assert_int_equal(seteuid(NOBODY), 0);
        status =
            scep_file_read(path, SCEP_FILE_KEY, 4, f->pool, &data, &f->res);
        assert_int_equal(seteuid(0), 0);
        assert_int_equal(setegid(group), 0);
        if (rows[i].fault == NULL) {
            assert_int_equal(status, SCEP_OK);
        }
        else {
            assert_int_equal(status, SCEP_BROKEN);
            assert_non_null(strstr(f->res.detail, rows[i].fault));
        }
        broken(f, path, SCEP_FILE_KEY, "chmod it to 600"); /* as root */
    }
}

static void test_owners(void **state)
{
    fixture_t *f = *state;
    const char *path = make(f, "secret", "abc", 0600);
    scep_octets_t data;
    scep_status_e status;

    if (geteuid() != 0) {
        skip();
    }
    assert_int_equal(chown(path, NOBODY, (gid_t)-1), 0);
    broken(f, path, SCEP_FILE_SECRET, "chown it to root");
    holds(f, path, "abc");
    /* It is its owner's, and root's file is everybody's to trust. */
    assert_int_equal(chmod(f->scratch, 0755), 0);
    assert_int_equal(seteuid(NOBODY), 0);
    status = scep_file_read(path, SCEP_FILE_SECRET, 4, f->pool, &data, &f->res);
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(status, SCEP_OK);
    assert_int_equal(chown(path, 0, (gid_t)-1), 0);
    assert_int_equal(
        scep_file_read(path, SCEP_FILE_SECRET, 4, f->pool, &data, &f->res),
        SCEP_OK);
}

/* One more uid may own it, and no other; all else is checked as before. */
static void test_read_owned(void **state)
{
    fixture_t *f = *state;
    const char *path = make(f, "secret", "abc", 0600);
    scep_octets_t data;

    assert_int_equal(
        scep_file_read_owned(path, NOBODY, 3, f->pool, &data, &f->res),
        SCEP_OK);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(
        scep_file_read_owned(path, NOBODY, 3, f->pool, &data, &f->res),
        SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "chmod it to 600"));
    if (geteuid() != 0) {
        skip();
    }
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(chown(path, NOBODY, (gid_t)-1), 0);
    assert_int_equal(
        scep_file_read_owned(path, NOBODY, 3, f->pool, &data, &f->res),
        SCEP_OK);
    assert_string_equal((const char *)data.data, "abc");
    assert_int_equal(
        scep_file_read_owned(path, NOBODY - 1, 3, f->pool, &data, &f->res),
        SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "chown it to uid 65533"));
    assert_int_equal(scep_file_read_owned(path, 0, 3, f->pool, &data, &f->res),
                     SCEP_BROKEN);
}

/* The octets of a secret file are gone with their pool. */
static void test_secret_is_wiped(void **state)
{
    fixture_t *f = *state;
    const char *path = make(f, "secret", "abc", 0600);
    scep_octets_t data;
    apr_pool_t *pool;

    apr_pool_create(&pool, f->pool);
    assert_int_equal(
        scep_file_read(path, SCEP_FILE_SECRET, 4, pool, &data, &f->res),
        SCEP_OK);
    assert_memory_equal(data.data, "abc", 3);
    apr_pool_clear(pool); /* keeps its first block */
    assert_memory_equal(data.data, "\0\0\0", 3);
}

static scep_status_e put(fixture_t *f, const char *path, const char *text,
                         mode_t mode, int replace)
{
    scep_octets_t data = {(const unsigned char *)text, strlen(text)};

    return scep_file_write(path, data, mode, (uid_t)-1, (gid_t)-1, replace,
                           f->pool, &f->res);
}

static scep_status_e make_dir(fixture_t *f, const char *path, mode_t mode)
{
    return scep_dir_make(path, mode, (uid_t)-1, (gid_t)-1, f->pool, &f->res);
}

static void test_create(void **state)
{
    fixture_t *f = *state;
    const char *path = path_to(f, "new");
    mode_t mask = umask(077);

    assert_int_equal(put(f, path, "one", 0644, 0), SCEP_OK);
    umask(mask);
    holds(f, path, "one");
    assert_int_equal(look(path).st_mode & 07777, 0644);
    assert_int_equal(look(path).st_nlink, 1);
    assert_int_equal(put(f, path, "two", 0600, 0), SCEP_REFUSED);
    assert_int_equal(f->res.status, SCEP_REFUSED);
    assert_non_null(strstr(f->res.detail, path));
    holds(f, path, "one");
    assert_int_equal(look(path).st_mode & 07777, 0644);
    assert_int_equal(put(f, path_to(f, "empty"), "", 0400, 0), SCEP_OK);
    holds(f, path_to(f, "empty"), "");
    assert_int_equal(entries(f), 2);
}

static void test_replace(void **state)
{
    fixture_t *f = *state;
    const char *path = make(f, "file", "old", 0644);
    ino_t before = look(path).st_ino;

    assert_int_equal(put(f, path, "new", 0600, 1), SCEP_OK);
    holds(f, path, "new");
    assert_int_not_equal(look(path).st_ino, before);
    assert_int_equal(look(path).st_mode & 07777, 0600);
    assert_int_equal(put(f, path_to(f, "other"), "x", 0600, 1), SCEP_OK);
    assert_int_equal(entries(f), 2);
}

/* A link that somebody has put there is replaced or refused, not followed. */
static void test_write_at_symlink(void **state)
{
    fixture_t *f = *state;
    const char *target = make(f, "target", "old", 0600);
    const char *link = path_to(f, "link");
    const char *dangling = path_to(f, "dangling");

    assert_int_equal(symlink(target, link), 0);
    assert_int_equal(symlink(path_to(f, "nowhere"), dangling), 0);
    assert_int_equal(put(f, link, "new", 0600, 0), SCEP_REFUSED);
    assert_int_equal(put(f, dangling, "new", 0600, 0), SCEP_REFUSED);
    assert_int_equal(put(f, link, "new", 0600, 1), SCEP_OK);
    assert_true(S_ISREG(look(link).st_mode));
    holds(f, link, "new");
    holds(f, target, "old");
    assert_int_equal(entries(f), 3);
}

static void test_write_in_pieces(void **state)
{
    fixture_t *f = *state;
    const char *path = path_to(f, "file");

    at_most = 1;
    write_errors = EINTR;
    assert_int_equal(put(f, path, "hello", 0600, 0), SCEP_OK);
    assert_int_equal(write_errors, 0);
    at_most = 0;
    holds(f, path, "hello");
}

/* Whatever fails on the way, the old file stands and nothing else is left. */
static void test_write_fails(void **state)
{
    fixture_t *f = *state;
    const char *path = make(f, "file", "old", 0644);
    scep_octets_t data = {(const unsigned char *)"new", 3};

    write_errors = ENOSPC;
    assert_int_equal(put(f, path, "new", 0600, 1), SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "cannot write"));
    write_errors = 0;
    fsync_errors = EIO;
    assert_int_equal(put(f, path, "new", 0600, 1), SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "cannot fsync"));
    fsync_errors = 0;
    chmod_errors = EPERM;
    assert_int_equal(put(f, path, "new", 0600, 1), SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "cannot chmod"));
    chmod_errors = 0;
    chown_errors = EPERM;
    assert_int_equal(
        scep_file_write(path, data, 0600, 0, 0, 1, f->pool, &f->res),
        SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "cannot chown"));
    chown_errors = 0;
    holds(f, path, "old");
    assert_int_equal(look(path).st_mode & 07777, 0644);
    assert_int_equal(put(f, f->scratch, "new", 0600, 1), SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "cannot rename"));
    assert_int_equal(put(f, path_to(f, "none/file"), "new", 0600, 1),
                     SCEP_BROKEN);
    assert_int_equal(put(f, path_to(f, "file/file"), "new", 0600, 0),
                     SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_int_equal(entries(f), 1);
}

/* A rename that may not survive a power cut is no success (invariant 5). */
static void test_directory_is_synced(void **state)
{
    fixture_t *f = *state;
    const char *path = path_to(f, "file");

    fsyncs_before_error = 1;
    fsync_errors = EIO;
    assert_int_equal(put(f, path, "new", 0600, 0), SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "cannot fsync"));
    assert_int_equal(fsyncs_before_error, 0);
    fsync_errors = 0;
    assert_int_equal(entries(f), 1);
}

static void test_relative_path(void **state)
{
    fixture_t *f = *state;
    char before[4096];

    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(chdir(f->scratch), 0);
    assert_int_equal(put(f, "file", "x", 0600, 0), SCEP_OK);
    assert_int_equal(make_dir(f, "dir", 0700), SCEP_OK);
    assert_int_equal(chdir(before), 0);
    holds(f, path_to(f, "file"), "x");
    assert_true(S_ISDIR(look(path_to(f, "dir")).st_mode));
}

static void test_write_owner(void **state)
{
    fixture_t *f = *state;
    const char *path = path_to(f, "file");
    scep_octets_t data = {(const unsigned char *)"x", 1};

    if (geteuid() != 0) {
        assert_int_equal(scep_file_write(path, data, 0600, 0, (gid_t)-1, 0,
                                         f->pool, &f->res),
                         SCEP_BROKEN);
        assert_int_equal(entries(f), 0);
        return;
    }
    assert_int_equal(
        scep_file_write(path, data, 04640, NOBODY, NOBODY, 0, f->pool, &f->res),
        SCEP_OK);
    assert_int_equal(look(path).st_uid, NOBODY);
    assert_int_equal(look(path).st_gid, NOBODY);
    /* chown would have taken the bit away again */
    assert_int_equal(look(path).st_mode & 07777, 04640);
    assert_int_equal(
        scep_file_write(path, data, 0600, (uid_t)-1, 0, 1, f->pool, &f->res),
        SCEP_OK);
    assert_int_equal(look(path).st_uid, 0);
}

/* Of several writers that all mean to create, one does. */
static void test_write_race(void **state)
{
    enum { WRITERS = 8 };
    fixture_t *f = *state;
    const char *path = path_to(f, "file");
    int i, won = 0, refused = 0;

    for (i = 0; i < WRITERS; i++) {
        pid_t pid = fork();

        assert_int_not_equal(pid, -1);
        if (pid == 0) {
            _exit((int)put(f, path, apr_itoa(f->pool, i), 0600, 0));
        }
    }
    for (i = 0; i < WRITERS; i++) {
        int status;

        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status));
        won += WEXITSTATUS(status) == SCEP_OK;
        refused += WEXITSTATUS(status) == SCEP_REFUSED;
    }
    assert_int_equal(won, 1);
    assert_int_equal(refused, WRITERS - 1);
    assert_int_equal(look(path).st_size, 1);
    assert_int_equal(entries(f), 1);
}

/* What a writer that was killed leaves is removed, and nothing else. */
static void test_sweep(void **state)
{
    fixture_t *f = *state;
    int status;
    pid_t pid = fork();

    assert_int_not_equal(pid, -1);
    if (pid == 0) {
        stops_to_sync = true;
        _exit((int)put(f, path_to(f, "file"), "new", 0600, 0));
    }
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_true(WIFSTOPPED(status));
    assert_int_equal(entries(f), 1);
    make(f, "file.backup", "", 0600);
    make(f, "file.AbCdEf", "", 0600);
    make(f, "notes.tmp", "", 0600);
    make(f, ".AbCdEf.tmp", "", 0600);
    assert_int_equal(symlink("notes.tmp", path_to(f, "link.AbCdEf.tmp")), 0);
    assert_int_equal(scep_dir_make(path_to(f, "dir.AbCdEf.tmp"), 0700,
                                   (uid_t)-1, (gid_t)-1, f->pool, &f->res),
                     SCEP_OK);
    assert_int_equal(scep_dir_sweep(f->scratch), 0);
    assert_int_equal(entries(f), 7);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(scep_dir_sweep(f->scratch), 1);
    assert_int_equal(entries(f), 6);
    assert_int_equal(scep_dir_sweep(path_to(f, "none")), 0);
    assert_int_equal(unlink(path_to(f, "link.AbCdEf.tmp")), 0);
    assert_int_equal(rmdir(path_to(f, "dir.AbCdEf.tmp")), 0);
}

static void test_dir(void **state)
{
    fixture_t *f = *state;
    const char *path = path_to(f, "dir");
    mode_t mask = umask(077);

    assert_int_equal(make_dir(f, path, 0751), SCEP_OK);
    umask(mask);
    assert_true(S_ISDIR(look(path).st_mode));
    assert_int_equal(look(path).st_mode & 07777, 0751);
    assert_int_equal(make_dir(f, path, 0700), SCEP_OK);
    assert_int_equal(look(path).st_mode & 07777, 0700);
    assert_int_equal(make_dir(f, path_to(f, "slash//"), 0700), SCEP_OK);
    assert_int_equal(look(path_to(f, "slash")).st_mode & 07777, 0700);
    assert_int_equal(make_dir(f, path_to(f, "none/dir"), 0700), SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_int_equal(make_dir(f, make(f, "file", "x", 0640), 0700),
                     SCEP_BROKEN);
    assert_int_equal(look(path_to(f, "file")).st_mode & 07777, 0640);
}

static void test_dir_symlink(void **state)
{
    fixture_t *f = *state;
    const char *target = path_to(f, "target");
    const char *link = path_to(f, "link");

    assert_int_equal(make_dir(f, target, 0750), SCEP_OK);
    assert_int_equal(symlink(target, link), 0);
    assert_int_equal(make_dir(f, link, 0700), SCEP_BROKEN);
    assert_int_equal(make_dir(f, path_to(f, "link/"), 0700), SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, link));
    assert_int_equal(look(target).st_mode & 07777, 0750);
}

static void test_dir_owner(void **state)
{
    fixture_t *f = *state;
    const char *path = path_to(f, "dir");

    chown_errors = EPERM;
    assert_int_equal(scep_dir_make(path, 0700, 0, (gid_t)-1, f->pool, &f->res),
                     SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "cannot chown"));
    chown_errors = 0;
    chmod_errors = EPERM;
    assert_int_equal(make_dir(f, path, 0700), SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "cannot chmod"));
    chmod_errors = 0;
    if (geteuid() != 0) {
        return;
    }
    assert_int_equal(
        scep_dir_make(path, 0700, NOBODY, NOBODY, f->pool, &f->res), SCEP_OK);
    assert_int_equal(look(path).st_uid, NOBODY);
    assert_int_equal(look(path).st_gid, NOBODY);
}

static scep_status_e list(fixture_t *f, const char *path,
                          apr_array_header_t **names)
{
    scep_result_init(&f->res, f->pool);
    return scep_dir_list(path, ".crt", f->pool, names, &f->res);
}

static void test_dir_list(void **state)
{
    static const char *const files[] = {"2025.crt",  "2026.crt", "2026.key",
                                        "a.crt.crt", ".crt",     ".2027.crt",
                                        "crt",       "2026.CRT", "2026.crt~"};
    static const char *const expected[] = {"a.crt", "2026", "2025"};
    fixture_t *f = *state;
    apr_array_header_t *names;
    size_t i;

    assert_int_equal(list(f, f->scratch, &names), SCEP_OK);
    assert_int_equal(names->nelts, 0);
    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        assert_int_equal(put(f, path_to(f, files[i]), "", 0600, 0), SCEP_OK);
    }
    assert_int_equal(list(f, f->scratch, &names), SCEP_OK);
    assert_int_equal(names->nelts, 3);
    for (i = 0; i < 3; i++) {
        assert_string_equal(APR_ARRAY_IDX(names, (int)i, const char *),
                            expected[i]);
    }
}

static void test_dir_list_fails(void **state)
{
    fixture_t *f = *state;
    const char *path = path_to(f, "none");
    apr_array_header_t *names;

    assert_int_equal(list(f, path, &names), SCEP_NOT_FOUND);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_non_null(strstr(f->res.detail, path));
    assert_int_equal(put(f, path, "", 0600, 0), SCEP_OK);
    assert_int_equal(list(f, path, &names), SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_read),
        FIXTURE_TEST(test_read_trusted),
        FIXTURE_TEST(test_read_limit),
        FIXTURE_TEST(test_read_nothing),
        FIXTURE_TEST(test_read_no_file),
        FIXTURE_TEST(test_symlinks),
        FIXTURE_TEST(test_modes),
        FIXTURE_TEST(test_key),
        FIXTURE_TEST(test_key_of_root),
        FIXTURE_TEST(test_owners),
        FIXTURE_TEST(test_read_owned),
        FIXTURE_TEST(test_secret_is_wiped),
        FIXTURE_TEST(test_create),
        FIXTURE_TEST(test_replace),
        FIXTURE_TEST(test_write_at_symlink),
        FIXTURE_TEST(test_write_in_pieces),
        FIXTURE_TEST(test_write_fails),
        FIXTURE_TEST(test_directory_is_synced),
        FIXTURE_TEST(test_relative_path),
        FIXTURE_TEST(test_write_owner),
        FIXTURE_TEST(test_write_race),
        FIXTURE_TEST(test_sweep),
        FIXTURE_TEST(test_dir),
        FIXTURE_TEST(test_dir_symlink),
        FIXTURE_TEST(test_dir_owner),
        FIXTURE_TEST(test_dir_list),
        FIXTURE_TEST(test_dir_list_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
