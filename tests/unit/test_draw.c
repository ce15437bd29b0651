/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_draw.c: drawing passwords, and rebuilding the table from the store. */
#include "enroll_fixture.h"

#include "scep_draw.h"
#include "scep_password.h"

static scep_status_e draw(enroll_fixture_t *f, const char *user,
                          const char **password)
{
    scep_drawn_t drawn;
    scep_status_e status;

    enroll_reset_result(f);
    status = scep_draw(&f->req, user, NULL, &drawn, &f->base.res);
    *password = drawn.password;
    return status;
}

static void test_draws_hex_of_the_length(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password;

    assert_int_equal(draw(f, "CORP\\alice", &password), SCEP_OK);
    assert_int_equal(strlen(password), 16);
    assert_int_equal(strspn(password, "0123456789ABCDEF"), 16);
    f->policy.password_length = 16;
    assert_int_equal(draw(f, "alice", &password), SCEP_OK);
    assert_int_equal(strlen(password), 32);
    assert_non_null(strstr(f->base.log, "SCEP0202"));
    assert_null(strstr(f->base.log, password));
}

static void set_validity(X509 *cert, apr_time_t now, long first, long last)
{
    assert_non_null(ASN1_TIME_adj(X509_getm_notBefore(cert),
                                  (time_t)apr_time_sec(now), 0, first));
    assert_non_null(ASN1_TIME_adj(X509_getm_notAfter(cert),
                                  (time_t)apr_time_sec(now), 0, last));
}

static void test_none_for_a_ca_that_cannot_issue(void **state)
{
    enroll_fixture_t *f = *state;
    scep_next_ca_t next = {.ca_id = "next", .certs = NULL, .ca = f};
    const char *password;
    X509 *ca = sk_X509_value(f->ca_certs, 0);

    set_validity(ca, f->base.now, -20, -10);
    assert_int_equal(draw(f, "alice", &password), SCEP_UNAVAILABLE);
    assert_int_equal(f->base.res.reason, SCEP_R_CA_UNAVAILABLE);
    assert_null(password);
    set_validity(ca, f->base.now, 10, 100000);
    assert_int_equal(draw(f, "alice", &password), SCEP_UNAVAILABLE);
    assert_int_equal(
        scep_challenge_table_count(f->service.challenges, f->base.now), 0);
    /* the one that takes over issues already */
    set_validity(ca, f->base.now, -20, -10);
    next.certs = scep_x509s_own(f->base.pool, sk_X509_new_null());
    assert_int_equal(X509_add_cert(next.certs, X509_dup(ca), 0), 1);
    set_validity(sk_X509_value(next.certs, 0), f->base.now, -20, -10);
    f->service.next = &next;
    assert_int_equal(draw(f, "alice", &password), SCEP_UNAVAILABLE);
    set_validity(sk_X509_value(next.certs, 0), f->base.now, -20, 100000);
    assert_int_equal(draw(f, "alice", &password), SCEP_OK);
    next.ca = NULL; /* it is but shown */
    assert_int_equal(draw(f, "alice", &password), SCEP_UNAVAILABLE);
}

static void test_is_in_store_and_table(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f);
    unsigned char hash[SCEP_HASH_SIZE];
    scep_challenge_row_t *row;

    assert_true(scep_password_hash(f->service.password_key, f->service.ca_id,
                                   password, hash));
    assert_int_equal(scep_store_challenge_find(f->service.store, hash,
                                               f->base.pool, &row,
                                               &f->base.res),
                     SCEP_OK);
    assert_int_equal(row->state, SCEP_CHALLENGE_OUTSTANDING);
    assert_string_equal(row->drawn_by, "alice");
    assert_string_equal(row->peer, "192.0.2.1");
    assert_true(row->expires == f->base.now + f->policy.password_validity);
    assert_int_equal(
        scep_challenge_table_count(f->service.challenges, f->base.now), 1);
}

static void test_nobody_draws_nothing(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = "untouched";

    assert_int_equal(draw(f, NULL, &password), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_ADMIN_NO_USER);
    assert_null(password);
    assert_int_equal(draw(f, "", &password), SCEP_REFUSED);
    f->policy.sources.count = 0;
    assert_int_equal(draw(f, "alice", &password), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_NO_CHALLENGE_SOURCE);
    assert_int_equal(
        scep_challenge_table_count(f->service.challenges, f->base.now), 0);
}

static void test_full_until_some_expire(void **state)
{
    enroll_fixture_t *f = *state;
    apr_uint32_t i;
    const char *password;

    for (i = 0; i < scep_challenge_table_capacity(f->service.challenges); i++) {
        assert_int_equal(draw(f, "alice", &password), SCEP_OK);
    }
    assert_int_equal(draw(f, "alice", &password), SCEP_UNAVAILABLE);
    assert_int_equal(f->base.res.reason, SCEP_R_CACHE_FULL);
    assert_null(password);
    f->base.now += f->policy.password_validity + 1;
    assert_int_equal(draw(f, "alice", &password), SCEP_OK);
}

static void test_most_of_a_user(void **state)
{
    enroll_fixture_t *f = *state;
    const char *ca_id = f->service.ca_id;
    const char *password;

    f->policy.password_max_per_user = 2;
    assert_int_equal(draw(f, "alice", &password), SCEP_OK);
    assert_int_equal(draw(f, "alice", &password), SCEP_OK);
    assert_int_equal(draw(f, "alice", &password), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_USER_FULL);
    assert_null(password);
    assert_non_null(strstr(f->base.log, "SCEP0176"));
    assert_non_null(strstr(f->base.log, "ScepPasswordMaxPerUser"));
    assert_int_equal(
        scep_challenge_table_count(f->service.challenges, f->base.now), 2);

    assert_int_equal(draw(f, "Alice", &password), SCEP_OK);
    f->service.ca_id = "another";
    assert_int_equal(draw(f, "alice", &password), SCEP_OK);
    f->service.ca_id = ca_id;
    f->policy.password_max_per_user = 0;
    assert_int_equal(draw(f, "alice", &password), SCEP_OK);
    f->policy.password_max_per_user = 1;
    f->base.now += f->policy.password_validity - 1;
    assert_int_equal(draw(f, "alice", &password), SCEP_REFUSED);
    f->base.now += 1;
    assert_int_equal(draw(f, "alice", &password), SCEP_OK);
}

static void test_lock_failure(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password;

    f->lock_status = APR_EINVAL;
    assert_int_equal(draw(f, "alice", &password), SCEP_UNAVAILABLE);
    assert_int_equal(f->base.res.reason, SCEP_R_LOCK);
}

static void test_master_password(void **state)
{
    enroll_fixture_t *f = *state;
    scep_drawn_t drawn;

    f->policy.sources.source[0] = SCEP_SOURCE_SINGLE;
    assert_int_equal(scep_draw(&f->req, "alice", NULL, &drawn, &f->base.res),
                     SCEP_UNAVAILABLE);
    assert_int_equal(f->base.res.reason, SCEP_R_MASTER_PASSWORD);
    assert_null(drawn.password);

    enroll_master(f, "MASTER-PASSWORD", NULL, 0);
    enroll_reset_result(f);
    assert_int_equal(scep_draw(&f->req, "alice", NULL, &drawn, &f->base.res),
                     SCEP_OK);
    assert_string_equal(drawn.password, "MASTER-PASSWORD");
    assert_true(drawn.reusable);
    assert_null(strstr(f->base.log, "MASTER-PASSWORD"));
    assert_int_equal(
        scep_challenge_table_count(f->service.challenges, f->base.now), 0);
}

static scep_status_e take_event(void *baton, const scep_audit_event_t *event)
{
    enroll_fixture_t *f = baton;

    assert_string_equal(event->event, "master-shown");
    assert_string_equal(event->actor, "CORP\\alice");
    assert_string_equal(event->peer, "192.0.2.1");
    assert_string_equal(event->ca_id, f->service.ca_id);
    assert_true(event->at == f->base.now);
    assert_null(event->challenge_hash);
    return SCEP_NOT_FOUND;
}

static void test_master_shown_is_recorded(void **state)
{
    enroll_fixture_t *f = *state;
    const scep_audit_filter_t all = {.event = NULL};
    const char *password;

    f->policy.sources.source[0] = SCEP_SOURCE_SINGLE;
    enroll_master(f, "MASTER-PASSWORD", NULL, 0);
    assert_int_equal(draw(f, "CORP\\alice", &password), SCEP_OK);
    assert_int_equal(scep_store_audit_each(f->service.store, &all, take_event,
                                           f, f->base.pool, &f->base.res),
                     SCEP_NOT_FOUND);
}

static void test_master_is_not_shown_unrecorded(void **state)
{
    enroll_fixture_t *f = *state;
    const char *path =
        apr_pstrcat(f->base.pool, f->base.scratch, "/scep.db", NULL);
    const char *password;

    f->policy.sources.source[0] = SCEP_SOURCE_SINGLE;
    enroll_master(f, "MASTER-PASSWORD", NULL, 0);
    assert_int_equal(
        rename(path, apr_pstrcat(f->base.pool, path, ".away", NULL)), 0);
    assert_int_equal(draw(f, "alice", &password), SCEP_UNAVAILABLE);
    assert_int_equal(f->base.res.reason, SCEP_R_STORE_UNAVAILABLE);
    assert_null(password);
}

/* The page shows what comes first of the list. */
static void test_first_source_gives(void **state)
{
    enroll_fixture_t *f = *state;
    scep_drawn_t drawn;

    enroll_master(f, "MASTER-PASSWORD", NULL, 0);
    f->policy.sources = (scep_sources_t){
        .count = 3,
        .source = {SCEP_SOURCE_NONE, SCEP_SOURCE_ONE_TIME, SCEP_SOURCE_SINGLE}};
    assert_int_equal(scep_draw(&f->req, "alice", NULL, &drawn, &f->base.res),
                     SCEP_OK);
    assert_false(drawn.reusable);
    f->policy.sources =
        (scep_sources_t){.count = 1, .source = {SCEP_SOURCE_NONE}};
    assert_int_equal(scep_draw(&f->req, "alice", NULL, &drawn, &f->base.res),
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_NO_CHALLENGE_SOURCE);
}

static void test_rebuild(void **state)
{
    enroll_fixture_t *f = *state;
    apr_size_t size = scep_challenge_table_size(16);
    void *memory = apr_pcalloc(f->base.pool, size);
    scep_challenge_table_t *table;

    enroll_draw(f);
    f->base.now += f->policy.password_validity - 10;
    enroll_draw(f);
    enroll_draw(f);
    f->base.now += 20; /* the first has expired */
    scep_challenge_table_format(memory, size, 16);
    table = scep_challenge_table_attach(memory, size, &f->lock, f->base.pool);
    assert_int_equal(
        scep_draw_rebuild(f->service.store, table, &f->base.env, &f->base.res),
        SCEP_OK);
    assert_int_equal(scep_challenge_table_count(table, f->base.now), 2);
    assert_non_null(strstr(f->base.log, "SCEP0203: 2 outstanding"));
    /* again, as at a graceful restart: nothing is doubled */
    assert_int_equal(
        scep_draw_rebuild(f->service.store, table, &f->base.env, &f->base.res),
        SCEP_OK);
    assert_int_equal(scep_challenge_table_count(table, f->base.now), 2);
    f->lock_status = APR_EINVAL;
    assert_int_equal(
        scep_draw_rebuild(f->service.store, table, &f->base.env, &f->base.res),
        SCEP_UNAVAILABLE);
    assert_int_equal(f->base.res.reason, SCEP_R_LOCK);
}

static scep_status_e draw_special(enroll_fixture_t *f,
                                  const scep_draw_params_t *params,
                                  scep_drawn_t *drawn)
{
    enroll_reset_result(f);
    return scep_draw(&f->req, "alice", params, drawn, &f->base.res);
}

static void test_uses_label_and_validity(void **state)
{
    enroll_fixture_t *f = *state;
    const scep_draw_params_t params = {.limits = "{ \"subject\": \"CN=a\" }",
                                       .label = "lab 3",
                                       .uses = 7,
                                       .validity = apr_time_from_sec(5)};
    unsigned char hash[SCEP_HASH_SIZE];
    scep_challenge_row_t *row = NULL;
    scep_drawn_t drawn;

    assert_int_equal(draw_special(f, &params, &drawn), SCEP_OK);
    assert_true(scep_unhex(drawn.id, hash, sizeof(hash)));
    assert_int_equal(drawn.expires, f->base.now + apr_time_from_sec(5));
    assert_int_equal(scep_store_challenge_find(f->service.store, hash,
                                               f->base.pool, &row,
                                               &f->base.res),
                     SCEP_OK);
    assert_int_equal(row->uses, 7);
    assert_string_equal(row->label, "lab 3");
    assert_string_equal(row->limits, "{\"subject\":\"CN=a\"}");
    assert_string_equal(drawn.limits, row->limits);
    assert_int_equal(row->expires, drawn.expires);
}

/* SCEP0193 */
static void test_params_out_of_bounds(void **state)
{
    enroll_fixture_t *f = *state;
    char label[SCEP_MAX_LABEL + 2] = {0};
    const scep_draw_params_t bad[] = {
        {.uses = -1},
        {.uses = SCEP_MAX_USES + 1},
        {.validity = -1},
        {.validity = SCEP_MAX_PASSWORD_VALIDITY + 1},
        {.label = label},
        {.limits = "{\"subjects\":\"CN=a\"}"},
        {.limits = "{\"profile\":\"none\"}"},
    };
    scep_drawn_t drawn;
    size_t i;

    memset(label, 'x', sizeof(label) - 1);
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(draw_special(f, &bad[i], &drawn), SCEP_REFUSED);
        assert_int_equal(f->base.res.log_number, 193);
        assert_null(drawn.password);
    }
    assert_int_equal(
        scep_challenge_table_count(f->service.challenges, f->base.now), 0);
}

static void test_master_is_never_special(void **state)
{
    const scep_draw_params_t rows[] = {{.uses = 2},
                                       {.validity = apr_time_from_sec(60)},
                                       {.limits = "{\"subject\":\"CN=x\"}"},
                                       {.uses = 1, .label = "x"}};
    static const char *const members[] = {"\"uses\"", "\"validity\"",
                                          "\"limits\"", "\"uses\""};
    enroll_fixture_t *f = *state;
    scep_drawn_t drawn;
    size_t i;

    enroll_master(f, "MASTER-PASSWORD", NULL, 0);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        f->policy.sources =
            (scep_sources_t){.count = 1, .source = {SCEP_SOURCE_SINGLE}};
        assert_int_equal(draw_special(f, &rows[i], &drawn), SCEP_REFUSED);
        assert_int_equal(f->base.res.reason, SCEP_R_NO_CHALLENGE_SOURCE);
        assert_non_null(strstr(f->base.res.detail, members[i]));
        assert_null(drawn.password);
        f->policy.sources.source[f->policy.sources.count++] =
            SCEP_SOURCE_ONE_TIME;
        assert_int_equal(draw_special(f, &rows[i], &drawn), SCEP_OK);
        assert_false(drawn.reusable);
    }
}

/* A label binds nothing, nor do NDES's limits, which it has for a policy module
 * alone; but a one-time password can have them. */
static void test_master_takes_what_does_not_bind(void **state)
{
    const scep_draw_params_t rows[] = {
        {.label = "printer 3"},
        {.limits = "{\"profile\":\"device\"}", .limits_may_go = true},
        {.limits = "{\"profile\":\"device\"}",
         .label = "x",
         .limits_may_go = true}};
    enroll_fixture_t *f = *state;
    scep_drawn_t drawn;
    size_t i;

    enroll_master(f, "MASTER-PASSWORD", NULL, 0);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        f->policy.sources =
            (scep_sources_t){.count = 1, .source = {SCEP_SOURCE_SINGLE}};
        assert_int_equal(draw_special(f, &rows[i], &drawn), SCEP_OK);
        assert_true(drawn.reusable);
        assert_string_equal(drawn.password, "MASTER-PASSWORD");
        f->policy.sources.source[f->policy.sources.count++] =
            SCEP_SOURCE_ONE_TIME;
        assert_int_equal(draw_special(f, &rows[i], &drawn), SCEP_OK);
        assert_false(drawn.reusable);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_draws_hex_of_the_length),
        ENROLL_TEST(test_none_for_a_ca_that_cannot_issue),
        ENROLL_TEST(test_is_in_store_and_table),
        ENROLL_TEST(test_nobody_draws_nothing),
        ENROLL_TEST(test_full_until_some_expire),
        ENROLL_TEST(test_most_of_a_user),
        ENROLL_TEST(test_lock_failure),
        ENROLL_TEST(test_master_password),
        ENROLL_TEST(test_master_shown_is_recorded),
        ENROLL_TEST(test_master_is_not_shown_unrecorded),
        ENROLL_TEST(test_first_source_gives),
        ENROLL_TEST(test_rebuild),
        ENROLL_TEST(test_uses_label_and_validity),
        ENROLL_TEST(test_params_out_of_bounds),
        ENROLL_TEST(test_master_is_never_special),
        ENROLL_TEST(test_master_takes_what_does_not_bind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
