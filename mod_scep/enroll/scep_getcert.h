/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_getcert.h
 * GetCert and GetCRL (RFC 8894 4.5, 4.6). (enroll layer)
 */
#ifndef SCEP_GETCERT_H
#define SCEP_GETCERT_H

#include "scep_message.h"

/*
 * Both check all that is outside the envelope before they read its content.
 * Clients must not be able to tell SCEP_R_CONTENT from "unknown" here: they
 * could use that to read other messages (S20).
 */

/**
 * Handler of GetCert. It gives the certificate to a signer with the same key,
 * and to holders of a certificate of this CA that is not revoked, but to nobody
 * else: RFC 8894 2.6 means GetCert for clients that lost their own certificate,
 * and CRLs make serial numbers public. Never pending (R36).
 * @return SCEP_OK; SCEP_REFUSED with SCEP_R_CONTENT, _REPLY_KEY,
 *     _CERT_UNKNOWN (also if the signer may not have it); SCEP_UNAVAILABLE with
 *     SCEP_R_STORE_UNAVAILABLE; SCEP_BROKEN
 */
scep_message_fn scep_getcert;

/**
 * Handler of GetCRL, for everybody. It ignores the serial number (R37).
 * @return SCEP_OK; SCEP_REFUSED with SCEP_R_CONTENT, _REPLY_KEY, _CRL_ISSUER;
 *     else as scep_crl_current()
 */
scep_message_fn scep_getcrl;

#endif
