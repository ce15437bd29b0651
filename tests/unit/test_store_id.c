/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_store_id.c: who holds a transactionID. (store layer) */
#include "store_fixture.h"

#include "recall_fixture.h"
#include "scep_store_request.h"

enum { WINDOW = 1000 };

/* What asks for an id, and whether something let it in. */
typedef struct asker_t {
    scep_repeat_t repeat;
    bool proved;
} asker_t;

static asker_t sample(fixture_t *f)
{
    asker_t asker = {.repeat = {.ca_id = SAMPLE_SCOPE,
                                .transaction_id = "transaction-1",
                                .endpoint = "here",
                                .csr_hash = sample_hash(f->pool, 'c', 99),
                                .since = f->now - WINDOW,
                                .now = f->now}};

    return asker;
}

/* Is it taken from key N? */
static bool taken(fixture_t *f, scep_store_t *store, const asker_t *asker,
                  int n)
{
    scep_repeat_t repeat = asker->repeat;
    scep_recall_t found;

    repeat.key_hash = sample_hash(f->pool, 'k', n);
    assert_int_equal(
        scep_store_recall(store, &repeat, f->pool, &found, &f->res), SCEP_OK);
    return asker->proved ? found.holder == SCEP_ID_HELD
                         : found.holder != SCEP_ID_FREE;
}

/* By key 1, as SAMPLE has it: held against whom it is to be, and nobody else. */
static void check_held(fixture_t *f, scep_store_t *store, bool proved)
{
    asker_t id = sample(f);

    assert_true(taken(f, store, &id, 2));
    assert_false(taken(f, store, &id, 1));
    id.proved = true;
    assert_int_equal(taken(f, store, &id, 2), proved);
    id.proved = false;
    id.repeat.endpoint = "there";
    assert_false(taken(f, store, &id, 2));
    id.repeat.endpoint = NULL;
    assert_false(taken(f, store, &id, 2));
    id = sample(f);
    id.repeat.ca_id = "another";
    assert_false(taken(f, store, &id, 2));
    id = sample(f);
    id.repeat.transaction_id = "transaction-2";
    assert_false(taken(f, store, &id, 2));
}

static void test_issued(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    asker_t id = sample(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);

    issue.endpoint = "here";
    assert_false(taken(f, store, &id, 2));
    assert_int_equal(must_issue(f, store, &issue), SCEP_ISSUE_RECORDED);
    check_held(f, store, false);
    /* a clock that was set back, and the window's end */
    id.repeat.now -= WINDOW / 2;
    id.repeat.since -= WINDOW / 2;
    assert_true(taken(f, store, &id, 2));
    id.repeat.now = f->now + WINDOW + 1;
    id.repeat.since = f->now + 1;
    assert_false(taken(f, store, &id, 2));
    id = sample(f);
    id.repeat.since = APR_INT64_MAX;
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
        .ca_id = SAMPLE_SCOPE,
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
    asker_t id = sample(f);

    queue(f, store, false);
    check_held(f, store, false);
    id.repeat.since = APR_INT64_MAX;
    assert_true(taken(f, store, &id, 2));
    id.repeat.now += WINDOW;
    assert_false(taken(f, store, &id, 2));
}

static void test_waiting_with_proof(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    asker_t id = sample(f);

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
