/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_server.c: read what httpd uses, and choose a CA. (scepctl)
 */
#include "scepctl_server.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "scep_span.h"

enum { LONGEST = 200 };

const char *scepctl_server_dir(const scepctl_server_t *server)
{
    return server->state_dir != NULL ? server->state_dir : SCEPCTL_STATE_DIR;
}

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

scepctl_exit_e scepctl_server_known(scepctl_t *ctl,
                                    const scepctl_server_t *server)
{
    const char *dir = scepctl_server_dir(server);

    if (server->in_use != NULL || server->ignore_httpd ||
        access(apr_pstrcat(ctl->pool, dir, "/scep.db", NULL), F_OK) != 0) {
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
