/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_issue.c: retries, and what is recorded of an issued certificate. */
#include "enroll_fixture.h"

#include "scep_cert_time.h"
#include "scep_issue.h"
#include "scep_store_revocation.h"

static scep_enrolment_t begin(enroll_fixture_t *f, const char *id,
                              scep_octets_t csr)
{
    scep_pkimessage_t *msg = enroll_message(f, id, &f->device, csr);
    scep_enrolment_t e;

    enroll_reset_result(f);
    assert_int_equal(scep_enrolment_begin(&f->req, msg, &e, &f->base.res),
                     SCEP_OK);
    return e;
}

static void test_garbage_does_not_begin(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t junk = {(const unsigned char *)"junk", 4};
    scep_pkimessage_t *msg = enroll_message(f, "t", &f->device, junk);
    scep_enrolment_t e;

    assert_int_equal(scep_enrolment_begin(&f->req, msg, &e, &f->base.res),
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CONTENT);
}

static void test_issued_then_answered_again(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", NULL);
    scep_enrolment_t e = begin(f, "t", csr);
    X509 *cert = NULL, *again = NULL;

    e.claim.source = SCEP_SOURCE_NONE;
    assert_int_equal(scep_enrolment_retry(&e, &again, &f->base.res),
                     SCEP_NOT_FOUND);
    assert_int_equal(scep_issue(&e, &cert, &f->base.res), SCEP_OK);
    e = begin(f, "t", csr);
    assert_int_equal(scep_enrolment_retry(&e, &again, &f->base.res), SCEP_OK);
    assert_int_equal(X509_cmp(cert, again), 0);
    assert_int_equal(f->issued, 1);
}

/* S16: the messages that were answered, of an enrolment and of its retry. */
static void test_replayed_after_the_window(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", NULL);
    scep_enrolment_t first = begin(f, "t", csr);
    scep_enrolment_t retry, e;
    X509 *cert = NULL, *again = NULL;

    first.claim.source = SCEP_SOURCE_NONE;
    assert_int_equal(scep_issue(&first, &cert, &f->base.res), SCEP_OK);
    retry = begin(f, "t", csr);
    assert_int_equal(scep_enrolment_retry(&retry, &again, &f->base.res),
                     SCEP_OK);
    f->base.now += f->policy.retry_window + 1;
    e = begin(f, "t", csr);
    assert_int_equal(scep_enrolment_retry(&e, &again, &f->base.res),
                     SCEP_NOT_FOUND);
    e.msg = first.msg;
    assert_int_equal(scep_enrolment_retry(&e, &again, &f->base.res), SCEP_OK);
    assert_int_equal(X509_cmp(cert, again), 0);
    e.msg = retry.msg;
    again = NULL;
    assert_int_equal(scep_enrolment_retry(&e, &again, &f->base.res), SCEP_OK);
    assert_int_equal(X509_cmp(cert, again), 0);
    /* two at once: the store decides */
    e.claim.source = SCEP_SOURCE_NONE;
    again = NULL;
    assert_int_equal(scep_issue(&e, &again, &f->base.res), SCEP_OK);
    assert_int_equal(X509_cmp(cert, again), 0);
}

static void test_replayed_when_it_is_over(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", NULL);
    scep_enrolment_t e = begin(f, "t", csr);
    apr_int64_t last;
    X509 *cert = NULL;

    e.claim.source = SCEP_SOURCE_NONE;
    assert_int_equal(scep_issue(&e, &cert, &f->base.res), SCEP_OK);
    assert_true(scep_cert_time(X509_get0_notAfter(cert), &last));
    e.now = apr_time_from_sec(last);
    cert = NULL;
    assert_int_equal(scep_enrolment_retry(&e, &cert, &f->base.res),
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_REPLAYED);
    assert_null(cert);
}

/* What was not recorded is not answered. */
static void test_retry_without_a_store(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", NULL);
    scep_enrolment_t e = begin(f, "t", csr);
    scep_transaction_row_t *row;
    X509 *cert = NULL;

    e.claim.source = SCEP_SOURCE_NONE;
    assert_int_equal(scep_issue(&e, &cert, &f->base.res), SCEP_OK);
    assert_int_equal(
        scep_store_transaction_find(f->service.store, f->service.scope, "t",
                                    NULL, 0, f->base.pool, &row, &f->base.res),
        SCEP_OK);
    row->certificate_id = "none"; /* a foreign key: it cannot be written */
    e = begin(f, "t", csr);
    cert = NULL;
    assert_int_equal(scep_enrolment_again(&e, row, &cert, &f->base.res),
                     SCEP_BROKEN);
    assert_null(cert);
}

/* The next CA's certificates are revoked as what they are. */
static void test_revoked_by_the_next_ca(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", NULL);
    const scep_keypair_t recipient = {enroll_self_signed(f, f->other_key),
                                      f->other_key};
    scep_next_ca_t next = {.scope = "next", .ca = f};
    scep_revoke_t revoke = {.row = {.scope = "next"}};
    scep_revoke_outcome_e outcome;
    scep_pkimessage_t *msg = enroll_message(f, "t", &f->device, csr);
    X509 *cert = NULL, *again = NULL;
    scep_enrolment_t e;

    next.certs = scep_x509s_own(f->base.pool, sk_X509_new_null());
    assert_int_equal(X509_up_ref(recipient.cert), 1);
    assert_true(sk_X509_push(next.certs, recipient.cert) > 0);
    f->service.next = &next;
    msg->recipient = &recipient;
    enroll_reset_result(f);
    assert_int_equal(scep_enrolment_begin(&f->req, msg, &e, &f->base.res),
                     SCEP_OK);
    e.claim.source = SCEP_SOURCE_NONE;
    assert_int_equal(scep_issue(&e, &cert, &f->base.res), SCEP_OK);
    revoke.row.serial =
        scep_serial_text(f->base.pool, X509_get0_serialNumber(cert));
    revoke.row.effective = revoke.row.created = f->base.now;
    revoke.row.reason = SCEP_REVOKED_KEY_COMPROMISE;
    assert_int_equal(scep_store_revoke(f->service.store, &revoke, f->base.pool,
                                       &outcome, &f->base.res),
                     SCEP_OK);
    assert_int_equal(outcome, SCEP_REVOKE_RECORDED);
    assert_int_equal(scep_enrolment_retry(&e, &again, &f->base.res),
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CSR_POLICY);
}

/* An id belongs to a key, at an endpoint. */
static void test_another_signer_is_no_retry(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", NULL);
    scep_enrolment_t e = begin(f, "t", csr);
    X509 *cert = NULL;

    e.claim.source = SCEP_SOURCE_SINGLE;
    assert_int_equal(scep_issue(&e, &cert, &f->base.res), SCEP_OK);
    e = begin(f, "t", csr);
    e.claim.source = SCEP_SOURCE_SINGLE;
    assert_int_equal(scep_enrolment_check_id(&e, true, &f->base.res), SCEP_OK);
    e.signer_hash[0] ^= 1;
    assert_int_equal(scep_enrolment_retry(&e, &cert, &f->base.res),
                     SCEP_NOT_FOUND);
    assert_int_equal(scep_enrolment_check_id(&e, true, &f->base.res),
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_TRANSACTION_REUSED);
    /* found out while it was signed, too */
    enroll_reset_result(f);
    assert_int_equal(scep_issue(&e, &cert, &f->base.res), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_TRANSACTION_REUSED);
    f->req.endpoint = "/other";
    enroll_reset_result(f);
    assert_int_equal(scep_enrolment_check_id(&e, false, &f->base.res), SCEP_OK);
}

/* Who proved nothing holds an id against others of the kind only. */
static void test_another_signer_without_proof(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", NULL);
    scep_enrolment_t e = begin(f, "t", csr);
    X509 *cert = NULL;

    e.claim.source = SCEP_SOURCE_NONE;
    assert_int_equal(scep_issue(&e, &cert, &f->base.res), SCEP_OK);
    e = begin(f, "t", csr);
    e.signer_hash[0] ^= 1;
    assert_int_equal(scep_enrolment_check_id(&e, true, &f->base.res), SCEP_OK);
    e.claim.source = SCEP_SOURCE_NONE;
    assert_int_equal(scep_issue(&e, &cert, &f->base.res), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_TRANSACTION_REUSED);
    enroll_reset_result(f);
    e.claim.source = SCEP_SOURCE_SINGLE;
    assert_int_equal(scep_issue(&e, &cert, &f->base.res), SCEP_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_garbage_does_not_begin),
        ENROLL_TEST(test_issued_then_answered_again),
        ENROLL_TEST(test_replayed_after_the_window),
        ENROLL_TEST(test_replayed_when_it_is_over),
        ENROLL_TEST(test_retry_without_a_store),
        ENROLL_TEST(test_revoked_by_the_next_ca),
        ENROLL_TEST(test_another_signer_is_no_retry),
        ENROLL_TEST(test_another_signer_without_proof),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
