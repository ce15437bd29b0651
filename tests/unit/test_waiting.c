/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_waiting.c: requests that wait for an operator or for the CA. */
#include "enroll_fixture.h"

#include "recall_fixture.h"
#include "scep_draw.h"
#include "scep_waiting.h"
#include "scep_pkcsreq.h"
#include "scep_approval.h"

static void be_ready(enroll_fixture_t *f, bool manual)
{
    f->policy.approval.manual = manual;
    f->policy.approval.expiry = apr_time_from_sec(3600);
    f->policy.approval.limits = (scep_queue_limits_t){2, 9, 9};
}

static scep_status_e ask(enroll_fixture_t *f, const char *id, scep_octets_t csr,
                         X509 **cert)
{
    scep_pkimessage_t *msg = enroll_message(f, id, &f->device, csr);
    scep_reply_t reply = {.cert = NULL};
    scep_status_e status;

    status = enroll_serve(f, scep_pkcsreq, msg, &reply);
    *cert = reply.cert;
    return status;
}

static scep_request_row_t *waiting(enroll_fixture_t *f, const char *id)
{
    scep_request_row_t *row;

    assert_int_equal(request_of(f->service.store, f->service.ca_id, id, NULL,
                                f->base.now, f->base.pool, &row, &f->base.res),
                     SCEP_OK);
    return row;
}

static void decide(enroll_fixture_t *f, const char *id, bool yes)
{
    const scep_operator_t who = {.actor = "alice", .now = f->base.now};

    assert_int_equal((yes ? scep_approval_give : scep_approval_refuse)(
                         f->service.store, waiting(f, id)->id, &who,
                         f->base.pool, &f->base.res),
                     SCEP_OK);
}

static void test_waits_and_is_issued(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f);
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", password);
    X509 *cert, *again;

    be_ready(f, true);
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_PENDING);
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_PENDING);
    assert_int_equal(f->issued, 0);
    assert_int_equal(
        scep_challenge_table_count(f->service.challenges, f->base.now), 0);
    decide(f, "t", true);
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_OK);
    assert_int_equal(ask(f, "t", csr, &again), SCEP_OK);
    assert_int_equal(X509_cmp(cert, again), 0);
    assert_int_equal(f->issued, 1);
    assert_non_null(strstr(f->base.log, "SCEP0223"));
    assert_null(strstr(f->base.log, password));
}

/* The password expires long before somebody finds the time. */
static void test_password_is_over_at_approval(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", enroll_draw(f));
    X509 *cert;

    be_ready(f, true);
    f->policy.approval.expiry = apr_time_from_sec(86400);
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_PENDING);
    f->base.now += f->policy.password_validity + apr_time_from_sec(60);
    decide(f, "t", true);
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_OK);
}

static void test_password_is_bound_to_it(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f);
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", password);
    scep_octets_t other = enroll_csr(f, f->device.key, "other", password);
    X509 *cert;

    be_ready(f, true);
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_PENDING);
    assert_int_equal(ask(f, "u", other, &cert), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_SPENT);
    decide(f, "t", false);
    assert_int_equal(ask(f, "u", other, &cert), SCEP_PENDING);
}

/* A device that was switched off and on may take another id. */
static void test_same_request_under_another_id(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", enroll_draw(f));
    X509 *cert, *again;

    be_ready(f, true);
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_PENDING);
    assert_int_equal(ask(f, "u", csr, &cert), SCEP_PENDING);
    assert_int_equal(waiting(f, "u")->state, SCEP_REQUEST_WAITING);
    decide(f, "u", true);
    assert_int_equal(ask(f, "u", csr, &cert), SCEP_OK);
    assert_int_equal(ask(f, "v", csr, &again), SCEP_OK);
    assert_int_equal(X509_cmp(cert, again), 0);
    assert_int_equal(f->issued, 1);
}

static void test_password_of_what_has_run_out(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f);
    X509 *cert;

    be_ready(f, true);
    f->policy.approval.expiry = apr_time_from_sec(60);
    assert_int_equal(
        ask(f, "t", enroll_csr(f, f->device.key, "a", password), &cert),
        SCEP_PENDING);
    f->base.now += apr_time_from_sec(60);
    assert_int_equal(
        ask(f, "u", enroll_csr(f, f->device.key, "b", password), &cert),
        SCEP_PENDING);
    assert_int_equal(
        ask(f, "v", enroll_csr(f, f->device.key, "c", password), &cert),
        SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_SPENT);
}

static void test_what_else_comes_under_its_id(void **state)
{
    enroll_fixture_t *f = *state;
    X509 *cert;

    be_ready(f, true);
    f->policy.sources.source[0] = SCEP_SOURCE_NONE;
    assert_int_equal(
        ask(f, "t", enroll_csr(f, f->device.key, "a", NULL), &cert),
        SCEP_PENDING);
    assert_int_equal(
        ask(f, "t", enroll_csr(f, f->device.key, "b", NULL), &cert),
        SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_TRANSACTION_REUSED);
    assert_int_equal(
        ask(f, "u", enroll_csr(f, f->device.key, "b", NULL), &cert),
        SCEP_PENDING);
    assert_int_equal(
        ask(f, "v", enroll_csr(f, f->device.key, "c", NULL), &cert),
        SCEP_UNAVAILABLE);
    assert_int_equal(f->base.res.reason, SCEP_R_REQUESTS_FULL);
    f->base.now += apr_time_from_sec(3600); /* they have run out */
    assert_int_equal(
        ask(f, "t", enroll_csr(f, f->device.key, "b", NULL), &cert),
        SCEP_PENDING);
}

static void test_waits_for_the_ca(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", enroll_draw(f));
    X509 *cert;

    be_ready(f, false);
    f->backend_status = SCEP_PENDING;
    f->backend_ticket = "one";
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_PENDING);
    assert_string_equal(waiting(f, "t")->ticket, "one");
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_PENDING);
    f->backend_status = SCEP_UNAVAILABLE;
    f->backend_reason = SCEP_R_CA_UNAVAILABLE;
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_UNAVAILABLE);
    f->backend_status = SCEP_OK;
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_OK);
    assert_non_null(cert);
    assert_int_equal(waiting(f, "t")->state, SCEP_REQUEST_ISSUED);
}

static const scep_ca_backend_t *fixture_backend;

/* The request that was "one" is "two" from now on. */
static scep_status_e poll_renamed(void *ca, const scep_env_t *env,
                                  const char *ticket, apr_pool_t *pool,
                                  scep_ca_answer_t *answer, scep_result_t *res)
{
    if (strcmp(ticket, "one") == 0) {
        answer->ticket = "two";
        return SCEP_PENDING;
    }
    return fixture_backend->poll(ca, env, ticket, pool, answer, res);
}

static void test_the_ca_changes_its_ticket(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", enroll_draw(f));
    scep_ca_backend_t backend = *f->service.backend;
    apr_time_t until;
    X509 *cert;

    be_ready(f, false);
    fixture_backend = f->service.backend;
    backend.poll = poll_renamed;
    f->service.backend = &backend;
    f->backend_status = SCEP_PENDING;
    f->backend_ticket = "one";
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_PENDING);
    until = waiting(f, "t")->expires;
    f->backend_ticket = "two";
    f->base.now += APR_USEC_PER_SEC;
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_PENDING);
    assert_string_equal(waiting(f, "t")->ticket, "two");
    assert_true(waiting(f, "t")->expires == until + APR_USEC_PER_SEC);
    /* the same one again does not let it wait longer */
    f->base.now += APR_USEC_PER_SEC;
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_PENDING);
    assert_true(waiting(f, "t")->expires == until + APR_USEC_PER_SEC);
    f->backend_status = SCEP_OK;
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_OK);
    assert_non_null(cert);
}

/* What somebody recorded before takes no request away from the id under which
 * its device asks now. */
static void test_replay_moves_nothing(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", enroll_draw(f));
    scep_pkimessage_t *first = enroll_message(f, "t", &f->device, csr);
    scep_reply_t reply = {.cert = NULL};
    scep_request_row_t *row;
    X509 *cert;

    be_ready(f, true);
    assert_int_equal(enroll_serve(f, scep_pkcsreq, first, &reply),
                     SCEP_PENDING);
    assert_int_equal(ask(f, "u", csr, &cert), SCEP_PENDING);
    row = waiting(f, "u");
    assert_int_equal(enroll_serve(f, scep_pkcsreq, first, &reply),
                     SCEP_PENDING);
    assert_string_equal(waiting(f, "u")->id, row->id);
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_PENDING); /* a new message */
    assert_string_equal(waiting(f, "t")->id, row->id);
}

/* S16: that a request waited makes its message no other. */
static void test_replayed_after_it_waited(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", NULL);
    scep_pkimessage_t *first = enroll_message(f, "t", &f->device, csr);
    scep_reply_t reply = {.cert = NULL};
    X509 *cert;

    be_ready(f, false);
    f->policy.sources.source[0] = SCEP_SOURCE_NONE;
    f->backend_status = SCEP_PENDING;
    f->backend_ticket = "one";
    assert_int_equal(enroll_serve(f, scep_pkcsreq, first, &reply),
                     SCEP_PENDING);
    f->backend_status = SCEP_OK;
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_OK);
    f->base.now += f->policy.retry_window + APR_USEC_PER_SEC;
    assert_int_equal(enroll_serve(f, scep_pkcsreq, first, &reply), SCEP_OK);
    assert_int_equal(X509_cmp(reply.cert, cert), 0);
}

static void test_refused_by_the_ca_after_all(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f);
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", password);
    X509 *cert;

    be_ready(f, true);
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_PENDING);
    decide(f, "t", true);
    f->backend_status = SCEP_PENDING; /* now it waits for that */
    f->backend_ticket = "one";
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_PENDING);
    assert_int_equal(waiting(f, "t")->state, SCEP_REQUEST_AT_CA);
    f->backend_ticket = "another"; /* which it does not know any more */
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CA_REFUSED);
    assert_int_equal(waiting(f, "t")->state, SCEP_REQUEST_REJECTED);
    f->policy.approval.manual = false;
    f->backend_status = SCEP_OK;
    assert_int_equal(ask(f, "u", csr, &cert), SCEP_OK);
}

static void test_without_a_ticket(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", enroll_draw(f));
    X509 *cert;

    be_ready(f, false);
    f->backend_status = SCEP_PENDING;
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_UNAVAILABLE);
    f->backend_status = SCEP_OK; /* and the password is good */
    assert_int_equal(ask(f, "u", csr, &cert), SCEP_OK);
}

/* Its holder is answered, whoever waits with the same password. */
static void test_one_of_several_waits(void **state)
{
    enroll_fixture_t *f = *state;
    const scep_draw_params_t params = {.uses = 2};
    scep_octets_t csr;
    scep_drawn_t drawn;
    X509 *cert, *again;

    be_ready(f, false);
    f->policy.password_validity = apr_time_from_sec(86400);
    assert_int_equal(scep_draw(&f->req, "alice", &params, &drawn, &f->base.res),
                     SCEP_OK);
    csr = enroll_csr(f, f->device.key, "a", drawn.password);
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_OK);
    f->policy.approval.manual = true;
    assert_int_equal(
        ask(f, "u", enroll_csr(f, f->device.key, "b", drawn.password), &again),
        SCEP_PENDING);
    f->base.now += f->policy.retry_window + APR_USEC_PER_SEC;
    assert_int_equal(ask(f, "t", csr, &again), SCEP_OK);
    assert_int_equal(X509_cmp(cert, again), 0);
    /* and once that has run out, there is a use again */
    f->base.now = waiting(f, "u")->expires - APR_USEC_PER_SEC;
    f->policy.approval.manual = false;
    csr = enroll_csr(f, f->device.key, "c", drawn.password);
    assert_int_equal(ask(f, "v", csr, &cert), SCEP_REFUSED);
    f->base.now += APR_USEC_PER_SEC;
    assert_int_equal(ask(f, "v", csr, &cert), SCEP_OK);
}

/* Whichever of those that hold it has run out. */
static void test_one_of_two_that_wait_has_run_out(void **state)
{
    enroll_fixture_t *f = *state;
    const scep_draw_params_t params = {.uses = 2};
    scep_drawn_t drawn;
    X509 *cert;

    be_ready(f, true);
    f->policy.approval.expiry = apr_time_from_sec(60);
    assert_int_equal(scep_draw(&f->req, "alice", &params, &drawn, &f->base.res),
                     SCEP_OK);
    assert_int_equal(
        ask(f, "t", enroll_csr(f, f->device.key, "a", drawn.password), &cert),
        SCEP_PENDING);
    f->base.now += apr_time_from_sec(30);
    assert_int_equal(
        ask(f, "u", enroll_csr(f, f->device.key, "b", drawn.password), &cert),
        SCEP_PENDING);
    f->base.now += apr_time_from_sec(30);
    assert_int_equal(
        ask(f, "v", enroll_csr(f, f->device.key, "c", drawn.password), &cert),
        SCEP_PENDING);
    assert_int_equal(
        ask(f, "w", enroll_csr(f, f->device.key, "d", drawn.password), &cert),
        SCEP_REFUSED);
}

static scep_status_e ask_other(enroll_fixture_t *f, const char *id,
                               const char *password, X509 **cert)
{
    scep_keypair_t signer = {enroll_self_signed(f, f->other_key), f->other_key};
    scep_octets_t csr = enroll_csr(f, f->other_key, "dev", password);
    scep_reply_t reply = {.cert = NULL};
    scep_status_e status;

    status = enroll_serve(f, scep_pkcsreq, enroll_message(f, id, &signer, csr),
                          &reply);
    *cert = reply.cert;
    return status;
}

/* Of a key that begins anew again and again, the newest waits, and who polls
 * for an older one is told. */
static void test_newest_of_a_key(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f), *another = enroll_draw(f);
    scep_octets_t csr = enroll_csr(f, f->device.key, "a", password);
    X509 *cert;

    be_ready(f, true);
    f->policy.approval.limits.key = 1;
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_PENDING);
    assert_int_equal(
        ask(f, "u", enroll_csr(f, f->device.key, "b", another), &cert),
        SCEP_PENDING);
    assert_int_equal(waiting(f, "t")->state, SCEP_REQUEST_REJECTED);
    assert_int_equal(waiting(f, "u")->state, SCEP_REQUEST_WAITING);
    assert_non_null(strstr(f->base.log, "SCEP0224"));
    /* the older one's password is good again */
    assert_int_equal(
        ask(f, "v", enroll_csr(f, f->device.key, "c", password), &cert),
        SCEP_PENDING);
    assert_int_equal(waiting(f, "u")->state, SCEP_REQUEST_REJECTED);
}

static void test_as_many_of_one_address(void **state)
{
    enroll_fixture_t *f = *state;
    X509 *cert;

    be_ready(f, true);
    f->policy.approval.limits = (scep_queue_limits_t){9, 1, 9};
    f->policy.sources.source[0] = SCEP_SOURCE_NONE;
    f->req.peer = "2001:db8::1";
    assert_int_equal(
        ask(f, "t", enroll_csr(f, f->device.key, "a", NULL), &cert),
        SCEP_PENDING);
    f->req.peer = "2001:db8::2";
    assert_int_equal(
        ask(f, "u", enroll_csr(f, f->device.key, "b", NULL), &cert),
        SCEP_REFUSED);
    assert_int_equal(f->base.res.log_number, 178); /* SCEP0178 */
    assert_int_equal(f->base.res.http_status, 429);
    assert_non_null(strstr(f->base.res.detail, "2001:db8::/64"));
    f->req.peer = "2001:db8:0:1::1";
    assert_int_equal(
        ask(f, "u", enroll_csr(f, f->device.key, "b", NULL), &cert),
        SCEP_PENDING);
}

/* A stranger, who has no password, queues a request under the id of a device
 * that has one; and whoever proved something keeps the id at its endpoint. */
static void test_an_id_is_a_keys(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", enroll_draw(f));
    X509 *cert;

    be_ready(f, true);
    f->policy.approval.limits.all = 9;
    f->req.endpoint = "/open";
    f->policy.sources = (scep_sources_t){
        .count = 2, .source = {SCEP_SOURCE_ONE_TIME, SCEP_SOURCE_NONE}};
    assert_int_equal(ask_other(f, "t", NULL, &cert), SCEP_PENDING);
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_PENDING);
    /* each is answered by its own */
    assert_int_equal(ask_other(f, "t", NULL, &cert), SCEP_PENDING);
    /* what was proved holds its id, here */
    csr = enroll_csr(f, f->device.key, "dev", enroll_draw(f));
    assert_int_equal(ask(f, "p", csr, &cert), SCEP_PENDING);
    assert_int_equal(ask_other(f, "p", enroll_draw(f), &cert), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_TRANSACTION_REUSED);
    f->req.endpoint = "/other";
    assert_int_equal(ask_other(f, "p", enroll_draw(f), &cert), SCEP_PENDING);
    assert_int_equal(ask(f, "p", csr, &cert), SCEP_PENDING);
}

/* R42: two wait for the same subject; whoever comes later is told at once. */
static void test_subject_is_taken_meanwhile(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f), *another = enroll_draw(f);
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", password);
    X509 *cert;

    be_ready(f, true);
    f->policy.duplicate = SCEP_DUPLICATE_REFUSE;
    assert_int_equal(ask(f, "1", csr, &cert), SCEP_PENDING);
    assert_int_equal(ask_other(f, "2", another, &cert), SCEP_PENDING);
    decide(f, "1", true);
    decide(f, "2", true);
    assert_int_equal(ask_other(f, "2", another, &cert), SCEP_OK);
    assert_int_equal(ask(f, "1", csr, &cert), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_DUPLICATE_SUBJECT);
    assert_int_equal(waiting(f, "1")->state, SCEP_REQUEST_REJECTED);
    assert_string_equal(waiting(f, "1")->note,
                        "the subject has a valid certificate");
    assert_int_equal(f->issued, 1);
    assert_int_equal(ask(f, "3", csr, &cert), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_DUPLICATE_SUBJECT);
    /* the password is good again */
    assert_int_equal(
        ask(f, "4", enroll_csr(f, f->device.key, "new", password), &cert),
        SCEP_PENDING);
}

static void test_subject_is_taken_at_the_ca(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f);
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", password);
    X509 *cert;

    be_ready(f, false);
    f->policy.duplicate = SCEP_DUPLICATE_REFUSE;
    f->backend_status = SCEP_PENDING;
    f->backend_ticket = "one";
    assert_int_equal(ask(f, "1", csr, &cert), SCEP_PENDING);
    f->backend_status = SCEP_OK;
    /* the ticket stands for what asked last */
    assert_int_equal(ask_other(f, "2", enroll_draw(f), &cert), SCEP_OK);
    assert_int_equal(ask(f, "1", csr, &cert), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_DUPLICATE_SUBJECT);
    assert_null(cert);
    assert_int_equal(waiting(f, "1")->state, SCEP_REQUEST_REJECTED);
    assert_int_equal(
        ask(f, "3", enroll_csr(f, f->device.key, "new", password), &cert),
        SCEP_OK);
}

static void assert_no(enroll_fixture_t *f, const char *id, scep_octets_t csr,
                      scep_reason_e reason)
{
    X509 *cert;

    assert_int_equal(ask(f, id, csr, &cert), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, reason);
    assert_null(cert);
}

/* Invariant 12: no is no, here and where everything is issued at once. */
static void test_rejected_is_rejected(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f);
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", password);
    X509 *cert;
    int day;

    f->policy.password_validity = apr_time_from_sec(86400);
    be_ready(f, true);
    f->policy.approval.expiry = apr_time_from_sec((apr_int64_t)7 * 86400);
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_PENDING);
    decide(f, "t", false);
    /* which costs it nothing: the password is as good as before */
    assert_no(f, "t", csr, SCEP_R_REQUEST_REJECTED);
    assert_int_equal(
        scep_challenge_table_count(f->service.challenges, f->base.now), 0);
    for (day = 0; day < 100; day += 5) {
        f->policy.approval.manual = day % 2 == 0;
        assert_no(f, "t", csr, SCEP_R_REQUEST_REJECTED);
        f->base.now += apr_time_from_sec((apr_int64_t)5 * 86400);
    }
    f->policy.approval.manual = false;
    f->policy.sources.source[0] = SCEP_SOURCE_NONE;
    assert_no(f, "t", csr, SCEP_R_REQUEST_REJECTED);
    /* another id, another CSR, or much later */
    assert_int_equal(ask(f, "u", csr, &cert), SCEP_OK);
    assert_no(f, "t", csr, SCEP_R_REQUEST_REJECTED);
    assert_int_equal(
        ask(f, "t", enroll_csr(f, f->device.key, "new", NULL), &cert), SCEP_OK);
    assert_no(f, "t", csr, SCEP_R_REQUEST_REJECTED);
    f->base.now += f->policy.approval.expiry;
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_OK);
}

static void test_run_out_is_run_out(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", enroll_draw(f));
    X509 *cert;
    int hour;

    be_ready(f, true);
    assert_int_equal(ask(f, "t", csr, &cert), SCEP_PENDING);
    decide(f, "t", true);
    f->base.now += f->policy.approval.expiry;
    for (hour = 0; hour < 3; hour++) {
        assert_no(f, "t", csr, SCEP_R_REQUEST_EXPIRED);
        f->base.now += f->policy.approval.expiry - APR_USEC_PER_SEC;
    }
    assert_int_equal(waiting(f, "t")->sealed.len, 0);
    assert_int_equal(f->issued, 0);
}

/* The message that came first, whatever id its request has by now, and however
 * late it comes. */
static void test_refused_message_again(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev", enroll_draw(f));
    scep_pkimessage_t *first = enroll_message(f, "t", &f->device, csr);
    scep_reply_t reply = {.cert = NULL};
    X509 *cert;
    int i;

    be_ready(f, true);
    assert_int_equal(enroll_serve(f, scep_pkcsreq, first, &reply),
                     SCEP_PENDING);
    assert_int_equal(ask(f, "u", csr, &cert), SCEP_PENDING);
    decide(f, "u", false);
    f->policy.approval.manual = false;
    f->policy.sources.source[0] = SCEP_SOURCE_NONE;
    for (i = 0; i < 2; i++) {
        assert_int_equal(enroll_serve(f, scep_pkcsreq, first, &reply),
                         SCEP_REFUSED);
        assert_int_equal(f->base.res.reason, SCEP_R_REQUEST_REJECTED);
        f->base.now += apr_time_from_sec((apr_int64_t)30 * 86400);
    }
    assert_int_equal(f->issued, 0);
}

/* S10: what one device was refused says nothing to another. */
static void test_refused_to_its_key_alone(void **state)
{
    enroll_fixture_t *f = *state;
    X509 *cert;

    be_ready(f, true);
    assert_int_equal(
        ask(f, "t", enroll_csr(f, f->device.key, "dev", enroll_draw(f)), &cert),
        SCEP_PENDING);
    decide(f, "t", false);
    assert_int_equal(ask_other(f, "t", enroll_draw(f), &cert), SCEP_PENDING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_waits_and_is_issued),
        ENROLL_TEST(test_password_is_over_at_approval),
        ENROLL_TEST(test_password_is_bound_to_it),
        ENROLL_TEST(test_same_request_under_another_id),
        ENROLL_TEST(test_password_of_what_has_run_out),
        ENROLL_TEST(test_what_else_comes_under_its_id),
        ENROLL_TEST(test_waits_for_the_ca),
        ENROLL_TEST(test_the_ca_changes_its_ticket),
        ENROLL_TEST(test_replay_moves_nothing),
        ENROLL_TEST(test_replayed_after_it_waited),
        ENROLL_TEST(test_refused_by_the_ca_after_all),
        ENROLL_TEST(test_without_a_ticket),
        ENROLL_TEST(test_one_of_several_waits),
        ENROLL_TEST(test_one_of_two_that_wait_has_run_out),
        ENROLL_TEST(test_newest_of_a_key),
        ENROLL_TEST(test_as_many_of_one_address),
        ENROLL_TEST(test_an_id_is_a_keys),
        ENROLL_TEST(test_subject_is_taken_meanwhile),
        ENROLL_TEST(test_subject_is_taken_at_the_ca),
        ENROLL_TEST(test_rejected_is_rejected),
        ENROLL_TEST(test_run_out_is_run_out),
        ENROLL_TEST(test_refused_message_again),
        ENROLL_TEST(test_refused_to_its_key_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
