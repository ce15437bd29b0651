/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_guess_limit.c: count refused challenges, and delay or refuse further
 * ones. (enroll layer)
 */
#include "scep_guess_limit.h"

#include <arpa/inet.h>
#include <string.h>

#include <apr_strings.h>

enum {
    SLOTS_EACH = 2, /* that one key may have to wait in */
    LEASE_SECONDS = 60,
    SLOT_SECONDS = 600, /* longer than any provider takes */
    OF_EIGHT = 4,       /* workers may ask a provider at a time */
    OF_RESERVE = 3,     /* that one key, or one challenge, may use up */
    MAX_NETWORK = 64,   /* octets of an address */
    IPV6_PREFIX = 8,    /* octets: a /64, the usual size of a network */
    KEY_INPUT = 1 + 4 + 8 + MAX_NETWORK
};

/* What is counted. */
typedef enum {
    KIND_NETWORK = 'S',
    KIND_PASSWORD = 'P',
    KIND_MASTER = 'M',
    KIND_RESERVE = 'R',   /* of an address */
    KIND_KEY = 'K',       /* that uses up some of it */
    KIND_CHALLENGE = 'C', /* likewise */
    KIND_ALL = 'A'        /* the reserves of all addresses */
} kind_e;

static bool is_on(const scep_request_t *req)
{
    return req->service->rate_limits != NULL &&
           req->policy->failure_limit.allowance.count > 0;
}

/* What identifies a peer is hashed with a key, so that no peer can choose its
 * position in the memory. */
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
    len = len < MAX_NETWORK ? len : MAX_NETWORK;
    memcpy(at, data, len);
    return scep_hmac(req->service->password_key,
                     (scep_octets_t){input, (size_t)(at - input) + len}, key);
}

static size_t network_of(const scep_request_t *req,
                         unsigned char network[MAX_NETWORK])
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    const char *peer = req->peer != NULL ? req->peer : "";
    const char *zone = strchr(peer, '%');
    unsigned char ipv6[16];
    size_t len = strlen(peer);

    if (inet_pton(AF_INET, peer, network) == 1) {
        return 4;
    }
    if (zone != NULL) {
        peer = apr_pstrmemdup(req->pool, peer, (size_t)(zone - peer));
    }
    if (inet_pton(AF_INET6, peer, ipv6) != 1) {
        len = len < MAX_NETWORK ? len : MAX_NETWORK;
        memcpy(network, peer, len);
        return len;
    }
    if (memcmp(ipv6, mapped, sizeof(mapped)) == 0) {
        memcpy(network, ipv6 + sizeof(mapped), 4);
        return 4;
    }
    memcpy(network, ipv6, IPV6_PREFIX);
    return IPV6_PREFIX;
}

const char *scep_guess_limit_network(const scep_request_t *req)
{
    unsigned char network[MAX_NETWORK], ipv6[16] = {0};
    char text[INET6_ADDRSTRLEN];
    size_t len = network_of(req, network);

    switch (len) {
    case 4:
        inet_ntop(AF_INET, network, text, sizeof(text));
        return apr_pstrdup(req->pool, text);
    case IPV6_PREFIX:
        memcpy(ipv6, network, IPV6_PREFIX);
        inet_ntop(AF_INET6, ipv6, text, sizeof(text));
        return apr_pstrcat(req->pool, text, "/64", NULL);
    default:
        return apr_pstrmemdup(req->pool, (const char *)network, len);
    }
}

bool scep_guess_limit_network_key(const scep_request_t *req,
                                  const scep_allowance_t *allowance,
                                  unsigned char key[SCEP_HASH_SIZE])
{
    unsigned char network[MAX_NETWORK];
    size_t len = network_of(req, network);

    return make_key(req, KIND_NETWORK, allowance, network, len, key);
}

static bool network_key(const scep_request_t *req, unsigned char *key)
{
    return scep_guess_limit_network_key(
        req, &req->policy->failure_limit.allowance, key);
}

static apr_interval_time_t wait_of(const scep_request_t *req,
                                   const unsigned char *key)
{
    return scep_shm_limits_wait(req->service->rate_limits, key,
                                &req->policy->failure_limit.allowance,
                                scep_env_now(&req->env));
}

static int whole_seconds(apr_interval_time_t time)
{
    return (int)apr_time_sec(time + APR_USEC_PER_SEC - 1);
}

/* "100 WHAT in 600 seconds" */
static const char *allowance_text(const scep_request_t *req, const char *what)
{
    const scep_failure_limit_t *limit = &req->policy->failure_limit;

    return apr_psprintf(req->pool, "%u %s in %d seconds",
                        (unsigned int)limit->allowance.count, what,
                        whole_seconds(limit->allowance.per));
}

static scep_status_e no_hmac(scep_result_t *res)
{
    return scep_fail(res, SCEP_R_INTERNAL, "HMAC failed");
}

/* Sleep in a slot. @return false: none is free */
static bool wait_in_slot(const scep_request_t *req, const unsigned char *key)
{
    const scep_service_t *service = req->service;
    apr_interval_time_t delay = req->policy->failure_limit.delay;
    const scep_slot_terms_t terms =
        scep_slot_terms(SCEP_SLOT_WAITING, service->waiting_slots, key,
                        SLOTS_EACH, delay + apr_time_from_sec(LEASE_SECONDS));
    int slot =
        scep_shm_slots_take(service->slots, &terms, scep_env_now(&req->env));

    if (slot < 0) {
        return false;
    }
    apr_sleep(delay);
    scep_shm_slots_give(service->slots, slot);
    return true;
}

/* BEFORE: the detail of the refusal that this one replaces, or NULL. */
static scep_status_e too_many_waiting(const scep_request_t *req,
                                      const char *before, scep_result_t *res)
{
    scep_fail(res, SCEP_R_TOO_MANY_WAITING,
              "more than %s, and no more refusals may wait%s%s",
              allowance_text(req, "passwords failed"),
              before != NULL ? "; " : "", before != NULL ? before : "");
    res->retry_after = whole_seconds(req->policy->failure_limit.delay);
    return res->status;
}

/* BEFORE: as above. */
static scep_status_e too_many_failures(const scep_request_t *req,
                                       apr_interval_time_t wait,
                                       const char *before, scep_result_t *res)
{
    scep_fail(res, SCEP_R_TOO_MANY_FAILURES, "more than %s%s%s",
              allowance_text(req, "passwords from that address failed"),
              before != NULL ? "; " : "", before != NULL ? before : "");
    res->retry_after = whole_seconds(wait);
    return res->status;
}

scep_status_e scep_guess_limit_begin(const scep_request_t *req, EVP_PKEY *key,
                                     const char *challenge,
                                     scep_guess_limit_t *guesses,
                                     scep_result_t *res)
{
    const char *text = challenge != NULL ? challenge : "";

    memset(guesses, 0, sizeof(*guesses));
    return scep_key_hash(key, guesses->key_hash) &&
                   scep_hmac(req->service->password_key,
                             (scep_octets_t){(const unsigned char *)text,
                                             strlen(text)},
                             guesses->challenge_hash)
               ? SCEP_OK
               : no_hmac(res);
}

/* --- beyond the allowance ------------------------------------------------- */

typedef struct bucket_t {
    unsigned char key[SCEP_HASH_SIZE];
    scep_allowance_t allowance;
} bucket_t;

typedef struct buckets_t {
    bucket_t address, all; /* taken from before the challenge is checked */
    bucket_t key, guess;   /* counted if it was wrong */
} buckets_t;

/* The reserve gets one back in this time: as two waiting requests make room or,
 * with `refuse`, as the allowance refills, if that is slower. */
static apr_interval_time_t step_of(const scep_request_t *req)
{
    const scep_failure_limit_t *limit = &req->policy->failure_limit;
    apr_interval_time_t wait = limit->delay / SLOTS_EACH;
    apr_interval_time_t one = limit->allowance.per / limit->allowance.count;

    return limit->refuse && one > wait ? one : wait;
}

static bool make_buckets(const scep_request_t *req,
                         const scep_guess_limit_t *guesses, buckets_t *b)
{
    const scep_failure_limit_t *limit = &req->policy->failure_limit;
    int slots = req->service->waiting_slots;
    apr_uint32_t all =
        slots > SCEP_RESERVE ? (apr_uint32_t)slots : (apr_uint32_t)SCEP_RESERVE;
    unsigned char network[MAX_NETWORK];
    size_t len = network_of(req, network);

    b->address.allowance =
        (scep_allowance_t){SCEP_RESERVE, SCEP_RESERVE * step_of(req)};
    b->all.allowance =
        (scep_allowance_t){all, all * limit->delay / (slots > 0 ? slots : 1)};
    b->key.allowance = b->guess.allowance =
        (scep_allowance_t){OF_RESERVE, limit->allowance.per};
    return make_key(req, KIND_RESERVE, &b->address.allowance, network, len,
                    b->address.key) &&
           make_key(req, KIND_ALL, &b->all.allowance, "", 0, b->all.key) &&
           make_key(req, KIND_KEY, &b->key.allowance, guesses->key_hash,
                    SCEP_HASH_SIZE, b->key.key) &&
           make_key(req, KIND_CHALLENGE, &b->guess.allowance,
                    guesses->challenge_hash, SCEP_HASH_SIZE, b->guess.key);
}

static bool has_room(const scep_request_t *req, const bucket_t *bucket)
{
    return scep_shm_limits_wait(req->service->rate_limits, bucket->key,
                                &bucket->allowance,
                                scep_env_now(&req->env)) == 0;
}

static bool take_guess(const scep_request_t *req, const bucket_t *bucket)
{
    return scep_shm_limits_take(req->service->rate_limits, bucket->key,
                                &bucket->allowance, scep_env_now(&req->env));
}

static void give_back(const scep_request_t *req, const bucket_t *bucket)
{
    scep_shm_limits_give(req->service->rate_limits, bucket->key,
                         &bucket->allowance, scep_env_now(&req->env));
}

/* Take one from both buckets, or from none. */
static bool take_reserve(const scep_request_t *req, const buckets_t *b)
{
    if (!has_room(req, &b->key) || !has_room(req, &b->guess) ||
        !take_guess(req, &b->address)) {
        return false;
    }
    if (!take_guess(req, &b->all)) {
        give_back(req, &b->address);
        return false;
    }
    return true;
}

static scep_status_e wait_if_need_be(const scep_request_t *req,
                                     const unsigned char *key,
                                     scep_guess_limit_t *guesses,
                                     scep_result_t *res)
{
    if (guesses->waited || wait_of(req, key) == 0) {
        return SCEP_OK;
    }
    guesses->waited = wait_in_slot(req, key);
    return guesses->waited ? SCEP_OK : too_many_waiting(req, NULL, res);
}

scep_status_e scep_guess_limit_guess(scep_request_t *req,
                                     scep_guess_limit_t *guesses,
                                     scep_result_t *res)
{
    unsigned char key[SCEP_HASH_SIZE];
    apr_interval_time_t wait;
    buckets_t buckets;

    if (!is_on(req) || guesses->reserved) {
        return SCEP_OK;
    }
    if (!network_key(req, key) || !make_buckets(req, guesses, &buckets)) {
        return no_hmac(res);
    }
    wait = wait_of(req, key);
    if (wait == 0) {
        return SCEP_OK;
    }
    guesses->reserved = take_reserve(req, &buckets);
    if (guesses->reserved) {
        return SCEP_OK;
    }
    return req->policy->failure_limit.refuse
               ? too_many_failures(req, wait, NULL, res)
               : too_many_waiting(req, NULL, res);
}

void scep_guess_limit_passed(scep_request_t *req, scep_guess_limit_t *guesses)
{
    buckets_t buckets;

    if (guesses->reserved && make_buckets(req, guesses, &buckets)) {
        give_back(req, &buckets.address);
        give_back(req, &buckets.all);
    }
    guesses->reserved = false;
}

static void count_against_reserve(const scep_request_t *req,
                                  const scep_guess_limit_t *guesses)
{
    buckets_t b;

    if (guesses->reserved && make_buckets(req, guesses, &b)) {
        scep_shm_limits_add(req->service->rate_limits, b.key.key,
                            &b.key.allowance, scep_env_now(&req->env));
        scep_shm_limits_add(req->service->rate_limits, b.guess.key,
                            &b.guess.allowance, scep_env_now(&req->env));
    }
}

scep_status_e scep_guess_limit_password(scep_request_t *req,
                                        const unsigned char *hash,
                                        scep_guess_limit_t *guesses,
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
        return wait_if_need_be(req, key, guesses, res);
    }
    wait = wait_of(req, key);
    if (wait == 0) {
        return SCEP_OK;
    }
    scep_fail(res, SCEP_R_PASSWORD_LOCKED, "more than %s",
              allowance_text(req, "requests with this password failed"));
    res->retry_after = whole_seconds(wait);
    return res->status;
}

/* --- afterwards ----------------------------------------------------------- */

/* Was it a guess, at a challenge or at its constraints? */
static bool is_guess(scep_reason_e reason)
{
    return reason == SCEP_R_CHALLENGE_SYNTAX ||
           reason == SCEP_R_CHALLENGE_UNKNOWN ||
           reason == SCEP_R_CHALLENGE_EXPIRED ||
           reason == SCEP_R_CHALLENGE_SPENT || reason == SCEP_R_LIMIT_SUBJECT ||
           reason == SCEP_R_LIMIT_ALT_NAMES || reason == SCEP_R_LIMIT_NETWORK;
}

static bool count_failure(const scep_request_t *req, const unsigned char *key)
{
    return scep_shm_limits_add(req->service->rate_limits, key,
                               &req->policy->failure_limit.allowance,
                               scep_env_now(&req->env));
}

static void count_network(const scep_request_t *req, const unsigned char *key)
{
    if (count_failure(req, key)) {
        scep_log(&req->env, SCEP_LOG_WARNING,
                 SCEPLOGNO(0216) "%s; further ones are %s (ScepFailureLimit)",
                 allowance_text(req, apr_psprintf(req->pool,
                                                  "passwords from %s failed",
                                                  req->peer)),
                 req->policy->failure_limit.refuse ? "refused" : "delayed");
    }
}

static void count_password(const scep_request_t *req)
{
    unsigned char key[SCEP_HASH_SIZE];

    if (make_key(req, KIND_PASSWORD, &req->policy->failure_limit.allowance,
                 req->challenge_hash, SCEP_HASH_SIZE, key) &&
        count_failure(req, key)) {
        scep_log(&req->env, SCEP_LOG_WARNING,
                 SCEPLOGNO(0217) "%s, the last one from %s for \"%s\"",
                 allowance_text(req, "requests with one password failed"),
                 req->peer, req->subject);
    }
}

/* This is only logged: a guesser with many addresses must not be able to lock
 * out those who know the password. */
static void count_master(const scep_request_t *req)
{
    unsigned char key[SCEP_HASH_SIZE];

    if (make_key(req, KIND_MASTER, &req->policy->failure_limit.allowance,
                 req->service->ca_id, strlen(req->service->ca_id), key) &&
        count_failure(req, key)) {
        scep_log(&req->env, SCEP_LOG_WARNING,
                 SCEPLOGNO(0218) "%s, the last one from %s",
                 allowance_text(req, "wrong master passwords came from all "
                                     "addresses together"),
                 req->peer);
    }
}

scep_status_e scep_guess_limit_failed(scep_request_t *req,
                                      scep_guess_limit_t *guesses,
                                      scep_result_t *res)
{
    unsigned char key[SCEP_HASH_SIZE];
    apr_interval_time_t before;

    if (!is_on(req) || !is_guess(res->reason) || !network_key(req, key)) {
        scep_guess_limit_passed(req, guesses);
        return res->status;
    }
    before = wait_of(req, key);
    count_against_reserve(req, guesses);
    guesses->reserved = false;
    count_network(req, key);
    if (req->challenge_hash != NULL) {
        count_password(req);
    }
    else if (guesses->master) {
        count_master(req);
    }
    if (req->policy->failure_limit.refuse) {
        return before > 0 ? too_many_failures(req, before, res->detail, res)
                          : res->status;
    }
    if (guesses->waited || wait_of(req, key) == 0 || wait_in_slot(req, key)) {
        return res->status;
    }
    return too_many_waiting(req, res->detail, res);
}

/* --- slots ---------------------------------------------------------------- */

static int half_of(int slots)
{
    return slots > 1 ? slots / 2 : 1;
}

bool scep_guess_limit_enter(const scep_request_t *req, scep_slot_kind_e kind,
                            const unsigned char *key, int *slot)
{
    static const scep_allowance_t none = {0, 0};
    const scep_service_t *service = req->service;
    scep_slot_terms_t terms;
    int total = service->waiting_slots;
    unsigned char network[SCEP_HASH_SIZE];

    *slot = -1;
    if (service->slots == NULL || total <= 0) {
        return true;
    }
    if (kind == SCEP_SLOT_ASKING) {
        total *= OF_EIGHT;
    }
    if (key == NULL) {
        if (!scep_guess_limit_network_key(req, &none, network)) {
            return false;
        }
        key = network;
    }
    terms =
        scep_slot_terms(kind, total, key, 1, apr_time_from_sec(SLOT_SECONDS));
    terms.each = half_of(terms.total);
    *slot =
        scep_shm_slots_take(service->slots, &terms, scep_env_now(&req->env));
    return *slot >= 0;
}

void scep_guess_limit_leave(const scep_request_t *req, int slot)
{
    if (slot >= 0) {
        scep_shm_slots_give(req->service->slots, slot);
    }
}
