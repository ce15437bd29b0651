/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_ca_chain.c. */
#include "fixture_ca.h"

#include "scep_ca_chain.h"

/* Root, a CA below it, and one below that. */
typedef struct family_t {
    scep_keypair_t root, middle, issuing;
} family_t;

static family_t family(fixture_t *f)
{
    family_t t;

    t.root = fixture_pair(f, SCEP_CERT_ROOT_CA, fixture_key(f, "P-256"), "Root",
                          NULL, 3650);
    t.middle = fixture_pair(f, SCEP_CERT_ROOT_CA, fixture_key(f, "P-256"),
                            "Middle", &t.root, 3650);
    t.issuing = fixture_pair(f, SCEP_CERT_ISSUING_CA, fixture_key(f, "P-256"),
                             "Issuing", &t.middle, 3650);
    return t;
}

/* Up to four certificates; NULL ends them early. */
static scep_certs_t *stack(fixture_t *f, X509 *a, X509 *b, X509 *c, X509 *d)
{
    X509 *const certs[] = {a, b, c, d};
    scep_certs_t *s = scep_x509s_own(f->pool, sk_X509_new_null());
    int i;

    for (i = 0; i < 4 && certs[i] != NULL; i++) {
        assert_int_equal(X509_up_ref(certs[i]), 1);
        assert_true(sk_X509_push(s, certs[i]) > 0);
    }
    return s;
}

static void any_order_is_put_right(void **state)
{
    fixture_t *f = *state;
    family_t t = family(f);
    scep_certs_t *chain = stack(f, t.issuing.cert, NULL, NULL, NULL);
    X509 *stranger;

    assert_true(scep_ca_chain_build(
        chain,
        stack(f, t.root.cert, t.issuing.cert, t.middle.cert, t.root.cert),
        &stranger));
    assert_null(stranger);
    assert_int_equal(sk_X509_num(chain), 3);
    assert_ptr_equal(sk_X509_value(chain, 0), t.issuing.cert);
    assert_ptr_equal(sk_X509_value(chain, 1), t.middle.cert);
    assert_ptr_equal(sk_X509_value(chain, 2), t.root.cert);
}

static void a_root_needs_no_chain(void **state)
{
    fixture_t *f = *state;
    family_t t = family(f);
    scep_certs_t *chain = stack(f, t.root.cert, NULL, NULL, NULL);
    X509 *stranger;

    assert_true(scep_ca_chain_build(
        chain, stack(f, t.root.cert, NULL, NULL, NULL), &stranger));
    assert_null(stranger);
    assert_int_equal(sk_X509_num(chain), 1);
}

static void a_gap_ends_the_chain_and_makes_strangers(void **state)
{
    fixture_t *f = *state;
    family_t t = family(f);
    scep_certs_t *chain = stack(f, t.issuing.cert, NULL, NULL, NULL);
    X509 *stranger;

    assert_true(scep_ca_chain_build(
        chain, stack(f, t.root.cert, NULL, NULL, NULL), &stranger));
    assert_int_equal(sk_X509_num(chain), 1);
    assert_ptr_equal(stranger, t.root.cert);
}

static void another_familys_certificate_is_a_stranger(void **state)
{
    fixture_t *f = *state;
    family_t t = family(f), namesakes = family(f);
    scep_certs_t *chain = stack(f, t.issuing.cert, NULL, NULL, NULL);
    X509 *stranger;

    assert_true(scep_ca_chain_build(
        chain,
        stack(f, namesakes.middle.cert, t.middle.cert, t.root.cert, NULL),
        &stranger));
    assert_int_equal(sk_X509_num(chain), 3);
    assert_ptr_equal(sk_X509_value(chain, 1), t.middle.cert);
    assert_ptr_equal(stranger, namesakes.middle.cert);
}

static void a_leaf_issues_nothing(void **state)
{
    fixture_t *f = *state;
    family_t t = family(f);
    scep_keypair_t ra = fixture_pair(f, SCEP_CERT_RA, fixture_key(f, "rsa"),
                                     "RA", &t.issuing, 100);
    scep_keypair_t below = fixture_pair(
        f, SCEP_CERT_ISSUING_CA, fixture_key(f, "P-256"), "Below", &ra, 50);

    assert_true(scep_ca_issued(t.issuing.cert, ra.cert));
    assert_false(scep_ca_issued(ra.cert, below.cert));
    assert_false(scep_ca_issued(t.root.cert, t.issuing.cert));
    assert_true(scep_ca_issued(t.root.cert, t.root.cert));
}

/* The middle CA's key also has a certificate from an older root. */
static void cross_signed_certificates_are_passed_over(void **state)
{
    fixture_t *f = *state;
    family_t t = family(f);
    scep_keypair_t old = fixture_pair(
        f, SCEP_CERT_ROOT_CA, fixture_key(f, "P-256"), "Old root", NULL, 3650);
    scep_keypair_t cross =
        fixture_pair(f, SCEP_CERT_ROOT_CA, t.middle.key, "Middle", &old, 3650);
    scep_certs_t *chain = stack(f, t.issuing.cert, NULL, NULL, NULL);
    X509 *stranger;

    assert_true(scep_ca_chain_build(
        chain, stack(f, t.middle.cert, cross.cert, t.root.cert, NULL),
        &stranger));
    assert_null(stranger);
    assert_int_equal(sk_X509_num(chain), 3);
    assert_ptr_equal(sk_X509_value(chain, 1), t.middle.cert);
}

/* Two CAs that certify each other: no way up, but an end. */
static void a_circle_ends(void **state)
{
    fixture_t *f = *state;
    family_t t = family(f);
    scep_keypair_t back =
        fixture_pair(f, SCEP_CERT_ROOT_CA, t.root.key, "Root", &t.middle, 3650);
    scep_certs_t *chain = stack(f, t.issuing.cert, NULL, NULL, NULL);
    X509 *stranger;

    assert_true(scep_ca_chain_build(
        chain, stack(f, t.middle.cert, back.cert, NULL, NULL), &stranger));
    assert_null(stranger);
    assert_int_equal(sk_X509_num(chain), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(any_order_is_put_right),
        FIXTURE_TEST(a_root_needs_no_chain),
        FIXTURE_TEST(a_gap_ends_the_chain_and_makes_strangers),
        FIXTURE_TEST(another_familys_certificate_is_a_stranger),
        FIXTURE_TEST(a_leaf_issues_nothing),
        FIXTURE_TEST(cross_signed_certificates_are_passed_over),
        FIXTURE_TEST(a_circle_ends),
    };

    return cmocka_run_group_tests_name("ca_chain", tests, NULL, NULL);
}
