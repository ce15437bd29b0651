/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_name.c: distinguished names from the command line. (scepctl)
 */
#include "scepctl_name.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

static void name_free(void *name)
{
    X509_NAME_free(name);
}

static const char *skip_blanks(const char *p)
{
    while (*p == ' ') {
        p++;
    }
    return p;
}

/* One value up to the next comma, unescaped into OUT, which is long enough.
 * NULL: it ends in the middle of an escape, or has several values. */
static const char *read_value(const char *p, char *out)
{
    char *end = out;

    for (; *p != '\0' && *p != ','; p++) {
        char hex[3] = {0};

        if (*p == '+') {
            return NULL;
        }
        if (*p != '\\') {
            *out++ = *p;
            end = *p == ' ' ? end : out;
            continue;
        }
        memcpy(hex, p + 1, strnlen(p + 1, 2));
        if (scep_unhex(hex, (unsigned char *)out, 1)) {
            p += 2;
        }
        else if (*++p != '\0') {
            *out = *p;
        }
        else {
            return NULL;
        }
        end = ++out;
    }
    *end = '\0'; /* blanks before the comma do not count */
    return p;
}

/* Read "type=value" from *TEXT into NAME and move past its comma. */
static bool read_part(const char **text, X509_NAME *name, apr_pool_t *pool)
{
    const char *start = skip_blanks(*text);
    const char *equals = strchr(start, '=');
    char *value = apr_pcalloc(pool, strlen(start) + 1);
    const char *p, *end = equals;
    int nid;

    if (equals == NULL) {
        return false;
    }
    while (end > start && end[-1] == ' ') {
        end--;
    }
    nid = OBJ_txt2nid(apr_pstrmemdup(pool, start, (size_t)(end - start)));
    p = read_value(skip_blanks(equals + 1), value);
    if (nid == NID_undef || p == NULL || *value == '\0' ||
        (*p == ',' && p[1] == '\0')) {
        return false;
    }
    *text = *p == ',' ? p + 1 : p;
    return X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8,
                                      (const unsigned char *)value, -1, 0,
                                      0) == 1;
}

scep_status_e scepctl_name_parse(const char *text, apr_pool_t *pool,
                                 X509_NAME **name, scep_result_t *res)
{
    const char *p = text;

    *name = scep_own(pool, X509_NAME_new(), name_free);
    if (*name == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL, "no memory");
    }
    do {
        const char *part = p;

        if (!read_part(&p, *name, pool)) {
            return scep_fail(res, SCEP_R_SETUP,
                             "\"%s\" is no distinguished name from \"%s\" on; "
                             "write it like \"CN=Example CA,O=Example,C=DE\"",
                             scep_printable(pool, text, 200),
                             scep_printable(pool, part, 200));
        }
    } while (*p != '\0');
    return SCEP_OK;
}

scep_status_e scepctl_name_derive(const X509_NAME *name, const char *suffix,
                                  apr_pool_t *pool, X509_NAME **derived,
                                  scep_result_t *res)
{
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    const char *cn = suffix;

    *derived = scep_own(pool, X509_NAME_dup(name), name_free);
    if (*derived == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL, "no memory");
    }
    if (at >= 0) {
        X509_NAME_ENTRY *old = X509_NAME_delete_entry(*derived, at);
        unsigned char *utf8 = NULL;
        int len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(old));

        if (len > 0) {
            cn = apr_pstrcat(pool,
                             apr_pstrmemdup(pool, (char *)utf8, (size_t)len),
                             " ", suffix, NULL);
        }
        OPENSSL_free(utf8);
        X509_NAME_ENTRY_free(old);
    }
    if (X509_NAME_add_entry_by_NID(*derived, NID_commonName, MBSTRING_UTF8,
                                   (const unsigned char *)cn, -1, at, 0) != 1) {
        return scep_fail(res, SCEP_R_SETUP,
                         "\"%s\" cannot be a commonName; choose a shorter "
                         "--subject, or give --ra-subject and --root-subject",
                         scep_printable(pool, cn, 200));
    }
    return SCEP_OK;
}
