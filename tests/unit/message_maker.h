/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * Good and bad pkiMessages as clients make them, with OpenSSL's CMS, and BER by
 * hand where OpenSSL would not write it. A failure fails the test.
 */
#ifndef SCEP_TEST_MESSAGE_MAKER_H
#define SCEP_TEST_MESSAGE_MAKER_H

#include "fixture.h"

#include <apr_tables.h>

#include "scep_crypto.h"

enum { MAKER_MAX_RECIPIENTS = 6 };

/* A signed attribute: VALUE, of type TYPE (V_ASN1_...), VALUES times in one
 * attribute, which itself is there COPIES times. */
typedef struct maker_attribute_t {
    const char *oid;
    int type;
    scep_octets_t value;
    int values;
    int copies;
} maker_attribute_t;

typedef struct maker_t {
    OSSL_LIB_CTX *libctx; /* of the keys and certificates too */
    /* the envelope */
    scep_octets_t data;                     /* messageData */
    const char *cipher;                     /* OpenSSL's name */
    X509 *recipients[MAKER_MAX_RECIPIENTS]; /* up to a NULL */
    bool oaep;
    const char *oaep_digest; /* NULL: the default, which is left out */
    const char *oaep_mgf1;   /* NULL: as oaep_digest */
    const char *oaep_label;  /* NULL: none */
    bool by_key_id;          /* recipients named by subjectKeyIdentifier */
    bool envelope_ber;       /* indefinite lengths, strings in segments */
    /* the outer layer */
    scep_keypair_t signer;
    X509 *certs[12];      /* enclosed, up to a NULL, before the signer's */
    bool without_signer;  /* the signer's certificate is not enclosed */
    const char *digest;   /* OpenSSL's name */
    bool pss;             /* RSASSA-PSS */
    const char *pss_mgf1; /* OpenSSL's name; NULL: as digest */
    int content_type;     /* NID */
    bool without_content; /* eContent absent */
    bool ber;             /* indefinite lengths, strings in segments */
    maker_attribute_t attributes[40]; /* up to an OID that is NULL */
} maker_t;

/** A PKCSReq as today's clients send it, for messageData DATA: SHA-256,
 * AES-128-CBC, RSAES-PKCS1-v1_5. Change what you like before maker_message().
 */
maker_t *maker_new(fixture_t *f, const scep_keypair_t *signer, X509 *recipient,
                   scep_octets_t data);

/** The signed attribute of OID (to be changed); added if it is not there. */
maker_attribute_t *maker_attribute(maker_t *m, const char *oid);

/** Its value as a string. */
void maker_set_text(maker_t *m, const char *oid, const char *text);

/** The whole message in DER, or BER. */
scep_octets_t maker_message(fixture_t *f, const maker_t *m);

/** The pkcsPKIEnvelope alone. */
scep_octets_t maker_envelope(fixture_t *f, const maker_t *m);

/** The outer layer around any octets. */
scep_octets_t maker_sign(fixture_t *f, const maker_t *m, scep_octets_t content);

/** A PKCS#10, not yet signed, to which attributes can be added. */
X509_REQ *maker_req(fixture_t *f, EVP_PKEY *key, const char *cn);

/** Add a challengePassword of type TYPE (V_ASN1_...). */
void maker_challenge(X509_REQ *req, int type, const void *value, size_t len);

/** Sign it. */
scep_octets_t maker_req_sign(fixture_t *f, X509_REQ *req, EVP_PKEY *key,
                             const char *digest);

/** A whole PKCS#10 in one call, with CHALLENGE (may be NULL) as a
 * PrintableString. */
scep_octets_t maker_csr(fixture_t *f, EVP_PKEY *key, const char *cn,
                        const char *challenge);

/** Octets of a string literal, which may hold NULs. */
#define MAKER_OCTETS(literal)                                                  \
    ((scep_octets_t){(const unsigned char *)(literal), sizeof(literal) - 1})

/** An element with identifier ID and COUNT parts as its contents. */
scep_octets_t maker_tlv(fixture_t *f, unsigned int id,
                        const scep_octets_t *parts, size_t count);

/** The same with an indefinite length. */
scep_octets_t maker_tlv_indefinite(fixture_t *f, unsigned int id,
                                   const scep_octets_t *parts, size_t count);

#define MAKER_PARTS(...)                                                       \
    (const scep_octets_t[]){__VA_ARGS__},                                      \
        sizeof((const scep_octets_t[]){__VA_ARGS__}) / sizeof(scep_octets_t)
#define MAKER_TLV(f, id, ...) maker_tlv(f, id, MAKER_PARTS(__VA_ARGS__))

/** An OBJECT IDENTIFIER element. */
scep_octets_t maker_oid(fixture_t *f, const char *dotted);

/** A copy in which the first occurrence of FIND, which must be there, is
 * replaced by as many octets of REPLACE. */
scep_octets_t maker_patch(fixture_t *f, scep_octets_t octets,
                          scep_octets_t find, scep_octets_t replace);

#endif
