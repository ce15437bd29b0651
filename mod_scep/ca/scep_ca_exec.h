/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_ca_exec.h
 * The `exec` CA backend: a program of the operator's signs. (ca layer)
 */
#ifndef SCEP_CA_EXEC_H
#define SCEP_CA_EXEC_H

#include "scep_ca.h"

/** The vtable; constant. The arguments of ScepCABackend are the program and its
 * arguments. The program runs once for each certificate, poll and CRL, as
 * scep_exec.h describes. It gets one JSON object, and answers by its exit
 * status and another object; docs/guide.md has both. If it is slow, absent,
 * broken or killed, the CA is unavailable (SCEP_R_CA_UNAVAILABLE). The key of
 * ScepCACertificateFile must have signed its certificates and CRLs. */
extern const scep_ca_backend_t scep_ca_exec;

#endif
