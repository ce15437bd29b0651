/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_ca_files.h
 * The certificates of the issuing CA, as ScepCACertificateFile and
 * ScepCAChainFile (or ScepNextCACertificateFile) name them, for a backend's
 * start(). (ca layer)
 */
#ifndef SCEP_CA_FILES_H
#define SCEP_CA_FILES_H

#include "scep_ca.h"
#include "scep_crypto.h"
#include "scep_env.h"

/** "ScepCAKey", or "ScepNextCAKey" for the next CA. Constant. */
const char *scep_ca_key_directive(const scep_ca_config_t *config);

/** "ScepCACertificateFile /etc/...", for messages. From POOL. */
const char *scep_ca_cert_source(const scep_ca_config_t *config,
                                apr_pool_t *pool);

/**
 * Read CONFIG's certificates and put them in order. The first one must be a
 * CA's (basicConstraints, keyCertSign) with an RSA or EC key, and each further
 * one must lead upwards from it. A certificate that has expired, or expires
 * soon, is logged; so is a chain that does not end at a root.
 * @param certs set with SCEP_OK: the issuing CA's first; POOL owns them
 * @return SCEP_OK; SCEP_BROKEN with SCEP_R_SETUP and a detail that names the
 *     directive, the file and the cure, or with SCEP_R_INTERNAL
 */
scep_status_e scep_ca_files_load(const scep_ca_config_t *config,
                                 const scep_env_t *env, apr_pool_t *pool,
                                 scep_certs_t **certs, scep_result_t *res);

#endif
