/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_form_fields.h
 * Reads the fields of forms: application/x-www-form-urlencoded in bodies and in
 * our own query strings (not those of SCEP, where '+' is not a blank). And the
 * fields of the form that draws a password. (httpd layer)
 */
#ifndef SCEP_FORM_FIELDS_H
#define SCEP_FORM_FIELDS_H

#include "scep_exchange.h"
#include "scep_draw.h"

typedef enum {
    SCEP_FIELD_TEXT,
    SCEP_FIELD_NUMBER,    /* from 1 to MAX */
    SCEP_FIELD_LIMIT,     /* becomes the limit of the same name */
    SCEP_FIELD_LIMIT_LIST /* the same; the limit is a list, and the form has one
                           * item of it */
} scep_field_e;

typedef struct scep_form_field_t {
    const char *name;
    const char *text; /* the label on the page */
    scep_field_e kind;
    apr_int64_t max;
} scep_form_field_t;

/** The last one has no name. */
extern const scep_form_field_t scep_form_fields[];

/** A fault, for the user who filled in the form. */
typedef struct scep_form_fault_t {
    const char *field; /* NULL: not about one field */
    const char *text;
} scep_form_fault_t;

/**
 * Read the parameters in FIELDS. An empty field counts as missing.
 * @return SCEP_OK; SCEP_REFUSED (SCEP_R_API_REQUEST) with EXCHANGE's result and
 *     FAULT filled
 */
scep_status_e scep_form_fields_read(scep_exchange_t *exchange,
                                    const apr_table_t *fields,
                                    scep_draw_params_t *params,
                                    scep_form_fault_t *fault);

/** Fail with TEXT for the field NAME. @return SCEP_REFUSED */
scep_status_e scep_form_bad(scep_exchange_t *exchange, scep_form_fault_t *fault,
                            const char *name, const char *text);

/** A field's text; NULL if it is missing or empty. */
const char *scep_form_field(const apr_table_t *fields, const char *name);

/**
 * Read TEXT (LEN octets; may be NULL if LEN is 0) into *FIELDS. The case of
 * names does not count, and a value may be empty.
 * @return SCEP_OK; SCEP_REFUSED (SCEP_R_API_REQUEST): a bad %-escape, a NUL, a
 *     name twice or empty, too many
 */
scep_status_e scep_form_data(const char *text, apr_size_t len, apr_pool_t *pool,
                             apr_table_t **fields, scep_result_t *res);

#endif
