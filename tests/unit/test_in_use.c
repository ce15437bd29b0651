/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_in_use.c: what is written, with which mode, and the lock on it. */
#include "fixture.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scep_file.h"
#include "scep_in_use.h"

static scep_in_use_t *sample(fixture_t *f)
{
    scep_in_use_t *in_use = scep_in_use_make(f->pool);
    scep_in_use_ca_t *ca;

    in_use->version = "1.2.3";
    in_use->written = FIXTURE_NOW;
    in_use->state_dir = f->scratch;
    in_use->user = "www-data";
    in_use->uid = 33;
    in_use->gid = 34;
    APR_ARRAY_PUSH(in_use->state_dirs, const char *) = f->scratch;
    ca = scep_in_use_add(in_use, f->pool);
    ca->name = "main";
    ca->driver = "sqlite3";
    ca->params = "/state/\"scep\"\n.db";
    ca->master_file = "/state/m\xc3\xa4ster.cms";
    APR_ARRAY_PUSH(ca->servers, const char *) = "main server";
    *(scep_in_use_pair_t *)apr_array_push(ca->pairs) =
        (scep_in_use_pair_t){"/ra.crt", "/ra.key", "ab12", true, false};
    *(scep_in_use_kept_t *)apr_array_push(ca->kept) =
        (scep_in_use_kept_t){"passwords", 7776000};
    return in_use;
}

static const char *path_of(const fixture_t *f)
{
    return apr_pstrcat(f->pool, f->scratch, "/" SCEP_IN_USE_FILE, NULL);
}

static void test_write_and_read(void **state)
{
    fixture_t *f = *state;
    scep_in_use_t *found = NULL;
    const scep_in_use_ca_t *ca;
    const scep_in_use_pair_t *pair;
    const scep_in_use_kept_t *kept;
    struct stat st;
    int lock = -1;

    assert_int_equal(
        scep_in_use_write(sample(f), (gid_t)-1, f->pool, &lock, &f->res),
        SCEP_OK);
    assert_true(lock >= 0);
    assert_int_equal(stat(path_of(f), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(st.st_uid, geteuid());
    assert_int_equal(scep_in_use_read(f->scratch, f->pool, &found, &f->res),
                     SCEP_OK);
    assert_string_equal(found->version, "1.2.3");
    assert_true(found->written == FIXTURE_NOW);
    assert_string_equal(found->state_dir, f->scratch);
    assert_string_equal(found->user, "www-data");
    assert_int_equal(found->uid, 33);
    assert_int_equal(found->gid, 34);
    assert_int_equal(found->state_dirs->nelts, 1);
    assert_int_equal(found->cas->nelts, 1);
    ca = &APR_ARRAY_IDX(found->cas, 0, scep_in_use_ca_t);
    assert_string_equal(ca->name, "main");
    assert_null(ca->alias);
    assert_null(ca->ca_id);
    assert_string_equal(ca->params, "/state/\"scep\"\n.db");
    assert_string_equal(ca->master_file, "/state/m\xc3\xa4ster.cms");
    assert_string_equal(APR_ARRAY_IDX(ca->servers, 0, const char *),
                        "main server");
    assert_int_equal(ca->pairs->nelts, 1);
    pair = &APR_ARRAY_IDX(ca->pairs, 0, scep_in_use_pair_t);
    assert_string_equal(pair->cert, "/ra.crt");
    assert_string_equal(pair->key, "/ra.key");
    assert_string_equal(pair->fingerprint, "ab12");
    assert_true(pair->decrypts && !pair->own);
    assert_int_equal(ca->kept->nelts, 1);
    kept = &APR_ARRAY_IDX(ca->kept, 0, scep_in_use_kept_t);
    assert_string_equal(kept->kind, "passwords");
    assert_int_equal(kept->seconds, 7776000);
    close(lock);
}

/* Whether a process that has the lock is seen by another one. */
static bool seen_to_run(fixture_t *f)
{
    scep_in_use_t *found = NULL;
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        _exit(scep_in_use_read(f->scratch, f->pool, &found, &f->res) == SCEP_OK
                  ? (found->running ? 1 : 0)
                  : 2);
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
    return WEXITSTATUS(status) == 1;
}

static void test_lock(void **state)
{
    fixture_t *f = *state;
    int first = -1, second = -1;

    assert_int_equal(
        scep_in_use_write(sample(f), (gid_t)-1, f->pool, &first, &f->res),
        SCEP_OK);
    assert_true(seen_to_run(f));
    assert_true((fcntl(first, F_GETFD) & FD_CLOEXEC) != 0);
    assert_int_equal(fcntl(first, F_GETFL) & O_ACCMODE, O_RDONLY);
    /* a restart: the new file is locked before the old lock is given up */
    assert_int_equal(
        scep_in_use_write(sample(f), (gid_t)-1, f->pool, &second, &f->res),
        SCEP_OK);
    close(first);
    assert_true(seen_to_run(f));
    close(second);
    assert_false(seen_to_run(f));
}

static void test_changed(void **state)
{
    fixture_t *f = *state;
    const char *conf = apr_pstrcat(f->pool, f->scratch, "/httpd.conf", NULL);
    const scep_octets_t text = {(const unsigned char *)"x", 1};
    scep_in_use_t *in_use = sample(f), *found = NULL;
    apr_finfo_t info;
    int lock;

    assert_int_equal(scep_file_write(conf, text, 0600, (uid_t)-1, (gid_t)-1, 0,
                                     f->pool, &f->res),
                     SCEP_OK);
    assert_int_equal(apr_stat(&info, conf, APR_FINFO_MTIME, f->pool),
                     APR_SUCCESS);
    *(scep_in_use_conf_t *)apr_array_push(in_use->confs) =
        (scep_in_use_conf_t){conf, info.mtime};
    assert_int_equal(
        scep_in_use_write(in_use, (gid_t)-1, f->pool, &lock, &f->res), SCEP_OK);
    assert_int_equal(scep_in_use_read(f->scratch, f->pool, &found, &f->res),
                     SCEP_OK);
    assert_null(found->changed);
    assert_int_equal(apr_file_mtime_set(conf, info.mtime + 1000000, f->pool),
                     APR_SUCCESS);
    assert_int_equal(scep_in_use_read(f->scratch, f->pool, &found, &f->res),
                     SCEP_OK);
    assert_string_equal(found->changed, conf);
    assert_int_equal(unlink(conf), 0);
    assert_int_equal(scep_in_use_read(f->scratch, f->pool, &found, &f->res),
                     SCEP_OK);
    assert_string_equal(found->changed, conf);
    close(lock);
}

static void test_cannot_write(void **state)
{
    fixture_t *f = *state;
    scep_in_use_t *in_use = sample(f);
    int lock = -1;

    in_use->state_dir = apr_pstrcat(f->pool, f->scratch, "/none", NULL);
    assert_int_equal(
        scep_in_use_write(in_use, (gid_t)-1, f->pool, &lock, &f->res),
        SCEP_BROKEN);
    assert_int_equal(lock, -1);
    assert_non_null(strstr(f->res.detail, "/none/" SCEP_IN_USE_FILE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_write_and_read),
        FIXTURE_TEST(test_lock),
        FIXTURE_TEST(test_changed),
        FIXTURE_TEST(test_cannot_write),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
