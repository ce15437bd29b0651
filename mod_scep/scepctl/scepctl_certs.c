/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_certs.c: list, show and revoke certificates. (scepctl)
 */
#include "scepctl_certs.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "scep_service.h"
#include "scep_store_successor.h"
#include "scepctl_pairs.h"
#include "scepctl_store.h"
#include "scepctl_time.h"

enum { PAGE = 200, LONGEST = 64 };

static const char usage_text[] =
    "Usage: scepctl certs list [options]\n"
    "       scepctl certs show SERIAL [options]\n"
    "       scepctl certs revoke SERIAL [options]\n"
    "\n" SCEPCTL_SERVER_USAGE SCEPCTL_DATABASE_USAGE
    "  --ca-cert FILE    of this CA only, by its certificate\n"
    "  --json              one JSON object a line\n"
    "list:\n"
    "  --subject TEXT      a part of the subject, in any case\n"
    "  --since TIME        issued since: 2026-11-22, 2026-11-22T21:51:03Z, or\n"
    "                      how long ago, as in 90s, 30m, 12h or 7d\n"
    "  --expires-in SPAN   valid now, but not after that: 30d\n"
    "  --state STATE       valid, expired or revoked\n"
    "  --limit N           at most so many, issued last first\n"
    "show:\n"
    "  --pem               the certificate alone, in PEM\n"
    "revoke:\n"
    "  --reason REASON     unspecified, keyCompromise, cACompromise,\n"
    "                      affiliationChanged, superseded,\n"
    "                      cessationOfOperation, privilegeWithdrawn or\n"
    "                      aACompromise (unspecified)\n"
    "  --comment TEXT      for the audit trail\n"
    "  --with-successors   also all certificates that renewed it, and\n"
    "                      those that renewed these\n"
    "  --unknown           also if it is not in the database, as when it was\n"
    "                      issued before; needs --ca-cert\n";

/* What getopt returns for each. */
typedef enum {
    OPT_CA_CERT = 256,
    OPT_JSON,
    OPT_SUBJECT,
    OPT_SINCE,
    OPT_EXPIRES_IN,
    OPT_STATE,
    OPT_LIMIT,
    OPT_PEM,
    OPT_REASON,
    OPT_COMMENT,
    OPT_UNKNOWN,
    OPT_SUCCESSORS,
    OPT_HELP
} option_e;

static const struct option options[] = {
    {"ca-cert", required_argument, NULL, OPT_CA_CERT},
    {"json", no_argument, NULL, OPT_JSON},
    {"subject", required_argument, NULL, OPT_SUBJECT},
    {"since", required_argument, NULL, OPT_SINCE},
    {"expires-in", required_argument, NULL, OPT_EXPIRES_IN},
    {"state", required_argument, NULL, OPT_STATE},
    {"limit", required_argument, NULL, OPT_LIMIT},
    {"pem", no_argument, NULL, OPT_PEM},
    {"reason", required_argument, NULL, OPT_REASON},
    {"comment", required_argument, NULL, OPT_COMMENT},
    {"unknown", no_argument, NULL, OPT_UNKNOWN},
    {"with-successors", no_argument, NULL, OPT_SUCCESSORS},
    {"help", no_argument, NULL, OPT_HELP},
    SCEPCTL_SERVER_OPTIONS,
    SCEPCTL_DATABASE_OPTION,
    {NULL, 0, NULL, 0},
};

/* Which options make sense with which action. */
static const struct {
    const char *name;
    option_e first, last; /* besides those for all */
} actions[] = {
    {"list", OPT_SUBJECT, OPT_LIMIT},
    {"show", OPT_PEM, OPT_PEM},
    {"revoke", OPT_REASON, OPT_SUCCESSORS},
};

typedef enum { LIST, SHOW, REVOKE, ACTIONS } action_e;

typedef struct wish_t {
    action_e action;
    scepctl_server_t server;
    const char *value[OPT_HELP - OPT_CA_CERT + 1]; /* "": without one */
    const char *serial;
    const char *ca_id; /* NULL: any */
    apr_time_t now;
} wish_t;

static const char *value_of(const wish_t *wish, option_e option)
{
    return wish->value[option - OPT_CA_CERT];
}

/* --- the command line ----------------------------------------------------- */

static scepctl_exit_e check_option(scepctl_t *ctl, const wish_t *wish,
                                   int option)
{
    if (option < OPT_SUBJECT || option == OPT_HELP ||
        (option >= (int)actions[wish->action].first &&
         option <= (int)actions[wish->action].last)) {
        return SCEPCTL_OK;
    }
    return scepctl_usage(ctl, "certs: --%s makes no sense with `%s'",
                         options[option - OPT_CA_CERT].name,
                         actions[wish->action].name);
}

static scepctl_exit_e read_options(scepctl_t *ctl, int argc, char **argv,
                                   wish_t *wish)
{
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        scepctl_exit_e status;

        if (option == '?' || option == ':') {
            return scepctl_bad_option(ctl, "certs", option, argv);
        }
        if (scepctl_server_option(&wish->server, option, optarg)) {
            continue;
        }
        status = check_option(ctl, wish, option);
        if (status != SCEPCTL_OK) {
            return status;
        }
        wish->value[option - OPT_CA_CERT] = optarg != NULL ? optarg : "";
    }
    return SCEPCTL_OK;
}

static scepctl_exit_e read_serial(scepctl_t *ctl, int argc, char **argv,
                                  wish_t *wish)
{
    if (optind < argc && wish->action != LIST) {
        wish->serial = scepctl_serial(ctl->pool, argv[optind]);
        if (wish->serial == NULL) {
            return scepctl_usage(
                ctl, "certs: `%s' is no serial number in hex",
                scep_printable(ctl->pool, argv[optind], LONGEST));
        }
        optind++;
    }
    if (optind < argc) {
        return scepctl_usage(ctl, "certs: unexpected argument `%s'",
                             scep_printable(ctl->pool, argv[optind], LONGEST));
    }
    if (wish->action != LIST && wish->serial == NULL) {
        return scepctl_usage(ctl, "certs: `%s' needs a serial number",
                             actions[wish->action].name);
    }
    return SCEPCTL_OK;
}

static scepctl_exit_e read_wish(scepctl_t *ctl, int argc, char **argv,
                                wish_t *wish)
{
    const char *name = argc > 1 ? argv[1] : "";
    scepctl_exit_e status;
    int i;

    wish->now = apr_time_now();
    if (strcmp(name, "--help") == 0) {
        wish->value[OPT_HELP - OPT_CA_CERT] = "";
        return SCEPCTL_OK;
    }
    for (i = 0; i < ACTIONS && strcmp(name, actions[i].name) != 0; i++) {
        ;
    }
    if (i == ACTIONS) {
        return scepctl_usage(ctl, "certs: give list, show or revoke");
    }
    wish->action = (action_e)i;
    status = read_options(ctl, argc - 1, argv + 1, wish);
    if (status != SCEPCTL_OK || value_of(wish, OPT_HELP) != NULL) {
        return status;
    }
    status = read_serial(ctl, argc - 1, argv + 1, wish);
    if (status == SCEPCTL_OK &&
        (value_of(wish, OPT_CA_CERT) != NULL || wish->server.ca_name != NULL)) {
        status = scepctl_scope(ctl, &wish->server, value_of(wish, OPT_CA_CERT),
                               &wish->ca_id);
    }
    return status;
}

static scepctl_exit_e scope_of_file(scepctl_t *ctl, const char *path,
                                    const char **ca_id)
{
    X509 *cert;
    scepctl_exit_e status = scepctl_cert_load(ctl, path, NULL, &cert);

    if (status != SCEPCTL_OK) {
        return status;
    }
    *ca_id = scep_service_scope(cert, ctl->pool);
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
    apr_pool_t *pool; /* cleared after each row */
    scep_certificate_filter_t filter;
    char last[64]; /* id of the last row */
    int count;     /* of this page */
} listing_t;

static scep_status_e print_row(void *baton, const scep_certificate_row_t *row)
{
    listing_t *l = baton;

    scepctl_cert_line(l->ctl->out, row, l->wish->now,
                      value_of(l->wish, OPT_JSON) != NULL, l->pool);
    apr_cpystrn(l->last, row->id, sizeof(l->last));
    l->filter.created = row->created;
    l->filter.id = l->last;
    l->count++;
    apr_pool_clear(l->pool);
    return ferror(l->ctl->out) ? SCEP_UNAVAILABLE : SCEP_OK;
}

static scepctl_exit_e read_state(const wish_t *wish, scepctl_t *ctl,
                                 scep_certificate_filter_t *filter)
{
    const char *state = value_of(wish, OPT_STATE);

    if (state == NULL) {
        return SCEPCTL_OK;
    }
    if (strcmp(state, "revoked") == 0) {
        filter->revoked_at = wish->now;
    }
    else if (strcmp(state, "expired") == 0) {
        filter->until = wish->now;
        filter->good_at = wish->now;
    }
    else if (strcmp(state, "valid") == 0) {
        filter->from = wish->now;
        filter->good_at = wish->now;
    }
    else {
        return scepctl_usage(ctl, "certs: --state takes valid, expired or "
                                  "revoked");
    }
    return SCEPCTL_OK;
}

static scepctl_exit_e read_filter(scepctl_t *ctl, const wish_t *wish,
                                  scep_certificate_filter_t *filter,
                                  long *limit)
{
    const char *text = value_of(wish, OPT_LIMIT);
    long span;
    char *end;

    *limit = 0;
    if (text != NULL) {
        errno = 0;
        *limit = strtol(text, &end, 10);
        if (errno != 0 || *end != '\0' || *limit < 1) {
            return scepctl_usage(ctl, "certs: --limit takes a number");
        }
    }
    filter->ca_id = wish->ca_id;
    filter->subject = value_of(wish, OPT_SUBJECT);
    text = value_of(wish, OPT_SINCE);
    if (text != NULL && !scepctl_time_point(text, wish->now, &filter->since)) {
        return scepctl_usage(ctl, "certs: --since takes 2026-11-22, "
                                  "2026-11-22T21:51:03Z, or how long ago, as "
                                  "in 90s, 30m, 12h or 7d");
    }
    text = value_of(wish, OPT_EXPIRES_IN);
    if (text != NULL) {
        span = scepctl_time_span(text);
        if (span < 0) {
            return scepctl_usage(ctl, "certs: --expires-in takes a time, as "
                                      "in 12h or 30d");
        }
        filter->from = filter->good_at = wish->now;
        filter->until = wish->now + apr_time_from_sec(span);
    }
    return read_state(wish, ctl, filter);
}

/* In pages, so that not all are in memory at once. */
static scepctl_exit_e list(scepctl_t *ctl, const wish_t *wish,
                           scep_store_t *store)
{
    listing_t l = {.ctl = ctl, .wish = wish};
    long limit, left;
    scepctl_exit_e status = read_filter(ctl, wish, &l.filter, &limit);

    if (status != SCEPCTL_OK) {
        return status;
    }
    if (apr_pool_create(&l.pool, ctl->pool) != APR_SUCCESS) {
        return scepctl_error(ctl, SCEPLOGNO(0591) "out of memory");
    }
    left = limit;
    do {
        int page = limit != 0 && left < PAGE ? (int)left : PAGE;
        apr_pool_t *scratch;

        apr_pool_create(&scratch, ctl->pool);
        l.count = 0;
        if (scep_store_certificates_list(store, &l.filter, page, print_row, &l,
                                         scratch, &ctl->res) != SCEP_OK) {
            return ferror(ctl->out)
                       ? scepctl_error(ctl,
                                       SCEPLOGNO(0592) "cannot write "
                                                       "the output: %s",
                                       strerror(errno))
                       : scepctl_fail(ctl);
        }
        apr_pool_destroy(scratch);
        left -= l.count;
    } while (l.count == PAGE && (limit == 0 || left > 0));
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
                         wish->action == REVOKE
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
    scepctl_cert_show(ctl->out, row, before, after, wish->now,
                      value_of(wish, OPT_JSON) != NULL, ctl->pool);
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
    if (value_of(wish, OPT_PEM) != NULL) {
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
    const scep_in_use_t *in_use = wish->server.in_use;
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
                               value_of(wish, OPT_CA_CERT));
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
    if (wish->ca_id == NULL && wish->server.in_use == NULL) {
        return scepctl_usage(ctl, "certs: --unknown needs --ca-cert, the "
                                  "certificate of the CA that issued it");
    }
    if (wish->ca_id == NULL) {
        status = scepctl_scope(ctl, &wish->server, NULL, &wish->ca_id);
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

    if (value_of(wish, OPT_JSON) != NULL) {
        fprintf(ctl->out, "{\"serial\":\"%s\",\"revoked\":%s", wish->serial,
                recorded ? "true" : "false");
        if (successors->nelts > 0) {
            fprintf(ctl->out, ",\"successors\":%s",
                    scep_certificates_json(successors, wish->now, ctl->pool));
        }
        fputs("}\n", ctl->out);
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
        value_of(wish, OPT_SUCCESSORS) != NULL
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
                                scep_store_t *store, const char *who)
{
    const char *reason = value_of(wish, OPT_REASON);
    scep_revoke_t revoke = {.row = {.serial = wish->serial,
                                    .effective = wish->now,
                                    .created = wish->now,
                                    .actor = who},
                            .unknown = value_of(wish, OPT_UNKNOWN) != NULL,
                            .detail = value_of(wish, OPT_COMMENT)};
    scepctl_exit_e status;

    if (reason != NULL &&
        !scep_revocation_reason_of(reason, &revoke.row.reason)) {
        return scepctl_usage(ctl,
                             "certs: there is no reason `%s'; scepctl "
                             "certs --help lists them",
                             scep_printable(ctl->pool, reason, LONGEST));
    }
    status = choose_scope(ctl, wish, store, &revoke);
    if (status != SCEPCTL_OK) {
        return status;
    }
    return revoke_now(ctl, wish, store, &revoke);
}

scepctl_exit_e scepctl_certs(scepctl_t *ctl, int argc, char **argv)
{
    wish_t wish = {.serial = NULL};
    scepctl_exit_e status = read_wish(ctl, argc, argv, &wish);
    scep_store_t *store = NULL;
    const char *who;

    if (status == SCEPCTL_OK && value_of(&wish, OPT_HELP) != NULL) {
        fputs(usage_text, ctl->out);
        return SCEPCTL_OK;
    }
    if (status != SCEPCTL_OK) {
        return status;
    }
    who = scepctl_actor(ctl->pool); /* before the rights are given up */
    wish.server.writes = wish.action == REVOKE;
    status = scepctl_store_open(ctl, &wish.server, &store);
    if (status != SCEPCTL_OK) {
        return status;
    }
    if (wish.action == REVOKE) {
        return revoke_it(ctl, &wish, store, who);
    }
    return wish.action == LIST ? list(ctl, &wish, store)
                               : show(ctl, &wish, store);
}
