/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_decode.c: the options of `scepctl decode` and its order. (scepctl)
 */
#include "scepctl_explain.h"
#include "scepctl_input.h"
#include "scepctl_options.h"
#include "scepctl_pairs.h"

typedef struct wish_t {
    scepctl_given_t given;
    apr_array_header_t *certs; /* const char * */
    apr_array_header_t *keys;
    bool show_challenge;
} wish_t;

#define AT(member) offsetof(wish_t, member)

static const scepctl_option_t options[] = {
    {"ra-cert", "FILE", SCEPCTL_LIST, AT(certs),
     .help = "certificate of a recipient: the RA's for a request, the client's "
             "for a reply; repeatable"},
    {"ra-key", "FILE", SCEPCTL_LIST, AT(keys),
     .help = "its key; as many as there are --ra-cert"},
    {"state-dir", "DIR", SCEPCTL_TEXT, AT(given.server.state_dir),
     .help = "take the RA pairs that httpd uses with this ScepStateDir"},
    {"show-challenge", NULL, SCEPCTL_FLAG, AT(show_challenge),
     .help = "print the challenge password"},
    {.name = NULL}};

static scepctl_exit_e add_used(scepctl_t *ctl, wish_t *wish)
{
    scepctl_server_t *server = &wish->given.server;
    scepctl_exit_e status = SCEPCTL_OK;
    int i, j;

    if (server->state_dir != NULL) {
        status = scepctl_server_read(ctl, server);
    }
    for (i = 0; status == SCEPCTL_OK && server->in_use != NULL &&
                i < server->in_use->cas->nelts;
         i++) {
        const scep_in_use_ca_t *ca =
            &APR_ARRAY_IDX(server->in_use->cas, i, scep_in_use_ca_t);

        for (j = 0; j < ca->pairs->nelts; j++) {
            const scep_in_use_pair_t *pair =
                &APR_ARRAY_IDX(ca->pairs, j, scep_in_use_pair_t);

            if (pair->decrypts) {
                APR_ARRAY_PUSH(wish->certs, const char *) = pair->cert;
                APR_ARRAY_PUSH(wish->keys, const char *) = pair->key;
            }
        }
    }
    return status;
}

/* All algorithms that there are; without OpenSSL's legacy provider, those
 * that it has of itself. */
static scepctl_exit_e choose_algorithms(scepctl_t *ctl, scepctl_explain_t *x)
{
    scep_algs_t *algs;

    if (scep_algs_legacy_context(ctl->pool, &x->libctx, &ctl->res) == SCEP_OK &&
        scep_algs_make(SCEP_LEVEL_LEGACY, x->libctx, ctl->pool, &algs,
                       &ctl->res) == SCEP_OK) {
        x->algs = algs;
        return SCEPCTL_OK;
    }
    fprintf(ctl->err, "scepctl: " SCEPLOGNO(0521) "no legacy algorithms: %s\n",
            ctl->res.detail);
    x->libctx = NULL;
    if (scep_algs_make(SCEP_LEVEL_COMPATIBLE, NULL, ctl->pool, &algs,
                       &ctl->res) != SCEP_OK) {
        return scepctl_fail(ctl);
    }
    x->algs = algs;
    return SCEPCTL_OK;
}

static void explain_input(scepctl_explain_t *x, const scepctl_input_t *input)
{
    const scep_query_t *query = input->query;

    if (query != NULL) {
        scepctl_say(x, "Operation", "%s",
                    scep_operation_name(query->operation));
        if (query->operation != SCEP_OP_PKIOPERATION && query->has_message) {
            scepctl_say(x, "CA identifier", "\"%s\"",
                        scep_printable(x->ctl->pool, query->message, 255));
        }
        if (query->operation == SCEP_OP_PKIOPERATION && input->der.len == 0) {
            scepctl_say(x, "Message", "none here: it was sent by POST");
        }
    }
    if (input->der.len > 0) {
        scepctl_explain(x, input->origin, input->der);
    }
}

static scepctl_exit_e run(scepctl_t *ctl, void *baton)
{
    wish_t *wish = baton;
    scepctl_explain_t x = {
        .ctl = ctl,
        .pairs = apr_array_make(ctl->pool, 2, sizeof(scep_keypair_t *)),
        .show_challenge = wish->show_challenge};
    apr_array_header_t *inputs;
    scepctl_exit_e status;
    int i;

    if (wish->certs->nelts != wish->keys->nelts) {
        return scepctl_usage(ctl, "give as many --ra-key as --ra-cert");
    }
    if ((status = add_used(ctl, wish)) != SCEPCTL_OK ||
        (status = choose_algorithms(ctl, &x)) != SCEPCTL_OK ||
        (status = scepctl_pairs_load(ctl, wish->certs, wish->keys, x.libctx,
                                     x.pairs)) != SCEPCTL_OK ||
        (status = scepctl_input_read(ctl, wish->given.word, &inputs)) !=
            SCEPCTL_OK) {
        return status;
    }
    for (i = 0; i < inputs->nelts; i++) {
        explain_input(&x, &APR_ARRAY_IDX(inputs, i, scepctl_input_t));
    }
    return x.faulty ? SCEPCTL_FAILED : SCEPCTL_OK;
}

const scepctl_command_t scepctl_decode = {
    .name = "decode",
    .summary = "explain a SCEP message, a request line or a certificate",
    .about = "Explains a SCEP message, layer by layer. FILE holds DER, PEM or "
             "base64, HTTP as it was sent, or a log with a URL, hex or base64 "
             "in it; `-' is standard input. LINE is a URL, its query, or a "
             "line of an access log. Certificates and certificate requests are "
             "explained too.",
    .word = "FILE|LINE",
    .word_is = "one file or line (quoted)",
    .options = options,
    .size = sizeof(wish_t),
    .run = run};
