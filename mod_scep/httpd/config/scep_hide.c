/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_hide.c: hides secrets in the configuration, which httpd keeps in memory
 * and mod_info shows. (httpd layer)
 */
#include "scep_hide.h"

#include <httpd.h>
#include <apr_strings.h>
#include <http_config.h>

#include "scep_store.h"

/* Replaces the arguments of a directive whose last word holds a secret. */
#define HIDDEN "(hidden: it holds a password)"

static bool database_has_secret(const char *args, apr_pool_t *ptemp)
{
    scep_store_config_t config = {.connections = 1};

    config.driver = ap_getword_conf(ptemp, &args);
    config.params = ap_getword_conf(ptemp, &args);
    return scep_store_driver_known(config.driver) &&
           scep_store_config_secret(&config, ptemp);
}

/* A key's URI may hold the PIN of a token (RFC 7512 2.3). */
static bool key_has_secret(const char *name, const char *args)
{
    size_t len = strlen(name);

    return len > 3 && strcasecmp(name + len - 3, "Key") == 0 &&
           strcasestr(args, "pin-value") != NULL;
}

static void hide(ap_directive_t *directive, apr_pool_t *pool, apr_pool_t *ptemp)
{
    const char *name = directive->directive, *args = directive->args;

    if (args == NULL || strncasecmp(name, "Scep", 4) != 0) {
        return;
    }
    if (strcasecmp(name, "ScepDatabase") == 0 &&
        database_has_secret(args, ptemp)) {
        const char *driver = ap_getword_conf(ptemp, &args);

        directive->args = apr_pstrcat(pool, driver, " " HIDDEN, NULL);
    }
    else if (key_has_secret(name, args)) {
        directive->args = HIDDEN;
    }
}

void scep_hide_secrets(apr_pool_t *pool, apr_pool_t *ptemp)
{
    ap_directive_t *directive = ap_conftree;

    while (directive != NULL) {
        hide(directive, pool, ptemp);
        if (directive->first_child != NULL) {
            directive = directive->first_child;
            continue;
        }
        while (directive != NULL && directive->next == NULL) {
            directive = directive->parent;
        }
        if (directive != NULL) {
            directive = directive->next;
        }
    }
}
