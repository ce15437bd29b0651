/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_cert_extensions.c. */
#include "fixture_ca.h"

#include "scep_cert_extensions.h"

#define SIGN KU_DIGITAL_SIGNATURE
#define ENCIPHER KU_KEY_ENCIPHERMENT

static X509 *blank(fixture_t *f, const char *key)
{
    return fixture_bare(f, fixture_key(f, key), "blank");
}

/* The octets of CERT's only extension, in hex, "!" before a critical one. */
static const char *only_extension(fixture_t *f, X509 *cert, int nid)
{
    X509_EXTENSION *e = X509_get_ext(cert, 0);
    const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(e);

    assert_int_equal(X509_get_ext_count(cert), 1);
    assert_int_equal(OBJ_obj2nid(X509_EXTENSION_get_object(e)), nid);
    return apr_pstrcat(f->pool, X509_EXTENSION_get_critical(e) ? "!" : "",
                       scep_hex(f->pool, ASN1_STRING_get0_data(value),
                                (size_t)ASN1_STRING_length(value)),
                       NULL);
}

static void basic_constraints(void **state)
{
    fixture_t *f = *state;
    X509 *cert = blank(f, "P-256");

    assert_true(scep_cert_add_basic_constraints(cert, false, 0));
    assert_string_equal(only_extension(f, cert, NID_basic_constraints),
                        "!3000");
    cert = blank(f, "P-256");
    assert_true(scep_cert_add_basic_constraints(cert, true, -1));
    assert_string_equal(only_extension(f, cert, NID_basic_constraints),
                        "!30030101FF");
    cert = blank(f, "P-256");
    assert_true(scep_cert_add_basic_constraints(cert, true, 0));
    assert_string_equal(only_extension(f, cert, NID_basic_constraints),
                        "!30060101FF020100");
    cert = blank(f, "P-256");
    assert_true(scep_cert_add_basic_constraints(cert, true, 300));
    assert_string_equal(only_extension(f, cert, NID_basic_constraints),
                        "!30070101FF0202012C");
    assert_false(scep_cert_add_basic_constraints(cert, true, 0)); /* twice */
}

static void key_usage_is_shortest_der(void **state)
{
    fixture_t *f = *state;
    X509 *cert = blank(f, "P-256");

    assert_true(scep_cert_add_key_usage(cert, SIGN | ENCIPHER));
    assert_string_equal(only_extension(f, cert, NID_key_usage), "!030205A0");
    cert = blank(f, "P-256");
    assert_true(scep_cert_add_key_usage(cert, SIGN));
    assert_string_equal(only_extension(f, cert, NID_key_usage), "!03020780");
    cert = blank(f, "P-256");
    assert_true(
        scep_cert_add_key_usage(cert, KU_KEY_AGREEMENT | KU_DECIPHER_ONLY));
    assert_string_equal(only_extension(f, cert, NID_key_usage), "!0303070880");
}

static void ext_key_usage(void **state)
{
    fixture_t *f = *state;
    const char *const oids[] = {"1.3.6.1.5.5.7.3.2", "1.2.3.4", NULL};
    const char *const bad[] = {"not an oid", NULL};
    const char *const none[] = {NULL};
    X509 *cert = blank(f, "P-256");

    assert_true(scep_cert_add_ext_key_usage(cert, NULL));
    assert_true(scep_cert_add_ext_key_usage(cert, none));
    assert_false(scep_cert_add_ext_key_usage(cert, bad));
    scep_crypto_clear_errors();
    assert_int_equal(X509_get_ext_count(cert), 0);
    assert_true(scep_cert_add_ext_key_usage(cert, oids));
    assert_string_equal(only_extension(f, cert, NID_ext_key_usage),
                        "300F06082B0601050507030206032A0304");
}

static void key_identifiers_fit_together(void **state)
{
    fixture_t *f = *state;
    X509 *issuer = blank(f, "P-256"), *cert = blank(f, "P-384");
    const ASN1_OCTET_STRING *ski;

    assert_true(scep_cert_add_subject_key_id(issuer));
    assert_true(scep_cert_add_authority_key_id(cert, issuer));
    ski = X509_get0_subject_key_id(issuer);
    assert_int_equal(ASN1_STRING_length(ski), 20);
    assert_int_equal(
        ASN1_OCTET_STRING_cmp(ski, X509_get0_authority_key_id(cert)), 0);
}

static void an_issuer_without_an_identifier_has_one_computed(void **state)
{
    fixture_t *f = *state;
    EVP_PKEY *key = fixture_key(f, "P-256");
    X509 *issuer = fixture_bare(f, key, "a"), *twin = fixture_bare(f, key, "b");
    X509 *cert = blank(f, "P-384");

    assert_true(scep_cert_add_authority_key_id(cert, issuer));
    assert_true(scep_cert_add_subject_key_id(twin));
    assert_int_equal(ASN1_OCTET_STRING_cmp(X509_get0_subject_key_id(twin),
                                           X509_get0_authority_key_id(cert)),
                     0);
}

static void an_issuers_own_identifier_is_taken(void **state)
{
    fixture_t *f = *state;
    X509 *issuer = blank(f, "P-256"), *cert = blank(f, "P-384");
    ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();

    assert_int_equal(ASN1_OCTET_STRING_set(id, (const unsigned char *)"odd", 3),
                     1);
    assert_int_equal(
        X509_add1_ext_i2d(issuer, NID_subject_key_identifier, id, 0, 0), 1);
    ASN1_OCTET_STRING_free(id);
    assert_true(scep_cert_add_authority_key_id(cert, issuer));
    assert_string_equal(only_extension(f, cert, NID_authority_key_identifier),
                        "300580036F6464");
}

/* What a certificate gets for a request that asks for ASKED (or NULL). */
static unsigned int usage(fixture_t *f, unsigned int allowed, const char *key,
                          const char *asked)
{
    scep_extensions_t *e = NULL;
    unsigned int bits = 0;

    if (asked != NULL) {
        e = fixture_extensions(f);
        fixture_extend(e, NID_key_usage, asked);
    }
    assert_int_equal(
        scep_cert_key_usage(allowed, fixture_key(f, key), e, &bits, &f->res),
        SCEP_OK);
    return bits;
}

static void usage_is_what_is_asked_and_allowed(void **state)
{
    fixture_t *f = *state;
    const unsigned int both = SIGN | ENCIPHER;

    assert_int_equal(usage(f, both, "rsa", NULL), both);
    assert_int_equal(usage(f, both, "rsa", "digitalSignature"), SIGN);
    assert_int_equal(usage(f, both, "rsa", "keyEncipherment"), ENCIPHER);
    assert_int_equal(
        usage(f, both, "rsa", "critical,keyCertSign,digitalSignature"), SIGN);
    assert_int_equal(usage(f, both, "rsa", "keyCertSign,cRLSign"), both);
    assert_int_equal(usage(f, both | KU_KEY_AGREEMENT, "rsa", NULL), both);
    assert_int_equal(usage(f, SIGN, "rsa", "digitalSignature,keyEncipherment"),
                     SIGN);
}

static void ec_keys_do_not_encipher(void **state)
{
    fixture_t *f = *state;

    assert_int_equal(usage(f, SIGN | ENCIPHER, "P-256", NULL), SIGN);
    assert_int_equal(usage(f, SIGN | ENCIPHER, "P-256", "keyEncipherment"),
                     SIGN);
    assert_int_equal(usage(f, SIGN | KU_KEY_AGREEMENT, "P-256", NULL),
                     SIGN | KU_KEY_AGREEMENT);
}

static void an_impossible_usage_is_refused(void **state)
{
    fixture_t *f = *state;
    scep_extensions_t *e = fixture_extensions(f);
    unsigned int bits;

    assert_int_equal(scep_cert_key_usage(ENCIPHER, fixture_key(f, "P-256"),
                                         NULL, &bits, &f->res),
                     SCEP_REFUSED);
    assert_int_equal(f->res.reason, SCEP_R_CSR_KEY);
    assert_non_null(strstr(f->res.detail, "ScepCertKeyUsage"));
    fixture_extend_raw(e, NID_key_usage, "\x04\x01\x61", 3);
    assert_int_equal(
        scep_cert_key_usage(SIGN, fixture_key(f, "rsa"), e, &bits, &f->res),
        SCEP_REFUSED);
    assert_int_equal(f->res.reason, SCEP_R_CONTENT);
    assert_non_null(strstr(f->res.detail, "keyUsage is malformed"));
}

static void crl_url(void **state)
{
    fixture_t *f = *state;
    X509 *cert = blank(f, "P-256");

    assert_true(scep_cert_add_crl_url(cert, "http://a/b"));
    assert_string_equal(only_extension(f, cert, NID_crl_distribution_points),
                        "30123010A00EA00C860A687474703A2F2F612F62");
    /* one value, whatever it would be in openssl.cnf */
    cert = blank(f, "P-256");
    assert_true(scep_cert_add_crl_url(cert, "ldap://a/CN=b,O=$c;DER:"));
    assert_string_equal(only_extension(f, cert, NID_crl_distribution_points),
                        "301F301DA01BA01986176C6461703A2F2F612F434E3D622C4F3D"
                        "24633B4445523A");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(basic_constraints),
        FIXTURE_TEST(key_usage_is_shortest_der),
        FIXTURE_TEST(ext_key_usage),
        FIXTURE_TEST(key_identifiers_fit_together),
        FIXTURE_TEST(an_issuer_without_an_identifier_has_one_computed),
        FIXTURE_TEST(an_issuers_own_identifier_is_taken),
        FIXTURE_TEST(crl_url),
        FIXTURE_TEST(usage_is_what_is_asked_and_allowed),
        FIXTURE_TEST(ec_keys_do_not_encipher),
        FIXTURE_TEST(an_impossible_usage_is_refused),
    };

    return cmocka_run_group_tests_name("cert_extensions", tests, NULL, NULL);
}
