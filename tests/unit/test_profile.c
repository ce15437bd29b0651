/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_profile.c. */
#include "fixture.h"

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "scep_profile.h"

static void device_is_as_documented(void **state)
{
    const scep_profile_t *p = &scep_profile_device;

    (void)state;
    assert_string_equal(p->name, "device");
    assert_int_equal(p->validity, 365 * 86400);
    assert_int_equal(p->backdate, 86400);
    assert_int_equal(p->min_rsa_bits, 2048);
    assert_int_equal(p->key_usage, KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT);
    assert_int_equal(OBJ_txt2nid(p->ext_key_usage[0]), NID_client_auth);
    assert_null(p->ext_key_usage[1]);
    assert_non_null(EVP_get_digestbyname(p->digest));
}

static void names_are_found(void **state)
{
    fixture_t *f = *state;
    apr_hash_t *profiles = apr_hash_make(f->pool);
    scep_profile_t own = scep_profile_device;

    assert_ptr_equal(scep_profile_find(NULL, "device"), &scep_profile_device);
    assert_null(scep_profile_find(NULL, "vpn"));
    apr_hash_set(profiles, "vpn", APR_HASH_KEY_STRING, &own);
    assert_ptr_equal(scep_profile_find(profiles, "vpn"), &own);
    assert_null(scep_profile_find(profiles, "VPN"));
    assert_ptr_equal(scep_profile_find(profiles, "device"),
                     &scep_profile_device);
    apr_hash_set(profiles, "device", APR_HASH_KEY_STRING, &own);
    assert_ptr_equal(scep_profile_find(profiles, "device"), &own);
}

enum { NOW = 1767225600, DAY = 86400 };

static X509 *ca_until(fixture_t *f, apr_int64_t last)
{
    X509 *ca = scep_x509_own(f->pool, X509_new());

    assert_non_null(ca);
    assert_non_null(ASN1_TIME_set(X509_getm_notAfter(ca), (time_t)last));
    return ca;
}

/* The least and the most of many draws. */
static void draw_many(const scep_profile_t *profile, X509 *ca,
                      apr_int64_t *least, apr_int64_t *most)
{
    int i;

    *least = APR_INT64_MAX;
    *most = 0;
    for (i = 0; i < 2000; i++) {
        apr_int64_t validity;

        assert_true(scep_profile_draw_validity(profile, ca, NOW, &validity));
        *least = validity < *least ? validity : *least;
        *most = validity > *most ? validity : *most;
    }
}

static void validity_without_jitter(void **state)
{
    fixture_t *f = *state;
    apr_int64_t least, most;

    draw_many(&scep_profile_device, ca_until(f, NOW + DAY), &least, &most);
    assert_int_equal(least, 365 * DAY);
    assert_int_equal(most, 365 * DAY);
}

static void validity_with_jitter(void **state)
{
    fixture_t *f = *state;
    scep_profile_t profile = scep_profile_device;
    apr_int64_t least, most;

    profile.validity = 100 * DAY;
    profile.validity_jitter = 5;
    draw_many(&profile, ca_until(f, NOW + 365 * DAY), &least, &most);
    assert_in_range(least, 95 * DAY, 95 * DAY + DAY / 10);
    assert_in_range(most, 100 * DAY - DAY / 10, 100 * DAY);

    /* a share of what the CA's certificate leaves */
    draw_many(&profile, ca_until(f, NOW + 20 * DAY), &least, &most);
    assert_in_range(least, 19 * DAY, 19 * DAY + DAY / 10);
    assert_in_range(most, 20 * DAY - DAY / 10, 20 * DAY);
}

static void jitter_leaves_an_hour(void **state)
{
    fixture_t *f = *state;
    scep_profile_t profile = scep_profile_device;
    apr_int64_t least, most;

    profile.validity_jitter = 50;
    profile.validity = 3700;
    draw_many(&profile, ca_until(f, NOW + DAY), &least, &most);
    assert_int_equal(least, 3600);
    assert_int_equal(most, 3700);
    profile.validity = 60;
    draw_many(&profile, ca_until(f, NOW + DAY), &least, &most);
    assert_int_equal(least, 60);
    profile.validity = DAY;
    draw_many(&profile, ca_until(f, NOW - DAY), &least, &most); /* expired */
    assert_int_equal(least, DAY);
}

static void usages_as_ndes_sorts_them(void **state)
{
    (void)state;
    assert_int_equal(scep_profile_usage(KU_DIGITAL_SIGNATURE),
                     SCEP_USAGE_SIGNATURE);
    assert_int_equal(scep_profile_usage(KU_KEY_ENCIPHERMENT),
                     SCEP_USAGE_ENCRYPTION);
    assert_int_equal(
        scep_profile_usage(KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT),
        SCEP_USAGE_GENERAL);
    assert_int_equal(scep_profile_usage(0), SCEP_USAGE_GENERAL);
    assert_int_equal(
        scep_profile_usage(KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION),
        SCEP_USAGE_SIGNATURE);
    assert_int_equal(scep_profile_usage(KU_KEY_AGREEMENT),
                     SCEP_USAGE_ENCRYPTION);
}

static void words_of_the_configuration(void **state)
{
    (void)state;
    assert_int_equal(scep_profile_key_usage("DIGITALsignature"),
                     KU_DIGITAL_SIGNATURE);
    assert_int_equal(scep_profile_key_usage("keyAgreement"), KU_KEY_AGREEMENT);
    assert_int_equal(scep_profile_key_usage("keyCertSign"), 0);
    assert_int_equal(scep_profile_key_usage("cRLSign"), 0);
    assert_int_equal(scep_profile_key_usage(""), 0);
    assert_string_equal(scep_profile_ext_key_usage("ClientAuth"),
                        "1.3.6.1.5.5.7.3.2");
    assert_string_equal(scep_profile_ext_key_usage("1.2.3.4"), "1.2.3.4");
    assert_null(scep_profile_ext_key_usage("commonName"));
    assert_null(scep_profile_ext_key_usage("9.9.9"));
    assert_null(scep_profile_ext_key_usage(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(device_is_as_documented),
        FIXTURE_TEST(names_are_found),
        FIXTURE_TEST(usages_as_ndes_sorts_them),
        FIXTURE_TEST(words_of_the_configuration),
        FIXTURE_TEST(validity_without_jitter),
        FIXTURE_TEST(validity_with_jitter),
        FIXTURE_TEST(jitter_leaves_an_hour),
    };

    return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
