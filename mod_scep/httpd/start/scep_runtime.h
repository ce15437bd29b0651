/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_runtime.h
 * The running parts of one generation of the configuration. Servers with the
 * same CA, RA and state directives share a site. The parent makes all this; it
 * is read-only in the children, except for what child_init opens. (httpd layer)
 */
#ifndef SCEP_RUNTIME_H
#define SCEP_RUNTIME_H

#include "scep_config.h"
#include "scep_master_check.h"
#include "scep_ra_setup.h"
#include "scep_shared.h"
#include "scep_state.h"

/** The parts that all sites share. */
typedef struct scep_runtime_t {
    scep_algs_t *algs[SCEP_LEVEL_LEGACY + 1]; /* legacy: NULL if unused */
    OSSL_LIB_CTX *legacy;                     /* NULL if unused */
    scep_shared_t *shared;       /* NULL: it could not be made at a restart */
    scep_log_limit_t *log_limit; /* in a child only; NULL: no limit */
    apr_array_header_t *sites;   /* scep_site_t * */
    apr_hash_t *told;            /* faults that were logged already */
    bool test;  /* make nothing outside of memory (scep_steps.h) */
    bool quiet; /* log only what is wrong */
    scep_master_check_t *masters; /* in a test */
} scep_runtime_t;

struct scep_site_t {
    scep_service_t service;
    scep_store_config_t store_config;
    scep_state_t state;
    apr_interval_time_t retention[SCEP_PRUNE_KINDS]; /* 0: for ever */
    const char *key;                                 /* scep_config_key() */
    const char *thumbprint;      /* of the root, as NDES prints it; or NULL */
    scep_ra_source_t *ra_source; /* NULL: the CA could not be loaded */
    scep_runtime_t *runtime;
    bool known;  /* false, in a test: the CA's certificates are unknown */
    bool failed; /* at a restart: it has a fault */
    bool ready;  /* in a child: all is open; if false, refuse */
};

/** Make a runtime with the algorithms of the modern and compatible levels. */
scep_status_e scep_runtime_make(apr_pool_t *pool, scep_runtime_t **runtime,
                                scep_result_t *res);

/**
 * Parent: the site of CONF, a CA of server S (scep_config_cas()). Either one
 * with the same settings is there, or the steps of scep_steps.h make it. A site
 * that failed also stays: it refuses all requests if httpd goes on.
 */
scep_status_e scep_runtime_site(scep_runtime_t *runtime, server_rec *s,
                                const scep_server_config_t *conf,
                                apr_pool_t *pool, apr_pool_t *ptemp,
                                scep_site_t **site, scep_result_t *res);

/** Parent, after all sites have started: note that their state has been
 * made. */
void scep_runtime_settled(const scep_runtime_t *runtime, server_rec *s,
                          apr_pool_t *ptemp);

/** Child: open the lock, backends and stores. Failures are logged, and their
 * sites refuse (invariant 1). */
void scep_runtime_child_init(scep_runtime_t *runtime, server_rec *s,
                             apr_pool_t *pool);

#endif
