/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_challenge_call.c: answers of providers, sound and unsound. */
#include "fixture.h"

#include "scep_challenge_call.h"

/* What the provider of this test answers. */
typedef struct said_t {
    scep_status_e status;
    scep_reason_e reason; /* SCEP_R_NONE: it fills in nothing */
} said_t;

static scep_status_e say(const said_t *said, scep_result_t *res)
{
    if (said->reason != SCEP_R_NONE) {
        scep_fail(res, said->reason, "as it is told");
    }
    return said->status;
}

/* The arguments are the status that it answers. */
static scep_status_e start(const scep_host_t *host,
                           const scep_challenge_config_t *config,
                           const scep_env_t *env, apr_pool_t *pool,
                           void **state, scep_result_t *res)
{
    said_t *said = apr_pcalloc(pool, sizeof(*said));

    assert_int_equal(host->abi, SCEP_HOST_ABI);
    assert_non_null(env);
    said->status = (scep_status_e)atoi(config->args);
    *state = said;
    return say(said, res);
}

static scep_status_e child_start(void *state, const scep_env_t *env,
                                 apr_pool_t *pool, scep_result_t *res)
{
    assert_non_null(env);
    assert_non_null(pool);
    return say(state, res);
}

static scep_status_e check(void *state, const scep_env_t *env,
                           const scep_challenge_request_t *request,
                           apr_pool_t *pool, scep_challenge_answer_t *answer,
                           scep_result_t *res)
{
    assert_non_null(env);
    assert_non_null(request);
    assert_non_null(pool);
    assert_null(answer->profile);
    assert_null(answer->limits);
    answer->profile = "device";
    return say(state, res);
}

static const scep_challenge_provider_t whole = {
    .abi = SCEP_CHALLENGE_ABI,
    .size = sizeof(scep_challenge_provider_t),
    .name = "mine",
    .start = start,
    .child_start = child_start,
    .check = check,
};

static void test_check(void **state)
{
    fixture_t *f = *state;
    scep_challenge_provider_t bad = whole;

    assert_int_equal(scep_challenge_provider_check(&whole, "mine", &f->res),
                     SCEP_OK);
    bad.abi++;
    assert_int_equal(scep_challenge_provider_check(&bad, "mine", &f->res),
                     SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_non_null(strstr(f->res.detail, "mine was built for"));
    bad = whole;
    bad.size = SCEP_CHALLENGE_MIN_SIZE - 1;
    assert_int_equal(scep_challenge_provider_check(&bad, "mine", &f->res),
                     SCEP_BROKEN);
    bad = whole;
    bad.name = NULL;
    assert_int_equal(scep_challenge_provider_check(&bad, "mine", &f->res),
                     SCEP_BROKEN);
    bad = whole;
    bad.start = NULL;
    assert_int_equal(scep_challenge_provider_check(&bad, "mine", &f->res),
                     SCEP_BROKEN);
    bad = whole;
    bad.check = NULL;
    assert_int_equal(scep_challenge_provider_check(&bad, "mine", &f->res),
                     SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "mine lacks"));
}

static scep_status_e start_with(fixture_t *f, const char *args, void **made)
{
    const scep_challenge_config_t config = {.args = args};

    scep_result_init(&f->res, f->pool);
    return scep_challenge_provider_start(&whole, &config, &f->env, f->pool,
                                         made, &f->res);
}

static void test_start(void **state)
{
    fixture_t *f = *state;
    scep_challenge_provider_t without = whole;
    void *made;

    assert_int_equal(start_with(f, "2", &made), SCEP_BROKEN); /* refused */
    assert_int_equal(f->res.reason, SCEP_R_INTERNAL);
    assert_int_equal(scep_challenge_provider_child_start(&whole, made, &f->env,
                                                         f->pool, &f->res),
                     SCEP_BROKEN);
    without.child_start = NULL;
    assert_int_equal(scep_challenge_provider_child_start(
                         &without, made, &f->env, f->pool, &f->res),
                     SCEP_OK);
    assert_int_equal(start_with(f, "0", &made), SCEP_OK);
    assert_non_null(made);
    assert_int_equal(scep_challenge_provider_child_start(&whole, made, &f->env,
                                                         f->pool, &f->res),
                     SCEP_OK);
}

static void test_ask(void **state)
{
    static const struct {
        said_t said;
        scep_status_e status;
        scep_reason_e reason;
    } rows[] = {
        {{SCEP_OK, SCEP_R_NONE}, SCEP_OK, SCEP_R_NONE},
        {{SCEP_OK, SCEP_R_SOURCE_UNAVAILABLE}, SCEP_OK, SCEP_R_NONE},
        {{SCEP_REFUSED, SCEP_R_NONE}, SCEP_REFUSED, SCEP_R_CHALLENGE_UNKNOWN},
        {{SCEP_REFUSED, SCEP_R_CHALLENGE_SPENT},
         SCEP_REFUSED,
         SCEP_R_CHALLENGE_SPENT},
        /* its public text would tell it from other refused passwords */
        {{SCEP_REFUSED, SCEP_R_CA_REFUSED},
         SCEP_REFUSED,
         SCEP_R_CHALLENGE_UNKNOWN},
        {{SCEP_UNAVAILABLE, SCEP_R_CHALLENGE_SPENT},
         SCEP_UNAVAILABLE,
         SCEP_R_SOURCE_UNAVAILABLE},
        {{SCEP_BROKEN, SCEP_R_NONE}, SCEP_BROKEN, SCEP_R_INTERNAL},
        {{SCEP_PENDING, SCEP_R_NONE}, SCEP_BROKEN, SCEP_R_INTERNAL},
    };
    const scep_challenge_request_t request = {.challenge = "x"};
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        scep_challenge_answer_t answer = {"stale", "stale"};
        said_t said = rows[i].said;

        scep_result_init(&f->res, f->pool);
        assert_int_equal(scep_challenge_provider_ask(&whole, &said, "mine:x",
                                                     &f->env, &request, f->pool,
                                                     &answer, &f->res),
                         rows[i].status);
        assert_int_equal(f->res.reason, rows[i].reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_check),
        FIXTURE_TEST(test_start),
        FIXTURE_TEST(test_ask),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
