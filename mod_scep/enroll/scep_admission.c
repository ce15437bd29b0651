/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_admission.c: slots for pkiMessages, and who may have them.
 * (enroll layer)
 */
#include "scep_admission.h"

#include <limits.h>

#include <openssl/err.h>

#include "scep_preflight.h"
#include "scep_signer.h"

enum { LEASE = 3600 }; /* seconds; longer than any message takes */

/* By what it proves; the least first. */
typedef enum { KIND_FIRST, KIND_KNOWN, KIND_RENEWAL } kind_e;

static const unsigned char key_of_all[SCEP_HASH_SIZE] = "messages";

scep_admission_t *scep_admission_make(int total, apr_pool_t *pool)
{
    scep_admission_t *admission = apr_palloc(pool, sizeof(*admission));

    admission->total = total;
    admission->slots = scep_shm_slots_make(total, pool);
    admission->load = scep_shm_load_make(pool);
    return admission->slots != NULL && admission->load != NULL ? admission
                                                               : NULL;
}

/* --- what a message is ------------------------------------------------------ */

static bool is_subject_of(const X509_NAME *issuer, const scep_certs_t *certs,
                          int count)
{
    int i;

    for (i = 0; i < sk_X509_num(certs) && i < count; i++) {
        if (X509_NAME_cmp(
                issuer, X509_get_subject_name(sk_X509_value(certs, i))) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_ca_of(const X509_NAME *issuer, const scep_service_t *service)
{
    return is_subject_of(issuer, service->backend->certificates(service->ca),
                         1) ||
           (service->next != NULL &&
            is_subject_of(issuer, service->next->certs, 1));
}

static bool is_trusted(const scep_request_t *req, const X509_NAME *issuer)
{
    int i;

    if (is_ca_of(issuer, req->service) ||
        is_subject_of(issuer, req->policy->renewal.trust, INT_MAX)) {
        return true;
    }
    for (i = 0; req->idents != NULL && i < req->idents->nelts; i++) {
        if (is_ca_of(issuer,
                     APR_ARRAY_IDX(req->idents, i, scep_ident_t).service)) {
            return true;
        }
    }
    return false;
}

/* Might a certificate of the issuer with that name authorize its successor? */
static bool may_renew(const scep_request_t *req, scep_octets_t issuer)
{
    const unsigned char *in = issuer.data;
    X509_NAME *name;
    bool may;

    if (!req->policy->renewal.on) {
        return false;
    }
    ERR_set_mark();
    name = d2i_X509_NAME(NULL, &in, (long)issuer.len);
    ERR_pop_to_mark();
    may = name != NULL && is_trusted(req, name);
    X509_NAME_free(name);
    return may;
}

/* Nobody else can choose which place in the memory an id has. */
static bool hash_id(const scep_request_t *req, scep_octets_t id,
                    unsigned char *key)
{
    return scep_hmac(req->service->password_key, id, key);
}

static bool is_known(const scep_request_t *req, int message_type,
                     scep_octets_t id)
{
    unsigned char key[SCEP_HASH_SIZE];

    return message_type == SCEP_MSG_CERTPOLL ||
           (hash_id(req, id, key) &&
            scep_shm_load_knows(req->service->admission->load, key));
}

static kind_e claimed_kind(const scep_request_t *req, scep_octets_t der)
{
    scep_claims_t claims;

    if (!scep_preflight_claims(der, &claims)) {
        return KIND_FIRST; /* it will be refused */
    }
    if (claims.issuer.len == 0 || may_renew(req, claims.issuer)) {
        return KIND_RENEWAL; /* or the signer is named in another way */
    }
    return is_known(req, claims.message_type, claims.transaction_id)
               ? KIND_KNOWN
               : KIND_FIRST;
}

static kind_e proved_kind(const scep_request_t *req,
                          const scep_pkimessage_t *msg)
{
    if (req->signer != NULL && req->signer->candidate) {
        return KIND_RENEWAL;
    }
    return is_known(req, msg->message_type, msg->transaction_id_raw)
               ? KIND_KNOWN
               : KIND_FIRST;
}

/* --- slots ------------------------------------------------------------------ */

/* How many slots messages of KIND may have. */
static int slots_of(const scep_admission_t *admission, kind_e kind)
{
    int total = admission->total, of_eight = kind == KIND_FIRST ? 6 : 7;

    if (kind == KIND_RENEWAL) {
        return total;
    }
    total = total * of_eight / 8;
    return total > 0 ? total : 1;
}

static int take_slot(const scep_request_t *req, kind_e kind)
{
    const scep_admission_t *admission = req->service->admission;
    int total = slots_of(admission, kind);
    const scep_slot_terms_t terms = {.first = 0,
                                     .total = total,
                                     .key = key_of_all,
                                     .each = total,
                                     .lease = apr_time_from_sec(LEASE),
                                     .seldom = true};

    return scep_shm_slots_take(admission->slots, &terms,
                               scep_env_now(&req->env));
}

static scep_status_e send_away(const scep_request_t *req, kind_e kind,
                               scep_result_t *res)
{
    const scep_admission_t *admission = req->service->admission;
    static const char *const whose[] = {"a first enrolment",
                                        "a repeated request", "a renewal"};

    scep_fail(res, SCEP_R_BUSY,
              "%d messages are being worked on, and %s may not be one more "
              "(ScepMaxConcurrent %d)",
              slots_of(admission, kind), whose[kind], admission->total);
    res->retry_after =
        scep_shm_load_sent_away(admission->load, scep_env_now(&req->env));
    return res->status;
}

scep_status_e scep_admission_enter(scep_request_t *req, scep_octets_t der,
                                   scep_result_t *res)
{
    kind_e kind;
    int slot;

    req->admitted = 0;
    if (req->service->admission == NULL) {
        return SCEP_OK;
    }
    /* As long as there is room for all it does not matter what comes. */
    slot = take_slot(req, KIND_FIRST);
    if (slot < 0) {
        kind = claimed_kind(req, der);
        slot = kind == KIND_FIRST ? -1 : take_slot(req, kind);
        if (slot < 0) {
            return send_away(req, kind, res);
        }
    }
    req->admitted = slot + 1;
    return SCEP_OK;
}

static void give_slot(scep_request_t *req)
{
    scep_shm_slots_give(req->service->admission->slots, req->admitted - 1);
    req->admitted = 0;
}

scep_status_e scep_admission_confirm(scep_request_t *req,
                                     const scep_pkimessage_t *msg,
                                     scep_result_t *res)
{
    kind_e kind;

    if (req->admitted == 0 ||
        req->admitted <= slots_of(req->service->admission, KIND_FIRST)) {
        return SCEP_OK;
    }
    kind = proved_kind(req, msg);
    if (req->admitted > slots_of(req->service->admission, kind)) {
        int slot = take_slot(req, kind);

        if (slot < 0) {
            return send_away(req, kind, res);
        }
        give_slot(req);
        req->admitted = slot + 1;
    }
    return SCEP_OK;
}

void scep_admission_leave(scep_request_t *req, const scep_pkimessage_t *msg)
{
    const scep_admission_t *admission = req->service->admission;
    unsigned char key[SCEP_HASH_SIZE];

    if (req->admitted == 0) {
        return;
    }
    if (msg != NULL && hash_id(req, msg->transaction_id_raw, key)) {
        scep_shm_load_note(admission->load, key);
    }
    scep_shm_load_served(admission->load, scep_env_now(&req->env));
    give_slot(req);
}
