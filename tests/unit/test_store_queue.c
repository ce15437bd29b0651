/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_store_queue.c: which requests have room in the queue. (store layer) */
#include "store_fixture.h"

#include "recall_fixture.h"
#include <pthread.h>

#include "scep_store_request.h"
#include "scep_str.h"

enum { ALL = 6, NETWORK = 3, VALIDITY = 1000, RACERS = 64 };

static const scep_queue_limits_t limits = {ALL, NETWORK, 1};

/* Of key N from a network of its own, with no proof. */
static scep_request_row_t sample(fixture_t *f, int n)
{
    scep_request_row_t row = {
        .ca_id = SAMPLE_SCOPE,
        .transaction_id = apr_psprintf(f->pool, "id-%d", n),
        .endpoint = "here",
        .network = apr_psprintf(f->pool, "192.0.2.%d", n),
        .key_hash = sample_hash(f->pool, 'k', n),
        .csr_hash = sample_hash(f->pool, 'c', n),
        .message_hash = sample_hash(f->pool, 'm', n),
        .sealed = {(const unsigned char *)"sealed", 6},
        .subject = "CN=device",
        .source = "none",
        .peer = "192.0.2.1",
        .created = f->now + n,
        .expires = f->now + VALIDITY,
    };

    return row;
}

static scep_queue_outcome_e add(fixture_t *f, scep_store_t *store,
                                const scep_request_row_t *row, int *replaced)
{
    scep_queue_outcome_e outcome;

    assert_int_equal(scep_store_request_add(store, row, &limits, f->pool,
                                            &outcome, replaced, &f->res),
                     SCEP_OK);
    return outcome;
}

static void must_queue(fixture_t *f, scep_store_t *store,
                       const scep_request_row_t *row, int expected)
{
    int replaced;

    assert_int_equal(add(f, store, row, &replaced), SCEP_QUEUE_ADDED);
    assert_int_equal(replaced, expected);
}

static scep_request_row_t *find(fixture_t *f, scep_store_t *store,
                                const scep_request_row_t *row)
{
    scep_request_row_t *found;

    assert_int_equal(request_of(store, row->ca_id, row->transaction_id,
                                row->key_hash, f->now, f->pool, &found,
                                &f->res),
                     SCEP_OK);
    return found;
}

static int waiting(fixture_t *f)
{
    return db_number(f, "SELECT COUNT(*) FROM requests WHERE state <= 2");
}

static void decide(fixture_t *f, scep_store_t *store,
                   const scep_request_row_t *row, scep_request_state_e to)
{
    const scep_decision_t decision = {.id = find(f, store, row)->id,
                                      .state = to,
                                      .now = f->now,
                                      .expires = f->now + VALIDITY,
                                      .ticket = "t"};

    assert_int_equal(
        scep_store_request_decide(store, &decision, f->pool, &f->res), SCEP_OK);
}

/* All of one key. */
static scep_request_row_t of_one_key(fixture_t *f, int n)
{
    scep_request_row_t row = sample(f, n);

    row.key_hash = sample_hash(f->pool, 'k', 0);
    return row;
}

static void test_newest_of_a_key(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_request_row_t row, before, other = sample(f, 1), *found;
    int n;

    must_queue(f, store, &other, 0);
    before = of_one_key(f, 100);
    must_queue(f, store, &before, 0);
    for (n = 101; n < 110; n++) {
        row = of_one_key(f, n);
        must_queue(f, store, &row, 1);
        found = find(f, store, &before);
        assert_int_equal(found->state, SCEP_REQUEST_REJECTED);
        assert_string_equal(found->note, SCEP_REQUEST_REPLACED_NOTE);
        assert_int_equal(found->sealed.len, 0);
        assert_int_equal(found->decided_at, row.created);
        before = row;
    }
    assert_int_equal(waiting(f), 2);
    assert_int_equal(find(f, store, &row)->state, SCEP_REQUEST_WAITING);
    assert_int_equal(find(f, store, &other)->state, SCEP_REQUEST_WAITING);
    assert_int_equal(db_number(f, "SELECT COUNT(*) FROM audit WHERE event = "
                                  "'request-rejected'"),
                     9);
}

/* What an operator has approved stays for the device to fetch; what waits for
 * the CA makes room. */
static void test_states(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_request_row_t first = of_one_key(f, 100), second = of_one_key(f, 101);
    scep_request_row_t third = of_one_key(f, 102), other = of_one_key(f, 103);

    must_queue(f, store, &first, 0);
    decide(f, store, &first, SCEP_REQUEST_APPROVED);
    must_queue(f, store, &second, 0);
    assert_int_equal(find(f, store, &first)->state, SCEP_REQUEST_APPROVED);
    decide(f, store, &second, SCEP_REQUEST_APPROVED);
    decide(f, store, &second, SCEP_REQUEST_AT_CA);
    must_queue(f, store, &third, 1);
    assert_int_equal(find(f, store, &second)->state, SCEP_REQUEST_REJECTED);
    other.ca_id = "another";
    must_queue(f, store, &other, 0);
}

/* The key that signs says nothing of who proved what: what is recorded of a
 * message without a password cannot push out what has one. */
static void test_proof_is_apart(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_request_row_t proved = of_one_key(f, 100), not = of_one_key(f, 101);

    proved.proved = true;
    must_queue(f, store, &proved, 0);
    must_queue(f, store, &not, 0);
    assert_int_equal(find(f, store, &proved)->state, SCEP_REQUEST_WAITING);
}

static void test_one_renewal_of_a_certificate(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_request_row_t enrolment = of_one_key(f, 100), one, other, again;

    enrolment.proved = true;
    one = other = again = enrolment;
    one.renewal_of = again.renewal_of = "0A";
    other.renewal_of = "0B";
    one.transaction_id = "one";
    other.transaction_id = "other";
    again.transaction_id = "again";
    must_queue(f, store, &enrolment, 0);
    must_queue(f, store, &one, 0);
    must_queue(f, store, &other, 0);
    again.created++;
    again.message_hash = sample_hash(f->pool, 'm', 9);
    must_queue(f, store, &again, 1);
    assert_int_equal(find(f, store, &one)->state, SCEP_REQUEST_REJECTED);
    assert_int_equal(waiting(f), 3);
}

static void test_password_is_given_back(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_challenge_row_t challenge = sample_challenge(f, f->pool, 1);
    scep_challenge_row_t another = sample_challenge(f, f->pool, 2);
    scep_request_row_t row = of_one_key(f, 100), newer = of_one_key(f, 101);
    int replaced;

    assert_int_equal(
        scep_store_challenge_add(store, &challenge, f->pool, &f->res), SCEP_OK);
    row.proved = newer.proved = true;
    row.challenge_hash = challenge.hash;
    newer.challenge_hash = another.hash;
    must_queue(f, store, &row, 0);
    /* what is not queued after all replaces nothing */
    assert_int_equal(add(f, store, &newer, &replaced),
                     SCEP_QUEUE_CHALLENGE_LOST);
    assert_int_equal(find(f, store, &row)->state, SCEP_REQUEST_WAITING);
    assert_int_equal(
        scep_store_challenge_add(store, &another, f->pool, &f->res), SCEP_OK);
    must_queue(f, store, &newer, 1);
    assert_int_equal(
        db_number(f, "SELECT COUNT(*) FROM challenges WHERE state = 0"), 1);
    assert_string_equal(
        db_text(f, "SELECT LOWER(HEX(hash)) FROM challenges WHERE state = 0"),
        scep_hex_lower(f->pool, challenge.hash, SCEP_HASH_SIZE));
}

/* A key that begins anew again and again fills neither table nor trail. */
static void test_few_traces(void **state)
{
    enum { TIMES = 3 * SCEP_REQUESTS_REPLACED_KEPT };
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_request_row_t row, first = of_one_key(f, 0), *found;
    int n;

    must_queue(f, store, &first, 0);
    for (n = 1; n <= TIMES; n++) {
        row = of_one_key(f, n);
        must_queue(f, store, &row, 1);
    }
    assert_int_equal(db_count(f, "requests"), SCEP_REQUESTS_REPLACED_KEPT + 1);
    assert_int_equal(db_count(f, "messages"), SCEP_REQUESTS_REPLACED_KEPT + 1);
    assert_true(db_count(f, "audit") <= 2 * SCEP_REQUESTS_REPLACED_KEPT + 2);
    assert_int_equal(find(f, store, &row)->state, SCEP_REQUEST_WAITING);
    assert_int_equal(request_of(store, first.ca_id, first.transaction_id,
                                first.key_hash, f->now, f->pool, &found,
                                &f->res),
                     SCEP_NOT_FOUND);
}

/* All from one network. */
static scep_request_row_t of_one_network(fixture_t *f, int n)
{
    scep_request_row_t row = sample(f, n);

    row.network = "2001:db8::/64";
    return row;
}

static void test_network(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_request_row_t row;
    int n, replaced;

    for (n = 0; n < NETWORK; n++) {
        row = of_one_network(f, n);
        must_queue(f, store, &row, 0);
    }
    row = of_one_network(f, n);
    assert_int_equal(add(f, store, &row, &replaced), SCEP_QUEUE_NETWORK_FULL);
    row.proved = true; /* with the master password, say */
    must_queue(f, store, &row, 0);
    row = of_one_network(f, n + 1);
    row.renewal_of = "0A";
    must_queue(f, store, &row, 0);
    row = sample(f, n + 2);
    must_queue(f, store, &row, 0);
    row = of_one_network(f, n + 3); /* and one of its own makes room */
    row.key_hash = sample_hash(f->pool, 'k', 0);
    must_queue(f, store, &row, 1);
}

/* Strangers fill their own places only. */
static void test_all(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_request_row_t row;
    int n, replaced;

    for (n = 0; n < ALL; n++) {
        row = sample(f, n);
        must_queue(f, store, &row, 0);
    }
    row = sample(f, n);
    assert_int_equal(add(f, store, &row, &replaced), SCEP_QUEUE_FULL);
    for (n = 20; n < 20 + ALL; n++) {
        row = sample(f, n);
        row.proved = true;
        must_queue(f, store, &row, 0);
    }
    row = sample(f, n);
    row.proved = true;
    assert_int_equal(add(f, store, &row, &replaced), SCEP_QUEUE_FULL);
}

/* ---- at once ---- */

typedef struct racer_t {
    fixture_t *f;
    scep_store_t *store;
    scep_request_row_t row;
    apr_pool_t *pool;
    scep_queue_outcome_e outcome;
} racer_t;

static void *race(void *baton)
{
    racer_t *racer = baton;
    scep_result_t res;
    int replaced;

    scep_result_init(&res, racer->pool);
    if (scep_store_request_add(racer->store, &racer->row, &limits, racer->pool,
                               &racer->outcome, &replaced, &res) != SCEP_OK) {
        racer->outcome = SCEP_QUEUE_CHALLENGE_LOST;
    }
    return NULL;
}

/* @return how many were queued */
static int race_all(fixture_t *f, scep_store_t *store,
                    scep_request_row_t (*make)(fixture_t *, int))
{
    racer_t racers[RACERS];
    pthread_t threads[RACERS];
    int i, added = 0;

    for (i = 0; i < RACERS; i++) {
        racers[i] = (racer_t){.f = f, .store = store, .row = make(f, i)};
        assert_int_equal(apr_pool_create(&racers[i].pool, NULL), APR_SUCCESS);
    }
    for (i = 0; i < RACERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]),
                         0);
    }
    for (i = 0; i < RACERS; i++) {
        pthread_join(threads[i], NULL);
        added += racers[i].outcome == SCEP_QUEUE_ADDED;
        assert_int_not_equal(racers[i].outcome, SCEP_QUEUE_CHALLENGE_LOST);
        apr_pool_destroy(racers[i].pool);
    }
    return added;
}

static void test_many_of_one_network_at_once(void **state)
{
    fixture_t *f = *state;

    assert_int_equal(race_all(f, db_ready(f), of_one_network), NETWORK);
    assert_int_equal(waiting(f), NETWORK);
}

static void test_many_of_one_key_at_once(void **state)
{
    fixture_t *f = *state;

    assert_int_equal(race_all(f, db_ready(f), of_one_key), RACERS);
    assert_int_equal(waiting(f), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_newest_of_a_key),
        FIXTURE_TEST(test_states),
        FIXTURE_TEST(test_proof_is_apart),
        FIXTURE_TEST(test_one_renewal_of_a_certificate),
        FIXTURE_TEST(test_password_is_given_back),
        FIXTURE_TEST(test_few_traces),
        FIXTURE_TEST(test_network),
        FIXTURE_TEST(test_all),
        FIXTURE_TEST(test_many_of_one_network_at_once),
        FIXTURE_TEST(test_many_of_one_key_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
