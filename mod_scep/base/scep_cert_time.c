/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_cert_time.c: ASN.1 times as seconds, by ASN1_TIME_diff(): timegm() is
 * not in POSIX, and mktime() uses local time. (base layer)
 */
#include "scep_cert_time.h"

bool scep_cert_time(const ASN1_TIME *field, apr_int64_t *seconds)
{
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0, rest = 0;
    bool ok = epoch != NULL && field != NULL &&
              ASN1_TIME_diff(&days, &rest, epoch, field) == 1;

    ASN1_TIME_free(epoch);
    *seconds = ok ? (apr_int64_t)days * 86400 + rest : 0;
    return ok;
}
