/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_audit.c: print the audit trail, and follow it. (scepctl)
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include "scepctl_certs.h"
#include "scepctl_options.h"
#include "scepctl_store.h"
#include "scep_span.h"
#include "scep_store_json.h"

enum { LONGEST = 1024 /* octets of a field that are shown */ };

typedef struct wish_t {
    scepctl_given_t given;
    const char *reason;
    scep_audit_filter_t filter;
    bool follow;
} wish_t;

#define AT(member) offsetof(wish_t, member)

static const scepctl_option_t options[] = {
    SCEPCTL_SERVER_OPTIONS,
    SCEPCTL_DATABASE_OPTION,
    {"since", "TIME", SCEPCTL_SINCE, AT(filter.since),
     .help = "2026-11-22, 2026-11-22T21:51:03Z, or how long ago, as in 90s, "
             "30m, 12h or 7d"},
    {"event", "EVENT", SCEPCTL_TEXT, AT(filter.event),
     .help = "as \"challenge-drawn\", \"issued\", \"refused\""},
    {"user", "USER", SCEPCTL_TEXT, AT(filter.actor), .help = "who did it"},
    {"peer", "ADDRESS", SCEPCTL_TEXT, AT(filter.peer), .help = "where from"},
    {"transaction", "ID", SCEPCTL_TEXT, AT(filter.transaction_id),
     .help = "the transactionID"},
    {"serial", "SERIAL", SCEPCTL_TEXT, AT(filter.serial),
     .help = "of the certificate, in hex"},
    {"reason", "SCEPnnnn", SCEPCTL_TEXT, AT(reason),
     .help = "why it was refused"},
    SCEPCTL_JSON_OPTION,
    {"follow", NULL, SCEPCTL_FLAG, AT(follow),
     .help = "go on with what is recorded from now on"},
    {.name = NULL}};

/* --- the command line ----------------------------------------------------- */

/* As a log line has it, or its number alone. */
static bool read_reason(const char *text, unsigned int *reason)
{
    const char *digits = strncasecmp(text, "SCEP", 4) == 0 ? text + 4 : text;
    size_t len = strspn(digits, "0123456789");

    *reason = (unsigned int)strtoul(digits, NULL, 10);
    return len > 0 && len <= 4 && digits[len] == '\0' && *reason > 0;
}

/* --- printing ------------------------------------------------------------- */

typedef struct printer_t {
    scepctl_t *ctl;
    bool json;
    apr_int64_t last; /* seq of the row that was printed last */
} printer_t;

/* No tab is printable: what stands between two of them is one field. */
static void print_line(const printer_t *p, const scep_audit_event_t *event)
{
    fprintf(p->ctl->out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
            scep_time_iso(p->ctl->row, event->at),
            scep_printable(p->ctl->row, event->event, LONGEST),
            scep_printable(p->ctl->row, event->actor, LONGEST),
            scep_printable(p->ctl->row, event->peer, LONGEST),
            scep_printable(p->ctl->row, event->transaction_id, LONGEST),
            scep_printable(p->ctl->row, event->serial, LONGEST),
            event->reason != 0
                ? apr_psprintf(p->ctl->row, "SCEP%04u", event->reason)
                : "-",
            scep_shown(p->ctl->row, event->subject),
            scep_shown(p->ctl->row, event->detail));
}

static scep_status_e print(void *baton, const scep_audit_event_t *event)
{
    printer_t *p = baton;

    p->last = event->seq;
    if (p->json) {
        fprintf(p->ctl->out, "%s\n", scep_audit_json(event, p->ctl->row));
    }
    else {
        print_line(p, event);
    }
    apr_pool_clear(p->ctl->row);
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
    if (scepctl_written(ctl) != SCEPCTL_OK) {
        return SCEPCTL_FAILED;
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

static scepctl_exit_e run(scepctl_t *ctl, void *baton)
{
    wish_t *wish = baton;
    printer_t p = {.ctl = ctl, .json = wish->given.json};
    scep_store_t *store = NULL;
    scepctl_exit_e status;

    if (wish->reason != NULL &&
        !read_reason(wish->reason, &wish->filter.reason)) {
        return scepctl_usage(ctl, "--reason takes SCEPnnnn or nnnn, as in "
                                  "SCEP0153");
    }
    if (wish->filter.serial != NULL) {
        wish->filter.serial = scepctl_serial(ctl, wish->filter.serial);
        if (wish->filter.serial == NULL) {
            return SCEPCTL_USAGE;
        }
    }
    status = scepctl_store_open(ctl, &wish->given.server, &store);
    return status != SCEPCTL_OK ? status
           : wish->follow       ? follow(&p, store, &wish->filter)
                                : print_new(&p, store, &wish->filter);
}

const scepctl_command_t scepctl_audit = {
    .name = "audit",
    .summary = "print the audit trail, and follow it",
    .options = options,
    .size = sizeof(wish_t),
    .run = run};
