/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_prune.c: delete what is old from the database now, as the server does
 * in the background (ScepRetention). (scepctl)
 */
#include <getopt.h>
#include <string.h>

#include "scep_store_prune.h"
#include "scepctl_store.h"
#include "scepctl_time.h"

enum { LONGEST = 64 };

static const char usage_text[] =
    "Usage: scepctl prune [options]\n"
    "\n"
    "Deletes from the database what has been over for longer than the times\n"
    "given; without any, passwords that have been over for 90 days. Httpd may\n"
    "run meanwhile.\n"
    "\n" SCEPCTL_SERVER_USAGE SCEPCTL_DATABASE_USAGE
    "  --passwords TIME  passwords, and the messages that they were spent by\n"
    "  --refusals TIME   audit rows about what was refused\n"
    "  --audit TIME      all audit rows\n"
    "  --dry-run         only say how many there are\n";

static const struct option options[] = {
    SCEPCTL_SERVER_OPTIONS,
    SCEPCTL_DATABASE_OPTION,
    {"passwords", required_argument, NULL, 'p'},
    {"refusals", required_argument, NULL, 'r'},
    {"audit", required_argument, NULL, 'a'},
    {"dry-run", no_argument, NULL, 'n'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

typedef struct wish_t {
    scepctl_server_t server;
    long seconds[SCEP_PRUNE_KINDS]; /* 0: not wanted */
    bool dry_run, help;
} wish_t;

static scepctl_exit_e read_time(scepctl_t *ctl, wish_t *wish, scep_prune_e kind)
{
    const long least = SCEP_PRUNE_LEAST_DAYS * 86400L;

    wish->seconds[kind] = scepctl_time_span(optarg);
    return wish->seconds[kind] >= least
               ? SCEPCTL_OK
               : scepctl_usage(ctl,
                               "prune: --%s: `%s' is no time from 1 day to ten "
                               "years, such as 90d or 52w",
                               scep_prune_name(kind),
                               scep_printable(ctl->pool, optarg, LONGEST));
}

static scepctl_exit_e take_option(scepctl_t *ctl, int option, char **argv,
                                  wish_t *wish)
{
    switch (option) {
    case 'p':
        return read_time(ctl, wish, SCEP_PRUNE_PASSWORDS);
    case 'r':
        return read_time(ctl, wish, SCEP_PRUNE_REFUSALS);
    case 'a':
        return read_time(ctl, wish, SCEP_PRUNE_AUDIT);
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
    bool any = false;
    int option, i;

    opterr = 0;
    while (status == SCEPCTL_OK &&
           (option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (!scepctl_server_option(&wish->server, option, optarg)) {
            status = take_option(ctl, option, argv, wish);
        }
    }
    if (status == SCEPCTL_OK && optind < argc) {
        status =
            scepctl_usage(ctl, "prune: unexpected argument `%s'",
                          scep_printable(ctl->pool, argv[optind], LONGEST));
    }
    for (i = 0; i < SCEP_PRUNE_KINDS; i++) {
        any = any || wish->seconds[i] != 0;
    }
    if (!any) {
        wish->seconds[SCEP_PRUNE_PASSWORDS] = SCEP_PRUNE_PASSWORD_DAYS * 86400L;
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

        if (wish->seconds[i] == 0) {
            continue;
        }
        status = wish->dry_run ? scep_store_prune_count(store, kind, before,
                                                        &count, &ctl->res)
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
        status = scepctl_store_open(ctl, &wish.server, &store);
    }
    return status == SCEPCTL_OK ? work(ctl, &wish, store, actor) : status;
}
