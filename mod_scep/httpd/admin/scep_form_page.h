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

/** What is shown; NULL or false where a thing does not apply. */
typedef struct scep_form_page_t {
    apr_pool_t *pool;
    const char *user;
    const char *token;
    const char *thumbprint;
    const char *password;      /* that was drawn; the page is wiped with POOL */
    apr_time_t expires;        /* 0: it is the master password */
    const char *notice;        /* what was done */
    const char *problem;       /* what was not, and why */
    bool logged;               /* the problem is */
    scep_form_fault_t fault;   /* instead of PROBLEM: with a field */
    const apr_table_t *values; /* what was typed */
    apr_array_header_t *items; /* scep_challenge_item_t; NULL: no list */
    bool more;                 /* not all are in ITEMS */
} scep_form_page_t;

scep_octets_t scep_form_page(const scep_form_page_t *page);

#endif
