/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_form_fields.h
 * The fields of forms: application/x-www-form-urlencoded in bodies and in query
 * strings of ours (not of SCEP, where '+' stays what it is); and those of the
 * form that draws a password. (httpd layer)
 */
#ifndef SCEP_FORM_FIELDS_H
#define SCEP_FORM_FIELDS_H

#include "scep_exchange.h"
#include "scep_draw.h"

typedef enum {
    SCEP_FIELD_TEXT,
    SCEP_FIELD_NUMBER,    /* from 1 to MAX */
    SCEP_FIELD_LIMIT,     /* becomes the limit of the same name */
    SCEP_FIELD_LIMIT_LIST /* the same; the limit is a list, of which the form
                           * knows one item */
} scep_field_e;

typedef struct scep_form_field_t {
    const char *name;
    const char *text; /* what a person reads */
    scep_field_e kind;
    apr_int64_t max;
} scep_form_field_t;

/** The last one has no name. */
extern const scep_form_field_t scep_form_fields[];

/** What is wrong, for who filled the form in. */
typedef struct scep_form_fault_t {
    const char *field; /* NULL: none of the fields' own */
    const char *text;
} scep_form_fault_t;

/**
 * What FIELDS ask for; an empty field asks for nothing.
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
 * Read TEXT (LEN octets; may be NULL when LEN is 0) into *FIELDS. Upper
 * and lower case of names are the same; a value may be empty.
 * @return SCEP_OK; SCEP_REFUSED (SCEP_R_API_REQUEST): a bad %-escape, a NUL,
 *     a name twice or empty, too many
 */
scep_status_e scep_form_data(const char *text, apr_size_t len, apr_pool_t *pool,
                             apr_table_t **fields, scep_result_t *res);

#endif
