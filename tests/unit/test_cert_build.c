/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_cert_build.c. */
#include "fixture_ca.h"
#include "fixture_pss.h"

#include "scep_cert_time.h"

#define DAY ((apr_int64_t)86400)
#define NOW_SECONDS apr_time_sec(FIXTURE_NOW)

bool __real_scep_random(unsigned char *out, size_t len, bool secret);
bool __wrap_scep_random(unsigned char *out, size_t len, bool secret);

/* What the generator does next. */
static enum { RANDOM_WORKS, RANDOM_FAILS, RANDOM_ZERO, RANDOM_ONES } generator;

bool __wrap_scep_random(unsigned char *out, size_t len, bool secret)
{
    if (generator == RANDOM_ZERO || generator == RANDOM_ONES) {
        memset(out, generator == RANDOM_ZERO ? 0 : 0xff, len);
        return true;
    }
    return generator == RANDOM_WORKS && __real_scep_random(out, len, secret);
}

static int left_out; /* of the last issue() */

static scep_status_e issue(fixture_t *f, const scep_keypair_t *ca,
                           const scep_profile_t *profile, X509_REQ *csr,
                           scep_extensions_t *extensions, X509 **cert)
{
    scep_ca_request_t request = {
        .csr = csr,
        .extensions = extensions,
        .profile = profile,
        .transaction_id = "transaction",
    };

    scep_result_init(&f->res, f->pool);
    return scep_cert_issue(ca, &request, f->now, f->pool, cert, &left_out,
                           &f->res);
}

/* A device's certificate; CN "device", extensions in openssl.cnf words. */
static X509 *issued(fixture_t *f, const scep_keypair_t *ca, const char *key,
                    scep_extensions_t *extensions)
{
    X509_REQ *csr =
        fixture_csr(f, fixture_key(f, key), fixture_name(f, "device"));
    X509 *cert;

    assert_int_equal(issue(f, ca, &scep_profile_device, csr, extensions, &cert),
                     SCEP_OK);
    return cert;
}

/* Never with SCEP_R_CA_REFUSED: none of it is the CA's own no. */
static void refused(fixture_t *f, scep_status_e status, scep_reason_e reason,
                    const char *why)
{
    assert_int_equal(status, SCEP_REFUSED);
    assert_int_equal(f->res.reason, reason);
    assert_non_null(strstr(f->res.detail, why));
}

static apr_int64_t seconds(const ASN1_TIME *t)
{
    apr_int64_t value;

    assert_true(scep_cert_time(t, &value));
    return value;
}

/* As a client verifies it, at the fixture's time. */
static void verifies(fixture_t *f, X509 *cert, X509 *ca)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();

    assert_int_equal(X509_STORE_add_cert(store, ca), 1);
    assert_int_equal(X509_STORE_CTX_init(ctx, store, cert, NULL), 1);
    X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT |
                                      X509_V_FLAG_PARTIAL_CHAIN |
                                      X509_V_FLAG_CHECK_SS_SIGNATURE);
    X509_STORE_CTX_set_time(ctx, 0, (time_t)apr_time_sec(f->now));
    assert_int_equal(
        X509_STORE_CTX_set_purpose(ctx, X509_check_ca(cert) != 0
                                            ? X509_PURPOSE_ANY
                                            : X509_PURPOSE_SSL_CLIENT),
        1);
    if (X509_verify_cert(ctx) != 1) {
        fail_msg("%s",
                 X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
    }
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
}

static void a_plain_request_is_issued(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t ca = fixture_ca(f, "rsa-other");
    X509 *cert = issued(f, &ca, "rsa", NULL);

    verifies(f, cert, ca.cert);
    assert_int_equal(X509_get_version(cert), X509_VERSION_3);
    assert_int_equal(X509_check_ca(cert), 0);
    assert_int_equal(X509_get_key_usage(cert),
                     KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT);
    assert_int_equal(X509_get_extended_key_usage(cert), XKU_SSL_CLIENT);
    assert_int_equal(X509_get_signature_nid(cert), NID_sha256WithRSAEncryption);
    assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(cert), fixture_key(f, "rsa")),
                     1);
    assert_int_equal(X509_get_ext_count(cert), 5);
    assert_int_equal(ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(cert),
                                           X509_get0_subject_key_id(ca.cert)),
                     0);
    assert_int_equal(seconds(X509_get0_notBefore(cert)), NOW_SECONDS - DAY);
    assert_int_equal(seconds(X509_get0_notAfter(cert)),
                     NOW_SECONDS + 365 * DAY);
}

static void ec_keys_and_ec_cas_work(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t ca = fixture_ca(f, "P-256");
    X509 *cert = issued(f, &ca, "P-384", NULL);

    verifies(f, cert, ca.cert);
    assert_int_equal(X509_get_signature_nid(cert), NID_ecdsa_with_SHA256);
    assert_int_equal(X509_get_key_usage(cert), KU_DIGITAL_SIGNATURE);
    cert = issued(f, &ca, "rsa", NULL);
    verifies(f, cert, ca.cert);
}

static void serials_are_random_and_positive(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t ca = fixture_ca(f, "P-256");
    const char *seen[64];
    int longest = 0, i, j;

    for (i = 0; i < 64; i++) {
        const ASN1_INTEGER *serial =
            X509_get0_serialNumber(issued(f, &ca, "P-256", NULL));

        assert_int_equal(ASN1_STRING_type(serial), V_ASN1_INTEGER);
        assert_true(ASN1_STRING_length(serial) <= 20);
        if (ASN1_STRING_length(serial) == 20) {
            assert_true(ASN1_STRING_get0_data(serial)[0] < 0x80);
            longest++;
        }
        seen[i] = scep_serial_text(f->pool, serial);
        for (j = 0; j < i; j++) {
            assert_string_not_equal(seen[i], seen[j]);
        }
    }
    assert_true(longest > 48); /* 127 of 128 are that long */
}

/* A subject of every string type that devices use, as raw DER: T61String,
 * BMPString, an IA5String where none belongs, NumericString, an unsorted SET,
 * an OID nobody knows, an empty PrintableString. */
static const unsigned char odd_subject[] =
    "\x30\x6c"
    "\x31\x0c\x30\x0a\x06\x03\x55\x04\x03\x14\x03\x4d\xfc\x6c"
    "\x31\x11\x30\x0f\x06\x03\x55\x04\x0b\x1e\x08\x00\x61\x00\x62\x00\xe9\x20"
    "\xac"
    "\x31\x0b\x30\x09\x06\x03\x55\x04\x0a\x16\x02\x61\x62"
    "\x31\x0c\x30\x0a\x06\x03\x55\x04\x05\x12\x03\x31\x32\x33"
    "\x31\x16\x30\x09\x06\x03\x55\x04\x07\x13\x02\x7a\x7a"
    "\x30\x09\x06\x03\x55\x04\x07\x13\x02\x61\x61"
    "\x31\x0b\x30\x09\x06\x04\x2a\x03\x04\x05\x0c\x01\x78"
    "\x31\x09\x30\x07\x06\x03\x55\x04\x06\x13\x00";

static X509_NAME *name_of(fixture_t *f, const unsigned char *der, size_t len)
{
    X509_NAME *name = d2i_X509_NAME(NULL, &der, (long)len);

    assert_non_null(name);
    return scep_own(f->pool, name, fixture_name_free);
}

static void the_subject_is_kept_octet_by_octet(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t ca = fixture_ca(f, "P-256");
    X509_REQ *csr =
        fixture_csr(f, fixture_key(f, "P-256"),
                    name_of(f, odd_subject, sizeof(odd_subject) - 1));
    const unsigned char *der;
    X509 *cert;
    size_t len;

    assert_int_equal(issue(f, &ca, &scep_profile_device, csr, NULL, &cert),
                     SCEP_OK);
    assert_int_equal(
        X509_NAME_get0_der(X509_get_subject_name(cert), &der, &len), 1);
    assert_int_equal(len, sizeof(odd_subject) - 1);
    assert_memory_equal(der, odd_subject, len);
    verifies(f, cert, ca.cert);
}

static void a_subject_in_ber_is_refused(void **state)
{
    static const unsigned char ber[] =
        "\x30\x0f\x31\x80\x30\x09\x06\x03\x55\x04\x03\x0c\x02\x61\x62\x00\x00";
    fixture_t *f = *state;
    scep_keypair_t ca = fixture_ca(f, "P-256");
    X509_REQ *csr = fixture_csr(f, fixture_key(f, "P-256"),
                                name_of(f, ber, sizeof(ber) - 1));
    X509 *cert;

    refused(f, issue(f, &ca, &scep_profile_device, csr, NULL, &cert),
            SCEP_R_NAME, "not DER");
}

/* S6: whatever is asked for, only the profile's values are issued. */
static void nothing_else_is_taken_from_the_request(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t ca = fixture_ca(f, "P-256");
    scep_extensions_t *e = fixture_extensions(f);
    X509 *cert;

    fixture_extend(e, NID_basic_constraints, "critical,CA:TRUE,pathlen:3");
    fixture_extend(e, NID_key_usage,
                   "critical,keyCertSign,cRLSign,digitalSignature");
    fixture_extend(e, NID_ext_key_usage,
                   "anyExtendedKeyUsage,1.3.6.1.4.1.311.20.2.2,serverAuth");
    fixture_extend(e, NID_netscape_comment, "odd");
    fixture_extend(e, NID_crl_distribution_points, "URI:http://evil.example/");
    fixture_extend_raw(e, NID_certificate_policies,
                       "\x30\x06\x30\x04\x06\x02\x2a\x03", 8);
    fixture_extend(e, NID_subject_alt_name, "DNS:a.example");
    cert = issued(f, &ca, "rsa", e);
    assert_int_equal(X509_check_ca(cert), 0);
    assert_int_equal(X509_get_key_usage(cert), KU_DIGITAL_SIGNATURE);
    assert_int_equal(X509_get_extended_key_usage(cert), XKU_SSL_CLIENT);
    assert_int_equal(X509_get_ext_count(cert), 6);
    assert_int_equal(X509_get_ext_by_NID(cert, NID_netscape_comment, -1), -1);
    verifies(f, cert, ca.cert);
}

static X509_EXTENSION *san_of(X509 *cert)
{
    int at = X509_get_ext_by_NID(cert, NID_subject_alt_name, -1);

    return at < 0 ? NULL : X509_get_ext(cert, at);
}

static void alternative_names_are_kept(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t ca = fixture_ca(f, "P-256");
    scep_extensions_t *e = fixture_extensions(f);
    X509_EXTENSION *wanted, *got;

    fixture_extend(e, NID_subject_alt_name,
                   "critical,DNS:a.example,IP:192.0.2.1,"
                   "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:u@example");
    wanted = sk_X509_EXTENSION_value(e, 0);
    got = san_of(issued(f, &ca, "P-256", e));
    assert_non_null(got);
    assert_int_equal(ASN1_OCTET_STRING_cmp(X509_EXTENSION_get_data(wanted),
                                           X509_EXTENSION_get_data(got)),
                     0);
    assert_false(X509_EXTENSION_get_critical(got)); /* there is a subject */
}

static void an_empty_subject_needs_a_critical_san(void **state)
{
    static const char *const sid[] = {
        "tag:microsoft.com,2022-09-14:sid:S-1-5-18", NULL};
    fixture_t *f = *state;
    scep_keypair_t ca = fixture_ca(f, "P-256");
    X509_REQ *csr =
        fixture_csr(f, fixture_key(f, "P-256"), fixture_name(f, ""));
    scep_extensions_t *e = fixture_extensions(f);
    X509 *cert;

    refused(f, issue(f, &ca, &scep_profile_device, csr, NULL, &cert),
            SCEP_R_NAME, "neither a subject");
    assert_null(cert);
    fixture_extend(e, NID_subject_alt_name, "DNS:a.example");
    assert_int_equal(issue(f, &ca, &scep_profile_device, csr, e, &cert),
                     SCEP_OK);
    assert_true(X509_EXTENSION_get_critical(san_of(cert)));
    assert_int_equal(left_out, 0);
    verifies(f, cert, ca.cert);

    /* S18: the only name is one that may not be certified */
    e = fixture_extensions(f);
    fixture_extend_uris(e, sid);
    refused(f, issue(f, &ca, &scep_profile_device, csr, e, &cert), SCEP_R_NAME,
            "neither a subject");
    assert_int_equal(left_out, 1);
}

static void malformed_extensions_are_refused(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t ca = fixture_ca(f, "P-256");
    X509_REQ *csr =
        fixture_csr(f, fixture_key(f, "P-256"), fixture_name(f, "device"));
    scep_extensions_t *e = fixture_extensions(f);
    X509 *cert;

    fixture_extend_raw(e, NID_subject_alt_name, "\x04\x00", 2);
    refused(f, issue(f, &ca, &scep_profile_device, csr, e, &cert), SCEP_R_NAME,
            "subjectAltName");
    e = fixture_extensions(f);
    fixture_extend_raw(e, NID_key_usage, "\x04\x00", 2);
    refused(f, issue(f, &ca, &scep_profile_device, csr, e, &cert),
            SCEP_R_CONTENT, "keyUsage");
}

static void keys_below_the_profile_are_refused(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t ca = fixture_ca(f, "P-256");
    scep_profile_t profile = scep_profile_device;
    X509_NAME *name = fixture_name(f, "device");
    X509_REQ *csr = fixture_csr(f, fixture_key(f, "rsa-1024"), name);
    EVP_PKEY *ed =
        scep_pkey_own(f->pool, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
    X509 *cert;

    refused(f, issue(f, &ca, &profile, csr, NULL, &cert), SCEP_R_CSR_KEY,
            "1024 bits");
    profile.min_rsa_bits = 1024;
    assert_int_equal(issue(f, &ca, &profile, csr, NULL, &cert), SCEP_OK);

    csr = scep_x509_req_own(f->pool, X509_REQ_new());
    assert_int_equal(X509_REQ_set_subject_name(csr, name), 1);
    assert_int_equal(X509_REQ_set_pubkey(csr, ed), 1);
    refused(f, issue(f, &ca, &profile, csr, NULL, &cert), SCEP_R_CSR_KEY,
            "of a kind that profile device does not allow");
}

/* RFC 8410 5, RFC 4055 1.2: they can only sign */
static void kinds_of_the_profile_are_certified(void **state)
{
    static const struct {
        const char *kind;
        unsigned int type;
    } kinds[] = {{"ED25519", SCEP_KEY_ED25519},
                 {"ED448", SCEP_KEY_ED448},
                 {"RSA-PSS", SCEP_KEY_RSA_PSS}};
    fixture_t *f = *state;
    scep_keypair_t ca = fixture_ca(f, "P-256");
    size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        scep_profile_t profile = scep_profile_device;
        X509_REQ *csr = scep_x509_req_own(f->pool, X509_REQ_new());
        EVP_PKEY *key =
            kinds[i].type == SCEP_KEY_RSA_PSS
                ? fixture_for_pss(f, fixture_key(f, "rsa"))
                : scep_pkey_own(f->pool,
                                EVP_PKEY_Q_keygen(NULL, NULL, kinds[i].kind));
        X509 *cert;

        assert_int_equal(
            X509_REQ_set_subject_name(csr, fixture_name(f, "device")), 1);
        assert_int_equal(X509_REQ_set_pubkey(csr, key), 1);
        refused(f, issue(f, &ca, &profile, csr, NULL, &cert), SCEP_R_CSR_KEY,
                "of a kind");
        profile.key_types = kinds[i].type;
        assert_int_equal(issue(f, &ca, &profile, csr, NULL, &cert), SCEP_OK);
        assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(cert), key), 1);
        assert_int_equal(X509_get_key_usage(cert), KU_DIGITAL_SIGNATURE);
    }
}

static void validity_stays_within_the_cas(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t ca = fixture_pair(
        f, SCEP_CERT_ISSUING_CA, fixture_key(f, "P-256"), "Short CA", NULL, 10);
    scep_profile_t profile = scep_profile_device;
    X509_REQ *csr =
        fixture_csr(f, fixture_key(f, "P-256"), fixture_name(f, "device"));
    X509 *cert;

    profile.backdate = 30 * DAY;
    assert_int_equal(issue(f, &ca, &profile, csr, NULL, &cert), SCEP_OK);
    assert_int_equal(ASN1_TIME_compare(X509_get0_notBefore(cert),
                                       X509_get0_notBefore(ca.cert)),
                     0);
    assert_int_equal(ASN1_TIME_compare(X509_get0_notAfter(cert),
                                       X509_get0_notAfter(ca.cert)),
                     0);
}

/* Not the device's fault, and it shall come again. */
static void unavailable(fixture_t *f, scep_status_e status, const char *why)
{
    assert_int_equal(status, SCEP_UNAVAILABLE);
    assert_int_equal(f->res.reason, SCEP_R_CA_UNAVAILABLE);
    assert_non_null(strstr(f->res.detail, why));
}

static void a_ca_at_its_end_or_not_begun_issues_nothing(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t ca = fixture_pair(
        f, SCEP_CERT_ISSUING_CA, fixture_key(f, "P-256"), "Short CA", NULL, 10);
    X509_REQ *csr =
        fixture_csr(f, fixture_key(f, "P-256"), fixture_name(f, "device"));
    scep_profile_t brief = scep_profile_device;
    X509 *cert;

    f->now = FIXTURE_NOW + (10 * DAY - 3600) * APR_USEC_PER_SEC;
    assert_int_equal(issue(f, &ca, &scep_profile_device, csr, NULL, &cert),
                     SCEP_OK);
    f->now += APR_USEC_PER_SEC;
    unavailable(f, issue(f, &ca, &scep_profile_device, csr, NULL, &cert),
                "about to");
    brief.validity = 60;
    assert_int_equal(issue(f, &ca, &brief, csr, NULL, &cert), SCEP_OK);
    f->now = FIXTURE_NOW + 11 * DAY * APR_USEC_PER_SEC;
    unavailable(f, issue(f, &ca, &brief, csr, NULL, &cert), "expired");
    f->now = FIXTURE_NOW - 2 * DAY * APR_USEC_PER_SEC;
    unavailable(f, issue(f, &ca, &brief, csr, NULL, &cert), "not valid yet");
}

static void a_long_validity_uses_generalized_time(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t ca =
        fixture_pair(f, SCEP_CERT_ISSUING_CA, fixture_key(f, "P-256"),
                     "Long CA", NULL, 36500);

    assert_int_equal(ASN1_STRING_type(X509_get0_notBefore(ca.cert)),
                     V_ASN1_UTCTIME);
    assert_int_equal(ASN1_STRING_type(X509_get0_notAfter(ca.cert)),
                     V_ASN1_GENERALIZEDTIME);
    verifies(f, issued(f, &ca, "P-256", NULL), ca.cert);
}

static void faults_of_ours_are_broken(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t ca = fixture_ca(f, "P-256"), mixed = ca;
    X509_REQ *csr =
        fixture_csr(f, fixture_key(f, "P-256"), fixture_name(f, "device"));
    scep_profile_t profile = scep_profile_device;
    X509 *cert;

    profile.digest = "no such digest";
    assert_int_equal(issue(f, &ca, &profile, csr, NULL, &cert), SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "sign"));
    assert_null(cert);

    mixed.key = fixture_key(f, "P-256"); /* not the certificate's */
    assert_int_equal(issue(f, &mixed, &scep_profile_device, csr, NULL, &cert),
                     SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_INTERNAL);
    assert_non_null(strstr(f->res.detail, "verify"));
    assert_null(cert);
}

static void no_serial_without_randomness(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t ca = fixture_ca(f, "P-256");
    X509_REQ *csr =
        fixture_csr(f, fixture_key(f, "P-256"), fixture_name(f, "device"));
    X509 *cert;

    generator = RANDOM_FAILS;
    assert_int_equal(issue(f, &ca, &scep_profile_device, csr, NULL, &cert),
                     SCEP_BROKEN);
    assert_null(cert);
    generator = RANDOM_ZERO; /* RFC 5280 4.1.2.2: not zero */
    assert_int_equal(issue(f, &ca, &scep_profile_device, csr, NULL, &cert),
                     SCEP_BROKEN);
    generator = RANDOM_ONES; /* the largest is positive, and of 20 octets */
    assert_int_equal(issue(f, &ca, &scep_profile_device, csr, NULL, &cert),
                     SCEP_OK);
    generator = RANDOM_WORKS;
    assert_string_equal(scep_serial_text(f->pool, X509_get0_serialNumber(cert)),
                        "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
}

static void every_kind_is_as_described(void **state)
{
    const unsigned int ca_usage = KU_KEY_CERT_SIGN | KU_CRL_SIGN;
    fixture_t *f = *state;
    EVP_PKEY *key = fixture_key(f, "rsa");
    scep_keypair_t root = fixture_pair(
        f, SCEP_CERT_ROOT_CA, fixture_key(f, "P-384"), "Root", NULL, 7300);
    scep_keypair_t ca = fixture_pair(
        f, SCEP_CERT_ISSUING_CA, fixture_key(f, "P-256"), "CA", &root, 3650);
    X509 *ra = fixture_pair(f, SCEP_CERT_RA, key, "RA", &ca, 100).cert;

    assert_int_equal(X509_check_ca(root.cert), 1);
    assert_int_equal(X509_get_pathlen(root.cert), -1);
    assert_int_equal(X509_get_key_usage(root.cert), ca_usage);
    assert_int_equal(X509_get_signature_nid(root.cert), NID_ecdsa_with_SHA384);
    assert_null(X509_get0_authority_key_id(root.cert));
    verifies(f, root.cert, root.cert);

    assert_int_equal(X509_check_ca(ca.cert), 1);
    assert_int_equal(X509_get_pathlen(ca.cert), 0);
    assert_int_equal(X509_get_key_usage(ca.cert),
                     ca_usage | KU_DIGITAL_SIGNATURE);
    verifies(f, ca.cert, root.cert);

    assert_int_equal(X509_check_ca(ra), 0);
    assert_int_equal(X509_get_key_usage(ra),
                     KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT);
    verifies(f, ra, ca.cert);
    assert_int_equal(seconds(X509_get0_notBefore(ra)), NOW_SECONDS - DAY);
    assert_int_equal(seconds(X509_get0_notAfter(ra)), NOW_SECONDS + 100 * DAY);

    ra = fixture_pair(f, SCEP_CERT_RA_SIGN, key, "RA", &ca, 99999).cert;
    assert_int_equal(X509_get_key_usage(ra), KU_DIGITAL_SIGNATURE);
    assert_int_equal(
        ASN1_TIME_compare(X509_get0_notAfter(ra), X509_get0_notAfter(ca.cert)),
        0);
    ra = fixture_pair(f, SCEP_CERT_RA_ENCRYPT, key, "RA", &ca, 100).cert;
    assert_int_equal(X509_get_key_usage(ra), KU_KEY_ENCIPHERMENT);
}

static void what_cannot_be_made_is_said(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t ca = fixture_ca(f, "P-521");
    X509_NAME *name = fixture_name(f, "RA");
    X509 *cert;

    assert_int_equal(X509_get_signature_nid(ca.cert), NID_ecdsa_with_SHA512);
    assert_int_equal(scep_cert_make(SCEP_CERT_RA, fixture_key(f, "P-256"), name,
                                    &ca, 10, f->now, f->pool, &cert, &f->res),
                     SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "RSA"));
    assert_int_equal(scep_cert_make(SCEP_CERT_RA, fixture_key(f, "rsa"), name,
                                    &ca, -1, f->now, f->pool, &cert, &f->res),
                     SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "-1 days"));
    assert_int_equal(scep_cert_make(SCEP_CERT_RA, fixture_key(f, "rsa"), name,
                                    &ca, 10,
                                    f->now + 4000 * DAY * APR_USEC_PER_SEC,
                                    f->pool, &cert, &f->res),
                     SCEP_BROKEN);
    assert_null(cert);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_plain_request_is_issued),
        FIXTURE_TEST(ec_keys_and_ec_cas_work),
        FIXTURE_TEST(serials_are_random_and_positive),
        FIXTURE_TEST(the_subject_is_kept_octet_by_octet),
        FIXTURE_TEST(a_subject_in_ber_is_refused),
        FIXTURE_TEST(nothing_else_is_taken_from_the_request),
        FIXTURE_TEST(alternative_names_are_kept),
        FIXTURE_TEST(an_empty_subject_needs_a_critical_san),
        FIXTURE_TEST(malformed_extensions_are_refused),
        FIXTURE_TEST(keys_below_the_profile_are_refused),
        FIXTURE_TEST(kinds_of_the_profile_are_certified),
        FIXTURE_TEST(validity_stays_within_the_cas),
        FIXTURE_TEST(a_ca_at_its_end_or_not_begun_issues_nothing),
        FIXTURE_TEST(a_long_validity_uses_generalized_time),
        FIXTURE_TEST(faults_of_ours_are_broken),
        FIXTURE_TEST(no_serial_without_randomness),
        FIXTURE_TEST(every_kind_is_as_described),
        FIXTURE_TEST(what_cannot_be_made_is_said),
    };

    return cmocka_run_group_tests_name("cert_build", tests, NULL, NULL);
}
