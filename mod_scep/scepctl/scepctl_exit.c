/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_exit.c: how a command ends that does not succeed; apart from the list
 * of commands, which all of them need. (scepctl)
 */
#include "scepctl.h"

#include <getopt.h>
#include <stdarg.h>

#include <apr_strings.h>

enum { LONGEST_WORD = 64 /* octets that are shown */ };

static scepctl_exit_e complain(scepctl_t *ctl, scepctl_exit_e status,
                               const char *fmt, va_list args)
{
    fprintf(ctl->err, "scepctl: %s\n", apr_pvsprintf(ctl->pool, fmt, args));
    return status;
}

scepctl_exit_e scepctl_usage(scepctl_t *ctl, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    complain(ctl, SCEPCTL_USAGE, fmt, args);
    va_end(args);
    fputs("Try `scepctl help'.\n", ctl->err);
    return SCEPCTL_USAGE;
}

scepctl_exit_e scepctl_bad_option(scepctl_t *ctl, const char *command,
                                  int option, char **argv)
{
    const char *shown =
        scep_printable(ctl->pool, argv[optind - 1], LONGEST_WORD);

    return option == ':' ? scepctl_usage(ctl, "%s: option `%s' needs a value",
                                         command, shown)
                         : scepctl_usage(ctl, "%s: there is no option `%s'",
                                         command, shown);
}

scepctl_exit_e scepctl_error(scepctl_t *ctl, const char *fmt, ...)
{
    scepctl_exit_e status;
    va_list args;

    va_start(args, fmt);
    status = complain(ctl, SCEPCTL_FAILED, fmt, args);
    va_end(args);
    return status;
}

scepctl_exit_e scepctl_fail(scepctl_t *ctl)
{
    return scepctl_error(ctl, "SCEP%04u: %s", ctl->res.log_number,
                         ctl->res.detail);
}
