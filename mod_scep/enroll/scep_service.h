/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_service.h
 * What the decisions work on: the CA behind an endpoint (service), what the
 * endpoint's directives allow (policy), one request and its answer. The glue
 * fills these in; nothing here knows httpd. (enroll layer)
 */
#ifndef SCEP_SERVICE_H
#define SCEP_SERVICE_H

#include <apr_tables.h>

#include "scep_alg.h"
#include "scep_ca.h"
#include "scep_challenge_table.h"
#include "scep_crypto.h"
#include "scep_env.h"
#include "scep_master.h"
#include "scep_query.h"
#include "scep_store.h"

/** Our RA pairs in one library context. Read-only after start. */
typedef struct scep_ra_t {
    apr_array_header_t *pairs;    /* const scep_keypair_t *: may decrypt,
                                       * newest first */
    const scep_keypair_t *signer; /* signs CertReps */
    scep_certs_t *certs;          /* RA certificates for GetCACert, signer
                                       * first; empty if the CA's own pair */
} scep_ra_t;

/**
 * A CA as a virtual host serves it. Made at start, read-only afterwards,
 * shared by all threads. STORE is NULL in the parent.
 */
typedef struct scep_service_t {
    const char *scope; /* lower-case hex, from the CA certificate:
                                      * what transactions and passwords are
                                      * bound to (S2, S10) */
    const scep_ca_backend_t *backend;
    void *ca;
    const scep_ra_t *ra;        /* in the default library context */
    const scep_ra_t *ra_legacy; /* in the legacy one; NULL if unused */
    scep_store_t *store;
    scep_challenge_table_t *challenges;
    scep_master_view_t *master; /* NULL: no endpoint uses one */
    scep_octets_t password_key; /* SCEP_PASSWORD_KEY_SIZE octets */
} scep_service_t;

/** What a challenge may be (ScepChallenge). */
typedef enum {
    SCEP_SOURCE_NONE,     /* no challenge is asked for */
    SCEP_SOURCE_ONE_TIME, /* a drawn password, good for one certificate */
    SCEP_SOURCE_SINGLE    /* the master password */
} scep_source_e;

/** The sources of an endpoint, tried in order; none at all: refuse. */
typedef struct scep_sources_t {
    int count;
    scep_source_e source[3];
} scep_sources_t;

/** What the directives of one endpoint say. */
typedef struct scep_policy_t {
    const scep_algs_t *algs;
    scep_sources_t sources;
    const scep_profile_t *profile;
    apr_interval_time_t retry_window;
    apr_interval_time_t password_validity;
    size_t password_length;  /* octets of randomness */
    size_t max_request_size; /* octets of a decoded message (GET or POST) */
} scep_policy_t;

/** One request. */
typedef struct scep_request_t {
    apr_pool_t *pool; /* the request's */
    scep_env_t env;
    const scep_service_t *service;
    const scep_policy_t *policy;
    const char *peer; /* address, for the record */
} scep_request_t;

/** What is to be sent. */
typedef struct scep_answer_t {
    int http_status; /* 200, 4xx, 5xx */
    const char *content_type;
    scep_octets_t body;
    int retry_after; /* seconds; 0: no such header */
    bool cacheable;  /* false: Cache-Control: no-store */
} scep_answer_t;

/** The RA pairs that fit the endpoint's library context. */
const scep_ra_t *scep_service_ra(const scep_request_t *req);

#endif
