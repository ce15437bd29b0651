/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_master_document.c: the master password as a document of the database.
 * (enroll layer)
 */
#include "enroll_fixture.h"

#include "scep_master_document.h"
#include "scep_store_document.h"

#define PATH "/var/lib/mod_scep/master-password.cms"
#define NAME "master-password.cms"

static bool write_at(enroll_fixture_t *f, apr_int64_t version,
                     const scep_master_t *master)
{
    bool stored;

    assert_int_equal(scep_master_document_write(
                         f->service.store, PATH, version, f->ca.cert, master,
                         f->base.now, f->base.pool, &stored, &f->base.res),
                     SCEP_OK);
    return stored;
}

static scep_status_e read_it(enroll_fixture_t *f, scep_master_found_t *found)
{
    return scep_master_document_read(f->service.store, PATH, f->ra.pairs,
                                     f->base.pool, found, &f->base.res);
}

static scep_master_view_t *view_of(enroll_fixture_t *f)
{
    scep_master_view_t *view;

    assert_int_equal(scep_master_document_view(&f->service, PATH, "of a test",
                                               f->base.pool, &view,
                                               &f->base.res),
                     SCEP_OK);
    return view;
}

static const char *shown(enroll_fixture_t *f, scep_master_view_t *view)
{
    const char *password;

    assert_int_equal(
        scep_master_view_get(view, f->base.pool, &password, &f->base.res),
        SCEP_OK);
    return password;
}

static void test_write_and_read(void **state)
{
    enroll_fixture_t *f = *state;
    const scep_master_t master = {"PASSWORD1", "PASSWORD0",
                                  FIXTURE_NOW + APR_USEC_PER_SEC};
    scep_master_found_t found;
    scep_document_t *document;

    assert_string_equal(scep_master_document_name(PATH), NAME);
    assert_string_equal(scep_master_document_name("x"), "x");
    assert_int_equal(read_it(f, &found), SCEP_NOT_FOUND);
    assert_int_equal(found.version, 0);
    assert_true(write_at(f, 0, &master));
    assert_int_equal(read_it(f, &found), SCEP_OK);
    assert_int_equal(found.version, 1);
    assert_string_equal(found.master->password, "PASSWORD1");
    assert_string_equal(found.master->previous, "PASSWORD0");
    assert_int_equal(scep_store_document_find(f->service.store, NAME,
                                              f->base.pool, &document,
                                              &f->base.res),
                     SCEP_OK);
    assert_null(strstr(document->text, "PASSWORD"));
    assert_non_null(strstr(document->text, "BEGIN CMS"));
}

static void test_of_two_writers_one(void **state)
{
    enroll_fixture_t *f = *state;
    const scep_master_t first = {"PASSWORD1", NULL, 0};
    const scep_master_t second = {"PASSWORD2", NULL, 0};
    scep_master_found_t found;

    assert_true(write_at(f, 0, &first));
    assert_false(write_at(f, 0, &second));
    assert_true(write_at(f, 1, &second));
    assert_false(write_at(f, 1, &first));
    assert_int_equal(read_it(f, &found), SCEP_OK);
    assert_string_equal(found.master->password, "PASSWORD2");
}

static void test_a_change_is_seen_at_once(void **state)
{
    enroll_fixture_t *f = *state;
    const scep_master_t first = {"PASSWORD1", NULL, 0};
    const scep_master_t second = {"PASSWORD2", "PASSWORD1",
                                  FIXTURE_NOW + APR_USEC_PER_SEC};
    scep_master_view_t *view = view_of(f);
    bool match;

    assert_true(write_at(f, 0, &first));
    assert_string_equal(shown(f, view), "PASSWORD1");
    assert_string_equal(shown(f, view), "PASSWORD1");
    assert_true(write_at(f, 1, &second));
    assert_string_equal(shown(f, view), "PASSWORD2");
    assert_int_equal(scep_master_view_check(view, "PASSWORD1", f->base.now,
                                            f->base.pool, &match, &f->base.res),
                     SCEP_OK);
    assert_true(match);
    assert_int_equal(scep_master_view_check(view, "PASSWORD1",
                                            f->base.now + APR_USEC_PER_SEC,
                                            f->base.pool, &match, &f->base.res),
                     SCEP_OK);
    assert_false(match);
}

static void test_rotate(void **state)
{
    enroll_fixture_t *f = *state;
    scep_master_rotation_t rotation = {"PASSWORD1", 0, FIXTURE_NOW};
    scep_master_view_t *view = view_of(f), *other = view_of(f);
    apr_time_t until;
    bool match;

    /* where there was none */
    assert_int_equal(scep_master_view_rotate(view, &rotation, f->base.pool,
                                             &until, &f->base.res),
                     SCEP_OK);
    assert_int_equal(until, 0);
    assert_string_equal(shown(f, other), "PASSWORD1");
    rotation.password = "PASSWORD2";
    rotation.overlap = APR_USEC_PER_SEC;
    assert_int_equal(scep_master_view_rotate(view, &rotation, f->base.pool,
                                             &until, &f->base.res),
                     SCEP_OK);
    assert_int_equal(until, FIXTURE_NOW + APR_USEC_PER_SEC);
    assert_string_equal(shown(f, other), "PASSWORD2");
    assert_int_equal(scep_master_view_check(other, "PASSWORD1", f->base.now,
                                            f->base.pool, &match, &f->base.res),
                     SCEP_OK);
    assert_true(match);
}

static void test_what_cannot_be_read_does_not_count(void **state)
{
    enroll_fixture_t *f = *state;
    const scep_master_t master = {"PASSWORD1", NULL, 0};
    scep_master_view_t *view = view_of(f);
    scep_master_found_t found;
    const char *password;
    bool stored, match = true;

    assert_int_equal(
        scep_master_view_get(view, f->base.pool, &password, &f->base.res),
        SCEP_NOT_FOUND);
    assert_non_null(strstr(f->base.res.detail, "scepctl master rotate"));
    assert_true(write_at(f, 0, &master));
    shown(f, view);
    assert_int_equal(scep_store_document_put(f->service.store, NAME, 1, "junk",
                                             f->base.now, &stored,
                                             &f->base.res),
                     SCEP_OK);
    enroll_reset_result(f);
    assert_int_equal(scep_master_view_check(view, "PASSWORD1", f->base.now,
                                            f->base.pool, &match, &f->base.res),
                     SCEP_BROKEN);
    assert_false(match);
    assert_non_null(
        strstr(f->base.res.detail, "the document " NAME " in database"));
    enroll_reset_result(f);
    assert_int_equal(read_it(f, &found), SCEP_BROKEN);
    assert_int_equal(found.version, 2);
    assert_true(write_at(f, found.version, &master));
    assert_string_equal(shown(f, view), "PASSWORD1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_write_and_read),
        ENROLL_TEST(test_of_two_writers_one),
        ENROLL_TEST(test_a_change_is_seen_at_once),
        ENROLL_TEST(test_rotate),
        ENROLL_TEST(test_what_cannot_be_read_does_not_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
