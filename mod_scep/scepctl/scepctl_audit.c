/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_audit.c: print the audit trail, and follow it. (scepctl)
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "scep_json.h"
#include "scepctl_store.h"
#include "scepctl_time.h"

enum { LONGEST = 1024 /* octets of a field that are shown */ };

static const char usage_text[] =
    "Usage: scepctl audit [options]\n"
    "\n" SCEPCTL_SERVER_USAGE SCEPCTL_DATABASE_USAGE
    "  --since TIME      2026-11-22, 2026-11-22T21:51:03Z, or how long ago, "
    "as\n"
    "                    in 90s, 30m, 12h or 7d\n"
    "  --event EVENT     as \"challenge-drawn\", \"issued\", \"refused\"\n"
    "  --user USER       who did it\n"
    "  --peer ADDRESS    where from\n"
    "  --transaction ID  the transactionID\n"
    "  --serial SERIAL   of the certificate, in hex\n"
    "  --reason SCEPnnnn why it was refused\n"
    "  --json            one JSON object a line\n"
    "  --follow          go on with what is recorded from now on\n";

enum {
    OPT_SINCE = 256,
    OPT_EVENT,
    OPT_USER,
    OPT_PEER,
    OPT_TRANSACTION,
    OPT_SERIAL,
    OPT_REASON,
    OPT_JSON,
    OPT_FOLLOW,
    OPT_HELP
};

static const struct option options[] = {
    SCEPCTL_SERVER_OPTIONS,
    SCEPCTL_DATABASE_OPTION,
    {"since", required_argument, NULL, OPT_SINCE},
    {"event", required_argument, NULL, OPT_EVENT},
    {"user", required_argument, NULL, OPT_USER},
    {"peer", required_argument, NULL, OPT_PEER},
    {"transaction", required_argument, NULL, OPT_TRANSACTION},
    {"serial", required_argument, NULL, OPT_SERIAL},
    {"reason", required_argument, NULL, OPT_REASON},
    {"json", no_argument, NULL, OPT_JSON},
    {"follow", no_argument, NULL, OPT_FOLLOW},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

typedef struct wish_t {
    scepctl_server_t server;
    const char *since, *reason;
    scep_audit_filter_t filter;
    bool json, follow, help;
} wish_t;

/* --- the command line ----------------------------------------------------- */

static void keep(scepctl_t *ctl, int option, wish_t *wish)
{
    char *c;

    switch (option) {
    case OPT_SINCE:
        wish->since = optarg;
        break;
    case OPT_EVENT:
        wish->filter.event = optarg;
        break;
    case OPT_USER:
        wish->filter.actor = optarg;
        break;
    case OPT_PEER:
        wish->filter.peer = optarg;
        break;
    case OPT_REASON:
        wish->reason = optarg;
        break;
    case OPT_TRANSACTION:
        wish->filter.transaction_id = optarg;
        break;
    case OPT_SERIAL:
        wish->filter.serial = c = apr_pstrdup(ctl->pool, optarg);
        for (; *c != '\0'; c++) {
            *c = (char)apr_toupper(*c);
        }
        break;
    case OPT_JSON:
        wish->json = true;
        break;
    case OPT_FOLLOW:
        wish->follow = true;
        break;
    default:
        wish->help = true;
        break;
    }
}

/* As a log line has it, or its number alone. */
static bool read_reason(const char *text, unsigned int *reason)
{
    const char *digits = strncasecmp(text, "SCEP", 4) == 0 ? text + 4 : text;
    size_t len = strspn(digits, "0123456789");

    *reason = (unsigned int)strtoul(digits, NULL, 10);
    return len > 0 && len <= 4 && digits[len] == '\0' && *reason > 0;
}

static scepctl_exit_e read_options(scepctl_t *ctl, int argc, char **argv,
                                   wish_t *wish)
{
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option == '?' || option == ':') {
            return scepctl_bad_option(ctl, "audit", option, argv);
        }
        if (!scepctl_server_option(&wish->server, option, optarg)) {
            keep(ctl, option, wish);
        }
    }
    if (optind < argc) {
        return scepctl_usage(ctl, "audit: unexpected argument `%s'",
                             scep_printable(ctl->pool, argv[optind], 64));
    }
    if (wish->since != NULL &&
        !scepctl_time_point(wish->since, apr_time_now(), &wish->filter.since)) {
        return scepctl_usage(ctl, "audit: --since takes 2026-11-22, "
                                  "2026-11-22T21:51:03Z, or how long ago, as "
                                  "in 90s, 30m, 12h or 7d");
    }
    if (wish->reason != NULL &&
        !read_reason(wish->reason, &wish->filter.reason)) {
        return scepctl_usage(ctl, "audit: --reason takes SCEPnnnn or nnnn, as "
                                  "in SCEP0153");
    }
    return SCEPCTL_OK;
}

/* --- printing ------------------------------------------------------------- */

typedef struct printer_t {
    scepctl_t *ctl;
    apr_pool_t *pool; /* cleared after each row */
    bool json;
    apr_int64_t last; /* seq of the row that was printed last */
} printer_t;

/* No tab is printable: what stands between two of them is one field. */
static void print_line(const printer_t *p, const scep_audit_event_t *event)
{
    fprintf(p->ctl->out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
            scepctl_time_iso(p->pool, event->at),
            scep_printable(p->pool, event->event, LONGEST),
            scep_printable(p->pool, event->actor, LONGEST),
            scep_printable(p->pool, event->peer, LONGEST),
            scep_printable(p->pool, event->transaction_id, LONGEST),
            scep_printable(p->pool, event->serial, LONGEST),
            event->reason != 0
                ? apr_psprintf(p->pool, "SCEP%04u", event->reason)
                : "-",
            scep_shown(p->pool, event->subject),
            scep_shown(p->pool, event->detail));
}

static void print_json(const printer_t *p, const scep_audit_event_t *event)
{
    const char *hash = NULL, *reason = NULL;

    if (event->reason != 0) {
        reason = apr_psprintf(p->pool, "SCEP%04u", event->reason);
    }
    if (event->challenge_hash != NULL) {
        hash = scep_hex_lower(p->pool, event->challenge_hash, SCEP_HASH_SIZE);
    }
    fprintf(p->ctl->out,
            "{\"seq\":%" APR_INT64_T_FMT ",\"time\":\"%s\",\"event\":%s,"
            "\"scope\":%s,\"user\":%s,\"peer\":%s,\"transactionID\":%s,"
            "\"serial\":%s,\"challengeHash\":%s,\"reason\":%s,"
            "\"subject\":%s,\"detail\":%s}\n",
            event->seq, scepctl_time_iso(p->pool, event->at),
            scep_json_string(p->pool, event->event),
            scep_json_string(p->pool, event->ca_id),
            scep_json_string(p->pool, event->actor),
            scep_json_string(p->pool, event->peer),
            scep_json_string(p->pool, event->transaction_id),
            scep_json_string(p->pool, event->serial),
            scep_json_string(p->pool, hash), scep_json_string(p->pool, reason),
            scep_json_string(p->pool, event->subject),
            scep_json_string(p->pool, event->detail));
}

static scep_status_e print(void *baton, const scep_audit_event_t *event)
{
    printer_t *p = baton;

    p->last = event->seq;
    (p->json ? print_json : print_line)(p, event);
    apr_pool_clear(p->pool);
    return ferror(p->ctl->out) ? SCEP_UNAVAILABLE : SCEP_OK;
}

/* What fits and was not printed yet; FILTER->after is moved on. */
static scepctl_exit_e print_new(printer_t *p, scep_store_t *store,
                                scep_audit_filter_t *filter)
{
    scepctl_t *ctl = p->ctl;
    apr_int64_t last = 0;
    scep_status_e status;

    /* Looked up first: all up to it will be seen, and need not be seen again
     * where little of it fits. */
    status = scep_store_audit_last(store, &last, &ctl->res);
    if (status == SCEP_OK) {
        status = scep_store_audit_each(store, filter, print, p, ctl->pool,
                                       &ctl->res);
    }
    if (fflush(ctl->out) != 0 || ferror(ctl->out)) {
        return scepctl_error(ctl, SCEPLOGNO(0543) "cannot write the output: %s",
                             strerror(errno));
    }
    if (status != SCEP_OK) {
        return scepctl_fail(ctl);
    }
    filter->after = last > p->last ? last : p->last;
    return SCEPCTL_OK;
}

/* Signals wait while rows are printed, so that a line is never cut. */
static scepctl_exit_e follow(printer_t *p, scep_store_t *store,
                             scep_audit_filter_t *filter)
{
    const struct timespec second = {1, 0};
    scepctl_exit_e status;
    sigset_t ends;

    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    do {
        status = print_new(p, store, filter);
    } while (status == SCEPCTL_OK && sigtimedwait(&ends, NULL, &second) < 0);
    return status;
}

scepctl_exit_e scepctl_audit(scepctl_t *ctl, int argc, char **argv)
{
    wish_t wish = {.since = NULL};
    printer_t p = {.ctl = ctl};
    scepctl_exit_e status = read_options(ctl, argc, argv, &wish);
    scep_store_t *store = NULL;

    if (status == SCEPCTL_OK && wish.help) {
        fputs(usage_text, ctl->out);
        return SCEPCTL_OK;
    }
    if (status == SCEPCTL_OK) {
        status = scepctl_store_open(ctl, &wish.server, &store);
    }
    if (status != SCEPCTL_OK) {
        return status;
    }
    p.json = wish.json;
    if (apr_pool_create(&p.pool, ctl->pool) != APR_SUCCESS) {
        return scepctl_error(ctl, SCEPLOGNO(0544) "out of memory");
    }
    return wish.follow ? follow(&p, store, &wish.filter)
                       : print_new(&p, store, &wish.filter);
}
