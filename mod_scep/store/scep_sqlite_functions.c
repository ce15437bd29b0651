/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_sqlite_functions.c: see scep_sqlite_functions.h. (store layer) */
#include "scep_sqlite_functions.h"

#include <stdlib.h>
#include <string.h>

#include <apr_encode.h>

#include "scep_str.h"

static void give_octets(sqlite3_context *context, void *octets, size_t size)
{
    sqlite3_result_blob64(context, octets, size, free);
}

static void decode_hex(sqlite3_context *context, const char *text, size_t len)
{
    unsigned char *octets = malloc(len / 2 + 1);

    if (octets == NULL) {
        sqlite3_result_error_nomem(context);
    }
    else if (!scep_unhex(text, octets, len / 2)) {
        free(octets);
    }
    else {
        give_octets(context, octets, len / 2);
    }
}

static void decode_base64(sqlite3_context *context, const char *text,
                          size_t len)
{
    unsigned char *octets = malloc(len + 1);
    apr_size_t size = 0;

    if (octets == NULL) {
        sqlite3_result_error_nomem(context);
    }
    else if (apr_decode_base64_binary(octets, text, (apr_ssize_t)len,
                                      APR_ENCODE_NONE, &size) != APR_SUCCESS) {
        free(octets);
    }
    else {
        give_octets(context, octets, size);
    }
}

static void decode(sqlite3_context *context, int count, sqlite3_value **values)
{
    const char *text = (const char *)sqlite3_value_text(values[0]);
    const char *format = (const char *)sqlite3_value_text(values[1]);

    (void)count;
    if (text == NULL || format == NULL) {
        return;
    }
    if (strcmp(format, "hex") == 0) {
        decode_hex(context, text, (size_t)sqlite3_value_bytes(values[0]));
    }
    else {
        decode_base64(context, text, (size_t)sqlite3_value_bytes(values[0]));
    }
}

int scep_sqlite_functions(sqlite3 *db)
{
    enum { ARGUMENTS = 2 };

    return sqlite3_create_function_v2(db, "decode", ARGUMENTS,
                                      SQLITE_UTF8 | SQLITE_DETERMINISTIC |
                                          SQLITE_DIRECTONLY,
                                      NULL, decode, NULL, NULL, NULL);
}
