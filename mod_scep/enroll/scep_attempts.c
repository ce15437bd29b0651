/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_attempts.c: refused challenges counted, and what comes of it.
 * (enroll layer)
 */
#include "scep_attempts.h"

#include <arpa/inet.h>
#include <string.h>

#include <apr_strings.h>

enum {
    PLACES_EACH = 2, /* that one key may have of those to wait at */
    LEASE_SECONDS = 60,
    MAX_SOURCE = 64, /* octets of an address */
    IPV6_PREFIX = 8, /* octets: a /64, which is what a network is given */
    KEY_INPUT = 1 + 4 + 8 + MAX_SOURCE
};

/* What is counted. */
typedef enum {
    KIND_SOURCE = 'S',
    KIND_PASSWORD = 'P',
    KIND_MASTER = 'M'
} kind_e;

static bool is_on(const scep_request_t *req)
{
    return req->service->failures != NULL &&
           req->policy->failure_limit.allowance.count > 0;
}

/* No peer can choose its place in the memory: what says who it is is hashed
 * with a key. */
static bool make_key(const scep_request_t *req, kind_e kind,
                     const scep_allowance_t *allowance, const void *data,
                     size_t len, unsigned char *key)
{
    unsigned char input[KEY_INPUT], *at = input;

    *at++ = (unsigned char)kind;
    memcpy(at, &allowance->count, 4);
    at += 4;
    memcpy(at, &allowance->per, 8);
    at += 8;
    len = len < MAX_SOURCE ? len : MAX_SOURCE;
    memcpy(at, data, len);
    return scep_hmac(req->service->password_key,
                     (scep_octets_t){input, (size_t)(at - input) + len}, key);
}

static size_t source_of(const scep_request_t *req,
                        unsigned char source[MAX_SOURCE])
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    const char *peer = req->peer != NULL ? req->peer : "";
    const char *zone = strchr(peer, '%');
    unsigned char ipv6[16];
    size_t len = strlen(peer);

    if (inet_pton(AF_INET, peer, source) == 1) {
        return 4;
    }
    if (zone != NULL) {
        peer = apr_pstrmemdup(req->pool, peer, (size_t)(zone - peer));
    }
    if (inet_pton(AF_INET6, peer, ipv6) != 1) {
        len = len < MAX_SOURCE ? len : MAX_SOURCE;
        memcpy(source, peer, len);
        return len;
    }
    if (memcmp(ipv6, mapped, sizeof(mapped)) == 0) {
        memcpy(source, ipv6 + sizeof(mapped), 4);
        return 4;
    }
    memcpy(source, ipv6, IPV6_PREFIX);
    return IPV6_PREFIX;
}

const char *scep_attempts_network(const scep_request_t *req)
{
    unsigned char source[MAX_SOURCE], ipv6[16] = {0};
    char text[INET6_ADDRSTRLEN];
    size_t len = source_of(req, source);

    switch (len) {
    case 4:
        inet_ntop(AF_INET, source, text, sizeof(text));
        return apr_pstrdup(req->pool, text);
    case IPV6_PREFIX:
        memcpy(ipv6, source, IPV6_PREFIX);
        inet_ntop(AF_INET6, ipv6, text, sizeof(text));
        return apr_pstrcat(req->pool, text, "/64", NULL);
    default:
        return apr_pstrmemdup(req->pool, (const char *)source, len);
    }
}

bool scep_attempts_source_key(const scep_request_t *req,
                              const scep_allowance_t *allowance,
                              unsigned char key[SCEP_HASH_SIZE])
{
    unsigned char source[MAX_SOURCE];
    size_t len = source_of(req, source);

    return make_key(req, KIND_SOURCE, allowance, source, len, key);
}

static bool source_key(const scep_request_t *req, unsigned char *key)
{
    return scep_attempts_source_key(req, &req->policy->failure_limit.allowance,
                                    key);
}

static apr_interval_time_t wait_of(const scep_request_t *req,
                                   const unsigned char *key)
{
    return scep_failures_wait(req->service->failures, key,
                              &req->policy->failure_limit.allowance,
                              scep_env_now(&req->env));
}

static int whole_seconds(apr_interval_time_t time)
{
    return (int)apr_time_sec(time + APR_USEC_PER_SEC - 1);
}

static const char *allowance_text(const scep_request_t *req)
{
    const scep_failure_limit_t *limit = &req->policy->failure_limit;

    return apr_psprintf(req->pool, "%u in %d seconds",
                        (unsigned int)limit->allowance.count,
                        whole_seconds(limit->allowance.per));
}

static scep_status_e no_hmac(scep_result_t *res)
{
    return scep_fail(res, SCEP_R_INTERNAL, "HMAC failed");
}

/* Sleep at one of the places for it.
 * @return false: there is none */
static bool wait_at_place(const scep_request_t *req, const unsigned char *key)
{
    const scep_service_t *service = req->service;
    apr_interval_time_t delay = req->policy->failure_limit.delay;
    int place = scep_failures_enter(service->failures, SCEP_PLACE_WAITING, key,
                                    PLACES_EACH, service->waiting_places,
                                    scep_env_now(&req->env),
                                    delay + apr_time_from_sec(LEASE_SECONDS));

    if (place < 0) {
        return false;
    }
    apr_sleep(delay);
    scep_failures_leave(service->failures, SCEP_PLACE_WAITING, place);
    return true;
}

/* BEFORE: what would have been said, or NULL. */
static scep_status_e too_many_waiting(const scep_request_t *req,
                                      const char *before, scep_result_t *res)
{
    scep_fail(res, SCEP_R_TOO_MANY_WAITING,
              "more than %s have failed, and as many wait already as may%s%s",
              allowance_text(req), before != NULL ? "; " : "",
              before != NULL ? before : "");
    res->retry_after = whole_seconds(req->policy->failure_limit.delay);
    return res->status;
}

scep_status_e scep_attempts_begin(scep_request_t *req, scep_result_t *res)
{
    unsigned char key[SCEP_HASH_SIZE];
    apr_interval_time_t wait;

    if (!is_on(req) || !req->policy->failure_limit.refuse) {
        return SCEP_OK;
    }
    if (!source_key(req, key)) {
        return no_hmac(res);
    }
    wait = wait_of(req, key);
    if (wait == 0) {
        return SCEP_OK;
    }
    scep_fail(res, SCEP_R_TOO_MANY_FAILURES,
              "more than %s have failed from there", allowance_text(req));
    res->retry_after = whole_seconds(wait);
    return res->status;
}

static scep_status_e wait_if_need_be(const scep_request_t *req,
                                     const unsigned char *key,
                                     scep_attempts_t *attempts,
                                     scep_result_t *res)
{
    if (attempts->waited || wait_of(req, key) == 0) {
        return SCEP_OK;
    }
    attempts->waited = wait_at_place(req, key);
    return attempts->waited ? SCEP_OK : too_many_waiting(req, NULL, res);
}

scep_status_e scep_attempts_guess(scep_request_t *req,
                                  scep_attempts_t *attempts, scep_result_t *res)
{
    unsigned char key[SCEP_HASH_SIZE];

    if (!is_on(req) || req->policy->failure_limit.refuse) {
        return SCEP_OK;
    }
    if (!source_key(req, key)) {
        return no_hmac(res);
    }
    return wait_if_need_be(req, key, attempts, res);
}

scep_status_e scep_attempts_password(scep_request_t *req,
                                     const unsigned char *hash,
                                     scep_attempts_t *attempts,
                                     scep_result_t *res)
{
    const scep_failure_limit_t *limit = &req->policy->failure_limit;
    unsigned char key[SCEP_HASH_SIZE];
    apr_interval_time_t wait;

    if (!is_on(req)) {
        return SCEP_OK;
    }
    if (!make_key(req, KIND_PASSWORD, &limit->allowance, hash, SCEP_HASH_SIZE,
                  key)) {
        return no_hmac(res);
    }
    if (!limit->refuse) {
        return wait_if_need_be(req, key, attempts, res);
    }
    wait = wait_of(req, key);
    if (wait == 0) {
        return SCEP_OK;
    }
    scep_fail(res, SCEP_R_PASSWORD_LOCKED,
              "more than %s have failed with this password",
              allowance_text(req));
    res->retry_after = whole_seconds(wait);
    return res->status;
}

/* --- afterwards ----------------------------------------------------------- */

/* At a password, or at what a password is limited to. */
static bool is_guess(scep_reason_e reason)
{
    return reason == SCEP_R_CHALLENGE_SYNTAX ||
           reason == SCEP_R_CHALLENGE_UNKNOWN ||
           reason == SCEP_R_CHALLENGE_EXPIRED ||
           reason == SCEP_R_CHALLENGE_SPENT || reason == SCEP_R_LIMIT_SUBJECT ||
           reason == SCEP_R_LIMIT_ALT_NAMES || reason == SCEP_R_LIMIT_NETWORK;
}

static bool count(const scep_request_t *req, const unsigned char *key)
{
    return scep_failures_add(req->service->failures, key,
                             &req->policy->failure_limit.allowance,
                             scep_env_now(&req->env));
}

static void count_source(const scep_request_t *req, const unsigned char *key)
{
    if (count(req, key)) {
        scep_log(&req->env, SCEP_LOG_WARNING,
                 SCEPLOGNO(0216) "of the challenges from %s, %s have failed: "
                                 "further ones %s",
                 req->peer, allowance_text(req),
                 req->policy->failure_limit.refuse ? "are refused"
                                                   : "have to wait");
    }
}

static void count_password(const scep_request_t *req)
{
    unsigned char key[SCEP_HASH_SIZE];

    if (make_key(req, KIND_PASSWORD, &req->policy->failure_limit.allowance,
                 req->challenge_hash, SCEP_HASH_SIZE, key) &&
        count(req, key)) {
        scep_log(&req->env, SCEP_LOG_WARNING,
                 SCEPLOGNO(0217) "of the challenges with one password, %s "
                                 "have failed, the last one from %s for \"%s\"",
                 allowance_text(req), req->peer, req->subject);
    }
}

/* Told of, and no more: whoever guesses from many addresses must not be able
 * to lock out those who know the password. */
static void count_master(const scep_request_t *req)
{
    unsigned char key[SCEP_HASH_SIZE];

    if (make_key(req, KIND_MASTER, &req->policy->failure_limit.allowance,
                 req->service->scope, strlen(req->service->scope), key) &&
        count(req, key)) {
        scep_log(&req->env, SCEP_LOG_WARNING,
                 SCEPLOGNO(0218) "of the challenges from all addresses, %s "
                                 "were not the master password, the last one "
                                 "from %s",
                 allowance_text(req), req->peer);
    }
}

scep_status_e scep_attempts_failed(scep_request_t *req,
                                   scep_attempts_t *attempts,
                                   scep_result_t *res)
{
    unsigned char key[SCEP_HASH_SIZE];

    if (!is_on(req) || !is_guess(res->reason) || !source_key(req, key)) {
        return res->status;
    }
    count_source(req, key);
    if (req->challenge_hash != NULL) {
        count_password(req);
    }
    else if (attempts->master) {
        count_master(req);
    }
    if (req->policy->failure_limit.refuse || attempts->waited ||
        wait_of(req, key) == 0 || wait_at_place(req, key)) {
        return res->status;
    }
    return too_many_waiting(req, res->detail, res);
}
