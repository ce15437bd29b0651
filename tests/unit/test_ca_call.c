/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_ca_call.c: answers of backends, sound and unsound. */
#include "fixture_ca.h"

#include "scep_ca_call.h"

/* What the backend of this test answers. */
typedef struct said_t {
    scep_status_e status;
    scep_reason_e reason; /* SCEP_R_NONE: it fills in nothing */
    X509 *cert;
    const char *ticket;
    X509_CRL *crl;
} said_t;

static scep_status_e say(const said_t *said, scep_result_t *res)
{
    if (said->reason != SCEP_R_NONE) {
        scep_fail(res, said->reason, "as it is told");
    }
    return said->status;
}

static scep_status_e start(const scep_host_t *host,
                           const scep_ca_config_t *config,
                           const scep_env_t *env, apr_pool_t *pool, void **ca,
                           scep_result_t *res)
{
    said_t *said = config->passphrase_baton;

    assert_int_equal(host->abi, SCEP_HOST_ABI);
    assert_non_null(env);
    assert_non_null(pool);
    *ca = said;
    return say(said, res);
}

static scep_status_e child_start(void *ca, const scep_env_t *env,
                                 apr_pool_t *pool, scep_result_t *res)
{
    assert_non_null(env);
    assert_non_null(pool);
    return say(ca, res);
}

static scep_certs_t *certificates(void *ca)
{
    (void)ca;
    return NULL;
}

static scep_status_e issue(void *ca, const scep_env_t *env,
                           const scep_ca_request_t *request, apr_pool_t *pool,
                           scep_ca_answer_t *answer, scep_result_t *res)
{
    said_t *said = ca;

    assert_non_null(env);
    assert_non_null(pool);
    assert_non_null(request->csr);
    answer->cert = said->cert;
    answer->ticket = said->ticket;
    return say(said, res);
}

static scep_status_e ask_again(void *ca, const scep_env_t *env,
                               const char *ticket, apr_pool_t *pool,
                               scep_ca_answer_t *answer, scep_result_t *res)
{
    said_t *said = ca;

    assert_non_null(env);
    assert_non_null(pool);
    assert_string_equal(ticket, "before");
    answer->cert = said->cert;
    answer->ticket = said->ticket;
    return say(said, res);
}

static scep_status_e crl(void *ca, const scep_env_t *env,
                         const scep_ca_crl_request_t *request, apr_pool_t *pool,
                         X509_CRL **made, scep_result_t *res)
{
    said_t *said = ca;

    assert_non_null(env);
    assert_non_null(pool);
    assert_non_null(request);
    *made = said->crl;
    return say(said, res);
}

static const scep_ca_backend_t whole = {
    .abi = SCEP_CA_ABI,
    .size = sizeof(scep_ca_backend_t),
    .name = "mine",
    .start = start,
    .child_start = child_start,
    .certificates = certificates,
    .issue = issue,
    .poll = ask_again,
    .crl = crl,
};

/* What is wrong with a table is said with its name. */
static void test_check(void **state)
{
    fixture_t *f = *state;
    scep_ca_backend_t bad = whole;

    assert_int_equal(scep_ca_check(&whole, "mine", &f->res), SCEP_OK);
    bad.abi = SCEP_CA_ABI - 1;
    assert_int_equal(scep_ca_check(&bad, "mine", &f->res), SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "ScepCABackend mine was built for"));
    bad = whole;
    bad.size = SCEP_CA_MIN_SIZE - 1;
    assert_int_equal(scep_ca_check(&bad, "mine", &f->res), SCEP_BROKEN);
    bad.size = SCEP_CA_MIN_SIZE;
    assert_int_equal(scep_ca_check(&bad, "mine", &f->res), SCEP_OK);
    bad = whole;
    bad.name = NULL;
    assert_int_equal(scep_ca_check(&bad, "mine", &f->res), SCEP_BROKEN);
    bad = whole;
    bad.start = NULL;
    assert_int_equal(scep_ca_check(&bad, "mine", &f->res), SCEP_BROKEN);
    bad = whole;
    bad.certificates = NULL;
    assert_int_equal(scep_ca_check(&bad, "mine", &f->res), SCEP_BROKEN);
    bad = whole;
    bad.issue = NULL;
    assert_int_equal(scep_ca_check(&bad, "mine", &f->res), SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
}

static void test_start(void **state)
{
    static const struct {
        said_t said;
        scep_status_e status;
        scep_reason_e reason;
    } rows[] = {
        {{SCEP_OK, SCEP_R_NONE, NULL, NULL, NULL}, SCEP_OK, SCEP_R_NONE},
        {{SCEP_BROKEN, SCEP_R_SETUP, NULL, NULL, NULL},
         SCEP_BROKEN,
         SCEP_R_SETUP},
        {{SCEP_BROKEN, SCEP_R_NONE, NULL, NULL, NULL},
         SCEP_BROKEN,
         SCEP_R_INTERNAL},
        {{SCEP_REFUSED, SCEP_R_CA_REFUSED, NULL, NULL, NULL},
         SCEP_BROKEN,
         SCEP_R_INTERNAL},
        {{SCEP_PENDING, SCEP_R_NONE, NULL, NULL, NULL},
         SCEP_BROKEN,
         SCEP_R_INTERNAL},
    };
    fixture_t *f = *state;
    scep_ca_backend_t without = whole;
    size_t i;

    without.child_start = NULL;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        said_t said = rows[i].said;
        scep_ca_config_t config = {.passphrase_baton = &said};
        void *ca = NULL;

        scep_result_init(&f->res, f->pool);
        assert_int_equal(
            scep_ca_start(&whole, &config, &f->env, f->pool, &ca, &f->res),
            rows[i].status);
        assert_int_equal(f->res.reason, rows[i].reason);
        assert_ptr_equal(ca, &said);
        scep_result_init(&f->res, f->pool);
        assert_int_equal(
            scep_ca_child_start(&whole, ca, &f->env, f->pool, &f->res),
            rows[i].status);
        assert_int_equal(f->res.reason, rows[i].reason);
        scep_result_init(&f->res, f->pool);
        assert_int_equal(
            scep_ca_child_start(&without, ca, &f->env, f->pool, &f->res),
            SCEP_OK);
    }
}

static X509_REQ *csr_of(fixture_t *f, EVP_PKEY *key)
{
    X509_REQ *csr = scep_x509_req_own(f->pool, X509_REQ_new());

    assert_non_null(csr);
    assert_int_equal(X509_REQ_set_pubkey(csr, key), 1);
    return csr;
}

/* As issue(), and as poll() with a ticket of "before". */
static scep_status_e both(fixture_t *f, said_t *said, X509_REQ *csr,
                          scep_reason_e reason)
{
    const scep_ca_request_t request = {.csr = csr};
    scep_ca_answer_t answer = {NULL, "stale"};
    scep_status_e status;

    scep_result_init(&f->res, f->pool);
    status = scep_ca_issue(&whole, said, &f->env, &request, f->pool, &answer,
                           &f->res);
    assert_int_equal(f->res.reason, reason);
    assert_int_equal(answer.cert != NULL, status == SCEP_OK);
    assert_int_equal(answer.ticket != NULL, status == SCEP_PENDING);
    answer.ticket = "stale";
    scep_result_init(&f->res, f->pool);
    assert_int_equal(scep_ca_poll(&whole, said, &f->env, "before", csr, f->pool,
                                  &answer, &f->res),
                     status);
    assert_int_equal(f->res.reason, reason);
    return status;
}

static void test_issue_and_poll(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = fixture_ca(f, "rsa");
    scep_keypair_t other = fixture_ca(f, "P-256");
    X509_REQ *csr = csr_of(f, pair.key);
    said_t said = {.status = SCEP_OK, .cert = pair.cert, .ticket = "odd"};

    assert_int_equal(both(f, &said, csr, SCEP_R_NONE), SCEP_OK);
    said.cert = NULL;
    assert_int_equal(both(f, &said, csr, SCEP_R_INTERNAL), SCEP_BROKEN);
    said.cert = other.cert;
    assert_int_equal(both(f, &said, csr, SCEP_R_INTERNAL), SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "another key"));
    said = (said_t){.status = SCEP_REFUSED};
    assert_int_equal(both(f, &said, csr, SCEP_R_CA_REFUSED), SCEP_REFUSED);
    said.reason = SCEP_R_NAME;
    assert_int_equal(both(f, &said, csr, SCEP_R_NAME), SCEP_REFUSED);
    said.reason = SCEP_R_CHALLENGE_UNKNOWN; /* not its to give */
    assert_int_equal(both(f, &said, csr, SCEP_R_CA_REFUSED), SCEP_REFUSED);
    said = (said_t){.status = SCEP_UNAVAILABLE};
    assert_int_equal(both(f, &said, csr, SCEP_R_CA_UNAVAILABLE),
                     SCEP_UNAVAILABLE);
}

/* A ticket goes into the database and into log lines. */
static void test_tickets(void **state)
{
    char longest[SCEP_CA_MAX_TICKET + 2];
    const struct {
        const char *ticket;
        scep_status_e status;
    } rows[] = {
        {"t", SCEP_PENDING},         {"a ~", SCEP_PENDING},
        {longest + 1, SCEP_PENDING}, {longest, SCEP_BROKEN},
        {"", SCEP_BROKEN},           {"a\n", SCEP_BROKEN},
        {"\x7f", SCEP_BROKEN},       {"\xc3\xa4", SCEP_BROKEN},
    };
    fixture_t *f = *state;
    scep_keypair_t pair = fixture_ca(f, "rsa");
    X509_REQ *csr = csr_of(f, pair.key);
    const scep_ca_request_t request = {.csr = csr};
    scep_ca_backend_t without = whole;
    scep_ca_answer_t answer;
    said_t said = {.status = SCEP_PENDING};
    size_t i;

    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        said.ticket = rows[i].ticket;
        assert_int_equal(both(f, &said, csr,
                              rows[i].status == SCEP_PENDING ? SCEP_R_NONE
                                                             : SCEP_R_INTERNAL),
                         rows[i].status);
    }
    /* none: only of a request that has one already */
    said.ticket = NULL;
    assert_int_equal(scep_ca_poll(&whole, &said, &f->env, "before", csr,
                                  f->pool, &answer, &f->res),
                     SCEP_PENDING);
    assert_null(answer.ticket);
    assert_int_equal(scep_ca_issue(&whole, &said, &f->env, &request, f->pool,
                                   &answer, &f->res),
                     SCEP_UNAVAILABLE);
    /* nor of a backend that cannot be asked again */
    without.poll = NULL;
    said.ticket = "t";
    assert_int_equal(scep_ca_issue(&without, &said, &f->env, &request, f->pool,
                                   &answer, &f->res),
                     SCEP_UNAVAILABLE);
    assert_int_equal(scep_ca_poll(&without, &said, &f->env, "before", csr,
                                  f->pool, &answer, &f->res),
                     SCEP_BROKEN);
}

static void test_not_found(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = fixture_ca(f, "rsa");
    X509_REQ *csr = csr_of(f, pair.key);
    const scep_ca_request_t request = {.csr = csr};
    said_t said = {.status = SCEP_NOT_FOUND};
    scep_ca_answer_t answer;

    assert_int_equal(scep_ca_poll(&whole, &said, &f->env, "before", csr,
                                  f->pool, &answer, &f->res),
                     SCEP_NOT_FOUND);
    assert_int_equal(scep_ca_issue(&whole, &said, &f->env, &request, f->pool,
                                   &answer, &f->res),
                     SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_INTERNAL);
}

static void test_crl(void **state)
{
    static const struct {
        scep_status_e said, status;
        scep_reason_e reason;
    } rows[] = {
        {SCEP_OK, SCEP_BROKEN, SCEP_R_INTERNAL}, /* where is it? */
        {SCEP_REFUSED, SCEP_REFUSED, SCEP_R_NO_CRL},
        {SCEP_UNAVAILABLE, SCEP_UNAVAILABLE, SCEP_R_CA_UNAVAILABLE},
        {SCEP_BROKEN, SCEP_BROKEN, SCEP_R_INTERNAL},
        {SCEP_PENDING, SCEP_BROKEN, SCEP_R_INTERNAL},
    };
    fixture_t *f = *state;
    const scep_ca_crl_request_t request = {.number = 1};
    scep_ca_backend_t without = whole;
    said_t said = {.status = SCEP_OK, .crl = X509_CRL_new()};
    X509_CRL *made = NULL;
    size_t i;

    assert_int_equal(
        scep_ca_crl(&whole, &said, &f->env, &request, f->pool, &made, &f->res),
        SCEP_OK);
    assert_ptr_equal(made, said.crl);
    X509_CRL_free(said.crl);
    said.crl = NULL;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        said.status = rows[i].said;
        scep_result_init(&f->res, f->pool);
        assert_int_equal(scep_ca_crl(&whole, &said, &f->env, &request, f->pool,
                                     &made, &f->res),
                         rows[i].status);
        assert_int_equal(f->res.reason, rows[i].reason);
        assert_null(made);
    }
    without.size = SCEP_CA_MIN_SIZE; /* built before there was one */
    assert_int_equal(scep_ca_crl(&without, &said, &f->env, &request, f->pool,
                                 &made, &f->res),
                     SCEP_REFUSED);
    assert_int_equal(f->res.reason, SCEP_R_NO_CRL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_check),          FIXTURE_TEST(test_start),
        FIXTURE_TEST(test_issue_and_poll), FIXTURE_TEST(test_tickets),
        FIXTURE_TEST(test_not_found),      FIXTURE_TEST(test_crl),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
