/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_pkimessage_open.c: the envelope. */
#include "fixture.h"

#include <openssl/rsa.h>

#include "fixture_certs.h"
#include "freed_memory.h"
#include "message_maker.h"

#include <openssl/objects.h>
#include "scep_csr.h"
#include "scep_pkimessage.h"

#define DATA "1.2.840.113549.1.7.1"
#define ENCRYPTED_DATA "1.2.840.113549.1.7.6"
#define AES_128_CBC "2.16.840.1.101.3.4.1.2"

/* One endpoint: its algorithms and its pairs, the RA's newest first. */
typedef struct endpoint_t {
    fixture_t *f;
    scep_algs_t *algs;
    scep_keypair_t device; /* who asks */
    scep_keypair_t ra;
    apr_array_header_t *pairs;
    maker_t *m;               /* a good message */
    scep_octets_t data;       /* its messageData */
    const char *content_type; /* of by_hand() */
} endpoint_t;

static void add_pair(endpoint_t *e, const scep_keypair_t *pair)
{
    APR_ARRAY_PUSH(e->pairs, const scep_keypair_t *) =
        apr_pmemdup(e->f->pool, pair, sizeof(*pair));
}

static endpoint_t *endpoint(fixture_t *f, scep_level_e level)
{
    endpoint_t *e = apr_pcalloc(f->pool, sizeof(*e));
    OSSL_LIB_CTX *libctx = NULL;

    e->f = f;
    e->content_type = DATA;
    if (level == SCEP_LEVEL_LEGACY) {
        assert_int_equal(scep_algs_legacy_context(f->pool, &libctx, &f->res),
                         SCEP_OK);
    }
    assert_int_equal(scep_algs_make(level, libctx, f->pool, &e->algs, &f->res),
                     SCEP_OK);
    e->device = certs_pair(f, "device", "device", NULL);
    e->ra = certs_pair(f, "ra", "RA", NULL);
    e->ra.key = certs_key(f, "ra", libctx);
    e->ra.cert = certs_decode(f, e->ra.cert, libctx);
    e->pairs = apr_array_make(f->pool, 2, sizeof(const scep_keypair_t *));
    add_pair(e, &e->ra);
    e->data = maker_csr(f, e->device.key, "device", "secret");
    e->m = maker_new(f, &e->device, e->ra.cert, e->data);
    return e;
}

/* Sign ENVELOPE, decode that, open it. */
static scep_status_e open_envelope(endpoint_t *e, scep_octets_t envelope,
                                   scep_pkimessage_t **msg)
{
    fixture_t *f = e->f;
    scep_status_e status;

    assert_int_equal(scep_pkimessage_decode(maker_sign(f, e->m, envelope),
                                            e->algs, f->pool, msg, &f->res),
                     SCEP_OK);
    status = scep_pkimessage_open(*msg, e->algs, e->pairs, &f->res);
    assert_string_equal(scep_crypto_errors(f->pool), "");
    return status;
}

static scep_pkimessage_t *opened(endpoint_t *e)
{
    scep_pkimessage_t *msg = NULL;

    assert_int_equal(open_envelope(e, maker_envelope(e->f, e->m), &msg),
                     SCEP_OK);
    assert_true(scep_octets_equal(msg->data, e->data));
    return msg;
}

static void refused(endpoint_t *e, scep_octets_t envelope, scep_reason_e reason)
{
    scep_pkimessage_t *msg = NULL;

    assert_int_equal(open_envelope(e, envelope, &msg), SCEP_REFUSED);
    assert_int_equal(e->f->res.reason, reason);
    assert_int_equal(msg->data.len, 0);
}

static void every_cipher_is_opened_at_its_level(void **state)
{
    static const struct {
        const char *name;
        scep_level_e level;
    } rows[] = {{"DES-CBC", SCEP_LEVEL_LEGACY},
                {"DES-EDE3-CBC", SCEP_LEVEL_COMPATIBLE},
                {"AES-128-CBC", SCEP_LEVEL_MODERN},
                {"AES-192-CBC", SCEP_LEVEL_MODERN},
                {"AES-256-CBC", SCEP_LEVEL_MODERN}};
    fixture_t *f = *state;
    endpoint_t *legacy = endpoint(f, SCEP_LEVEL_LEGACY);
    int level;
    size_t i;

    legacy->m->libctx = scep_algs_libctx(legacy->algs);
    for (level = SCEP_LEVEL_MODERN; level <= SCEP_LEVEL_LEGACY; level++) {
        endpoint_t *e = endpoint(f, (scep_level_e)level);

        for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            scep_pkimessage_t *msg = NULL;
            scep_octets_t envelope;

            legacy->m->cipher = rows[i].name;
            envelope = maker_envelope(f, legacy->m);
            if (level < (int)rows[i].level) {
                refused(e, envelope, SCEP_R_ENVELOPE_ALG);
                continue;
            }
            assert_int_equal(open_envelope(e, envelope, &msg), SCEP_OK);
            assert_string_equal(msg->cipher->name, rows[i].name);
            assert_true(scep_octets_equal(msg->data, legacy->data));
        }
    }
}

static void other_ciphers_are_refused(void **state)
{
    fixture_t *f = *state;
    endpoint_t *e = endpoint(f, SCEP_LEVEL_LEGACY);

    e->m->libctx = scep_algs_libctx(e->algs);
    e->m->cipher = "RC2-CBC";
    refused(e, maker_envelope(f, e->m), SCEP_R_ENVELOPE_ALG);
    e->m->cipher = "CAMELLIA-128-CBC";
    refused(e, maker_envelope(f, e->m), SCEP_R_ENVELOPE_ALG);
    e->m->cipher = "AES-128-GCM"; /* an AuthEnvelopedData */
    refused(e, maker_envelope(f, e->m), SCEP_R_ENVELOPE);
}

static void all_members_are_filled(void **state)
{
    endpoint_t *e = endpoint(*state, SCEP_LEVEL_COMPATIBLE);
    scep_pkimessage_t *msg = opened(e);

    assert_int_equal(EVP_PKEY_eq(msg->recipient->key, e->ra.key), 1);
    assert_string_equal(msg->cipher->name, "AES-128-CBC");
    assert_false(msg->oaep.used);
}

/* What anybody can read is the same whether or not it can be decrypted. */
static void addressing_does_not_decrypt(void **state)
{
    fixture_t *f = *state;
    endpoint_t *e = endpoint(f, SCEP_LEVEL_COMPATIBLE);
    scep_octets_t envelope = maker_envelope(f, e->m);
    unsigned char *broken = apr_pmemdup(f->pool, envelope.data, envelope.len);
    scep_octets_t octets[] = {envelope, {broken, envelope.len}};
    scep_pkimessage_t *msg = NULL;
    size_t i;

    broken[envelope.len - 17] ^= 0x80; /* the padding */
    refused(e, octets[1], SCEP_R_CONTENT);
    for (i = 0; i < 2; i++) {
        assert_int_equal(scep_pkimessage_decode(maker_sign(f, e->m, octets[i]),
                                                e->algs, f->pool, &msg,
                                                &f->res),
                         SCEP_OK);
        assert_int_equal(
            scep_pkimessage_address(msg, e->algs, e->pairs, &f->res), SCEP_OK);
        assert_ptr_equal(msg->recipient->cert, e->ra.cert);
        assert_string_equal(msg->cipher->name, "AES-128-CBC");
        assert_int_equal(msg->data.len, 0);
    }
    e->pairs = apr_array_make(f->pool, 1, sizeof(const scep_keypair_t *));
    msg->recipient = NULL;
    assert_int_equal(scep_pkimessage_address(msg, e->algs, e->pairs, &f->res),
                     SCEP_REFUSED);
    assert_int_equal(f->res.reason, SCEP_R_RECIPIENT);
    assert_non_null(strstr(
        f->res.detail,
        apr_psprintf(
            f->pool, "certificate %s of \"%s\"",
            scep_serial_text(f->pool, X509_get0_serialNumber(e->ra.cert)),
            scep_name_text(f->pool, X509_get_issuer_name(e->ra.cert)))));
}

static void oaep_is_opened(void **state)
{
    static const struct {
        const char *name;
        int nid;
    } digests[] = {{NULL, NID_undef},
                   {"SHA1", NID_undef}, /* the default is left out */
                   {"SHA224", NID_sha224},
                   {"SHA256", NID_sha256},
                   {"SHA384", NID_sha384},
                   {"SHA512", NID_sha512}};
    endpoint_t *e = endpoint(*state, SCEP_LEVEL_MODERN);
    scep_pkimessage_t *msg;
    size_t i;

    e->m->oaep = true;
    for (i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
        e->m->oaep_digest = digests[i].name;
        msg = opened(e);
        assert_true(msg->oaep.used);
        assert_int_equal(msg->oaep.digest, digests[i].nid);
        assert_int_equal(msg->oaep.mgf1, digests[i].nid);
    }
    e->m->oaep_digest = "SHA256";
    e->m->oaep_mgf1 = "SHA512";
    msg = opened(e);
    assert_int_equal(msg->oaep.digest, NID_sha256);
    assert_int_equal(msg->oaep.mgf1, NID_sha512);
    e->m->oaep_mgf1 = NULL;
    e->m->oaep_digest = "MD5";
    refused(e, maker_envelope(e->f, e->m), SCEP_R_ENVELOPE_ALG);
    e->m->oaep_digest = NULL;
    e->m->oaep_label = "label"; /* nobody in SCEP has one */
    refused(e, maker_envelope(e->f, e->m), SCEP_R_ENVELOPE_ALG);
}

static void ber_is_opened(void **state)
{
    endpoint_t *e = endpoint(*state, SCEP_LEVEL_COMPATIBLE);

    e->m->envelope_ber = true;
    opened(e);
    e->m->ber = true;
    opened(e);
}

/* scepclient: single DES, in segments too */
static void legacy_ber_is_opened(void **state)
{
    endpoint_t *e = endpoint(*state, SCEP_LEVEL_LEGACY);

    e->m->libctx = scep_algs_libctx(e->algs);
    e->m->cipher = "DES-CBC";
    e->m->envelope_ber = true;
    opened(e);
}

static const char *const with_key_id[] = {"subjectKeyIdentifier", "hash", NULL};

static X509 *cert_with_key_id(endpoint_t *e, EVP_PKEY *key, const char *cn)
{
    X509 *cert = scep_x509_own(e->f->pool, X509_new());
    X509V3_CTX ctx;
    X509_EXTENSION *extension;

    X509_set_version(cert, X509_VERSION_3);
    certs_name(X509_get_subject_name(cert), cn);
    certs_name(X509_get_issuer_name(cert), cn);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    ASN1_TIME_set(X509_getm_notBefore(cert), 0);
    ASN1_TIME_set(X509_getm_notAfter(cert), 0);
    X509_set_pubkey(cert, key);
    X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
    extension = X509V3_EXT_nconf(NULL, &ctx, with_key_id[0], with_key_id[1]);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(cert, extension, -1), 1);
    X509_EXTENSION_free(extension);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    return certs_decode(e->f, cert, NULL);
}

static void recipient_may_be_named_by_key_id(void **state)
{
    endpoint_t *e = endpoint(*state, SCEP_LEVEL_COMPATIBLE);
    scep_keypair_t named = {NULL, e->ra.key};

    named.cert = cert_with_key_id(e, e->ra.key, "RA");
    e->m->by_key_id = true;
    e->m->recipients[0] = named.cert;
    refused(e, maker_envelope(e->f, e->m), SCEP_R_RECIPIENT);
    add_pair(e, &named);
    assert_ptr_equal(opened(e)->recipient->cert, named.cert);
}

/* Q79 */
static void recipient_name_may_be_encoded_otherwise(void **state)
{
    fixture_t *f = *state;
    endpoint_t *e = endpoint(f, SCEP_LEVEL_COMPATIBLE);
    scep_pkimessage_t *msg = NULL;
    scep_octets_t envelope = maker_envelope(f, e->m);

    envelope = maker_patch(f, envelope, MAKER_OCTETS("\x0c\x02RA"),
                           MAKER_OCTETS("\x13\x02Ra"));
    assert_int_equal(open_envelope(e, envelope, &msg), SCEP_OK);
    envelope = maker_patch(f, envelope, MAKER_OCTETS("\x13\x02Ra"),
                           MAKER_OCTETS("\x13\x02RB"));
    refused(e, envelope, SCEP_R_RECIPIENT);
}

static void others_envelope_is_not_ours(void **state)
{
    endpoint_t *e = endpoint(*state, SCEP_LEVEL_COMPATIBLE);

    e->m->recipients[0] = e->device.cert;
    refused(e, maker_envelope(e->f, e->m), SCEP_R_RECIPIENT);
    assert_int_equal(e->f->res.failinfo, SCEP_FAIL_BAD_CERT_ID);
    apr_array_clear(e->pairs);
    refused(e, maker_envelope(e->f, e->m), SCEP_R_RECIPIENT);
}

/* scepclient encrypts to RA and CA. */
static void our_first_pair_opens_what_is_for_several(void **state)
{
    endpoint_t *e = endpoint(*state, SCEP_LEVEL_COMPATIBLE);
    scep_keypair_t stranger = certs_pair(e->f, "ra", "stranger", NULL);

    e->m->recipients[0] = stranger.cert;
    e->m->recipients[1] = e->device.cert;
    e->m->recipients[2] = e->ra.cert;
    assert_ptr_equal(opened(e)->recipient->cert, e->ra.cert);
    add_pair(e, &e->device);
    assert_ptr_equal(opened(e)->recipient->cert, e->ra.cert);
    apr_array_clear(e->pairs);
    add_pair(e, &e->device);
    add_pair(e, &e->ra);
    assert_ptr_equal(opened(e)->recipient->cert, e->device.cert);
}

/* S20 */
static void one_key_has_one_try(void **state)
{
    endpoint_t *e = endpoint(*state, SCEP_LEVEL_COMPATIBLE);
    scep_keypair_t renewed = certs_pair(e->f, "ra", "RA renewed", NULL);

    e->m->recipients[1] = e->ra.cert;
    refused(e, maker_envelope(e->f, e->m), SCEP_R_ENVELOPE);
    /* the same key under two of our certificates */
    e->m->recipients[1] = renewed.cert;
    opened(e);
    add_pair(e, &renewed);
    refused(e, maker_envelope(e->f, e->m), SCEP_R_ENVELOPE);
    /* also when another pair would have been chosen */
    apr_array_clear(e->pairs);
    add_pair(e, &e->device);
    add_pair(e, &e->ra);
    e->m->recipients[0] = e->device.cert;
    e->m->recipients[1] = e->ra.cert;
    opened(e);
    e->m->recipients[2] = e->ra.cert;
    refused(e, maker_envelope(e->f, e->m), SCEP_R_ENVELOPE);
}

static void recipients_are_counted(void **state)
{
    endpoint_t *e = endpoint(*state, SCEP_LEVEL_COMPATIBLE);
    int i;

    for (i = 1; i < SCEP_MAX_RECIPIENTS; i++) {
        e->m->recipients[i] = e->device.cert;
    }
    opened(e);
    e->m->recipients[i] = e->device.cert;
    refused(e, maker_envelope(e->f, e->m), SCEP_R_ENVELOPE);
}

static void key_agreement_is_refused(void **state)
{
    endpoint_t *e = endpoint(*state, SCEP_LEVEL_COMPATIBLE);

    e->m->recipients[1] = certs_pair(e->f, "P-256", "EC", NULL).cert;
    refused(e, maker_envelope(e->f, e->m), SCEP_R_ENVELOPE_ALG);
}

static void absent_and_malformed_envelopes_are_refused(void **state)
{
    fixture_t *f = *state;
    endpoint_t *e = endpoint(f, SCEP_LEVEL_COMPATIBLE);
    scep_octets_t envelope = maker_envelope(f, e->m);
    scep_octets_t nothing = {NULL, 0};

    refused(e, e->data, SCEP_R_ENVELOPE); /* R25: a PKCS#10 in clear */
    refused(e, (scep_octets_t){envelope.data, envelope.len - 1},
            SCEP_R_ENVELOPE);
    refused(e, maker_sign(f, e->m, envelope), SCEP_R_ENVELOPE);
    refused(e, nothing, SCEP_R_ENVELOPE);
    e->m->without_content = true;
    refused(e, nothing, SCEP_R_ENVELOPE);
}

/* What the pre-flight lets through and CMS does not: a RecipientInfo whose
 * issuer is no name. */
static void unparsable_envelope_is_refused(void **state)
{
    fixture_t *f = *state;
    endpoint_t *e = endpoint(f, SCEP_LEVEL_COMPATIBLE);

    refused(e,
            maker_patch(f, maker_envelope(f, e->m),
                        MAKER_OCTETS("\x31\x0b\x30\x09\x06\x03\x55\x04\x03"),
                        MAKER_OCTETS("\x31\x0b\x31\x09\x06\x03\x55\x04\x03")),
            SCEP_R_ENVELOPE);
}

/* --- no oracle (invariant 7, S20) ---------------------------------------- */

static scep_octets_t rsa_encrypt(fixture_t *f, EVP_PKEY *key,
                                 scep_octets_t plain)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    unsigned char *out = apr_palloc(f->pool, 512);
    scep_octets_t encrypted = {out, 512};

    assert_true(EVP_PKEY_encrypt_init(ctx) > 0);
    assert_true(
        EVP_PKEY_encrypt(ctx, out, &encrypted.len, plain.data, plain.len) > 0);
    EVP_PKEY_CTX_free(ctx);
    return encrypted;
}

static const scep_octets_t hand_iv = {(const unsigned char *)"iviviviviviviviv",
                                      16};
static const scep_octets_t hand_cek = {
    (const unsigned char *)"cekcekcekcekcekc", 16};

/* AES-128-CBC without any padding. */
static scep_octets_t aes_encrypt(fixture_t *f, scep_octets_t plain)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    unsigned char *out = apr_palloc(f->pool, plain.len + 16);
    int len = 0;

    assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_128_cbc(), NULL,
                                        hand_cek.data, hand_iv.data),
                     1);
    EVP_CIPHER_CTX_set_padding(ctx, 0);
    assert_int_equal(
        EVP_EncryptUpdate(ctx, out, &len, plain.data, (int)plain.len), 1);
    assert_int_equal(len, plain.len);
    EVP_CIPHER_CTX_free(ctx);
    return (scep_octets_t){out, plain.len};
}

/* An EnvelopedData around any encrypted key and content. */
static scep_octets_t by_hand(endpoint_t *e, scep_octets_t encrypted_key,
                             scep_octets_t encrypted_content)
{
    fixture_t *f = e->f;
    scep_octets_t zero = MAKER_OCTETS("\x02\x01\x00");
    scep_octets_t null = MAKER_OCTETS("\x05\x00");
    scep_octets_t serial = MAKER_OCTETS("\x02\x02\x12\x67"); /* 4711 */
    unsigned char *name = NULL;
    int name_len = i2d_X509_NAME(X509_get_issuer_name(e->ra.cert), &name);
    scep_octets_t issuer = {name, (size_t)name_len};
    scep_octets_t recipient = MAKER_TLV(
        f, 0x30, zero, MAKER_TLV(f, 0x30, issuer, serial),
        MAKER_TLV(f, 0x30, maker_oid(f, "1.2.840.113549.1.1.1"), null),
        MAKER_TLV(f, 0x04, encrypted_key));
    scep_octets_t content =
        MAKER_TLV(f, 0x30, maker_oid(f, e->content_type),
                  MAKER_TLV(f, 0x30, maker_oid(f, AES_128_CBC),
                            MAKER_TLV(f, 0x04, hand_iv)),
                  MAKER_TLV(f, 0x80, encrypted_content));

    OPENSSL_free(name);
    return MAKER_TLV(
        f, 0x30, maker_oid(f, "1.2.840.113549.1.7.3"),
        MAKER_TLV(
            f, 0xa0,
            MAKER_TLV(f, 0x30, zero, MAKER_TLV(f, 0x31, recipient), content)));
}

/* The messageData with the padding that it needs, or a wrong one. */
static scep_octets_t padded(endpoint_t *e, int wrong)
{
    size_t pad = 16 - e->data.len % 16;
    unsigned char *out = apr_palloc(e->f->pool, e->data.len + pad);

    memcpy(out, e->data.data, e->data.len);
    memset(out + e->data.len, (int)pad, pad);
    out[e->data.len + pad - 1] ^= (unsigned char)wrong;
    return (scep_octets_t){out, e->data.len + pad};
}

/* From outside all of these are one and the same, whether the fault is found
 * in the envelope or in what comes out of it. */
static void same_refusal(endpoint_t *e, scep_octets_t envelope)
{
    fixture_t *f = e->f;
    scep_pkimessage_t *msg = NULL;
    scep_csr_t *csr = NULL;

    if (open_envelope(e, envelope, &msg) == SCEP_OK) {
        assert_int_equal(
            scep_csr_parse(msg->data, e->algs, 2048, f->pool, &csr, &f->res),
            SCEP_REFUSED);
    }
    assert_null(csr);
    assert_int_equal(f->res.reason, SCEP_R_CONTENT);
    assert_int_equal(f->res.http_status, 200);
    assert_int_equal(f->res.failinfo, SCEP_FAIL_BAD_REQUEST);
    assert_string_equal(f->res.public_text, SCEP_TEXT_BAD_REQUEST);
}

static void hand_made_envelope_is_opened(void **state)
{
    fixture_t *f = *state;
    endpoint_t *e = endpoint(f, SCEP_LEVEL_COMPATIBLE);
    scep_pkimessage_t *msg = NULL;
    scep_octets_t key = rsa_encrypt(f, e->ra.key, hand_cek);

    assert_int_equal(
        open_envelope(e, by_hand(e, key, aes_encrypt(f, padded(e, 0))), &msg),
        SCEP_OK);
    assert_true(scep_octets_equal(msg->data, e->data));
}

static void key_transport_is_no_oracle(void **state)
{
    static const size_t lens[] = {0, 1, 5, 15, 17, 24, 32, 200};
    fixture_t *f = *state;
    endpoint_t *e = endpoint(f, SCEP_LEVEL_COMPATIBLE);
    scep_octets_t content = aes_encrypt(f, padded(e, 0));
    unsigned char *garbage = apr_palloc(f->pool, 1024);
    scep_octets_t cek = {garbage, 0};
    size_t i;

    memset(garbage, 0x55, 1024);
    for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        cek.len = lens[i]; /* PKCS#1 is right, the length is not */
        same_refusal(e, by_hand(e, rsa_encrypt(f, e->ra.key, cek), content));
    }
    cek.len = 16; /* all is right, but it is another key */
    same_refusal(e, by_hand(e, rsa_encrypt(f, e->ra.key, cek), content));
    /* encrypted for somebody else's key: bad PKCS#1 padding */
    same_refusal(e,
                 by_hand(e, rsa_encrypt(f, e->device.key, hand_cek), content));
    for (i = 1; i <= 1024; i *= 4) { /* no RSA ciphertext of this key */
        same_refusal(e, by_hand(e, (scep_octets_t){garbage, i}, content));
    }
}

static void try_content(fixture_t *f, const char *content_type, size_t left_out)
{
    endpoint_t *e = endpoint(f, SCEP_LEVEL_COMPATIBLE);
    scep_octets_t key = rsa_encrypt(f, e->ra.key, hand_cek);
    scep_octets_t content;
    unsigned char *changed;
    size_t at, len;

    e->content_type = content_type;
    e->data.data += left_out;
    e->data.len -= left_out;
    content = aes_encrypt(f, padded(e, 0));

    same_refusal(e, by_hand(e, key, aes_encrypt(f, padded(e, 0x80))));
    same_refusal(e, by_hand(e, key, aes_encrypt(f, padded(e, 0x01))));
    /* nothing but padding */
    same_refusal(e,
                 by_hand(e, key,
                         aes_encrypt(f, MAKER_OCTETS("\x10\x10\x10\x10\x10\x10"
                                                     "\x10\x10\x10\x10\x10\x10"
                                                     "\x10\x10\x10\x10"))));
    /* cut, at block boundaries and elsewhere */
    for (len = 1; len < content.len; len += 5 * fixture_thin()) {
        same_refusal(e, by_hand(e, key, (scep_octets_t){content.data, len}));
    }
    /* one bit changed in every block: a CSR that parses and one that does
     * not, one with a bad signature and one with a strange key */
    changed = apr_pmemdup(f->pool, content.data, content.len);
    for (at = 0; at < content.len; at += 7 * fixture_thin()) {
        changed[at] ^= 0x04;
        same_refusal(e, by_hand(e, key, (scep_octets_t){changed, content.len}));
        changed[at] ^= 0x04;
    }
    /* no CSR at all */
    e->data = MAKER_OCTETS("not a PKCS#10");
    same_refusal(e, by_hand(e, key, aes_encrypt(f, padded(e, 0))));
}

static void content_is_no_oracle(void **state)
{
    try_content(*state, DATA, 0);
}

/* .NET leaves out the outermost tag and length, four octets here, where the
 * type is another one than data. */
static void content_of_any_type_is_no_oracle(void **state)
{
    try_content(*state, ENCRYPTED_DATA, 0);
    try_content(*state, ENCRYPTED_DATA, 4);
}

static void content_of_any_type_is_opened(void **state)
{
    static const char *const types[] = {DATA, ENCRYPTED_DATA,
                                        "1.2.840.113549.1.7.2", "1.2.3.4"};
    fixture_t *f = *state;
    endpoint_t *e = endpoint(f, SCEP_LEVEL_COMPATIBLE);
    scep_octets_t key = rsa_encrypt(f, e->ra.key, hand_cek);
    scep_octets_t whole = e->data;
    scep_pkimessage_t *msg = NULL;
    size_t i;

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        e->content_type = types[i];
        e->data = whole;
        assert_int_equal(
            open_envelope(e, by_hand(e, key, aes_encrypt(f, padded(e, 0))),
                          &msg),
            SCEP_OK);
        assert_true(scep_octets_equal(msg->data, whole));
        e->data = (scep_octets_t){whole.data + 4, whole.len - 4};
        assert_int_equal(
            open_envelope(e, by_hand(e, key, aes_encrypt(f, padded(e, 0))),
                          &msg),
            SCEP_OK);
        assert_true(scep_octets_equal(msg->data, i == 0 ? e->data : whole));
    }
}

typedef struct watch_t {
    const unsigned char *data;
    size_t len;
    int state; /* 0: not looked at; 1: wiped; 2: not */
} watch_t;

static apr_status_t watch_cleanup(void *baton)
{
    watch_t *watch = baton;
    size_t i;

    watch->state = 1;
    for (i = 0; i < watch->len; i++) {
        if (watch->data[i] != 0) {
            watch->state = 2;
        }
    }
    return APR_SUCCESS;
}

/* Invariant 6: it holds the challenge. */
static void plaintext_is_wiped_with_the_pool(void **state)
{
    fixture_t *f = *state;
    endpoint_t *e = endpoint(f, SCEP_LEVEL_COMPATIBLE);
    scep_octets_t der = maker_message(f, e->m);
    scep_pkimessage_t *msg = NULL;
    watch_t watch = {NULL, 0, 0};
    apr_pool_t *pool;

    apr_pool_create(&pool, f->pool);
    /* runs after those registered later, and before memory is given back */
    apr_pool_cleanup_register(pool, &watch, watch_cleanup,
                              apr_pool_cleanup_null);
    assert_int_equal(scep_pkimessage_decode(der, e->algs, pool, &msg, &f->res),
                     SCEP_OK);
    assert_int_equal(scep_pkimessage_open(msg, e->algs, e->pairs, &f->res),
                     SCEP_OK);
    watch.data = msg->data.data;
    watch.len = msg->data.len;
    assert_true(watch.len > 0 && watch.data[0] == 0x30);
    apr_pool_destroy(pool);
    assert_int_equal(watch.state, 1);
}

/* Invariant 6: neither its beginning nor its middle nor its end stays in
 * what OpenSSL decrypted it with. */
static void no_copy_of_the_plaintext_is_left(void **state)
{
    fixture_t *f = *state;
    endpoint_t *e = endpoint(f, SCEP_LEVEL_COMPATIBLE);
    scep_octets_t der = maker_message(f, e->m);
    const size_t places[] = {0, e->data.len / 2, e->data.len - 16};
    size_t i;

    for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        scep_octets_t part = {e->data.data + places[i], 16};
        scep_pkimessage_t *msg = NULL;
        apr_pool_t *pool;

        apr_pool_create(&pool, f->pool);
        freed_memory_watch(part);
        assert_int_equal(
            scep_pkimessage_decode(der, e->algs, pool, &msg, &f->res), SCEP_OK);
        assert_int_equal(scep_pkimessage_open(msg, e->algs, e->pairs, &f->res),
                         SCEP_OK);
        assert_true(scep_octets_equal(msg->data, e->data));
        apr_pool_destroy(pool);
        assert_int_equal(freed_memory_found(), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(every_cipher_is_opened_at_its_level),
        FIXTURE_TEST(other_ciphers_are_refused),
        FIXTURE_TEST(all_members_are_filled),
        FIXTURE_TEST(addressing_does_not_decrypt),
        FIXTURE_TEST(oaep_is_opened),
        FIXTURE_TEST(ber_is_opened),
        FIXTURE_TEST(legacy_ber_is_opened),
        FIXTURE_TEST(recipient_may_be_named_by_key_id),
        FIXTURE_TEST(recipient_name_may_be_encoded_otherwise),
        FIXTURE_TEST(others_envelope_is_not_ours),
        FIXTURE_TEST(our_first_pair_opens_what_is_for_several),
        FIXTURE_TEST(one_key_has_one_try),
        FIXTURE_TEST(recipients_are_counted),
        FIXTURE_TEST(key_agreement_is_refused),
        FIXTURE_TEST(absent_and_malformed_envelopes_are_refused),
        FIXTURE_TEST(unparsable_envelope_is_refused),
        FIXTURE_TEST(hand_made_envelope_is_opened),
        FIXTURE_TEST(key_transport_is_no_oracle),
        FIXTURE_TEST(content_is_no_oracle),
        FIXTURE_TEST(content_of_any_type_is_no_oracle),
        FIXTURE_TEST(content_of_any_type_is_opened),
        FIXTURE_TEST(plaintext_is_wiped_with_the_pool),
        FIXTURE_TEST(no_copy_of_the_plaintext_is_left),
    };

    freed_memory_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
