/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_store_json.c: see scep_store_json.h. (store layer) */
#include "scep_store_json.h"

#include <apr_strings.h>

#include "scep_json.h"
#include "scep_str.h"

/* Short, because there are so many members. */
#define TEXT(text) scep_json_string(pool, (text))
#define TIME(when) scep_json_time(pool, (when))

static const char *number(apr_pool_t *pool, apr_int64_t value)
{
    return apr_psprintf(pool, "%" APR_INT64_T_FMT, value);
}

const char *scep_challenge_json(const scep_challenge_item_t *item,
                                apr_pool_t *pool)
{
    return scep_json_members(
        pool, "id", TEXT(item->id), "created", TIME(item->created), "expires",
        TIME(item->expires), "drawnBy", TEXT(item->drawn_by), "peer",
        TEXT(item->peer), "label", TEXT(item->label), "uses",
        number(pool, item->uses), "limits",
        item->limits != NULL ? item->limits : "null", NULL);
}

const char *scep_request_json(const scep_request_row_t *row, apr_pool_t *pool)
{
    return scep_json_members(
        pool, "id", TEXT(row->id), "state",
        TEXT(scep_request_state_name(row->state)), "scope", TEXT(row->ca_id),
        "created", TIME(row->created), "expires", TIME(row->expires), "subject",
        TEXT(row->subject), "altNames", TEXT(row->alt_names), "extensions",
        TEXT(row->extensions), "profile", TEXT(row->profile), "source",
        TEXT(row->source), "renewalOf", TEXT(row->renewal_of), "peer",
        TEXT(row->peer), "transactionID", TEXT(row->transaction_id), "decided",
        TIME(row->decided_at), "decidedBy", TEXT(row->decided_by), "note",
        TEXT(row->note), "serial", TEXT(row->serial), NULL);
}

/* BEFORE, AFTER and DER are NULL in a list. */
static const char *certificate(const scep_certificate_row_t *row,
                               apr_time_t now, apr_pool_t *pool,
                               const char *before, const char *after,
                               const char *der)
{
    const char *reason = row->revoked != 0
                             ? scep_revocation_reason_name((int)row->reason)
                             : NULL;

    return scep_json_members(
        pool, "serial", TEXT(row->serial), "state",
        TEXT(scep_certificate_state_name(row, now)), "subject",
        TEXT(row->subject), "notBefore", TIME(row->not_before), "notAfter",
        TIME(row->not_after), "issued", TIME(row->created), "profile",
        TEXT(row->profile), "scope", TEXT(row->ca_id), "revoked",
        TIME(row->revoked), "reason", TEXT(reason), "revokedBy",
        TEXT(row->revoked_by), "predecessor", TEXT(row->predecessor),
        "successor", TEXT(row->successor),
        before != NULL ? "predecessors" : NULL, before, "successors", after,
        "certificate", der, NULL);
}

const char *scep_certificate_json(const scep_certificate_row_t *row,
                                  apr_time_t now, apr_pool_t *pool)
{
    return certificate(row, now, pool, NULL, NULL, NULL);
}

const char *scep_certificate_json_all(const scep_certificate_row_t *row,
                                      const apr_array_header_t *before,
                                      const apr_array_header_t *after,
                                      apr_time_t now, apr_pool_t *pool)
{
    return certificate(row, now, pool,
                       scep_certificates_json(before, now, pool),
                       scep_certificates_json(after, now, pool),
                       scep_json_base64(pool, row->der));
}

const char *scep_certificates_json(const apr_array_header_t *certs,
                                   apr_time_t now, apr_pool_t *pool)
{
    apr_array_header_t *values =
        apr_array_make(pool, certs->nelts, sizeof(const char *));
    int i;

    for (i = 0; i < certs->nelts; i++) {
        const scep_certificate_row_t *cert =
            &APR_ARRAY_IDX(certs, i, scep_certificate_row_t);

        APR_ARRAY_PUSH(values, const char *) = scep_json_members(
            pool, "serial", TEXT(cert->serial), "state",
            TEXT(scep_certificate_state_name(cert, now)), NULL);
    }
    return scep_json_array(pool, values);
}

const char *scep_audit_json(const scep_audit_event_t *event, apr_pool_t *pool)
{
    const char *reason = event->reason != 0
                             ? apr_psprintf(pool, "SCEP%04u", event->reason)
                             : NULL;
    const char *hash =
        event->challenge_hash != NULL
            ? scep_hex_lower(pool, event->challenge_hash, SCEP_HASH_SIZE)
            : NULL;

    return scep_json_members(
        pool, "seq", number(pool, event->seq), "time", TIME(event->at), "event",
        TEXT(event->event), "scope", TEXT(event->ca_id), "user",
        TEXT(event->actor), "peer", TEXT(event->peer), "transactionID",
        TEXT(event->transaction_id), "serial", TEXT(event->serial),
        "challengeHash", TEXT(hash), "reason", TEXT(reason), "subject",
        TEXT(event->subject), "detail", TEXT(event->detail), NULL);
}
