/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_store_document.c: documents that all servers of a database share.
 * (store layer)
 */
#include "store_fixture.h"

#include "scep_store_document.h"

static bool put(fixture_t *f, scep_store_t *store, const char *name,
                apr_int64_t version, const char *text)
{
    bool stored;

    assert_int_equal(scep_store_document_put(store, name, version, text, f->now,
                                             &stored, &f->res),
                     SCEP_OK);
    return stored;
}

static void test_put_and_find(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_document_t *document;

    assert_int_equal(
        scep_store_document_find(store, "a", f->pool, &document, &f->res),
        SCEP_NOT_FOUND);
    assert_null(document);
    assert_true(put(f, store, "a", 0, "one\ntwo\n"));
    assert_true(put(f, store, "b", 0, ""));
    assert_int_equal(
        scep_store_document_find(store, "a", f->pool, &document, &f->res),
        SCEP_OK);
    assert_int_equal(document->version, 1);
    assert_string_equal(document->text, "one\ntwo\n");
}

static void test_the_version_rises(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_document_t *document;

    assert_true(put(f, store, "a", 0, "first"));
    assert_true(put(f, store, "a", 1, "second"));
    assert_true(put(f, store, "a", 2, "third"));
    assert_int_equal(
        scep_store_document_find(store, "a", f->pool, &document, &f->res),
        SCEP_OK);
    assert_int_equal(document->version, 3);
    assert_string_equal(document->text, "third");
}

static void test_who_comes_second_writes_nothing(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_document_t *document;

    assert_false(put(f, store, "a", 1, "of nothing"));
    assert_true(put(f, store, "a", 0, "first"));
    assert_false(put(f, store, "a", 0, "also first"));
    assert_true(put(f, store, "a", 1, "second"));
    assert_false(put(f, store, "a", 1, "also second"));
    assert_int_equal(
        scep_store_document_find(store, "a", f->pool, &document, &f->res),
        SCEP_OK);
    assert_string_equal(document->text, "second");
}

static void test_malformed_row(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_document_t *document;

    db_text(f, "INSERT INTO documents VALUES ('a', 'x', 'text', 0)");
    assert_int_equal(
        scep_store_document_find(store, "a", f->pool, &document, &f->res),
        SCEP_BROKEN);
    assert_null(document);
}

static void test_without_a_database(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_open(f);
    scep_document_t *document;
    bool stored = true;

    assert_int_equal(
        scep_store_document_find(store, "a", f->pool, &document, &f->res),
        SCEP_UNAVAILABLE);
    assert_int_equal(
        scep_store_document_put(store, "a", 0, "x", f->now, &stored, &f->res),
        SCEP_UNAVAILABLE);
    assert_false(stored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_put_and_find),
        FIXTURE_TEST(test_the_version_rises),
        FIXTURE_TEST(test_who_comes_second_writes_nothing),
        FIXTURE_TEST(test_malformed_row),
        FIXTURE_TEST(test_without_a_database),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
