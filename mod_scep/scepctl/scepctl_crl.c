/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_crl.c: print the newest CRL that the server signed, for those who
 * publish it elsewhere. (scepctl)
 */
#include "scep_store_crl.h"
#include "scepctl_certs.h"
#include "scepctl_options.h"
#include "scepctl_store.h"
#include "scep_span.h"

typedef struct wish_t {
    scepctl_given_t given;
    bool der, info;
} wish_t;

static const scepctl_option_t options[] = {
    SCEPCTL_SERVER_OPTIONS,
    SCEPCTL_DATABASE_OPTION,
    SCEPCTL_CA_CERT_OPTION("the CA's certificate (that of httpd's CA)"),
    {"der", NULL, SCEPCTL_FLAG, offsetof(wish_t, der), .help = "in DER"},
    {"info", NULL, SCEPCTL_FLAG, offsetof(wish_t, info),
     .help = "its number, times and state instead"},
    {.name = NULL}};

static void print_info(scepctl_t *ctl, const scep_crl_state_t *state)
{
    const scep_crl_row_t *row = state->row;

    fprintf(ctl->out, "number       %" APR_INT64_T_FMT "\n", row->number);
    fprintf(ctl->out, "this update  %s\n",
            scep_time_iso(ctl->pool, row->this_update));
    fprintf(ctl->out, "next update  %s\n",
            scep_time_iso(ctl->pool, row->next_update));
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

static scepctl_exit_e run(scepctl_t *ctl, void *baton)
{
    wish_t *wish = baton;
    scepctl_server_t *server = &wish->given.server;
    scep_store_t *store = NULL;
    scep_crl_state_t state;
    const char *ca_id;
    scepctl_exit_e status =
        scepctl_scope(ctl, server, wish->given.ca_cert, &ca_id);

    if (status == SCEPCTL_OK) {
        status = scepctl_store_open(ctl, server, &store);
    }
    if (status != SCEPCTL_OK) {
        return status;
    }
    return scep_store_crl_state(store, ca_id, apr_time_now(), ctl->pool, &state,
                                &ctl->res) == SCEP_OK
               ? print(ctl, wish, &state)
               : scepctl_fail(ctl);
}

const scepctl_command_t scepctl_crl = {
    .name = "crl",
    .summary = "print the newest CRL",
    .about = "Prints the newest CRL of the database in PEM. The server signs "
             "one when something was revoked and before the last one runs out.",
    .options = options,
    .size = sizeof(wish_t),
    .run = run};
