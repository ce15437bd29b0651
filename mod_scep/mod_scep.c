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

#include "mod_scep.h"
#include "scep_admin.h"
#include "scep_ca_exec.h"
#include "scep_ca_local.h"
#include "scep_challenge_authn.h"
#include "scep_challenge_exec.h"
#include "scep_config.h"
#include "scep_endpoint.h"
#include "scep_hide.h"
#include "scep_in_use_start.h"
#include "scep_log_httpd.h"
#include "scep_review.h"
#include "scep_shared.h"
#include "scep_start.h"
#include "scep_status.h"

APLOG_USE_MODULE(scep);

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

/* Also runs for `apachectl -t`, which never gets to post_config. */
static int check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                        server_rec *s)
{
    int mode = ap_state_query(AP_SQ_RUN_MODE);

    (void)pconf;
    (void)plog;
    scep_review_forbid_dumps(s);
    return scep_start_test(
        s, ptemp, mode != AP_SQ_RM_CONFIG_DUMP && !scep_start_is_restart(),
        mode != AP_SQ_RM_CONFIG_TEST);
}

/*
 * The order of start-up:
 *  1. (pre_config)   the lock's name, so that `Mutex` can configure it
 *  2. (directives)   each value
 *  3. (check_config) the steps of 5, without effects; also with -t
 * The first, dry pass of a start:
 *  4. passphrases that are typed in: only now there is a terminal
 * The real pass, and each restart:
 *  5. the steps of scep_steps.c: what there is once (algorithms, shared memory
 *     and lock), what each server has, and what each distinct site has
 *  6. in-use.json in each state directory, for scepctl
 *  7. the recurring work, given to mod_watchdog
 * Each child:
 *  8. lock, backend, database, and the providers of ScepChallenge; before
 *     mod_watchdog's threads run
 */
static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                       server_rec *s)
{
    (void)plog;
    scep_hide_secrets(pconf, ptemp);
    if (!scep_config_wanted(s)) {
        scep_in_use_end();
        return OK;
    }
    return ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG
               ? scep_start_ask(s, ptemp)
               : scep_start(s, pconf, ptemp);
}

static void child_init(apr_pool_t *pchild, server_rec *main_s)
{
    scep_start_child(main_s, pchild);
}

static void register_hooks(apr_pool_t *pool)
{
    static const char *const after_ssl[] = {"mod_ssl.c", NULL};
    static const char *const watchdog[] = {"mod_watchdog.c", NULL};

    ap_register_provider(pool, SCEP_CA_PROVIDER_GROUP, "local",
                         SCEP_CA_PROVIDER_VERSION, &scep_ca_local);
    ap_register_provider(pool, SCEP_CA_PROVIDER_GROUP, "exec",
                         SCEP_CA_PROVIDER_VERSION, &scep_ca_exec);
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
