/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_store_revocation.c: revocations in the record. (store layer)
 */
#include "store_fixture.h"

#include "scep_store_revocation.h"

static scep_revoke_t sample_revoke(fixture_t *f, int n)
{
    scep_revoke_t revoke = {0};

    revoke.row.ca_id = SAMPLE_SCOPE;
    revoke.row.serial = apr_psprintf(f->pool, "7A%08X", (unsigned int)n);
    revoke.row.effective = f->now;
    revoke.row.reason = SCEP_REVOKED_KEY_COMPROMISE;
    revoke.row.created = f->now;
    revoke.row.actor = "admin";
    revoke.peer = "192.0.2.1";
    return revoke;
}

static scep_revoke_outcome_e must_revoke(fixture_t *f, scep_store_t *store,
                                         const scep_revoke_t *revoke)
{
    scep_revoke_outcome_e outcome;

    assert_int_equal(
        scep_store_revoke(store, revoke, f->pool, &outcome, &f->res), SCEP_OK);
    return outcome;
}

static scep_revocation_row_t *must_find(fixture_t *f, scep_store_t *store,
                                        const scep_revoke_t *revoke)
{
    scep_revocation_row_t *row = NULL;

    assert_int_equal(scep_store_revocation_find(store, revoke->row.ca_id,
                                                revoke->row.serial, f->pool,
                                                &row, &f->res),
                     SCEP_OK);
    return row;
}

static void test_revoke_and_find(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    scep_revoke_t revoke = sample_revoke(f, 1);
    scep_revocation_row_t *row = NULL;

    must_issue(f, store, &issue);
    assert_int_equal(scep_store_revocation_find(store, SAMPLE_SCOPE,
                                                issue.serial, f->pool, &row,
                                                &f->res),
                     SCEP_NOT_FOUND);
    assert_int_equal(f->res.reason, SCEP_R_NONE);
    assert_null(row);
    assert_int_equal(must_revoke(f, store, &revoke), SCEP_REVOKE_RECORDED);
    row = must_find(f, store, &revoke);
    assert_string_equal(row->ca_id, SAMPLE_SCOPE);
    assert_string_equal(row->serial, issue.serial);
    assert_true(row->effective == f->now);
    assert_int_equal(row->reason, SCEP_REVOKED_KEY_COMPROMISE);
    assert_true(row->not_after == issue.not_after);
    assert_true(row->created == f->now);
    assert_string_equal(row->actor, "admin");
    assert_int_equal(row->seq, 1);
}

static void test_audit_row(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    scep_revoke_t revoke = sample_revoke(f, 1);

    must_issue(f, store, &issue);
    revoke.detail = "stolen";
    must_revoke(f, store, &revoke);
    assert_string_equal(
        db_text(f, "SELECT event || ' ' || actor || ' ' || peer || ' ' ||"
                   " serial || ' ' || subject || ' ' || detail FROM audit"
                   " WHERE event = 'revoked'"),
        "revoked admin 192.0.2.1 7A00000001 CN=device keyCompromise: stolen");
}

static void test_again_changes_nothing(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    scep_revoke_t revoke = sample_revoke(f, 1);

    must_issue(f, store, &issue);
    must_revoke(f, store, &revoke);
    revoke.row.reason = SCEP_REVOKED_SUPERSEDED;
    revoke.row.effective++;
    assert_int_equal(must_revoke(f, store, &revoke), SCEP_REVOKE_ALREADY);
    assert_int_equal(must_find(f, store, &revoke)->reason,
                     SCEP_REVOKED_KEY_COMPROMISE);
    assert_int_equal(db_count(f, "revocations"), 1);
    assert_int_equal(db_count(f, "audit"), 2);
}

static void test_later_one_is_brought_forward(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    scep_revoke_t revoke = sample_revoke(f, 1);
    scep_revocation_row_t *row;

    must_issue(f, store, &issue);
    revoke.row.effective = f->now + SAMPLE_VALIDITY;
    revoke.row.reason = SCEP_REVOKED_SUPERSEDED;
    revoke.row.actor = NULL;
    must_revoke(f, store, &revoke);
    assert_null(must_find(f, store, &revoke)->actor);
    revoke = sample_revoke(f, 1);
    assert_int_equal(must_revoke(f, store, &revoke), SCEP_REVOKE_RECORDED);
    row = must_find(f, store, &revoke);
    assert_true(row->effective == f->now);
    assert_int_equal(row->reason, SCEP_REVOKED_KEY_COMPROMISE);
    assert_int_equal(row->seq, 2);
    assert_true(row->not_after == issue.not_after);
    assert_int_equal(db_count(f, "revocations"), 1);
}

/* What weighs more is entered also afterwards; the time stays the first. */
static void test_reason_that_weighs_more(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    scep_revoke_t revoke = sample_revoke(f, 1);
    const scep_revocation_reason_e rising[] = {
        SCEP_REVOKED_SUPERSEDED, SCEP_REVOKED_CESSATION_OF_OPERATION,
        SCEP_REVOKED_KEY_COMPROMISE};
    int i, j;

    must_issue(f, store, &issue);
    for (i = 0; i < 3; i++) {
        revoke.row.reason = rising[i];
        revoke.row.effective = f->now + i;
        assert_int_equal(must_revoke(f, store, &revoke), SCEP_REVOKE_RECORDED);
        assert_true(must_find(f, store, &revoke)->effective == f->now);
        for (j = 0; j <= i; j++) {
            revoke.row.reason = rising[j];
            assert_int_equal(must_revoke(f, store, &revoke),
                             SCEP_REVOKE_ALREADY);
        }
        assert_int_equal(must_find(f, store, &revoke)->reason, rising[i]);
        assert_int_equal(must_find(f, store, &revoke)->seq, i + 1);
    }
}

static void test_brought_forward_keeps_its_reason(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    scep_revoke_t revoke = sample_revoke(f, 1);

    must_issue(f, store, &issue);
    revoke.row.effective = f->now + SAMPLE_VALIDITY;
    must_revoke(f, store, &revoke);
    revoke.row.effective = f->now;
    revoke.row.reason = SCEP_REVOKED_SUPERSEDED;
    assert_int_equal(must_revoke(f, store, &revoke), SCEP_REVOKE_RECORDED);
    assert_true(must_find(f, store, &revoke)->effective == f->now);
    assert_int_equal(must_find(f, store, &revoke)->reason,
                     SCEP_REVOKED_KEY_COMPROMISE);
}

static void test_unknown_only_by_wish(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_revoke_t revoke = sample_revoke(f, 1);

    assert_int_equal(must_revoke(f, store, &revoke), SCEP_REVOKE_UNKNOWN);
    assert_int_equal(db_count(f, "revocations"), 0);
    assert_int_equal(db_count(f, "audit"), 0);
    revoke.unknown = true;
    assert_int_equal(must_revoke(f, store, &revoke), SCEP_REVOKE_RECORDED);
    assert_true(must_find(f, store, &revoke)->not_after == 0);
    revoke = sample_revoke(f, 2);
    revoke.unknown = true;
    revoke.row.not_after = f->now + 1;
    assert_int_equal(must_revoke(f, store, &revoke), SCEP_REVOKE_RECORDED);
    assert_true(must_find(f, store, &revoke)->not_after == f->now + 1);
}

static void test_scopes_are_apart(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    scep_revoke_t revoke = sample_revoke(f, 1);

    must_issue(f, store, &issue);
    revoke.row.ca_id = "other";
    assert_int_equal(must_revoke(f, store, &revoke), SCEP_REVOKE_UNKNOWN);
    revoke.unknown = true;
    must_revoke(f, store, &revoke);
    revoke = sample_revoke(f, 1);
    must_revoke(f, store, &revoke);
    assert_int_equal(must_find(f, store, &revoke)->seq, 1);
}

/* --- walking -------------------------------------------------------------- */

typedef struct seen_t {
    char serials[256];
    int stop_at; /* 0: never */
    int count;
} seen_t;

static scep_status_e see(void *baton, const scep_revocation_row_t *row)
{
    seen_t *seen = baton;

    apr_cpystrn(seen->serials + strlen(seen->serials), row->serial + 8,
                sizeof(seen->serials) - strlen(seen->serials));
    return ++seen->count == seen->stop_at ? SCEP_REFUSED : SCEP_OK;
}

static scep_status_e add_up(void *baton, const scep_revocation_row_t *row)
{
    *(apr_int64_t *)baton += apr_strtoi64(row->serial, NULL, 10);
    return SCEP_OK;
}

/* Each once, wherever a page ends. */
static void test_each_of_many(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    apr_int64_t n;

    for (n = 1; n <= 3000; n += n % 1000 == 1 ? 998 : 1) {
        apr_int64_t sum = 0;

        db_text(f, "DELETE FROM revocations");
        db_text(f, apr_psprintf(f->pool,
                                "WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL"
                                " SELECT n + 1 FROM t WHERE n < %d)"
                                " INSERT INTO revocations (scope, serial,"
                                " effective, reason, created, seq) SELECT '%s',"
                                " printf('%%06d', n), 1, 0, 1, n FROM t",
                                (int)n, SAMPLE_SCOPE));
        assert_int_equal(scep_store_revocations_each(store, SAMPLE_SCOPE, 1, 0,
                                                     add_up, &sum, &f->res),
                         SCEP_OK);
        assert_int_equal(sum, n * (n + 1) / 2);
    }
}

static void test_each(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    seen_t seen = {"", 0, 0};
    int i;

    for (i = 5; i > 0; i--) {
        scep_revoke_t revoke = sample_revoke(f, i);

        revoke.unknown = true;
        revoke.row.not_after = i == 2 ? 0 : f->now + i;
        revoke.row.effective = i == 4 ? f->now + 1 : f->now - 10 + i;
        must_revoke(f, store, &revoke);
    }
    assert_int_equal(scep_store_revocations_each(store, SAMPLE_SCOPE, f->now, 0,
                                                 see, &seen, &f->res),
                     SCEP_OK);
    assert_string_equal(seen.serials, "01020305");
    memset(&seen, 0, sizeof(seen));
    assert_int_equal(scep_store_revocations_each(store, SAMPLE_SCOPE,
                                                 f->now + 1, f->now + 3, see,
                                                 &seen, &f->res),
                     SCEP_OK);
    assert_string_equal(seen.serials, "02030405");
    memset(&seen, 0, sizeof(seen));
    seen.stop_at = 2;
    assert_int_equal(scep_store_revocations_each(store, SAMPLE_SCOPE, f->now, 0,
                                                 see, &seen, &f->res),
                     SCEP_REFUSED);
    assert_int_equal(seen.count, 2);
}

static void test_malformed_row(void **state)
{
    static const char *const damages[] = {
        "UPDATE revocations SET reason = 7",
        "UPDATE revocations SET reason = -1",
        "UPDATE revocations SET reason = 0, effective = 'x'",
        "UPDATE revocations SET effective = 0, not_after = 'x'",
    };
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_revoke_t revoke = sample_revoke(f, 1);
    scep_revocation_row_t *row;
    scep_revoke_outcome_e outcome;
    seen_t seen = {"", 0, 0};
    size_t i;

    revoke.unknown = true;
    must_revoke(f, store, &revoke);
    for (i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        db_text(f, damages[i]);
        assert_int_equal(scep_store_revocation_find(store, SAMPLE_SCOPE,
                                                    revoke.row.serial, f->pool,
                                                    &row, &f->res),
                         SCEP_BROKEN);
        assert_null(row);
        assert_int_equal(
            scep_store_revoke(store, &revoke, f->pool, &outcome, &f->res),
            SCEP_BROKEN);
        assert_int_equal(outcome, SCEP_REVOKE_UNKNOWN);
    }
    assert_int_equal(scep_store_revocations_each(store, SAMPLE_SCOPE, f->now, 0,
                                                 see, &seen, &f->res),
                     SCEP_BROKEN);
    assert_int_equal(seen.count, 0);
}

static void test_malformed_certificate(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    scep_revoke_t revoke = sample_revoke(f, 1);
    scep_revoke_outcome_e outcome;

    must_issue(f, store, &issue);
    db_text(f, "UPDATE certificates SET not_after = 'x'");
    assert_int_equal(
        scep_store_revoke(store, &revoke, f->pool, &outcome, &f->res),
        SCEP_BROKEN);
    assert_int_not_equal(outcome, SCEP_REVOKE_RECORDED);
    assert_int_equal(db_count(f, "revocations"), 0);
}

static void test_reason_names(void **state)
{
    scep_revocation_reason_e reason = SCEP_REVOKED_UNSPECIFIED;

    (void)state;
    assert_string_equal(scep_revocation_reason_name(4), "superseded");
    assert_null(scep_revocation_reason_name(6)); /* certificateHold */
    assert_null(scep_revocation_reason_name(8)); /* removeFromCRL */
    assert_null(scep_revocation_reason_name(-1));
    assert_true(scep_revocation_reason_of("KEYCOMPROMISE", &reason));
    assert_int_equal(reason, SCEP_REVOKED_KEY_COMPROMISE);
    assert_false(scep_revocation_reason_of("certificateHold", &reason));
    assert_int_equal(reason, SCEP_REVOKED_KEY_COMPROMISE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_revoke_and_find),
        FIXTURE_TEST(test_audit_row),
        FIXTURE_TEST(test_again_changes_nothing),
        FIXTURE_TEST(test_later_one_is_brought_forward),
        FIXTURE_TEST(test_reason_that_weighs_more),
        FIXTURE_TEST(test_brought_forward_keeps_its_reason),
        FIXTURE_TEST(test_unknown_only_by_wish),
        FIXTURE_TEST(test_scopes_are_apart),
        FIXTURE_TEST(test_each),
        FIXTURE_TEST(test_each_of_many),
        FIXTURE_TEST(test_malformed_row),
        FIXTURE_TEST(test_malformed_certificate),
        cmocka_unit_test(test_reason_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
