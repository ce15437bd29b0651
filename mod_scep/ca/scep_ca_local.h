/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_ca_local.h
 * The `local` CA backend: an RSA or EC key in this process signs. (ca layer)
 */
#ifndef SCEP_CA_LOCAL_H
#define SCEP_CA_LOCAL_H

#include "scep_ca.h"
#include "scep_env.h"

/** The vtable; constant. start() reads certificate, key and chain, checks that
 * they belong together, that the certificate is a CA's (basicConstraints,
 * keyCertSign), and that the chain leads upwards. It logs an expired
 * certificate as an error and succeeds, so that the server goes on with
 * everything else; issue() then answers SCEP_R_CA_UNAVAILABLE. */
extern const scep_ca_backend_t scep_ca_local;

#endif
