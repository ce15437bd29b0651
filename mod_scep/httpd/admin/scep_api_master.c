/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_api_master.c: the master password rotated by API. (httpd layer)
 */
#include "scep_api.h"

#include <apr_strings.h>

#include "scep_challenge_admin.h"

enum { MAX_OVERLAP = 366 * 86400 /* seconds */ };

/* *NUMBER stays as it is if there is no such member. */
static scep_status_e take_number(scep_api_t *api, const char *name,
                                 apr_int64_t min, apr_int64_t max,
                                 apr_int64_t *number)
{
    const scep_json_t *value = scep_json_get(api->body, name);

    if (value != NULL &&
        (!scep_json_number(value, number) || *number < min || *number > max)) {
        return scep_api_bad(api, name,
                            apr_psprintf(api->pool,
                                         "a whole number from %" APR_INT64_T_FMT
                                         " to %" APR_INT64_T_FMT " is wanted",
                                         min, max));
    }
    return SCEP_OK;
}

scep_status_e scep_api_rotate(scep_api_t *api)
{
    static const char *const known[] = {"length", "overlap", NULL};
    const char *stranger = scep_json_unknown_key(api->body, known);
    apr_int64_t length = SCEP_ROTATE_LENGTH, overlap = 0;
    scep_rotated_t rotated = {0};
    const char *until;
    size_t len;
    char *text;

    if (stranger != NULL) {
        return scep_api_bad(api, stranger, "there is no such member");
    }
    if (take_number(api, "length", SCEP_ROTATE_MIN_LENGTH,
                    SCEP_ROTATE_MAX_LENGTH, &length) != SCEP_OK ||
        take_number(api, "overlap", 0, MAX_OVERLAP, &overlap) != SCEP_OK) {
        return api->res->status;
    }
    rotated.length = (size_t)length;
    rotated.overlap = apr_time_from_sec(overlap);
    if (scep_challenge_admin_rotate(&api->exchange->request,
                                    api->exchange->r->user, &rotated,
                                    api->res) != SCEP_OK) {
        return api->res->status;
    }
    until = scep_api_time(api->pool, rotated.previous_until);
    len = strlen(rotated.password) + strlen(until) + 64;
    text = scep_secret_alloc(api->pool, len);
    apr_snprintf(text, len, "{\"challenge\":\"%s\",\"previousUntil\":%s}",
                 rotated.password, until);
    return scep_api_reply(api, text);
}
