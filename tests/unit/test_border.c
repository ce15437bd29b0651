/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_border.c: the functions for outside modules, and the check of their
 * answers. */
#include "fixture.h"

#include <openssl/err.h>

#include "scep_border.h"

#undef fail /* of cmocka: a member has that name */

static const scep_reason_e some[] = {SCEP_R_CA_REFUSED, SCEP_R_CSR_KEY,
                                     SCEP_R_CA_UNAVAILABLE, SCEP_R_INTERNAL,
                                     SCEP_R_NONE};
static const scep_answers_t all = {.reasons = some,
                                   .refused = SCEP_R_CA_REFUSED,
                                   .unavailable = SCEP_R_CA_UNAVAILABLE,
                                   .pending = true,
                                   .not_found = true};
static const scep_answers_t few = {.reasons = some};

static void test_settle(void **state)
{
    static const struct {
        scep_reason_e given; /* to scep_fail(); SCEP_R_NONE: it is not called */
        scep_status_e said;
        const scep_answers_t *answers;
        scep_status_e status;
        scep_reason_e reason;
    } rows[] = {
        /* both agree */
        {SCEP_R_CSR_KEY, SCEP_REFUSED, &all, SCEP_REFUSED, SCEP_R_CSR_KEY},
        {SCEP_R_INTERNAL, SCEP_BROKEN, &few, SCEP_BROKEN, SCEP_R_INTERNAL},
        {SCEP_R_NONE, SCEP_OK, &few, SCEP_OK, SCEP_R_NONE},
        {SCEP_R_NONE, SCEP_PENDING, &all, SCEP_PENDING, SCEP_R_NONE},
        {SCEP_R_NONE, SCEP_NOT_FOUND, &all, SCEP_NOT_FOUND, SCEP_R_NONE},
        /* one attempt failed, another one did not */
        {SCEP_R_CA_UNAVAILABLE, SCEP_OK, &all, SCEP_OK, SCEP_R_NONE},
        {SCEP_R_CA_UNAVAILABLE, SCEP_PENDING, &all, SCEP_PENDING, SCEP_R_NONE},
        /* no reason */
        {SCEP_R_NONE, SCEP_REFUSED, &all, SCEP_REFUSED, SCEP_R_CA_REFUSED},
        {SCEP_R_NONE, SCEP_UNAVAILABLE, &all, SCEP_UNAVAILABLE,
         SCEP_R_CA_UNAVAILABLE},
        {SCEP_R_NONE, SCEP_BROKEN, &few, SCEP_BROKEN, SCEP_R_INTERNAL},
        /* one of another status, or of somebody else */
        {SCEP_R_CSR_KEY, SCEP_UNAVAILABLE, &all, SCEP_UNAVAILABLE,
         SCEP_R_CA_UNAVAILABLE},
        {SCEP_R_CHALLENGE_UNKNOWN, SCEP_REFUSED, &all, SCEP_REFUSED,
         SCEP_R_CA_REFUSED},
        {SCEP_R_SETUP, SCEP_BROKEN, &all, SCEP_BROKEN, SCEP_R_INTERNAL},
        /* no answer of this function, or none at all */
        {SCEP_R_NONE, SCEP_PENDING, &few, SCEP_BROKEN, SCEP_R_INTERNAL},
        {SCEP_R_NONE, SCEP_NOT_FOUND, &few, SCEP_BROKEN, SCEP_R_INTERNAL},
        {SCEP_R_NONE, SCEP_REFUSED, &few, SCEP_BROKEN, SCEP_R_INTERNAL},
        {SCEP_R_NONE, SCEP_UNAVAILABLE, &few, SCEP_BROKEN, SCEP_R_INTERNAL},
        {SCEP_R_NONE, (scep_status_e)99, &all, SCEP_BROKEN, SCEP_R_INTERNAL},
        {SCEP_R_NONE, (scep_status_e)-1, &all, SCEP_BROKEN, SCEP_R_INTERNAL},
    };
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        scep_result_init(&f->res, f->pool);
        if (rows[i].given != SCEP_R_NONE) {
            scep_fail(&f->res, rows[i].given, "so it is");
        }
        ERR_raise(ERR_LIB_USER, 1); /* it leaves something behind */
        assert_int_equal(
            scep_settle(&f->res, rows[i].said, rows[i].answers, "somebody"),
            rows[i].status);
        assert_int_equal(f->res.status, rows[i].reason == SCEP_R_NONE
                                            ? SCEP_OK
                                            : rows[i].status);
        assert_int_equal(f->res.reason, rows[i].reason);
        assert_int_equal(ERR_peek_error(), 0);
        if (rows[i].reason != SCEP_R_NONE && rows[i].given == SCEP_R_NONE) {
            assert_non_null(strstr(f->res.detail, "somebody"));
        }
        if (rows[i].reason != SCEP_R_NONE && rows[i].given != SCEP_R_NONE) {
            assert_non_null(strstr(f->res.detail, "so it is"));
        }
    }
}

static void test_retry_after(void **state)
{
    fixture_t *f = *state;

    scep_host.retry_after(&f->res, 5);
    assert_int_equal(f->res.retry_after, 0); /* nothing has failed */
    scep_host.fail(&f->res, SCEP_CAUSE_SOURCE_UNAVAILABLE, "away");
    scep_host.retry_after(&f->res, -5);
    assert_int_equal(f->res.retry_after, 0);
    scep_host.retry_after(&f->res, 5);
    assert_int_equal(scep_settle(&f->res, SCEP_UNAVAILABLE, &all, "somebody"),
                     SCEP_UNAVAILABLE);
    assert_int_equal(f->res.retry_after, 5); /* with another reason */
    assert_int_equal(f->res.reason, SCEP_R_CA_UNAVAILABLE);
    scep_host.fail(&f->res, SCEP_CAUSE_CA_REFUSED, "no");
    scep_host.retry_after(&f->res, 5);
    assert_int_equal(f->res.retry_after, 0);
}

static void test_fail(void **state)
{
    fixture_t *f = *state;

    assert_int_equal(scep_host.fail(&f->res, SCEP_CAUSE_KEY, "%d bits", 512),
                     SCEP_REFUSED);
    assert_int_equal(f->res.reason, SCEP_R_CSR_KEY);
    assert_string_equal(f->res.detail, "512 bits");
    /* no reason of ours can be had by its number */
    assert_int_equal(
        scep_host.fail(&f->res, (scep_cause_e)SCEP_R_NO_NEXT_CA, "x"),
        SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_INTERNAL);
    assert_int_equal(scep_host.fail(&f->res, (scep_cause_e)0, "x"),
                     SCEP_BROKEN);
    assert_int_equal(scep_host.fail(&f->res, (scep_cause_e)100000, "x"),
                     SCEP_BROKEN);
}

static void count(void *object)
{
    ++*(int *)object;
}

static void test_table(void **state)
{
    fixture_t *f = *state;
    apr_pool_t *pool;
    int freed = 0;
    char *secret;

    assert_int_equal(scep_host.abi, SCEP_HOST_ABI);
    assert_int_equal(scep_host.size, sizeof(scep_host_t));
    assert_string_equal(scep_host.version, SCEP_VERSION);
    assert_int_equal(scep_host.now(&f->env), f->now);
    scep_host.log(&f->env, SCEP_LOG_INFO, "%s %d", "line", 7);
    assert_non_null(strstr(f->log, "line 7"));
    assert_string_equal(scep_host.printable(f->pool, "a\nb", 9), "a\\x0ab");
    apr_pool_create(&pool, f->pool);
    assert_ptr_equal(scep_host.own(pool, &freed, count), &freed);
    assert_null(scep_host.own(pool, NULL, count));
    secret = scep_host.secret(pool, 16);
    assert_non_null(secret);
    strcpy(secret, "hidden");
    apr_pool_destroy(pool);
    assert_int_equal(freed, 1);
    assert_true(SCEP_HAS(&scep_host, own));
}

static void test_abi(void **state)
{
    fixture_t *f = *state;
    scep_host_t less = scep_host;

    assert_int_equal(scep_abi_check("mine", 2, 80, 2, 80, &f->res), SCEP_OK);
    assert_int_equal(scep_abi_check("mine", 2, 800, 2, 80, &f->res), SCEP_OK);
    assert_int_equal(scep_abi_check("mine", 1, 80, 2, 80, &f->res),
                     SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_non_null(strstr(f->res.detail, "mine was built for version 1"));
    assert_non_null(strstr(f->res.detail, "has version 2: build that module"));
    assert_int_equal(scep_abi_check("mine", 3, 80, 2, 80, &f->res),
                     SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "install the mod_scep"));
    assert_int_equal(scep_abi_check("mine", 2, 79, 2, 80, &f->res),
                     SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "`size`"));
    less.size = offsetof(scep_host_t, own) + sizeof(less.own) - 1;
    assert_false(SCEP_HAS(&less, own));
    assert_true(SCEP_HAS(&less, secret));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_settle), FIXTURE_TEST(test_retry_after),
        FIXTURE_TEST(test_fail),   FIXTURE_TEST(test_table),
        FIXTURE_TEST(test_abi),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
