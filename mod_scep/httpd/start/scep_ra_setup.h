/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_ra_setup.h
 * Makes the RA pairs of a service from ScepRACertificateFile and ScepRAKey, or
 * from the CA's own pair. (httpd layer)
 */
#ifndef SCEP_RA_SETUP_H
#define SCEP_RA_SETUP_H

#include "scep_passphrase.h"

typedef struct scep_ra_source_t {
    const scep_server_config_t *conf;
    const scep_ca_backend_t *backend;
    void *ca;
    scep_dialog_t *dialog;
    bool probe; /* do not ask for passphrases; such keys stay unknown */
    const scep_env_t *env;
    const scep_next_ca_t *next; /* NULL: none */
    /* of scep_ra_files(); scep_ra_setup() sets them */
    apr_array_header_t *certs;
    apr_array_header_t *keys;
    apr_array_header_t *loaded; /* const scep_keypair_t *, one for each of
                                 * CERTS */
} scep_ra_source_t;

/**
 * Load and choose the pairs. The first pair that may sign signs. All pairs that
 * may decrypt do, newest first, and after them the CA's own pair and the next
 * CA's, if they are RSA. GetCACert shows the signer and the newest pair that
 * decrypts. Older pairs serve devices that still have their certificate.
 * @return SCEP_OK; SCEP_BROKEN with directive, file and cure
 */
scep_status_e scep_ra_setup(scep_ra_source_t *source, apr_pool_t *pool,
                            const scep_ra_t **ra, scep_result_t *res);

/** Copy the pairs into LIBCTX, for the legacy level. SCEP_BROKEN: a key cannot
 * leave its token. */
scep_status_e scep_ra_copy(const scep_ra_t *ra, OSSL_LIB_CTX *libctx,
                           apr_pool_t *pool, const scep_ra_t **copy,
                           scep_result_t *res);

#endif
