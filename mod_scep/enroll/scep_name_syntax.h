/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_name_syntax.h
 * The form of host names, mail addresses and URIs (RFC 5280 4.2.1.6).
 * (enroll layer: no I/O)
 *
 * Each gives NULL, or what is wrong in words that follow the value: "has an
 * empty label". Constant.
 */
#ifndef SCEP_NAME_SYNTAX_H
#define SCEP_NAME_SYNTAX_H

#include "scep_str.h"

/** A host's name (RFC 1034 3.5, RFC 1123 2.1), with "*" for its first label if
 * WILDCARD. Underscores are let through: many networks have them. */
const char *scep_syntax_host(scep_octets_t text, bool wildcard);

/** A mailbox (RFC 2821 4.1.2) without a phrase around it. */
const char *scep_syntax_mail(scep_octets_t text);

/** An absolute URI (RFC 3986), with a host where it has an authority. One that
 * has no path may have blanks. */
const char *scep_syntax_uri(scep_octets_t text);

/** How many labels stand behind the star of a wildcard's name ("*.example" has
 * one, "*" none); -1: it has no star in front. */
int scep_syntax_wildcard(scep_octets_t text);

#endif
