/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_store_cancel.c: many outstanding passwords cancelled at once.
 * (store layer)
 */
#include "store_fixture.h"

#include <apr_strings.h>

#include "scep_store_cancel.h"
#include "scep_str.h"

typedef struct told_t {
    fixture_t *f;
    const char *hashes; /* their second octets, in order */
} told_t;

static void take(void *baton, const unsigned char *hash)
{
    told_t *told = baton;

    told->hashes = apr_psprintf(told->f->pool, "%s%02x ", told->hashes,
                                (unsigned int)hash[1]);
}

static const char *cancel(fixture_t *f, scep_store_t *store, const char *ca_id,
                          const char *user, const char *label)
{
    const scep_cancel_many_t which = {ca_id,  user,          label,
                                      f->now, "CORP\\carol", "192.0.2.9"};
    told_t told = {f, ""};
    apr_int64_t count = -7;

    assert_int_equal(scep_store_challenges_cancel(store, &which, take, &told,
                                                  f->pool, &count, &f->res),
                     SCEP_OK);
    assert_int_equal(count, (apr_int64_t)strlen(told.hashes) / 3);
    return told.hashes;
}

/* 1 and 2 are bob's, 2 and 3 have the label x. */
static scep_store_t *filled(fixture_t *f)
{
    scep_store_t *store = db_ready(f);
    int i;

    for (i = 1; i <= 4; i++) {
        must_add(f, store, i);
    }
    db_text(f, "UPDATE challenges SET drawn_by = 'bob'"
               " WHERE HEX(hash) LIKE '7001%' OR HEX(hash) LIKE '7002%'");
    db_text(f, "UPDATE challenges SET label = 'x'"
               " WHERE HEX(hash) LIKE '7002%' OR HEX(hash) LIKE '7003%'");
    return store;
}

static void test_by_user(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = filled(f);

    assert_string_equal(cancel(f, store, SAMPLE_SCOPE, "bo", NULL), "");
    assert_string_equal(cancel(f, store, SAMPLE_SCOPE, "BOB", NULL), "");
    assert_string_equal(cancel(f, store, SAMPLE_SCOPE, "bob", NULL), "01 02 ");
    assert_string_equal(cancel(f, store, SAMPLE_SCOPE, "bob", NULL), "");
    assert_string_equal(db_text(f, "SELECT GROUP_CONCAT(DISTINCT cancelled_by)"
                                   " FROM challenges WHERE state = 2"),
                        "CORP\\carol");
    assert_string_equal(
        db_text(f, "SELECT COUNT(*) FROM challenges WHERE state = 0"), "2");
}

static void test_by_label(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = filled(f);

    assert_string_equal(cancel(f, store, SAMPLE_SCOPE, "bob", "x"), "02 ");
    assert_string_equal(cancel(f, store, SAMPLE_SCOPE, NULL, "x"), "03 ");
    assert_string_equal(cancel(f, store, SAMPLE_SCOPE, NULL, "%"), "");
}

static void test_all_of_a_scope(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = filled(f);

    assert_string_equal(cancel(f, store, "another", NULL, NULL), "");
    db_text(f, "UPDATE challenges SET scope = 'another' WHERE HEX(hash) LIKE"
               " '7004%'");
    db_text(f, "UPDATE challenges SET state = 1 WHERE HEX(hash) LIKE '7001%'");
    db_text(f, "UPDATE challenges SET expires = created WHERE HEX(hash) LIKE"
               " '7002%'");
    assert_string_equal(cancel(f, store, SAMPLE_SCOPE, NULL, NULL), "03 ");
    assert_string_equal(cancel(f, store, NULL, NULL, NULL), "04 ");
}

/* An auditor sees which, who, and how many. */
static void test_leaves_a_trail(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = filled(f);

    db_text(f, "DELETE FROM audit");
    cancel(f, store, SAMPLE_SCOPE, "bob", NULL);
    assert_string_equal(
        db_text(f, "SELECT COUNT(DISTINCT seq) || ' ' || COUNT(*) FROM audit"),
        "3 3");
    assert_string_equal(
        db_text(f, "SELECT event || ' ' || actor || ' ' || peer || ' ' ||"
                   " scope || ' ' || detail FROM audit WHERE seq = 1"),
        "challenges-cancelled CORP\\carol 192.0.2.9 " SAMPLE_SCOPE
        " 2: user \"bob\"");
    assert_string_equal(
        db_text(f,
                "SELECT event || ' ' || actor || ' ' || peer || ' ' ||"
                " SUBSTR(HEX(challenge_hash), 1, 4) FROM audit WHERE seq = 3"),
        "challenge-cancelled CORP\\carol 192.0.2.9 7002");
    cancel(f, store, SAMPLE_SCOPE, "bob", NULL);
    assert_string_equal(db_text(f, "SELECT COUNT(*) FROM audit"), "3");
}

static void test_more_than_a_batch(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    const scep_cancel_many_t which = {.now = f->now, .actor = "carol"};
    apr_int64_t count;

    must_add(f, store, 1);
    /* 20,001 of them, many of which expire at the same time */
    db_text(f, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL"
               " SELECT i + 1 FROM n WHERE i < 20000)"
               " INSERT INTO challenges (hash, scope, state, created, expires)"
               " SELECT CAST(printf('%032d', i) AS BLOB), scope, 0, created,"
               " expires + i / 7000 FROM n, challenges");
    assert_int_equal(scep_store_challenges_cancel(store, &which, NULL, NULL,
                                                  f->pool, &count, &f->res),
                     SCEP_OK);
    assert_true(count == 20001);
    assert_string_equal(
        db_text(f, "SELECT COUNT(*) FROM challenges WHERE state = 2"), "20001");
    assert_string_equal(
        db_text(f, "SELECT COUNT(DISTINCT challenge_hash) FROM audit"
                   " WHERE event = 'challenge-cancelled'"),
        "20001");
    assert_string_equal(db_text(f, "SELECT GROUP_CONCAT(detail, ';') FROM audit"
                                   " WHERE event = 'challenges-cancelled'"),
                        "10000: all;10000: all;1: all");
}

static void test_tells_the_cancelled(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = filled(f);
    told_t told = {f, ""};

    cancel(f, store, SAMPLE_SCOPE, "bob", NULL);
    assert_int_equal(
        scep_store_challenges_cancelled(store, f->now, take, &told, &f->res),
        SCEP_OK);
    assert_string_equal(told.hashes, "01 02 ");
    told.hashes = "";
    assert_int_equal(
        scep_store_challenges_cancelled(store, f->now + 2 * SAMPLE_VALIDITY,
                                        take, &told, &f->res),
        SCEP_OK);
    assert_string_equal(told.hashes, "");
}

static void test_text(void **state)
{
    fixture_t *f = *state;
    scep_cancel_many_t which = {.user = NULL};

    assert_string_equal(scep_cancel_many_text(&which, f->pool), "all");
    which.label = "a\nb";
    assert_string_equal(scep_cancel_many_text(&which, f->pool),
                        "label \"a\\x0ab\"");
    which.user = "bob";
    assert_string_equal(scep_cancel_many_text(&which, f->pool),
                        "user \"bob\", label \"a\\x0ab\"");
}

static void test_unavailable(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = filled(f);
    const scep_cancel_many_t which = {.now = f->now, .actor = "carol"};
    apr_int64_t count = -7;

    assert_int_equal(unlink(db_path(f)), 0);
    assert_int_equal(scep_store_challenges_cancel(store, &which, NULL, NULL,
                                                  f->pool, &count, &f->res),
                     SCEP_UNAVAILABLE);
    assert_true(count == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_by_user),
        FIXTURE_TEST(test_by_label),
        FIXTURE_TEST(test_all_of_a_scope),
        FIXTURE_TEST(test_leaves_a_trail),
        FIXTURE_TEST(test_more_than_a_batch),
        FIXTURE_TEST(test_tells_the_cancelled),
        FIXTURE_TEST(test_text),
        FIXTURE_TEST(test_unavailable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
