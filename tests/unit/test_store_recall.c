/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_store_recall.c: all that is known of a message, in one session. */
#include "store_fixture.h"

#include "recall_fixture.h"

static scep_repeat_t repeat_of(const scep_issue_t *issue)
{
    return (scep_repeat_t){.ca_id = issue->ca_id,
                           .transaction_id = issue->transaction_id,
                           .endpoint = "here",
                           .message_hash = issue->message_hash,
                           .key_hash = issue->key_hash,
                           .csr_hash = issue->csr_hash,
                           .challenge_hash = issue->challenge_hash,
                           .since = issue->now,
                           .now = issue->now};
}

static scep_recall_t recall(fixture_t *f, scep_store_t *store,
                            const scep_repeat_t *repeat)
{
    apr_uint64_t before = scep_store_sessions(store);
    scep_recall_t found;

    assert_int_equal(scep_store_recall(store, repeat, f->pool, &found, &f->res),
                     SCEP_OK);
    assert_true(found.what == SCEP_RECALL_REFUSED ||
                scep_store_sessions(store) == before + 1);
    return found;
}

static void queue(fixture_t *f, scep_store_t *store, const scep_issue_t *issue)
{
    const scep_queue_limits_t limits = {9, 9, 9};
    scep_request_row_t row = {
        .ca_id = issue->ca_id,
        .transaction_id = issue->transaction_id,
        .endpoint = "here",
        .proved = true,
        .message_hash = issue->message_hash,
        .key_hash = issue->key_hash,
        .csr_hash = issue->csr_hash,
        .challenge_hash = issue->challenge_hash,
        .sealed = {(const unsigned char *)"sealed", 6},
        .subject = "CN=device",
        .created = issue->now,
        .expires = issue->now + SAMPLE_VALIDITY,
    };
    scep_queue_outcome_e outcome;
    int replaced;

    assert_int_equal(scep_store_request_add(store, &row, &limits, f->pool,
                                            &outcome, &replaced, &f->res),
                     SCEP_OK);
    assert_int_equal(outcome, SCEP_QUEUE_ADDED);
}

static void test_nothing(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    scep_repeat_t repeat;
    scep_recall_t found;

    issue.challenge_hash = sample_hash(f->pool, 'p', 1);
    repeat = repeat_of(&issue);
    found = recall(f, store, &repeat);
    assert_int_equal(found.what, SCEP_RECALL_NONE);
    assert_int_equal(found.holder, SCEP_ID_FREE);
    assert_null(found.challenge);
    must_add(f, store, 1);
    found = recall(f, store, &repeat);
    assert_int_equal(found.what, SCEP_RECALL_NONE);
    assert_int_equal(found.challenge->state, SCEP_CHALLENGE_OUTSTANDING);
    assert_int_equal(found.challenge->uses, 1);
}

/* Its very message, the same again, and the same too late. */
static void test_issued(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    scep_repeat_t repeat;
    scep_recall_t found;

    issue.message_hash = sample_hash(f->pool, 'm', 1);
    assert_int_equal(must_issue(f, store, &issue), SCEP_ISSUE_RECORDED);
    repeat = repeat_of(&issue);
    repeat.now = issue.not_after + 1;
    found = recall(f, store, &repeat);
    assert_int_equal(found.what, SCEP_RECALL_MESSAGE);
    assert_string_equal(found.issued->serial, issue.serial);
    repeat = repeat_of(&issue);
    repeat.message_hash = sample_hash(f->pool, 'm', 2);
    assert_int_equal(recall(f, store, &repeat).what, SCEP_RECALL_ISSUED);
    repeat.since++;
    found = recall(f, store, &repeat);
    assert_int_equal(found.what, SCEP_RECALL_NONE);
    assert_null(found.issued);
    repeat.csr_hash = repeat.message_hash = NULL;
    assert_int_equal(recall(f, store, &repeat).what, SCEP_RECALL_ISSUED);
}

static void withdraw(fixture_t *f, scep_store_t *store,
                     const scep_issue_t *issue, apr_time_t effective,
                     scep_revocation_reason_e reason)
{
    const scep_revoke_t one = {.row = {.ca_id = issue->ca_id,
                                       .serial = issue->serial,
                                       .effective = effective,
                                       .created = f->now,
                                       .reason = reason}};
    scep_revoke_outcome_e outcome;

    assert_int_equal(scep_store_revoke(store, &one, f->pool, &outcome, &f->res),
                     SCEP_OK);
    assert_int_equal(outcome, SCEP_REVOKE_RECORDED);
}

/* What is too old for a retry counts yet if it was withdrawn. */
static void test_revoked(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    scep_repeat_t repeat;
    scep_recall_t found;

    must_issue(f, store, &issue);
    repeat = repeat_of(&issue);
    withdraw(f, store, &issue, f->now + 1, SCEP_REVOKED_SUPERSEDED);
    found = recall(f, store, &repeat);
    assert_int_equal(found.what, SCEP_RECALL_ISSUED);
    assert_null(found.revocation);
    repeat.now++;
    assert_non_null(recall(f, store, &repeat).revocation);
    repeat.since++;
    assert_int_equal(recall(f, store, &repeat).what, SCEP_RECALL_NONE);
    withdraw(f, store, &issue, f->now, SCEP_REVOKED_KEY_COMPROMISE);
    found = recall(f, store, &repeat);
    assert_int_equal(found.what, SCEP_RECALL_ISSUED);
    assert_int_equal(found.revocation->reason, SCEP_REVOKED_KEY_COMPROMISE);
}

static void test_waits(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    scep_repeat_t repeat;
    scep_recall_t found;

    must_add(f, store, 1);
    issue.challenge_hash = sample_hash(f->pool, 'p', 1);
    queue(f, store, &issue);
    repeat = repeat_of(&issue);
    assert_int_equal(recall(f, store, &repeat).what, SCEP_RECALL_WAITS);
    repeat.csr_hash = sample_hash(f->pool, 'c', 2);
    assert_int_equal(recall(f, store, &repeat).what, SCEP_RECALL_OTHER);
    repeat.csr_hash = NULL; /* a poll */
    found = recall(f, store, &repeat);
    assert_int_equal(found.what, SCEP_RECALL_WAITS);
    assert_int_equal(found.request->state, SCEP_REQUEST_WAITING);
    repeat = repeat_of(&issue);
    repeat.transaction_id = "another";
    assert_int_equal(recall(f, store, &repeat).what, SCEP_RECALL_ELSEWHERE);
    repeat.challenge_hash = NULL;
    assert_int_equal(recall(f, store, &repeat).what, SCEP_RECALL_NONE);
    repeat = repeat_of(&issue);
    repeat.key_hash = sample_hash(f->pool, 'k', 2);
    found = recall(f, store, &repeat);
    assert_int_equal(found.what, SCEP_RECALL_NONE);
    assert_int_equal(found.holder, SCEP_ID_HELD);
    assert_int_equal(found.challenge->state, SCEP_CHALLENGE_SPENT);
}

/* Of a poll's id the newer counts: what was issued, or what waits. */
static void test_poll_of_an_id_that_repeats(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    scep_issue_t later = sample_issue(f, f->pool, 1);
    scep_repeat_t poll;

    must_issue(f, store, &issue);
    later.now++;
    later.csr_hash = sample_hash(f->pool, 'c', 2);
    queue(f, store, &later);
    poll = repeat_of(&later);
    poll.csr_hash = NULL;
    assert_int_equal(recall(f, store, &poll).what, SCEP_RECALL_WAITS);
    db_text(f, "UPDATE transactions SET created = created + 1");
    assert_int_equal(recall(f, store, &poll).what, SCEP_RECALL_ISSUED);
    poll.now = issue.not_after; /* over, and so is what waited */
    assert_int_equal(recall(f, store, &poll).what, SCEP_RECALL_REFUSED);
    db_text(f, "UPDATE requests SET state = 3");
    assert_int_equal(recall(f, store, &poll).what, SCEP_RECALL_NONE);
}

static void test_row_that_cannot_be_read(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    scep_repeat_t repeat;
    scep_recall_t found;

    issue.challenge_hash = sample_hash(f->pool, 'p', 1);
    must_add(f, store, 1);
    repeat = repeat_of(&issue);
    db_text(f, "UPDATE challenges SET state = 77");
    assert_int_equal(
        scep_store_recall(store, &repeat, f->pool, &found, &f->res),
        SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "challenges"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_nothing),
        FIXTURE_TEST(test_issued),
        FIXTURE_TEST(test_revoked),
        FIXTURE_TEST(test_waits),
        FIXTURE_TEST(test_poll_of_an_id_that_repeats),
        FIXTURE_TEST(test_row_that_cannot_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
