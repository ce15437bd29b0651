/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_openssl_floor.c: the releases of OpenSSL that corrected faults in CMS,
 * X.509 and ASN.1 (S20 to S24). (base layer)
 */
#include <apr_strings.h>

#include "scep_openssl_floor.h"

/* A row for each line of releases that got the corrections, in rising order.
 * The lines between them had ended before. */
static const scep_openssl_t floors[] = {
    {3, 0, 22},
    {3, 5, 10},
    {3, 6, 4},
    {4, 0, 4},
};

enum { FLOORS = sizeof(floors) / sizeof(floors[0]) };

static bool same_line(scep_openssl_t a, scep_openssl_t b)
{
    return a.major == b.major && a.minor == b.minor;
}

static bool earlier_line(scep_openssl_t a, scep_openssl_t b)
{
    return a.major < b.major || (a.major == b.major && a.minor < b.minor);
}

bool scep_openssl_is_old(scep_openssl_t version, scep_openssl_t *floor)
{
    int i;

    for (i = 0; i < FLOORS; i++) {
        if (same_line(version, floors[i])) {
            *floor = floors[i];
            return version.patch < floors[i].patch;
        }
        if (earlier_line(version, floors[i])) {
            *floor = floors[i];
            return true;
        }
    }
    return false;
}

const char *scep_openssl_advice(apr_pool_t *pool, scep_openssl_t version)
{
    scep_openssl_t floor = {0, 0, 0};

    if (!scep_openssl_is_old(version, &floor)) {
        return NULL;
    }
    /* Distributions correct faults without changing the number. */
    return apr_psprintf(pool,
                        "the OpenSSL library that runs here is %u.%u.%u; %s "
                        "%u.%u.%u have known faults in code that reads "
                        "messages: install that or a later one, unless your "
                        "distribution has put the corrections into %u.%u.%u",
                        version.major, version.minor, version.patch,
                        same_line(version, floor)
                            ? "releases before"
                            : "its line gets no corrections any more, and "
                              "releases before",
                        floor.major, floor.minor, floor.patch, version.major,
                        version.minor, version.patch);
}
