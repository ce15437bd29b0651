/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_directives_ca.c: <ScepCA>, a further CA of a server, and how an
 * endpoint comes by it. (httpd layer)
 */
#include "scep_directives.h"
#include "scep_place.h"

#include <apr_strings.h>

/* What is a CA's own; all else is the server's around it. */
static bool fits(const scep_setting_t *row)
{
    return (row->ca & SCEP_CA_SECTION) != 0;
}

const char *scep_read_ca_section(cmd_parms *cmd, void *record, int argc,
                                 const char *const argv[])
{
    scep_server_config_t *server = record, *section;
    const char *name;
    const char *error = scep_section_name(cmd, argv[0], &name);

    (void)argc;
    if (error == NULL) {
        error = scep_section_check(cmd, fits, "what belongs to one CA");
    }
    if (error != NULL) {
        return error;
    }
    if (server->cas == NULL) {
        server->cas = apr_hash_make(cmd->pool);
    }
    if (apr_hash_get(server->cas, name, APR_HASH_KEY_STRING) != NULL) {
        return scep_bad_value(cmd, name, "there is one of that name already");
    }
    section = scep_config_create_server(cmd->pool, cmd->server);
    section->ca_name = name;
    section->ca_at = scep_place_here(cmd);
    server->ca_section = section;
    error = ap_walk_config(cmd->directive->first_child, cmd, cmd->context);
    server->ca_section = NULL;
    if (error == NULL &&
        scep_places_find(section->places,
                         "ScepCACertificateFile ScepCABackend") == NULL) {
        error = scep_bad_value(cmd, name,
                               "ScepCACertificateFile (or ScepCABackend) must "
                               "stand in it");
    }
    apr_hash_set(server->cas, name, APR_HASH_KEY_STRING, section);
    return error;
}

const char *scep_read_ca_ident(cmd_parms *cmd, void *record, int argc,
                               const char *const argv[])
{
    scep_dir_config_t *conf = record;

    (void)argc;
    if (conf->ca_idents == NULL) {
        conf->ca_idents = apr_hash_make(cmd->pool);
    }
    if (apr_hash_get(conf->ca_idents, argv[0], APR_HASH_KEY_STRING) != NULL) {
        return scep_bad_value(cmd, argv[0], "it stands for a CA already");
    }
    apr_hash_set(conf->ca_idents, argv[0], APR_HASH_KEY_STRING, argv[1]);
    return NULL;
}

void scep_merge_ca_idents(apr_pool_t *pool, void *to, const void *add)
{
    apr_hash_t **all = to;
    apr_hash_t *const *set = add;

    *all = *all != NULL ? apr_hash_overlay(pool, *set, *all) : *set;
}
