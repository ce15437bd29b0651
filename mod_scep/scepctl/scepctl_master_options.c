/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_master_options.c: the command line of `scepctl master'. (scepctl)
 */
#include "scepctl_master.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include "scep_password.h"
#include "scepctl_time.h"

/* NDES's single password has 32 hex digits (Windows Server 2008 R2). */
enum { DEFAULT_LENGTH = 16 };

enum {
    OPT_FILE = 256,
    OPT_DATABASE,
    OPT_DIR,
    OPT_CONF_DIR,
    OPT_STATE_DIR,
    OPT_RA_CERT,
    OPT_RA_KEY,
    OPT_TO,
    OPT_LENGTH,
    OPT_OVERLAP,
    OPT_HELP
};

static const struct option options[] = {
    {"file", required_argument, NULL, OPT_FILE},
    {"database", required_argument, NULL, OPT_DATABASE},
    {"dir", required_argument, NULL, OPT_DIR},
    {"conf-dir", required_argument, NULL, OPT_CONF_DIR},
    {"state-dir", required_argument, NULL, OPT_STATE_DIR},
    {"ra-cert", required_argument, NULL, OPT_RA_CERT},
    {"ra-key", required_argument, NULL, OPT_RA_KEY},
    {"to", required_argument, NULL, OPT_TO},
    {"length", required_argument, NULL, OPT_LENGTH},
    {"overlap", required_argument, NULL, OPT_OVERLAP},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

/* The options as given; NULL: not given. */
typedef struct given_t {
    const char *file, *dir, *conf_dir, *state_dir, *to, *length, *overlap;
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
        given->file = optarg;
        break;
    case OPT_DATABASE:
        wish->database = optarg;
        break;
    case OPT_DIR:
        given->dir = optarg;
        break;
    case OPT_CONF_DIR:
        given->conf_dir = optarg;
        break;
    case OPT_STATE_DIR:
        given->state_dir = optarg;
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
        keep(option, given, wish);
    }
    if (optind < argc) {
        /* not shown: it may be a password */
        return scepctl_usage(
            ctl, "master: there is one argument too many; a password is read "
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
    if (wish->database != NULL && strncmp(wish->database, "pgsql:", 6) != 0) {
        return scepctl_usage(ctl, "master: --database takes pgsql: and its "
                                  "parameters; without a shared database the "
                                  "master password is in its file");
    }
    return SCEPCTL_OK;
}

/* Whether the old password will have to be read. */
static bool needs_key(const scepctl_master_wish_t *wish)
{
    return wish->overlap > 0 || wish->action == SCEPCTL_MASTER_SHOW ||
           wish->action == SCEPCTL_MASTER_REKEY;
}

/* Without any, those that `scepctl init' makes. */
static scepctl_exit_e choose_pairs(scepctl_t *ctl, const given_t *given,
                                   scepctl_master_wish_t *wish)
{
    const char *dir = given->conf_dir;
    const char *cert;

    if (wish->certs->nelts == 0 && wish->keys->nelts == 0) {
        if (dir == NULL) {
            dir = given->dir != NULL ? given->dir : "/etc/mod_scep";
        }
        cert = apr_pstrcat(ctl->pool, dir, "/ra-encrypt.crt", NULL);
        if (access(cert, F_OK) != 0) {
            cert = apr_pstrcat(ctl->pool, dir, "/ra.crt", NULL);
        }
        APR_ARRAY_PUSH(wish->certs, const char *) = cert;
        APR_ARRAY_PUSH(wish->keys, const char *) = apr_pstrcat(
            ctl->pool, apr_pstrmemdup(ctl->pool, cert, strlen(cert) - 4),
            ".key", NULL);
    }
    if (wish->certs->nelts != wish->keys->nelts &&
        (wish->keys->nelts != 0 || needs_key(wish))) {
        return scepctl_usage(ctl, "master: give as many --ra-key as --ra-cert");
    }
    return SCEPCTL_OK;
}

static const char *choose_file(scepctl_t *ctl, const given_t *given)
{
    const char *dir = given->state_dir;

    if (given->file != NULL) {
        return given->file;
    }
    if (dir == NULL) {
        dir = given->dir != NULL
                  ? apr_pstrcat(ctl->pool, given->dir, "/state", NULL)
                  : "/var/lib/mod_scep";
    }
    return apr_pstrcat(ctl->pool, dir, "/master-password.cms", NULL);
}

scepctl_exit_e scepctl_master_options(scepctl_t *ctl, int argc, char **argv,
                                      scepctl_master_wish_t *wish)
{
    given_t given = {.file = NULL};
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
    wish->file = choose_file(ctl, &given);
    wish->to = given.to;
    if ((status = read_numbers(ctl, &given, wish)) != SCEPCTL_OK ||
        (status = check_fit(ctl, &given, wish)) != SCEPCTL_OK) {
        return status;
    }
    return choose_pairs(ctl, &given, wish);
}
