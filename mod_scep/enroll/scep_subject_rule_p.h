/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_subject_rule_p.h: what a rule for subjects is made of. (enroll layer,
 * private to scep_subject_*.c)
 */
#ifndef SCEP_SUBJECT_RULE_P_H
#define SCEP_SUBJECT_RULE_P_H

#include "scep_pattern.h"
#include "scep_subject_rule.h"

typedef struct scep_rule_attribute_t {
    ASN1_OBJECT *type;
    int rdn;              /* the same for those of one RDN */
    scep_pattern_t value; /* white space folded */
    scep_octets_t der;    /* instead of VALUE, if it is not empty */
} scep_rule_attribute_t;

/* In the order of RFC 4514: the most specific first. */
typedef struct scep_rule_reading_t {
    apr_array_header_t *attributes; /* scep_rule_attribute_t */
} scep_rule_reading_t;

/* A text may be read in two ways, because RFC 4514 and the error log both
 * double backslashes. */
enum { SCEP_RULE_READINGS = 2 };

struct scep_subject_rule_t {
    bool any;
    scep_rule_reading_t readings[SCEP_RULE_READINGS];
    int count;
};

#endif
