/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_setting.c: see scep_setting.h. (httpd layer) */
#include "scep_setting.h"

#include <apr_strings.h>

#include "scep_place.h"

enum { MAX_ARGS = 3 }; /* of a default */

static bool is_in(const scep_setting_t *row, scep_context_e context)
{
    return row->context == context ||
           (row->context == SCEP_AT_MAIN && context == SCEP_AT_SERVER);
}

/* ---- while the configuration is read ---- */

scep_server_config_t *scep_cmd_server(cmd_parms *cmd)
{
    scep_server_config_t *conf = scep_config_server(cmd->server);

    return conf->ca_section != NULL ? conf->ca_section : conf;
}

const char *scep_bad_value(cmd_parms *cmd, const char *value,
                           const char *wanted)
{
    return apr_psprintf(cmd->pool, "%s %s: %s", cmd->cmd->name, value, wanted);
}

/* The record that CMD fills, and its places, if CMD may stand here. */
static const char *find_record(cmd_parms *cmd, scep_dir_config_t *policy,
                               void **record, apr_array_header_t ***places)
{
    static const unsigned int forbidden[] = {
        [SCEP_AT_MAIN] = GLOBAL_ONLY,
        [SCEP_AT_SERVER] = NOT_IN_DIR_CONTEXT,
        [SCEP_AT_POLICY] = NOT_IN_HTACCESS | NOT_IN_DIRECTORY | NOT_IN_FILES |
                           NOT_IN_LIMIT | NOT_IN_PROXY,
        [SCEP_AT_PROFILE] = NOT_IN_DIR_CONTEXT};
    const scep_setting_t *row = cmd->info;
    scep_server_config_t *server = scep_cmd_server(cmd);
    const char *error = ap_check_cmd_context(cmd, forbidden[row->context]);

    *record = server;
    *places = &server->places;
    if (row->context == SCEP_AT_POLICY) {
        *record = policy;
        *places = &policy->places;
    }
    else if (row->context == SCEP_AT_PROFILE) {
        *record = server->section;
        if (error == NULL && *record == NULL) {
            error =
                apr_psprintf(cmd->pool, "%s can only stand in <ScepProfile>",
                             cmd->cmd->name);
        }
    }
    return error;
}

/* Two directives that set the same member cannot stand in one section. */
static const char *check_rivals(cmd_parms *cmd,
                                const apr_array_header_t *places)
{
    const scep_setting_t *row = cmd->info, *other;
    int i;

    for (i = 0; places != NULL && i < places->nelts; i++) {
        const command_rec *set = APR_ARRAY_IDX(places, i, scep_place_t).set;

        other = set->cmd_data;
        if (set != cmd->cmd && other->context == row->context &&
            other->offset == row->offset) {
            return apr_psprintf(cmd->pool,
                                "%s: %s is there already; keep one of the two",
                                cmd->cmd->name, set->name);
        }
    }
    return NULL;
}

/* Each place is noted in the record of the server, so that a message can be
 * about any of its directives. Places in a section are also noted in the
 * policy. */
static const char *set(cmd_parms *cmd, void *dir, int argc,
                       const char *const argv[])
{
    const scep_setting_t *row = cmd->info;
    apr_array_header_t **places;
    void *record;
    const char *error = find_record(cmd, dir, &record, &places);

    /* Sections of ours read their content with this very CMD. */
    if (error == NULL && cmd->cmd->name[0] == '<') {
        return row->read(cmd, record, argc, argv);
    }
    if (error == NULL) {
        error = check_rivals(cmd, *places);
    }
    if (error == NULL) {
        error = row->read(cmd, record, argc, argv);
    }
    if (error == NULL) {
        scep_place_note(cmd, places);
        if (row->context == SCEP_AT_POLICY) {
            scep_place_note(cmd, &scep_cmd_server(cmd)->places);
        }
    }
    return error;
}

const char *scep_setting_flag(cmd_parms *cmd, void *dir, int on)
{
    const char *const argv[] = {on ? "On" : "Off"};

    return set(cmd, dir, 1, argv);
}

const char *scep_setting_take1(cmd_parms *cmd, void *dir, const char *value)
{
    return set(cmd, dir, 1, &value);
}

const char *scep_setting_take2(cmd_parms *cmd, void *dir, const char *first,
                               const char *second)
{
    const char *const argv[] = {first, second};

    return set(cmd, dir, second != NULL ? 2 : 1, argv);
}

const char *scep_setting_take3(cmd_parms *cmd, void *dir, const char *first,
                               const char *second, const char *third)
{
    const char *const argv[] = {first, second, third};

    return set(cmd, dir, 3, argv);
}

const char *scep_setting_argv(cmd_parms *cmd, void *dir, int argc,
                              char *const argv[])
{
    return set(cmd, dir, argc, (const char *const *)argv);
}

/* ---- the table ---- */

const scep_setting_t *scep_setting_find(const char *name)
{
    const command_rec *one = scep_module.cmds;

    while (one->name != NULL && strcasecmp(one->name, name) != 0) {
        one++;
    }
    return one->cmd_data;
}

/* Read a default like any other value. A bad one would end each start. */
static void init_one(apr_pool_t *pool, const command_rec *directive,
                     void *record)
{
    const scep_setting_t *row = directive->cmd_data;
    cmd_parms cmd = {.pool = pool,
                     .temp_pool = pool,
                     .cmd = directive,
                     .info = directive->cmd_data};
    const char *argv[MAX_ARGS];
    const char *rest = row->otherwise;
    int argc = 0;

    while (rest != NULL && *rest != '\0' && argc < MAX_ARGS) {
        argv[argc++] = ap_getword_conf(pool, &rest);
    }
    if (row->otherwise == NULL) {
        memset((char *)record + row->offset, 0, row->size);
    }
    else {
        ap_assert(row->read(&cmd, record, argc, argv) == NULL);
    }
}

void scep_settings_init(apr_pool_t *pool, scep_context_e context, void *record)
{
    const command_rec *one;

    for (one = scep_module.cmds; one->name != NULL; one++) {
        const scep_setting_t *row = one->cmd_data;

        if (is_in(row, context) && row->otherwise != NULL) {
            init_one(pool, one, record);
        }
    }
}

/* ---- merged ---- */

/* Does a record in which ADDED was set inherit nothing of ROW? */
static bool is_replaced(const scep_setting_t *row, scep_context_e context,
                        const apr_array_header_t *added)
{
    int i;

    for (i = 0; i < added->nelts; i++) {
        const scep_setting_t *by =
            APR_ARRAY_IDX(added, i, scep_place_t).set->cmd_data;

        if (is_in(by, context) &&
            ((by->offset == row->offset && by->merge == NULL) ||
             ((by->ca & SCEP_CA_ITSELF) && (row->ca & SCEP_CA_PART)) ||
             ((by->ca & SCEP_CA_RA) && (row->ca & SCEP_CA_RA)))) {
            return true;
        }
    }
    return false;
}

void scep_settings_merge(apr_pool_t *pool, scep_context_e context, void *record,
                         const void *add, apr_array_header_t **places,
                         const apr_array_header_t *added)
{
    apr_array_header_t *kept;
    int i;

    if (added == NULL) {
        return;
    }
    kept = apr_array_make(pool, added->nelts + 8, sizeof(scep_place_t));
    for (i = 0; *places != NULL && i < (*places)->nelts; i++) {
        const scep_place_t *place = &APR_ARRAY_IDX(*places, i, scep_place_t);
        const scep_setting_t *row = place->set->cmd_data;

        if (!is_in(row, context) || !is_replaced(row, context, added)) {
            APR_ARRAY_PUSH(kept, scep_place_t) = *place;
        }
        else if (row->ca != 0) { /* ADD may not set it */
            init_one(pool, place->set, record);
        }
    }
    for (i = 0; i < added->nelts; i++) {
        const scep_setting_t *row =
            APR_ARRAY_IDX(added, i, scep_place_t).set->cmd_data;
        char *to = (char *)record + row->offset;
        const char *from = (const char *)add + row->offset;

        if (!is_in(row, context)) {
            continue;
        }
        if (row->merge != NULL) {
            row->merge(pool, to, from);
        }
        else {
            memcpy(to, from, row->size);
        }
    }
    apr_array_cat(kept, added);
    *places = kept;
}
