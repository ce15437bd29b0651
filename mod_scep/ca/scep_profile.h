/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_profile.h
 * Named certificate profiles; for now the built-in `device`. (ca layer)
 */
#ifndef SCEP_PROFILE_H
#define SCEP_PROFILE_H

#include "scep_ca.h"

/** The built-in profile: one year, digitalSignature and keyEncipherment,
 * clientAuth, RSA from 2,048 bits (1,024 would suit Apple's default, Q14, but
 * must be configured), SHA-256. Constant. */
extern const scep_profile_t scep_profile_device;

#endif
