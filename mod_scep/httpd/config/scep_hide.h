/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_hide.h
 * Hides secrets in the configuration, which httpd keeps in memory and mod_info
 * shows. (httpd layer)
 */
#ifndef SCEP_HIDE_H
#define SCEP_HIDE_H

#include <apr_pools.h>

/**
 * Replace the arguments of our directives in httpd's tree if they hold a
 * password or a PIN. Call this in post_config: all directives have been read
 * then, and our records have copies.
 * @param pool as long-lived as the tree (pconf)
 */
void scep_hide_secrets(apr_pool_t *pool, apr_pool_t *ptemp);

#endif
