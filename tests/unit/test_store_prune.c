/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_store_prune.c: which rows are deleted with time, and which never are.
 * (store layer) */
#include "store_fixture.h"

#include "recall_fixture.h"
#include "scep_store_prune.h"
#include "scep_store_revocation.h"

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
        scep_store_prune_count(store, kind, before, f->now, &could, &f->res),
        SCEP_OK);
    assert_int_equal(scep_store_prune(store, kind, before, f->now, "alice",
                                      f->pool, &removed, &f->res),
                     SCEP_OK);
    assert_int_equal(removed,
                     could < SCEP_PRUNE_STEP ? could : SCEP_PRUNE_STEP);
    return (int)removed;
}

/* Of message N: is it known by its row, by its mark, or not at all? */
typedef enum { ROW, MARK, NOTHING } known_e;

static void check_message(fixture_t *f, scep_store_t *store, int n,
                          known_e expected)
{
    const unsigned char *hash = sample_hash(f->pool, 'm', n);
    scep_transaction_row_t *row;

    assert_int_equal(
        recalled_by_message(store, SAMPLE_SCOPE, hash, f->pool, &row, &f->res),
        expected == ROW ? SCEP_OK : SCEP_NOT_FOUND);
    assert_int_equal(recalled_by_mark(store, hash, f->pool, &f->res),
                     expected == MARK ? SCEP_OK : SCEP_NOT_FOUND);
}

/* 1 expired, 2 spent for what has expired, 3 for what has not, 4 outstanding. */
static void test_passwords(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_challenge_row_t *row;
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
    for (i = 2; i <= 5; i++) {
        check_message(f, store, i, i == 4 ? NOTHING : ROW);
    }
}

/* Whatever a certificate was issued on, its message leaves a mark. */
static void test_messages(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);

    draw(f, store, 1);
    issue(f, store, 1, 1, f->now + 10 * DAY);
    issue(f, store, 2, 0, f->now + 10 * DAY);
    issue(f, store, 3, 0, f->now + 100 * DAY);
    /* the same octets were answered by another CA, whose certificate lasts */
    db_text(f, "INSERT INTO messages (hash, scope, certificate_id, created)"
               " SELECT m.hash, 'other', c.id, 0 FROM messages m"
               " JOIN certificates c ON c.id = m.certificate_id,"
               " certificates d WHERE d.serial = c.serial"
               " AND c.not_after = (SELECT MIN(not_after) FROM certificates)"
               " LIMIT 1");
    db_text(f, apr_psprintf(f->pool,
                            "UPDATE messages SET expires = %" APR_INT64_T_FMT
                            " WHERE scope = 'other'",
                            f->now + 100 * DAY));
    f->now += 20 * DAY;
    assert_int_equal(prune(f, store, SCEP_PRUNE_MESSAGES, f->now - 15 * DAY),
                     0);
    assert_int_equal(prune(f, store, SCEP_PRUNE_MESSAGES, f->now - 5 * DAY), 2);
    assert_int_equal(prune(f, store, SCEP_PRUNE_MESSAGES, f->now - 5 * DAY), 0);
    check_message(f, store, 1, MARK);
    check_message(f, store, 2, MARK);
    check_message(f, store, 3, ROW);
    assert_int_equal(db_count(f, "messages"), 2);
    assert_int_equal(db_count(f, "message_marks"), 2);
    assert_int_equal(db_count(f, "transactions"), 3);
}

/* N renews OLD. */
static void renew(fixture_t *f, scep_store_t *store, int n, int old,
                  apr_time_t not_after)
{
    scep_issue_t issue = sample_issue(f, f->pool, n);
    scep_issue_outcome_e outcome;

    issue.not_after = not_after;
    issue.message_hash = sample_hash(f->pool, 'm', n);
    issue.renewal_of = sample_issue(f, f->pool, old).serial;
    assert_int_equal(
        scep_store_issue(store, &issue, f->pool, &outcome, &f->res), SCEP_OK);
    assert_int_equal(outcome, SCEP_ISSUE_RECORDED);
}

static const char *serials(fixture_t *f, const char *table)
{
    return db_text(f,
                   apr_pstrcat(f->pool,
                               "SELECT GROUP_CONCAT(serial, ' ') FROM"
                               " (SELECT c.serial FROM ",
                               table, " ORDER BY c.created, c.serial)", NULL));
}

#define OF_TRANSACTIONS                                                        \
    "transactions t JOIN certificates c ON c.id = t.certificate_id"

/* 1 was renewed by 2 and that by 3, which is valid; 4 stands alone. What leads
 * from 1 to 3 stays while 1 is on record. */
static void test_transactions(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);

    issue(f, store, 1, 0, f->now + 10 * DAY);
    renew(f, store, 2, 1, f->now + 20 * DAY);
    renew(f, store, 3, 2, f->now + 100 * DAY);
    issue(f, store, 4, 0, f->now + 10 * DAY);
    f->now += 40 * DAY;
    assert_int_equal(
        prune(f, store, SCEP_PRUNE_TRANSACTIONS, f->now - 35 * DAY), 0);
    assert_int_equal(prune(f, store, SCEP_PRUNE_TRANSACTIONS, f->now - 7 * DAY),
                     2);
    assert_int_equal(db_count(f, "certificates"), 4);
    assert_int_equal(db_count(f, "transactions"), 2);
    check_message(f, store, 1, MARK);
    check_message(f, store, 2, ROW);
    check_message(f, store, 3, ROW);
    check_message(f, store, 4, MARK);
    /* once 1 is gone, 2 needs no transaction */
    assert_int_equal(
        prune(f, store, SCEP_PRUNE_CERTIFICATES, f->now - 25 * DAY), 2);
    assert_int_equal(prune(f, store, SCEP_PRUNE_TRANSACTIONS, f->now - 7 * DAY),
                     1);
    check_message(f, store, 2, MARK);
    check_message(f, store, 3, ROW);
}

/* What is still needed of a certificate is there after it was deleted. */
static void test_certificates(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t again = sample_issue(f, f->pool, 1);
    scep_issue_outcome_e outcome;
    const char *profile;

    draw(f, store, 1);
    issue(f, store, 1, 1, f->now + 10 * DAY);
    issue(f, store, 2, 0, f->now + 100 * DAY);
    db_text(f, "INSERT INTO requests (id, scope, transaction_id, key_hash,"
               " csr_hash, state, created, expires, certificate_id)"
               " SELECT 'r', scope, 't', 'k', 'c', 3, 0, 1, id"
               " FROM certificates WHERE not_after ="
               " (SELECT MIN(not_after) FROM certificates)");
    f->now += 20 * DAY;
    assert_int_equal(prune(f, store, SCEP_PRUNE_CERTIFICATES, f->now - 7 * DAY),
                     1);
    assert_int_equal(db_count(f, "certificates"), 1);
    assert_int_equal(db_count(f, "transactions"), 1);
    assert_int_equal(db_count(f, "past_certificates"), 1);
    assert_int_equal(db_count(f, "requests WHERE certificate_id IS NULL"), 1);
    assert_int_equal(db_count(f, "challenges WHERE serial IS NOT NULL"), 1);
    check_message(f, store, 1, MARK);
    check_message(f, store, 2, ROW);
    /* no CA may give the serial number out again */
    again.transaction_id = "again";
    assert_int_equal(
        scep_store_issue(store, &again, f->pool, &outcome, &f->res),
        SCEP_BROKEN);
    assert_non_null(strstr(f->log, "serial number of a deleted certificate"));
    assert_null(strstr(f->log, "not an error"));
    assert_int_equal(db_count(f, "certificates"), 1);
    scep_result_init(&f->res, f->pool);
    assert_int_equal(scep_store_past_profile(store, SAMPLE_SCOPE, again.serial,
                                             f->pool, &profile, &f->res),
                     SCEP_OK);
    assert_string_equal(profile, again.profile);
    assert_int_equal(scep_store_past_profile(store, SAMPLE_SCOPE, "none",
                                             f->pool, &profile, &f->res),
                     SCEP_NOT_FOUND);
}

static void revoke_it(fixture_t *f, scep_store_t *store, int n)
{
    scep_revoke_t revoke = {
        .row = {.ca_id = SAMPLE_SCOPE,
                .serial = sample_issue(f, f->pool, n).serial,
                .effective = f->now,
                .created = f->now,
                .reason = SCEP_REVOKED_KEY_COMPROMISE}};
    scep_revoke_outcome_e outcome;

    assert_int_equal(
        scep_store_revoke(store, &revoke, f->pool, &outcome, &f->res), SCEP_OK);
    assert_int_equal(outcome, SCEP_REVOKE_RECORDED);
}

/* Before or after: a CRL has it as long as it would have had it. */
static void test_revoked(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    const apr_time_t end = f->now + 10 * DAY;
    scep_revocation_row_t *row;
    int i;

    issue(f, store, 1, 0, end);
    issue(f, store, 2, 0, end);
    revoke_it(f, store, 1);
    f->now += 20 * DAY;
    assert_int_equal(prune(f, store, SCEP_PRUNE_CERTIFICATES, f->now - 7 * DAY),
                     2);
    revoke_it(f, store, 2);
    for (i = 1; i <= 2; i++) {
        assert_int_equal(
            scep_store_revocation_find(store, SAMPLE_SCOPE,
                                       sample_issue(f, f->pool, i).serial,
                                       f->pool, &row, &f->res),
            SCEP_OK);
        assert_true(row->not_after == end);
    }
}

/* A chain goes from its beginning; what is valid, or is just to be renewed,
 * keeps what leads to it from a certificate that is not old enough. */
static void test_chains(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);

    issue(f, store, 1, 0, f->now + 10 * DAY);
    renew(f, store, 2, 1, f->now + 20 * DAY);
    renew(f, store, 3, 2, f->now + 100 * DAY);
    issue(f, store, 4, 0, f->now + 100 * DAY); /* longer than its successors */
    renew(f, store, 5, 4, f->now + 10 * DAY);
    renew(f, store, 6, 5, f->now + 100 * DAY);
    issue(f, store, 7, 0, f->now + 10 * DAY);
    db_text(f, apr_psprintf(
                   f->pool,
                   "INSERT INTO requests (id, scope, transaction_id, key_hash,"
                   " csr_hash, state, created, expires, renewal_of)"
                   " VALUES ('r', 'x', 't', 'k', 'c', 0, 0, 1, '%s')",
                   sample_issue(f, f->pool, 7).serial));
    f->now += 40 * DAY;
    assert_int_equal(prune(f, store, SCEP_PRUNE_CERTIFICATES, f->now - 7 * DAY),
                     2);
    assert_string_equal(serials(f, "certificates c"),
                        apr_pstrcat(f->pool, sample_issue(f, f->pool, 3).serial,
                                    " ", sample_issue(f, f->pool, 4).serial,
                                    " ", sample_issue(f, f->pool, 5).serial,
                                    " ", sample_issue(f, f->pool, 6).serial,
                                    " ", sample_issue(f, f->pool, 7).serial,
                                    NULL));
    db_text(f, "UPDATE requests SET state = 4");
    assert_int_equal(prune(f, store, SCEP_PRUNE_CERTIFICATES, f->now - 7 * DAY),
                     1);
    assert_string_equal(serials(f, OF_TRANSACTIONS),
                        apr_pstrcat(f->pool, sample_issue(f, f->pool, 3).serial,
                                    " ", sample_issue(f, f->pool, 4).serial,
                                    " ", sample_issue(f, f->pool, 5).serial,
                                    " ", sample_issue(f, f->pool, 6).serial,
                                    NULL));
}

/* What ran out unnoticed gives its password back, and goes. */
static void test_unnoticed_request(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);

    draw(f, store, 1);
    db_text(f, "INSERT INTO requests (id, scope, transaction_id, key_hash,"
               " csr_hash, state, challenge_hash, created, expires)"
               " SELECT 'r', scope, 't', 'k', 'c', 0, hash, 0, 1"
               " FROM challenges");
    db_text(f, "INSERT INTO messages (hash, scope, request_id, created)"
               " VALUES (x'" /* 64 digits */
               "0123456789abcdef0123456789abcdef"
               "0123456789abcdef0123456789abcdef', 'x', 'r', 0)");
    db_text(f, "UPDATE challenges SET state = 1, uses = 0");
    f->now += 20 * DAY;
    assert_int_equal(prune(f, store, SCEP_PRUNE_REQUESTS, f->now - DAY), 1);
    assert_int_equal(db_count(f, "requests"), 0);
    assert_int_equal(db_count(f, "messages"), 0);
    assert_string_equal(
        db_text(f, "SELECT LOWER(HEX(mark)) FROM message_marks"),
        "0123456789abcdef0123456789abcdef");
    assert_int_equal(db_count(f, "challenges WHERE state = 0 AND uses = 1"), 1);
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
        .event = event, .at = f->now, .ca_id = SAMPLE_SCOPE};

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

    for (i = 0; i < SCEP_PRUNE_KINDS; i++) {
        assert_true(scep_prune_kind(scep_prune_name((scep_prune_e)i), &kind));
        assert_int_equal(kind, i);
    }
    assert_false(scep_prune_kind("", &kind));
    assert_false(scep_prune_kind("revocations", &kind));
    assert_string_equal(scep_prune_names(((fixture_t *)*state)->pool),
                        "passwords, refusals, audit, messages, requests, "
                        "transactions or certificates");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_passwords),    FIXTURE_TEST(test_held_by_a_request),
        FIXTURE_TEST(test_messages),     FIXTURE_TEST(test_unnoticed_request),
        FIXTURE_TEST(test_transactions), FIXTURE_TEST(test_certificates),
        FIXTURE_TEST(test_revoked),      FIXTURE_TEST(test_chains),
        FIXTURE_TEST(test_audit),        FIXTURE_TEST(test_steps),
        FIXTURE_TEST(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
