/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_challenge.c: list and cancel outstanding passwords. (scepctl)
 */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include <apr_strings.h>

#include "scep_json.h"
#include "scep_store_cancel.h"
#include "scepctl.h"
#include "scepctl_certs.h"
#include "scepctl_store.h"
#include "scepctl_time.h"

enum { LONGEST = 1024 /* octets of a field that are shown */, PAGE = 200 };

static const char usage_text[] =
    "Usage: scepctl challenge list [options]\n"
    "       scepctl challenge cancel --user U|--label L|--all [options]\n"
    "\n" SCEPCTL_SERVER_USAGE SCEPCTL_DATABASE_USAGE
    "  --ca-cert FILE    of this CA only, by its certificate\n"
    "  --user USER       those that this user drew\n"
    "  --label LABEL     those with this label\n"
    "  --all             cancel all\n"
    "  --json            one JSON object a line\n";

enum { OPT_USER = 256, OPT_LABEL, OPT_ALL, OPT_CA_CERT, OPT_JSON, OPT_HELP };

static const struct option options[] = {
    SCEPCTL_SERVER_OPTIONS,
    SCEPCTL_DATABASE_OPTION,
    {"user", required_argument, NULL, OPT_USER},
    {"label", required_argument, NULL, OPT_LABEL},
    {"all", no_argument, NULL, OPT_ALL},
    {"ca-cert", required_argument, NULL, OPT_CA_CERT},
    {"json", no_argument, NULL, OPT_JSON},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

typedef struct wish_t {
    scepctl_server_t server;
    scep_cancel_many_t which;
    const char *ca_cert;
    bool cancel, all, json, help;
} wish_t;

/* --- the command line ----------------------------------------------------- */

static void keep(int option, wish_t *wish)
{
    switch (option) {
    case OPT_USER:
        wish->which.user = optarg;
        break;
    case OPT_LABEL:
        wish->which.label = optarg;
        break;
    case OPT_ALL:
        wish->all = true;
        break;
    case OPT_CA_CERT:
        wish->ca_cert = optarg;
        break;
    case OPT_JSON:
        wish->json = true;
        break;
    default:
        wish->help = true;
        break;
    }
}

static bool is_empty(const char *text)
{
    return text != NULL && *text == '\0';
}

static scepctl_exit_e check(scepctl_t *ctl, wish_t *wish, const char *what,
                            int words)
{
    bool chosen = wish->which.user != NULL || wish->which.label != NULL;

    wish->cancel = what != NULL && strcmp(what, "cancel") == 0;
    if (wish->help) {
        return SCEPCTL_OK;
    }
    if (what == NULL || (!wish->cancel && strcmp(what, "list") != 0)) {
        return scepctl_usage(ctl, "challenge: give list or cancel");
    }
    if (words != 1) {
        return scepctl_usage(ctl, "challenge: unexpected argument; choose by "
                                  "--user, --label or --all");
    }
    /* An empty variable of a script does not stand for everybody. */
    if (is_empty(wish->which.user) || is_empty(wish->which.label)) {
        return scepctl_usage(ctl, "challenge: --user or --label is empty");
    }
    if (wish->all && chosen) {
        return scepctl_usage(ctl, "challenge: --all contradicts --user and "
                                  "--label");
    }
    if (wish->cancel && !wish->all && !chosen) {
        return scepctl_usage(ctl, "challenge: cancel which ones? Give --user, "
                                  "--label or --all");
    }
    return SCEPCTL_OK;
}

static scepctl_exit_e read_options(scepctl_t *ctl, int argc, char **argv,
                                   wish_t *wish)
{
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option == '?' || option == ':') {
            return scepctl_bad_option(ctl, "challenge", option, argv);
        }
        if (!scepctl_server_option(&wish->server, option, optarg)) {
            keep(option, wish);
        }
    }
    return check(ctl, wish, optind < argc ? argv[optind] : NULL, argc - optind);
}

/* --- what is done --------------------------------------------------------- */

typedef struct printer_t {
    scepctl_t *ctl;
    const wish_t *wish;
    apr_pool_t *pool; /* cleared after each row */
    apr_pool_t *page_pool;
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
            item->id, scepctl_time_iso(p->pool, item->created),
            scepctl_time_iso(p->pool, item->expires), item->uses,
            scep_printable(p->pool, item->drawn_by, LONGEST),
            scep_printable(p->pool, item->peer, LONGEST),
            scep_printable(p->pool, item->label, LONGEST));
}

static void print_json(const printer_t *p, const scep_challenge_item_t *item)
{
    fprintf(p->ctl->out,
            "{\"id\":%s,\"created\":%s,\"expires\":%s,\"drawnBy\":%s",
            scep_json_string(p->pool, item->id),
            scep_json_string(p->pool, scepctl_time_iso(p->pool, item->created)),
            scep_json_string(p->pool, scepctl_time_iso(p->pool, item->expires)),
            scep_json_string(p->pool, item->drawn_by));
    fprintf(p->ctl->out,
            ",\"peer\":%s,\"label\":%s,\"uses\":%" APR_INT64_T_FMT
            ",\"limits\":%s}\n",
            scep_json_string(p->pool, item->peer),
            scep_json_string(p->pool, item->label), item->uses,
            item->limits != NULL ? item->limits : "null");
}

static void print(void *baton, const scep_challenge_item_t *item)
{
    printer_t *p = baton;

    p->count++;
    p->last.expires = item->expires;
    p->last.id = apr_pstrdup(p->page_pool, item->id);
    if (fits(p->wish->which.user, item->drawn_by) &&
        fits(p->wish->which.label, item->label)) {
        (p->wish->json ? print_json : print_line)(p, item);
        apr_pool_clear(p->pool);
    }
}

/* In pages, so that a reader who stops does not hold the database. */
static scepctl_exit_e list(scepctl_t *ctl, const wish_t *wish,
                           scep_store_t *store)
{
    printer_t p = {.ctl = ctl, .wish = wish, .page_pool = ctl->pool};
    scep_challenge_page_t page = {
        .ca_id = wish->which.ca_id, .now = apr_time_now(), .limit = PAGE};

    if (apr_pool_create(&p.pool, ctl->pool) != APR_SUCCESS) {
        return scepctl_error(ctl, SCEPLOGNO(0608) "out of memory");
    }
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

scepctl_exit_e scepctl_challenge(scepctl_t *ctl, int argc, char **argv)
{
    wish_t wish = {.cancel = false};
    scepctl_exit_e status = read_options(ctl, argc, argv, &wish);
    scep_store_t *store = NULL;

    if (status == SCEPCTL_OK && wish.help) {
        fputs(usage_text, ctl->out);
        return SCEPCTL_OK;
    }
    /* Before root gives up its rights for the database's owner. */
    wish.which.actor = scepctl_actor(ctl->pool);
    wish.server.writes = wish.cancel;
    if (status == SCEPCTL_OK &&
        (wish.ca_cert != NULL || wish.server.ca_name != NULL)) {
        status =
            scepctl_scope(ctl, &wish.server, wish.ca_cert, &wish.which.ca_id);
    }
    if (status == SCEPCTL_OK) {
        status = scepctl_store_open(ctl, &wish.server, &store);
    }
    if (status != SCEPCTL_OK) {
        return status;
    }
    return wish.cancel ? cancel(ctl, &wish, store) : list(ctl, &wish, store);
}
