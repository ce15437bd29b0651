/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_host.h
 * What mod_scep shares with outside modules: plain types, the causes that a
 * module may give, and the one table of functions that mod_scep hands to a CA
 * backend (scep_ca.h) or challenge provider (scep_challenge.h) when it starts.
 * A module can call no other function of mod_scep. docs/backends.md shows how
 * to write one.
 *
 * What stays the same (the rules of the interface):
 *
 * - A number that is written here keeps its meaning. New ones may be added.
 * - SCEP_HOST_ABI, SCEP_CA_ABI and SCEP_CHALLENGE_ABI are raised when a
 *   structure or function changes so that modules must be built again. httpd
 *   refuses to start with a module of another number, and names the module.
 * - Without a new number, members are only added at the end: of the tables
 *   (scep_host_t and the vtables, whose SIZE tells how much there is) and of
 *   the structures that mod_scep makes and a module reads or fills in.
 * - `abi` and `size` are the first two members of each table for ever.
 *
 * Needs APR and OpenSSL's types. Every function of the table is thread-safe as
 * long as two threads do not use the same pool or result at once.
 */
#ifndef SCEP_HOST_H
#define SCEP_HOST_H

#include <stddef.h>

#include <apr.h>
#include <apr_pools.h>
#include <apr_time.h>

#include <openssl/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Raised when scep_host_t or a type of this file changes incompatibly. */
#define SCEP_HOST_ABI 2

/** Octets somebody else owns; DATA may be NULL when LEN is 0. */
typedef struct scep_octets_t {
    const unsigned char *data;
    size_t len;
} scep_octets_t;

/** OpenSSL's STACK_OF(X509) and STACK_OF(X509_EXTENSION). */
typedef struct stack_st_X509 scep_certs_t;
typedef struct stack_st_X509_EXTENSION scep_extensions_t;

/**
 * How a call ended. "Refused", "not found" and "broken" are never mixed up:
 * the first is an answer, the second is a fact, the third is our fault.
 */
typedef enum {
    SCEP_OK = 0,          /* done */
    SCEP_PENDING = 1,     /* not decided yet: ask again later */
    SCEP_REFUSED = 2,     /* understood and denied; final for this request */
    SCEP_NOT_FOUND = 3,   /* not known; no error by itself */
    SCEP_UNAVAILABLE = 4, /* it cannot be had now; the device tries again */
    SCEP_BROKEN = 5       /* a fault on our side; an operator must act */
} scep_status_e;

/**
 * Why a call failed: what a module gives to fail(). The cause decides the
 * status, the answer to the device with its text, and the SCEPnnnn of the log
 * line; docs/refusals.md has a row for each number.
 */
typedef enum {
    /* SCEP_REFUSED, by a CA backend */
    SCEP_CAUSE_NAME = 110,       /* a name that must not be certified */
    SCEP_CAUSE_CONTENT = 137,    /* something else that the CSR asks for */
    SCEP_CAUSE_KEY = 138,        /* its key or signature algorithm */
    SCEP_CAUSE_CA_REFUSED = 160, /* the CA said no */
    SCEP_CAUSE_NO_CRL = 163,     /* the CA signs no CRL */
    /* SCEP_REFUSED, by a challenge provider: the device is told the same */
    SCEP_CAUSE_CHALLENGE_UNKNOWN = 153,
    SCEP_CAUSE_CHALLENGE_EXPIRED = 154,
    SCEP_CAUSE_CHALLENGE_SPENT = 155,
    /* SCEP_UNAVAILABLE */
    SCEP_CAUSE_CA_UNAVAILABLE = 170,     /* by a CA backend */
    SCEP_CAUSE_SOURCE_UNAVAILABLE = 194, /* by a challenge provider */
    /* SCEP_BROKEN, by both */
    SCEP_CAUSE_INTERNAL = 173,
    SCEP_CAUSE_SETUP = 174 /* at start: the configuration cannot work */
} scep_cause_e;

/** Levels, numerically those of httpd's APLOG_*. */
typedef enum {
    SCEP_LOG_ERROR = 3,   /* an operator must act */
    SCEP_LOG_WARNING = 4, /* refused by policy, or an odd peer */
    SCEP_LOG_NOTICE = 5,
    SCEP_LOG_INFO = 6,  /* each issue, renewal, revocation */
    SCEP_LOG_DEBUG = 7, /* decisions */
    SCEP_LOG_TRACE = 8  /* sizes and OIDs only */
} scep_log_level_e;

/** The outcome of one call; filled in by fail(). */
typedef struct scep_result_t scep_result_t;

/** Where to log and what the time is, for the server or for one request. Each
 * function gets the one to use. Keep the one of start() no longer than the
 * generation lives, the one of child_start() no longer than the child. */
typedef struct scep_env_t scep_env_t;

/** What a module may call. Constant; it lives as long as mod_scep is loaded. */
typedef struct scep_host_t {
    apr_uint32_t abi;    /* SCEP_HOST_ABI */
    apr_size_t size;     /* of this mod_scep's table */
    const char *version; /* of mod_scep: "0.1.0" */

    /**
     * Say why: fill in RES. OpenSSL's error queue is appended to the text and
     * emptied.
     * @param fmt for the log alone, as printf's; it must hold no secret: no
     *     challenge, key or password
     * @return the status of CAUSE, so that a function ends with
     *     `return host->fail(res, ...)`. A number that is no cause counts as
     *     SCEP_CAUSE_INTERNAL
     */
    scep_status_e (*fail)(scep_result_t *res, scep_cause_e cause,
                          const char *fmt, ...)
        __attribute__((format(printf, 3, 4)));

    /** After fail() with SCEP_UNAVAILABLE: tell the device when to come again
     * (Retry-After). Less than 1, or no call: mod_scep's usual time. */
    void (*retry_after)(scep_result_t *res, int seconds);

    /** Log one line, cut at 1,023 octets; control characters become dots. Put
     * what a peer sent through printable() first. */
    void (*log)(const scep_env_t *env, scep_log_level_e level, const char *fmt,
                ...) __attribute__((format(printf, 3, 4)));

    /** The time now: use it for notBefore, notAfter and time-outs. */
    apr_time_t (*now)(const scep_env_t *env);

    /** TEXT for a log line, from POOL: at most MAX octets of it, with quotes,
     * control and non-ASCII octets as \xNN. NULL gives "-". */
    const char *(*printable)(apr_pool_t *pool, const char *text,
                             apr_size_t max);

    /** LEN octets from POOL for a secret: they are overwritten when POOL is
     * cleared. */
    void *(*secret)(apr_pool_t *pool, apr_size_t len);

    /** Give OBJECT (one of OpenSSL's, say) to POOL, which calls FREE_FN with it
     * when it is cleared. OBJECT may be NULL. @return OBJECT */
    void *(*own)(apr_pool_t *pool, void *object, void (*free_fn)(void *));
} scep_host_t;

/** Does TABLE (of any kind here) have MEMBER? Ask for members that were added
 * after the ABI number was raised last. */
#define SCEP_HAS(table, member)                                                \
    ((table)->size >= (apr_size_t)((const char *)(&(table)->member + 1) -      \
                                   (const char *)(table)) &&                   \
     (table)->member != NULL)

#ifdef __cplusplus
}
#endif

#endif
