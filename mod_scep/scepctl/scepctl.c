/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl.c: the commands. (scepctl)
 */
#include "scepctl_options.h"

#include <string.h>

#include <apr_general.h>

#include <openssl/crypto.h>

enum { LONGEST_WORD = 64 /* octets that are shown */ };

static const scepctl_command_t *const commands[] = {
    &scepctl_init,       &scepctl_decode,    &scepctl_master, &scepctl_audit,
    &scepctl_certs,      &scepctl_crl,       &scepctl_prune,  &scepctl_ra,
    &scepctl_requests,   &scepctl_challenge, &scepctl_backup, &scepctl_restore,
    &scepctl_begin_anew,
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static scepctl_exit_e help(scepctl_t *ctl)
{
    int i;

    fputs("Usage: scepctl command [options]\n\n", ctl->out);
    for (i = 0; i < COMMANDS; i++) {
        fprintf(ctl->out, "  %-10s  %s\n", commands[i]->name,
                commands[i]->summary);
    }
    fputs("  version     print the version\n"
          "  help        print this text\n\n"
          "`scepctl init --help' and so on list the options; scepctl(1) "
          "explains\nthem.\n",
          ctl->out);
    return SCEPCTL_OK;
}

static scepctl_exit_e version(scepctl_t *ctl)
{
    fprintf(ctl->out, "scepctl (mod_scep) %s\n%s\n", SCEP_VERSION,
            OpenSSL_version(OPENSSL_VERSION));
    return SCEPCTL_OK;
}

static scepctl_exit_e run(scepctl_t *ctl, int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    int i;

    if (argc < 2) {
        return scepctl_usage(ctl, "a command is missing");
    }
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0) {
        return help(ctl);
    }
    if (strcmp(name, "version") == 0 || strcmp(name, "--version") == 0) {
        return version(ctl);
    }
    for (i = 0; i < COMMANDS; i++) {
        if (strcmp(name, commands[i]->name) == 0) {
            return scepctl_run(ctl, commands[i], argc - 1, argv + 1);
        }
    }
    return scepctl_usage(ctl, "there is no command `%s'",
                         scep_printable(ctl->pool, name, LONGEST_WORD));
}

int main(int argc, char **argv)
{
    scepctl_t ctl = {.out = stdout, .err = stderr};
    scepctl_exit_e status;

    if (apr_initialize() != APR_SUCCESS ||
        apr_pool_create(&ctl.pool, NULL) != APR_SUCCESS ||
        apr_pool_create(&ctl.row, ctl.pool) != APR_SUCCESS) {
        fputs("scepctl: cannot start APR\n", stderr);
        return SCEPCTL_FAILED;
    }
    scep_result_init(&ctl.res, ctl.pool);
    status = run(&ctl, argc, argv);
    if (status == SCEPCTL_OK) {
        status = scepctl_written(&ctl);
    }
    apr_pool_destroy(ctl.pool); /* wipes what was secret */
    apr_terminate();
    return (int)status;
}
