/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_renewal.c: which certificates may be renewed, and when. */
#include "enroll_fixture.h"

#include "recall_fixture.h"
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "scep_cert_build.h"
#include "scep_draw.h"
#include "scep_pkcsreq.h"
#include "scep_renewal.h"
#include "scep_signer.h"
#include "scep_approval.h"

enum { DAY = 86400 };

/* As scep_service_ca_id() calls the fixture's CA. */
static void be_ready(enroll_fixture_t *f)
{
    f->service.ca_id = scep_service_ca_id(f->ca.cert, f->base.pool);
    f->policy.renewal.on = true;
    f->policy.renewal.expired = true;
    f->policy.renewal.expired_for = -1;
    f->policy.renewal.window = -1;
    f->policy.renewal.min_digest = 20;
}

/* A certificate by CA from before there was a record. */
static X509 *issue(enroll_fixture_t *f, const scep_keypair_t *ca, EVP_PKEY *key,
                   const char *cn)
{
    scep_octets_t der = enroll_csr(f, key, cn, NULL);
    const unsigned char *in = der.data;
    scep_ca_request_t request = {.csr_der = der, .profile = &f->profile};
    X509 *cert;
    int left_out;

    request.csr =
        scep_x509_req_own(f->base.pool, d2i_X509_REQ(NULL, &in, (long)der.len));
    enroll_reset_result(f);
    assert_int_equal(scep_cert_issue(ca, &request, f->base.now, f->base.pool,
                                     &cert, &left_out, &f->base.res),
                     SCEP_OK);
    return cert;
}

typedef struct asked_t {
    scep_status_e status;
    X509 *cert;
} asked_t;

/* A RenewalReq (17), or a PKCSReq (19), signed by CERT. */
static asked_t ask(enroll_fixture_t *f, int type, const char *id, X509 *cert,
                   scep_octets_t csr)
{
    const scep_keypair_t signer = {cert, NULL};
    scep_pkimessage_t *msg = enroll_message(f, id, &signer, csr);
    scep_reply_t reply = {.cert = NULL};
    asked_t asked = {SCEP_OK, NULL};

    msg->message_type = type;
    f->req.signer = NULL;
    enroll_reset_result(f);
    asked.status = (type == SCEP_MSG_RENEWALREQ
                        ? scep_renewal_admit
                        : scep_signer_examine)(&f->req, msg, &f->base.res);
    if (asked.status == SCEP_OK) {
        asked.status = (type == SCEP_MSG_RENEWALREQ
                            ? scep_renewalreq
                            : scep_pkcsreq)(&f->req, msg, &reply, &f->base.res);
    }
    asked.cert = reply.cert;
    return asked;
}

static void assert_refused(enroll_fixture_t *f, X509 *cert, scep_octets_t csr,
                           scep_reason_e reason)
{
    asked_t asked = ask(f, SCEP_MSG_RENEWALREQ, "refused", cert, csr);

    assert_int_equal(asked.status, SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, reason);
    assert_null(asked.cert);
}

static void test_same_key_new_key_both_types(void **state)
{
    enroll_fixture_t *f = *state;
    X509 *old;
    asked_t asked;

    be_ready(f);
    old = issue(f, &f->ca, f->device.key, "dev");
    asked = ask(f, SCEP_MSG_RENEWALREQ, "1", old,
                enroll_csr(f, f->device.key, "dev", NULL));
    assert_int_equal(asked.status, SCEP_OK);
    assert_int_not_equal(X509_cmp(asked.cert, old), 0);
    asked = ask(f, SCEP_MSG_PKCSREQ, "2", old,
                enroll_csr(f, f->other_key, "DEV", "a stale challenge"));
    assert_int_equal(asked.status, SCEP_OK);
    assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(asked.cert), f->other_key),
                     1);
    assert_non_null(strstr(f->base.log, "SCEP0222"));
    assert_int_equal(f->issued, 2);
}

static void test_a_lost_reply(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr;
    asked_t first, again;
    X509 *old;

    be_ready(f);
    old = issue(f, &f->ca, f->device.key, "dev");
    csr = enroll_csr(f, f->other_key, "dev", NULL);
    f->policy.renewal.revoke_old = true;
    first = ask(f, SCEP_MSG_RENEWALREQ, "1", old, csr);
    assert_int_equal(first.status, SCEP_OK);
    f->base.now += apr_time_from_sec(60);
    again = ask(f, SCEP_MSG_RENEWALREQ, "1", old, csr);
    assert_int_equal(again.status, SCEP_OK);
    assert_int_equal(X509_cmp(first.cert, again.cert), 0);
    /* but nothing else is made of what was superseded */
    assert_refused(f, old, enroll_csr(f, f->device.key, "dev", NULL),
                   SCEP_R_RENEWAL_REVOKED);
    assert_int_equal(f->issued, 1);
}

/* R42: a successor is no duplicate. */
static void test_a_renewal_is_no_duplicate(void **state)
{
    enroll_fixture_t *f = *state;
    asked_t first, second;

    be_ready(f);
    f->policy.duplicate = SCEP_DUPLICATE_REFUSE;
    first = ask(f, SCEP_MSG_PKCSREQ, "1", f->device.cert,
                enroll_csr(f, f->device.key, "dev", enroll_draw(f)));
    assert_int_equal(first.status, SCEP_OK);
    second = ask(f, SCEP_MSG_RENEWALREQ, "2", first.cert,
                 enroll_csr(f, f->other_key, "dev", NULL));
    assert_int_equal(second.status, SCEP_OK);
    f->policy.duplicate = SCEP_DUPLICATE_REVOKE;
    assert_int_equal(ask(f, SCEP_MSG_RENEWALREQ, "3", first.cert,
                         enroll_csr(f, f->device.key, "dev", NULL))
                         .status,
                     SCEP_OK);
    assert_int_equal(ask(f, SCEP_MSG_RENEWALREQ, "4", first.cert,
                         enroll_csr(f, f->device.key, "dev", NULL))
                         .status,
                     SCEP_OK); /* it was not revoked */
    assert_int_equal(f->issued, 4);
}

/* Ids are hashes of keys: that of a renewal with the same key repeats, and
 * RSA makes the very same CSR twice. */
static void test_a_renewal_is_a_transaction_of_its_own(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", enroll_draw(f));
    asked_t first, second, third;

    be_ready(f);
    f->policy.sources.source[0] = SCEP_SOURCE_NONE;
    first = ask(f, SCEP_MSG_PKCSREQ, "id", f->device.cert, csr);
    assert_int_equal(first.status, SCEP_OK);
    second = ask(f, SCEP_MSG_PKCSREQ, "id", first.cert, csr);
    assert_int_equal(second.status, SCEP_OK);
    assert_int_not_equal(X509_cmp(first.cert, second.cert), 0);
    third = ask(f, SCEP_MSG_PKCSREQ, "id", second.cert, csr);
    assert_int_equal(third.status, SCEP_OK);
    assert_int_not_equal(X509_cmp(third.cert, second.cert), 0);
    assert_int_equal(f->issued, 3);
}

static void test_signers_that_prove_nothing(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", NULL);
    scep_keypair_t other = {NULL, f->other_key};
    X509 *cert;

    be_ready(f);
    assert_refused(f, f->device.cert, csr, SCEP_R_RENEWAL_SIGNER);
    assert_refused(f, f->ca.cert, csr, SCEP_R_RENEWAL_SIGNER);
    /* somebody who calls himself by the CA's name */
    assert_int_equal(scep_cert_make(SCEP_CERT_ROOT_CA, other.key,
                                    X509_get_subject_name(f->ca.cert), NULL, 10,
                                    f->base.now, f->base.pool, &other.cert,
                                    &f->base.res),
                     SCEP_OK);
    cert = issue(f, &other, f->device.key, "dev");
    assert_refused(f, cert, csr, SCEP_R_RENEWAL_SIGNER);
    /* a CA below ours */
    assert_int_equal(scep_cert_make(SCEP_CERT_ISSUING_CA, f->device.key,
                                    X509_get_subject_name(f->device.cert),
                                    &f->ca, 10, f->base.now, f->base.pool,
                                    &cert, &f->base.res),
                     SCEP_OK);
    assert_refused(f, cert, csr, SCEP_R_RENEWAL_SIGNER);
    assert_int_equal(f->issued, 0);
}

static void test_trust(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", NULL);
    scep_keypair_t other = {NULL, f->other_key};
    X509 *cert;

    be_ready(f);
    assert_int_equal(scep_cert_make(SCEP_CERT_ROOT_CA, other.key,
                                    X509_get_subject_name(f->device.cert), NULL,
                                    10, f->base.now, f->base.pool, &other.cert,
                                    &f->base.res),
                     SCEP_OK);
    cert = issue(f, &other, f->device.key, "dev");
    assert_refused(f, cert, csr, SCEP_R_RENEWAL_SIGNER);
    f->policy.renewal.trust = scep_x509s_own(f->base.pool, sk_X509_new_null());
    assert_int_equal(X509_add_cert(f->policy.renewal.trust, other.cert,
                                   X509_ADD_FLAG_UP_REF),
                     1);
    f->policy.renewal.revoke_old = true; /* not ours to be revoked */
    assert_int_equal(ask(f, SCEP_MSG_RENEWALREQ, "1", cert, csr).status,
                     SCEP_OK);
    assert_int_equal(ask(f, SCEP_MSG_RENEWALREQ, "2", cert, csr).status,
                     SCEP_OK);
}

static void test_expired(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", NULL);
    apr_time_t day = apr_time_from_sec(DAY);
    X509 *old;

    be_ready(f);
    old = issue(f, &f->ca, f->device.key, "dev");
    f->base.now += 364 * day;
    f->policy.renewal.expired = false;
    assert_int_equal(ask(f, SCEP_MSG_RENEWALREQ, "1", old, csr).status,
                     SCEP_OK);
    f->base.now += 2 * day;
    assert_refused(f, old, csr, SCEP_R_RENEWAL_VALIDITY);
    f->policy.renewal.expired = true;
    f->policy.renewal.expired_for = 2 * day;
    assert_int_equal(ask(f, SCEP_MSG_RENEWALREQ, "2", old, csr).status,
                     SCEP_OK);
    f->base.now += 3 * day;
    assert_refused(f, old, csr, SCEP_R_RENEWAL_VALIDITY);
    f->policy.renewal.expired_for = -1;
    assert_int_equal(ask(f, SCEP_MSG_RENEWALREQ, "3", old, csr).status,
                     SCEP_OK);
    f->base.now -= 1000 * day;
    assert_refused(f, old, csr, SCEP_R_RENEWAL_VALIDITY);
}

static void test_window(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", NULL);
    apr_time_t day = apr_time_from_sec(DAY);
    X509 *old;

    be_ready(f);
    old = issue(f, &f->ca, f->device.key, "dev");
    f->policy.renewal.window = 30 * day;
    assert_refused(f, old, csr, SCEP_R_RENEWAL_EARLY);
    f->base.now += 340 * day;
    assert_int_equal(ask(f, SCEP_MSG_RENEWALREQ, "1", old, csr).status,
                     SCEP_OK);
    f->policy.renewal.window_percent = 5; /* of 366 days: 18.3 */
    assert_refused(f, old, csr, SCEP_R_RENEWAL_EARLY);
    f->base.now += 8 * day;
    assert_int_equal(ask(f, SCEP_MSG_RENEWALREQ, "2", old, csr).status,
                     SCEP_OK);
}

static void test_names(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "root", NULL);
    X509 *old;

    be_ready(f);
    old = issue(f, &f->ca, f->device.key, "dev");
    assert_refused(f, old, csr, SCEP_R_RENEWAL_NAMES);
    assert_non_null(
        strstr(f->base.res.detail, "\"CN=dev\" became \"CN=root\""));
    f->policy.renewal.any_name = true;
    assert_int_equal(ask(f, SCEP_MSG_RENEWALREQ, "1", old, csr).status,
                     SCEP_OK);
}

static void test_off_and_weak(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", NULL);
    X509 *old;

    be_ready(f);
    old = issue(f, &f->ca, f->device.key, "dev");
    f->policy.renewal.min_digest = 64; /* the message has SHA-256 */
    assert_refused(f, old, csr, SCEP_R_RENEWAL_DIGEST);
    assert_int_equal(f->base.res.failinfo, SCEP_FAIL_BAD_ALG);
    f->policy.renewal.on = false;
    assert_refused(f, old, csr, SCEP_R_RENEWAL_OFF);
}

/* A key that cannot take an envelope, and no password to answer by. */
static void test_ec_signer(void **state)
{
    enroll_fixture_t *f = *state;
    EVP_PKEY *key = enroll_key(f, "EC", 0);
    scep_octets_t csr = enroll_csr(f, key, "dev", NULL);
    X509 *old;

    be_ready(f);
    old = issue(f, &f->ca, key, "dev");
    f->policy.key_deliveries.count = 0;
    assert_refused(f, old, csr, SCEP_R_REPLY_KEY);
    f->policy.key_deliveries.count = 1;
    f->policy.key_deliveries.delivery[0] = SCEP_KEY_DELIVERY_PASSWORD;
    assert_refused(f, old, csr, SCEP_R_REPLY_KEY);
    assert_int_equal(f->issued, 0);
    assert_int_equal(ask(f, SCEP_MSG_RENEWALREQ, "0", old,
                         enroll_csr(f, key, "dev", "a stale challenge"))
                         .status,
                     SCEP_OK);
    f->policy.key_deliveries.delivery[0] = SCEP_KEY_DELIVERY_AGREEMENT;
    assert_int_equal(ask(f, SCEP_MSG_RENEWALREQ, "1", old, csr).status,
                     SCEP_OK);
}

static void withdraw(enroll_fixture_t *f, X509 *cert, apr_time_t effective,
                     scep_revocation_reason_e reason)
{
    scep_revoke_t revocation = {.unknown = true};
    scep_revoke_outcome_e outcome;

    revocation.row.ca_id = f->service.ca_id;
    revocation.row.serial =
        scep_serial_text(f->base.pool, X509_get0_serialNumber(cert));
    revocation.row.effective = effective;
    revocation.row.reason = reason;
    revocation.row.created = f->base.now;
    assert_int_equal(scep_store_revoke(f->service.store, &revocation,
                                       f->base.pool, &outcome, &f->base.res),
                     SCEP_OK);
}

static void test_revoked(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", enroll_draw(f));
    X509 *old;

    be_ready(f);
    old = issue(f, &f->ca, f->device.key, "dev");
    withdraw(f, old, f->base.now + apr_time_from_sec(60),
             SCEP_REVOKED_KEY_COMPROMISE);
    assert_int_equal(ask(f, SCEP_MSG_RENEWALREQ, "1", old, csr).status,
                     SCEP_OK); /* not yet */
    f->base.now += apr_time_from_sec(60);
    assert_refused(f, old, csr, SCEP_R_RENEWAL_REVOKED);
    /* nor does a password help who signs with that key */
    assert_int_equal(ask(f, SCEP_MSG_PKCSREQ, "2", old, csr).status,
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_RENEWAL_REVOKED);
}

/* Whoever holds the key could ask with another certificate for it. */
static void test_revoked_while_its_renewal_waits(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", NULL);
    X509 *old;

    be_ready(f);
    f->policy.approval.expiry = apr_time_from_sec(DAY);
    f->policy.approval.limits = (scep_queue_limits_t){10, 10, 1};
    f->backend_status = SCEP_PENDING;
    f->backend_ticket = "one";
    old = issue(f, &f->ca, f->device.key, "dev");
    assert_int_equal(ask(f, SCEP_MSG_RENEWALREQ, "1", old, csr).status,
                     SCEP_PENDING);
    withdraw(f, old, f->base.now, SCEP_REVOKED_KEY_COMPROMISE);
    f->backend_status = SCEP_OK;
    assert_int_equal(ask(f, SCEP_MSG_PKCSREQ, "1", f->device.cert, csr).status,
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_RENEWAL_REVOKED);
    assert_int_equal(f->issued, 0);
}

/* A request that waits is signed with a certificate for its key at last, and
 * refused by the CA: that is the answer, and nothing is tried anew. */
static void test_first_enrolment_waited(void **state)
{
    enroll_fixture_t *f = *state;
    const scep_operator_t who = {.actor = "alice", .now = f->base.now};
    scep_request_row_t *row;
    scep_octets_t csr;
    X509 *old;

    be_ready(f);
    f->policy.approval.manual = true;
    f->policy.approval.expiry = apr_time_from_sec(DAY);
    f->policy.approval.limits = (scep_queue_limits_t){10, 10, 1};
    csr = enroll_csr(f, f->device.key, "dev", enroll_draw(f));
    old = issue(f, &f->ca, f->device.key, "dev");
    assert_int_equal(ask(f, SCEP_MSG_PKCSREQ, "1", f->device.cert, csr).status,
                     SCEP_PENDING);
    assert_int_equal(request_of(f->service.store, f->service.ca_id, "1", NULL,
                                f->base.now, f->base.pool, &row, &f->base.res),
                     SCEP_OK);
    assert_int_equal(scep_approval_give(f->service.store, row->id, &who,
                                        f->base.pool, &f->base.res),
                     SCEP_OK);
    f->backend_status = SCEP_REFUSED;
    f->backend_reason = SCEP_R_CA_REFUSED;
    assert_int_equal(ask(f, SCEP_MSG_PKCSREQ, "1", old, csr).status,
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CA_REFUSED);
    assert_null(strstr(f->base.log, "SCEP0221"));
}

static void test_keys_of_two_kinds(void **state)
{
    enroll_fixture_t *f = *state;
    X509 *old;

    be_ready(f);
    old = issue(f, &f->ca, f->device.key, "dev");
    assert_int_equal(ask(f, SCEP_MSG_PKCSREQ, "1", old,
                         enroll_csr(f, enroll_key(f, "EC", 0), "another", "x"))
                         .status,
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_RENEWAL_NAMES);
    assert_int_equal(ERR_peek_error(), 0);
}

/* A PKCSReq that is no renewal is a first enrolment like any other. */
static void test_pkcsreq_falls_back_on_its_challenge(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password;
    X509 *old;

    be_ready(f);
    password = enroll_draw(f);
    old = issue(f, &f->ca, f->device.key, "dev");
    f->policy.renewal.expired = false;
    f->base.now += apr_time_from_sec((apr_int64_t)DAY * 400);
    f->policy.password_validity = apr_time_from_sec((apr_int64_t)DAY * 400);
    assert_int_equal(ask(f, SCEP_MSG_PKCSREQ, "1", old,
                         enroll_csr(f, f->device.key, "dev", NULL))
                         .status,
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_RENEWAL_VALIDITY);
    assert_int_equal(ask(f, SCEP_MSG_PKCSREQ, "1", old,
                         enroll_csr(f, f->device.key, "dev", password))
                         .status,
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_EXPIRED);
    assert_non_null(strstr(f->base.log, "SCEP0221"));
    assert_int_equal(ask(f, SCEP_MSG_PKCSREQ, "1", old,
                         enroll_csr(f, f->device.key, "new", enroll_draw(f)))
                         .status,
                     SCEP_OK);
    /* not for another key, though: that would be a renewal */
    assert_int_equal(ask(f, SCEP_MSG_PKCSREQ, "2", old,
                         enroll_csr(f, f->other_key, "dev", enroll_draw(f)))
                         .status,
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_RENEWAL_VALIDITY);
}

/* Where no challenge is asked for as a last resort, that lets it in as well. */
static void test_pkcsreq_falls_back_on_no_challenge(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", NULL);
    X509 *old;

    be_ready(f);
    old = issue(f, &f->ca, f->device.key, "dev");
    f->policy.renewal.expired = false;
    f->base.now += apr_time_from_sec((apr_int64_t)DAY * 400);
    f->policy.sources = (scep_sources_t){
        .count = 2, .source = {SCEP_SOURCE_NONE, SCEP_SOURCE_ONE_TIME}};
    assert_int_equal(ask(f, SCEP_MSG_PKCSREQ, "1", old, csr).status,
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_RENEWAL_VALIDITY);
    f->policy.sources.count = 0; /* nor is no source at all a last resort */
    assert_int_equal(ask(f, SCEP_MSG_PKCSREQ, "1", old, csr).status,
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_RENEWAL_VALIDITY);
    assert_null(strstr(f->base.log, "SCEP0221"));
    f->policy.sources = (scep_sources_t){
        .count = 2, .source = {SCEP_SOURCE_ONE_TIME, SCEP_SOURCE_NONE}};
    assert_int_equal(ask(f, SCEP_MSG_PKCSREQ, "1", old, csr).status, SCEP_OK);
    assert_non_null(strstr(f->base.log, "SCEP0221"));
}

/* --- and a challenge (R15) ------------------------------------------------ */

static void be_strict(enroll_fixture_t *f)
{
    be_ready(f);
    f->policy.renewal.challenge = true;
    f->policy.approval.expiry = apr_time_from_sec(DAY);
    f->policy.approval.limits = (scep_queue_limits_t){10, 10, 1};
}

static const char *draw(enroll_fixture_t *f, const char *limits, int uses)
{
    const scep_draw_params_t params = {.limits = limits, .uses = uses};
    scep_drawn_t drawn;

    enroll_reset_result(f);
    assert_int_equal(scep_draw(&f->req, "alice", &params, &drawn, &f->base.res),
                     SCEP_OK);
    return drawn.password;
}

static scep_octets_t csr_with(enroll_fixture_t *f, const char *challenge)
{
    return enroll_csr(f, f->other_key, "dev", challenge);
}

static void test_certificate_and_challenge(void **state)
{
    enroll_fixture_t *f = *state;
    int types[] = {SCEP_MSG_RENEWALREQ, SCEP_MSG_PKCSREQ};
    const char *password;
    X509 *old;
    int i;

    be_strict(f);
    old = issue(f, &f->ca, f->device.key, "dev");
    for (i = 0; i < 2; i++) {
        password = enroll_draw(f);
        assert_int_equal(ask(f, types[i], "1", old, csr_with(f, NULL)).status,
                         SCEP_REFUSED);
        assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_MISSING);
        assert_int_equal(ask(f, types[i], "2", old, csr_with(f, "no")).status,
                         SCEP_REFUSED);
        assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_UNKNOWN);
        assert_int_equal(f->issued, i);
        assert_int_equal(
            ask(f, types[i], "3", old, csr_with(f, password)).status, SCEP_OK);
        assert_int_equal(f->issued, i + 1);
        assert_int_equal(ask(f, types[i], "4", old,
                             enroll_csr(f, f->device.key, "dev", password))
                             .status,
                         SCEP_REFUSED);
        assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_SPENT);
    }
    /* nothing of it was tried as a first enrolment */
    assert_null(strstr(f->base.log, "SCEP0221"));
    f->policy.renewal.challenge = false;
    assert_int_equal(
        ask(f, SCEP_MSG_RENEWALREQ, "5", old, csr_with(f, "no")).status,
        SCEP_OK);
}

/* What the certificate does not authorize costs no password. */
static void test_challenge_is_not_touched_in_vain(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password;
    X509 *old;

    be_strict(f);
    password = enroll_draw(f);
    old = issue(f, &f->ca, f->device.key, "dev");
    assert_refused(f, old, enroll_csr(f, f->device.key, "else", password),
                   SCEP_R_RENEWAL_NAMES);
    f->backend_status = SCEP_REFUSED;
    f->backend_reason = SCEP_R_CA_REFUSED;
    assert_refused(f, old, csr_with(f, password), SCEP_R_CA_REFUSED);
    f->backend_status = SCEP_OK;
    assert_int_equal(
        ask(f, SCEP_MSG_RENEWALREQ, "1", old, csr_with(f, password)).status,
        SCEP_OK);
}

static void test_renewal_with_a_challenge_again(void **state)
{
    enroll_fixture_t *f = *state;
    asked_t first, again;
    scep_octets_t csr;
    X509 *old;

    be_strict(f);
    csr = enroll_csr(f, f->device.key, "dev", enroll_draw(f));
    old = issue(f, &f->ca, f->device.key, "dev");
    first = ask(f, SCEP_MSG_RENEWALREQ, "1", old, csr);
    assert_int_equal(first.status, SCEP_OK);
    again = ask(f, SCEP_MSG_RENEWALREQ, "1", old, csr);
    assert_int_equal(again.status, SCEP_OK);
    assert_int_equal(X509_cmp(first.cert, again.cert), 0);
    /* after ScepRetryWindow, and under another id */
    f->base.now += apr_time_from_sec(DAY);
    again = ask(f, SCEP_MSG_RENEWALREQ, "2", old, csr);
    assert_int_equal(again.status, SCEP_OK);
    assert_int_equal(X509_cmp(first.cert, again.cert), 0);
    /* but a certificate is not its own successor */
    assert_refused(f, first.cert, csr, SCEP_R_CHALLENGE_SPENT);
    assert_int_equal(f->issued, 1);
}

static void test_challenge_of_several_uses(void **state)
{
    enroll_fixture_t *f = *state;
    asked_t first, second, third;
    scep_octets_t csr;

    be_strict(f);
    csr = enroll_csr(f, f->device.key, "dev",
                     draw(f, "{\"subject\":\"CN=dev\"}", 3));
    first = ask(f, SCEP_MSG_PKCSREQ, "id", f->device.cert, csr);
    assert_int_equal(first.status, SCEP_OK);
    second = ask(f, SCEP_MSG_PKCSREQ, "id", first.cert, csr);
    assert_int_equal(second.status, SCEP_OK);
    assert_int_not_equal(X509_cmp(first.cert, second.cert), 0);
    third = ask(f, SCEP_MSG_PKCSREQ, "id", second.cert, csr);
    assert_int_equal(third.status, SCEP_OK);
    assert_int_not_equal(X509_cmp(second.cert, third.cert), 0);
    assert_int_equal(ask(f, SCEP_MSG_PKCSREQ, "id", third.cert, csr).status,
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_SPENT);
    assert_int_equal(f->issued, 3);
}

/* What a password is limited to holds for the renewal. */
static void test_limits_in_a_renewal(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password;
    X509 *old;

    be_strict(f);
    password = draw(f, "{\"subject\":\"CN=another\"}", 1);
    old = issue(f, &f->ca, f->device.key, "dev");
    assert_refused(f, old, csr_with(f, password), SCEP_R_LIMIT_SUBJECT);
    old = issue(f, &f->ca, f->device.key, "another");
    assert_int_equal(ask(f, SCEP_MSG_RENEWALREQ, "1", old,
                         enroll_csr(f, f->device.key, "another", password))
                         .status,
                     SCEP_OK);
}

static void test_other_sources_in_a_renewal(void **state)
{
    enroll_fixture_t *f = *state;
    X509 *old;

    be_strict(f);
    old = issue(f, &f->ca, f->device.key, "dev");
    f->policy.sources.source[0] = SCEP_SOURCE_NONE;
    assert_refused(f, old, csr_with(f, "any"), SCEP_R_CHALLENGE_MISSING);
    f->policy.sources.count = 0;
    assert_refused(f, old, csr_with(f, "any"), SCEP_R_NO_CHALLENGE_SOURCE);
    assert_int_equal(f->issued, 0);
    f->policy.sources.count = 2;
    f->policy.sources.source[0] = SCEP_SOURCE_SINGLE;
    f->policy.sources.source[1] = SCEP_SOURCE_NONE;
    enroll_master(f, "GOOD-FOR-ALL", NULL, 0);
    assert_refused(f, old, csr_with(f, "GOOD-FOR-NONE"),
                   SCEP_R_CHALLENGE_MISSING);
    assert_int_equal(
        ask(f, SCEP_MSG_RENEWALREQ, "1", old, csr_with(f, "GOOD-FOR-ALL"))
            .status,
        SCEP_OK);
    assert_int_equal(ask(f, SCEP_MSG_RENEWALREQ, "2", old,
                         enroll_csr(f, f->device.key, "dev", "GOOD-FOR-ALL"))
                         .status,
                     SCEP_OK);
}

static void test_ec_renewal_by_its_challenge(void **state)
{
    enroll_fixture_t *f = *state;
    EVP_PKEY *key = enroll_key(f, "EC", 0);
    X509 *old;

    be_strict(f);
    old = issue(f, &f->ca, key, "dev");
    assert_refused(f, old, enroll_csr(f, key, "dev", "no"),
                   SCEP_R_CHALLENGE_UNKNOWN);
    assert_int_equal(ask(f, SCEP_MSG_RENEWALREQ, "1", old,
                         enroll_csr(f, key, "dev", enroll_draw(f)))
                         .status,
                     SCEP_OK);
}

static scep_request_row_t *waiting(enroll_fixture_t *f, const char *id)
{
    scep_request_row_t *row;

    assert_int_equal(request_of(f->service.store, f->service.ca_id, id, NULL,
                                f->base.now, f->base.pool, &row, &f->base.res),
                     SCEP_OK);
    return row;
}

static void test_challenge_of_a_renewal_that_waits(void **state)
{
    enroll_fixture_t *f = *state;
    const scep_operator_t who = {.actor = "alice", .now = f->base.now};
    const char *password;
    scep_octets_t csr;
    X509 *old;

    be_strict(f);
    f->policy.approval.manual = true;
    password = enroll_draw(f);
    csr = csr_with(f, password);
    old = issue(f, &f->ca, f->device.key, "dev");
    assert_int_equal(ask(f, SCEP_MSG_RENEWALREQ, "1", old, csr).status,
                     SCEP_PENDING);
    assert_refused(f, old, enroll_csr(f, f->device.key, "dev", password),
                   SCEP_R_CHALLENGE_SPENT);
    /* rejected: it is good again */
    assert_int_equal(scep_approval_refuse(f->service.store, waiting(f, "1")->id,
                                          &who, f->base.pool, &f->base.res),
                     SCEP_OK);
    assert_int_equal(ask(f, SCEP_MSG_RENEWALREQ, "2", old, csr).status,
                     SCEP_PENDING);
    /* the same goes on under another id (invariant 4) */
    assert_int_equal(ask(f, SCEP_MSG_RENEWALREQ, "3", old, csr).status,
                     SCEP_PENDING);
    assert_int_equal(scep_approval_give(f->service.store, waiting(f, "3")->id,
                                        &who, f->base.pool, &f->base.res),
                     SCEP_OK);
    assert_int_equal(ask(f, SCEP_MSG_RENEWALREQ, "3", old, csr).status,
                     SCEP_OK);
    assert_refused(f, old, enroll_csr(f, f->device.key, "dev", password),
                   SCEP_R_CHALLENGE_SPENT);
    assert_int_equal(f->issued, 1);
}

static const char *race_password;
static X509 *race_cert;

/* Runs while another renewal with the same password is being signed, on
 * another machine as it were: it does not see the claim. */
static void overtake(enroll_fixture_t *f)
{
    apr_size_t size = scep_challenge_table_size(16);
    scep_challenge_table_t *mine = f->service.challenges;
    void *memory = apr_pcalloc(f->base.pool, size);

    scep_challenge_table_format(memory, size, 16);
    f->service.challenges =
        scep_challenge_table_attach(memory, size, &f->lock, f->base.pool);
    assert_int_equal(ask(f, SCEP_MSG_RENEWALREQ, "fast", race_cert,
                         csr_with(f, race_password))
                         .status,
                     SCEP_OK);
    f->service.challenges = mine;
}

static void test_two_renewals_one_challenge(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr;
    X509 *old;

    be_strict(f);
    race_password = enroll_draw(f);
    csr = enroll_csr(f, f->device.key, "dev", race_password);
    old = race_cert = issue(f, &f->ca, f->device.key, "dev");
    f->before_sign = overtake;
    assert_refused(f, old, csr, SCEP_R_CHALLENGE_SPENT);
    assert_int_equal(f->issued, 2); /* one of them did not leave */
    assert_refused(f, old, csr, SCEP_R_CHALLENGE_SPENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_same_key_new_key_both_types),
        ENROLL_TEST(test_a_lost_reply),
        ENROLL_TEST(test_a_renewal_is_a_transaction_of_its_own),
        ENROLL_TEST(test_a_renewal_is_no_duplicate),
        ENROLL_TEST(test_signers_that_prove_nothing),
        ENROLL_TEST(test_trust),
        ENROLL_TEST(test_expired),
        ENROLL_TEST(test_window),
        ENROLL_TEST(test_names),
        ENROLL_TEST(test_off_and_weak),
        ENROLL_TEST(test_ec_signer),
        ENROLL_TEST(test_revoked),
        ENROLL_TEST(test_first_enrolment_waited),
        ENROLL_TEST(test_keys_of_two_kinds),
        ENROLL_TEST(test_revoked_while_its_renewal_waits),
        ENROLL_TEST(test_pkcsreq_falls_back_on_its_challenge),
        ENROLL_TEST(test_pkcsreq_falls_back_on_no_challenge),
        ENROLL_TEST(test_certificate_and_challenge),
        ENROLL_TEST(test_challenge_is_not_touched_in_vain),
        ENROLL_TEST(test_renewal_with_a_challenge_again),
        ENROLL_TEST(test_challenge_of_several_uses),
        ENROLL_TEST(test_limits_in_a_renewal),
        ENROLL_TEST(test_other_sources_in_a_renewal),
        ENROLL_TEST(test_ec_renewal_by_its_challenge),
        ENROLL_TEST(test_challenge_of_a_renewal_that_waits),
        ENROLL_TEST(test_two_renewals_one_challenge),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
