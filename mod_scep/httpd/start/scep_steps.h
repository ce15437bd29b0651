/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_steps.h
 * The steps of a start for one CA, in their order. A test (`apachectl -t`, and
 * before a start) runs the very same ones, each without effects, and logs at
 * level trace1 what it had to leave out: what -t accepts starts. (httpd layer)
 */
#ifndef SCEP_STEPS_H
#define SCEP_STEPS_H

#include "scep_runtime.h"

/** What the steps work on: CONF, a CA of server S, whose site they fill. */
typedef struct scep_start_t {
    scep_runtime_t *runtime;
    server_rec *s;
    const scep_server_config_t *conf;
    scep_site_t *site;
    const scep_env_t *env;
    apr_pool_t *pool;  /* the site's */
    apr_pool_t *ptemp; /* scratch */
    scep_result_t *res;
} scep_start_t;

/** Once for each site: from the CA to its outstanding passwords.
 * @return SCEP_OK, or what is wrong, with directive and cure */
scep_status_e scep_steps_site(const scep_start_t *c);

/** For each server that has the site: what its sections want besides, which
 * the site may not have yet. Nothing, if the site failed. */
scep_status_e scep_steps_user(const scep_start_t *c);

#endif
