/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_config.h
 * The records of the directives: one for each server (engine, CA, RA, state),
 * and one for each section (policy). They are filled while the configuration is
 * read and not changed afterwards. Only start-up sets `served`, and the members
 * of a trust and of a provider. (httpd layer)
 */
#ifndef SCEP_CONFIG_H
#define SCEP_CONFIG_H

#include <httpd.h>
#include <ap_expr.h>
#include <http_config.h>

#include "scep_state_files.h"
#include "scep_service.h"
#include "scep_store_prune.h"

typedef struct scep_served_t scep_served_t; /* scep_runtime.h */

/** A file of CAs (ScepRenewalTrust). */
typedef struct scep_trust_file_t {
    const char *path;
    const char *at; /* file:line of the directive */
} scep_trust_file_t;

/** The CAs that a section, and those that inherit from it, trust. */
typedef struct scep_trust_t {
    apr_array_header_t *files; /* scep_trust_file_t */
    scep_certs_t *certs;       /* set by start-up */
    bool failed;               /* at a restart: a file cannot be used */
} scep_trust_t;

/** The record of a server or virtual host. NULL: not set, without a default. */
typedef struct scep_server_config_t {
    int engine; /* 1, 0 */
    const char *state_dir;
    const char *db_driver; /* NULL: SQLite in the state directory */
    const char *db_params;
    const char *backend;
    const char *backend_args;
    const char *ca_cert;
    const char *ca_key;
    const char *ca_chain;
    apr_array_header_t *ra_certs; /* const char * */
    apr_array_header_t *ra_keys;  /* the n-th belongs to the n-th above */
    const char *ra_dir;           /* ScepRADirectory */
    const char *next_cert;        /* ScepNextCACertificateFile */
    const char *next_key;         /* ScepNextCAKey */
    const char *crl_url;          /* ScepCRLDistributionPoint */
    apr_interval_time_t crl_validity;
    const char *dialog_program; /* prints passphrases; NULL: the terminal */
    apr_uint32_t password_max;  /* main server only */
    int max_concurrent;         /* likewise; 0: no limit; -1: by workers */
    int audit_refusals;
    /* 0: not set; -1: for ever */
    apr_interval_time_t retention[SCEP_PRUNE_KINDS];
    const char *master_file;
    apr_interval_time_t exec_timeout;
    int exec_workers;
    apr_array_header_t *places; /* scep_place.h: of all values, those of
                                 * sections too; NULL: none */

    /* defined by its sections */
    apr_hash_t *cas; /* <ScepCA>: scep_server_config_t * by name, or NULL */
    struct scep_server_config_t *ca_section; /* while it is read, or NULL */
    const char *ca_name;                     /* of a <ScepCA>; else NULL */
    const char *ca_at;                       /* its file:line; else NULL */
    apr_hash_t *profiles;    /* scep_profile_t * by name; NULL: none here */
    scep_profile_t *section; /* while its <ScepProfile> is read, or NULL */
    apr_array_header_t
        *provided; /* scep_provider_instance_t *: those of this server's own
                    * sections; NULL: none */
    apr_array_header_t *trusts; /* scep_trust_t *, likewise */

    /* What a start made of it, while the engine is on (scep_runtime.h) */
    scep_served_t *served;
} scep_server_config_t;

#define SCEP_OWN_CA ""

/** UTF-16 suits readers of NDES's page; UTF-8 suits people and scripts. */
typedef enum { SCEP_PAGE_UTF16, SCEP_PAGE_UTF8 } scep_page_encoding_e;

/** The policy of an endpoint, as a server, virtual host or section sets it. */
typedef struct scep_dir_config_t {
    scep_policy_t policy; /* as set; scep_config_policy() completes it */
    scep_level_e level;
    const char *profile;                            /* NULL: device */
    const char *profile_by_usage[SCEP_USAGE_COUNT]; /* or [0] NULL */
    scep_trust_t *trust;                            /* NULL: none */
    scep_page_encoding_e page_encoding;
    const char *ca;        /* ScepCA; NULL: the server's own */
    apr_hash_t *ca_idents; /* name of <ScepCA> by CA-IDENT, or NULL */
    const ap_expr_info_t *admin_require; /* NULL: none */
    apr_array_header_t *places;          /* scep_place.h; NULL: none */
} scep_dir_config_t;

extern module AP_MODULE_DECLARE_DATA scep_module;
extern const command_rec scep_directives[];

void *scep_config_create_server(apr_pool_t *pool, server_rec *s);
void *scep_config_merge_server(apr_pool_t *pool, void *base, void *add);
void *scep_config_create_dir(apr_pool_t *pool, char *dir);
void *scep_config_merge_dir(apr_pool_t *pool, void *base, void *add);

static inline scep_server_config_t *scep_config_server(const server_rec *s)
{
    return ap_get_module_config(s->module_config, &scep_module);
}

/** LIST of server S, where that has one of its own: a virtual host without
 * directives of ours has the main server's very record. */
static inline const apr_array_header_t *
scep_server_items(const server_rec *main_server, const server_rec *s,
                  const apr_array_header_t *list)
{
    return s != main_server &&
                   scep_config_server(s) == scep_config_server(main_server)
               ? NULL
               : list;
}

/** Has some server of the list ScepEngine On? */
bool scep_config_wanted(const server_rec *s);
const scep_dir_config_t *scep_config_dir(const request_rec *r);

/** Does any section of the server set ScepAlgorithms legacy? */
bool scep_config_legacy(const scep_server_config_t *conf, apr_pool_t *pool);
/** Does any section of the server use the master password? */
bool scep_config_single(const scep_server_config_t *conf, apr_pool_t *pool);
/** The absolute path of the database. If the driver has no path, its
 * parameters, which may hold a password. */
const char *scep_config_database(const scep_server_config_t *conf,
                                 apr_pool_t *pool);
/** The master password file's path, likewise. */
const char *scep_config_master_file(const scep_server_config_t *conf,
                                    apr_pool_t *pool);
/** How long rows of KIND are kept; 0: for ever. */
apr_interval_time_t scep_config_retention(const scep_server_config_t *conf,
                                          scep_prune_e kind);

/** Does the server share its database with other machines? */
bool scep_config_shares_database(const scep_server_config_t *conf);

/**
 * All CAs that server S serves: its own record first, then one for each
 * <ScepCA>, merged with what it inherits from the server.
 * @return scep_server_config_t *
 */
apr_array_header_t *scep_config_cas(const server_rec *s, apr_pool_t *pool);

/** Fill POLICY with the settings of an endpoint, and with what follows from
 * several of them. The caller sets `algs`. */
void scep_config_policy(const scep_server_config_t *server,
                        const scep_dir_config_t *conf, scep_policy_t *policy);

/** All CA, RA and state settings in one string. Servers with the same string
 * share one service. */
const char *scep_config_key(const scep_server_config_t *conf, apr_pool_t *pool);

#endif
