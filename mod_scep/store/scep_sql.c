/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_sql.c: what all drivers and their users share. (store layer) */
#include "scep_sql.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <apr_lib.h>
#include <apr_strings.h>

const char *scep_sql_status_name(scep_sql_status_e status)
{
    switch (status) {
    case SCEP_SQL_OK:
        return "ok";
    case SCEP_SQL_BUSY:
        return "busy";
    case SCEP_SQL_FULL:
        return "full";
    case SCEP_SQL_CONSTRAINT:
        return "constraint";
    case SCEP_SQL_LOST:
        return "lost";
    case SCEP_SQL_ERROR:
        return "error";
    }
    return "unknown";
}

bool scep_sql_number(const char *column, apr_int64_t *number)
{
    char *end;

    if (column == NULL || (!apr_isdigit(*column) && *column != '-')) {
        return false;
    }
    errno = 0;
    *number = apr_strtoi64(column, &end, 10);
    return errno == 0 && *end == '\0' && end != column + (*column == '-');
}

apr_time_t scep_sql_clock(void)
{
    struct timespec now;

    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) {
        return apr_time_now();
    }
    return (apr_time_t)now.tv_sec * APR_USEC_PER_SEC + now.tv_nsec / 1000;
}

bool scep_sql_query_ok(const scep_sql_query_t *query)
{
    const char *at = query->text;
    size_t params = strlen(query->params);
    size_t seen = 0;

    while ((at = strchr(at, '$')) != NULL) {
        char *end;

        if (strtoul(at + 1, &end, 10) != ++seen) {
            return false;
        }
        at = end;
    }
    return seen == params && params <= SCEP_SQL_MAX_PARAMS &&
           strspn(query->params, "tnxp") == params &&
           query->slot < SCEP_SQL_SLOTS;
}
