/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_oid.h
 * The OIDs of SCEP's attributes (RFC 8894 3.2.1) and their kin. They are made
 * on demand and never registered with OBJ_create(), whose table is shared by
 * the whole process. (protocol layer)
 */
#ifndef SCEP_OID_H
#define SCEP_OID_H

#include "scep_crypto.h"

#define SCEP_OID_MESSAGE_TYPE "2.16.840.1.113733.1.9.2"
#define SCEP_OID_CHALLENGE_PASSWORD "1.2.840.113549.1.9.7" /* PKCS #9 */
#define SCEP_OID_PKI_STATUS "2.16.840.1.113733.1.9.3"
#define SCEP_OID_FAIL_INFO "2.16.840.1.113733.1.9.4"
#define SCEP_OID_SENDER_NONCE "2.16.840.1.113733.1.9.5"
#define SCEP_OID_RECIPIENT_NONCE "2.16.840.1.113733.1.9.6"
#define SCEP_OID_TRANSACTION_ID "2.16.840.1.113733.1.9.7"
#define SCEP_OID_EXTENSION_REQ "2.16.840.1.113733.1.9.8"
#define SCEP_OID_FAIL_INFO_TEXT "1.3.6.1.5.5.7.24.1"
#define SCEP_OID_NDES_ERROR "1.3.6.1.4.1.311.21.33"
#define SCEP_OID_MS_EXTENSION_REQ "1.3.6.1.4.1.311.2.1.14"

/** The object of a dotted OID, owned by POOL; NULL only without memory. */
ASN1_OBJECT *scep_oid(apr_pool_t *pool, const char *dotted);

#endif
