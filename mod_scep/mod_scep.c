/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * mod_scep.c: the module's record, its hooks, and the order of start-up.
 * (httpd layer)
 */
#include <httpd.h>
#include <ap_provider.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_request.h>

#include <openssl/crypto.h>

#include "mod_scep.h"
#include "scep_admin.h"
#include "scep_ca_local.h"
#include "scep_challenge_authn.h"
#include "scep_challenge_exec.h"
#include "scep_config.h"
#include "scep_config_check.h"
#include "scep_endpoint.h"
#include "scep_hide.h"
#include "scep_in_use_start.h"
#include "scep_log_httpd.h"
#include "scep_openssl_floor.h"
#include "scep_os.h"
#include "scep_place.h"
#include "scep_review.h"
#include "scep_runtime.h"
#include "scep_sources.h"
#include "scep_status.h"
#include "scep_trust.h"
#include "scep_watchdog.h"

static int pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    apr_status_t rv = scep_shared_register(pconf);

    (void)plog;
    if (rv != APR_SUCCESS) {
        ap_log_perror(APLOG_MARK, APLOG_EMERG, rv, ptemp,
                      SCEPLOGNO(0002) "the lock cannot be registered");
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}

/* httpd already serves. A fault of one site must then not end the other sites,
 * or other modules: that site refuses (invariant 1). */
static bool is_restart(void)
{
    return ap_state_query(AP_SQ_CONFIG_GEN) > 1;
}

/* Also runs for `apachectl -t`, which never gets to post_config. */
static int check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                        server_rec *s)
{
    int mode = ap_state_query(AP_SQ_RUN_MODE);

    (void)pconf;
    (void)plog;
    scep_review_forbid_dumps(s);
    return scep_config_check(s, ptemp,
                             mode != AP_SQ_RM_CONFIG_DUMP && !is_restart(),
                             mode != AP_SQ_RM_CONFIG_TEST)
               ? OK
               : HTTP_INTERNAL_SERVER_ERROR;
}

/* The log may already be a file while the operator sits at a terminal. httpd's
 * start-up messages go to both, and so do these. */
static int give_up(server_rec *s, const scep_server_config_t *conf,
                   const scep_result_t *res)
{
    ap_log_error(APLOG_MARK, APLOG_EMERG | APLOG_STARTUP, 0, s,
                 SCEPLOGNO(0003) "%s", scep_place_fault(s, conf, res, NULL));
    scep_crypto_clear_errors();
    return HTTP_INTERNAL_SERVER_ERROR;
}

/* Judge a fault at a start. RES is fresh again if httpd goes on. A fault that
 * several servers have from one directive is told once. */
static int judge(const scep_runtime_t *runtime, server_rec *s,
                 const scep_server_config_t *conf, scep_result_t *res)
{
    const char *text;

    if (!is_restart()) {
        return give_up(s, conf, res);
    }
    text = scep_place_fault(s, conf, res, runtime->told);
    if (text != NULL) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s,
                     SCEPLOGNO(0014) "%s; requests that need this are refused "
                                     "until a restart without the fault",
                     text);
    }
    scep_crypto_clear_errors();
    scep_result_init(res, res->pool);
    return OK;
}

/*
 * The order of start-up:
 *  1. (pre_config)   the lock's name, so that `Mutex` can configure it
 *  2. (directives)   each value
 *  3. (check_config) what the directives amount to; also with -t
 * The first, dry pass of a start:
 *  4. passphrases that are typed in: only now there is a terminal
 * The real pass, and each restart:
 *  5. shared memory and lock, once in the server's life
 *  6. algorithms
 *  7. the providers of ScepChallenge and the CAs of ScepRenewalTrust; and, for
 *     each distinct site, the steps of scep_steps.c, which 3 has tested
 *  8. in-use.json in each state directory, for scepctl
 *  9. the recurring work, given to mod_watchdog
 * Each child:
 * 10. lock, backend, database, and the providers of ScepChallenge; before
 *     mod_watchdog's threads run
 */
static scep_status_e start_common(scep_runtime_t **runtime, apr_pool_t *pconf,
                                  server_rec *main_s, scep_result_t *res)
{
    scep_env_t env;
    scep_status_e status = scep_runtime_make(pconf, runtime, res);

    scep_log_env_server(&env, main_s);
    if (status == SCEP_OK) {
        status =
            scep_shared_make(main_s, scep_config_server(main_s)->password_max,
                             &env, &(*runtime)->shared, res);
    }
    return status;
}

/* The CAs of a server: its own, and those of <ScepCA>. */
static int start_server(scep_runtime_t *runtime, apr_pool_t *pconf,
                        apr_pool_t *ptemp, server_rec *s, scep_result_t *res)
{
    apr_array_header_t *cas = scep_config_cas(s, pconf);
    scep_server_config_t *server = scep_config_server(s);
    int i;

    server->sites = apr_hash_make(pconf);
    for (i = 0; i < cas->nelts; i++) {
        const scep_server_config_t *conf =
            APR_ARRAY_IDX(cas, i, const scep_server_config_t *);
        scep_site_t *site;

        if (scep_runtime_site(runtime, s, conf, pconf, ptemp, &site, res) !=
                SCEP_OK &&
            judge(runtime, s, conf, res) != OK) {
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        if (!is_restart()) {
            scep_os_warn_of_open_keys(s, conf);
        }
        apr_hash_set(server->sites,
                     conf->ca_name != NULL ? conf->ca_name : SCEP_OWN_CA,
                     APR_HASH_KEY_STRING, site);
    }
    return OK;
}

/* The headers only tell what mod_scep was built with; the library counts. It
 * stays the same over restarts, so it is told once. */
static void tell_if_old(server_rec *s, apr_pool_t *ptemp)
{
    scep_openssl_t version = {OPENSSL_version_major(), OPENSSL_version_minor(),
                              OPENSSL_version_patch()};
    const char *advice = scep_openssl_advice(ptemp, version);

    if (advice != NULL && !is_restart()) {
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, s, SCEPLOGNO(0028) "%s",
                     advice);
    }
}

static int start_all(apr_pool_t *pconf, apr_pool_t *ptemp, server_rec *main_s)
{
    scep_runtime_t *runtime;
    scep_result_t res;
    server_rec *s;

    scep_result_init(&res, ptemp);
    tell_if_old(main_s, ptemp);
    if (start_common(&runtime, pconf, main_s, &res) != SCEP_OK &&
        judge(runtime, main_s, scep_config_server(main_s), &res) != OK) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    for (s = main_s; s != NULL; s = s->next) {
        /* Sections of a server that is off apply to servers that are on. */
        if (scep_sources_start(main_s, s, pconf, &res) != SCEP_OK &&
            judge(runtime, s, scep_config_server(s), &res) != OK) {
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        if (scep_trust_start(main_s, s, pconf, &res) != SCEP_OK &&
            judge(runtime, s, scep_config_server(s), &res) != OK) {
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        if (scep_config_server(s)->engine != 1) {
            continue;
        }
        if (start_server(runtime, pconf, ptemp, s, &res) != OK) {
            return HTTP_INTERNAL_SERVER_ERROR;
        }
    }
    scep_runtime_settled(runtime, main_s, ptemp);
    scep_in_use_start(main_s, ptemp);
    scep_review(main_s, ptemp);
    scep_watchdog_start(runtime, main_s, pconf);
    scep_crypto_clear_errors();
    return OK;
}

static scep_status_e ask_for(server_rec *s, apr_pool_t *ptemp,
                             scep_result_t *res)
{
    apr_array_header_t *cas = scep_config_cas(s, ptemp);
    scep_status_e status = SCEP_OK;
    int i;

    for (i = 0; i < cas->nelts && status == SCEP_OK; i++) {
        status = scep_dialog_prompt(
            s, APR_ARRAY_IDX(cas, i, scep_server_config_t *), ptemp, res);
    }
    return status;
}

static int ask_passphrases(apr_pool_t *ptemp, server_rec *s)
{
    scep_result_t res;

    scep_result_init(&res, ptemp);
    for (; s != NULL; s = s->next) {
        if (scep_config_server(s)->engine == 1 &&
            ask_for(s, ptemp, &res) != SCEP_OK) {
            return give_up(s, scep_config_server(s), &res);
        }
    }
    return OK;
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                       server_rec *s)
{
    (void)plog;
    scep_hide_secrets(pconf, ptemp);
    if (!scep_config_wanted(s)) {
        scep_in_use_end();
        return OK;
    }
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return ask_passphrases(ptemp, s);
    }
    return start_all(pconf, ptemp, s);
}

static void child_init(apr_pool_t *pchild, server_rec *main_s)
{
    server_rec *s;

    for (s = main_s; s != NULL; s = s->next) {
        scep_site_t *site = scep_config_site(scep_config_server(s), NULL);

        if (site != NULL) {
            if (!scep_os_hide_memory()) {
                ap_log_error(APLOG_MARK, APLOG_ERR, errno, main_s,
                             SCEPLOGNO(0051) "other processes of httpd's user "
                                             "may read the CA's key from the "
                                             "memory of this one");
            }
            scep_runtime_child_init(site->runtime, main_s, pchild);
            scep_sources_child_start(main_s, pchild);
            return;
        }
    }
}

static void register_hooks(apr_pool_t *pool)
{
    static const char *const after_ssl[] = {"mod_ssl.c", NULL};
    static const char *const watchdog[] = {"mod_watchdog.c", NULL};

    ap_register_provider(pool, SCEP_CA_PROVIDER_GROUP, "local",
                         SCEP_CA_PROVIDER_VERSION, &scep_ca_local);
    ap_register_provider(pool, SCEP_CHALLENGE_PROVIDER_GROUP, "authn",
                         SCEP_CHALLENGE_PROVIDER_VERSION,
                         &scep_challenge_authn);
    ap_register_provider(pool, SCEP_CHALLENGE_PROVIDER_GROUP, "exec",
                         SCEP_CHALLENGE_PROVIDER_VERSION, &scep_challenge_exec);
    ap_hook_pre_config(pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(check_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(post_config, after_ssl, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(child_init, NULL, watchdog, APR_HOOK_MIDDLE);
    scep_status_register();
    scep_endpoint_register(pool);
    scep_admin_register(pool);
}

module AP_MODULE_DECLARE_DATA scep_module = {
    STANDARD20_MODULE_STUFF,  scep_config_create_dir,
    scep_config_merge_dir,    scep_config_create_server,
    scep_config_merge_server, scep_directives,
    register_hooks,
#if defined(AP_MODULE_FLAG_NONE)
    AP_MODULE_FLAG_NONE
#endif
};
