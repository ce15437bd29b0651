/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_crypto.h
 * OpenSSL objects that a pool owns, random octets, hashes, the error queue, and
 * keys and certificates from files or OSSL_STORE URIs. (base layer: APR,
 * OpenSSL)
 *
 * Ownership: every scep_*_own() gives the object to POOL, which frees it when
 * it is cleared. Do not free it by hand. A NULL object is accepted and
 * returned. Like pools, these functions are not thread-safe.
 */
#ifndef SCEP_CRYPTO_H
#define SCEP_CRYPTO_H

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <openssl/types.h>
#include <openssl/x509.h>

#include "scep.h"
#include "scep_str.h"

BIO *scep_bio_own(apr_pool_t *pool, BIO *bio);
CMS_ContentInfo *scep_cms_own(apr_pool_t *pool, CMS_ContentInfo *cms);
PKCS7 *scep_pkcs7_own(apr_pool_t *pool, PKCS7 *p7);
X509 *scep_x509_own(apr_pool_t *pool, X509 *cert);
X509_REQ *scep_x509_req_own(apr_pool_t *pool, X509_REQ *req);
EVP_PKEY *scep_pkey_own(apr_pool_t *pool, EVP_PKEY *key);
scep_certs_t *scep_x509s_own(apr_pool_t *pool, scep_certs_t *certs);
OSSL_LIB_CTX *scep_libctx_own(apr_pool_t *pool, OSSL_LIB_CTX *libctx);

/**
 * Add a cleanup for an object of any other type: POOL calls FREE_FN with
 * OBJECT.
 * @return OBJECT
 */
void *scep_own(apr_pool_t *pool, void *object, void (*free_fn)(void *));

/** A certificate with its private key. Read-only once made. */
typedef struct scep_keypair_t {
    X509 *cert;
    EVP_PKEY *key;
} scep_keypair_t;

/** Empty the OpenSSL error queue of this thread. For the begin and end of a
 * request or an operation. Around a call that may fail without consequences,
 * use ERR_set_mark() and ERR_pop_to_mark() instead, which keep the errors of
 * others. */
void scep_crypto_clear_errors(void);

/** The texts in the queue (at most 4), joined by "; ", or "". Empties the
 * queue. Never NULL. From POOL. */
const char *scep_crypto_errors(apr_pool_t *pool);

/** LEN random octets; if SECRET, from the private generator.
 * @return false if the generator failed: OUT must not be used. */
bool scep_random(unsigned char *out, size_t len, bool secret);

/** SHA-256. @return false on failure. */
bool scep_sha256(scep_octets_t data, unsigned char out[SCEP_HASH_SIZE]);

/** Any digest by name ("MD5" for NDES's thumbprint, SHA-1 for people). OUT has
 * room for EVP_MAX_MD_SIZE.
 * @return length, or 0 on failure */
size_t scep_digest(const char *name, scep_octets_t data, unsigned char *out);

/** HMAC-SHA-256. @return false on failure, and for an empty key. */
bool scep_hmac(scep_octets_t key, scep_octets_t data,
               unsigned char out[SCEP_HASH_SIZE]);

/**
 * The RSA public key in DER (RFC 8017 A.1.1). OpenSSL 3.0 sets up all of its
 * decoders for each SubjectPublicKeyInfo that it parses, and all of its
 * encoders for each that it makes of such a key, which takes as long as half an
 * RSA signature; this key needs neither.
 * @return owned by POOL; NULL if it is none: the error queue may tell why
 */
EVP_PKEY *scep_rsa_public_key(apr_pool_t *pool, scep_octets_t der);

/** SHA-256 of the SubjectPublicKeyInfo in DER. @return false on failure. */
bool scep_key_hash(EVP_PKEY *key, unsigned char out[SCEP_HASH_SIZE]);

/** OBJECT in DER, from POOL; len 0 on failure. ITEM is its type
 * (ASN1_ITEM_rptr(X509), ...). Not for secrets. */
scep_octets_t scep_der_of(apr_pool_t *pool, const void *object,
                          const ASN1_ITEM *item);

/** The whole certificate in DER, from POOL; len 0 on failure. */
scep_octets_t scep_x509_der(apr_pool_t *pool, X509 *cert);

/** The whole content of a memory BIO, copied to POOL; len 0 if it is empty. */
scep_octets_t scep_bio_octets(apr_pool_t *pool, BIO *bio);

/**
 * Decrypt the enveloped CMS, which is in memory, with PAIR into OUT. This does
 * what CMS_decrypt() does with a certificate, but does not copy through memory
 * that is not wiped. A content key that cannot be decrypted is replaced by a
 * random one (M11). CMS_DEBUG_DECRYPT, which would reveal that, is never set.
 * @param size of OUT; must be larger than the content, or the call fails
 * @return how many octets, after padding or tag was verified; 0 on failure: OUT
 *     must not be used then, and the error queue may be filled
 */
size_t scep_cms_decrypt(CMS_ContentInfo *cms, const scep_keypair_t *pair,
                        unsigned char *out, size_t size);

/** NAME in RFC 4514 form, in UTF-8 with visible characters only: control and
 * format characters are hex pairs, and so are star, backslash and quote
 * (scep_subject_rule.h). Strings that do not fit their type are shown as DER.
 * From POOL; never NULL. */
const char *scep_name_text(apr_pool_t *pool, const X509_NAME *name);

/** Serial number in upper-case hex without leading zeros, from POOL. */
const char *scep_serial_text(apr_pool_t *pool, const ASN1_INTEGER *serial);

/** Does SOURCE have a scheme ("pkcs11:...")? A scheme has at least two letters
 * before a colon. If a slash comes before the first colon, SOURCE is a path. */
bool scep_source_is_uri(const char *source);

/** SOURCE of a key, for a message. The query of a URI, which may hold a PIN
 * (RFC 7512 2.4), is left out. From POOL, or SOURCE itself. */
const char *scep_source_text(apr_pool_t *pool, const char *source);

/**
 * Fill BUF with the passphrase for SOURCE; called only for encrypted keys.
 * @return its length (no NUL), or -1 if there is none
 */
typedef int scep_passphrase_fn(void *baton, const char *source, char *buf,
                               int size);

/** The path of the file in SOURCE, a path or a "file:" URI; NULL for a URI of
 * another scheme. */
const char *scep_source_path(const char *source);

/**
 * A private key from a PEM or DER file (PKCS#8, PKCS#1, SEC1; encrypted or
 * not), or from an OSSL_STORE URI when SOURCE has a scheme ("pkcs11:...").
 * A file is opened as SCEP_FILE_KEY (scep_file.h). Loaded in LIBCTX (NULL:
 * the default one).
 * @param pass NULL: an encrypted key is an error
 * @return SCEP_OK, SCEP_NOT_FOUND (no such file), or SCEP_BROKEN; RES filled.
 *     The key is owned by POOL.
 */
scep_status_e scep_key_load(const char *source, OSSL_LIB_CTX *libctx,
                            scep_passphrase_fn *pass, void *pass_baton,
                            apr_pool_t *pool, EVP_PKEY **key,
                            scep_result_t *res);

/**
 * All certificates of a PEM file in their order, or the one of a DER file.
 * SCEP_BROKEN if there is none. Owned by POOL. Loaded in LIBCTX.
 */
scep_status_e scep_certs_load(const char *path, OSSL_LIB_CTX *libctx,
                              apr_pool_t *pool, scep_certs_t **certs,
                              scep_result_t *res);

#endif
