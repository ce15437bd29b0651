/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_ra_check.c. */
#include "fixture_ca.h"

#include "scep_ra_check.h"

#define BOTH (KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT)
#define DAY (86400 * APR_USEC_PER_SEC)

static X509 *ra(fixture_t *f, scep_cert_kind_e kind)
{
    return fixture_pair(f, kind, fixture_key(f, "rsa"), "RA", NULL, 365).cert;
}

static void a_complete_key_usage_is_passed_over(void **state)
{
    fixture_t *f = *state;

    scep_ra_check_usage(&f->env, ra(f, SCEP_CERT_RA), BOTH, "here");
    scep_ra_check_usage(&f->env, ra(f, SCEP_CERT_RA_SIGN), KU_DIGITAL_SIGNATURE,
                        "here");
    scep_ra_check_usage(&f->env, ra(f, SCEP_CERT_RA_ENCRYPT),
                        KU_KEY_ENCIPHERMENT, "here");
    assert_string_equal(f->log, "");
}

static void each_missing_bit_is_named(void **state)
{
    fixture_t *f = *state;

    scep_ra_check_usage(&f->env, ra(f, SCEP_CERT_RA_SIGN), BOTH, "ScepX a");
    assert_non_null(strstr(f->log, "4 SCEP0350: ScepX a: keyUsage lacks "
                                   "keyEncipherment;"));
    f->log[0] = '\0';
    scep_ra_check_usage(&f->env, ra(f, SCEP_CERT_RA_ENCRYPT), BOTH, "b");
    assert_non_null(strstr(f->log, "lacks digitalSignature;"));
    f->log[0] = '\0';
    scep_ra_check_usage(&f->env, ra(f, SCEP_CERT_ROOT_CA), BOTH, "c");
    assert_non_null(
        strstr(f->log, "lacks digitalSignature and keyEncipherment;"));
}

static void no_key_usage_allows_everything(void **state)
{
    fixture_t *f = *state;
    X509 *cert = fixture_bare(f, fixture_key(f, "P-256"), "RA");

    scep_ra_check_usage(&f->env, cert, BOTH, "here");
    assert_string_equal(f->log, "");
}

static void expiry_is_foretold(void **state)
{
    fixture_t *f = *state;
    X509 *cert = ra(f, SCEP_CERT_RA); /* 365 days from now */

    scep_ra_check_validity(&f->env, cert, "here");
    f->now += 334 * DAY;
    scep_ra_check_validity(&f->env, cert, "here");
    assert_string_equal(f->log, "");
    f->now += 1 * DAY;
    scep_ra_check_validity(&f->env, cert, "here");
    assert_non_null(strstr(f->log, "4 SCEP0353: here: the certificate expires "
                                   "in 30 days"));
    f->log[0] = '\0';
    f->now += 30 * DAY + APR_USEC_PER_SEC;
    scep_ra_check_validity(&f->env, cert, "here");
    assert_non_null(strstr(f->log, "3 SCEP0351: here"));
}

static void a_start_in_the_future_is_told(void **state)
{
    fixture_t *f = *state;
    X509 *cert = ra(f, SCEP_CERT_RA);

    f->now -= 2 * DAY;
    scep_ra_check_validity(&f->env, cert, "here");
    assert_non_null(strstr(f->log, "4 SCEP0352: here"));
}

static void age(void **state)
{
    fixture_t *f = *state;
    X509 *cert = ra(f, SCEP_CERT_RA);

    assert_int_equal(scep_ra_check_age(cert, f->now), SCEP_CERT_FRESH);
    assert_int_equal(scep_ra_check_age(cert, f->now + 334 * DAY),
                     SCEP_CERT_FRESH);
    assert_int_equal(scep_ra_check_age(cert, f->now + 335 * DAY),
                     SCEP_CERT_SOON);
    assert_int_equal(scep_ra_check_age(cert, f->now + 365 * DAY),
                     SCEP_CERT_SOON);
    assert_int_equal(
        scep_ra_check_age(cert, f->now + 365 * DAY + APR_USEC_PER_SEC),
        SCEP_CERT_EXPIRED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_complete_key_usage_is_passed_over),
        FIXTURE_TEST(each_missing_bit_is_named),
        FIXTURE_TEST(no_key_usage_allows_everything),
        FIXTURE_TEST(expiry_is_foretold),
        FIXTURE_TEST(a_start_in_the_future_is_told),
        FIXTURE_TEST(age),
    };

    return cmocka_run_group_tests_name("ra_check", tests, NULL, NULL);
}
