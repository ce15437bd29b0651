/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_challenge.h
 * The interface of a challenge provider, which judges challengePasswords (RFC
 * 8894 2.3), as `authn:` and `exec:` in ScepChallenge do. A module of yours
 * fills one in and registers it with ap_register_provider(), see mod_scep.h.
 * `ScepChallenge mine:arguments` then asks it; docs/backends.md explains how,
 * and tests/outside/provider_sample.c is an example. `one-time` and `single`
 * are no providers: mod_scep itself draws and checks those challenges.
 *
 * Life: each entry of a ScepChallenge list is an instance of its own. start()
 * once per generation in the parent (as root, before children are forked;
 * again after each graceful restart), child_start() once per child process,
 * then check() from any thread of the child at any time, concurrently. State
 * made in start() is read-only afterwards or locked by the provider. check()
 * may block, but should answer SCEP_UNAVAILABLE after a bounded time rather
 * than hold a worker.
 *
 * Memory: what start() allocates from its pool lives as long as the
 * generation; what check() returns lives in the pool it got.
 *
 * A provider accepts or refuses a request; it does not spend anything. The
 * same request may come again: after a lost reply, or because the CA could not
 * issue at the time.
 *
 * Answers: the status that a function returns decides. Before it returns
 * anything but SCEP_OK, it calls the host's fail(); without that call the log
 * has no reason, but the status counts.
 */
#ifndef SCEP_CHALLENGE_H
#define SCEP_CHALLENGE_H

#include <apr_time.h>

#include <openssl/x509.h>

#include "scep_host.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Raised when this interface changes incompatibly; rules in scep_host.h. */
#define SCEP_CHALLENGE_ABI 2

/** What the directives say; strings live as long as the generation. */
typedef struct scep_challenge_config_t {
    const char *args;                 /* what follows "name:", or "" */
    apr_interval_time_t exec_timeout; /* ScepExecTimeout */
    int exec_workers;                 /* ScepExecWorkers */
    int probe; /* non-zero: the configuration is only tested (apachectl -t):
                * create nothing, but look at files */
} scep_challenge_config_t;

/** One request to judge. Its outer signature and that of its CSR have been
 * verified; nothing else in it has. */
typedef struct scep_challenge_request_t {
    const char *transaction_id;
    X509_REQ *csr;         /* its challengePassword is blanked out, so its
                            * encoding does not verify any more */
    scep_octets_t csr_der; /* as received, with the challengePassword: wipe
                            * every copy */
    const char *subject;   /* RFC 4514, in UTF-8; invisible characters are
                            * escaped */
    const char *const *alt_names; /* "DNS:host.example", "IP:192.0.2.1",
                                   * "email:...", "URI:...", "UPN:...", or
                                   * "other:..." for what has no text; control
                                   * and non-ASCII octets as \xNN;
                                   * NULL-terminated */
    const char *challenge; /* UTF-8, never NULL or empty, no NUL inside; wipe
                            * every copy, and never log it */
    const char *peer;      /* the device's address */
    const char *profile;   /* name of the endpoint's profile */
    const char *endpoint;  /* path of the URL */
    void *host_request;    /* httpd's request_rec of this request */
} scep_challenge_request_t;

/** What goes with SCEP_OK; all NULL: the endpoint's settings apply. */
typedef struct scep_challenge_answer_t {
    const char *profile; /* name of the profile to issue by */
    const char *limits;  /* JSON, as for a drawn challenge (guide.md, "Passwords
                          * bound to a device"); a request that does not keep
                          * to them is refused */
} scep_challenge_answer_t;

typedef struct scep_challenge_provider_t {
    apr_uint32_t abi; /* SCEP_CHALLENGE_ABI */
    apr_size_t size;  /* sizeof(scep_challenge_provider_t) */
    const char *name; /* as in ScepChallenge */

    /**
     * Check CONFIG and make the instance's state *STATE; keep HOST and, if
     * need be, ENV there.
     * @return SCEP_OK, or SCEP_BROKEN with SCEP_CAUSE_SETUP and a text that
     *     says what is wrong and the cure; mod_scep puts file, line and
     *     directive before it
     */
    scep_status_e (*start)(const scep_host_t *host,
                           const scep_challenge_config_t *config,
                           const scep_env_t *env, apr_pool_t *pool,
                           void **state, scep_result_t *res);

    /** In each child; NULL if there is nothing to do. */
    scep_status_e (*child_start)(void *state, const scep_env_t *env,
                                 apr_pool_t *pool, scep_result_t *res);

    /**
     * Is REQUEST's challenge good for what its CSR asks for?
     * @param answer empty; may be filled with SCEP_OK
     * @return SCEP_OK: accepted. SCEP_REFUSED (SCEP_CAUSE_CHALLENGE_UNKNOWN,
     *     or _EXPIRED or _SPENT when that is known): mod_scep asks the next
     *     source. SCEP_UNAVAILABLE (SCEP_CAUSE_SOURCE_UNAVAILABLE): no verdict
     *     now; the device is told to come again, unless another source accepts.
     *     SCEP_BROKEN (SCEP_CAUSE_INTERNAL): the same, but an operator must
     *     act. The text must not hold the challenge.
     */
    scep_status_e (*check)(void *state, const scep_env_t *env,
                           const scep_challenge_request_t *request,
                           apr_pool_t *pool, scep_challenge_answer_t *answer,
                           scep_result_t *res);
} scep_challenge_provider_t;

/** The smallest SIZE allowed. */
#define SCEP_CHALLENGE_MIN_SIZE sizeof(scep_challenge_provider_t)

#ifdef __cplusplus
}
#endif

#endif
