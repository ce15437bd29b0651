/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_authorize.c: ask the sources of challenges, in the order configured. A
 * one-time challenge is claimed in the shared table (or in the database that
 * several machines share). If it is not there, the store decides: a challenge
 * that is outstanding there is put (back) into the table, and a CSR that had a
 * certificate for its challenge gets that again. (enroll layer)
 */
#include "scep_authorize.h"

#include <string.h>

#include <apr_strings.h>

#include <openssl/evp.h>

#include "scep_alt_names.h"
#include "scep_guess_limit.h"
#include "scep_challenge_call.h"
#include "scep_limits.h"
#include "scep_challenge_claim.h"
#include "scep_recall.h"

enum {
    TRY_STEP = 40000, /* microseconds */
    MAX_TRIES = 100,
    MAX_SHOWN = 64
};

/* Is there a challengePassword to compare at all? */
static scep_status_e check_challenge(const scep_enrolment_t *e,
                                     scep_result_t *res)
{
    switch (e->csr->challenge_state) {
    case SCEP_CHALLENGE_ABSENT:
        return scep_fail(res, SCEP_R_CHALLENGE_MISSING,
                         "the CSR for \"%s\" has no challengePassword",
                         e->csr->subject);
    case SCEP_CHALLENGE_MALFORMED:
        return scep_fail(res, SCEP_R_CHALLENGE_SYNTAX,
                         "the challengePassword in the CSR for \"%s\" is no "
                         "text, is longer than %d octets, or there are several "
                         "that differ",
                         e->csr->subject, SCEP_MAX_CHALLENGE);
    case SCEP_CHALLENGE_PRESENT:
        break;
    }
    return SCEP_OK;
}

/* The owner of a claim is this transaction of this key with this CSR. */
static scep_status_e set_claim_owner(scep_enrolment_t *e, scep_result_t *res)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok;

    ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
         EVP_DigestUpdate(ctx, e->req->service->ca_id,
                          strlen(e->req->service->ca_id) + 1) == 1 &&
         EVP_DigestUpdate(ctx, e->signer_hash, sizeof(e->signer_hash)) == 1 &&
         EVP_DigestUpdate(ctx, e->csr->hash, sizeof(e->csr->hash)) == 1 &&
         EVP_DigestUpdate(ctx, e->msg->transaction_id_raw.data,
                          e->msg->transaction_id_raw.len) == 1 &&
         EVP_DigestFinal_ex(ctx, digest, NULL) == 1;
    EVP_MD_CTX_free(ctx);
    if (!ok) {
        return scep_fail(res, SCEP_R_INTERNAL, "SHA-256 failed");
    }
    memcpy(e->claim.owner, digest, sizeof(e->claim.owner));
    return SCEP_OK;
}

/* The challenge was drawn once, so it is no guess. */
static void note_known(scep_enrolment_t *e)
{
    e->req->challenge_hash =
        apr_pmemdup(e->req->pool, e->challenge_hash, SCEP_HASH_SIZE);
}

/* Find a valid certificate that this very CSR got for this challenge; for a
 * renewal, only one of the same renewal.
 * @return SCEP_NOT_FOUND without filling RES: there is none */
static scep_status_e find_own(scep_enrolment_t *e, scep_result_t *res)
{
    scep_transaction_row_t *row;
    scep_status_e status = scep_store_transaction_by_challenge(
        e->req->service->store, e->challenge_hash, e->signer_hash, e->csr->hash,
        e->renewal_of, e->req->pool, &row, res);

    if (status == SCEP_OK && row->not_after <= scep_env_now(&e->req->env)) {
        return SCEP_NOT_FOUND;
    }
    if (status == SCEP_OK) {
        e->recall.issued = row;
    }
    return status;
}

/* SCEP_OK, and no recall.issued in E: the challenge is outstanding. */
static scep_status_e judge_row(scep_enrolment_t *e,
                               const scep_challenge_row_t *row,
                               scep_result_t *res)
{
    if (row->serial != NULL) {
        scep_status_e status = find_own(e, res);

        if (status != SCEP_NOT_FOUND) {
            return status;
        }
    }
    switch (row->state) {
    case SCEP_CHALLENGE_SPENT:
        return scep_fail(res, SCEP_R_CHALLENGE_SPENT,
                         "the password for \"%s\" has been used already%s%s",
                         e->csr->subject,
                         row->serial != NULL ? ", for certificate "
                                             : ", by a request that waits",
                         row->serial != NULL ? row->serial : "");
    case SCEP_CHALLENGE_CANCELLED:
        return scep_fail(res, SCEP_R_CHALLENGE_UNKNOWN,
                         "the password for \"%s\" was cancelled",
                         e->csr->subject);
    case SCEP_CHALLENGE_OUTSTANDING:
        break;
    }
    return row->expires > scep_env_now(&e->req->env)
               ? SCEP_OK
               : scep_fail(res, SCEP_R_CHALLENGE_EXPIRED,
                           "the password for \"%s\" has expired",
                           e->csr->subject);
}

/* A waiting request may hold a spent challenge. If the request has expired, the
 * challenge is good again: note that, and read ROW again. */
static scep_status_e expire_holder(scep_enrolment_t *e,
                                   scep_challenge_row_t **row,
                                   scep_result_t *res)
{
    apr_time_t now = scep_env_now(&e->req->env);
    scep_store_t *store = e->req->service->store;
    scep_request_row_t *holder;
    scep_status_e status = scep_store_request_by_challenge(
        store, e->challenge_hash, now, e->req->pool, &holder, res);

    if (status == SCEP_NOT_FOUND) {
        return SCEP_OK;
    }
    if (status == SCEP_OK) {
        status = scep_store_requests_expire(store, now, res);
    }
    return status == SCEP_OK
               ? scep_store_challenge_find(store, e->challenge_hash,
                                           e->req->pool, row, res)
               : status;
}

/* The challenge has no row. If it was spent, it stays spent after its row was
 * deleted (scep_store_prune.h). */
static scep_status_e explain_missing(scep_enrolment_t *e, scep_result_t *res)
{
    const char *serial;
    scep_status_e status = scep_store_challenge_used(
        e->req->service->store, e->challenge_hash, e->req->pool, &serial, res);

    if (status == SCEP_OK) {
        return scep_fail(res, SCEP_R_CHALLENGE_SPENT,
                         "the password for \"%s\" has been used already, for "
                         "certificate %s",
                         e->csr->subject, serial);
    }
    return status == SCEP_NOT_FOUND
               ? scep_fail(res, SCEP_R_CHALLENGE_UNKNOWN,
                           "the password for \"%s\" is not known",
                           e->csr->subject)
               : status;
}

static scep_status_e find_row(scep_enrolment_t *e, scep_challenge_row_t **row,
                              scep_result_t *res)
{
    scep_status_e status = scep_store_challenge_find(
        e->req->service->store, e->challenge_hash, e->req->pool, row, res);

    if (status == SCEP_OK) {
        note_known(e);
        if ((*row)->state == SCEP_CHALLENGE_SPENT) {
            status = expire_holder(e, row, res);
        }
    }
    return status == SCEP_NOT_FOUND ? explain_missing(e, res) : status;
}

/* Ask the store about a challenge that is not in the table. SCEP_OK, and no
 * recall.issued in E: it is outstanding, and in the table now. */
static scep_status_e judge_by_store(scep_enrolment_t *e, scep_result_t *res)
{
    scep_challenge_row_t *row;
    scep_add_e added;
    scep_status_e status = find_row(e, &row, res);

    if (status == SCEP_OK) {
        status = judge_row(e, row, res);
    }
    if (status != SCEP_OK || e->recall.issued != NULL) {
        return status;
    }
    status = scep_challenge_restore(e->req, e->challenge_hash, row->expires,
                                    &added, res);
    if (status == SCEP_OK && added == SCEP_ADD_FULL) {
        return scep_fail(res, SCEP_R_TABLE_FULL,
                         "the password is in the database, but the table of "
                         "passwords is full (ScepPasswordMax)");
    }
    return status;
}

static scep_status_e claim_once(scep_enrolment_t *e, bool *unknown,
                                scep_result_t *res)
{
    scep_claim_e outcome;
    scep_status_e status = scep_challenge_claim(e->req, e->challenge_hash,
                                                e->claim.owner, &outcome, res);

    e->claim.held = status == SCEP_OK && outcome == SCEP_CLAIM_OK;
    *unknown = status == SCEP_OK && outcome == SCEP_CLAIM_UNKNOWN;
    if (status == SCEP_OK && !*unknown) {
        note_known(e);
    }
    if (status == SCEP_OK && outcome == SCEP_CLAIM_EXPIRED) {
        return scep_fail(res, SCEP_R_CHALLENGE_EXPIRED,
                         "the password for \"%s\" has expired",
                         e->csr->subject);
    }
    if (status == SCEP_OK && outcome == SCEP_CLAIM_BUSY) {
        return scep_fail(res, SCEP_R_CHALLENGE_BUSY,
                         "the password for \"%s\" is in use by another "
                         "transaction",
                         e->csr->subject);
    }
    return status;
}

static scep_status_e claim_now(scep_enrolment_t *e, scep_result_t *res)
{
    bool unknown;
    scep_status_e status = claim_once(e, &unknown, res);

    if (status != SCEP_OK || !unknown) {
        return status;
    }
    status = judge_by_store(e, res);
    if (status != SCEP_OK || e->recall.issued != NULL) {
        return status;
    }
    status = claim_once(e, &unknown, res);
    if (status == SCEP_OK && unknown) {
        return scep_fail(res, SCEP_R_CHALLENGE_SPENT,
                         "the password for \"%s\" has just been used or "
                         "cancelled, or has just expired",
                         e->csr->subject);
    }
    return status;
}

/* Wait in a slot until the challenge is claimed, for some seconds at most. */
static scep_status_e wait_for_turn(scep_enrolment_t *e, scep_result_t *res)
{
    scep_status_e status = SCEP_REFUSED;
    int slot, tries;

    if (!scep_guess_limit_enter(e->req, SCEP_SLOT_TURN, e->challenge_hash,
                                &slot)) {
        return scep_fail(res, SCEP_R_SOURCE_UNAVAILABLE,
                         "the password for \"%s\" is in use by another "
                         "request, and no more requests may wait for it",
                         e->csr->subject);
    }
    for (tries = 0; res->reason == SCEP_R_CHALLENGE_BUSY && tries < MAX_TRIES;
         tries++) {
        apr_sleep(TRY_STEP);
        scep_result_init(res, e->req->pool);
        status = claim_now(e, res);
    }
    scep_guess_limit_leave(e->req, slot);
    return status;
}

/* One device at a time claims a challenge that several may use, so that no more
 * certificates are signed than it has uses; the others wait for their turn. */
static scep_status_e claim_in_turn(scep_enrolment_t *e, scep_result_t *res)
{
    scep_status_e status = claim_now(e, res);
    scep_challenge_row_t *row = NULL;

    if (status != SCEP_REFUSED || res->reason != SCEP_R_CHALLENGE_BUSY ||
        scep_store_challenge_find(e->req->service->store, e->challenge_hash,
                                  e->req->pool, &row, res) != SCEP_OK ||
        row->uses <= 1) {
        return res->reason == SCEP_R_NONE ? status : res->status;
    }
    status = wait_for_turn(e, res);
    if (res->reason == SCEP_R_CHALLENGE_BUSY) {
        return scep_fail(res, SCEP_R_SOURCE_UNAVAILABLE,
                         "the password for \"%s\" stayed in use by other "
                         "requests",
                         e->csr->subject);
    }
    return status;
}

/* ---- constraints ---- */

static scep_status_e choose_profile(scep_enrolment_t *e, const char *name,
                                    scep_result_t *res)
{
    e->claim.profile = scep_profile_find(e->req->policy->profiles, name);
    return e->claim.profile != NULL
               ? SCEP_OK
               : scep_fail(res, SCEP_R_SOURCE_UNAVAILABLE,
                           "the password is for profile \"%s\", which is not "
                           "defined",
                           scep_printable(e->req->pool, name, MAX_SHOWN));
}

static scep_status_e apply_constraints(scep_enrolment_t *e, const char *text,
                                       scep_result_t *res)
{
    const char *error;
    const scep_limits_t *limits = scep_limits_parse(e->req->pool, text, &error);
    scep_status_e status;

    if (limits == NULL) {
        return scep_fail(res, SCEP_R_SOURCE_UNAVAILABLE,
                         "the limits for \"%s\" are malformed: %s",
                         e->csr->subject, error);
    }
    e->claim.limits = limits;
    status = scep_limits_check(limits, e->req, e->csr, res);
    if (status == SCEP_OK && scep_limits_profile(limits) != NULL) {
        status = choose_profile(e, scep_limits_profile(limits), res);
    }
    return status;
}

/* ---- the sources ---- */

/* May the recalled row be used? While the challenge is claimed, nobody else
 * takes its only use; if it was cancelled, the write transaction notices. */
static bool is_recalled_row_good(const scep_enrolment_t *e)
{
    const scep_challenge_row_t *row = e->recall.challenge;

    return row != NULL && row->state == SCEP_CHALLENGE_OUTSTANDING &&
           row->uses == 1 && row->serial == NULL;
}

/* E has claimed the challenge; only its row has its constraints and uses. */
static scep_status_e judge_claimed(scep_enrolment_t *e, scep_result_t *res)
{
    scep_challenge_row_t *row = e->recall.challenge;
    scep_status_e status =
        is_recalled_row_good(e) ? SCEP_OK : find_row(e, &row, res);

    if (status == SCEP_OK) {
        status = judge_row(e, row, res);
        if (status == SCEP_REFUSED) {
            scep_challenge_remove(e->req, e->challenge_hash);
        }
    }
    if (status == SCEP_OK && e->recall.issued == NULL) {
        e->claim.uses = row->uses;
        if (row->limits != NULL) {
            status = apply_constraints(e, row->limits, res);
        }
    }
    if (status != SCEP_OK || e->recall.issued != NULL) {
        scep_authorize_release(e);
    }
    return status;
}

static scep_status_e try_one_time(scep_enrolment_t *e,
                                  scep_guess_limit_t *guesses,
                                  scep_result_t *res)
{
    scep_status_e status = check_challenge(e, res);

    if (status == SCEP_OK) {
        status = set_claim_owner(e, res);
    }
    if (status == SCEP_OK) {
        status =
            scep_guess_limit_password(e->req, e->challenge_hash, guesses, res);
    }
    if (status == SCEP_OK) {
        status = claim_in_turn(e, res);
    }
    return status == SCEP_OK && e->recall.issued == NULL ? judge_claimed(e, res)
                                                         : status;
}

static scep_status_e try_single(scep_enrolment_t *e,
                                scep_guess_limit_t *guesses, scep_result_t *res)
{
    bool match = false;
    scep_status_e status = check_challenge(e, res);

    if (status != SCEP_OK) {
        return status;
    }
    if (e->req->service->master == NULL) {
        return scep_fail(res, SCEP_R_MASTER_PASSWORD,
                         "the master password was not set up at start");
    }
    status = scep_master_view_check(e->req->service->master, e->csr->challenge,
                                    scep_env_now(&e->req->env), e->req->pool,
                                    &match, res);
    if (status != SCEP_OK) {
        return scep_fail(res, SCEP_R_MASTER_PASSWORD, "%s", res->detail);
    }
    if (!match) {
        guesses->master = true;
        return scep_fail(res, SCEP_R_CHALLENGE_UNKNOWN,
                         "the password for \"%s\" is not the master password",
                         e->csr->subject);
    }
    return SCEP_OK;
}

static scep_status_e ask_provider(scep_request_t *req,
                                  const scep_challenge_request_t *request,
                                  const scep_provider_instance_t *provided,
                                  scep_challenge_answer_t *answer,
                                  scep_result_t *res)
{
    scep_status_e status;
    int slot;

    if (!scep_guess_limit_enter(req, SCEP_SLOT_ASKING, NULL, &slot)) {
        return scep_fail(res, SCEP_R_SOURCE_UNAVAILABLE,
                         "too many requests, in all or from %s, are waiting "
                         "for an answer of %s already",
                         req->peer, provided->text);
    }
    status = scep_challenge_provider_ask(provided->provider, provided->state,
                                         provided->text, &req->env, request,
                                         req->pool, answer, res);
    scep_guess_limit_leave(req, slot);
    return status;
}

static scep_status_e try_provider(scep_enrolment_t *e,
                                  const scep_provider_instance_t *provided,
                                  scep_result_t *res)
{
    scep_challenge_request_t request = {
        .transaction_id = e->msg->transaction_id,
        .csr = e->csr->req,
        .csr_der = e->csr->der,
        .subject = e->csr->subject,
        .challenge = e->csr->challenge,
        .peer = e->req->peer,
        .profile = e->req->policy->profile->name,
        .endpoint = e->req->endpoint != NULL ? e->req->endpoint : "",
        .host_request = e->req->host_request,
    };
    scep_challenge_answer_t answer = {NULL, NULL};
    apr_array_header_t *names;
    scep_status_e status = check_challenge(e, res);

    if (status != SCEP_OK) {
        return status;
    }
    if (provided->provider == NULL || provided->failed) {
        return scep_fail(res, SCEP_R_SOURCE_UNAVAILABLE,
                         "%s of ScepChallenge did not start; the error was "
                         "logged when httpd or this process started",
                         provided->text);
    }
    status = scep_alt_names(e->csr->extensions, e->req->pool, &names, res);
    if (status != SCEP_OK) {
        return status;
    }
    request.alt_names = scep_alt_name_texts(names, e->req->pool);
    status = ask_provider(e->req, &request, provided, &answer, res);
    if (status == SCEP_OK && answer.limits != NULL) {
        status = apply_constraints(e, answer.limits, res);
    }
    if (status == SCEP_OK && answer.profile != NULL) {
        status = choose_profile(e, answer.profile, res);
    }
    if (status == SCEP_OK) {
        scep_log(&e->req->env, SCEP_LOG_DEBUG,
                 SCEPLOGNO(0208) "%s accepted the challenge for \"%s\"",
                 provided->text, e->csr->subject);
    }
    return status;
}

static scep_status_e try_source(scep_enrolment_t *e,
                                const scep_provider_instance_t *provided,
                                scep_guess_limit_t *guesses, scep_result_t *res)
{
    switch (e->claim.source) {
    case SCEP_SOURCE_NONE:
        return SCEP_OK;
    case SCEP_SOURCE_ONE_TIME:
        return try_one_time(e, guesses, res);
    case SCEP_SOURCE_SINGLE:
        return try_single(e, guesses, res);
    case SCEP_SOURCE_PROVIDER:
        return try_provider(e, provided, res);
    }
    return scep_fail(res, SCEP_R_INTERNAL, "unknown challenge source");
}

/* A one-time challenge is too long to guess. */
static bool is_guessable(scep_source_e source)
{
    return source != SCEP_SOURCE_NONE && source != SCEP_SOURCE_ONE_TIME;
}

/* Keep the best reason: "expired" or "spent" tells more than "unknown". */
static void keep_refusal(scep_result_t *best, const scep_result_t *res)
{
    if (best->reason == SCEP_R_NONE ||
        best->reason == SCEP_R_CHALLENGE_UNKNOWN) {
        *best = *res;
    }
}

/* A source that could not be asked might have accepted: with one, the request
 * is not refused. Refusals of other sources are counted all the same. */
static scep_status_e conclude(scep_request_t *req, scep_guess_limit_t *guesses,
                              const scep_result_t *refused,
                              const scep_result_t *other, scep_result_t *res)
{
    scep_status_e status = res->status; /* of the last source */
    bool limited = false;

    if (refused->reason != SCEP_R_NONE) {
        *res = *refused;
        status = scep_guess_limit_failed(req, guesses, res);
        limited = res->http_status == 429;
    }
    if (other->reason != SCEP_R_NONE && !limited) {
        scep_guess_limit_passed(req, guesses);
        *res = *other;
        status = res->status;
    }
    return status;
}

/* A source accepts. If this very CSR had a certificate for its challenge
 * before, it gets that again (invariant 4). */
static scep_status_e let_in(scep_enrolment_t *e, scep_guess_limit_t *guesses,
                            scep_status_e status, scep_result_t *res)
{
    scep_guess_limit_passed(e->req, guesses);
    return status == SCEP_OK && e->recall.issued != NULL
               ? scep_recall_again(e, res)
               : status;
}

scep_status_e scep_authorize(scep_enrolment_t *e, scep_result_t *res)
{
    const scep_sources_t *sources = &e->req->policy->sources;
    scep_guess_limit_t guesses;
    scep_result_t refused, other;
    int i;

    e->recall.issued = NULL;
    if (sources->count == 0) {
        return scep_fail(res, SCEP_R_NO_CHALLENGE_SOURCE,
                         "ScepChallenge names no source here");
    }
    if (scep_guess_limit_begin(e->req, e->msg->signer_key, e->csr->challenge,
                               &guesses, res) != SCEP_OK) {
        return res->status;
    }
    scep_result_init(&refused, e->req->pool);
    scep_result_init(&other, e->req->pool);
    for (i = 0; i < sources->count; i++) {
        scep_status_e status = SCEP_OK;

        e->claim = (scep_claim_t){.source = sources->source[i]};
        scep_result_init(res, e->req->pool);
        if (is_guessable(e->claim.source)) {
            status = scep_guess_limit_guess(e->req, &guesses, res);
        }
        if (status == SCEP_OK) {
            status = try_source(e, sources->provided[i], &guesses, res);
        }
        if (status == SCEP_OK || res->reason == SCEP_R_PASSWORD_LOCKED) {
            return let_in(e, &guesses, status, res);
        }
        /* The next source may accept what this one did not check. */
        keep_refusal(status == SCEP_REFUSED && res->http_status != 429
                         ? &refused
                         : &other,
                     res);
    }
    return conclude(e->req, &guesses, &refused, &other, res);
}

void scep_authorize_release(scep_enrolment_t *e)
{
    if (e->claim.held) {
        scep_challenge_release(e->req, e->challenge_hash, e->claim.owner);
        e->claim.held = false;
    }
}

void scep_authorize_spent(scep_enrolment_t *e)
{
    if (e->claim.held && e->claim.uses > 1) {
        scep_authorize_release(e);
    }
    else if (e->claim.held) {
        scep_challenge_remove(e->req, e->challenge_hash);
        e->claim.held = false;
    }
}
