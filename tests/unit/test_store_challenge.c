/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_store_challenge.c: one-time passwords in the record. (store layer)
 */
#include "store_fixture.h"

static void test_add_and_find(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_challenge_row_t row = sample_challenge(f, f->pool, 1);
    scep_challenge_row_t *found = NULL;

    assert_int_equal(
        scep_store_challenge_find(store, row.hash, f->pool, &found, &f->res),
        SCEP_NOT_FOUND);
    assert_int_equal(f->res.reason, SCEP_R_NONE);
    assert_int_equal(scep_store_challenge_add(store, &row, f->pool, &f->res),
                     SCEP_OK);
    assert_int_equal(
        scep_store_challenge_find(store, row.hash, f->pool, &found, &f->res),
        SCEP_OK);
    assert_string_equal(found->ca_id, row.ca_id);
    assert_memory_equal(found->hash, row.hash, SCEP_HASH_SIZE);
    assert_int_equal(found->state, SCEP_CHALLENGE_OUTSTANDING);
    assert_true(found->created == row.created);
    assert_true(found->expires == row.expires);
    assert_string_equal(found->drawn_by, "admin");
    assert_string_equal(found->peer, "192.0.2.1");
    assert_null(found->serial);
    assert_int_equal(scep_store_challenge_find(store,
                                               sample_hash(f->pool, 'p', 2),
                                               f->pool, &found, &f->res),
                     SCEP_NOT_FOUND);
}

static void test_add_leaves_an_audit_row(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);

    must_add(f, store, 1);
    must_add(f, store, 2);
    assert_int_equal(db_count(f, "audit"), 2);
    assert_string_equal(
        db_text(f, "SELECT event || ' ' || scope || ' ' || actor || ' ' || peer"
                   " || ' ' || created FROM audit WHERE challenge_hash ="
                   " (SELECT MIN(hash) FROM challenges)"),
        apr_psprintf(f->pool,
                     "challenge-drawn " SAMPLE_SCOPE
                     " admin 192.0.2.1 %" APR_INT64_T_FMT,
                     FIXTURE_NOW));
}

static void test_add_twice_is_broken(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_challenge_row_t row = sample_challenge(f, f->pool, 1);

    must_add(f, store, 1);
    assert_int_equal(scep_store_challenge_add(store, &row, f->pool, &f->res),
                     SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_INTERNAL);
    assert_non_null(strstr(f->log, "SCEP0254"));
    assert_int_equal(db_count(f, "challenges"), 1);
    assert_int_equal(db_count(f, "audit"), 1);
    must_add(f, store, 2);
}

static void test_spent_one_tells_its_serial(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    scep_challenge_row_t *found = NULL;

    must_add(f, store, 1);
    issue.challenge_hash = sample_hash(f->pool, 'p', 1);
    assert_int_equal(must_issue(f, store, &issue), SCEP_ISSUE_RECORDED);
    assert_int_equal(scep_store_challenge_find(store, issue.challenge_hash,
                                               f->pool, &found, &f->res),
                     SCEP_OK);
    assert_int_equal(found->state, SCEP_CHALLENGE_SPENT);
    assert_string_equal(found->serial, issue.serial);
}

static void test_malformed_row(void **state)
{
    static const char *const damages[] = {
        "UPDATE challenges SET state = 3",
        "UPDATE challenges SET state = 'x'",
        "UPDATE challenges SET expires = 'soon'",
        "UPDATE challenges SET expires = 1, created = 'then'",
    };
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_challenge_row_t *found = NULL;
    size_t i;

    must_add(f, store, 1);
    for (i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        db_text(f, damages[i]);
        assert_int_equal(scep_store_challenge_find(store,
                                                   sample_hash(f->pool, 'p', 1),
                                                   f->pool, &found, &f->res),
                         SCEP_BROKEN);
        assert_int_equal(f->res.reason, SCEP_R_INTERNAL);
    }
}

/* --- walking -------------------------------------------------------------- */

typedef struct seen_t {
    int count;
    int stop_at; /* 0: never */
    apr_time_t last;
} seen_t;

static scep_status_e see(void *baton, const scep_challenge_row_t *row)
{
    seen_t *seen = baton;

    assert_string_equal(row->ca_id, SAMPLE_SCOPE);
    assert_int_equal(row->hash[0], 'p');
    assert_int_equal(row->state, SCEP_CHALLENGE_OUTSTANDING);
    assert_true(row->expires > seen->last);
    seen->last = row->expires;
    return ++seen->count == seen->stop_at ? SCEP_REFUSED : SCEP_OK;
}

static void test_each(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    seen_t seen = {0, 0, 0};
    int i;

    assert_int_equal(scep_store_challenges_each(store, 0, see, &seen, &f->res),
                     SCEP_OK);
    assert_int_equal(seen.count, 0);
    for (i = 30; i > 0; i--) {
        must_add(f, store, i); /* the last one expires first */
    }
    issue.challenge_hash = sample_hash(f->pool, 'p', 7);
    assert_int_equal(must_issue(f, store, &issue), SCEP_ISSUE_RECORDED);
    assert_int_equal(scep_store_challenges_each(store, 0, see, &seen, &f->res),
                     SCEP_OK);
    assert_int_equal(seen.count, 29);
    /* those that expire at NOW are out: 1..10, of which 7 is spent */
    seen = (seen_t){0, 0, 0};
    assert_int_equal(
        scep_store_challenges_each(store, FIXTURE_NOW + SAMPLE_VALIDITY + 10,
                                   see, &seen, &f->res),
        SCEP_OK);
    assert_int_equal(seen.count, 20);
}

static void test_each_ends_when_told(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    seen_t seen = {0, 3, 0};
    int i;

    for (i = 0; i < 10; i++) {
        must_add(f, store, i);
    }
    assert_int_equal(scep_store_challenges_each(store, 0, see, &seen, &f->res),
                     SCEP_REFUSED);
    assert_int_equal(seen.count, 3);
}

static void test_each_meets_malformed_row(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    seen_t seen = {0, 0, 0};
    int i;

    for (i = 0; i < 10; i++) {
        must_add(f, store, i);
    }
    db_text(f, "UPDATE challenges SET hash = 'zz' WHERE hash ="
               " (SELECT hash FROM challenges ORDER BY expires LIMIT 1 OFFSET"
               " 5)");
    assert_int_equal(scep_store_challenges_each(store, 0, see, &seen, &f->res),
                     SCEP_BROKEN);
    assert_int_equal(seen.count, 5);
    assert_int_equal(f->res.reason, SCEP_R_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_add_and_find),
        FIXTURE_TEST(test_add_leaves_an_audit_row),
        FIXTURE_TEST(test_add_twice_is_broken),
        FIXTURE_TEST(test_spent_one_tells_its_serial),
        FIXTURE_TEST(test_malformed_row),
        FIXTURE_TEST(test_each),
        FIXTURE_TEST(test_each_ends_when_told),
        FIXTURE_TEST(test_each_meets_malformed_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
