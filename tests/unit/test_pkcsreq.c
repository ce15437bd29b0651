/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_pkcsreq.c: the decision on a PKCSReq, retries and races included. */
#include "enroll_fixture.h"

#include "message_maker.h"
#include "scep_password.h"
#include "scep_pkcsreq.h"
#include "scep_store_revocation.h"

static scep_status_e serve(enroll_fixture_t *f, const scep_pkimessage_t *msg,
                           X509 **cert)
{
    scep_reply_t reply = {.cert = NULL};
    scep_status_e status = enroll_serve(f, scep_pkcsreq, msg, &reply);

    *cert = reply.cert;
    return status;
}

static scep_status_e enrol(enroll_fixture_t *f, const char *id,
                           scep_octets_t csr, X509 **cert)
{
    scep_pkimessage_t *msg = enroll_message(f, id, &f->device, csr);

    enroll_reset_result(f);
    return serve(f, msg, cert);
}

static void assert_refused(enroll_fixture_t *f, const char *id,
                           scep_octets_t csr, scep_reason_e reason)
{
    X509 *cert = NULL;

    assert_int_not_equal(enrol(f, id, csr, &cert), SCEP_OK);
    assert_int_equal(f->base.res.reason, reason);
    assert_null(cert);
}

static void test_issues_and_spends(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f);
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev1", password);
    X509 *cert = NULL;

    assert_int_equal(
        scep_challenge_table_count(f->service.challenges, f->base.now), 1);
    assert_int_equal(enrol(f, "t1", csr, &cert), SCEP_OK);
    assert_int_equal(X509_verify(cert, f->ca.key), 1);
    assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(cert), f->device.key), 1);
    assert_int_equal(f->issued, 1);
    assert_int_equal(
        scep_challenge_table_count(f->service.challenges, f->base.now), 0);
    assert_non_null(strstr(f->base.log, "SCEP0200"));
    assert_null(strstr(f->base.log, password));
}

/* One to recall what came before, one to record; the claim is in memory. */
static void test_first_enrolment_opens_two_sessions(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev1", enroll_draw(f));
    apr_uint64_t before = scep_store_sessions(f->service.store);
    X509 *cert = NULL;

    assert_int_equal(enrol(f, "t1", csr, &cert), SCEP_OK);
    assert_non_null(cert);
    assert_int_equal(scep_store_sessions(f->service.store) - before, 2);
}

/* Without a password, or to wait for an operator, it costs no more. */
static void test_other_first_enrolments_open_two_sessions(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev1", enroll_draw(f));
    apr_uint64_t before = scep_store_sessions(f->service.store);
    X509 *cert = NULL;

    f->policy.approval.manual = true;
    f->policy.approval.expiry = apr_time_from_sec(3600);
    f->policy.approval.limits.all = 10;
    f->policy.approval.limits.network = 10;
    f->policy.approval.limits.key = 10;
    assert_int_equal(enrol(f, "t1", csr, &cert), SCEP_PENDING);
    assert_int_equal(scep_store_sessions(f->service.store) - before, 2);

    before = scep_store_sessions(f->service.store);
    f->policy.approval.manual = false;
    f->policy.sources.source[0] = SCEP_SOURCE_NONE;
    f->policy.duplicate = SCEP_DUPLICATE_REFUSE;
    csr = enroll_csr(f, f->device.key, "dev2", NULL);
    assert_int_equal(enrol(f, "t2", csr, &cert), SCEP_OK);
    assert_int_equal(scep_store_sessions(f->service.store) - before, 2);
}

static void test_spent_password_is_refused(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f);
    X509 *cert;

    assert_int_equal(
        enrol(f, "t1", enroll_csr(f, f->device.key, "a", password), &cert),
        SCEP_OK);
    assert_refused(f, "t2", enroll_csr(f, f->device.key, "b", password),
                   SCEP_R_CHALLENGE_SPENT);
    assert_int_equal(f->issued, 1);
}

static void test_retry_gets_the_same_certificate(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev1", enroll_draw(f));
    X509 *first, *second;

    assert_int_equal(enrol(f, "t1", csr, &first), SCEP_OK);
    f->base.now += apr_time_from_sec(60);
    assert_int_equal(enrol(f, "t1", csr, &second), SCEP_OK);
    assert_int_equal(X509_cmp(first, second), 0);
    assert_int_equal(f->issued, 1);
}

static void test_retry_after_the_window_by_password(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev1", enroll_draw(f));
    X509 *first, *second;

    assert_int_equal(enrol(f, "t1", csr, &first), SCEP_OK);
    f->base.now += apr_time_from_sec(86400);
    assert_int_equal(enrol(f, "t9", csr, &second), SCEP_OK);
    assert_int_equal(X509_cmp(first, second), 0);
    f->base.now += apr_time_from_sec(800 * 86400); /* the certificate is over */
    assert_refused(f, "t1", csr, SCEP_R_CHALLENGE_SPENT);
    assert_int_equal(f->issued, 1);
}

/* What was issued while the clock was ahead takes no id for as long. */
static void test_id_is_free_when_the_clock_was_set_back(void **state)
{
    enroll_fixture_t *f = *state;
    scep_keypair_t other = {NULL, f->other_key};
    scep_octets_t csr;
    X509 *cert;

    f->base.now += apr_time_from_sec(30 * 86400);
    csr = enroll_csr(f, f->device.key, "a", enroll_draw(f));
    assert_int_equal(enrol(f, "same", csr, &cert), SCEP_OK);
    f->base.now -= apr_time_from_sec(30 * 86400);
    other.cert = enroll_self_signed(f, other.key);
    csr = enroll_csr(f, other.key, "b", enroll_draw(f));
    assert_int_equal(serve(f, enroll_message(f, "same", &other, csr), &cert),
                     SCEP_OK);
}

static void test_id_reused_by_another_key(void **state)
{
    enroll_fixture_t *f = *state;
    scep_keypair_t other = {NULL, f->other_key};
    scep_octets_t csr;
    X509 *cert;

    assert_int_equal(enrol(f, "same",
                           enroll_csr(f, f->device.key, "a", enroll_draw(f)),
                           &cert),
                     SCEP_OK);
    other.cert = enroll_self_signed(f, other.key);
    csr = enroll_csr(f, other.key, "b", enroll_draw(f));
    enroll_reset_result(f);
    assert_int_equal(serve(f, enroll_message(f, "same", &other, csr), &cert),
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_TRANSACTION_REUSED);
    assert_null(cert);
    /* Users' names serve as ids (cryptlib): later it is judged anew. */
    f->base.now += f->policy.retry_window + apr_time_from_sec(1);
    enroll_reset_result(f);
    assert_int_equal(serve(f, enroll_message(f, "same", &other, csr), &cert),
                     SCEP_OK);
}

static void test_same_id_other_csr_is_judged(void **state)
{
    enroll_fixture_t *f = *state;
    X509 *a, *b;

    assert_int_equal(
        enrol(f, "id", enroll_csr(f, f->device.key, "a", enroll_draw(f)), &a),
        SCEP_OK);
    assert_refused(f, "id", enroll_csr(f, f->device.key, "b", "0000"),
                   SCEP_R_CHALLENGE_UNKNOWN);
    assert_int_equal(
        enrol(f, "id", enroll_csr(f, f->device.key, "b", enroll_draw(f)), &b),
        SCEP_OK);
    assert_int_not_equal(X509_cmp(a, b), 0);
}

static void test_challenge_refusals(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f);

    assert_refused(f, "t", enroll_csr(f, f->device.key, "x", NULL),
                   SCEP_R_CHALLENGE_MISSING);
    assert_refused(f, "t", enroll_csr(f, f->device.key, "x", "BAD"),
                   SCEP_R_CHALLENGE_UNKNOWN);
    f->base.now += f->policy.password_validity + 1;
    assert_refused(f, "t", enroll_csr(f, f->device.key, "x", password),
                   SCEP_R_CHALLENGE_EXPIRED);
    f->policy.sources.count = 0;
    assert_refused(f, "t", enroll_csr(f, f->device.key, "x", password),
                   SCEP_R_NO_CHALLENGE_SOURCE);
    assert_int_equal(f->issued, 0);
}

/* Ed25519 cannot sign a message: where the profile has both switches, a key
 * that can does. */
static void test_other_signer(void **state)
{
    enroll_fixture_t *f = *state;
    EVP_PKEY *ed =
        scep_pkey_own(f->base.pool, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
    scep_profile_t lenient = f->profile;
    const char *password = enroll_draw(f);
    X509_REQ *req = maker_req(&f->base, ed, "edwards");
    scep_keypair_t other = {NULL, f->other_key};
    scep_octets_t csr;
    X509 *cert, *again;

    maker_challenge(req, V_ASN1_PRINTABLESTRING, password, strlen(password));
    csr = maker_req_sign(&f->base, req, ed, NULL);
    assert_refused(f, "t", csr, SCEP_R_SIGNER_KEY);
    f->profile.key_types |= SCEP_KEY_ED25519;
    assert_refused(f, "t", csr, SCEP_R_SIGNER_KEY);
    /* It is the profile of the request that counts, not just any. */
    lenient.other_signer = true;
    f->policy.profiles = apr_hash_make(f->base.pool);
    apr_hash_set(f->policy.profiles, "lenient", APR_HASH_KEY_STRING, &lenient);
    f->policy.leniency = scep_leniency_of(f->policy.profiles, f->base.pool);
    assert_refused(f, "t", csr, SCEP_R_SIGNER_KEY);
    f->profile.other_signer = true;
    f->profile.key_types = SCEP_KEY_RSA;
    assert_refused(f, "t", csr, SCEP_R_CSR_KEY);
    assert_int_equal(f->issued, 0);
    f->profile.key_types = SCEP_KEY_ED25519;
    assert_int_equal(enrol(f, "t", csr, &cert), SCEP_OK);
    assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(cert), ed), 1);
    /* a retry is for who signed, not for whose key it is */
    f->base.now += f->policy.retry_window + APR_USEC_PER_SEC;
    assert_int_equal(enrol(f, "t", csr, &again), SCEP_OK);
    assert_int_equal(X509_cmp(cert, again), 0);
    other.cert = enroll_self_signed(f, f->other_key);
    enroll_reset_result(f);
    assert_int_equal(serve(f, enroll_message(f, "u", &other, csr), &cert),
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_SPENT);
}

static void test_key_refusals(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f);
    scep_keypair_t ec = {NULL, enroll_key(f, "EC", 0)};
    scep_octets_t csr;
    X509 *cert;

    assert_refused(f, "t", enroll_csr(f, f->other_key, "x", password),
                   SCEP_R_SIGNER_KEY);
    ec.cert = enroll_self_signed(f, ec.key);
    csr = enroll_csr(f, ec.key, "x", NULL);
    enroll_reset_result(f);
    assert_int_equal(serve(f, enroll_message(f, "t", &ec, csr), &cert),
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_REPLY_KEY);
    f->profile.min_rsa_bits = 4096;
    assert_refused(f, "t", enroll_csr(f, f->device.key, "x", password),
                   SCEP_R_CSR_KEY);
    assert_refused(f, "t", (scep_octets_t){(const unsigned char *)"junk", 4},
                   SCEP_R_CONTENT);
    assert_int_equal(f->issued, 0);
}

/* Invariant 3: whatever the backend answers but a certificate, the password
 * stays good. */
static void test_failed_attempt_gives_the_password_back(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "x", enroll_draw(f));
    scep_octets_t other = csr;
    X509 *cert;

    f->backend_status = SCEP_UNAVAILABLE;
    f->backend_reason = SCEP_R_CA_UNAVAILABLE;
    assert_refused(f, "t1", csr, SCEP_R_CA_UNAVAILABLE);
    f->backend_status = SCEP_REFUSED;
    f->backend_reason = SCEP_R_CA_REFUSED;
    assert_refused(f, "t2", csr, SCEP_R_CA_REFUSED);
    f->backend_status = SCEP_PENDING;
    assert_refused(f, "t3", csr, SCEP_R_CA_UNAVAILABLE);
    f->backend_status = SCEP_OK;
    assert_int_equal(enrol(f, "t4", other, &cert), SCEP_OK);
}

static void test_lock_failure_refuses(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "x", enroll_draw(f));

    f->lock_status = APR_EINVAL;
    assert_refused(f, "t1", csr, SCEP_R_LOCK);
    assert_int_equal(f->base.res.status, SCEP_UNAVAILABLE);
    assert_int_equal(f->issued, 0);
}

static scep_octets_t race_csr;
static const char *race_id;

/* Another child finishes the race's request while ours is being signed. To
 * get past the shared table it must be as if the claim had run out. */
static void overtake(enroll_fixture_t *f)
{
    scep_result_t kept = f->base.res;
    apr_time_t now = f->base.now;
    X509 *cert;

    f->base.now += apr_time_from_sec(61);
    assert_int_equal(enrol(f, race_id, race_csr, &cert), SCEP_OK);
    f->base.now = now;
    f->base.res = kept;
}

static void test_two_transactions_one_password(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f);
    scep_octets_t csr = enroll_csr(f, f->device.key, "slow", password);

    race_csr = enroll_csr(f, f->device.key, "fast", password);
    race_id = "fast";
    f->before_sign = overtake;
    assert_refused(f, "slow", csr, SCEP_R_CHALLENGE_SPENT);
    assert_int_equal(f->issued, 2); /* signed, but only one ever left */
}

static void test_overlapping_retry_gets_the_winners_certificate(void **state)
{
    enroll_fixture_t *f = *state;
    X509 *cert, *again;

    race_csr = enroll_csr(f, f->device.key, "dev", enroll_draw(f));
    race_id = "one";
    f->before_sign = overtake;
    assert_int_equal(enrol(f, "one", race_csr, &cert), SCEP_OK);
    assert_int_equal(f->issued, 2);
    assert_int_equal(enrol(f, "one", race_csr, &again), SCEP_OK);
    assert_int_equal(X509_cmp(cert, again), 0);
}

static scep_keypair_t race_signer;

/* A device with another key and a password of its own takes our id while our
 * certificate is being signed. */
static void take_the_id(enroll_fixture_t *f)
{
    scep_result_t kept = f->base.res;
    X509 *cert;

    enroll_reset_result(f);
    assert_int_equal(
        serve(f, enroll_message(f, race_id, &race_signer, race_csr), &cert),
        SCEP_OK);
    f->base.res = kept;
}

static void test_two_keys_race_for_an_id(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "slow", enroll_draw(f));
    X509 *cert;

    race_signer.key = f->other_key;
    race_signer.cert = enroll_self_signed(f, f->other_key);
    race_csr = enroll_csr(f, f->other_key, "fast", enroll_draw(f));
    race_id = "id";
    f->before_sign = take_the_id;
    assert_refused(f, "id", csr, SCEP_R_TRANSACTION_REUSED);
    /* the winner's retry is answered, and the loser's password still good */
    enroll_reset_result(f);
    assert_int_equal(
        serve(f, enroll_message(f, "id", &race_signer, race_csr), &cert),
        SCEP_OK);
    assert_int_equal(enrol(f, "another id", csr, &cert), SCEP_OK);
}

/* Two CSRs under one id: a retry of the older one is answered, too. */
static void test_retry_of_the_older_of_two(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "a", enroll_draw(f));
    X509 *first, *second, *again;

    assert_int_equal(enrol(f, "id", csr, &first), SCEP_OK);
    assert_int_equal(enrol(f, "id",
                           enroll_csr(f, f->device.key, "b", enroll_draw(f)),
                           &second),
                     SCEP_OK);
    assert_int_equal(enrol(f, "id", csr, &again), SCEP_OK);
    assert_int_equal(X509_cmp(first, again), 0);
    assert_int_equal(f->issued, 2);
}

static void test_master_password_is_reusable(void **state)
{
    enroll_fixture_t *f = *state;
    X509 *a, *b, *again;

    f->policy.sources.source[0] = SCEP_SOURCE_SINGLE;
    enroll_master(f, "MASTER-PASSWORD", NULL, 0);
    assert_int_equal(
        enrol(f, "a", enroll_csr(f, f->device.key, "a", "MASTER-PASSWORD"), &a),
        SCEP_OK);
    assert_int_equal(
        enrol(f, "b", enroll_csr(f, f->device.key, "b", "MASTER-PASSWORD"), &b),
        SCEP_OK);
    assert_int_not_equal(X509_cmp(a, b), 0);
    /* a retry is one all the same */
    assert_int_equal(enrol(f, "b",
                           enroll_csr(f, f->device.key, "b", "MASTER-PASSWORD"),
                           &again),
                     SCEP_OK);
    assert_int_equal(X509_cmp(again, b), 0);
    assert_int_equal(f->issued, 2);
    assert_null(strstr(f->base.log, "MASTER-PASSWORD"));
}

static void test_no_challenge_asked_for(void **state)
{
    enroll_fixture_t *f = *state;
    X509 *cert;

    f->policy.sources.source[0] = SCEP_SOURCE_NONE;
    assert_int_equal(
        enrol(f, "a", enroll_csr(f, f->device.key, "a", NULL), &cert), SCEP_OK);
}

static void test_busy_password(void **state)
{
    enroll_fixture_t *f = *state;
    unsigned char owner[SCEP_CLAIM_OWNER_SIZE] = {9};
    const char *password = enroll_draw(f);
    unsigned char hash[SCEP_HASH_SIZE];
    X509 *cert;
    scep_octets_t csr = enroll_csr(f, f->device.key, "x", password);

    assert_true(scep_password_hash(f->service.password_key, f->service.ca_id,
                                   password, hash));
    assert_int_equal(scep_challenge_table_claim(f->service.challenges, hash,
                                                owner, f->base.now,
                                                apr_time_from_sec(60)),
                     SCEP_CLAIM_OK);
    assert_refused(f, "t", csr, SCEP_R_CHALLENGE_BUSY);
    f->base.now +=
        apr_time_from_sec(61); /* its owner died: the lease is over */
    assert_int_equal(enrol(f, "t", csr, &cert), SCEP_OK);
}

/* --- a subject that has a certificate (R42) ------------------------------- */

/* The other device, which signs for itself. */
static scep_keypair_t other_device(enroll_fixture_t *f)
{
    scep_keypair_t signer = {enroll_self_signed(f, f->other_key), f->other_key};

    return signer;
}

static scep_status_e enrol_other(enroll_fixture_t *f, const char *id,
                                 const char *cn, const char *password,
                                 X509 **cert)
{
    scep_keypair_t signer = other_device(f);
    scep_octets_t csr = enroll_csr(f, f->other_key, cn, password);

    enroll_reset_result(f);
    return serve(f, enroll_message(f, id, &signer, csr), cert);
}

static bool is_revoked(enroll_fixture_t *f, X509 *cert)
{
    const char *serial =
        scep_serial_text(f->base.pool, X509_get0_serialNumber(cert));
    scep_revocation_row_t *row;
    scep_status_e status =
        scep_store_revocation_find(f->service.store, f->service.ca_id, serial,
                                   f->base.pool, &row, &f->base.res);

    if (status == SCEP_NOT_FOUND) {
        return false;
    }
    assert_int_equal(status, SCEP_OK);
    assert_int_equal(row->reason, SCEP_REVOKED_SUPERSEDED);
    return true;
}

static void revoke_for(enroll_fixture_t *f, X509 *cert,
                       scep_revocation_reason_e reason)
{
    const scep_revoke_t what = {
        .row = {.ca_id = f->service.ca_id,
                .serial = scep_serial_text(f->base.pool,
                                           X509_get0_serialNumber(cert)),
                .effective = f->base.now,
                .reason = reason,
                .created = f->base.now},
    };
    scep_revoke_outcome_e outcome;

    assert_int_equal(scep_store_revoke(f->service.store, &what, f->base.pool,
                                       &outcome, &f->base.res),
                     SCEP_OK);
    assert_int_equal(outcome, SCEP_REVOKE_RECORDED);
}

/* Invariant 12: what was revoked is not had again by asking again, unless it
 * was only superseded. */
static void test_revoked_stays_revoked(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", NULL);
    X509 *cert, *other;

    f->policy.sources.source[0] = SCEP_SOURCE_NONE;
    assert_int_equal(enrol(f, "t", csr, &cert), SCEP_OK);
    revoke_for(f, cert, SCEP_REVOKED_SUPERSEDED);
    assert_refused(f, "t", csr, SCEP_R_CSR_POLICY);
    f->base.now += f->policy.retry_window + APR_USEC_PER_SEC;
    enroll_reset_result(f);
    assert_int_equal(enrol(f, "t", csr, &cert), SCEP_OK);
    revoke_for(f, cert, SCEP_REVOKED_KEY_COMPROMISE);
    f->base.now += f->policy.retry_window + APR_USEC_PER_SEC;
    assert_refused(f, "t", csr, SCEP_R_CSR_POLICY);
    enroll_reset_result(f);
    assert_int_equal(enrol(f, "u", csr, &other), SCEP_OK);
}

static void test_duplicate_is_refused(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f);
    X509 *cert, *other;

    f->policy.duplicate = SCEP_DUPLICATE_REFUSE;
    assert_int_equal(enrol(f, "1",
                           enroll_csr(f, f->device.key, "dev", enroll_draw(f)),
                           &cert),
                     SCEP_OK);
    assert_int_equal(enrol_other(f, "2", "DEV", password, &other),
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_DUPLICATE_SUBJECT);
    assert_non_null(
        strstr(f->base.res.detail,
               scep_serial_text(f->base.pool, X509_get0_serialNumber(cert))));
    assert_int_equal(f->issued, 1); /* nothing was signed */
    assert_false(is_revoked(f, cert));
    /* the password is good for another subject */
    assert_int_equal(enrol_other(f, "3", "other", password, &other), SCEP_OK);
    /* the device itself may begin anew */
    assert_int_equal(enrol(f, "4",
                           enroll_csr(f, f->device.key, "dev", enroll_draw(f)),
                           &other),
                     SCEP_OK);
    assert_int_not_equal(X509_cmp(cert, other), 0);
    /* over */
    f->base.now += apr_time_from_sec((apr_int64_t)86400 * 400);
    assert_int_equal(enrol_other(f, "5", "dev", enroll_draw(f), &other),
                     SCEP_OK);
}

/* Both had looked before either was recorded. */
static void other_is_faster(enroll_fixture_t *f)
{
    scep_result_t kept = f->base.res;
    X509 *cert;

    assert_int_equal(enrol_other(f, "fast", "dev", enroll_draw(f), &cert),
                     SCEP_OK);
    f->base.res = kept;
}

static void test_two_race_for_a_subject(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f);
    X509 *cert;

    f->policy.duplicate = SCEP_DUPLICATE_REFUSE;
    f->before_sign = other_is_faster;
    assert_refused(f, "slow", enroll_csr(f, f->device.key, "dev", password),
                   SCEP_R_DUPLICATE_SUBJECT);
    assert_int_equal(f->issued, 2); /* one of them did not leave */
    assert_int_equal(
        enrol(f, "2", enroll_csr(f, f->device.key, "new", password), &cert),
        SCEP_OK);
}

static void test_duplicates_are_revoked(void **state)
{
    enroll_fixture_t *f = *state;
    X509 *first, *second, *third, *elses;

    assert_int_equal(enrol(f, "1",
                           enroll_csr(f, f->device.key, "dev", enroll_draw(f)),
                           &first),
                     SCEP_OK);
    assert_int_equal(enrol_other(f, "2", "dev", enroll_draw(f), &second),
                     SCEP_OK); /* allowed */
    assert_int_equal(enrol_other(f, "3", "else", enroll_draw(f), &elses),
                     SCEP_OK);
    assert_false(is_revoked(f, first));
    assert_null(strstr(f->base.log, "its earlier ones are revoked"));
    f->policy.duplicate = SCEP_DUPLICATE_REVOKE;
    assert_int_equal(enrol(f, "4",
                           enroll_csr(f, f->device.key, "dev", enroll_draw(f)),
                           &third),
                     SCEP_OK);
    assert_true(is_revoked(f, first));
    assert_true(is_revoked(f, second));
    assert_false(is_revoked(f, third));
    assert_false(is_revoked(f, elses));
    assert_non_null(strstr(f->base.log, "its earlier ones are revoked"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_issues_and_spends),
        ENROLL_TEST(test_first_enrolment_opens_two_sessions),
        ENROLL_TEST(test_other_first_enrolments_open_two_sessions),
        ENROLL_TEST(test_spent_password_is_refused),
        ENROLL_TEST(test_retry_gets_the_same_certificate),
        ENROLL_TEST(test_retry_after_the_window_by_password),
        ENROLL_TEST(test_id_reused_by_another_key),
        ENROLL_TEST(test_id_is_free_when_the_clock_was_set_back),
        ENROLL_TEST(test_same_id_other_csr_is_judged),
        ENROLL_TEST(test_challenge_refusals),
        ENROLL_TEST(test_other_signer),
        ENROLL_TEST(test_key_refusals),
        ENROLL_TEST(test_failed_attempt_gives_the_password_back),
        ENROLL_TEST(test_lock_failure_refuses),
        ENROLL_TEST(test_two_transactions_one_password),
        ENROLL_TEST(test_overlapping_retry_gets_the_winners_certificate),
        ENROLL_TEST(test_two_keys_race_for_an_id),
        ENROLL_TEST(test_retry_of_the_older_of_two),
        ENROLL_TEST(test_master_password_is_reusable),
        ENROLL_TEST(test_no_challenge_asked_for),
        ENROLL_TEST(test_busy_password),
        ENROLL_TEST(test_duplicate_is_refused),
        ENROLL_TEST(test_two_race_for_a_subject),
        ENROLL_TEST(test_duplicates_are_revoked),
        ENROLL_TEST(test_revoked_stays_revoked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
