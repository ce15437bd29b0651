/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_refusal.c: every refusal is answered as its row of SCEP_REASONS says. */
#include "enroll_fixture.h"

#include <openssl/cms.h>

#include "scep_oid.h"
#include "scep_refusal.h"

typedef struct row_t {
    scep_reason_e reason;
    unsigned int number;
    int http_status;
    scep_failinfo_e failinfo;
    const char *text;
} row_t;

static const row_t rows[] = {
#define ROW(sym, num, st, http, fail, text) {sym, num, http, fail, text},
    SCEP_REASONS(ROW)
#undef ROW
};

static const char *attribute(enroll_fixture_t *f, const scep_answer_t *answer,
                             const char *oid, int type)
{
    CMS_ContentInfo *cms =
        scep_pkimessage_parse_cms(answer->body, NULL, f->base.pool);
    CMS_SignerInfo *si;
    const ASN1_STRING *value;

    assert_non_null(cms);
    si = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
    assert_non_null(si);
    value =
        CMS_signed_get0_data_by_OBJ(si, scep_oid(f->base.pool, oid), -3, type);
    if (value == NULL) {
        return NULL;
    }
    return apr_pstrmemdup(f->base.pool,
                          (const char *)ASN1_STRING_get0_data(value),
                          (apr_size_t)ASN1_STRING_length(value));
}

static void check_text(enroll_fixture_t *f, const row_t *row,
                       const scep_answer_t *answer)
{
    const char *body = apr_pstrmemdup(
        f->base.pool, (const char *)answer->body.data, answer->body.len);

    assert_int_equal(answer->http_status, row->http_status);
    assert_string_equal(answer->content_type, "text/plain");
    assert_string_equal(body, apr_pstrcat(f->base.pool, row->text, "\n", NULL));
    assert_int_equal(answer->retry_after > 0,
                     row->http_status == 503 || row->http_status == 429);
    assert_null(strstr(body, "private"));
}

static void check_certrep(enroll_fixture_t *f, const row_t *row,
                          const scep_answer_t *answer)
{
    assert_int_equal(answer->http_status, 200);
    assert_string_equal(answer->content_type, "application/x-pki-message");
    assert_string_equal(
        attribute(f, answer, SCEP_OID_MESSAGE_TYPE, V_ASN1_PRINTABLESTRING),
        "3");
    assert_string_equal(
        attribute(f, answer, SCEP_OID_PKI_STATUS, V_ASN1_PRINTABLESTRING), "2");
    assert_string_equal(
        attribute(f, answer, SCEP_OID_FAIL_INFO, V_ASN1_PRINTABLESTRING),
        apr_itoa(f->base.pool, row->failinfo));
    assert_string_equal(
        attribute(f, answer, SCEP_OID_FAIL_INFO_TEXT, V_ASN1_UTF8STRING),
        row->text);
    assert_string_equal(
        attribute(f, answer, SCEP_OID_TRANSACTION_ID, V_ASN1_PRINTABLESTRING),
        "the id");
}

static void test_each_row(void **state)
{
    enroll_fixture_t *f = *state;
    scep_pkimessage_t *msg = enroll_message(
        f, "the id", &f->device, enroll_csr(f, f->device.key, "x", NULL));
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        scep_answer_t answer;

        f->base.log[0] = '\0';
        enroll_reset_result(f);
        scep_fail(&f->base.res, rows[i].reason, "private detail");
        scep_refusal_answer(&f->req, &f->base.res, NULL, &answer);
        check_text(f, &rows[i], &answer);
        assert_non_null(
            strstr(f->base.log,
                   apr_psprintf(f->base.pool, "SCEP%04u: ", rows[i].number)));
        assert_non_null(strstr(f->base.log, "private detail"));
        assert_non_null(strstr(f->base.log, "192.0.2.1"));

        scep_refusal_answer(&f->req, &f->base.res, msg, &answer);
        if (rows[i].failinfo != SCEP_FAIL_NONE) {
            check_certrep(f, &rows[i], &answer);
        }
        else if (rows[i].http_status != 200) {
            check_text(f, &rows[i], &answer);
        }
    }
}

static void test_reply_that_cannot_be_signed(void **state)
{
    enroll_fixture_t *f = *state;
    scep_keypair_t mismatched = {f->ca.cert, f->other_key};
    scep_pkimessage_t *msg = enroll_message(
        f, "the id", &f->device, enroll_csr(f, f->device.key, "x", NULL));
    scep_answer_t answer;

    f->ra.signer = &mismatched;
    scep_fail(&f->base.res, SCEP_R_CONTENT, "private detail");
    scep_refusal_answer(&f->req, &f->base.res, msg, &answer);
    assert_int_equal(answer.http_status, 500);
    assert_string_equal(answer.content_type, "text/plain");
    assert_non_null(strstr(f->base.log, "SCEP0137"));
    assert_non_null(strstr(f->base.log, "SCEP0173"));
}

/* --- the record ----------------------------------------------------------- */

static void keep_refusals(enroll_fixture_t *f, int most)
{
    enroll_shared(f);
    f->policy.audit_refusals = most;
}

/* Refuse a request from PEER, and record it. */
static void refuse(enroll_fixture_t *f, const char *peer, scep_reason_e reason)
{
    f->req.peer = peer;
    enroll_reset_result(f);
    scep_fail(&f->base.res, reason, "private detail");
    scep_refusal_note(&f->req, &f->base.res, NULL, NULL);
    scep_refusal_record(&f->req);
}

typedef struct trail_t {
    int count;
    char last[256]; /* what the last row tells */
} trail_t;

static scep_status_e see(void *baton, const scep_audit_event_t *event)
{
    trail_t *trail = baton;

    trail->count++;
    apr_snprintf(trail->last, sizeof(trail->last), "%s|%s|%s|%s|%u|%s|%s|%d",
                 event->event, event->actor != NULL ? event->actor : "",
                 event->peer != NULL ? event->peer : "",
                 event->transaction_id != NULL ? event->transaction_id : "",
                 event->reason, event->subject != NULL ? event->subject : "",
                 event->detail, event->challenge_hash != NULL);
    return SCEP_OK;
}

static trail_t trail_of(enroll_fixture_t *f)
{
    const scep_audit_filter_t filter = {.event = NULL};
    trail_t trail = {0};

    enroll_reset_result(f);
    assert_int_equal(scep_store_audit_each(f->service.store, &filter, see,
                                           &trail, f->base.pool, &f->base.res),
                     SCEP_OK);
    return trail;
}

static void test_refusal_is_recorded(void **state)
{
    static const unsigned char hash[SCEP_HASH_SIZE] = {1};
    enroll_fixture_t *f = *state;
    scep_pkimessage_t *msg = enroll_message(
        f, "the id", &f->device, enroll_csr(f, f->device.key, "x", NULL));
    scep_answer_t answer;

    keep_refusals(f, 100);
    f->req.subject = "CN=x";
    f->req.challenge_hash = hash;
    scep_fail(&f->base.res, SCEP_R_CHALLENGE_SPENT, "private detail");
    scep_refusal_answer(&f->req, &f->base.res, msg, &answer);
    assert_int_equal(trail_of(f).count, 0); /* not before the answer leaves */
    scep_refusal_record(&f->req);
    assert_string_equal(trail_of(f).last,
                        "refused||192.0.2.1|the id|155|CN=x|private detail|1");
    scep_refusal_record(&f->req);
    assert_int_equal(trail_of(f).count, 1);

    enroll_reset_result(f);
    scep_fail(&f->base.res, SCEP_R_CACHE_FULL, "full");
    scep_refusal_note(&f->req, &f->base.res, NULL, "alice");
    scep_refusal_record(&f->req);
    assert_string_equal(trail_of(f).last,
                        "refused|alice|192.0.2.1||181|CN=x|full|1");
}

static void test_what_is_not_recorded(void **state)
{
    static const scep_reason_e reasons[] = {
        SCEP_R_STORE_UNAVAILABLE, SCEP_R_LOCK, SCEP_R_INTERNAL,
        SCEP_R_CA_UNAVAILABLE, SCEP_R_NO_NEXT_CA};
    enroll_fixture_t *f = *state;
    size_t i;

    keep_refusals(f, 100);
    for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        refuse(f, "192.0.2.1", reasons[i]);
    }
    f->policy.audit_refusals = 0;
    refuse(f, "192.0.2.1", SCEP_R_CHALLENGE_UNKNOWN);
    assert_int_equal(trail_of(f).count, 0);
}

static void test_flood_of_refusals(void **state)
{
    enroll_fixture_t *f = *state;
    int i;

    keep_refusals(f, 30);
    for (i = 0; i < 50; i++) {
        refuse(f, "192.0.2.1", SCEP_R_CHALLENGE_UNKNOWN);
    }
    assert_int_equal(trail_of(f).count, 20); /* a minute, of one address */
    refuse(f, "192.0.2.2", SCEP_R_CHALLENGE_UNKNOWN);
    assert_int_equal(trail_of(f).count, 22);
    assert_string_equal(trail_of(f).last,
                        "refused||192.0.2.2||153||private detail|0");
    for (i = 0; i < 200; i++) {
        refuse(f, apr_psprintf(f->base.pool, "198.51.100.%d", i),
               SCEP_R_CHALLENGE_UNKNOWN);
    }
    assert_int_equal(trail_of(f).count, 30); /* the newest */
    f->base.now += 60 * APR_USEC_PER_SEC;
    for (i = 0; i < 200; i++) {
        f->base.log[0] = '\0';
        refuse(f, apr_psprintf(f->base.pool, "203.0.113.%d", i),
               SCEP_R_CHALLENGE_UNKNOWN);
        assert_string_equal(f->base.log, "");
    }
    assert_int_equal(trail_of(f).count, 30);
    assert_string_equal(trail_of(f).last,
                        "refused||203.0.113.59||153||private detail|0");
}

static void test_left_out_are_counted(void **state)
{
    enroll_fixture_t *f = *state;
    const scep_audit_filter_t filter = {.after = 20};
    trail_t trail = {0};
    int i;

    keep_refusals(f, 100);
    for (i = 0; i < 27; i++) {
        refuse(f, "192.0.2.1", SCEP_R_CHALLENGE_UNKNOWN);
    }
    f->base.now += 3 * APR_USEC_PER_SEC;
    refuse(f, "192.0.2.1", SCEP_R_SYNTAX);
    assert_int_equal(trail_of(f).count, 22);
    assert_int_equal(scep_store_audit_each(f->service.store, &filter, see,
                                           &trail, f->base.pool, &f->base.res),
                     SCEP_OK);
    assert_int_equal(trail.count, 2);
    assert_string_equal(trail.last,
                        "refused||192.0.2.1||120||private detail|0");
}

static void test_store_away(void **state)
{
    enroll_fixture_t *f = *state;
    const char *path =
        apr_pstrcat(f->base.pool, f->base.scratch, "/scep.db", NULL);

    keep_refusals(f, 100);
    assert_int_equal(rename(path, apr_pstrcat(f->base.pool, path, ".", NULL)),
                     0);
    refuse(f, "192.0.2.1", SCEP_R_CHALLENGE_UNKNOWN);
    assert_non_null(strstr(f->base.log, "SCEP0219"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_each_row),
        ENROLL_TEST(test_reply_that_cannot_be_signed),
        ENROLL_TEST(test_refusal_is_recorded),
        ENROLL_TEST(test_what_is_not_recorded),
        ENROLL_TEST(test_flood_of_refusals),
        ENROLL_TEST(test_left_out_are_counted),
        ENROLL_TEST(test_store_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
