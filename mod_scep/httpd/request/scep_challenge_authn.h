/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_challenge_authn.h
 * The provider for `ScepChallenge authn:<provider>`. The challenge has the form
 * user:password. One of httpd's authentication providers (file, dbd, ldap, ...)
 * judges it, with the directives of the endpoint's section. (httpd layer)
 */
#ifndef SCEP_CHALLENGE_AUTHN_H
#define SCEP_CHALLENGE_AUTHN_H

#include "scep_challenge.h"

extern const scep_challenge_provider_t scep_challenge_authn;

#endif
