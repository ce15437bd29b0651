/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_span.c: see scep_span.h. (base layer)
 */
#include "scep_span.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

enum { DAY = 86400, MAX_DAYS = 36600 };

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
