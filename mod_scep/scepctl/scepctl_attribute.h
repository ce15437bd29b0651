/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scepctl_attribute.h
 * The signed attributes of a message by their names. (scepctl)
 */
#ifndef SCEPCTL_ATTRIBUTE_H
#define SCEPCTL_ATTRIBUTE_H

#include "scepctl_explain.h"

/** One line. Values of attributes that are not known are not printed: macOS
 * puts the challenge there (Q23). */
void scepctl_explain_attribute(scepctl_explain_t *x, X509_ATTRIBUTE *attribute);

/** True if SI has a messageType, and not that of a CertRep. */
bool scepctl_is_request(CMS_SignerInfo *si);

#endif
