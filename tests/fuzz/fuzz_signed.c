/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * Fuzz target: the signed attributes and the content of a pkiMessage, which is
 * signed here, so that what lies behind the signature is reached too.
 *
 * The input is an octet of flags, the length of the attributes in two octets,
 * the attributes (an element after the other) and the content.
 */
#include <string.h>

#include <apr_general.h>

#include <openssl/pem.h>

#include "message.h"
#include "scep_ber.h"

/* Of an input. */
enum {
    NO_DIGEST = 1,  /* a messageDigest is the input's own business */
    NO_CONTENT = 2, /* eContent absent */
    ENVELOPED = 4,  /* eContentType is envelopedData, as XiPKI has it */
    AS_IT_IS = 8    /* the attributes are signed as they are, not their DER */
};

enum { HEAD = 3, TAG_CONTEXT = SCEP_BER_CONTEXT_CONS };

#define LITERAL(...)                                                           \
    ((scep_octets_t){(const unsigned char[]){__VA_ARGS__},                     \
                     sizeof((const unsigned char[]){__VA_ARGS__})})
#define PARTS(...)                                                             \
    (const scep_octets_t[]){__VA_ARGS__},                                      \
        sizeof((const scep_octets_t[]){__VA_ARGS__}) / sizeof(scep_octets_t)
#define TLV(pool, id, ...) tlv(pool, id, PARTS(__VA_ARGS__))

#define PKCS 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01
#define OID_DATA LITERAL(0x06, 0x09, PKCS, 0x07, 0x01)
#define OID_SIGNED LITERAL(0x06, 0x09, PKCS, 0x07, 0x02)
#define OID_ENVELOPED LITERAL(0x06, 0x09, PKCS, 0x07, 0x03)
#define OID_MESSAGE_DIGEST LITERAL(0x06, 0x09, PKCS, 0x09, 0x04)
#define VERSION_1 LITERAL(0x02, 0x01, 0x01)
#define SHA_256                                                                \
    LITERAL(0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,  \
            0x02, 0x01)
#define RSA LITERAL(0x30, 0x0d, 0x06, 0x09, PKCS, 0x01, 0x01, 0x05, 0x00)

unsigned long fuzz_accepted;

static EVP_PKEY *key;
static scep_octets_t cert, sid; /* of the signer; issuerAndSerialNumber */

/* An element with identifier ID and COUNT parts as its contents. */
static scep_octets_t tlv(apr_pool_t *pool, unsigned int id,
                         const scep_octets_t *parts, size_t count)
{
    scep_octets_t whole;
    unsigned char *to;
    size_t len = 0, i;

    for (i = 0; i < count; i++) {
        len += parts[i].len;
    }
    whole.data = to = apr_palloc(pool, len + 5);
    *to++ = (unsigned char)id;
    if (len >= 128) {
        unsigned int octets = len > 0xffff ? 3 : len > 0xff ? 2 : 1;

        *to++ = (unsigned char)(0x80 | octets);
        while (--octets > 0) {
            *to++ = (unsigned char)(len >> (8 * octets));
        }
    }
    *to++ = (unsigned char)len;
    for (i = 0; i < count; i++) {
        if (parts[i].len > 0) {
            memcpy(to, parts[i].data, parts[i].len);
            to += parts[i].len;
        }
    }
    whole.len = (size_t)(to - whole.data);
    return whole;
}

static void set_up(void)
{
    apr_pool_t *pool;
    X509 *signer;

    if (key != NULL) {
        return;
    }
    fuzz_set_up();
    FUZZ_KEEP(1);
    apr_pool_create(&pool, NULL);
    signer = scep_x509_own(
        pool, PEM_read_bio_X509(fuzz_file(pool, "tests/fuzz/signer.crt"), NULL,
                                NULL, NULL));
    key = scep_pkey_own(
        pool, PEM_read_bio_PrivateKey(fuzz_file(pool, "tests/fuzz/signer.key"),
                                      NULL, NULL, NULL));
    FUZZ_CHECK(signer != NULL && key != NULL);
    cert = scep_x509_der(pool, signer);
    sid = TLV(pool, SCEP_BER_SEQUENCE,
              scep_der_of(pool, X509_get_issuer_name(signer),
                          ASN1_ITEM_rptr(X509_NAME)),
              scep_der_of(pool, X509_get0_serialNumber(signer),
                          ASN1_ITEM_rptr(ASN1_INTEGER)));
    FUZZ_KEEP(0);
}

/* ATTRIBUTES in DER but for their order, which is what OpenSSL verifies; as
 * they are if they do not parse. */
static scep_octets_t normal(scep_octets_t attributes, apr_pool_t *pool)
{
    const unsigned char *in = attributes.data;
    const unsigned char *end = in + attributes.len;
    BIO *out = scep_bio_own(pool, BIO_new(BIO_s_mem()));
    bool good = out != NULL;

    while (good && in < end) {
        X509_ATTRIBUTE *a = d2i_X509_ATTRIBUTE(NULL, &in, end - in);

        good = a != NULL &&
               ASN1_item_i2d_bio(ASN1_ITEM_rptr(X509_ATTRIBUTE), out, a) == 1;
        X509_ATTRIBUTE_free(a);
    }
    scep_crypto_clear_errors();
    return good ? scep_bio_octets(pool, out) : attributes;
}

static scep_octets_t with_digest(scep_octets_t attributes,
                                 scep_octets_t content, apr_pool_t *pool)
{
    unsigned char *hash = apr_palloc(pool, SCEP_HASH_SIZE);
    scep_octets_t digest = {hash, SCEP_HASH_SIZE}, attribute, whole;
    unsigned char *to;

    FUZZ_CHECK(scep_sha256(content, hash));
    attribute =
        TLV(pool, SCEP_BER_SEQUENCE, OID_MESSAGE_DIGEST,
            TLV(pool, SCEP_BER_SET, TLV(pool, SCEP_BER_OCTETS, digest)));
    whole.len = attributes.len + attribute.len;
    whole.data = to = apr_palloc(pool, whole.len);
    if (attributes.len > 0) {
        memcpy(to, attributes.data, attributes.len);
    }
    memcpy(to + attributes.len, attribute.data, attribute.len);
    return whole;
}

static scep_octets_t sign(scep_octets_t octets, apr_pool_t *pool)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t len = (size_t)EVP_PKEY_get_size(key);
    unsigned char *signature = apr_palloc(pool, len);

    FUZZ_CHECK(ctx != NULL &&
               EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
               EVP_DigestSign(ctx, signature, &len, octets.data, octets.len) ==
                   1);
    EVP_MD_CTX_free(ctx);
    return (scep_octets_t){signature, len};
}

/* A SignedData of ATTRIBUTES and CONTENT; SIGNED are the attributes that the
 * signature covers. */
static scep_octets_t make_message(unsigned int flags, scep_octets_t attributes,
                                  scep_octets_t covered, scep_octets_t content,
                                  apr_pool_t *pool)
{
    scep_octets_t type = flags & ENVELOPED ? OID_ENVELOPED : OID_DATA;
    scep_octets_t nothing = {NULL, 0}, signature, info, data;

    signature = sign(TLV(pool, SCEP_BER_SET, covered), pool);
    info = TLV(pool, SCEP_BER_SEQUENCE, VERSION_1, sid, SHA_256,
               TLV(pool, TAG_CONTEXT, attributes), RSA,
               TLV(pool, SCEP_BER_OCTETS, signature));
    data = TLV(pool, TAG_CONTEXT, TLV(pool, SCEP_BER_OCTETS, content));
    data = TLV(
        pool, SCEP_BER_SEQUENCE, VERSION_1, TLV(pool, SCEP_BER_SET, SHA_256),
        TLV(pool, SCEP_BER_SEQUENCE, type, flags & NO_CONTENT ? nothing : data),
        TLV(pool, TAG_CONTEXT, cert), TLV(pool, SCEP_BER_SET, info));
    return TLV(pool, SCEP_BER_SEQUENCE, OID_SIGNED,
               TLV(pool, TAG_CONTEXT, data));
}

/* What is promised of a message that was read. */
static void check_message(const scep_pkimessage_t *msg, scep_octets_t covered,
                          scep_octets_t content)
{
    unsigned char hash[SCEP_HASH_SIZE];
    size_t len = msg->transaction_id_raw.len;

    FUZZ_CHECK(EVP_PKEY_eq(msg->signer_key, key) == 1);
    FUZZ_CHECK(scep_octets_equal(msg->envelope, content));
    FUZZ_CHECK(scep_sha256(covered, hash) &&
               memcmp(hash, msg->hash, sizeof(hash)) == 0);
    FUZZ_CHECK(strcmp(scep_message_type_name(msg->message_type), "unknown") !=
                   0 &&
               msg->message_type != SCEP_MSG_CERTREP);
    FUZZ_CHECK(len > 0 && len <= SCEP_MAX_TRANSACTION_ID &&
               strlen(msg->transaction_id) == len);
    FUZZ_CHECK(msg->sender_nonce.len <= SCEP_MAX_NONCE);
}

static void one_message(unsigned int flags, scep_octets_t attributes,
                        scep_octets_t content, apr_pool_t *pool)
{
    scep_octets_t covered;
    scep_pkimessage_t *msg;
    scep_result_t res;

    scep_result_init(&res, pool);
    if (flags & NO_CONTENT) {
        content.len = 0;
    }
    if ((flags & NO_DIGEST) == 0) {
        attributes = with_digest(attributes, content, pool);
    }
    covered = flags & AS_IT_IS ? attributes : normal(attributes, pool);
    msg = fuzz_decode(make_message(flags, attributes, covered, content, pool),
                      pool, &res);
    if (msg != NULL) {
        check_message(msg, covered, content);
        fuzz_open(msg, &res);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scep_octets_t attributes, content;
    apr_pool_t *pool;

    set_up();
    if (size < HEAD) {
        return 0;
    }
    attributes.data = data + HEAD;
    attributes.len = (size_t)data[1] << 8 | data[2];
    if (attributes.len > size - HEAD) {
        attributes.len = size - HEAD;
    }
    content.data = attributes.data + attributes.len;
    content.len = size - HEAD - attributes.len;
    apr_pool_create(&pool, NULL);
    one_message(data[0], attributes, content, pool);
    apr_pool_destroy(pool);
    return 0;
}
