/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_form_fields.c: reads name=value&name=value, and makes the parameters of
 * a draw. Each limit is tried by itself, to find out which field is wrong.
 * (httpd layer)
 */
#include "scep_form_fields.h"

#include <string.h>

#include <apr_escape.h>
#include <apr_strings.h>

#include "scep_json.h"
#include "scep_limits.h"
#include "scep_str.h"

enum { SECONDS_PER_MINUTE = 60 };

const scep_form_field_t scep_form_fields[] = {
    {"label", "Label", SCEP_FIELD_TEXT, 0},
    {"minutes", "Minutes it is good for", SCEP_FIELD_NUMBER,
     SCEP_MAX_PASSWORD_VALIDITY / APR_USEC_PER_SEC / SECONDS_PER_MINUTE},
    {"uses", "Certificates it is good for", SCEP_FIELD_NUMBER, SCEP_MAX_USES},
    {"subject", "Subject of the certificate", SCEP_FIELD_LIMIT, 0},
    {"subjectAltNames", "Alternative name, as DNS:name", SCEP_FIELD_LIMIT_LIST,
     0},
    {"networks", "Network of the device, as 192.0.2.0/24",
     SCEP_FIELD_LIMIT_LIST, 0},
    {"profile", "Certificate profile", SCEP_FIELD_LIMIT, 0},
    {NULL, NULL, SCEP_FIELD_TEXT, 0}};

scep_status_e scep_form_bad(scep_exchange_t *exchange, scep_form_fault_t *fault,
                            const char *name, const char *text)
{
    fault->field = name;
    fault->text = text;
    return scep_fail(&exchange->res, SCEP_R_API_REQUEST, "the field \"%s\": %s",
                     name, text);
}

const char *scep_form_field(const apr_table_t *fields, const char *name)
{
    const char *text = apr_table_get(fields, name);

    return text != NULL && *text != '\0' ? text : NULL;
}

static scep_status_e read_number(scep_exchange_t *exchange,
                                 const scep_form_field_t *field,
                                 const char *text, apr_int64_t *value,
                                 scep_form_fault_t *fault)
{
    char *end;

    *value = apr_strtoi64(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || *value < 1 ||
        *value > field->max) {
        return scep_form_bad(
            exchange, fault, field->name,
            apr_psprintf(exchange->r->pool,
                         "a whole number from 1 to %" APR_INT64_T_FMT
                         " is wanted",
                         field->max));
    }
    return SCEP_OK;
}

/* "name":"value", or "name":["value"]. */
static const char *member(const scep_form_field_t *field, const char *value,
                          apr_pool_t *pool)
{
    bool is_list = field->kind == SCEP_FIELD_LIMIT_LIST;

    return apr_pstrcat(pool, "\"", field->name,
                       is_list ? "\":[" : "\":", scep_json_string(pool, value),
                       is_list ? "]" : "", NULL);
}

static scep_status_e check_limit(scep_exchange_t *exchange,
                                 const scep_form_field_t *field,
                                 const char *json, scep_form_fault_t *fault)
{
    apr_pool_t *pool = exchange->r->pool;
    const char *error, *profile;
    const scep_limits_t *limits = scep_limits_parse(
        pool, apr_pstrcat(pool, "{", json, "}", NULL), &error);

    if (limits == NULL) {
        return scep_form_bad(exchange, fault, field->name, error);
    }
    profile = scep_limits_profile(limits);
    if (profile != NULL &&
        scep_profile_find(exchange->policy.profiles, profile) == NULL) {
        return scep_form_bad(exchange, fault, field->name,
                             "there is no such profile");
    }
    return SCEP_OK;
}

static scep_status_e read_label(scep_exchange_t *exchange, const char *text,
                                scep_draw_params_t *params,
                                scep_form_fault_t *fault)
{
    if (strlen(text) > SCEP_MAX_LABEL) {
        return scep_form_bad(exchange, fault, "label",
                             apr_psprintf(exchange->r->pool,
                                          "it is longer than %d octets",
                                          SCEP_MAX_LABEL));
    }
    params->label = text;
    return SCEP_OK;
}

static scep_status_e read_field(scep_exchange_t *exchange,
                                const scep_form_field_t *field,
                                const char *text, scep_draw_params_t *params,
                                scep_form_fault_t *fault)
{
    apr_pool_t *pool = exchange->r->pool;
    const char *json;
    apr_int64_t value;

    if (field->kind == SCEP_FIELD_TEXT) {
        return read_label(exchange, text, params, fault);
    }
    if (field->kind == SCEP_FIELD_NUMBER) {
        if (read_number(exchange, field, text, &value, fault) != SCEP_OK) {
            return SCEP_REFUSED;
        }
        if (strcmp(field->name, "uses") == 0) {
            params->uses = (int)value;
        }
        else {
            params->validity = apr_time_from_sec(value * SECONDS_PER_MINUTE);
        }
        return SCEP_OK;
    }
    json = member(field, text, pool);
    params->limits = params->limits == NULL
                         ? json
                         : apr_pstrcat(pool, params->limits, ",", json, NULL);
    return check_limit(exchange, field, json, fault);
}

scep_status_e scep_form_fields_read(scep_exchange_t *exchange,
                                    const apr_table_t *fields,
                                    scep_draw_params_t *params,
                                    scep_form_fault_t *fault)
{
    const scep_form_field_t *field;

    memset(params, 0, sizeof(*params));
    for (field = scep_form_fields; field->name != NULL; field++) {
        const char *text = scep_form_field(fields, field->name);

        if (text != NULL &&
            read_field(exchange, field, text, params, fault) != SCEP_OK) {
            return SCEP_REFUSED;
        }
    }
    if (params->limits != NULL) {
        params->limits =
            apr_pstrcat(exchange->r->pool, "{", params->limits, "}", NULL);
    }
    return SCEP_OK;
}

/* ---- application/x-www-form-urlencoded ---- */

enum { MAX_FIELDS = 64, NAME_IN_LOG = 64 };

/* NULL: the text has a bad escape or %00. */
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
