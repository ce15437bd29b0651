/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_prune.c: delete what is old from the database now, as the server does
 * in the background (ScepRetention). (scepctl)
 */
#include <string.h>

#include <apr_strings.h>

#include "scep_store_prune.h"
#include "scepctl_options.h"
#include "scepctl_store.h"
#include "scep_span.h"

enum { LONGEST = 64, KEEP = -2, DAY = 86400 };

typedef struct wish_t {
    scepctl_given_t given;
    const char *kept[SCEP_PRUNE_KINDS];
    bool dry_run;
    apr_int64_t seconds[SCEP_PRUNE_KINDS]; /* KEEP: for ever */
} wish_t;

#define KIND(name, kind, text)                                                 \
    {                                                                          \
        name, "TIME", SCEPCTL_TEXT, offsetof(wish_t, kept[kind]),              \
            .help = (text)                                                     \
    }

static const scepctl_option_t options[] = {
    SCEPCTL_SERVER_OPTIONS,
    SCEPCTL_DATABASE_OPTION,
    KIND("passwords", SCEP_PRUNE_PASSWORDS, "one-time passwords"),
    KIND("refusals", SCEP_PRUNE_REFUSALS, "audit rows about what was refused"),
    KIND("audit", SCEP_PRUNE_AUDIT, "all audit rows"),
    KIND("messages", SCEP_PRUNE_MESSAGES,
         "messages answered with expired certificates"),
    KIND("requests", SCEP_PRUNE_REQUESTS,
         "requests that were decided on or have run out"),
    KIND("transactions", SCEP_PRUNE_TRANSACTIONS,
         "transactions of expired certificates"),
    KIND("certificates", SCEP_PRUNE_CERTIFICATES, "expired certificates"),
    {"dry-run", NULL, SCEPCTL_FLAG, offsetof(wish_t, dry_run),
     .help = "only say how many there are of each kind"},
    {.name = NULL}};

static scepctl_exit_e read_time(scepctl_t *ctl, wish_t *wish, scep_prune_e kind)
{
    const char *text = wish->kept[kind];
    const int days = scep_prune_least_days(kind);

    wish->seconds[kind] = strcmp(text, "off") == 0 ? KEEP : scepctl_span(text);
    return wish->seconds[kind] == KEEP ||
                   wish->seconds[kind] >= (apr_int64_t)days * DAY
               ? SCEPCTL_OK
               : scepctl_usage(ctl,
                               "--%s: `%s' is neither `off' nor a time from %d "
                               "day%s to ten years, such as 90d or 52w",
                               scep_prune_name(kind),
                               scep_printable(ctl->pool, text, LONGEST), days,
                               days == 1 ? "" : "s");
}

/* What httpd has for a kind. */
static apr_int64_t of_ca(const scep_in_use_ca_t *ca, scep_prune_e kind)
{
    int i;

    for (i = 0; i < ca->kept->nelts; i++) {
        const scep_in_use_kept_t *kept =
            &APR_ARRAY_IDX(ca->kept, i, scep_in_use_kept_t);

        if (strcmp(kept->kind, scep_prune_name(kind)) == 0) {
            return kept->seconds > 0 ? kept->seconds : KEEP;
        }
    }
    return scep_prune_days(kind) > 0 ? (apr_int64_t)scep_prune_days(kind) * DAY
                                     : KEEP;
}

/* The shortest time of all CAs, since they share a database; by default as a
 * server of which nothing is known. */
static apr_int64_t usual(const apr_array_header_t *cas, scep_prune_e kind)
{
    apr_int64_t shortest = KEEP;
    int i;

    for (i = 0; i < cas->nelts; i++) {
        apr_int64_t one = of_ca(&APR_ARRAY_IDX(cas, i, scep_in_use_ca_t), kind);

        if (one != KEEP && (shortest == KEEP || one < shortest)) {
            shortest = one;
        }
    }
    return shortest;
}

/* Read before the database is opened, since root gives up its rights then. */
static scepctl_exit_e fill_times(scepctl_t *ctl, wish_t *wish)
{
    scep_in_use_t *none = scep_in_use_make(ctl->pool);
    scepctl_exit_e status = scepctl_server_read(ctl, &wish->given.server);
    const apr_array_header_t *cas = none->cas;
    const scep_in_use_ca_t *named;
    int i;

    if (wish->given.server.in_use != NULL) {
        cas = wish->given.server.in_use->cas;
    }
    if (status == SCEPCTL_OK && wish->given.server.in_use != NULL &&
        wish->given.server.ca_name != NULL) {
        status = scepctl_server_ca(ctl, &wish->given.server, false, &named);
        if (status == SCEPCTL_OK) {
            cas = none->cas;
            *scep_in_use_add(none, ctl->pool) = *named;
        }
    }
    if (cas->nelts == 0) {
        scep_in_use_add(none, ctl->pool);
        cas = none->cas;
    }
    for (i = 0; i < SCEP_PRUNE_KINDS && status == SCEPCTL_OK; i++) {
        scep_prune_e kind = (scep_prune_e)i;

        if (wish->kept[i] != NULL) {
            status = read_time(ctl, wish, kind);
        }
        else {
            wish->seconds[i] = usual(cas, kind);
        }
    }
    return status;
}

static scep_status_e prune(scepctl_t *ctl, scep_store_t *store,
                           scep_prune_e kind, apr_time_t before,
                           apr_int64_t *count)
{
    scep_status_e status = SCEP_OK;
    apr_int64_t step = SCEP_PRUNE_STEP;

    for (*count = 0; status == SCEP_OK && step >= SCEP_PRUNE_STEP;
         *count += step) {
        apr_pool_t *pool;

        step = 0;
        if (apr_pool_create(&pool, ctl->pool) != APR_SUCCESS) {
            return scep_fail(&ctl->res, SCEP_R_INTERNAL, "out of memory");
        }
        status = scep_store_prune(store, kind, before, apr_time_now(),
                                  ctl->actor, pool, &step, &ctl->res);
        apr_pool_destroy(pool);
    }
    return status;
}

static scepctl_exit_e work(scepctl_t *ctl, const wish_t *wish,
                           scep_store_t *store)
{
    const apr_time_t now = apr_time_now();
    int i;

    for (i = 0; i < SCEP_PRUNE_KINDS; i++) {
        scep_prune_e kind = (scep_prune_e)i;
        apr_time_t before = now - apr_time_from_sec(wish->seconds[i]);
        apr_int64_t count = 0;
        scep_status_e status;

        if (wish->seconds[i] == KEEP) {
            fprintf(ctl->out, "%s: kept for ever\n", scep_prune_name(kind));
            continue;
        }
        status = wish->dry_run ? scep_store_prune_count(store, kind, before,
                                                        now, &count, &ctl->res)
                               : prune(ctl, store, kind, before, &count);
        if (status != SCEP_OK) {
            return scepctl_fail(ctl);
        }
        fprintf(ctl->out, "%s: %" APR_INT64_T_FMT " %s\n",
                scep_prune_name(kind), count,
                wish->dry_run ? "would be deleted" : "deleted");
    }
    return SCEPCTL_OK;
}

static scepctl_exit_e run(scepctl_t *ctl, void *baton)
{
    wish_t *wish = baton;
    scep_store_t *store = NULL;
    scepctl_exit_e status;

    wish->given.server.writes = !wish->dry_run;
    status = fill_times(ctl, wish);
    if (status == SCEPCTL_OK) {
        status = scepctl_store_open(ctl, &wish->given.server, &store);
    }
    return status == SCEPCTL_OK ? work(ctl, wish, store) : status;
}

const scepctl_command_t scepctl_prune = {
    .name = "prune",
    .summary = "delete from the database what has long been over",
    .about = "Deletes from the database what has been over for longer than "
             "httpd's ScepRetention says. Options that name a kind override "
             "it: a TIME is a number with a unit, such as 90d or 52w, or `off' "
             "to keep that kind. httpd may run meanwhile.",
    .options = options,
    .size = sizeof(wish_t),
    .run = run};
