/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_start.h
 * A start, and its test: all steps (scep_steps.h) for all servers, and what
 * follows them. (httpd layer)
 */
#ifndef SCEP_START_H
#define SCEP_START_H

#include <stdbool.h>

#include <httpd.h>

/**
 * Try what a start would do, for all servers of the list, without changing
 * anything; what is wrong is logged, all of it.
 * @param files false: look at the directives alone, as at a restart, where a
 *     file that is missing must not end httpd
 * @param quiet log only what is wrong; the start itself says the rest
 * @return 0 (OK); what check_config is to return if something is wrong
 */
int scep_start_test(server_rec *main_server, apr_pool_t *ptemp, bool files,
                    bool quiet);

/** The first pass of a start: ask for passphrases while there is a terminal.
 * @return 0 (OK), or what post_config is to return */
int scep_start_ask(server_rec *main_server, apr_pool_t *ptemp);

/**
 * Start, or restart. At a start the first fault ends it. At a restart each is
 * logged, and the sites that it concerns refuse all requests: httpd serves
 * already, and a fault of one site is no reason to end the others.
 * @return 0 (OK), or what post_config is to return
 */
int scep_start(server_rec *main_server, apr_pool_t *pconf, apr_pool_t *ptemp);

/** httpd serves already. */
bool scep_start_is_restart(void);

/** In a child: open what the start made. What fails is logged, and its sites
 * refuse (invariant 1). */
void scep_start_child(server_rec *main_server, apr_pool_t *pchild);

#endif
