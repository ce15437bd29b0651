/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_issue.c: an id that another key takes while a certificate is signed. */
#include "enroll_fixture.h"

#include "scep_issue.h"

static scep_enrolment_t begin(enroll_fixture_t *f, scep_source_e source)
{
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", NULL);
    scep_pkimessage_t *msg = enroll_message(f, "t", &f->device, csr);
    scep_reply_t *reply = apr_pcalloc(f->base.pool, sizeof(*reply));
    scep_enrolment_t e;

    enroll_reset_result(f);
    assert_int_equal(scep_enrolment_open(&f->req, msg, reply, &e, &f->base.res),
                     SCEP_OK);
    e.claim.source = source;
    return e;
}

/* What was not recalled the store's write transaction finds. */
static void test_another_signer_meanwhile(void **state)
{
    enroll_fixture_t *f = *state;
    scep_enrolment_t e = begin(f, SCEP_SOURCE_SINGLE);

    assert_int_equal(scep_issue(&e, &f->base.res), SCEP_OK);
    assert_non_null(e.reply->cert);
    e = begin(f, SCEP_SOURCE_SINGLE);
    e.signer_hash[0] ^= 1;
    assert_int_equal(scep_issue(&e, &f->base.res), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_TRANSACTION_REUSED);
    assert_null(e.reply->cert);
    assert_int_equal(f->issued, 2);
}

/* Recalled: nothing is signed for it. */
static void test_id_is_held_against_the_unproved(void **state)
{
    enroll_fixture_t *f = *state;
    scep_enrolment_t e = begin(f, SCEP_SOURCE_NONE);

    e.recall.holder = SCEP_ID_HELD_UNPROVED;
    assert_int_equal(scep_issue(&e, &f->base.res), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_TRANSACTION_REUSED);
    assert_int_equal(f->issued, 0);
    e = begin(f, SCEP_SOURCE_SINGLE);
    e.recall.holder = SCEP_ID_HELD_UNPROVED;
    assert_int_equal(scep_issue(&e, &f->base.res), SCEP_OK);
    assert_int_equal(f->issued, 1);
}

static void test_the_ca_gives_nothing(void **state)
{
    enroll_fixture_t *f = *state;
    scep_enrolment_t e = begin(f, SCEP_SOURCE_SINGLE);

    f->backend_status = SCEP_PENDING;
    assert_int_equal(scep_issue(&e, &f->base.res), SCEP_UNAVAILABLE);
    assert_int_equal(f->base.res.reason, SCEP_R_CA_UNAVAILABLE);
    f->backend_ticket = "ticket";
    e = begin(f, SCEP_SOURCE_SINGLE);
    assert_int_equal(scep_issue(&e, &f->base.res), SCEP_PENDING);
    assert_string_equal(e.ticket, "ticket");
    enroll_reset_result(f);
    assert_int_equal(scep_issue_record(&e, NULL, &f->base.res), SCEP_BROKEN);
    assert_null(e.reply->cert);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_another_signer_meanwhile),
        ENROLL_TEST(test_id_is_held_against_the_unproved),
        ENROLL_TEST(test_the_ca_gives_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
