/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_store_id.c: who holds a transactionID. (store layer) */
#include "store_fixture.h"

#include "scep_store_id.h"
#include "scep_store_request.h"

enum { WINDOW = 1000 };

static scep_transaction_id_t sample(fixture_t *f)
{
    scep_transaction_id_t id = {.scope = SAMPLE_SCOPE,
                                .text = "transaction-1",
                                .endpoint = "here",
                                .since = f->now - WINDOW,
                                .now = f->now};

    return id;
}

/* Is it taken from key N? */
static bool taken(fixture_t *f, scep_store_t *store,
                  const scep_transaction_id_t *id, int n)
{
    bool is_taken;

    assert_int_equal(scep_store_id_taken(store, id,
                                         sample_hash(f->pool, 'k', n), f->pool,
                                         &is_taken, &f->res),
                     SCEP_OK);
    return is_taken;
}

/* By key 1, as SAMPLE has it: held against whom it is to be, and nobody else. */
static void check_held(fixture_t *f, scep_store_t *store, bool proved)
{
    scep_transaction_id_t id = sample(f);

    assert_true(taken(f, store, &id, 2));
    assert_false(taken(f, store, &id, 1));
    id.proved = true;
    assert_int_equal(taken(f, store, &id, 2), proved);
    id.proved = false;
    id.endpoint = "there";
    assert_false(taken(f, store, &id, 2));
    id.endpoint = NULL;
    assert_false(taken(f, store, &id, 2));
    id = sample(f);
    id.scope = "another";
    assert_false(taken(f, store, &id, 2));
    id = sample(f);
    id.text = "transaction-2";
    assert_false(taken(f, store, &id, 2));
}

static void test_issued(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_transaction_id_t id = sample(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);

    issue.endpoint = "here";
    assert_false(taken(f, store, &id, 2));
    assert_int_equal(must_issue(f, store, &issue), SCEP_ISSUE_RECORDED);
    check_held(f, store, false);
    /* a clock that was set back, and the window's end */
    id.now -= WINDOW / 2;
    id.since -= WINDOW / 2;
    assert_true(taken(f, store, &id, 2));
    id.now = f->now + WINDOW + 1;
    id.since = f->now + 1;
    assert_false(taken(f, store, &id, 2));
    id = sample(f);
    id.since = APR_INT64_MAX;
    assert_false(taken(f, store, &id, 2));
}

static void test_issued_with_proof(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);

    issue.endpoint = "here";
    issue.proved = true;
    assert_int_equal(must_issue(f, store, &issue), SCEP_ISSUE_RECORDED);
    check_held(f, store, true);
}

/* The writer looks again. */
static void test_found_while_it_is_recorded(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t first = sample_issue(f, f->pool, 1);
    scep_issue_t second = sample_issue(f, f->pool, 2);

    second.transaction_id = first.transaction_id;
    first.endpoint = second.endpoint = "here";
    first.retry_since = second.retry_since = f->now - WINDOW;
    assert_int_equal(must_issue(f, store, &first), SCEP_ISSUE_RECORDED);
    assert_int_equal(must_issue(f, store, &second), SCEP_ISSUE_ID_TAKEN);
    second.proved = true;
    assert_int_equal(must_issue(f, store, &second), SCEP_ISSUE_RECORDED);
}

static void queue(fixture_t *f, scep_store_t *store, bool proved)
{
    const scep_queue_limits_t limits = {9, 9, 1};
    scep_request_row_t row = {
        .scope = SAMPLE_SCOPE,
        .transaction_id = "transaction-1",
        .endpoint = "here",
        .proved = proved,
        .key_hash = sample_hash(f->pool, 'k', 1),
        .csr_hash = sample_hash(f->pool, 'c', 1),
        .sealed = {(const unsigned char *)"sealed", 6},
        .subject = "CN=device",
        .created = f->now,
        .expires = f->now + WINDOW,
    };
    scep_queue_outcome_e outcome;
    int replaced;

    assert_int_equal(scep_store_request_add(store, &row, &limits, f->pool,
                                            &outcome, &replaced, &f->res),
                     SCEP_OK);
    assert_int_equal(outcome, SCEP_QUEUE_ADDED);
}

static void test_waiting(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_transaction_id_t id = sample(f);

    queue(f, store, false);
    check_held(f, store, false);
    id.since = APR_INT64_MAX;
    assert_true(taken(f, store, &id, 2));
    id.now += WINDOW;
    assert_false(taken(f, store, &id, 2));
}

static void test_waiting_with_proof(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_transaction_id_t id = sample(f);

    queue(f, store, true);
    check_held(f, store, true);
    db_text(f, "UPDATE requests SET state = 4");
    assert_false(taken(f, store, &id, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_issued),
        FIXTURE_TEST(test_issued_with_proof),
        FIXTURE_TEST(test_found_while_it_is_recorded),
        FIXTURE_TEST(test_waiting),
        FIXTURE_TEST(test_waiting_with_proof),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
