/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_signer.c: who signed a message. */
#include "enroll_fixture.h"

#include "scep_cert_build.h"
#include "scep_signer.h"

/* A certificate for the device's key by the CA with PAIR. */
static X509 *issue(enroll_fixture_t *f, const scep_keypair_t *pair)
{
    scep_octets_t der = enroll_csr(f, f->device.key, "dev", NULL);
    const unsigned char *in = der.data;
    scep_ca_request_t request = {
        .csr = scep_x509_req_own(f->base.pool,
                                 d2i_X509_REQ(NULL, &in, (long)der.len)),
        .profile = &f->profile};
    X509 *cert = NULL;
    int left_out;

    enroll_reset_result(f);
    assert_int_equal(scep_cert_issue(pair, &request, f->base.now, f->base.pool,
                                     &cert, &left_out, &f->base.res),
                     SCEP_OK);
    return cert;
}

static const scep_signer_t *examine(enroll_fixture_t *f, X509 *cert,
                                    scep_status_e expected)
{
    const scep_keypair_t signer = {cert, f->device.key};
    const scep_octets_t none = {NULL, 0};

    f->policy.renewal.on = true;
    enroll_reset_result(f);
    assert_int_equal(scep_signer_examine(&f->req,
                                         enroll_message(f, "t", &signer, none),
                                         &f->base.res),
                     expected);
    return f->req.signer;
}

static void test_who_issued_it(void **state)
{
    enroll_fixture_t *f = *state;
    const scep_signer_t *signer;
    scep_keypair_t other;

    signer = examine(f, f->device.cert, SCEP_OK);
    assert_int_equal(signer->issuer, SCEP_SIGNER_SELF);
    assert_false(signer->candidate);
    assert_non_null(strstr(signer->why_not, "self-signed"));
    signer = examine(f, issue(f, &f->ca), SCEP_OK);
    assert_int_equal(signer->issuer, SCEP_SIGNER_OURS);
    assert_true(signer->candidate);
    assert_null(signer->why_not);
    assert_true(signer->not_before <= f->base.now);
    assert_true(signer->not_after > f->base.now);

    other.key = f->other_key;
    other.cert = enroll_self_signed(f, other.key);
    signer = examine(f, issue(f, &other), SCEP_OK);
    assert_int_equal(signer->issuer, SCEP_SIGNER_FOREIGN);
    assert_false(signer->candidate);
}

static void withdraw(enroll_fixture_t *f, const scep_signer_t *signer,
                     scep_revocation_reason_e reason)
{
    const scep_revoke_t one = {.row = {.ca_id = signer->ca_id,
                                       .serial = signer->serial,
                                       .effective = f->base.now,
                                       .created = f->base.now,
                                       .reason = reason},
                               .unknown = true};
    scep_revoke_outcome_e outcome;

    assert_int_equal(scep_store_revoke(f->service.store, &one, f->base.pool,
                                       &outcome, &f->base.res),
                     SCEP_OK);
    assert_int_equal(outcome, SCEP_REVOKE_RECORDED);
}

static void test_revoked(void **state)
{
    enroll_fixture_t *f = *state;
    X509 *cert = issue(f, &f->ca);
    const scep_signer_t *signer = examine(f, cert, SCEP_OK);
    const char *serial = signer->serial;

    assert_null(signer->revocation);
    assert_int_equal(scep_signer_stands(&f->req, serial, &f->base.res),
                     SCEP_OK);
    withdraw(f, signer, SCEP_REVOKED_SUPERSEDED);
    signer = examine(f, cert, SCEP_OK);
    assert_non_null(signer->revocation);
    assert_int_equal(scep_signer_stands(&f->req, serial, &f->base.res),
                     SCEP_OK);
    withdraw(f, signer, SCEP_REVOKED_KEY_COMPROMISE);
    examine(f, cert, SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_RENEWAL_REVOKED);
    enroll_reset_result(f);
    assert_int_equal(scep_signer_stands(&f->req, serial, &f->base.res),
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_RENEWAL_REVOKED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_who_issued_it),
        ENROLL_TEST(test_revoked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
