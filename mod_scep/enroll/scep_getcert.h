/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_getcert.h
 * GetCert and GetCRL (RFC 8894 4.5, 4.6). (enroll layer)
 */
#ifndef SCEP_GETCERT_H
#define SCEP_GETCERT_H

#include "scep_message.h"

/*
 * Both read the message's content only once nothing outside of it can be
 * refused any more. SCEP_R_CONTENT of theirs must reach nobody: who could tell
 * it from "unknown" could read other messages (S20).
 */

/**
 * Handler of GetCert. The certificate is given to who signs with its key, and
 * to holders of a certificate of this CA that is not revoked: RFC 8894 2.6 has
 * it for clients that lost their own, and a CRL tells serial numbers to
 * everybody. Never pending (R36).
 * @return SCEP_OK; SCEP_REFUSED with SCEP_R_CONTENT, _REPLY_KEY,
 *     _CERT_UNKNOWN (also: not for who asked); SCEP_UNAVAILABLE with
 *     SCEP_R_STORE_UNAVAILABLE; SCEP_BROKEN
 */
scep_message_fn scep_getcert;

/**
 * Handler of GetCRL, for everybody. The serial number is not looked at (R37).
 * @return SCEP_OK; SCEP_REFUSED with SCEP_R_CONTENT, _REPLY_KEY, _CRL_ISSUER;
 *     else as scep_crl_current()
 */
scep_message_fn scep_getcrl;

#endif
