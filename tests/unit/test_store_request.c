/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_store_request.c: requests that wait, in the durable record. */
#include "store_fixture.h"

#include "recall_fixture.h"
#include "scep_store_prune.h"
#include "scep_store_request.h"

enum { MAX = 3 };

static scep_request_row_t sample(fixture_t *f, int n)
{
    scep_request_row_t row = {
        .ca_id = SAMPLE_SCOPE,
        .transaction_id = apr_psprintf(f->pool, "id-%d", n),
        .endpoint = "here",
        .proved = true,
        .key_hash = sample_hash(f->pool, 'k', n),
        .csr_hash = sample_hash(f->pool, 'c', n),
        .state = SCEP_REQUEST_WAITING,
        .sealed = {(const unsigned char *)"sealed", 6},
        .subject = "CN=device",
        .alt_names = "DNS:device",
        .profile = "device",
        .source = "one-time",
        .peer = "192.0.2.1",
        .created = f->now + n,
        .expires = f->now + SAMPLE_VALIDITY,
    };

    return row;
}

static scep_queue_outcome_e add(fixture_t *f, scep_store_t *store,
                                const scep_request_row_t *row)
{
    const scep_queue_limits_t limits = {MAX, MAX, 1};
    scep_queue_outcome_e outcome;
    int replaced;

    assert_int_equal(scep_store_request_add(store, row, &limits, f->pool,
                                            &outcome, &replaced, &f->res),
                     SCEP_OK);
    assert_int_equal(replaced, 0);
    return outcome;
}

static scep_request_row_t *find(fixture_t *f, scep_store_t *store,
                                const scep_request_row_t *row, apr_time_t now)
{
    scep_request_row_t *found;

    assert_int_equal(request_of(store, row->ca_id, row->transaction_id, NULL,
                                now, f->pool, &found, &f->res),
                     SCEP_OK);
    return found;
}

/* Does what has that key and CSR wait by its challenge, whatever its id? */
static scep_status_e held(fixture_t *f, scep_store_t *store,
                          const unsigned char *challenge_hash,
                          const unsigned char *key_hash,
                          const unsigned char *csr_hash,
                          scep_request_row_t **found)
{
    const scep_repeat_t repeat = {
        .ca_id = SAMPLE_SCOPE,
        .transaction_id = "of nobody",
        .key_hash = key_hash,
        .csr_hash = csr_hash,
        .challenge_hash = challenge_hash,
        .now = f->now,
    };
    scep_recall_t recall;
    scep_status_e status = recalled(store, &repeat, SCEP_RECALL_ELSEWHERE,
                                    f->pool, &recall, &f->res);

    *found = recall.request;
    return status;
}

static scep_status_e decide(fixture_t *f, scep_store_t *store, const char *id,
                            scep_request_state_e state)
{
    const scep_decision_t decision = {.id = id,
                                      .state = state,
                                      .now = f->now + 100,
                                      .expires = f->now + 2 * SAMPLE_VALIDITY,
                                      .actor = "alice",
                                      .note = "why",
                                      .ticket = "t1"};

    return scep_store_request_decide(store, &decision, f->pool, &f->res);
}

static void test_added_and_found(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_request_row_t row = sample(f, 1), *found, *again;

    assert_int_equal(add(f, store, &row), SCEP_QUEUE_ADDED);
    assert_int_equal(add(f, store, &row), SCEP_QUEUE_THERE);
    found = find(f, store, &row, f->now);
    assert_int_equal(found->state, SCEP_REQUEST_WAITING);
    assert_string_equal(found->subject, "CN=device");
    assert_memory_equal(found->key_hash, row.key_hash, SCEP_HASH_SIZE);
    assert_memory_equal(found->sealed.data, "sealed", 6);
    assert_null(found->challenge_hash);
    assert_null(found->serial);
    assert_int_equal(scep_store_request_get(store, found->id, f->now, f->pool,
                                            &again, &f->res),
                     SCEP_OK);
    assert_string_equal(again->transaction_id, "id-1");
    assert_int_equal(
        scep_store_request_get(store, "none", f->now, f->pool, &again, &f->res),
        SCEP_NOT_FOUND);
    assert_int_equal(db_count(f, "requests"), 1);
    assert_int_equal(db_count(f, "audit"), 1);
}

static void test_id_taken_and_full(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_request_row_t row = sample(f, 1), other = sample(f, 2);
    int n;

    assert_int_equal(add(f, store, &row), SCEP_QUEUE_ADDED);
    other.transaction_id = row.transaction_id;
    assert_int_equal(add(f, store, &other), SCEP_QUEUE_ID_TAKEN);
    for (n = 3; n < 3 + MAX - 1; n++) {
        other = sample(f, n);
        assert_int_equal(add(f, store, &other), SCEP_QUEUE_ADDED);
    }
    other = sample(f, n);
    assert_int_equal(add(f, store, &other), SCEP_QUEUE_FULL);
    other.ca_id = "another";
    assert_int_equal(add(f, store, &other), SCEP_QUEUE_ADDED);
    /* what has run out makes room */
    other = sample(f, n);
    other.created = row.expires;
    other.expires = row.expires + 1;
    assert_int_equal(add(f, store, &other), SCEP_QUEUE_ADDED);
    assert_int_equal(find(f, store, &row, f->now)->state, SCEP_REQUEST_EXPIRED);
    assert_int_equal(find(f, store, &row, f->now)->sealed.len, 0);
}

static void test_decisions(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_request_row_t row = sample(f, 1), *found;

    assert_int_equal(add(f, store, &row), SCEP_QUEUE_ADDED);
    found = find(f, store, &row, f->now);
    assert_int_equal(decide(f, store, found->id, SCEP_REQUEST_AT_CA),
                     SCEP_NOT_FOUND); /* not approved yet */
    assert_int_equal(decide(f, store, found->id, SCEP_REQUEST_APPROVED),
                     SCEP_OK);
    assert_int_equal(decide(f, store, found->id, SCEP_REQUEST_APPROVED),
                     SCEP_NOT_FOUND); /* twice */
    found = find(f, store, &row, f->now);
    assert_int_equal(found->state, SCEP_REQUEST_APPROVED);
    assert_string_equal(found->decided_by, "alice");
    assert_int_equal(found->expires, f->now + 2 * SAMPLE_VALIDITY);
    assert_int_equal(decide(f, store, found->id, SCEP_REQUEST_AT_CA), SCEP_OK);
    assert_string_equal(find(f, store, &row, f->now)->ticket, "t1");
    assert_int_equal(decide(f, store, found->id, SCEP_REQUEST_REJECTED),
                     SCEP_OK);
    found = find(f, store, &row, f->now);
    assert_int_equal(found->state, SCEP_REQUEST_REJECTED);
    assert_int_equal(found->sealed.len, 0);
    assert_string_equal(found->note, "why");
    assert_int_equal(decide(f, store, found->id, SCEP_REQUEST_REJECTED),
                     SCEP_NOT_FOUND);
    assert_int_equal(decide(f, store, "none", SCEP_REQUEST_REJECTED),
                     SCEP_NOT_FOUND);
    assert_int_equal(db_count(f, "audit"), 4);
    /* the id is free again */
    row.csr_hash = sample_hash(f->pool, 'c', 9);
    row.created += 1000;
    assert_int_equal(add(f, store, &row), SCEP_QUEUE_ADDED);
    assert_int_equal(find(f, store, &row, f->now)->state, SCEP_REQUEST_WAITING);
}

/* What was decided on while the clock was ahead does not hide what waits. */
static void test_what_waits_is_found_first(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_request_row_t row = sample(f, 1), *found;

    assert_int_equal(add(f, store, &row), SCEP_QUEUE_ADDED);
    found = find(f, store, &row, f->now);
    assert_int_equal(decide(f, store, found->id, SCEP_REQUEST_REJECTED),
                     SCEP_OK);
    row.created -= SAMPLE_VALIDITY;
    assert_int_equal(add(f, store, &row), SCEP_QUEUE_ADDED);
    found = find(f, store, &row, row.created);
    assert_int_equal(found->state, SCEP_REQUEST_WAITING);
    assert_int_equal(found->created, row.created);
}

static int outstanding(fixture_t *f)
{
    return db_number(f, "SELECT COUNT(*) FROM challenges WHERE state = 0");
}

static void test_challenge_is_bound_and_given_back(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_challenge_row_t challenge = sample_challenge(f, f->pool, 1);
    scep_request_row_t row = sample(f, 1), other = sample(f, 2), *found;

    assert_int_equal(
        scep_store_challenge_add(store, &challenge, f->pool, &f->res), SCEP_OK);
    row.challenge_hash = other.challenge_hash = challenge.hash;
    assert_int_equal(add(f, store, &row), SCEP_QUEUE_ADDED);
    assert_int_equal(outstanding(f), 0);
    assert_int_equal(add(f, store, &other), SCEP_QUEUE_CHALLENGE_LOST);
    assert_int_equal(scep_store_request_by_challenge(store, challenge.hash,
                                                     row.expires - 1, f->pool,
                                                     &found, &f->res),
                     SCEP_NOT_FOUND);
    assert_int_equal(scep_store_request_by_challenge(store, challenge.hash,
                                                     row.expires, f->pool,
                                                     &found, &f->res),
                     SCEP_OK);
    assert_string_equal(found->transaction_id, "id-1");
    assert_int_equal(decide(f, store, found->id, SCEP_REQUEST_REJECTED),
                     SCEP_OK);
    assert_int_equal(outstanding(f), 1);
    assert_int_equal(add(f, store, &other), SCEP_QUEUE_ADDED);
    assert_int_equal(outstanding(f), 0);
    assert_int_equal(scep_store_requests_expire(store, other.expires, &f->res),
                     SCEP_OK);
    assert_int_equal(outstanding(f), 1);
    assert_int_equal(db_number(f, "SELECT uses FROM challenges"), 1);
    assert_int_equal(scep_store_requests_expire(store, other.expires, &f->res),
                     SCEP_OK);
    assert_int_equal(db_number(f, "SELECT uses FROM challenges"), 1);
}

static scep_status_e move(fixture_t *f, scep_store_t *store,
                          const scep_request_row_t *row, const char *id,
                          const unsigned char *message)
{
    return scep_store_request_move(store, row, id, "here", message, f->now,
                                   f->pool, &f->res);
}

static void test_moved_to_another_id(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_challenge_row_t challenge = sample_challenge(f, f->pool, 1);
    scep_request_row_t row = sample(f, 1), other = sample(f, 2), *found;
    const unsigned char *first = sample_hash(f->pool, 'm', 1);
    const unsigned char *second = sample_hash(f->pool, 'm', 2);

    assert_int_equal(
        scep_store_challenge_add(store, &challenge, f->pool, &f->res), SCEP_OK);
    row.challenge_hash = challenge.hash;
    row.message_hash = first;
    assert_int_equal(add(f, store, &row), SCEP_QUEUE_ADDED);
    assert_int_equal(add(f, store, &other), SCEP_QUEUE_ADDED);
    assert_int_equal(
        held(f, store, challenge.hash, other.key_hash, row.csr_hash, &found),
        SCEP_NOT_FOUND);
    assert_int_equal(
        held(f, store, challenge.hash, row.key_hash, row.csr_hash, &found),
        SCEP_OK);
    assert_int_equal(move(f, store, found, other.transaction_id, second),
                     SCEP_NOT_FOUND); /* it is taken */
    assert_int_equal(move(f, store, found, "id-9", second), SCEP_OK);
    row.transaction_id = "id-9";
    assert_string_equal(find(f, store, &row, f->now)->id, found->id);
    /* both messages came before */
    assert_int_equal(move(f, store, found, "id-1", first), SCEP_OK);
    assert_int_equal(move(f, store, found, "id-8", second), SCEP_OK);
    assert_string_equal(find(f, store, &row, f->now)->id, found->id);
    assert_int_equal(decide(f, store, found->id, SCEP_REQUEST_REJECTED),
                     SCEP_OK);
    assert_int_equal(
        move(f, store, found, "id-1", sample_hash(f->pool, 'm', 3)),
        SCEP_NOT_FOUND);
    assert_int_equal(
        held(f, store, challenge.hash, row.key_hash, row.csr_hash, &found),
        SCEP_NOT_FOUND);
}

static void test_issued(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_challenge_row_t challenge = sample_challenge(f, f->pool, 1);
    scep_request_row_t row = sample(f, 1), *found;
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    scep_issue_outcome_e outcome;

    assert_int_equal(
        scep_store_challenge_add(store, &challenge, f->pool, &f->res), SCEP_OK);
    row.challenge_hash = issue.challenge_hash = challenge.hash;
    assert_int_equal(add(f, store, &row), SCEP_QUEUE_ADDED);
    found = find(f, store, &row, f->now);
    issue.request_id = found->id;
    issue.retry_since = 0;
    /* nobody has approved it */
    assert_int_equal(
        scep_store_issue(store, &issue, f->pool, &outcome, &f->res), SCEP_OK);
    assert_int_equal(outcome, SCEP_ISSUE_DUPLICATE);
    assert_int_equal(db_count(f, "certificates"), 0);
    assert_int_equal(decide(f, store, found->id, SCEP_REQUEST_APPROVED),
                     SCEP_OK);
    assert_int_equal(
        scep_store_issue(store, &issue, f->pool, &outcome, &f->res), SCEP_OK);
    assert_int_equal(outcome, SCEP_ISSUE_RECORDED);
    issue.serial = "FEED";
    assert_int_equal(
        scep_store_issue(store, &issue, f->pool, &outcome, &f->res), SCEP_OK);
    assert_int_equal(outcome, SCEP_ISSUE_DUPLICATE);
    assert_int_equal(db_count(f, "certificates"), 1);
    found = find(f, store, &row, f->now + SAMPLE_VALIDITY);
    assert_int_equal(found->state, SCEP_REQUEST_ISSUED);
    assert_non_null(found->serial);
    assert_int_equal(found->sealed.len, 0);
    assert_string_equal(db_text(f, "SELECT serial FROM challenges"),
                        found->serial);
    assert_int_equal(decide(f, store, found->id, SCEP_REQUEST_REJECTED),
                     SCEP_NOT_FOUND);
}

#define KEPT (90 * 86400 * APR_USEC_PER_SEC)

/* What httpd does in the background. */
static void prune(fixture_t *f, scep_store_t *store, apr_time_t now)
{
    apr_int64_t could, removed;

    assert_int_equal(scep_store_prune_count(store, SCEP_PRUNE_REQUESTS,
                                            now - KEPT, now, &could, &f->res),
                     SCEP_OK);
    assert_int_equal(scep_store_prune(store, SCEP_PRUNE_REQUESTS, now - KEPT,
                                      now, NULL, f->pool, &removed, &f->res),
                     SCEP_OK);
    assert_int_equal(removed, could);
}

static void test_what_was_decided_long_ago(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_request_row_t row = sample(f, 1), waits = sample(f, 2), *found;
    apr_time_t then = f->now + 100 + KEPT;

    row.message_hash = sample_hash(f->pool, 'm', 1);
    waits.message_hash = sample_hash(f->pool, 'm', 2);
    waits.expires = then + SAMPLE_VALIDITY;
    assert_int_equal(add(f, store, &row), SCEP_QUEUE_ADDED);
    assert_int_equal(add(f, store, &waits), SCEP_QUEUE_ADDED);
    found = find(f, store, &row, f->now);
    assert_int_equal(decide(f, store, found->id, SCEP_REQUEST_REJECTED),
                     SCEP_OK);
    prune(f, store, then - 1);
    assert_int_equal(db_count(f, "requests"), 2);
    assert_int_equal(db_count(f, "messages"), 2);
    prune(f, store, then);
    assert_int_equal(db_count(f, "requests"), 1);
    assert_int_equal(db_count(f, "messages"), 1);
    /* its message is refused ever after all the same */
    assert_int_equal(
        recalled_by_mark(store, row.message_hash, f->pool, &f->res), SCEP_OK);
    assert_int_equal(
        recalled_by_mark(store, waits.message_hash, f->pool, &f->res),
        SCEP_NOT_FOUND);
    assert_int_equal(find(f, store, &waits, then)->state, SCEP_REQUEST_WAITING);
}

static scep_status_e refused(fixture_t *f, scep_store_t *store,
                             const scep_request_row_t *row, apr_time_t now,
                             scep_request_row_t **found)
{
    const scep_repeat_t repeat = {
        .ca_id = row->ca_id,
        .transaction_id = row->transaction_id,
        .message_hash = row->message_hash,
        .key_hash = row->key_hash,
        .csr_hash = row->csr_hash,
        .now = now,
    };

    scep_recall_t recall;
    scep_status_e status = recalled(store, &repeat, SCEP_RECALL_REFUSED,
                                    f->pool, &recall, &f->res);

    *found = recall.request;
    return status;
}

static void test_refused(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_request_row_t row = sample(f, 1), other = row, *found;
    apr_time_t end;

    assert_int_equal(add(f, store, &row), SCEP_QUEUE_ADDED);
    assert_int_equal(refused(f, store, &row, f->now, &found), SCEP_NOT_FOUND);
    found = find(f, store, &row, f->now);
    assert_int_equal(decide(f, store, found->id, SCEP_REQUEST_REJECTED),
                     SCEP_OK);
    end = f->now + 100 + found->patience;
    assert_int_equal(refused(f, store, &row, end - 1, &found), SCEP_OK);
    assert_int_equal(found->state, SCEP_REQUEST_REJECTED);
    assert_string_equal(found->note, "why");
    /* it was heard of, and so it lasts */
    assert_int_equal(refused(f, store, &row, end, &found), SCEP_OK);
    assert_int_equal(found->heard_at, end - 1);
    end += found->patience - 1;
    other.csr_hash = NULL; /* a poll */
    assert_int_equal(refused(f, store, &other, end - 1, &found), SCEP_OK);
    end += found->patience - 1;
    assert_int_equal(refused(f, store, &row, end, &found), SCEP_NOT_FOUND);
    other.key_hash = sample_hash(f->pool, 'k', 2);
    assert_int_equal(refused(f, store, &other, end - 1, &found),
                     SCEP_NOT_FOUND);
    other = row;
    other.csr_hash = sample_hash(f->pool, 'c', 2);
    assert_int_equal(refused(f, store, &other, end - 1, &found),
                     SCEP_NOT_FOUND);
    other = row;
    other.transaction_id = "another";
    assert_int_equal(refused(f, store, &other, end - 1, &found),
                     SCEP_NOT_FOUND);
    other = row;
    other.ca_id = "another";
    assert_int_equal(refused(f, store, &other, end - 1, &found),
                     SCEP_NOT_FOUND);
}

/* Who polls each second has nothing written each second. */
static void test_hearing_is_noted_now_and_then(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_request_row_t row = sample(f, 1), *found;
    apr_time_t now = row.expires;
    int n, noted = 0;
    apr_time_t last = 0;

    assert_int_equal(add(f, store, &row), SCEP_QUEUE_ADDED);
    for (n = 0; n < 200; n++) {
        now += SAMPLE_VALIDITY / 100;
        assert_int_equal(refused(f, store, &row, now, &found), SCEP_OK);
        assert_int_equal(found->state, SCEP_REQUEST_EXPIRED);
        noted += found->heard_at != last;
        last = found->heard_at;
    }
    assert_in_range(noted, 20, 40);
}

/* By its message a request is known again as long as it is on record. */
static void test_refused_message(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_request_row_t row = sample(f, 1), *found;
    apr_time_t late = row.expires + KEPT - 1;

    row.message_hash = sample_hash(f->pool, 'm', 1);
    assert_int_equal(add(f, store, &row), SCEP_QUEUE_ADDED);
    assert_int_equal(refused(f, store, &row, row.expires - 1, &found),
                     SCEP_NOT_FOUND);
    row.transaction_id = "another";
    assert_int_equal(refused(f, store, &row, late, &found), SCEP_OK);
    assert_int_equal(found->state, SCEP_REQUEST_EXPIRED);
    /* since it was heard of it stays as long again */
    assert_int_equal(refused(f, store, &row, late + KEPT - 1, &found), SCEP_OK);
    late += 2 * KEPT - 1;
    prune(f, store, late);
    assert_int_equal(refused(f, store, &row, late, &found), SCEP_NOT_FOUND);
    assert_int_equal(
        recalled_by_mark(store, row.message_hash, f->pool, &f->res), SCEP_OK);
}

/* A patience that is longer than ScepRetention says. */
static void test_kept_as_long_as_it_is_refused(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_request_row_t row = sample(f, 1), *found;
    apr_time_t end;

    row.expires = row.created + 2 * KEPT;
    end = row.expires + 2 * KEPT;
    assert_int_equal(add(f, store, &row), SCEP_QUEUE_ADDED);
    prune(f, store, end - 1);
    assert_int_equal(refused(f, store, &row, end - 1, &found), SCEP_OK);
    prune(f, store, end + 2 * KEPT);
    assert_int_equal(db_count(f, "requests"), 0);
}

static scep_status_e count_row(void *baton, const scep_request_row_t *row)
{
    assert_non_null(row->id);
    ++*(int *)baton;
    return SCEP_OK;
}

static void test_list(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_request_filter_t filter = {.now = f->now, .limit = 10};
    scep_request_row_t row;
    int n, count = 0;

    for (n = 0; n < MAX; n++) {
        row = sample(f, n);
        assert_int_equal(add(f, store, &row), SCEP_QUEUE_ADDED);
    }
    assert_int_equal(decide(f, store, find(f, store, &row, f->now)->id,
                            SCEP_REQUEST_REJECTED),
                     SCEP_OK);
    assert_int_equal(scep_store_requests_each(store, &filter, count_row, &count,
                                              f->pool, &f->res),
                     SCEP_OK);
    assert_int_equal(count, MAX - 1);
    filter.decided = true;
    filter.ca_id = SAMPLE_SCOPE;
    count = 0;
    assert_int_equal(scep_store_requests_each(store, &filter, count_row, &count,
                                              f->pool, &f->res),
                     SCEP_OK);
    assert_int_equal(count, MAX);
    filter.ca_id = "another";
    assert_int_equal(scep_store_requests_each(store, &filter, count_row, &count,
                                              f->pool, &f->res),
                     SCEP_OK);
    assert_int_equal(count, MAX);
}

static scep_status_e stand_still(void *baton, const scep_request_row_t *row)
{
    assert_non_null(row->id);
    assert_false(db_is_read(baton));
    return SCEP_OK;
}

/* Who prints the list to a pager may be there for hours. */
static void test_nobody_is_held_up(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_request_filter_t filter = {.now = f->now, .limit = 10};
    int n;

    for (n = 0; n < MAX; n++) {
        scep_request_row_t row = sample(f, n);

        assert_int_equal(add(f, store, &row), SCEP_QUEUE_ADDED);
    }
    assert_int_equal(scep_store_requests_each(store, &filter, stand_still, f,
                                              f->pool, &f->res),
                     SCEP_OK);
}

enum { PAGES = 7, PAGE = 2 };

typedef struct page_t {
    fixture_t *f;
    scep_request_row_t last;
    int count;
} page_t;

/* Newest first; of those with one time by the id. */
static scep_status_e take_row(void *baton, const scep_request_row_t *row)
{
    page_t *page = baton;

    assert_true(page->last.id == NULL || row->created < page->last.created ||
                (row->created == page->last.created &&
                 strcmp(row->id, page->last.id) < 0));
    page->last.created = row->created;
    page->last.id = apr_pstrdup(page->f->pool, row->id);
    page->count++;
    return SCEP_OK;
}

static void test_pages(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_request_filter_t filter = {.now = f->now, .limit = PAGE};
    const scep_queue_limits_t limits = {PAGES, PAGES, 1};
    scep_queue_outcome_e outcome;
    page_t page = {.f = f};
    int n, pages = 0, before, replaced;

    for (n = 0; n < PAGES; n++) {
        scep_request_row_t row = sample(f, n);

        row.created = f->now + n / 5;
        assert_int_equal(scep_store_request_add(store, &row, &limits, f->pool,
                                                &outcome, &replaced, &f->res),
                         SCEP_OK);
        assert_int_equal(outcome, SCEP_QUEUE_ADDED);
    }
    do {
        before = page.count;
        filter.created = page.last.created;
        filter.id = page.last.id;
        assert_int_equal(scep_store_requests_each(store, &filter, take_row,
                                                  &page, f->pool, &f->res),
                         SCEP_OK);
        pages++;
    } while (page.count == before + PAGE);
    assert_int_equal(page.count, PAGES);
    assert_int_equal(pages, PAGES / PAGE + 1);
}

static void test_malformed_row(void **state)
{
    static const char *const damages[] = {
        "UPDATE requests SET state = -1",
        "UPDATE requests SET state = 0, expires = 'x'",
        "UPDATE requests SET expires = created + 1, decided_at = 'x'",
        "UPDATE requests SET decided_at = NULL, key_hash = 'x'",
        "UPDATE requests SET key_hash = csr_hash, challenge_hash = 'x'",
        "UPDATE requests SET challenge_hash = NULL, csr = '!'",
    };
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_request_filter_t filter = {.now = f->now, .decided = true, .limit = 9};
    scep_request_row_t row = sample(f, 1), *found;
    int count = 0;
    size_t i;

    assert_int_equal(add(f, store, &row), SCEP_QUEUE_ADDED);
    for (i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        db_text(f, damages[i]);
        assert_int_equal(request_of(store, row.ca_id, row.transaction_id, NULL,
                                    f->now, f->pool, &found, &f->res),
                         SCEP_BROKEN);
        assert_null(found);
        assert_int_equal(scep_store_requests_each(store, &filter, count_row,
                                                  &count, f->pool, &f->res),
                         SCEP_BROKEN);
        assert_non_null(strstr(f->res.detail, "requests"));
    }
    assert_int_equal(count, 0);
}

static void test_states_have_names(void **state)
{
    (void)state;
    assert_string_equal(scep_request_state_name(SCEP_REQUEST_WAITING),
                        "waiting");
    assert_string_equal(scep_request_state_name(SCEP_REQUEST_EXPIRED),
                        "expired");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_added_and_found),
        FIXTURE_TEST(test_id_taken_and_full),
        FIXTURE_TEST(test_decisions),
        FIXTURE_TEST(test_what_waits_is_found_first),
        FIXTURE_TEST(test_challenge_is_bound_and_given_back),
        FIXTURE_TEST(test_moved_to_another_id),
        FIXTURE_TEST(test_issued),
        FIXTURE_TEST(test_what_was_decided_long_ago),
        FIXTURE_TEST(test_refused),
        FIXTURE_TEST(test_hearing_is_noted_now_and_then),
        FIXTURE_TEST(test_refused_message),
        FIXTURE_TEST(test_kept_as_long_as_it_is_refused),
        FIXTURE_TEST(test_list),
        FIXTURE_TEST(test_nobody_is_held_up),
        FIXTURE_TEST(test_pages),
        FIXTURE_TEST(test_malformed_row),
        FIXTURE_TEST(test_states_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
