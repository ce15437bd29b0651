/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_service.c: which CA, RA pairs and profile serve a request. */
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

/* A second CA with two RA pairs of its own. */
typedef struct second_t {
    scep_service_t service;
    scep_ra_t ra;
    scep_keypair_t pair[2];
} second_t;

static void add_second(enroll_fixture_t *f, second_t *second)
{
    apr_array_header_t *idents =
        apr_array_make(f->base.pool, 1, sizeof(scep_ident_t));
    scep_ident_t *one = apr_array_push(idents);
    int i;

    memset(second, 0, sizeof(*second));
    second->ra.pairs =
        apr_array_make(f->base.pool, 2, sizeof(scep_keypair_t *));
    for (i = 0; i < 2; i++) {
        APR_ARRAY_PUSH(second->ra.pairs, const scep_keypair_t *) =
            &second->pair[i];
    }
    second->service.ra = &second->ra;
    one->ident = "vpn";
    one->service = &second->service;
    f->req.idents = idents;
}

static void test_ca_by_ident(void **state)
{
    enroll_fixture_t *f = *state;
    const scep_service_t *first = f->req.service;
    second_t second;

    scep_service_by_ident(&f->req, "vpn");
    assert_ptr_equal(f->req.service, first);
    add_second(f, &second);
    scep_service_by_ident(&f->req, NULL);
    scep_service_by_ident(&f->req, "");
    scep_service_by_ident(&f->req, "VPN");
    scep_service_by_ident(&f->req, "%%%");
    assert_ptr_equal(f->req.service, first);
    scep_service_by_ident(&f->req, "vpn");
    assert_ptr_equal(f->req.service, &second.service);
    f->req.service = first;
    scep_service_by_ident(&f->req, "dnBu"); /* Q60 */
    assert_ptr_equal(f->req.service, &second.service);
}

static void test_ca_by_recipient(void **state)
{
    enroll_fixture_t *f = *state;
    const scep_service_t *first = f->req.service;
    const apr_array_header_t *own = scep_service_pairs(&f->req);
    const apr_array_header_t *all;
    second_t second;

    assert_ptr_equal(own, f->ra.pairs);
    add_second(f, &second);
    all = scep_service_pairs(&f->req);
    assert_int_equal(all->nelts, own->nelts + 2);
    scep_service_by_recipient(&f->req,
                              APR_ARRAY_IDX(own, 0, const scep_keypair_t *));
    assert_ptr_equal(f->req.service, first);
    scep_service_by_recipient(&f->req, &second.pair[1]);
    assert_ptr_equal(f->req.service, &second.service);
}

/* Invariant 13: who is addressed answers, where that may and can. */
static void test_signer(void **state)
{
    enroll_fixture_t *f = *state;
    scep_keypair_t old = {enroll_self_signed(f, f->other_key), f->other_key};
    scep_keypair_t signs = {enroll_self_signed(f, f->device.key), NULL};
    scep_keypair_t decrypts = old;
    const scep_keypair_t *newest = f->ra.signer;

    assert_ptr_equal(scep_service_signer(&f->req, newest), newest);
    APR_ARRAY_PUSH(f->ra.pairs, const scep_keypair_t *) = &old;
    assert_ptr_equal(scep_service_signer(&f->req, &old), newest);
    APR_ARRAY_PUSH(f->ra.pairs, const scep_keypair_t *) = &decrypts;
    f->ra.signers = apr_array_make(f->base.pool, 3, sizeof(newest));
    APR_ARRAY_PUSH(f->ra.signers, const scep_keypair_t *) = NULL;
    APR_ARRAY_PUSH(f->ra.signers, const scep_keypair_t *) = &old;
    APR_ARRAY_PUSH(f->ra.signers, const scep_keypair_t *) = &signs;
    assert_ptr_equal(scep_service_signer(&f->req, newest), newest);
    assert_ptr_equal(scep_service_signer(&f->req, &old), &old);
    assert_ptr_equal(scep_service_signer(&f->req, &decrypts), &signs);
    assert_ptr_equal(scep_service_signer(&f->req, NULL), newest);
    assert_ptr_equal(scep_service_signer(&f->req, &f->device), newest);
    f->base.now += apr_time_from_sec(3601); /* it is over */
    assert_ptr_equal(scep_service_signer(&f->req, &old), newest);
    assert_ptr_equal(scep_service_signer(&f->req, &decrypts), newest);
    f->base.now -= apr_time_from_sec(7200); /* or not valid yet */
    assert_ptr_equal(scep_service_signer(&f->req, &old), newest);
}

static void test_min_rsa_bits(void **state)
{
    enroll_fixture_t *f = *state;
    scep_profile_t small = f->profile, large = f->profile;

    f->profile.min_rsa_bits = 2048;
    assert_int_equal(scep_service_min_rsa_bits(&f->req), 2048);
    large.min_rsa_bits = 4096;
    small.min_rsa_bits = 1024;
    f->policy.profile_by_usage[SCEP_USAGE_GENERAL] = &large;
    assert_int_equal(scep_service_min_rsa_bits(&f->req), 2048);
    f->policy.profiles = apr_hash_make(f->base.pool);
    apr_hash_set(f->policy.profiles, "small", APR_HASH_KEY_STRING, &small);
    f->policy.leniency = scep_leniency_of(f->policy.profiles, f->base.pool);
    assert_int_equal(scep_service_min_rsa_bits(&f->req), 1024);
}

static void test_profile(void **state)
{
    enroll_fixture_t *f = *state;
    EVP_PKEY *key = enroll_key(f, "RSA", 3);
    scep_csr_t csr = {.key = key};
    scep_profile_t by_usage[SCEP_USAGE_COUNT];
    const scep_profile_t *profile;
    int i;

    assert_int_equal(
        scep_service_profile(&f->req, &csr, NULL, &profile, &f->base.res),
        SCEP_OK);
    assert_ptr_equal(profile, &f->profile);
    for (i = 0; i < SCEP_USAGE_COUNT; i++) {
        by_usage[i] = f->profile;
        f->policy.profile_by_usage[i] = &by_usage[i];
    }
    assert_int_equal(
        scep_service_profile(&f->req, &csr, NULL, &profile, &f->base.res),
        SCEP_OK);
    assert_ptr_equal(profile, &by_usage[SCEP_USAGE_GENERAL]);
    by_usage[0].min_rsa_bits = 3072;
    assert_int_equal(scep_service_profile(&f->req, &csr, &by_usage[0], &profile,
                                          &f->base.res),
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CSR_KEY);
    assert_non_null(strstr(f->base.res.detail, "ScepCertMinRSABits"));
    by_usage[0].min_rsa_bits = 2048;
    by_usage[0].key_types = SCEP_KEY_EC;
    enroll_reset_result(f);
    assert_int_equal(scep_service_profile(&f->req, &csr, &by_usage[0], &profile,
                                          &f->base.res),
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CSR_KEY);
    assert_non_null(strstr(f->base.res.detail, "ScepCertKeyTypes"));
}

static void test_other_signer(void **state)
{
    enroll_fixture_t *f = *state;
    scep_profile_t lenient = f->profile;

    lenient.other_signer = true;
    assert_false(scep_service_other_signer(&f->req));
    f->policy.profiles = apr_hash_make(f->base.pool);
    apr_hash_set(f->policy.profiles, "lenient", APR_HASH_KEY_STRING, &lenient);
    f->policy.leniency = scep_leniency_of(f->policy.profiles, f->base.pool);
    assert_true(scep_service_other_signer(&f->req));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_ra_by_library_context), ENROLL_TEST(test_ca_by_ident),
        ENROLL_TEST(test_ca_by_recipient),       ENROLL_TEST(test_signer),
        ENROLL_TEST(test_min_rsa_bits),          ENROLL_TEST(test_profile),
        ENROLL_TEST(test_other_signer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
