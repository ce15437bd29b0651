/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_pgsql_text.c: parameters, values and SQLSTATEs of PostgreSQL. (store
 * layer: libpq)
 */
#include "scep_pgsql_text.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <libpq-fe.h>

#include "scep_str.h"

/* A server that does not answer must cost only a few seconds. The first keyword
 * bounds connecting; the next ones find a dead peer while we send and while we
 * wait. If a keyword stands twice, the last one counts. */
#define BOUNDS                                                                 \
    "connect_timeout=4 tcp_user_timeout=4000 keepalives_idle=4 "               \
    "keepalives_interval=2 keepalives_count=2 "                                \
    "fallback_application_name=mod_scep"

/* --- parameters ----------------------------------------------------------- */

/* libpq marks only some secrets as such ("*"). */
static bool is_secret(const PQconninfoOption *option)
{
    return *option->dispchar == '*' ||
           strstr(option->keyword, "secret") != NULL ||
           strncmp(option->keyword, "scram_", 6) == 0;
}

static const char *append(const char *text, const char *name, const char *value,
                          apr_pool_t *pool)
{
    return apr_pstrcat(pool, text, *text != '\0' ? " " : "", name, "=", value,
                       NULL);
}

static const char *quoted(const char *value, apr_pool_t *pool)
{
    char *text = apr_palloc(pool, 2 * strlen(value) + 3), *out = text;

    *out++ = '\'';
    for (; *value != '\0'; value++) {
        if (*value == '\'' || *value == '\\') {
            *out++ = '\\';
        }
        *out++ = *value;
    }
    *out++ = '\'';
    *out = '\0';
    return text;
}

static void keep_option(const PQconninfoOption *option, apr_pool_t *pool,
                        scep_pgsql_params_t *params)
{
    const char *name = option->keyword;
    const char *value = quoted(option->val, pool);

    params->conninfo = append(params->conninfo, name, value, pool);
    if (!is_secret(option)) {
        params->open = append(params->open, name, value, pool);
    }
    else if (*option->val != '\0') {
        params->password = true;
    }
}

/* Write the parameters in one order, however they were given. A missing port is
 * libpq's default. */
static void locate(const PQconninfoOption *options, apr_pool_t *pool,
                   scep_pgsql_params_t *params)
{
    static const char *const names[] = {"service", "host",   "hostaddr",
                                        "port",    "dbname", "user"};
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const PQconninfoOption *option = options;
        const char *value;

        while (option->keyword != NULL &&
               strcmp(option->keyword, names[i]) != 0) {
            option++;
        }
        value = option->keyword != NULL ? option->val : NULL;
        if (value != NULL) {
            params->display = append(params->display, names[i],
                                     *value != '\0' ? value : "''", pool);
        }
        else if (strcmp(names[i], "port") == 0 && option->keyword != NULL) {
            value = option->compiled;
        }
        if (value != NULL && strcmp(names[i], "user") != 0) {
            params->place = append(params->place, names[i], value, pool);
        }
    }
    if (*params->display == '\0') {
        params->display = "of libpq's defaults";
    }
}

/* libpq's messages quote the text at fault, for example the URI or a part of a
 * password with a blank, so they cannot be shown. libpq reads from left to
 * right, so the first unknown keyword is the one that it means. */
static const char *what_is_wrong(const char *text, const char *error,
                                 apr_pool_t *pool)
{
    bool secret = strcasestr(text, "password") != NULL ||
                  strcasestr(text, "secret") != NULL ||
                  strcasestr(text, "scram_") != NULL ||
                  strpbrk(text, "@%") != NULL;

    return secret || error == NULL
               ? "libpq takes keyword=value pairs, with single quotes around "
                 "a value that holds blanks, or a URI"
               : apr_pstrmemdup(pool, error, strcspn(error, "\r\n"));
}

const char *scep_pgsql_params(const char *text, apr_pool_t *pool,
                              scep_pgsql_params_t *params)
{
    PQconninfoOption *options, *option;
    const char *wrong = NULL;
    char *error = NULL;

    *params = (scep_pgsql_params_t){"", "", "", BOUNDS, false};
    if (text[strspn(text, " \t\r\n\f\v")] == '\0') {
        return "it says nothing";
    }
    options = PQconninfoParse(text, &error);
    if (options == NULL) {
        wrong = what_is_wrong(text, error, pool);
        PQfreemem(error);
        return wrong;
    }
    for (option = options; option->keyword != NULL; option++) {
        if (option->val != NULL) {
            keep_option(option, pool, params);
        }
    }
    locate(options, pool, params);
    PQconninfoFree(options);
    return NULL;
}

/* --- values --------------------------------------------------------------- */

const char *scep_pgsql_value(const char *value, apr_pool_t *pool)
{
    const unsigned char *at = (const unsigned char *)value, *end, *begin;
    const char *copy;
    char *out;
    bool good = true;

    if (value == NULL) {
        return NULL;
    }
    end = at + strlen(value);
    copy = out = apr_palloc(pool, 4 * strlen(value) + 1);
    for (begin = at; at < end; begin = at) {
        if (scep_utf8_point(&at, end) >= 0) {
            memcpy(out, begin, (size_t)(at - begin));
            out += at - begin;
        }
        else {
            out += apr_snprintf(out, 5, "\\x%02X", (unsigned int)*begin);
            good = false;
        }
    }
    *out = '\0';
    return good ? value : copy;
}

/* --- errors --------------------------------------------------------------- */

scep_sql_status_e scep_pgsql_status(const char *sqlstate)
{
    /* The first row that fits counts: a state, or its class. */
    static const struct {
        const char *state;
        scep_sql_status_e status;
    } known[] = {
        {"23", SCEP_SQL_CONSTRAINT},
        {"40001", SCEP_SQL_BUSY}, /* serialization failure */
        {"40P01", SCEP_SQL_BUSY}, /* deadlock */
        {"55P03", SCEP_SQL_BUSY}, /* lock_timeout */
        {"57014", SCEP_SQL_BUSY}, /* statement_timeout */
        {"53100", SCEP_SQL_FULL}, /* disk full */
        {"08", SCEP_SQL_LOST},    /* connection */
        {"25006", SCEP_SQL_LOST}, /* read only: a standby */
        {"25P03", SCEP_SQL_LOST}, /* idle in a transaction for too long */
        {"28", SCEP_SQL_LOST},    /* login refused */
        {"3D000", SCEP_SQL_LOST}, /* no such database */
        {"42501", SCEP_SQL_LOST}, /* no privilege */
        {"53", SCEP_SQL_LOST},    /* memory, connections */
        {"57P", SCEP_SQL_LOST},   /* shut down, starting up */
        {"58", SCEP_SQL_LOST},    /* I/O */
    };
    size_t i;

    if (sqlstate == NULL) {
        return SCEP_SQL_LOST;
    }
    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strncmp(sqlstate, known[i].state, strlen(known[i].state)) == 0) {
            return known[i].status;
        }
    }
    return SCEP_SQL_ERROR;
}
