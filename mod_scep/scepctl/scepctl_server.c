/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_server.c: what the options say of a server, what httpd uses, and
 * which of its CAs is meant. (scepctl)
 */
#include "scepctl_server.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "scep_span.h"
#include "scep_state_files.h"

enum { LONGEST = 200 };

const char *scepctl_server_dir(const scepctl_server_t *server)
{
    return server->state_dir != NULL ? server->state_dir : SCEPCTL_STATE_DIR;
}

/* --- the words of --database ---------------------------------------------- */

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
        path = SCEP_STATE_DATABASE;
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

void scepctl_server_beside(scepctl_t *ctl, scepctl_server_t *server,
                           const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *dir =
        slash == NULL ? "."
                      : apr_pstrmemdup(ctl->pool, path, (size_t)(slash - path));

    if (server->state_dir == NULL &&
        access(apr_pstrcat(ctl->pool, dir, "/" SCEP_IN_USE_FILE, NULL), F_OK) ==
            0) {
        server->state_dir = dir;
    }
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

/* --- what httpd uses ------------------------------------------------------ */

/* What httpd would read at its next start may be something else. */
static void tell_age(scepctl_t *ctl, const scep_in_use_t *in_use)
{
    const char *dir = scep_printable(ctl->pool, in_use->state_dir, LONGEST);

    if (!in_use->running) {
        fprintf(ctl->err,
                "scepctl: " SCEPLOGNO(0565) "note: httpd is not running with "
                                            "the state directory %s; this is "
                                            "what it used at %s\n",
                dir, scep_time_iso(ctl->pool, in_use->written));
    }
    if (in_use->changed != NULL) {
        fprintf(ctl->err,
                "scepctl: " SCEPLOGNO(0566) "note: %s was changed after httpd "
                                            "had read it; what it says counts "
                                            "from the next restart on\n",
                scep_printable(ctl->pool, in_use->changed, LONGEST));
    }
}

static scepctl_exit_e without(scepctl_t *ctl, const scepctl_server_t *server)
{
    return server->ca_name == NULL
               ? SCEPCTL_OK
               : scepctl_usage(ctl,
                               "--ca chooses among httpd's CAs, but %s is not "
                               "looked at, or not there: name the files "
                               "instead",
                               apr_pstrcat(ctl->pool,
                                           scepctl_server_dir(server),
                                           "/" SCEP_IN_USE_FILE, NULL));
}

scepctl_exit_e scepctl_server_read(scepctl_t *ctl, scepctl_server_t *server)
{
    scep_store_config_t database;
    scep_in_use_t *in_use;
    scep_status_e status;
    const char *dir;

    if (server->ignore_httpd || server->in_use != NULL) {
        return server->ignore_httpd ? without(ctl, server) : SCEPCTL_OK;
    }
    if (server->database != NULL &&
        scepctl_server_words(ctl, server, &database) != SCEPCTL_OK) {
        return SCEPCTL_USAGE;
    }
    dir = scepctl_server_dir(server);
    /* Who may not even look cannot contradict it. */
    if (server->state_dir == NULL && access(dir, X_OK) != 0 &&
        errno == EACCES) {
        return without(ctl, server);
    }
    status = scep_in_use_read(dir, ctl->pool, &in_use, &ctl->res);
    if (status == SCEP_NOT_FOUND) {
        scep_result_init(&ctl->res, ctl->res.pool);
        return without(ctl, server);
    }
    if (status != SCEP_OK) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0560) "%s; %swork without this file, "
                                             "by --ignore-httpd and options "
                                             "that name all files",
                             ctl->res.detail,
                             geteuid() == 0
                                 ? "restart httpd as root, which writes the "
                                   "file anew; or "
                                 : "run scepctl as root or as the user who "
                                   "starts httpd; or ");
    }
    server->in_use = in_use;
    tell_age(ctl, in_use);
    return SCEPCTL_OK;
}

bool scepctl_same_file(const char *path, const char *other)
{
    struct stat one, two;

    return path != NULL && other != NULL &&
           (strcmp(path, other) == 0 ||
            (stat(path, &one) == 0 && stat(other, &two) == 0 &&
             one.st_dev == two.st_dev && one.st_ino == two.st_ino));
}

bool scepctl_server_binding(const scepctl_server_t *server)
{
    return server->in_use != NULL &&
           (server->in_use->running || server->in_use->changed == NULL);
}

scepctl_exit_e scepctl_server_known(scepctl_t *ctl,
                                    const scepctl_server_t *server)
{
    const char *dir = scepctl_server_dir(server);

    if (server->in_use != NULL || server->ignore_httpd ||
        access(apr_pstrcat(ctl->pool, dir, "/" SCEP_STATE_DATABASE, NULL),
               F_OK) != 0) {
        return SCEPCTL_OK;
    }
    return scepctl_error(ctl,
                         SCEPLOGNO(0578) "httpd has run with %s, but has not "
                                         "written there what it uses "
                                         "(" SCEP_IN_USE_FILE "): restart it; "
                                         "or name all files by options, with "
                                         "--ignore-httpd",
                         dir);
}

/* --- a CA ----------------------------------------------------------------- */

static bool is_called(const scep_in_use_ca_t *ca, const char *name)
{
    return strcmp(ca->name, name) == 0 ||
           (ca->alias != NULL && strcmp(ca->alias, name) == 0);
}

/* A line for each: name, subject, servers. */
static const char *all_names(scepctl_t *ctl, const scep_in_use_t *in_use)
{
    const char *text = "";
    int i;

    for (i = 0; i < in_use->cas->nelts; i++) {
        const scep_in_use_ca_t *ca =
            &APR_ARRAY_IDX(in_use->cas, i, scep_in_use_ca_t);
        const char *servers = apr_array_pstrcat(ctl->pool, ca->servers, ',');

        text = apr_pstrcat(ctl->pool, text, "\n  ",
                           scep_printable(ctl->pool, ca->name, LONGEST), ": ",
                           ca->subject != NULL
                               ? scep_printable(ctl->pool, ca->subject, LONGEST)
                               : "(could not be loaded)",
                           ", ", scep_printable(ctl->pool, servers, LONGEST),
                           NULL);
    }
    for (i = 0; i < in_use->state_dirs->nelts; i++) {
        const char *dir = APR_ARRAY_IDX(in_use->state_dirs, i, const char *);

        if (strcmp(dir, in_use->state_dir) != 0) {
            text = apr_pstrcat(ctl->pool, text, "\n  others: --state-dir ",
                               scep_printable(ctl->pool, dir, LONGEST), NULL);
        }
    }
    return text;
}

static scepctl_exit_e named_ca(scepctl_t *ctl, const scepctl_server_t *server,
                               const scep_in_use_ca_t **found)
{
    const apr_array_header_t *cas = server->in_use->cas;
    int i, count = 0;

    for (i = 0; i < cas->nelts; i++) {
        const scep_in_use_ca_t *ca = &APR_ARRAY_IDX(cas, i, scep_in_use_ca_t);

        if (strcmp(ca->name, server->ca_name) == 0) {
            *found = ca;
            return SCEPCTL_OK;
        }
        if (is_called(ca, server->ca_name)) {
            *found = ca;
            count++;
        }
    }
    return count == 1 ? SCEPCTL_OK
                      : scepctl_error(
                            ctl,
                            SCEPLOGNO(0562) "%s CA of httpd is called `%s'; "
                                            "there is:%s",
                            count == 0 ? "no" : "more than one",
                            scep_printable(ctl->pool, server->ca_name, LONGEST),
                            all_names(ctl, server->in_use));
}

scepctl_exit_e scepctl_server_ca(scepctl_t *ctl, const scepctl_server_t *server,
                                 bool single, const scep_in_use_ca_t **found)
{
    const apr_array_header_t *cas = server->in_use->cas;
    const scep_in_use_ca_t *only = NULL;
    int i, count = 0;

    if (server->ca_name != NULL) {
        return named_ca(ctl, server, found);
    }
    for (i = 0; i < cas->nelts; i++) {
        const scep_in_use_ca_t *ca = &APR_ARRAY_IDX(cas, i, scep_in_use_ca_t);

        if (cas->nelts == 1 || (single && ca->single)) {
            only = ca;
            count++;
        }
    }
    *found = only;
    return count == 1
               ? SCEPCTL_OK
               : scepctl_error(ctl,
                               SCEPLOGNO(0561) "httpd has several CAs here; "
                                               "choose one by --ca:%s",
                               all_names(ctl, server->in_use));
}

const scep_in_use_pair_t *scepctl_server_pair(const scep_in_use_ca_t *ca,
                                              const char *fingerprint)
{
    int i;

    for (i = 0; i < ca->pairs->nelts; i++) {
        const scep_in_use_pair_t *pair =
            &APR_ARRAY_IDX(ca->pairs, i, scep_in_use_pair_t);

        if (strcmp(pair->fingerprint, fingerprint) == 0) {
            return pair;
        }
    }
    return NULL;
}
