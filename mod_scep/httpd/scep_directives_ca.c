/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_directives_ca.c: <ScepCA>, a further CA of a server, and how an
 * endpoint comes by it. (httpd layer)
 */
#include "scep_directives.h"
#include "scep_place.h"

#include <apr_strings.h>

/* What is a CA's own; all else is the server's around it. */
static bool may_contain(const char *directive)
{
    static const char *const prefixes[] = {"ScepCABackend",
                                           "ScepCACertificate",
                                           "ScepCAKey",
                                           "ScepCAChain",
                                           "ScepRA",
                                           "ScepNextCA",
                                           "ScepCRL",
                                           "ScepPassPhraseDialog",
                                           "ScepMasterPasswordFile"};
    size_t i;

    for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (strncasecmp(directive, prefixes[i], strlen(prefixes[i])) == 0) {
            return true;
        }
    }
    return false;
}

static const char *check_content(cmd_parms *cmd)
{
    const ap_directive_t *d;

    for (d = cmd->directive->first_child; d != NULL; d = d->next) {
        if (!may_contain(d->directive)) {
            return apr_psprintf(cmd->pool,
                                "%s> (%s:%d): %s cannot stand in it; only what "
                                "belongs to one CA can",
                                cmd->cmd->name, d->filename, d->line_num,
                                d->directive);
        }
    }
    return NULL;
}

const char *scep_section_ca(cmd_parms *cmd, void *dir, const char *args)
{
    scep_server_config_t *server = scep_config_server(cmd->server);
    scep_server_config_t *section;
    const char *name;
    const char *error = scep_section_name(cmd, args, &name);

    (void)dir;
    if (error == NULL) {
        error = check_content(cmd);
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
    section->defined_at = scep_place_here(cmd);
    server->ca_section = section;
    error = ap_walk_config(cmd->directive->first_child, cmd, cmd->context);
    server->ca_section = NULL;
    if (error == NULL && section->ca_cert == NULL && section->backend == NULL) {
        error = scep_bad_value(cmd, name,
                               "ScepCACertificateFile (or ScepCABackend) must "
                               "stand in it");
    }
    apr_hash_set(server->cas, name, APR_HASH_KEY_STRING, section);
    return error;
}

static void note_ca(cmd_parms *cmd, const char *name)
{
    scep_note_name(cmd, &scep_cmd_server(cmd)->named_cas, name);
}

const char *scep_set_ca(cmd_parms *cmd, void *dir, const char *value)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);

    if (error == NULL) {
        conf->ca = value;
        note_ca(cmd, value);
    }
    return error;
}

const char *scep_add_ca_ident(cmd_parms *cmd, void *dir, const char *ident,
                              const char *name)
{
    scep_dir_config_t *conf = dir;
    const char *error = ap_check_cmd_context(cmd, SCEP_POLICY_CONTEXT);

    if (error != NULL) {
        return error;
    }
    if (conf->ca_idents == NULL) {
        conf->ca_idents = apr_hash_make(cmd->pool);
    }
    if (apr_hash_get(conf->ca_idents, ident, APR_HASH_KEY_STRING) != NULL) {
        return scep_bad_value(cmd, ident, "it stands for a CA already");
    }
    apr_hash_set(conf->ca_idents, ident, APR_HASH_KEY_STRING, name);
    note_ca(cmd, name);
    return NULL;
}
