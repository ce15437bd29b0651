/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scepctl_init.h
 * The parts of `scepctl init`: what is wanted, which files that makes, what
 * goes into them, and how they are written. (scepctl)
 */
#ifndef SCEPCTL_INIT_H
#define SCEPCTL_INIT_H

#include "scepctl_options.h"
#include "scepctl_owner.h"

/** A kind of key: RSA of BITS, or EC on CURVE. */
typedef struct scepctl_key_t {
    int bits; /* 0: EC */
    const char *curve;
} scepctl_key_t;

/** What the command line wants. */
typedef struct scepctl_wish_t {
    scepctl_given_t given;
    const char *dir, *user, *group; /* NULL: not given */
    const char *conf_dir;           /* absolute, once it is read */
    const char *state_dir;          /* likewise */
    bool with_root;
    bool split_ra;
    const char *subject; /* NULL: made from the host's name */
    const char *root_subject;
    const char *ra_subject;
    const char *key, *ra_key;
    int days;
    int ra_days;
    /* not of the command line: */
    scepctl_owner_t owner; /* of the state directory */
    scepctl_key_t ca_kind, ra_kind;
} scepctl_wish_t;

/** Every file that may be made. */
typedef enum {
    SCEPCTL_ROOT_KEY,
    SCEPCTL_ROOT_CERT,
    SCEPCTL_CHAIN,
    SCEPCTL_CA_KEY,
    SCEPCTL_CA_CERT,
    SCEPCTL_RA_KEY, /* for both uses, or for signing */
    SCEPCTL_RA_CERT,
    SCEPCTL_RA2_KEY, /* for encryption */
    SCEPCTL_RA2_CERT,
    SCEPCTL_CHALLENGE_KEY,
    SCEPCTL_FIRST_START, /* scep_state_files.h */
    SCEPCTL_STATE_DIRECTORY,
    SCEPCTL_FILES
} scepctl_file_e;

typedef struct scepctl_file_t {
    const char *path; /* NULL: not wanted */
    mode_t mode;
    scep_octets_t data; /* keys are wiped with the pool */
} scepctl_file_t;

/** Name the files that WISH makes. */
void scepctl_files_plan(const scepctl_wish_t *wish, apr_pool_t *pool,
                        scepctl_file_t files[SCEPCTL_FILES]);

/** Refuse, before anything is made, what would fail or overwrite. */
scepctl_exit_e scepctl_files_check(scepctl_t *ctl, const scepctl_wish_t *wish,
                                   const scepctl_file_t files[SCEPCTL_FILES]);

/** Make the directories and write the files; all of the files, or none. */
scepctl_exit_e scepctl_files_write(scepctl_t *ctl, const scepctl_wish_t *wish,
                                   const scepctl_file_t files[SCEPCTL_FILES]);

/** Make keys and certificates and put them into the planned FILES.
 * @param ca the issuing CA's certificate */
scep_status_e scepctl_make(const scepctl_wish_t *wish, apr_time_t now,
                           apr_pool_t *pool,
                           scepctl_file_t files[SCEPCTL_FILES], X509 **ca,
                           scep_result_t *res);

#endif
