/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_state.h
 * State is made once (invariant 10). This decides whether a start is the first
 * one, which may make the password key, the database and the master password,
 * or whether parts of an older state are gone, which nothing new may replace.
 * (httpd layer)
 *
 * A start is a first start if nothing of the state is there, or if `scepctl
 * init` or `scepctl begin-anew` announced it by the file first-start. It keeps
 * that file until everything is made, so that an interrupted first start can go
 * on.
 */
#ifndef SCEP_STATE_H
#define SCEP_STATE_H

#include "scep_config.h"

typedef struct scep_state_t {
    const char *dir;
    const char *there; /* a part of the state that exists; NULL: none */
    bool announced;    /* the file first-start exists */
    bool first;        /* what is missing may be made */
} scep_state_t;

/**
 * Look at what is there, without changing anything.
 * @param conf of a CA of server S
 * @return SCEP_OK; SCEP_BROKEN (SCEP_R_SETUP): a restore was interrupted, or a
 *     directory is empty that should not be
 */
scep_status_e scep_state_look(const server_rec *s,
                              const scep_server_config_t *conf,
                              apr_pool_t *pool, scep_state_t *state,
                              scep_result_t *res);

/** `apachectl -t`: the same, and check that no file of an older state is
 * missing. What only root can see is left to the start. */
scep_status_e scep_state_check(const server_rec *s,
                               const scep_server_config_t *conf,
                               apr_pool_t *pool, scep_result_t *res);

/** Parent, before anything is made in the state directory, which exists.
 * @param shared several machines share the database, which itself tells what
 *     was made */
scep_status_e scep_state_begin(const scep_state_t *state, bool shared,
                               apr_pool_t *pool, scep_result_t *res);

/** Parent, after a start that made all that was missing: neither the next start
 * nor any restart of server S is a first start. */
void scep_state_made(const server_rec *s, const scep_state_t *state,
                     const scep_env_t *env, apr_pool_t *pool);

/** RES says what is gone. Add what is there, and the cure.
 * @return SCEP_BROKEN */
scep_status_e scep_state_lost(const scep_state_t *state, scep_result_t *res);

#endif
