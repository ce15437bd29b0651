/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_result.c: fills results from the rows of SCEP_REASONS. (base layer) */
#include "scep.h"

#include <apr_strings.h>

#include "scep_crypto.h"

typedef struct reason_row_t {
    unsigned int number;
    scep_status_e status;
    int http_status;
    scep_failinfo_e failinfo;
    const char *text;
} reason_row_t;

static const reason_row_t reasons[SCEP_R_END] = {
    [SCEP_R_NONE] = {0, SCEP_OK, 200, SCEP_FAIL_NONE, ""},
#define SCEP_REASON_ROW(sym, num, st, http, fail, text)                        \
    [sym] = {num, st, http, fail, text},
    SCEP_REASONS(SCEP_REASON_ROW)
#undef SCEP_REASON_ROW
};

static void fill(scep_result_t *res, scep_reason_e reason, const char *detail)
{
    const reason_row_t *row = &reasons[reason];

    res->status = row->status;
    res->reason = reason;
    res->http_status = row->http_status;
    res->failinfo = row->failinfo;
    res->log_number = row->number;
    res->public_text = row->text;
    res->detail = detail;
    res->retry_after = 0;
    res->told = false;
}

void scep_result_init(scep_result_t *res, apr_pool_t *pool)
{
    res->pool = pool;
    res->place = NULL;
    fill(res, SCEP_R_NONE, "");
}

scep_status_e scep_vfail(scep_result_t *res, scep_reason_e reason,
                         const char *fmt, va_list args)
{
    char *detail = apr_pvsprintf(res->pool, fmt, args);
    const char *errors = scep_crypto_errors(res->pool);

    if (*errors != '\0') {
        detail = apr_pstrcat(res->pool, detail, " (", errors, ")", NULL);
    }
    fill(res, reason, detail);
    return res->status;
}

scep_status_e scep_fail(scep_result_t *res, scep_reason_e reason,
                        const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    scep_vfail(res, reason, fmt, args);
    va_end(args);
    return res->status;
}

const char *scep_status_name(scep_status_e status)
{
    switch (status) {
    case SCEP_OK:
        return "ok";
    case SCEP_PENDING:
        return "pending";
    case SCEP_REFUSED:
        return "refused";
    case SCEP_NOT_FOUND:
        return "not found";
    case SCEP_UNAVAILABLE:
        return "unavailable";
    case SCEP_BROKEN:
        return "broken";
    }
    return "unknown";
}

const char *scep_failinfo_name(scep_failinfo_e failinfo)
{
    switch (failinfo) {
    case SCEP_FAIL_NONE:
        return "none";
    case SCEP_FAIL_BAD_ALG:
        return "badAlg";
    case SCEP_FAIL_BAD_MESSAGE_CHECK:
        return "badMessageCheck";
    case SCEP_FAIL_BAD_REQUEST:
        return "badRequest";
    case SCEP_FAIL_BAD_TIME:
        return "badTime";
    case SCEP_FAIL_BAD_CERT_ID:
        return "badCertId";
    }
    return "unknown";
}
