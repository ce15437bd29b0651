/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_place.c: see scep_place.h. (httpd layer)
 */
#include "scep_place.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include <http_log.h>

#include "scep_directives.h"
#include "scep_log_httpd.h"

APLOG_USE_MODULE(scep);

typedef struct place_t {
    const char *name;  /* of the directive */
    const char *value; /* its arguments as they stand there */
    const char *at;    /* file:line */
} place_t;

/* ---- while the configuration is read ---- */

const char *scep_place_here(const cmd_parms *cmd)
{
    return apr_psprintf(cmd->pool, "%s:%d", cmd->directive->filename,
                        cmd->directive->line_num);
}

static void note(cmd_parms *cmd, apr_array_header_t **places)
{
    place_t *place;

    if (*places == NULL) {
        *places = apr_array_make(cmd->pool, 8, sizeof(*place));
    }
    place = apr_array_push(*places);
    place->name = cmd->cmd->name;
    place->value = apr_pstrdup(cmd->pool, cmd->directive->args);
    place->at = scep_place_here(cmd);
}

/* Every place is noted with the server, so that a message can be about any of
 * its directives; those of a section with its policy besides. */
static const char *done(cmd_parms *cmd, void *dir, const char *error)
{
    if (error != NULL) {
        return error;
    }
    if ((cmd->cmd->req_override & ACCESS_CONF) != 0) {
        scep_dir_config_t *policy = dir;

        note(cmd, &policy->places);
    }
    note(cmd, &scep_cmd_server(cmd)->places);
    return NULL;
}

static const scep_setter_t *setter_of(const cmd_parms *cmd)
{
    return cmd->info;
}

const char *scep_place_flag(cmd_parms *cmd, void *dir, int on)
{
    return done(cmd, dir, setter_of(cmd)->flag(cmd, dir, on));
}

/* A section of ours walks what is in it with this very CMD. */
const char *scep_place_take1(cmd_parms *cmd, void *dir, const char *value)
{
    bool section = cmd->cmd->name[0] == '<';
    const char *error = setter_of(cmd)->take1(cmd, dir, value);

    return section ? error : done(cmd, dir, error);
}

const char *scep_place_take2(cmd_parms *cmd, void *dir, const char *first,
                             const char *second)
{
    return done(cmd, dir, setter_of(cmd)->take2(cmd, dir, first, second));
}

const char *scep_place_take3(cmd_parms *cmd, void *dir, const char *first,
                             const char *second, const char *third)
{
    return done(cmd, dir,
                setter_of(cmd)->take3(cmd, dir, first, second, third));
}

const char *scep_place_argv(cmd_parms *cmd, void *dir, int argc,
                            char *const argv[])
{
    return done(cmd, dir, setter_of(cmd)->argv(cmd, dir, argc, argv));
}

/* ---- merged ---- */

apr_array_header_t *scep_places_merge(apr_pool_t *pool,
                                      apr_array_header_t *base,
                                      apr_array_header_t *add)
{
    if (base == NULL || add == NULL) {
        return add != NULL ? add : base;
    }
    return apr_array_append(pool, base, add);
}

apr_array_header_t *scep_places_without(apr_pool_t *pool,
                                        apr_array_header_t *places,
                                        bool (*left_out)(const char *name))
{
    apr_array_header_t *kept;
    int i;

    if (places == NULL) {
        return NULL;
    }
    kept = apr_array_make(pool, places->nelts, sizeof(place_t));
    for (i = 0; i < places->nelts; i++) {
        const place_t *place = &APR_ARRAY_IDX(places, i, place_t);

        if (!left_out(place->name)) {
            APR_ARRAY_PUSH(kept, place_t) = *place;
        }
    }
    return kept;
}

/* ---- found ---- */

/* Does what follows the name in TEXT begin with the word that PLACE has as its
 * value, or with a path that ends with it? */
static bool has_value(const place_t *place, const char *text)
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

/* The one that TEXT, which begins with the name, LEN octets long, is about. */
static const char *find_one(const apr_array_header_t *places, const char *text,
                            size_t len)
{
    const char *last = NULL;
    int i;

    for (i = places->nelts - 1; i >= 0; i--) {
        const place_t *place = &APR_ARRAY_IDX(places, i, place_t);

        if (strlen(place->name) != len ||
            strncasecmp(place->name, text, len) != 0) {
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

/* ---- told ---- */

static const char *who(const server_rec *s, const scep_server_config_t *conf,
                       apr_pool_t *pool)
{
    const char *server = "main server";

    if (s->is_virtual) {
        server =
            s->server_hostname != NULL
                ? apr_pstrcat(pool, "virtual host ", s->server_hostname, NULL)
                : scep_config_where(s, pool);
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

    if (at == NULL) {
        at = conf->defined_at != NULL ? conf->defined_at : "(nowhere)";
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
