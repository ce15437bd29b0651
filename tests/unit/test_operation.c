/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_operation.c: which query and body reach which operation. */
#include "enroll_fixture.h"

#include <openssl/err.h>

#include <apr_base64.h>

#include "message_maker.h"
#include "scep_operation.h"

static const scep_octets_t no_body = {NULL, 0};

static scep_answer_t ask(enroll_fixture_t *f, const char *args,
                         scep_octets_t body)
{
    scep_answer_t answer;
    scep_query_t query;

    f->base.log[0] = '\0';
    enroll_reset_result(f);
    assert_int_equal(scep_query_parse(args, f->base.pool, &query, &f->base.res),
                     SCEP_OK);
    ERR_raise(ERR_LIB_USER, 1); /* somebody else's leftover */
    memset(&answer, 0x5a, sizeof(answer));
    scep_operation_answer(&f->req, &query, body, &answer);
    assert_int_equal(ERR_peek_error(), 0);
    return answer;
}

static scep_octets_t request(enroll_fixture_t *f)
{
    return maker_message(&f->base, maker_new(&f->base, &f->device, f->ca.cert,
                                             enroll_csr(f, f->device.key, "dev",
                                                        enroll_draw(f))));
}

static void assert_enrolled(enroll_fixture_t *f, const scep_answer_t *answer)
{
    assert_int_equal(answer->http_status, 200);
    assert_string_equal(answer->content_type, "application/x-pki-message");
    assert_false(answer->cacheable);
    assert_non_null(strstr(f->base.log, "SCEP0200"));
}

static void test_getcacaps(void **state)
{
    enroll_fixture_t *f = *state;
    scep_answer_t answer = ask(f, "operation=GetCACaps&message=x", no_body);
    const char *text = apr_pstrmemdup(
        f->base.pool, (const char *)answer.body.data, answer.body.len);

    assert_int_equal(answer.http_status, 200);
    assert_string_equal(answer.content_type, "text/plain");
    assert_non_null(strstr(text, "SHA-256\n"));
    assert_non_null(strstr(text, "POSTPKIOperation\n"));
    assert_null(strstr(text, "Renewal")); /* nothing that is not served */
    assert_null(strstr(text, "GetNextCACert"));
    f->policy.renewal.on = true;
    answer = ask(f, "operation=GetCACaps&message=x", no_body);
    assert_non_null(
        strstr(apr_pstrmemdup(f->base.pool, (const char *)answer.body.data,
                              answer.body.len),
               "Renewal\n"));
}

static void test_getcacert(void **state)
{
    enroll_fixture_t *f = *state;

    assert_string_equal(ask(f, "operation=GetCACert", no_body).content_type,
                        "application/x-x509-ca-cert");
    assert_string_equal(
        ask(f, "operation=GetCACertChain", no_body).content_type,
        "application/x-x509-ca-ra-cert-chain");
}

static void test_post(void **state)
{
    enroll_fixture_t *f = *state;
    scep_answer_t answer = ask(f, "operation=PKIOperation", request(f));

    assert_enrolled(f, &answer);
    answer = ask(f, NULL, request(f)); /* R61 */
    assert_enrolled(f, &answer);
    answer = ask(f, "operation=PKIOperation&message=", request(f)); /* PyScep */
    assert_enrolled(f, &answer);
}

static void test_get(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t message = request(f);
    char *text = apr_palloc(
        f->base.pool, (apr_size_t)apr_base64_encode_len((int)message.len));
    scep_answer_t answer;

    apr_base64_encode_binary(text, message.data, (int)message.len);
    answer = ask(f,
                 apr_pstrcat(f->base.pool,
                             "operation=PKIOperation&message=", text, NULL),
                 no_body);
    assert_enrolled(f, &answer);
}

static void assert_refused(enroll_fixture_t *f, const char *args, int status,
                           const char *log)
{
    scep_answer_t answer = ask(f, args, no_body);

    assert_int_equal(answer.http_status, status);
    assert_string_equal(answer.content_type, "text/plain");
    assert_non_null(strstr(f->base.log, log));
}

static void test_refusals(void **state)
{
    enroll_fixture_t *f = *state;

    assert_refused(f, NULL, 400, "SCEP0104");
    assert_refused(f, "operation=GetNextCACert", 404, "SCEP0109");
    assert_refused(f, "operation=PKIOperation", 400, "SCEP0108");
    assert_refused(f, "operation=PKIOperation&message=*", 400, "SCEP0107");
    assert_refused(f, "operation=PKIOperation&message=aGVsbG8=", 400,
                   "SCEP0120");
    f->policy.max_request_size = 4;
    assert_refused(f, "operation=PKIOperation&message=aGVsbG8=", 413,
                   "SCEP0102");
}

static void test_no_ca_certificate_to_show(void **state)
{
    enroll_fixture_t *f = *state;
    X509 *empty = X509_new();
    scep_answer_t answer;

    X509_free(sk_X509_pop(f->ca_certs));
    assert_true(sk_X509_push(f->ca_certs, empty) > 0);
    answer = ask(f, "operation=GetCACert", no_body);
    assert_int_equal(answer.http_status, 500);
    assert_non_null(strstr(f->base.log, "SCEP0173"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_getcacaps),
        ENROLL_TEST(test_getcacert),
        ENROLL_TEST(test_post),
        ENROLL_TEST(test_get),
        ENROLL_TEST(test_refusals),
        ENROLL_TEST(test_no_ca_certificate_to_show),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
