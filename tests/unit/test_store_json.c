/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_store_json.c: rows as JSON, the same in the API and in scepctl.
 * (store layer) */
#include "fixture.h"

#include "scep_store_json.h"

#define NOON APR_INT64_C(1795348800000000)
#define NOON_TEXT "\"2026-11-22T12:00:00Z\""

static void test_challenge(void **state)
{
    fixture_t *f = *state;
    scep_challenge_item_t item = {.id = "5f0c",
                                  .created = NOON,
                                  .expires = NOON,
                                  .drawn_by = "al\"ice",
                                  .uses = 2};

    assert_string_equal(scep_challenge_json(&item, f->pool),
                        "{\"id\":\"5f0c\",\"created\":" NOON_TEXT
                        ",\"expires\":" NOON_TEXT
                        ",\"drawnBy\":\"al\\\"ice\",\"peer\":null,"
                        "\"label\":null,\"uses\":2,\"limits\":null}");
    item.limits = "{\"profile\":\"x\"}";
    assert_non_null(strstr(scep_challenge_json(&item, f->pool),
                           ",\"limits\":{\"profile\":\"x\"}}"));
}

static void test_request(void **state)
{
    fixture_t *f = *state;
    const scep_request_row_t row = {.id = "8b11",
                                    .state = SCEP_REQUEST_WAITING,
                                    .ca_id = "3f1b",
                                    .created = NOON,
                                    .subject = "CN=a",
                                    .source = "one-time"};

    assert_string_equal(
        scep_request_json(&row, f->pool),
        "{\"id\":\"8b11\",\"state\":\"waiting\",\"scope\":\"3f1b\","
        "\"created\":" NOON_TEXT ",\"expires\":null,\"subject\":\"CN=a\","
        "\"altNames\":null,\"extensions\":null,\"profile\":null,"
        "\"source\":\"one-time\",\"renewalOf\":null,\"peer\":null,"
        "\"transactionID\":null,\"decided\":null,\"decidedBy\":null,"
        "\"note\":null,\"serial\":null}");
}

static void test_certificate(void **state)
{
    static const char listed[] =
        "{\"serial\":\"A\",\"state\":\"revoked\",\"subject\":\"CN=a\","
        "\"notBefore\":null,\"notAfter\":" NOON_TEXT ",\"issued\":" NOON_TEXT
        ",\"profile\":\"device\",\"scope\":\"3f1b\",\"revoked\":" NOON_TEXT
        ",\"reason\":\"keyCompromise\",\"revokedBy\":null,"
        "\"predecessor\":null,\"successor\":\"B\"";
    fixture_t *f = *state;
    scep_certificate_row_t row = {.id = "1",
                                  .serial = "A",
                                  .ca_id = "3f1b",
                                  .subject = "CN=a",
                                  .profile = "device",
                                  .not_after = NOON,
                                  .created = NOON,
                                  .revoked = NOON,
                                  .reason = SCEP_REVOKED_KEY_COMPROMISE,
                                  .successor = "B",
                                  .der = {(const unsigned char *)"abc", 3}};
    apr_array_header_t *none =
        apr_array_make(f->pool, 1, sizeof(scep_certificate_row_t));

    assert_string_equal(scep_certificate_json(&row, NOON, f->pool),
                        apr_pstrcat(f->pool, listed, "}", NULL));
    assert_string_equal(
        scep_certificate_json_all(&row, none, none, NOON, f->pool),
        apr_pstrcat(f->pool, listed,
                    ",\"predecessors\":[],\"successors\":[],"
                    "\"certificate\":\"YWJj\"}",
                    NULL));
    row.revoked = 0;
    assert_non_null(strstr(scep_certificate_json(&row, NOON, f->pool),
                           "\"revoked\":null,\"reason\":null,"));
}

static void test_audit(void **state)
{
    unsigned char hash[SCEP_HASH_SIZE] = {0xab};
    fixture_t *f = *state;
    scep_audit_event_t event = {.seq = 7,
                                .at = NOON,
                                .event = "issued",
                                .challenge_hash = hash,
                                .reason = 153};
    const char *text = scep_audit_json(&event, f->pool);

    assert_non_null(strstr(text, "{\"seq\":7,\"time\":" NOON_TEXT
                                 ",\"event\":\"issued\",\"scope\":null,"
                                 "\"user\":null,\"peer\":null,"
                                 "\"transactionID\":null,\"serial\":null,"
                                 "\"challengeHash\":\"ab00"));
    assert_non_null(strstr(text,
                           "00\",\"reason\":\"SCEP0153\",\"subject\":null,"
                           "\"detail\":null}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_challenge),
        FIXTURE_TEST(test_request),
        FIXTURE_TEST(test_certificate),
        FIXTURE_TEST(test_audit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
