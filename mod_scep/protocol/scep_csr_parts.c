/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_csr_parts.c: a PKCS#10 taken apart. (protocol layer)
 */
#include "scep_csr_parts.h"

#include <string.h>

#include <openssl/asn1.h>

/* Append a SEQUENCE's header for contents of LEN octets. */
static void append_sequence(unsigned char **to, size_t len)
{
    ASN1_put_object(to, 1, (int)len, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
}

static void append(unsigned char **to, scep_octets_t octets)
{
    memcpy(*to, octets.data, octets.len);
    *to += octets.len;
}

/* A PKCS#10 without attributes: HEAD is version, subject and key; TAIL is
 * algorithm and signature. */
static scep_octets_t encode_bare(scep_octets_t head, scep_octets_t tail,
                                 apr_pool_t *pool)
{
    static const unsigned char none[] = {SCEP_BER_CONTEXT_CONS, 0};
    size_t info_len = head.len + sizeof(none);
    size_t len =
        (size_t)ASN1_object_size(1, (int)info_len, V_ASN1_SEQUENCE) + tail.len;
    size_t size = (size_t)ASN1_object_size(1, (int)len, V_ASN1_SEQUENCE);
    unsigned char *der = apr_palloc(pool, size);
    unsigned char *to = der;

    append_sequence(&to, len);
    append_sequence(&to, info_len);
    append(&to, head);
    append(&to, (scep_octets_t){none, sizeof(none)});
    append(&to, tail);
    return (scep_octets_t){der, size};
}

bool scep_csr_take_apart(scep_octets_t der, apr_pool_t *pool,
                         scep_csr_parts_t *parts)
{
    scep_ber_reader_t in = scep_ber_read(der);
    scep_ber_reader_t csr, body;
    scep_octets_t head, tail;
    scep_ber_t info, algorithm, signature, e;

    if (!scep_ber_enter(&in, SCEP_BER_SEQUENCE, &csr) ||
        !scep_ber_take(&csr, SCEP_BER_SEQUENCE, &info) ||
        !scep_ber_take(&csr, SCEP_BER_SEQUENCE, &algorithm) ||
        !scep_ber_take(&csr, SCEP_BER_BIT_STRING, &signature)) {
        return false;
    }
    body = scep_ber_read(info.body);
    head.data = body.at;
    if (!scep_ber_take(&body, SCEP_BER_INTEGER, &e) ||
        !scep_ber_take(&body, SCEP_BER_SEQUENCE, &e) ||
        !scep_ber_take(&body, SCEP_BER_SEQUENCE, &e)) {
        return false;
    }
    head.len = (size_t)(body.at - head.data);
    tail.data = algorithm.whole.data;
    tail.len = algorithm.whole.len + signature.whole.len;
    /* Some clients omit [0] if they have no attributes (RFC 2986 4.1). */
    parts->attributes = body;
    if (!scep_ber_end(&body) &&
        (!scep_ber_enter(&body, SCEP_BER_CONTEXT_CONS, &parts->attributes) ||
         !scep_ber_end(&body))) {
        return false;
    }
    parts->info = info.whole;
    parts->bare = encode_bare(head, tail, pool);
    return true;
}

bool scep_csr_next_attribute(scep_ber_reader_t *attributes, scep_octets_t *oid,
                             scep_octets_t *values)
{
    scep_ber_reader_t attribute, rest;
    scep_ber_t e, set;

    while (!scep_ber_end(attributes)) {
        if (!scep_ber_next(attributes, &e)) {
            return false;
        }
        attribute = scep_ber_read(e.body);
        if (e.id != SCEP_BER_SEQUENCE ||
            !scep_ber_take(&attribute, SCEP_BER_OID, &e)) {
            continue;
        }
        *oid = e.body;
        rest = attribute;
        *values =
            scep_ber_take(&rest, SCEP_BER_SET, &set) && scep_ber_end(&rest)
                ? set.body
                : (scep_octets_t){attribute.at,
                                  (size_t)(attribute.end - attribute.at)};
        return true;
    }
    return false;
}
