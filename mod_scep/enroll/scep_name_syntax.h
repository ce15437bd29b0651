/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_name_syntax.h
 * The form of host names, mail addresses and URIs (RFC 5280 4.2.1.6).
 * (enroll layer: no I/O)
 *
 * Each function returns NULL, or what is wrong in words that follow the value:
 * "has an empty label". Constant.
 */
#ifndef SCEP_NAME_SYNTAX_H
#define SCEP_NAME_SYNTAX_H

#include "scep_str.h"

/** A host name (RFC 1034 3.5, RFC 1123 2.1), whose first label may be "*" if
 * WILDCARD. Underscores are allowed: many networks have them. */
const char *scep_syntax_host(scep_octets_t text, bool wildcard);

/** A mailbox (RFC 2821 4.1.2) without a phrase around it. */
const char *scep_syntax_mail(scep_octets_t text);

/** An absolute URI (RFC 3986), with a host if it has an authority. One without
 * a path may have blanks. */
const char *scep_syntax_uri(scep_octets_t text);

/** The number of labels after the star of a wildcard name ("*.example" has one,
 * "*" none); -1: TEXT does not begin with a star. */
int scep_syntax_wildcard(scep_octets_t text);

#endif
