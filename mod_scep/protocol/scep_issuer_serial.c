/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_issuer_serial.c: an IssuerAndSerialNumber from a peer, read with
 * bounds. (protocol layer)
 */
#include "scep_issuer_serial.h"

#include <openssl/pkcs7.h>

#include "scep_ber.h"

static void name_free(void *name)
{
    X509_NAME_free(name);
}

static scep_status_e fail_content(scep_result_t *res, const char *what)
{
    return scep_fail(res, SCEP_R_CONTENT, "the IssuerAndSerialNumber %s", what);
}

/* Read the two elements; there must be nothing else. */
static bool split(scep_octets_t der, scep_ber_t *issuer, scep_ber_t *serial)
{
    scep_ber_reader_t in, inner;

    if (scep_ber_check(der) != SCEP_BER_GOOD) {
        return false;
    }
    in = scep_ber_read(der);
    return scep_ber_enter(&in, SCEP_BER_SEQUENCE, &inner) &&
           scep_ber_end(&in) &&
           scep_ber_take(&inner, SCEP_BER_SEQUENCE, issuer) &&
           scep_ber_take(&inner, SCEP_BER_INTEGER, serial) &&
           scep_ber_end(&inner);
}

static void integer_free(void *number)
{
    ASN1_INTEGER_free(number);
}

scep_status_e scep_issuer_serial_parse(scep_octets_t der, apr_pool_t *pool,
                                       scep_issuer_serial_t *id,
                                       scep_result_t *res)
{
    scep_ber_t issuer, serial;
    const unsigned char *in;
    ASN1_INTEGER *number;

    if (der.len > SCEP_MAX_ISSUER_SERIAL) {
        return fail_content(res, "is too long");
    }
    if (!split(der, &issuer, &serial)) {
        return fail_content(res, "is malformed");
    }
    if (serial.body.len < 1 || serial.body.len > SCEP_MAX_SERIAL) {
        return fail_content(res, "has a serial number of a bad length");
    }
    in = issuer.whole.data;
    id->issuer = scep_own(
        pool, d2i_X509_NAME(NULL, &in, (long)issuer.whole.len), name_free);
    in = serial.whole.data;
    number = scep_own(pool, d2i_ASN1_INTEGER(NULL, &in, (long)serial.whole.len),
                      integer_free);
    if (id->issuer == NULL || number == NULL) {
        return fail_content(res, "does not parse");
    }
    id->serial = scep_serial_text(pool, number);
    return SCEP_OK;
}
