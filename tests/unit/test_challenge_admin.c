/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_challenge_admin.c: cancelling passwords, and rotating the master
 * password. */
#include "enroll_fixture.h"

#include "scep_challenge_admin.h"
#include "scep_password.h"

#define OLD "the-old-master-password"

static const unsigned char *hash_of(enroll_fixture_t *f, const char *password)
{
    unsigned char *hash = apr_palloc(f->base.pool, SCEP_HASH_SIZE);

    assert_true(scep_password_hash(f->service.password_key, f->service.ca_id,
                                   password, hash));
    return hash;
}

static scep_status_e cancel(enroll_fixture_t *f, const char *id)
{
    enroll_reset_result(f);
    return scep_challenge_admin_cancel(&f->req, "CORP\\bob", id, &f->base.res);
}

static apr_uint32_t in_table(enroll_fixture_t *f)
{
    return scep_challenge_table_count(f->service.challenges, f->base.now);
}

static scep_status_e take_event(void *baton, const scep_audit_event_t *event)
{
    void **to = baton;
    enroll_fixture_t *f = to[0];

    to[1] = apr_psprintf(f->base.pool, "%s %s %s %u %s", event->event,
                         event->actor, event->peer, event->reason,
                         event->detail != NULL ? event->detail : "-");
    return SCEP_OK;
}

static const char *last_event(enroll_fixture_t *f)
{
    const scep_audit_filter_t filter = {0};
    void *baton[2] = {f, NULL};

    enroll_reset_result(f);
    assert_int_equal(scep_store_audit_each(f->service.store, &filter,
                                           take_event, baton, f->base.pool,
                                           &f->base.res),
                     SCEP_OK);
    return baton[1];
}

static void test_cancel(void **state)
{
    enroll_fixture_t *f = *state;
    const char *id =
        scep_hex(f->base.pool, hash_of(f, enroll_draw(f)), SCEP_HASH_SIZE);

    assert_int_equal(in_table(f), 1);
    assert_int_equal(cancel(f, id), SCEP_OK);
    assert_int_equal(in_table(f), 0);
    assert_non_null(strstr(f->base.log, "SCEP0214"));
    assert_string_equal(last_event(f),
                        "challenge-cancelled CORP\\bob 192.0.2.1 0 -");
    assert_int_equal(cancel(f, id), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_API_CONFLICT);
}

static void test_cancel_of_what_is_not_there(void **state)
{
    static const unsigned char nothing[SCEP_HASH_SIZE] = {1};
    enroll_fixture_t *f = *state;

    enroll_draw(f);
    assert_int_equal(cancel(f, scep_hex(f->base.pool, nothing, SCEP_HASH_SIZE)),
                     SCEP_NOT_FOUND);
    assert_int_equal(f->base.res.reason, SCEP_R_API_UNKNOWN);
    assert_int_equal(cancel(f, "%"), SCEP_NOT_FOUND);
    assert_int_equal(cancel(f, ""), SCEP_NOT_FOUND);
    assert_int_equal(in_table(f), 1);
}

/* One that is being used just now: its certificate will not be recorded. */
static void test_cancel_of_a_claimed_one(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f);
    const unsigned char *hash = hash_of(f, password);
    static const unsigned char owner[SCEP_CLAIM_OWNER_SIZE] = {7};
    scep_issue_outcome_e outcome;
    scep_issue_t issue = {.ca_id = f->service.ca_id,
                          .transaction_id = "t",
                          .key_hash = hash,
                          .csr_hash = hash,
                          .challenge_hash = hash,
                          .now = f->base.now,
                          .serial = "01",
                          .subject = "CN=x",
                          .not_before = f->base.now,
                          .not_after = f->base.now + 1,
                          .cert_der = {hash, SCEP_HASH_SIZE},
                          .profile = "device",
                          .peer = "192.0.2.1"};

    assert_int_equal(scep_challenge_table_claim(f->service.challenges, hash,
                                                owner, f->base.now,
                                                APR_USEC_PER_SEC),
                     SCEP_CLAIM_OK);
    assert_int_equal(
        cancel(f, scep_hex_lower(f->base.pool, hash, SCEP_HASH_SIZE)), SCEP_OK);
    assert_int_equal(scep_store_issue(f->service.store, &issue, f->base.pool,
                                      &outcome, &f->base.res),
                     SCEP_OK);
    assert_int_equal(outcome, SCEP_ISSUE_CHALLENGE_LOST);
}

static void test_rotate(void **state)
{
    enroll_fixture_t *f = *state;
    scep_rotated_t rotated = {.length = 16, .overlap = APR_USEC_PER_SEC * 60};
    const char *shown;

    f->policy.sources.source[0] = SCEP_SOURCE_SINGLE;
    enroll_master(f, OLD, NULL, 0);
    assert_int_equal(
        scep_challenge_admin_rotate(&f->req, "bob", &rotated, &f->base.res),
        SCEP_OK);
    assert_int_equal(strlen(rotated.password), 32);
    assert_true(rotated.previous_until == f->base.now + APR_USEC_PER_SEC * 60);
    assert_int_equal(scep_master_view_get(f->service.master, f->base.pool,
                                          &shown, &f->base.res),
                     SCEP_OK);
    assert_string_equal(shown, rotated.password);
    assert_non_null(strstr(f->base.log, "SCEP0215"));
    assert_null(strstr(f->base.log, rotated.password));
    assert_string_equal(last_event(f), "master-rotated bob 192.0.2.1 0 -");
}

static void test_rotate_where_there_is_none(void **state)
{
    enroll_fixture_t *f = *state;
    scep_rotated_t rotated = {.length = 16};

    assert_int_equal(
        scep_challenge_admin_rotate(&f->req, "bob", &rotated, &f->base.res),
        SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_API_CONFLICT);
    f->policy.sources.source[0] = SCEP_SOURCE_SINGLE; /* but not set up */
    assert_int_equal(
        scep_challenge_admin_rotate(&f->req, "bob", &rotated, &f->base.res),
        SCEP_REFUSED);
    f->policy.sources.source[0] = SCEP_SOURCE_ONE_TIME; /* elsewhere it is */
    enroll_master(f, OLD, NULL, 0);
    assert_int_equal(
        scep_challenge_admin_rotate(&f->req, "bob", &rotated, &f->base.res),
        SCEP_REFUSED);
    assert_null(rotated.password);
}

static void test_rotate_of_what_cannot_be_read(void **state)
{
    enroll_fixture_t *f = *state;
    scep_rotated_t rotated = {.length = 16, .overlap = 1};

    f->policy.sources.source[0] = SCEP_SOURCE_SINGLE;
    enroll_master(f, OLD, NULL, 0);
    f->ra.pairs->nelts = 0; /* nobody opens it */
    APR_ARRAY_PUSH(f->ra.pairs, const scep_keypair_t *) = &f->device;
    assert_int_equal(
        scep_challenge_admin_rotate(&f->req, "bob", &rotated, &f->base.res),
        SCEP_UNAVAILABLE);
    assert_int_equal(f->base.res.reason, SCEP_R_MASTER_PASSWORD);
    assert_null(rotated.password);
}

static void test_denied_leaves_a_row(void **state)
{
    enroll_fixture_t *f = *state;

    assert_int_equal(scep_challenge_admin_denied(&f->req, "bob@EXAMPLE", "draw",
                                                 &f->base.res),
                     SCEP_OK);
    assert_string_equal(last_event(f),
                        "admin-denied bob@EXAMPLE 192.0.2.1 183 draw");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_cancel),
        ENROLL_TEST(test_cancel_of_what_is_not_there),
        ENROLL_TEST(test_cancel_of_a_claimed_one),
        ENROLL_TEST(test_rotate),
        ENROLL_TEST(test_rotate_where_there_is_none),
        ENROLL_TEST(test_rotate_of_what_cannot_be_read),
        ENROLL_TEST(test_denied_leaves_a_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
