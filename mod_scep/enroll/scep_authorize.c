/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_authorize.c: the sources of challenges, in the order configured. For a
 * one-time password the shared table (or the database that several machines
 * share) is asked first; what it does not know is looked up in the store, which
 * is the truth: a password that is outstanding there is put (back), one on
 * which this very CSR had a certificate gets it again. (enroll layer)
 */
#include "scep_authorize.h"

#include <string.h>

#include <apr_strings.h>

#include <openssl/evp.h>

#include "scep_alt_names.h"
#include "scep_attempts.h"
#include "scep_limits.h"
#include "scep_outstanding.h"
#include "scep_password.h"
#include "scep_store_request.h"

enum {
    TRY_STEP = 40000, /* microseconds */
    MAX_TRIES = 100,
    MAX_SHOWN = 64
};

/* Is there a challengePassword to compare at all? */
static scep_status_e check_challenge(const scep_csr_t *csr, scep_result_t *res)
{
    switch (csr->challenge_state) {
    case SCEP_CHALLENGE_ABSENT:
        return scep_fail(res, SCEP_R_CHALLENGE_MISSING,
                         "the CSR for \"%s\" has no challengePassword",
                         csr->subject);
    case SCEP_CHALLENGE_MALFORMED:
        return scep_fail(res, SCEP_R_CHALLENGE_SYNTAX,
                         "the challengePassword in the CSR for \"%s\" is no "
                         "text, is longer than %d octets, or there are several "
                         "that differ",
                         csr->subject, SCEP_MAX_CHALLENGE);
    case SCEP_CHALLENGE_PRESENT:
        break;
    }
    return SCEP_OK;
}

static scep_status_e password_hash(const scep_request_t *req,
                                   const scep_csr_t *csr, scep_claim_t *claim,
                                   scep_result_t *res)
{
    if (check_challenge(csr, res) != SCEP_OK) {
        return res->status;
    }
    if (!scep_password_hash(req->service->password_key, req->service->scope,
                            csr->challenge, claim->hash)) {
        return scep_fail(res, SCEP_R_INTERNAL, "HMAC failed");
    }
    return SCEP_OK;
}

/* Who claims: this transaction of this key with this CSR, and nobody else. */
static scep_status_e claim_owner(const scep_request_t *req,
                                 const scep_pkimessage_t *msg,
                                 const scep_csr_t *csr, scep_claim_t *claim,
                                 scep_result_t *res)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok;

    ok = scep_key_hash(msg->signer_key, claim->signer_hash) && ctx != NULL &&
         EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
         EVP_DigestUpdate(ctx, req->service->scope,
                          strlen(req->service->scope) + 1) == 1 &&
         EVP_DigestUpdate(ctx, claim->signer_hash,
                          sizeof(claim->signer_hash)) == 1 &&
         EVP_DigestUpdate(ctx, csr->hash, sizeof(csr->hash)) == 1 &&
         EVP_DigestUpdate(ctx, msg->transaction_id_raw.data,
                          msg->transaction_id_raw.len) == 1 &&
         EVP_DigestFinal_ex(ctx, digest, NULL) == 1;
    EVP_MD_CTX_free(ctx);
    if (!ok) {
        return scep_fail(res, SCEP_R_INTERNAL, "SHA-256 failed");
    }
    memcpy(claim->owner, digest, sizeof(claim->owner));
    return SCEP_OK;
}

/* Not a guess: it was drawn. */
static void note_known(scep_request_t *req, const scep_claim_t *claim)
{
    req->challenge_hash = apr_pmemdup(req->pool, claim->hash, SCEP_HASH_SIZE);
}

/* This very CSR had a certificate on this password, and that is valid yet. What
 * is renewed by it is no answer to its own renewal.
 * SCEP_NOT_FOUND without filling RES: no. */
static scep_status_e find_own(scep_request_t *req, const scep_csr_t *csr,
                              const scep_claim_t *claim,
                              scep_transaction_row_t **retry,
                              scep_result_t *res)
{
    scep_transaction_row_t *row;
    scep_status_e status = scep_store_transaction_by_challenge(
        req->service->store, claim->hash, claim->signer_hash, csr->hash,
        claim->renewal_of, req->pool, &row, res);

    if (status == SCEP_OK && row->not_after <= scep_env_now(&req->env)) {
        return SCEP_NOT_FOUND;
    }
    if (status == SCEP_OK) {
        *retry = row;
    }
    return status;
}

/* SCEP_OK without *RETRY: it is outstanding. */
static scep_status_e judge_row(scep_request_t *req, const scep_csr_t *csr,
                               const scep_claim_t *claim,
                               const scep_challenge_row_t *row,
                               scep_transaction_row_t **retry,
                               scep_result_t *res)
{
    if (row->serial != NULL) {
        scep_status_e status = find_own(req, csr, claim, retry, res);

        if (status != SCEP_NOT_FOUND) {
            return status;
        }
    }
    switch (row->state) {
    case SCEP_CHALLENGE_SPENT:
        return scep_fail(res, SCEP_R_CHALLENGE_SPENT,
                         "the password for \"%s\" has been used already%s%s",
                         csr->subject,
                         row->serial != NULL ? ", for certificate "
                                             : ", by a request that waits",
                         row->serial != NULL ? row->serial : "");
    case SCEP_CHALLENGE_CANCELLED:
        return scep_fail(res, SCEP_R_CHALLENGE_UNKNOWN,
                         "the password for \"%s\" was cancelled", csr->subject);
    case SCEP_CHALLENGE_OUTSTANDING:
        break;
    }
    return row->expires > scep_env_now(&req->env)
               ? SCEP_OK
               : scep_fail(res, SCEP_R_CHALLENGE_EXPIRED,
                           "the password for \"%s\" has expired", csr->subject);
}

/* A password that is spent may be held by a request that waits; that may have
 * run out. */
static scep_status_e look_at_holder(scep_request_t *req,
                                    const scep_claim_t *claim,
                                    scep_challenge_row_t **row,
                                    scep_result_t *res)
{
    apr_time_t now = scep_env_now(&req->env);
    scep_store_t *store = req->service->store;
    scep_request_row_t *holder;
    scep_status_e status = scep_store_request_by_challenge(
        store, claim->hash, now, req->pool, &holder, res);

    if (status == SCEP_NOT_FOUND) {
        return SCEP_OK;
    }
    if (status == SCEP_OK) {
        status = scep_store_requests_expire(store, now, res);
    }
    return status == SCEP_OK ? scep_store_challenge_find(store, claim->hash,
                                                         req->pool, row, res)
                             : status;
}

/* No row tells of it. One that was spent stays so after its row was deleted
 * (scep_store_prune.h), whatever source would come next. */
static scep_status_e not_there(scep_request_t *req, const scep_csr_t *csr,
                               const scep_claim_t *claim, scep_result_t *res)
{
    const char *serial;
    scep_status_e status = scep_store_challenge_used(
        req->service->store, claim->hash, req->pool, &serial, res);

    if (status == SCEP_OK) {
        return scep_fail(res, SCEP_R_CHALLENGE_SPENT,
                         "the password for \"%s\" has been used already, for "
                         "certificate %s",
                         csr->subject, serial);
    }
    return status == SCEP_NOT_FOUND
               ? scep_fail(res, SCEP_R_CHALLENGE_UNKNOWN,
                           "the password for \"%s\" is not known", csr->subject)
               : status;
}

static scep_status_e find_row(scep_request_t *req, const scep_csr_t *csr,
                              const scep_claim_t *claim,
                              scep_challenge_row_t **row, scep_result_t *res)
{
    scep_status_e status = scep_store_challenge_find(
        req->service->store, claim->hash, req->pool, row, res);

    if (status == SCEP_OK) {
        note_known(req, claim);
        if ((*row)->state == SCEP_CHALLENGE_SPENT) {
            status = look_at_holder(req, claim, row, res);
        }
    }
    return status == SCEP_NOT_FOUND ? not_there(req, csr, claim, res) : status;
}

/* What the store knows of a password that the table does not hold. SCEP_OK
 * without *RETRY: it is outstanding and in the table now. */
static scep_status_e judge_by_store(scep_request_t *req, const scep_csr_t *csr,
                                    const scep_claim_t *claim,
                                    scep_transaction_row_t **retry,
                                    scep_result_t *res)
{
    scep_challenge_row_t *row;
    scep_add_e added;
    scep_status_e status = find_row(req, csr, claim, &row, res);

    if (status == SCEP_OK) {
        status = judge_row(req, csr, claim, row, retry, res);
    }
    if (status != SCEP_OK || *retry != NULL) {
        return status;
    }
    status =
        scep_outstanding_restore(req, claim->hash, row->expires, &added, res);
    if (status == SCEP_OK && added == SCEP_ADD_FULL) {
        return scep_fail(res, SCEP_R_TABLE_FULL,
                         "the password is in the database, but the table of "
                         "passwords is full (ScepPasswordMax)");
    }
    return status;
}

static scep_status_e claim_once(scep_request_t *req, const scep_csr_t *csr,
                                const scep_claim_t *claim, bool *unknown,
                                scep_result_t *res)
{
    scep_claim_e outcome;
    scep_status_e status =
        scep_outstanding_claim(req, claim->hash, claim->owner, &outcome, res);

    *unknown = status == SCEP_OK && outcome == SCEP_CLAIM_UNKNOWN;
    if (status == SCEP_OK && !*unknown) {
        note_known(req, claim);
    }
    if (status == SCEP_OK && outcome == SCEP_CLAIM_EXPIRED) {
        return scep_fail(res, SCEP_R_CHALLENGE_EXPIRED,
                         "the password for \"%s\" has expired", csr->subject);
    }
    if (status == SCEP_OK && outcome == SCEP_CLAIM_BUSY) {
        return scep_fail(res, SCEP_R_CHALLENGE_BUSY,
                         "the password for \"%s\" is in use by another "
                         "transaction",
                         csr->subject);
    }
    return status;
}

static scep_status_e claim_now(scep_request_t *req, const scep_csr_t *csr,
                               const scep_claim_t *claim,
                               scep_transaction_row_t **retry,
                               scep_result_t *res)
{
    bool unknown;
    scep_status_e status = claim_once(req, csr, claim, &unknown, res);

    if (status != SCEP_OK || !unknown) {
        return status;
    }
    status = judge_by_store(req, csr, claim, retry, res);
    if (status != SCEP_OK || *retry != NULL) {
        return status;
    }
    status = claim_once(req, csr, claim, &unknown, res);
    if (status == SCEP_OK && unknown) {
        return scep_fail(res, SCEP_R_CHALLENGE_SPENT,
                         "the password for \"%s\" was used or cancelled, or "
                         "expired, at this moment",
                         csr->subject);
    }
    return status;
}

/* At one of the places for it, until it can be had, or for some seconds. */
static scep_status_e wait_for_turn(scep_request_t *req, const scep_csr_t *csr,
                                   const scep_claim_t *claim,
                                   scep_transaction_row_t **retry,
                                   scep_result_t *res)
{
    scep_status_e status = SCEP_REFUSED;
    int place, tries;

    if (!scep_attempts_enter(req, SCEP_PLACE_TURN, claim->hash, &place)) {
        return scep_fail(res, SCEP_R_SOURCE_UNAVAILABLE,
                         "the password for \"%s\" is in use by another "
                         "request, and no more requests may wait for it",
                         csr->subject);
    }
    for (tries = 0; res->reason == SCEP_R_CHALLENGE_BUSY && tries < MAX_TRIES;
         tries++) {
        apr_sleep(TRY_STEP);
        scep_result_init(res, req->pool);
        status = claim_now(req, csr, claim, retry, res);
    }
    scep_attempts_leave(req, SCEP_PLACE_TURN, place);
    return status;
}

/* One that several devices may use is claimed by one of them at a time, so
 * that no more are signed than it has uses; the others wait for their turn. */
static scep_status_e claim_in_turn(scep_request_t *req, const scep_csr_t *csr,
                                   const scep_claim_t *claim,
                                   scep_transaction_row_t **retry,
                                   scep_result_t *res)
{
    scep_status_e status = claim_now(req, csr, claim, retry, res);
    scep_challenge_row_t *row = NULL;

    if (status != SCEP_REFUSED || res->reason != SCEP_R_CHALLENGE_BUSY ||
        scep_store_challenge_find(req->service->store, claim->hash, req->pool,
                                  &row, res) != SCEP_OK ||
        row->uses <= 1) {
        return res->reason == SCEP_R_NONE ? status : res->status;
    }
    status = wait_for_turn(req, csr, claim, retry, res);
    if (res->reason == SCEP_R_CHALLENGE_BUSY) {
        return scep_fail(res, SCEP_R_SOURCE_UNAVAILABLE,
                         "the password for \"%s\" was in use by other "
                         "requests all the time",
                         csr->subject);
    }
    return status;
}

/* ---- limits ---- */

static scep_status_e choose_profile(scep_request_t *req, const char *name,
                                    scep_claim_t *claim, scep_result_t *res)
{
    claim->profile = scep_profile_find(req->policy->profiles, name);
    return claim->profile != NULL
               ? SCEP_OK
               : scep_fail(res, SCEP_R_SOURCE_UNAVAILABLE,
                           "the password is for profile \"%s\", which is not "
                           "defined",
                           scep_printable(req->pool, name, MAX_SHOWN));
}

static scep_status_e hold_to_limits(scep_request_t *req, const scep_csr_t *csr,
                                    const char *text, scep_claim_t *claim,
                                    scep_result_t *res)
{
    const char *error;
    const scep_limits_t *limits = scep_limits_parse(req->pool, text, &error);
    scep_status_e status;

    if (limits == NULL) {
        return scep_fail(res, SCEP_R_SOURCE_UNAVAILABLE,
                         "the limits for \"%s\" are malformed: %s",
                         csr->subject, error);
    }
    claim->limits = limits;
    status = scep_limits_check(limits, req, csr, res);
    if (status == SCEP_OK && scep_limits_profile(limits) != NULL) {
        status = choose_profile(req, scep_limits_profile(limits), claim, res);
    }
    return status;
}

/* ---- the sources ---- */

/* Claimed; but the table mirrors neither limits nor uses. */
static scep_status_e judge_claimed(scep_request_t *req, const scep_csr_t *csr,
                                   scep_claim_t *claim,
                                   scep_transaction_row_t **retry,
                                   scep_result_t *res)
{
    scep_challenge_row_t *row;
    scep_status_e status = find_row(req, csr, claim, &row, res);

    if (status == SCEP_OK) {
        status = judge_row(req, csr, claim, row, retry, res);
        if (status == SCEP_REFUSED) {
            scep_outstanding_remove(req, claim->hash);
        }
    }
    if (status == SCEP_OK && *retry == NULL) {
        claim->uses = row->uses;
        if (row->limits != NULL) {
            status = hold_to_limits(req, csr, row->limits, claim, res);
        }
    }
    if (status != SCEP_OK || *retry != NULL) {
        scep_authorize_release(req, claim);
    }
    return status;
}

static scep_status_e
try_one_time(scep_request_t *req, const scep_pkimessage_t *msg,
             const scep_csr_t *csr, scep_attempts_t *attempts,
             scep_claim_t *claim, scep_transaction_row_t **retry,
             scep_result_t *res)
{
    scep_status_e status = password_hash(req, csr, claim, res);

    if (status == SCEP_OK) {
        status = claim_owner(req, msg, csr, claim, res);
    }
    if (status == SCEP_OK) {
        status = scep_attempts_password(req, claim->hash, attempts, res);
    }
    if (status == SCEP_OK) {
        status = claim_in_turn(req, csr, claim, retry, res);
    }
    return status == SCEP_OK && *retry == NULL
               ? judge_claimed(req, csr, claim, retry, res)
               : status;
}

static scep_status_e try_single(scep_request_t *req, const scep_csr_t *csr,
                                scep_attempts_t *attempts, scep_result_t *res)
{
    bool match = false;
    scep_status_e status = check_challenge(csr, res);

    if (status != SCEP_OK) {
        return status;
    }
    if (req->service->master == NULL) {
        return scep_fail(res, SCEP_R_MASTER_PASSWORD,
                         "the master password was not set up at start");
    }
    status =
        scep_master_view_check(req->service->master, csr->challenge,
                               scep_env_now(&req->env), req->pool, &match, res);
    if (status != SCEP_OK) {
        return scep_fail(res, SCEP_R_MASTER_PASSWORD, "%s", res->detail);
    }
    if (!match) {
        attempts->master = true;
        return scep_fail(res, SCEP_R_CHALLENGE_UNKNOWN,
                         "the password for \"%s\" is not the master password",
                         csr->subject);
    }
    return SCEP_OK;
}

/* What it gives is looked at: it may be anybody's. */
static scep_status_e ask(scep_request_t *req,
                         const scep_challenge_request_t *request,
                         const scep_provided_t *provided,
                         scep_challenge_answer_t *answer, scep_result_t *res)
{
    scep_status_e status;
    int place;

    if (!scep_attempts_enter(req, SCEP_PLACE_ASKING, NULL, &place)) {
        return scep_fail(res, SCEP_R_SOURCE_UNAVAILABLE,
                         "too many requests, in all or from %s, wait for an "
                         "answer of %s already",
                         req->peer, provided->text);
    }
    status = provided->provider->check(provided->state, &req->env, request,
                                       req->pool, answer, res);
    scep_attempts_leave(req, SCEP_PLACE_ASKING, place);
    if (status == SCEP_OK) {
        return SCEP_OK;
    }
    if (status != res->status || res->reason == SCEP_R_NONE ||
        (status != SCEP_REFUSED && status != SCEP_UNAVAILABLE &&
         status != SCEP_BROKEN)) {
        return scep_fail(res, SCEP_R_INTERNAL, "%s gave no sound verdict",
                         provided->text);
    }
    return status;
}

static scep_status_e try_provider(scep_request_t *req,
                                  const scep_pkimessage_t *msg,
                                  const scep_csr_t *csr,
                                  const scep_provided_t *provided,
                                  scep_claim_t *claim, scep_result_t *res)
{
    scep_challenge_request_t request = {
        .transaction_id = msg->transaction_id,
        .csr = csr->req,
        .csr_der = csr->der,
        .subject = csr->subject,
        .challenge = csr->challenge,
        .peer = req->peer,
        .profile = req->policy->profile->name,
        .endpoint = req->endpoint != NULL ? req->endpoint : "",
        .host_request = req->host_request,
    };
    scep_challenge_answer_t answer = {NULL, NULL};
    apr_array_header_t *names;
    scep_status_e status = check_challenge(csr, res);

    if (status != SCEP_OK) {
        return status;
    }
    if (provided->provider == NULL || provided->failed) {
        return scep_fail(res, SCEP_R_SOURCE_UNAVAILABLE,
                         "%s of ScepChallenge cannot be asked; the log said "
                         "why when httpd or this process started",
                         provided->text);
    }
    status = scep_alt_names(csr->extensions, req->pool, &names, res);
    if (status != SCEP_OK) {
        return status;
    }
    request.alt_names = scep_alt_name_texts(names, req->pool);
    status = ask(req, &request, provided, &answer, res);
    if (status == SCEP_OK && answer.limits != NULL) {
        status = hold_to_limits(req, csr, answer.limits, claim, res);
    }
    if (status == SCEP_OK && answer.profile != NULL) {
        status = choose_profile(req, answer.profile, claim, res);
    }
    if (status == SCEP_OK) {
        scep_log(&req->env, SCEP_LOG_DEBUG,
                 SCEPLOGNO(0208) "%s accepted the challenge for \"%s\"",
                 provided->text, csr->subject);
    }
    return status;
}

static scep_status_e
try_source(scep_request_t *req, const scep_pkimessage_t *msg,
           const scep_csr_t *csr, const scep_provided_t *provided,
           scep_attempts_t *attempts, scep_claim_t *claim,
           scep_transaction_row_t **retry, scep_result_t *res)
{
    switch (claim->source) {
    case SCEP_SOURCE_NONE:
        return SCEP_OK;
    case SCEP_SOURCE_ONE_TIME:
        return try_one_time(req, msg, csr, attempts, claim, retry, res);
    case SCEP_SOURCE_SINGLE:
        return try_single(req, csr, attempts, res);
    case SCEP_SOURCE_PROVIDER:
        return try_provider(req, msg, csr, provided, claim, res);
    }
    return scep_fail(res, SCEP_R_INTERNAL, "unknown challenge source");
}

/* A one-time password is too long to be guessed. */
static bool is_guessable(scep_source_e source)
{
    return source != SCEP_SOURCE_NONE && source != SCEP_SOURCE_ONE_TIME;
}

/* "Expired" or "spent" tells the operator more than "unknown". */
static void keep(scep_result_t *best, const scep_result_t *res)
{
    if (best->reason == SCEP_R_NONE ||
        best->reason == SCEP_R_CHALLENGE_UNKNOWN) {
        *best = *res;
    }
}

/* A source that could not be asked might have accepted: as long as there is
 * one, that is no refusal. What was refused before or after is counted all the
 * same. */
static scep_status_e conclude(scep_request_t *req, scep_attempts_t *attempts,
                              const scep_result_t *refused,
                              const scep_result_t *other, scep_result_t *res)
{
    scep_status_e status = SCEP_OK;

    if (refused->reason != SCEP_R_NONE) {
        *res = *refused;
        status = scep_attempts_failed(req, attempts, res);
    }
    if (other->reason != SCEP_R_NONE && res->http_status != 429) {
        scep_attempts_passed(req, attempts);
        *res = *other;
        status = res->status;
    }
    return status;
}

scep_status_e scep_authorize(scep_request_t *req, const scep_pkimessage_t *msg,
                             const scep_csr_t *csr, const char *renewal_of,
                             scep_claim_t *claim,
                             scep_transaction_row_t **retry, scep_result_t *res)
{
    const scep_sources_t *sources = &req->policy->sources;
    scep_attempts_t attempts;
    scep_result_t refused, other;
    int i;

    *retry = NULL;
    claim->renewal_of = renewal_of;
    if (sources->count == 0) {
        return scep_fail(res, SCEP_R_NO_CHALLENGE_SOURCE,
                         "ScepChallenge names no source here");
    }
    if (scep_attempts_begin(req, msg->signer_key, csr->challenge, &attempts,
                            res) != SCEP_OK) {
        return res->status;
    }
    scep_result_init(&refused, req->pool);
    scep_result_init(&other, req->pool);
    for (i = 0; i < sources->count; i++) {
        scep_status_e status;

        claim->source = sources->source[i];
        claim->profile = NULL;
        claim->limits = NULL;
        claim->uses = 0;
        scep_result_init(res, req->pool);
        status = is_guessable(claim->source)
                     ? scep_attempts_guess(req, &attempts, res)
                     : SCEP_OK;
        if (status == SCEP_OK) {
            status = try_source(req, msg, csr, sources->provided[i], &attempts,
                                claim, retry, res);
        }
        if (status == SCEP_OK || res->reason == SCEP_R_PASSWORD_LOCKED) {
            scep_attempts_passed(req, &attempts);
            return status;
        }
        /* What was not looked at may be good for a source that follows. */
        keep(status == SCEP_REFUSED && res->http_status != 429 ? &refused
                                                               : &other,
             res);
    }
    return conclude(req, &attempts, &refused, &other, res);
}

void scep_authorize_release(scep_request_t *req, const scep_claim_t *claim)
{
    if (claim->source == SCEP_SOURCE_ONE_TIME) {
        scep_outstanding_release(req, claim->hash, claim->owner);
    }
}

void scep_authorize_spent(scep_request_t *req, const scep_claim_t *claim)
{
    if (claim->source != SCEP_SOURCE_ONE_TIME) {
        return;
    }
    if (claim->uses > 1) {
        scep_outstanding_release(req, claim->hash, claim->owner);
    }
    else {
        scep_outstanding_remove(req, claim->hash);
    }
}
