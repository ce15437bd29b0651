/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_store_prune_pgsql.c: each kind goes from PostgreSQL as it goes from the
 * embedded database. (store layer)
 */
#include "pgsql_fixture.h"

#include "recall_fixture.h"
#include "scep_store_prune.h"
#include "scep_store_revocation.h"

#define DAY (86400 * APR_USEC_PER_SEC)
#define SCOPE "ca0123"

static scep_store_t *ready(fixture_t *f)
{
    scep_store_config_t config = pg_config(f);
    scep_store_t *store = NULL;

    assert_int_equal(scep_store_prepare(&config, &f->env, (uid_t)-1, (gid_t)-1,
                                        f->pool, &f->res),
                     SCEP_OK);
    assert_int_equal(
        scep_store_open(&config, &f->env, f->pool, &store, &f->res), SCEP_OK);
    return store;
}

static const unsigned char *hash_of(fixture_t *f, char kind, int n)
{
    unsigned char *hash = apr_pcalloc(f->pool, SCEP_HASH_SIZE);

    hash[0] = (unsigned char)kind;
    hash[1] = (unsigned char)n;
    return hash;
}

static void draw(fixture_t *f, scep_store_t *store, int n)
{
    scep_challenge_row_t row = {.ca_id = SCOPE,
                                .hash = hash_of(f, 'p', n),
                                .state = SCEP_CHALLENGE_OUTSTANDING,
                                .created = f->now,
                                .expires = f->now + DAY,
                                .uses = 1};

    assert_int_equal(scep_store_challenge_add(store, &row, f->pool, &f->res),
                     SCEP_OK);
}

/* Certificate N, by message N, which expires in DAYS; on password N or as a
 * renewal of certificate OLD, or neither. */
static scep_issue_outcome_e issue(fixture_t *f, scep_store_t *store, int n,
                                  bool password, const char *old, int days,
                                  scep_status_e expected)
{
    scep_issue_t issue = {
        .ca_id = SCOPE,
        .transaction_id = apr_psprintf(f->pool, "t%d", n),
        .key_hash = hash_of(f, 'k', n),
        .csr_hash = hash_of(f, 'c', n),
        .message_hash = hash_of(f, 'm', n),
        .challenge_hash = password ? hash_of(f, 'p', n) : NULL,
        .renewal_of = old,
        .now = f->now,
        .serial = apr_psprintf(f->pool, "S%d", n),
        .subject = "CN=x",
        .not_before = f->now,
        .not_after = f->now + days * DAY,
        .cert_der = {(const unsigned char *)"der", 3},
        .profile = "device",
    };
    scep_issue_outcome_e outcome;

    assert_int_equal(
        scep_store_issue(store, &issue, f->pool, &outcome, &f->res), expected);
    return outcome;
}

static void issued(fixture_t *f, scep_store_t *store, int n, bool password,
                   const char *old, int days)
{
    assert_int_equal(issue(f, store, n, password, old, days, SCEP_OK),
                     SCEP_ISSUE_RECORDED);
}

static int prune(fixture_t *f, scep_store_t *store, scep_prune_e kind, int days)
{
    apr_time_t before = f->now - days * DAY;
    apr_int64_t could, removed;

    assert_int_equal(
        scep_store_prune_count(store, kind, before, f->now, &could, &f->res),
        SCEP_OK);
    assert_int_equal(scep_store_prune(store, kind, before, f->now, "alice",
                                      f->pool, &removed, &f->res),
                     SCEP_OK);
    assert_int_equal(removed, could);
    return (int)removed;
}

static void check_marked(fixture_t *f, scep_store_t *store, int n, bool marked)
{
    assert_int_equal(
        recalled_by_mark(store, hash_of(f, 'm', n), f->pool, &f->res),
        marked ? SCEP_OK : SCEP_NOT_FOUND);
}

static void test_kinds(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = ready(f);

    draw(f, store, 1);
    draw(f, store, 2);
    draw(f, store, 3);
    issued(f, store, 1, true, NULL, 10);
    issued(f, store, 2, true, NULL, 100);
    issued(f, store, 4, false, NULL, 10);
    pg_sql(f, "INSERT INTO requests (id, scope, transaction_id, key_hash,"
              " csr_hash, state, created, expires) VALUES"
              " ('r1', 'x', 't', 'k', 'c', 5, 0, 1),"
              " ('r2', 'x', 't', 'k', 'c', 0, 0, 1),"
              " ('r3', 'x', 't', 'k', 'c', 0, 0, 4102444800000000)");
    f->now += 40 * DAY;
    assert_int_equal(prune(f, store, SCEP_PRUNE_PASSWORDS, 7), 2);
    assert_string_equal(pg_sql(f, "SELECT COUNT(*) FROM challenges"), "1");
    assert_int_equal(prune(f, store, SCEP_PRUNE_MESSAGES, 35), 0);
    assert_int_equal(prune(f, store, SCEP_PRUNE_MESSAGES, 7), 2);
    check_marked(f, store, 1, true);
    check_marked(f, store, 2, false);
    check_marked(f, store, 4, true);
    assert_int_equal(prune(f, store, SCEP_PRUNE_REQUESTS, 7), 2);
    assert_string_equal(pg_sql(f, "SELECT id FROM requests"), "r3");
    assert_int_equal(prune(f, store, SCEP_PRUNE_TRANSACTIONS, 7), 2);
    assert_int_equal(prune(f, store, SCEP_PRUNE_REFUSALS, 1), 0);
    assert_int_equal(prune(f, store, SCEP_PRUNE_CERTIFICATES, 7), 2);
    assert_string_equal(pg_sql(f, "SELECT serial FROM certificates"), "S2");
    assert_string_equal(pg_sql(f,
                               "SELECT serial, profile FROM past_certificates"
                               " ORDER BY serial"),
                        "S1|device\nS4|device");
    assert_string_equal(pg_sql(f, "SELECT detail FROM audit"
                                  " WHERE event = 'pruned' ORDER BY seq"),
                        "passwords deleted: 2\nmessages deleted: 2\n"
                        "requests deleted: 2\ntransactions deleted: 2\n"
                        "certificates deleted: 2");
    f->now += 10 * DAY;
    assert_true(prune(f, store, SCEP_PRUNE_AUDIT, 1) > 5);
    /* the serial number does not come again */
    issue(f, store, 1, false, NULL, 10, SCEP_BROKEN);
}

/* A certificate takes what belongs to it along, and chains go from their
 * beginning. */
static void test_certificates(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = ready(f);
    scep_revoke_t revoke = {.row = {.ca_id = SCOPE,
                                    .serial = "S1",
                                    .reason = SCEP_REVOKED_KEY_COMPROMISE}};
    scep_revoke_outcome_e outcome;

    issued(f, store, 1, false, NULL, 10);
    issued(f, store, 2, false, "S1", 20);
    issued(f, store, 3, false, "S2", 100);
    pg_sql(f, "INSERT INTO requests (id, scope, transaction_id, key_hash,"
              " csr_hash, state, created, expires, certificate_id)"
              " SELECT 'r', 'x', 't', 'k', 'c', 3, 0, 1, id"
              " FROM certificates WHERE serial = 'S1'");
    f->now += 40 * DAY;
    assert_int_equal(prune(f, store, SCEP_PRUNE_TRANSACTIONS, 7), 1);
    assert_int_equal(prune(f, store, SCEP_PRUNE_CERTIFICATES, 25), 1);
    assert_int_equal(prune(f, store, SCEP_PRUNE_CERTIFICATES, 7), 1);
    assert_string_equal(pg_sql(f, "SELECT c.serial FROM transactions t"
                                  " JOIN certificates c"
                                  " ON c.id = t.certificate_id"),
                        "S3");
    assert_string_equal(pg_sql(f, "SELECT COUNT(*) FROM messages"), "1");
    check_marked(f, store, 2, true);
    check_marked(f, store, 3, false);
    /* its end is known yet: the CRL does not have it for ever */
    revoke.row.effective = revoke.row.created = f->now;
    assert_int_equal(
        scep_store_revoke(store, &revoke, f->pool, &outcome, &f->res), SCEP_OK);
    assert_int_equal(outcome, SCEP_REVOKE_RECORDED);
    assert_string_equal(
        pg_sql(f, "SELECT r.not_after = p.not_after FROM revocations r"
                  " JOIN past_certificates p ON p.serial = r.serial"),
        "t");
}

static int all_tests(void)
{
    const struct CMUnitTest tests[] = {
        PGSQL_TEST(test_kinds),
        PGSQL_TEST(test_certificates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return pg_run(all_tests);
}
