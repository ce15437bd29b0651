/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_requests.c: list, show, approve and reject requests that wait.
 * (scepctl)
 */
#include <apr_strings.h>

#include "scep_approval.h"
#include "scep_store_json.h"
#include "scep_seal.h"
#include "scepctl_certs.h"
#include "scepctl_options.h"
#include "scepctl_pairs.h"
#include "scepctl_store.h"
#include "scep_span.h"

enum { PAGE = 200 };

typedef enum { LIST, SHOW, APPROVE, REJECT } action_e;

typedef struct wish_t {
    scepctl_given_t given;
    const char *note;
    apr_array_header_t *ra_certs, *ra_keys; /* const char * */
    bool all, csr;
} wish_t;

#define AT(member) offsetof(wish_t, member)

enum {
    ON_SHOW = SCEPCTL_FOR(SHOW),
    ON_DECIDE = SCEPCTL_FOR(APPROVE) | SCEPCTL_FOR(REJECT)
};

static const scepctl_option_t options[] = {
    SCEPCTL_SERVER_OPTIONS,
    SCEPCTL_DATABASE_OPTION,
    SCEPCTL_JSON_OPTION,
    {"all", NULL, SCEPCTL_FLAG, AT(all),
     .help = "list also what is issued, rejected or expired"},
    {"csr", NULL, SCEPCTL_FLAG, AT(csr),
     .help = "the certificate request itself, in PEM", .actions = ON_SHOW},
    {"ra-cert", "FILE", SCEPCTL_LIST, AT(ra_certs),
     .help = "with --csr: an RA certificate that may decrypt it ...",
     .actions = ON_SHOW},
    {"ra-key", "KEY", SCEPCTL_LIST, AT(ra_keys),
     .help = "... and its key: a file or a URI; both as often as there are "
             "pairs",
     .actions = ON_SHOW},
    {"note", "TEXT", SCEPCTL_TEXT, AT(note),
     .help = "why; for the record, and for the log of a rejection",
     .actions = ON_DECIDE},
    {.name = NULL}};

static scepctl_exit_e check(scepctl_t *ctl, const wish_t *wish)
{
    int pairs = wish->ra_certs->nelts;

    if (!wish->csr && (pairs > 0 || wish->ra_keys->nelts > 0)) {
        return scepctl_usage(ctl, "--ra-cert and --ra-key are for --csr");
    }
    if (wish->csr && (pairs == 0 || pairs != wish->ra_keys->nelts)) {
        return scepctl_usage(ctl, "--csr needs --ra-cert and --ra-key, the "
                                  "files of ScepRACertificateFile and "
                                  "ScepRAKey: the request is encrypted to "
                                  "them");
    }
    return SCEPCTL_OK;
}

/* --- printing ------------------------------------------------------------- */

typedef struct printer_t {
    scepctl_t *ctl;
    bool json;
    scep_request_row_t last; /* of a list: created and id alone */
    int count;               /* of its page */
} printer_t;

/* Nothing is cut: it is what somebody decides by. */
static const char *plain(const printer_t *p, const char *text)
{
    return scep_shown(p->ctl->row, text);
}

static const char *time_or_null(const printer_t *p, apr_time_t at)
{
    return at != 0 ? scep_time_iso(p->ctl->row, at) : NULL;
}

/* No tab is printable: what stands between two of them is one field. */
static void print_line(const printer_t *p, const scep_request_row_t *row)
{
    fprintf(p->ctl->out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", row->id,
            scep_request_state_name(row->state),
            scep_time_iso(p->ctl->row, row->created), plain(p, row->subject),
            plain(p, row->alt_names), plain(p, row->source),
            plain(p, row->peer), plain(p, row->extensions));
}

static void print_json(const printer_t *p, const scep_request_row_t *row)
{
    fprintf(p->ctl->out, "%s\n", scep_request_json(row, p->ctl->row));
}

static scep_status_e print(void *baton, const scep_request_row_t *row)
{
    printer_t *p = baton;

    (p->json ? print_json : print_line)(p, row);
    apr_pool_clear(p->ctl->row);
    p->count++;
    if (p->count == PAGE) {
        p->last.created = row->created;
        p->last.id = apr_pstrdup(p->ctl->pool, row->id);
    }
    return ferror(p->ctl->out) ? SCEP_UNAVAILABLE : SCEP_OK;
}

static void print_field(const printer_t *p, const char *name, const char *text)
{
    if (text != NULL) {
        fprintf(p->ctl->out, "%-15s %s\n", name, plain(p, text));
    }
}

static void print_all(const printer_t *p, const scep_request_row_t *row)
{
    char hash[2 * SCEP_HASH_SIZE + 1];

    print_field(p, "id", row->id);
    print_field(p, "state", scep_request_state_name(row->state));
    print_field(p, "subject", row->subject);
    print_field(p, "alt names", row->alt_names);
    print_field(p, "extensions", row->extensions);
    print_field(p, "profile", row->profile);
    print_field(p, "authorized by", row->source);
    print_field(p, "renewal of", row->renewal_of);
    print_field(p, "key (SHA-256)",
                scep_hex_lower_into(hash, row->key_hash, SCEP_HASH_SIZE));
    print_field(p, "transactionID", row->transaction_id);
    print_field(p, "from", row->peer);
    print_field(p, "CA", row->ca_id);
    print_field(p, "created", time_or_null(p, row->created));
    print_field(p, "expires", time_or_null(p, row->expires));
    print_field(p, "decided", time_or_null(p, row->decided_at));
    print_field(p, "decided by", row->decided_by);
    print_field(p, "note", row->note);
    print_field(p, "certificate", row->serial);
}

/* --- what is done --------------------------------------------------------- */

/* In pages, so that not all are in memory at once. */
static scepctl_exit_e list(printer_t *p, const wish_t *wish,
                           scep_store_t *store)
{
    scep_request_filter_t filter = {
        .decided = wish->all, .now = apr_time_now(), .limit = PAGE};
    scepctl_t *ctl = p->ctl;
    scep_status_e status;

    do {
        p->count = 0;
        filter.created = p->last.created;
        filter.id = p->last.id;
        status = scep_store_requests_each(store, &filter, print, p, ctl->pool,
                                          &ctl->res);
    } while (status == SCEP_OK && p->count == PAGE);
    return status == SCEP_OK || ferror(ctl->out) ? SCEPCTL_OK
                                                 : scepctl_fail(ctl);
}

static scepctl_exit_e show_csr(printer_t *p, const scep_request_row_t *row,
                               const apr_array_header_t *pairs)
{
    scepctl_t *ctl = p->ctl;
    unsigned char *data;
    size_t len;

    if (row->sealed.len == 0) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0585) "request `%s' is %s: the PKCS#10 "
                                             "is kept only while it waits",
                             row->id, scep_request_state_name(row->state));
    }
    switch (scep_unseal(row->sealed, pairs, ctl->pool, &data, &len)) {
    case SCEP_UNSEAL_OK:
        break;
    case SCEP_UNSEAL_NO_PAIR:
        return scepctl_error(ctl,
                             SCEPLOGNO(0586) "request `%s' is encrypted to "
                                             "another RA pair: name that one, "
                                             "too, by --ra-cert and --ra-key",
                             row->id);
    default:
        return scepctl_error(ctl,
                             SCEPLOGNO(0587) "request `%s' cannot be "
                                             "decrypted: its row was changed",
                             row->id);
    }
    scepctl_pem(ctl->out, "CERTIFICATE REQUEST", (scep_octets_t){data, len},
                ctl->pool);
    return SCEPCTL_OK;
}

static scepctl_exit_e show(printer_t *p, const wish_t *wish,
                           const apr_array_header_t *pairs, scep_store_t *store)
{
    scepctl_t *ctl = p->ctl;
    scep_request_row_t *row;
    scep_status_e status = scep_store_request_get(
        store, wish->given.word, apr_time_now(), ctl->pool, &row, &ctl->res);

    if (status == SCEP_NOT_FOUND) {
        return scepctl_error(ctl, SCEPLOGNO(0572) "there is no request `%s'",
                             plain(p, wish->given.word));
    }
    if (status != SCEP_OK) {
        return scepctl_fail(ctl);
    }
    if (wish->csr) {
        return show_csr(p, row, pairs);
    }
    (p->json ? print_json : print_all)(p, row);
    return SCEPCTL_OK;
}

static scepctl_exit_e decide(printer_t *p, const wish_t *wish,
                             scep_store_t *store)
{
    scepctl_t *ctl = p->ctl;
    const scep_operator_t who = {
        .actor = ctl->actor, .note = wish->note, .now = apr_time_now()};
    bool approve = wish->given.action == APPROVE;
    scep_status_e status =
        (approve ? scep_approval_give : scep_approval_refuse)(
            store, wish->given.word, &who, ctl->pool, &ctl->res);

    if (status == SCEP_NOT_FOUND) {
        return scepctl_error(
            ctl,
            SCEPLOGNO(0571) "no request `%s' waits %s; `scepctl requests list "
                            "--all' tells what became of it",
            plain(p, wish->given.word), approve ? "for approval" : "any more");
    }
    if (status != SCEP_OK) {
        return scepctl_fail(ctl);
    }
    fprintf(ctl->out, "%s %s\n", approve ? "approved" : "rejected",
            wish->given.word);
    return SCEPCTL_OK;
}

static scepctl_exit_e run(scepctl_t *ctl, void *baton)
{
    wish_t *wish = baton;
    apr_array_header_t *pairs =
        apr_array_make(ctl->pool, 2, sizeof(const scep_keypair_t *));
    printer_t p = {.ctl = ctl, .json = wish->given.json};
    scepctl_exit_e status = check(ctl, wish);
    scep_store_t *store = NULL;

    if (status == SCEPCTL_OK) { /* before root gives up its rights */
        status =
            scepctl_pairs_load(ctl, wish->ra_certs, wish->ra_keys, NULL, pairs);
    }
    if (status == SCEPCTL_OK) {
        wish->given.server.writes = wish->given.action >= APPROVE;
        status = scepctl_store_open(ctl, &wish->given.server, &store);
    }
    if (status != SCEPCTL_OK) {
        return status;
    }
    return wish->given.action == LIST   ? list(&p, wish, store)
           : wish->given.action == SHOW ? show(&p, wish, pairs, store)
                                        : decide(&p, wish, store);
}

const scepctl_command_t scepctl_requests = {
    .name = "requests",
    .summary = "list, approve and reject requests that wait",
    .actions = {"list", "show", "approve", "reject"},
    .word = "ID",
    .word_is = "the request's ID",
    .word_for = ON_SHOW | ON_DECIDE,
    .options = options,
    .size = sizeof(wish_t),
    .run = run};
