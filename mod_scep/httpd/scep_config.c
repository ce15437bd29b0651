/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_config.c: the records that hold the directives: made, merged, and read
 * with their defaults. (httpd layer)
 */
#include "scep_config.h"

#include <apr_strings.h>

#include "scep_place.h"
#include "scep_profile.h"
#include "scep_trust.h"

extern module AP_MODULE_DECLARE_DATA scep_module;

const scep_failure_limit_t scep_default_failure_limit = {
    {100, 600 * APR_USEC_PER_SEC}, false, SCEP_FAILURE_DELAY};

enum {
    DEFAULT_RETRY_SECONDS = 20 * 60,
    DEFAULT_VALIDITY_SECONDS = 60 * 60,
    DEFAULT_PASSWORD_LENGTH = 8,
    DEFAULT_APPROVAL_SECONDS = 7 * 86400,
    DEFAULT_APPROVAL_MAX = 1000,
    DEFAULT_APPROVAL_MAX_PER_KEY = 1,
    ADDRESS_SHARE = 10, /* one address may have a tenth of the places */
    ADDRESS_LEAST = 2,
    SHA1_OCTETS = 20,
    SHA256_OCTETS = 32,
    DEFAULT_CRL_DAYS = 7,
    DEFAULT_MAX_REQUEST_SIZE = 65536
};

void *scep_config_create_server(apr_pool_t *pool, server_rec *s)
{
    scep_server_config_t *conf = apr_pcalloc(pool, sizeof(*conf));

    (void)s;
    conf->engine = -1;
    conf->audit_refusals = -1;
    return conf;
}

#define MERGE(field) conf->field = add->field ? add->field : base->field
#define MERGE_SET(field)                                                       \
    conf->field = add->field != -1 ? add->field : base->field

static bool begins_with(const char *name, const char *const *prefixes)
{
    while (*prefixes != NULL &&
           strncasecmp(name, *prefixes, strlen(*prefixes)) != 0) {
        prefixes++;
    }
    return *prefixes != NULL;
}

static bool is_of_ra(const char *name)
{
    static const char *const prefixes[] = {"ScepRA", NULL};

    return begins_with(name, prefixes);
}

/* The directives of the members that merge_ca() drops. */
static bool is_of_ca(const char *name)
{
    static const char *const prefixes[] = {"ScepCABackend",
                                           "ScepCACertificateFile",
                                           "ScepCAKey",
                                           "ScepCAChain",
                                           "ScepNextCA",
                                           "ScepRA",
                                           "ScepCRLDistributionPoint",
                                           NULL};

    return begins_with(name, prefixes);
}

/* A virtual host that names its own CA gets nothing of another one's: its
 * key, chain or RA would not fit. */
static void merge_ca(apr_pool_t *pool, scep_server_config_t *conf,
                     const scep_server_config_t *base,
                     const scep_server_config_t *add)
{
    scep_server_config_t none = {0};
    apr_array_header_t *places = base->places;

    if (add->ca_cert != NULL || add->backend != NULL) {
        base = &none;
        places = scep_places_without(pool, places, is_of_ca);
    }
    MERGE(backend);
    MERGE(backend_args);
    MERGE(ca_cert);
    MERGE(ca_key);
    MERGE(ca_chain);
    MERGE(next_cert);
    MERGE(next_key);
    MERGE(crl_url);
    if (add->ra_certs != NULL || add->ra_keys != NULL || add->ra_dir != NULL) {
        base = &none; /* pairs are one list */
        places = scep_places_without(pool, places, is_of_ra);
    }
    conf->places = scep_places_merge(pool, places, add->places);
    MERGE(ra_certs);
    MERGE(ra_keys);
    MERGE(ra_dir);
}

static void merge_retention(scep_server_config_t *conf,
                            const scep_server_config_t *base,
                            const scep_server_config_t *add)
{
    int i;

    for (i = 0; i < SCEP_PRUNE_KINDS; i++) {
        conf->retention[i] =
            add->retention[i] != 0 ? add->retention[i] : base->retention[i];
    }
}

void *scep_config_merge_server(apr_pool_t *pool, void *base_conf,
                               void *add_conf)
{
    const scep_server_config_t *base = base_conf;
    const scep_server_config_t *add = add_conf;
    scep_server_config_t *conf = apr_pcalloc(pool, sizeof(*conf));

    conf->engine = add->engine != -1 ? add->engine : base->engine;
    merge_ca(pool, conf, base, add);
    MERGE(crl_validity);
    MERGE(state_dir);
    conf->db_params = add->db_driver != NULL ? add->db_params : base->db_params;
    MERGE(db_driver);
    MERGE(dialog);
    conf->dialog_program =
        add->dialog ? add->dialog_program : base->dialog_program;
    MERGE(password_max);
    conf->audit_refusals =
        add->audit_refusals != -1 ? add->audit_refusals : base->audit_refusals;
    merge_retention(conf, base, add);
    conf->legacy = base->legacy || add->legacy;
    conf->single = base->single || add->single;
    MERGE(master_file);
    conf->cas = base->cas != NULL && add->cas != NULL
                    ? apr_hash_overlay(pool, add->cas, base->cas)
                    : (add->cas ? add->cas : base->cas);
    conf->named_cas =
        base->named_cas != NULL && add->named_cas != NULL
            ? apr_array_append(pool, base->named_cas, add->named_cas)
            : (add->named_cas ? add->named_cas : base->named_cas);
    conf->profiles = base->profiles != NULL && add->profiles != NULL
                         ? apr_hash_overlay(pool, add->profiles, base->profiles)
                         : (add->profiles ? add->profiles : base->profiles);
    conf->named = base->named != NULL && add->named != NULL
                      ? apr_array_append(pool, base->named, add->named)
                      : (add->named ? add->named : base->named);
    conf->provided = add->provided; /* the base has started its own */
    conf->trusts = add->trusts;     /* and read its own */
    MERGE(exec_timeout);
    MERGE(exec_workers);
    MERGE(defined_at);
    return conf;
}

void *scep_config_create_dir(apr_pool_t *pool, char *dir)
{
    scep_dir_config_t *conf = apr_pcalloc(pool, sizeof(*conf));

    (void)dir;
    conf->level = -1;
    conf->approval_manual = -1;
    conf->duplicate = -1;
    conf->renewal.on = -1;
    conf->renewal.expired = -1;
    conf->renewal.any_name = -1;
    conf->renewal.profile_of_endpoint = -1;
    conf->renewal.challenge = -1;
    conf->renewal.revoke_old = -1;
    conf->retry_window = -1;
    conf->password_validity = -1;
    conf->chain = conf->ca_type = conf->ca_first = -1;
    conf->nonce_optional = conf->ndes_errors = conf->empty_content = -1;
    conf->signing_time = conf->refuse_clear = -1;
    return conf;
}

static void merge_renewal(scep_renewal_config_t *conf,
                          const scep_renewal_config_t *base,
                          const scep_renewal_config_t *add)
{
    const scep_renewal_config_t *from = add->expired != -1 ? add : base;

    conf->on = add->on != -1 ? add->on : base->on;
    conf->any_name = add->any_name != -1 ? add->any_name : base->any_name;
    conf->profile_of_endpoint = add->profile_of_endpoint != -1
                                    ? add->profile_of_endpoint
                                    : base->profile_of_endpoint;
    conf->challenge = add->challenge != -1 ? add->challenge : base->challenge;
    conf->expired = from->expired;
    conf->expired_for = from->expired_for;
    from = add->revoke_old != -1 ? add : base;
    conf->revoke_old = from->revoke_old;
    conf->revoke_delay = from->revoke_delay;
    from = add->window_set ? add : base;
    conf->window_set = from->window_set;
    conf->window = from->window;
    conf->window_percent = from->window_percent;
    MERGE(min_digest);
    MERGE(trust);
}

void *scep_config_merge_dir(apr_pool_t *pool, void *base_conf, void *add_conf)
{
    const scep_dir_config_t *base = base_conf;
    const scep_dir_config_t *add = add_conf;
    scep_dir_config_t *conf = apr_pcalloc(pool, sizeof(*conf));

    conf->level = add->level != -1 ? add->level : base->level;
    conf->sources = add->sources_set ? add->sources : base->sources;
    conf->sources_set = add->sources_set || base->sources_set;
    /* Each of the two says it all. */
    if (add->profile != NULL || add->profile_by_usage[0] != NULL) {
        conf->profile = add->profile;
        memcpy(conf->profile_by_usage, add->profile_by_usage,
               sizeof(conf->profile_by_usage));
    }
    else {
        conf->profile = base->profile;
        memcpy(conf->profile_by_usage, base->profile_by_usage,
               sizeof(conf->profile_by_usage));
    }
    conf->approval_manual = add->approval_manual != -1 ? add->approval_manual
                                                       : base->approval_manual;
    MERGE(approval_expiry);
    MERGE(approval_max);
    MERGE(approval_max_per_address);
    MERGE(approval_max_per_key);
    MERGE_SET(duplicate);
    MERGE(name_rules);
    merge_renewal(&conf->renewal, &base->renewal, &add->renewal);
    conf->reply_ways = add->reply_ways_set ? add->reply_ways : base->reply_ways;
    conf->reply_ways_set = add->reply_ways_set || base->reply_ways_set;
    conf->retry_window =
        add->retry_window != -1 ? add->retry_window : base->retry_window;
    conf->password_validity = add->password_validity != -1
                                  ? add->password_validity
                                  : base->password_validity;
    MERGE(password_length);
    MERGE(password_max_per_user);
    conf->failure_limit = add->failure_limit.delay != 0 ? add->failure_limit
                                                        : base->failure_limit;
    MERGE(page_encoding);
    MERGE_SET(chain);
    MERGE_SET(ca_type);
    MERGE_SET(ca_first);
    MERGE_SET(nonce_optional);
    MERGE_SET(refuse_clear);
    MERGE_SET(ndes_errors);
    MERGE_SET(empty_content);
    MERGE_SET(signing_time);
    MERGE(ca);
    conf->ca_idents =
        base->ca_idents != NULL && add->ca_idents != NULL
            ? apr_hash_overlay(pool, add->ca_idents, base->ca_idents)
            : (add->ca_idents ? add->ca_idents : base->ca_idents);
    MERGE(admin_require);
    MERGE(max_request_size);
    conf->places = scep_places_merge(pool, base->places, add->places);
    return conf;
}

/* A <ScepCA> shares state directory, database and dialog with its server, but
 * neither CA, nor RA, nor a file that is encrypted to the RA. */
static scep_server_config_t *effective(scep_server_config_t *server,
                                       scep_server_config_t *section,
                                       apr_pool_t *pool)
{
    scep_server_config_t *conf =
        scep_config_merge_server(pool, server, section);

    conf->engine = 1;
    conf->cas = NULL;
    conf->ca_name = section->ca_name;
    conf->defined_at = section->defined_at;
    conf->master_file = section->master_file != NULL
                            ? section->master_file
                            : apr_pstrcat(pool, "master-password-",
                                          section->ca_name, ".cms", NULL);
    return conf;
}

apr_array_header_t *scep_config_cas(const server_rec *s, apr_pool_t *pool)
{
    scep_server_config_t *server = scep_config_server(s);
    apr_array_header_t *list = apr_array_make(pool, 1, sizeof(server));
    apr_hash_index_t *hi =
        server->cas != NULL ? apr_hash_first(pool, server->cas) : NULL;

    APR_ARRAY_PUSH(list, scep_server_config_t *) = server;
    for (; hi != NULL; hi = apr_hash_next(hi)) {
        APR_ARRAY_PUSH(list, scep_server_config_t *) =
            effective(server, apr_hash_this_val(hi), pool);
    }
    return list;
}

scep_server_config_t *scep_config_server(const server_rec *s)
{
    return ap_get_module_config(s->module_config, &scep_module);
}

const scep_dir_config_t *scep_config_dir(const request_rec *r)
{
    return ap_get_module_config(r->per_dir_config, &scep_module);
}

const char *scep_config_state_dir(const scep_server_config_t *conf)
{
    return conf->state_dir != NULL ? conf->state_dir : SCEP_DEFAULT_STATE_DIR;
}

const char *scep_config_backend(const scep_server_config_t *conf)
{
    return conf->backend != NULL ? conf->backend : SCEP_DEFAULT_BACKEND;
}

static const char *in_state_dir(const scep_server_config_t *conf,
                                const char *name, const char *otherwise,
                                apr_pool_t *pool)
{
    if (name == NULL) {
        name = otherwise;
    }
    if (*name == '/') {
        return name;
    }
    return apr_pstrcat(pool, scep_config_state_dir(conf), "/", name, NULL);
}

const char *scep_config_database(const scep_server_config_t *conf,
                                 apr_pool_t *pool)
{
    if (conf->db_driver != NULL && scep_store_driver_shared(conf->db_driver)) {
        return conf->db_params;
    }
    return in_state_dir(conf, conf->db_params, SCEP_DEFAULT_DATABASE, pool);
}

const char *scep_config_master_file(const scep_server_config_t *conf,
                                    apr_pool_t *pool)
{
    return in_state_dir(conf, conf->master_file, SCEP_DEFAULT_MASTER, pool);
}

apr_interval_time_t scep_config_retention(const scep_server_config_t *conf,
                                          scep_prune_e kind)
{
    apr_interval_time_t set = conf->retention[kind];

    if (set == 0 && kind == SCEP_PRUNE_PASSWORDS) {
        return apr_time_from_sec((apr_time_t)SCEP_PRUNE_PASSWORD_DAYS * 86400);
    }
    return set > 0 ? set : 0;
}

apr_interval_time_t scep_config_crl_validity(const scep_server_config_t *conf)
{
    return conf->crl_validity != 0
               ? conf->crl_validity
               : apr_time_from_sec((apr_time_t)DEFAULT_CRL_DAYS * 86400);
}

scep_level_e scep_config_level(const scep_dir_config_t *conf)
{
    return conf->level != -1 ? (scep_level_e)conf->level
                             : SCEP_LEVEL_COMPATIBLE;
}

scep_page_encoding_e scep_config_page_encoding(const scep_dir_config_t *conf)
{
    return conf->page_encoding != SCEP_PAGE_UNSET ? conf->page_encoding
                                                  : SCEP_PAGE_UTF16;
}

/* The names have been checked; one that is of none after all gets nothing. */
static void set_profiles(const scep_server_config_t *server,
                         const scep_dir_config_t *conf, scep_policy_t *policy)
{
    const char *name =
        conf->profile != NULL ? conf->profile : scep_profile_device.name;
    int i;

    policy->profiles = server->profiles;
    policy->profile = scep_profile_find(server->profiles, name);
    for (i = 0; i < SCEP_USAGE_COUNT; i++) {
        name = conf->profile_by_usage[i];
        policy->profile_by_usage[i] =
            name != NULL ? scep_profile_find(server->profiles, name) : NULL;
    }
}

/* Without a challenge the signature is all there is (RFC 8894 7.9). MD5 is
 * never enough by itself; SHA-1 is where it is allowed at all, since Windows
 * and Apple clients know no other for a renewal. */
static void set_renewal(const scep_dir_config_t *dir,
                        scep_renewal_policy_t *policy)
{
    const scep_renewal_config_t *conf = &dir->renewal;

    policy->on = conf->on != 0;
    policy->expired = conf->expired != 0;
    policy->expired_for = conf->expired != -1 ? conf->expired_for : -1;
    policy->any_name = conf->any_name == 1;
    policy->profile_of_endpoint = conf->profile_of_endpoint == 1;
    policy->challenge = conf->challenge == 1;
    policy->window = conf->window_set ? conf->window : -1;
    policy->window_percent = conf->window_percent;
    policy->revoke_old = conf->revoke_old == 1;
    policy->revoke_delay = conf->revoke_delay;
    policy->min_digest = conf->min_digest;
    if (policy->min_digest == 0) {
        policy->min_digest = scep_config_level(dir) == SCEP_LEVEL_MODERN
                                 ? SHA256_OCTETS
                                 : SHA1_OCTETS;
    }
    policy->trust = conf->trust != NULL ? conf->trust->certs : NULL;
}

static void set_manner(const scep_dir_config_t *conf, scep_manner_t *manner)
{
    manner->chain =
        conf->chain != -1 ? (scep_chain_e)conf->chain : SCEP_CHAIN_NONE;
    manner->ca_type =
        conf->ca_type != -1 ? (scep_ca_type_e)conf->ca_type : SCEP_CA_TYPE_AUTO;
    manner->empty_content = conf->empty_content != -1
                                ? (scep_empty_e)conf->empty_content
                                : SCEP_EMPTY_AUTO;
    manner->ca_first = conf->ca_first == 1;
    manner->nonce_optional = conf->nonce_optional == 1;
    manner->ndes_errors = conf->ndes_errors == 1;
    manner->refuse_clear = conf->refuse_clear == 1;
    manner->signing_time = conf->signing_time != -1 ? conf->signing_time : 0;
}

static void set_approval(const scep_dir_config_t *conf,
                         scep_approval_policy_t *policy)
{
    apr_int64_t share;

    policy->manual = conf->approval_manual == 1;
    policy->expiry = conf->approval_expiry != 0
                         ? conf->approval_expiry
                         : apr_time_from_sec(DEFAULT_APPROVAL_SECONDS);
    policy->limits.all =
        conf->approval_max != 0 ? conf->approval_max : DEFAULT_APPROVAL_MAX;
    share = policy->limits.all / ADDRESS_SHARE;
    share = share > ADDRESS_LEAST ? share : ADDRESS_LEAST;
    policy->limits.network = conf->approval_max_per_address != 0
                                 ? conf->approval_max_per_address
                                 : share;
    policy->limits.key = conf->approval_max_per_key != 0
                             ? conf->approval_max_per_key
                             : DEFAULT_APPROVAL_MAX_PER_KEY;
}

/* By password, as RFC 8894 3.1 has it; but who records such a reply can guess at
 * leisure, and what a provider takes may be what people log in with (RFC 8894
 * 7.3). */
static void set_reply_ways(const scep_dir_config_t *conf, scep_policy_t *policy)
{
    int i;

    policy->reply_ways = conf->reply_ways;
    if (conf->reply_ways_set) {
        return;
    }
    for (i = 0; i < policy->sources.count; i++) {
        if (policy->sources.source[i] == SCEP_SOURCE_PROVIDER) {
            return;
        }
    }
    policy->reply_ways.count = 1;
    policy->reply_ways.way[0] = SCEP_WAY_PASSWORD;
}

void scep_config_policy(const scep_server_config_t *server,
                        const scep_dir_config_t *conf, scep_policy_t *policy)
{
    policy->algs = NULL;
    policy->sources = conf->sources;
    if (!conf->sources_set) {
        policy->sources.count = 1;
        policy->sources.source[0] = SCEP_SOURCE_ONE_TIME;
    }
    set_profiles(server, conf, policy);
    set_renewal(conf, &policy->renewal);
    set_manner(conf, &policy->manner);
    set_approval(conf, &policy->approval);
    set_reply_ways(conf, policy);
    policy->duplicate = conf->duplicate != -1
                            ? (scep_duplicate_e)conf->duplicate
                            : SCEP_DUPLICATE_ALLOW;
    if (conf->name_rules != NULL) {
        policy->name_rules = *conf->name_rules;
    }
    policy->retry_window = conf->retry_window != -1
                               ? conf->retry_window
                               : apr_time_from_sec(DEFAULT_RETRY_SECONDS);
    policy->password_validity =
        conf->password_validity != -1
            ? conf->password_validity
            : apr_time_from_sec(DEFAULT_VALIDITY_SECONDS);
    policy->audit_refusals = server->audit_refusals != -1
                                 ? server->audit_refusals
                                 : SCEP_DEFAULT_AUDIT_REFUSALS;
    policy->failure_limit = conf->failure_limit.delay != 0
                                ? conf->failure_limit
                                : scep_default_failure_limit;
    policy->password_length = conf->password_length != 0
                                  ? conf->password_length
                                  : DEFAULT_PASSWORD_LENGTH;
    policy->password_max_per_user =
        conf->password_max_per_user > 0 ? conf->password_max_per_user : 0;
    policy->max_request_size = conf->max_request_size != 0
                                   ? conf->max_request_size
                                   : DEFAULT_MAX_REQUEST_SIZE;
}

static const char *joined(const apr_array_header_t *list, apr_pool_t *pool)
{
    return list != NULL ? apr_array_pstrcat(pool, list, '\n') : "";
}

#define TEXT(value) ((value) != NULL ? (value) : "")

static const char *retention_text(const scep_server_config_t *conf,
                                  apr_pool_t *pool)
{
    const char *text = "";
    int i;

    for (i = 0; i < SCEP_PRUNE_KINDS; i++) {
        text = apr_psprintf(
            pool, "%s%" APR_INT64_T_FMT " ", text,
            (apr_int64_t)scep_config_retention(conf, (scep_prune_e)i));
    }
    return text;
}

const char *scep_config_key(const scep_server_config_t *conf, apr_pool_t *pool)
{
    /* The separator cannot stand in a configuration line. */
    return apr_pstrcat(
        pool, scep_config_state_dir(conf), "\n", TEXT(conf->db_driver), "\n",
        scep_config_database(conf, pool), "\n", scep_config_backend(conf), "\n",
        TEXT(conf->backend_args), "\n", TEXT(conf->ca_cert), "\n",
        TEXT(conf->ca_key), "\n", TEXT(conf->ca_chain), "\n",
        TEXT(conf->dialog_program), "\n", scep_config_master_file(conf, pool),
        "\n", joined(conf->ra_certs, pool), "\n\n", joined(conf->ra_keys, pool),
        "\n\n", TEXT(conf->ra_dir), "\n", TEXT(conf->next_cert), "\n",
        TEXT(conf->next_key), "\n", TEXT(conf->crl_url), "\n",
        apr_ltoa(pool, (long)apr_time_sec(scep_config_crl_validity(conf))),
        "\n", retention_text(conf, pool), NULL);
}

const char *scep_config_where(const server_rec *s, apr_pool_t *pool)
{
    const char *name = "(without ServerName)";

    if (!s->is_virtual) {
        return "main server";
    }
    if (s->server_hostname != NULL) {
        name = s->server_hostname;
    }
    return apr_psprintf(pool, "virtual host %s (%s:%u)", name,
                        TEXT(s->defn_name), s->defn_line_number);
}
