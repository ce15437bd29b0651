/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_pgsql_text.c: parameters, statements, values and error messages of
 * PostgreSQL. (store layer)
 */
#include "scep_pgsql_text.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

/* A server that does not answer must cost no more than a few seconds: the
 * first bounds connecting, the next two tell a dead peer while we send and
 * while we wait. */
#define BOUNDS                                                                 \
    "connect_timeout=4 tcp_user_timeout=4000 keepalives_idle=4 "               \
    "keepalives_interval=2 keepalives_count=2 "                                \
    "fallback_application_name=mod_scep "

/* --- parameters ----------------------------------------------------------- */

/* One value, unquoted; NULL: the quote does not end. */
static const char *read_value(const char **at, apr_pool_t *pool)
{
    char *value = apr_palloc(pool, strlen(*at) + 1);
    char *out = value;
    bool quoted = **at == '\'';
    const char *c = *at + quoted;

    while (*c != '\0' && (quoted ? *c != '\'' : !apr_isspace(*c))) {
        if (*c == '\\' && c[1] != '\0') {
            c++;
        }
        *out++ = *c++;
    }
    if (quoted && *c++ != '\'') {
        return NULL;
    }
    *out = '\0';
    *at = c;
    return value;
}

static bool is_one_of(const char *name, const char *const *list)
{
    while (*list != NULL && strcmp(*list, name) != 0) {
        list++;
    }
    return *list != NULL;
}

static const char *append(const char *text, const char *name, const char *value,
                          apr_pool_t *pool)
{
    return apr_pstrcat(pool, text, *text != '\0' ? " " : "", name, "=", value,
                       NULL);
}

/* As read_value() reads it back. */
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

static void keep(const char *name, const char *value, apr_pool_t *pool,
                 scep_pgsql_params_t *params)
{
    static const char *const place[] = {"host",   "hostaddr", "port",
                                        "dbname", "service",  NULL};
    static const char *const secret[] = {
        "password",         "sslpassword",      "oauth_client_secret",
        "scram_client_key", "scram_server_key", NULL};
    const char *shown = *value != '\0' ? value : "''";

    if (is_one_of(name, place)) {
        params->place = append(params->place, name, shown, pool);
    }
    if (is_one_of(name, place) || strcmp(name, "user") == 0) {
        params->display = append(params->display, name, shown, pool);
    }
    if (!is_one_of(name, secret)) {
        params->open = append(params->open, name, quoted(value, pool), pool);
    }
    else if (*value != '\0') {
        params->password = true;
    }
}

static const char *skip_space(const char *at)
{
    while (apr_isspace(*at)) {
        at++;
    }
    return at;
}

const char *scep_pgsql_params(const char *text, apr_pool_t *pool,
                              scep_pgsql_params_t *params)
{
    const char *at = skip_space(text);

    params->display = params->place = params->open = "";
    params->password = false;
    if (*at == '\0') {
        return "it says nothing";
    }
    while (*at != '\0') {
        const char *begin = at;
        const char *name, *value;

        while (apr_islower(*at) || *at == '_') {
            at++;
        }
        name = apr_pstrmemdup(pool, begin, (apr_size_t)(at - begin));
        at = skip_space(at);
        if (*name == '\0' || *at != '=') {
            return "keyword=value pairs are wanted, with quotes around a "
                   "value that holds blanks";
        }
        at = skip_space(at + 1);
        value = read_value(&at, pool);
        if (value == NULL) {
            return "a quote does not end";
        }
        keep(name, value, pool, params);
        at = skip_space(at);
    }
    if (*params->display == '\0') {
        params->display = "of libpq's defaults";
    }
    return NULL;
}

const char *scep_pgsql_conninfo(const char *text, apr_pool_t *pool)
{
    return apr_pstrcat(pool, BOUNDS, text, NULL);
}

/* --- statements and values ------------------------------------------------ */

const char *scep_pgsql_statement(const scep_sql_query_t *query,
                                 apr_pool_t *pool)
{
    static const char text[] = "%pDt", number[] = "%lld";
    const char *letter = query->params;
    const char *at = query->text;
    char *out, *begin;

    begin = out = apr_palloc(pool, 2 * strlen(at) + 1 +
                                       strlen(letter) * (sizeof(text) - 1));
    while (*at != '\0') {
        if (*at == '$') {
            memcpy(out, *letter == 'n' ? number : text, sizeof(text) - 1);
            out += sizeof(text) - 1;
            letter += *letter != '\0';
            do {
                at++;
            } while (apr_isdigit(*at));
            continue;
        }
        if (*at == '%') {
            *out++ = '%';
        }
        *out++ = *at++;
    }
    *out = '\0';
    return begin;
}

/* Octets of the character at C by RFC 3629; 0: there is none. */
static int utf8_length(const unsigned char *c)
{
    int more, i;

    if (c[0] < 0x80) {
        return 1;
    }
    more = c[0] >= 0xf0 ? 3 : c[0] >= 0xe0 ? 2 : 1;
    if (c[0] < 0xc2 || c[0] > 0xf4 || (c[0] == 0xe0 && c[1] < 0xa0) ||
        (c[0] == 0xed && c[1] > 0x9f) || (c[0] == 0xf0 && c[1] < 0x90) ||
        (c[0] == 0xf4 && c[1] > 0x8f)) {
        return 0;
    }
    for (i = 1; i <= more; i++) {
        if ((c[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return more + 1;
}

const char *scep_pgsql_value(const char *value, apr_pool_t *pool)
{
    const unsigned char *c = (const unsigned char *)value;
    char *out, *begin;
    int len;

    if (value == NULL) {
        return NULL;
    }
    while (*c != '\0' && (len = utf8_length(c)) > 0) {
        c += len;
    }
    if (*c == '\0') {
        return value;
    }
    begin = out = apr_palloc(pool, 4 * strlen(value) + 1);
    for (c = (const unsigned char *)value; *c != '\0'; c += len) {
        len = utf8_length(c);
        if (len > 0) {
            memcpy(out, c, (size_t)len);
            out += len;
        }
        else {
            out += apr_snprintf(out, 5, "\\x%02X", (unsigned int)*c);
            len = 1;
        }
    }
    *out = '\0';
    return begin;
}

/* --- error messages ------------------------------------------------------- */

/* The severity is in the server's language; the SQLSTATE behind it is not:
 * "ERROR:  23505: duplicate key value violates ..." */
static const char *find_sqlstate(const char *message)
{
    const char *at = strstr(message, ":  ");
    int i;

    if (at == NULL) {
        return NULL;
    }
    at += 3;
    for (i = 0; i < 5; i++) {
        if (!apr_isdigit(at[i]) && !apr_isupper(at[i])) {
            return NULL;
        }
    }
    return strncmp(at + 5, ": ", 2) == 0 ? at : NULL;
}

static scep_sql_status_e classify(const char *state)
{
    /* The first that fits: a state, or the class that it begins with. */
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
        {"28", SCEP_SQL_LOST},    /* not let in */
        {"3D000", SCEP_SQL_LOST}, /* no such database */
        {"42501", SCEP_SQL_LOST}, /* no privilege */
        {"53", SCEP_SQL_LOST},    /* memory, connections */
        {"57P", SCEP_SQL_LOST},   /* shut down, starting up */
        {"58", SCEP_SQL_LOST},    /* I/O */
    };
    size_t i;

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strncmp(state, known[i].state, strlen(known[i].state)) == 0) {
            return known[i].status;
        }
    }
    return SCEP_SQL_ERROR;
}

scep_sql_status_e scep_pgsql_error(const char *message, char *line,
                                   apr_size_t size)
{
    const char *state = find_sqlstate(message);

    apr_cpystrn(line, message, size);
    line[strcspn(line, "\r\n")] = '\0';
    if (*line == '\0') {
        apr_cpystrn(line, "no reason given", size);
    }
    return state != NULL ? classify(state) : SCEP_SQL_LOST;
}
