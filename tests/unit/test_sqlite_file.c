/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_sqlite_file.c: the database's files and their owners. (store layer)
 */
#include "store_fixture.h"

#include <sys/stat.h>

#include <sqlite3.h>

#include "scep_sqlite.h"

/* Any uid and gid that are not root's; only root can give files to them. */
enum { SERVER_UID = 12345, SERVER_GID = 12346, OTHER_UID = 12347 };

static scep_status_e provide(fixture_t *f, uid_t uid, gid_t gid)
{
    return scep_sqlite_provide(db_path(f), uid, gid, f->pool, &f->res);
}

static scep_status_e look(fixture_t *f, uid_t uid)
{
    scep_result_init(&f->res, f->pool);
    return scep_sqlite_look(db_path(f), uid, f->pool, &f->res);
}

static void refused(fixture_t *f, const char *why)
{
    assert_int_equal(look(f, (uid_t)-1), SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_non_null(strstr(f->res.detail, why));
    assert_int_equal(provide(f, (uid_t)-1, (gid_t)-1), SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_non_null(strstr(f->res.detail, "scep.db"));
    assert_non_null(strstr(f->res.detail, why));
}

static struct stat stat_of(const char *path)
{
    struct stat st;

    assert_int_equal(lstat(path, &st), 0);
    return st;
}

static void touch(const char *path, mode_t mode)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static void test_creates(void **state)
{
    fixture_t *f = *state;
    struct stat first, second;

    assert_int_equal(provide(f, (uid_t)-1, (gid_t)-1), SCEP_OK);
    first = stat_of(db_path(f));
    assert_true(S_ISREG(first.st_mode));
    assert_int_equal(first.st_mode & 07777, 0600);
    assert_int_equal(first.st_uid, geteuid());
    assert_int_equal(provide(f, (uid_t)-1, (gid_t)-1), SCEP_OK);
    second = stat_of(db_path(f));
    assert_int_equal(first.st_ino, second.st_ino);
}

static void test_mode_is_set_right(void **state)
{
    fixture_t *f = *state;
    const char *wal = apr_pstrcat(f->pool, db_path(f), "-wal", NULL);

    touch(db_path(f), 0664);
    touch(wal, 0644);
    assert_int_equal(provide(f, geteuid(), (gid_t)-1), SCEP_OK);
    assert_int_equal(stat_of(db_path(f)).st_mode & 07777, 0600);
    assert_int_equal(stat_of(wal).st_mode & 07777, 0600);
}

static void test_symlink_is_refused(void **state)
{
    fixture_t *f = *state;
    const char *other = apr_pstrcat(f->pool, f->scratch, "/other", NULL);

    assert_int_equal(symlink(other, db_path(f)), 0);
    refused(f, "symbolic link");
    assert_int_equal(access(other, F_OK), -1);
    touch(other, 0644);
    refused(f, "symbolic link");
    assert_int_equal(stat_of(other).st_mode & 07777, 0644);
}

static void test_journal_symlink_is_refused(void **state)
{
    static const char *const ends[] = {"-wal", "-shm", "-journal"};
    fixture_t *f = *state;
    const char *other = apr_pstrcat(f->pool, f->scratch, "/other", NULL);
    size_t i;

    touch(other, 0644);
    for (i = 0; i < 3; i++) {
        const char *path = apr_pstrcat(f->pool, db_path(f), ends[i], NULL);

        assert_int_equal(symlink(other, path), 0);
        refused(f, "symbolic link");
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(stat_of(other).st_mode & 07777, 0644);
}

static void test_hard_link_is_refused(void **state)
{
    fixture_t *f = *state;
    const char *other = apr_pstrcat(f->pool, f->scratch, "/other", NULL);

    touch(other, 0644);
    assert_int_equal(link(other, db_path(f)), 0);
    refused(f, "hard link");
    assert_int_equal(stat_of(other).st_mode & 07777, 0644);
}

static void test_other_kinds_are_refused(void **state)
{
    fixture_t *f = *state;

    assert_int_equal(mkdir(db_path(f), 0700), 0);
    refused(f, "regular file");
    assert_int_equal(rmdir(db_path(f)), 0);
    assert_int_equal(mkfifo(db_path(f), 0600), 0);
    refused(f, "regular file");
}

static void test_directory_must_exist(void **state)
{
    fixture_t *f = *state;
    const char *path = apr_pstrcat(f->pool, f->scratch, "/no/scep.db", NULL);

    assert_int_equal(
        scep_sqlite_provide(path, (uid_t)-1, (gid_t)-1, f->pool, &f->res),
        SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_non_null(strstr(f->res.detail, path));
}

static void test_given_away(void **state)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    fixture_t *f = *state;
    size_t i;

    if (geteuid() != 0) {
        skip();
    }
    assert_int_equal(provide(f, SERVER_UID, SERVER_GID), SCEP_OK);
    for (i = 1; i < 4; i++) {
        touch(apr_pstrcat(f->pool, db_path(f), ends[i], NULL), 0600);
    }
    assert_int_equal(provide(f, SERVER_UID, SERVER_GID), SCEP_OK);
    for (i = 0; i < 4; i++) {
        struct stat st =
            stat_of(apr_pstrcat(f->pool, db_path(f), ends[i], NULL));

        assert_int_equal(st.st_uid, SERVER_UID);
        assert_int_equal(st.st_gid, SERVER_GID);
        assert_int_equal(st.st_mode & 07777, 0600);
    }
    /* told to leave the owner, root leaves it */
    assert_int_equal(provide(f, (uid_t)-1, (gid_t)-1), SCEP_OK);
    assert_int_equal(stat_of(db_path(f)).st_uid, SERVER_UID);
}

static void test_foreign_owner_is_refused(void **state)
{
    fixture_t *f = *state;

    if (geteuid() != 0) {
        skip();
    }
    touch(db_path(f), 0600);
    assert_int_equal(chown(db_path(f), OTHER_UID, 0), 0);
    assert_int_equal(look(f, SERVER_UID), SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "belongs to uid 12347"));
    assert_int_equal(provide(f, SERVER_UID, SERVER_GID), SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_non_null(strstr(f->res.detail, "belongs to uid 12347"));
    assert_int_equal(stat_of(db_path(f)).st_uid, OTHER_UID);
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    fclose(file);
}

static void test_look_changes_nothing(void **state)
{
    fixture_t *f = *state;

    assert_int_equal(look(f, geteuid()), SCEP_OK);
    assert_int_equal(access(db_path(f), F_OK), -1);
    touch(db_path(f), 0644); /* empty */
    assert_int_equal(look(f, geteuid()), SCEP_OK);
    assert_int_equal(stat_of(db_path(f)).st_mode & 07777, 0644);
}

static void test_look_at_the_head(void **state)
{
    static const char *const heads[] = {"SQLite format", "SQLite format 4..",
                                        "-- a dump of it"};
    fixture_t *f = *state;
    sqlite3 *db;
    size_t i;

    for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        write_text(db_path(f), heads[i]);
        assert_int_equal(look(f, geteuid()), SCEP_BROKEN);
        assert_int_equal(f->res.reason, SCEP_R_SETUP);
        assert_non_null(strstr(f->res.detail, "scep.db is no SQLite database"));
    }
    assert_int_equal(unlink(db_path(f)), 0);
    assert_int_equal(sqlite3_open(db_path(f), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE t (x)", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_int_equal(look(f, geteuid()), SCEP_OK);
}

static void test_canonical(void **state)
{
    fixture_t *f = *state;
    char *real = realpath(f->scratch, NULL);
    char *path;

    assert_non_null(real);
    assert_int_equal(chdir(f->scratch), 0);
    path = scep_sqlite_canonical("scep.db");
    assert_string_equal(path, apr_pstrcat(f->pool, real, "/scep.db", NULL));
    free(path);
    assert_int_equal(symlink(".", "dir"), 0);
    assert_int_equal(symlink("nowhere", "scep.db"), 0);
    path = scep_sqlite_canonical("dir/scep.db");
    assert_string_equal(path, apr_pstrcat(f->pool, real, "/scep.db", NULL));
    free(path);
    path = scep_sqlite_canonical("/scep.db");
    assert_string_equal(path, "/scep.db");
    free(path);
    assert_null(scep_sqlite_canonical("no/such/scep.db"));
    assert_int_equal(chdir("/"), 0);
    free(real);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_creates),
        FIXTURE_TEST(test_mode_is_set_right),
        FIXTURE_TEST(test_symlink_is_refused),
        FIXTURE_TEST(test_journal_symlink_is_refused),
        FIXTURE_TEST(test_hard_link_is_refused),
        FIXTURE_TEST(test_other_kinds_are_refused),
        FIXTURE_TEST(test_directory_must_exist),
        FIXTURE_TEST(test_given_away),
        FIXTURE_TEST(test_foreign_owner_is_refused),
        FIXTURE_TEST(test_look_changes_nothing),
        FIXTURE_TEST(test_look_at_the_head),
        FIXTURE_TEST(test_canonical),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
