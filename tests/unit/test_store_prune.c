/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_store_prune.c: what goes with time, and what never does. (store layer) */
#include "store_fixture.h"

#include "recall_fixture.h"
#include "scep_store_prune.h"

#define DAY (86400 * APR_USEC_PER_SEC)

static void draw(fixture_t *f, scep_store_t *store, int n)
{
    scep_challenge_row_t row = sample_challenge(f, f->pool, n);

    assert_int_equal(scep_store_challenge_add(store, &row, f->pool, &f->res),
                     SCEP_OK);
}

/* Certificate N, by message N; PASSWORD 0: on none. */
static void issue(fixture_t *f, scep_store_t *store, int n, int password,
                  apr_time_t not_after)
{
    scep_issue_t issue = sample_issue(f, f->pool, n);
    scep_issue_outcome_e outcome;

    issue.not_after = not_after;
    issue.message_hash = sample_hash(f->pool, 'm', n);
    if (password != 0) {
        issue.challenge_hash = sample_hash(f->pool, 'p', password);
    }
    assert_int_equal(
        scep_store_issue(store, &issue, f->pool, &outcome, &f->res), SCEP_OK);
    assert_int_equal(outcome, SCEP_ISSUE_RECORDED);
}

static int prune(fixture_t *f, scep_store_t *store, scep_prune_e kind,
                 apr_time_t before)
{
    apr_int64_t could, removed;

    assert_int_equal(
        scep_store_prune_count(store, kind, before, &could, &f->res), SCEP_OK);
    assert_int_equal(scep_store_prune(store, kind, before, f->now, "alice",
                                      f->pool, &removed, &f->res),
                     SCEP_OK);
    assert_int_equal(removed,
                     could < SCEP_PRUNE_STEP ? could : SCEP_PRUNE_STEP);
    return (int)removed;
}

/* What came for certificate N comes again. */
static void check_replay(fixture_t *f, scep_store_t *store, int n,
                         scep_status_e expected)
{
    scep_issue_t issue = sample_issue(f, f->pool, n);
    scep_repeat_t repeat = {.scope = SAMPLE_SCOPE,
                            .transaction_id = issue.transaction_id,
                            .key_hash = issue.key_hash,
                            .csr_hash = issue.csr_hash};
    scep_recall_t found;

    assert_int_equal(
        recalled(store, &repeat, SCEP_RECALL_MESSAGE, f->pool, &found, &f->res),
        expected);
    if (expected == SCEP_OK) {
        assert_string_equal(found.issued->serial, issue.serial);
        repeat.csr_hash = sample_hash(f->pool, 'c', 77);
        assert_int_equal(recalled(store, &repeat, SCEP_RECALL_MESSAGE, f->pool,
                                  &found, &f->res),
                         SCEP_NOT_FOUND);
    }
}

/* 1 expired, 2 spent for what has expired, 3 for what has not, 4 outstanding. */
static void test_passwords(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_challenge_row_t *row;
    scep_transaction_row_t *same;
    const char *serial;
    int i;

    for (i = 1; i <= 3; i++) {
        draw(f, store, i);
    }
    issue(f, store, 2, 2, f->now + 10 * DAY);
    issue(f, store, 3, 3, f->now + 100 * DAY);
    issue(f, store, 5, 0, f->now + 10 * DAY);
    f->now += 20 * DAY;
    draw(f, store, 4);
    assert_int_equal(prune(f, store, SCEP_PRUNE_PASSWORDS, f->now - 30 * DAY),
                     0);
    assert_int_equal(db_number(f, "SELECT COUNT(*) FROM audit"
                                  " WHERE event = 'pruned'"),
                     0);
    assert_int_equal(prune(f, store, SCEP_PRUNE_PASSWORDS, f->now - 5 * DAY),
                     2);
    assert_int_equal(prune(f, store, SCEP_PRUNE_PASSWORDS, f->now - 5 * DAY),
                     0);
    assert_int_equal(db_count(f, "challenges"), 2);
    assert_int_equal(db_count(f, "certificates"), 3);
    assert_int_equal(db_count(f, "transactions"), 3);
    assert_string_equal(db_text(f, "SELECT actor || ': ' || detail FROM audit"
                                   " WHERE event = 'pruned'"),
                        "alice: passwords deleted: 2");
    /* spent is spent, also without a row of its own */
    assert_int_equal(scep_store_challenge_find(store,
                                               sample_hash(f->pool, 'p', 2),
                                               f->pool, &row, &f->res),
                     SCEP_NOT_FOUND);
    assert_int_equal(scep_store_challenge_used(store,
                                               sample_hash(f->pool, 'p', 2),
                                               f->pool, &serial, &f->res),
                     SCEP_OK);
    assert_string_equal(serial, sample_issue(f, f->pool, 2).serial);
    assert_int_equal(scep_store_challenge_used(store,
                                               sample_hash(f->pool, 'p', 1),
                                               f->pool, &serial, &f->res),
                     SCEP_NOT_FOUND);
    check_replay(f, store, 2, SCEP_OK);
    check_replay(f, store, 3, SCEP_NOT_FOUND);
    check_replay(f, store, 5, SCEP_NOT_FOUND);
    /* a message goes only with the password that refuses it from now on */
    for (i = 2; i <= 5; i++) {
        assert_int_equal(recalled_by_message(store, SAMPLE_SCOPE,
                                             sample_hash(f->pool, 'm', i),
                                             f->pool, &same, &f->res),
                         i == 3 || i == 5 ? SCEP_OK : SCEP_NOT_FOUND);
    }
}

/* One that a request holds, which waits, is needed. */
static void test_held_by_a_request(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);

    draw(f, store, 1);
    db_text(f, "INSERT INTO requests (id, scope, transaction_id, key_hash,"
               " csr_hash, state, challenge_hash, created, expires)"
               " SELECT 'r', scope, 't', 'k', 'c', 0, hash, 0, 1"
               " FROM challenges");
    f->now += 20 * DAY;
    assert_int_equal(prune(f, store, SCEP_PRUNE_PASSWORDS, f->now - DAY), 0);
    db_text(f, "UPDATE requests SET state = 5");
    assert_int_equal(prune(f, store, SCEP_PRUNE_PASSWORDS, f->now - DAY), 1);
}

static void note(fixture_t *f, scep_store_t *store, const char *event)
{
    scep_audit_event_t row = {
        .event = event, .at = f->now, .scope = SAMPLE_SCOPE};

    assert_int_equal(scep_store_audit_add(store, &row, f->pool, &f->res),
                     SCEP_OK);
}

static void test_audit(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    apr_int64_t last, then;

    note(f, store, SCEP_AUDIT_REFUSED);
    note(f, store, "other");
    f->now += 2 * DAY;
    note(f, store, SCEP_AUDIT_REFUSED);
    assert_int_equal(prune(f, store, SCEP_PRUNE_REFUSALS, f->now - DAY), 1);
    assert_int_equal(db_count(f, "audit"), 3); /* one tells of it */
    assert_int_equal(prune(f, store, SCEP_PRUNE_AUDIT, f->now - DAY), 1);
    assert_int_equal(scep_store_audit_last(store, &last, &f->res), SCEP_OK);
    f->now += 2 * DAY;
    assert_int_equal(prune(f, store, SCEP_PRUNE_AUDIT, f->now - DAY), 3);
    /* no number is given twice, or who follows would miss a row */
    assert_int_equal(scep_store_audit_last(store, &then, &f->res), SCEP_OK);
    assert_true(then > last);
    assert_int_equal(db_count(f, "audit"), 1);
}

static void test_steps(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    int i;

    db_text(f, "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1"
               " FROM n WHERE i < 450) INSERT INTO challenges (hash, scope,"
               " state, created, expires) SELECT 'h' || i, 'x', 0, 0, i"
               " FROM n");
    for (i = 0; i < 2; i++) {
        assert_int_equal(prune(f, store, SCEP_PRUNE_PASSWORDS, f->now),
                         SCEP_PRUNE_STEP);
    }
    assert_int_equal(prune(f, store, SCEP_PRUNE_PASSWORDS, f->now), 50);
    assert_int_equal(db_count(f, "challenges"), 0);
}

static void test_names(void **state)
{
    scep_prune_e kind;
    int i;

    (void)state;
    for (i = 0; i < SCEP_PRUNE_KINDS; i++) {
        assert_true(scep_prune_kind(scep_prune_name((scep_prune_e)i), &kind));
        assert_int_equal(kind, i);
    }
    assert_false(scep_prune_kind("", &kind));
    assert_false(scep_prune_kind("certificates", &kind));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_passwords), FIXTURE_TEST(test_held_by_a_request),
        FIXTURE_TEST(test_audit),     FIXTURE_TEST(test_steps),
        FIXTURE_TEST(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
