/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_border.h
 * The border to modules of others (include/): the table of functions that they
 * get, and what becomes of their answers. (base layer)
 */
#ifndef SCEP_BORDER_H
#define SCEP_BORDER_H

#include <stdbool.h>

#include "scep.h"

/** What mod_scep hands to each backend and provider. Constant. */
extern const scep_host_t scep_host;

/** What a function of a module may answer. */
typedef struct scep_answers_t {
    const scep_reason_e *reasons; /* that it may give; SCEP_R_NONE ends them */
    scep_reason_e refused;        /* the usual reason of SCEP_REFUSED ... */
    scep_reason_e unavailable;    /* ... and of SCEP_UNAVAILABLE; SCEP_R_NONE:
                                   * that is no answer of this function */
    bool pending;                 /* SCEP_PENDING is an answer */
    bool not_found;               /* SCEP_NOT_FOUND is one */
} scep_answers_t;

/**
 * Make what a module's function answered sound. RETURNED is what counts: where
 * RES says something else, or gives no reason or one that is not among those
 * of ANSWERS, the usual reason of that status takes its place, and the detail
 * stays. What is no answer at all becomes SCEP_R_INTERNAL. OpenSSL's error
 * queue is empty afterwards.
 * @param who gave it, for the log: "ScepCABackend mine"
 */
scep_status_e scep_settle(scep_result_t *res, scep_status_e returned,
                          const scep_answers_t *answers, const char *who);

/** Can a table of ABI and SIZE of WHO be used, by its first two members?
 * @return SCEP_OK, or SCEP_BROKEN with SCEP_R_SETUP */
scep_status_e scep_abi_check(const char *who, apr_uint32_t abi, apr_size_t size,
                             apr_uint32_t wanted, apr_size_t least,
                             scep_result_t *res);

#endif
