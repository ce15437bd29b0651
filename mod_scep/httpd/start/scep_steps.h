/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_steps.h
 * The steps of a start for one CA, in their order. A test (`apachectl -t`, and
 * before a start) runs the same steps without their effects, so what -t accepts
 * starts. At level trace1 it logs what each step left out. (httpd layer)
 */
#ifndef SCEP_STEPS_H
#define SCEP_STEPS_H

#include "scep_runtime.h"

/** The argument of the steps: CONF, a CA of server S, and the site to fill. */
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

/** Run the steps of a site, from the CA to its outstanding passwords.
 * @return SCEP_OK, or what is wrong, with directive and cure */
scep_status_e scep_steps_site(const scep_start_t *c);

/** Run the steps for what the sections of one of its servers need besides. Does
 * nothing if the site failed. */
scep_status_e scep_steps_user(const scep_start_t *c);

#endif
