/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_config.h
 * What the directives say: one record per server (engine, CA, RA, state), one
 * per directory section (policy). Both are filled while the configuration is
 * read and never changed afterwards, but for the server's `site`, which
 * start-up sets. (httpd layer)
 */
#ifndef SCEP_CONFIG_H
#define SCEP_CONFIG_H

#include <httpd.h>
#include <ap_expr.h>
#include <http_config.h>

#include "scep_state_files.h"
#include "scep_service.h"
#include "scep_store_prune.h"

typedef struct scep_site_t scep_site_t;   /* scep_runtime.h */
typedef struct scep_trust_t scep_trust_t; /* scep_trust.h */

/** How the passphrase of an encrypted key is found. */
typedef enum {
    SCEP_DIALOG_UNSET = 0,
    SCEP_DIALOG_BUILTIN, /* asked for on the terminal */
    SCEP_DIALOG_EXEC     /* a program prints it */
} scep_dialog_e;

/** A name somewhere in the configuration that something must have. */
typedef struct scep_named_t {
    const char *name;
    const char *directive; /* that gave it */
    const char *at;        /* file:line of that */
} scep_named_t;

/** Per server and virtual host. NULL and -1: not set. */
typedef struct scep_server_config_t {
    int engine; /* 1, 0, or -1 */
    const char *state_dir;
    const char *db_driver;
    const char *db_params;
    const char *backend;
    const char *backend_args;
    const char *ca_cert;
    const char *ca_key;
    const char *ca_chain;
    apr_array_header_t *ra_certs;     /* const char *; NULL: none set */
    apr_array_header_t *ra_keys;      /* the n-th belongs to the n-th above */
    const char *ra_dir;               /* ScepRADirectory, or NULL */
    const char *next_cert;            /* ScepNextCACertificateFile, or NULL */
    const char *next_key;             /* ScepNextCAKey, or NULL */
    const char *crl_url;              /* ScepCRLDistributionPoint, or NULL */
    apr_interval_time_t crl_validity; /* 0: not set */
    scep_dialog_e dialog;
    const char *dialog_program;
    apr_uint32_t password_max; /* main server only; 0: not set */
    int audit_refusals;        /* -1: not set */
    /* 0: not set; -1: for ever */
    apr_interval_time_t retention[SCEP_PRUNE_KINDS];
    bool legacy; /* some section here asks for that level */
    bool single; /* some section here uses a master password */
    const char *master_file;
    apr_hash_t *cas; /* <ScepCA>: scep_server_config_t * by name, or NULL */
    struct scep_server_config_t *ca_section; /* while it is read, or NULL */
    const char *ca_name;                     /* of a <ScepCA>; else NULL */
    apr_array_header_t *named_cas; /* scep_named_t: CAs that were named */
    apr_hash_t *profiles;      /* scep_profile_t * by name; NULL: none here */
    scep_profile_t *section;   /* while its <ScepProfile> is read, or NULL */
    apr_array_header_t *named; /* scep_named_t: profiles that were named */
    apr_array_header_t *provided; /* scep_provided_t *: in the sections of this
                                   * server alone; NULL: none */
    apr_array_header_t *trusts;   /* scep_trust_t *, likewise */
    apr_interval_time_t exec_timeout; /* 0: not set */
    int exec_workers;                 /* 0: not set */
    const char *defined_at;           /* file:line of ScepEngine */
    apr_array_header_t *places;       /* of all values, sections included
                                 * (scep_place.h); NULL: none */

    scep_site_t *site;    /* set by start-up when the engine is on */
    apr_hash_t *ca_sites; /* scep_site_t * by name of <ScepCA>, likewise */
} scep_server_config_t;

/** Pages for scrapers of NDES are UTF-16; for people and scripts UTF-8. */
typedef enum {
    SCEP_PAGE_UNSET = 0,
    SCEP_PAGE_UTF16,
    SCEP_PAGE_UTF8
} scep_page_encoding_e;

/** ScepRenewal... */
typedef struct scep_renewal_config_t {
    int on; /* 1, 0, or -1: not set; so are these: */
    int expired;
    int any_name;
    int profile_of_endpoint;
    int challenge;
    int revoke_old;
    apr_interval_time_t expired_for; /* -1: by any time */
    apr_interval_time_t revoke_delay;
    bool window_set;
    apr_interval_time_t window; /* -1: any */
    int window_percent;         /* 0: none */
    apr_size_t min_digest;      /* 0: not set */
    scep_trust_t *trust;        /* NULL: not set */
} scep_renewal_config_t;

/** Per server, virtual host and Location: the policy of an endpoint. */
typedef struct scep_dir_config_t {
    int level; /* scep_level_e, or -1 */
    scep_sources_t sources;
    bool sources_set;
    bool by_single; /* it was ScepUseSinglePassword that set them */
    const char *profile;
    const char *profile_by_usage[SCEP_USAGE_COUNT]; /* or [0] NULL: not set */
    scep_reply_ways_t reply_ways;
    bool reply_ways_set;
    scep_renewal_config_t renewal;
    int duplicate;                         /* scep_duplicate_e, or -1 */
    const scep_name_rules_t *name_rules;   /* NULL: not set */
    int approval_manual;                   /* 1, 0, or -1: not set */
    apr_interval_time_t approval_expiry;   /* 0: not set */
    apr_int64_t approval_max;              /* 0: not set */
    apr_int64_t approval_max_per_address;  /* 0: not set */
    apr_int64_t approval_max_per_key;      /* 0: not set */
    apr_interval_time_t retry_window;      /* -1: not set */
    apr_interval_time_t password_validity; /* -1: not set */
    apr_size_t password_length;            /* 0: not set */
    apr_int64_t password_max_per_user;     /* 0: not set; -1: off */
    scep_failure_limit_t failure_limit;    /* delay 0: not set */
    scep_page_encoding_e page_encoding;
    int chain;          /* scep_chain_e, or -1: not set; so, too, those below */
    int ca_type;        /* scep_ca_type_e */
    int ca_first;       /* 0, 1 */
    int nonce_optional; /* 0, 1 */
    int ndes_errors;    /* 0, 1 */
    int refuse_clear;   /* 0, 1 */
    int empty_content;  /* scep_empty_e */
    apr_interval_time_t signing_time;
    const char *ca;              /* ScepCA; NULL: the server's own */
    apr_hash_t *ca_idents;       /* name of <ScepCA> by CA-IDENT, or NULL */
    apr_size_t max_request_size; /* 0: not set */
    const ap_expr_info_t *admin_require; /* NULL: not set */
    apr_array_header_t *places;          /* scep_place.h; NULL: none */
} scep_dir_config_t;

#define SCEP_DEFAULT_STATE_DIR "/var/lib/mod_scep"
#define SCEP_DEFAULT_DATABASE SCEP_STATE_DATABASE
#define SCEP_DEFAULT_MASTER SCEP_STATE_MASTER
#define SCEP_DEFAULT_BACKEND "local"
#define SCEP_DEFAULT_PASSWORD_MAX 10000
#define SCEP_DEFAULT_AUDIT_REFUSALS 10000

/** How long one is made to wait whose challenges fail too often. */
#define SCEP_FAILURE_DELAY (3 * APR_USEC_PER_SEC)

extern const scep_failure_limit_t scep_default_failure_limit;

extern const command_rec scep_directives[];

void *scep_config_create_server(apr_pool_t *pool, server_rec *s);
void *scep_config_merge_server(apr_pool_t *pool, void *base, void *add);
void *scep_config_create_dir(apr_pool_t *pool, char *dir);
void *scep_config_merge_dir(apr_pool_t *pool, void *base, void *add);

scep_server_config_t *scep_config_server(const server_rec *s);
const scep_dir_config_t *scep_config_dir(const request_rec *r);

/** Settings with their defaults. */
const char *scep_config_state_dir(const scep_server_config_t *conf);
const char *scep_config_backend(const scep_server_config_t *conf);
/** The database's path, one relative to the state directory resolved; of a
 * driver without a path its parameters, which may hold a password. */
const char *scep_config_database(const scep_server_config_t *conf,
                                 apr_pool_t *pool);
/** The master password file's path, likewise. */
const char *scep_config_master_file(const scep_server_config_t *conf,
                                    apr_pool_t *pool);
/** How long what is over is kept; 0: for ever. */
apr_interval_time_t scep_config_retention(const scep_server_config_t *conf,
                                          scep_prune_e kind);
apr_interval_time_t scep_config_crl_validity(const scep_server_config_t *conf);
scep_level_e scep_config_level(const scep_dir_config_t *conf);
scep_page_encoding_e scep_config_page_encoding(const scep_dir_config_t *conf);

/**
 * All CAs that server S serves: its own record first, then one for each
 * <ScepCA> with what that takes over from the server's.
 * @return scep_server_config_t *
 */
apr_array_header_t *scep_config_cas(const server_rec *s, apr_pool_t *pool);

/** The policy of an endpoint of a server; its `algs` are left to the caller. */
void scep_config_policy(const scep_server_config_t *server,
                        const scep_dir_config_t *conf, scep_policy_t *policy);

/** All CA, RA and state settings in one string: servers for which it is the
 * same are served by the same service. */
const char *scep_config_key(const scep_server_config_t *conf, apr_pool_t *pool);

/** "virtual host name (file:line)", or "main server"; for messages. */
const char *scep_config_where(const server_rec *s, apr_pool_t *pool);

#endif
