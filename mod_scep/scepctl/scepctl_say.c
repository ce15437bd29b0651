/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_say.c: the lines of `scepctl decode'. (scepctl)
 */
#include "scepctl_explain.h"

#include <stdarg.h>

#include <apr_strings.h>

enum { LABEL_WIDTH = 16 };

static void say(const scepctl_explain_t *x, const char *label, const char *fmt,
                va_list args)
{
    const char *text = apr_pvsprintf(x->ctl->pool, fmt, args);

    fprintf(x->ctl->out, "%*s%-*s %s\n", 2 * x->layer, "", LABEL_WIDTH,
            apr_pstrcat(x->ctl->pool, label, ":", NULL), text);
}

void scepctl_say(const scepctl_explain_t *x, const char *label, const char *fmt,
                 ...)
{
    va_list args;

    va_start(args, fmt);
    say(x, label, fmt, args);
    va_end(args);
}

void scepctl_say_fault(scepctl_explain_t *x, const char *label, const char *fmt,
                       ...)
{
    va_list args;

    va_start(args, fmt);
    say(x, label, fmt, args);
    va_end(args);
    x->faulty = true;
}

void scepctl_enter(scepctl_explain_t *x, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fprintf(x->ctl->out, "%*s%s\n", 2 * x->layer, "",
            apr_pvsprintf(x->ctl->pool, fmt, args));
    va_end(args);
    x->layer++;
}

void scepctl_leave(scepctl_explain_t *x)
{
    x->layer--;
}
