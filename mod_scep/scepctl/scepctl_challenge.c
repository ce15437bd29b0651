/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_challenge.c: list and cancel outstanding passwords. (scepctl)
 */
#include <string.h>

#include <apr_strings.h>

#include "scep_store_cancel.h"
#include "scep_store_json.h"
#include "scepctl_certs.h"
#include "scepctl_options.h"
#include "scepctl_store.h"
#include "scep_span.h"

enum { LONGEST = 1024 /* octets of a field that are shown */, PAGE = 200 };

typedef enum { LIST, CANCEL } action_e;

typedef struct wish_t {
    scepctl_given_t given;
    scep_cancel_many_t which;
    bool all;
} wish_t;

#define AT(member) offsetof(wish_t, member)

/* An empty variable of a script does not stand for everybody. */
static const scepctl_option_t options[] = {
    SCEPCTL_SERVER_OPTIONS,
    SCEPCTL_DATABASE_OPTION,
    SCEPCTL_CA_CERT_OPTION("of this CA only, by its certificate"),
    {"user", "USER", SCEPCTL_TEXT, AT(which.user),
     .help = "those that this user drew", .min = 1},
    {"label", "LABEL", SCEPCTL_TEXT, AT(which.label),
     .help = "those with this label", .min = 1},
    {"all", NULL, SCEPCTL_FLAG, AT(all), .help = "cancel all"},
    SCEPCTL_JSON_OPTION,
    {.name = NULL}};

static scepctl_exit_e check(scepctl_t *ctl, const wish_t *wish)
{
    bool chosen = wish->which.user != NULL || wish->which.label != NULL;

    if (wish->all && chosen) {
        return scepctl_usage(ctl, "--all contradicts --user and --label");
    }
    if (wish->given.action == CANCEL && !wish->all && !chosen) {
        return scepctl_usage(ctl, "cancel which ones? Give --user, --label or "
                                  "--all");
    }
    return SCEPCTL_OK;
}

/* --- what is done --------------------------------------------------------- */

typedef struct printer_t {
    scepctl_t *ctl;
    const wish_t *wish;
    scep_challenge_item_t last;
    int count; /* of the page */
} printer_t;

static bool fits(const char *wanted, const char *text)
{
    return wanted == NULL || (text != NULL && strcmp(wanted, text) == 0);
}

/* No tab is printable: what stands between two of them is one field. */
static void print_line(const printer_t *p, const scep_challenge_item_t *item)
{
    fprintf(p->ctl->out, "%s\t%s\t%s\t%" APR_INT64_T_FMT "\t%s\t%s\t%s\n",
            item->id, scep_time_iso(p->ctl->row, item->created),
            scep_time_iso(p->ctl->row, item->expires), item->uses,
            scep_printable(p->ctl->row, item->drawn_by, LONGEST),
            scep_printable(p->ctl->row, item->peer, LONGEST),
            scep_printable(p->ctl->row, item->label, LONGEST));
}

static void print(void *baton, const scep_challenge_item_t *item)
{
    printer_t *p = baton;

    p->count++;
    p->last.expires = item->expires;
    p->last.id = apr_pstrdup(p->ctl->pool, item->id);
    if (fits(p->wish->which.user, item->drawn_by) &&
        fits(p->wish->which.label, item->label)) {
        if (p->wish->given.json) {
            fprintf(p->ctl->out, "%s\n",
                    scep_challenge_json(item, p->ctl->row));
        }
        else {
            print_line(p, item);
        }
        apr_pool_clear(p->ctl->row);
    }
}

/* In pages, so that a reader who stops does not hold the database. */
static scepctl_exit_e list(scepctl_t *ctl, const wish_t *wish,
                           scep_store_t *store)
{
    printer_t p = {.ctl = ctl, .wish = wish};
    scep_challenge_page_t page = {
        .ca_id = wish->which.ca_id, .now = apr_time_now(), .limit = PAGE};

    do {
        p.count = 0;
        if (scep_store_challenges_page(store, &page, print, &p, &ctl->res) !=
            SCEP_OK) {
            return scepctl_fail(ctl);
        }
        page.after = &p.last;
    } while (p.count == PAGE && !ferror(ctl->out));
    return SCEPCTL_OK;
}

static scepctl_exit_e cancel(scepctl_t *ctl, wish_t *wish, scep_store_t *store)
{
    apr_int64_t count;

    wish->which.actor = ctl->actor;
    wish->which.now = apr_time_now();
    if (scep_store_challenges_cancel(store, &wish->which, NULL, NULL, ctl->pool,
                                     &count, &ctl->res) != SCEP_OK) {
        return scepctl_error(
            ctl,
            SCEPLOGNO(0607) "%" APR_INT64_T_FMT
                            " passwords were cancelled, then it failed; "
                            "repeat the command: SCEP%04u: %s",
            count, ctl->res.log_number, ctl->res.detail);
    }
    fprintf(ctl->out, "cancelled %" APR_INT64_T_FMT " passwords\n", count);
    return SCEPCTL_OK;
}

static scepctl_exit_e run(scepctl_t *ctl, void *baton)
{
    wish_t *wish = baton;
    scepctl_server_t *server = &wish->given.server;
    scepctl_exit_e status = check(ctl, wish);
    scep_store_t *store = NULL;

    server->writes = wish->given.action == CANCEL;
    if (status == SCEPCTL_OK &&
        (wish->given.ca_cert != NULL || server->ca_name != NULL)) {
        status =
            scepctl_scope(ctl, server, wish->given.ca_cert, &wish->which.ca_id);
    }
    if (status == SCEPCTL_OK) {
        status = scepctl_store_open(ctl, server, &store);
    }
    if (status != SCEPCTL_OK) {
        return status;
    }
    return wish->given.action == CANCEL ? cancel(ctl, wish, store)
                                        : list(ctl, wish, store);
}

const scepctl_command_t scepctl_challenge = {
    .name = "challenge",
    .summary = "list and cancel outstanding passwords",
    .actions = {"list", "cancel"},
    .options = options,
    .size = sizeof(wish_t),
    .run = run};
