/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_challenge_exec.h
 * The provider behind `ScepChallenge "exec:/path/of/program [arguments]"`: the
 * request as JSON on its standard input, the verdict by its exit status.
 * docs/guide.md, "A program that judges", is its specification.
 * (challenge layer)
 */
#ifndef SCEP_CHALLENGE_EXEC_H
#define SCEP_CHALLENGE_EXEC_H

#include "scep_challenge.h"

extern const scep_challenge_provider_t scep_challenge_exec;

#endif
