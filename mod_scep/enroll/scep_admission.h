/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_admission.h
 * How many pkiMessages are worked on at a time (ScepMaxConcurrent). A message
 * beyond that is sent away before any private key is used. (enroll layer)
 *
 * Who may have how many slots depends on what a message is:
 *
 *   a first enrolment, or whatever proves nothing      three in four
 *   a poll, or a transaction that was answered before  seven in eight
 *   a renewal                                          all
 *
 * That is known only once the outer signature has been verified. Until then a
 * message counts as what it claims to be: nobody is turned away who might be
 * entitled to a slot, and whoever lies is turned away when that is seen.
 */
#ifndef SCEP_ADMISSION_H
#define SCEP_ADMISSION_H

#include "scep_message.h"
#include "scep_shm_load.h"

/** What the children of one generation share. */
struct scep_admission_t {
    scep_shm_slots_t *slots;
    int total; /* slots; at least 1 */
    scep_shm_load_t *load;
};

/** Make it in the parent. @return NULL: there is no memory */
scep_admission_t *scep_admission_make(int total, apr_pool_t *pool);

/**
 * Take a slot for the message DER, which nobody has looked at. Nothing happens
 * if REQ's service has no limit.
 * @return SCEP_OK: scep_admission_leave() must follow; SCEP_UNAVAILABLE
 *     (SCEP_R_BUSY) with the time to come back after; SCEP_BROKEN
 */
scep_status_e scep_admission_enter(scep_request_t *req, scep_octets_t der,
                                   scep_result_t *res);

/** MSG is verified, and its signer examined: is it what it claimed to be? If it
 * is not, and others may have no more slots, it is sent away.
 * @return as scep_admission_enter() */
scep_status_e scep_admission_confirm(scep_request_t *req,
                                     const scep_pkimessage_t *msg,
                                     scep_result_t *res);

/** Give the slot back. @param msg that was answered with SUCCESS or PENDING,
 * and is known from now on; else NULL */
void scep_admission_leave(scep_request_t *req, const scep_pkimessage_t *msg);

#endif
