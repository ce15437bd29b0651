/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_span.c: see scep_span.h. (base layer) */
#include "scep_span.h"

#include <string.h>
#include <time.h>

#include <apr_lib.h>
#include <apr_strings.h>

enum { DAY = 86400, MAX_DAYS = 36600, LONGEST = 64 };

static const struct {
    const char *name;
    apr_int64_t seconds;
} units[] = {
    {"", 1},           {"s", 1},           {"sec", 1},     {"second", 1},
    {"seconds", 1},    {"m", 60},          {"min", 60},    {"minute", 60},
    {"minutes", 60},   {"h", 3600},        {"hour", 3600}, {"hours", 3600},
    {"d", DAY},        {"day", DAY},       {"days", DAY},  {"w", 7 * DAY},
    {"week", 7 * DAY}, {"weeks", 7 * DAY},
};

bool scep_span_parse(const char *text, apr_int64_t *seconds)
{
    const apr_int64_t max = (apr_int64_t)MAX_DAYS * DAY;
    apr_int64_t number = 0;
    size_t i;

    if (!apr_isdigit(*text)) {
        return false;
    }
    for (; apr_isdigit(*text); text++) {
        number = 10 * number + (*text - '0');
        if (number > max) {
            return false;
        }
    }
    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcasecmp(text, units[i].name) == 0) {
            *seconds = number * units[i].seconds;
            return *seconds <= max;
        }
    }
    return false;
}

static const char *write_time(char text[LONGEST], const char *format,
                              apr_time_t when)
{
    apr_time_exp_t t;
    apr_size_t len;

    apr_time_exp_gmt(&t, when);
    apr_strftime(text, &len, LONGEST, format, &t);
    return text;
}

const char *scep_time_text(apr_pool_t *pool, const char *format,
                           apr_time_t when)
{
    return write_time(apr_pcalloc(pool, LONGEST), format, when);
}

const char *scep_time_iso(apr_pool_t *pool, apr_time_t when)
{
    return scep_time_text(pool, SCEP_TIME_ISO, when);
}

bool scep_time_parse(const char *text, apr_time_t *when)
{
    char whole[LONGEST] = "2026-11-22T00:00:00Z", again[LONGEST] = "";
    const size_t day = strlen("2026-11-22"), second = strlen(whole) - 1;
    size_t len = strlen(text);
    struct tm t = {0};

    if (len != day && len != second && len != second + 1) {
        return false;
    }
    memcpy(whole, text, len);
    if (strptime(whole, SCEP_TIME_ISO, &t) == NULL) {
        return false;
    }
    *when = apr_time_from_sec(timegm(&t));
    /* Times that strptime() accepts wrongly, and 30 February, differ now. */
    return t.tm_year >= 70 &&
           strcmp(write_time(again, SCEP_TIME_ISO, *when), whole) == 0;
}
