/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_store_certificate.c: certificates looked for. (store layer)
 */
#include "store_fixture.h"

#include "scep_store_certificate.h"

#define DAY (24 * SAMPLE_VALIDITY)

/* Serial number ...N, a subject and an age of its own. */
static void add(fixture_t *f, scep_store_t *store, const char *ca_id, int n,
                const char *subject, apr_time_t not_after)
{
    scep_issue_t issue = sample_issue(f, f->pool, n);

    issue.ca_id = ca_id;
    issue.subject = subject;
    issue.now = f->now + n;
    issue.not_after = not_after;
    assert_int_equal(must_issue(f, store, &issue), SCEP_ISSUE_RECORDED);
}

static void revoke_one(fixture_t *f, scep_store_t *store, int n, apr_time_t at)
{
    scep_revoke_outcome_e outcome;
    scep_revoke_t wish = {0};

    wish.row.ca_id = SAMPLE_SCOPE;
    wish.row.serial = apr_psprintf(f->pool, "7A%08X", (unsigned int)n);
    wish.row.effective = at;
    wish.row.reason = SCEP_REVOKED_SUPERSEDED;
    wish.row.actor = "admin";
    assert_int_equal(
        scep_store_revoke(store, &wish, f->pool, &outcome, &f->res), SCEP_OK);
    assert_int_equal(outcome, SCEP_REVOKE_RECORDED);
}

static void test_find(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_certificate_row_t *row;
    int count = 0;

    assert_int_equal(scep_store_certificate_find(store, NULL, "7A00000001",
                                                 f->pool, &count, &row,
                                                 &f->res),
                     SCEP_NOT_FOUND);
    assert_null(row);
    assert_int_equal(f->res.reason, SCEP_R_NONE);
    add(f, store, SAMPLE_SCOPE, 1, "CN=one", f->now + DAY);
    assert_int_equal(scep_store_certificate_find(store, SAMPLE_SCOPE,
                                                 "7A00000001", f->pool, &count,
                                                 &row, &f->res),
                     SCEP_OK);
    assert_int_equal(count, 1);
    assert_string_equal(row->ca_id, SAMPLE_SCOPE);
    assert_string_equal(row->serial, "7A00000001");
    assert_string_equal(row->subject, "CN=one");
    assert_string_equal(row->profile, "device");
    assert_true(row->not_before == f->now);
    assert_true(row->not_after == f->now + DAY);
    assert_true(row->created == f->now + 1);
    assert_string_equal((const char *)row->der.data, "certificate 1");
    assert_true(row->revoked == 0);
    assert_string_equal(scep_certificate_state_name(row, f->now), "valid");
    assert_string_equal(scep_certificate_state_name(row, f->now + 2 * DAY),
                        "expired");
}

static void test_find_tells_the_revocation(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_certificate_row_t *row;
    int count;

    add(f, store, SAMPLE_SCOPE, 1, "CN=one", f->now + DAY);
    revoke_one(f, store, 1, f->now + 5);
    assert_int_equal(scep_store_certificate_find(store, NULL, "7A00000001",
                                                 f->pool, &count, &row,
                                                 &f->res),
                     SCEP_OK);
    assert_true(row->revoked == f->now + 5);
    assert_int_equal(row->reason, SCEP_REVOKED_SUPERSEDED);
    assert_string_equal(row->revoked_by, "admin");
    assert_string_equal(scep_certificate_state_name(row, f->now),
                        "revocation due");
    assert_string_equal(scep_certificate_state_name(row, f->now + 5),
                        "revoked");
    assert_string_equal(scep_certificate_state_name(row, f->now + 2 * DAY),
                        "revoked");
}

static void test_find_in_two_scopes(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_certificate_row_t *row;
    int count;

    add(f, store, SAMPLE_SCOPE, 1, "CN=one", f->now + DAY);
    add(f, store, "other", 1, "CN=two", f->now + DAY);
    assert_int_equal(scep_store_certificate_find(store, NULL, "7A00000001",
                                                 f->pool, &count, &row,
                                                 &f->res),
                     SCEP_OK);
    assert_int_equal(count, 2);
    assert_int_equal(scep_store_certificate_find(store, "other", "7A00000001",
                                                 f->pool, &count, &row,
                                                 &f->res),
                     SCEP_OK);
    assert_int_equal(count, 1);
    assert_string_equal(row->subject, "CN=two");
}

/* --- lists ---------------------------------------------------------------- */

typedef struct seen_t {
    apr_pool_t *pool;
    const char *serials; /* the last digit of each */
    scep_certificate_filter_t next;
} seen_t;

static scep_status_e see(void *baton, const scep_certificate_row_t *row)
{
    seen_t *seen = baton;

    seen->serials =
        apr_pstrcat(seen->pool, seen->serials, row->serial + 9, NULL);
    seen->next.created = row->created;
    seen->next.id = apr_pstrdup(seen->pool, row->id);
    return SCEP_OK;
}

static const char *list(fixture_t *f, scep_store_t *store,
                        const scep_certificate_filter_t *filter, int limit,
                        seen_t *seen)
{
    seen->pool = f->pool;
    seen->serials = "";
    assert_int_equal(scep_store_certificates_list(store, filter, limit, see,
                                                  seen, f->pool, &f->res),
                     SCEP_OK);
    return seen->serials;
}

static void test_list_in_pages(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_certificate_filter_t filter = {0};
    seen_t seen = {0};
    int i;

    for (i = 1; i <= 5; i++) {
        add(f, store, SAMPLE_SCOPE, i, "CN=device", f->now + DAY);
    }
    assert_string_equal(list(f, store, &filter, 100, &seen), "54321");
    assert_string_equal(list(f, store, &filter, 2, &seen), "54");
    filter = seen.next;
    assert_string_equal(list(f, store, &filter, 2, &seen), "32");
    filter = seen.next;
    assert_string_equal(list(f, store, &filter, 2, &seen), "1");
    filter = seen.next;
    assert_string_equal(list(f, store, &filter, 2, &seen), "");
}

static scep_status_e stand_still(void *baton, const scep_certificate_row_t *row)
{
    assert_non_null(row->serial);
    assert_false(db_is_read(baton));
    return SCEP_OK;
}

/* Who prints the list to a pager may be there for hours. */
static void test_nobody_is_held_up(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_certificate_filter_t filter = {0};
    int i;

    for (i = 1; i <= 3; i++) {
        add(f, store, SAMPLE_SCOPE, i, "CN=device", f->now + DAY);
    }
    assert_int_equal(scep_store_certificates_list(
                         store, &filter, 100, stand_still, f, f->pool, &f->res),
                     SCEP_OK);
}

/* Many may be issued in one microsecond's tick of a coarse clock. */
static void test_pages_within_one_tick(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_certificate_filter_t filter = {0};
    seen_t seen = {0};
    int i, total = 0;

    for (i = 1; i <= 5; i++) {
        add(f, store, SAMPLE_SCOPE, i, "CN=device", f->now + DAY);
    }
    db_text(f, "UPDATE certificates SET created = 1000");
    while (*list(f, store, &filter, 2, &seen) != '\0') {
        total += (int)strlen(seen.serials);
        filter = seen.next;
    }
    assert_int_equal(total, 5);
}

static void test_list_filters(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_certificate_filter_t filter = {0};
    seen_t seen = {0};

    add(f, store, SAMPLE_SCOPE, 1, "CN=Router,O=100% Net_works!", f->now);
    add(f, store, SAMPLE_SCOPE, 2, "CN=phone", f->now + DAY);
    add(f, store, SAMPLE_SCOPE, 3, NULL, f->now + 2 * DAY);
    add(f, store, "other", 4, "CN=router", f->now + DAY);
    revoke_one(f, store, 2, f->now);
    revoke_one(f, store, 3, f->now + 10);

    filter.subject = "ROUTER";
    assert_string_equal(list(f, store, &filter, 9, &seen), "41");
    filter.subject = "0% net_";
    assert_string_equal(list(f, store, &filter, 9, &seen), "1");
    filter.subject = "%";
    assert_string_equal(list(f, store, &filter, 9, &seen), "1");
    filter.subject = "works!";
    assert_string_equal(list(f, store, &filter, 9, &seen), "1");
    filter.subject = NULL;
    filter.ca_id = "other";
    assert_string_equal(list(f, store, &filter, 9, &seen), "4");
    filter.ca_id = SAMPLE_SCOPE;
    filter.from = f->now + 1;
    assert_string_equal(list(f, store, &filter, 9, &seen), "32");
    filter.until = f->now + 2 * DAY;
    assert_string_equal(list(f, store, &filter, 9, &seen), "2");
    filter.from = filter.until = 0;
    filter.revoked_at = f->now;
    assert_string_equal(list(f, store, &filter, 9, &seen), "2");
    filter.revoked_at = 0;
    filter.good_at = f->now;
    assert_string_equal(list(f, store, &filter, 9, &seen), "31");
    filter.good_at = 0;
    filter.since = f->now + 2;
    assert_string_equal(list(f, store, &filter, 9, &seen), "32");
}

static void test_malformed_row(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_certificate_filter_t filter = {0};
    scep_certificate_row_t *row;
    seen_t seen = {0};
    int count;

    seen.pool = f->pool;
    seen.serials = "";
    add(f, store, SAMPLE_SCOPE, 1, "CN=one", f->now);
    db_text(f, "UPDATE certificates SET not_before = 'x'");
    assert_int_equal(scep_store_certificates_list(store, &filter, 9, see, &seen,
                                                  f->pool, &f->res),
                     SCEP_BROKEN);
    assert_int_equal(scep_store_certificate_find(store, NULL, "7A00000001",
                                                 f->pool, &count, &row,
                                                 &f->res),
                     SCEP_BROKEN);
    assert_null(row);
    db_text(f, "UPDATE certificates SET not_before = 1, der = '?'");
    assert_int_equal(scep_store_certificate_find(store, NULL, "7A00000001",
                                                 f->pool, &count, &row,
                                                 &f->res),
                     SCEP_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_find),
        FIXTURE_TEST(test_find_tells_the_revocation),
        FIXTURE_TEST(test_find_in_two_scopes),
        FIXTURE_TEST(test_list_in_pages),
        FIXTURE_TEST(test_nobody_is_held_up),
        FIXTURE_TEST(test_pages_within_one_tick),
        FIXTURE_TEST(test_list_filters),
        FIXTURE_TEST(test_malformed_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
