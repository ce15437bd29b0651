/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_exit.c: how a command ends that does not succeed; apart from the list
 * of commands, which all of them need. (scepctl)
 */
#include "scepctl.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include <apr_strings.h>

scepctl_exit_e scepctl_usage(scepctl_t *ctl, const char *fmt, ...)
{
    const char *command = ctl->command != NULL ? ctl->command : "";
    va_list args;

    va_start(args, fmt);
    fprintf(ctl->err, "scepctl: %s%s%s\nTry `scepctl %s%s'.\n", command,
            *command != '\0' ? ": " : "", apr_pvsprintf(ctl->pool, fmt, args),
            *command != '\0' ? command : "help",
            *command != '\0' ? " --help" : "");
    va_end(args);
    return SCEPCTL_USAGE;
}

scepctl_exit_e scepctl_error(scepctl_t *ctl, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fprintf(ctl->err, "scepctl: %s\n", apr_pvsprintf(ctl->pool, fmt, args));
    va_end(args);
    return SCEPCTL_FAILED;
}

scepctl_exit_e scepctl_fail(scepctl_t *ctl)
{
    return scepctl_error(ctl, "SCEP%04u: %s", ctl->res.log_number,
                         ctl->res.detail);
}

scepctl_exit_e scepctl_written(scepctl_t *ctl)
{
    return fflush(ctl->out) == 0 && !ferror(ctl->out)
               ? SCEPCTL_OK
               : scepctl_error(ctl,
                               SCEPLOGNO(0543) "cannot write the output: %s",
                               strerror(errno));
}
