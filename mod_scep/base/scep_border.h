/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_border.h
 * The border to modules outside of mod_scep (include/): the table of functions
 * that they get, and the check of their answers. (base layer)
 */
#ifndef SCEP_BORDER_H
#define SCEP_BORDER_H

#include <stdbool.h>

#include "scep.h"

/** The table that each backend and provider gets. Constant. */
extern const scep_host_t scep_host;

/** The answers that a module's function may give. */
typedef struct scep_answers_t {
    const scep_reason_e *reasons; /* allowed ones, ended by SCEP_R_NONE */
    scep_reason_e refused;        /* the usual reason of SCEP_REFUSED ... */
    scep_reason_e unavailable;    /* ... and of SCEP_UNAVAILABLE; SCEP_R_NONE:
                                   * this function cannot answer that */
    bool pending;                 /* SCEP_PENDING is an answer */
    bool not_found;               /* SCEP_NOT_FOUND is one */
} scep_answers_t;

/**
 * Make the answer of a module's function sound. RETURNED counts. If RES says
 * something else, has no reason, or has one that is not in ANSWERS, it gets the
 * usual reason of that status and keeps its detail. An impossible answer
 * becomes SCEP_R_INTERNAL. OpenSSL's error queue is empty afterwards.
 * @param who the module, for the log: "ScepCABackend mine"
 */
scep_status_e scep_settle(scep_result_t *res, scep_status_e returned,
                          const scep_answers_t *answers, const char *who);

/** Do ABI and SIZE, the first two members of WHO's table, fit this mod_scep?
 * @return SCEP_OK, or SCEP_BROKEN with SCEP_R_SETUP */
scep_status_e scep_abi_check(const char *who, apr_uint32_t abi, apr_size_t size,
                             apr_uint32_t wanted, apr_size_t least,
                             scep_result_t *res);

#endif
