/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_hide.h
 * Secrets in the configuration that httpd keeps in memory and mod_info shows.
 * (httpd layer)
 */
#ifndef SCEP_HIDE_H
#define SCEP_HIDE_H

#include <apr_pools.h>

/**
 * Replace, in httpd's tree of directives, the arguments of those of ours that
 * hold a password or a PIN. Call it in post_config, when all directives have
 * been read: our settings have copies.
 * @param pool as long-lived as the tree (pconf)
 */
void scep_hide_secrets(apr_pool_t *pool, apr_pool_t *ptemp);

#endif
