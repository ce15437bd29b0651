/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_directives_policy.c: directives of endpoints with a syntax of their own.
 * (httpd layer)
 */
#include "scep_directives.h"

#include <apr_strings.h>

#include <http_log.h>

#include "scep_place.h"

APLOG_USE_MODULE(scep);

enum {
    MAX_FAILURES = 100000,
    MAX_FAILURE_DAYS = 1,
    FAILURE_DELAY = 3, /* seconds before a refusal, if challenges fail often */
    MAX_RENEWAL_DAYS = 36500,
    MIN_PERCENT = 1,
    MAX_PERCENT = 99
};

/* ---- challenges ---- */

/* Start-up looks the provider up, when all modules are known. */
static scep_provider_instance_t *make_provided(cmd_parms *cmd,
                                               const char *value)
{
    scep_server_config_t *server = scep_cmd_server(cmd);
    scep_provider_instance_t *provided =
        apr_pcalloc(cmd->pool, sizeof(*provided));
    const char *colon = strchr(value, ':');

    provided->text = apr_pstrdup(cmd->pool, value);
    provided->where = scep_place_here(cmd);
    provided->name = colon != NULL ? apr_pstrmemdup(cmd->pool, value,
                                                    (apr_size_t)(colon - value))
                                   : provided->text;
    provided->args = colon != NULL ? apr_pstrdup(cmd->pool, colon + 1) : "";
    if (server->provided == NULL) {
        server->provided = apr_array_make(cmd->pool, 2, sizeof(provided));
    }
    APR_ARRAY_PUSH(server->provided, scep_provider_instance_t *) = provided;
    return provided;
}

static bool is_same(const scep_sources_t *sources, int i, scep_source_e source,
                    const char *value)
{
    return sources->source[i] == source &&
           (source != SCEP_SOURCE_PROVIDER ||
            strcmp(sources->provided[i]->text, value) == 0);
}

static const char *add_source(cmd_parms *cmd, scep_sources_t *sources,
                              const char *value, scep_source_e source)
{
    int i;

    for (i = 0; i < sources->count; i++) {
        if (is_same(sources, i, source, value)) {
            return scep_bad_value(cmd, value,
                                  "that source is in the list already");
        }
        if (sources->source[i] == SCEP_SOURCE_NONE) {
            return scep_bad_value(
                cmd, value, "nothing can come after none, which accepts all");
        }
    }
    if (sources->count == SCEP_MAX_SOURCES) {
        return scep_bad_value(cmd, value, "the list is too long");
    }
    sources->source[sources->count] = source;
    sources->provided[sources->count] =
        source == SCEP_SOURCE_PROVIDER ? make_provided(cmd, value) : NULL;
    sources->count++;
    return NULL;
}

const char *scep_read_challenge(cmd_parms *cmd, void *record, int argc,
                                const char *const argv[])
{
    static const struct {
        const char *word;
        scep_source_e source;
    } words[] = {{"one-time", SCEP_SOURCE_ONE_TIME},
                 {"single", SCEP_SOURCE_SINGLE},
                 {"none", SCEP_SOURCE_NONE}};
    scep_dir_config_t *conf = record;
    scep_source_e source = SCEP_SOURCE_PROVIDER;
    size_t i;

    (void)argc;
    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasecmp(argv[0], words[i].word) == 0) {
            source = words[i].source;
        }
    }
    if (scep_places_find(conf->places, cmd->cmd->name) == NULL) {
        conf->policy.sources.count = 0; /* the first of a list */
    }
    return add_source(cmd, &conf->policy.sources, argv[0], source);
}

/* NDES's name for `ScepChallenge single`. */
const char *scep_read_single(cmd_parms *cmd, void *record, int argc,
                             const char *const argv[])
{
    scep_sources_t *sources = &((scep_dir_config_t *)record)->policy.sources;

    (void)cmd;
    (void)argc;
    sources->count = 1;
    sources->source[0] = strcasecmp(argv[0], "On") == 0 ? SCEP_SOURCE_SINGLE
                                                        : SCEP_SOURCE_ONE_TIME;
    return NULL;
}

/* "100/10m" */
static const char *parse_allowance(cmd_parms *cmd, const char *value,
                                   scep_allowance_t *allowance)
{
    const char *slash = strchr(value, '/');
    const char *error;
    apr_int64_t number;

    if (slash == NULL) {
        return scep_bad_value(cmd, value,
                              "off is wanted, or a number and a time such as "
                              "100/10m");
    }
    error = scep_parse_number(
        cmd, value,
        apr_pstrmemdup(cmd->pool, value, (apr_size_t)(slash - value)), 1,
        MAX_FAILURES, &number);
    if (error == NULL) {
        error = scep_parse_time(cmd, value, slash + 1, 1, MAX_FAILURE_DAYS,
                                &allowance->per);
    }
    if (error == NULL && apr_time_as_msec(allowance->per) < number) {
        return scep_bad_value(cmd, value,
                              "that is more than one in a millisecond; off "
                              "sets no limit");
    }
    if (error == NULL) {
        allowance->count = (apr_uint32_t)number;
    }
    return error;
}

const char *scep_read_failure_limit(cmd_parms *cmd, void *record, int argc,
                                    const char *const argv[])
{
    scep_dir_config_t *conf = record;
    const char *beyond = argc > 1 ? argv[1] : NULL, *error = NULL;
    scep_failure_limit_t limit = {.delay = apr_time_from_sec(FAILURE_DELAY)};

    if (strcasecmp(argv[0], "off") != 0) {
        error = parse_allowance(cmd, argv[0], &limit.allowance);
    }
    else if (beyond != NULL) {
        error = scep_bad_value(cmd, beyond, "nothing can come after off");
    }
    if (error == NULL && beyond != NULL) {
        limit.refuse = strcasecmp(beyond, "refuse") == 0;
        if (!limit.refuse && strcasecmp(beyond, "delay") != 0) {
            error = scep_bad_value(cmd, beyond, "delay or refuse is wanted");
        }
    }
    conf->policy.failure_limit = limit;
    return error;
}

const char *scep_read_admin_require(cmd_parms *cmd, void *record, int argc,
                                    const char *const argv[])
{
    scep_dir_config_t *conf = record;
    const char *error;

    (void)argc;
    conf->admin_require =
        ap_expr_parse_cmd(cmd, argv[0], AP_EXPR_FLAG_DONT_VARY, &error, NULL);
    if (error != NULL) {
        return scep_bad_value(
            cmd, argv[0],
            apr_psprintf(
                cmd->pool,
                "an expression in the syntax of httpd's <If> is wanted: %s",
                error));
    }
    return NULL;
}

/* ---- requests and replies ---- */

const char *scep_read_name_relax(cmd_parms *cmd, void *record, int argc,
                                 const char *const argv[])
{
    scep_name_rules_t rules = {false, false};
    bool none = false;
    int i;

    for (i = 0; i < argc; i++) {
        if (strcasecmp(argv[i], "lengths") == 0) {
            rules.any_length = true;
        }
        else if (strcasecmp(argv[i], "syntax") == 0) {
            rules.any_syntax = true;
        }
        else if (strcasecmp(argv[i], "none") == 0) {
            none = true;
        }
        else {
            return scep_bad_value(cmd, argv[i],
                                  "none, lengths or syntax is wanted");
        }
    }
    if (argc == 0 || (none && argc > 1)) {
        return scep_bad_value(cmd, argc > 0 ? "none" : "",
                              "none alone, or lengths, syntax or both");
    }
    ((scep_dir_config_t *)record)->policy.name_rules = rules;
    return NULL;
}

const char *scep_read_ec_reply(cmd_parms *cmd, void *record, int argc,
                               const char *const argv[])
{
    scep_key_deliveries_t *deliveries =
        &((scep_dir_config_t *)record)->policy.key_deliveries;
    bool refuse = strcasecmp(argv[0], "refuse") == 0;
    scep_key_delivery_e delivery = SCEP_KEY_DELIVERY_PASSWORD;

    (void)argc;
    if (deliveries->count == 0 || (deliveries->count > 0 && refuse)) {
        return scep_bad_value(cmd, argv[0], "refuse stands alone");
    }
    if (refuse) {
        deliveries->count = 0;
        return NULL;
    }
    if (strcasecmp(argv[0], "key-agreement") == 0) {
        delivery = SCEP_KEY_DELIVERY_AGREEMENT;
    }
    else if (strcasecmp(argv[0], "password") != 0) {
        return scep_bad_value(cmd, argv[0],
                              "password, key-agreement or refuse is wanted");
    }
    if (deliveries->count < 0) {
        deliveries->count = 0; /* the first of a list */
    }
    else if (deliveries->delivery[0] == delivery || deliveries->count == 2) {
        return scep_bad_value(cmd, argv[0], "that is in the list already");
    }
    deliveries->delivery[deliveries->count++] = delivery;
    return NULL;
}

/* ---- renewals ---- */

/* On, Off, or a time.
 * @param interval the time; for On and Off, OTHERWISE */
static const char *on_off_time(cmd_parms *cmd, const char *value,
                               apr_interval_time_t otherwise, bool *on,
                               apr_interval_time_t *interval)
{
    const char *error;

    *interval = otherwise;
    *on = strcasecmp(value, "off") != 0;
    if (!*on || strcasecmp(value, "on") == 0) {
        return NULL;
    }
    error = scep_parse_time(cmd, value, value, 0, MAX_RENEWAL_DAYS, interval);
    return error == NULL
               ? NULL
               : apr_pstrcat(cmd->pool, error, "; or On, or Off", NULL);
}

const char *scep_read_renewal_expired(cmd_parms *cmd, void *record, int argc,
                                      const char *const argv[])
{
    scep_renewal_policy_t *renewal =
        &((scep_dir_config_t *)record)->policy.renewal;

    (void)argc;
    return on_off_time(cmd, argv[0], -1, &renewal->expired,
                       &renewal->expired_for);
}

const char *scep_read_renewal_revoke_old(cmd_parms *cmd, void *record, int argc,
                                         const char *const argv[])
{
    scep_renewal_policy_t *renewal =
        &((scep_dir_config_t *)record)->policy.renewal;

    (void)argc;
    return on_off_time(cmd, argv[0], 0, &renewal->revoke_old,
                       &renewal->revoke_delay);
}

const char *scep_read_renewal_window(cmd_parms *cmd, void *record, int argc,
                                     const char *const argv[])
{
    scep_renewal_policy_t *renewal =
        &((scep_dir_config_t *)record)->policy.renewal;
    const char *value = argv[0], *error;
    apr_size_t len = strlen(value);

    (void)argc;
    renewal->window = -1;
    renewal->window_percent = 0;
    if (strcasecmp(value, "any") == 0) {
        return NULL;
    }
    error = len > 1 && value[len - 1] == '%'
                ? scep_parse_percent(cmd, value, MIN_PERCENT, MAX_PERCENT,
                                     &renewal->window_percent)
                : scep_parse_time(cmd, value, value, 1, MAX_RENEWAL_DAYS,
                                  &renewal->window);
    return error == NULL
               ? NULL
               : apr_pstrcat(cmd->pool, error,
                             "; or a part of the validity such as 20%; or any",
                             NULL);
}

static scep_trust_t *make_trust(cmd_parms *cmd)
{
    scep_server_config_t *server = scep_cmd_server(cmd);
    scep_trust_t *trust = apr_pcalloc(cmd->pool, sizeof(*trust));

    trust->files = apr_array_make(cmd->pool, 1, sizeof(scep_trust_file_t));
    if (server->trusts == NULL) {
        server->trusts = apr_array_make(cmd->pool, 2, sizeof(trust));
    }
    APR_ARRAY_PUSH(server->trusts, scep_trust_t *) = trust;
    return trust;
}

const char *scep_read_renewal_trust(cmd_parms *cmd, void *record, int argc,
                                    const char *const argv[])
{
    scep_dir_config_t *conf = record;
    scep_trust_file_t *file;
    const char *path;
    const char *error = scep_parse_path(cmd, argv[0], &path);

    (void)argc;
    if (error != NULL) {
        return error;
    }
    if (conf->trust == NULL) {
        conf->trust = make_trust(cmd);
    }
    file = apr_array_push(conf->trust->files);
    file->path = path;
    file->at = scep_place_here(cmd);
    return NULL;
}
