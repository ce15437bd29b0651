/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_config_check.h
 * Checks that need the whole configuration. They run for `apachectl -t` and
 * before every start and restart. They read files, change nothing, and ask for
 * nothing. (httpd layer)
 */
#ifndef SCEP_CONFIG_CHECK_H
#define SCEP_CONFIG_CHECK_H

#include <stdbool.h>

#include <httpd.h>

/**
 * Check all servers of the list, and log faults with virtual host, file and
 * line.
 * @param files false: leave files and the lock alone. For when httpd only dumps
 *     its configuration, or already serves (then each site is judged by itself)
 * @param quiet true: leave warnings to the start that follows
 * @return true if all is well
 */
bool scep_config_check(server_rec *main_server, apr_pool_t *ptemp, bool files,
                       bool quiet);

#endif
