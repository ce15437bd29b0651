/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_start.c: see scep_start.h. (httpd layer) */
#include "scep_start.h"

#include <errno.h>

#include <openssl/crypto.h>

#include <http_core.h>
#include <http_log.h>

#include "scep_in_use_start.h"
#include "scep_openssl_floor.h"
#include "scep_os.h"
#include "scep_place.h"
#include "scep_review.h"
#include "scep_sources.h"
#include "scep_steps.h"
#include "scep_watchdog.h"

APLOG_USE_MODULE(scep);

bool scep_start_is_restart(void)
{
    return ap_state_query(AP_SQ_CONFIG_GEN) > 1;
}

/* ---- what is wrong ---- */

/* The log may already be a file while the operator sits at a terminal. httpd's
 * start-up messages go to both, and so do these. */
static bool give_up(const scep_start_t *c)
{
    ap_log_error(APLOG_MARK, APLOG_EMERG | APLOG_STARTUP, 0, c->s,
                 SCEPLOGNO(0003) "%s",
                 scep_place_fault(c->s, c->conf, c->res, NULL));
    return false;
}

/* A fault that several servers have from one directive is told once. */
static void tell(const scep_start_t *c, const char *number)
{
    const char *text =
        scep_place_fault(c->s, c->conf, c->res, c->runtime->told);

    if (text != NULL && c->runtime->test) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, c->s, "%s%s", number, text);
    }
    else if (text != NULL) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, c->s,
                     SCEPLOGNO(0014) "%s; requests that need this are refused "
                                     "until a restart without the fault",
                     text);
    }
}

/* A scep_fault_fn. */
static bool judge(const scep_start_t *c, const char *number)
{
    bool go_on = c->runtime->test || scep_start_is_restart();

    if (go_on) {
        tell(c, number != NULL ? number : SCEPLOGNO(0001));
        c->runtime->faults = true;
    }
    else {
        give_up(c);
    }
    scep_crypto_clear_errors();
    return go_on;
}

/* ---- all steps ---- */

/* Its own CA, and those of <ScepCA>. @return false: give up */
static bool serve_server(scep_start_t c)
{
    scep_server_config_t *server = scep_config_server(c.s);
    apr_array_header_t *cas = scep_config_cas(c.s, c.pool);
    scep_served_t *served = scep_served_make(c.runtime, server, c.pool);
    int i;

    for (i = 0; i < cas->nelts; i++) {
        scep_site_t *site;

        c.conf = APR_ARRAY_IDX(cas, i, const scep_server_config_t *);
        if (scep_runtime_site(&c, &site) != SCEP_OK && !judge(&c, NULL)) {
            return false;
        }
        if (!c.runtime->test && !scep_start_is_restart()) {
            scep_os_warn_of_open_keys(c.s, c.conf);
        }
        scep_served_add(served, c.conf, site);
    }
    if (!c.runtime->test) {
        server->served = served;
    }
    return true;
}

/* @return false: give up */
static bool run(scep_runtime_t *runtime, server_rec *main_server,
                apr_pool_t *pool, apr_pool_t *ptemp)
{
    scep_result_t res;
    scep_start_t c = {.runtime = runtime,
                      .main_server = main_server,
                      .s = main_server,
                      .conf = scep_config_server(main_server),
                      .pool = pool,
                      .ptemp = ptemp,
                      .res = &res};
    bool go_on;

    scep_result_init(&res, ptemp);
    go_on = scep_steps_first(&c, judge);
    for (; c.s != NULL && go_on; c.s = c.s->next) {
        c.conf = scep_config_server(c.s);
        go_on = scep_steps_server(&c, judge) &&
                (c.conf->engine != 1 || serve_server(c));
    }
    return go_on;
}

/* ---- the passes ---- */

int scep_start_test(server_rec *main_server, apr_pool_t *ptemp, bool files,
                    bool quiet)
{
    bool good = scep_review_handlers(main_server, ptemp, quiet);
    scep_runtime_t *runtime;
    apr_pool_t *scratch;

    if (!quiet && files) {
        scep_review(main_server, ptemp);
    }
    if (scep_config_wanted(main_server)) {
        apr_pool_create(&scratch, ptemp);
        runtime = scep_runtime_make(scratch);
        runtime->test = true;
        runtime->words = !files;
        runtime->quiet = quiet;
        runtime->masters = scep_master_check_make(scratch);
        run(runtime, main_server, scratch, scratch);
        good = good && !runtime->faults;
        apr_pool_destroy(scratch); /* wipes the keys that were read */
    }
    scep_crypto_clear_errors();
    return good ? OK : HTTP_INTERNAL_SERVER_ERROR;
}

int scep_start_ask(server_rec *main_server, apr_pool_t *ptemp)
{
    scep_result_t res;
    scep_start_t c = {.s = main_server, .res = &res};
    int i;

    scep_result_init(&res, ptemp);
    for (; c.s != NULL; c.s = c.s->next) {
        apr_array_header_t *cas = scep_config_cas(c.s, ptemp);

        for (i = 0; scep_config_server(c.s)->engine == 1 && i < cas->nelts;
             i++) {
            c.conf = APR_ARRAY_IDX(cas, i, const scep_server_config_t *);
            if (scep_dialog_prompt(c.s, c.conf, ptemp, &res) != SCEP_OK) {
                give_up(&c);
                return HTTP_INTERNAL_SERVER_ERROR;
            }
        }
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

    if (advice != NULL && !scep_start_is_restart()) {
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, s, SCEPLOGNO(0028) "%s",
                     advice);
    }
}

int scep_start(server_rec *main_server, apr_pool_t *pconf, apr_pool_t *ptemp)
{
    scep_runtime_t *runtime = scep_runtime_make(pconf);

    tell_if_old(main_server, ptemp);
    if (!run(runtime, main_server, pconf, ptemp)) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    scep_runtime_settled(runtime, main_server, ptemp);
    scep_in_use_start(main_server, ptemp);
    scep_review(main_server, ptemp);
    scep_watchdog_start(runtime, main_server, pconf);
    scep_crypto_clear_errors();
    return OK;
}

void scep_start_child(server_rec *main_server, apr_pool_t *pchild)
{
    scep_runtime_t *runtime = scep_runtime_of(main_server);

    if (runtime == NULL) {
        return;
    }
    if (!scep_os_hide_memory()) {
        ap_log_error(APLOG_MARK, APLOG_ERR, errno, main_server,
                     SCEPLOGNO(0051) "other processes of httpd's user may read "
                                     "the CA's key from the memory of this "
                                     "one");
    }
    scep_runtime_child_init(runtime, main_server, pchild);
    scep_sources_child_start(main_server, pchild);
}
