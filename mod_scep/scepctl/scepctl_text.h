/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scepctl_text.h
 * Octets out of what people paste: logs, hex dumps, base64 between other lines,
 * HTTP. Nothing gets larger than what it is made of. (scepctl)
 */
#ifndef SCEPCTL_TEXT_H
#define SCEPCTL_TEXT_H

#include <apr_tables.h>

#include "scep_str.h"

/** More runs than these are not looked for. */
#define SCEPCTL_MAX_RUNS 16

/**
 * TEXT without what loggers do to a URL or to base64: "\u0026" and "\x26" for
 * "&", "&amp;", "\/", "\n" in two characters. In POOL.
 */
char *scepctl_text_plain(apr_pool_t *pool, const char *text);

/**
 * Runs of lines of TEXT that are hex: digits in pairs or groups, also with ":",
 * "," or "0x", or what hexdump -C, xxd and tcpdump -X print, with an offset
 * before and characters behind. 64 digits in a row count in any line.
 * @return scep_octets_t of at least 16 octets each, in POOL
 */
apr_array_header_t *scepctl_text_hex(apr_pool_t *pool, const char *text);

/**
 * Runs of lines of TEXT that are the base64 of a SEQUENCE ("M..."), of at least
 * 64 digits. Each line may have something before it, up to a blank.
 * @return const char *, the digits, in POOL
 */
apr_array_header_t *scepctl_text_base64(apr_pool_t *pool, const char *text);

/** The first DER SEQUENCE in DATA that is whole, wherever it begins; len 0 if
 * there is none of at least 16 octets. */
scep_octets_t scepctl_text_der(scep_octets_t data);

/**
 * The body of a HTTP request or response that DATA is, or that is in it.
 * @param head set to the request or status line and header fields, in POOL
 * @param body what follows, without the lengths of chunks; may be empty
 */
bool scepctl_text_http(apr_pool_t *pool, scep_octets_t data, const char **head,
                       scep_octets_t *body);

#endif
