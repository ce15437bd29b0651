/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_pkimessage.c: the outer layer. */
#include "fixture.h"

#include <openssl/x509v3.h>

#include "fixture_certs.h"
#include "message_maker.h"
#include "scep_oid.h"
#include "scep_pkimessage.h"

static const scep_algs_t *algs_of(fixture_t *f, scep_level_e level)
{
    OSSL_LIB_CTX *libctx = NULL;
    scep_algs_t *algs = NULL;

    if (level == SCEP_LEVEL_LEGACY) {
        assert_int_equal(scep_algs_legacy_context(f->pool, &libctx, &f->res),
                         SCEP_OK);
    }
    assert_int_equal(scep_algs_make(level, libctx, f->pool, &algs, &f->res),
                     SCEP_OK);
    return algs;
}

static maker_t *good(fixture_t *f)
{
    scep_keypair_t device = certs_pair(f, "device", "device", NULL);
    scep_keypair_t ra = certs_pair(f, "ra", "RA", NULL);

    return maker_new(f, &device, ra.cert,
                     maker_csr(f, device.key, "device", "secret"));
}

static scep_status_e decode_at(fixture_t *f, scep_octets_t der,
                               scep_level_e level, scep_pkimessage_t **msg)
{
    return scep_pkimessage_decode(der, algs_of(f, level), f->pool, msg,
                                  &f->res);
}

static scep_pkimessage_t *accepted(fixture_t *f, scep_octets_t der)
{
    scep_pkimessage_t *msg = NULL;

    assert_int_equal(decode_at(f, der, SCEP_LEVEL_COMPATIBLE, &msg), SCEP_OK);
    assert_true(msg->verified);
    return msg;
}

/* Refused for REASON; a CertRep can answer if its HTTP status is 200. */
static scep_pkimessage_t *refused(fixture_t *f, scep_octets_t der,
                                  scep_reason_e reason)
{
    scep_pkimessage_t *msg = NULL;

    assert_int_equal(decode_at(f, der, SCEP_LEVEL_COMPATIBLE, &msg),
                     SCEP_REFUSED);
    assert_int_equal(f->res.reason, reason);
    if (f->res.http_status == 200) {
        assert_non_null(msg);
        assert_non_null(msg->transaction_id);
        assert_true(msg->sender_nonce.len > 0);
    }
    else {
        assert_null(msg);
    }
    return msg;
}

static scep_pkimessage_t *refused_maker(fixture_t *f, const maker_t *m,
                                        scep_reason_e reason)
{
    return refused(f, maker_message(f, m), reason);
}

static void all_members_are_filled(void **state)
{
    fixture_t *f = *state;
    maker_t *m = good(f);
    scep_octets_t envelope = maker_envelope(f, m);
    scep_pkimessage_t *msg = accepted(f, maker_sign(f, m, envelope));

    assert_ptr_equal(msg->pool, f->pool);
    assert_string_equal(msg->transaction_id, "transaction-1");
    assert_int_equal(msg->transaction_id_raw.len, 13);
    assert_memory_equal(msg->transaction_id_raw.data, "transaction-1", 13);
    assert_int_equal(msg->sender_nonce.len, 16);
    assert_memory_equal(msg->sender_nonce.data, "0123456789abcdef", 16);
    assert_int_equal(msg->message_type, SCEP_MSG_PKCSREQ);
    assert_true(scep_octets_equal(scep_x509_der(f->pool, msg->signer),
                                  scep_x509_der(f->pool, m->signer.cert)));
    assert_int_equal(EVP_PKEY_eq(msg->signer_key, m->signer.key), 1);
    assert_int_equal(
        EVP_PKEY_eq(X509_get0_pubkey(msg->signer_id), m->signer.key), 1);
    assert_string_equal(msg->digest->name, "SHA256");
    assert_true(scep_octets_equal(msg->envelope, envelope));
    assert_null(msg->cipher);
    assert_null(msg->recipient);
    assert_int_equal(msg->data.len, 0);
    assert_string_equal(scep_crypto_errors(f->pool), "");
}

static void all_request_types_are_known(void **state)
{
    static const int types[] = {SCEP_MSG_RENEWALREQ, SCEP_MSG_PKCSREQ,
                                SCEP_MSG_CERTPOLL, SCEP_MSG_GETCERT,
                                SCEP_MSG_GETCRL};
    fixture_t *f = *state;
    maker_t *m = good(f);
    size_t i;

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        maker_set_text(m, SCEP_OID_MESSAGE_TYPE, apr_itoa(f->pool, types[i]));
        assert_int_equal(accepted(f, maker_message(f, m))->message_type,
                         types[i]);
    }
}

/* S1: every other number, and what is no number. */
static void any_other_type_is_refused(void **state)
{
    static const char *const bad[] = {"",    "019",     "+19", "19 ",
                                      " 19", "0x1",     "256", "275",
                                      "-1",  "PKCSReq", "1e1", "1919"};
    fixture_t *f = *state;
    maker_t *m = good(f);
    int type;
    size_t i;

    for (type = 0; type <= 255; type++) {
        if (type == 17 || (type >= 19 && type <= 22)) {
            continue;
        }
        maker_set_text(m, SCEP_OID_MESSAGE_TYPE, apr_itoa(f->pool, type));
        assert_int_equal(refused_maker(f, m, SCEP_R_MESSAGE_TYPE)->message_type,
                         type);
    }
    for (i = 1; i < sizeof(bad) / sizeof(bad[0]); i++) {
        maker_set_text(m, SCEP_OID_MESSAGE_TYPE, bad[i]);
        assert_int_equal(refused_maker(f, m, SCEP_R_MESSAGE_TYPE)->message_type,
                         -1);
        assert_string_equal(f->res.detail,
                            "the messageType is no number from 0 to 255");
    }
    maker_set_text(m, SCEP_OID_MESSAGE_TYPE, bad[0]);
    refused_maker(f, m, SCEP_R_ATTRIBUTES);
}

static void types_have_names(void **state)
{
    (void)state;
    assert_string_equal(scep_message_type_name(3), "CertRep");
    assert_string_equal(scep_message_type_name(17), "RenewalReq");
    assert_string_equal(scep_message_type_name(19), "PKCSReq");
    assert_string_equal(scep_message_type_name(20), "CertPoll");
    assert_string_equal(scep_message_type_name(21), "GetCert");
    assert_string_equal(scep_message_type_name(22), "GetCRL");
    assert_string_equal(scep_message_type_name(18), "unknown");
    assert_string_equal(scep_message_type_name(-1), "unknown");
}

static void transaction_id_may_be_any_printable_string(void **state)
{
    static const int types[] = {V_ASN1_PRINTABLESTRING, V_ASN1_UTF8STRING,
                                V_ASN1_IA5STRING};
    fixture_t *f = *state;
    maker_t *m = good(f);
    maker_attribute_t *id = maker_attribute(m, SCEP_OID_TRANSACTION_ID);
    size_t i;

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        id->type = types[i];
        id->value = MAKER_OCTETS("q+/Z_x@*~ ==");
        assert_string_equal(accepted(f, maker_message(f, m))->transaction_id,
                            "q+/Z_x@*~ ==");
    }
    id->value.data = memset(apr_palloc(f->pool, 256), 'x', 256);
    id->value.len = 255;
    assert_int_equal(strlen(accepted(f, maker_message(f, m))->transaction_id),
                     255);
    id->value.len = 256;
    refused_maker(f, m, SCEP_R_TRANSACTION_ID);
}

static void transaction_id_is_checked(void **state)
{
    fixture_t *f = *state;
    maker_t *m = good(f);
    maker_attribute_t *id = maker_attribute(m, SCEP_OID_TRANSACTION_ID);
    maker_attribute_t whole = *id;

    id->copies = 0;
    refused_maker(f, m, SCEP_R_TRANSACTION_ID);
    id->copies = 2;
    refused_maker(f, m, SCEP_R_TRANSACTION_ID);
    id->copies = 1;
    id->values = 2;
    refused_maker(f, m, SCEP_R_TRANSACTION_ID);
    *id = whole;
    id->value = MAKER_OCTETS("");
    refused_maker(f, m, SCEP_R_TRANSACTION_ID);
    id->value = MAKER_OCTETS("a\0b");
    refused_maker(f, m, SCEP_R_TRANSACTION_ID);
    id->value = MAKER_OCTETS("a\nb");
    refused_maker(f, m, SCEP_R_TRANSACTION_ID);
    id->value = MAKER_OCTETS("a\x7f");
    refused_maker(f, m, SCEP_R_TRANSACTION_ID);
    id->type = V_ASN1_UTF8STRING;
    id->value = MAKER_OCTETS("\xc3\xa4");
    refused_maker(f, m, SCEP_R_TRANSACTION_ID);
    *id = whole;
    id->type = V_ASN1_OCTET_STRING;
    refused_maker(f, m, SCEP_R_TRANSACTION_ID);
}

static void nonce_may_have_other_lengths(void **state)
{
    fixture_t *f = *state;
    maker_t *m = good(f);
    maker_attribute_t *nonce = maker_attribute(m, SCEP_OID_SENDER_NONCE);

    nonce->value = MAKER_OCTETS("\0");
    assert_int_equal(accepted(f, maker_message(f, m))->sender_nonce.len, 1);
    nonce->value.data = memset(apr_palloc(f->pool, 65), 0, 65);
    nonce->value.len = 64;
    assert_int_equal(accepted(f, maker_message(f, m))->sender_nonce.len, 64);
    nonce->value.len = 65;
    refused_maker(f, m, SCEP_R_SENDER_NONCE);
}

/* S16: the hash is that of the message, whatever is equal in two of them. */
static void hash_tells_messages_apart(void **state)
{
    fixture_t *f = *state;
    maker_t *m = good(f);
    maker_attribute_t *nonce = maker_attribute(m, SCEP_OID_SENDER_NONCE);
    scep_octets_t der = maker_message(f, m);
    unsigned char first[SCEP_HASH_SIZE];

    memcpy(first, accepted(f, der)->hash, sizeof(first));
    assert_memory_equal(first, accepted(f, der)->hash, sizeof(first));
    nonce->value = MAKER_OCTETS("another nonce");
    assert_memory_not_equal(first, accepted(f, maker_message(f, m))->hash,
                            sizeof(first));
}

static void nonce_is_checked(void **state)
{
    fixture_t *f = *state;
    maker_t *m = good(f);
    maker_attribute_t *nonce = maker_attribute(m, SCEP_OID_SENDER_NONCE);
    maker_attribute_t whole = *nonce;

    nonce->copies = 0; /* Q81: whether that will do is for others to say */
    assert_int_equal(accepted(f, maker_message(f, m))->sender_nonce.len, 0);
    nonce->copies = 2;
    refused_maker(f, m, SCEP_R_SENDER_NONCE);
    nonce->copies = 1;
    nonce->values = 2;
    refused_maker(f, m, SCEP_R_SENDER_NONCE);
    *nonce = whole;
    nonce->value = MAKER_OCTETS("");
    refused_maker(f, m, SCEP_R_SENDER_NONCE);
    *nonce = whole;
    nonce->type = V_ASN1_PRINTABLESTRING;
    refused_maker(f, m, SCEP_R_SENDER_NONCE);
}

/* S28: a time that is none, or malformed, is no time. */
static void signing_time_is_read(void **state)
{
    static const struct {
        int type;
        const char *text;
        apr_int64_t seconds;
    } times[] = {
        {V_ASN1_UTCTIME, "700101000001Z", 1},
        {V_ASN1_UTCTIME, "491231235959Z", 2524607999},
        {V_ASN1_GENERALIZEDTIME, "20010909014640Z", 1000000000},
        {V_ASN1_GENERALIZEDTIME, "00000101000000Z", -62167219200},
        {V_ASN1_UTCTIME, "701301000001Z", 0},
        {V_ASN1_UTCTIME, "", 0},
        {V_ASN1_OCTET_STRING, "700101000001Z", 0},
    };
    fixture_t *f = *state;
    maker_t *m = good(f);
    maker_attribute_t *time = maker_attribute(m, "1.2.840.113549.1.9.5");
    size_t i;

    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        time->type = times[i].type;
        time->value.data = (const unsigned char *)times[i].text;
        time->value.len = strlen(times[i].text);
        time->values = time->copies = 1;
        assert_int_equal(accepted(f, maker_message(f, m))->signing_time,
                         times[i].seconds);
    }
}

/* Q23: it is seen whatever is in it, and nothing of it is kept. */
static void challenge_in_clear_is_told(void **state)
{
    fixture_t *f = *state;
    maker_t *m = good(f);
    maker_attribute_t *challenge;

    assert_false(accepted(f, maker_message(f, m))->clear_challenge);
    challenge = maker_attribute(m, SCEP_OID_CHALLENGE_PASSWORD);
    maker_set_text(m, SCEP_OID_CHALLENGE_PASSWORD, "secret");
    assert_true(accepted(f, maker_message(f, m))->clear_challenge);
    challenge->type = V_ASN1_OCTET_STRING;
    challenge->copies = challenge->values = 2;
    assert_true(accepted(f, maker_message(f, m))->clear_challenge);
}

/* S25: all of them pass CMS_verify. */
static void message_type_must_be_there_once(void **state)
{
    fixture_t *f = *state;
    maker_t *m = good(f);
    maker_attribute_t *type = maker_attribute(m, SCEP_OID_MESSAGE_TYPE);

    type->copies = 0;
    assert_true(refused_maker(f, m, SCEP_R_ATTRIBUTES)->verified);
    type->copies = 2;
    refused_maker(f, m, SCEP_R_ATTRIBUTES);
    type->copies = 1;
    type->values = 2;
    refused_maker(f, m, SCEP_R_ATTRIBUTES);
    type->values = 1;
    type->type = V_ASN1_OCTET_STRING;
    refused_maker(f, m, SCEP_R_ATTRIBUTES);
    type->type = V_ASN1_UTF8STRING;
    accepted(f, maker_message(f, m));
}

/* What a self-signed certificate says of itself proves nothing, so it is not
 * looked at: neither its digest (Q6, Q26), nor whether it is true. */
static void signers_own_signature_is_not_looked_at(void **state)
{
    fixture_t *f = *state;
    maker_t *m = good(f);
    X509 *cert = scep_x509_own(f->pool, X509_dup(m->signer.cert));
    EVP_PKEY *other = certs_key(f, "ra", NULL);
    scep_pkimessage_t *msg = NULL;

    assert_true(X509_sign(cert, m->signer.key, EVP_md5()) > 0);
    m->signer.cert = certs_decode(f, cert, NULL);
    assert_int_equal(decode_at(f, maker_message(f, m), SCEP_LEVEL_MODERN, &msg),
                     SCEP_OK);
    assert_true(X509_sign(cert, other, EVP_sha256()) > 0);
    m->signer.cert = certs_decode(f, cert, NULL);
    assert_int_equal(decode_at(f, maker_message(f, m), SCEP_LEVEL_MODERN, &msg),
                     SCEP_OK);
}

static void digests_follow_the_level(void **state)
{
    static const struct {
        const char *digest;
        scep_level_e level;
    } rows[] = {{"MD5", SCEP_LEVEL_LEGACY},    {"SHA1", SCEP_LEVEL_COMPATIBLE},
                {"SHA224", SCEP_LEVEL_MODERN}, {"SHA256", SCEP_LEVEL_MODERN},
                {"SHA384", SCEP_LEVEL_MODERN}, {"SHA512", SCEP_LEVEL_MODERN}};
    fixture_t *f = *state;
    maker_t *m = good(f);
    size_t i;
    int level;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        scep_octets_t der;

        m->digest = rows[i].digest;
        der = maker_message(f, m);
        for (level = SCEP_LEVEL_MODERN; level <= SCEP_LEVEL_LEGACY; level++) {
            scep_pkimessage_t *msg = NULL;
            scep_status_e status = decode_at(f, der, (scep_level_e)level, &msg);

            assert_non_null(msg);
            if (level >= (int)rows[i].level) {
                assert_int_equal(status, SCEP_OK);
                assert_string_equal(msg->digest->name, rows[i].digest);
            }
            else {
                assert_int_equal(status, SCEP_REFUSED);
                assert_int_equal(f->res.reason, SCEP_R_OUTER_ALG);
                assert_false(msg->verified);
            }
        }
    }
}

static void other_digests_are_refused(void **state)
{
    fixture_t *f = *state;
    maker_t *m = good(f);

    m->digest = "SHA512-256";
    refused_maker(f, m, SCEP_R_OUTER_ALG);
    m->digest = "SHA3-256";
    refused_maker(f, m, SCEP_R_OUTER_ALG);
}

static void pss_is_verified(void **state)
{
    fixture_t *f = *state;
    maker_t *m = good(f);

    m->pss = true;
    accepted(f, maker_message(f, m));
}

/* Clients name the signature's algorithm in several ways; the name is
 * not part of what is signed. */
static void signature_algorithm_may_have_several_names(void **state)
{
    fixture_t *f = *state;
    maker_t *m = good(f);
    scep_octets_t rsa = MAKER_OCTETS(
        "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x04\x82\x01\x00");
    scep_octets_t der;

    m->without_content = true; /* whose RecipientInfo looks alike */
    der = maker_message(f, m);
    accepted(f, der);
    accepted(f, maker_patch(f, der, rsa, /* sha256WithRSAEncryption */
                            MAKER_OCTETS("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"
                                         "\x05\x00\x04\x82\x01\x00")));
    refused(f,
            maker_patch(f, der, rsa, /* md5WithRSAEncryption */
                        MAKER_OCTETS("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04"
                                     "\x05\x00\x04\x82\x01\x00")),
            SCEP_R_OUTER_ALG);
    refused(f,
            maker_patch(f, der, rsa, /* no signature algorithm */
                        MAKER_OCTETS("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07"
                                     "\x05\x00\x04\x82\x01\x00")),
            SCEP_R_OUTER_ALG);
}

static void ec_signer_is_verified(void **state)
{
    fixture_t *f = *state;
    maker_t *m = good(f);

    m->signer = certs_pair(f, "P-256", "device", NULL);
    accepted(f, maker_message(f, m));
    m->signer = certs_pair(f, "P-384", "device", NULL);
    m->digest = "SHA384";
    accepted(f, maker_message(f, m));
}

static void other_keys_are_refused(void **state)
{
    fixture_t *f = *state;
    maker_t *m = good(f);

    m->signer.key = scep_pkey_own(
        f->pool, EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1"));
    m->signer.cert = certs_make(f, m->signer.key, "device", NULL, NULL);
    refused_maker(f, m, SCEP_R_OUTER_ALG);
}

/* R11 */
static void signer_is_found_wherever_it_stands(void **state)
{
    fixture_t *f = *state;
    maker_t *m = good(f);
    scep_pkimessage_t *msg;

    m->certs[0] = m->recipients[0];
    m->certs[1] = certs_pair(f, "P-256", "a", NULL).cert;
    m->certs[2] = certs_pair(f, "P-384", "zzzzzzzzzzzzz", NULL).cert;
    msg = accepted(f, maker_message(f, m));
    assert_int_equal(X509_cmp(msg->signer, m->signer.cert), 0);
}

static void signer_must_be_enclosed(void **state)
{
    fixture_t *f = *state;
    maker_t *m = good(f);

    m->without_signer = true;
    refused_maker(f, m, SCEP_R_SIGNATURE);
    m->certs[0] = m->recipients[0];
    refused_maker(f, m, SCEP_R_SIGNATURE);
}

static void ambiguous_signer_is_refused(void **state)
{
    fixture_t *f = *state;
    maker_t *m = good(f);

    /* same issuer and serial number, another key */
    m->certs[0] = certs_pair(f, "P-256", "device", NULL).cert;
    refused_maker(f, m, SCEP_R_SIGNATURE);
    /* and when the other one stands alone, its key does not fit */
    m->without_signer = true;
    refused_maker(f, m, SCEP_R_SIGNATURE);
}

static void certificates_are_counted(void **state)
{
    fixture_t *f = *state;
    maker_t *m = good(f);
    int i;

    for (i = 0; i < SCEP_MAX_CERTIFICATES - 1; i++) {
        m->certs[i] = certs_pair(f, "P-256", apr_itoa(f->pool, i), NULL).cert;
    }
    accepted(f, maker_message(f, m));
    m->certs[i] = m->recipients[0];
    refused_maker(f, m, SCEP_R_LIMITS);
}

static void attributes_are_counted(void **state)
{
    fixture_t *f = *state;
    maker_t *m = good(f);
    int i;

    /* with contentType, messageDigest, signingTime and SCEP's three */
    for (i = 6; i < SCEP_MAX_ATTRIBUTES; i++) {
        maker_set_text(m, apr_psprintf(f->pool, "1.2.3.4.%d", i), "x");
    }
    accepted(f, maker_message(f, m));
    maker_set_text(m, "1.2.3.5", "x");
    refused_maker(f, m, SCEP_R_LIMITS);
}

static void ber_is_read(void **state)
{
    fixture_t *f = *state;
    maker_t *m = good(f);
    scep_octets_t der;

    m->ber = true;
    m->envelope_ber = true;
    der = maker_message(f, m);
    assert_memory_equal(der.data, "\x30\x80", 2);
    accepted(f, der);
}

/* XiPKI */
static void content_type_may_be_enveloped_data(void **state)
{
    fixture_t *f = *state;
    maker_t *m = good(f);

    m->content_type = NID_pkcs7_enveloped;
    accepted(f, maker_message(f, m));
    m->content_type = NID_pkcs7_digest;
    refused_maker(f, m, SCEP_R_SYNTAX);
}

static void signed_content_type_must_be_that_of_the_content(void **state)
{
    fixture_t *f = *state;
    maker_t *m = good(f);
    scep_octets_t der = maker_message(f, m);

    /* the first is encapContentInfo's; it is not covered by the signature */
    refused(f,
            maker_patch(f, der,
                        MAKER_OCTETS("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"),
                        MAKER_OCTETS("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03")),
            SCEP_R_ATTRIBUTES);
}

static void content_may_be_absent(void **state)
{
    fixture_t *f = *state;
    maker_t *m = good(f);
    scep_pkimessage_t *msg;
    scep_octets_t nothing = {NULL, 0};

    m->without_content = true;
    msg = accepted(f, maker_message(f, m));
    assert_int_equal(msg->envelope.len, 0);
    m->without_content = false;
    msg = accepted(f, maker_sign(f, m, nothing));
    assert_int_equal(msg->envelope.len, 0);
}

static void changed_content_is_refused(void **state)
{
    fixture_t *f = *state;
    maker_t *m = good(f);
    scep_octets_t der = maker_message(f, m);
    scep_pkimessage_t *msg;

    msg = refused(f,
                  maker_patch(f, der,
                              MAKER_OCTETS("\x60\x86\x48\x01\x65\x03"
                                           "\x04\x01\x02"),
                              MAKER_OCTETS("\x60\x86\x48\x01\x65\x03"
                                           "\x04\x01\x2a")),
                  SCEP_R_SIGNATURE);
    assert_false(msg->verified);
    msg = refused(f,
                  maker_patch(f, der, MAKER_OCTETS("transaction-1"),
                              MAKER_OCTETS("transaction-2")),
                  SCEP_R_SIGNATURE);
    assert_false(msg->verified);
    assert_string_equal(msg->transaction_id, "transaction-2");
}

static void garbage_is_refused(void **state)
{
    fixture_t *f = *state;
    scep_octets_t nothing = {NULL, 0};
    scep_octets_t der = maker_message(f, good(f));
    size_t len;

    refused(f, nothing, SCEP_R_SYNTAX);
    refused(f, MAKER_OCTETS("hello"), SCEP_R_SYNTAX);
    refused(f, maker_envelope(f, good(f)), SCEP_R_SYNTAX);
    for (len = der.len - 1; len > 0; len /= 2) {
        refused(f, (scep_octets_t){der.data, len}, SCEP_R_SYNTAX);
    }
}

/* What the pre-flight lets through and CMS does not. */
static void unparsable_certificate_is_refused(void **state)
{
    fixture_t *f = *state;
    maker_t *m = good(f);
    scep_octets_t der = maker_message(f, m);

    /* the version field [0] of the certificate becomes a NULL of 3 octets */
    refused(f,
            maker_patch(f, der, MAKER_OCTETS("\xa0\x03\x02\x01\x02\x02"),
                        MAKER_OCTETS("\x05\x03\x02\x01\x02\x02")),
            SCEP_R_SYNTAX);
}

static void parse_cms_is_for_explaining(void **state)
{
    fixture_t *f = *state;
    scep_octets_t der = maker_message(f, good(f));
    unsigned char *copy = apr_pcalloc(f->pool, der.len + 1);
    scep_octets_t longer = {copy, der.len + 1};
    CMS_ContentInfo *cms = scep_pkimessage_parse_cms(der, NULL, f->pool);

    assert_non_null(cms);
    assert_int_equal(OBJ_obj2nid(CMS_get0_type(cms)), NID_pkcs7_signed);
    assert_null(
        scep_pkimessage_parse_cms((scep_octets_t){NULL, 0}, NULL, f->pool));
    assert_null(
        scep_pkimessage_parse_cms(MAKER_OCTETS("\x30\x00"), NULL, f->pool));
    memcpy(copy, der.data, der.len);
    assert_null(scep_pkimessage_parse_cms(longer, NULL, f->pool));
    scep_crypto_clear_errors();
}

/* --- by hand: what OpenSSL does not write -------------------------------- */

typedef struct hand_t {
    const scep_keypair_t *signer;
    bool unsorted;             /* attributes not in DER order */
    bool without_content_type; /* libscep */
    const char *algorithm;     /* signatureAlgorithm */
} hand_t;

static scep_octets_t hand_attribute(fixture_t *f, const char *oid,
                                    scep_octets_t value)
{
    return MAKER_TLV(f, 0x30, maker_oid(f, oid), MAKER_TLV(f, 0x31, value));
}

static int by_der_order(const void *left, const void *right)
{
    const scep_octets_t *a = left, *b = right;

    return memcmp(a->data, b->data, a->len < b->len ? a->len : b->len);
}

/* The attributes' elements, one after the other, in an element of ID. */
static scep_octets_t hand_attributes(fixture_t *f, const hand_t *h,
                                     scep_octets_t content, unsigned int id)
{
    unsigned char *hash = apr_palloc(f->pool, SCEP_HASH_SIZE);
    scep_octets_t digest = {hash, SCEP_HASH_SIZE}, parts[5];
    size_t count = 5;

    assert_true(scep_sha256(content, hash));
    parts[0] = hand_attribute(f, SCEP_OID_TRANSACTION_ID,
                              MAKER_TLV(f, 0x13, MAKER_OCTETS("by hand")));
    parts[1] =
        hand_attribute(f, "1.2.840.113549.1.9.4", MAKER_TLV(f, 0x04, digest));
    parts[2] = hand_attribute(f, SCEP_OID_MESSAGE_TYPE,
                              MAKER_TLV(f, 0x13, MAKER_OCTETS("19")));
    parts[3] = hand_attribute(f, SCEP_OID_SENDER_NONCE,
                              MAKER_TLV(f, 0x04, MAKER_OCTETS("nonce")));
    parts[4] = hand_attribute(f, "1.2.840.113549.1.9.3",
                              maker_oid(f, "1.2.840.113549.1.7.1"));
    if (h->without_content_type) {
        count--;
    }
    if (!h->unsorted) {
        qsort(parts, count, sizeof(parts[0]), by_der_order);
    }
    return maker_tlv(f, id, parts, count);
}

static scep_octets_t hand_signature(fixture_t *f, EVP_PKEY *key,
                                    scep_octets_t data)
{
    unsigned char *out = apr_palloc(f->pool, 512);
    scep_octets_t signature = {out, 512};
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    assert_int_equal(
        EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, key, NULL), 1);
    assert_int_equal(
        EVP_DigestSign(ctx, out, &signature.len, data.data, data.len), 1);
    EVP_MD_CTX_free(ctx);
    return signature;
}

static scep_octets_t by_hand(fixture_t *f, const hand_t *h)
{
    scep_octets_t one = MAKER_OCTETS("\x02\x01\x01");
    scep_octets_t serial = MAKER_OCTETS("\x02\x02\x12\x67"); /* 4711 */
    scep_octets_t content = MAKER_OCTETS("envelope");
    scep_octets_t sha256 =
        MAKER_TLV(f, 0x30, maker_oid(f, "2.16.840.1.101.3.4.2.1"));
    unsigned char *name = NULL;
    int len = i2d_X509_NAME(X509_get_issuer_name(h->signer->cert), &name);
    scep_octets_t issuer = {name, (size_t)len};
    scep_octets_t info = MAKER_TLV(
        f, 0x30, one, MAKER_TLV(f, 0x30, issuer, serial), sha256,
        hand_attributes(f, h, content, 0xa0),
        MAKER_TLV(f, 0x30, maker_oid(f, h->algorithm)),
        MAKER_TLV(f, 0x04,
                  hand_signature(f, h->signer->key,
                                 hand_attributes(f, h, content, 0x31))));
    scep_octets_t data =
        MAKER_TLV(f, 0x30, one, MAKER_TLV(f, 0x31, sha256),
                  MAKER_TLV(f, 0x30, maker_oid(f, "1.2.840.113549.1.7.1"),
                            MAKER_TLV(f, 0xa0, MAKER_TLV(f, 0x04, content))),
                  MAKER_TLV(f, 0xa0, scep_x509_der(f->pool, h->signer->cert)),
                  MAKER_TLV(f, 0x31, info));

    OPENSSL_free(name);
    return MAKER_TLV(f, 0x30, maker_oid(f, "1.2.840.113549.1.7.2"),
                     MAKER_TLV(f, 0xa0, data));
}

/* M5, Q77: hashed as they came. */
static void attributes_may_be_unsorted(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t device = certs_pair(f, "device", "device", NULL);
    hand_t h = {.signer = &device, .algorithm = "1.2.840.113549.1.1.1"};

    assert_string_equal(accepted(f, by_hand(f, &h))->transaction_id, "by hand");
    h.unsorted = true;
    assert_string_equal(accepted(f, by_hand(f, &h))->transaction_id, "by hand");
}

static void content_type_must_be_signed(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t device = certs_pair(f, "device", "device", NULL);
    hand_t h = {.signer = &device, .algorithm = "1.2.840.113549.1.1.1"};

    h.without_content_type = true;
    refused(f, by_hand(f, &h), SCEP_R_SIGNATURE);
}

/* cryptlib says id-ecPublicKey. */
static void ec_signature_may_be_named_by_its_key(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t device = certs_pair(f, "P-256", "device", NULL);
    hand_t h = {.signer = &device, .algorithm = "1.2.840.10045.2.1"};

    accepted(f, by_hand(f, &h));
    h.algorithm = "1.2.840.10045.4.3.2"; /* ecdsa-with-SHA256 */
    accepted(f, by_hand(f, &h));
    h.algorithm = "2.16.840.1.101.3.4.3.2"; /* dsa_with_SHA256 */
    refused(f, by_hand(f, &h), SCEP_R_OUTER_ALG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(all_members_are_filled),
        FIXTURE_TEST(all_request_types_are_known),
        FIXTURE_TEST(any_other_type_is_refused),
        FIXTURE_TEST(types_have_names),
        FIXTURE_TEST(transaction_id_may_be_any_printable_string),
        FIXTURE_TEST(transaction_id_is_checked),
        FIXTURE_TEST(nonce_may_have_other_lengths),
        FIXTURE_TEST(hash_tells_messages_apart),
        FIXTURE_TEST(nonce_is_checked),
        FIXTURE_TEST(signing_time_is_read),
        FIXTURE_TEST(message_type_must_be_there_once),
        FIXTURE_TEST(signers_own_signature_is_not_looked_at),
        FIXTURE_TEST(digests_follow_the_level),
        FIXTURE_TEST(other_digests_are_refused),
        FIXTURE_TEST(pss_is_verified),
        FIXTURE_TEST(signature_algorithm_may_have_several_names),
        FIXTURE_TEST(ec_signer_is_verified),
        FIXTURE_TEST(other_keys_are_refused),
        FIXTURE_TEST(signer_is_found_wherever_it_stands),
        FIXTURE_TEST(signer_must_be_enclosed),
        FIXTURE_TEST(ambiguous_signer_is_refused),
        FIXTURE_TEST(certificates_are_counted),
        FIXTURE_TEST(attributes_are_counted),
        FIXTURE_TEST(challenge_in_clear_is_told),
        FIXTURE_TEST(ber_is_read),
        FIXTURE_TEST(content_type_may_be_enveloped_data),
        FIXTURE_TEST(signed_content_type_must_be_that_of_the_content),
        FIXTURE_TEST(content_may_be_absent),
        FIXTURE_TEST(changed_content_is_refused),
        FIXTURE_TEST(garbage_is_refused),
        FIXTURE_TEST(unparsable_certificate_is_refused),
        FIXTURE_TEST(parse_cms_is_for_explaining),
        FIXTURE_TEST(attributes_may_be_unsorted),
        FIXTURE_TEST(content_type_must_be_signed),
        FIXTURE_TEST(ec_signature_may_be_named_by_its_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
