/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* subject_fixture.h: subjects, and checks of rules for them. */
#ifndef SCEP_SUBJECT_FIXTURE_H
#define SCEP_SUBJECT_FIXTURE_H

#include "fixture.h"

#include "scep_crypto.h"
#include "scep_subject_rule.h"

static inline void free_subject(void *name)
{
    X509_NAME_free(name);
}

/* "CN", "a", "O", "b", ..., NULL in the order of the encoding */
static inline const X509_NAME *name_of(fixture_t *f, const char *const *parts)
{
    X509_NAME *name = X509_NAME_new();

    scep_own(f->pool, name, free_subject);
    for (; *parts != NULL; parts += 2) {
        assert_int_equal(X509_NAME_add_entry_by_txt(
                             name, parts[0], MBSTRING_UTF8,
                             (const unsigned char *)parts[1], -1, -1, 0),
                         1);
    }
    return name;
}

static inline bool fits(fixture_t *f, const char *text, const X509_NAME *name)
{
    const char *error = NULL;
    const scep_subject_rule_t *rule = scep_subject_rule(f->pool, text, &error);

    if (rule == NULL) {
        fail_msg("%s: %s", text, error);
    }
    return scep_subject_fits(rule, name, f->pool);
}

#endif
