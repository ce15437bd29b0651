/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_recall.c: retries and replays of what was issued. */
#include "enroll_fixture.h"

#include <sqlite3.h>

#include "scep_authorize.h"
#include "scep_cert_time.h"
#include "scep_issue.h"
#include "scep_recall.h"

static scep_enrolment_t begin(enroll_fixture_t *f, const char *id,
                              scep_octets_t csr)
{
    scep_pkimessage_t *msg = enroll_message(f, id, &f->device, csr);
    scep_reply_t *reply = apr_pcalloc(f->base.pool, sizeof(*reply));
    scep_enrolment_t e;

    enroll_reset_result(f);
    assert_int_equal(scep_enrolment_open(&f->req, msg, reply, &e, &f->base.res),
                     SCEP_OK);
    e.claim.source = SCEP_SOURCE_NONE;
    return e;
}

/* E's certificate; NULL: it has none. */
static X509 *issued(enroll_fixture_t *f, scep_enrolment_t *e)
{
    assert_int_equal(scep_issue(e, &f->base.res), SCEP_OK);
    assert_non_null(e->reply->cert);
    return e->reply->cert;
}

static X509 *answered(enroll_fixture_t *f, scep_enrolment_t *e)
{
    e->reply->cert = NULL;
    assert_int_equal(scep_recall(e, &f->base.res), SCEP_OK);
    assert_non_null(e->reply->cert);
    return e->reply->cert;
}

static void test_issued_then_answered_again(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", NULL);
    scep_enrolment_t e = begin(f, "t", csr);
    X509 *cert;

    assert_int_equal(scep_recall(&e, &f->base.res), SCEP_NOT_FOUND);
    assert_null(e.reply->cert);
    cert = issued(f, &e);
    e = begin(f, "t", csr);
    assert_int_equal(X509_cmp(cert, answered(f, &e)), 0);
    assert_int_equal(f->issued, 1);
}

/* S16: the messages that were answered, of an enrolment and of its retry. */
static void test_replayed_after_the_window(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", NULL);
    scep_enrolment_t first = begin(f, "t", csr);
    X509 *cert = issued(f, &first);
    scep_enrolment_t retry = begin(f, "t", csr), e;

    assert_int_equal(X509_cmp(cert, answered(f, &retry)), 0);
    f->base.now += f->policy.retry_window + 1;
    e = begin(f, "t", csr);
    assert_int_equal(scep_recall(&e, &f->base.res), SCEP_NOT_FOUND);
    e.msg = first.msg;
    assert_int_equal(X509_cmp(cert, answered(f, &e)), 0);
    e.msg = retry.msg;
    assert_int_equal(X509_cmp(cert, answered(f, &e)), 0);
    /* two at once: the store decides */
    e.reply->cert = NULL;
    assert_int_equal(X509_cmp(cert, issued(f, &e)), 0);
}

static void test_replayed_when_it_is_over(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", NULL);
    scep_enrolment_t e = begin(f, "t", csr);
    apr_int64_t last;

    assert_true(scep_cert_time(X509_get0_notAfter(issued(f, &e)), &last));
    e.now = apr_time_from_sec(last);
    e.reply->cert = NULL;
    assert_int_equal(scep_recall(&e, &f->base.res), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_REPLAYED);
    assert_null(e.reply->cert);
}

/* From now on no message can be recorded. */
static void refuse_messages(enroll_fixture_t *f)
{
    const char *path =
        apr_pstrcat(f->base.pool, f->base.scratch, "/scep.db", NULL);
    sqlite3 *db;

    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "CREATE TRIGGER refuse BEFORE INSERT ON"
                                  " messages BEGIN SELECT RAISE(ABORT, 'no');"
                                  " END",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
}

/* What was not recorded is not answered. */
static void test_retry_without_a_store(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", NULL);
    scep_enrolment_t e = begin(f, "t", csr);

    issued(f, &e);
    answered(f, &e);
    refuse_messages(f);
    e.reply->cert = NULL;
    assert_int_equal(scep_recall_again(&e, &f->base.res), SCEP_BROKEN);
    assert_null(e.reply->cert);
}

/* The next CA's certificates are revoked as what they are. */
static void test_revoked_by_the_next_ca(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", NULL);
    const scep_keypair_t recipient = {enroll_self_signed(f, f->other_key),
                                      f->other_key};
    scep_next_ca_t next = {.ca_id = "next", .ca = f};
    scep_revoke_t revoke = {.row = {.ca_id = "next"}};
    scep_revoke_outcome_e outcome;
    scep_pkimessage_t *msg = enroll_message(f, "t", &f->device, csr);
    scep_reply_t reply = {.cert = NULL};
    scep_enrolment_t e;

    next.certs = scep_x509s_own(f->base.pool, sk_X509_new_null());
    assert_int_equal(X509_up_ref(recipient.cert), 1);
    assert_true(sk_X509_push(next.certs, recipient.cert) > 0);
    f->service.next = &next;
    msg->recipient = &recipient;
    enroll_reset_result(f);
    assert_int_equal(
        scep_enrolment_open(&f->req, msg, &reply, &e, &f->base.res), SCEP_OK);
    assert_ptr_equal(e.next, &next);
    e.claim.source = SCEP_SOURCE_NONE;
    revoke.row.serial =
        scep_serial_text(f->base.pool, X509_get0_serialNumber(issued(f, &e)));
    revoke.row.effective = revoke.row.created = f->base.now;
    revoke.row.reason = SCEP_REVOKED_KEY_COMPROMISE;
    assert_int_equal(scep_store_revoke(f->service.store, &revoke, f->base.pool,
                                       &outcome, &f->base.res),
                     SCEP_OK);
    assert_int_equal(outcome, SCEP_REVOKE_RECORDED);
    assert_int_equal(scep_recall(&e, &f->base.res), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CSR_POLICY);
}

/* An id belongs to a key, at an endpoint. */
static void test_another_signer_is_no_retry(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", NULL);
    scep_enrolment_t e = begin(f, "t", csr);

    e.claim.source = SCEP_SOURCE_SINGLE;
    issued(f, &e);
    e = begin(f, "t", csr);
    answered(f, &e);
    assert_int_equal(e.recall.holder, SCEP_ID_FREE);
    e = begin(f, "t", csr);
    e.signer_hash[0] ^= 1;
    assert_int_equal(scep_recall(&e, &f->base.res), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_TRANSACTION_REUSED);
    assert_null(e.reply->cert);
    f->req.endpoint = "/other";
    e = begin(f, "t", csr);
    e.signer_hash[0] ^= 1;
    assert_int_equal(scep_recall(&e, &f->base.res), SCEP_NOT_FOUND);
    assert_int_equal(e.recall.holder, SCEP_ID_FREE);
}

/* Who proved nothing holds an id against others of the kind only. */
static void test_another_signer_without_proof(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", NULL);
    scep_enrolment_t e = begin(f, "t", csr);

    issued(f, &e);
    e = begin(f, "t", csr);
    e.signer_hash[0] ^= 1;
    assert_int_equal(scep_recall(&e, &f->base.res), SCEP_NOT_FOUND);
    assert_int_equal(e.recall.holder, SCEP_ID_HELD_UNPROVED);
    assert_int_equal(scep_issue(&e, &f->base.res), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_TRANSACTION_REUSED);
    assert_null(e.reply->cert);
    enroll_reset_result(f);
    e.claim.source = SCEP_SOURCE_SINGLE;
    issued(f, &e);
}

/* An enrolment with PASSWORD for which the store has been asked. */
static scep_enrolment_t recalled(enroll_fixture_t *f, const char *id,
                                 const char *password)
{
    scep_enrolment_t e =
        begin(f, id, enroll_csr(f, f->device.key, "dev", password));

    assert_int_equal(scep_recall(&e, &f->base.res), SCEP_NOT_FOUND);
    assert_int_equal(e.recall.challenge->state, SCEP_CHALLENGE_OUTSTANDING);
    return e;
}

/* scepctl cancels a password between the recall and the claim: what was
 * recalled of it lets it in, and the write transaction finds out. */
static void test_cancelled_after_the_recall(void **state)
{
    enroll_fixture_t *f = *state;
    scep_enrolment_t e = recalled(f, "t", enroll_draw(f));
    const scep_challenge_cancel_t cancel = {.ca_id = f->service.ca_id,
                                            .hash = e.challenge_hash,
                                            .now = f->base.now,
                                            .actor = "alice"};
    scep_cancel_outcome_e outcome;

    assert_int_equal(scep_store_challenge_cancel(f->service.store, &cancel,
                                                 f->base.pool, &outcome,
                                                 &f->base.res),
                     SCEP_OK);
    assert_int_equal(outcome, SCEP_CANCEL_DONE);
    assert_int_equal(scep_authorize(&e, &f->base.res), SCEP_OK);
    assert_int_equal(scep_issue(&e, &f->base.res), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_UNKNOWN);
    assert_null(e.reply->cert);
}

/* Two have recalled the same password: the one that comes late to the claim
 * does not go by what it recalled. */
static void test_spent_after_the_recall(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f);
    scep_enrolment_t late = recalled(f, "late", password);
    scep_enrolment_t e = recalled(f, "t", password);

    assert_int_equal(scep_authorize(&e, &f->base.res), SCEP_OK);
    assert_true(e.claim.held);
    assert_int_equal(scep_authorize(&late, &f->base.res), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_BUSY);
    enroll_reset_result(f);
    issued(f, &e);
    assert_false(e.claim.held);
    late.csr->hash[0] ^= 1; /* nor is it the same request */
    assert_int_equal(scep_authorize(&late, &f->base.res), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_SPENT);
    assert_int_equal(f->issued, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_issued_then_answered_again),
        ENROLL_TEST(test_replayed_after_the_window),
        ENROLL_TEST(test_replayed_when_it_is_over),
        ENROLL_TEST(test_retry_without_a_store),
        ENROLL_TEST(test_revoked_by_the_next_ca),
        ENROLL_TEST(test_another_signer_is_no_retry),
        ENROLL_TEST(test_another_signer_without_proof),
        ENROLL_TEST(test_cancelled_after_the_recall),
        ENROLL_TEST(test_spent_after_the_recall),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
