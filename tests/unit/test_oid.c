/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_oid.c. */
#include "fixture.h"

#include <openssl/objects.h>

#include "scep_oid.h"

static void oids_come_back_as_written(void **state)
{
    static const char *const oids[] = {
        SCEP_OID_MESSAGE_TYPE,    SCEP_OID_PKI_STATUS,
        SCEP_OID_FAIL_INFO,       SCEP_OID_SENDER_NONCE,
        SCEP_OID_RECIPIENT_NONCE, SCEP_OID_TRANSACTION_ID,
        SCEP_OID_EXTENSION_REQ,   SCEP_OID_FAIL_INFO_TEXT,
        SCEP_OID_MS_EXTENSION_REQ};
    fixture_t *f = *state;
    size_t i, j;

    for (i = 0; i < sizeof(oids) / sizeof(oids[0]); i++) {
        ASN1_OBJECT *object = scep_oid(f->pool, oids[i]);
        char text[64];

        assert_non_null(object);
        assert_true(OBJ_obj2txt(text, sizeof(text), object, 1) > 0);
        assert_string_equal(text, oids[i]);
        for (j = 0; j < i; j++) {
            assert_int_not_equal(OBJ_cmp(object, scep_oid(f->pool, oids[j])),
                                 0);
        }
    }
}

static void nothing_is_registered(void **state)
{
    fixture_t *f = *state;
    int before = OBJ_new_nid(0);

    assert_non_null(scep_oid(f->pool, SCEP_OID_MESSAGE_TYPE));
    assert_int_equal(OBJ_obj2nid(scep_oid(f->pool, SCEP_OID_MESSAGE_TYPE)),
                     NID_undef);
    assert_int_equal(OBJ_new_nid(0), before);
}

static void what_is_no_oid_is_null(void **state)
{
    fixture_t *f = *state;

    assert_null(scep_oid(f->pool, "commonName"));
    assert_null(scep_oid(f->pool, "1.2.x"));
    scep_crypto_clear_errors();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(oids_come_back_as_written),
        FIXTURE_TEST(nothing_is_registered),
        FIXTURE_TEST(what_is_no_oid_is_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
