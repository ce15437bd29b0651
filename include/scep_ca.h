/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_ca.h
 * The interface of a CA backend. mod_scep uses every backend through this
 * vtable, also its own `local`. A module of yours fills one in and registers it
 * with ap_register_provider(), see mod_scep.h; docs/backends.md explains how,
 * and tests/outside/ca_sample.c is an example.
 *
 * Life: start() once per generation in the parent (as root, before children
 * are forked; again after each graceful restart), child_start() once per
 * child process, then issue(), poll(), crl() and certificates() from any
 * thread of the child at any time, concurrently. State made in start() is
 * read-only afterwards or locked by the backend. A call may block, but should
 * answer UNAVAILABLE after a bounded time rather than hold a worker.
 *
 * Memory: what start() allocates from its pool lives as long as the
 * generation; what issue() and poll() return lives in the pool they got.
 * Arguments belong to mod_scep and live as long as the call, unless noted.
 *
 * Answers: the status that a function returns decides. Before it returns
 * anything but SCEP_OK, SCEP_PENDING or SCEP_NOT_FOUND, it calls the host's
 * fail(); without that call the log has no reason, but the status counts.
 *
 * mod_scep may pass the same request again: after a crash between issue() and
 * the record of the certificate, or because the record failed. Return the same
 * certificate (or ticket) for the same transaction_id and CSR for some minutes,
 * so that no certificate exists that nobody knows of.
 */
#ifndef SCEP_CA_H
#define SCEP_CA_H

#include <apr_tables.h>
#include <apr_time.h>

#include <openssl/x509.h>

#include "scep_host.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Raised when this interface changes incompatibly; rules in scep_host.h. */
#define SCEP_CA_ABI 2

/** Asks for a key's passphrase; see scep_ca_config_t. @return length or -1 */
typedef int scep_ca_passphrase_fn(void *baton, const char *source, char *buf,
                                  int size);

/** What the directives say; strings live as long as the generation. */
typedef struct scep_ca_config_t {
    const char *args;       /* rest of the ScepCABackend line, or "" */
    const char *cert_file;  /* ScepCACertificateFile, or NULL */
    const char *key;        /* ScepCAKey: path or URI, or NULL */
    const char *chain_file; /* ScepCAChainFile, or NULL */
    scep_ca_passphrase_fn *passphrase; /* NULL: none can be asked for */
    void *passphrase_baton;
    int next;  /* non-zero: these are ScepNextCACertificateFile and
                * ScepNextCAKey, which messages then name (SCEP_CA_NEXT) */
    int probe; /* non-zero: the configuration is only tested (apachectl -t):
                * ask for no passphrase and create nothing, but read and check
                * files */
    apr_interval_time_t exec_timeout; /* ScepExecTimeout */
    int exec_workers;                 /* ScepExecWorkers */
} scep_ca_config_t;

/** What a backend can do: bits of scep_ca_backend_t's abilities. */
enum {
    SCEP_CA_NEXT = 1 /* a second instance can be the next CA, with the key of
                      * ScepNextCAKey */
};

/** Kinds of keys: bits of scep_profile_t's key_types. */
enum {
    SCEP_KEY_RSA = 1,
    SCEP_KEY_EC = 2,
    SCEP_KEY_RSA_PSS = 4, /* RSA for PSS alone: rsassaPss in its SPKI */
    SCEP_KEY_ED25519 = 8,
    SCEP_KEY_ED448 = 16
};

/** What a certificate may contain, whatever its CSR says. */
typedef struct scep_profile_t {
    const char *name;
    apr_int64_t validity; /* seconds from now to notAfter */
    apr_int64_t backdate; /* seconds from notBefore to now */
    int min_rsa_bits;
    unsigned int key_usage; /* KU_* bits (openssl/x509v3.h) allowed; a CSR that
                             * asks for some of them gets just those */
    const char *const *ext_key_usage; /* dotted OIDs, NULL-terminated */
    const char *digest;     /* of the certificate's signature: "SHA256" */
    unsigned int key_types; /* SCEP_KEY_* bits of the keys to certify */
    int other_signer;       /* true: a first enrolment may be signed by another
                             * key than its CSR's, as it must be for keys that
                             * cannot sign a message (Ed25519) */
    int validity_jitter;    /* percent; mod_scep has already shortened the
                             * `validity` that a backend gets by a random share
                             * of at most this */
} scep_profile_t;

/** One request to sign. All of it has been verified and authorized. */
typedef struct scep_ca_request_t {
    X509_REQ *csr;                 /* its own signature has been checked; its
                                    * challengePassword is blanked out, so its
                                    * encoding does not verify any more */
    scep_octets_t csr_der;         /* as received, with the challengePassword:
                                    * wipe every copy */
    scep_extensions_t *extensions; /* that the CSR asks for; may be NULL */
    const scep_profile_t *profile;
    const char *transaction_id;
    const char *crl_url;    /* ScepCRLDistributionPoint, or NULL */
    const char *subject;    /* of the CSR in RFC 4514's form, for log lines */
    const char *renewal_of; /* serial number (upper-case hex) of the certificate
                             * that this one is to replace; NULL: none */
    const char *peer;       /* the device's address */
    const char *authorized_by; /* "one-time", "single", "none", "renewal", or
                                * "provider" */
} scep_ca_request_t;

/** A revoked certificate, for a CRL. */
typedef struct scep_ca_revoked_t {
    const char *serial; /* upper-case hex */
    apr_time_t at;
    int reason; /* CRLReason, RFC 5280 5.3.1 */
} scep_ca_revoked_t;

/** The contents of a CRL. */
typedef struct scep_ca_crl_request_t {
    const apr_array_header_t *revoked; /* scep_ca_revoked_t, in any order */
    apr_int64_t number;                /* cRLNumber */
    apr_time_t this_update;
    apr_time_t next_update;
} scep_ca_crl_request_t;

#define SCEP_CA_MAX_TICKET 255

/** The outcome of issue() and poll(); empty at first. */
typedef struct scep_ca_answer_t {
    X509 *cert;         /* SCEP_OK: the certificate for the CSR's key; the pool
                         * owns it */
    const char *ticket; /* SCEP_PENDING: what poll() needs; printable ASCII, at
                         * most SCEP_CA_MAX_TICKET octets. NULL from poll(): the
                         * same as before */
} scep_ca_answer_t;

typedef struct scep_ca_backend_t {
    apr_uint32_t abi;       /* SCEP_CA_ABI */
    apr_size_t size;        /* sizeof(scep_ca_backend_t) */
    const char *name;       /* as in ScepCABackend */
    apr_uint32_t abilities; /* SCEP_CA_ bits */

    /**
     * Check CONFIG and make the backend's state *CA; keep HOST and, if need
     * be, ENV there.
     * @return SCEP_OK, or SCEP_BROKEN with SCEP_CAUSE_SETUP and a text that
     *     names the directive, the file and the cure
     */
    scep_status_e (*start)(const scep_host_t *host,
                           const scep_ca_config_t *config,
                           const scep_env_t *env, apr_pool_t *pool, void **ca,
                           scep_result_t *res);

    /** In each child; NULL if there is nothing to do. */
    scep_status_e (*child_start)(void *ca, const scep_env_t *env,
                                 apr_pool_t *pool, scep_result_t *res);

    /**
     * The issuing CA certificate first, then its issuers up to the root as
     * far as known. The stack and its members belong to the backend and live
     * as long as *CA; available after start().
     */
    scep_certs_t *(*certificates)(void *ca);

    /**
     * The issuing CA's certificate and key, if the key is RSA and in this
     * process: mod_scep decrypts and signs messages with them where no RA is
     * configured. They belong to the backend. NULL, or false: there are none.
     */
    int (*ra_pair)(void *ca, X509 **cert, EVP_PKEY **key);

    /**
     * Sign.
     * @return SCEP_OK; SCEP_PENDING (ticket set); SCEP_REFUSED with
     *     SCEP_CAUSE_CA_REFUSED, _NAME, _CONTENT or _KEY; SCEP_UNAVAILABLE with
     *     SCEP_CAUSE_CA_UNAVAILABLE; SCEP_BROKEN with SCEP_CAUSE_INTERNAL
     */
    scep_status_e (*issue)(void *ca, const scep_env_t *env,
                           const scep_ca_request_t *request, apr_pool_t *pool,
                           scep_ca_answer_t *answer, scep_result_t *res);

    /**
     * Ask again about a request that is pending. NULL if issue() never answers
     * SCEP_PENDING.
     * @return as issue(); or SCEP_NOT_FOUND: the CA does not know TICKET (any
     *     more), and the request ends as refused
     */
    scep_status_e (*poll)(void *ca, const scep_env_t *env, const char *ticket,
                          apr_pool_t *pool, scep_ca_answer_t *answer,
                          scep_result_t *res);

    /**
     * Sign a CRL of the issuing CA. NULL: the CA has none, or publishes its
     * own.
     * @param crl set with SCEP_OK; POOL owns it
     * @return SCEP_OK; SCEP_REFUSED with SCEP_CAUSE_NO_CRL; SCEP_UNAVAILABLE
     *     with SCEP_CAUSE_CA_UNAVAILABLE; SCEP_BROKEN with SCEP_CAUSE_INTERNAL
     */
    scep_status_e (*crl)(void *ca, const scep_env_t *env,
                         const scep_ca_crl_request_t *request, apr_pool_t *pool,
                         X509_CRL **crl, scep_result_t *res);
} scep_ca_backend_t;

/** The smallest SIZE allowed: what ABI 2 began with, without crl(). */
#define SCEP_CA_MIN_SIZE offsetof(scep_ca_backend_t, crl)

#ifdef __cplusplus
}
#endif

#endif
