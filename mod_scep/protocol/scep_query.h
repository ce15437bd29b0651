/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_query.h
 * From the raw query string of a GET or POST to an operation and its message
 * (RFC 8894 4.1), with the leniency that real clients need (Q1-Q4).
 * (protocol layer: no I/O, no policy)
 */
#ifndef SCEP_QUERY_H
#define SCEP_QUERY_H

#include "scep.h"
#include "scep_str.h"

typedef enum {
    SCEP_OP_NONE = 0, /* no operation parameter: a browser, or a POST */
    SCEP_OP_GETCACAPS,
    SCEP_OP_GETCACERT,
    SCEP_OP_GETCACERTCHAIN, /* old drafts; certmonger */
    SCEP_OP_GETNEXTCACERT,
    SCEP_OP_PKIOPERATION,
    /* of NDES's admin page */
    SCEP_OP_NDES_CHALLENGE,
    SCEP_OP_NDES_THUMBPRINT
} scep_operation_e;

typedef struct scep_query_t {
    scep_operation_e operation;
    bool has_message;    /* a message parameter was there, maybe empty */
    const char *message; /* percent-decoded text: the CA-IDENT, or base64 */
    const char *name;    /* operation's name as sent, printable; for logs */
} scep_query_t;

/**
 * Parse the raw (still escaped) query string; NULL or "" is SCEP_OP_NONE.
 * Parameter names and operation values are matched without regard to case.
 * Unknown parameters are ignored (Q56). '+' stays '+' (Q3). A '?' before
 * "operation=" or "message=" begins a parameter, as '&' does.
 * @return SCEP_OK; SCEP_REFUSED with SCEP_R_QUERY: a bad %-escape or %00 in
 *     operation or message, or two different ones of these; SCEP_R_OPERATION:
 *     an unknown operation
 */
scep_status_e scep_query_parse(const char *args, apr_pool_t *pool,
                               scep_query_t *query, scep_result_t *res);

/**
 * Decode the base64 of a GET PKIOperation: standard or URL alphabet, padding
 * optional, CR, LF and TAB skipped, a blank read as '+' (Q1-Q4), %-escapes
 * that are still there decoded.
 * @param max most octets the decoded message may have, else SCEP_R_TOO_LARGE
 * @return SCEP_OK, or SCEP_REFUSED (SCEP_R_BASE64, SCEP_R_NO_MESSAGE)
 */
scep_status_e scep_query_message(const char *text, size_t max, apr_pool_t *pool,
                                 scep_octets_t *der, scep_result_t *res);

/** "GetCACaps", ...; constant. */
const char *scep_operation_name(scep_operation_e operation);

#endif
