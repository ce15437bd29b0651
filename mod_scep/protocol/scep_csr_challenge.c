/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_csr_challenge.c: the challengePassword of a PKCS#10. (protocol layer)
 */
#include "scep_csr_challenge.h"

#include <string.h>

#include "scep_ber.h"

/* id-challengePassword, RFC 2985 5.4.1 */
static const unsigned char challenge_oid[] = {0x2a, 0x86, 0x48, 0x86, 0xf7,
                                              0x0d, 0x01, 0x09, 0x07};

/* The CertificationRequestInfo of a PKCS#10, and its attributes (RFC 2986
 * 4.1), which some leave out where there are none. */
static bool find_attributes(scep_octets_t der, scep_octets_t *info,
                            scep_ber_reader_t *attributes)
{
    scep_ber_reader_t in = scep_ber_read(der);
    scep_ber_reader_t csr, body;
    scep_ber_t e;

    if (!scep_ber_enter(&in, SCEP_BER_SEQUENCE, &csr) ||
        !scep_ber_take(&csr, SCEP_BER_SEQUENCE, &e)) {
        return false;
    }
    *info = e.whole;
    body = scep_ber_read(e.body);
    if (!scep_ber_take(&body, SCEP_BER_INTEGER, &e) ||
        !scep_ber_take(&body, SCEP_BER_SEQUENCE, &e) ||
        !scep_ber_take(&body, SCEP_BER_SEQUENCE, &e)) {
        return false;
    }
    *attributes = body;
    return scep_ber_end(&body) ||
           (scep_ber_enter(&body, SCEP_BER_CONTEXT_CONS, attributes) &&
            scep_ber_end(&body));
}

static bool next_attribute(scep_ber_reader_t *attributes, scep_octets_t *oid,
                           scep_octets_t *values)
{
    scep_ber_reader_t attribute;
    scep_ber_t type, set;

    if (!scep_ber_enter(attributes, SCEP_BER_SEQUENCE, &attribute) ||
        !scep_ber_take(&attribute, SCEP_BER_OID, &type) ||
        !scep_ber_take(&attribute, SCEP_BER_SET, &set) ||
        !scep_ber_end(&attribute)) {
        return false;
    }
    *oid = type.body;
    *values = set.body;
    return true;
}

/* Put one OCTET STRING of zeros, something that can be parsed, in the place
 * of elements of LEN octets, which is at most SCEP_MAX_CSR. */
static void blank_out(unsigned char *at, size_t len)
{
    scep_wipe(at, len);
    if (len >= 130) {
        at[0] = SCEP_BER_OCTETS;
        at[1] = 0x82;
        at[2] = (unsigned char)((len - 4) >> 8);
        at[3] = (unsigned char)((len - 4) & 0xff);
    }
    else if (len >= 2) {
        at[0] = SCEP_BER_OCTETS;
        at[1] = (unsigned char)(len - 2);
    }
}

/* @return the state; OUT is NULL unless it is PRESENT */
static scep_challenge_state_e to_text(const ASN1_STRING *value,
                                      apr_pool_t *pool, const char **out)
{
    scep_challenge_state_e state = SCEP_CHALLENGE_MALFORMED;
    unsigned char *text = NULL;
    int len = ASN1_STRING_to_UTF8(&text, value);

    if (len > 0 && len <= SCEP_MAX_CHALLENGE &&
        memchr(text, '\0', (size_t)len) == NULL) {
        char *copy = scep_secret_alloc(pool, (size_t)len + 1);

        memcpy(copy, text, (size_t)len); /* the rest is zero */
        *out = copy;
        state = SCEP_CHALLENGE_PRESENT;
    }
    if (len > 0) {
        OPENSSL_clear_free(text, (size_t)len);
    }
    return state;
}

static scep_challenge_state_e read_string(const scep_ber_t *e, apr_pool_t *pool,
                                          const char **out)
{
    scep_challenge_state_e state = SCEP_CHALLENGE_MALFORMED;
    ASN1_STRING *value;

    if (e->body.len == 0) {
        return SCEP_CHALLENGE_ABSENT;
    }
    value = ASN1_STRING_type_new(e->id);
    if (value != NULL &&
        ASN1_STRING_set(value, e->body.data, (int)e->body.len) == 1) {
        state = to_text(value, pool, out);
    }
    ASN1_STRING_clear_free(value);
    scep_crypto_clear_errors(); /* of text that is not what it says it is */
    return state;
}

/* VALUES must hold one string. */
static scep_challenge_state_e read_values(scep_octets_t values,
                                          apr_pool_t *pool, const char **out)
{
    scep_ber_reader_t in = scep_ber_read(values);
    scep_ber_t e;

    if (!scep_ber_next(&in, &e) || !scep_ber_end(&in)) {
        return SCEP_CHALLENGE_MALFORMED;
    }
    switch (e.id) { /* of a universal, primitive type: its number */
    case V_ASN1_PRINTABLESTRING:
    case V_ASN1_UTF8STRING:
    case V_ASN1_IA5STRING:
    case V_ASN1_T61STRING:
    case V_ASN1_BMPSTRING:
    case V_ASN1_UNIVERSALSTRING:
        return read_string(&e, pool, out);
    default:
        return SCEP_CHALLENGE_MALFORMED;
    }
}

bool scep_csr_take_challenge(scep_csr_t *csr, apr_pool_t *pool,
                             scep_csr_parts_t *parts)
{
    const scep_octets_t wanted = {challenge_oid, sizeof(challenge_oid)};
    unsigned char *blank = scep_secret_alloc(pool, csr->der.len);
    scep_octets_t oid, values, found = {NULL, 0};
    scep_ber_reader_t attributes;
    int count = 0;

    csr->challenge = NULL;
    csr->challenge_state = SCEP_CHALLENGE_ABSENT;
    if (!find_attributes(csr->der, &parts->info, &attributes)) {
        return false;
    }
    memcpy(blank, csr->der.data, csr->der.len);
    while (!scep_ber_end(&attributes)) {
        if (!next_attribute(&attributes, &oid, &values)) {
            return false;
        }
        if (scep_octets_equal(oid, wanted)) {
            blank_out(blank + (values.data - csr->der.data), values.len);
            found = values;
            count++;
        }
    }
    if (count > 0) {
        csr->challenge_state = count == 1
                                   ? read_values(found, pool, &csr->challenge)
                                   : SCEP_CHALLENGE_MALFORMED;
    }
    parts->blank = (scep_octets_t){blank, csr->der.len};
    return true;
}
