/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl.c: the commands. (scepctl)
 */
#include "scepctl.h"

#include <errno.h>
#include <string.h>

#include <apr_general.h>

#include <openssl/crypto.h>

enum { LONGEST_WORD = 64 /* octets that are shown */ };

static const char help_text[] =
    "Usage: scepctl command [options]\n"
    "\n"
    "  init     make a CA, an RA, and the directories that mod_scep needs\n"
    "  decode   explain a SCEP message, a request line or a certificate\n"
    "  master   show, set or change the master password\n"
    "  audit    print the audit trail, and follow it\n"
    "  certs    list, show and revoke certificates\n"
    "  crl      print the newest CRL\n"
    "  prune    delete from the database what has long been over\n"
    "  ra       renew the RA in time\n"
    "  requests list, approve and reject requests that wait\n"
    "  challenge  list and cancel outstanding passwords\n"
    "  backup   save the state of a server\n"
    "  restore  put a backup back\n"
    "  begin-anew  let the next start make a state that is gone\n"
    "  version  print the version\n"
    "  help     print this text\n"
    "\n"
    "`scepctl init --help' and so on list the options; scepctl(1) explains\n"
    "them.\n";

static scepctl_exit_e help(scepctl_t *ctl, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    fputs(help_text, ctl->out);
    return SCEPCTL_OK;
}

static scepctl_exit_e version(scepctl_t *ctl, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    fprintf(ctl->out, "scepctl (mod_scep) %s\n%s\n", SCEP_VERSION,
            OpenSSL_version(OPENSSL_VERSION));
    return SCEPCTL_OK;
}

typedef struct command_t {
    const char *name;
    scepctl_command_fn *run;
} command_t;

static const command_t commands[] = {
    {"init", scepctl_init},
    {"decode", scepctl_decode},
    {"master", scepctl_master},
    {"audit", scepctl_audit},
    {"certs", scepctl_certs},
    {"crl", scepctl_crl},
    {"prune", scepctl_prune},
    {"ra", scepctl_ra},
    {"requests", scepctl_requests},
    {"challenge", scepctl_challenge},
    {"backup", scepctl_backup},
    {"restore", scepctl_restore},
    {"begin-anew", scepctl_begin_anew},
    {"version", version},
    {"--version", version},
    {"help", help},
    {"--help", help},
};

static scepctl_exit_e run(scepctl_t *ctl, int argc, char **argv)
{
    size_t i;

    if (argc < 2) {
        return scepctl_usage(ctl, "a command is missing");
    }
    for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(ctl, argc - 1, argv + 1);
        }
    }
    return scepctl_usage(ctl, "there is no command `%s'",
                         scep_printable(ctl->pool, argv[1], LONGEST_WORD));
}

int main(int argc, char **argv)
{
    scepctl_t ctl = {.out = stdout, .err = stderr};
    scepctl_exit_e status;

    if (apr_initialize() != APR_SUCCESS ||
        apr_pool_create(&ctl.pool, NULL) != APR_SUCCESS) {
        fputs("scepctl: cannot start APR\n", stderr);
        return SCEPCTL_FAILED;
    }
    scep_result_init(&ctl.res, ctl.pool);
    status = run(&ctl, argc, argv);
    /* an error of a write before is not one of the last */
    if ((fflush(ctl.out) != 0 || ferror(ctl.out)) && status == SCEPCTL_OK) {
        status =
            scepctl_error(&ctl, "cannot write the output: %s", strerror(errno));
    }
    apr_pool_destroy(ctl.pool); /* wipes what was secret */
    apr_terminate();
    return (int)status;
}
