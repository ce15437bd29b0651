/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_config_check.h
 * What can be judged only when the whole configuration has been read; run by
 * `apachectl -t` and before every start and restart. Reads files, changes
 * nothing, asks for nothing. (httpd layer)
 */
#ifndef SCEP_CONFIG_CHECK_H
#define SCEP_CONFIG_CHECK_H

#include <stdbool.h>

#include <httpd.h>

/**
 * Check all servers of the list; faults are logged with virtual host, file and
 * line.
 * @param files false: leave files and the lock alone (httpd only dumps its
 *     configuration, or serves already: what they are is judged site by site)
 * @param quiet true: leave warnings to the start that follows
 * @return true if all is well
 */
bool scep_config_check(server_rec *main_server, apr_pool_t *ptemp, bool files,
                       bool quiet);

#endif
