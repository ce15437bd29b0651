/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_subject_read.c: reading a subject in all forms in which it can be
 * written. */
#include "subject_fixture.h"

static void test_spellings(void **state)
{
    static const struct {
        const char *type, *written;
    } rows[] = {
        {"emailAddress", "E EMAIL email EMAILADDRESS emailAddress"},
        {"ST", "ST st S s SP stateOrProvinceName STATEORPROVINCENAME"},
        {"serialNumber", "serialNumber SERIALNUMBER serialnumber 2.5.4.5"},
        {"street", "STREET street streetAddress"},
        {"DC", "DC dc domainComponent 0.9.2342.19200300.100.1.25"},
        {"UID", "UID uid userId"},
        {"GN", "GN gn G givenName GIVENNAME"},
        {"SN", "SN sn surname SURNAME 2.5.4.4"},
        {"title", "T t title TITLE"},
        {"initials", "I initials"},
        {"CN", "CN cn Cn commonName oid.2.5.4.3"},
        {"C", "C c countryName"},
        {"O", "O o organizationName"},
        {"L", "L l localityName"},
        {"unstructuredName", "unstructuredName UNSTRUCTUREDNAME"},
    };
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *const parts[] = {rows[i].type, "DE", NULL};
        const X509_NAME *name = name_of(f, parts);
        char *last, *word = apr_strtok(apr_pstrdup(f->pool, rows[i].written),
                                       " ", &last);

        for (; word != NULL; word = apr_strtok(NULL, " ", &last)) {
            if (!fits(f, apr_pstrcat(f->pool, word, "=DE", NULL), name)) {
                fail_msg("%s", word);
            }
        }
    }
}

/* As RFC 4514, and as OpenSSL, write them. */
static void test_orders(void **state)
{
    static const char *const parts[] = {"DC",  "com", "DC",  "example", "O",
                                        "a/b", "CN",  "x,y", NULL};
    fixture_t *f = *state;
    const X509_NAME *name = name_of(f, parts);

    assert_true(fits(f, "CN=x\\,y,O=a/b,DC=example,DC=com", name));
    assert_true(fits(f, "CN=x\\,y, O=a/b, DC=example, DC=com", name));
    assert_true(fits(f, "O=a/b,DC=example,CN=\"x,y\",DC=com", name));
    assert_true(fits(f, "/DC=com/DC=example/O=a\\/b/CN=x,y", name));
    assert_true(fits(f, "DC = com, DC = example, O = a/b, CN = \"x,y\"", name));
    assert_false(fits(f, "DC=com,DC=example,O=a/b,CN=x\\,y", name));
    assert_false(fits(f, "/DC=example/DC=com/O=a\\/b/CN=x,y", name));
}

static void test_malformed(void **state)
{
    static const char *const bad[] = {
        "router",
        "CN=a,",
        "CN=a,b",
        "=a",
        "nonsense=a",
        "CN=#0403666f",
        "CN=#0403666f6f00",
        "CN=#0z",
        "CN=\"a",
        "CN=\"a\"b",
        "CN=a\\",
        ",CN=a",
        "**",
        "/",
        "/CN=a/b",
        "CN=a+b",
        "/CN=a/",
        "subject=CN=a",
        "CN=a\\\\, b\\n",
    };
    fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *error = NULL;

        if (scep_subject_rule(f->pool, bad[i], &error) != NULL) {
            fail_msg("%s", bad[i]);
        }
        assert_non_null(error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_spellings),
        FIXTURE_TEST(test_orders),
        FIXTURE_TEST(test_malformed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
