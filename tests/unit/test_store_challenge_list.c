/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_store_challenge_list.c: outstanding passwords listed and cancelled.
 * (store layer)
 */
#include "store_fixture.h"

#include <apr_strings.h>

#include "scep_str.h"

typedef struct list_t {
    fixture_t *f;
    scep_challenge_item_t last;
    const char *drawn; /* the ids' second octets, in order */
    int count;
} list_t;

static void take(void *baton, const scep_challenge_item_t *item)
{
    list_t *list = baton;

    list->last = *item;
    list->last.id = apr_pstrdup(list->f->pool, item->id);
    list->last.drawn_by = apr_pstrdup(list->f->pool, item->drawn_by);
    list->last.peer = apr_pstrdup(list->f->pool, item->peer);
    list->drawn =
        apr_pstrcat(list->f->pool, list->drawn,
                    apr_pstrndup(list->f->pool, item->id + 2, 2), " ", NULL);
    list->count++;
}

static list_t page(fixture_t *f, scep_store_t *store,
                   const scep_challenge_item_t *after, int limit)
{
    scep_challenge_page_t wanted = {SAMPLE_SCOPE, f->now, after, limit};
    list_t list = {f, {0}, "", 0};

    assert_int_equal(
        scep_store_challenges_page(store, &wanted, take, &list, &f->res),
        SCEP_OK);
    return list;
}

static apr_int64_t counted(fixture_t *f, scep_store_t *store)
{
    apr_int64_t count = -7;

    assert_int_equal(scep_store_challenges_count(store, SAMPLE_SCOPE, f->now,
                                                 &count, &f->res),
                     SCEP_OK);
    return count;
}

static scep_cancel_outcome_e cancel(fixture_t *f, scep_store_t *store, int n)
{
    scep_challenge_cancel_t wanted = {SAMPLE_SCOPE,
                                      sample_hash(f->pool, 'p', n), f->now,
                                      "CORP\\bob", "192.0.2.9"};
    scep_cancel_outcome_e outcome;

    assert_int_equal(
        scep_store_challenge_cancel(store, &wanted, f->pool, &outcome, &f->res),
        SCEP_OK);
    return outcome;
}

static void test_lists_in_pages(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    list_t list;
    int i;

    assert_int_equal(page(f, store, NULL, 9).count, 0);
    for (i = 5; i > 0; i--) {
        must_add(f, store, i);
    }
    list = page(f, store, NULL, 2);
    assert_string_equal(list.drawn, "01 02 ");
    assert_string_equal(list.last.drawn_by, "admin");
    assert_string_equal(list.last.peer, "192.0.2.1");
    assert_true(list.last.expires == f->now + SAMPLE_VALIDITY + 2);
    assert_true(list.last.created == f->now);
    assert_true(list.last.uses == 1);
    assert_null(list.last.label);
    assert_null(list.last.limits);
    list = page(f, store, &list.last, 2);
    assert_string_equal(list.drawn, "03 04 ");
    list = page(f, store, &list.last, 2);
    assert_string_equal(list.drawn, "05 ");
    assert_int_equal(page(f, store, &list.last, 2).count, 0);
    assert_true(counted(f, store) == 5);
}

/* Those that expire at the same time come in the order of their ids. */
static void test_pages_within_one_time(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    list_t list;
    int i;

    for (i = 1; i <= 4; i++) {
        must_add(f, store, i);
    }
    db_text(f, "UPDATE challenges SET expires = created + 1000000");
    list = page(f, store, NULL, 3);
    assert_string_equal(list.drawn, "01 02 03 ");
    assert_string_equal(page(f, store, &list.last, 3).drawn, "04 ");
}

static void test_lists_only_what_is_good(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    int i;

    for (i = 1; i <= 5; i++) {
        must_add(f, store, i);
    }
    db_text(f, "UPDATE challenges SET state = 1 WHERE HEX(hash) LIKE '7001%'");
    db_text(f, "UPDATE challenges SET state = 2 WHERE HEX(hash) LIKE '7002%'");
    db_text(f,
            "UPDATE challenges SET scope = 'x' WHERE HEX(hash) LIKE '7003%'");
    db_text(f, "UPDATE challenges SET expires = created WHERE"
               " HEX(hash) LIKE '7004%'"); /* now */
    assert_string_equal(page(f, store, NULL, 9).drawn, "05 ");
    assert_true(counted(f, store) == 1);
    f->now += 2 * SAMPLE_VALIDITY;
    assert_int_equal(page(f, store, NULL, 9).count, 0);
    assert_true(counted(f, store) == 0);
}

static void test_cancels(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);

    must_add(f, store, 1);
    assert_int_equal(cancel(f, store, 1), SCEP_CANCEL_DONE);
    assert_string_equal(db_text(f, "SELECT state || cancelled_by FROM"
                                   " challenges"),
                        "2CORP\\bob");
    assert_string_equal(
        db_text(f, "SELECT event || ' ' || scope || ' ' || actor || ' ' || peer"
                   " || ' ' || (challenge_hash = (SELECT hash FROM challenges))"
                   " FROM audit WHERE seq = 2"),
        "challenge-cancelled " SAMPLE_SCOPE " CORP\\bob 192.0.2.9 1");
    assert_int_equal(cancel(f, store, 1), SCEP_CANCEL_LATE);
    assert_int_equal(cancel(f, store, 2), SCEP_CANCEL_UNKNOWN);
    assert_int_equal(db_count(f, "audit"), 2);
}

static void test_cancels_in_its_scope_only(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);

    must_add(f, store, 1);
    db_text(f, "UPDATE challenges SET scope = 'other'");
    assert_int_equal(cancel(f, store, 1), SCEP_CANCEL_UNKNOWN);
    assert_int_equal(db_number(f, "SELECT state FROM challenges"), 0);
}

static void test_cancel_of_an_expired_one_is_late(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);

    must_add(f, store, 1);
    f->now += 2 * SAMPLE_VALIDITY;
    assert_int_equal(cancel(f, store, 1), SCEP_CANCEL_LATE);
}

/* Cancelled while a certificate is being made: the certificate is lost. And
 * the other way round. */
static void test_cancel_and_issue_exclude_each_other(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);

    must_add(f, store, 1);
    issue.challenge_hash = sample_hash(f->pool, 'p', 1);
    assert_int_equal(cancel(f, store, 1), SCEP_CANCEL_DONE);
    assert_int_equal(must_issue(f, store, &issue), SCEP_ISSUE_CHALLENGE_LOST);
    assert_int_equal(db_count(f, "certificates"), 0);

    must_add(f, store, 2);
    issue.challenge_hash = sample_hash(f->pool, 'p', 2);
    assert_int_equal(must_issue(f, store, &issue), SCEP_ISSUE_RECORDED);
    assert_int_equal(cancel(f, store, 2), SCEP_CANCEL_LATE);
    assert_int_equal(db_number(f, "SELECT COUNT(*) FROM challenges WHERE"
                                  " state = 1"),
                     1);
}

static void test_malformed_row(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_challenge_page_t wanted = {SAMPLE_SCOPE, f->now, NULL, 9};
    list_t list = {f, {0}, "", 0};

    must_add(f, store, 1);
    db_text(f, "UPDATE challenges SET created = 'yesterday'");
    assert_int_equal(
        scep_store_challenges_page(store, &wanted, take, &list, &f->res),
        SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_INTERNAL);
    assert_int_equal(list.count, 0);
}

static void test_unavailable(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_challenge_page_t wanted = {SAMPLE_SCOPE, f->now, NULL, 9};
    scep_challenge_cancel_t one = {SAMPLE_SCOPE, sample_hash(f->pool, 'p', 1),
                                   f->now, "bob", "192.0.2.9"};
    list_t list = {f, {0}, "", 0};
    scep_cancel_outcome_e outcome = SCEP_CANCEL_DONE;
    apr_int64_t count;

    assert_int_equal(unlink(db_path(f)), 0);
    assert_int_equal(
        scep_store_challenges_page(store, &wanted, take, &list, &f->res),
        SCEP_UNAVAILABLE);
    assert_int_equal(scep_store_challenges_count(store, SAMPLE_SCOPE, f->now,
                                                 &count, &f->res),
                     SCEP_UNAVAILABLE);
    assert_int_equal(
        scep_store_challenge_cancel(store, &one, f->pool, &outcome, &f->res),
        SCEP_UNAVAILABLE);
    assert_int_not_equal(outcome, SCEP_CANCEL_DONE);
}

/* Whoever forgets to look at the status must not take it for cancelled. */
static void test_cancel_that_fails_is_not_done(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_challenge_cancel_t one = {SAMPLE_SCOPE, sample_hash(f->pool, 'p', 1),
                                   f->now, "bob", "192.0.2.9"};
    scep_cancel_outcome_e outcome = SCEP_CANCEL_DONE;

    must_add(f, store, 1);
    db_text(f, "CREATE TRIGGER no BEFORE INSERT ON audit"
               " BEGIN SELECT RAISE(ABORT, 'no'); END");
    assert_int_equal(
        scep_store_challenge_cancel(store, &one, f->pool, &outcome, &f->res),
        SCEP_BROKEN);
    assert_int_not_equal(outcome, SCEP_CANCEL_DONE);
    assert_int_equal(
        db_number(f, "SELECT COUNT(*) FROM challenges WHERE state = 0"), 1);
}

static bool shows(fixture_t *f, scep_store_t *store, const char *ca_id, int n)
{
    bool first;

    assert_int_equal(
        scep_store_challenge_show(store, ca_id, sample_hash(f->pool, 'p', n),
                                  f->now, f->pool, &first, &f->res),
        SCEP_OK);
    return first;
}

static void test_is_shown_once(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);

    must_add(f, store, 1);
    must_add(f, store, 2);
    assert_false(shows(f, store, "other", 1));
    assert_false(shows(f, store, SAMPLE_SCOPE, 3));
    assert_true(shows(f, store, SAMPLE_SCOPE, 1));
    assert_false(shows(f, store, SAMPLE_SCOPE, 1));
    assert_int_equal(cancel(f, store, 2), SCEP_CANCEL_DONE);
    assert_true(shows(f, store, SAMPLE_SCOPE, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_is_shown_once),
        FIXTURE_TEST(test_lists_in_pages),
        FIXTURE_TEST(test_pages_within_one_time),
        FIXTURE_TEST(test_lists_only_what_is_good),
        FIXTURE_TEST(test_cancels),
        FIXTURE_TEST(test_cancels_in_its_scope_only),
        FIXTURE_TEST(test_cancel_of_an_expired_one_is_late),
        FIXTURE_TEST(test_cancel_and_issue_exclude_each_other),
        FIXTURE_TEST(test_malformed_row),
        FIXTURE_TEST(test_unavailable),
        FIXTURE_TEST(test_cancel_that_fails_is_not_done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
