/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_os.h
 * Users, groups and the state directory: what the parent does as root so that
 * its children can work without root's rights. (httpd layer)
 */
#ifndef SCEP_OS_H
#define SCEP_OS_H

#include <stdbool.h>
#include <sys/types.h>

#include "scep_config.h"
#include "scep_str.h"

/** Child: let no other process of the same user read this one's memory, trace
 * it, or make it leave a core file, whatever httpd has allowed before.
 * @return false, with errno, if the system refused */
bool scep_os_hide_memory(void);

/** User and group of the children. -1 each if httpd does not run as root: they
 * then have those of the parent. */
void scep_os_child(uid_t *uid, gid_t *gid);

/** Warn of private keys of CONF that every user of this machine can read. Keys
 * in a file whose mode can be changed are refused instead (SCEP_FILE_KEY). */
void scep_os_warn_of_open_keys(server_rec *s, const scep_server_config_t *conf);

/** `apachectl -t`: check that the state directory exists and may be used by the
 * rule of scep_os_state_dir_make(), or that it can be made. */
scep_status_e scep_os_state_dir_check(const char *path, const char *database,
                                      apr_pool_t *pool, scep_result_t *res);

/**
 * Make the state directory with mode 0700 for the children. An existing
 * directory gets that owner and mode only if it is empty or already ours (it
 * holds the password key, or DATABASE). So a typing mistake cannot change owner
 * or mode of another directory.
 */
scep_status_e scep_os_state_dir_make(const char *path, const char *database,
                                     apr_pool_t *pool, scep_result_t *res);

/** `apachectl -t`: check the key of the password hashes, if there is one
 * yet. */
scep_status_e scep_os_password_key_check(const char *state_dir,
                                         apr_pool_t *pool, scep_result_t *res);

/** The key of the password hashes in the state directory. KEY is wiped with
 * POOL.
 * @param may_make make a key if there is none
 * @return SCEP_OK; SCEP_NOT_FOUND (SCEP_R_SETUP): there is no key */
scep_status_e scep_os_password_key(const char *state_dir, bool may_make,
                                   apr_pool_t *pool, scep_octets_t *key,
                                   scep_result_t *res);

/** How many requests the MPM serves at a time at most. */
int scep_os_workers(void);

#endif
