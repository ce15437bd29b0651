/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_prune.c: delete what is old from the database now, as the server does
 * in the background (ScepRetention). (scepctl)
 */
#include <getopt.h>
#include <string.h>

#include <apr_strings.h>

#include "scep_store_prune.h"
#include "scepctl_store.h"
#include "scepctl_time.h"

enum { LONGEST = 64, OPT_KIND = 256, KEEP = -2, DAY = 86400 };

static const char usage_text[] =
    "Usage: scepctl prune [options]\n"
    "\n"
    "Deletes from the database what has been over for longer than httpd's\n"
    "ScepRetention says. Options that name a kind override it: a TIME is a\n"
    "number with a unit, such as 90d or 52w, or `off' to keep that kind. "
    "httpd\n"
    "may run meanwhile.\n"
    "\n" SCEPCTL_SERVER_USAGE SCEPCTL_DATABASE_USAGE
    "  --passwords TIME     one-time passwords\n"
    "  --refusals TIME      audit rows about what was refused\n"
    "  --audit TIME         all audit rows\n"
    "  --messages TIME      messages answered with expired certificates\n"
    "  --requests TIME      requests that were decided on or have run out\n"
    "  --transactions TIME  transactions of expired certificates\n"
    "  --certificates TIME  expired certificates\n"
    "  --dry-run            only say how many there are of each kind\n";

#define KIND(name, kind)                                                       \
    {                                                                          \
        name, required_argument, NULL, OPT_KIND + (kind)                       \
    }

static const struct option options[] = {
    SCEPCTL_SERVER_OPTIONS,
    SCEPCTL_DATABASE_OPTION,
    KIND("passwords", SCEP_PRUNE_PASSWORDS),
    KIND("refusals", SCEP_PRUNE_REFUSALS),
    KIND("audit", SCEP_PRUNE_AUDIT),
    KIND("messages", SCEP_PRUNE_MESSAGES),
    KIND("requests", SCEP_PRUNE_REQUESTS),
    KIND("transactions", SCEP_PRUNE_TRANSACTIONS),
    KIND("certificates", SCEP_PRUNE_CERTIFICATES),
    {"dry-run", no_argument, NULL, 'n'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

typedef struct wish_t {
    scepctl_server_t server;
    apr_int64_t seconds[SCEP_PRUNE_KINDS]; /* 0: not given; KEEP: for ever */
    bool dry_run, help;
} wish_t;

static scepctl_exit_e read_time(scepctl_t *ctl, wish_t *wish, scep_prune_e kind)
{
    const int days = scep_prune_least_days(kind);

    wish->seconds[kind] =
        strcmp(optarg, "off") == 0 ? KEEP : scepctl_time_span(optarg);
    return wish->seconds[kind] == KEEP ||
                   wish->seconds[kind] >= (apr_int64_t)days * DAY
               ? SCEPCTL_OK
               : scepctl_usage(ctl,
                               "prune: --%s: `%s' is neither `off' nor a time "
                               "from %d day%s to ten years, such as 90d or 52w",
                               scep_prune_name(kind),
                               scep_printable(ctl->pool, optarg, LONGEST), days,
                               days == 1 ? "" : "s");
}

static scepctl_exit_e take_option(scepctl_t *ctl, int option, char **argv,
                                  wish_t *wish)
{
    if (option >= OPT_KIND && option < OPT_KIND + SCEP_PRUNE_KINDS) {
        return read_time(ctl, wish, (scep_prune_e)(option - OPT_KIND));
    }
    switch (option) {
    case 'n':
        wish->dry_run = true;
        return SCEPCTL_OK;
    case 'h':
        wish->help = true;
        return SCEPCTL_OK;
    default:
        return scepctl_bad_option(ctl, "prune", option, argv);
    }
}

static scepctl_exit_e read_options(scepctl_t *ctl, int argc, char **argv,
                                   wish_t *wish)
{
    scepctl_exit_e status = SCEPCTL_OK;
    int option;

    opterr = 0;
    while (status == SCEPCTL_OK &&
           (option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (!scepctl_server_option(&wish->server, option, optarg)) {
            status = take_option(ctl, option, argv, wish);
        }
    }
    return status == SCEPCTL_OK && optind < argc
               ? scepctl_usage(ctl, "prune: unexpected argument `%s'",
                               scep_printable(ctl->pool, argv[optind], LONGEST))
               : status;
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
    scepctl_exit_e status = scepctl_server_read(ctl, &wish->server);
    const apr_array_header_t *cas = none->cas;
    const scep_in_use_ca_t *named;
    int i;

    if (wish->server.in_use != NULL) {
        cas = wish->server.in_use->cas;
    }
    if (status == SCEPCTL_OK && wish->server.in_use != NULL &&
        wish->server.ca_name != NULL) {
        status = scepctl_server_ca(ctl, &wish->server, false, &named);
        if (status == SCEPCTL_OK) {
            cas = none->cas;
            *scep_in_use_add(none, ctl->pool) = *named;
        }
    }
    if (cas->nelts == 0) {
        scep_in_use_add(none, ctl->pool);
        cas = none->cas;
    }
    for (i = 0; i < SCEP_PRUNE_KINDS; i++) {
        if (wish->seconds[i] == 0) {
            wish->seconds[i] = usual(cas, (scep_prune_e)i);
        }
    }
    return status;
}

static scep_status_e prune(scepctl_t *ctl, scep_store_t *store,
                           scep_prune_e kind, apr_time_t before,
                           const char *actor, apr_int64_t *count)
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
        status = scep_store_prune(store, kind, before, apr_time_now(), actor,
                                  pool, &step, &ctl->res);
        apr_pool_destroy(pool);
    }
    return status;
}

static scepctl_exit_e work(scepctl_t *ctl, const wish_t *wish,
                           scep_store_t *store, const char *actor)
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
                               : prune(ctl, store, kind, before, actor, &count);
        if (status != SCEP_OK) {
            return scepctl_fail(ctl);
        }
        fprintf(ctl->out, "%s: %" APR_INT64_T_FMT " %s\n",
                scep_prune_name(kind), count,
                wish->dry_run ? "would be deleted" : "deleted");
    }
    return SCEPCTL_OK;
}

scepctl_exit_e scepctl_prune(scepctl_t *ctl, int argc, char **argv)
{
    wish_t wish = {.dry_run = false};
    scepctl_exit_e status = read_options(ctl, argc, argv, &wish);
    const char *actor = scepctl_actor(ctl->pool);
    scep_store_t *store = NULL;

    if (status == SCEPCTL_OK && wish.help) {
        fputs(usage_text, ctl->out);
        return SCEPCTL_OK;
    }
    if (status == SCEPCTL_OK) {
        wish.server.writes = !wish.dry_run;
        status = fill_times(ctl, &wish);
    }
    if (status == SCEPCTL_OK) {
        status = scepctl_store_open(ctl, &wish.server, &store);
    }
    return status == SCEPCTL_OK ? work(ctl, &wish, store, actor) : status;
}
