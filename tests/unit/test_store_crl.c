/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_store_crl.c: the newest CRL in the record. (store layer)
 */
#include "store_fixture.h"

#include "scep_store_crl.h"
#include "scep_store_revocation.h"

static scep_crl_row_t sample_crl(fixture_t *f, int number, apr_int64_t covers)
{
    scep_crl_row_t row = {0};

    row.ca_id = SAMPLE_SCOPE;
    row.number = number;
    row.this_update = f->now;
    row.next_update = f->now + SAMPLE_VALIDITY;
    row.covers = covers;
    row.der.data = (const unsigned char *)"crl";
    row.der.len = 3;
    return row;
}

static bool replace(fixture_t *f, scep_store_t *store,
                    const scep_crl_row_t *row, int old)
{
    bool stored = false;

    assert_int_equal(
        scep_store_crl_replace(store, row, old, f->pool, &stored, &f->res),
        SCEP_OK);
    return stored;
}

static scep_crl_state_t look(fixture_t *f, scep_store_t *store, apr_time_t now)
{
    scep_crl_state_t state;

    assert_int_equal(scep_store_crl_state(store, SAMPLE_SCOPE, now, f->pool,
                                          &state, &f->res),
                     SCEP_OK);
    return state;
}

static void revoke_one(fixture_t *f, scep_store_t *store, const char *serial,
                       apr_time_t at)
{
    scep_revoke_t wish = {.row = {.ca_id = SAMPLE_SCOPE,
                                  .serial = serial,
                                  .effective = at,
                                  .created = f->now},
                          .unknown = true};
    scep_revoke_outcome_e outcome;

    assert_int_equal(
        scep_store_revoke(store, &wish, f->pool, &outcome, &f->res), SCEP_OK);
    assert_int_equal(outcome, SCEP_REVOKE_RECORDED);
}

static void test_none_yet(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_crl_state_t crl = look(f, store, f->now);

    assert_null(crl.row);
    assert_true(crl.stale);
    assert_int_equal(crl.seq, 0);
}

static void test_first_and_next(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_crl_row_t row = sample_crl(f, 7, 0);
    scep_crl_state_t crl;

    assert_true(replace(f, store, &row, 0));
    crl = look(f, store, f->now);
    assert_false(crl.stale);
    assert_string_equal(crl.row->ca_id, SAMPLE_SCOPE);
    assert_int_equal(crl.row->number, 7);
    assert_true(crl.row->this_update == f->now);
    assert_true(crl.row->next_update == f->now + SAMPLE_VALIDITY);
    assert_int_equal(crl.row->der.len, 3);
    assert_memory_equal(crl.row->der.data, "crl", 3);
    row.number = 8;
    assert_true(replace(f, store, &row, 7));
    assert_int_equal(look(f, store, f->now).row->number, 8);
}

static void test_one_of_two_wins(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_crl_row_t row = sample_crl(f, 7, 0);

    assert_true(replace(f, store, &row, 0));
    row.covers = 9;
    assert_false(replace(f, store, &row, 0));
    assert_int_equal(look(f, store, f->now).row->covers, 0);
    row.number = 8;
    assert_true(replace(f, store, &row, 7));
    row.covers = 10;
    assert_false(replace(f, store, &row, 7));
    assert_int_equal(look(f, store, f->now).row->covers, 9);
    assert_int_equal(db_count(f, "crls"), 1);
}

static void test_revocation_makes_it_stale(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_crl_row_t row = sample_crl(f, 7, 0);
    scep_crl_state_t crl;

    assert_true(replace(f, store, &row, 0));
    revoke_one(f, store, "AA", f->now - 5); /* the clock was set back, too */
    crl = look(f, store, f->now);
    assert_true(crl.stale);
    assert_int_equal(crl.seq, 1);
    row = sample_crl(f, 8, crl.seq);
    assert_true(replace(f, store, &row, 7));
    assert_false(look(f, store, f->now).stale);
}

static void test_due_revocation_makes_it_stale(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_crl_row_t row = sample_crl(f, 7, 1);

    revoke_one(f, store, "AA", f->now + 10);
    assert_true(replace(f, store, &row, 0));
    assert_false(look(f, store, f->now).stale);
    assert_false(look(f, store, f->now + 9).stale);
    assert_true(look(f, store, f->now + 10).stale);
    row = sample_crl(f, 8, 1);
    row.this_update = f->now + 10;
    assert_true(replace(f, store, &row, 7));
    assert_false(look(f, store, f->now + 11).stale);
}

static void test_malformed_row(void **state)
{
    static const char *const damages[] = {
        "UPDATE crls SET number = 'x'",
        "UPDATE crls SET number = 1, der = '?'",
    };
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_crl_row_t row = sample_crl(f, 7, 0);
    scep_crl_state_t crl;
    bool stored = true;
    size_t i;

    assert_true(replace(f, store, &row, 0));
    for (i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        db_text(f, damages[i]);
        assert_int_equal(scep_store_crl_state(store, SAMPLE_SCOPE, f->now,
                                              f->pool, &crl, &f->res),
                         SCEP_BROKEN);
    }
    row.der.data = NULL;
    assert_int_equal(
        scep_store_crl_replace(store, &row, 1, f->pool, &stored, &f->res),
        SCEP_BROKEN);
    assert_false(stored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_none_yet),
        FIXTURE_TEST(test_first_and_next),
        FIXTURE_TEST(test_one_of_two_wins),
        FIXTURE_TEST(test_revocation_makes_it_stale),
        FIXTURE_TEST(test_due_revocation_makes_it_stale),
        FIXTURE_TEST(test_malformed_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
