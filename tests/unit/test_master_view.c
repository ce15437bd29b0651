/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_master_view.c: that every change is seen at once, by all threads, and
 * that nothing old is good after it. */
#include "master_fixture.h"

#include <malloc.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_time.h>

#include "scep_master.h"

#define FIRST "first-password"
#define SECOND "second-password"
#define UNTIL (FIXTURE_NOW + APR_USEC_PER_SEC)

static int decryptions;

int __real_CMS_decrypt_set1_pkey(CMS_ContentInfo *cms, EVP_PKEY *key,
                                 X509 *cert);
int __wrap_CMS_decrypt_set1_pkey(CMS_ContentInfo *cms, EVP_PKEY *key,
                                 X509 *cert);

int __wrap_CMS_decrypt_set1_pkey(CMS_ContentInfo *cms, EVP_PKEY *key,
                                 X509 *cert)
{
    decryptions++; /* in test_threads, under the view's lock */
    return __real_CMS_decrypt_set1_pkey(cms, key, cert);
}

int __real_lstat(const char *path, struct stat *st);
int __wrap_lstat(const char *path, struct stat *st);

/* Most file systems' times have the ticks of the kernel's clock, 100 to 1000
 * a second; that of this machine may be finer. */
int __wrap_lstat(const char *path, struct stat *st)
{
    const long tick = 10000000;
    int rc = __real_lstat(path, st);

    if (rc == 0) {
        st->st_mtim.tv_nsec -= st->st_mtim.tv_nsec % tick;
        st->st_ctim.tv_nsec -= st->st_ctim.tv_nsec % tick;
    }
    return rc;
}

typedef struct made_t {
    const char *path;
    scep_keypair_t *pair;
    scep_master_view_t *view;
} made_t;

static void save(fixture_t *f, const made_t *m, const char *password,
                 const char *previous)
{
    scep_master_t master = {password, previous, UNTIL};

    assert_int_equal(scep_master_write(m->path, m->pair->cert, &master,
                                       (uid_t)-1, (gid_t)-1, 1, f->pool,
                                       &f->res),
                     SCEP_OK);
}

static made_t make(fixture_t *f)
{
    made_t m = {path_to(f, "master.cms"), make_pair(f, "P-256"), NULL};

    assert_int_equal(scep_master_view_make(m.path, pairs_of(f, m.pair, NULL),
                                           geteuid(), f->pool, &m.view,
                                           &f->res),
                     SCEP_OK);
    return m;
}

static void shows(fixture_t *f, const made_t *m, const char *password)
{
    const char *got;

    assert_int_equal(scep_master_view_get(m->view, f->pool, &got, &f->res),
                     SCEP_OK);
    assert_string_equal(got, password);
}

static bool matches(fixture_t *f, const made_t *m, const char *challenge,
                    apr_time_t now)
{
    bool match = false;

    assert_int_equal(scep_master_view_check(m->view, challenge, now, f->pool,
                                            &match, &f->res),
                     SCEP_OK);
    return match;
}

static void fails(fixture_t *f, const made_t *m, scep_status_e status)
{
    const char *got = "x";
    bool match = true;

    assert_int_equal(scep_master_view_get(m->view, f->pool, &got, &f->res),
                     status);
    assert_null(got);
    assert_int_equal(f->res.status, status);
    assert_int_equal(scep_master_view_check(m->view, FIRST, FIXTURE_NOW,
                                            f->pool, &match, &f->res),
                     status);
    assert_false(match);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_non_null(strstr(f->res.detail, m->path));
}

static void test_check(void **state)
{
    fixture_t *f = *state;
    made_t m = make(f);

    save(f, &m, FIRST, NULL);
    shows(f, &m, FIRST);
    assert_true(matches(f, &m, FIRST, FIXTURE_NOW));
    assert_false(matches(f, &m, SECOND, FIXTURE_NOW));
    assert_false(matches(f, &m, "", FIXTURE_NOW));
    assert_false(matches(f, &m, "first-passwor", FIXTURE_NOW));
    assert_false(matches(f, &m, "first-password ", FIXTURE_NOW));
    assert_false(matches(f, &m, "First-password", FIXTURE_NOW));
    assert_false(matches(f, &m, "first-passwore", FIXTURE_NOW));
}

static void test_long_challenges(void **state)
{
    fixture_t *f = *state;
    made_t m = make(f);
    char *longest = apr_pcalloc(f->pool, SCEP_MASTER_MAX_LENGTH + 1);
    char *longer = apr_pcalloc(f->pool, SCEP_MAX_CHALLENGE + 1);

    memset(longest, 'x', SCEP_MASTER_MAX_LENGTH);
    memset(longer, 'x', SCEP_MAX_CHALLENGE);
    save(f, &m, longest, NULL);
    assert_true(matches(f, &m, longest, FIXTURE_NOW));
    assert_false(matches(f, &m, longer, FIXTURE_NOW));
    longer[SCEP_MASTER_MAX_LENGTH + 1] = '\0';
    assert_false(matches(f, &m, longer, FIXTURE_NOW));
    longest[SCEP_MASTER_MAX_LENGTH - 1] = '\0';
    assert_false(matches(f, &m, longest, FIXTURE_NOW));
}

static void test_previous(void **state)
{
    fixture_t *f = *state;
    made_t m = make(f);

    save(f, &m, SECOND, FIRST);
    shows(f, &m, SECOND);
    assert_true(matches(f, &m, SECOND, FIXTURE_NOW));
    assert_true(matches(f, &m, FIRST, FIXTURE_NOW));
    assert_true(matches(f, &m, FIRST, UNTIL - 1));
    assert_false(matches(f, &m, FIRST, UNTIL));
    assert_true(matches(f, &m, SECOND, UNTIL));
    assert_false(matches(f, &m, "", FIXTURE_NOW));
    assert_false(matches(f, &m, "other-password", FIXTURE_NOW));
}

/* Make the file as old as one that is in use: a younger one is read at each
 * call anyway. Its ctime cannot be set, only waited for. */
static void settle(fixture_t *f, const made_t *m, const char *password)
{
    apr_sleep(150000);
    shows(f, m, password);
}

static void write_in_place(const made_t *m, scep_octets_t data)
{
    FILE *file = fopen(m->path, "r+b");

    assert_non_null(file);
    assert_int_equal(fwrite(data.data, 1, data.len, file), data.len);
    assert_int_equal(fclose(file), 0);
}

/* Size and inode stay, and often the times do: a clock's tick is longer than
 * a round. */
static void test_changes_within_a_tick(void **state)
{
    fixture_t *f = *state;
    made_t m = make(f);
    scep_octets_t one, two;
    int i;

    save(f, &m, "password-one", NULL);
    one = get_file(f, m.path);
    save(f, &m, "password-two", NULL);
    two = get_file(f, m.path);
    assert_int_equal(one.len, two.len);
    for (i = 0; i < 50; i++) {
        write_in_place(&m, one);
        shows(f, &m, "password-one");
        write_in_place(&m, two);
        shows(f, &m, "password-two");
    }
}

static void test_each_change_is_seen(void **state)
{
    fixture_t *f = *state;
    made_t m = make(f);
    scep_octets_t old;
    struct stat before, after;

    save(f, &m, FIRST, NULL);
    old = get_file(f, m.path);
    settle(f, &m, FIRST);
    save(f, &m, SECOND, NULL);
    shows(f, &m, SECOND);
    settle(f, &m, SECOND);
    /* another file, put there as `cp -p' and `mv' would */
    put_file(f, m.path, old.data, old.len);
    shows(f, &m, FIRST);
    settle(f, &m, FIRST);
    /* written in place: the same inode, and the same size */
    save(f, &m, "FIRST-PASSWORD", NULL);
    settle(f, &m, "FIRST-PASSWORD");
    assert_int_equal(stat(m.path, &before), 0);
    assert_int_equal(before.st_size, (off_t)old.len);
    write_in_place(&m, old);
    assert_int_equal(stat(m.path, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    shows(f, &m, FIRST);
}

/* While nothing changes, nothing is decrypted: it would be a private key's
 * operation for each request. */
static void test_unchanged_is_not_read(void **state)
{
    fixture_t *f = *state;
    made_t m = make(f);
    int before, i;

    save(f, &m, FIRST, NULL);
    settle(f, &m, FIRST);
    before = decryptions;
    assert_true(before > 0);
    for (i = 0; i < 20; i++) {
        shows(f, &m, FIRST);
        assert_true(matches(f, &m, FIRST, FIXTURE_NOW));
    }
    assert_int_equal(decryptions, before);
    save(f, &m, SECOND, NULL);
    settle(f, &m, SECOND);
    assert_int_equal(decryptions, before + 1);
}

/* Not even the password that was good a moment ago. */
static void test_fails_closed(void **state)
{
    fixture_t *f = *state;
    made_t m = make(f);

    fails(f, &m, SCEP_NOT_FOUND);
    save(f, &m, FIRST, NULL);
    settle(f, &m, FIRST);
    assert_int_equal(chmod(m.path, 0644), 0);
    fails(f, &m, SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "chmod it to 600"));
    assert_int_equal(chmod(m.path, 0600), 0);
    settle(f, &m, FIRST);
    put_file(f, m.path, "garbage", 7);
    fails(f, &m, SCEP_BROKEN);
    apr_sleep(150000);
    fails(f, &m, SCEP_BROKEN);
    save(f, &m, FIRST, NULL);
    settle(f, &m, FIRST);
    assert_int_equal(unlink(m.path), 0);
    fails(f, &m, SCEP_NOT_FOUND);
    fails(f, &m, SCEP_NOT_FOUND);
    assert_int_equal(symlink("elsewhere", m.path), 0);
    fails(f, &m, SCEP_BROKEN);
    save(f, &m, SECOND, NULL);
    shows(f, &m, SECOND);
}

/* What is shown is a copy that the caller's pool wipes; what is held is wiped
 * when the next is read, and at the end. */
static void test_wiped(void **state)
{
    enum { SIZE = 40 };
    fixture_t *f = *state;
    made_t m = make(f);
    apr_pool_t *pool, *files;
    unsigned char inverted[SIZE];
    const char *got;
    char *password;
    int i;

    apr_pool_create(&pool, f->pool);
    apr_pool_create(&files, f->pool);
    password = scep_secret_alloc(pool, SIZE + 1);
    for (i = 0; i < SIZE; i++) {
        password[i] = (char)('A' + (i * 7 + (int)getpid()) % 26);
        inverted[i] = (unsigned char)~password[i];
    }
    {
        scep_master_t master = {password, NULL, 0};

        assert_int_equal(scep_master_write(m.path, m.pair->cert, &master,
                                           (uid_t)-1, (gid_t)-1, 1, files,
                                           &f->res),
                         SCEP_OK);
    }
    assert_int_equal(scep_master_view_get(m.view, pool, &got, &f->res),
                     SCEP_OK);
    assert_string_equal(got, password);
    assert_true(matches(f, &m, password, FIXTURE_NOW));
    assert_true(got != password);
    apr_pool_destroy(files);
    assert_true(count_in_memory(inverted, SIZE) >= 3); /* it can see */
    apr_pool_clear(pool);
    assert_int_equal(got[0], 0);
    assert_int_equal(unlink(m.path), 0);
    fails(f, &m, SCEP_NOT_FOUND);
    assert_int_equal(count_in_memory(inverted, SIZE), 0);
}

static size_t memory_in_use(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

static void test_no_growth(void **state)
{
    enum { WARM = 20 };
    const int rounds = (int)(300 / fixture_thin());
    fixture_t *f = *state;
    made_t m = make(f);
    apr_pool_t *all = f->pool;
    size_t before = 0, after;
    int i;

    for (i = 0; i < WARM + rounds; i++) {
        if (i == WARM) {
            before = memory_in_use();
        }
        apr_pool_create(&f->pool, all);
        scep_result_init(&f->res, f->pool);
        save(f, &m, i % 2 == 0 ? FIRST : SECOND, i % 3 == 0 ? FIRST : NULL);
        shows(f, &m, i % 2 == 0 ? FIRST : SECOND);
        apr_pool_destroy(f->pool);
    }
    f->pool = all;
    after = memory_in_use();
    if (after > before + 32768) {
        fail_msg("%ld octets more", (long)(after - before));
    }
}

enum { THREADS = 8 };

static int rotations(void)
{
    return (int)(150 / fixture_thin());
}

static const char *numbered(apr_pool_t *pool, int n)
{
    return apr_psprintf(pool, "rotation-%08d", n);
}

typedef struct worker_t {
    pthread_t thread;
    const made_t *m;
    apr_pool_t *pool; /* of its own, as a request's */
    int seen;
    const char *problem;
} worker_t;

static const char *once(worker_t *w)
{
    scep_result_t res;
    const char *got;
    bool match;
    int n;

    scep_result_init(&res, w->pool);
    if (scep_master_view_get(w->m->view, w->pool, &got, &res) != SCEP_OK) {
        return strdup(res.detail);
    }
    if (sscanf(got, "rotation-%d", &n) != 1 || n < w->seen) {
        return "an older password came back";
    }
    w->seen = n;
    /* one of the numbers from N on is good; those before never again */
    if (n > 0 &&
        (scep_master_view_check(w->m->view, numbered(w->pool, n - 1), UNTIL,
                                w->pool, &match, &res) != SCEP_OK ||
         match)) {
        return "an older password was good";
    }
    return NULL;
}

static void *work(void *baton)
{
    worker_t *w = baton;
    apr_time_t end = apr_time_now() + 120 * APR_USEC_PER_SEC;

    while (w->problem == NULL && w->seen < rotations()) {
        w->problem = once(w);
        apr_pool_clear(w->pool);
        if (apr_time_now() > end) {
            w->problem = "the last password was never seen";
        }
    }
    return NULL;
}

static int rotate(fixture_t *f, const made_t *m)
{
    int i;

    for (i = 1; i <= rotations(); i++) {
        scep_master_t master = {numbered(f->pool, i), numbered(f->pool, i - 1),
                                UNTIL};

        if (scep_master_write(m->path, m->pair->cert, &master, (uid_t)-1,
                              (gid_t)-1, 1, f->pool, &f->res) != SCEP_OK) {
            return 1;
        }
        apr_sleep(i % 10 == 0 ? 20000 : 500);
    }
    return 0;
}

static void test_threads(void **state)
{
    fixture_t *f = *state;
    made_t m = make(f);
    worker_t workers[THREADS];
    int i, status;
    pid_t child;

    save(f, &m, numbered(f->pool, 0), NULL);
    child = fork();
    assert_int_not_equal(child, -1);
    if (child == 0) {
        _exit(rotate(f, &m));
    }
    for (i = 0; i < THREADS; i++) {
        apr_allocator_t *allocator;

        workers[i] = (worker_t){.m = &m};
        assert_int_equal(apr_allocator_create(&allocator), APR_SUCCESS);
        assert_int_equal(
            apr_pool_create_ex(&workers[i].pool, NULL, NULL, allocator),
            APR_SUCCESS);
        apr_allocator_owner_set(allocator, workers[i].pool);
        assert_int_equal(
            pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        apr_pool_destroy(workers[i].pool);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    for (i = 0; i < THREADS; i++) {
        if (workers[i].problem != NULL) {
            fail_msg("thread %d: %s", i, workers[i].problem);
        }
        assert_int_equal(workers[i].seen, rotations());
    }
}

static scep_status_e rotated(fixture_t *f, const made_t *m,
                             const char *password, apr_interval_time_t overlap,
                             apr_time_t *until)
{
    scep_master_rotation_t rotation = {password, overlap, FIXTURE_NOW};

    *until = -1;
    return scep_master_view_rotate(m->view, &rotation, f->pool, until, &f->res);
}

static void test_rotate(void **state)
{
    fixture_t *f = *state;
    made_t m = make(f);
    apr_time_t until;

    save(f, &m, FIRST, NULL);
    shows(f, &m, FIRST);
    assert_int_equal(rotated(f, &m, SECOND, APR_USEC_PER_SEC, &until), SCEP_OK);
    assert_true(until == UNTIL);
    shows(f, &m, SECOND);
    assert_true(matches(f, &m, FIRST, FIXTURE_NOW));
    assert_false(matches(f, &m, FIRST, UNTIL));
    assert_int_equal(rotated(f, &m, "third-password", 0, &until), SCEP_OK);
    assert_true(until == 0);
    shows(f, &m, "third-password");
    assert_false(matches(f, &m, SECOND, FIXTURE_NOW));
}

/* Without an overlap a file that nobody can read is no obstacle. */
static void test_rotate_cures(void **state)
{
    fixture_t *f = *state;
    made_t m = make(f);
    apr_time_t until;

    put_file(f, m.path, "x", 1);
    assert_int_equal(rotated(f, &m, SECOND, APR_USEC_PER_SEC, &until),
                     SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_int_equal(rotated(f, &m, SECOND, 0, &until), SCEP_OK);
    shows(f, &m, SECOND);
}

static void test_rotate_without_directory(void **state)
{
    fixture_t *f = *state;
    made_t m = {path_to(f, "none/master.cms"), make_pair(f, "P-256"), NULL};
    apr_time_t until;

    assert_int_equal(scep_master_view_make(m.path, pairs_of(f, m.pair, NULL),
                                           geteuid(), f->pool, &m.view,
                                           &f->res),
                     SCEP_OK);
    assert_int_equal(rotated(f, &m, SECOND, 0, &until), SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "/none/"));
}

/* Two at a time: the second sees what the first has written. */
static void test_rotate_at_once(void **state)
{
    enum { ROUNDS = 10 };
    fixture_t *f = *state;
    made_t m = make(f);
    apr_time_t until;
    pid_t child;
    int i, status;

    save(f, &m, FIRST, NULL);
    child = fork();
    assert_int_not_equal(child, -1);
    for (i = 0; i < ROUNDS; i++) {
        scep_status_e outcome =
            rotated(f, &m,
                    apr_psprintf(f->pool, "%s-password-%d",
                                 child == 0 ? "child" : "parent", i),
                    APR_USEC_PER_SEC, &until);

        if (child == 0 && outcome != SCEP_OK) {
            _exit(1);
        }
        assert_int_equal(outcome, SCEP_OK);
    }
    if (child == 0) {
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(matches(f, &m, "parent-password-9", FIXTURE_NOW) ||
                matches(f, &m, "child-password-9", FIXTURE_NOW));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_check),
        FIXTURE_TEST(test_long_challenges),
        FIXTURE_TEST(test_previous),
        FIXTURE_TEST(test_each_change_is_seen),
        FIXTURE_TEST(test_changes_within_a_tick),
        FIXTURE_TEST(test_unchanged_is_not_read),
        FIXTURE_TEST(test_fails_closed),
        FIXTURE_TEST(test_wiped),
        FIXTURE_TEST(test_no_growth),
        FIXTURE_TEST(test_threads),
        FIXTURE_TEST(test_rotate),
        FIXTURE_TEST(test_rotate_cures),
        FIXTURE_TEST(test_rotate_without_directory),
        FIXTURE_TEST(test_rotate_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
