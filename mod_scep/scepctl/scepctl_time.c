/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_time.c: times as people write and read them. (scepctl)
 */
#include "scepctl_time.h"

#include <string.h>

#include <apr_strings.h>

#include "scep_span.h"

enum { MAX_SPAN = 3650 * 86400 };

long scepctl_time_span(const char *text)
{
    apr_int64_t seconds;

    return scep_span_parse(text, &seconds) && seconds <= MAX_SPAN
               ? (long)seconds
               : -1;
}

/* The number in COUNT digits at *AT, which moves behind them and behind AFTER.
 * @return -1: it is none from LOW to HIGH */
static int take_digits(const char **at, int count, int low, int high,
                       char after)
{
    int number = 0;

    for (; count > 0; count--, (*at)++) {
        if (**at < '0' || **at > '9') {
            return -1;
        }
        number = 10 * number + (**at - '0');
    }
    if (number < low || number > high || (after != '\0' && **at != after)) {
        return -1;
    }
    *at += after != '\0';
    return number;
}

static bool read_date(const char *at, apr_time_exp_t *t)
{
    int year = take_digits(&at, 4, 1970, 9999, '-');

    t->tm_year = year - 1900;
    if (year < 0 || (t->tm_mon = take_digits(&at, 2, 1, 12, '-') - 1) < 0 ||
        (t->tm_mday = take_digits(&at, 2, 1, 31, '\0')) < 0) {
        return false;
    }
    if (*at == '\0') {
        return true;
    }
    if (*at++ != 'T' || (t->tm_hour = take_digits(&at, 2, 0, 23, ':')) < 0 ||
        (t->tm_min = take_digits(&at, 2, 0, 59, ':')) < 0 ||
        (t->tm_sec = take_digits(&at, 2, 0, 59, '\0')) < 0) {
        return false;
    }
    return *at == '\0' || strcmp(at, "Z") == 0;
}

bool scepctl_time_point(const char *text, apr_time_t now, apr_time_t *point)
{
    apr_time_exp_t t = {0}, back;
    long span = scepctl_time_span(text);

    if (span >= 0) {
        *point = now - apr_time_from_sec(span);
        return true;
    }
    /* 30 February comes back as a day of March */
    return read_date(text, &t) &&
           apr_time_exp_gmt_get(point, &t) == APR_SUCCESS &&
           apr_time_exp_gmt(&back, *point) == APR_SUCCESS &&
           back.tm_mday == t.tm_mday;
}

const char *scepctl_time_iso(apr_pool_t *pool, apr_time_t when)
{
    apr_time_exp_t t = {0};

    apr_time_exp_gmt(&t, when);
    return apr_psprintf(pool, "%04d-%02d-%02dT%02d:%02d:%02dZ",
                        t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour,
                        t.tm_min, t.tm_sec);
}
