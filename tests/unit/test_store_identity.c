/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* A database that is replaced while it is in use. */
#include "store_fixture.h"

#include <stdlib.h>

#include "scep_store_document.h"

static scep_store_t *open_known(fixture_t *f, scep_store_identity_t *identity)
{
    scep_store_config_t config = db_config(f);
    scep_store_t *store;

    config.identity = identity;
    assert_int_equal(scep_store_prepare(&config, &f->env, (uid_t)-1, (gid_t)-1,
                                        f->pool, &f->res),
                     SCEP_OK);
    assert_int_equal(
        scep_store_open(&config, &f->env, f->pool, &store, &f->res), SCEP_OK);
    return store;
}

static const char *aside(fixture_t *f)
{
    return apr_pstrcat(f->pool, f->scratch, "/aside.db", NULL);
}

static void copy(fixture_t *f, const char *from, const char *to)
{
    sqlite3 *source, *target;
    sqlite3_backup *backup;

    (void)f;
    assert_int_equal(sqlite3_open(from, &source), SQLITE_OK);
    assert_int_equal(sqlite3_open(to, &target), SQLITE_OK);
    backup = sqlite3_backup_init(target, "main", source, "main");
    assert_non_null(backup);
    assert_int_equal(sqlite3_backup_step(backup, -1), SQLITE_DONE);
    assert_int_equal(sqlite3_backup_finish(backup), SQLITE_OK);
    sqlite3_close(source);
    sqlite3_close(target);
}

static scep_status_e add(fixture_t *f, scep_store_t *store, int n)
{
    scep_challenge_row_t row = sample_challenge(f, f->pool, n);

    scep_result_init(&f->res, f->pool);
    return scep_store_challenge_add(store, &row, f->pool, &f->res);
}

static scep_status_e find(fixture_t *f, scep_store_t *store, int n)
{
    scep_challenge_row_t *row;

    scep_result_init(&f->res, f->pool);
    return scep_store_challenge_find(store, sample_hash(f->pool, 'p', n),
                                     f->pool, &row, &f->res);
}

static void test_one_id_for_its_life(void **state)
{
    fixture_t *f = *state;
    scep_store_identity_t first = {.id = ""}, second = {.id = ""};
    scep_store_t *store = open_known(f, &first);

    assert_int_equal(strlen(first.id), SCEP_STORE_IDENTITY_SIZE - 1);
    assert_int_equal(add(f, store, 1), SCEP_OK);
    open_known(f, &second);
    assert_string_equal(first.id, second.id);
    assert_true(first.file.inode != 0 && first.file.inode == second.file.inode);
    assert_true(first.position >= second.position);
}

static void test_the_count_rises(void **state)
{
    fixture_t *f = *state;
    scep_store_identity_t identity = {.id = ""};
    scep_store_t *store = open_known(f, &identity);
    uint64_t before = identity.position;

    assert_int_equal(add(f, store, 1), SCEP_OK);
    assert_int_equal(add(f, store, 2), SCEP_OK);
    assert_true(identity.position == before + 2);
    assert_int_equal(find(f, store, 1), SCEP_OK);
    assert_true(identity.position == before + 2);
    /* other programs' transactions are no harm */
    must_add(f, db_open(f), 3);
    assert_int_equal(add(f, store, 4), SCEP_OK);
    assert_true(identity.position == before + 4);
}

static void expect_refused(fixture_t *f, scep_store_t *store, const char *text)
{
    assert_int_equal(add(f, store, 90), SCEP_UNAVAILABLE);
    assert_int_equal(f->res.reason, SCEP_R_STORE_UNAVAILABLE);
    assert_non_null(strstr(f->res.detail, text));
    assert_int_equal(find(f, store, 1), SCEP_UNAVAILABLE);
    assert_int_equal(scep_store_in_place(store, &f->res), SCEP_UNAVAILABLE);
    assert_non_null(strstr(f->log, "SCEP0256"));
}

static void test_moved_away(void **state)
{
    fixture_t *f = *state;
    scep_store_identity_t identity = {.id = ""};
    scep_store_t *store = open_known(f, &identity);

    assert_int_equal(add(f, store, 1), SCEP_OK);
    assert_int_equal(rename(db_path(f), aside(f)), 0);
    expect_refused(f, store, "moved");
    /* and back: it is the same file */
    assert_int_equal(rename(aside(f), db_path(f)), 0);
    assert_int_equal(add(f, store, 2), SCEP_OK);
    assert_int_equal(find(f, store, 1), SCEP_OK);
}

static void test_removed(void **state)
{
    fixture_t *f = *state;
    scep_store_identity_t identity = {.id = ""};
    scep_store_t *store = open_known(f, &identity);

    assert_int_equal(add(f, store, 1), SCEP_OK);
    assert_int_equal(unlink(db_path(f)), 0);
    expect_refused(f, store, "removed");
    assert_int_equal(access(db_path(f), F_OK), -1);
}

static void test_moved_over(void **state)
{
    fixture_t *f = *state;
    scep_store_identity_t identity = {.id = ""};
    scep_store_t *store = open_known(f, &identity);

    assert_int_equal(add(f, store, 1), SCEP_OK);
    copy(f, db_path(f), aside(f));
    assert_int_equal(rename(aside(f), db_path(f)), 0);
    expect_refused(f, store, "replaced");
}

/* The file is the same, what is in it is not. */
static void test_restored_into(void **state)
{
    fixture_t *f = *state;
    scep_store_identity_t identity = {.id = ""};
    scep_store_t *store = open_known(f, &identity);

    assert_int_equal(add(f, store, 1), SCEP_OK);
    copy(f, db_path(f), aside(f));
    assert_int_equal(add(f, store, 2), SCEP_OK);
    copy(f, aside(f), db_path(f));
    expect_refused(f, store, "older copy");
    /* a start takes it as it is */
    assert_int_equal(
        add(f, open_known(f, &(scep_store_identity_t){.id = ""}), 3), SCEP_OK);
    expect_refused(f, store, "database");
}

static void test_another_one(void **state)
{
    fixture_t *f = *state;
    scep_store_identity_t identity = {.id = ""};
    scep_store_t *store = open_known(f, &identity);

    assert_int_equal(add(f, store, 1), SCEP_OK);
    db_text(f, "UPDATE documents SET text = 'another', version = 10000"
               " WHERE name = 'database-id'");
    expect_refused(f, store, "another database");
}

static void test_without_its_row(void **state)
{
    fixture_t *f = *state;
    scep_store_identity_t identity = {.id = ""};
    scep_store_t *store = open_known(f, &identity);

    db_text(f, "DELETE FROM documents WHERE name = 'database-id'");
    expect_refused(f, store, "another database");
}

static void test_must_exist(void **state)
{
    fixture_t *f = *state;
    scep_store_config_t config = db_config(f);

    config.must_exist = true;
    assert_int_equal(scep_store_prepare(&config, &f->env, (uid_t)-1, (gid_t)-1,
                                        f->pool, &f->res),
                     SCEP_NOT_FOUND);
    assert_non_null(strstr(f->res.detail, "is gone"));
    assert_int_equal(access(db_path(f), F_OK), -1);

    fclose(fopen(db_path(f), "w"));
    scep_result_init(&f->res, f->pool);
    assert_int_equal(scep_store_prepare(&config, &f->env, (uid_t)-1, (gid_t)-1,
                                        f->pool, &f->res),
                     SCEP_NOT_FOUND);
    assert_non_null(strstr(f->res.detail, "no tables of mod_scep"));

    db_text(f, "CREATE TABLE other (a TEXT)");
    scep_result_init(&f->res, f->pool);
    assert_int_equal(scep_store_prepare(&config, &f->env, (uid_t)-1, (gid_t)-1,
                                        f->pool, &f->res),
                     SCEP_NOT_FOUND);
    assert_int_equal(db_number(f, "SELECT COUNT(*) FROM sqlite_master"), 1);

    unlink(db_path(f));
    db_prepare(f);
    assert_int_equal(scep_store_prepare(&config, &f->env, (uid_t)-1, (gid_t)-1,
                                        f->pool, &f->res),
                     SCEP_OK);
}

static void test_texts(void **state)
{
    (void)state;
    assert_non_null(strstr(scep_identity_text(SCEP_IDENTITY_MOVED), "moved"));
    assert_non_null(strstr(scep_identity_text(SCEP_IDENTITY_SAME), "the same"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_one_id_for_its_life),
        FIXTURE_TEST(test_the_count_rises),
        FIXTURE_TEST(test_moved_away),
        FIXTURE_TEST(test_removed),
        FIXTURE_TEST(test_moved_over),
        FIXTURE_TEST(test_restored_into),
        FIXTURE_TEST(test_another_one),
        FIXTURE_TEST(test_without_its_row),
        FIXTURE_TEST(test_must_exist),
        FIXTURE_TEST(test_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
