/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_issuer_serial.c: IssuerAndSerialNumber from peers. (protocol layer)
 */
#include "fixture.h"

#include <openssl/pkcs7.h>

#include "scep_issuer_serial.h"

/* SEQUENCE { SEQUENCE { SET { SEQUENCE { CN, UTF8String "ca" } } },
 * INTEGER 0x00ff01 } */
static const unsigned char good[] = {
    0x30, 0x14, 0x30, 0x0d, 0x31, 0x0b, 0x30, 0x09, 0x06, 0x03, 0x55,
    0x04, 0x03, 0x0c, 0x02, 'c',  'a',  0x02, 0x03, 0x00, 0xff, 0x01};

static scep_status_e parse(fixture_t *f, const void *data, size_t len,
                           scep_issuer_serial_t *id)
{
    scep_octets_t der = {data, len};

    scep_result_init(&f->res, f->pool);
    return scep_issuer_serial_parse(der, f->pool, id, &f->res);
}

static void test_good(void **state)
{
    fixture_t *f = *state;
    scep_issuer_serial_t id;

    assert_int_equal(parse(f, good, sizeof(good), &id), SCEP_OK);
    assert_string_equal(scep_name_text(f->pool, id.issuer), "CN=ca");
    assert_string_equal(id.serial, "FF01");
}

static void test_indefinite_length(void **state)
{
    fixture_t *f = *state;
    unsigned char ber[sizeof(good) + 2];
    scep_issuer_serial_t id;

    memcpy(ber, good, sizeof(good));
    ber[1] = 0x80;
    ber[sizeof(good)] = ber[sizeof(good) + 1] = 0;
    assert_int_equal(parse(f, ber, sizeof(ber), &id), SCEP_OK);
    assert_string_equal(id.serial, "FF01");
}

static void test_every_cut_is_refused(void **state)
{
    fixture_t *f = *state;
    scep_issuer_serial_t id;
    size_t len;

    for (len = 0; len < sizeof(good); len++) {
        assert_int_equal(parse(f, good, len, &id), SCEP_REFUSED);
        assert_int_equal(f->res.reason, SCEP_R_CONTENT);
    }
}

/* What a peer changes is refused or read as something else, never more. */
static void test_every_octet_changed(void **state)
{
    fixture_t *f = *state;
    unsigned char bad[sizeof(good)];
    scep_issuer_serial_t id;
    size_t at;
    int with;

    for (at = 0; at < sizeof(good); at++) {
        for (with = 1; with < 256; with++) {
            scep_status_e status;

            memcpy(bad, good, sizeof(good));
            bad[at] ^= (unsigned char)with;
            status = parse(f, bad, sizeof(bad), &id);
            assert_true(status == SCEP_OK || f->res.reason == SCEP_R_CONTENT);
            scep_crypto_clear_errors();
        }
    }
}

static void test_trailing_octets(void **state)
{
    fixture_t *f = *state;
    unsigned char bad[sizeof(good) + 2] = {0};
    scep_issuer_serial_t id;

    memcpy(bad, good, sizeof(good));
    bad[sizeof(good)] = 0x05; /* NULL, behind it */
    assert_int_equal(parse(f, bad, sizeof(bad), &id), SCEP_REFUSED);
    bad[1] += 2; /* and inside */
    assert_int_equal(parse(f, bad, sizeof(bad), &id), SCEP_REFUSED);
}

static void test_limits(void **state)
{
    fixture_t *f = *state;
    unsigned char *big = apr_pcalloc(f->pool, SCEP_MAX_ISSUER_SERIAL + 1);
    unsigned char der[128];
    scep_issuer_serial_t id;
    size_t len;

    assert_int_equal(parse(f, big, SCEP_MAX_ISSUER_SERIAL + 1, &id),
                     SCEP_REFUSED);
    assert_non_null(strstr(f->res.detail, "too long"));
    for (len = SCEP_MAX_SERIAL; len <= SCEP_MAX_SERIAL + 1; len++) {
        memset(der, 0x11, sizeof(der));
        memcpy(der, good, 17);
        der[1] = (unsigned char)(15 + 2 + len);
        der[17] = 0x02;
        der[18] = (unsigned char)len;
        assert_int_equal(parse(f, der, 19 + len, &id),
                         len == SCEP_MAX_SERIAL ? SCEP_OK : SCEP_REFUSED);
    }
    memcpy(der, good, 17);
    der[1] = 15 + 2;
    der[17] = 0x02;
    der[18] = 0;
    assert_int_equal(parse(f, der, 19, &id), SCEP_REFUSED);
}

/* A name that is none: a SEQUENCE that holds an INTEGER. */
static void test_no_name(void **state)
{
    static const unsigned char bad[] = {0x30, 0x08, 0x30, 0x03, 0x02,
                                        0x01, 0x01, 0x02, 0x01, 0x01};
    fixture_t *f = *state;
    scep_issuer_serial_t id;

    assert_int_equal(parse(f, bad, sizeof(bad), &id), SCEP_REFUSED);
    assert_int_equal(f->res.reason, SCEP_R_CONTENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_good),
        FIXTURE_TEST(test_indefinite_length),
        FIXTURE_TEST(test_every_cut_is_refused),
        FIXTURE_TEST(test_every_octet_changed),
        FIXTURE_TEST(test_trailing_octets),
        FIXTURE_TEST(test_limits),
        FIXTURE_TEST(test_no_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
