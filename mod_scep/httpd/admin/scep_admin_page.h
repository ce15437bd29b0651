/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_admin_page.h
 * The octets of the admin page, as software that reads NDES's page expects
 * them. (httpd layer; nothing of httpd in it)
 */
#ifndef SCEP_ADMIN_PAGE_H
#define SCEP_ADMIN_PAGE_H

#include <apr_time.h>

#include "scep_config.h"

typedef enum {
    SCEP_PAGE_PASSWORD,     /* a one-time password was drawn */
    SCEP_PAGE_SINGLE,       /* the master password is shown */
    SCEP_PAGE_CACHE_FULL,   /* ScepPasswordMax are outstanding */
    SCEP_PAGE_USER_FULL,    /* the user has ScepPasswordMaxPerUser of them */
    SCEP_PAGE_NO_PERMISSION /* the user may see the page, but not draw */
} scep_page_state_e;

typedef struct scep_admin_page_t {
    scep_page_state_e state;
    const char *thumbprint;       /* "A656FA66 ..."; NULL: not shown */
    const char *password;         /* SCEP_PAGE_PASSWORD, _SINGLE */
    apr_interval_time_t validity; /* SCEP_PAGE_PASSWORD */
    scep_page_encoding_e encoding;
} scep_admin_page_t;

/** The page; wiped with POOL, as it may hold a password. */
scep_octets_t scep_admin_page(const scep_admin_page_t *page, apr_pool_t *pool);

/** Its Content-Type: NDES names no charset, and the octets start with a BOM. */
const char *scep_admin_page_type(scep_page_encoding_e encoding);

#endif
