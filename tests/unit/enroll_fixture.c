/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* enroll_fixture.c: see enroll_fixture.h. */
#include "enroll_fixture.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "scep_cert_build.h"
#include "scep_crl.h"
#include "scep_draw.h"
#include "scep_password.h"
#include "scep_profile.h"
#include "scep_signer.h"

enum { TABLE_CAPACITY = 16 };

static const unsigned char password_key[SCEP_PASSWORD_KEY_SIZE] = {1, 2, 3};

/* RSA keys are slow to make. */
static const char *const rsa_keys[] = {
    "tests/data/ca/rsa.key", "tests/data/ca/rsa-other.key",
    "tests/data/protocol/ra.key", "tests/data/protocol/device.key"};

EVP_PKEY *enroll_key(enroll_fixture_t *f, const char *kind, int slot)
{
    EVP_PKEY *key;

    if (strcmp(kind, "EC") == 0) {
        key = EVP_EC_gen("P-256");
    }
    else {
        scep_octets_t pem = fixture_file(&f->base, rsa_keys[slot]);
        BIO *bio =
            scep_bio_own(f->base.pool, BIO_new_mem_buf(pem.data, (int)pem.len));

        key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    }
    assert_non_null(key);
    return scep_pkey_own(f->base.pool, key);
}

static X509_NAME *name_of(const char *cn)
{
    X509_NAME *name = X509_NAME_new();

    assert_non_null(name);
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                                (const unsigned char *)cn, -1,
                                                -1, 0),
                     1);
    return name;
}

void enroll_shared(enroll_fixture_t *f)
{
    void *memory = apr_palloc(f->base.pool, scep_shm_limits_size());

    scep_shm_limits_format(memory, f->base.now);
    f->service.rate_limits =
        scep_shm_limits_attach(memory, scep_shm_limits_size(), f->base.pool);
    assert_non_null(f->service.rate_limits);
    f->service.slots =
        scep_shm_slots_make(SCEP_SLOT_KINDS * SCEP_SLOTS, f->base.pool);
    assert_non_null(f->service.slots);
    memory = apr_palloc(f->base.pool, scep_counts_size());
    scep_counts_format(memory);
    f->service.counts =
        scep_counts_attach(memory, scep_counts_size(), f->base.pool);
    assert_non_null(f->service.counts);
}

X509 *enroll_self_signed(enroll_fixture_t *f, EVP_PKEY *key)
{
    X509 *cert = scep_x509_own(f->base.pool, X509_new());
    X509_NAME *name = name_of("self-signed device");
    apr_time_t now = f->base.now / APR_USEC_PER_SEC;

    assert_non_null(cert);
    assert_int_equal(X509_set_version(cert, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(cert), 7), 1);
    assert_int_equal(X509_set_subject_name(cert, name), 1);
    assert_int_equal(X509_set_issuer_name(cert, name), 1);
    assert_non_null(ASN1_TIME_set(X509_getm_notBefore(cert), now));
    assert_non_null(ASN1_TIME_set(X509_getm_notAfter(cert), now + 3600));
    assert_int_equal(X509_set_pubkey(cert, key), 1);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    X509_NAME_free(name);
    return cert;
}

scep_octets_t enroll_csr(enroll_fixture_t *f, EVP_PKEY *key, const char *cn,
                         const char *challenge)
{
    X509_REQ *req = scep_x509_req_own(f->base.pool, X509_REQ_new());
    X509_NAME *name = name_of(cn);
    scep_octets_t der = {NULL, 0};
    unsigned char *out;
    int len;

    assert_non_null(req);
    assert_int_equal(X509_REQ_set_subject_name(req, name), 1);
    assert_int_equal(X509_REQ_set_pubkey(req, key), 1);
    if (challenge != NULL) {
        assert_int_equal(X509_REQ_add1_attr_by_NID(
                             req, NID_pkcs9_challengePassword, MBSTRING_UTF8,
                             (const unsigned char *)challenge, -1),
                         1);
    }
    assert_true(X509_REQ_sign(req, key, EVP_sha256()) > 0);
    X509_NAME_free(name);
    len = i2d_X509_REQ(req, NULL);
    assert_true(len > 0);
    der.data = out = apr_palloc(f->base.pool, (apr_size_t)len);
    der.len = (size_t)len;
    assert_int_equal(i2d_X509_REQ(req, &out), len);
    return der;
}

scep_pkimessage_t *enroll_message(enroll_fixture_t *f, const char *id,
                                  const scep_keypair_t *signer,
                                  scep_octets_t csr)
{
    scep_pkimessage_t *msg = apr_pcalloc(f->base.pool, sizeof(*msg));

    msg->pool = f->base.pool;
    msg->transaction_id = id;
    msg->transaction_id_raw.data = (const unsigned char *)id;
    msg->transaction_id_raw.len = strlen(id);
    msg->sender_nonce.data = (const unsigned char *)"0123456789abcdef";
    msg->sender_nonce.len = 16;
    msg->message_type = SCEP_MSG_PKCSREQ;
    msg->signer = signer->cert;
    msg->signer_key = X509_get0_pubkey(signer->cert);
    msg->signer_id = signer->cert;
    msg->digest = scep_algs_default_digest(f->policy.algs);
    msg->cipher = scep_algs_default_cipher(f->policy.algs);
    msg->verified = true;
    memcpy(msg->hash, &f->messages, sizeof(f->messages));
    f->messages++; /* no two are the same */
    msg->data = csr;
    return msg;
}

void enroll_reset_result(enroll_fixture_t *f)
{
    scep_result_init(&f->base.res, f->base.pool);
}

scep_status_e enroll_serve(enroll_fixture_t *f, scep_message_fn *serve,
                           const scep_pkimessage_t *msg, scep_reply_t *reply)
{
    scep_status_e status;

    enroll_reset_result(f);
    status = scep_signer_examine(&f->req, msg, &f->base.res);
    return status == SCEP_OK ? serve(&f->req, msg, reply, &f->base.res)
                             : status;
}

const char *enroll_draw(enroll_fixture_t *f)
{
    scep_drawn_t drawn;

    enroll_reset_result(f);
    assert_int_equal(scep_draw(&f->req, "alice", NULL, &drawn, &f->base.res),
                     SCEP_OK);
    assert_non_null(drawn.password);
    return drawn.password;
}

/* --- the backend ---------------------------------------------------------- */

static scep_certs_t *backend_certificates(void *ca)
{
    return ((enroll_fixture_t *)ca)->ca_certs;
}

static scep_status_e backend_issue(void *ca, const scep_env_t *env,
                                   const scep_ca_request_t *request,
                                   apr_pool_t *pool, scep_ca_answer_t *answer,
                                   scep_result_t *res)
{
    enroll_fixture_t *f = ca;
    int left_out;

    if (f->before_sign != NULL) {
        void (*hook)(enroll_fixture_t *) = f->before_sign;

        f->before_sign = NULL; /* not again for what the hook itself issues */
        hook(f);
    }
    if (f->backend_status == SCEP_PENDING) {
        answer->ticket = f->backend_ticket;
        f->backend_kept = request->csr;
        return SCEP_PENDING;
    }
    if (f->backend_status != SCEP_OK) {
        return scep_fail(res, f->backend_reason, "as the test wants it");
    }
    f->issued++;
    return scep_cert_issue(&f->ca, request, scep_env_now(env), pool,
                           &answer->cert, &left_out, res);
}

static scep_status_e backend_crl(void *ca, const scep_env_t *env,
                                 const scep_ca_crl_request_t *request,
                                 apr_pool_t *pool, X509_CRL **crl,
                                 scep_result_t *res)
{
    enroll_fixture_t *f = ca;

    (void)env;
    if (f->before_sign != NULL) {
        void (*hook)(enroll_fixture_t *) = f->before_sign;

        f->before_sign = NULL;
        hook(f);
    }
    if (f->backend_status != SCEP_OK) {
        return scep_fail(res, f->backend_reason, "as the test wants it");
    }
    f->crls++;
    return scep_crl_build(&f->ca, request, pool, crl, res);
}

static scep_status_e backend_poll(void *ca, const scep_env_t *env,
                                  const char *ticket, apr_pool_t *pool,
                                  scep_ca_answer_t *answer, scep_result_t *res)
{
    enroll_fixture_t *f = ca;
    scep_ca_request_t request = {.csr = f->backend_kept,
                                 .profile = &f->profile};

    if (f->backend_ticket == NULL || strcmp(ticket, f->backend_ticket) != 0) {
        return SCEP_NOT_FOUND;
    }
    return backend_issue(ca, env, &request, pool, answer, res);
}

static const scep_ca_backend_t backend = {
    .abi = SCEP_CA_ABI,
    .size = sizeof(scep_ca_backend_t),
    .name = "test",
    .certificates = backend_certificates,
    .issue = backend_issue,
    .crl = backend_crl,
    .poll = backend_poll,
};

/* --- setup ------------------------------------------------------------------ */

static apr_status_t lock_acquire(void *baton)
{
    return ((enroll_fixture_t *)baton)->lock_status;
}

static apr_status_t lock_release(void *baton)
{
    (void)baton;
    return APR_SUCCESS;
}

static void make_ca(enroll_fixture_t *f)
{
    X509_NAME *name = name_of("Test CA");
    const scep_keypair_t *pair = &f->ca;

    f->ca.key = enroll_key(f, "RSA", 0);
    assert_int_equal(scep_cert_make(SCEP_CERT_ROOT_CA, f->ca.key, name, NULL,
                                    3650, f->base.now, f->base.pool,
                                    &f->ca.cert, &f->base.res),
                     SCEP_OK);
    X509_NAME_free(name);
    f->ca_certs = scep_x509s_own(f->base.pool, sk_X509_new_null());
    assert_int_equal(X509_up_ref(f->ca.cert), 1);
    assert_true(sk_X509_push(f->ca_certs, f->ca.cert) > 0);

    f->ra.pairs = apr_array_make(f->base.pool, 1, sizeof(pair));
    APR_ARRAY_PUSH(f->ra.pairs, const scep_keypair_t *) = pair;
    f->ra.signer = pair;
    f->ra.certs = scep_x509s_own(f->base.pool, sk_X509_new_null());
}

static void make_store(enroll_fixture_t *f)
{
    scep_store_config_t config = {.driver = "sqlite3", .connections = 4};

    config.params =
        apr_pstrcat(f->base.pool, f->base.scratch, "/scep.db", NULL);
    assert_int_equal(scep_store_prepare(&config, &f->base.env, (uid_t)-1,
                                        (gid_t)-1, f->base.pool, &f->base.res),
                     SCEP_OK);
    assert_int_equal(scep_store_open(&config, &f->base.env, f->base.pool,
                                     &f->service.store, &f->base.res),
                     SCEP_OK);
}

static void make_table(enroll_fixture_t *f)
{
    apr_size_t size = scep_challenge_table_size(TABLE_CAPACITY);
    void *memory = apr_pcalloc(f->base.pool, size);

    f->lock.acquire = lock_acquire;
    f->lock.release = lock_release;
    f->lock.baton = f;
    scep_challenge_table_format(memory, size, TABLE_CAPACITY);
    f->service.challenges =
        scep_challenge_table_attach(memory, size, &f->lock, f->base.pool);
    assert_non_null(f->service.challenges);
}

void enroll_master(enroll_fixture_t *f, const char *password,
                   const char *previous, apr_time_t until)
{
    const char *path = apr_pstrcat(f->base.pool, f->base.scratch, "/m", NULL);
    scep_master_t master = {password, previous, until};

    enroll_reset_result(f);
    assert_int_equal(scep_master_write(path, f->ca.cert, &master, (uid_t)-1,
                                       (gid_t)-1, 1, f->base.pool,
                                       &f->base.res),
                     SCEP_OK);
    if (f->service.master == NULL) {
        assert_int_equal(scep_master_view_make(path, f->ra.pairs, (uid_t)-1,
                                               f->base.pool, &f->service.master,
                                               &f->base.res),
                         SCEP_OK);
    }
}

int enroll_setup(void **state)
{
    fixture_t *base;
    enroll_fixture_t *f;
    scep_algs_t *algs;

    if (fixture_setup(state) != 0) {
        return -1;
    }
    base = *state;
    f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->base = *base;
    f->base.env.log_baton = &f->base;
    f->base.env.clock_baton = &f->base;
    free(base);
    *state = f;

    enroll_reset_result(f);
    make_ca(f);
    make_store(f);
    make_table(f);
    f->device.key = enroll_key(f, "RSA", 1);
    f->device.cert = enroll_self_signed(f, f->device.key);
    f->other_key = enroll_key(f, "RSA", 2);
    assert_int_equal(scep_algs_make(SCEP_LEVEL_COMPATIBLE, NULL, f->base.pool,
                                    &algs, &f->base.res),
                     SCEP_OK);
    f->service.ca_id = "0123456789abcdef0123456789abcdef";
    f->service.backend = &backend;
    f->service.ca = f;
    f->service.ra = &f->ra;
    f->service.crl_validity = apr_time_from_sec(7 * 86400);
    f->service.password_key.data = password_key;
    f->service.password_key.len = sizeof(password_key);
    f->profile = scep_profile_device;
    f->policy.algs = algs;
    f->policy.sources.count = 1;
    f->policy.sources.source[0] = SCEP_SOURCE_ONE_TIME;
    f->policy.profile = &f->profile;
    f->policy.key_deliveries.count = 1;
    f->policy.key_deliveries.delivery[0] = SCEP_KEY_DELIVERY_PASSWORD;
    f->policy.retry_window = apr_time_from_sec(20 * 60);
    f->policy.password_validity = apr_time_from_sec(60 * 60);
    f->policy.password_length = 8;
    f->policy.max_request_size = 65536;
    f->req.pool = f->base.pool;
    f->req.env = f->base.env;
    f->req.service = &f->service;
    f->req.policy = &f->policy;
    f->req.peer = "192.0.2.1";
    return 0;
}

int enroll_teardown(void **state)
{
    return fixture_teardown(state);
}
