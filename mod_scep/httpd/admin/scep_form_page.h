/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_form_page.h
 * The page with the forms, in UTF-8. (httpd layer)
 */
#ifndef SCEP_FORM_PAGE_H
#define SCEP_FORM_PAGE_H

#include "scep_form_fields.h"
#include "scep_store.h"

/** The fields of the form that cancels several passwords, and its action. */
#define SCEP_FORM_CANCEL_MANY "cancel-many"
#define SCEP_FORM_CANCEL_USER "cancelUser"
#define SCEP_FORM_CANCEL_LABEL "cancelLabel"
#define SCEP_FORM_CANCEL_ALL "cancelAll"

/** The content of the page. NULL or false: not shown. */
typedef struct scep_form_page_t {
    apr_pool_t *pool;
    const char *user;
    const char *token;
    const char *thumbprint;
    const char *password;      /* the drawn one; the page is wiped with POOL */
    apr_time_t expires;        /* 0: it is the master password */
    const char *notice;        /* what was done */
    const char *problem;       /* what could not be done, and why */
    bool logged;               /* the problem has been logged */
    scep_form_fault_t fault;   /* instead of PROBLEM, if it is about a field */
    const apr_table_t *values; /* what the user typed */
    apr_array_header_t *items; /* scep_challenge_item_t; NULL: no list */
    bool more;                 /* there are more than ITEMS */
} scep_form_page_t;

scep_octets_t scep_form_page(const scep_form_page_t *page);

#endif
