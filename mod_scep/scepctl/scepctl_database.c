/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_database.c: which database: what --database says, or what httpd
 * uses. (scepctl)
 */
#include "scepctl_server.h"

#include <string.h>
#include <strings.h>

#include <apr_lib.h>
#include <apr_strings.h>

enum { LONGEST = 200 };

/* --- the directive's words ------------------------------------------------ */

static const char *skip_space(const char *at)
{
    while (apr_isspace(*at)) {
        at++;
    }
    return at;
}

/* What follows the driver, quoted as in httpd's configuration or not.
 * NULL: a quote does not end, or something follows it. */
static const char *unquoted(const char *text, apr_pool_t *pool)
{
    const char quote = *text;
    char *value = apr_pstrdup(pool, text), *out = value;

    if (quote != '"' && quote != '\'') {
        return value;
    }
    for (text++; *text != '\0' && *text != quote; text++) {
        if (*text == '\\' && (text[1] == quote || text[1] == '\\')) {
            text++;
        }
        *out++ = *text;
    }
    *out = '\0';
    return *text == quote && *skip_space(text + 1) == '\0' ? value : NULL;
}

/* The length of NAME if TEXT begins with that word. */
static size_t word(const char *text, const char *name)
{
    size_t len = strlen(name);

    return strncasecmp(text, name, len) == 0 &&
                   (text[len] == '\0' || apr_isspace(text[len]))
               ? len
               : 0;
}

/* A path as in the directive: one that is not absolute starts in the state
 * directory. */
static const char *sqlite_path(scepctl_t *ctl, const scepctl_server_t *server,
                               const char *path)
{
    if (*path == '\0') {
        path = "scep.db";
    }
    return *path == '/' ? path
                        : apr_pstrcat(ctl->pool, scepctl_server_dir(server),
                                      "/", path, NULL);
}

/* A path alone, "pgsql:params", and libpq's URIs are taken as well. */
static scepctl_exit_e read_words(scepctl_t *ctl, const scepctl_server_t *server,
                                 scep_store_config_t *config)
{
    const char *text = skip_space(server->database);
    const char *params;
    size_t len;

    text = skip_space(text + word(text, "ScepDatabase"));
    if (strncasecmp(text, "pgsql:", 6) == 0) {
        config->driver = "pgsql";
        config->params = text + 6;
        return SCEPCTL_OK;
    }
    if (strncmp(text, "postgresql://", 13) == 0 ||
        strncmp(text, "postgres://", 11) == 0) {
        config->driver = "pgsql";
        config->params = text;
        return SCEPCTL_OK;
    }
    if ((len = word(text, "pgsql")) > 0) {
        config->driver = "pgsql";
    }
    else if ((len = word(text, "sqlite3")) > 0) {
        config->driver = "sqlite3";
    }
    else {
        config->driver = "sqlite3";
        config->params = text;
        return *text != '\0'
                   ? SCEPCTL_OK
                   : scepctl_usage(ctl, "--database takes the words of "
                                        "ScepDatabase, as in \"sqlite3 "
                                        "/path\" or 'pgsql \"host=... "
                                        "dbname=...\"'");
    }
    params = unquoted(skip_space(text + len), ctl->pool);
    if (params == NULL) {
        return scepctl_usage(ctl, "--database: a quote does not end, or "
                                  "something follows it");
    }
    config->params = strcmp(config->driver, "sqlite3") == 0
                         ? sqlite_path(ctl, server, params)
                         : params;
    return SCEPCTL_OK;
}

scepctl_exit_e scepctl_server_words(scepctl_t *ctl, scepctl_server_t *server,
                                    scep_store_config_t *config)
{
    scepctl_exit_e status = read_words(ctl, server, config);

    if (status == SCEPCTL_OK && !scep_store_driver_shared(config->driver)) {
        scepctl_server_beside(ctl, server, config->params);
    }
    return status;
}

/* --- httpd's -------------------------------------------------------------- */

static void take_server_ca(const scep_in_use_ca_t *ca,
                           scep_store_config_t *config)
{
    config->driver = ca->driver;
    config->params = ca->params;
}

/* Several CAs may share it, and then none need be chosen. */
static scepctl_exit_e used_by_httpd(scepctl_t *ctl,
                                    const scepctl_server_t *server,
                                    scep_store_config_t *config, bool *password)
{
    const apr_array_header_t *cas = server->in_use->cas;
    const scep_in_use_ca_t *ca = NULL;
    scepctl_exit_e status = SCEPCTL_OK;
    int i;

    for (i = 1; i < cas->nelts && server->ca_name == NULL; i++) {
        const scep_in_use_ca_t *one = &APR_ARRAY_IDX(cas, 0, scep_in_use_ca_t);
        const scep_in_use_ca_t *other =
            &APR_ARRAY_IDX(cas, i, scep_in_use_ca_t);

        if (strcmp(one->driver, other->driver) != 0 ||
            strcmp(one->params, other->params) != 0) {
            return scepctl_server_ca(ctl, server, false, &ca);
        }
    }
    if (server->ca_name != NULL) {
        status = scepctl_server_ca(ctl, server, false, &ca);
    }
    else if (cas->nelts > 0) {
        ca = &APR_ARRAY_IDX(cas, 0, scep_in_use_ca_t);
    }
    if (ca != NULL) {
        take_server_ca(ca, config);
        *password = ca->password;
    }
    return status;
}

/* It is httpd's if any CA has it. */
static scepctl_exit_e check_same(scepctl_t *ctl, const scepctl_server_t *server,
                                 const scep_store_config_t *config)
{
    const apr_array_header_t *cas = server->in_use->cas;
    scep_store_config_t used = {.connections = 1};
    int i;

    for (i = 0; i < cas->nelts; i++) {
        take_server_ca(&APR_ARRAY_IDX(cas, i, scep_in_use_ca_t), &used);
        if (scep_store_config_same(config, &used, ctl->pool)) {
            return SCEPCTL_OK;
        }
    }
    return scepctl_error(
        ctl,
        SCEPLOGNO(0564) "httpd does not use this database but %s: leave "
                        "--database out, or name by --state-dir the server "
                        "that uses it; --ignore-httpd writes all the same",
        cas->nelts > 0
            ? scep_printable(ctl->pool,
                             scep_store_config_name(&used, ctl->pool), LONGEST)
            : "none");
}

scepctl_exit_e scepctl_server_database(scepctl_t *ctl, scepctl_server_t *server,
                                       scep_store_config_t *config)
{
    scepctl_exit_e status = SCEPCTL_OK;
    bool password = false;

    *config = (scep_store_config_t){
        .driver = "sqlite3", .params = "", .connections = 1};
    if (server->database != NULL) {
        status = scepctl_server_words(ctl, server, config);
        if (status != SCEPCTL_OK) {
            return status;
        }
        if (server->writes) {
            status = scepctl_server_read(ctl, server);
        }
        return status == SCEPCTL_OK && server->writes &&
                       scepctl_server_binding(server)
                   ? check_same(ctl, server, config)
                   : status;
    }
    config->params = sqlite_path(ctl, server, "");
    status = scepctl_server_read(ctl, server);
    if (status == SCEPCTL_OK && server->in_use != NULL) {
        status = used_by_httpd(ctl, server, config, &password);
    }
    if (status == SCEPCTL_OK && password) {
        fprintf(ctl->err,
                "scepctl: " SCEPLOGNO(0580) "note: the configuration names a "
                                            "password for the database, which "
                                            "httpd does not pass on: if it is "
                                            "needed, set PGPASSWORD or "
                                            "PGPASSFILE, or name passfile= "
                                            "with --database\n");
    }
    return status;
}
