/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_csr_challenge.c: the challengePassword of a PKCS#10. (protocol layer)
 */
#include "scep_csr_challenge.h"

#include <string.h>

#include <openssl/err.h>

enum { MAX_VALUES = 4 };

/* id-challengePassword, RFC 2985 5.4.1 */
static const unsigned char challenge_oid[] = {0x2a, 0x86, 0x48, 0x86, 0xf7,
                                              0x0d, 0x01, 0x09, 0x07};

/* @param out set if the state is PRESENT. @return the state */
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
    ERR_set_mark();
    value = ASN1_STRING_type_new(e->id);
    if (value != NULL &&
        ASN1_STRING_set(value, e->body.data, (int)e->body.len) == 1) {
        state = to_text(value, pool, out);
    }
    ASN1_STRING_clear_free(value);
    ERR_pop_to_mark(); /* text that does not fit its type is malformed */
    return state;
}

/* The identifier of a universal, primitive type is its number. */
static scep_challenge_state_e read_value(const scep_ber_t *e, apr_pool_t *pool,
                                         const char **out)
{
    switch (e->id) {
    case V_ASN1_PRINTABLESTRING:
    case V_ASN1_NUMERICSTRING:
    case V_ASN1_VISIBLESTRING:
    case V_ASN1_UTF8STRING:
    case V_ASN1_IA5STRING:
    case V_ASN1_T61STRING:
    case V_ASN1_BMPSTRING:
    case V_ASN1_UNIVERSALSTRING:
        return read_string(e, pool, out);
    default:
        return SCEP_CHALLENGE_MALFORMED;
    }
}

/* Add a value to CSR. Two values that differ are malformed, since it is not
 * clear which one counts. */
static void add_value(scep_csr_t *csr, const scep_ber_t *e, apr_pool_t *pool)
{
    const char *text = NULL;
    scep_challenge_state_e state = read_value(e, pool, &text);

    if (csr->challenge_state == SCEP_CHALLENGE_MALFORMED ||
        state == SCEP_CHALLENGE_ABSENT) {
        return;
    }
    if (text == NULL ||
        (csr->challenge != NULL && strcmp(csr->challenge, text) != 0)) {
        csr->challenge_state = SCEP_CHALLENGE_MALFORMED;
        csr->challenge = NULL;
        return;
    }
    csr->challenge_state = state;
    csr->challenge = text;
}

void scep_csr_read_challenge(scep_csr_t *csr, scep_ber_reader_t attributes,
                             apr_pool_t *pool)
{
    const scep_octets_t wanted = {challenge_oid, sizeof(challenge_oid)};
    scep_octets_t oid, values;
    int count = 0;

    csr->challenge = NULL;
    csr->challenge_state = SCEP_CHALLENGE_ABSENT;
    while (scep_csr_next_attribute(&attributes, &oid, &values)) {
        scep_ber_reader_t in = scep_ber_read(values);
        scep_ber_t e;

        while (scep_octets_equal(oid, wanted) && scep_ber_next(&in, &e)) {
            if (++count > MAX_VALUES) {
                csr->challenge_state = SCEP_CHALLENGE_MALFORMED;
                csr->challenge = NULL;
                return;
            }
            add_value(csr, &e, pool);
        }
    }
}
