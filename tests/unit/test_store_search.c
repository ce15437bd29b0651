/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_store_search.c: certificates found by any part of their subject, those
 * in the index and those that wait to be added. (store layer)
 */
#include "store_fixture.h"

#include "scep_store_certificate.h"
#include "scep_store_prune.h"
#include "scep_store_search.h"

static void test_words(void **state)
{
    static const struct {
        const char *part, *words;
    } cases[] = {
        {"", NULL},
        {"ab", NULL},
        {"\xc3\xa4\xc3\xb6", NULL},
        {"abc", "\"abc\" "},
        {"abcd", "\"abc\" \"bcd\" "},
        {"a\"b", "\"a\"\"b\" "},
        {"\xc3\xa4"
         "b\xe2\x82\xac"
         "c",
         "\"\xc3\xa4"
         "b\xe2\x82\xac\" \"b\xe2\x82\xac"
         "c\" "},
        {"1234567890abcdefghijklmnop", /* all of 24 */
         "\"123\" \"234\" \"345\" \"456\" \"567\" \"678\" \"789\" \"890\""
         " \"90a\" \"0ab\" \"abc\" \"bcd\" \"cde\" \"def\" \"efg\" \"fgh\""
         " \"ghi\" \"hij\" \"ijk\" \"jkl\" \"klm\" \"lmn\" \"mno\" \"nop\" "},
    };
    fixture_t *f = *state;
    const char *longer = apr_pstrcat(f->pool, "..", cases[7].part, NULL);
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *words = scep_search_words(f->pool, cases[i].part);

        if (cases[i].words == NULL) {
            assert_null(words);
        }
        else {
            assert_string_equal(words, cases[i].words);
        }
    }
    assert_string_equal(scep_search_words(f->pool, longer), cases[7].words);
}

static void add(fixture_t *f, scep_store_t *store, int n, const char *subject)
{
    scep_issue_t issue = sample_issue(f, f->pool, n);

    issue.subject = subject;
    assert_int_equal(must_issue(f, store, &issue), SCEP_ISSUE_RECORDED);
}

typedef struct seen_t {
    apr_pool_t *pool;
    const char *found; /* the numbers */
    const char *last;
    int count;
} seen_t;

static scep_status_e see(void *baton, const scep_certificate_row_t *row)
{
    seen_t *seen = baton;

    seen->found = apr_pstrcat(seen->pool, seen->found, row->id, " ", NULL);
    seen->last = apr_pstrdup(seen->pool, row->id);
    seen->count++;
    return SCEP_OK;
}

static seen_t find(fixture_t *f, scep_store_t *store, const char *subject,
                   const char *after, int limit)
{
    const scep_certificate_filter_t filter = {.subject = subject, .id = after};
    seen_t seen = {f->pool, "", NULL, 0};

    assert_int_equal(scep_store_certificates_list(store, &filter, limit, see,
                                                  &seen, f->pool, &f->res),
                     SCEP_OK);
    return seen;
}

/* 1 to MANY; the last few wait. */
enum { MANY = SCEP_SEARCH_STEP + 8 };

static const char odd[] = "CN=100%_ \"Ger\xc3\xa4t\" *!";

static scep_store_t *filled(fixture_t *f)
{
    scep_store_t *store = db_ready(f);
    int i;

    for (i = 1; i <= MANY; i++) {
        add(f, store, i,
            i == 7 || i == MANY - 1
                ? odd
                : apr_psprintf(f->pool, "CN=Device-%04d,O=Company", i));
    }
    assert_int_equal(db_number(f, "SELECT version FROM documents"
                                  " WHERE name = 'certificate-search'"),
                     SCEP_SEARCH_STEP);
    return store;
}

static void test_found(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = filled(f);
    seen_t page;
    int total = 0;

    assert_string_equal(find(f, store, "device-0003", NULL, 9).found, "3 ");
    assert_string_equal(find(f, store, "DEVICE-0003,o=c", NULL, 9).found, "3 ");
    assert_string_equal(find(f, store, "device-0515", NULL, 9).found, "515 ");
    assert_string_equal(find(f, store, "-051", NULL, 9).found,
                        "518 517 516 515 514 513 512 511 510 ");
    assert_string_equal(find(f, store, "-051", "512", 9).found, "511 510 ");
    assert_string_equal(find(f, store, "3,", NULL, 2).found, "513 503 ");
    assert_string_equal(find(f, store, "no-such", NULL, 9).found, "");
    assert_string_equal(find(f, store, "0003 ", NULL, 9).found, "");
    /* all trigrams, but not the text */
    assert_string_equal(find(f, store, "Device-Device-", NULL, 9).found, "");
    for (page = find(f, store, "company", NULL, 100); page.count > 0;
         page = find(f, store, "company", page.last, 100)) {
        total += page.count;
    }
    assert_int_equal(total, MANY - 2);
}

static void test_odd_characters(void **state)
{
    static const char *const parts[] = {"100%", "%_ ",   "\"ger\xc3\x84t\"",
                                        "t\" ", "\" *!", "ger\xc3\xa4t"};
    static const char *const none[] = {"100_", "%% ", "\"ger\xc3\xb6t\"",
                                       "* \" *", "\" OR \"dev"};
    fixture_t *f = *state;
    scep_store_t *store = filled(f);
    size_t i;

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        assert_string_equal(find(f, store, parts[i], NULL, 9).found,
                            apr_psprintf(f->pool, "%d 7 ", MANY - 1));
    }
    for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_string_equal(find(f, store, none[i], NULL, 9).found, "");
    }
}

static void test_other_filters_hold(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = filled(f);
    scep_certificate_filter_t filter = {.subject = "device-000",
                                        .ca_id = "another"};
    seen_t seen = {f->pool, "", NULL, 0};

    assert_int_equal(scep_store_certificates_list(store, &filter, 9, see, &seen,
                                                  f->pool, &f->res),
                     SCEP_OK);
    assert_int_equal(seen.count, 0);
    filter.ca_id = SAMPLE_SCOPE;
    filter.until = 1;
    assert_int_equal(scep_store_certificates_list(store, &filter, 9, see, &seen,
                                                  f->pool, &f->res),
                     SCEP_OK);
    assert_int_equal(seen.count, 0);
}

/* Where FTS5 is not there, or the table was lost. */
static void test_without_the_index(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = filled(f);

    db_text(f, "DELETE FROM documents WHERE name = 'certificate-search'");
    db_text(f, "DROP TABLE certificate_search");
    assert_string_equal(find(f, store, "device-0003", NULL, 9).found, "3 ");
    assert_string_equal(find(f, store, "ger\xc3\xa4t", "500", 9).found, "7 ");
    add(f, store, MANY + 1, "CN=later");
    assert_int_equal(find(f, store, "later", NULL, 9).count, 1);
}

static void test_deleted(void **state)
{
    enum { DAY_SECONDS = 86400 };
    const apr_time_t day = DAY_SECONDS * APR_USEC_PER_SEC;
    fixture_t *f = *state;
    scep_store_t *store = filled(f);
    apr_int64_t removed;

    db_text(f, "UPDATE certificates SET not_after = 1, created = 1"
               " WHERE id IN (3, 515)");
    db_text(f, "UPDATE messages SET expires = 1 WHERE certificate_id = 3");
    assert_int_equal(scep_store_prune(store, SCEP_PRUNE_CERTIFICATES,
                                      f->now - 30 * day, f->now, "a", f->pool,
                                      &removed, &f->res),
                     SCEP_OK);
    assert_true(removed == 2);
    assert_string_equal(find(f, store, "device-0003", NULL, 9).found, "");
    assert_string_equal(find(f, store, "device-0515", NULL, 9).found, "");
    assert_string_equal(find(f, store, "device-0004", NULL, 9).found, "4 ");
    /* 30 to 39 are left */
    assert_int_equal(db_number(f, "SELECT COUNT(*) FROM certificate_search"
                                  " WHERE certificate_search MATCH '\"003\"'"),
                     10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_words),
        FIXTURE_TEST(test_found),
        FIXTURE_TEST(test_odd_characters),
        FIXTURE_TEST(test_other_filters_hold),
        FIXTURE_TEST(test_without_the_index),
        FIXTURE_TEST(test_deleted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
