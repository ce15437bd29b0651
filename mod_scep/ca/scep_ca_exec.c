/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_ca_exec.c: write the program's input, and read its answer. (ca layer)
 */
#include "scep_ca_exec.h"

#include <string.h>

#include <apr_encode.h>
#include <apr_strings.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "scep_ca_chain.h"
#include "scep_ca_files.h"
#include "scep_cert_build.h"
#include "scep_json.h"
#include "scep_json_read.h"
#include "scep_program.h"
#include "scep_str.h"

enum {
    EXIT_DONE = 0,
    EXIT_REFUSED = 1,
    MAX_SHOWN = 256,
    OID_SIZE = 128,
    TIME_SIZE = 32
};

typedef struct exec_ca_t {
    scep_program_t *program;
    scep_certs_t *chain;
} exec_ca_t;

/* What the steps of one run share. */
typedef struct run_t {
    const exec_ca_t *ca;
    const scep_env_t *env;
    apr_pool_t *pool;
    scep_result_t *res;
} run_t;

/* ---- start ---- */

static scep_status_e exec_start(const scep_host_t *host,
                                const scep_ca_config_t *config,
                                const scep_env_t *env, apr_pool_t *pool,
                                void **ca, scep_result_t *res)
{
    const scep_program_config_t wanted = {
        .args = config->args,
        .timeout = config->exec_timeout,
        .workers = config->exec_workers,
        .probe = config->probe,
        .example = "ScepCABackend exec /path",
        .danger = "issue certificates to any device"};
    exec_ca_t *e = apr_pcalloc(pool, sizeof(*e));
    scep_status_e status;

    (void)host; /* inside mod_scep, the functions are called directly */
    *ca = NULL;
    if (config->key != NULL) {
        return scep_fail(res, SCEP_R_SETUP,
                         "%s is set, but ScepCABackend exec does not use it: "
                         "remove it; only the program needs the CA's key",
                         scep_ca_key_directive(config));
    }
    status = scep_program_make(&wanted, pool, &e->program, res);
    if (status != SCEP_OK) {
        return scep_fail(res, SCEP_R_SETUP, "ScepCABackend exec: %s",
                         res->detail);
    }
    status = scep_ca_files_load(config, env, pool, &e->chain, res);
    if (status == SCEP_OK) {
        *ca = e;
    }
    return status;
}

static scep_status_e exec_child_start(void *ca, const scep_env_t *env,
                                      apr_pool_t *pool, scep_result_t *res)
{
    const exec_ca_t *e = ca;

    (void)pool;
    (void)res;
    scep_program_child(e->program, env);
    return SCEP_OK;
}

static scep_certs_t *exec_certificates(void *ca)
{
    const exec_ca_t *e = ca;

    return e->chain;
}

/* ---- a run ---- */

/* The reason that the program gives, for the log. */
static const char *said(const run_t *r, const scep_exec_t *end,
                        scep_json_t *object)
{
    const char *text =
        object != NULL ? scep_json_text(scep_json_get(object, "reason")) : NULL;

    if (text == NULL) {
        text = end->err;
    }
    return *text == '\0'
               ? ""
               : apr_pstrcat(r->pool, ": ",
                             scep_printable(r->pool, text, MAX_SHOWN), NULL);
}

/* The program is at fault, so the device must come again. */
static scep_status_e unusable(const run_t *r, const char *why)
{
    return scep_fail(r->res, SCEP_R_CA_UNAVAILABLE,
                     "what %s wrote cannot be used: %s; mend the program",
                     scep_program_path(r->ca->program), why);
}

/* Run the program on INPUT. @param object set to its output with SCEP_OK
 * @param refused the reason if the program refuses */
static scep_status_e ask(const run_t *r, scep_octets_t input,
                         scep_reason_e refused, scep_json_t **object)
{
    const scep_program_t *program = r->ca->program;
    const char *error = "it wrote nothing";
    scep_exec_t end;
    scep_status_e status = scep_program_run(
        program, r->env, input, r->pool, &end, SCEP_R_CA_UNAVAILABLE, r->res);

    *object = NULL;
    if (status != SCEP_OK) {
        return status;
    }
    if (end.end == SCEP_EXEC_EXITED && end.out_len > 0) {
        *object = scep_json_parse(r->pool, end.out, end.out_len, &error);
        if (*object != NULL && !scep_json_is_object(*object)) {
            *object = NULL;
            error = "it is no object";
        }
    }
    if (end.end == SCEP_EXEC_EXITED && end.code == EXIT_REFUSED) {
        return scep_fail(r->res, refused, "%s refused%s",
                         scep_program_path(program), said(r, &end, *object));
    }
    if (end.end != SCEP_EXEC_EXITED || end.code != EXIT_DONE) {
        return scep_fail(
            r->res, SCEP_R_CA_UNAVAILABLE, "%s %s%s; run it by hand to see why",
            scep_program_path(program),
            scep_program_end(program, &end, r->pool), said(r, &end, *object));
    }
    return *object != NULL ? SCEP_OK : unusable(r, error);
}

/* Decode TEXT, which is PEM or base64, to DER. @return len 0: it is neither */
static scep_octets_t decode(const char *text, apr_pool_t *pool)
{
    BIO *bio = BIO_new_mem_buf(text, -1);
    scep_octets_t der = {NULL, 0};
    unsigned char *data = NULL;
    char *name = NULL, *header = NULL;
    long len = 0;

    if (bio != NULL && PEM_read_bio(bio, &name, &header, &data, &len) == 1) {
        der.data = apr_pmemdup(pool, data, (apr_size_t)len);
        der.len = (size_t)len;
    }
    else {
        der.data = apr_pdecode_base64_binary(pool, text, APR_ENCODE_STRING,
                                             APR_ENCODE_NONE, &der.len);
    }
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
    BIO_free(bio);
    return der.data != NULL ? der : (scep_octets_t){NULL, 0};
}

/* ---- a certificate ---- */

static const char *time_text(const ASN1_TIME *at, apr_pool_t *pool)
{
    char text[TIME_SIZE];
    struct tm tm;

    if (ASN1_TIME_to_tm(at, &tm) != 1 ||
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0) {
        return "null";
    }
    return scep_json_string(pool, text);
}

static const char *apr_time_text(apr_time_t at, apr_pool_t *pool)
{
    ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)apr_time_sec(at));
    const char *text = time != NULL ? time_text(time, pool) : "null";

    ASN1_TIME_free(time);
    return text;
}

/* The extensions of DRAFT, their values in DER. */
static const char *extensions_text(X509 *draft, apr_pool_t *pool)
{
    apr_array_header_t *all = apr_array_make(pool, 8, sizeof(const char *));
    int i;

    for (i = 0; i < X509_get_ext_count(draft); i++) {
        X509_EXTENSION *extension = X509_get_ext(draft, i);
        const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(extension);
        const scep_octets_t der = {ASN1_STRING_get0_data(value),
                                   (size_t)ASN1_STRING_length(value)};
        char oid[OID_SIZE];

        OBJ_obj2txt(oid, sizeof(oid), X509_EXTENSION_get_object(extension), 1);
        APR_ARRAY_PUSH(all, const char *) = apr_psprintf(
            pool, "{\"oid\":\"%s\",\"critical\":%s,\"value\":%s}", oid,
            X509_EXTENSION_get_critical(extension) ? "true" : "false",
            scep_json_base64(pool, der));
    }
    return apr_pstrcat(pool, "[", apr_array_pstrcat(pool, all, ','), "]", NULL);
}

static scep_octets_t issue_input(const scep_ca_request_t *request, X509 *draft,
                                 apr_pool_t *pool)
{
    const scep_json_member_t members[] = {
        {"operation", "\"issue\""},
        {"transactionID", scep_json_string(pool, request->transaction_id)},
        {"csr", scep_json_base64(pool, request->csr_der)},
        {"subject", scep_json_string(pool, request->subject)},
        {"profile", scep_json_string(pool, request->profile->name)},
        {"digest", scep_json_string(pool, request->profile->digest)},
        {"notBefore", time_text(X509_get0_notBefore(draft), pool)},
        {"notAfter", time_text(X509_get0_notAfter(draft), pool)},
        {"extensions", extensions_text(draft, pool)},
        {"renewalOf", scep_json_string(pool, request->renewal_of)},
        {"peer", scep_json_string(pool, request->peer)},
        {"authorizedBy", scep_json_string(pool, request->authorized_by)},
    };

    return scep_json_object(pool, members,
                            sizeof(members) / sizeof(members[0]));
}

/* Read the certificate or the ticket in OBJECT. */
static scep_status_e take_answer(const run_t *r, scep_json_t *object,
                                 scep_ca_answer_t *answer)
{
    const char *text = scep_json_text(scep_json_get(object, "certificate"));
    scep_octets_t der;
    const unsigned char *at;

    if (text == NULL) {
        answer->ticket = scep_json_text(scep_json_get(object, "ticket"));
        return answer->ticket != NULL
                   ? SCEP_PENDING
                   : unusable(r, "it has neither a certificate nor a ticket");
    }
    ERR_set_mark();
    der = decode(text, r->pool);
    at = der.data;
    answer->cert = scep_x509_own(
        r->pool, der.len > 0 ? d2i_X509(NULL, &at, (long)der.len) : NULL);
    ERR_pop_to_mark();
    if (answer->cert == NULL || at != der.data + der.len) {
        return unusable(r, "its certificate cannot be read");
    }
    return scep_ca_issued(sk_X509_value(r->ca->chain, 0), answer->cert)
               ? SCEP_OK
               : unusable(r, "its certificate is not signed by "
                             "ScepCACertificateFile");
}

static scep_status_e exec_issue(void *ca, const scep_env_t *env,
                                const scep_ca_request_t *request,
                                apr_pool_t *pool, scep_ca_answer_t *answer,
                                scep_result_t *res)
{
    const run_t r = {.ca = ca, .env = env, .pool = pool, .res = res};
    scep_json_t *object;
    scep_status_e status;
    int left_out;
    X509 *draft;

    status = scep_cert_draft(sk_X509_value(r.ca->chain, 0), request,
                             scep_env_now(env), pool, &draft, &left_out, res);
    if (status == SCEP_OK) {
        status = ask(&r, issue_input(request, draft, pool), SCEP_R_CA_REFUSED,
                     &object);
    }
    return status == SCEP_OK ? take_answer(&r, object, answer) : status;
}

static scep_status_e exec_poll(void *ca, const scep_env_t *env,
                               const char *ticket, apr_pool_t *pool,
                               scep_ca_answer_t *answer, scep_result_t *res)
{
    const run_t r = {.ca = ca, .env = env, .pool = pool, .res = res};
    const scep_json_member_t members[] = {
        {"operation", "\"poll\""}, {"ticket", scep_json_string(pool, ticket)}};
    scep_json_t *object;
    scep_status_e status =
        ask(&r, scep_json_object(pool, members, 2), SCEP_R_CA_REFUSED, &object);
    bool unknown = false;

    if (status != SCEP_OK) {
        return status;
    }
    return scep_json_boolean(scep_json_get(object, "unknown"), &unknown) &&
                   unknown
               ? SCEP_NOT_FOUND
               : take_answer(&r, object, answer);
}

/* ---- a CRL ---- */

static const char *revoked_text(const apr_array_header_t *revoked,
                                apr_pool_t *pool)
{
    apr_array_header_t *all =
        apr_array_make(pool, revoked->nelts + 1, sizeof(const char *));
    int i;

    for (i = 0; i < revoked->nelts; i++) {
        const scep_ca_revoked_t *one =
            &APR_ARRAY_IDX(revoked, i, scep_ca_revoked_t);

        APR_ARRAY_PUSH(all, const char *) = apr_psprintf(
            pool, "{\"serial\":\"%s\",\"time\":%s,\"reason\":%d}", one->serial,
            apr_time_text(one->at, pool), one->reason);
    }
    return apr_pstrcat(pool, "[", apr_array_pstrcat(pool, all, ','), "]", NULL);
}

static void free_crl(void *crl)
{
    X509_CRL_free(crl);
}

static scep_status_e take_crl(const run_t *r, scep_json_t *object,
                              X509_CRL **crl)
{
    const char *text = scep_json_text(scep_json_get(object, "crl"));
    EVP_PKEY *key = X509_get0_pubkey(sk_X509_value(r->ca->chain, 0));
    const unsigned char *at;
    scep_octets_t der;
    bool signed_by_ca;

    if (text == NULL) {
        return unusable(r, "it has no crl");
    }
    ERR_set_mark();
    der = decode(text, r->pool);
    at = der.data;
    *crl = scep_own(r->pool,
                    der.len > 0 ? d2i_X509_CRL(NULL, &at, (long)der.len) : NULL,
                    free_crl);
    signed_by_ca = *crl != NULL && X509_CRL_verify(*crl, key) == 1;
    ERR_pop_to_mark();
    if (*crl == NULL) {
        return unusable(r, "its crl cannot be read");
    }
    if (!signed_by_ca) {
        *crl = NULL;
        return unusable(r, "its crl is not signed by ScepCACertificateFile");
    }
    return SCEP_OK;
}

static scep_status_e exec_crl(void *ca, const scep_env_t *env,
                              const scep_ca_crl_request_t *request,
                              apr_pool_t *pool, X509_CRL **crl,
                              scep_result_t *res)
{
    const run_t r = {.ca = ca, .env = env, .pool = pool, .res = res};
    const scep_json_member_t members[] = {
        {"operation", "\"crl\""},
        {"number", apr_psprintf(pool, "%" APR_INT64_T_FMT, request->number)},
        {"thisUpdate", apr_time_text(request->this_update, pool)},
        {"nextUpdate", apr_time_text(request->next_update, pool)},
        {"revoked", revoked_text(request->revoked, pool)}};
    const scep_octets_t input =
        scep_json_object(pool, members, sizeof(members) / sizeof(members[0]));
    scep_json_t *object;
    scep_status_e status = ask(&r, input, SCEP_R_NO_CRL, &object);

    *crl = NULL;
    return status == SCEP_OK ? take_crl(&r, object, crl) : status;
}

const scep_ca_backend_t scep_ca_exec = {
    .abi = SCEP_CA_ABI,
    .size = sizeof(scep_ca_backend_t),
    .name = "exec",
    .abilities = 0,
    .start = exec_start,
    .child_start = exec_child_start,
    .certificates = exec_certificates,
    .ra_pair = NULL,
    .issue = exec_issue,
    .poll = exec_poll,
    .crl = exec_crl,
};
