/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_directives_server.c: directives of servers with a syntax of their own.
 * (httpd layer)
 */
#include "scep_directives.h"

#include <sys/stat.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "scep_place.h"

enum { MAX_URL = 1024 /* octets */, MAX_RETENTION_DAYS = 3660 };

/* Whoever runs `apachectl -t` may not be able to see the file. */
static bool all_may_read(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && (st.st_mode & S_IROTH) != 0;
}

const char *scep_read_database(cmd_parms *cmd, void *record, int argc,
                               const char *const argv[])
{
    scep_server_config_t *conf = record;
    const char *driver = argv[0], *params = argc > 1 ? argv[1] : NULL;
    const scep_store_config_t config = {
        .driver = driver, .params = params, .connections = 1};
    scep_result_t res;

    scep_result_init(&res, cmd->temp_pool);
    if (!scep_store_driver_known(driver)) {
        /* A URI in place of the driver may hold a password: do not show it. */
        return scep_bad_value(cmd, strchr(driver, ':') != NULL ? "" : driver,
                              "the driver must be " SCEP_STORE_DRIVERS);
    }
    if (params == NULL && scep_store_driver_shared(driver)) {
        return scep_bad_value(cmd, driver,
                              "parameters are wanted, as in \"host="
                              "db.example.com dbname=scep user=scep\"");
    }
    if (scep_store_driver_shared(driver) &&
        scep_store_check(&config, cmd->temp_pool, &res) != SCEP_OK) {
        return scep_bad_value(cmd, driver, res.detail);
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

const char *scep_read_backend(cmd_parms *cmd, void *record, int argc,
                              const char *const argv[])
{
    scep_server_config_t *conf = record;
    const char *args = argv[0];

    (void)argc;
    conf->backend = ap_getword_conf(cmd->pool, &args);
    if (*conf->backend == '\0') {
        return scep_bad_value(cmd, "\"\"",
                              "the name of a CA backend is wanted");
    }
    conf->backend_args = *args != '\0' ? args : NULL;
    return NULL;
}

/* An IA5String without blanks. Clients know only these schemes. */
static bool is_url(const char *text)
{
    const char *c;

    for (c = text; *c != '\0'; c++) {
        if (!apr_isgraph(*c) || (unsigned char)*c > 0x7e ||
            c - text > MAX_URL) {
            return false;
        }
    }
    return strncasecmp(text, "http://", 7) == 0 ||
           strncasecmp(text, "ldap://", 7) == 0;
}

const char *scep_read_crl_url(cmd_parms *cmd, void *record, int argc,
                              const char *const argv[])
{
    if (!is_url(argv[0])) {
        return scep_bad_value(cmd, argv[0],
                              "an http:// or ldap:// URL is wanted (a client "
                              "that checks the CRL of an https:// server "
                              "would need the CRL to fetch the CRL)");
    }
    return scep_read_text(cmd, record, argc, argv);
}

const char *scep_read_dialog(cmd_parms *cmd, void *record, int argc,
                             const char *const argv[])
{
    scep_server_config_t *conf = record;

    (void)argc;
    conf->dialog_program = NULL;
    if (strcasecmp(argv[0], "builtin") == 0) {
        return NULL;
    }
    return strncasecmp(argv[0], "exec:", 5) == 0
               ? scep_parse_path(cmd, argv[0] + 5, &conf->dialog_program)
               : scep_bad_value(cmd, argv[0],
                                "builtin or exec:/path is wanted");
}

const char *scep_read_retention(cmd_parms *cmd, void *record, int argc,
                                const char *const argv[])
{
    scep_server_config_t *conf = record;
    apr_interval_time_t interval = -1;
    scep_prune_e what = SCEP_PRUNE_KINDS;
    const char *error = NULL;

    (void)argc;
    if (!scep_prune_kind(argv[0], &what)) {
        return scep_bad_value(cmd, argv[0],
                              apr_pstrcat(cmd->pool,
                                          scep_prune_names(cmd->pool),
                                          " is wanted", NULL));
    }
    if (strcasecmp(argv[1], "off") != 0) {
        error = scep_parse_time(
            cmd, apr_pstrcat(cmd->pool, argv[0], " ", argv[1], NULL), argv[1],
            scep_prune_least_days(what) * 86400, MAX_RETENTION_DAYS, &interval);
    }
    conf->retention[what] = interval;
    return error;
}

void scep_merge_retention(apr_pool_t *pool, void *to, const void *add)
{
    apr_interval_time_t *kept = to;
    const apr_interval_time_t *set = add;
    int i;

    (void)pool;
    for (i = 0; i < SCEP_PRUNE_KINDS; i++) {
        kept[i] = set[i] != 0 ? set[i] : kept[i];
    }
}

/* ---- <ScepCA> ---- */

/* Only settings of a CA fit; all others belong to the server around it. */
static bool fits(const scep_setting_t *row)
{
    return (row->ca & SCEP_CA_SECTION) != 0;
}

const char *scep_read_ca_section(cmd_parms *cmd, void *record, int argc,
                                 const char *const argv[])
{
    scep_server_config_t *server = record, *section;
    const char *name;
    const char *error = scep_section_name(cmd, argv[0], &name);

    (void)argc;
    if (error == NULL) {
        error = scep_section_check(cmd, fits, "what belongs to one CA");
    }
    if (error != NULL) {
        return error;
    }
    if (server->cas == NULL) {
        server->cas = apr_hash_make(cmd->pool);
    }
    if (apr_hash_get(server->cas, name, APR_HASH_KEY_STRING) != NULL) {
        return scep_bad_value(cmd, name, "there is one of that name already");
    }
    section = scep_config_create_server(cmd->pool, cmd->server);
    section->ca_name = name;
    section->ca_at = scep_place_here(cmd);
    server->ca_section = section;
    error = ap_walk_config(cmd->directive->first_child, cmd, cmd->context);
    server->ca_section = NULL;
    if (error == NULL &&
        scep_places_find(section->places,
                         "ScepCACertificateFile ScepCABackend") == NULL) {
        error = scep_bad_value(cmd, name,
                               "ScepCACertificateFile (or ScepCABackend) must "
                               "stand in it");
    }
    apr_hash_set(server->cas, name, APR_HASH_KEY_STRING, section);
    return error;
}

const char *scep_read_ca_ident(cmd_parms *cmd, void *record, int argc,
                               const char *const argv[])
{
    scep_dir_config_t *conf = record;

    (void)argc;
    if (conf->ca_idents == NULL) {
        conf->ca_idents = apr_hash_make(cmd->pool);
    }
    if (apr_hash_get(conf->ca_idents, argv[0], APR_HASH_KEY_STRING) != NULL) {
        return scep_bad_value(cmd, argv[0], "it stands for a CA already");
    }
    apr_hash_set(conf->ca_idents, argv[0], APR_HASH_KEY_STRING, argv[1]);
    return NULL;
}

void scep_merge_ca_idents(apr_pool_t *pool, void *to, const void *add)
{
    apr_hash_t **all = to;
    apr_hash_t *const *set = add;

    *all = *all != NULL ? apr_hash_overlay(pool, *set, *all) : *set;
}
