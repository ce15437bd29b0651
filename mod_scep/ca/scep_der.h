/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_der.h
 * Check that octets to be copied into a certificate are DER. (ca layer)
 */
#ifndef SCEP_DER_H
#define SCEP_DER_H

#include "scep_str.h"

/**
 * True if DER is one element with definite, shortest lengths throughout and
 * without constructed strings, nested no deeper than SCEP_MAX_DEPTH. A message
 * may be BER (M14), a certificate may not (Q76).
 */
bool scep_der_strict(scep_octets_t der);

#endif
