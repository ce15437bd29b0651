/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_service.c: which RA pairs an endpoint uses. */
#include "enroll_fixture.h"

static void test_ra_by_library_context(void **state)
{
    enroll_fixture_t *f = *state;
    scep_ra_t legacy = {0};
    OSSL_LIB_CTX *libctx;
    scep_algs_t *algs;

    f->service.ra_legacy = &legacy;
    assert_ptr_equal(scep_service_ra(&f->req), &f->ra);

    assert_int_equal(
        scep_algs_legacy_context(f->base.pool, &libctx, &f->base.res), SCEP_OK);
    assert_int_equal(scep_algs_make(SCEP_LEVEL_LEGACY, libctx, f->base.pool,
                                    &algs, &f->base.res),
                     SCEP_OK);
    f->policy.algs = algs;
    assert_ptr_equal(scep_service_ra(&f->req), &legacy);
    f->service.ra_legacy = NULL;
    assert_ptr_equal(scep_service_ra(&f->req), &f->ra);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_ra_by_library_context),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
