/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_runtime.h
 * What one generation of the configuration has running: a site for each
 * distinct set of CA, RA and state directives, shared by all servers for
 * which they are the same. Made in the parent, read-only in the children but
 * for what child_init opens. (httpd layer)
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
    scep_shared_t *shared;       /* NULL: could not be made at a restart */
    scep_log_limit_t *log_limit; /* in a child only; NULL: no limit */
    apr_array_header_t *sites;   /* scep_site_t * */
    apr_hash_t *told;            /* faults that were told */
    bool test;  /* nothing is made outside of memory (scep_steps.h) */
    bool quiet; /* nothing is logged but what is wrong */
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
    bool known;  /* false, in a test: the CA's certificates are not */
    bool failed; /* at a restart: something is wrong with it */
    bool ready;  /* in a child: all is open; else refuse */
};

/** Algorithms of the levels that need nothing. */
scep_status_e scep_runtime_make(apr_pool_t *pool, scep_runtime_t **runtime,
                                scep_result_t *res);

/**
 * Parent: the site of CONF, a CA of server S (scep_config_cas()), new or one
 * that fits already: the steps of scep_steps.h. A site that failed is one all
 * the same, which refuses all requests should httpd go on with it.
 */
scep_status_e scep_runtime_site(scep_runtime_t *runtime, server_rec *s,
                                const scep_server_config_t *conf,
                                apr_pool_t *pool, apr_pool_t *ptemp,
                                scep_site_t **site, scep_result_t *res);

/** Parent, after all sites: those whose state was made now have it. */
void scep_runtime_settled(const scep_runtime_t *runtime, server_rec *s,
                          apr_pool_t *ptemp);

/** Child: open the lock, backends and stores. What fails is logged, and its
 * sites refuse (invariant 1). */
void scep_runtime_child_init(scep_runtime_t *runtime, server_rec *s,
                             apr_pool_t *pool);

#endif
