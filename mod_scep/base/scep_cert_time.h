/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_cert_time.h
 * The times of a certificate as numbers. (base layer: OpenSSL)
 */
#ifndef SCEP_CERT_TIME_H
#define SCEP_CERT_TIME_H

#include <stdbool.h>

#include <apr.h>

#include <openssl/x509.h>

/** Seconds from 1970 (UTC) to FIELD. @return false if FIELD is no time. */
bool scep_cert_time(const ASN1_TIME *field, apr_int64_t *seconds);

#endif
