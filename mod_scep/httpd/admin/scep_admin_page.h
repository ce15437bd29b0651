/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_admin_page.h
 * The octets of the admin page, as software that reads NDES's page expects
 * them. (httpd layer; does not use httpd)
 */
#ifndef SCEP_ADMIN_PAGE_H
#define SCEP_ADMIN_PAGE_H

#include <apr_time.h>

#include "scep_config.h"

typedef enum {
    SCEP_PAGE_PASSWORD,     /* a one-time password was drawn */
    SCEP_PAGE_SINGLE,       /* the master password is shown */
    SCEP_PAGE_CACHE_FULL,   /* ScepPasswordMax passwords are outstanding */
    SCEP_PAGE_USER_FULL,    /* the user has drawn ScepPasswordMaxPerUser */
    SCEP_PAGE_NO_PERMISSION /* the user may not draw */
} scep_page_state_e;

typedef struct scep_admin_page_t {
    scep_page_state_e state;
    const char *thumbprint;       /* "A656FA66 ..."; NULL: not shown */
    const char *password;         /* SCEP_PAGE_PASSWORD, _SINGLE */
    apr_interval_time_t validity; /* SCEP_PAGE_PASSWORD */
    scep_page_encoding_e encoding;
} scep_admin_page_t;

/** Make the page. It may hold a password and is wiped with POOL. */
scep_octets_t scep_admin_page(const scep_admin_page_t *page, apr_pool_t *pool);

/** The page's Content-Type. For UTF-16 it has no charset, as in NDES: the page
 * begins with a byte order mark. */
const char *scep_admin_page_type(scep_page_encoding_e encoding);

#endif
