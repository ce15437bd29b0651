/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_refusal.c: every row of SCEP_REASONS leaves as its row says. */
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
    assert_int_equal(answer->retry_after > 0, row->http_status == 503);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_each_row),
        ENROLL_TEST(test_reply_that_cannot_be_signed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
