/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_store_issue.c: recording a certificate, and finding it again.
 * (store layer)
 */
#include "store_fixture.h"

#include "recall_fixture.h"
#include "scep_store_revocation.h"
#include "scep_str.h"

static void nothing_written(fixture_t *f, int certificates)
{
    assert_int_equal(db_count(f, "certificates"), certificates);
    assert_int_equal(db_count(f, "transactions"), certificates);
    assert_int_equal(
        db_number(f, "SELECT COUNT(*) FROM audit WHERE event = 'issued'"),
        certificates);
}

static void test_recorded_and_found(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    scep_transaction_row_t *row = NULL;

    assert_int_equal(recalled_by_id(store, SAMPLE_SCOPE, issue.transaction_id,
                                    issue.key_hash, f->now, f->pool, &row,
                                    &f->res),
                     SCEP_NOT_FOUND);
    assert_int_equal(f->res.reason, SCEP_R_NONE);
    assert_int_equal(must_issue(f, store, &issue), SCEP_ISSUE_RECORDED);
    assert_int_equal(recalled_by_id(store, SAMPLE_SCOPE, issue.transaction_id,
                                    issue.key_hash, f->now, f->pool, &row,
                                    &f->res),
                     SCEP_OK);
    assert_string_equal(row->ca_id, SAMPLE_SCOPE);
    assert_string_equal(row->transaction_id, issue.transaction_id);
    assert_memory_equal(row->key_hash, issue.key_hash, SCEP_HASH_SIZE);
    assert_memory_equal(row->csr_hash, issue.csr_hash, SCEP_HASH_SIZE);
    assert_true(row->created == issue.now);
    assert_string_equal(row->serial, issue.serial);
    assert_int_equal(row->cert_der.len, issue.cert_der.len);
    assert_memory_equal(row->cert_der.data, issue.cert_der.data,
                        issue.cert_der.len);
    assert_true(row->not_after == issue.not_after);
    assert_string_equal(
        db_text(f, "SELECT LOWER(HEX(key_hash)) FROM certificates"),
        scep_hex_lower(f->pool, issue.cert_key_hash, SCEP_HASH_SIZE));
}

static void test_scope_and_id_must_fit(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    scep_transaction_row_t *row = NULL;

    must_issue(f, store, &issue);
    assert_int_equal(recalled_by_id(store, "other", issue.transaction_id,
                                    issue.key_hash, f->now, f->pool, &row,
                                    &f->res),
                     SCEP_NOT_FOUND);
    assert_int_equal(recalled_by_id(store, SAMPLE_SCOPE, "transaction",
                                    issue.key_hash, f->now, f->pool, &row,
                                    &f->res),
                     SCEP_NOT_FOUND);
    assert_int_equal(recalled_by_id(store, SAMPLE_SCOPE, issue.transaction_id,
                                    sample_hash(f->pool, 'k', 2), f->now,
                                    f->pool, &row, &f->res),
                     SCEP_NOT_FOUND);
    assert_int_equal(recalled_by_id(store, SAMPLE_SCOPE, issue.transaction_id,
                                    issue.key_hash, issue.not_after - 1,
                                    f->pool, &row, &f->res),
                     SCEP_OK);
    assert_int_equal(recalled_by_id(store, SAMPLE_SCOPE, issue.transaction_id,
                                    issue.key_hash, issue.not_after, f->pool,
                                    &row, &f->res),
                     SCEP_NOT_FOUND);
}

static void test_newest_is_found(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t first = sample_issue(f, f->pool, 1);
    scep_issue_t second = sample_issue(f, f->pool, 2);
    scep_issue_t third = sample_issue(f, f->pool, 3);
    scep_transaction_row_t *row = NULL;

    /* the same id and the same tick of the clock; then one set back */
    second.transaction_id = third.transaction_id = first.transaction_id;
    second.key_hash = third.key_hash = first.key_hash;
    third.now -= 1;
    must_issue(f, store, &first);
    must_issue(f, store, &second);
    assert_int_equal(recalled_by_id(store, SAMPLE_SCOPE, first.transaction_id,
                                    first.key_hash, f->now, f->pool, &row,
                                    &f->res),
                     SCEP_OK);
    assert_string_equal(row->serial, second.serial);
    must_issue(f, store, &third);
    assert_int_equal(recalled_by_id(store, SAMPLE_SCOPE, first.transaction_id,
                                    first.key_hash, f->now, f->pool, &row,
                                    &f->res),
                     SCEP_OK);
    assert_string_equal(row->serial, third.serial);
}

static scep_repeat_t retry_of(const scep_issue_t *issue)
{
    return (scep_repeat_t){.ca_id = issue->ca_id,
                           .transaction_id = issue->transaction_id,
                           .key_hash = issue->key_hash,
                           .csr_hash = issue->csr_hash,
                           .renewal_of = issue->renewal_of,
                           .since = issue->now,
                           .now = issue->now};
}

static void test_same_transaction_is_found(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t older = sample_issue(f, f->pool, 1);
    scep_issue_t newer = sample_issue(f, f->pool, 2);
    scep_recall_t found;
    scep_repeat_t retry;

    newer.transaction_id = older.transaction_id;
    must_issue(f, store, &older);
    must_issue(f, store, &newer);
    retry = retry_of(&older);
    retry.now = older.not_after - 1;
    assert_int_equal(
        recalled(store, &retry, SCEP_RECALL_ISSUED, f->pool, &found, &f->res),
        SCEP_OK);
    assert_string_equal(found.issued->serial, older.serial);
#define NOT_FOUND(change)                                                      \
    retry = retry_of(&older);                                                  \
    change;                                                                    \
    assert_int_equal(                                                          \
        recalled(store, &retry, SCEP_RECALL_ISSUED, f->pool, &found, &f->res), \
        SCEP_NOT_FOUND)
    NOT_FOUND(retry.since++);
    NOT_FOUND(retry.now = older.not_after);
    NOT_FOUND(retry.key_hash = newer.key_hash);
    NOT_FOUND(retry.csr_hash = newer.csr_hash);
    NOT_FOUND(retry.transaction_id = "another");
    NOT_FOUND(retry.ca_id = "another");
    NOT_FOUND(retry.renewal_of = "7A");
#undef NOT_FOUND
}

static scep_status_e find_message(fixture_t *f, scep_store_t *store,
                                  const char *ca_id, const char **serial)
{
    scep_transaction_row_t *row = NULL;
    scep_status_e status = recalled_by_message(
        store, ca_id, sample_hash(f->pool, 'm', 1), f->pool, &row, &f->res);

    *serial = row != NULL ? row->serial : NULL;
    return status;
}

/* Of two CAs with one RA and one master password. */
static void test_message_to_two_cas(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t first = sample_issue(f, f->pool, 1);
    scep_issue_t second = sample_issue(f, f->pool, 2);
    const char *serial;

    first.message_hash = second.message_hash = sample_hash(f->pool, 'm', 1);
    second.ca_id = "other";
    assert_int_equal(must_issue(f, store, &first), SCEP_ISSUE_RECORDED);
    assert_int_equal(must_issue(f, store, &second), SCEP_ISSUE_RECORDED);
    assert_int_equal(find_message(f, store, "other", &serial), SCEP_OK);
    assert_string_equal(serial, second.serial);
    assert_int_equal(find_message(f, store, SAMPLE_SCOPE, &serial), SCEP_OK);
    assert_string_equal(serial, first.serial);
}

/* S16: however late, and for whatever else is asked. */
static void test_message_is_answered_once(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t first = sample_issue(f, f->pool, 1);
    scep_issue_t second = sample_issue(f, f->pool, 2);
    scep_transaction_row_t *row = NULL;

    first.message_hash = second.message_hash = sample_hash(f->pool, 'm', 1);
    assert_int_equal(recalled_by_message(store, SAMPLE_SCOPE,
                                         first.message_hash, f->pool, &row,
                                         &f->res),
                     SCEP_NOT_FOUND);
    assert_int_equal(must_issue(f, store, &first), SCEP_ISSUE_RECORDED);
    assert_int_equal(must_issue(f, store, &second), SCEP_ISSUE_DUPLICATE);
    nothing_written(f, 1);
    assert_int_equal(recalled_by_message(store, SAMPLE_SCOPE,
                                         first.message_hash, f->pool, &row,
                                         &f->res),
                     SCEP_OK);
    assert_string_equal(row->serial, first.serial);
    assert_int_equal(recalled_by_message(store, "another", first.message_hash,
                                         f->pool, &row, &f->res),
                     SCEP_NOT_FOUND);
}

static void test_further_message_is_noted(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    const unsigned char *hash = sample_hash(f->pool, 'm', 2);
    scep_transaction_row_t *row = NULL;
    int i;

    issue.message_hash = sample_hash(f->pool, 'm', 1);
    must_issue(f, store, &issue);
    assert_int_equal(recalled_by_id(store, SAMPLE_SCOPE, issue.transaction_id,
                                    issue.key_hash, f->now, f->pool, &row,
                                    &f->res),
                     SCEP_OK);
    for (i = 0; i < 2; i++) {
        assert_int_equal(scep_store_message_answered(store, SAMPLE_SCOPE, hash,
                                                     row, f->now, f->pool,
                                                     &f->res),
                         SCEP_OK);
    }
    assert_int_equal(db_count(f, "messages"), 2);
    assert_int_equal(
        recalled_by_message(store, SAMPLE_SCOPE, hash, f->pool, &row, &f->res),
        SCEP_OK);
    assert_string_equal(row->serial, issue.serial);
}

static scep_revoke_t revoke_of(const scep_issue_t *issue, const char *serial)
{
    scep_revoke_t revoke = {.unknown = true};

    revoke.row.ca_id = issue->ca_id;
    revoke.row.serial = serial;
    revoke.row.effective = revoke.row.created = issue->now;
    revoke.row.reason = SCEP_REVOKED_SUPERSEDED;
    return revoke;
}

/* Of two renewals of one certificate that is revoked with the first, the second
 * has nothing to renew any more, even if its clock is behind. */
static void test_renewal_of_what_was_revoked(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t first = sample_issue(f, f->pool, 1);
    scep_issue_t second = sample_issue(f, f->pool, 2);
    scep_revoke_t revoke = revoke_of(&first, "7A");

    first.renewal_of = second.renewal_of = "7A";
    first.renews_ours = second.renews_ours = true;
    first.revoke = second.revoke = &revoke;
    assert_int_equal(must_issue(f, store, &first), SCEP_ISSUE_RECORDED);
    second.now--;
    assert_int_equal(must_issue(f, store, &second), SCEP_ISSUE_OLD_REVOKED);
    assert_int_equal(db_count(f, "certificates"), 1);
}

static void test_renewal_of_what_will_be_revoked(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    scep_revoke_t revoke = revoke_of(&issue, "7A");
    scep_revoke_outcome_e outcome;

    issue.renewal_of = "7A";
    issue.renews_ours = true;
    revoke.row.effective = issue.now + 1;
    assert_int_equal(
        scep_store_revoke(store, &revoke, f->pool, &outcome, &f->res), SCEP_OK);
    assert_int_equal(must_issue(f, store, &issue), SCEP_ISSUE_RECORDED);
    issue = sample_issue(f, f->pool, 2); /* its CA is another one */
    issue.renewal_of = "7A";
    issue.now = revoke.row.effective;
    assert_int_equal(must_issue(f, store, &issue), SCEP_ISSUE_RECORDED);
    issue = sample_issue(f, f->pool, 3);
    issue.renewal_of = "7A";
    issue.renews_ours = true;
    issue.now = revoke.row.effective;
    assert_int_equal(must_issue(f, store, &issue), SCEP_ISSUE_OLD_REVOKED);
}

static void test_id_taken_by_another_key(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t first = sample_issue(f, f->pool, 1);
    scep_issue_t second = sample_issue(f, f->pool, 2);

    second.transaction_id = first.transaction_id;
    must_issue(f, store, &first);
    second.retry_since = first.now;
    assert_int_equal(must_issue(f, store, &second), SCEP_ISSUE_ID_TAKEN);
    nothing_written(f, 1);
    second.retry_since = first.now + 1; /* that was too long ago */
    assert_int_equal(must_issue(f, store, &second), SCEP_ISSUE_RECORDED);
}

static void test_challenge_is_spent_once(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t first = sample_issue(f, f->pool, 1);
    scep_issue_t second = sample_issue(f, f->pool, 2);
    scep_transaction_row_t *row = NULL;

    first.challenge_hash = second.challenge_hash = sample_hash(f->pool, 'p', 1);
    assert_int_equal(scep_store_transaction_by_challenge(
                         store, first.challenge_hash, first.key_hash,
                         first.csr_hash, NULL, f->pool, &row, &f->res),
                     SCEP_NOT_FOUND);
    must_add(f, store, 1);
    assert_int_equal(must_issue(f, store, &first), SCEP_ISSUE_RECORDED);
    assert_int_equal(must_issue(f, store, &second), SCEP_ISSUE_CHALLENGE_LOST);
    nothing_written(f, 1);
    assert_int_equal(scep_store_transaction_by_challenge(
                         store, first.challenge_hash, first.key_hash,
                         first.csr_hash, NULL, f->pool, &row, &f->res),
                     SCEP_OK);
    assert_string_equal(row->serial, first.serial);
    assert_string_equal(
        db_text(f, "SELECT state || ' ' || serial || ' ' || spent_at"
                   " FROM challenges"),
        apr_psprintf(f->pool, "1 %s %" APR_INT64_T_FMT, first.serial,
                     first.now));
}

/* As many certificates as it has uses; the row tells of the newest. */
static void test_challenge_of_several_uses(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_challenge_row_t challenge = sample_challenge(f, f->pool, 1);
    scep_transaction_row_t *row = NULL;
    scep_issue_t issue = {0};
    int i;

    challenge.uses = 3;
    assert_int_equal(
        scep_store_challenge_add(store, &challenge, f->pool, &f->res), SCEP_OK);
    for (i = 1; i <= 3; i++) {
        issue = sample_issue(f, f->pool, i);
        issue.challenge_hash = challenge.hash;
        assert_int_equal(must_issue(f, store, &issue), SCEP_ISSUE_RECORDED);
        assert_string_equal(
            db_text(f, "SELECT uses || ' ' || state || ' ' || serial"
                       " FROM challenges"),
            apr_psprintf(f->pool, "%d %d %s", 3 - i, i == 3, issue.serial));
    }
    issue = sample_issue(f, f->pool, 4);
    issue.challenge_hash = challenge.hash;
    assert_int_equal(must_issue(f, store, &issue), SCEP_ISSUE_CHALLENGE_LOST);
    nothing_written(f, 3);
    /* each CSR finds its own */
    for (i = 1; i <= 3; i++) {
        issue = sample_issue(f, f->pool, i);
        assert_int_equal(scep_store_transaction_by_challenge(
                             store, challenge.hash, issue.key_hash,
                             issue.csr_hash, NULL, f->pool, &row, &f->res),
                         SCEP_OK);
        assert_string_equal(row->serial, issue.serial);
    }
    assert_int_equal(scep_store_transaction_by_challenge(
                         store, challenge.hash, sample_hash(f->pool, 'k', 1),
                         sample_hash(f->pool, 'c', 2), NULL, f->pool, &row,
                         &f->res),
                     SCEP_NOT_FOUND);
}

static scep_status_e by_challenge(fixture_t *f, scep_store_t *store,
                                  const scep_issue_t *issue,
                                  const char *renewal_of, const char **serial)
{
    scep_transaction_row_t *row = NULL;
    scep_status_e status = scep_store_transaction_by_challenge(
        store, issue->challenge_hash, issue->key_hash, issue->csr_hash,
        renewal_of, f->pool, &row, &f->res);

    *serial = row != NULL ? row->serial : NULL;
    return status;
}

/* The same CSR, first in an enrolment and then in a renewal of that. */
static void test_challenge_of_a_renewal(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_challenge_row_t challenge = sample_challenge(f, f->pool, 1);
    scep_issue_t first = sample_issue(f, f->pool, 1);
    scep_issue_t second = sample_issue(f, f->pool, 2);
    const char *serial;

    challenge.uses = 2;
    assert_int_equal(
        scep_store_challenge_add(store, &challenge, f->pool, &f->res), SCEP_OK);
    first.challenge_hash = second.challenge_hash = challenge.hash;
    second.csr_hash = first.csr_hash;
    second.key_hash = first.key_hash;
    second.renewal_of = first.serial;
    second.now = first.now + 1;
    assert_int_equal(must_issue(f, store, &first), SCEP_ISSUE_RECORDED);
    assert_int_equal(by_challenge(f, store, &first, first.serial, &serial),
                     SCEP_NOT_FOUND);
    assert_int_equal(by_challenge(f, store, &first, NULL, &serial), SCEP_OK);
    assert_string_equal(serial, first.serial);
    assert_int_equal(must_issue(f, store, &second), SCEP_ISSUE_RECORDED);
    assert_int_equal(by_challenge(f, store, &first, first.serial, &serial),
                     SCEP_OK);
    assert_string_equal(serial, second.serial);
    assert_int_equal(by_challenge(f, store, &first, second.serial, &serial),
                     SCEP_NOT_FOUND);
    assert_int_equal(by_challenge(f, store, &first, NULL, &serial), SCEP_OK);
    assert_string_equal(serial, second.serial);
}

static void challenge_lost(fixture_t *f, scep_store_t *store,
                           const scep_issue_t *issue)
{
    assert_int_equal(must_issue(f, store, issue), SCEP_ISSUE_CHALLENGE_LOST);
    nothing_written(f, 0);
}

static void test_challenge_must_be_outstanding(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);

    issue.challenge_hash = sample_hash(f->pool, 'p', 1);
    challenge_lost(f, store, &issue); /* unknown */
    must_add(f, store, 1);
    issue.ca_id = "other";
    challenge_lost(f, store, &issue);
    issue.ca_id = SAMPLE_SCOPE;
    db_text(f, "UPDATE challenges SET state = 2"); /* cancelled */
    challenge_lost(f, store, &issue);
    db_text(f, "UPDATE challenges SET state = 0");
    issue.now = FIXTURE_NOW + SAMPLE_VALIDITY + 1; /* expires just now */
    challenge_lost(f, store, &issue);
    issue.now--;
    assert_int_equal(must_issue(f, store, &issue), SCEP_ISSUE_RECORDED);
    nothing_written(f, 1);
}

static void test_duplicate(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t first = sample_issue(f, f->pool, 1);
    scep_issue_t again = first;

    must_add(f, store, 1);
    must_add(f, store, 2);
    first.challenge_hash = sample_hash(f->pool, 'p', 1);
    assert_int_equal(must_issue(f, store, &first), SCEP_ISSUE_RECORDED);
    again.serial = "7B";
    again.challenge_hash = sample_hash(f->pool, 'p', 2);
    again.retry_since = first.now;
    assert_int_equal(must_issue(f, store, &again), SCEP_ISSUE_DUPLICATE);
    nothing_written(f, 1);
    assert_int_equal(
        db_number(f, "SELECT COUNT(*) FROM challenges WHERE state = 0"), 1);
}

static void test_no_duplicate(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t first = sample_issue(f, f->pool, 1);
    scep_issue_t again;
    int n = 2;

    first.retry_since = 1;
    assert_int_equal(must_issue(f, store, &first), SCEP_ISSUE_RECORDED);
#define ANOTHER(change)                                                        \
    again = first;                                                             \
    again.serial = apr_psprintf(f->pool, "7C%d", n);                           \
    again.retry_since = first.now;                                             \
    change;                                                                    \
    assert_int_equal(must_issue(f, store, &again), SCEP_ISSUE_RECORDED);       \
    nothing_written(f, n++)
    ANOTHER(again.csr_hash = sample_hash(f->pool, 'c', 9));
    ANOTHER(again.transaction_id = "another");
    ANOTHER(again.ca_id = "another");
    ANOTHER(again.retry_since = 0);
    ANOTHER(again.retry_since = first.now + 1);
    ANOTHER(again.now = first.not_after); /* that one is over */
#undef ANOTHER
}

static void test_serial_is_unique_in_a_scope(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t first = sample_issue(f, f->pool, 1);
    scep_issue_t second = sample_issue(f, f->pool, 2);
    scep_issue_outcome_e outcome = SCEP_ISSUE_RECORDED;

    must_add(f, store, 2);
    must_issue(f, store, &first);
    second.serial = first.serial;
    second.challenge_hash = sample_hash(f->pool, 'p', 2);
    assert_int_equal(
        scep_store_issue(store, &second, f->pool, &outcome, &f->res),
        SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_INTERNAL);
    assert_int_not_equal(outcome, SCEP_ISSUE_RECORDED);
    nothing_written(f, 1);
    assert_int_equal(
        db_number(f, "SELECT COUNT(*) FROM challenges WHERE state = 0"), 1);
    second.serial = "7D";
    assert_int_equal(must_issue(f, store, &second), SCEP_ISSUE_RECORDED);
    first.ca_id = "other";
    assert_int_equal(must_issue(f, store, &first), SCEP_ISSUE_RECORDED);
}

static void test_without_certificate_is_broken(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    scep_issue_outcome_e outcome;

    issue.cert_der = (scep_octets_t){NULL, 0};
    assert_int_equal(
        scep_store_issue(store, &issue, f->pool, &outcome, &f->res),
        SCEP_BROKEN);
    nothing_written(f, 0);
}

static void test_absent_details(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);

    issue.subject = issue.profile = issue.peer = NULL;
    assert_int_equal(must_issue(f, store, &issue), SCEP_ISSUE_RECORDED);
}

static void test_audit_ties_password_to_certificate(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);

    must_add(f, store, 1);
    issue.challenge_hash = sample_hash(f->pool, 'p', 1);
    must_issue(f, store, &issue);
    assert_string_equal(
        db_text(f, "SELECT d.actor || ' ' || i.serial || ' ' || i.peer || ' '"
                   " || i.transaction_id FROM audit d JOIN audit i"
                   " ON d.challenge_hash = i.challenge_hash"
                   " WHERE d.event = 'challenge-drawn'"
                   " AND i.event = 'issued'"),
        "admin 7A00000001 192.0.2.2 transaction-1");
}

static void test_largest_certificate(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    unsigned char *der = apr_palloc(f->pool, 100000);
    scep_transaction_row_t *row = NULL;
    char *id = apr_pcalloc(f->pool, SCEP_MAX_TRANSACTION_ID + 1);
    size_t i;

    for (i = 0; i < 100000; i++) {
        der[i] = (unsigned char)(i * 7 / 3);
    }
    memset(id, '\'', SCEP_MAX_TRANSACTION_ID);
    issue.transaction_id = id;
    issue.cert_der = (scep_octets_t){der, 100000};
    must_issue(f, store, &issue);
    assert_int_equal(recalled_by_id(store, SAMPLE_SCOPE, id, issue.key_hash,
                                    f->now, f->pool, &row, &f->res),
                     SCEP_OK);
    assert_int_equal(row->cert_der.len, 100000);
    assert_memory_equal(row->cert_der.data, der, 100000);
}

static void test_malformed_row(void **state)
{
    static const char *const damages[] = {
        "UPDATE transactions SET key_hash = 'zz'",
        "UPDATE transactions SET csr_hash = ''",
        "UPDATE transactions SET created = 'then'",
        "UPDATE certificates SET der = '*'",
        "UPDATE certificates SET not_after = ''",
    };
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_transaction_row_t *row = NULL;
    int i;

    for (i = 0; i < (int)(sizeof(damages) / sizeof(damages[0])); i++) {
        scep_issue_t issue = sample_issue(f, f->pool, i);

        issue.message_hash = sample_hash(f->pool, 'm', i);
        must_issue(f, store, &issue);
        db_text(f, damages[i]);
        assert_int_equal(recalled_by_message(store, SAMPLE_SCOPE,
                                             issue.message_hash, f->pool, &row,
                                             &f->res),
                         SCEP_BROKEN);
        assert_int_equal(f->res.reason, SCEP_R_INTERNAL);
        db_text(f, "DELETE FROM messages; DELETE FROM transactions;"
                   " DELETE FROM certificates");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_recorded_and_found),
        FIXTURE_TEST(test_scope_and_id_must_fit),
        FIXTURE_TEST(test_newest_is_found),
        FIXTURE_TEST(test_same_transaction_is_found),
        FIXTURE_TEST(test_message_is_answered_once),
        FIXTURE_TEST(test_message_to_two_cas),
        FIXTURE_TEST(test_further_message_is_noted),
        FIXTURE_TEST(test_renewal_of_what_was_revoked),
        FIXTURE_TEST(test_renewal_of_what_will_be_revoked),
        FIXTURE_TEST(test_id_taken_by_another_key),
        FIXTURE_TEST(test_challenge_is_spent_once),
        FIXTURE_TEST(test_challenge_of_several_uses),
        FIXTURE_TEST(test_challenge_of_a_renewal),
        FIXTURE_TEST(test_challenge_must_be_outstanding),
        FIXTURE_TEST(test_duplicate),
        FIXTURE_TEST(test_no_duplicate),
        FIXTURE_TEST(test_serial_is_unique_in_a_scope),
        FIXTURE_TEST(test_without_certificate_is_broken),
        FIXTURE_TEST(test_absent_details),
        FIXTURE_TEST(test_audit_ties_password_to_certificate),
        FIXTURE_TEST(test_largest_certificate),
        FIXTURE_TEST(test_malformed_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
