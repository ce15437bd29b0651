/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_csr_extensions.c: the extensions that a PKCS#10 asks for. (protocol
 * layer)
 */
#include "scep_csr_extensions.h"

#include <openssl/err.h>
#include <openssl/objects.h>

enum {
    MAX_EXTENSIONS = 32,
    MAX_NESTED = 4 /* lists and strings around an extension */
};

/* extensionRequest of PKCS #9 (RFC 2985 5.4.2), of SCEP's old drafts, and
 * Microsoft's */
static const unsigned char pkcs9[] = {0x2a, 0x86, 0x48, 0x86, 0xf7,
                                      0x0d, 0x01, 0x09, 0x0e};
static const unsigned char scep[] = {0x60, 0x86, 0x48, 0x01, 0x86,
                                     0xf8, 0x45, 0x01, 0x09, 0x08};
static const unsigned char microsoft[] = {0x2b, 0x06, 0x01, 0x04, 0x01,
                                          0x82, 0x37, 0x02, 0x01, 0x0e};

typedef struct found_t {
    scep_extensions_t *extensions;
    scep_result_t *res;
} found_t;

static bool is_extension_request(scep_octets_t oid)
{
    return scep_octets_equal(oid, (scep_octets_t){pkcs9, sizeof(pkcs9)}) ||
           scep_octets_equal(oid, (scep_octets_t){scep, sizeof(scep)}) ||
           scep_octets_equal(oid,
                             (scep_octets_t){microsoft, sizeof(microsoft)});
}

static void extensions_free(void *object)
{
    scep_extensions_t *extensions = object;

    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}

static bool same(X509_EXTENSION *a, X509_EXTENSION *b)
{
    return X509_EXTENSION_get_critical(a) == X509_EXTENSION_get_critical(b) &&
           ASN1_OCTET_STRING_cmp(X509_EXTENSION_get_data(a),
                                 X509_EXTENSION_get_data(b)) == 0;
}

/* The extension of E's type; each type may occur once (RFC 5280 4.2). */
static X509_EXTENSION *find_extension(const scep_extensions_t *extensions,
                                      X509_EXTENSION *e)
{
    int i = X509v3_get_ext_by_OBJ(extensions, X509_EXTENSION_get_object(e), -1);

    return i < 0 ? NULL : sk_X509_EXTENSION_value(extensions, i);
}

/* Takes ownership of E, also when it fails. */
static scep_status_e add_parsed(found_t *found, X509_EXTENSION *e)
{
    X509_EXTENSION *other = find_extension(found->extensions, e);
    scep_status_e status = SCEP_OK;
    char name[80];

    if (other == NULL) {
        if (sk_X509_EXTENSION_num(found->extensions) >= MAX_EXTENSIONS) {
            status = scep_fail(found->res, SCEP_R_CONTENT,
                               "more than %d extensions are requested",
                               MAX_EXTENSIONS);
        }
        else if (sk_X509_EXTENSION_push(found->extensions, e) <= 0) {
            status = scep_fail(found->res, SCEP_R_INTERNAL, "no memory");
        }
        else {
            return SCEP_OK;
        }
    }
    else if (!same(e, other)) {
        OBJ_obj2txt(name, sizeof(name), X509_EXTENSION_get_object(e), 0);
        status = scep_fail(found->res, SCEP_R_CONTENT,
                           "the PKCS#10 asks for two different extensions "
                           "\"%s\"; the client must send one",
                           name);
    }
    X509_EXTENSION_free(e);
    return status;
}

static scep_status_e add_extension(found_t *found, scep_octets_t der)
{
    const unsigned char *in = der.data;
    X509_EXTENSION *e = d2i_X509_EXTENSION(NULL, &in, (long)der.len);

    if (e == NULL || in != der.data + der.len) {
        X509_EXTENSION_free(e);
        return scep_fail(found->res, SCEP_R_CONTENT,
                         "a requested extension is malformed");
    }
    return add_parsed(found, e);
}

/* The octets of a string: BIT STRINGs begin with the number of unused bits.
 * @return false if E is no string */
static bool string_octets(const scep_ber_t *e, scep_octets_t *octets)
{
    *octets = e->body;
    switch (e->id) {
    case V_ASN1_BIT_STRING:
        if (octets->len > 0) {
            octets->data++;
            octets->len--;
        }
        return true;
    case V_ASN1_NULL:
    case V_ASN1_OCTET_STRING:
    case V_ASN1_UTF8STRING:
        return true;
    default:
        return e->id >= V_ASN1_NUMERICSTRING && e->id <= V_ASN1_BMPSTRING &&
               e->id != V_ASN1_UTCTIME && e->id != V_ASN1_GENERALIZEDTIME;
    }
}

/* Add E: Extensions, one Extension, a string that holds either, or a list of
 * these. DEPTH bounds the recursion. */
static scep_status_e add_value(found_t *found, const scep_ber_t *e, int depth)
{
    scep_ber_reader_t in = scep_ber_read(e->body);
    scep_octets_t octets;
    scep_ber_t child;
    scep_status_e status = SCEP_OK;

    if (e->id == SCEP_BER_SEQUENCE && scep_ber_is(&in, SCEP_BER_OID)) {
        return add_extension(found, e->whole);
    }
    if (depth == MAX_NESTED) {
        return scep_fail(found->res, SCEP_R_CONTENT,
                         "extensions are nested too deeply");
    }
    if (e->id != SCEP_BER_SEQUENCE && e->id != SCEP_BER_SET) {
        if (!string_octets(e, &octets) ||
            (octets.len > 0 && scep_ber_check(octets) != SCEP_BER_GOOD)) {
            return scep_fail(found->res, SCEP_R_CONTENT,
                             "the value of the extension request, of type "
                             "0x%02x, does not hold extensions",
                             e->id);
        }
        in = scep_ber_read(octets);
    }
    while (status == SCEP_OK && !scep_ber_end(&in)) {
        status = scep_ber_next(&in, &child)
                     ? add_value(found, &child, depth + 1)
                     : scep_fail(found->res, SCEP_R_CONTENT,
                                 "the extension request is malformed");
    }
    return status;
}

scep_status_e scep_csr_read_extensions(scep_csr_t *csr,
                                       scep_ber_reader_t attributes,
                                       apr_pool_t *pool, scep_result_t *res)
{
    found_t found = {sk_X509_EXTENSION_new_null(), res};
    scep_status_e status = SCEP_OK;
    scep_octets_t oid, values;

    if (found.extensions == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL, "no memory");
    }
    scep_own(pool, found.extensions, extensions_free);
    ERR_set_mark();
    while (status == SCEP_OK &&
           scep_csr_next_attribute(&attributes, &oid, &values)) {
        scep_ber_reader_t in = scep_ber_read(values);
        scep_ber_t e;

        while (status == SCEP_OK && is_extension_request(oid) &&
               scep_ber_next(&in, &e)) {
            status = add_value(&found, &e, 0);
        }
    }
    ERR_pop_to_mark(); /* RES tells of extensions that do not parse */
    if (status == SCEP_OK && sk_X509_EXTENSION_num(found.extensions) > 0) {
        csr->extensions = found.extensions;
    }
    return status;
}
