/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_cert_san.c. */
#include "fixture_ca.h"

#include "scep_cert_san.h"

#define SID "tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3-500"

/* SAN of one openssl.cnf value. */
static scep_status_e san(fixture_t *f, const char *value, GENERAL_NAMES **names,
                         int *left_out)
{
    scep_extensions_t *e = fixture_extensions(f);

    fixture_extend(e, NID_subject_alt_name, value);
    return scep_cert_san(e, f->pool, names, left_out, &f->res);
}

/* SAN of the DER between SEQUENCE and its end, as a string literal. */
#define SAN_RAW(f, literal, names, left_out)                                   \
    san_raw(f, literal, sizeof(literal) - 1, names, left_out)

static scep_status_e san_raw(fixture_t *f, const char *octets, size_t len,
                             GENERAL_NAMES **names, int *left_out)
{
    scep_extensions_t *e = fixture_extensions(f);
    char der[256] = {0x30, (char)len};

    memcpy(der + 2, octets, len);
    fixture_extend_raw(e, NID_subject_alt_name, der, len + 2);
    return scep_cert_san(e, f->pool, names, left_out, &f->res);
}

static void no_extension_is_no_san(void **state)
{
    fixture_t *f = *state;
    GENERAL_NAMES *names;
    int left_out;

    assert_int_equal(scep_cert_san(NULL, f->pool, &names, &left_out, &f->res),
                     SCEP_OK);
    assert_null(names);
    assert_int_equal(scep_cert_san(fixture_extensions(f), f->pool, &names,
                                   &left_out, &f->res),
                     SCEP_OK);
    assert_null(names);
    assert_int_equal(SAN_RAW(f, "", &names, &left_out), SCEP_OK);
    assert_null(names);
}

static void the_usual_names_are_kept(void **state)
{
    fixture_t *f = *state;
    GENERAL_NAMES *names;
    int left_out;

    assert_int_equal(
        san(f,
            "DNS:a.example,email:u@example,URI:urn:x:1,IP:192.0.2.1,"
            "IP:2001:db8::1,RID:1.2.3,"
            "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:u@example",
            &names, &left_out),
        SCEP_OK);
    assert_int_equal(sk_GENERAL_NAME_num(names), 7);
    assert_int_equal(left_out, 0);
}

static scep_status_e uris(fixture_t *f, const char *const *texts,
                          GENERAL_NAMES **names, int *left_out)
{
    scep_extensions_t *e = fixture_extensions(f);

    fixture_extend_uris(e, texts);
    return scep_cert_san(e, f->pool, names, left_out, &f->res);
}

static void sids_are_left_out(void **state)
{
    static const char *const mixed[] = {"urn:a", SID, "urn:b", SID, NULL};
    static const char *const upper[] = {
        "TAG:Microsoft.com,2022-09-14:SID:S-1-5-18", NULL};
    fixture_t *f = *state;
    GENERAL_NAMES *names;
    int left_out;

    assert_int_equal(uris(f, mixed, &names, &left_out), SCEP_OK);
    assert_int_equal(left_out, 2);
    assert_int_equal(sk_GENERAL_NAME_num(names), 2);
    assert_memory_equal(
        ASN1_STRING_get0_data(sk_GENERAL_NAME_value(names, 1)->d.ia5), "urn:b",
        5);

    assert_int_equal(uris(f, upper, &names, &left_out), SCEP_OK);
    assert_int_equal(left_out, 1);
    assert_null(names);

    assert_int_equal(san(f,
                         "otherName:1.3.6.1.4.1.311.25.2.1;UTF8:S-1-5-18,"
                         "otherName:1.3.6.1.4.1.311.25.2;UTF8:S-1-5-18",
                         &names, &left_out),
                     SCEP_OK);
    assert_int_equal(left_out, 2);
    assert_null(names);
}

static void what_only_looks_like_a_sid_is_kept(void **state)
{
    static const char *const texts[] = {"tag:microsoft.com,2022-09-14:si",
                                        "x" SID, NULL};
    fixture_t *f = *state;
    GENERAL_NAMES *names;
    int left_out;

    assert_int_equal(uris(f, texts, &names, &left_out), SCEP_OK);
    assert_int_equal(left_out, 0);
    assert_int_equal(sk_GENERAL_NAME_num(names), 2);
    assert_int_equal(
        san(f, "otherName:1.3.6.1.4.1.311.25.20;UTF8:a", &names, &left_out),
        SCEP_OK);
    assert_int_equal(left_out, 0);
    assert_non_null(names);
}

static void refused(fixture_t *f, scep_status_e status)
{
    assert_int_equal(status, SCEP_REFUSED);
    assert_int_equal(f->res.reason, SCEP_R_NAME);
    assert_non_null(strstr(f->res.detail, "subjectAltName"));
    scep_result_init(&f->res, f->pool);
}

static void bad_encodings_are_refused(void **state)
{
    fixture_t *f = *state;
    scep_extensions_t *e = fixture_extensions(f);
    GENERAL_NAMES *names;
    int n;

    refused(f, SAN_RAW(f, "\x82\x05\x61", &names, &n));
    fixture_extend_raw(e, NID_subject_alt_name, "\x04\x01\x61", 3);
    refused(f, scep_cert_san(e, f->pool, &names, &n, &f->res));

    e = fixture_extensions(f);
    fixture_extend(e, NID_subject_alt_name, "DNS:a.example");
    fixture_extend(e, NID_subject_alt_name, "DNS:b.example");
    refused(f, scep_cert_san(e, f->pool, &names, &n, &f->res));

    /* a directoryName keeps its octets, so they must be DER: here with an
     * indefinite length inside */
    refused(f, SAN_RAW(f,
                       "\xa4\x11\x30\x0f\x31\x80\x30\x09\x06\x03\x55\x04\x03"
                       "\x0c\x02\x61\x62\x00\x00",
                       &names, &n));
}

static void a_directory_name_is_kept(void **state)
{
    fixture_t *f = *state;
    GENERAL_NAMES *names;
    int n;

    assert_int_equal(SAN_RAW(f,
                             "\xa4\x0f\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04"
                             "\x03\x0c\x02\x61\x62",
                             &names, &n),
                     SCEP_OK);
    assert_int_equal(sk_GENERAL_NAME_num(names), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(no_extension_is_no_san),
        FIXTURE_TEST(the_usual_names_are_kept),
        FIXTURE_TEST(sids_are_left_out),
        FIXTURE_TEST(what_only_looks_like_a_sid_is_kept),
        FIXTURE_TEST(bad_encodings_are_refused),
        FIXTURE_TEST(a_directory_name_is_kept),
    };

    return cmocka_run_group_tests_name("cert_san", tests, NULL, NULL);
}
