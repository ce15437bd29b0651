/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_admission.c: who may have how many slots. (enroll layer) */
#include "enroll_fixture.h"

#include "message_maker.h"
#include "scep_admission.h"
#include "scep_cert_build.h"
#include "scep_oid.h"
#include "scep_operation.h"
#include "scep_preflight.h"
#include "scep_signer.h"

enum { SLOTS = 8, OF_FIRST = 6, OF_KNOWN = 7 };

static void limit(enroll_fixture_t *f)
{
    f->service.admission = scep_admission_make(SLOTS, f->base.pool);
    f->policy.renewal.on = true;
    assert_non_null(f->service.admission);
}

/* A certificate of ISSUER for the device's key, as the device's. */
static scep_keypair_t certified(enroll_fixture_t *f,
                                const scep_keypair_t *issuer)
{
    scep_octets_t der = enroll_csr(f, f->device.key, "dev", NULL);
    const unsigned char *in = der.data;
    scep_ca_request_t request = {
        .csr = scep_x509_req_own(f->base.pool,
                                 d2i_X509_REQ(NULL, &in, (long)der.len)),
        .profile = &f->profile};
    scep_keypair_t pair = {NULL, f->device.key};
    int left_out;

    enroll_reset_result(f);
    assert_int_equal(scep_cert_issue(issuer, &request, f->base.now,
                                     f->base.pool, &pair.cert, &left_out,
                                     &f->base.res),
                     SCEP_OK);
    return pair;
}

static scep_octets_t message(enroll_fixture_t *f, const scep_keypair_t *signer,
                             const char *type, const char *id)
{
    maker_t *m = maker_new(&f->base, signer, f->ca.cert,
                           enroll_csr(f, f->device.key, "dev", "none"));

    maker_set_text(m, SCEP_OID_MESSAGE_TYPE, type);
    maker_set_text(m, SCEP_OID_TRANSACTION_ID, id);
    return maker_message(&f->base, m);
}

/* A request of its own for DER, which holds its slot until it leaves. */
static scep_request_t *enter(enroll_fixture_t *f, scep_octets_t der)
{
    scep_request_t *req = apr_pmemdup(f->base.pool, &f->req, sizeof(*req));

    enroll_reset_result(f);
    scep_admission_enter(req, der, &f->base.res);
    return req;
}

/* How many of DER can be worked on at a time, with those there are. */
static int fill(enroll_fixture_t *f, scep_octets_t der)
{
    int count = 0;

    while (enter(f, der)->admitted != 0) {
        count++;
        assert_true(count <= SLOTS);
    }
    assert_int_equal(f->base.res.reason, SCEP_R_BUSY);
    assert_int_equal(f->base.res.http_status, 503);
    assert_in_range(f->base.res.retry_after, SCEP_LOAD_MIN_WAIT,
                    SCEP_LOAD_MAX_WAIT);
    return count;
}

/* What is read without believing it: DER and BER, and never beyond its end. */
static void test_claims(void **state)
{
    enroll_fixture_t *f = *state;
    maker_t *m = maker_new(&f->base, &f->device, f->ca.cert,
                           enroll_csr(f, f->device.key, "dev", NULL));
    const unsigned char *name;
    scep_claims_t claims;
    scep_octets_t der;
    size_t len;
    int ber;

    maker_set_text(m, SCEP_OID_TRANSACTION_ID, "some id");
    assert_int_equal(
        X509_NAME_get0_der(X509_get_issuer_name(f->device.cert), &name, &len),
        1);
    for (ber = 0; ber <= 1; ber++) {
        m->ber = ber == 1;
        der = maker_message(&f->base, m);
        assert_true(scep_preflight_claims(der, &claims));
        assert_int_equal(claims.message_type, SCEP_MSG_PKCSREQ);
        assert_int_equal(claims.transaction_id.len, strlen("some id"));
        assert_memory_equal(claims.transaction_id.data, "some id",
                            claims.transaction_id.len);
        assert_int_equal(claims.issuer.len, len);
        assert_memory_equal(claims.issuer.data, name, len);
    }
    while (der.len-- > 0) {
        assert_false(scep_preflight_claims(der, &claims));
    }
    maker_set_text(m, SCEP_OID_MESSAGE_TYPE, "x");
    assert_true(scep_preflight_claims(maker_message(&f->base, m), &claims));
    assert_int_equal(claims.message_type, -1);
}

static void test_shares(void **state)
{
    enroll_fixture_t *f = *state;
    scep_keypair_t ours;

    limit(f);
    ours = certified(f, &f->ca);
    assert_int_equal(fill(f, message(f, &f->device, "19", "first")), OF_FIRST);
    assert_int_equal(fill(f, message(f, &f->device, "21", "getcert")), 0);
    assert_int_equal(fill(f, MAKER_OCTETS("garbage")), 0);
    assert_int_equal(fill(f, message(f, &f->device, "20", "poll")),
                     OF_KNOWN - OF_FIRST);
    assert_int_equal(fill(f, message(f, &ours, "17", "renewal")),
                     SLOTS - OF_KNOWN);
    assert_int_equal(fill(f, message(f, &ours, "19", "renewal")), 0);
}

/* However few slots there are, each kind can have one. */
static void test_one_slot(void **state)
{
    enroll_fixture_t *f = *state;

    f->service.admission = scep_admission_make(1, f->base.pool);
    assert_int_equal(fill(f, message(f, &f->device, "19", "first")), 1);
    assert_int_equal(fill(f, message(f, &f->device, "20", "poll")), 0);
}

static void test_renewals_may_have_all(void **state)
{
    enroll_fixture_t *f = *state;
    scep_keypair_t ours;

    limit(f);
    ours = certified(f, &f->ca);
    assert_int_equal(fill(f, message(f, &ours, "17", "renewal")), SLOTS);
}

static void test_no_renewals_here(void **state)
{
    enroll_fixture_t *f = *state;
    scep_keypair_t ours;

    limit(f);
    ours = certified(f, &f->ca);
    f->policy.renewal.on = false;
    assert_int_equal(fill(f, message(f, &ours, "19", "renewal")), OF_FIRST);
}

static void test_slots_come_back(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t first;
    scep_request_t *req;

    limit(f);
    first = message(f, &f->device, "19", "first");
    req = enter(f, first);
    assert_int_equal(fill(f, first), OF_FIRST - 1);
    scep_admission_leave(req, NULL);
    assert_int_equal(req->admitted, 0);
    scep_admission_leave(req, NULL); /* nothing left to give back */
    assert_int_equal(fill(f, first), 1);
}

/* A transaction that was answered is known when it comes again. */
static void test_retries(void **state)
{
    enroll_fixture_t *f = *state;
    scep_pkimessage_t *msg;
    scep_octets_t again, other;
    scep_request_t *req;

    limit(f);
    again = message(f, &f->device, "19", "again");
    other = message(f, &f->device, "19", "other");
    msg = enroll_message(f, "again", &f->device, (scep_octets_t){NULL, 0});
    req = enter(f, again);
    scep_admission_leave(req, msg);
    assert_int_equal(fill(f, other), OF_FIRST);
    assert_int_equal(fill(f, again), OF_KNOWN - OF_FIRST);
}

/* A message that only pretends to be signed by a certificate of ours. */
static void test_pretenders(void **state)
{
    enroll_fixture_t *f = *state;
    scep_keypair_t pretender = {
        scep_x509_own(f->base.pool, X509_dup(f->ca.cert)), f->other_key};
    scep_keypair_t false_one, ours;
    scep_octets_t first;
    scep_pkimessage_t *msg;
    scep_request_t *req, *leaver;

    limit(f);
    assert_int_equal(X509_set_pubkey(pretender.cert, pretender.key), 1);
    ours = certified(f, &f->ca);
    false_one = certified(f, &pretender);
    first = message(f, &f->device, "19", "first");
    leaver = enter(f, first);
    assert_int_equal(fill(f, first), OF_FIRST - 1);

    msg = enroll_message(f, "false", &false_one, (scep_octets_t){NULL, 0});
    req = enter(f, message(f, &false_one, "17", "false"));
    assert_int_equal(req->admitted, OF_FIRST + 1);
    assert_int_equal(scep_signer_examine(req, msg, &f->base.res), SCEP_OK);
    assert_int_equal(scep_admission_confirm(req, msg, &f->base.res),
                     SCEP_UNAVAILABLE);
    assert_int_equal(f->base.res.reason, SCEP_R_BUSY);

    /* where there is room for first enrolments it goes on as one of them */
    scep_admission_leave(leaver, NULL);
    assert_int_equal(scep_admission_confirm(req, msg, &f->base.res), SCEP_OK);
    assert_true(req->admitted <= OF_FIRST);

    msg = enroll_message(f, "true", &ours, (scep_octets_t){NULL, 0});
    req = enter(f, message(f, &ours, "17", "true"));
    assert_int_equal(req->admitted, OF_FIRST + 1);
    assert_int_equal(scep_signer_examine(req, msg, &f->base.res), SCEP_OK);
    assert_int_equal(scep_admission_confirm(req, msg, &f->base.res), SCEP_OK);
    assert_int_equal(req->admitted, OF_FIRST + 1);
}

/* A whole message: sent away, served, and its slot given back. */
static void test_pkioperation(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t first;
    scep_answer_t answer;
    scep_request_t *held;

    limit(f);
    first = message(f, &f->device, "19", "first");
    held = enter(f, first);
    fill(f, first);
    scep_pkioperation(&f->req, first, &answer);
    assert_int_equal(answer.http_status, 503);
    assert_in_range(answer.retry_after, SCEP_LOAD_MIN_WAIT, SCEP_LOAD_MAX_WAIT);
    assert_non_null(strstr(f->base.log, "SCEP0127: request from"));
    assert_non_null(strstr(f->base.log, "ScepMaxConcurrent 8"));
    assert_int_equal(f->issued, 0);

    scep_admission_leave(held, NULL);
    scep_pkioperation(&f->req, first, &answer);
    assert_int_equal(answer.http_status, 200);
    assert_int_equal(f->req.admitted, 0);
    assert_int_equal(fill(f, first), 1);
}

static void test_no_limit(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t first = message(f, &f->device, "19", "first");
    int i;

    for (i = 0; i < 3 * SLOTS; i++) {
        assert_int_equal(enter(f, first)->admitted, 0);
        assert_int_equal(f->base.res.status, SCEP_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_claims),
        ENROLL_TEST(test_shares),
        ENROLL_TEST(test_one_slot),
        ENROLL_TEST(test_renewals_may_have_all),
        ENROLL_TEST(test_no_renewals_here),
        ENROLL_TEST(test_slots_come_back),
        ENROLL_TEST(test_retries),
        ENROLL_TEST(test_pretenders),
        ENROLL_TEST(test_pkioperation),
        ENROLL_TEST(test_no_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
