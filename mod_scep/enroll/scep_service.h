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
#include "scep_challenge.h"
#include "scep_challenge_table.h"
#include "scep_crypto.h"
#include "scep_csr.h"
#include "scep_env.h"
#include "scep_counts.h"
#include "scep_shm_limits.h"
#include "scep_shm_slots.h"
#include "scep_master.h"
#include "scep_name_rules.h"
#include "scep_profile.h"
#include "scep_query.h"
#include "scep_recipient.h"
#include "scep_store.h"
#include "scep_store_request.h"

/** Our RA pairs in one library context. Read-only after start. */
typedef struct scep_ra_t {
    apr_array_header_t *pairs;    /* const scep_keypair_t *: may decrypt, newest
                                   * first */
    apr_array_header_t *signers;  /* const scep_keypair_t *: at each index, the
                                   * pair that answers messages to that of
                                   * PAIRS; NULL there, or no array: SIGNER */
    const scep_keypair_t *signer; /* the newest that may sign */
    scep_certs_t *certs;          /* RA certificates for GetCACert, signer
                                   * first; empty if the CA's own pair */
} scep_ra_t;

/** The CA that takes over one day (RFC 8894 4.7). Read-only after start. */
typedef struct scep_next_ca_t {
    const char *ca_id;
    scep_certs_t *certs; /* its own first */
    void *ca; /* of the service's backend; NULL: it is shown, but issues
               * nothing yet */
} scep_next_ca_t;

/** The purposes of slots in shared memory: SCEP_SLOTS for each. */
typedef enum {
    SCEP_SLOT_WAITING = 0, /* requests whose refusal is delayed */
    SCEP_SLOT_WRITING,     /* writers of rows that are not urgent */
    SCEP_SLOT_TURN,        /* requests that wait for others to finish */
    SCEP_SLOT_ASKING,      /* requests that ask a provider, which may be slow */
    SCEP_SLOT_SIGNING,     /* signers of a CRL */
    SCEP_SLOT_KINDS
} scep_slot_kind_e;

enum { SCEP_SLOTS = 64 };

/** How many messages are worked on at a time: scep_admission.h. */
typedef struct scep_admission_t scep_admission_t;

/**
 * A CA as a virtual host serves it. Made at start, read-only afterwards,
 * shared by all threads. STORE is NULL in the parent.
 */
typedef struct scep_service_t {
    const char *ca_id; /* lower-case hex, from the CA certificate: transactions
                        * and challenges are bound to it (S2, S10) */
    const scep_ca_backend_t *backend;
    void *ca;
    const scep_ra_t *ra;        /* in the default library context */
    const scep_ra_t *ra_legacy; /* in the legacy one; NULL if unused */
    scep_store_t *store;
    scep_challenge_table_t *challenges;
    scep_master_view_t *master;     /* NULL: no endpoint uses one */
    scep_octets_t password_key;     /* SCEP_PASSWORD_KEY_SIZE octets */
    scep_shm_limits_t *rate_limits; /* NULL: nothing is counted */
    scep_shm_slots_t *slots;        /* of all kinds; NULL: any number */
    scep_counts_t *counts;          /* NULL: nothing is counted */
    int waiting_slots;              /* how many requests may wait at a time */
    scep_admission_t *admission;    /* for pkiMessages; NULL: no limit */
    apr_interval_time_t crl_validity;
    const char *crl_url;        /* that certificates name; NULL: none */
    const scep_next_ca_t *next; /* NULL: none */
} scep_service_t;

/** Terms for one of the first TOTAL slots of KIND; KEY may have EACH. */
scep_slot_terms_t scep_slot_terms(scep_slot_kind_e kind, int total,
                                  const unsigned char *key, int each,
                                  apr_interval_time_t lease);

/** What a challenge may be (ScepChallenge). */
typedef enum {
    SCEP_SOURCE_NONE,     /* no challenge is asked for */
    SCEP_SOURCE_ONE_TIME, /* a drawn challenge, good for one certificate or as
                           * many as were asked for when it was drawn */
    SCEP_SOURCE_SINGLE,   /* the master password */
    SCEP_SOURCE_PROVIDER  /* what a provider accepts (authn:, exec:, ...) */
} scep_source_e;

/** The provider of one entry of a ScepChallenge list. Made while the
 * configuration is read, started in the parent. */
typedef struct scep_provider_instance_t {
    const char *text;  /* as written: "exec:/usr/local/bin/check" */
    const char *where; /* file:line */
    const char *name;  /* "exec" */
    const char *args;  /* what follows the colon; "" */
    const scep_challenge_provider_t *provider; /* NULL: not started */
    void *state;                               /* its own */
    bool failed; /* at a restart, or in this child: it cannot be asked */
} scep_provider_instance_t;

#define SCEP_MAX_SOURCES 8

/** The sources of an endpoint, tried in order; none at all: refuse. */
typedef struct scep_sources_t {
    int count;
    scep_source_e source[SCEP_MAX_SOURCES];
    scep_provider_instance_t *provided[SCEP_MAX_SOURCES]; /* or NULL */
} scep_sources_t;

/** How replies to keys that can only sign are encrypted, tried in order; none
 * at all: refuse (ScepECReply). */
typedef struct scep_key_deliveries_t {
    int count;
    scep_key_delivery_e delivery[2];
} scep_key_deliveries_t;

/** When a certificate authorizes its successor (ScepRenewal...). */
typedef struct scep_renewal_policy_t {
    bool on;
    bool expired;                    /* also after notAfter ... */
    apr_interval_time_t expired_for; /* ... by this much; -1: by any time */
    bool any_name;                   /* names need not be the same */
    bool profile_of_endpoint;        /* not the old certificate's */
    bool challenge;                  /* a challenge is required, too (R15) */
    apr_interval_time_t window;      /* before notAfter; -1: at any time */
    int window_percent;              /* of the validity instead; 0: none */
    bool revoke_old;
    apr_interval_time_t revoke_delay; /* after the renewal */
    size_t min_digest;   /* octets of the digest in the message's signature */
    scep_certs_t *trust; /* CAs beside the issuing one; may be NULL */
} scep_renewal_policy_t;

/** How often challenges may be refused (ScepFailureLimit). */
typedef struct scep_failure_limit_t {
    scep_allowance_t allowance; /* count 0: no limit */
    bool refuse;                /* refuse what is beyond, else delay it by: */
    apr_interval_time_t delay;
} scep_failure_limit_t;

/** Which certificates follow the issued one in a CertRep (Q8, Q61). */
typedef enum {
    SCEP_CHAIN_NONE = 0,
    SCEP_CHAIN_ISSUER, /* the issuing CA's */
    SCEP_CHAIN_FULL    /* that, and all above it up to the root */
} scep_chain_e;

/** What GetCACert gives. */
typedef enum {
    SCEP_CA_TYPE_AUTO = 0, /* the bare certificate where there is but one */
    SCEP_CA_TYPE_BUNDLE,   /* always certs-only, RA and chain and all */
    SCEP_CA_TYPE_CA        /* always the bare certificate of the issuing CA */
} scep_ca_type_e;

/** When a FAILURE or PENDING has an empty eContent. */
typedef enum {
    SCEP_EMPTY_AUTO = 0, /* for clients that are known to need it */
    SCEP_EMPTY_NEVER,
    SCEP_EMPTY_ALWAYS
} scep_empty_e;

/** How an endpoint treats clients that contradict each other; default: 0. */
typedef struct scep_client_quirks_t {
    scep_chain_e chain;
    scep_ca_type_e ca_type;
    bool ca_first;       /* in a bundle, before the RA */
    bool nonce_optional; /* a request may lack one (Q81) */
    bool ndes_errors;    /* Microsoft's attribute in a FAILURE */
    bool refuse_clear;   /* a challenge outside of the envelope (Q23) */
    scep_empty_e empty_content;
    apr_interval_time_t signing_time; /* how far off it may be; 0: any */
} scep_client_quirks_t;

/** Who decides on a request (ScepApproval...). */
typedef struct scep_approval_policy_t {
    bool manual;                /* an operator; else it is issued at once */
    apr_interval_time_t expiry; /* how long it waits */
    scep_queue_limits_t limits; /* how many may wait */
} scep_approval_policy_t;

/** What at least one of several profiles allows. */
typedef struct scep_leniency_t {
    int min_rsa_bits; /* 0: there are no profiles */
    bool other_signer;
} scep_leniency_t;

/** What the directives of one endpoint say. */
typedef struct scep_policy_t {
    const scep_algs_t *algs;
    scep_sources_t sources;
    const scep_profile_t *profile;
    /* by scep_usage_e, instead of PROFILE: all set, or all NULL */
    const scep_profile_t *profile_by_usage[SCEP_USAGE_COUNT];
    apr_hash_t *profiles;     /* that can be named; may be NULL */
    scep_leniency_t leniency; /* scep_leniency_of(profiles) */
    scep_key_deliveries_t key_deliveries;
    scep_renewal_policy_t renewal;
    scep_approval_policy_t approval;
    scep_duplicate_e duplicate; /* in first enrolments */
    scep_name_rules_t name_rules;
    apr_interval_time_t retry_window;
    apr_interval_time_t password_validity;
    scep_failure_limit_t failure_limit;
    int audit_refusals;                /* rows that are kept; 0: none is made */
    size_t password_length;            /* octets of randomness */
    apr_int64_t password_max_per_user; /* most outstanding; 0: no limit */
    scep_client_quirks_t quirks;
    size_t max_request_size; /* octets of a decoded message (GET or POST) */
} scep_policy_t;

/** A further CA of an endpoint, by the CA-IDENT that chooses it. */
typedef struct scep_ident_t {
    const char *ident;
    const scep_service_t *service;
} scep_ident_t;

/** The signer of a message, and whether it may renew: scep_signer.h. */
typedef struct scep_signer_t scep_signer_t;

/** One request. */
typedef struct scep_request_t {
    apr_pool_t *pool; /* the request's */
    scep_env_t env;
    const scep_service_t *service;    /* chosen so far; first, the default */
    const apr_array_header_t *idents; /* scep_ident_t; NULL: no further CAs */
    const scep_policy_t *policy;
    const char *peer;     /* address, for the record */
    const char *endpoint; /* path of the URL; may be NULL */
    void *host_request;   /* httpd's request_rec, for providers that live in
                           * httpd; NULL elsewhere */
    const scep_signer_t *signer; /* NULL: not examined yet */

    int admitted; /* the slot of the message, from 1; 0: none */

    /* known so far, for the record of a refusal; else NULL */
    const char *subject;                 /* of the CSR */
    const unsigned char *challenge_hash; /* of a challenge that was drawn */
    const scep_audit_event_t *refusal;   /* to be recorded once the answer has
                                          * left (scep_refusal_record()) */
} scep_request_t;

/** What to send. */
typedef struct scep_answer_t {
    int http_status; /* 200, 4xx, 5xx */
    const char *content_type;
    scep_octets_t body;
    int retry_after; /* seconds; 0: no such header */
    bool cacheable;  /* false: Cache-Control: no-store */
} scep_answer_t;

/** The name of SOURCE, as recorded with a request that waits. Constant. */
const char *scep_source_name(scep_source_e source);

/** The RA pairs that fit the endpoint's library context. */
const scep_ra_t *scep_service_ra(const scep_request_t *req);

/** The RA pairs of all CAs to which a message to the endpoint may be addressed.
 * const scep_keypair_t *, from REQ's pool or constant. */
const apr_array_header_t *scep_service_pairs(const scep_request_t *req);

/**
 * The pair that signs the reply to a message to RECIPIENT: RECIPIENT itself, or
 * its partner if it may not sign, because clients verify with the certificate
 * that they have (invariant 13). The newest signer, if that pair is not valid
 * now, if RECIPIENT is the next CA's, and if it is NULL.
 * @param recipient one of the pairs of REQ's CA; NULL: not known
 */
const scep_keypair_t *scep_service_signer(const scep_request_t *req,
                                          const scep_keypair_t *recipient);

/** Make the CA whose RA is RECIPIENT, one of scep_service_pairs(), the CA of
 * REQ. */
void scep_service_by_recipient(scep_request_t *req,
                               const scep_keypair_t *recipient);

/** Make the CA that IDENT (may be NULL) names the CA of REQ. IDENT may be in
 * base64, as Junos sends it (Q60). An unknown one changes nothing. */
void scep_service_by_ident(scep_request_t *req, const char *ident);

/** The id of the CA with that certificate, to which its transactions,
 * challenges and revocations are bound; from POOL. NULL on failure. */
const char *scep_service_ca_id(X509 *ca, apr_pool_t *pool);

/** The leniency of PROFILES, from names to const scep_profile_t *; NULL: none.
 * POOL is only for temporary memory. */
scep_leniency_t scep_leniency_of(apr_hash_t *profiles, apr_pool_t *pool);

/** The shortest RSA key that some profile of the endpoint accepts. */
int scep_service_min_rsa_bits(const scep_request_t *req);

/** Does some profile of the endpoint allow a signer with another key? */
bool scep_service_other_signer(const scep_request_t *req);

/**
 * The profile for CSR.
 * @param named the one that came with the authorization; NULL: the endpoint's,
 *     by the keyUsage of CSR where ScepProfileByKeyUsage says so
 * @return SCEP_OK; SCEP_REFUSED (SCEP_R_CSR_KEY: its key is too short for that
 *     profile, or of a kind it does not allow; SCEP_R_CONTENT: its
 *     keyUsage is malformed)
 */
scep_status_e scep_service_profile(const scep_request_t *req,
                                   const scep_csr_t *csr,
                                   const scep_profile_t *named,
                                   const scep_profile_t **profile,
                                   scep_result_t *res);

/**
 * Is a message that was encrypted to RECIPIENT for the next CA (RFC 8894 5.1,
 * R47)? That is so if RECIPIENT is the next CA's own certificate or one that
 * the next CA, and not the current one, issued.
 * @return the next CA; NULL: the current one is to issue
 */
const scep_next_ca_t *scep_service_next(const scep_service_t *service,
                                        X509 *recipient);

#endif
