/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_steps.h
 * The steps of a start, in their order: those for all servers together, those
 * for each server, and those for each CA. A test (`apachectl -t`, and before a
 * start) runs the same steps without their effects, so what -t accepts starts.
 * At level trace1 it logs what each step left out. (httpd layer)
 */
#ifndef SCEP_STEPS_H
#define SCEP_STEPS_H

#include "scep_runtime.h"

/** The argument of the steps. */
typedef struct scep_start_t {
    scep_runtime_t *runtime;
    server_rec *main_server;
    server_rec *s;
    const scep_server_config_t *conf; /* a CA of S (scep_config_cas()) */
    void *item;        /* of a step that is run for each of a list */
    scep_site_t *site; /* that the steps fill; NULL: they are of none */
    const scep_env_t *env;
    apr_pool_t *pool;  /* as long as RUNTIME */
    apr_pool_t *ptemp; /* scratch */
    scep_result_t *res;
} scep_start_t;

/** C's result tells what is wrong, NUMBER ("SCEPnnnn: ", or NULL) under which
 * a test logs that. @return go on with the other steps */
typedef bool scep_fault_fn(const scep_start_t *c, const char *number);

/** Run the steps for all servers together. @return false if FAULT did */
bool scep_steps_first(scep_start_t *c, scep_fault_fn *fault);

/** Run the steps of a server: what its sections name. @return false if FAULT did */
bool scep_steps_server(scep_start_t *c, scep_fault_fn *fault);

/** Run the steps of a site, from the CA to its outstanding passwords.
 * @return SCEP_OK, or what is wrong, with directive and cure */
scep_status_e scep_steps_site(const scep_start_t *c);

/** Run the steps for what the sections of one of its servers need besides. Does
 * nothing if the site failed. */
scep_status_e scep_steps_user(const scep_start_t *c);

/** An environment for C's server and CA, kept as long as C's pool. */
const scep_env_t *scep_steps_env(const scep_start_t *c);

#endif
