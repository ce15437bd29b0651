/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_runtime.h
 * The running parts of one generation of the configuration. Servers with the
 * same CA, RA and state directives share a site. The parent makes all this; it
 * is read-only in the children, except for what child_init opens. (httpd layer)
 */
#ifndef SCEP_RUNTIME_H
#define SCEP_RUNTIME_H

#include "scep_admission.h"
#include "scep_config.h"
#include "scep_master_setup.h"
#include "scep_ra_setup.h"
#include "scep_shared.h"
#include "scep_state.h"

struct scep_start_t; /* scep_steps.h */

/** The parts that all sites share. */
typedef struct scep_runtime_t {
    scep_algs_t *algs[SCEP_LEVEL_LEGACY + 1]; /* legacy: NULL if unused */
    OSSL_LIB_CTX *legacy;                     /* NULL if unused */
    scep_admission_t *admission;              /* NULL: no limit */
    scep_shared_t *shared;       /* NULL: it could not be made at a restart */
    scep_log_limit_t *log_limit; /* in a child only; NULL: no limit */
    apr_array_header_t *sites;   /* scep_site_t * */
    apr_hash_t *told;            /* faults that were logged already */
    bool test;   /* make nothing outside of memory (scep_steps.h) */
    bool words;  /* a test that reads the directives, but no files */
    bool quiet;  /* log only what is wrong */
    bool faults; /* there were some */
    scep_master_check_t *masters; /* in a test */
} scep_runtime_t;

typedef struct scep_site_t {
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
} scep_site_t;

/** What a start made of a server's record. */
struct scep_served_t {
    scep_runtime_t *runtime;
    apr_hash_t *sites; /* scep_site_t * by name of <ScepCA>, or SCEP_OWN_CA */
    scep_leniency_t leniency; /* of all its profiles */
};

/** An empty one. */
scep_runtime_t *scep_runtime_make(apr_pool_t *pool);

/** That of the servers of the list; NULL: none is on. */
scep_runtime_t *scep_runtime_of(const server_rec *s);

/** What is made of SERVER, without sites. */
scep_served_t *scep_served_make(scep_runtime_t *runtime,
                                const scep_server_config_t *server,
                                apr_pool_t *pool);

/** SITE is that of CONF, a CA of the server. */
void scep_served_add(scep_served_t *served, const scep_server_config_t *conf,
                     scep_site_t *site);

/** The site of the CA that NAME (may be NULL: the server's own) is for SERVER,
 * once it was started; else NULL. */
scep_site_t *scep_served_site(const scep_server_config_t *server,
                              const char *name);

/**
 * Parent: the site of C's CA. Either one with the same settings is there, or
 * the steps of scep_steps.h make it. A site that failed also stays: it refuses
 * all requests if httpd goes on.
 */
scep_status_e scep_runtime_site(struct scep_start_t *c, scep_site_t **site);

/** Parent, after all sites have started: note that their state is made. */
void scep_runtime_settled(const scep_runtime_t *runtime, server_rec *s,
                          apr_pool_t *ptemp);

/** Child: open the lock, backends and stores. Failures are logged, and their
 * sites refuse (invariant 1). */
void scep_runtime_child_init(scep_runtime_t *runtime, server_rec *s,
                             apr_pool_t *pool);

#endif
