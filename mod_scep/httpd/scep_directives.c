/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_directives.c: the directive table; each setter checks context and
 * value. What can be judged only when the whole configuration is known is left
 * to scep_config_check.c. httpd puts file and line before every message.
 * None of the directives is allowed in .htaccess. (httpd layer)
 */
#include "scep_config.h"

#include <apr_strings.h>

#include "scep_profile.h"
#include "scep_password.h"

enum {
    SECONDS_PER_DAY = 86400,
    MAX_RETRY_DAYS = 7,
    MAX_VALIDITY_DAYS = 366,
    MIN_REQUEST_SIZE = 4096,
    MAX_REQUEST_SIZE = 1048576
};

#define POLICY_CONTEXT                                                         \
    (NOT_IN_HTACCESS | NOT_IN_DIRECTORY | NOT_IN_FILES | NOT_IN_LIMIT |        \
     NOT_IN_PROXY)
#define SERVER_CONTEXT NOT_IN_DIR_CONTEXT

static scep_server_config_t *server_config(cmd_parms *cmd)
{
    return scep_config_server(cmd->server);
}

/* ---- values ---- */

static const char *bad_value(cmd_parms *cmd, const char *value,
                             const char *wanted)
{
    return apr_psprintf(cmd->pool, "%s %s: %s", cmd->cmd->name, value, wanted);
}

static const char *parse_number(cmd_parms *cmd, const char *value,
                                apr_int64_t min, apr_int64_t max,
                                apr_int64_t *number)
{
    char *end;

    *number = apr_strtoi64(value, &end, 10);
    if (*value == '\0' || *end != '\0' || *number < min || *number > max) {
        return bad_value(cmd, value,
                         apr_psprintf(cmd->pool,
                                      "a number from %" APR_INT64_T_FMT
                                      " to %" APR_INT64_T_FMT " is wanted",
                                      min, max));
    }
    return NULL;
}

/* httpd's notation, and "m" and "d" as people write them. */
static bool parse_interval(apr_pool_t *pool, const char *value,
                           apr_interval_time_t *interval)
{
    apr_size_t len = strlen(value);
    char unit = len > 0 ? value[len - 1] : '\0';

    if (*value < '0' || *value > '9') {
        return false;
    }
    if (unit == 'm' || unit == 'M') {
        value = apr_pstrcat(pool, value, "in", NULL);
    }
    else if (unit == 'd' || unit == 'D') {
        char *end;
        apr_int64_t days = apr_strtoi64(value, &end, 10);

        if (end != value + len - 1 || days > MAX_VALIDITY_DAYS) {
            return false;
        }
        *interval = apr_time_from_sec(days * SECONDS_PER_DAY);
        return true;
    }
    return ap_timeout_parameter_parse(value, interval, "s") == APR_SUCCESS;
}

static const char *parse_time(cmd_parms *cmd, const char *value,
                              int min_seconds, int max_days,
                              apr_interval_time_t *interval)
{
    apr_interval_time_t max =
        apr_time_from_sec((apr_int64_t)max_days * SECONDS_PER_DAY);

    if (!parse_interval(cmd->pool, value, interval) ||
        *interval < apr_time_from_sec(min_seconds) || *interval > max) {
        return bad_value(cmd, value,
                         apr_psprintf(cmd->pool,
                                      "a time from %d seconds to %d days is "
                                      "wanted, such as 90s, 20m, 8h or 2d",
                                      min_seconds, max_days));
    }
    return NULL;
}

static const char *path_value(cmd_parms *cmd, const char *value,
                              const char **path)
{
    const char *error = ap_check_cmd_context(cmd, SERVER_CONTEXT);

    if (error != NULL) {
        return error;
    }
    *path = *value != '\0' ? ap_server_root_relative(cmd->pool, value) : NULL;
    return *path != NULL ? NULL
                         : bad_value(cmd, value, "that is no valid path");
}

/* A key is in a file or, when it has a scheme, behind OSSL_STORE. */
static const char *key_value(cmd_parms *cmd, const char *value,
                             const char **source)
{
    if (!scep_source_is_uri(value)) {
        return path_value(cmd, value, source);
    }
    *source = value;
    return ap_check_cmd_context(cmd, SERVER_CONTEXT);
}

/* ---- server and virtual host ---- */

static const char *set_engine(cmd_parms *cmd, void *dir, int on)
{
    scep_server_config_t *conf = server_config(cmd);
    const char *error = ap_check_cmd_context(cmd, SERVER_CONTEXT);

    (void)dir;
    if (error != NULL) {
        return error;
    }
    conf->engine = on;
    conf->defined_at = apr_psprintf(
        cmd->pool, "%s:%d", cmd->directive->filename, cmd->directive->line_num);
    return NULL;
}

static const char *set_state_dir(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    return path_value(cmd, value, &server_config(cmd)->state_dir);
}

static const char *set_master_file(cmd_parms *cmd, void *dir, const char *value)
{
    const char *error = ap_check_cmd_context(cmd, SERVER_CONTEXT);

    (void)dir;
    server_config(cmd)->master_file = value; /* relative: to the state dir */
    return error;
}

static const char *set_database(cmd_parms *cmd, void *dir, const char *driver,
                                const char *params)
{
    scep_server_config_t *conf = server_config(cmd);
    const char *error = ap_check_cmd_context(cmd, SERVER_CONTEXT);

    (void)dir;
    if (error != NULL) {
        return error;
    }
    if (strcmp(driver, "sqlite3") != 0) {
        return bad_value(cmd, driver, "the one known driver is sqlite3");
    }
    conf->db_driver = driver;
    conf->db_params = params;
    return NULL;
}

static const char *set_backend(cmd_parms *cmd, void *dir, const char *args)
{
    scep_server_config_t *conf = server_config(cmd);
    const char *error = ap_check_cmd_context(cmd, SERVER_CONTEXT);

    (void)dir;
    if (error != NULL) {
        return error;
    }
    conf->backend = ap_getword_conf(cmd->pool, &args);
    if (*conf->backend == '\0') {
        return bad_value(cmd, "\"\"", "the name of a CA backend is wanted");
    }
    conf->backend_args = *args != '\0' ? args : NULL;
    return NULL;
}

static const char *set_ca_cert(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    return path_value(cmd, value, &server_config(cmd)->ca_cert);
}

static const char *set_ca_key(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    return key_value(cmd, value, &server_config(cmd)->ca_key);
}

static const char *set_ca_chain(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    return path_value(cmd, value, &server_config(cmd)->ca_chain);
}

static void append(cmd_parms *cmd, apr_array_header_t **list, const char *value)
{
    if (*list == NULL) {
        *list = apr_array_make(cmd->pool, 2, sizeof(const char *));
    }
    APR_ARRAY_PUSH(*list, const char *) = value;
}

static const char *add_ra_cert(cmd_parms *cmd, void *dir, const char *value)
{
    const char *path;
    const char *error = path_value(cmd, value, &path);

    (void)dir;
    if (error == NULL) {
        append(cmd, &server_config(cmd)->ra_certs, path);
    }
    return error;
}

static const char *add_ra_key(cmd_parms *cmd, void *dir, const char *value)
{
    const char *source;
    const char *error = key_value(cmd, value, &source);

    (void)dir;
    if (error == NULL) {
        append(cmd, &server_config(cmd)->ra_keys, source);
    }
    return error;
}

static const char *set_dialog(cmd_parms *cmd, void *dir, const char *value)
{
    scep_server_config_t *conf = server_config(cmd);
    const char *error = ap_check_cmd_context(cmd, SERVER_CONTEXT);

    (void)dir;
    if (error != NULL) {
        return error;
    }
    if (strcasecmp(value, "builtin") == 0) {
        conf->dialog = SCEP_DIALOG_BUILTIN;
        conf->dialog_program = NULL;
        return NULL;
    }
    if (strncasecmp(value, "exec:", 5) != 0) {
        return bad_value(cmd, value, "builtin or exec:/path is wanted");
    }
    error = path_value(cmd, value + 5, &conf->dialog_program);
    if (error == NULL) {
        conf->dialog = SCEP_DIALOG_EXEC;
    }
    return error;
}

static const char *set_password_max(cmd_parms *cmd, void *dir,
                                    const char *value)
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    apr_int64_t number;

    (void)dir;
    if (error == NULL) {
        error = parse_number(cmd, value, SCEP_CHALLENGE_MIN_CAPACITY,
                             SCEP_CHALLENGE_MAX_CAPACITY, &number);
    }
    if (error == NULL) {
        server_config(cmd)->password_max = (apr_uint32_t)number;
    }
    return error;
}

/* ---- policy: also in a Location ---- */

static const char *set_algorithms(cmd_parms *cmd, void *dir, const char *value)
{
    static const char *const levels[] = {"modern", "compatible", "legacy"};
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, POLICY_CONTEXT);
    int i;

    if (error != NULL) {
        return error;
    }
    for (i = SCEP_LEVEL_MODERN; i <= SCEP_LEVEL_LEGACY; i++) {
        if (strcasecmp(value, levels[i]) == 0) {
            conf->level = i;
            server_config(cmd)->legacy |= i == SCEP_LEVEL_LEGACY;
            return NULL;
        }
    }
    return bad_value(cmd, value, "modern, compatible or legacy is wanted");
}

static const char *add_source(cmd_parms *cmd, scep_dir_config_t *conf,
                              const char *value, scep_source_e source)
{
    const int most = sizeof(conf->sources.source) / sizeof(source);
    int i;

    for (i = 0; i < conf->sources.count; i++) {
        if (conf->sources.source[i] == source) {
            return bad_value(cmd, value, "that source is in the list already");
        }
        if (conf->sources.source[i] == SCEP_SOURCE_NONE) {
            return bad_value(cmd, value,
                             "nothing can come after none, which accepts all");
        }
    }
    if (conf->sources.count == most) {
        return bad_value(cmd, value, "the list is too long");
    }
    conf->sources.source[conf->sources.count++] = source;
    conf->sources_set = true;
    return NULL;
}

static const char *set_challenge(cmd_parms *cmd, void *dir, const char *value)
{
    scep_dir_config_t *conf = dir;
    scep_server_config_t *server = server_config(cmd);
    const char *error = ap_check_cmd_context(cmd, POLICY_CONTEXT);

    if (error != NULL) {
        return error;
    }
    if (conf->by_single) {
        return bad_value(cmd, value,
                         "ScepUseSinglePassword says the same or something "
                         "else; keep one of the two");
    }
    if (strcasecmp(value, "one-time") == 0) {
        return add_source(cmd, conf, value, SCEP_SOURCE_ONE_TIME);
    }
    if (strcasecmp(value, "single") == 0) {
        server->single = true;
        return add_source(cmd, conf, value, SCEP_SOURCE_SINGLE);
    }
    if (strcasecmp(value, "none") == 0) {
        server->none_at =
            apr_psprintf(cmd->pool, "%s:%d", cmd->directive->filename,
                         cmd->directive->line_num);
        return add_source(cmd, conf, value, SCEP_SOURCE_NONE);
    }
    return bad_value(cmd, value, "the sources are one-time, single and none");
}

/* NDES's name for `ScepChallenge single`. */
static const char *set_single(cmd_parms *cmd, void *dir, int on)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, POLICY_CONTEXT);

    if (error != NULL) {
        return error;
    }
    if (conf->sources_set && !conf->by_single) {
        return bad_value(cmd, on ? "On" : "Off",
                         "ScepChallenge says the same or something else; keep "
                         "one of the two");
    }
    conf->sources.count = 1;
    conf->sources.source[0] = on ? SCEP_SOURCE_SINGLE : SCEP_SOURCE_ONE_TIME;
    conf->sources_set = true;
    conf->by_single = true;
    server_config(cmd)->single |= on != 0;
    return NULL;
}

static const char *set_password_length(cmd_parms *cmd, void *dir,
                                       const char *value)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, POLICY_CONTEXT);
    apr_int64_t number;

    if (error == NULL) {
        error = parse_number(cmd, value, SCEP_PASSWORD_MIN_LENGTH,
                             SCEP_PASSWORD_MAX_LENGTH, &number);
    }
    if (error == NULL) {
        conf->password_length = (apr_size_t)number;
    }
    return error;
}

static const char *set_password_validity(cmd_parms *cmd, void *dir,
                                         const char *value)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, POLICY_CONTEXT);

    return error != NULL ? error
                         : parse_time(cmd, value, 1, MAX_VALIDITY_DAYS,
                                      &conf->password_validity);
}

static const char *set_retry_window(cmd_parms *cmd, void *dir,
                                    const char *value)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, POLICY_CONTEXT);

    return error != NULL
               ? error
               : parse_time(cmd, value, 0, MAX_RETRY_DAYS, &conf->retry_window);
}

static const char *set_profile(cmd_parms *cmd, void *dir, const char *value)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, POLICY_CONTEXT);

    if (error != NULL) {
        return error;
    }
    if (strcmp(value, scep_profile_device.name) != 0) {
        return bad_value(cmd, value, "the one known profile is device");
    }
    conf->profile = &scep_profile_device;
    return NULL;
}

static const char *set_page_encoding(cmd_parms *cmd, void *dir,
                                     const char *value)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, POLICY_CONTEXT);

    if (error != NULL) {
        return error;
    }
    if (strcasecmp(value, "utf-16") == 0) {
        conf->page_encoding = SCEP_PAGE_UTF16;
    }
    else if (strcasecmp(value, "utf-8") == 0) {
        conf->page_encoding = SCEP_PAGE_UTF8;
    }
    else {
        return bad_value(cmd, value, "utf-16 or utf-8 is wanted");
    }
    return NULL;
}

static const char *set_max_request_size(cmd_parms *cmd, void *dir,
                                        const char *value)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, POLICY_CONTEXT);
    apr_int64_t number;

    if (error == NULL) {
        error = parse_number(cmd, value, MIN_REQUEST_SIZE, MAX_REQUEST_SIZE,
                             &number);
    }
    if (error == NULL) {
        conf->max_request_size = (apr_size_t)number;
    }
    return error;
}

#define POLICY (RSRC_CONF | ACCESS_CONF)

const command_rec scep_directives[] = {
    AP_INIT_FLAG("ScepEngine", set_engine, NULL, RSRC_CONF,
                 "On: serve SCEP in this server or virtual host"),
    AP_INIT_TAKE1("ScepStateDir", set_state_dir, NULL, RSRC_CONF,
                  "directory that holds the module's state"),
    AP_INIT_TAKE1("ScepMasterPasswordFile", set_master_file, NULL, RSRC_CONF,
                  "file that holds the master password, encrypted"),
    AP_INIT_TAKE12("ScepDatabase", set_database, NULL, RSRC_CONF,
                   "driver (sqlite3) and its parameters (a path)"),
    AP_INIT_RAW_ARGS("ScepCABackend", set_backend, NULL, RSRC_CONF,
                     "name of the CA backend and its arguments"),
    AP_INIT_TAKE1("ScepCACertificateFile", set_ca_cert, NULL, RSRC_CONF,
                  "certificate of the issuing CA, PEM or DER"),
    AP_INIT_TAKE1("ScepCAKey", set_ca_key, NULL, RSRC_CONF,
                  "private key of the issuing CA: path or OSSL_STORE URI"),
    AP_INIT_TAKE1("ScepCAChainFile", set_ca_chain, NULL, RSRC_CONF,
                  "certificates above the issuing CA, PEM"),
    AP_INIT_TAKE1("ScepRACertificateFile", add_ra_cert, NULL, RSRC_CONF,
                  "certificate of an RA pair; repeatable, newest first"),
    AP_INIT_TAKE1("ScepRAKey", add_ra_key, NULL, RSRC_CONF,
                  "key of an RA pair: path or OSSL_STORE URI; repeatable, in "
                  "the order of ScepRACertificateFile"),
    AP_INIT_TAKE1("ScepPassPhraseDialog", set_dialog, NULL, RSRC_CONF,
                  "builtin, or exec:/path of a program that prints the "
                  "passphrase of the key it is given"),
    AP_INIT_TAKE1("ScepPasswordMax", set_password_max, NULL, RSRC_CONF,
                  "most one-time passwords outstanding at a time"),
    AP_INIT_TAKE1("ScepAlgorithms", set_algorithms, NULL, POLICY,
                  "modern, compatible or legacy"),
    AP_INIT_ITERATE("ScepChallenge", set_challenge, NULL, POLICY,
                    "what a challenge may be, tried in this order: one-time, "
                    "single, none"),
    AP_INIT_FLAG("ScepUseSinglePassword", set_single, NULL, POLICY,
                 "On: one password for all devices, which never expires"),
    AP_INIT_TAKE1("ScepPasswordLength", set_password_length, NULL, POLICY,
                  "random octets in a one-time password"),
    AP_INIT_TAKE1("ScepPasswordValidity", set_password_validity, NULL, POLICY,
                  "how long a one-time password may be used"),
    AP_INIT_TAKE1("ScepRetryWindow", set_retry_window, NULL, POLICY,
                  "how long a repeated request gets its answer again"),
    AP_INIT_TAKE1("ScepProfile", set_profile, NULL, POLICY,
                  "certificate profile: device"),
    AP_INIT_TAKE1("ScepAdminPageEncoding", set_page_encoding, NULL, POLICY,
                  "utf-16 (as NDES) or utf-8"),
    AP_INIT_TAKE1("ScepMaxRequestSize", set_max_request_size, NULL, POLICY,
                  "largest request body, in octets"),
    {NULL, {NULL}, NULL, 0, RAW_ARGS, NULL}};
