/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scepctl_name.h
 * Distinguished names from the command line. (scepctl)
 */
#ifndef SCEPCTL_NAME_H
#define SCEPCTL_NAME_H

#include "scep_crypto.h"

/**
 * Parse "CN=Example CA,O=Example,C=DE": as RFC 4514 writes names, so the last
 * part comes first in the certificate. `\' escapes a character or two hex
 * digits of an octet; the text is UTF-8.
 * @return SCEP_OK, or SCEP_BROKEN with a detail that quotes the bad part
 */
scep_status_e scepctl_name_parse(const char *text, apr_pool_t *pool,
                                 X509_NAME **name, scep_result_t *res);

/** A copy of NAME whose commonName has SUFFIX after it, or is SUFFIX. */
scep_status_e scepctl_name_derive(const X509_NAME *name, const char *suffix,
                                  apr_pool_t *pool, X509_NAME **derived,
                                  scep_result_t *res);

#endif
