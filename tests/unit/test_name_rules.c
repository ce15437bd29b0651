/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_name_rules.c: the rules for names. */
#include "fixture.h"

#include <apr_strings.h>

#include "scep_name_rules.h"

#define X16 "xxxxxxxxxxxxxxxx"
#define X64 X16 X16 X16 X16

static const scep_name_rules_t strict = {false, false};
static const scep_name_rules_t lengths = {true, false};
static const scep_name_rules_t syntax = {false, true};

static void free_name(void *object)
{
    X509_NAME_free(object);
}

/* As a peer sends it: nothing of a name is looked at on the way in. */
static X509_NAME *read_name(fixture_t *f, const unsigned char *der, size_t len)
{
    const unsigned char *in = der;
    X509_NAME *name = d2i_X509_NAME(NULL, &in, (long)len);

    assert_non_null(name);
    return scep_own(f->pool, name, free_name);
}

/* CONTENT as an element with TAG. */
static scep_octets_t element(fixture_t *f, int tag, scep_octets_t content)
{
    unsigned char *der = apr_palloc(f->pool, content.len + 3), *to = der;

    assert_true(content.len < 0x100);
    *to++ = (unsigned char)tag;
    if (content.len >= 0x80) {
        *to++ = 0x81;
    }
    *to++ = (unsigned char)content.len;
    if (content.len > 0) {
        memcpy(to, content.data, content.len);
    }
    return (scep_octets_t){der, (size_t)(to - der) + content.len};
}

/* One attribute whose value has this type and these octets. */
static X509_NAME *name_of(fixture_t *f, int nid, int type, const char *value,
                          size_t len)
{
    scep_octets_t oid =
        scep_der_of(f->pool, OBJ_nid2obj(nid), ASN1_ITEM_rptr(ASN1_OBJECT));
    scep_octets_t der =
        element(f, type, (scep_octets_t){(const unsigned char *)value, len});
    unsigned char *pair = apr_palloc(f->pool, oid.len + der.len);

    memcpy(pair, oid.data, oid.len);
    memcpy(pair + oid.len, der.data, der.len);
    der = element(f, 0x30, (scep_octets_t){pair, oid.len + der.len});
    der = element(f, 0x30, element(f, 0x31, der));
    return read_name(f, der.data, der.len);
}

#define NAME(f, nid, type, literal)                                            \
    name_of(f, nid, type, literal, sizeof(literal) - 1)

static void test_attributes(void **state)
{
    static const struct {
        int nid, type;
        const char *value;
        size_t len;
        const char *fault; /* NULL: it is good */
    } cases[] = {
#define CASE(nid, type, literal, fault)                                        \
    {NID_##nid, V_ASN1_##type, literal, sizeof(literal) - 1, fault}
        CASE(commonName, UTF8STRING, "router", NULL),
        CASE(commonName, UTF8STRING, "a\0b",
             "CN \"a\\x00b\" has a control character (U+0000)"),
        CASE(commonName, UTF8STRING, "a\nb",
             "CN \"a\\x0ab\" has a control character (U+000A)"),
        CASE(commonName, UTF8STRING, "", "CN \"\" is empty"),
        CASE(commonName, PRINTABLESTRING, "  ", "CN \"  \" is empty"),
        CASE(commonName, UTF8STRING, X64, NULL),
        CASE(commonName, UTF8STRING, X64 "x",
             "CN \"" X64 "x\" has 65 characters, more than the 64 of RFC 5280 "
             "(ScepNameRelax lengths)"),
        CASE(commonName, PRINTABLESTRING, "a_b*c@d", NULL),
        CASE(commonName, PRINTABLESTRING, "\xe4",
             "CN \"\\xe4\" is not a PrintableString: it is not ASCII"),
        CASE(commonName, T61STRING, "M\xfcl", NULL),
        CASE(commonName, BMPSTRING, "\0a\0b", NULL),
        CASE(commonName, BIT_STRING, "\0\1", "CN \"01\" is not a string"),
        CASE(organizationName, UTF8STRING, X64 "x",
             "O \"" X64 "x\" has 65 characters, more than the 64 of RFC 5280 "
             "(ScepNameRelax lengths)"),
        CASE(localityName, UTF8STRING, X64 X64, NULL),
        CASE(pkcs9_emailAddress, IA5STRING, "a@example.com", NULL),
        CASE(pkcs9_emailAddress, UTF8STRING, "a@example.com", NULL),
        CASE(pkcs9_emailAddress, IA5STRING, "\xfc",
             "emailAddress \"\\xfc\" is not ASCII (IA5String)"),
        CASE(pkcs9_unstructuredName, IA5STRING, "router.example.com", NULL),
        CASE(serialNumber, PRINTABLESTRING, "FCZ1234", NULL),
        CASE(countryName, PRINTABLESTRING, "DE", NULL),
        CASE(countryName, UTF8STRING, "de", NULL),
        CASE(countryName, PRINTABLESTRING, "GER",
             "C \"GER\" is not a country: it must be two letters of ISO 3166"),
        CASE(countryName, PRINTABLESTRING, "D1",
             "C \"D1\" is not a country: it must be two letters of ISO 3166"),
        CASE(domainComponent, IA5STRING, "example", NULL),
        CASE(x500UniqueIdentifier, BIT_STRING, "\1\2", NULL),
        CASE(givenName, UTF8STRING, X64 X64 X64, NULL),
#undef CASE
    };
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const X509_NAME *name = name_of(f, cases[i].nid, cases[i].type,
                                        cases[i].value, cases[i].len);
        const char *fault = scep_name_fault(name, NULL, &strict, f->pool);

        if (cases[i].fault == NULL) {
            assert_null(fault);
            continue;
        }
        assert_non_null(fault);
        assert_string_equal(fault, cases[i].fault);
        /* What a certificate has already is good. */
        assert_null(scep_name_fault(name, name, &strict, f->pool));
    }
}

static void test_relaxed(void **state)
{
    fixture_t *f = *state;
    const X509_NAME *large =
        NAME(f, NID_commonName, V_ASN1_UTF8STRING, X64 "x");
    const X509_NAME *country =
        NAME(f, NID_countryName, V_ASN1_PRINTABLESTRING, "Germany");
    const X509_NAME *empty = NAME(f, NID_commonName, V_ASN1_UTF8STRING, "");

    assert_null(scep_name_fault(large, NULL, &lengths, f->pool));
    assert_non_null(scep_name_fault(large, NULL, &syntax, f->pool));
    assert_null(scep_name_fault(country, NULL, &syntax, f->pool));
    assert_non_null(scep_name_fault(country, NULL, &lengths, f->pool));
    assert_non_null(scep_name_fault(empty, NULL, &lengths, f->pool));
    assert_non_null(scep_name_fault(empty, NULL, &syntax, f->pool));
}

/* OU=b and OU=a in one RDN, which DER wants the other way round. */
static void test_order_of_a_set(void **state)
{
    static const unsigned char unsorted[] =
        "\x30\x16\x31\x14\x30\x08\x06\x03\x55\x04\x0b\x0c\x01\x62"
        "\x30\x08\x06\x03\x55\x04\x0b\x0c\x01\x61";
    static const unsigned char sorted[] =
        "\x30\x16\x31\x14\x30\x08\x06\x03\x55\x04\x0b\x0c\x01\x61"
        "\x30\x08\x06\x03\x55\x04\x0b\x0c\x01\x62";
    static const unsigned char indefinite[] =
        "\x30\x80\x31\x0a\x30\x08\x06\x03\x55\x04\x0b\x0c\x01\x62\x00\x00";
    fixture_t *f = *state;
    const X509_NAME *name = read_name(f, unsorted, sizeof(unsorted) - 1);
    const char *fault = scep_name_fault(name, NULL, &strict, f->pool);

    assert_non_null(fault);
    assert_non_null(strstr(fault, "OU=b"));
    assert_non_null(strstr(fault, "is not sorted"));
    assert_null(scep_name_fault(name, name, &strict, f->pool));
    assert_null(scep_name_fault(read_name(f, sorted, sizeof(sorted) - 1), NULL,
                                &strict, f->pool));
    fault = scep_name_fault(read_name(f, indefinite, sizeof(indefinite) - 1),
                            NULL, &strict, f->pool);
    assert_non_null(fault);
    assert_non_null(strstr(fault, "is not DER"));
}

/* One of another certificate's attributes is no reason for the rest. */
static void test_had_attributes(void **state)
{
    fixture_t *f = *state;
    X509_NAME *name = NAME(f, NID_commonName, V_ASN1_UTF8STRING, X64 "x");
    X509_NAME *had = NAME(f, NID_commonName, V_ASN1_UTF8STRING, X64 "x");

    assert_int_equal(
        X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
                                   (const unsigned char *)"Example", -1, -1, 0),
        1);
    assert_null(scep_name_fault(name, had, &strict, f->pool));
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "OU", V_ASN1_UTF8STRING,
                                                (const unsigned char *)"a\n",
                                                -1, -1, 0),
                     1);
    assert_non_null(scep_name_fault(name, had, &strict, f->pool));
}

static void free_names(void *object)
{
    GENERAL_NAMES_free(object);
}

static GENERAL_NAMES *names_of(fixture_t *f, const char *octets, size_t len)
{
    unsigned char der[512] = {0x30, (unsigned char)(0x80 | len)};
    const unsigned char *in = der;
    size_t head = 2;
    GENERAL_NAMES *names;

    if (len < 0x80) {
        der[1] = (unsigned char)len;
    }
    else {
        der[1] = 0x81;
        der[head++] = (unsigned char)len;
    }
    memcpy(der + head, octets, len);
    names = d2i_GENERAL_NAMES(NULL, &in, (long)(len + head));
    assert_non_null(names);
    return scep_own(f->pool, names, free_names);
}

#define UPN(string, len)                                                       \
    "\xa0" len "\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x14\x02\x03" string

static void test_alternative_names(void **state)
{
    static const struct {
        const char *octets;
        size_t len;
        const char *fault; /* NULL: it is good */
    } cases[] = {
#define CASE(literal, fault) {literal, sizeof(literal) - 1, fault}
        CASE("\x82\x05"
             "a.com",
             NULL),
        CASE("\x82\x00", "DNS \"\" is empty"),
        CASE("\x82\x03"
             "a\0b",
             "DNS \"a\\x00b\" has a control character "
             "(U+0000)"),
        CASE("\x82\x07"
             "m\xc3\xbcl.de",
             "DNS \"m\xc3\xbcl.de\" is not "
             "ASCII (IA5String)"),
        CASE("\x82\x03"
             "a b",
             NULL /* below */),
        CASE("\x81\x09"
             "j\xfc@ex.com",
             "email \"j\\xfc@ex.com\" is not ASCII "
             "(IA5String)"),
        CASE("\x86\x00", "URI \"\" is empty"),
        CASE("\x86\x05"
             "urn:x",
             NULL),
        CASE("\x87\x04\1\2\3\4", NULL),
        CASE("\x87\x09"
             "192.0.2.1",
             "IP \"31:39:32:2E:30:2E:32:2E:31\" has 9 octets; an address has 4 "
             "or 16 (no text and no mask)"),
        CASE("\x88\x02\x2a\x03", NULL),
        CASE("\xa4\x02\x30\x00", "directoryName \"\" is empty"),
        CASE("\xa4\x0e\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01\n",
             "directoryName: CN \"\\x0a\" has a control character (U+000A)"),
        CASE(UPN("\xa0\x03\x0c\x01"
                 "a",
                 "\x11"),
             NULL),
        CASE(UPN("\xa0\x02\x0c\x00", "\x10"), "UPN \"\" is empty"),
        CASE(UPN("\xa0\x05\x0c\x03"
                 "a\0b",
                 "\x13"),
             "UPN \"a\\x00b\" has a control character (U+0000)"),
        CASE(UPN("\xa0\x05\x0c\x03"
                 "a\nb",
                 "\x13"),
             "UPN \"a\\x0ab\" has a control character (U+000A)"),
        CASE(UPN("\xa0\x03\x0c\x01\xff", "\x11"),
             "UPN \"\\xff\" is not valid UTF-8"),
        CASE(UPN("\xa0\x03\x02\x01\x01", "\x11"),
             "otherName 1.3.6.1.4.1.311.20.2.3 \"#020101\" is not a string"),
        CASE("\xa0\x0b\x06\x02\x2a\x03\xa0\x05\x30\x03\x0c\x01\n",
             "otherName 1.2.3 \"#30030C010A\" has a control character "
             "(U+000A)"),
        CASE("\xa0\x0b\x06\x02\x2a\x03\xa0\x05\x30\x03\x04\x01\n", NULL),
        CASE("\xa5\x06\xa1\x04\x0c\x02"
             "ab",
             "ediPartyName \"#A506A1040C026162\" is of a form that is not "
             "certified"),
#undef CASE
    };
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const GENERAL_NAMES *names = names_of(f, cases[i].octets, cases[i].len);
        const char *fault;

        if (cases[i].len == 5 && memcmp(cases[i].octets,
                                        "\x82\x03"
                                        "a b",
                                        5) == 0) {
            assert_non_null(scep_san_fault(names, NULL, &strict, f->pool));
            assert_null(scep_san_fault(names, NULL, &syntax, f->pool));
            continue;
        }
        fault = scep_san_fault(names, NULL, &strict, f->pool);
        if (cases[i].fault == NULL) {
            assert_null(fault);
            continue;
        }
        assert_non_null(fault);
        assert_string_equal(fault, cases[i].fault);
        assert_non_null(scep_san_fault(names, NULL, &syntax, f->pool));
        assert_null(scep_san_fault(names, names, &strict, f->pool));
    }
    assert_null(scep_san_fault(NULL, NULL, &strict, f->pool));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_attributes),        FIXTURE_TEST(test_relaxed),
        FIXTURE_TEST(test_order_of_a_set),    FIXTURE_TEST(test_had_attributes),
        FIXTURE_TEST(test_alternative_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
