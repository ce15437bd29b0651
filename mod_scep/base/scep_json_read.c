/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_json_read.c: reads JSON by jansson; a pool owns the values. (base layer)
 */
#include "scep_json_read.h"

#include <string.h>

#include <apr_strings.h>
#include <jansson.h>

static apr_status_t release(void *value)
{
    json_decref(value);
    return APR_SUCCESS;
}

scep_json_t *scep_json_parse(apr_pool_t *pool, const char *text, size_t len,
                             const char **error)
{
    json_error_t where;
    json_t *value = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);

    if (value == NULL) {
        *error = apr_psprintf(pool, "it is no JSON: line %d, column %d",
                              where.line, where.column);
        return NULL;
    }
    apr_pool_cleanup_register(pool, value, release, apr_pool_cleanup_null);
    return value;
}

bool scep_json_is_object(const scep_json_t *value)
{
    return json_is_object(value);
}

bool scep_json_is_array(const scep_json_t *value)
{
    return json_is_array(value);
}

scep_json_t *scep_json_get(scep_json_t *object, const char *key)
{
    return json_object_get(object, key);
}

const char *scep_json_unknown_key(scep_json_t *object, const char *const *known)
{
    const char *key;
    json_t *value;
    int i;

    json_object_foreach(object, key, value)
    {
        for (i = 0; known[i] != NULL && strcmp(known[i], key) != 0; i++) {
            /* look for KEY */
        }
        if (known[i] == NULL) {
            return key;
        }
    }
    return NULL;
}

size_t scep_json_count(scep_json_t *array)
{
    return json_array_size(array);
}

scep_json_t *scep_json_at(scep_json_t *array, size_t i)
{
    return json_array_get(array, i);
}

const char *scep_json_text(const scep_json_t *value)
{
    return json_string_value(value);
}

bool scep_json_number(const scep_json_t *value, apr_int64_t *number)
{
    *number = json_is_integer(value) ? json_integer_value(value) : 0;
    return json_is_integer(value);
}

bool scep_json_is_null(const scep_json_t *value)
{
    return json_is_null(value);
}

bool scep_json_boolean(const scep_json_t *value, bool *truth)
{
    *truth = json_is_true(value);
    return json_is_boolean(value);
}

const char *scep_json_write(apr_pool_t *pool, const scep_json_t *value)
{
    char *text =
        json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
    const char *copy = apr_pstrdup(pool, text);

    free(text);
    return copy;
}
