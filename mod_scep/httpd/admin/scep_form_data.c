/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_form_data.c: name=value&name=value, decoded. (httpd layer)
 */
#include "scep_form_data.h"

#include <string.h>

#include <apr_escape.h>
#include <apr_strings.h>

#include "scep_str.h"

enum { MAX_FIELDS = 64, NAME_IN_LOG = 64 };

/* NULL: a bad escape or %00. */
static char *decode(apr_pool_t *pool, const char *from, apr_size_t len)
{
    char *text = apr_pstrmemdup(pool, from, len);
    apr_status_t rv =
        apr_unescape_url(text, text, APR_ESCAPE_STRING, NULL, NULL, 1, NULL);

    /* APR_NOTFOUND: there was nothing to decode. */
    return rv == APR_SUCCESS || rv == APR_NOTFOUND ? text : NULL;
}

static scep_status_e take_pair(const char *pair, apr_size_t len,
                               apr_pool_t *pool, apr_table_t *fields,
                               scep_result_t *res)
{
    const char *equals = memchr(pair, '=', len);
    apr_size_t name_len = equals != NULL ? (apr_size_t)(equals - pair) : len;
    apr_size_t skip = equals != NULL ? name_len + 1 : len;
    const char *name = decode(pool, pair, name_len);
    const char *value = decode(pool, pair + skip, len - skip);

    if (name == NULL || value == NULL || *name == '\0') {
        return scep_fail(res, SCEP_R_API_REQUEST,
                         "a field of the form is malformed");
    }
    if (apr_table_get(fields, name) != NULL) {
        return scep_fail(res, SCEP_R_API_REQUEST, "there are two fields \"%s\"",
                         scep_printable(pool, name, NAME_IN_LOG));
    }
    if (apr_table_elts(fields)->nelts == MAX_FIELDS) {
        return scep_fail(res, SCEP_R_API_REQUEST, "there are too many fields");
    }
    apr_table_setn(fields, name, value);
    return SCEP_OK;
}

scep_status_e scep_form_data(const char *text, apr_size_t len, apr_pool_t *pool,
                             apr_table_t **fields, scep_result_t *res)
{
    const char *end = text + len;

    *fields = apr_table_make(pool, 8);
    if (len > 0 && memchr(text, '\0', len) != NULL) {
        return scep_fail(res, SCEP_R_API_REQUEST, "the form has a NUL in it");
    }
    while (len > 0 && text < end) {
        const char *amp = memchr(text, '&', (apr_size_t)(end - text));
        apr_size_t size = (apr_size_t)((amp != NULL ? amp : end) - text);

        if (size > 0 && take_pair(text, size, pool, *fields, res) != SCEP_OK) {
            return res->status;
        }
        text += size + 1;
    }
    return SCEP_OK;
}
