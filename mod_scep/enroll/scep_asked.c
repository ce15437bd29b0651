/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_asked.c: see scep_asked.h. (enroll layer)
 */
#include "scep_asked.h"

#include <apr_strings.h>
#include <apr_tables.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "scep_str.h"

/* OpenSSL prints these in its own words, with no text of the request. */
static bool has_words(int nid)
{
    return nid == NID_key_usage || nid == NID_ext_key_usage ||
           nid == NID_basic_constraints;
}

static const char *value_of(X509_EXTENSION *extension, int nid,
                            apr_pool_t *pool)
{
    const ASN1_OCTET_STRING *data = X509_EXTENSION_get_data(extension);
    BIO *bio = scep_bio_own(pool, BIO_new(BIO_s_mem()));
    bool printed;

    ERR_set_mark();
    printed = has_words(nid) && bio != NULL &&
              X509V3_EXT_print(bio, extension, X509V3_EXT_DEFAULT, 0) == 1;
    ERR_pop_to_mark();
    if (printed) {
        return scep_visible(pool, scep_bio_octets(pool, bio), "");
    }
    return apr_pstrcat(pool, "#",
                       scep_hex(pool, ASN1_STRING_get0_data(data),
                                (size_t)ASN1_STRING_length(data)),
                       NULL);
}

const char *scep_asked_extensions(const scep_extensions_t *extensions,
                                  apr_pool_t *pool)
{
    apr_array_header_t *parts = apr_array_make(pool, 8, sizeof(const char *));
    int i;

    for (i = 0; i < sk_X509_EXTENSION_num(extensions); i++) {
        X509_EXTENSION *extension = sk_X509_EXTENSION_value(extensions, i);
        int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
        char oid[128] = "";

        if (nid == NID_subject_alt_name) {
            continue;
        }
        OBJ_obj2txt(oid, sizeof(oid), X509_EXTENSION_get_object(extension), 1);
        APR_ARRAY_PUSH(parts, const char *) = apr_pstrcat(
            pool, has_words(nid) ? OBJ_nid2sn(nid) : oid,
            X509_EXTENSION_get_critical(extension) ? " critical " : " ",
            value_of(extension, nid, pool), NULL);
    }
    if (parts->nelts == 0) {
        return NULL;
    }
    for (i = 0; i < parts->nelts - 1; i++) {
        const char **part = &APR_ARRAY_IDX(parts, i, const char *);

        *part = apr_pstrcat(pool, *part, "; ", NULL);
    }
    return apr_array_pstrcat(pool, parts, 0);
}
