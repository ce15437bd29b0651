/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scepctl_input.h
 * From what the user has (a file, standard input, a line of an access log) to
 * DER. (scepctl)
 */
#ifndef SCEPCTL_INPUT_H
#define SCEPCTL_INPUT_H

#include <apr_tables.h>

#include "scep_query.h"
#include "scepctl.h"

/** One thing to explain. */
typedef struct scepctl_input_t {
    const char *origin;        /* what it was wrapped in; printable */
    const scep_query_t *query; /* of a request line; else NULL */
    scep_octets_t der;         /* len 0: a request line without a message */
} scepctl_input_t;

/**
 * Read ARGUMENT: a file name, "-" for standard input, or a request line or
 * URL itself. The contents may be DER, PEM (one or several), base64, or text
 * with a request line.
 * @param inputs array of scepctl_input_t, at least one
 */
scepctl_exit_e scepctl_input_read(scepctl_t *ctl, const char *argument,
                                  apr_array_header_t **inputs);

#endif
