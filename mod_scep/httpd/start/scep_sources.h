/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_sources.h
 * What the sections name and a start looks for: the providers in the lists of
 * ScepChallenge (scep_challenge.h), each entry an instance of its own, and the
 * CAs of ScepRenewalTrust. The settings hold names and paths; these steps set
 * the members for what was found. (httpd layer)
 */
#ifndef SCEP_SOURCES_H
#define SCEP_SOURCES_H

#include "scep_steps.h"

/** Step for each scep_provider_instance_t: start it. If httpd goes on after a
 * failure, its requests get 503.
 * @return SCEP_OK; SCEP_BROKEN with directive, line and cure */
scep_status_e scep_source_start(const scep_start_t *c);

/** Step for each scep_trust_t: read its files. If httpd goes on after a failure,
 * endpoints of that section must refuse everything.
 * @return SCEP_OK; SCEP_BROKEN with directive, file, line and cure */
scep_status_e scep_trust_start(const scep_start_t *c);

/** Child: start those of all servers. If one fails, this is logged, and its
 * requests get 503. */
void scep_sources_child_start(server_rec *main_server, apr_pool_t *pool);

#endif
