/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_certs.c: list, show and revoke certificates. (scepctl)
 */
#include "scepctl_certs.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <apr_strings.h>

#include "scep_service.h"
#include "scep_json.h"
#include "scep_store_json.h"
#include "scepctl_options.h"
#include "scepctl_pairs.h"
#include "scepctl_store.h"

enum { PAGE = 200, LONGEST = 64 };

typedef enum { LIST, SHOW, REVOKE } action_e;

typedef struct wish_t {
    scepctl_given_t given;
    const char *subject, *state, *reason, *comment;
    apr_time_t since;
    apr_interval_time_t expires_in;
    int limit;
    bool pem, with_successors, unknown;
    /* not of the command line: */
    const char *serial;
    const char *ca_id; /* NULL: any */
    apr_time_t now;
} wish_t;

#define AT(member) offsetof(wish_t, member)

enum {
    ON_LIST = SCEPCTL_FOR(LIST),
    ON_SHOW = SCEPCTL_FOR(SHOW),
    ON_REVOKE = SCEPCTL_FOR(REVOKE)
};

static const scepctl_option_t options[] = {
    SCEPCTL_SERVER_OPTIONS,
    SCEPCTL_DATABASE_OPTION,
    SCEPCTL_CA_CERT_OPTION("of this CA only, by its certificate"),
    SCEPCTL_JSON_OPTION,
    {"subject", "TEXT", SCEPCTL_TEXT, AT(subject),
     .help = "a part of the subject, in any case", .actions = ON_LIST},
    {"since", "TIME", SCEPCTL_SINCE, AT(since),
     .help = "issued since: 2026-11-22, 2026-11-22T21:51:03Z, or how long ago, "
             "as in 90s, 30m, 12h or 7d",
     .actions = ON_LIST},
    {"expires-in", "SPAN", SCEPCTL_SPAN, AT(expires_in),
     .help = "valid now, but not after that: 30d", .actions = ON_LIST,
     .min = 1},
    {"state", "STATE", SCEPCTL_TEXT, AT(state),
     .help = "valid, expired or revoked", .actions = ON_LIST},
    {"limit", "N", SCEPCTL_NUMBER, AT(limit),
     .help = "at most so many, issued last first", .actions = ON_LIST, .min = 1,
     .max = INT_MAX},
    {"pem", NULL, SCEPCTL_FLAG, AT(pem),
     .help = "the certificate alone, in PEM", .actions = ON_SHOW},
    {"reason", "REASON", SCEPCTL_TEXT, AT(reason),
     .help = "unspecified, keyCompromise, cACompromise, affiliationChanged, "
             "superseded, cessationOfOperation, privilegeWithdrawn or "
             "aACompromise (unspecified)",
     .actions = ON_REVOKE},
    {"comment", "TEXT", SCEPCTL_TEXT, AT(comment),
     .help = "for the audit trail", .actions = ON_REVOKE},
    {"with-successors", NULL, SCEPCTL_FLAG, AT(with_successors),
     .help = "also all certificates that renewed it, and those that renewed "
             "these",
     .actions = ON_REVOKE},
    {"unknown", NULL, SCEPCTL_FLAG, AT(unknown),
     .help = "also if it is not in the database, as when it was issued before; "
             "needs --ca-cert",
     .actions = ON_REVOKE},
    {.name = NULL}};

/* --- which CA ------------------------------------------------------------- */

static scepctl_exit_e scope_of_file(scepctl_t *ctl, const char *path,
                                    const char **ca_id)
{
    X509 *cert;
    scepctl_exit_e status = scepctl_cert_load(ctl, path, NULL, &cert);

    if (status != SCEPCTL_OK) {
        return status;
    }
    *ca_id = scep_service_ca_id(cert, ctl->pool);
    return *ca_id != NULL
               ? SCEPCTL_OK
               : scepctl_error(ctl, SCEPLOGNO(0590) "SHA-256 failed");
}

scepctl_exit_e scepctl_scope(scepctl_t *ctl, scepctl_server_t *server,
                             const char *path, const char **ca_id)
{
    const scep_in_use_ca_t *ca;
    scepctl_exit_e status;

    if (path != NULL) {
        return scope_of_file(ctl, path, ca_id);
    }
    status = scepctl_server_read(ctl, server);
    if (status != SCEPCTL_OK) {
        return status;
    }
    path = SCEPCTL_CONF_DIR "/ca.crt";
    if (server->in_use != NULL) {
        status = scepctl_server_ca(ctl, server, false, &ca);
        if (status != SCEPCTL_OK) {
            return status;
        }
        *ca_id = ca->ca_id;
        if (*ca_id != NULL) {
            return SCEPCTL_OK;
        }
        path = ca->cert != NULL ? ca->cert : path;
    }
    return scope_of_file(ctl, path, ca_id);
}

/* --- list ----------------------------------------------------------------- */

typedef struct listing_t {
    scepctl_t *ctl;
    const wish_t *wish;
    scep_certificate_filter_t filter;
    char last[64]; /* id of the last row */
    int count;     /* of this page */
} listing_t;

static scep_status_e print_row(void *baton, const scep_certificate_row_t *row)
{
    listing_t *l = baton;

    scepctl_cert_line(l->ctl->out, row, l->wish->now, l->wish->given.json,
                      l->ctl->row);
    apr_cpystrn(l->last, row->id, sizeof(l->last));
    l->filter.created = row->created;
    l->filter.id = l->last;
    l->count++;
    apr_pool_clear(l->ctl->row);
    return ferror(l->ctl->out) ? SCEP_UNAVAILABLE : SCEP_OK;
}

static scepctl_exit_e read_filter(scepctl_t *ctl, const wish_t *wish,
                                  scep_certificate_filter_t *filter)
{
    const char *state = wish->state != NULL ? wish->state : "";

    filter->ca_id = wish->ca_id;
    filter->subject = wish->subject;
    filter->since = wish->since;
    if (wish->expires_in > 0) {
        filter->from = filter->good_at = wish->now;
        filter->until = wish->now + wish->expires_in;
    }
    if (strcmp(state, "revoked") == 0) {
        filter->revoked_at = wish->now;
    }
    else if (strcmp(state, "expired") == 0) {
        filter->until = filter->good_at = wish->now;
    }
    else if (strcmp(state, "valid") == 0) {
        filter->from = filter->good_at = wish->now;
    }
    else if (wish->state != NULL) {
        return scepctl_usage(ctl, "--state takes valid, expired or revoked");
    }
    return SCEPCTL_OK;
}

/* In pages, so that not all are in memory at once. */
static scepctl_exit_e list(scepctl_t *ctl, const wish_t *wish,
                           scep_store_t *store)
{
    listing_t l = {.ctl = ctl, .wish = wish};
    int left = wish->limit > 0 ? wish->limit : INT_MAX;
    scepctl_exit_e status = read_filter(ctl, wish, &l.filter);

    if (status != SCEPCTL_OK) {
        return status;
    }
    do {
        int page = left < PAGE ? left : PAGE;
        apr_pool_t *scratch;

        apr_pool_create(&scratch, ctl->pool);
        l.count = 0;
        if (scep_store_certificates_list(store, &l.filter, page, print_row, &l,
                                         scratch, &ctl->res) != SCEP_OK) {
            return ferror(ctl->out) ? SCEPCTL_OK : scepctl_fail(ctl);
        }
        apr_pool_destroy(scratch);
        left -= wish->limit > 0 ? l.count : 0;
    } while (l.count == PAGE && left > 0);
    return SCEPCTL_OK;
}

/* --- show ----------------------------------------------------------------- */

static scepctl_exit_e find(scepctl_t *ctl, const wish_t *wish,
                           scep_store_t *store, scep_certificate_row_t **row)
{
    int count = 0;
    scep_status_e status = scep_store_certificate_find(
        store, wish->ca_id, wish->serial, ctl->pool, &count, row, &ctl->res);

    if (status != SCEP_OK && status != SCEP_NOT_FOUND) {
        return scepctl_fail(ctl);
    }
    if (count > 1) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0593) "%d CAs have issued a certificate "
                                             "with the serial number %s: "
                                             "choose by --ca-cert",
                             count, wish->serial);
    }
    return SCEPCTL_OK;
}

static scepctl_exit_e not_here(scepctl_t *ctl, const wish_t *wish)
{
    return scepctl_error(ctl,
                         SCEPLOGNO(0594) "no certificate with the serial "
                                         "number %s is in the database%s",
                         wish->serial,
                         wish->given.action == REVOKE
                             ? "; --unknown and --ca-cert revoke it all the "
                               "same"
                             : "");
}

static scepctl_exit_e show_all(scepctl_t *ctl, const wish_t *wish,
                               scep_store_t *store,
                               const scep_certificate_row_t *row)
{
    apr_array_header_t *before, *after;

    if (scep_store_predecessors(store, row, ctl->pool, &before, &ctl->res) !=
            SCEP_OK ||
        scep_store_successors(store, row->ca_id, row->serial, ctl->pool, &after,
                              &ctl->res) != SCEP_OK) {
        return scepctl_fail(ctl);
    }
    scepctl_cert_show(ctl->out, row, before, after, wish->now, wish->given.json,
                      ctl->pool);
    return SCEPCTL_OK;
}

static scepctl_exit_e show(scepctl_t *ctl, const wish_t *wish,
                           scep_store_t *store)
{
    scep_certificate_row_t *row = NULL;
    scepctl_exit_e status = find(ctl, wish, store, &row);

    if (status != SCEPCTL_OK) {
        return status;
    }
    if (row == NULL) {
        return not_here(ctl, wish);
    }
    if (wish->pem) {
        scepctl_pem(ctl->out, "CERTIFICATE", row->der, ctl->pool);
    }
    else {
        return show_all(ctl, wish, store, row);
    }
    return SCEPCTL_OK;
}

/* --- revoke --------------------------------------------------------------- */

/* Nobody would sign a CRL that tells of it. */
static scepctl_exit_e check_scope(scepctl_t *ctl, const wish_t *wish)
{
    const scep_in_use_t *in_use = wish->given.server.in_use;
    int i;

    for (i = 0; in_use != NULL && i < in_use->cas->nelts; i++) {
        const scep_in_use_ca_t *ca =
            &APR_ARRAY_IDX(in_use->cas, i, scep_in_use_ca_t);

        if ((ca->ca_id != NULL && strcmp(ca->ca_id, wish->ca_id) == 0) ||
            (ca->next_scope != NULL &&
             strcmp(ca->next_scope, wish->ca_id) == 0)) {
            return SCEPCTL_OK;
        }
    }
    return in_use == NULL
               ? SCEPCTL_OK
               : scepctl_error(ctl,
                               SCEPLOGNO(0563) "httpd has no CA with the "
                                               "certificate %s, and would sign "
                                               "no CRL that tells of this: "
                                               "name its CA by --ca, or add "
                                               "this one to the configuration "
                                               "(<ScepCA>); --ignore-httpd "
                                               "records it all the same",
                               wish->given.ca_cert);
}

/* The CA's: where the record knows the certificate it need not be named. */
static scepctl_exit_e choose_scope(scepctl_t *ctl, wish_t *wish,
                                   scep_store_t *store, scep_revoke_t *revoke)
{
    scep_certificate_row_t *row = NULL;
    scepctl_exit_e status = find(ctl, wish, store, &row);

    if (status != SCEPCTL_OK) {
        return status;
    }
    if (row != NULL) {
        revoke->row.ca_id = row->ca_id;
        return SCEPCTL_OK;
    }
    if (!revoke->unknown) {
        return not_here(ctl, wish);
    }
    if (wish->ca_id == NULL && wish->given.server.in_use == NULL) {
        return scepctl_usage(ctl, "--unknown needs --ca-cert, the "
                                  "certificate of the CA that issued it");
    }
    if (wish->ca_id == NULL) {
        status = scepctl_scope(ctl, &wish->given.server, NULL, &wish->ca_id);
    }
    revoke->row.ca_id = wish->ca_id;
    return status == SCEPCTL_OK ? check_scope(ctl, wish) : status;
}

/* Whoever revokes a certificate that was renewed wants to know what is valid
 * still. */
static void tell_valid(scepctl_t *ctl, const wish_t *wish,
                       const apr_array_header_t *successors)
{
    apr_array_header_t *valid =
        scep_certificates_valid(successors, wish->now, ctl->pool);
    int i;

    if (valid->nelts == 0) {
        return;
    }
    fprintf(ctl->out,
            "%s was renewed, and %d of its successors %s still valid:",
            wish->serial, valid->nelts, valid->nelts == 1 ? "is" : "are");
    for (i = 0; i < valid->nelts; i++) {
        fprintf(ctl->out, "%s %s", i > 0 ? "," : "",
                APR_ARRAY_IDX(valid, i, const char *));
    }
    fputs(".\nTo revoke all its successors too, run the same command again "
          "with --with-successors.\n",
          ctl->out);
}

static void tell(scepctl_t *ctl, const wish_t *wish, bool recorded,
                 const apr_array_header_t *revoked,
                 const apr_array_header_t *successors)
{
    int i;

    if (wish->given.json) {
        fprintf(ctl->out, "%s\n",
                scep_json_members(
                    ctl->pool, "serial",
                    scep_json_string(ctl->pool, wish->serial), "revoked",
                    recorded ? "true" : "false",
                    successors->nelts > 0 ? "successors" : NULL,
                    scep_certificates_json(successors, wish->now, ctl->pool),
                    NULL));
        return;
    }
    if (recorded) {
        fprintf(ctl->out, "%s is revoked.\n", wish->serial);
    }
    else {
        fprintf(ctl->out, "%s was revoked before%s.\n", wish->serial,
                revoked->nelts == 0 ? "; nothing was changed" : "");
    }
    for (i = 0; i < revoked->nelts; i++) {
        fprintf(ctl->out, "Its successor %s is revoked.\n",
                APR_ARRAY_IDX(revoked, i, const char *));
    }
    tell_valid(ctl, wish, successors);
}

static scepctl_exit_e revoke_now(scepctl_t *ctl, const wish_t *wish,
                                 scep_store_t *store,
                                 const scep_revoke_t *revoke)
{
    apr_array_header_t *revoked = apr_array_make(ctl->pool, 1, sizeof(char *));
    apr_array_header_t *successors;
    scep_revoke_outcome_e outcome;
    scep_status_e status =
        wish->with_successors
            ? scep_store_revoke_all(store, revoke, ctl->pool, &outcome,
                                    &revoked, &ctl->res)
            : scep_store_revoke(store, revoke, ctl->pool, &outcome, &ctl->res);

    if (status == SCEP_OK && outcome == SCEP_REVOKE_UNKNOWN) {
        return not_here(ctl, wish);
    }
    if (status == SCEP_OK) {
        status = scep_store_successors(store, revoke->row.ca_id, wish->serial,
                                       ctl->pool, &successors, &ctl->res);
    }
    if (status != SCEP_OK) {
        return scepctl_fail(ctl);
    }
    tell(ctl, wish, outcome == SCEP_REVOKE_RECORDED, revoked, successors);
    return SCEPCTL_OK;
}

static scepctl_exit_e revoke_it(scepctl_t *ctl, wish_t *wish,
                                scep_store_t *store)
{
    scep_revoke_t revoke = {.row = {.serial = wish->serial,
                                    .effective = wish->now,
                                    .created = wish->now,
                                    .actor = ctl->actor},
                            .unknown = wish->unknown,
                            .detail = wish->comment};
    scepctl_exit_e status;

    if (wish->reason != NULL &&
        !scep_revocation_reason_of(wish->reason, &revoke.row.reason)) {
        return scepctl_usage(ctl, "there is no reason `%s'",
                             scep_printable(ctl->pool, wish->reason, LONGEST));
    }
    status = choose_scope(ctl, wish, store, &revoke);
    return status == SCEPCTL_OK ? revoke_now(ctl, wish, store, &revoke)
                                : status;
}

static scepctl_exit_e run(scepctl_t *ctl, void *baton)
{
    wish_t *wish = baton;
    scepctl_server_t *server = &wish->given.server;
    scep_store_t *store = NULL;
    scepctl_exit_e status = SCEPCTL_OK;

    wish->now = apr_time_now();
    server->writes = wish->given.action == REVOKE;
    if (wish->given.word != NULL) {
        wish->serial = scepctl_serial(ctl, wish->given.word);
        status = wish->serial != NULL ? SCEPCTL_OK : SCEPCTL_USAGE;
    }
    if (status == SCEPCTL_OK &&
        (wish->given.ca_cert != NULL || server->ca_name != NULL)) {
        status = scepctl_scope(ctl, server, wish->given.ca_cert, &wish->ca_id);
    }
    if (status == SCEPCTL_OK) {
        status = scepctl_store_open(ctl, server, &store);
    }
    if (status != SCEPCTL_OK) {
        return status;
    }
    return wish->given.action == REVOKE ? revoke_it(ctl, wish, store)
           : wish->given.action == LIST ? list(ctl, wish, store)
                                        : show(ctl, wish, store);
}

const scepctl_command_t scepctl_certs = {
    .name = "certs",
    .summary = "list, show and revoke certificates",
    .actions = {"list", "show", "revoke"},
    .word = "SERIAL",
    .word_is = "the certificate's serial number",
    .word_for = ON_SHOW | ON_REVOKE,
    .options = options,
    .size = sizeof(wish_t),
    .run = run};
