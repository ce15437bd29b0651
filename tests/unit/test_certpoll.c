/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_certpoll.c: polls by the right key, by a wrong one, and after the
 * decision. */
#include "enroll_fixture.h"

#include "recall_fixture.h"
#include "scep_certpoll.h"
#include "scep_pkcsreq.h"
#include "scep_approval.h"

static scep_status_e deliver(enroll_fixture_t *f, scep_message_fn *serve,
                             const char *id, const scep_keypair_t *signer,
                             scep_octets_t data, X509 **cert)
{
    scep_pkimessage_t *msg = enroll_message(f, id, signer, data);
    scep_reply_t reply = {.cert = NULL};
    scep_status_e status;

    status = enroll_serve(f, serve, msg, &reply);
    *cert = reply.cert;
    return status;
}

static scep_status_e ask(enroll_fixture_t *f, const char *id,
                         const scep_keypair_t *signer, X509 **cert)
{
    return deliver(f, scep_certpoll, id, signer, (scep_octets_t){NULL, 0},
                   cert);
}

static void assert_refused(enroll_fixture_t *f, const char *id,
                           const scep_keypair_t *signer, scep_reason_e reason)
{
    X509 *cert;

    assert_int_equal(ask(f, id, signer, &cert), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, reason);
    assert_null(cert);
}

static void queue(enroll_fixture_t *f, const char *id)
{
    X509 *cert;

    f->policy.approval.manual = true;
    f->policy.approval.expiry = apr_time_from_sec(3600);
    f->policy.approval.limits = (scep_queue_limits_t){10, 10, 1};
    assert_int_equal(
        deliver(f, scep_pkcsreq, id, &f->device,
                enroll_csr(f, f->device.key, "dev", enroll_draw(f)), &cert),
        SCEP_PENDING);
}

static void decide(enroll_fixture_t *f, const char *id, bool yes)
{
    const scep_operator_t who = {.actor = "alice", .now = f->base.now};
    scep_request_row_t *row;

    assert_int_equal(request_of(f->service.store, f->service.ca_id, id, NULL,
                                f->base.now, f->base.pool, &row, &f->base.res),
                     SCEP_OK);
    assert_int_equal(
        (yes ? scep_approval_give : scep_approval_refuse)(
            f->service.store, row->id, &who, f->base.pool, &f->base.res),
        SCEP_OK);
}

static void test_nothing_is_known(void **state)
{
    enroll_fixture_t *f = *state;

    assert_refused(f, "t", &f->device, SCEP_R_POLL_UNKNOWN);
    assert_int_equal(f->base.res.failinfo, SCEP_FAIL_BAD_CERT_ID);
}

static void test_waiting_approved_issued(void **state)
{
    enroll_fixture_t *f = *state;
    const scep_keypair_t other = {enroll_self_signed(f, f->other_key), NULL};
    X509 *cert, *again;

    queue(f, "t");
    assert_int_equal(ask(f, "t", &f->device, &cert), SCEP_PENDING);
    assert_refused(f, "t", &other, SCEP_R_POLL_UNKNOWN);
    decide(f, "t", true);
    assert_refused(f, "t", &other, SCEP_R_POLL_UNKNOWN);
    assert_int_equal(ask(f, "t", &f->device, &cert), SCEP_OK);
    assert_int_equal(X509_verify(cert, f->ca.key), 1);
    f->base.now += apr_time_from_sec(7 * 86400);
    assert_int_equal(ask(f, "t", &f->device, &again), SCEP_OK);
    assert_int_equal(X509_cmp(cert, again), 0);
    assert_refused(f, "t", &other, SCEP_R_POLL_UNKNOWN);
    f->base.now += apr_time_from_sec((apr_int64_t)400 * 86400);
    assert_refused(f, "t", &f->device, SCEP_R_POLL_UNKNOWN);
    assert_int_equal(f->issued, 1);
}

static void test_rejected(void **state)
{
    enroll_fixture_t *f = *state;
    const scep_keypair_t other = {enroll_self_signed(f, f->other_key), NULL};

    queue(f, "t");
    decide(f, "t", false);
    assert_refused(f, "t", &f->device, SCEP_R_REQUEST_REJECTED);
    assert_refused(f, "t", &other, SCEP_R_POLL_UNKNOWN);
    assert_int_equal(f->issued, 0);
}

static void test_run_out(void **state)
{
    enroll_fixture_t *f = *state;
    X509 *cert;

    queue(f, "t");
    f->base.now += apr_time_from_sec(3599);
    assert_int_equal(ask(f, "t", &f->device, &cert), SCEP_PENDING);
    decide(f, "t", true); /* from now on the device has an hour */
    f->base.now += apr_time_from_sec(3600);
    assert_refused(f, "t", &f->device, SCEP_R_REQUEST_EXPIRED);
    assert_int_equal(f->issued, 0);
}

static void test_another_ca(void **state)
{
    enroll_fixture_t *f = *state;
    X509 *cert;

    queue(f, "t");
    f->service.ca_id = "another";
    assert_refused(f, "t", &f->device, SCEP_R_POLL_UNKNOWN);
    f->service.ca_id = "0123456789abcdef0123456789abcdef";
    assert_int_equal(ask(f, "t", &f->device, &cert), SCEP_PENDING);
}

/* The RA pair that could open it is gone. */
static void test_cannot_be_opened(void **state)
{
    enroll_fixture_t *f = *state;
    const scep_keypair_t other = {enroll_self_signed(f, f->other_key),
                                  f->other_key};
    const scep_keypair_t *pair = &other;
    X509 *cert;

    queue(f, "t");
    decide(f, "t", true);
    APR_ARRAY_IDX(f->ra.pairs, 0, const scep_keypair_t *) = pair;
    assert_int_equal(ask(f, "t", &f->device, &cert), SCEP_BROKEN);
    assert_int_equal(f->base.res.reason, SCEP_R_SETUP);
    assert_non_null(strstr(f->base.res.detail, "ScepRACertificateFile"));
    pair = &f->ca;
    APR_ARRAY_PUSH(f->ra.pairs, const scep_keypair_t *) = pair;
    assert_int_equal(ask(f, "t", &f->device, &cert), SCEP_OK);
}

/* A <ScepProfile> was taken out of the configuration while it waited. */
static void test_profile_is_gone(void **state)
{
    enroll_fixture_t *f = *state;
    X509 *cert;

    f->profile.name = "gone";
    queue(f, "t");
    decide(f, "t", true);
    assert_int_equal(ask(f, "t", &f->device, &cert), SCEP_BROKEN);
    assert_int_equal(f->base.res.reason, SCEP_R_SETUP);
    assert_non_null(strstr(f->base.res.detail, "<ScepProfile gone>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_nothing_is_known),
        ENROLL_TEST(test_waiting_approved_issued),
        ENROLL_TEST(test_rejected),
        ENROLL_TEST(test_run_out),
        ENROLL_TEST(test_another_ca),
        ENROLL_TEST(test_cannot_be_opened),
        ENROLL_TEST(test_profile_is_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
