/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_handover.c: what one page hands over to the next. (challenge layer) */
#include "fixture.h"

#include <openssl/evp.h>

#include "scep_handover.h"

static const unsigned char key_octets[SCEP_HASH_SIZE] = {1, 2, 3};
static const unsigned char other_octets[SCEP_HASH_SIZE] = {1, 2, 4};

/* What fails in a wrapped call. */
static bool gcm_fails;
int __real_EVP_CipherFinal_ex(EVP_CIPHER_CTX *ctx, unsigned char *out,
                              int *len);
int __wrap_EVP_CipherFinal_ex(EVP_CIPHER_CTX *ctx, unsigned char *out,
                              int *len);

int __wrap_EVP_CipherFinal_ex(EVP_CIPHER_CTX *ctx, unsigned char *out, int *len)
{
    return gcm_fails ? 0 : __real_EVP_CipherFinal_ex(ctx, out, len);
}

static const scep_handover_t sample = {.notice = "Drawn: one",
                                       .id = "ab12",
                                       .expires = 1234567,
                                       .password = "a\nb \"\xC3\xBC\""};

static scep_handover_key_t alice(const fixture_t *f)
{
    return (scep_handover_key_t){
        {key_octets, sizeof(key_octets)}, "ca01", "CORP\\alice", f->now};
}

static const char *seal(fixture_t *f, char ticket[SCEP_HANDOVER_TICKET_SIZE])
{
    const scep_handover_key_t key = alice(f);
    const char *sealed = scep_handover_seal(&key, &sample, f->pool, ticket);

    assert_non_null(sealed);
    return sealed;
}

static bool opens(fixture_t *f, const scep_handover_key_t *key,
                  const char *ticket, const char *sealed)
{
    scep_handover_t h;
    bool ok = scep_handover_open(key, ticket, sealed, f->pool, &h);

    assert_true(ok || (h.password == NULL && h.notice == NULL && h.id == NULL));
    return ok;
}

static void test_opens_for_its_user(void **state)
{
    fixture_t *f = *state;
    char ticket[SCEP_HANDOVER_TICKET_SIZE];
    const char *sealed = seal(f, ticket);
    scep_handover_key_t key = alice(f);
    scep_handover_t h;

    assert_true(scep_handover_open(&key, ticket, sealed, f->pool, &h));
    assert_string_equal(h.notice, sample.notice);
    assert_string_equal(h.id, sample.id);
    assert_string_equal(h.password, sample.password);
    assert_true(h.expires == sample.expires);
    key.user = "CORP\\bob";
    assert_false(opens(f, &key, ticket, sealed));
    key = alice(f);
    key.ca_id = "ca02";
    assert_false(opens(f, &key, ticket, sealed));
    key = alice(f);
    key.key.data = other_octets;
    assert_false(opens(f, &key, ticket, sealed));
}

static void test_empty(void **state)
{
    fixture_t *f = *state;
    char ticket[SCEP_HANDOVER_TICKET_SIZE];
    const scep_handover_key_t key = alice(f);
    const scep_handover_t nothing = {0};
    const char *sealed = scep_handover_seal(&key, &nothing, f->pool, ticket);
    scep_handover_t h;

    assert_true(scep_handover_open(&key, ticket, sealed, f->pool, &h));
    assert_true(h.notice == NULL && h.id == NULL && h.password == NULL);
    assert_true(h.expires == 0);
}

static void test_opens_for_a_minute(void **state)
{
    fixture_t *f = *state;
    char ticket[SCEP_HANDOVER_TICKET_SIZE];
    const char *sealed = seal(f, ticket);
    scep_handover_key_t key = alice(f);

    key.now = f->now + apr_time_from_sec(SCEP_HANDOVER_SECONDS);
    assert_true(opens(f, &key, ticket, sealed));
    key.now += apr_time_from_sec(1);
    assert_false(opens(f, &key, ticket, sealed));
    key.now = f->now - apr_time_from_sec(60); /* another server's clock */
    assert_true(opens(f, &key, ticket, sealed));
    key.now -= apr_time_from_sec(1);
    assert_false(opens(f, &key, ticket, sealed));
}

static void test_nothing_else_opens(void **state)
{
    fixture_t *f = *state;
    char ticket[SCEP_HANDOVER_TICKET_SIZE], other[SCEP_HANDOVER_TICKET_SIZE];
    const char *sealed = seal(f, ticket);
    const scep_handover_key_t key = alice(f);
    size_t i;

    assert_string_not_equal(seal(f, other), sealed);
    assert_false(opens(f, &key, other, sealed));
    assert_false(opens(f, &key, NULL, sealed));
    assert_false(opens(f, &key, "", sealed));
    assert_false(opens(f, &key, ticket, NULL));
    assert_false(opens(f, &key, ticket, ""));
    assert_false(opens(f, &key, ticket, "00"));
    for (i = 0; sealed[i] != '\0'; i++) {
        char *changed = apr_pstrdup(f->pool, sealed);

        changed[i] = changed[i] == '0' ? '1' : '0';
        assert_false(opens(f, &key, ticket, changed));
        changed[i] = '\0';
        assert_false(opens(f, &key, ticket, changed));
    }
    assert_false(
        opens(f, &key, ticket, apr_pstrcat(f->pool, sealed, "00", NULL)));
}

static void test_says_nothing(void **state)
{
    fixture_t *f = *state;
    char ticket[SCEP_HANDOVER_TICKET_SIZE];
    const char *sealed = seal(f, ticket);
    const char *password =
        scep_hex_lower(f->pool, (const unsigned char *)sample.password,
                       strlen(sample.password));

    assert_null(strstr(sealed, password));
}

static void test_too_long(void **state)
{
    fixture_t *f = *state;
    char ticket[SCEP_HANDOVER_TICKET_SIZE];
    const scep_handover_key_t key = alice(f);
    char *text = apr_palloc(f->pool, 5000);
    scep_handover_t h = {.password = text};

    memset(text, 'x', 4999);
    text[4999] = '\0';
    assert_null(scep_handover_seal(&key, &h, f->pool, ticket));
}

static void test_fails_closed(void **state)
{
    fixture_t *f = *state;
    char ticket[SCEP_HANDOVER_TICKET_SIZE];
    const char *sealed = seal(f, ticket);
    const scep_handover_key_t key = alice(f);

    gcm_fails = true;
    assert_null(scep_handover_seal(&key, &sample, f->pool, ticket));
    assert_false(opens(f, &key, ticket, sealed));
    gcm_fails = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_opens_for_its_user),
        FIXTURE_TEST(test_empty),
        FIXTURE_TEST(test_opens_for_a_minute),
        FIXTURE_TEST(test_nothing_else_opens),
        FIXTURE_TEST(test_says_nothing),
        FIXTURE_TEST(test_too_long),
        FIXTURE_TEST(test_fails_closed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
