/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_result.c: the rows of SCEP_REASONS agree with each other, and results
 * are filled only from them. */
#include "fixture.h"

#include <stdbool.h>

#include <openssl/err.h>
#include <openssl/x509.h>

typedef struct row_t {
    const char *symbol;
    scep_reason_e reason;
    unsigned int number;
    scep_status_e status;
    int http_status;
    scep_failinfo_e failinfo;
    const char *text;
} row_t;

static const row_t rows[] = {
#define ROW(sym, num, st, http, fail, text)                                    \
    {#sym, sym, num, st, http, fail, text},
    SCEP_REASONS(ROW)
#undef ROW
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* From here on the rows belong to the admin page, which sends no CertRep. */
enum { ADMIN_PAGE = 180, LIMITS = 190, DRAWING = 193 };

/* Is it an answer to a device? */
static bool for_device(const row_t *r)
{
    return r->number < ADMIN_PAGE ||
           (r->number >= LIMITS && r->number != DRAWING);
}

static void test_numbers(void **state)
{
    size_t i;

    (void)state;
    assert_int_equal(SCEP_R_END, rows[ROWS - 1].number + 1);
    for (i = 0; i < ROWS; i++) {
        assert_in_range(rows[i].number, 101, 199);
        assert_true(i == 0 || rows[i].number > rows[i - 1].number);
        assert_int_equal(rows[i].reason, rows[i].number);
    }
}

/* Each status has its HTTP statuses; what a CertRep answers has a failInfo,
 * and nothing else has one. */
static void test_statuses(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < ROWS; i++) {
        const row_t *r = &rows[i];

        if (for_device(r)) {
            assert_int_equal(r->http_status == 200,
                             r->failinfo != SCEP_FAIL_NONE);
        }
        else {
            assert_int_equal(r->failinfo, SCEP_FAIL_NONE);
        }
        switch (r->status) {
        case SCEP_REFUSED:
            assert_true(r->http_status == 200 ||
                        (r->http_status >= 400 && r->http_status < 500));
            break;
        case SCEP_NOT_FOUND:
            assert_int_equal(r->http_status, 404);
            break;
        case SCEP_UNAVAILABLE: /* the admin page is always 200 */
            assert_int_equal(r->http_status, for_device(r) ? 503 : 200);
            break;
        case SCEP_BROKEN:
            assert_int_equal(r->http_status, 500);
            break;
        case SCEP_OK:
        case SCEP_PENDING:
            fail_msg("%s is no reason to refuse", r->symbol);
        }
    }
}

/* They go into a UTF8String and an HTTP body as they are. */
static void test_texts(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < ROWS; i++) {
        const char *p = rows[i].text;

        assert_in_range(strlen(p), 1, 255);
        assert_int_equal(p[strlen(p) - 1], '.');
        for (; *p != '\0'; p++) {
            assert_in_range(*p, 0x20, 0x7e);
            assert_null(strchr("<>&\"\\%", *p));
        }
    }
}

static const row_t *row_of(scep_reason_e reason)
{
    size_t i = 0;

    while (i < ROWS && rows[i].reason != reason) {
        i++;
    }
    assert_true(i < ROWS);
    return &rows[i];
}

/* No oracle: outcomes that must look the same from outside do. */
static void same(scep_reason_e a, scep_reason_e b)
{
    const row_t *first = row_of(a);
    const row_t *second = row_of(b);

    assert_int_equal(first->status, second->status);
    assert_int_equal(first->http_status, second->http_status);
    assert_int_equal(first->failinfo, second->failinfo);
    assert_string_equal(first->text, second->text);
}

static void test_no_oracle(void **state)
{
    int i;

    (void)state;
    for (i = SCEP_R_NO_CHALLENGE_SOURCE; i <= SCEP_R_CHALLENGE_BUSY; i++) {
        same(SCEP_R_CHALLENGE_UNKNOWN, (scep_reason_e)i);
    }
    same(SCEP_R_CONTENT, SCEP_R_CSR_POLICY);
    same(SCEP_R_CONTENT, SCEP_R_SIGNER_KEY);
    same(SCEP_R_CONTENT, SCEP_R_TRANSACTION_REUSED);
    same(SCEP_R_CA_UNAVAILABLE, SCEP_R_STORE_UNAVAILABLE);
    same(SCEP_R_CA_UNAVAILABLE, SCEP_R_LOCK);
    same(SCEP_R_INTERNAL, SCEP_R_SETUP);
}

static void test_init(void **state)
{
    fixture_t *f = *state;
    scep_result_t res;

    memset(&res, 0x55, sizeof(res));
    scep_result_init(&res, f->pool);
    assert_ptr_equal(res.pool, f->pool);
    assert_int_equal(res.status, SCEP_OK);
    assert_int_equal(res.reason, SCEP_R_NONE);
    assert_int_equal(res.http_status, 200);
    assert_int_equal(res.failinfo, SCEP_FAIL_NONE);
    assert_int_equal(res.log_number, 0);
    assert_string_equal(res.public_text, "");
    assert_string_equal(res.detail, "");
}

static void test_fail(void **state)
{
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < ROWS; i++) {
        const row_t *r = &rows[i];

        assert_int_equal(scep_fail(&f->res, r->reason, "%s %d", "detail", 5),
                         r->status);
        assert_int_equal(f->res.status, r->status);
        assert_int_equal(f->res.reason, r->reason);
        assert_int_equal(f->res.http_status, r->http_status);
        assert_int_equal(f->res.failinfo, r->failinfo);
        assert_int_equal(f->res.log_number, r->number);
        assert_string_equal(f->res.public_text, r->text);
        assert_string_equal(f->res.detail, "detail 5");
    }
}

static void provoke(void)
{
    static const unsigned char junk[] = {0x00};
    const unsigned char *in = junk;

    assert_null(d2i_X509(NULL, &in, 1));
    assert_int_not_equal(ERR_peek_error(), 0);
}

/* The queue's texts follow the detail, and the queue is empty after it; a
 * percent sign from there is not taken for a format. */
static void test_error_queue(void **state)
{
    fixture_t *f = *state;

    ERR_clear_error();
    provoke();
    scep_fail(&f->res, SCEP_R_SYNTAX, "100%%");
    assert_int_equal(ERR_peek_error(), 0);
    assert_int_equal(strncmp(f->res.detail, "100% (error:", 12), 0);
    assert_int_equal(f->res.detail[strlen(f->res.detail) - 1], ')');
    scep_fail(&f->res, SCEP_R_SYNTAX, "again");
    assert_string_equal(f->res.detail, "again");
}

static void test_names(void **state)
{
    static const char *const failinfos[] = {
        "badAlg", "badMessageCheck", "badRequest", "badTime", "badCertId"};
    int i;

    (void)state;
    for (i = 0; i < 5; i++) { /* RFC 8894 3.2.1.4 */
        assert_string_equal(scep_failinfo_name((scep_failinfo_e)i),
                            failinfos[i]);
    }
    assert_string_equal(scep_failinfo_name(SCEP_FAIL_NONE), "none");
    assert_string_equal(scep_failinfo_name((scep_failinfo_e)5), "unknown");
    assert_string_equal(scep_status_name(SCEP_OK), "ok");
    assert_string_equal(scep_status_name(SCEP_PENDING), "pending");
    assert_string_equal(scep_status_name(SCEP_REFUSED), "refused");
    assert_string_equal(scep_status_name(SCEP_NOT_FOUND), "not found");
    assert_string_equal(scep_status_name(SCEP_UNAVAILABLE), "unavailable");
    assert_string_equal(scep_status_name(SCEP_BROKEN), "broken");
    assert_string_equal(scep_status_name((scep_status_e)99), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_numbers),     FIXTURE_TEST(test_statuses),
        FIXTURE_TEST(test_texts),       FIXTURE_TEST(test_no_oracle),
        FIXTURE_TEST(test_init),        FIXTURE_TEST(test_fail),
        FIXTURE_TEST(test_error_queue), FIXTURE_TEST(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
