/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_profile.c. */
#include "fixture.h"

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "scep_profile.h"

static void device_is_as_documented(void **state)
{
    const scep_profile_t *p = &scep_profile_device;

    (void)state;
    assert_string_equal(p->name, "device");
    assert_int_equal(p->validity, 365 * 86400);
    assert_int_equal(p->backdate, 86400);
    assert_int_equal(p->min_rsa_bits, 2048);
    assert_int_equal(p->key_usage, KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT);
    assert_int_equal(OBJ_txt2nid(p->ext_key_usage[0]), NID_client_auth);
    assert_null(p->ext_key_usage[1]);
    assert_non_null(EVP_get_digestbyname(p->digest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(device_is_as_documented),
    };

    return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
