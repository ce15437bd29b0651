/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_place.c: see scep_place.h. (httpd layer) */
#include "scep_place.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include <http_log.h>

#include "scep_config.h"
#include "scep_log_httpd.h"

APLOG_USE_MODULE(scep);

/* ---- while the configuration is read ---- */

const char *scep_place_here(const cmd_parms *cmd)
{
    return apr_psprintf(cmd->pool, "%s:%d", cmd->directive->filename,
                        cmd->directive->line_num);
}

void scep_place_note(cmd_parms *cmd, apr_array_header_t **places)
{
    scep_place_t *place;

    if (*places == NULL) {
        *places = apr_array_make(cmd->pool, 8, sizeof(*place));
    }
    place = apr_array_push(*places);
    place->set = cmd->cmd;
    place->value = apr_pstrdup(cmd->pool, cmd->directive->args);
    place->at = scep_place_here(cmd);
}

/* ---- found ---- */

/* Is the word behind the name in TEXT the value of PLACE, or a path that ends
 * with this value? */
static bool has_value(const scep_place_t *place, const char *text)
{
    const char *value = place->value;
    size_t value_len, len;

    if (*text != ' ') {
        return false;
    }
    text++;
    len = strcspn(text, " :;,");
    value += *value == '"';
    value_len = strcspn(value, " \"");
    if (len < value_len || value_len == 0 ||
        strncmp(text + len - value_len, value, value_len) != 0) {
        return false;
    }
    return len == value_len || text[len - value_len - 1] == '/';
}

/* The place that TEXT is about. TEXT begins with the name, of LEN octets. */
static const char *find_one(const apr_array_header_t *places, const char *text,
                            size_t len)
{
    const char *last = NULL;
    int i;

    for (i = places->nelts - 1; i >= 0; i--) {
        const scep_place_t *place = &APR_ARRAY_IDX(places, i, scep_place_t);

        if (strlen(place->set->name) != len ||
            strncasecmp(place->set->name, text, len) != 0) {
            continue;
        }
        if (has_value(place, text + len)) {
            return place->at;
        }
        if (last == NULL) {
            last = place->at;
        }
    }
    return last;
}

const char *scep_places_find(const apr_array_header_t *places, const char *text)
{
    const char *found = NULL;
    size_t len;

    if (places == NULL) {
        return NULL;
    }
    while (found == NULL && (text = strstr(text, "Scep")) != NULL) {
        for (len = 0; apr_isalnum(text[len]);) {
            len++;
        }
        found = find_one(places, text, len);
        text += len;
    }
    return found;
}

bool scep_places_say(const apr_array_header_t *places, const char *directive,
                     const char *word, apr_pool_t *pool)
{
    int i;

    for (i = 0; places != NULL && i < places->nelts; i++) {
        const scep_place_t *place = &APR_ARRAY_IDX(places, i, scep_place_t);
        const char *rest = place->value;

        if (strcasecmp(place->set->name, directive) != 0) {
            continue;
        }
        while (*rest != '\0') {
            if (strcasecmp(ap_getword_conf(pool, &rest), word) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* ---- told ---- */

const char *scep_place_server(const server_rec *s, apr_pool_t *pool)
{
    const char *name = "(without ServerName)";

    if (!s->is_virtual) {
        return "main server";
    }
    if (s->server_hostname != NULL) {
        name = s->server_hostname;
    }
    return apr_psprintf(pool, "virtual host %s (%s:%u)", name,
                        s->defn_name != NULL ? s->defn_name : "",
                        s->defn_line_number);
}

static const char *who(const server_rec *s, const scep_server_config_t *conf,
                       apr_pool_t *pool)
{
    const char *server = "main server";

    if (s->is_virtual) {
        server =
            s->server_hostname != NULL
                ? apr_pstrcat(pool, "virtual host ", s->server_hostname, NULL)
                : scep_place_server(s, pool);
    }
    return conf->ca_name != NULL ? apr_pstrcat(pool, "<ScepCA ", conf->ca_name,
                                               "> of ", server, NULL)
                                 : server;
}

const char *scep_place_fault(const server_rec *s,
                             const scep_server_config_t *conf,
                             const scep_result_t *res, apr_hash_t *told)
{
    const char *at = res->place != NULL
                         ? res->place
                         : scep_places_find(conf->places, res->detail);
    const char *text;

    if (at == NULL) { /* something is missing */
        at = conf->ca_name != NULL
                 ? conf->ca_at
                 : scep_places_find(conf->places, "ScepEngine");
    }
    if (at == NULL) {
        at = "(nowhere)";
    }
    text = apr_pstrcat(res->pool, at, ": ", res->detail, NULL);
    if (told != NULL) {
        if (apr_hash_get(told, text, APR_HASH_KEY_STRING) != NULL) {
            return NULL;
        }
        text = apr_pstrdup(apr_hash_pool_get(told), text);
        apr_hash_set(told, text, APR_HASH_KEY_STRING, text);
    }
    return apr_pstrcat(res->pool, who(s, conf, res->pool), ", ", text, NULL);
}

typedef struct log_t {
    server_rec *s;
    const apr_array_header_t *places;
} log_t;

/* LINE begins with its number: "SCEPnnnn: ". */
static void log_with_place(void *baton, scep_log_level_e level,
                           const char *line)
{
    const log_t *log = baton;
    const char *at = scep_places_find(log->places, line);
    size_t number = strcspn(line, " ");

    if (at != NULL && line[number] == ' ') {
        ap_log_error(APLOG_MARK, (int)level, 0, log->s, "%.*s %s: %s",
                     (int)number, line, at, line + number + 1);
    }
    else {
        ap_log_error(APLOG_MARK, (int)level, 0, log->s, "%s", line);
    }
}

void scep_place_env(scep_env_t *env, server_rec *s,
                    const scep_server_config_t *conf, apr_pool_t *pool)
{
    log_t *log = apr_palloc(pool, sizeof(*log));

    log->s = s;
    log->places = conf->places;
    scep_log_env_server(env, s);
    env->log = log_with_place;
    env->log_baton = log;
}
