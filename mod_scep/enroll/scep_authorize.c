/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_authorize.c: the sources of challenges, in the order configured. For a
 * one-time password the shared table (or the database that several machines
 * share) is asked first; what it does not know is looked up in the store, which
 * is the truth: a password that is outstanding there is put (back), one that was
 * spent by this very CSR gets its certificate again. (enroll layer)
 */
#include "scep_authorize.h"

#include <string.h>

#include <apr_strings.h>

#include <openssl/evp.h>

#include "scep_attempts.h"
#include "scep_outstanding.h"
#include "scep_password.h"

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
                         "the challengePassword in the CSR for \"%s\" is "
                         "malformed",
                         csr->subject);
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

    ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
         EVP_DigestUpdate(ctx, req->service->scope,
                          strlen(req->service->scope) + 1) == 1 &&
         EVP_DigestUpdate(ctx, csr->key_hash, sizeof(csr->key_hash)) == 1 &&
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

/* The store says "spent": by this very CSR, or by somebody else? */
static scep_status_e judge_spent(scep_request_t *req, const scep_csr_t *csr,
                                 const scep_claim_t *claim, const char *serial,
                                 scep_transaction_row_t **retry,
                                 scep_result_t *res)
{
    scep_transaction_row_t *row;
    scep_status_e status = scep_store_transaction_by_challenge(
        req->service->store, claim->hash, csr->key_hash, csr->hash, req->pool,
        &row, res);

    if (status == SCEP_OK && row->not_after > scep_env_now(&req->env)) {
        *retry = row;
        return SCEP_OK;
    }
    if (status != SCEP_OK && status != SCEP_NOT_FOUND) {
        return status;
    }
    return scep_fail(res, SCEP_R_CHALLENGE_SPENT,
                     "the password for \"%s\" has been used already%s%s",
                     csr->subject, serial != NULL ? ", for certificate " : "",
                     serial != NULL ? serial : "");
}

/* What the store knows of a password that the table does not hold. SCEP_OK
 * without *RETRY: it is outstanding and in the table now. */
static scep_status_e judge_by_store(scep_request_t *req, const scep_csr_t *csr,
                                    const scep_claim_t *claim,
                                    scep_transaction_row_t **retry,
                                    scep_result_t *res)
{
    apr_time_t now = scep_env_now(&req->env);
    scep_challenge_row_t *row;
    scep_add_e added;
    scep_status_e status = scep_store_challenge_find(
        req->service->store, claim->hash, req->pool, &row, res);

    if (status == SCEP_NOT_FOUND) {
        return scep_fail(res, SCEP_R_CHALLENGE_UNKNOWN,
                         "the password for \"%s\" is not known", csr->subject);
    }
    if (status != SCEP_OK) {
        return status;
    }
    note_known(req, claim);
    if (row->state == SCEP_CHALLENGE_SPENT) {
        return judge_spent(req, csr, claim, row->serial, retry, res);
    }
    if (row->state != SCEP_CHALLENGE_OUTSTANDING) {
        return scep_fail(res, SCEP_R_CHALLENGE_UNKNOWN,
                         "the password for \"%s\" was cancelled", csr->subject);
    }
    if (row->expires <= now) {
        return scep_fail(res, SCEP_R_CHALLENGE_EXPIRED,
                         "the password for \"%s\" has expired", csr->subject);
    }
    status =
        scep_outstanding_restore(req, claim->hash, row->expires, &added, res);
    if (status == SCEP_OK && added == SCEP_ADD_FULL) {
        return scep_fail(res, SCEP_R_STORE_UNAVAILABLE,
                         "the password table is full (ScepPasswordMax)");
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

static scep_status_e
try_one_time(scep_request_t *req, const scep_pkimessage_t *msg,
             const scep_csr_t *csr, scep_attempts_t *attempts,
             scep_claim_t *claim, scep_transaction_row_t **retry,
             scep_result_t *res)
{
    scep_status_e status = password_hash(req, csr, claim, res);
    bool unknown;

    if (status == SCEP_OK) {
        status = claim_owner(req, msg, csr, claim, res);
    }
    if (status == SCEP_OK) {
        status = scep_attempts_password(req, claim->hash, attempts, res);
    }
    if (status == SCEP_OK) {
        status = claim_once(req, csr, claim, &unknown, res);
    }
    if (status != SCEP_OK || !unknown) {
        return status;
    }
    status = judge_by_store(req, csr, claim, retry, res);
    if (status != SCEP_OK || *retry != NULL) {
        return status;
    }
    status = claim_once(req, csr, claim, &unknown, res);
    if (status == SCEP_OK && unknown) {
        /* Spent or expired between two looks. */
        return scep_fail(res, SCEP_R_CHALLENGE_SPENT,
                         "the password for \"%s\" has just been used",
                         csr->subject);
    }
    return status;
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

static scep_status_e try_source(scep_request_t *req,
                                const scep_pkimessage_t *msg,
                                const scep_csr_t *csr,
                                scep_attempts_t *attempts, scep_claim_t *claim,
                                scep_transaction_row_t **retry,
                                scep_result_t *res)
{
    switch (claim->source) {
    case SCEP_SOURCE_NONE:
        return SCEP_OK;
    case SCEP_SOURCE_ONE_TIME:
        return try_one_time(req, msg, csr, attempts, claim, retry, res);
    case SCEP_SOURCE_SINGLE:
        return try_single(req, csr, attempts, res);
    case SCEP_SOURCE_PROVIDER:
        break;
    }
    return scep_fail(res, SCEP_R_INTERNAL, "unknown challenge source");
}

/* A one-time password is too long to be guessed. */
static bool is_guessable(scep_source_e source)
{
    return source != SCEP_SOURCE_NONE && source != SCEP_SOURCE_ONE_TIME;
}

scep_status_e scep_authorize(scep_request_t *req, const scep_pkimessage_t *msg,
                             const scep_csr_t *csr, scep_claim_t *claim,
                             scep_transaction_row_t **retry, scep_result_t *res)
{
    const scep_sources_t *sources = &req->policy->sources;
    scep_attempts_t attempts = {0};
    scep_result_t first;
    int i;

    *retry = NULL;
    if (sources->count == 0) {
        return scep_fail(res, SCEP_R_NO_CHALLENGE_SOURCE,
                         "ScepChallenge names no source here");
    }
    if (scep_attempts_begin(req, res) != SCEP_OK) {
        return res->status;
    }
    scep_result_init(&first, req->pool);
    for (i = 0; i < sources->count; i++) {
        scep_status_e status;

        claim->source = sources->source[i];
        claim->profile = NULL;
        scep_result_init(res, req->pool);
        status = is_guessable(claim->source)
                     ? scep_attempts_guess(req, &attempts, res)
                     : SCEP_OK;
        if (status == SCEP_OK) {
            status = try_source(req, msg, csr, &attempts, claim, retry, res);
        }
        if (status != SCEP_REFUSED || res->http_status == 429) {
            return status;
        }
        /* "Expired" or "spent" tells the operator more than "unknown". */
        if (first.reason == SCEP_R_NONE ||
            first.reason == SCEP_R_CHALLENGE_UNKNOWN) {
            first = *res;
        }
    }
    *res = first;
    return scep_attempts_failed(req, &attempts, res);
}

void scep_authorize_release(scep_request_t *req, const scep_claim_t *claim)
{
    if (claim->source == SCEP_SOURCE_ONE_TIME) {
        scep_outstanding_release(req, claim->hash, claim->owner);
    }
}

void scep_authorize_spent(scep_request_t *req, const scep_claim_t *claim)
{
    if (claim->source == SCEP_SOURCE_ONE_TIME) {
        scep_outstanding_remove(req, claim->hash);
    }
}
