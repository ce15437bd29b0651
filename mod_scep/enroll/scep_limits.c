/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_limits.c: read the constraints of a challenge from JSON, and check a
 * request. (enroll layer)
 */
#include "scep_limits.h"

#include <string.h>

#include <apr_strings.h>

#include "scep_alt_names.h"
#include "scep_alt_rule.h"
#include "scep_json_read.h"
#include "scep_subject_rule.h"

enum { MAX_ENTRIES = 64, MAX_SHOWN = 512 };

/* An alternative name that may be asked for. */
typedef struct allowed_t {
    const char *kind; /* NULL: any name of any kind */
    scep_pattern_t pattern;
    apr_ipsubnet_t *network; /* of IP, instead */
} allowed_t;

struct scep_limits_t {
    const char *text;
    const char *subject_text; /* NULL: not limited */
    const scep_subject_rule_t *subject;
    apr_array_header_t *alt_names; /* allowed_t; NULL: not limited */
    apr_array_header_t *networks;  /* apr_ipsubnet_t *; NULL: not limited */
    const char *profile;
};

/* ---- reading ---- */

static const char *kind_of(const char *text, size_t len)
{
    static const char *const kinds[] = {"DNS", "email", "UPN", "URI", "IP"};
    size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strlen(kinds[i]) == len && strncasecmp(kinds[i], text, len) == 0) {
            return kinds[i];
        }
    }
    return NULL;
}

static const char *read_alt_name(apr_pool_t *pool, const char *text,
                                 allowed_t *allowed)
{
    const char *colon = strchr(text, ':');
    const char *fault;

    memset(allowed, 0, sizeof(*allowed));
    if (strcmp(text, "*") == 0) {
        return NULL;
    }
    allowed->kind =
        colon != NULL ? kind_of(text, (size_t)(colon - text)) : NULL;
    if (allowed->kind == NULL || colon[1] == '\0') {
        return "an entry of subjectAltNames is neither \"*\" nor DNS:, email:, "
               "URI:, UPN: or IP: with a value";
    }
    if (strcmp(allowed->kind, "IP") == 0) {
        allowed->network = scep_network(pool, colon + 1);
        return allowed->network != NULL
                   ? NULL
                   : "an IP: entry of subjectAltNames is no address or network";
    }
    fault = scep_alt_rule(pool, allowed->kind, colon + 1, &allowed->pattern);
    return fault == NULL ? NULL
                         : apr_psprintf(pool, "\"%s\" of subjectAltNames %s",
                                        scep_printable(pool, text, 128), fault);
}

static const char *check_list(apr_pool_t *pool, scep_json_t *list,
                              const char *name, size_t fewest)
{
    size_t i;

    if (!scep_json_is_array(list) || scep_json_count(list) < fewest ||
        scep_json_count(list) > MAX_ENTRIES) {
        return apr_psprintf(pool, "%s is no list of %d to %d strings", name,
                            (int)fewest, MAX_ENTRIES);
    }
    for (i = 0; i < scep_json_count(list); i++) {
        if (scep_json_text(scep_json_at(list, i)) == NULL) {
            return apr_psprintf(pool, "an entry of %s is no string", name);
        }
    }
    return NULL;
}

static const char *read_alt_names(apr_pool_t *pool, scep_json_t *list,
                                  scep_limits_t *limits)
{
    const char *error = check_list(pool, list, "subjectAltNames", 0);
    size_t i;

    limits->alt_names = apr_array_make(pool, 4, sizeof(allowed_t));
    for (i = 0; error == NULL && i < scep_json_count(list); i++) {
        error = read_alt_name(pool, scep_json_text(scep_json_at(list, i)),
                              apr_array_push(limits->alt_names));
    }
    return error;
}

static const char *read_networks(apr_pool_t *pool, scep_json_t *list,
                                 scep_limits_t *limits)
{
    const char *error = check_list(pool, list, "networks", 1);
    size_t i;

    limits->networks = apr_array_make(pool, 4, sizeof(apr_ipsubnet_t *));
    for (i = 0; error == NULL && i < scep_json_count(list); i++) {
        apr_ipsubnet_t *network =
            scep_network(pool, scep_json_text(scep_json_at(list, i)));

        if (network == NULL) {
            return "an entry of networks is no address or network";
        }
        APR_ARRAY_PUSH(limits->networks, apr_ipsubnet_t *) = network;
    }
    return error;
}

static const char *read_subject(apr_pool_t *pool, const scep_json_t *value,
                                scep_limits_t *limits)
{
    const char *error;

    limits->subject_text = scep_json_text(value);
    if (limits->subject_text == NULL) {
        return "subject is no string";
    }
    limits->subject = scep_subject_rule(pool, limits->subject_text, &error);
    return limits->subject == NULL ? apr_pstrcat(pool, "subject: ", error, NULL)
                                   : NULL;
}

static const char *read_members(apr_pool_t *pool, scep_json_t *object,
                                scep_limits_t *limits)
{
    static const char *const known[] = {"subject", "subjectAltNames",
                                        "networks", "profile", NULL};
    const char *error = NULL, *unknown;
    scep_json_t *value;

    if (!scep_json_is_object(object)) {
        return "it is no JSON object";
    }
    unknown = scep_json_unknown_key(object, known);
    if (unknown != NULL) {
        return apr_psprintf(pool,
                            "\"%s\" is not known; known are subject, "
                            "subjectAltNames, networks and profile",
                            scep_printable(pool, unknown, 64));
    }
    if ((value = scep_json_get(object, "subject")) != NULL) {
        error = read_subject(pool, value, limits);
    }
    if (error == NULL &&
        (value = scep_json_get(object, "subjectAltNames")) != NULL) {
        error = read_alt_names(pool, value, limits);
    }
    if (error == NULL && (value = scep_json_get(object, "networks")) != NULL) {
        error = read_networks(pool, value, limits);
    }
    if (error == NULL && (value = scep_json_get(object, "profile")) != NULL) {
        limits->profile = scep_json_text(value);
        error = limits->profile == NULL ? "profile is no string" : NULL;
    }
    return error;
}

const scep_limits_t *scep_limits_parse(apr_pool_t *pool, const char *text,
                                       const char **error)
{
    scep_limits_t *limits = apr_pcalloc(pool, sizeof(*limits));
    size_t len = strlen(text);
    scep_json_t *object;

    if (len > SCEP_MAX_LIMITS) {
        *error =
            apr_psprintf(pool, "it is longer than %d octets", SCEP_MAX_LIMITS);
        return NULL;
    }
    object = scep_json_parse(pool, text, len, error);
    if (object == NULL) {
        return NULL;
    }
    *error = read_members(pool, object, limits);
    if (*error == NULL) {
        limits->text = scep_json_write(pool, object);
        *error = limits->text == NULL ? "there is no memory" : NULL;
    }
    return *error == NULL ? limits : NULL;
}

const char *scep_limits_text(const scep_limits_t *limits)
{
    return limits->text;
}

const char *scep_limits_profile(const scep_limits_t *limits)
{
    return limits->profile;
}

/* ---- checking ---- */

static scep_status_e check_network(const scep_limits_t *limits,
                                   const scep_request_t *req,
                                   const scep_csr_t *csr, scep_result_t *res)
{
    int i;

    for (i = 0; i < limits->networks->nelts; i++) {
        if (scep_network_has(
                APR_ARRAY_IDX(limits->networks, i, apr_ipsubnet_t *), req->peer,
                req->pool)) {
            return SCEP_OK;
        }
    }
    return scep_fail(res, SCEP_R_LIMIT_NETWORK,
                     "the limits of the password for \"%s\" do not allow the "
                     "address %s",
                     csr->subject, req->peer);
}

static scep_status_e check_subject(const scep_limits_t *limits,
                                   const scep_request_t *req,
                                   const scep_csr_t *csr, scep_result_t *res)
{
    const X509_NAME *subject = X509_REQ_get_subject_name(csr->req);

    if (limits->subject == NULL) {
        return X509_NAME_entry_count(subject) == 0
                   ? SCEP_OK
                   : scep_fail(res, SCEP_R_LIMIT_SUBJECT,
                               "the limits of the password name no subject, "
                               "but the CSR has \"%s\"",
                               csr->subject);
    }
    return scep_subject_fits(limits->subject, subject, req->pool)
               ? SCEP_OK
               : scep_fail(
                     res, SCEP_R_LIMIT_SUBJECT,
                     "the password is for \"%s\", but the CSR has \"%s\"",
                     scep_shown(req->pool,
                                apr_pstrndup(req->pool, limits->subject_text,
                                             MAX_SHOWN)),
                     csr->subject);
}

/* A star in a pattern does not match a star in a name. */
bool scep_limits_name(const scep_limits_t *limits, const scep_alt_name_t *name,
                      apr_pool_t *pool)
{
    int i;

    for (i = 0; limits->alt_names != NULL && i < limits->alt_names->nelts;
         i++) {
        const allowed_t *allowed =
            &APR_ARRAY_IDX(limits->alt_names, i, allowed_t);

        if (allowed->kind != NULL && strcmp(allowed->kind, name->kind) == 0 &&
            (allowed->network != NULL
                 ? scep_network_has(allowed->network, name->value, pool)
                 : scep_alt_rule_fits(name->kind, allowed->pattern, name->value,
                                      pool))) {
            return true;
        }
    }
    return false;
}

static bool is_allowed(const scep_limits_t *limits, const scep_alt_name_t *name,
                       apr_pool_t *pool)
{
    int i;

    for (i = 0; limits->alt_names != NULL && i < limits->alt_names->nelts;
         i++) {
        if (APR_ARRAY_IDX(limits->alt_names, i, allowed_t).kind == NULL) {
            return true;
        }
    }
    return scep_limits_name(limits, name, pool);
}

bool scep_limits_name_subject(const scep_limits_t *limits)
{
    return limits->subject != NULL && strcmp(limits->subject_text, "*") != 0;
}

static scep_status_e check_alt_names(const scep_limits_t *limits,
                                     const scep_request_t *req,
                                     const scep_csr_t *csr, scep_result_t *res)
{
    apr_array_header_t *names;
    scep_status_e status =
        scep_alt_names(csr->extensions, req->pool, &names, res);
    int i;

    for (i = 0; status == SCEP_OK && i < names->nelts; i++) {
        const scep_alt_name_t *name = &APR_ARRAY_IDX(names, i, scep_alt_name_t);

        if (!is_allowed(limits, name, req->pool)) {
            return scep_fail(res, SCEP_R_LIMIT_ALT_NAMES,
                             "the limits of the password do not allow the "
                             "alternative name %s \"%s\" of \"%s\"",
                             name->label, name->shown, csr->subject);
        }
    }
    return status;
}

scep_status_e scep_limits_check(const scep_limits_t *limits,
                                const scep_request_t *req,
                                const scep_csr_t *csr, scep_result_t *res)
{
    scep_status_e status = SCEP_OK;

    if (limits->networks != NULL) {
        status = check_network(limits, req, csr, res);
    }
    if (status == SCEP_OK &&
        (limits->subject != NULL || limits->alt_names != NULL)) {
        status = check_subject(limits, req, csr, res);
        if (status == SCEP_OK) {
            status = check_alt_names(limits, req, csr, res);
        }
    }
    return status;
}
