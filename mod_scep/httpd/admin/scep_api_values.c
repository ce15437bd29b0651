/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_api_values.c: reads parameters and answers lists, for all calls of the
 * API. (httpd layer)
 */
#include "scep_api.h"

#include <apr_strings.h>

enum { NAME_IN_LOG = 128, PAGE = 100, MAX_PAGE = 1000 };

scep_status_e scep_api_reply(scep_api_t *api, const char *text)
{
    api->json = (scep_octets_t){(const unsigned char *)text, strlen(text)};
    return SCEP_OK;
}

scep_status_e scep_api_bad(scep_api_t *api, const char *name,
                           const char *wanted)
{
    return scep_fail(api->res, SCEP_R_API_REQUEST, "\"%s\": %s",
                     scep_printable(api->pool, name, NAME_IN_LOG), wanted);
}

scep_status_e scep_api_number(scep_api_t *api, const char *name, int min,
                              int max, int otherwise, int *number)
{
    const char *text = apr_table_get(api->query, name);
    apr_int64_t value;
    char *end;

    *number = otherwise;
    if (text == NULL) {
        return SCEP_OK;
    }
    value = apr_strtoi64(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || value < min ||
        value > max) {
        return scep_api_bad(api, name,
                            apr_psprintf(api->pool,
                                         "a whole number from %d to %d is "
                                         "wanted",
                                         min, max));
    }
    *number = (int)value;
    return SCEP_OK;
}

scep_status_e scep_api_after(scep_api_t *api, apr_time_t *created,
                             const char **id)
{
    const char *text = apr_table_get(api->query, "after");
    char *end;

    if (text == NULL) {
        return SCEP_OK;
    }
    *created = apr_strtoi64(text, &end, 10);
    *id = end + 1;
    if (*text < '0' || *text > '9' || *end != '-' || **id == '\0' ||
        strspn(*id, "0123456789abcdef") != strlen(*id)) {
        return scep_api_bad(api, "after",
                            "the \"next\" of the page before is wanted");
    }
    return SCEP_OK;
}

scep_status_e scep_api_list_begin(scep_api_t *api, scep_api_list_t *list)
{
    *list = (scep_api_list_t){.api = api};
    list->values = apr_array_make(api->pool, PAGE, sizeof(const char *));
    return scep_api_number(api, "limit", 1, MAX_PAGE, PAGE, &list->limit);
}

void scep_api_list_add(scep_api_list_t *list, apr_time_t when, const char *id,
                       const char *json)
{
    list->more = list->values->nelts == list->limit;
    if (!list->more) {
        list->next =
            apr_psprintf(list->api->pool, "%" APR_TIME_T_FMT "-%s", when, id);
        APR_ARRAY_PUSH(list->values, const char *) = json;
    }
}

scep_status_e scep_api_list_reply(scep_api_list_t *list, const char *name)
{
    apr_pool_t *pool = list->api->pool;

    return scep_api_reply(
        list->api,
        scep_json_members(
            pool, name, scep_json_array(pool, list->values), "next",
            scep_json_string(pool, list->more ? list->next : NULL), NULL));
}
