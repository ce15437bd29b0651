/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_master_cms.c: the sealed master password in PEM. (challenge layer) */
#include "scep_master_cms.h"

#include <openssl/pem.h>

#include "scep_seal.h"

#define CURE                                                                   \
    "restore it from a backup, or replace it with `scepctl master rotate' or " \
    "`scepctl master set'"

static scep_octets_t to_pem(scep_octets_t der, apr_pool_t *pool)
{
    BIO *bio = scep_bio_own(pool, BIO_new(BIO_s_mem()));

    if (der.len == 0 || bio == NULL ||
        PEM_write_bio(bio, PEM_STRING_CMS, "", der.data, (long)der.len) <= 0) {
        return (scep_octets_t){NULL, 0};
    }
    return scep_bio_octets(pool, bio);
}

scep_status_e scep_master_seal(X509 *recipient, scep_octets_t text,
                               apr_pool_t *pool, scep_octets_t *pem,
                               scep_result_t *res)
{
    scep_octets_t der = {NULL, 0};

    *pem = der;
    if (text.len <= SCEP_MASTER_MAX_TEXT &&
        scep_seal(recipient, text, pool, &der)) {
        *pem = to_pem(der, pool);
    }
    if (pem->len == 0) {
        return scep_fail(
            res, SCEP_R_SETUP,
            "cannot encrypt the master password to \"%s\": it "
            "needs a certificate with an RSA or EC key",
            scep_name_text(res->pool, X509_get_subject_name(recipient)));
    }
    return SCEP_OK;
}

/* The DER in PEM. Its len is 0 unless PEM is exactly as OpenSSL writes it. */
static scep_octets_t unwrap(scep_octets_t pem, apr_pool_t *pool)
{
    BIO *bio = scep_bio_own(pool, BIO_new_mem_buf(pem.data, (int)pem.len));
    scep_octets_t der;
    char *name, *header;
    unsigned char *data;
    long len;

    if (bio == NULL || PEM_read_bio(bio, &name, &header, &data, &len) != 1) {
        return (scep_octets_t){NULL, 0};
    }
    der = scep_octets_copy(pool, (scep_octets_t){data, (size_t)len});
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
    if (!scep_octets_equal(to_pem(der, pool), pem)) {
        der.len = 0;
    }
    return der;
}

static scep_status_e explain(const char *path, scep_unseal_e what,
                             scep_result_t *res)
{
    switch (what) {
    case SCEP_UNSEAL_NO_CMS:
        return scep_fail(res, SCEP_R_SETUP,
                         "%s is not CMS in PEM, or is damaged: " CURE, path);
    case SCEP_UNSEAL_NOT_SEALED:
        return scep_fail(res, SCEP_R_SETUP,
                         "%s is not AuthEnvelopedData, and nothing else "
                         "tells whether it was changed: " CURE,
                         path);
    case SCEP_UNSEAL_NO_PAIR:
        return scep_fail(res, SCEP_R_SETUP,
                         "%s is encrypted to another certificate than those "
                         "of the RA here: name the older RA pair, too "
                         "(ScepRACertificateFile and ScepRAKey), or encrypt "
                         "it anew with `scepctl master rekey'",
                         path);
    case SCEP_UNSEAL_DAMAGED:
        return scep_fail(res, SCEP_R_SETUP,
                         "%s cannot be decrypted: it has been changed since "
                         "it was written: " CURE,
                         path);
    case SCEP_UNSEAL_OK: /* opened, but too long */
    case SCEP_UNSEAL_CHANGED:
        break;
    }
    return scep_fail(res, SCEP_R_SETUP,
                     "%s has been changed since it was written, or was "
                     "written by something else: " CURE,
                     path);
}

scep_status_e scep_master_unseal(const char *path, scep_octets_t pem,
                                 const apr_array_header_t *pairs,
                                 apr_pool_t *pool, char **text, size_t *len,
                                 scep_result_t *res)
{
    unsigned char *data;
    scep_unseal_e what =
        scep_unseal(unwrap(pem, pool), pairs, pool, &data, len);

    if (what != SCEP_UNSEAL_OK || *len > SCEP_MASTER_MAX_TEXT) {
        return explain(path, what, res);
    }
    *text = (char *)data;
    return SCEP_OK;
}
