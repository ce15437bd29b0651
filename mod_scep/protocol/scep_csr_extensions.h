/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_csr_extensions.h
 * The extensions that a PKCS#10 asks for; private to the protocol layer.
 */
#ifndef SCEP_CSR_EXTENSIONS_H
#define SCEP_CSR_EXTENSIONS_H

#include "scep_csr.h"
#include "scep_csr_parts.h"

/**
 * Read all extension requests among ATTRIBUTES, by any of their three OIDs,
 * into CSR's extensions.
 * - A value may be Extensions, or a string of any kind that holds their DER, as
 *   Cisco 1921 routers send it. A request without a value asks for nothing.
 * - Several requests count together. An extension that occurs again must be the
 *   same, since it would not be clear which one counts.
 * @return SCEP_OK; SCEP_R_CONTENT with a detail that says which extension
 *     contradicts another one, or what could not be read
 */
scep_status_e scep_csr_read_extensions(scep_csr_t *csr,
                                       scep_ber_reader_t attributes,
                                       apr_pool_t *pool, scep_result_t *res);

#endif
