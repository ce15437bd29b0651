/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_directives_server.c: what is set per server and virtual host: engine,
 * CA, RA, state. (httpd layer)
 */
#include "scep_directives.h"
#include "scep_place.h"

#include <sys/stat.h>

#include <apr_strings.h>

const char *scep_set_engine(cmd_parms *cmd, void *dir, int on)
{
    scep_server_config_t *conf = scep_cmd_server(cmd);
    const char *error = ap_check_cmd_context(cmd, SCEP_SERVER_CONTEXT);

    (void)dir;
    if (error != NULL) {
        return error;
    }
    conf->engine = on;
    conf->defined_at = scep_place_here(cmd);
    return NULL;
}

const char *scep_set_state_dir(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    return scep_path_value(cmd, value, &scep_cmd_server(cmd)->state_dir);
}

const char *scep_set_master_file(cmd_parms *cmd, void *dir, const char *value)
{
    const char *error = ap_check_cmd_context(cmd, SCEP_SERVER_CONTEXT);

    (void)dir;
    scep_cmd_server(cmd)->master_file = value; /* relative: to the state dir */
    return error;
}

/* The file may not be there for who runs `apachectl -t'. */
static bool all_may_read(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && (st.st_mode & S_IROTH) != 0;
}

const char *scep_set_database(cmd_parms *cmd, void *dir, const char *driver,
                              const char *params)
{
    scep_server_config_t *conf = scep_cmd_server(cmd);
    const scep_store_config_t config = {
        .driver = driver, .params = params, .connections = 1};
    const char *error = ap_check_cmd_context(cmd, SCEP_SERVER_CONTEXT);

    (void)dir;
    if (error != NULL) {
        return error;
    }
    if (!scep_store_driver_known(driver)) {
        return scep_bad_value(cmd, driver,
                              "the driver is to be " SCEP_STORE_DRIVERS);
    }
    if (params == NULL && scep_store_driver_shared(driver)) {
        return scep_bad_value(cmd, driver,
                              "parameters are wanted, as in \"host="
                              "db.example.com dbname=scep user=scep\"");
    }
    if (params != NULL && scep_store_config_secret(&config, cmd->temp_pool) &&
        all_may_read(cmd->directive->filename)) {
        return scep_bad_value(
            cmd, driver,
            apr_pstrcat(cmd->temp_pool, "a password stands in ",
                        cmd->directive->filename,
                        ", which everybody may read; take that right away "
                        "(chmod o-r), or put the password into a file and "
                        "name it by passfile=",
                        NULL));
    }
    conf->db_driver = driver;
    conf->db_params = params;
    return NULL;
}

const char *scep_set_backend(cmd_parms *cmd, void *dir, const char *args)
{
    scep_server_config_t *conf = scep_cmd_server(cmd);
    const char *error = ap_check_cmd_context(cmd, SCEP_SERVER_CONTEXT);

    (void)dir;
    if (error != NULL) {
        return error;
    }
    conf->backend = ap_getword_conf(cmd->pool, &args);
    if (*conf->backend == '\0') {
        return scep_bad_value(cmd, "\"\"",
                              "the name of a CA backend is wanted");
    }
    conf->backend_args = *args != '\0' ? args : NULL;
    return NULL;
}

const char *scep_set_ca_cert(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    return scep_path_value(cmd, value, &scep_cmd_server(cmd)->ca_cert);
}

const char *scep_set_ca_key(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    return scep_key_value(cmd, value, &scep_cmd_server(cmd)->ca_key);
}

const char *scep_set_ca_chain(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    return scep_path_value(cmd, value, &scep_cmd_server(cmd)->ca_chain);
}

static void append(cmd_parms *cmd, apr_array_header_t **list, const char *value)
{
    if (*list == NULL) {
        *list = apr_array_make(cmd->pool, 2, sizeof(const char *));
    }
    APR_ARRAY_PUSH(*list, const char *) = value;
}

const char *scep_add_ra_cert(cmd_parms *cmd, void *dir, const char *value)
{
    const char *path;
    const char *error = scep_path_value(cmd, value, &path);

    (void)dir;
    if (error == NULL) {
        append(cmd, &scep_cmd_server(cmd)->ra_certs, path);
    }
    return error;
}

const char *scep_add_ra_key(cmd_parms *cmd, void *dir, const char *value)
{
    const char *source;
    const char *error = scep_key_value(cmd, value, &source);

    (void)dir;
    if (error == NULL) {
        append(cmd, &scep_cmd_server(cmd)->ra_keys, source);
    }
    return error;
}

const char *scep_set_dialog(cmd_parms *cmd, void *dir, const char *value)
{
    scep_server_config_t *conf = scep_cmd_server(cmd);
    const char *error = ap_check_cmd_context(cmd, SCEP_SERVER_CONTEXT);

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
        return scep_bad_value(cmd, value, "builtin or exec:/path is wanted");
    }
    error = scep_path_value(cmd, value + 5, &conf->dialog_program);
    if (error == NULL) {
        conf->dialog = SCEP_DIALOG_EXEC;
    }
    return error;
}

const char *scep_set_password_max(cmd_parms *cmd, void *dir, const char *value)
{
    const char *error = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    apr_int64_t number;

    (void)dir;
    if (error == NULL) {
        error = scep_parse_number(cmd, value, SCEP_CHALLENGE_MIN_CAPACITY,
                                  SCEP_CHALLENGE_MAX_CAPACITY, &number);
    }
    if (error == NULL) {
        scep_cmd_server(cmd)->password_max = (apr_uint32_t)number;
    }
    return error;
}
