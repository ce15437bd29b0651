/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * For the tests of the enroll layer: a CA whose backend can be told to fail, a
 * real SQLite store, a real password table, and a device with a key and a CSR.
 */
#ifndef SCEP_TEST_ENROLL_FIXTURE_H
#define SCEP_TEST_ENROLL_FIXTURE_H

#include "fixture.h"

#include "scep_message.h"
#include "scep_service.h"

typedef struct enroll_fixture_t {
    fixture_t base; /* first: it is also a fixture_t */
    scep_certs_t *ca_certs;
    scep_keypair_t ca;
    scep_keypair_t device; /* self-signed, signs its own messages */
    EVP_PKEY *other_key;   /* some other device's */
    scep_ra_t ra;
    scep_service_t service;
    scep_policy_t policy;
    scep_profile_t profile;
    scep_request_t req;
    scep_lock_t lock;
    apr_status_t lock_status;     /* the result of acquiring the lock */
    scep_status_e backend_status; /* SCEP_OK: it signs */
    scep_reason_e backend_reason; /* otherwise its reason */
    const char *backend_ticket;   /* with SCEP_PENDING; NULL: none */
    X509_REQ *backend_kept;       /* the request of the ticket */
    int messages;                 /* made */
    int issued;                   /* how often the backend signed */
    int crls;                     /* how many CRLs it signed */
    void (*before_sign)(struct enroll_fixture_t *f); /* runs inside issue()
                                                      * and crl() */
} enroll_fixture_t;

int enroll_setup(void **state);
int enroll_teardown(void **state);

#define ENROLL_TEST(function)                                                  \
    cmocka_unit_test_setup_teardown(function, enroll_setup, enroll_teardown)

/** Reset the result. */
void enroll_reset_result(enroll_fixture_t *f);

/** A PKCS#10 for KEY with CN and, if not NULL, a challengePassword. */
scep_octets_t enroll_csr(enroll_fixture_t *f, EVP_PKEY *key, const char *cn,
                         const char *challenge);

/** A verified, opened PKCSReq as scep_pkimessage_open() leaves it. */
scep_pkimessage_t *enroll_message(enroll_fixture_t *f, const char *id,
                                  const scep_keypair_t *signer,
                                  scep_octets_t csr);

/** Reset the result and decide on MSG as scep_pkioperation() does, which looks
 * at the signer first. */
scep_status_e enroll_serve(enroll_fixture_t *f, scep_message_fn *serve,
                           const scep_pkimessage_t *msg, scep_reply_t *reply);

/** Draw a one-time password; fails the test if that fails. */
const char *enroll_draw(enroll_fixture_t *f);

/** Write the master password file; the service uses it from now on. */
void enroll_master(enroll_fixture_t *f, const char *password,
                   const char *previous, apr_time_t until);

/** Give the service what processes share: rate limits, slots, counts. */
void enroll_shared(enroll_fixture_t *f);

/** A self-signed certificate for KEY. */
X509 *enroll_self_signed(enroll_fixture_t *f, EVP_PKEY *key);

/** A new key: "RSA" (2,048 bits; kept and reused within the program for
 * SLOT 0..3) or "EC" (P-256). */
EVP_PKEY *enroll_key(enroll_fixture_t *f, const char *kind, int slot);

#endif
