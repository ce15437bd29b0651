/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_authorize.c: claims, decided by the shared table and the store. */
#include "enroll_fixture.h"

#include "scep_authorize.h"
#include "scep_draw.h"
#include "scep_challenge_claim.h"
#include "scep_password.h"

typedef struct attempt_t {
    scep_enrolment_t e;
    scep_status_e status;
} attempt_t;

/* An enrolment for which nothing has been recalled. */
static scep_enrolment_t begin(enroll_fixture_t *f, const char *id,
                              const char *cn, const char *password)
{
    scep_octets_t der = enroll_csr(f, f->device.key, cn, password);
    scep_reply_t *reply = apr_pcalloc(f->base.pool, sizeof(*reply));
    scep_enrolment_t e;

    enroll_reset_result(f);
    assert_int_equal(scep_enrolment_open(&f->req,
                                         enroll_message(f, id, &f->device, der),
                                         reply, &e, &f->base.res),
                     SCEP_OK);
    return e;
}

static attempt_t attempt(enroll_fixture_t *f, const char *id, const char *cn,
                         const char *password)
{
    attempt_t a = {.e = begin(f, id, cn, password)};

    a.status = scep_authorize(&a.e, &f->base.res);
    return a;
}

static void test_claim_excludes_others(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f);
    attempt_t first = attempt(f, "a", "dev", password);

    assert_int_equal(first.status, SCEP_OK);
    assert_null(first.e.reply->cert);
    assert_int_equal(attempt(f, "b", "dev", password).status, SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_BUSY);
    assert_int_equal(attempt(f, "a", "other", password).status, SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_BUSY);
    scep_authorize_release(&first.e);
    assert_int_equal(attempt(f, "b", "dev", password).status, SCEP_OK);
}

static void test_password_as_a_human_types_it(void **state)
{
    enroll_fixture_t *f = *state;
    char *password = apr_pstrdup(f->base.pool, enroll_draw(f));
    char *p;

    for (p = password; *p != '\0'; p++) {
        if (*p >= 'A' && *p <= 'F') {
            *p = (char)(*p + ('a' - 'A'));
        }
    }
    assert_int_equal(
        attempt(f, "a", "dev", apr_pstrcat(f->base.pool, " ", password, NULL))
            .status,
        SCEP_OK);
}

/* SCEP0125: the table has no room for one that the store knows. Other CAs, of
 * which this store knows nothing, have filled it. */
static void test_no_room_for_one_from_the_store(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f);
    unsigned char hash[SCEP_HASH_SIZE], other[SCEP_HASH_SIZE] = {0};
    scep_add_e added = SCEP_ADD_OK;

    assert_true(scep_password_hash(f->service.password_key, f->service.ca_id,
                                   password, hash));
    scep_challenge_table_remove(f->service.challenges, hash);
    while (added == SCEP_ADD_OK) {
        other[0]++;
        assert_int_equal(scep_challenge_add(&f->req, other,
                                            f->base.now + apr_time_from_sec(60),
                                            &added, &f->base.res),
                         SCEP_OK);
    }
    assert_int_equal(added, SCEP_ADD_FULL);
    assert_int_equal(attempt(f, "a", "dev", password).status, SCEP_UNAVAILABLE);
    assert_int_equal(f->base.res.reason, SCEP_R_TABLE_FULL);
    scep_challenge_table_remove(f->service.challenges, other);
    other[0] = 1;
    scep_challenge_table_remove(f->service.challenges, other);
    assert_int_equal(attempt(f, "a", "dev", password).status, SCEP_OK);
}

/* The table lost it (a full one at start, another machine's draw): the store
 * still knows. */
static void test_comes_back_from_the_store(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f);
    unsigned char hash[SCEP_HASH_SIZE];

    assert_true(scep_password_hash(f->service.password_key, f->service.ca_id,
                                   password, hash));
    scep_challenge_table_remove(f->service.challenges, hash);
    assert_int_equal(attempt(f, "a", "dev", password).status, SCEP_OK);
    scep_challenge_table_remove(f->service.challenges, hash);
    f->base.now += f->policy.password_validity;
    assert_int_equal(attempt(f, "a", "dev", password).status, SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_EXPIRED);
}

/* S2: a password drawn for one CA is unknown to another. */
static void test_password_of_another_scope(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f);

    f->service.ca_id = "ffffffffffffffffffffffffffffffff";
    assert_int_equal(attempt(f, "a", "dev", password).status, SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_UNKNOWN);
}

static void test_master_password(void **state)
{
    enroll_fixture_t *f = *state;

    f->policy.sources.source[0] = SCEP_SOURCE_SINGLE;
    assert_int_equal(attempt(f, "a", "dev", "MASTER-PASSWORD").status,
                     SCEP_UNAVAILABLE); /* not set up: fail closed */
    assert_int_equal(f->base.res.reason, SCEP_R_MASTER_PASSWORD);

    enroll_master(f, "MASTER-PASSWORD", NULL, 0);
    assert_int_equal(attempt(f, "a", "dev", "MASTER-PASSWORD").status, SCEP_OK);
    assert_int_equal(attempt(f, "b", "dev", "MASTER-PASSWORD").status, SCEP_OK);
    assert_int_equal(attempt(f, "a", "dev", "master-password").status,
                     SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_UNKNOWN);
    assert_int_equal(attempt(f, "a", "dev", NULL).status, SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_MISSING);
}

static void test_rotated_with_overlap(void **state)
{
    enroll_fixture_t *f = *state;

    f->policy.sources.source[0] = SCEP_SOURCE_SINGLE;
    enroll_master(f, "OLD-PASSWORD", NULL, 0);
    assert_int_equal(attempt(f, "a", "dev", "OLD-PASSWORD").status, SCEP_OK);
    enroll_master(f, "NEW-PASSWORD", "OLD-PASSWORD",
                  f->base.now + apr_time_from_sec(60));
    assert_int_equal(attempt(f, "a", "dev", "OLD-PASSWORD").status, SCEP_OK);
    assert_int_equal(attempt(f, "a", "dev", "NEW-PASSWORD").status, SCEP_OK);
    f->base.now += apr_time_from_sec(61);
    assert_int_equal(attempt(f, "a", "dev", "OLD-PASSWORD").status,
                     SCEP_REFUSED);
    assert_int_equal(attempt(f, "a", "dev", "NEW-PASSWORD").status, SCEP_OK);
}

static void test_sources_in_order(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f);
    attempt_t a;

    enroll_master(f, "MASTER-PASSWORD", NULL, 0);
    f->policy.sources = (scep_sources_t){
        .count = 2, .source = {SCEP_SOURCE_ONE_TIME, SCEP_SOURCE_SINGLE}};
    a = attempt(f, "a", "dev", "MASTER-PASSWORD");
    assert_int_equal(a.status, SCEP_OK);
    assert_int_equal(a.e.claim.source, SCEP_SOURCE_SINGLE);
    scep_authorize_release(&a.e);
    scep_authorize_spent(&a.e);
    a = attempt(f, "a", "dev", password);
    assert_int_equal(a.status, SCEP_OK);
    assert_int_equal(a.e.claim.source, SCEP_SOURCE_ONE_TIME);
    f->base.now += f->policy.password_validity;
    assert_int_equal(attempt(f, "a", "dev", password).status, SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_EXPIRED);
    assert_int_equal(attempt(f, "a", "dev", "neither").status, SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_UNKNOWN);
}

/* Whoever guessed too often is not listened to where guessing could help: a
 * one-time password is too long for that, and no challenge is no secret. */
static void test_after_too_many_guesses(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = enroll_draw(f);
    attempt_t a;
    int i;

    enroll_shared(f);
    f->policy.failure_limit =
        (scep_failure_limit_t){{2, apr_time_from_sec(600)}, true, 20000};
    enroll_master(f, "MASTER-PASSWORD", NULL, 0);
    f->policy.sources.source[0] = SCEP_SOURCE_SINGLE;
    assert_int_equal(attempt(f, "a", "dev", "a guess").status, SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_UNKNOWN);
    for (i = 0; i < 8; i++) { /* a right one would be let in for a while */
        assert_int_not_equal(attempt(f, "a", "dev", "a guess").status, SCEP_OK);
    }
    assert_int_not_equal(attempt(f, "a", "dev", "MASTER-PASSWORD").status,
                         SCEP_OK);
    assert_int_equal(f->base.res.reason, SCEP_R_TOO_MANY_FAILURES);
    f->policy.failure_limit.refuse = false;
    assert_int_not_equal(attempt(f, "a", "dev", "a guess").status, SCEP_OK);
    assert_int_equal(f->base.res.reason, SCEP_R_TOO_MANY_WAITING);
    f->policy.failure_limit.refuse = true;
    f->policy.sources.count = 2;
    f->policy.sources.source[1] = SCEP_SOURCE_SINGLE;
    assert_int_not_equal(attempt(f, "a", "dev", "a guess").status, SCEP_OK);
    f->policy.sources.count = 1;
    f->policy.sources.source[0] = SCEP_SOURCE_ONE_TIME;
    a = attempt(f, "a", "dev", password);
    assert_int_equal(a.status, SCEP_OK);
    scep_authorize_release(&a.e);
    f->policy.sources.source[0] = SCEP_SOURCE_NONE;
    assert_int_equal(attempt(f, "a", "dev", NULL).status, SCEP_OK);
}

static void test_malformed_challenge(void **state)
{
    enroll_fixture_t *f = *state;
    scep_enrolment_t e = begin(f, "a", "dev", enroll_draw(f));

    e.csr->challenge_state = SCEP_CHALLENGE_MALFORMED;
    assert_int_equal(scep_authorize(&e, &f->base.res), SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_SYNTAX);
}

static void test_spent_leaves_the_table(void **state)
{
    enroll_fixture_t *f = *state;
    attempt_t a = attempt(f, "a", "dev", enroll_draw(f));

    scep_authorize_spent(&a.e);
    assert_int_equal(
        scep_challenge_table_count(f->service.challenges, f->base.now), 0);
}

/* ---- limits and uses ---- */

static const char *draw(enroll_fixture_t *f, const char *limits, int uses)
{
    const scep_draw_params_t params = {.limits = limits, .uses = uses};
    scep_drawn_t drawn;

    enroll_reset_result(f);
    assert_int_equal(scep_draw(&f->req, "alice", &params, &drawn, &f->base.res),
                     SCEP_OK);
    return drawn.password;
}

static void test_broken_limit_gives_it_back(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = draw(f, "{\"subject\":\"CN=dev\"}", 1);

    assert_int_equal(attempt(f, "a", "thief", password).status, SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_LIMIT_SUBJECT);
    assert_int_equal(attempt(f, "b", "dev", password).status, SCEP_OK);
}

static void test_malformed_limits_refuse(void **state)
{
    enroll_fixture_t *f = *state;
    unsigned char hash[SCEP_HASH_SIZE];
    scep_challenge_row_t row = {.ca_id = f->service.ca_id,
                                .created = f->base.now,
                                .expires = f->base.now + 1000,
                                .uses = 1,
                                .limits = "{\"subjects\":1}"};

    row.hash = hash;
    assert_true(scep_password_hash(f->service.password_key, f->service.ca_id,
                                   "0123456789ABCDEF", hash));
    assert_int_equal(scep_store_challenge_add(f->service.store, &row,
                                              f->base.pool, &f->base.res),
                     SCEP_OK);
    assert_int_equal(attempt(f, "a", "dev", "0123456789ABCDEF").status,
                     SCEP_UNAVAILABLE);
    assert_int_equal(f->base.res.log_number, 194); /* SCEP0194 */
    assert_non_null(strstr(f->base.res.detail, "subjects"));
}

static void test_profile_of_limits(void **state)
{
    enroll_fixture_t *f = *state;
    scep_profile_t special = scep_profile_device;
    const char *password;
    attempt_t a;

    special.name = "special";
    f->policy.profiles = apr_hash_make(f->base.pool);
    apr_hash_set(f->policy.profiles, "special", APR_HASH_KEY_STRING, &special);
    password = draw(f, "{\"profile\":\"special\"}", 1);
    a = attempt(f, "a", "dev", password);
    assert_int_equal(a.status, SCEP_OK);
    assert_ptr_equal(a.e.claim.profile, &special);
    scep_authorize_release(&a.e);
    f->policy.profiles = NULL;
    assert_int_equal(attempt(f, "a", "dev", password).status, SCEP_UNAVAILABLE);
    assert_int_equal(f->base.res.reason, SCEP_R_SOURCE_UNAVAILABLE);
    f->policy.profiles = apr_hash_make(f->base.pool);
    apr_hash_set(f->policy.profiles, "special", APR_HASH_KEY_STRING, &special);
    assert_int_equal(attempt(f, "b", "dev", password).status, SCEP_OK);
}

static int slept;
static attempt_t *held; /* released during the third sleep */

void __wrap_apr_sleep(apr_interval_time_t t);
void __wrap_apr_sleep(apr_interval_time_t t)
{
    assert_true(t > 0);
    if (++slept == 3 && held != NULL) {
        scep_authorize_release(&held->e);
    }
}

static void test_several_devices_take_turns(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = draw(f, NULL, 3);
    attempt_t first = attempt(f, "a", "dev", password);

    assert_int_equal(first.status, SCEP_OK);
    assert_int_equal(first.e.claim.uses, 3);
    slept = 0;
    held = &first;
    assert_int_equal(attempt(f, "b", "other", password).status, SCEP_OK);
    assert_int_equal(slept, 3);
    /* held for good: that is no refusal, it may come again */
    slept = 0;
    held = NULL;
    assert_int_equal(attempt(f, "c", "third", password).status,
                     SCEP_UNAVAILABLE);
    assert_int_equal(f->base.res.reason, SCEP_R_SOURCE_UNAVAILABLE);
    assert_true(slept > 10);
}

/* Few workers wait for a password; to the others it is said to come again. */
static void test_few_wait_for_a_turn(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = draw(f, NULL, 3);
    attempt_t first = attempt(f, "a", "dev", password);
    unsigned char key[SCEP_HASH_SIZE] = {1};
    const scep_slot_terms_t terms =
        scep_slot_terms(SCEP_SLOT_TURN, 1, key, 1, APR_USEC_PER_SEC);

    enroll_shared(f);
    f->service.waiting_slots = 1;
    assert_int_equal(first.status, SCEP_OK);
    assert_int_equal(scep_shm_slots_take(f->service.slots, &terms, f->base.now),
                     terms.first);
    slept = 0;
    held = NULL;
    assert_int_equal(attempt(f, "b", "other", password).status,
                     SCEP_UNAVAILABLE);
    assert_int_equal(f->base.res.reason, SCEP_R_SOURCE_UNAVAILABLE);
    assert_int_equal(slept, 0);
    scep_shm_slots_give(f->service.slots, terms.first);
    held = &first;
    assert_int_equal(attempt(f, "b", "other", password).status, SCEP_OK);
    assert_int_equal(slept, 3);
}

static void test_use_is_spent_and_others_stay(void **state)
{
    enroll_fixture_t *f = *state;
    const char *password = draw(f, NULL, 2);
    attempt_t a = attempt(f, "a", "dev", password);

    scep_authorize_spent(&a.e); /* the store was not told */
    assert_int_equal(
        scep_challenge_table_count(f->service.challenges, f->base.now), 1);
    assert_int_equal(attempt(f, "b", "dev", password).status, SCEP_OK);
}

/* ---- providers ---- */

typedef struct provider_state_t {
    scep_status_e status;
    scep_reason_e reason; /* SCEP_R_NONE: it fills in nothing */
    scep_challenge_answer_t answer;
    scep_challenge_request_t seen;
    int asked;
} provider_state_t;

static scep_status_e provider_check(void *state, const scep_env_t *env,
                                    const scep_challenge_request_t *request,
                                    apr_pool_t *pool,
                                    scep_challenge_answer_t *answer,
                                    scep_result_t *res)
{
    provider_state_t *p = state;

    assert_non_null(env);
    assert_non_null(pool);
    p->seen = *request;
    p->asked++;
    *answer = p->answer;
    return p->reason != SCEP_R_NONE ? scep_fail(res, p->reason, "as it is told")
                                    : p->status;
}

static const scep_challenge_provider_t provider = {
    .abi = SCEP_CHALLENGE_ABI,
    .size = sizeof(scep_challenge_provider_t),
    .name = "test",
    .check = provider_check,
};

static provider_state_t *add_provider(enroll_fixture_t *f)
{
    provider_state_t *p = apr_pcalloc(f->base.pool, sizeof(*p));
    scep_provider_instance_t *provided =
        apr_pcalloc(f->base.pool, sizeof(*provided));
    int n = f->policy.sources.count++;

    provided->text = "test:x";
    provided->provider = &provider;
    provided->state = p;
    f->policy.sources.source[n] = SCEP_SOURCE_PROVIDER;
    f->policy.sources.provided[n] = provided;
    return p;
}

static void test_provider_sees_the_request(void **state)
{
    enroll_fixture_t *f = *state;
    provider_state_t *p;
    attempt_t a;

    f->policy.sources.count = 0;
    f->req.endpoint = "/scep";
    f->req.host_request = f;
    p = add_provider(f);
    a = attempt(f, "a", "dev", "user:secret");
    assert_int_equal(a.status, SCEP_OK);
    assert_int_equal(a.e.claim.source, SCEP_SOURCE_PROVIDER);
    assert_null(a.e.claim.profile);
    scep_authorize_release(&a.e);
    scep_authorize_spent(&a.e);
    assert_string_equal(p->seen.transaction_id, "a");
    assert_string_equal(p->seen.challenge, "user:secret");
    assert_string_equal(p->seen.subject, "CN=dev");
    assert_null(p->seen.alt_names[0]);
    assert_string_equal(p->seen.peer, "192.0.2.1");
    assert_string_equal(p->seen.profile, "device");
    assert_string_equal(p->seen.endpoint, "/scep");
    assert_ptr_equal(p->seen.host_request, f);
    assert_true(p->seen.csr_der.len > 0);
    assert_null(strstr(f->base.log, "secret"));
    /* none without a challenge */
    assert_int_equal(attempt(f, "a", "dev", NULL).status, SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_MISSING);
    assert_int_equal(p->asked, 1);
}

static void test_provider_limits(void **state)
{
    enroll_fixture_t *f = *state;
    provider_state_t *p;

    f->policy.sources.count = 0;
    p = add_provider(f);
    p->answer.limits = "{\"subject\":\"CN=dev\",\"profile\":\"none\"}";
    assert_int_equal(attempt(f, "a", "thief", "x").status, SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_LIMIT_SUBJECT);
    assert_int_equal(attempt(f, "a", "dev", "x").status, SCEP_UNAVAILABLE);
    assert_int_equal(f->base.res.reason, SCEP_R_SOURCE_UNAVAILABLE);
    p->answer.limits = "{\"subject\":\"CN=dev\"}";
    p->answer.profile = "device";
    assert_int_equal(attempt(f, "a", "dev", "x").status, SCEP_OK);
    p->answer.limits = "none";
    assert_int_equal(attempt(f, "a", "dev", "x").status, SCEP_UNAVAILABLE);
}

/* What could not be asked might have accepted; what accepts settles it. */
static void test_unavailable_is_no_refusal(void **state)
{
    enroll_fixture_t *f = *state;
    provider_state_t *p, *q;
    const char *password = enroll_draw(f);

    p = add_provider(f);
    q = add_provider(f);
    p->reason = SCEP_R_SOURCE_UNAVAILABLE;
    q->reason = SCEP_R_CHALLENGE_UNKNOWN;
    assert_int_equal(attempt(f, "a", "dev", "x").status, SCEP_UNAVAILABLE);
    assert_int_equal(f->base.res.reason, SCEP_R_SOURCE_UNAVAILABLE);
    assert_int_equal(q->asked, 1);
    q->reason = SCEP_R_NONE;
    assert_int_equal(attempt(f, "a", "dev", "x").status, SCEP_OK);
    assert_int_equal(attempt(f, "a", "dev", password).status, SCEP_OK);
    assert_int_equal(p->asked, 2);
    p->reason = q->reason = SCEP_R_CHALLENGE_SPENT;
    assert_int_equal(attempt(f, "a", "dev", "x").status, SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_CHALLENGE_SPENT);
    f->policy.sources.provided[2]->failed = true;
    assert_int_equal(attempt(f, "a", "dev", "x").status, SCEP_UNAVAILABLE);
    assert_int_equal(p->asked, 4);
    assert_int_equal(q->asked, 3);
}

/* What it returns counts, also where it gives no reason; what is no verdict is
 * our side's fault. */
static void test_provider_gives_no_reason(void **state)
{
    static const struct {
        scep_status_e said, status;
        scep_reason_e reason;
    } rows[] = {
        {SCEP_REFUSED, SCEP_REFUSED, SCEP_R_CHALLENGE_UNKNOWN},
        {SCEP_UNAVAILABLE, SCEP_UNAVAILABLE, SCEP_R_SOURCE_UNAVAILABLE},
        {SCEP_BROKEN, SCEP_BROKEN, SCEP_R_INTERNAL},
        {SCEP_PENDING, SCEP_BROKEN, SCEP_R_INTERNAL},
        {SCEP_NOT_FOUND, SCEP_BROKEN, SCEP_R_INTERNAL},
        {(scep_status_e)99, SCEP_BROKEN, SCEP_R_INTERNAL},
    };
    enroll_fixture_t *f = *state;
    provider_state_t *p;
    size_t i;

    f->policy.sources.count = 0;
    p = add_provider(f);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        p->status = rows[i].said;
        assert_int_equal(attempt(f, "a", "dev", "x").status, rows[i].status);
        assert_int_equal(f->base.res.reason, rows[i].reason);
        assert_non_null(strstr(f->base.res.detail, "test:x"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_claim_excludes_others),
        ENROLL_TEST(test_password_as_a_human_types_it),
        ENROLL_TEST(test_no_room_for_one_from_the_store),
        ENROLL_TEST(test_comes_back_from_the_store),
        ENROLL_TEST(test_password_of_another_scope),
        ENROLL_TEST(test_master_password),
        ENROLL_TEST(test_rotated_with_overlap),
        ENROLL_TEST(test_sources_in_order),
        ENROLL_TEST(test_after_too_many_guesses),
        ENROLL_TEST(test_malformed_challenge),
        ENROLL_TEST(test_spent_leaves_the_table),
        ENROLL_TEST(test_broken_limit_gives_it_back),
        ENROLL_TEST(test_malformed_limits_refuse),
        ENROLL_TEST(test_profile_of_limits),
        ENROLL_TEST(test_several_devices_take_turns),
        ENROLL_TEST(test_few_wait_for_a_turn),
        ENROLL_TEST(test_use_is_spent_and_others_stay),
        ENROLL_TEST(test_provider_sees_the_request),
        ENROLL_TEST(test_provider_limits),
        ENROLL_TEST(test_unavailable_is_no_refusal),
        ENROLL_TEST(test_provider_gives_no_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
