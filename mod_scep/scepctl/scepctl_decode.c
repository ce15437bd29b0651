/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_decode.c: the options of `scepctl decode` and its order. (scepctl)
 */
#include "scepctl.h"

#include <getopt.h>
#include <string.h>

#include <apr_strings.h>

#include "scepctl_explain.h"
#include "scepctl_input.h"
#include "scepctl_pairs.h"
#include "scepctl_server.h"

static const char usage_text[] =
    "Usage: scepctl decode [options] FILE|LINE\n"
    "\n"
    "Explains a SCEP message, layer by layer. FILE holds DER, PEM or base64,\n"
    "HTTP as it was sent, or a log with a URL, hex or base64 in it; `-' is\n"
    "standard input. LINE is a URL, its query, or a line of an access log.\n"
    "Certificates and certificate requests are explained too.\n"
    "\n"
    "  --ra-cert FILE    certificate of a recipient: the RA's for a request,\n"
    "                    the client's for a reply; repeatable\n"
    "  --ra-key FILE     its key; as many as there are --ra-cert\n"
    "  --state-dir DIR   take the RA pairs that httpd uses with this\n"
    "                    ScepStateDir\n"
    "  --show-challenge  print the challenge password\n";

enum {
    OPT_RA_CERT = 256,
    OPT_RA_KEY,
    OPT_STATE_DIR,
    OPT_SHOW_CHALLENGE,
    OPT_HELP
};

static const struct option options[] = {
    {"ra-cert", required_argument, NULL, OPT_RA_CERT},
    {"ra-key", required_argument, NULL, OPT_RA_KEY},
    {"state-dir", required_argument, NULL, OPT_STATE_DIR},
    {"show-challenge", no_argument, NULL, OPT_SHOW_CHALLENGE},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

typedef struct given_t {
    apr_array_header_t *certs; /* const char * */
    apr_array_header_t *keys;
    scepctl_server_t server;
    bool show_challenge;
    bool help;
    const char *argument;
} given_t;

static scepctl_exit_e read_options(scepctl_t *ctl, int argc, char **argv,
                                   given_t *given)
{
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        switch (option) {
        case OPT_RA_CERT:
            APR_ARRAY_PUSH(given->certs, const char *) = optarg;
            break;
        case OPT_RA_KEY:
            APR_ARRAY_PUSH(given->keys, const char *) = optarg;
            break;
        case OPT_STATE_DIR:
            given->server.state_dir = optarg;
            break;
        case OPT_SHOW_CHALLENGE:
            given->show_challenge = true;
            break;
        case OPT_HELP:
            given->help = true;
            return SCEPCTL_OK;
        default:
            return scepctl_bad_option(ctl, "decode", option, argv);
        }
    }
    if (argc - optind != 1) {
        return scepctl_usage(ctl, "decode: name one file or line (quoted)");
    }
    if (given->certs->nelts != given->keys->nelts) {
        return scepctl_usage(ctl, "decode: give as many --ra-key as --ra-cert");
    }
    given->argument = argv[optind];
    return SCEPCTL_OK;
}

static scepctl_exit_e add_used(scepctl_t *ctl, given_t *given)
{
    scepctl_exit_e status = SCEPCTL_OK;
    int i, j;

    if (given->server.state_dir != NULL) {
        status = scepctl_server_read(ctl, &given->server);
    }
    for (i = 0; status == SCEPCTL_OK && given->server.in_use != NULL &&
                i < given->server.in_use->cas->nelts;
         i++) {
        const scep_in_use_ca_t *ca =
            &APR_ARRAY_IDX(given->server.in_use->cas, i, scep_in_use_ca_t);

        for (j = 0; j < ca->pairs->nelts; j++) {
            const scep_in_use_pair_t *pair =
                &APR_ARRAY_IDX(ca->pairs, j, scep_in_use_pair_t);

            if (pair->decrypts) {
                APR_ARRAY_PUSH(given->certs, const char *) = pair->cert;
                APR_ARRAY_PUSH(given->keys, const char *) = pair->key;
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

scepctl_exit_e scepctl_decode(scepctl_t *ctl, int argc, char **argv)
{
    given_t given = {.certs = apr_array_make(ctl->pool, 2, sizeof(char *)),
                     .keys = apr_array_make(ctl->pool, 2, sizeof(char *))};
    scepctl_explain_t x = {.ctl = ctl};
    scepctl_exit_e status = read_options(ctl, argc, argv, &given);
    apr_array_header_t *inputs;
    int i;

    if (status == SCEPCTL_OK && given.help) {
        fputs(usage_text, ctl->out);
        return SCEPCTL_OK;
    }
    x.pairs = apr_array_make(ctl->pool, 2, sizeof(scep_keypair_t *));
    x.show_challenge = given.show_challenge;
    if (status != SCEPCTL_OK ||
        (status = add_used(ctl, &given)) != SCEPCTL_OK ||
        (status = choose_algorithms(ctl, &x)) != SCEPCTL_OK ||
        (status = scepctl_pairs_load(ctl, given.certs, given.keys, x.libctx,
                                     x.pairs)) != SCEPCTL_OK ||
        (status = scepctl_input_read(ctl, given.argument, &inputs)) !=
            SCEPCTL_OK) {
        return status;
    }
    for (i = 0; i < inputs->nelts; i++) {
        explain_input(&x, &APR_ARRAY_IDX(inputs, i, scepctl_input_t));
    }
    return x.faulty ? SCEPCTL_FAILED : SCEPCTL_OK;
}
