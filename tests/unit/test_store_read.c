/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_store_read.c: what is in columns. (store layer) */
#include "store_fixture.h"

#include "scep_store_p.h"

static void test_what_nothing_can_be_made_of(void **state)
{
    fixture_t *f = *state;
    const char *const word = "seven", *const number = "7";
    const char *hash =
        scep_hex_lower(f->pool, sample_hash(f->pool, 'p', 1), SCEP_HASH_SIZE);
    const scep_sql_value_t none = {apr_pstrcat(f->pool, hash, "0", NULL), 0};
    scep_store_t *store = db_ready(f);
    scep_octets_t octets;
    apr_int64_t found;

    assert_false(scep_store_take_number(&found, &number, 1));
    assert_int_equal(found, 7);
    scep_store_take_number(&found, &word, 1);
    assert_int_equal(found, -1);
    assert_int_equal(scep_store_read_number(store, SCEP_Q_DOCUMENT_FIND, &none,
                                            "documents", &found, &f->res),
                     SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "documents"));
    assert_int_equal(found, -1);
    assert_memory_equal(scep_store_hash(f->pool, hash),
                        sample_hash(f->pool, 'p', 1), SCEP_HASH_SIZE);
    assert_null(scep_store_hash(f->pool, none.text));
    assert_null(scep_store_hash(f->pool, NULL));
    assert_true(scep_store_octets(f->pool, "736576656e", &octets));
    assert_int_equal(octets.len, 5);
    assert_memory_equal(octets.data, "seven", 5);
    assert_false(scep_store_octets(f->pool, "736576656", &octets));
    assert_false(scep_store_octets(f->pool, NULL, &octets));
}

static void test_octets_there_and_back(void **state)
{
    fixture_t *f = *state;
    const unsigned char data[] = {0, 1, 0xfe, 0xff};
    const scep_octets_t octets = {data, sizeof(data)};
    char id[SCEP_STORE_ID_SIZE], other[SCEP_STORE_ID_SIZE];
    scep_octets_t back;

    assert_string_equal(scep_store_octets_hex(f->pool, octets), "0001feff");
    assert_true(scep_store_octets(f->pool, "0001feff", &back));
    assert_int_equal(back.len, sizeof(data));
    assert_memory_equal(back.data, data, sizeof(data));
    assert_true(scep_store_octets(f->pool, "", &back));
    assert_int_equal(back.len, 0);
    assert_int_equal(scep_store_new_id(id, &f->res), SCEP_OK);
    assert_int_equal(scep_store_new_id(other, &f->res), SCEP_OK);
    assert_int_equal(strspn(id, "0123456789abcdef"), SCEP_STORE_ID_SIZE - 1);
    assert_string_not_equal(id, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_what_nothing_can_be_made_of),
        FIXTURE_TEST(test_octets_there_and_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
