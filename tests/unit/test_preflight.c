/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_preflight.c, with structures made by hand: the pre-flight
 * looks at shapes only. */
#include "fixture.h"

#include <openssl/objects.h>

#include "message_maker.h"
#include "scep_preflight.h"

#define NOTHING ((scep_octets_t){NULL, 0})
#define BER_NULL MAKER_OCTETS("\x05\x00")
#define BER_ONE MAKER_OCTETS("\x02\x01\x01")

static scep_octets_t octets(fixture_t *f, const char *text)
{
    return MAKER_TLV(
        f, 0x04, (scep_octets_t){(const unsigned char *)text, strlen(text)});
}

static scep_octets_t algorithm(fixture_t *f, const char *oid,
                               scep_octets_t params)
{
    return MAKER_TLV(f, 0x30, maker_oid(f, oid), params);
}

/* COUNT times PART. */
static scep_octets_t repeat(fixture_t *f, scep_octets_t part, size_t count)
{
    scep_octets_t *parts = apr_palloc(f->pool, (count + 1) * sizeof(*parts));
    scep_octets_t wrapped;
    size_t i;

    for (i = 0; i < count; i++) {
        parts[i] = part;
    }
    wrapped = maker_tlv_indefinite(f, 0x30, parts, count);
    return (scep_octets_t){wrapped.data + 2, wrapped.len - 4};
}

static scep_octets_t content_info(fixture_t *f, const char *oid,
                                  scep_octets_t content)
{
    return MAKER_TLV(f, 0x30, maker_oid(f, oid), MAKER_TLV(f, 0xa0, content));
}

/* --- SignedData ---------------------------------------------------------- */

typedef struct signed_t {
    scep_octets_t version, digests, content, certs, crls, signers, tail;
} signed_t;

typedef struct signer_t {
    scep_octets_t version, sid, digest, attributes, algorithm, signature,
        unsigned_attributes, tail;
} signer_t;

static signer_t good_signer(fixture_t *f)
{
    return (signer_t){
        .version = BER_ONE,
        .sid = MAKER_TLV(f, 0x30, MAKER_TLV(f, 0x30, NOTHING), BER_ONE),
        .digest = algorithm(f, "2.16.840.1.101.3.4.2.1", BER_NULL),
        .attributes = MAKER_TLV(f, 0xa0, MAKER_TLV(f, 0x30, BER_NULL)),
        .algorithm = algorithm(f, "1.2.840.113549.1.1.1", BER_NULL),
        .signature = octets(f, "signature"),
    };
}

static scep_octets_t make_signer(fixture_t *f, const signer_t *s)
{
    return MAKER_TLV(f, 0x30, s->version, s->sid, s->digest, s->attributes,
                     s->algorithm, s->signature, s->unsigned_attributes,
                     s->tail);
}

static signed_t good_signed(fixture_t *f)
{
    signer_t signer = good_signer(f);

    return (signed_t){
        .version = BER_ONE,
        .digests = MAKER_TLV(f, 0x31,
                             algorithm(f, "2.16.840.1.101.3.4.2.1", BER_NULL)),
        .content = MAKER_TLV(f, 0x30, maker_oid(f, "1.2.840.113549.1.7.1"),
                             MAKER_TLV(f, 0xa0, octets(f, "envelope"))),
        .certs = MAKER_TLV(f, 0xa0, MAKER_TLV(f, 0x30, BER_NULL)),
        .signers = MAKER_TLV(f, 0x31, make_signer(f, &signer)),
    };
}

static scep_octets_t make_signed(fixture_t *f, const signed_t *s)
{
    return content_info(f, "1.2.840.113549.1.7.2",
                        MAKER_TLV(f, 0x30, s->version, s->digests, s->content,
                                  s->certs, s->crls, s->signers, s->tail));
}

static void signed_is(fixture_t *f, const signed_t *s, scep_reason_e reason)
{
    scep_status_e status = scep_preflight_signed(make_signed(f, s), &f->res);

    assert_int_equal(status, reason == SCEP_R_NONE ? SCEP_OK : SCEP_REFUSED);
    if (reason != SCEP_R_NONE) {
        assert_int_equal(f->res.reason, reason);
    }
}

static void signer_is(fixture_t *f, const signer_t *signer,
                      scep_reason_e reason)
{
    signed_t s = good_signed(f);

    s.signers = MAKER_TLV(f, 0x31, make_signer(f, signer));
    signed_is(f, &s, reason);
}

static void good_signed_data_passes(void **state)
{
    fixture_t *f = *state;
    signed_t s = good_signed(f);

    signed_is(f, &s, SCEP_R_NONE);
    s.certs = NOTHING;
    signed_is(f, &s, SCEP_R_NONE);
    s.crls = MAKER_TLV(f, 0xa1, NOTHING);
    signed_is(f, &s, SCEP_R_NONE);
    s.digests = MAKER_TLV(f, 0x31, NOTHING);
    signed_is(f, &s, SCEP_R_NONE);
}

static void signed_parts_are_checked(void **state)
{
    fixture_t *f = *state;
    signed_t s = good_signed(f);

    s.version = NOTHING;
    signed_is(f, &s, SCEP_R_SYNTAX);
    s = good_signed(f);
    s.digests = NOTHING;
    signed_is(f, &s, SCEP_R_SYNTAX);
    s.digests = MAKER_TLV(f, 0x31, BER_NULL);
    signed_is(f, &s, SCEP_R_SYNTAX);
    s = good_signed(f);
    s.certs = MAKER_TLV(f, 0xa0, MAKER_TLV(f, 0xa1, BER_NULL));
    signed_is(f, &s, SCEP_R_SYNTAX); /* an attribute certificate */
    s = good_signed(f);
    s.tail = BER_NULL;
    signed_is(f, &s, SCEP_R_SYNTAX);
}

static void signed_counts_are_limited(void **state)
{
    fixture_t *f = *state;
    scep_octets_t digest = algorithm(f, "2.16.840.1.101.3.4.2.1", BER_NULL);
    scep_octets_t cert = MAKER_TLV(f, 0x30, BER_NULL);
    signed_t s = good_signed(f);

    s.digests = MAKER_TLV(f, 0x31, repeat(f, digest, 4));
    signed_is(f, &s, SCEP_R_NONE);
    s.digests = MAKER_TLV(f, 0x31, repeat(f, digest, 5));
    signed_is(f, &s, SCEP_R_LIMITS);
    s = good_signed(f);
    s.certs = MAKER_TLV(f, 0xa0, repeat(f, cert, SCEP_MAX_CERTIFICATES));
    signed_is(f, &s, SCEP_R_NONE);
    s.certs = MAKER_TLV(f, 0xa0, repeat(f, cert, SCEP_MAX_CERTIFICATES + 1));
    signed_is(f, &s, SCEP_R_LIMITS);
    s = good_signed(f);
    s.crls = MAKER_TLV(f, 0xa1, MAKER_TLV(f, 0x30, BER_NULL));
    signed_is(f, &s, SCEP_R_LIMITS);
}

static void content_is_checked(void **state)
{
    fixture_t *f = *state;
    scep_octets_t data = maker_oid(f, "1.2.840.113549.1.7.1");
    scep_octets_t enveloped = maker_oid(f, "1.2.840.113549.1.7.3");
    scep_octets_t piece = octets(f, "piece");
    signed_t s = good_signed(f);

    s.content = MAKER_TLV(f, 0x30, data);
    signed_is(f, &s, SCEP_R_NONE);
    s.content = MAKER_TLV(f, 0x30, enveloped, MAKER_TLV(f, 0xa0, piece));
    signed_is(f, &s, SCEP_R_NONE);
    s.content = MAKER_TLV(
        f, 0x30, data,
        MAKER_TLV(f, 0xa0,
                  maker_tlv_indefinite(f, 0x24, MAKER_PARTS(piece, piece))));
    signed_is(f, &s, SCEP_R_NONE);

    s.content = NOTHING;
    signed_is(f, &s, SCEP_R_SYNTAX);
    s.content = MAKER_TLV(f, 0x30, maker_oid(f, "1.2.840.113549.1.7.2"));
    signed_is(f, &s, SCEP_R_SYNTAX);
    s.content = MAKER_TLV(f, 0x30, data, MAKER_TLV(f, 0xa0, NOTHING));
    signed_is(f, &s, SCEP_R_SYNTAX);
    s.content = MAKER_TLV(f, 0x30, data, MAKER_TLV(f, 0xa0, piece, piece));
    signed_is(f, &s, SCEP_R_SYNTAX);
    s.content = MAKER_TLV(f, 0x30, data, MAKER_TLV(f, 0xa0, piece), BER_NULL);
    signed_is(f, &s, SCEP_R_SYNTAX);
    s.content =
        MAKER_TLV(f, 0x30, data, MAKER_TLV(f, 0xa0, MAKER_TLV(f, 0x30, piece)));
    signed_is(f, &s, SCEP_R_SYNTAX); /* as PKCS#7 1.5 would have it */
    s.content = MAKER_TLV(f, 0x30, data,
                          MAKER_TLV(f, 0xa0, MAKER_TLV(f, 0x24, BER_NULL)));
    signed_is(f, &s, SCEP_R_SYNTAX);
}

static void one_must_sign(void **state)
{
    fixture_t *f = *state;
    signer_t signer = good_signer(f);
    scep_octets_t info = make_signer(f, &signer);
    signed_t s = good_signed(f);

    s.signers = NOTHING;
    signed_is(f, &s, SCEP_R_SYNTAX);
    s.signers = MAKER_TLV(f, 0x31, NOTHING);
    signed_is(f, &s, SCEP_R_SYNTAX);
    s.signers = MAKER_TLV(f, 0x31, BER_NULL);
    signed_is(f, &s, SCEP_R_SYNTAX);
    s.signers = MAKER_TLV(f, 0x31, info, info);
    signed_is(f, &s, SCEP_R_LIMITS);
}

static void signer_parts_are_checked(void **state)
{
    fixture_t *f = *state;
    scep_octets_t key_id = MAKER_TLV(f, 0x80, MAKER_OCTETS("key id"));
    signer_t s = good_signer(f);

    s.sid = key_id;
    signer_is(f, &s, SCEP_R_NONE);
    s.sid = NOTHING;
    signer_is(f, &s, SCEP_R_SYNTAX);
    s.sid = octets(f, "key id");
    signer_is(f, &s, SCEP_R_SYNTAX);
    s = good_signer(f);
    s.version = NOTHING;
    signer_is(f, &s, SCEP_R_SYNTAX);
    s = good_signer(f);
    s.digest = NOTHING;
    signer_is(f, &s, SCEP_R_SYNTAX);
    s = good_signer(f);
    s.attributes = NOTHING;
    signer_is(f, &s, SCEP_R_SYNTAX);
    s = good_signer(f);
    s.algorithm = NOTHING;
    signer_is(f, &s, SCEP_R_SYNTAX);
    s = good_signer(f);
    s.signature = NOTHING;
    signer_is(f, &s, SCEP_R_SYNTAX);
    s = good_signer(f);
    s.tail = BER_NULL;
    signer_is(f, &s, SCEP_R_SYNTAX);
}

static void attributes_are_limited(void **state)
{
    fixture_t *f = *state;
    scep_octets_t one = MAKER_TLV(f, 0x30, BER_NULL);
    signer_t s = good_signer(f);

    s.attributes = MAKER_TLV(f, 0xa0, repeat(f, one, SCEP_MAX_ATTRIBUTES));
    s.unsigned_attributes =
        MAKER_TLV(f, 0xa1, repeat(f, one, SCEP_MAX_ATTRIBUTES));
    signer_is(f, &s, SCEP_R_NONE);
    s.unsigned_attributes =
        MAKER_TLV(f, 0xa1, repeat(f, one, SCEP_MAX_ATTRIBUTES + 1));
    signer_is(f, &s, SCEP_R_LIMITS);
    s.unsigned_attributes = MAKER_TLV(f, 0xa1, BER_NULL);
    signer_is(f, &s, SCEP_R_SYNTAX);
    s = good_signer(f);
    s.attributes = MAKER_TLV(f, 0xa0, repeat(f, one, SCEP_MAX_ATTRIBUTES + 1));
    signer_is(f, &s, SCEP_R_LIMITS);
    s.attributes = MAKER_TLV(f, 0xa0, BER_NULL);
    signer_is(f, &s, SCEP_R_SYNTAX);
}

static void other_content_infos_are_refused(void **state)
{
    static const char *const oids[] = {
        "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.3", "1.2.840.113549.1.7.5",
        "1.2.840.113549.1.9.16.1.23", "1.2"};
    fixture_t *f = *state;
    scep_octets_t good, one;
    signed_t s = good_signed(f);
    size_t i;

    good = make_signed(f, &s);
    one = repeat(f, good, 1);
    assert_int_equal(scep_preflight_signed(one, &f->res), SCEP_OK);
    assert_int_equal(scep_preflight_signed(repeat(f, good, 2), &f->res),
                     SCEP_REFUSED);
    assert_int_equal(f->res.reason, SCEP_R_SYNTAX);
    for (i = 0; i < sizeof(oids) / sizeof(oids[0]); i++) {
        scep_octets_t other = content_info(
            f, oids[i],
            MAKER_TLV(f, 0x30, s.version, s.digests, s.content, s.signers));

        assert_int_equal(scep_preflight_signed(other, &f->res), SCEP_REFUSED);
        assert_int_equal(f->res.reason, SCEP_R_SYNTAX);
    }
    assert_int_equal(scep_preflight_signed(NOTHING, &f->res), SCEP_REFUSED);
    assert_int_equal(f->res.reason, SCEP_R_SYNTAX);
}

static void depth_is_limited(void **state)
{
    fixture_t *f = *state;
    scep_octets_t deep = BER_NULL;
    signed_t s = good_signed(f);
    int i;

    /* ContentInfo, [0], SignedData, certificates are around it */
    for (i = 4; i < SCEP_MAX_DEPTH; i++) {
        deep = MAKER_TLV(f, 0x30, deep);
    }
    s.certs = MAKER_TLV(f, 0xa0, deep);
    signed_is(f, &s, SCEP_R_NONE);
    s.certs = MAKER_TLV(f, 0xa0, MAKER_TLV(f, 0x30, deep));
    signed_is(f, &s, SCEP_R_LIMITS);
}

/* --- EnvelopedData ------------------------------------------------------- */

typedef struct enveloped_t {
    scep_octets_t version, originator, recipients, content, attributes;
} enveloped_t;

#define RSA_ENCRYPTION "1.2.840.113549.1.1.1"
#define RSAES_OAEP "1.2.840.113549.1.1.7"

static scep_octets_t recipient(fixture_t *f, scep_octets_t key_transport)
{
    return MAKER_TLV(f, 0x30, BER_ONE,
                     MAKER_TLV(f, 0x30, MAKER_TLV(f, 0x30, NOTHING), BER_ONE),
                     key_transport, octets(f, "encrypted key"));
}

static scep_octets_t encrypted(fixture_t *f, const char *cipher, const char *iv)
{
    return MAKER_TLV(f, 0x30, maker_oid(f, "1.2.840.113549.1.7.1"),
                     algorithm(f, cipher, octets(f, iv)),
                     MAKER_TLV(f, 0x80, MAKER_OCTETS("ciphertext")));
}

static enveloped_t good_enveloped(fixture_t *f)
{
    return (enveloped_t){
        .version = BER_ONE,
        .recipients = MAKER_TLV(
            f, 0x31, recipient(f, algorithm(f, RSA_ENCRYPTION, BER_NULL))),
        .content = encrypted(f, "2.16.840.1.101.3.4.1.2", "0123456789abcdef"),
    };
}

static scep_status_e preflight(fixture_t *f, scep_octets_t enveloped)
{
    int cipher_nid;

    return scep_preflight_enveloped(enveloped, &cipher_nid, &f->res);
}

static void enveloped_is(fixture_t *f, const enveloped_t *e,
                         scep_reason_e reason)
{
    scep_octets_t der =
        content_info(f, "1.2.840.113549.1.7.3",
                     MAKER_TLV(f, 0x30, e->version, e->originator,
                               e->recipients, e->content, e->attributes));
    scep_status_e status = preflight(f, der);

    assert_int_equal(status, reason == SCEP_R_NONE ? SCEP_OK : SCEP_REFUSED);
    if (reason != SCEP_R_NONE) {
        assert_int_equal(f->res.reason, reason);
    }
}

static void transport_is(fixture_t *f, scep_octets_t key_transport,
                         scep_reason_e reason)
{
    enveloped_t e = good_enveloped(f);

    e.recipients = MAKER_TLV(f, 0x31, recipient(f, key_transport));
    enveloped_is(f, &e, reason);
}

static void ciphers_are_known_with_their_iv(void **state)
{
    static const struct {
        const char *oid;
        int nid;
        const char *iv;
    } rows[] = {
        {"1.3.14.3.2.7", NID_des_cbc, "01234567"},
        {"1.2.840.113549.3.7", NID_des_ede3_cbc, "01234567"},
        {"2.16.840.1.101.3.4.1.2", NID_aes_128_cbc, "0123456789abcdef"},
        {"2.16.840.1.101.3.4.1.22", NID_aes_192_cbc, "0123456789abcdef"},
        {"2.16.840.1.101.3.4.1.42", NID_aes_256_cbc, "0123456789abcdef"},
    };
    fixture_t *f = *state;
    enveloped_t e = good_enveloped(f);
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *shorter = rows[i].iv + 1;
        const char *longer = apr_pstrcat(f->pool, rows[i].iv, "x", NULL);
        scep_octets_t der;
        int nid = 0;

        e.content = encrypted(f, rows[i].oid, rows[i].iv);
        enveloped_is(f, &e, SCEP_R_NONE);
        der = content_info(
            f, "1.2.840.113549.1.7.3",
            MAKER_TLV(f, 0x30, e.version, e.recipients, e.content));
        assert_int_equal(scep_preflight_enveloped(der, &nid, &f->res), SCEP_OK);
        assert_int_equal(nid, rows[i].nid);
        e.content = encrypted(f, rows[i].oid, shorter);
        enveloped_is(f, &e, SCEP_R_ENVELOPE_ALG);
        e.content = encrypted(f, rows[i].oid, longer);
        enveloped_is(f, &e, SCEP_R_ENVELOPE_ALG);
    }
}

static void other_ciphers_are_refused(void **state)
{
    static const char *const oids[] = {
        "2.16.840.1.101.3.4.1.1", /* AES-128-ECB */
        "2.16.840.1.101.3.4.1.6", /* AES-128-GCM */
        "1.2.840.113549.3.2",     /* RC2-CBC */
        "1.2.840.113549.3.4",     /* RC4 */
        "1.2.3.4.5",
    };
    fixture_t *f = *state;
    enveloped_t e = good_enveloped(f);
    scep_octets_t data = maker_oid(f, "1.2.840.113549.1.7.1");
    scep_octets_t text = MAKER_TLV(f, 0x80, MAKER_OCTETS("ciphertext"));
    scep_octets_t iv = octets(f, "0123456789abcdef");
    size_t i;

    for (i = 0; i < sizeof(oids) / sizeof(oids[0]); i++) {
        e.content = encrypted(f, oids[i], "0123456789abcdef");
        enveloped_is(f, &e, SCEP_R_ENVELOPE_ALG);
    }
    e.content = MAKER_TLV(
        f, 0x30, data, algorithm(f, "2.16.840.1.101.3.4.1.2", NOTHING), text);
    enveloped_is(f, &e, SCEP_R_ENVELOPE_ALG);
    e.content =
        MAKER_TLV(f, 0x30, data,
                  MAKER_TLV(f, 0x30, maker_oid(f, "2.16.840.1.101.3.4.1.2"), iv,
                            BER_NULL),
                  text);
    enveloped_is(f, &e, SCEP_R_ENVELOPE_ALG);
}

static void encrypted_content_is_checked(void **state)
{
    fixture_t *f = *state;
    enveloped_t e = good_enveloped(f);
    scep_octets_t data = maker_oid(f, "1.2.840.113549.1.7.1");
    scep_octets_t aes =
        algorithm(f, "2.16.840.1.101.3.4.1.2", octets(f, "0123456789abcdef"));
    scep_octets_t text = MAKER_TLV(f, 0x80, MAKER_OCTETS("ciphertext"));
    scep_octets_t piece = octets(f, "piece");

    /* in segments; Q82's explicit tag is the same with one */
    e.content = MAKER_TLV(f, 0x30, data, aes, MAKER_TLV(f, 0xa0, piece, piece));
    enveloped_is(f, &e, SCEP_R_NONE);
    e.content = MAKER_TLV(f, 0x30, data, aes, MAKER_TLV(f, 0xa0, piece));
    enveloped_is(f, &e, SCEP_R_NONE);

    e.content = NOTHING;
    enveloped_is(f, &e, SCEP_R_ENVELOPE);
    e.content = MAKER_TLV(f, 0x30, data, aes);
    enveloped_is(f, &e, SCEP_R_ENVELOPE);
    e.content = MAKER_TLV(f, 0x30, data, aes, MAKER_TLV(f, 0x80, NOTHING));
    enveloped_is(f, &e, SCEP_R_ENVELOPE);
    e.content = MAKER_TLV(f, 0x30, data, aes, MAKER_TLV(f, 0xa0, NOTHING));
    enveloped_is(f, &e, SCEP_R_ENVELOPE);
    e.content = MAKER_TLV(f, 0x30, data, aes, MAKER_TLV(f, 0xa0, BER_NULL));
    enveloped_is(f, &e, SCEP_R_ENVELOPE);
    e.content = MAKER_TLV(f, 0x30, data, aes, piece);
    enveloped_is(f, &e, SCEP_R_ENVELOPE);
    e.content = MAKER_TLV(f, 0x30, data, aes, text, BER_NULL);
    enveloped_is(f, &e, SCEP_R_ENVELOPE);
    e.content = MAKER_TLV(f, 0x30, data, text);
    enveloped_is(f, &e, SCEP_R_ENVELOPE);
    e.content =
        MAKER_TLV(f, 0x30, maker_oid(f, "1.2.840.113549.1.7.6"), aes, text);
    enveloped_is(f, &e, SCEP_R_NONE); /* .NET */
    e.content = MAKER_TLV(f, 0x30, BER_NULL, aes, text);
    enveloped_is(f, &e, SCEP_R_ENVELOPE);
}

static void optional_parts_are_refused(void **state)
{
    fixture_t *f = *state;
    enveloped_t e = good_enveloped(f);

    e.originator = MAKER_TLV(f, 0xa0, NOTHING);
    enveloped_is(f, &e, SCEP_R_ENVELOPE);
    e = good_enveloped(f);
    e.attributes = MAKER_TLV(f, 0xa1, MAKER_TLV(f, 0x30, BER_NULL));
    enveloped_is(f, &e, SCEP_R_ENVELOPE);
    e = good_enveloped(f);
    e.version = NOTHING;
    enveloped_is(f, &e, SCEP_R_ENVELOPE);
}

static void recipients_are_limited(void **state)
{
    fixture_t *f = *state;
    enveloped_t e = good_enveloped(f);
    scep_octets_t one = recipient(f, algorithm(f, RSA_ENCRYPTION, BER_NULL));

    e.recipients = MAKER_TLV(f, 0x31, repeat(f, one, SCEP_MAX_RECIPIENTS));
    enveloped_is(f, &e, SCEP_R_NONE);
    e.recipients = MAKER_TLV(f, 0x31, repeat(f, one, SCEP_MAX_RECIPIENTS + 1));
    enveloped_is(f, &e, SCEP_R_ENVELOPE);
    e.recipients = MAKER_TLV(f, 0x31, NOTHING);
    enveloped_is(f, &e, SCEP_R_ENVELOPE);
    e.recipients = NOTHING;
    enveloped_is(f, &e, SCEP_R_ENVELOPE);
}

static void recipient_is_key_transport(void **state)
{
    fixture_t *f = *state;
    enveloped_t e = good_enveloped(f);
    scep_octets_t rsa = algorithm(f, RSA_ENCRYPTION, BER_NULL);
    scep_octets_t rid =
        MAKER_TLV(f, 0x30, MAKER_TLV(f, 0x30, NOTHING), BER_ONE);
    scep_octets_t key = octets(f, "encrypted key");
    unsigned char *long_key = apr_pcalloc(f->pool, 1025);
    unsigned int i;

    for (i = 1; i <= 4; i++) { /* kari, kekri, pwri, ori */
        e.recipients =
            MAKER_TLV(f, 0x31, MAKER_TLV(f, 0xa0 + i, BER_ONE, rsa, key));
        enveloped_is(f, &e, SCEP_R_ENVELOPE_ALG);
        e.recipients = MAKER_TLV(f, 0x31, recipient(f, rsa),
                                 MAKER_TLV(f, 0xa0 + i, BER_ONE, rsa, key));
        enveloped_is(f, &e, SCEP_R_ENVELOPE_ALG);
    }
    e.recipients =
        MAKER_TLV(f, 0x31,
                  MAKER_TLV(f, 0x30, BER_ONE,
                            MAKER_TLV(f, 0x80, MAKER_OCTETS("id")), rsa, key));
    enveloped_is(f, &e, SCEP_R_NONE);
    e.recipients = MAKER_TLV(
        f, 0x31,
        MAKER_TLV(f, 0x30, BER_ONE, rid, rsa,
                  MAKER_TLV(f, 0x04, (scep_octets_t){long_key, 1024})));
    enveloped_is(f, &e, SCEP_R_NONE);

    e.recipients = MAKER_TLV(
        f, 0x31,
        MAKER_TLV(f, 0x30, BER_ONE, rid, rsa,
                  MAKER_TLV(f, 0x04, (scep_octets_t){long_key, 1025})));
    enveloped_is(f, &e, SCEP_R_ENVELOPE);
    e.recipients = MAKER_TLV(
        f, 0x31, MAKER_TLV(f, 0x30, BER_ONE, rid, rsa, octets(f, "")));
    enveloped_is(f, &e, SCEP_R_ENVELOPE);
    e.recipients = MAKER_TLV(f, 0x31, MAKER_TLV(f, 0x30, BER_ONE, rid, rsa));
    enveloped_is(f, &e, SCEP_R_ENVELOPE);
    e.recipients = MAKER_TLV(f, 0x31, MAKER_TLV(f, 0x30, BER_ONE, rsa, key));
    enveloped_is(f, &e, SCEP_R_ENVELOPE);
    e.recipients = MAKER_TLV(
        f, 0x31, MAKER_TLV(f, 0x30, BER_ONE, rid, rsa, key, BER_NULL));
    enveloped_is(f, &e, SCEP_R_ENVELOPE);
}

static void key_transport_parameters_are_known(void **state)
{
    fixture_t *f = *state;

    transport_is(f, algorithm(f, RSA_ENCRYPTION, NOTHING), SCEP_R_NONE);
    transport_is(f, algorithm(f, RSA_ENCRYPTION, octets(f, "x")),
                 SCEP_R_ENVELOPE_ALG);
    transport_is(f, algorithm(f, RSA_ENCRYPTION, MAKER_OCTETS("\x05\x01\x00")),
                 SCEP_R_ENVELOPE_ALG);
    transport_is(f, algorithm(f, "1.2.840.113549.1.1.11", BER_NULL),
                 SCEP_R_ENVELOPE_ALG);
    transport_is(f, algorithm(f, "1.2.3", BER_NULL), SCEP_R_ENVELOPE_ALG);
}

static void oaep_is(fixture_t *f, scep_octets_t params, scep_reason_e reason)
{
    transport_is(f, algorithm(f, RSAES_OAEP, params), reason);
}

static scep_octets_t tagged(fixture_t *f, unsigned int number, const char *oid,
                            scep_octets_t params)
{
    return MAKER_TLV(f, 0xa0 + number, algorithm(f, oid, params));
}

static void oaep_parameters_are_known(void **state)
{
    fixture_t *f = *state;
    scep_octets_t sha256 = algorithm(f, "2.16.840.1.101.3.4.2.1", BER_NULL);
    scep_octets_t odd =
        algorithm(f, "2.16.840.1.101.3.4.2.1", MAKER_OCTETS("\x02\x00"));
    scep_octets_t hash = MAKER_TLV(f, 0xa0, sha256);
    scep_octets_t mgf = tagged(f, 1, "1.2.840.113549.1.1.8", sha256);
    scep_octets_t source =
        tagged(f, 2, "1.2.840.113549.1.1.9", MAKER_OCTETS("\x04\x00"));

    oaep_is(f, MAKER_TLV(f, 0x30, NOTHING), SCEP_R_NONE); /* Windows */
    oaep_is(f, MAKER_TLV(f, 0x30, hash), SCEP_R_NONE);
    oaep_is(f, MAKER_TLV(f, 0x30, hash, mgf), SCEP_R_NONE);
    oaep_is(f, MAKER_TLV(f, 0x30, hash, mgf, source), SCEP_R_NONE);
    oaep_is(f, MAKER_TLV(f, 0x30, source), SCEP_R_NONE);

    oaep_is(f, NOTHING, SCEP_R_ENVELOPE_ALG);
    oaep_is(f, BER_NULL, SCEP_R_ENVELOPE_ALG);
    oaep_is(f, MAKER_TLV(f, 0x30, mgf, hash), SCEP_R_ENVELOPE_ALG);
    oaep_is(f, MAKER_TLV(f, 0x30, hash, hash), SCEP_R_ENVELOPE_ALG);
    oaep_is(f, MAKER_TLV(f, 0x30, hash, BER_NULL), SCEP_R_ENVELOPE_ALG);
    oaep_is(f, MAKER_TLV(f, 0x30, MAKER_TLV(f, 0xa0, sha256, sha256)),
            SCEP_R_ENVELOPE_ALG);
    oaep_is(f, MAKER_TLV(f, 0x30, MAKER_TLV(f, 0xa0, NOTHING)),
            SCEP_R_ENVELOPE_ALG);
    /* a digest's parameters, which OpenSSL could not read */
    oaep_is(f, MAKER_TLV(f, 0x30, MAKER_TLV(f, 0xa0, odd)),
            SCEP_R_ENVELOPE_ALG);
    oaep_is(f, MAKER_TLV(f, 0x30, tagged(f, 1, "1.2.840.113549.1.1.8", odd)),
            SCEP_R_ENVELOPE_ALG);
    /* MD5 */
    oaep_is(f, MAKER_TLV(f, 0x30, tagged(f, 0, "1.2.840.113549.2.5", BER_NULL)),
            SCEP_R_ENVELOPE_ALG);
    /* not MGF1; MGF1 without or with another digest */
    oaep_is(f, MAKER_TLV(f, 0x30, MAKER_TLV(f, 0xa1, sha256)),
            SCEP_R_ENVELOPE_ALG);
    oaep_is(f,
            MAKER_TLV(f, 0x30, tagged(f, 1, "1.2.840.113549.1.1.8", NOTHING)),
            SCEP_R_ENVELOPE_ALG);
    oaep_is(f,
            MAKER_TLV(f, 0x30,
                      tagged(f, 1, "1.2.840.113549.1.1.8",
                             algorithm(f, "1.2.840.113549.2.5", BER_NULL))),
            SCEP_R_ENVELOPE_ALG);
    /* a label; none where one is promised; another source */
    oaep_is(f,
            MAKER_TLV(f, 0x30,
                      tagged(f, 2, "1.2.840.113549.1.1.9", octets(f, "l"))),
            SCEP_R_ENVELOPE_ALG);
    oaep_is(f,
            MAKER_TLV(f, 0x30, tagged(f, 2, "1.2.840.113549.1.1.9", NOTHING)),
            SCEP_R_ENVELOPE_ALG);
    oaep_is(f, MAKER_TLV(f, 0x30, tagged(f, 2, "1.2.3", octets(f, ""))),
            SCEP_R_ENVELOPE_ALG);
}

static void other_envelopes_are_refused(void **state)
{
    static const char *const oids[] = {
        "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2",
        "1.2.840.113549.1.9.16.1.23" /* AuthEnvelopedData */};
    fixture_t *f = *state;
    enveloped_t e = good_enveloped(f);
    scep_octets_t inner =
        MAKER_TLV(f, 0x30, e.version, e.recipients, e.content);
    scep_octets_t deep = BER_NULL;
    size_t i;

    for (i = 0; i < sizeof(oids) / sizeof(oids[0]); i++) {
        assert_int_equal(preflight(f, content_info(f, oids[i], inner)),
                         SCEP_REFUSED);
        assert_int_equal(f->res.reason, SCEP_R_ENVELOPE);
    }
    assert_int_equal(preflight(f, inner), SCEP_REFUSED);
    assert_int_equal(f->res.reason, SCEP_R_ENVELOPE);
    for (i = 0; i < SCEP_MAX_DEPTH; i++) {
        deep = MAKER_TLV(f, 0x30, deep);
    }
    e.attributes = deep;
    enveloped_is(f, &e, SCEP_R_ENVELOPE);
}

/* S21: what OpenSSL's CMS code has had bugs in does not come that far. The
 * inputs are the fuzzer's too. */
static void shapes_of_known_bugs_are_refused(void **state)
{
    static const struct {
        const char *name;
        scep_reason_e reason;
    } rows[] = {
        {"CVE-2025-9230-pwri", SCEP_R_ENVELOPE_ALG},
        {"CVE-2025-15467-long-nonce", SCEP_R_ENVELOPE_ALG},
        {"CVE-2026-34182-authenveloped", SCEP_R_ENVELOPE},
        {"CVE-2026-34182-gcm-in-enveloped", SCEP_R_ENVELOPE_ALG},
        {"CVE-2026-63072-wrap-pad", SCEP_R_ENVELOPE_ALG},
        {"envelope-kari", SCEP_R_ENVELOPE_ALG},
        {"envelope-kek", SCEP_R_ENVELOPE_ALG},
        {"envelope-long-iv", SCEP_R_ENVELOPE_ALG},
    };
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        scep_octets_t der = fixture_file(
            f, apr_pstrcat(f->pool, "tests/fuzz/corpus/pkimessage/",
                           rows[i].name, NULL));

        assert_int_equal(preflight(f, der), SCEP_REFUSED);
        assert_int_equal(f->res.reason, rows[i].reason);
    }
}

/* --- PKCS#10 ------------------------------------------------------------- */

static void csr_is(fixture_t *f, scep_octets_t der, bool good)
{
    assert_int_equal(scep_preflight_csr(der, &f->res),
                     good ? SCEP_OK : SCEP_REFUSED);
    if (!good) {
        assert_int_equal(f->res.reason, SCEP_R_CONTENT);
    }
}

static void csr_shape_is_checked(void **state)
{
    fixture_t *f = *state;
    scep_octets_t info = MAKER_TLV(f, 0x30, BER_NULL);
    scep_octets_t bits = MAKER_TLV(f, 0x03, MAKER_OCTETS("\0signature"));
    scep_octets_t good = MAKER_TLV(f, 0x30, info, info, bits);
    scep_octets_t deep = BER_NULL;
    int i;

    csr_is(f, good, true);
    csr_is(f, repeat(f, good, 2), false); /* trailing octets */
    csr_is(f, (scep_octets_t){good.data, good.len - 1}, false);
    csr_is(f, NOTHING, false);
    csr_is(f, MAKER_TLV(f, 0x30, info, bits), false);
    csr_is(f, MAKER_TLV(f, 0x30, info, info, info), false);
    csr_is(f, MAKER_TLV(f, 0x30, info, info, bits, bits), false);
    csr_is(f, MAKER_TLV(f, 0x31, info, info, bits), false);
    csr_is(f, content_info(f, "1.2.840.113549.1.7.1", info), false);
    for (i = 0; i < SCEP_MAX_DEPTH; i++) {
        deep = MAKER_TLV(f, 0x30, deep);
    }
    csr_is(f, MAKER_TLV(f, 0x30, deep, info, bits), false);
}

static void csr_size_is_limited(void **state)
{
    fixture_t *f = *state;
    scep_octets_t info = MAKER_TLV(f, 0x30, BER_NULL);
    /* four octets of header, twice four octets of INFO, four of header */
    scep_octets_t bits = {apr_pcalloc(f->pool, SCEP_MAX_CSR),
                          SCEP_MAX_CSR - 4 - 4 - 4 - 4};

    csr_is(f, MAKER_TLV(f, 0x30, info, info, MAKER_TLV(f, 0x03, bits)), true);
    bits.len++;
    csr_is(f, MAKER_TLV(f, 0x30, info, info, MAKER_TLV(f, 0x03, bits)), false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(good_signed_data_passes),
        FIXTURE_TEST(signed_parts_are_checked),
        FIXTURE_TEST(signed_counts_are_limited),
        FIXTURE_TEST(content_is_checked),
        FIXTURE_TEST(one_must_sign),
        FIXTURE_TEST(signer_parts_are_checked),
        FIXTURE_TEST(attributes_are_limited),
        FIXTURE_TEST(other_content_infos_are_refused),
        FIXTURE_TEST(depth_is_limited),
        FIXTURE_TEST(ciphers_are_known_with_their_iv),
        FIXTURE_TEST(other_ciphers_are_refused),
        FIXTURE_TEST(encrypted_content_is_checked),
        FIXTURE_TEST(optional_parts_are_refused),
        FIXTURE_TEST(recipients_are_limited),
        FIXTURE_TEST(recipient_is_key_transport),
        FIXTURE_TEST(key_transport_parameters_are_known),
        FIXTURE_TEST(oaep_parameters_are_known),
        FIXTURE_TEST(other_envelopes_are_refused),
        FIXTURE_TEST(shapes_of_known_bugs_are_refused),
        FIXTURE_TEST(csr_shape_is_checked),
        FIXTURE_TEST(csr_size_is_limited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
