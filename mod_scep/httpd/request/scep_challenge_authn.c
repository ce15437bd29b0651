/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_challenge_authn.c: see scep_challenge_authn.h. (httpd layer) */
#include "scep_challenge_authn.h"

#include <httpd.h>
#include <ap_provider.h>
#include <apr_strings.h>

#include <mod_auth.h>

#include "scep_env.h"
#include "scep_outside.h"
#include "scep_str.h"

enum { MAX_SHOWN = 256 };

typedef struct authn_state_t {
    const char *name;
    const authn_provider *provider;
} authn_state_t;

static scep_status_e start(const scep_host_t *host,
                           const scep_challenge_config_t *config,
                           const scep_env_t *env, apr_pool_t *pool,
                           void **state, scep_result_t *res)
{
    authn_state_t *s = apr_pcalloc(pool, sizeof(*s));
    const char *names;

    (void)host;
    (void)env;
    s->name = config->args;
    s->provider = ap_lookup_provider(AUTHN_PROVIDER_GROUP, s->name,
                                     AUTHN_PROVIDER_VERSION);
    if (s->provider != NULL && s->provider->check_password != NULL) {
        *state = s;
        return SCEP_OK;
    }
    names = scep_outside_names(pool, AUTHN_PROVIDER_GROUP,
                               AUTHN_PROVIDER_VERSION, "");
    return scep_fail(res, SCEP_R_SETUP,
                     "httpd has no authentication provider \"%s\" that checks "
                     "passwords; there is: %s. Load the module that brings it "
                     "(mod_authn_file, mod_authnz_ldap, ...)",
                     s->name, *names != '\0' ? names : "none");
}

/* Ask as mod_auth_basic does, and undo what the provider changes in R. */
static authn_status ask(const authn_state_t *s, request_rec *r,
                        const char *user, const char *password)
{
    char *user_before = r->user, *type_before = r->ap_auth_type;
    authn_status status;

    apr_table_setn(r->notes, AUTHN_PROVIDER_NAME_NOTE, s->name);
    status = s->provider->check_password(r, user, password);
    apr_table_unset(r->notes, AUTHN_PROVIDER_NAME_NOTE);
    r->user = user_before;
    r->ap_auth_type = type_before;
    return status;
}

static scep_status_e check(void *state, const scep_env_t *env,
                           const scep_challenge_request_t *request,
                           apr_pool_t *pool, scep_challenge_answer_t *answer,
                           scep_result_t *res)
{
    const authn_state_t *s = state;
    const char *colon = strchr(request->challenge, ':');
    const char *user, *shown;

    (void)answer;
    if (request->host_request == NULL) {
        return scep_fail(res, SCEP_R_INTERNAL,
                         "this request did not come through httpd");
    }
    if (colon == NULL || colon == request->challenge) {
        return scep_fail(res, SCEP_R_CHALLENGE_UNKNOWN,
                         "the challenge for \"%s\" is not of the form "
                         "user:password",
                         request->subject);
    }
    user = apr_pstrmemdup(pool, request->challenge,
                          (apr_size_t)(colon - request->challenge));
    shown = scep_printable(pool, user, MAX_SHOWN);
    switch (ask(s, request->host_request, user, colon + 1)) {
    case AUTH_GRANTED:
        scep_log(env, SCEP_LOG_INFO,
                 SCEPLOGNO(0027) "user \"%s\" of authn:%s vouches for \"%s\"",
                 shown, s->name, request->subject);
        return SCEP_OK;
    case AUTH_DENIED:
        return scep_fail(res, SCEP_R_CHALLENGE_UNKNOWN,
                         "authn:%s: the password of user \"%s\" for \"%s\" is "
                         "wrong",
                         s->name, shown, request->subject);
    case AUTH_USER_NOT_FOUND:
        return scep_fail(res, SCEP_R_CHALLENGE_UNKNOWN,
                         "authn:%s: there is no user \"%s\", for \"%s\"",
                         s->name, shown, request->subject);
    default:
        break;
    }
    return scep_fail(res, SCEP_R_SOURCE_UNAVAILABLE,
                     "authn:%s could not check a password; httpd's log may say "
                     "why, and its directives must stand in the section of "
                     "this endpoint",
                     s->name);
}

const scep_challenge_provider_t scep_challenge_authn = {
    .abi = SCEP_CHALLENGE_ABI,
    .size = sizeof(scep_challenge_provider_t),
    .name = "authn",
    .start = start,
    .check = check,
};
