/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_challenge_claim.c: claims on one-time passwords, in memory and in a
 * PostgreSQL that several machines share. (enroll layer)
 */
#include "enroll_fixture.h"
#include "pgsql_fixture.h"

#include <apr_thread_proc.h>

#include "scep_draw.h"
#include "scep_challenge_claim.h"
#include "scep_password.h"
#include "scep_pkcsreq.h"

enum { NODES = 8 };

static const unsigned char alice[SCEP_CLAIM_OWNER_SIZE] = {1};
static const unsigned char bob[SCEP_CLAIM_OWNER_SIZE] = {2};

/* Another machine's access to the database. */
static scep_store_t *open_node(enroll_fixture_t *f)
{
    scep_store_config_t config = pg_config(&f->base);
    scep_store_t *store = NULL;

    assert_int_equal(scep_store_open(&config, &f->base.env, f->base.pool,
                                     &store, &f->base.res),
                     SCEP_OK);
    return store;
}

static int shared_setup(void **state)
{
    enroll_fixture_t *f;
    scep_store_config_t config;

    if (enroll_setup(state) != 0) {
        return -1;
    }
    f = *state;
    config = pg_config(&f->base);
    pg_sql(&f->base, "SET client_min_messages = error;"
                     "DROP SCHEMA public CASCADE; CREATE SCHEMA public;");
    assert_int_equal(scep_store_prepare(&config, &f->base.env, (uid_t)-1,
                                        (gid_t)-1, f->base.pool, &f->base.res),
                     SCEP_OK);
    f->service.store = open_node(f);
    return 0;
}

#define SHARED_TEST(function)                                                  \
    cmocka_unit_test_setup_teardown(function, shared_setup, enroll_teardown)

static scep_claim_e claim(enroll_fixture_t *f, const unsigned char *hash,
                          const unsigned char *owner)
{
    scep_claim_e outcome;

    assert_int_equal(
        scep_challenge_claim(&f->req, hash, owner, &outcome, &f->base.res),
        SCEP_OK);
    return outcome;
}

static const unsigned char *drawn(enroll_fixture_t *f)
{
    unsigned char *hash = apr_palloc(f->base.pool, SCEP_HASH_SIZE);
    const char *password = enroll_draw(f);

    assert_true(scep_password_hash(f->service.password_key, f->service.ca_id,
                                   password, hash));
    return hash;
}

/* What holds in both places. */
static void check_claims(enroll_fixture_t *f)
{
    const unsigned char *hash = drawn(f);
    const unsigned char unknown[SCEP_HASH_SIZE] = {7};

    assert_int_equal(claim(f, hash, alice), SCEP_CLAIM_OK);
    assert_int_equal(claim(f, hash, alice), SCEP_CLAIM_OK);
    assert_int_equal(claim(f, hash, bob), SCEP_CLAIM_BUSY);
    scep_challenge_release(&f->req, hash, bob);
    assert_int_equal(claim(f, hash, bob), SCEP_CLAIM_BUSY);
    scep_challenge_release(&f->req, hash, alice);
    assert_int_equal(claim(f, hash, bob), SCEP_CLAIM_OK);
    f->base.now += SCEP_CLAIM_LEASE;
    assert_int_equal(claim(f, hash, alice), SCEP_CLAIM_OK);
    assert_int_equal(claim(f, unknown, alice), SCEP_CLAIM_UNKNOWN);
    f->base.now += f->policy.password_validity;
    assert_int_equal(claim(f, hash, alice), SCEP_CLAIM_EXPIRED);
}

static void test_claims_in_memory(void **state)
{
    check_claims(*state);
}

static void test_claims_in_the_database(void **state)
{
    check_claims(*state);
}

static void test_room_in_memory(void **state)
{
    enroll_fixture_t *f = *state;
    const unsigned char *hash = drawn(f);
    scep_add_e added;

    assert_int_equal(scep_challenge_add(&f->req, hash, f->base.now + 9, &added,
                                        &f->base.res),
                     SCEP_OK);
    assert_int_equal(added, SCEP_ADD_EXISTS);
    scep_challenge_remove(&f->req, hash);
    assert_int_equal(claim(f, hash, alice), SCEP_CLAIM_UNKNOWN);
    assert_int_equal(scep_challenge_restore(&f->req, hash, f->base.now + 9,
                                            &added, &f->base.res),
                     SCEP_OK);
    assert_int_equal(added, SCEP_ADD_OK);
    assert_int_equal(claim(f, hash, alice), SCEP_CLAIM_OK);
}

/* SCEP0172 and none of the others. */
static void test_lock_of_the_memory_fails(void **state)
{
    enroll_fixture_t *f = *state;
    const unsigned char *hash = drawn(f);
    scep_claim_e outcome;
    scep_add_e added;

    f->lock_status = APR_EINVAL;
    assert_int_equal(
        scep_challenge_claim(&f->req, hash, alice, &outcome, &f->base.res),
        SCEP_UNAVAILABLE);
    assert_int_equal(f->base.res.reason, SCEP_R_LOCK);
    enroll_reset_result(f);
    assert_int_equal(scep_challenge_add(&f->req, hash, f->base.now + 9, &added,
                                        &f->base.res),
                     SCEP_UNAVAILABLE);
    assert_int_equal(f->base.res.reason, SCEP_R_LOCK);
}

/* ScepPasswordMax is one number for all machines. */
static void test_room_in_the_database(void **state)
{
    enroll_fixture_t *f = *state;
    apr_uint32_t capacity =
        scep_challenge_table_capacity(f->service.challenges);
    scep_store_t *other = open_node(f), *mine = f->service.store;
    scep_drawn_t drawn_one;
    apr_uint32_t i;

    for (i = 0; i < capacity; i++) {
        f->service.store = i % 2 == 0 ? mine : other;
        enroll_draw(f);
    }
    assert_int_equal(
        scep_draw(&f->req, "alice", NULL, &drawn_one, &f->base.res),
        SCEP_UNAVAILABLE);
    assert_int_equal(f->base.res.reason, SCEP_R_CACHE_FULL);
    f->base.now += f->policy.password_validity;
    enroll_draw(f);
}

/* Nor does another machine give a user more than may be. */
static void test_most_of_a_user_in_the_database(void **state)
{
    enroll_fixture_t *f = *state;
    scep_drawn_t drawn_one;

    f->policy.password_max_per_user = 2;
    enroll_draw(f);
    f->service.store = open_node(f);
    enroll_draw(f);
    assert_int_equal(
        scep_draw(&f->req, "alice", NULL, &drawn_one, &f->base.res),
        SCEP_REFUSED);
    assert_int_equal(f->base.res.reason, SCEP_R_USER_FULL);
    assert_int_equal(scep_draw(&f->req, "bob", NULL, &drawn_one, &f->base.res),
                     SCEP_OK);
}

static void test_another_node_sees_the_claim(void **state)
{
    enroll_fixture_t *f = *state;
    const unsigned char *hash = drawn(f);

    assert_int_equal(claim(f, hash, alice), SCEP_CLAIM_OK);
    f->service.store = open_node(f);
    assert_int_equal(claim(f, hash, bob), SCEP_CLAIM_BUSY);
    scep_challenge_release(&f->req, hash, alice);
    assert_int_equal(claim(f, hash, bob), SCEP_CLAIM_OK);
    assert_string_equal(pg_sql(&f->base, "SELECT COUNT(*) FROM challenges"
                                         " WHERE claimed_by LIKE '02%'"),
                        "1");
}

/* Nothing of a shared store is put into the memory. */
static void test_the_memory_stays_empty(void **state)
{
    enroll_fixture_t *f = *state;

    enroll_draw(f);
    assert_int_equal(scep_draw_rebuild(f->service.store, f->service.challenges,
                                       &f->base.env, &f->base.res),
                     SCEP_OK);
    assert_int_equal(
        scep_challenge_table_count(f->service.challenges, f->base.now), 0);
}

typedef struct node_t {
    enroll_fixture_t *f;
    scep_store_t *store;
    const unsigned char *hash;
    unsigned char owner[SCEP_CLAIM_OWNER_SIZE];
    scep_claim_e outcome;
    scep_status_e status;
} node_t;

static void *APR_THREAD_FUNC run_node(apr_thread_t *thread, void *baton)
{
    node_t *node = baton;
    scep_service_t service = node->f->service;
    scep_request_t req = node->f->req;
    scep_result_t res;

    service.store = node->store;
    req.service = &service;
    req.pool = apr_thread_pool_get(thread);
    scep_result_init(&res, req.pool);
    node->status = scep_challenge_claim(&req, node->hash, node->owner,
                                        &node->outcome, &res);
    return NULL;
}

/* One session to recall, the claim, one session to record. */
static void test_first_enrolment_in_the_database(void **state)
{
    enroll_fixture_t *f = *state;
    scep_octets_t csr = enroll_csr(f, f->device.key, "dev1", enroll_draw(f));
    scep_pkimessage_t *msg = enroll_message(f, "t1", &f->device, csr);
    apr_uint64_t before = scep_store_sessions(f->service.store);
    scep_reply_t reply = {.cert = NULL};

    assert_int_equal(enroll_serve(f, scep_pkcsreq, msg, &reply), SCEP_OK);
    assert_non_null(reply.cert);
    assert_int_equal(scep_store_sessions(f->service.store) - before, 3);
}

static void test_of_many_nodes_one_wins(void **state)
{
    enroll_fixture_t *f = *state;
    apr_thread_t *threads[NODES];
    node_t nodes[NODES];
    int i, round, won;

    for (i = 0; i < NODES; i++) {
        nodes[i] = (node_t){.f = f, .store = open_node(f)};
        nodes[i].owner[0] = (unsigned char)(i + 1);
    }
    for (round = 0; round < 10; round++) {
        const unsigned char *hash = drawn(f);

        for (i = 0; i < NODES; i++) {
            nodes[i].hash = hash;
            assert_int_equal(apr_thread_create(&threads[i], NULL, run_node,
                                               &nodes[i], f->base.pool),
                             APR_SUCCESS);
        }
        for (i = 0, won = 0; i < NODES; i++) {
            apr_status_t rv;

            assert_int_equal(apr_thread_join(&rv, threads[i]), APR_SUCCESS);
            assert_int_equal(nodes[i].status, SCEP_OK);
            won += nodes[i].outcome == SCEP_CLAIM_OK;
            assert_true(nodes[i].outcome == SCEP_CLAIM_OK ||
                        nodes[i].outcome == SCEP_CLAIM_BUSY);
        }
        assert_int_equal(won, 1);
    }
}

static void test_the_database_goes_away(void **state)
{
    enroll_fixture_t *f = *state;
    const unsigned char *hash = drawn(f);
    scep_claim_e outcome = SCEP_CLAIM_OK;
    scep_add_e added;

    assert_int_equal(claim(f, hash, alice), SCEP_CLAIM_OK);
    pg_must("stop");
    assert_int_equal(
        scep_challenge_claim(&f->req, hash, alice, &outcome, &f->base.res),
        SCEP_UNAVAILABLE);
    assert_int_not_equal(outcome, SCEP_CLAIM_OK);
    enroll_reset_result(f);
    assert_int_equal(scep_challenge_add(&f->req, hash, f->base.now + 9, &added,
                                        &f->base.res),
                     SCEP_UNAVAILABLE);
    assert_int_equal(f->base.res.reason, SCEP_R_STORE_UNAVAILABLE);
    scep_challenge_release(&f->req, hash, alice); /* runs out then */
    pg_must("start");
    assert_int_equal(claim(f, hash, bob), SCEP_CLAIM_BUSY);
    assert_non_null(strstr(f->base.log, "works again"));
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        ENROLL_TEST(test_claims_in_memory),
        ENROLL_TEST(test_room_in_memory),
        ENROLL_TEST(test_lock_of_the_memory_fails),
        SHARED_TEST(test_claims_in_the_database),
        SHARED_TEST(test_room_in_the_database),
        SHARED_TEST(test_most_of_a_user_in_the_database),
        SHARED_TEST(test_another_node_sees_the_claim),
        SHARED_TEST(test_the_memory_stays_empty),
        SHARED_TEST(test_first_enrolment_in_the_database),
        SHARED_TEST(test_of_many_nodes_one_wins),
        SHARED_TEST(test_the_database_goes_away),
    };

    return cmocka_run_group_tests(list, NULL, NULL);
}

int main(void)
{
    return pg_run(tests);
}
