/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_crl.c: print the newest CRL that the server signed, for those who
 * publish it elsewhere. (scepctl)
 */
#include <getopt.h>
#include <string.h>

#include <apr_strings.h>

#include "scep_store_crl.h"
#include "scepctl_certs.h"
#include "scepctl_store.h"
#include "scepctl_time.h"

enum { LONGEST = 64 };

static const char usage_text[] =
    "Usage: scepctl crl [options]\n"
    "\n"
    "Prints the newest CRL of the database in PEM. The server signs one when\n"
    "something was revoked and before the last one runs out.\n"
    "\n" SCEPCTL_SERVER_USAGE SCEPCTL_DATABASE_USAGE
    "  --ca-cert FILE    the CA's certificate (that of httpd's CA)\n"
    "  --der             in DER\n"
    "  --info            its number, times and state instead\n";

static const struct option options[] = {
    SCEPCTL_SERVER_OPTIONS,
    SCEPCTL_DATABASE_OPTION,
    {"ca-cert", required_argument, NULL, 'c'},
    {"der", no_argument, NULL, 'b'},
    {"info", no_argument, NULL, 'i'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

typedef struct wish_t {
    scepctl_server_t server;
    const char *ca_cert;
    bool der, info, help;
} wish_t;

static scepctl_exit_e read_options(scepctl_t *ctl, int argc, char **argv,
                                   wish_t *wish)
{
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (scepctl_server_option(&wish->server, option, optarg)) {
            continue;
        }
        switch (option) {
        case 'c':
            wish->ca_cert = optarg;
            break;
        case 'b':
            wish->der = true;
            break;
        case 'i':
            wish->info = true;
            break;
        case 'h':
            wish->help = true;
            break;
        default:
            return scepctl_bad_option(ctl, "crl", option, argv);
        }
    }
    if (optind < argc) {
        return scepctl_usage(ctl, "crl: unexpected argument `%s'",
                             scep_printable(ctl->pool, argv[optind], LONGEST));
    }
    return SCEPCTL_OK;
}

static void print_info(scepctl_t *ctl, const scep_crl_state_t *state)
{
    const scep_crl_row_t *row = state->row;

    fprintf(ctl->out, "number       %" APR_INT64_T_FMT "\n", row->number);
    fprintf(ctl->out, "this update  %s\n",
            scepctl_time_iso(ctl->pool, row->this_update));
    fprintf(ctl->out, "next update  %s\n",
            scepctl_time_iso(ctl->pool, row->next_update));
    fprintf(ctl->out, "state        %s\n",
            state->stale ? "something was revoked since"
                         : "has all revocations");
}

static scepctl_exit_e print(scepctl_t *ctl, const wish_t *wish,
                            const scep_crl_state_t *state)
{
    if (state->row == NULL) {
        return scepctl_error(ctl, SCEPLOGNO(0595) "the server has signed no "
                                                  "CRL of this CA yet");
    }
    if (wish->info) {
        print_info(ctl, state);
    }
    else if (wish->der) {
        fwrite(state->row->der.data, 1, state->row->der.len, ctl->out);
    }
    else {
        scepctl_pem(ctl->out, "X509 CRL", state->row->der, ctl->pool);
    }
    return SCEPCTL_OK;
}

scepctl_exit_e scepctl_crl(scepctl_t *ctl, int argc, char **argv)
{
    wish_t wish = {.ca_cert = NULL};
    scepctl_exit_e status = read_options(ctl, argc, argv, &wish);
    scep_store_t *store = NULL;
    scep_crl_state_t state;
    const char *ca_id;

    if (status == SCEPCTL_OK && wish.help) {
        fputs(usage_text, ctl->out);
        return SCEPCTL_OK;
    }
    if (status == SCEPCTL_OK) {
        status = scepctl_scope(ctl, &wish.server, wish.ca_cert, &ca_id);
    }
    if (status == SCEPCTL_OK) {
        status = scepctl_store_open(ctl, &wish.server, &store);
    }
    if (status != SCEPCTL_OK) {
        return status;
    }
    if (scep_store_crl_state(store, ca_id, apr_time_now(), ctl->pool, &state,
                             &ctl->res) != SCEP_OK) {
        return scepctl_fail(ctl);
    }
    return print(ctl, &wish, &state);
}
