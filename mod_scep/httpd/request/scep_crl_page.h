/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_crl_page.h
 * The CRL by plain HTTP (RFC 5280 4.2.1.13, RFC 8894 2.7), where a section has
 * `SetHandler scep-crl`. (httpd layer)
 */
#ifndef SCEP_CRL_PAGE_H
#define SCEP_CRL_PAGE_H

#include "scep_exchange.h"

/** Answer a GET or HEAD with the newest CRL of the section's CA in DER. */
int scep_crl_answer(scep_exchange_t *exchange);

#endif
