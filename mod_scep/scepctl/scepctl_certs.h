/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scepctl_certs.h
 * What `scepctl certs` and `scepctl crl` share: which CA is meant, and how a
 * certificate is printed. (scepctl)
 */
#ifndef SCEPCTL_CERTS_H
#define SCEPCTL_CERTS_H

#include "scep_store_certificate.h"
#include "scepctl_server.h"

/** What a CA is called in the database: by its certificate in the file PATH,
 * or, if that is NULL, httpd's CA that SERVER chooses. */
scepctl_exit_e scepctl_scope(scepctl_t *ctl, scepctl_server_t *server,
                             const char *path, const char **ca_id);

/** A serial number as people write it: in hex of either case, with colons or
 * blanks, with or without 0x, in upper case and without leading zeros.
 * @return NULL: it is none, which was said */
const char *scepctl_serial(scepctl_t *ctl, const char *text);

/** One line, or one line of JSON. */
void scepctl_cert_line(FILE *out, const scep_certificate_row_t *row,
                       apr_time_t now, bool json, apr_pool_t *pool);

/** All about it, as text with its PEM, or as JSON. @param before its
 * predecessors, @param after its successors: scep_store_successor.h */
void scepctl_cert_show(FILE *out, const scep_certificate_row_t *row,
                       const apr_array_header_t *before,
                       const apr_array_header_t *after, apr_time_t now,
                       bool json, apr_pool_t *pool);

/** Octets as PEM of a KIND ("CERTIFICATE", "X509 CRL"). */
void scepctl_pem(FILE *out, const char *kind, scep_octets_t der,
                 apr_pool_t *pool);

#endif
