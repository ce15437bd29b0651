/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_name_check.c: see scep_name_check.h. (enroll layer)
 */
#include "scep_name_check.h"

#include <string.h>

#include <apr_strings.h>

#include <openssl/err.h>

#include "scep_alt_names.h"
#include "scep_cert_san.h"
#include "scep_limits.h"
#include "scep_name_rules.h"
#include "scep_name_syntax.h"
#include "scep_names.h"
#include "scep_signer.h"

enum { LABELS_NEEDED = 2 /* after a wildcard's star */ };

/* The names of a request, and those that its signer's certificate has. */
typedef struct names_t {
    const X509_NAME *subject;
    const GENERAL_NAMES *san; /* NULL: none */
    const X509_NAME *had;     /* NULL: none */
    const GENERAL_NAMES *had_san;
} names_t;

static scep_status_e read_names(const scep_enrolment_t *e, names_t *names,
                                scep_result_t *res)
{
    apr_pool_t *pool = e->req->pool;
    X509 *signer = e->msg->signer;
    GENERAL_NAMES *san = NULL;
    scep_result_t ignored;
    int left_out;
    scep_status_e status =
        scep_cert_san(e->csr->extensions, pool, &san, &left_out, res);

    memset(names, 0, sizeof(*names));
    names->subject = X509_REQ_get_subject_name(e->csr->req);
    names->san = san;
    if (status != SCEP_OK || e->req->signer == NULL ||
        e->req->signer->issuer < SCEP_SIGNER_OURS) {
        return status;
    }
    names->had = X509_get_subject_name(signer);
    scep_result_init(&ignored, pool);
    if (scep_cert_san(X509_get0_extensions(signer), pool, &san, &left_out,
                      &ignored) == SCEP_OK) {
        names->had_san = san;
    }
    return SCEP_OK;
}

/* ---- well-formed? ---- */

static scep_status_e check_form(const scep_enrolment_t *e, const names_t *names,
                                scep_result_t *res)
{
    const scep_name_rules_t *rules = &e->req->policy->name_rules;
    apr_pool_t *pool = e->req->pool;
    const char *fault =
        scep_name_fault(names->subject, names->had, rules, pool);
    const char *ignored;

    if (fault != NULL) {
        return scep_fail(res, SCEP_R_NAME, "the subject's %s", fault);
    }
    if (scep_names_san_kept(names->had_san, names->san, pool, &ignored)) {
        return SCEP_OK;
    }
    if (sk_GENERAL_NAME_num(names->san) > SCEP_NAMES_MAX) {
        return scep_fail(res, SCEP_R_NAME,
                         "\"%s\" asks for %d alternative names; %d is the most",
                         e->csr->subject, sk_GENERAL_NAME_num(names->san),
                         SCEP_NAMES_MAX);
    }
    fault = scep_san_fault(names->san, names->had_san, rules, pool);
    return fault == NULL
               ? SCEP_OK
               : scep_fail(res, SCEP_R_NAME,
                           "the alternative name %s (asked for by \"%s\")",
                           fault, e->csr->subject);
}

/* ---- a CA's? ---- */

static bool is_one_of(const X509_NAME *subject, const scep_certs_t *certs)
{
    int i;

    for (i = 0; i < sk_X509_num(certs); i++) {
        if (X509_NAME_cmp(
                subject, X509_get_subject_name(sk_X509_value(certs, i))) == 0) {
            return true;
        }
    }
    return false;
}

/* Is SUBJECT that of SERVICE's CA, its issuers, its RAs, or its next CA? */
static bool is_name_of_service(const X509_NAME *subject,
                               const scep_service_t *service)
{
    const apr_array_header_t *pairs = service->ra->pairs;
    int i;

    for (i = 0; i < pairs->nelts; i++) {
        const scep_keypair_t *pair =
            APR_ARRAY_IDX(pairs, i, const scep_keypair_t *);

        if (X509_NAME_cmp(subject, X509_get_subject_name(pair->cert)) == 0) {
            return true;
        }
    }
    return is_one_of(subject, service->backend->certificates(service->ca)) ||
           is_one_of(subject, service->ra->certs) ||
           (service->next != NULL && is_one_of(subject, service->next->certs));
}

static bool is_name_of_authority(const scep_request_t *req,
                                 const X509_NAME *subject)
{
    int i;

    if (is_name_of_service(subject, req->service) ||
        is_one_of(subject, req->policy->renewal.trust)) {
        return true;
    }
    for (i = 0; req->idents != NULL && i < req->idents->nelts; i++) {
        if (is_name_of_service(
                subject, APR_ARRAY_IDX(req->idents, i, scep_ident_t).service)) {
            return true;
        }
    }
    return false;
}

static scep_status_e check_owner(const scep_enrolment_t *e,
                                 const names_t *names, scep_result_t *res)
{
    if (X509_NAME_entry_count(names->subject) == 0 ||
        !is_name_of_authority(e->req, names->subject) ||
        (names->had != NULL &&
         X509_NAME_cmp(names->had, names->subject) == 0)) {
        return SCEP_OK;
    }
    return scep_fail(res, SCEP_R_NAME_OF_CA,
                     "\"%s\" is the subject of a CA or RA here, and a CA gives "
                     "a subject to one entity only (RFC 5280 4.1.2.6)",
                     e->csr->subject);
}

/* ---- a wildcard for everything? ---- */

/* May a name with LABELS after its star be certified? Constraints that name it
 * (ALLOWED) or an operator's approval can allow it, but not "*". */
static bool is_narrow(const scep_enrolment_t *e, int labels, bool allowed)
{
    return labels < 0 || labels >= LABELS_NEEDED ||
           (labels > 0 && (allowed || e->waiting != NULL));
}

static scep_status_e too_wide(const scep_enrolment_t *e, const char *what,
                              const char *value, scep_result_t *res)
{
    return scep_fail(res, SCEP_R_NAME,
                     "%s \"%s\" of \"%s\" is a wildcard for all hosts%s", what,
                     value, e->csr->subject,
                     strcmp(value, "*") == 0
                         ? ""
                         : " of a top-level domain; only the limits of a "
                           "password can allow it, by its name");
}

static scep_octets_t octets_of(const ASN1_STRING *text)
{
    const scep_octets_t octets = {ASN1_STRING_get0_data(text),
                                  (size_t)ASN1_STRING_length(text)};

    return octets;
}

static scep_status_e check_alt_wildcards(const scep_enrolment_t *e,
                                         const names_t *names,
                                         scep_result_t *res)
{
    const scep_limits_t *limits = e->claim.limits;
    apr_pool_t *pool = e->req->pool;
    int i;

    for (i = 0; i < sk_GENERAL_NAME_num(names->san); i++) {
        GENERAL_NAME *name = sk_GENERAL_NAME_value(names->san, i);
        scep_alt_name_t told;
        int labels;

        if (name->type != GEN_DNS) {
            continue;
        }
        labels = scep_syntax_wildcard(octets_of(name->d.dNSName));
        if (labels < 0 || labels >= LABELS_NEEDED) {
            continue;
        }
        scep_alt_name_describe(name, pool, &told);
        if (!is_narrow(e, labels,
                       limits != NULL &&
                           scep_limits_name(limits, &told, pool)) &&
            !scep_names_has_san(names->had_san, name)) {
            return too_wide(e, "the alternative name DNS", told.shown, res);
        }
    }
    return SCEP_OK;
}

/* In UTF-8; empty if it is no text. */
static const char *cn_text(const X509_NAME_ENTRY *entry, apr_pool_t *pool)
{
    unsigned char *text = NULL;
    const char *cn;
    int len;

    ERR_set_mark();
    len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
    ERR_pop_to_mark();
    cn = len > 0 ? apr_pstrmemdup(pool, (const char *)text, (apr_size_t)len)
                 : "";
    OPENSSL_free(text);
    return cn;
}

/* Programs that find no alternative name take the CN for a host name. */
static scep_status_e check_cn_wildcards(const scep_enrolment_t *e,
                                        const names_t *names,
                                        scep_result_t *res)
{
    apr_pool_t *pool = e->req->pool;
    bool allowed =
        e->claim.limits != NULL && scep_limits_name_subject(e->claim.limits);
    int i = -1;

    while ((i = X509_NAME_get_index_by_NID(names->subject, NID_commonName,
                                           i)) >= 0) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(names->subject, i);
        const char *cn = cn_text(entry, pool);
        const scep_octets_t octets = {(const unsigned char *)cn, strlen(cn)};

        if (!is_narrow(e, scep_syntax_wildcard(octets), allowed) &&
            (names->had == NULL ||
             !scep_names_has_entry(names->had, entry, pool))) {
            return too_wide(e, "the subject's CN", cn, res);
        }
    }
    return SCEP_OK;
}

scep_status_e scep_name_check(const scep_enrolment_t *e, scep_result_t *res)
{
    names_t names;
    scep_status_e status;

    if (e->waiting != NULL && e->renewal_of != NULL) {
        return SCEP_OK; /* compared when it was queued */
    }
    status = read_names(e, &names, res);
    if (status == SCEP_OK) {
        status = check_form(e, &names, res);
    }
    if (status == SCEP_OK) {
        status = check_owner(e, &names, res);
    }
    if (status == SCEP_OK) {
        status = check_alt_wildcards(e, &names, res);
    }
    return status == SCEP_OK ? check_cn_wildcards(e, &names, res) : status;
}
