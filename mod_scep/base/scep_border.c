/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_border.c: see scep_border.h. (base layer) */
#include "scep_border.h"

#include "scep_crypto.h"
#include "scep_env.h"
#include "scep_str.h"

/* Each cause is the reason with the same number. */
#define SAME(cause, reason)                                                    \
    _Static_assert((int)(cause) == (int)(reason), "a number has changed")
SAME(SCEP_CAUSE_NAME, SCEP_R_NAME);
SAME(SCEP_CAUSE_CONTENT, SCEP_R_CONTENT);
SAME(SCEP_CAUSE_KEY, SCEP_R_CSR_KEY);
SAME(SCEP_CAUSE_CHALLENGE_UNKNOWN, SCEP_R_CHALLENGE_UNKNOWN);
SAME(SCEP_CAUSE_CHALLENGE_EXPIRED, SCEP_R_CHALLENGE_EXPIRED);
SAME(SCEP_CAUSE_CHALLENGE_SPENT, SCEP_R_CHALLENGE_SPENT);
SAME(SCEP_CAUSE_CA_REFUSED, SCEP_R_CA_REFUSED);
SAME(SCEP_CAUSE_NO_CRL, SCEP_R_NO_CRL);
SAME(SCEP_CAUSE_CA_UNAVAILABLE, SCEP_R_CA_UNAVAILABLE);
SAME(SCEP_CAUSE_INTERNAL, SCEP_R_INTERNAL);
SAME(SCEP_CAUSE_SETUP, SCEP_R_SETUP);
SAME(SCEP_CAUSE_SOURCE_UNAVAILABLE, SCEP_R_SOURCE_UNAVAILABLE);

static scep_reason_e reason_of(scep_cause_e cause)
{
    switch (cause) {
    case SCEP_CAUSE_NAME:
    case SCEP_CAUSE_CONTENT:
    case SCEP_CAUSE_KEY:
    case SCEP_CAUSE_CHALLENGE_UNKNOWN:
    case SCEP_CAUSE_CHALLENGE_EXPIRED:
    case SCEP_CAUSE_CHALLENGE_SPENT:
    case SCEP_CAUSE_CA_REFUSED:
    case SCEP_CAUSE_NO_CRL:
    case SCEP_CAUSE_CA_UNAVAILABLE:
    case SCEP_CAUSE_INTERNAL:
    case SCEP_CAUSE_SETUP:
    case SCEP_CAUSE_SOURCE_UNAVAILABLE:
        return (scep_reason_e)cause;
    }
    return SCEP_R_INTERNAL;
}

static scep_status_e host_fail(scep_result_t *res, scep_cause_e cause,
                               const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static scep_status_e host_fail(scep_result_t *res, scep_cause_e cause,
                               const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    scep_vfail(res, reason_of(cause), fmt, args);
    va_end(args);
    return res->status;
}

static void host_retry_after(scep_result_t *res, int seconds)
{
    if (res->status == SCEP_UNAVAILABLE && seconds > 0) {
        res->retry_after = seconds;
    }
}

const scep_host_t scep_host = {
    .abi = SCEP_HOST_ABI,
    .size = sizeof(scep_host_t),
    .version = SCEP_VERSION,
    .fail = host_fail,
    .retry_after = host_retry_after,
    .log = scep_log,
    .now = scep_env_now,
    .printable = scep_printable,
    .secret = scep_secret_alloc,
    .own = scep_own,
};

static bool is_answer(scep_status_e status, const scep_answers_t *answers)
{
    return status == SCEP_OK || (status == SCEP_PENDING && answers->pending) ||
           (status == SCEP_NOT_FOUND && answers->not_found);
}

static bool may_give(scep_reason_e reason, const scep_answers_t *answers)
{
    const scep_reason_e *one = answers->reasons;

    while (*one != SCEP_R_NONE && *one != reason) {
        one++;
    }
    return reason != SCEP_R_NONE && *one == reason;
}

static scep_reason_e usual(scep_status_e status, const scep_answers_t *answers)
{
    switch (status) {
    case SCEP_REFUSED:
        return answers->refused;
    case SCEP_UNAVAILABLE:
        return answers->unavailable;
    case SCEP_BROKEN:
        return SCEP_R_INTERNAL;
    default:
        return SCEP_R_NONE;
    }
}

scep_status_e scep_settle(scep_result_t *res, scep_status_e returned,
                          const scep_answers_t *answers, const char *who)
{
    scep_reason_e reason = usual(returned, answers);
    int retry_after = res->retry_after;

    if (is_answer(returned, answers)) {
        scep_crypto_clear_errors();
        scep_result_init(res, res->pool);
        return returned;
    }
    if (res->status == returned && may_give(res->reason, answers)) {
        scep_crypto_clear_errors();
        return returned;
    }
    if (reason == SCEP_R_NONE) {
        return scep_fail(res, SCEP_R_INTERNAL,
                         "%s gave no sound answer (status %d, \"%s\")", who,
                         (int)returned, res->detail);
    }
    scep_fail(res, reason, "%s answered \"%s\": %s", who,
              scep_status_name(returned),
              *res->detail != '\0' ? res->detail : "it gave no reason");
    if (returned == SCEP_UNAVAILABLE) {
        res->retry_after = retry_after;
    }
    return res->status;
}

scep_status_e scep_abi_check(const char *who, apr_uint32_t abi, apr_size_t size,
                             apr_uint32_t wanted, apr_size_t least,
                             scep_result_t *res)
{
    if (abi != wanted) {
        return scep_fail(
            res, SCEP_R_SETUP,
            "%s was built for version %u of mod_scep's interface, but this "
            "mod_scep (" SCEP_VERSION ") has version %u: %s",
            who, (unsigned int)abi, (unsigned int)wanted,
            abi < wanted ? "build that module again with the headers of this "
                           "mod_scep"
                         : "install the mod_scep that it was built for");
    }
    return size >= least
               ? SCEP_OK
               : scep_fail(res, SCEP_R_SETUP,
                           "%s says that its table has %" APR_SIZE_T_FMT
                           " octets, and at least %" APR_SIZE_T_FMT
                           " are needed: set its `size` to sizeof its type, "
                           "and build it again",
                           who, size, least);
}
