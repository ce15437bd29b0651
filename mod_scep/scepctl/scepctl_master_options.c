/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_master_options.c: the command line of `scepctl master'. (scepctl)
 */
#include "scepctl_master.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "scep_password.h"
#include "scepctl_time.h"

/* NDES's single password has 32 hex digits (Windows Server 2008 R2). */
enum { DEFAULT_LENGTH = 16 };

enum {
    OPT_FILE = 256,
    OPT_DIR,
    OPT_CONF_DIR,
    OPT_RA_CERT,
    OPT_RA_KEY,
    OPT_TO,
    OPT_LENGTH,
    OPT_OVERLAP,
    OPT_HELP
};

static const struct option options[] = {
    {"file", required_argument, NULL, OPT_FILE},
    {"dir", required_argument, NULL, OPT_DIR},
    {"conf-dir", required_argument, NULL, OPT_CONF_DIR},
    {"ra-cert", required_argument, NULL, OPT_RA_CERT},
    {"ra-key", required_argument, NULL, OPT_RA_KEY},
    {"to", required_argument, NULL, OPT_TO},
    {"length", required_argument, NULL, OPT_LENGTH},
    {"overlap", required_argument, NULL, OPT_OVERLAP},
    {"help", no_argument, NULL, OPT_HELP},
    SCEPCTL_SERVER_OPTIONS,
    SCEPCTL_DATABASE_OPTION,
    {NULL, 0, NULL, 0},
};

/* The options as given; NULL: not given. */
typedef struct given_t {
    scepctl_master_files_t files;
    const char *to, *length, *overlap;
} given_t;

static const char *const actions[] = {"show", "rotate", "set", "rekey"};

static scepctl_exit_e read_action(scepctl_t *ctl, int argc, char **argv,
                                  scepctl_master_wish_t *wish)
{
    size_t i;

    if (argc < 2) {
        return scepctl_usage(ctl, "master: say show, rotate, set or rekey");
    }
    if (strcmp(argv[1], "--help") == 0) {
        wish->action = SCEPCTL_MASTER_HELP;
        return SCEPCTL_OK;
    }
    for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (strcmp(argv[1], actions[i]) == 0) {
            wish->action = (scepctl_master_action_e)i;
            return SCEPCTL_OK;
        }
    }
    return scepctl_usage(ctl,
                         "master: `%s' is none of show, rotate, set and rekey",
                         scep_printable(ctl->pool, argv[1], 64));
}

static void keep(int option, given_t *given, scepctl_master_wish_t *wish)
{
    switch (option) {
    case OPT_FILE:
        given->files.file = optarg;
        break;
    case OPT_DIR:
        given->files.dir = optarg;
        break;
    case OPT_CONF_DIR:
        given->files.conf_dir = optarg;
        break;
    case OPT_RA_CERT:
        APR_ARRAY_PUSH(wish->certs, const char *) = optarg;
        break;
    case OPT_RA_KEY:
        APR_ARRAY_PUSH(wish->keys, const char *) = optarg;
        break;
    case OPT_TO:
        given->to = optarg;
        break;
    case OPT_LENGTH:
        given->length = optarg;
        break;
    case OPT_OVERLAP:
        given->overlap = optarg;
        break;
    default:
        wish->action = SCEPCTL_MASTER_HELP;
        break;
    }
}

/* ARGV[0] is the action. */
static scepctl_exit_e read_options(scepctl_t *ctl, int argc, char **argv,
                                   given_t *given, scepctl_master_wish_t *wish)
{
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option == '?' || option == ':') {
            return scepctl_bad_option(ctl, "master", option, argv);
        }
        if (!scepctl_server_option(&wish->server, option, optarg)) {
            keep(option, given, wish);
        }
    }
    if (optind < argc) {
        /* not shown: it may be a password */
        return scepctl_usage(ctl,
                             "master: unexpected argument; a password is read "
                             "from standard input");
    }
    return SCEPCTL_OK;
}

static scepctl_exit_e read_numbers(scepctl_t *ctl, const given_t *given,
                                   scepctl_master_wish_t *wish)
{
    long overlap =
        given->overlap != NULL ? scepctl_time_span(given->overlap) : 0;
    long length = DEFAULT_LENGTH;
    char *end;

    if (given->length != NULL) {
        length = strtol(given->length, &end, 10);
        if (end == given->length || *end != '\0' ||
            length < SCEP_PASSWORD_MIN_LENGTH ||
            length > SCEP_PASSWORD_MAX_LENGTH) {
            return scepctl_usage(ctl,
                                 "master: --length takes %d to %d, which "
                                 "makes twice as many hex digits",
                                 SCEP_PASSWORD_MIN_LENGTH,
                                 SCEP_PASSWORD_MAX_LENGTH);
        }
    }
    if (overlap < 0) {
        return scepctl_usage(ctl, "master: --overlap takes a time up to ten "
                                  "years, as in 90s, 30m, 12h or 7d");
    }
    wish->length = (size_t)length;
    wish->overlap = apr_time_from_sec(overlap);
    return SCEPCTL_OK;
}

static scepctl_exit_e check_fit(scepctl_t *ctl, const given_t *given,
                                const scepctl_master_wish_t *wish)
{
    if (given->to != NULL && wish->action != SCEPCTL_MASTER_REKEY) {
        return scepctl_usage(ctl, "master: --to is for rekey alone");
    }
    if (given->to == NULL && wish->action == SCEPCTL_MASTER_REKEY) {
        return scepctl_usage(ctl, "master: rekey needs --to, the certificate "
                                  "to encrypt to");
    }
    if (given->length != NULL && wish->action != SCEPCTL_MASTER_ROTATE) {
        return scepctl_usage(ctl, "master: --length is for rotate alone");
    }
    if (given->overlap != NULL && wish->action != SCEPCTL_MASTER_ROTATE &&
        wish->action != SCEPCTL_MASTER_SET) {
        return scepctl_usage(ctl, "master: --overlap is for rotate and set "
                                  "alone");
    }
    return SCEPCTL_OK;
}

/* Whether the old password will have to be read. */
static bool needs_key(const scepctl_master_wish_t *wish)
{
    return wish->overlap > 0 || wish->action == SCEPCTL_MASTER_SHOW ||
           wish->action == SCEPCTL_MASTER_REKEY;
}

scepctl_exit_e scepctl_master_options(scepctl_t *ctl, int argc, char **argv,
                                      scepctl_master_wish_t *wish)
{
    given_t given = {.to = NULL};
    scepctl_exit_e status = read_action(ctl, argc, argv, wish);

    if (status != SCEPCTL_OK || wish->action == SCEPCTL_MASTER_HELP) {
        return status;
    }
    wish->certs = apr_array_make(ctl->pool, 2, sizeof(char *));
    wish->keys = apr_array_make(ctl->pool, 2, sizeof(char *));
    status = read_options(ctl, argc - 1, argv + 1, &given, wish);
    if (status != SCEPCTL_OK || wish->action == SCEPCTL_MASTER_HELP) {
        return status;
    }
    wish->to = given.to;
    if ((status = read_numbers(ctl, &given, wish)) != SCEPCTL_OK ||
        (status = check_fit(ctl, &given, wish)) != SCEPCTL_OK) {
        return status;
    }
    status = scepctl_master_choose(ctl, &given.files, wish);
    if (status == SCEPCTL_OK && wish->certs->nelts != wish->keys->nelts &&
        (wish->keys->nelts != 0 || needs_key(wish))) {
        return scepctl_usage(ctl, "master: give as many --ra-key as --ra-cert");
    }
    return status;
}
