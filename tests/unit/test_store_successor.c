/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_store_successor.c: which certificates renewed which, and their
 * revocation together. (store layer) */
#include "store_fixture.h"

#include "scep_store_json.h"

/* Serial number 7A...N; renewal of that of OLD, of CA OLD_SCOPE. */
static const char *add_renewal(fixture_t *f, scep_store_t *store, int n,
                               const char *old, const char *old_scope)
{
    scep_issue_t issue = sample_issue(f, f->pool, n);

    issue.renewal_of = old;
    issue.renewal_ca_id = old_scope;
    issue.now += n;
    assert_int_equal(must_issue(f, store, &issue), SCEP_ISSUE_RECORDED);
    return issue.serial;
}

static const char *add(fixture_t *f, scep_store_t *store, int n,
                       const char *old)
{
    return add_renewal(f, store, n, old, NULL);
}

/* "SERIAL state, " of each. */
static const char *text_of(fixture_t *f, const apr_array_header_t *found)
{
    const char *text = "";
    int i;

    for (i = 0; i < found->nelts; i++) {
        const scep_certificate_row_t *row =
            &APR_ARRAY_IDX(found, i, const scep_certificate_row_t);

        text = apr_pstrcat(f->pool, text, i > 0 ? ", " : "", row->serial, " ",
                           scep_certificate_state_name(row, f->now), NULL);
    }
    return text;
}

static const char *successors(fixture_t *f, scep_store_t *store,
                              const char *ca_id, const char *serial)
{
    apr_array_header_t *found;

    assert_int_equal(
        scep_store_successors(store, ca_id, serial, f->pool, &found, &f->res),
        SCEP_OK);
    return text_of(f, found);
}

static const char *predecessors(fixture_t *f, scep_store_t *store,
                                const char *serial)
{
    scep_certificate_row_t *row;
    apr_array_header_t *found;
    int count;

    assert_int_equal(scep_store_certificate_find(store, SAMPLE_SCOPE, serial,
                                                 f->pool, &count, &row,
                                                 &f->res),
                     SCEP_OK);
    assert_int_equal(
        scep_store_predecessors(store, row, f->pool, &found, &f->res), SCEP_OK);
    return text_of(f, found);
}

static scep_revoke_outcome_e revoke_all(fixture_t *f, scep_store_t *store,
                                        const char *serial,
                                        apr_array_header_t **revoked)
{
    const scep_revoke_t revoke = {.row = {.ca_id = SAMPLE_SCOPE,
                                          .serial = serial,
                                          .effective = f->now,
                                          .created = f->now}};
    scep_revoke_outcome_e outcome;

    assert_int_equal(scep_store_revoke_all(store, &revoke, f->pool, &outcome,
                                           revoked, &f->res),
                     SCEP_OK);
    return outcome;
}

/* A was renewed by B and C, and B by D. */
static void test_chain_and_branches(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    const char *a = add(f, store, 0xA, NULL), *b = add(f, store, 0xB, a);
    const char *c = add(f, store, 0xC, a), *d = add(f, store, 0xD, b);
    scep_certificate_row_t *row;
    int count;

    assert_string_equal(successors(f, store, SAMPLE_SCOPE, a),
                        "7A0000000B valid, 7A0000000C valid, "
                        "7A0000000D valid");
    assert_string_equal(successors(f, store, SAMPLE_SCOPE, c), "");
    assert_string_equal(successors(f, store, "other", a), "");
    assert_string_equal(predecessors(f, store, d),
                        "7A0000000B valid, 7A0000000A valid");
    assert_string_equal(predecessors(f, store, a), "");
    assert_int_equal(scep_store_certificate_find(store, SAMPLE_SCOPE, a,
                                                 f->pool, &count, &row,
                                                 &f->res),
                     SCEP_OK);
    assert_null(row->predecessor);
    assert_string_equal(row->successor, c);
}

static void test_revoke_all(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    const char *a = add(f, store, 0xA, NULL), *b = add(f, store, 0xB, a);
    apr_array_header_t *revoked;

    add(f, store, 0xC, a);
    add(f, store, 0xD, b);
    assert_int_equal(revoke_all(f, store, b, &revoked), SCEP_REVOKE_RECORDED);
    assert_int_equal(revoked->nelts, 1);
    assert_int_equal(db_count(f, "revocations"), 2);
    assert_int_equal(revoke_all(f, store, a, &revoked), SCEP_REVOKE_RECORDED);
    assert_int_equal(revoked->nelts, 1);
    assert_string_equal(APR_ARRAY_IDX(revoked, 0, const char *), "7A0000000C");
    assert_string_equal(successors(f, store, SAMPLE_SCOPE, a),
                        "7A0000000B revoked, 7A0000000C revoked, "
                        "7A0000000D revoked");
    assert_int_equal(revoke_all(f, store, a, &revoked), SCEP_REVOKE_ALREADY);
    assert_int_equal(revoked->nelts, 0);
    assert_int_equal(revoke_all(f, store, "1", &revoked), SCEP_REVOKE_UNKNOWN);
    assert_int_equal(db_count(f, "revocations"), 4);
    /* each with a row of its own in the audit trail */
    assert_string_equal(
        db_text(f, "SELECT COUNT(*) FROM audit WHERE event = 'revoked'"), "4");
}

/* A certificate that was revoked alone has its successors revoked later. */
static void test_revoke_successors_later(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    const char *a = add(f, store, 0xA, NULL);
    const scep_revoke_t alone = {.row = {.ca_id = SAMPLE_SCOPE,
                                         .serial = a,
                                         .effective = f->now,
                                         .created = f->now}};
    scep_revoke_outcome_e outcome;
    apr_array_header_t *revoked;

    add(f, store, 0xB, a);
    assert_int_equal(
        scep_store_revoke(store, &alone, f->pool, &outcome, &f->res), SCEP_OK);
    assert_string_equal(successors(f, store, SAMPLE_SCOPE, a),
                        "7A0000000B valid");
    assert_int_equal(revoke_all(f, store, a, &revoked), SCEP_REVOKE_ALREADY);
    assert_int_equal(revoked->nelts, 1);
    assert_int_equal(db_count(f, "revocations"), 2);
}

/* The CA before (ScepRenewalTrust) gave the same serial number as this one. */
static void test_of_another_ca(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    const char *a = add(f, store, 0xA, NULL);
    const char *b = add_renewal(f, store, 0xB, a, "before");

    assert_string_equal(successors(f, store, SAMPLE_SCOPE, a), "");
    assert_string_equal(successors(f, store, "before", a), "7A0000000B valid");
    assert_string_equal(predecessors(f, store, b), "7A0000000A unknown");
}

static void test_circle(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    const char *a = add(f, store, 0xA, "7A0000000B"),
               *b = add(f, store, 0xB, a);
    apr_array_header_t *revoked;

    assert_string_equal(successors(f, store, SAMPLE_SCOPE, a),
                        "7A0000000B valid");
    assert_string_equal(predecessors(f, store, b), "7A0000000A valid");
    assert_int_equal(revoke_all(f, store, a, &revoked), SCEP_REVOKE_RECORDED);
    assert_int_equal(revoked->nelts, 1);
}

static void test_told(void **state)
{
    fixture_t *f = *state;
    scep_certificate_row_t row[] = {
        {.id = "1", .serial = "A", .not_after = f->now},
        {.id = "2", .serial = "B", .not_after = f->now - 1},
        {.id = "3", .serial = "C", .not_after = f->now, .revoked = f->now},
        {.id = "4", .serial = "D", .not_after = f->now, .revoked = f->now + 1},
        {.serial = "E"}};
    apr_array_header_t *certs =
        apr_array_make(f->pool, 5, sizeof(scep_certificate_row_t));
    apr_array_header_t *valid;
    int i;

    assert_string_equal(scep_certificates_json(certs, f->now, f->pool), "[]");
    for (i = 0; i < 5; i++) {
        APR_ARRAY_PUSH(certs, scep_certificate_row_t) = row[i];
    }
    assert_string_equal(scep_certificates_json(certs, f->now, f->pool),
                        "[{\"serial\":\"A\",\"state\":\"valid\"},"
                        "{\"serial\":\"B\",\"state\":\"expired\"},"
                        "{\"serial\":\"C\",\"state\":\"revoked\"},"
                        "{\"serial\":\"D\",\"state\":\"revocation due\"},"
                        "{\"serial\":\"E\",\"state\":\"unknown\"}]");
    valid = scep_certificates_valid(certs, f->now, f->pool);
    assert_int_equal(valid->nelts, 2);
    assert_string_equal(APR_ARRAY_IDX(valid, 1, const char *), "D");
}

/* All or nothing. */
static void test_malformed_rows(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    const char *a = add(f, store, 0xA, NULL), *b = add(f, store, 0xB, a);
    const scep_revoke_t revoke = {.row = {.ca_id = SAMPLE_SCOPE,
                                          .serial = a,
                                          .effective = f->now,
                                          .created = f->now}};
    scep_revoke_outcome_e outcome;
    apr_array_header_t *found;

    add(f, store, 0xC, b);
    db_text(f, "UPDATE certificates SET not_after = 'x'"
               " WHERE serial = '7A0000000C'");
    assert_int_equal(
        scep_store_successors(store, SAMPLE_SCOPE, a, f->pool, &found, &f->res),
        SCEP_BROKEN);
    assert_int_equal(scep_store_revoke_all(store, &revoke, f->pool, &outcome,
                                           &found, &f->res),
                     SCEP_BROKEN);
    assert_int_equal(outcome, SCEP_REVOKE_UNKNOWN);
    assert_int_equal(db_count(f, "revocations"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_chain_and_branches),
        FIXTURE_TEST(test_revoke_all),
        FIXTURE_TEST(test_revoke_successors_later),
        FIXTURE_TEST(test_of_another_ca),
        FIXTURE_TEST(test_circle),
        FIXTURE_TEST(test_told),
        FIXTURE_TEST(test_malformed_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
