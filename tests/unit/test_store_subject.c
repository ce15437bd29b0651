/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_store_subject.c: the certificates of a subject, and what happens to them
 * when it gets another one. (store layer)
 */
#include "store_fixture.h"

#include "scep_store_revocation.h"

enum { LONG = 5000 };

/* The subject of samples 1 to 9 is one, that of 10 to 19 another one, ... */
static scep_issue_t sample(fixture_t *f, int n)
{
    scep_issue_t issue = sample_issue(f, f->pool, n);

    issue.subject = apr_psprintf(f->pool, "CN=Device %d", n / 10);
    issue.subject_hash = sample_hash(f->pool, 'n', n / 10);
    issue.now = f->now + n;
    return issue;
}

static void must_record(fixture_t *f, scep_store_t *store,
                        const scep_issue_t *issue)
{
    assert_int_equal(must_issue(f, store, issue), SCEP_ISSUE_RECORDED);
}

static scep_subject_t subject_of(fixture_t *f, const scep_issue_t *issue)
{
    scep_subject_t subject = {.ca_id = issue->ca_id,
                              .hash = issue->subject_hash,
                              .text = issue->subject,
                              .now = f->now};

    return subject;
}

/* The serial of one that SUBJECT has; "" for nothing. */
static const char *found(fixture_t *f, scep_store_t *store,
                         const scep_subject_t *subject)
{
    const char *serial = "?";
    scep_status_e status =
        scep_store_subject_find(store, subject, f->pool, &serial, &f->res);

    if (status == SCEP_NOT_FOUND) {
        assert_null(serial);
        return "";
    }
    assert_int_equal(status, SCEP_OK);
    return serial;
}

static void test_by_hash(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t one = sample(f, 1), two = sample(f, 2), other = sample(f, 10);
    scep_subject_t subject = subject_of(f, &one);

    assert_string_equal(found(f, store, &subject), "");
    must_record(f, store, &other);
    assert_string_equal(found(f, store, &subject), "");
    must_record(f, store, &one);
    assert_string_equal(found(f, store, &subject), one.serial);
    subject.text = "CN=not looked at";
    assert_string_equal(found(f, store, &subject), one.serial);
    subject.key_hash = one.cert_key_hash;
    assert_string_equal(found(f, store, &subject), "");
    must_record(f, store, &two);
    assert_string_equal(found(f, store, &subject), two.serial);
    subject.ca_id = "another";
    assert_string_equal(found(f, store, &subject), "");
}

static void withdraw(fixture_t *f, scep_store_t *store, const char *serial,
                     apr_time_t effective, apr_time_t created)
{
    scep_revoke_t revoke = {.row = {.ca_id = SAMPLE_SCOPE,
                                    .serial = serial,
                                    .effective = effective,
                                    .created = created}};
    scep_revoke_outcome_e outcome;

    assert_int_equal(
        scep_store_revoke(store, &revoke, f->pool, &outcome, &f->res), SCEP_OK);
    assert_int_equal(outcome, SCEP_REVOKE_RECORDED);
}

static void test_only_what_is_valid(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t one = sample(f, 1), two = sample(f, 2);
    scep_subject_t subject = subject_of(f, &one);

    two.not_after = one.not_after + 10;
    must_record(f, store, &one);
    withdraw(f, store, one.serial, f->now + 5, f->now);
    assert_string_equal(found(f, store, &subject), one.serial); /* not yet */
    must_record(f, store, &two);
    subject.now = one.not_after;
    assert_string_equal(found(f, store, &subject), two.serial);
    subject.now = two.not_after;
    assert_string_equal(found(f, store, &subject), "");
    subject.now = f->now + 5;
    assert_string_equal(found(f, store, &subject), two.serial);
    /* revoked at once, and then the clock was set back */
    withdraw(f, store, two.serial, f->now + 100, f->now + 100);
    assert_string_equal(found(f, store, &subject), "");
}

/* By what there was before hashes were. */
static void test_by_text(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t one = sample(f, 1), none = sample(f, 2);
    scep_subject_t subject = subject_of(f, &one);
    char *text = apr_palloc(f->pool, LONG + 1);

    none.subject = NULL;
    none.subject_hash = NULL;
    must_record(f, store, &none);
    one.subject_hash = NULL;
    must_record(f, store, &one);
    assert_string_equal(found(f, store, &subject), one.serial);
    subject.text = "cn=DEVICE 0";
    assert_string_equal(found(f, store, &subject), one.serial);
    subject.text = "CN=Device";
    assert_string_equal(found(f, store, &subject), "");
    /* the end of a long one counts, too */
    one = sample(f, 3);
    memset(text, 'a', LONG);
    text[LONG] = '\0';
    one.subject = text;
    one.subject_hash = NULL;
    must_record(f, store, &one);
    subject.text = apr_pstrcat(f->pool, text, "", NULL);
    assert_string_equal(found(f, store, &subject), one.serial);
    subject.text = apr_pstrcat(f->pool, text, "b", NULL);
    assert_string_equal(found(f, store, &subject), "");
}

static void test_refuse(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t one = sample(f, 1), two = sample(f, 2), same = sample(f, 3);
    scep_issue_t other = sample(f, 10);

    one.duplicate = two.duplicate = same.duplicate = other.duplicate =
        SCEP_DUPLICATE_REFUSE;
    two.challenge_hash = sample_hash(f->pool, 'p', 1);
    must_add(f, store, 1);
    must_record(f, store, &one);
    must_record(f, store, &other);
    assert_int_equal(must_issue(f, store, &two), SCEP_ISSUE_SUBJECT_TAKEN);
    assert_int_equal(db_count(f, "certificates"), 2);
    assert_int_equal(db_count(f, "transactions"), 2);
    assert_int_equal(db_number(f, "SELECT state FROM challenges"),
                     SCEP_CHALLENGE_OUTSTANDING);
    assert_int_equal(db_count(f, "revocations"), 0);
    /* of the same key it may have another one */
    same.cert_key_hash = one.cert_key_hash;
    must_record(f, store, &same);
    /* nobody's */
    two.subject_hash = NULL;
    must_record(f, store, &two);
}

static void test_revoke(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t one = sample(f, 1), two = sample(f, 2), three = sample(f, 3);
    scep_issue_t other = sample(f, 10);
    int superseded = -1;

    must_record(f, store, &one);
    must_record(f, store, &two);
    must_record(f, store, &other);
    withdraw(f, store, two.serial, f->now, f->now);
    three.duplicate = SCEP_DUPLICATE_REVOKE;
    three.cert_key_hash = one.cert_key_hash; /* whatever its key */
    three.superseded = &superseded;
    must_record(f, store, &three);
    assert_int_equal(superseded, 1);
    assert_int_equal(db_count(f, "revocations"), 2);
    assert_string_equal(
        db_text(f, apr_psprintf(f->pool,
                                "SELECT reason || ' ' || effective || ' ' ||"
                                " not_after FROM revocations"
                                " WHERE serial = '%s'",
                                one.serial)),
        apr_psprintf(f->pool, "%d %" APR_INT64_T_FMT " %" APR_INT64_T_FMT,
                     SCEP_REVOKED_SUPERSEDED, three.now, one.not_after));
    assert_string_equal(
        db_text(f, "SELECT event || ' ' || serial || ' ' || subject || ' ' ||"
                   " peer || ' ' || detail FROM audit ORDER BY seq"),
        apr_psprintf(f->pool, "revoked %s %s %s superseded: enrolled anew",
                     one.serial, one.subject, three.peer));
    /* there is nothing left but itself */
    one = sample(f, 4);
    one.duplicate = SCEP_DUPLICATE_REVOKE;
    one.superseded = &superseded;
    must_record(f, store, &one);
    assert_int_equal(superseded, 1);
    assert_int_equal(db_count(f, "revocations"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_by_hash), FIXTURE_TEST(test_only_what_is_valid),
        FIXTURE_TEST(test_by_text), FIXTURE_TEST(test_refuse),
        FIXTURE_TEST(test_revoke),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
