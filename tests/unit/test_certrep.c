/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_certrep.c: every reply is read back with CMS as a new client would and
 * with PKCS7 as an old one would (PKCS#7 v1.5 knows no later versions).
 */
#include "fixture_certs.h"

#include <openssl/rsa.h>

#include "scep_certrep.h"
#include "scep_oid.h"

static const char transaction_id[] = "2F3C88114C283E9A6CD57BB8266CE313DB0BEE0D";
static const unsigned char request_nonce[] = {0, 1, 2, 3, 4, 5, 6, 7};

/* When set, the generator of random octets has failed. */
static bool no_random;

bool __real_scep_random(unsigned char *out, size_t len, bool secret);
bool __wrap_scep_random(unsigned char *out, size_t len, bool secret);

bool __wrap_scep_random(unsigned char *out, size_t len, bool secret)
{
    return !no_random && __real_scep_random(out, len, secret);
}

static int encodings_left = -1; /* until one fails; negative: never */

int __real_ASN1_item_i2d(const ASN1_VALUE *value, unsigned char **out,
                         const ASN1_ITEM *item);
int __wrap_ASN1_item_i2d(const ASN1_VALUE *value, unsigned char **out,
                         const ASN1_ITEM *item);

int __wrap_ASN1_item_i2d(const ASN1_VALUE *value, unsigned char **out,
                         const ASN1_ITEM *item)
{
    return encodings_left >= 0 && encodings_left-- == 0
               ? -1
               : __real_ASN1_item_i2d(value, out, item);
}

typedef struct made_t {
    scep_algs_t *algs;
    scep_keypair_t ra;
    scep_keypair_t device; /* self-signed, signed the request */
    scep_certrep_t rep;
    scep_octets_t der; /* the reply */
    PKCS7 *p7;         /* read the old way */
    PKCS7_SIGNER_INFO *si;
    scep_octets_t content; /* verified */
} made_t;

static scep_algs_t *algs_of(fixture_t *f, scep_level_e level)
{
    OSSL_LIB_CTX *libctx = NULL;
    scep_algs_t *algs;

    if (level == SCEP_LEVEL_LEGACY) {
        assert_int_equal(scep_algs_legacy_context(f->pool, &libctx, &f->res),
                         SCEP_OK);
    }
    assert_int_equal(scep_algs_make(level, libctx, f->pool, &algs, &f->res),
                     SCEP_OK);
    return algs;
}

/* A SUCCESS with one certificate, to be changed by each test. */
static made_t *begin(fixture_t *f, scep_level_e level)
{
    made_t *m = apr_pcalloc(f->pool, sizeof(*m));
    scep_keypair_t ca = certs_pair(f, "P-256", "CA", NULL);
    X509 *certs[] = {NULL, ca.cert, NULL};

    m->algs = algs_of(f, level);
    m->ra = certs_pair(f, "ra", "RA", &ca);
    m->device = certs_pair(f, "device", "device", NULL);
    certs[0] = certs_make(f, m->device.key, "issued", &ca, NULL);
    m->rep.status = SCEP_PKI_SUCCESS;
    m->rep.failinfo = SCEP_FAIL_NONE;
    m->rep.transaction_id.data = (const unsigned char *)transaction_id;
    m->rep.transaction_id.len = strlen(transaction_id);
    m->rep.recipient_nonce.data = request_nonce;
    m->rep.recipient_nonce.len = sizeof(request_nonce);
    m->rep.certs = certs_stack(f, certs);
    m->rep.recipient.cert = m->device.cert;
    m->rep.signer = &m->ra;
    return m;
}

static CMS_ContentInfo *parse_cms(fixture_t *f, scep_octets_t der,
                                  OSSL_LIB_CTX *libctx)
{
    const unsigned char *in = der.data;
    CMS_ContentInfo *cms = CMS_ContentInfo_new_ex(libctx, NULL);

    assert_non_null(d2i_CMS_ContentInfo(&cms, &in, (long)der.len));
    assert_ptr_equal(in, der.data + der.len);
    return scep_cms_own(f->pool, cms);
}

static PKCS7 *parse_p7(fixture_t *f, scep_octets_t der)
{
    const unsigned char *in = der.data;
    PKCS7 *p7 = d2i_PKCS7(NULL, &in, (long)der.len);

    assert_non_null(p7);
    assert_ptr_equal(in, der.data + der.len);
    return scep_pkcs7_own(f->pool, p7);
}

/* Verify against the RA's certificate alone, which must be enclosed. */
static void verify(fixture_t *f, made_t *m)
{
    OSSL_LIB_CTX *libctx = scep_algs_libctx(m->algs);
    CMS_ContentInfo *cms = parse_cms(f, m->der, libctx);
    BIO *out = scep_bio_own(f->pool, BIO_new(BIO_s_mem()));
    BIO *none = NULL;
    STACK_OF(X509) * signers;

    if (m->p7->d.sign->contents->d.data == NULL) {
        none = scep_bio_own(f->pool, BIO_new_mem_buf("", 0));
    }
    assert_int_equal(CMS_verify(cms, NULL, NULL, none, out,
                                CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY),
                     1);
    signers = CMS_get0_signers(cms);
    assert_int_equal(sk_X509_num(signers), 1);
    assert_int_equal(X509_cmp(sk_X509_value(signers, 0), m->ra.cert), 0);
    sk_X509_free(signers);
    m->content = scep_bio_octets(f->pool, out);
}

static void encode(fixture_t *f, made_t *m)
{
    assert_int_equal(
        scep_certrep_encode(&m->rep, m->algs, f->pool, &m->der, &f->res),
        SCEP_OK);
    assert_string_equal(scep_crypto_errors(f->pool), "");
    certs_assert_der(m->der);
    m->p7 = parse_p7(f, m->der);
    assert_true(PKCS7_type_is_signed(m->p7));
    assert_int_equal(ASN1_INTEGER_get(m->p7->d.sign->version), 1);
    assert_true(PKCS7_type_is_data(m->p7->d.sign->contents));
    assert_true(sk_X509_CRL_num(m->p7->d.sign->crl) <= 0);
    assert_int_equal(sk_X509_ALGOR_num(m->p7->d.sign->md_algs), 1);
    assert_int_equal(sk_PKCS7_SIGNER_INFO_num(m->p7->d.sign->signer_info), 1);
    m->si = sk_PKCS7_SIGNER_INFO_value(m->p7->d.sign->signer_info, 0);
    assert_int_equal(ASN1_INTEGER_get(m->si->version), 1);
    assert_true(sk_X509_ATTRIBUTE_num(m->si->unauth_attr) <= 0);
    verify(f, m);
}

/* The one value of an attribute that is there once; NULL if it is not. */
static const ASN1_TYPE *find(fixture_t *f, const made_t *m, const char *dotted)
{
    ASN1_OBJECT *oid = scep_oid(f->pool, dotted);
    X509_ATTRIBUTE *found = NULL;
    int i;

    for (i = 0; i < sk_X509_ATTRIBUTE_num(m->si->auth_attr); i++) {
        X509_ATTRIBUTE *a = sk_X509_ATTRIBUTE_value(m->si->auth_attr, i);

        if (OBJ_cmp(X509_ATTRIBUTE_get0_object(a), oid) == 0) {
            assert_null(found);
            found = a;
        }
    }
    if (found == NULL) {
        return NULL;
    }
    assert_int_equal(X509_ATTRIBUTE_count(found), 1);
    return X509_ATTRIBUTE_get0_type(found, 0);
}

static void has(fixture_t *f, const made_t *m, const char *dotted, int type,
                const void *data, size_t len)
{
    const ASN1_TYPE *value = find(f, m, dotted);

    assert_non_null(value);
    assert_int_equal(value->type, type);
    assert_int_equal(value->value.asn1_string->length, len);
    assert_memory_equal(value->value.asn1_string->data, data, len);
}

/* Every attribute of R28, each once, and no other. */
static void check_attributes(fixture_t *f, const made_t *m)
{
    int extra = 0;
    char number[2] = {(char)('0' + m->rep.status), '\0'};
    const ASN1_TYPE *value;

    has(f, m, SCEP_OID_MESSAGE_TYPE, V_ASN1_PRINTABLESTRING, "3", 1);
    has(f, m, SCEP_OID_PKI_STATUS, V_ASN1_PRINTABLESTRING, number, 1);
    has(f, m, SCEP_OID_TRANSACTION_ID, V_ASN1_PRINTABLESTRING,
        m->rep.transaction_id.data, m->rep.transaction_id.len);
    has(f, m, SCEP_OID_RECIPIENT_NONCE, V_ASN1_OCTET_STRING,
        m->rep.recipient_nonce.data, m->rep.recipient_nonce.len);
    value = find(f, m, SCEP_OID_SENDER_NONCE);
    assert_non_null(value);
    assert_int_equal(value->type, V_ASN1_OCTET_STRING);
    assert_int_equal(value->value.octet_string->length, SCEP_NONCE_SIZE);
    value = find(f, m, "1.2.840.113549.1.9.3"); /* contentType */
    assert_non_null(value);
    assert_int_equal(OBJ_obj2nid(value->value.object), NID_pkcs7_data);
    value = find(f, m, "1.2.840.113549.1.9.5"); /* signingTime */
    assert_non_null(value);
    assert_int_equal(value->type, V_ASN1_UTCTIME);
    assert_non_null(find(f, m, "1.2.840.113549.1.9.4")); /* messageDigest */
    if (m->rep.status == SCEP_PKI_FAILURE) {
        number[0] = (char)('0' + m->rep.failinfo);
        has(f, m, SCEP_OID_FAIL_INFO, V_ASN1_PRINTABLESTRING, number, 1);
        extra++;
    }
    if (m->rep.status == SCEP_PKI_FAILURE && m->rep.fail_text != NULL) {
        has(f, m, SCEP_OID_FAIL_INFO_TEXT, V_ASN1_UTF8STRING, m->rep.fail_text,
            strlen(m->rep.fail_text));
        extra++;
    }
    assert_int_equal(sk_X509_ATTRIBUTE_num(m->si->auth_attr), 8 + extra);
}

/* Open the envelope as the device would, in LIBCTX. */
static scep_octets_t open_in(fixture_t *f, made_t *m, OSSL_LIB_CTX *libctx)
{
    CMS_ContentInfo *cms = parse_cms(f, m->content, libctx);
    BIO *out = scep_bio_own(f->pool, BIO_new(BIO_s_mem()));

    assert_int_equal(CMS_decrypt(cms, m->device.key, m->rep.recipient.cert,
                                 NULL, out, CMS_BINARY),
                     1);
    return scep_bio_octets(f->pool, out);
}

/* The envelope's form, its algorithms, and what comes out of it. */
static void check_envelope(fixture_t *f, made_t *m)
{
    const scep_cipher_t *cipher = m->rep.cipher != NULL
                                      ? m->rep.cipher
                                      : scep_algs_default_cipher(m->algs);
    PKCS7_ENVELOPE *env;
    PKCS7_RECIP_INFO *ri;
    X509_ALGOR *enc;
    scep_octets_t expected;
    PKCS7 *p7;

    certs_assert_der(m->content);
    p7 = parse_p7(f, m->content);
    assert_true(PKCS7_type_is_enveloped(p7));
    env = p7->d.enveloped;
    assert_int_equal(ASN1_INTEGER_get(env->version), 0);
    assert_int_equal(OBJ_obj2nid(env->enc_data->content_type), NID_pkcs7_data);
    assert_int_equal(OBJ_obj2nid(env->enc_data->algorithm->algorithm),
                     cipher->nid);
    assert_int_equal(sk_PKCS7_RECIP_INFO_num(env->recipientinfo), 1);
    ri = sk_PKCS7_RECIP_INFO_value(env->recipientinfo, 0);
    assert_int_equal(ASN1_INTEGER_get(ri->version), 0);
    assert_int_equal(X509_NAME_cmp(ri->issuer_and_serial->issuer,
                                   X509_get_issuer_name(m->rep.recipient.cert)),
                     0);
    assert_int_equal(
        ASN1_INTEGER_cmp(ri->issuer_and_serial->serial,
                         X509_get0_serialNumber(m->rep.recipient.cert)),
        0);
    enc = ri->key_enc_algor;
    assert_int_equal(OBJ_obj2nid(enc->algorithm), m->rep.recipient.oaep.used
                                                      ? NID_rsaesOaep
                                                      : NID_rsaEncryption);
    assert_int_equal(enc->parameter->type, m->rep.recipient.oaep.used
                                               ? V_ASN1_SEQUENCE
                                               : V_ASN1_NULL);
    assert_int_equal(
        scep_certs_only_encode(m->rep.certs, f->pool, &expected, &f->res),
        SCEP_OK);
    assert_true(
        scep_octets_equal(open_in(f, m, scep_algs_libctx(m->algs)), expected));
}

static void check_success(fixture_t *f, made_t *m)
{
    encode(f, m);
    check_attributes(f, m);
    check_envelope(f, m);
    assert_int_equal(OBJ_obj2nid(m->si->digest_enc_alg->algorithm),
                     NID_rsaEncryption); /* Q78 */
    assert_int_equal(OBJ_obj2nid(m->si->digest_alg->algorithm),
                     m->rep.digest != NULL ? m->rep.digest->nid : NID_sha256);
    /* No issued certificate lies in the open (S12). */
    assert_int_equal(sk_X509_num(m->p7->d.sign->cert), 1);
}

static void test_success(void **state)
{
    check_success(*state, begin(*state, SCEP_LEVEL_COMPATIBLE));
}

static void test_ciphers(void **state)
{
    static const int nids[] = {NID_des_ede3_cbc, NID_aes_128_cbc,
                               NID_aes_192_cbc, NID_aes_256_cbc};
    size_t i;

    for (i = 0; i < sizeof(nids) / sizeof(nids[0]); i++) {
        made_t *m = begin(*state, SCEP_LEVEL_COMPATIBLE);

        m->rep.cipher = scep_algs_cipher(m->algs, nids[i]);
        assert_non_null(m->rep.cipher);
        check_success(*state, m);
    }
}

static void test_digests(void **state)
{
    static const int nids[] = {NID_sha1, NID_sha256, NID_sha384, NID_sha512};
    size_t i;

    for (i = 0; i < sizeof(nids) / sizeof(nids[0]); i++) {
        made_t *m = begin(*state, SCEP_LEVEL_COMPATIBLE);

        m->rep.digest = scep_algs_digest(m->algs, nids[i]);
        assert_non_null(m->rep.digest);
        check_success(*state, m);
    }
}

/* The keys were read in the default context, but the work is done in the
 * private one, where alone single DES exists. */
static void test_legacy(void **state)
{
    made_t *m = begin(*state, SCEP_LEVEL_LEGACY);

    m->rep.digest = scep_algs_digest(m->algs, NID_md5);
    m->rep.cipher = scep_algs_cipher(m->algs, NID_des_cbc);
    assert_non_null(m->rep.digest);
    assert_non_null(m->rep.cipher);
    check_success(*state, m);
    m->rep.recipient.oaep.used = true;
    check_success(*state, m);
}

static void test_legacy_with_new_algorithms(void **state)
{
    made_t *m = begin(*state, SCEP_LEVEL_LEGACY);

    check_success(*state, m);
    m->rep.cipher = scep_algs_cipher(m->algs, NID_des_ede3_cbc);
    m->rep.digest = scep_algs_digest(m->algs, NID_sha1);
    check_success(*state, m);
}

/* Signer and recipient from either context, work in the other. */
static void test_contexts(void **state)
{
    fixture_t *f = *state;
    made_t *m = begin(f, SCEP_LEVEL_LEGACY);
    OSSL_LIB_CTX *libctx = scep_algs_libctx(m->algs);

    m->rep.recipient.cert = certs_decode(f, m->device.cert, libctx);
    m->ra.cert = certs_decode(f, m->ra.cert, libctx);
    m->ra.key = certs_key(f, "ra", libctx);
    check_success(f, m);
    m->algs = algs_of(f, SCEP_LEVEL_MODERN);
    check_success(f, m);
    m->rep.recipient.oaep.used = true;
    check_success(f, m);
}

static void test_oaep(void **state)
{
    made_t *m = begin(*state, SCEP_LEVEL_COMPATIBLE);

    m->rep.recipient.oaep.used = true;
    check_success(*state, m);
    m->rep.cipher = scep_algs_cipher(m->algs, NID_aes_256_cbc);
    check_success(*state, m);
}

/* By key transport, as M has it. */
static bool fits(const made_t *m, X509 *cert)
{
    scep_recipient_t recipient = {.cert = cert, .oaep = m->rep.recipient.oaep};

    return scep_recipient_fault(
               &recipient, m->rep.cipher != NULL
                               ? m->rep.cipher
                               : scep_algs_default_cipher(m->algs)) == NULL;
}

/* Self-signed signers carry what their makers thought of (R6, Q26). */
static void test_odd_recipients(void **state)
{
    static const char *const odd[][5] = {
        {"keyUsage", "critical,digitalSignature", NULL},
        {"keyUsage", "critical,keyCertSign,cRLSign", NULL},
        {"extendedKeyUsage", "critical,serverAuth", NULL},
        {"authorityKeyIdentifier", "critical,DER:30:03:80:01:41", NULL},
        {"authorityKeyIdentifier", "DER:30:00", NULL},
        {"authorityKeyIdentifier", "critical,DER:04:01:00", NULL},
        {"1.2.3.4.5", "critical,DER:05:00", NULL},
        {"basicConstraints", "critical,DER:01:01:ff", NULL},
        {"keyUsage", "critical,DER:30:00", NULL},
        {"subjectKeyIdentifier", "DER:30:00", NULL},
        {"nsComment", "one", "nsComment", "two", NULL},
    };
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        made_t *m = begin(f, SCEP_LEVEL_COMPATIBLE);

        m->rep.recipient.cert = certs_make(
            f, m->device.key, "SCEP Protocol Certificate", NULL, odd[i]);
        assert_true(fits(m, m->rep.recipient.cert));
        check_success(f, m);
    }
}

/* certmonger signs with an X.509 v1 certificate; others expired long ago. */
static void test_old_recipient(void **state)
{
    fixture_t *f = *state;
    made_t *m = begin(f, SCEP_LEVEL_COMPATIBLE);
    X509 *cert = scep_x509_own(f->pool, X509_dup(m->device.cert));

    assert_int_equal(X509_set_version(cert, X509_VERSION_1), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(cert), 0), 1);
    assert_int_equal(
        ASN1_TIME_set_string(X509_getm_notAfter(cert), "010101000000Z"), 1);
    assert_true(X509_sign(cert, m->device.key, EVP_md5()) > 0);
    m->rep.recipient.cert = certs_decode(f, cert, NULL);
    check_success(f, m);
}

static void refused_key(fixture_t *f, made_t *m)
{
    assert_false(fits(m, m->rep.recipient.cert));
    assert_int_equal(
        scep_certrep_encode(&m->rep, m->algs, f->pool, &m->der, &f->res),
        SCEP_REFUSED);
    assert_int_equal(f->res.reason, SCEP_R_REPLY_KEY);
    assert_int_equal(f->res.failinfo, SCEP_FAIL_BAD_ALG);
    assert_string_equal(scep_crypto_errors(f->pool), "");
}

static void test_keys_without_encryption(void **state)
{
    fixture_t *f = *state;
    made_t *m = begin(f, SCEP_LEVEL_COMPATIBLE);
    EVP_PKEY *key;

    m->rep.recipient.cert = certs_pair(f, "P-256", "EC", NULL).cert;
    refused_key(f, m);
    key = scep_pkey_own(f->pool, EVP_RSA_gen(512));
    m->rep.recipient.cert = certs_make(f, key, "small", NULL, NULL);
    refused_key(f, m);
    key = scep_pkey_own(f->pool, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
    m->rep.recipient.cert = scep_x509_own(f->pool, X509_dup(m->device.cert));
    assert_int_equal(X509_set_pubkey(m->rep.recipient.cert, key), 1);
    refused_key(f, m);
    m->rep.recipient.cert = NULL;
    refused_key(f, m);
    assert_true(fits(m, m->device.cert));
}

/* RSA that is for PSS signatures alone, and RSA too long to be believed. */
static void test_rsa_without_encryption(void **state)
{
    fixture_t *f = *state;
    made_t *m = begin(f, SCEP_LEVEL_COMPATIBLE);
    X509 *cert = scep_x509_own(f->pool, X509_dup(m->device.cert));
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
    EVP_PKEY *key = NULL;

    assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 1024), 1);
    assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
    EVP_PKEY_CTX_free(ctx);
    assert_int_equal(X509_set_pubkey(cert, scep_pkey_own(f->pool, key)), 1);
    m->rep.recipient.cert = cert;
    refused_key(f, m);
}

static EVP_PKEY *rsa_of(fixture_t *f, size_t octets, unsigned char last)
{
    unsigned char *n = apr_pcalloc(f->pool, octets);
    unsigned int e = 65537;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM params[] = {
        OSSL_PARAM_BN("n", n, octets),
        OSSL_PARAM_uint("e", &e),
        OSSL_PARAM_END,
    };
    EVP_PKEY *key = NULL;

    n[0] = n[octets - 1] = last;
    assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
    assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params),
                     1);
    EVP_PKEY_CTX_free(ctx);
    return scep_pkey_own(f->pool, key);
}

static void test_key_lengths(void **state)
{
    fixture_t *f = *state;
    made_t *m = begin(f, SCEP_LEVEL_COMPATIBLE);
    X509 *cert = scep_x509_own(f->pool, X509_dup(m->device.cert));

    assert_int_equal(
        X509_set_pubkey(cert, rsa_of(f, SCEP_MAX_RSA_BITS / 8, 0x81)), 1);
    assert_true(fits(m, cert));
    assert_int_equal(
        X509_set_pubkey(cert, rsa_of(f, SCEP_MAX_RSA_BITS / 8 + 1, 0x81)), 1);
    assert_false(fits(m, cert));
    /* OAEP and 32 octets fit into the shortest key that is taken. */
    m->rep.recipient.cert = cert;
    m->rep.recipient.oaep.used = true;
    m->rep.cipher = scep_algs_cipher(m->algs, NID_aes_256_cbc);
    assert_int_equal(X509_set_pubkey(cert, rsa_of(f, 74, 0x81)), 1);
    assert_true(fits(m, cert));
    encode(f, m);
    assert_int_equal(X509_set_pubkey(cert, rsa_of(f, 73, 0x81)), 1);
    refused_key(f, m);
}

/* What no look at the key could tell: nothing can be computed with it. */
static void test_unusable_key(void **state)
{
    fixture_t *f = *state;
    made_t *m = begin(f, SCEP_LEVEL_COMPATIBLE);
    X509 *cert = scep_x509_own(f->pool, X509_dup(m->device.cert));

    assert_int_equal(X509_set_pubkey(cert, rsa_of(f, 256, 0x80)), 1);
    m->rep.recipient.cert = cert;
    assert_true(fits(m, cert));
    assert_int_equal(
        scep_certrep_encode(&m->rep, m->algs, f->pool, &m->der, &f->res),
        SCEP_REFUSED);
    assert_int_equal(f->res.reason, SCEP_R_REPLY_KEY);
    assert_string_equal(scep_crypto_errors(f->pool), "");
}

/* No eContent at all, whatever else is in the structure (M1). */
static void check_empty(fixture_t *f, made_t *m)
{
    encode(f, m);
    check_attributes(f, m);
    assert_null(m->p7->d.sign->contents->d.data);
    assert_int_equal(m->content.len, 0);
}

static void test_failure(void **state)
{
    fixture_t *f = *state;
    made_t *m = begin(f, SCEP_LEVEL_COMPATIBLE);
    int i;

    m->rep.status = SCEP_PKI_FAILURE;
    for (i = SCEP_FAIL_BAD_ALG; i <= SCEP_FAIL_BAD_CERT_ID; i++) {
        m->rep.failinfo = (scep_failinfo_e)i;
        m->rep.fail_text = i % 2 == 0 ? NULL : SCEP_TEXT_BAD_REQUEST;
        check_empty(f, m);
    }
    m->rep.fail_text = "verweigert: \xc3\xa4";
    check_empty(f, m);
    /* It is for everybody: the recipient does not matter. */
    m->rep.recipient.cert = NULL;
    m->rep.certs = NULL;
    check_empty(f, m);
}

static void test_pending(void **state)
{
    made_t *m = begin(*state, SCEP_LEVEL_COMPATIBLE);

    m->rep.status = SCEP_PKI_PENDING;
    m->rep.fail_text = "not to be sent";
    check_empty(*state, m);
    m->rep.digest = scep_algs_digest(m->algs, NID_sha1);
    check_empty(*state, m);
}

static void test_empty_in_legacy(void **state)
{
    made_t *m = begin(*state, SCEP_LEVEL_LEGACY);

    m->rep.status = SCEP_PKI_PENDING;
    m->rep.digest = scep_algs_digest(m->algs, NID_md5);
    check_empty(*state, m);
    assert_int_equal(OBJ_obj2nid(m->si->digest_alg->algorithm), NID_md5);
}

/* Octets that no PrintableString has, a NUL among them, come back as sent. */
static void test_transaction_id(void **state)
{
    static const unsigned char odd[] = {'a', '_', '@', 0xe4, 0x00, '=', '\n'};
    fixture_t *f = *state;
    made_t *m = begin(f, SCEP_LEVEL_COMPATIBLE);
    unsigned char *longest = apr_palloc(f->pool, SCEP_MAX_TRANSACTION_ID);

    m->rep.transaction_id = (scep_octets_t){odd, sizeof(odd)};
    check_success(f, m);
    m->rep.status = SCEP_PKI_PENDING;
    check_empty(f, m);
    memset(longest, 'x', SCEP_MAX_TRANSACTION_ID);
    m->rep.transaction_id = (scep_octets_t){longest, SCEP_MAX_TRANSACTION_ID};
    check_empty(f, m);
    m->rep.transaction_id = (scep_octets_t){odd, 1};
    check_empty(f, m);
}

static void test_nonces(void **state)
{
    fixture_t *f = *state;
    made_t *m = begin(f, SCEP_LEVEL_COMPATIBLE);
    unsigned char nonce[SCEP_MAX_NONCE] = {0};
    unsigned char first[SCEP_NONCE_SIZE];

    m->rep.status = SCEP_PKI_PENDING;
    m->rep.recipient_nonce = (scep_octets_t){nonce, sizeof(nonce)};
    check_empty(f, m);
    memcpy(first, find(f, m, SCEP_OID_SENDER_NONCE)->value.octet_string->data,
           sizeof(first));
    m->rep.recipient_nonce = (scep_octets_t){nonce, 1};
    check_empty(f, m);
    assert_memory_not_equal(
        first, find(f, m, SCEP_OID_SENDER_NONCE)->value.octet_string->data,
        sizeof(first));
}

static void test_ec_signer(void **state)
{
    fixture_t *f = *state;
    made_t *m = begin(f, SCEP_LEVEL_COMPATIBLE);

    m->ra = certs_pair(f, "P-384", "RA", NULL);
    m->rep.digest = scep_algs_digest(m->algs, NID_sha512);
    encode(f, m);
    check_attributes(f, m);
    check_envelope(f, m);
    assert_int_equal(OBJ_obj2nid(m->si->digest_enc_alg->algorithm),
                     NID_ecdsa_with_SHA512);
    m->rep.status = SCEP_PKI_PENDING;
    check_empty(f, m);
    m->algs = algs_of(f, SCEP_LEVEL_LEGACY);
    check_empty(f, m);
}

/* Leaf first, also when it is the longer one (M9). */
static void test_order(void **state)
{
    fixture_t *f = *state;
    made_t *m = begin(f, SCEP_LEVEL_COMPATIBLE);
    scep_octets_t inner;
    PKCS7 *p7;

    assert_true(scep_x509_der(f->pool, sk_X509_value(m->rep.certs, 0)).len >
                scep_x509_der(f->pool, sk_X509_value(m->rep.certs, 1)).len);
    encode(f, m);
    inner = open_in(f, m, NULL);
    p7 = parse_p7(f, inner);
    assert_int_equal(sk_X509_num(p7->d.sign->cert), 2);
    assert_int_equal(X509_cmp(sk_X509_value(p7->d.sign->cert, 0),
                              sk_X509_value(m->rep.certs, 0)),
                     0);
}

static void broken(fixture_t *f, made_t *m)
{
    assert_int_equal(
        scep_certrep_encode(&m->rep, m->algs, f->pool, &m->der, &f->res),
        SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_INTERNAL);
    assert_null(m->der.data);
    assert_string_equal(scep_crypto_errors(f->pool), "");
}

static void test_faults_of_the_caller(void **state)
{
    fixture_t *f = *state;
    made_t *m = begin(f, SCEP_LEVEL_MODERN);
    const scep_algs_t *compatible = algs_of(f, SCEP_LEVEL_COMPATIBLE);
    scep_keypair_t mixed = {m->ra.cert, m->device.key};
    scep_certrep_t good = m->rep;

    m->rep.digest = scep_algs_digest(compatible, NID_sha1);
    broken(f, m);
    m->rep = good;
    m->rep.cipher = scep_algs_cipher(compatible, NID_des_ede3_cbc);
    broken(f, m);
    m->rep = good;
    m->rep.certs = NULL;
    broken(f, m);
    m->rep = good;
    m->rep.status = SCEP_PKI_FAILURE; /* without failInfo */
    broken(f, m);
    m->rep = good;
    m->rep.signer = &mixed;
    broken(f, m);
}

static void test_no_random(void **state)
{
    fixture_t *f = *state;
    made_t *m = begin(f, SCEP_LEVEL_MODERN);

    no_random = true;
    broken(f, m);
    no_random = false;
    check_success(f, m);
}

/* The certificates, the envelope around them, the message around it. */
static void test_no_encoding(void **state)
{
    fixture_t *f = *state;
    made_t *m = begin(f, SCEP_LEVEL_MODERN);
    int i;

    for (i = 0; i < 3; i++) {
        encodings_left = i;
        broken(f, m);
        assert_int_equal(encodings_left, -1);
    }
    m->rep.status = SCEP_PKI_PENDING;
    encodings_left = 0;
    broken(f, m);
    assert_int_equal(encodings_left, -1);
}

/* What a request left in the error queue is not blamed on the reply. */
static void test_stale_errors(void **state)
{
    fixture_t *f = *state;
    made_t *m = begin(f, SCEP_LEVEL_MODERN);
    const unsigned char junk[] = {0};
    const unsigned char *in = junk;

    assert_null(d2i_X509(NULL, &in, 1));
    check_success(f, m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_success),
        FIXTURE_TEST(test_ciphers),
        FIXTURE_TEST(test_digests),
        FIXTURE_TEST(test_legacy),
        FIXTURE_TEST(test_legacy_with_new_algorithms),
        FIXTURE_TEST(test_contexts),
        FIXTURE_TEST(test_oaep),
        FIXTURE_TEST(test_odd_recipients),
        FIXTURE_TEST(test_old_recipient),
        FIXTURE_TEST(test_keys_without_encryption),
        FIXTURE_TEST(test_rsa_without_encryption),
        FIXTURE_TEST(test_key_lengths),
        FIXTURE_TEST(test_unusable_key),
        FIXTURE_TEST(test_failure),
        FIXTURE_TEST(test_pending),
        FIXTURE_TEST(test_empty_in_legacy),
        FIXTURE_TEST(test_transaction_id),
        FIXTURE_TEST(test_nonces),
        FIXTURE_TEST(test_ec_signer),
        FIXTURE_TEST(test_order),
        FIXTURE_TEST(test_faults_of_the_caller),
        FIXTURE_TEST(test_no_random),
        FIXTURE_TEST(test_no_encoding),
        FIXTURE_TEST(test_stale_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
