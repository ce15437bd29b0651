/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_challenge_exec.h
 * The provider for `ScepChallenge "exec:/path/of/program [arguments]"`. The
 * program gets the request as JSON on its standard input and gives its verdict
 * by its exit status. docs/guide.md, "A program that judges", is the
 * specification. (challenge layer)
 */
#ifndef SCEP_CHALLENGE_EXEC_H
#define SCEP_CHALLENGE_EXEC_H

#include "scep_challenge.h"

extern const scep_challenge_provider_t scep_challenge_exec;

#endif
