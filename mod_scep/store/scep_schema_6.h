/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_schema_6.h
 * The migration to schema 6: the same tables, written anew with numbers as
 * keys, octets as octets, and few indexes. (store layer)
 */
#ifndef SCEP_SCHEMA_6_H
#define SCEP_SCHEMA_6_H

#include "scep_sql.h"

/** A step of the migration, with one or more statements. */
typedef struct scep_schema_step_t {
    const char *what;         /* for the log; NULL: the end */
    const char *const *texts; /* ends with NULL; "@octets", "@key" and
                               * "@compact" stand for the dialect's words */
} scep_schema_step_t;

/** The steps, the last one empty; constant. */
const scep_schema_step_t *scep_schema_6(void);

#endif
