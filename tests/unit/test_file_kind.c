/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_file_kind.c. */
#include "fixture.h"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "fixture_certs.h"
#include "scep_crypto.h"
#include "scep_file_kind.h"

/* What is said of DATA, or "". */
static const char *said(fixture_t *f, scep_octets_t data, scep_wanted_e wanted)
{
    const char *bytes =
        apr_pstrmemdup(f->pool, (const char *)data.data, data.len);
    scep_octets_t copy = {(const unsigned char *)bytes, data.len};
    const char *text = scep_file_kind(copy, "the-file", wanted, f->pool);

    assert_string_equal(scep_crypto_errors(f->pool), "");
    return text != NULL ? text : "";
}

static void says(fixture_t *f, scep_octets_t data, const char *key,
                 const char *certificate)
{
    const char *texts[] = {said(f, data, SCEP_WANTED_KEY),
                           said(f, data, SCEP_WANTED_CERTIFICATE)};

    if (strstr(texts[0], key) == NULL ||
        strstr(texts[1], certificate) == NULL) {
        fail_msg("\"%s\" and \"%s\" instead of \"%s\" and \"%s\"", texts[0],
                 texts[1], key, certificate);
    }
}

static void text_says(fixture_t *f, const char *text, const char *key,
                      const char *certificate)
{
    says(f, (scep_octets_t){(const unsigned char *)text, strlen(text)}, key,
         certificate);
}

static scep_octets_t taken(fixture_t *f, BIO *bio)
{
    return scep_bio_octets(f->pool, bio);
}

static BIO *memory(fixture_t *f)
{
    return scep_bio_own(f->pool, BIO_new(BIO_s_mem()));
}

static void test_containers(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = certs_pair(f, "P-256", "x", NULL);
    PKCS12 *p12 =
        PKCS12_create("pw", "CEP", pair.key, pair.cert, NULL, 0, 0, 0, 0, 0);
    PKCS7 *p7;
    BIO *bio = memory(f);

    assert_true(i2d_PKCS12_bio(bio, p12) > 0);
    says(f, taken(f, bio),
         "PKCS #12 (PFX) file: convert it by `openssl pkcs12 "
         "-in the-file -nocerts",
         "openssl pkcs12 -in the-file -clcerts");
    PKCS12_free(p12);
    p7 = PKCS7_new();
    assert_int_equal(PKCS7_set_type(p7, NID_pkcs7_signed), 1);
    assert_int_equal(PKCS7_content_new(p7, NID_pkcs7_data), 1);
    assert_int_equal(PKCS7_add_certificate(p7, pair.cert), 1);
    bio = memory(f);
    assert_true(i2d_PKCS7_bio(bio, p7) > 0);
    says(f, taken(f, bio), "PKCS #7 (P7B)",
         "openssl pkcs7 -inform DER -in the-file -print_certs");
    bio = memory(f);
    assert_true(PEM_write_bio_PKCS7(bio, p7) > 0);
    says(f, taken(f, bio), "PKCS #7 (P7B)",
         "openssl pkcs7 -in the-file -print_certs");
    PKCS7_free(p7);
}

static void test_der(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = certs_pair(f, "P-256", "x", NULL);
    BIO *bio = memory(f);

    i2d_X509_bio(bio, pair.cert);
    says(f, taken(f, bio), "a certificate in DER: name the private key's", "");
    bio = memory(f);
    i2d_PUBKEY_bio(bio, pair.key);
    says(f, taken(f, bio), "a public key", "a public key");
    bio = memory(f);
    i2d_PKCS8PrivateKey_bio(bio, pair.key, NULL, NULL, 0, NULL, NULL);
    says(f, taken(f, bio), "a private key in DER",
         "name the certificate's file instead");
    bio = memory(f);
    i2d_PKCS8PrivateKey_bio(bio, pair.key, EVP_aes_128_cbc(), "geheim", 6, NULL,
                            NULL);
    says(f, taken(f, bio), "an encrypted private key in DER",
         "name the certificate's file instead");
}

static void test_pem(void **state)
{
    static const struct {
        const char *label;
        const char *key;
        const char *certificate;
    } rows[] = {
        {"OPENSSH PRIVATE KEY", "ssh-keygen -p -m PKCS8 -f the-file",
         "name the certificate's"},
        {"ENCRYPTED PRIVATE KEY", "an encrypted private key",
         "name the certificate's"},
        {"RSA PRIVATE KEY", "damaged", "name the certificate's"},
        {"EC PARAMETERS", "without the key", "without the key"},
        {"TRUSTED CERTIFICATE", "trust settings", "openssl x509 -in the-file"},
        {"NEW CERTIFICATE REQUEST", "(CSR)", "(CSR): name the certificate"},
        {"CERTIFICATE", "a certificate: name the private key's", "damaged"},
        {"X509 CRL", "a CRL", "a CRL"},
        {"PUBLIC KEY", "a public key", "a public key"},
        {"PKCS12", "PFX", "PFX"},
        {"CMS", "P7B", "openssl pkcs7"},
        {"PGP PUBLIC KEY BLOCK", "", ""},
        {"SOMETHING ELSE", "", ""},
    };
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        text_says(f,
                  apr_pstrcat(f->pool, "Bag Attributes\n-----BEGIN ",
                              rows[i].label, "-----\nAAAA\n-----END ",
                              rows[i].label, "-----\n", NULL),
                  rows[i].key, rows[i].certificate);
    }
    /* the first one counts */
    text_says(f, "-----BEGIN CERTIFICATE-----\n-----BEGIN PKCS7-----\n",
              "a certificate", "damaged");
}

static void test_other_texts(void **state)
{
    fixture_t *f = *state;

    text_says(f, "", "empty", "empty");
    text_says(f, "PuTTY-User-Key-File-2: ssh-rsa", "puttygen the-file",
              "PuTTY");
    text_says(f, "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB", "SSH public key",
              "SSH public key");
    text_says(f, "<!DOCTYPE html>", "a web page", "download it again");
    text_says(
        f,
        "MIIB3NzaC1yc2EAAAADAQABAAABgQDd\nMIIB3NzaC1yc2EAAAADAQABAAABgQDd"
        "MIIB3Nz=\n",
        "base64 without PEM lines: convert it to DER by `openssl base64 -d "
        "-in the-file",
        "base64");
    text_says(f,
              "30 82 01 0a 30 82 01 0a 30 82 01 0a 30 82 01 0a\n"
              "30 82 01 0a 30 82 01 0a 30 82 01 0a 30 82 01 0a\n",
              "xxd -r -p the-file", "a hex dump");
    says(f, (scep_octets_t){(const unsigned char *)"\xff\xfe-\0-\0", 6},
         "iconv -f UTF-16", "iconv -f UTF-16");
    says(f, (scep_octets_t){(const unsigned char *)"-\0-\0-\0", 6}, "UTF-16",
         "UTF-16");
    says(f, (scep_octets_t){(const unsigned char *)"\xfe\xed\xfe\xed\0", 5},
         "keytool -importkeystore -srckeystore the-file", "keytool");
    assert_string_equal(said(f, (scep_octets_t){(const unsigned char *)"x", 1},
                             SCEP_WANTED_KEY),
                        "");
}

/* Whatever it is: it is read within its bounds. */
static void test_hostile_octets(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = certs_pair(f, "P-256", "x", NULL);
    scep_octets_t der = scep_x509_der(f->pool, pair.cert);
    unsigned char *octets = apr_pmemdup(f->pool, der.data, der.len);
    size_t i;

    for (i = 0; i < der.len; i += fixture_thin()) {
        octets[i] ^= 0x20;
        said(f, (scep_octets_t){octets, der.len}, SCEP_WANTED_KEY);
        octets[i] ^= 0x20;
        said(f, (scep_octets_t){octets, i}, SCEP_WANTED_CERTIFICATE);
    }
    text_says(f, "-----BEGIN ", "", "");
    text_says(f, "-----BEGIN -----BEGIN CERTIFICATE", "a certificate", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_containers),
        FIXTURE_TEST(test_der),
        FIXTURE_TEST(test_pem),
        FIXTURE_TEST(test_other_texts),
        FIXTURE_TEST(test_hostile_octets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
