/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_config.c: makes, merges and reads the records that hold the directives.
 * (httpd layer)
 */
#include "scep_config.h"

#include <apr_strings.h>

#include "scep_place.h"
#include "scep_profile.h"
#include "scep_setting.h"

enum {
    ADDRESS_SHARE = 10, /* one address may have a tenth of the places */
    ADDRESS_LEAST = 2,
    SHA1_OCTETS = 20,
    SHA256_OCTETS = 32
};

void *scep_config_create_server(apr_pool_t *pool, server_rec *s)
{
    scep_server_config_t *conf = apr_pcalloc(pool, sizeof(*conf));

    (void)s;
    scep_settings_init(pool, SCEP_AT_SERVER, conf);
    return conf;
}

static apr_hash_t *overlay(apr_pool_t *pool, apr_hash_t *add, apr_hash_t *base)
{
    return base != NULL && add != NULL ? apr_hash_overlay(pool, add, base)
                                       : (add != NULL ? add : base);
}

void *scep_config_merge_server(apr_pool_t *pool, void *base_conf,
                               void *add_conf)
{
    const scep_server_config_t *base = base_conf;
    const scep_server_config_t *add = add_conf;
    scep_server_config_t *conf = apr_pmemdup(pool, base, sizeof(*conf));

    scep_settings_merge(pool, SCEP_AT_SERVER, conf, add, &conf->places,
                        add->places);
    conf->cas = overlay(pool, add->cas, base->cas);
    conf->profiles = overlay(pool, add->profiles, base->profiles);
    conf->provided = add->provided; /* the base's are started for the base */
    conf->trusts = add->trusts;     /* likewise */
    conf->served = NULL;
    return conf;
}

void *scep_config_create_dir(apr_pool_t *pool, char *dir)
{
    scep_dir_config_t *conf = apr_pcalloc(pool, sizeof(*conf));

    (void)dir;
    scep_settings_init(pool, SCEP_AT_POLICY, conf);
    conf->policy.key_deliveries.count = -1; /* not set: the sources decide */
    return conf;
}

void *scep_config_merge_dir(apr_pool_t *pool, void *base_conf, void *add_conf)
{
    const scep_dir_config_t *base = base_conf;
    const scep_dir_config_t *add = add_conf;
    scep_dir_config_t *conf = apr_pmemdup(pool, base, sizeof(*conf));

    scep_settings_merge(pool, SCEP_AT_POLICY, conf, add, &conf->places,
                        add->places);
    return conf;
}

/* A <ScepCA> shares state directory, database and dialog with its server. It
 * does not share the CA, the RA, or files that are encrypted to the RA. */
static scep_server_config_t *effective(scep_server_config_t *server,
                                       scep_server_config_t *section,
                                       apr_pool_t *pool)
{
    scep_server_config_t *conf =
        scep_config_merge_server(pool, server, section);

    conf->engine = 1;
    conf->cas = NULL;
    conf->ca_name = section->ca_name;
    conf->ca_at = section->ca_at;
    if (scep_places_find(section->places, "ScepMasterPasswordFile") == NULL) {
        conf->master_file = apr_pstrcat(pool, "master-password-",
                                        section->ca_name, ".cms", NULL);
    }
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

bool scep_config_wanted(const server_rec *s)
{
    while (s != NULL && scep_config_server(s)->engine != 1) {
        s = s->next;
    }
    return s != NULL;
}

const scep_dir_config_t *scep_config_dir(const request_rec *r)
{
    return ap_get_module_config(r->per_dir_config, &scep_module);
}

bool scep_config_legacy(const scep_server_config_t *conf, apr_pool_t *pool)
{
    return scep_places_say(conf->places, "ScepAlgorithms", "legacy", pool);
}

bool scep_config_single(const scep_server_config_t *conf, apr_pool_t *pool)
{
    return scep_places_say(conf->places, "ScepChallenge", "single", pool) ||
           scep_places_say(conf->places, "ScepUseSinglePassword", "On", pool);
}

/* NAME as a path; a relative one is below the state directory. */
static const char *in_state_dir(const scep_server_config_t *conf,
                                const char *name, apr_pool_t *pool)
{
    return *name == '/' ? name
                        : apr_pstrcat(pool, conf->state_dir, "/", name, NULL);
}

bool scep_config_shares_database(const scep_server_config_t *conf)
{
    return conf->db_driver != NULL && scep_store_driver_shared(conf->db_driver);
}

const char *scep_config_database(const scep_server_config_t *conf,
                                 apr_pool_t *pool)
{
    if (scep_config_shares_database(conf)) {
        return conf->db_params;
    }
    return in_state_dir(
        conf, conf->db_params != NULL ? conf->db_params : SCEP_STATE_DATABASE,
        pool);
}

const char *scep_config_master_file(const scep_server_config_t *conf,
                                    apr_pool_t *pool)
{
    return in_state_dir(conf, conf->master_file, pool);
}

apr_interval_time_t scep_config_retention(const scep_server_config_t *conf,
                                          scep_prune_e kind)
{
    apr_interval_time_t set = conf->retention[kind];

    if (set == 0) {
        return apr_time_from_sec((apr_time_t)scep_prune_days(kind) * 86400);
    }
    return set > 0 ? set : 0;
}

/* The names have been checked. A name without a profile would get none. */
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

/* RFC 8894 3.1 encrypts with the password. Anybody who records such a reply can
 * guess at leisure, so this is off by default where a provider's password may
 * be what people log in with (RFC 8894 7.3). */
static void set_key_deliveries(scep_policy_t *policy)
{
    int i;

    if (policy->key_deliveries.count >= 0) {
        return;
    }
    policy->key_deliveries.count = 0;
    for (i = 0; i < policy->sources.count; i++) {
        if (policy->sources.source[i] == SCEP_SOURCE_PROVIDER) {
            return;
        }
    }
    policy->key_deliveries.count = 1;
    policy->key_deliveries.delivery[0] = SCEP_KEY_DELIVERY_PASSWORD;
}

void scep_config_policy(const scep_server_config_t *server,
                        const scep_dir_config_t *conf, scep_policy_t *policy)
{
    scep_queue_limits_t *limits = &policy->approval.limits;
    apr_int64_t share;

    *policy = conf->policy;
    set_profiles(server, conf, policy);
    set_key_deliveries(policy);
    policy->audit_refusals = server->audit_refusals;
    policy->renewal.trust = conf->trust != NULL ? conf->trust->certs : NULL;
    /* Without a challenge the signature is a renewal's only proof (RFC 8894
     * 7.9). MD5 is not enough by default. SHA-1 is, where the level allows it:
     * Windows and Apple clients renew with nothing better. */
    if (policy->renewal.min_digest == 0) {
        policy->renewal.min_digest =
            conf->level == SCEP_LEVEL_MODERN ? SHA256_OCTETS : SHA1_OCTETS;
    }
    if (limits->network == 0) {
        share = limits->all / ADDRESS_SHARE;
        limits->network = share > ADDRESS_LEAST ? share : ADDRESS_LEAST;
    }
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
    /* No value contains a line feed, so it can separate them. */
    return apr_pstrcat(
        pool, conf->state_dir, "\n", TEXT(conf->db_driver), "\n",
        scep_config_database(conf, pool), "\n", conf->backend, "\n",
        TEXT(conf->backend_args), "\n", TEXT(conf->ca_cert), "\n",
        TEXT(conf->ca_key), "\n", TEXT(conf->ca_chain), "\n",
        TEXT(conf->dialog_program), "\n", scep_config_master_file(conf, pool),
        "\n", joined(conf->ra_certs, pool), "\n\n", joined(conf->ra_keys, pool),
        "\n\n", TEXT(conf->ra_dir), "\n", TEXT(conf->next_cert), "\n",
        TEXT(conf->next_key), "\n", TEXT(conf->crl_url), "\n",
        apr_ltoa(pool, (long)apr_time_sec(conf->crl_validity)), "\n",
        retention_text(conf, pool), NULL);
}
