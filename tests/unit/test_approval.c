/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_approval.c: approval and rejection by an operator. */
#include "enroll_fixture.h"

#include "recall_fixture.h"
#include "scep_approval.h"

static const unsigned char hash[SCEP_HASH_SIZE] = {1};

static const char *queue(enroll_fixture_t *f)
{
    const scep_request_row_t row = {
        .ca_id = f->service.ca_id,
        .transaction_id = "t",
        .key_hash = hash,
        .csr_hash = hash,
        .sealed = {hash, 4},
        .profile = "device",
        .created = f->base.now,
        .expires = f->base.now + apr_time_from_sec(60),
    };
    const scep_queue_limits_t limits = {5, 5, 1};
    scep_queue_outcome_e outcome;
    scep_request_row_t *found;
    int replaced;

    assert_int_equal(scep_store_request_add(f->service.store, &row, &limits,
                                            f->base.pool, &outcome, &replaced,
                                            &f->base.res),
                     SCEP_OK);
    assert_int_equal(request_of(f->service.store, f->service.ca_id, "t", NULL,
                                f->base.now, f->base.pool, &found,
                                &f->base.res),
                     SCEP_OK);
    return found->id;
}

static scep_request_row_t *get(enroll_fixture_t *f, const char *id)
{
    scep_request_row_t *row;

    assert_int_equal(scep_store_request_get(f->service.store, id, f->base.now,
                                            f->base.pool, &row, &f->base.res),
                     SCEP_OK);
    return row;
}

static void test_yes_then_no(void **state)
{
    enroll_fixture_t *f = *state;
    scep_operator_t who = {.actor = "alice", .note = "known"};
    const char *id = queue(f);

    f->base.now += apr_time_from_sec(50);
    who.now = f->base.now;
    assert_int_equal(scep_approval_give(f->service.store, id, &who,
                                        f->base.pool, &f->base.res),
                     SCEP_OK);
    assert_int_equal(get(f, id)->state, SCEP_REQUEST_APPROVED);
    assert_int_equal(get(f, id)->expires, f->base.now + apr_time_from_sec(60));
    assert_string_equal(get(f, id)->note, "known");
    assert_int_equal(scep_approval_give(f->service.store, id, &who,
                                        f->base.pool, &f->base.res),
                     SCEP_NOT_FOUND);
    assert_int_equal(scep_approval_refuse(f->service.store, id, &who,
                                          f->base.pool, &f->base.res),
                     SCEP_OK);
    assert_int_equal(get(f, id)->state, SCEP_REQUEST_REJECTED);
    assert_int_equal(scep_approval_refuse(f->service.store, id, &who,
                                          f->base.pool, &f->base.res),
                     SCEP_NOT_FOUND);
}

static void test_too_late(void **state)
{
    enroll_fixture_t *f = *state;
    scep_operator_t who = {.actor = "alice"};
    const char *id = queue(f);

    f->base.now += apr_time_from_sec(60);
    who.now = f->base.now;
    assert_int_equal(scep_approval_give(f->service.store, id, &who,
                                        f->base.pool, &f->base.res),
                     SCEP_NOT_FOUND);
    assert_int_equal(scep_approval_refuse(f->service.store, "none", &who,
                                          f->base.pool, &f->base.res),
                     SCEP_NOT_FOUND);
    assert_int_equal(get(f, id)->state, SCEP_REQUEST_EXPIRED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_yes_then_no),
        ENROLL_TEST(test_too_late),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
