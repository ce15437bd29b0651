/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_operation.c: pass a parsed query to the function that answers it.
 * (enroll layer)
 */
#include "scep_operation.h"

#include <string.h>

#include "scep_caps.h"
#include "scep_refusal.h"

static scep_status_e answer_caps(scep_request_t *req, scep_answer_t *answer)
{
    const scep_features_t features = {.renewal = req->policy->renewal.on,
                                      .next_ca = req->service->next != NULL};
    const char *text = scep_caps_text(req->policy->algs, &features, req->pool);

    answer->http_status = 200;
    answer->content_type = "text/plain";
    answer->body.data = (const unsigned char *)text;
    answer->body.len = strlen(text);
    answer->cacheable = true;
    return SCEP_OK;
}

/* A POST carries the message as its body whatever its query says (R61); a GET
 * carries it in the query. */
static scep_status_e message_of(scep_request_t *req, const scep_query_t *query,
                                scep_octets_t body, scep_octets_t *der,
                                scep_result_t *res)
{
    if (body.len > 0) {
        *der = body;
        return SCEP_OK;
    }
    return scep_query_message(query->message, req->policy->max_request_size,
                              req->pool, der, res);
}

static scep_status_e dispatch(scep_request_t *req, const scep_query_t *query,
                              scep_octets_t body, scep_answer_t *answer,
                              scep_result_t *res)
{
    scep_operation_e operation = query->operation;
    scep_octets_t der;

    if (operation == SCEP_OP_NONE && body.len > 0) {
        operation = SCEP_OP_PKIOPERATION;
    }
    if (operation != SCEP_OP_PKIOPERATION) {
        scep_service_by_ident(req, query->message);
    }
    switch (operation) {
    case SCEP_OP_GETCACAPS:
        return answer_caps(req, answer);
    case SCEP_OP_GETCACERT:
        return scep_getcacert(req, false, answer, res);
    case SCEP_OP_GETCACERTCHAIN:
        return scep_getcacert(req, true, answer, res);
    case SCEP_OP_GETNEXTCACERT:
        return scep_getnextca(req, answer, res);
    case SCEP_OP_PKIOPERATION:
        if (message_of(req, query, body, &der, res) == SCEP_OK) {
            scep_pkioperation(req, der, answer);
        }
        return res->status;
    case SCEP_OP_NDES_CHALLENGE:
    case SCEP_OP_NDES_THUMBPRINT:
        return scep_fail(res, SCEP_R_OPERATION,
                         "%s is for the admin page, not for devices",
                         query->name);
    case SCEP_OP_NONE:
        break;
    }
    return scep_fail(res, SCEP_R_NO_OPERATION,
                     "neither an operation nor a message");
}

void scep_operation_answer(scep_request_t *req, const scep_query_t *query,
                           scep_octets_t body, scep_answer_t *answer)
{
    scep_result_t res;

    memset(answer, 0, sizeof(*answer));
    scep_result_init(&res, req->pool);
    scep_crypto_clear_errors();
    if (dispatch(req, query, body, answer, &res) != SCEP_OK) {
        scep_refusal_answer(req, &res, NULL, answer);
    }
    scep_crypto_clear_errors();
}
