/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_form_page.h
 * The page with the forms, in UTF-8. (httpd layer)
 */
#ifndef SCEP_FORM_PAGE_H
#define SCEP_FORM_PAGE_H

#include <stdbool.h>

#include <apr_tables.h>
#include <apr_time.h>

#include "scep_store.h"

/** A field of the draw form that becomes a limit of the same name. */
typedef struct scep_form_limit_t {
    const char *name;
    const char *text; /* what a person reads */
    bool is_list;     /* the limit is a list; the form knows one item */
} scep_form_limit_t;

/** The last one has no name. */
extern const scep_form_limit_t scep_form_limits[];

/** What is shown; NULL or false where a thing does not apply. */
typedef struct scep_form_page_t {
    apr_pool_t *pool;
    const char *user;
    const char *token;
    const char *thumbprint;
    const char *password; /* that was drawn; the page is wiped with POOL */
    bool reusable;        /* it is the master password */
    apr_time_t expires;
    const char *cancelled;     /* id of the password that was cancelled */
    const char *problem;       /* for the user */
    bool logged;               /* the problem is */
    apr_array_header_t *items; /* scep_challenge_item_t; NULL: no list */
    bool more;                 /* not all are in ITEMS */
} scep_form_page_t;

scep_octets_t scep_form_page(const scep_form_page_t *page);

#endif
