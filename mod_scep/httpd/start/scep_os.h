/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_os.h
 * Users, groups and the state directory: all that the parent does as root
 * so that its children can work without. (httpd layer)
 */
#ifndef SCEP_OS_H
#define SCEP_OS_H

#include <stdbool.h>
#include <sys/types.h>

#include "scep_config.h"
#include "scep_str.h"

/** Child: no other process of the same user can read this one's memory, trace
 * it, or make it leave a core file, whatever httpd has allowed before.
 * @return false, and errno, if the system did not let it */
bool scep_os_hide_memory(void);

/** Who the children will be; -1 each when httpd does not run as root, since
 * they then are who the parent is. */
void scep_os_child(uid_t *uid, gid_t *gid);

/** Warn of the private keys of CONF that every user of this machine can read.
 * Those that could be closed are refused (SCEP_FILE_KEY). */
void scep_os_warn_of_open_keys(server_rec *s, const scep_server_config_t *conf);

/** `apachectl -t`: the state directory is there and may be taken, as
 * scep_os_state_dir_make() has it, or can be made. */
scep_status_e scep_os_state_dir_check(const char *path, const char *database,
                                      apr_pool_t *pool, scep_result_t *res);

/**
 * Make the state directory: mode 0700, the children's. One that is there and
 * not ours (known by the password key, or DATABASE in it) is taken over only
 * while it is empty, so that a slip of the pen does not cost another directory
 * its owner or mode.
 */
scep_status_e scep_os_state_dir_make(const char *path, const char *database,
                                     apr_pool_t *pool, scep_result_t *res);

/** `apachectl -t`: the key of the password hashes, if there is one yet. */
scep_status_e scep_os_password_key_check(const char *state_dir,
                                         apr_pool_t *pool, scep_result_t *res);

/** The key of the password hashes in the state directory. KEY is wiped with
 * POOL.
 * @param may_make make one where there is none
 * @return SCEP_OK; SCEP_NOT_FOUND (SCEP_R_SETUP): there is none */
scep_status_e scep_os_password_key(const char *state_dir, bool may_make,
                                   apr_pool_t *pool, scep_octets_t *key,
                                   scep_result_t *res);

#endif
