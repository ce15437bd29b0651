/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_store_audit.c: the audit trail, written and read. (store layer) */
#include "store_fixture.h"

enum { MANY = 450 /* more than two batches */ };

static void add(fixture_t *f, scep_store_t *store,
                const scep_audit_event_t *event)
{
    assert_int_equal(scep_store_audit_add(store, event, f->pool, &f->res),
                     SCEP_OK);
}

static scep_audit_event_t sample(fixture_t *f, const char *event)
{
    scep_audit_event_t row = {.event = event,
                              .at = f->now,
                              .ca_id = SAMPLE_SCOPE,
                              .actor = "alice",
                              .peer = "192.0.2.1"};

    return row;
}

typedef struct seen_t {
    fixture_t *f;
    scep_store_t *store; /* add a row while the walk goes on */
    char names[256];     /* actors, each with a blank */
    int count;
    int stop_at;
    apr_int64_t last;
    bool rising;
    bool falling;
} seen_t;

static scep_status_e see(void *baton, const scep_audit_event_t *event)
{
    seen_t *seen = baton;
    size_t len = strlen(seen->names);

    if (event->actor != NULL && len + strlen(event->actor) + 2 < 256) {
        apr_snprintf(seen->names + len, sizeof(seen->names) - len, "%s ",
                     event->actor);
    }
    if (seen->count > 0) {
        seen->rising = seen->rising && event->seq > seen->last;
        seen->falling = seen->falling && event->seq < seen->last;
    }
    seen->last = event->seq;
    if (seen->store != NULL && seen->count == 0) {
        scep_audit_event_t more = sample(seen->f, "more");

        add(seen->f, seen->store, &more);
    }
    return ++seen->count == seen->stop_at ? SCEP_REFUSED : SCEP_OK;
}

static seen_t walk(fixture_t *f, scep_store_t *store,
                   const scep_audit_filter_t *filter)
{
    seen_t seen = {.f = f, .rising = true, .falling = true};

    assert_int_equal(
        scep_store_audit_each(store, filter, see, &seen, f->pool, &f->res),
        SCEP_OK);
    return seen;
}

static scep_status_e compare(void *baton, const scep_audit_event_t *event)
{
    const scep_audit_event_t *want = baton;

    assert_string_equal(event->event, want->event);
    assert_true(event->at == want->at);
    assert_string_equal(event->ca_id, want->ca_id);
    assert_memory_equal(event->challenge_hash, want->challenge_hash,
                        SCEP_HASH_SIZE);
    assert_string_equal(event->transaction_id, want->transaction_id);
    assert_string_equal(event->serial, want->serial);
    assert_string_equal(event->peer, want->peer);
    assert_string_equal(event->actor, want->actor);
    assert_int_equal(event->reason, want->reason);
    assert_string_equal(event->subject, want->subject);
    assert_string_equal(event->detail, want->detail);
    assert_int_equal(event->seq, 1);
    return SCEP_NOT_FOUND;
}

static void test_all_fields(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_audit_event_t event = sample(f, "anything 'quoted'");
    scep_audit_filter_t filter = {0};

    event.challenge_hash = sample_hash(f->pool, 'p', 7);
    event.transaction_id = "transaction-7";
    event.serial = "7A";
    event.reason = 153;
    event.subject = "CN=router 'seven'";
    event.detail = "the password is not known";
    add(f, store, &event);
    /* what the callback says is what comes out */
    assert_int_equal(scep_store_audit_each(store, &filter, compare, &event,
                                           f->pool, &f->res),
                     SCEP_NOT_FOUND);
}

static scep_status_e short_texts(void *baton, const scep_audit_event_t *event)
{
    ++*(int *)baton;
    assert_int_equal(strlen(event->actor), 255);
    assert_int_equal(strlen(event->peer), 255);
    assert_int_equal(strlen(event->transaction_id), 255);
    assert_int_equal(strlen(event->subject), 1024);
    assert_string_equal(event->subject + 1020, "x...");
    assert_int_equal(strlen(event->detail), 1024);
    return SCEP_OK;
}

/* Who is refused does not choose how much room that takes. */
static void test_long_fields(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_audit_event_t event = sample(f, SCEP_AUDIT_REFUSED);
    scep_audit_filter_t filter = {0};
    char text[32769];
    int count = 0;

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    event.actor = event.peer = event.transaction_id = text;
    event.subject = event.detail = text;
    add(f, store, &event);
    assert_int_equal(
        scep_store_audit_refusal(store, &event, 0, 10, f->pool, &f->res),
        SCEP_OK);
    assert_int_equal(scep_store_audit_each(store, &filter, short_texts, &count,
                                           f->pool, &f->res),
                     SCEP_OK);
    assert_int_equal(count, 2);
}

static scep_status_e nothing_else(void *baton, const scep_audit_event_t *event)
{
    ++*(int *)baton;
    assert_null(event->actor);
    assert_null(event->peer);
    assert_null(event->challenge_hash);
    assert_null(event->transaction_id);
    assert_null(event->serial);
    assert_int_equal(event->reason, 0);
    assert_null(event->subject);
    assert_null(event->detail);
    return SCEP_OK;
}

static void test_null_fields(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_audit_event_t event = {
        .event = "bare", .at = f->now, .ca_id = SAMPLE_SCOPE};
    scep_audit_filter_t filter = {0};
    int count = 0;

    add(f, store, &event);
    assert_int_equal(scep_store_audit_each(store, &filter, nothing_else, &count,
                                           f->pool, &f->res),
                     SCEP_OK);
    assert_int_equal(count, 1);
    filter.actor = "alice";
    assert_int_equal(walk(f, store, &filter).count, 0);
}

/* Rows a, b, c and d, one second apart. */
static void add_four(fixture_t *f, scep_store_t *store)
{
    static const char *const actors[] = {"a", "b", "c", "d"};
    int i;

    for (i = 0; i < 4; i++) {
        scep_audit_event_t event = sample(f, i % 2 == 0 ? "even" : "odd");

        event.actor = actors[i];
        event.at = f->now + i * APR_USEC_PER_SEC;
        event.serial = i == 1 ? "7A01" : NULL;
        event.transaction_id = i == 2 ? "t-2" : NULL;
        event.reason = i == 3 ? 153 : 0;
        event.peer = i == 0 ? "192.0.2.9" : NULL;
        add(f, store, &event);
    }
}

static void test_filters(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    apr_time_t now = f->now;
    const struct {
        scep_audit_filter_t filter;
        const char *names;
    } cases[] = {
        {{.after = 0}, "a b c d "},
        {{.newest_first = true}, "d c b a "},
        {{.after = 2}, "c d "},
        {{.after = 2, .newest_first = true}, "d c "},
        {{.after = 4}, ""},
        {{.since = now + APR_USEC_PER_SEC}, "b c d "},
        {{.until = now + APR_USEC_PER_SEC}, "a "},
        {{.since = now + 1, .until = now + 3 * APR_USEC_PER_SEC}, "b c "},
        {{.event = "odd"}, "b d "},
        {{.event = "odd", .newest_first = true}, "d b "},
        {{.event = "' OR 1=1 --"}, ""},
        {{.actor = "c"}, "c "},
        {{.actor = ""}, ""},
        {{.serial = "7A01"}, "b "},
        {{.serial = "7a01"}, ""},
        {{.transaction_id = "t-2"}, "c "},
        {{.transaction_id = "t-2", .event = "odd"}, ""},
        {{.reason = 153}, "d "},
        {{.reason = 153, .event = "odd"}, "d "},
        {{.reason = 154}, ""},
        {{.peer = "192.0.2.9"}, "a "},
        {{.peer = "192.0.2"}, ""},
    };
    size_t i;

    add_four(f, store);
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(walk(f, store, &cases[i].filter).names,
                            cases[i].names);
    }
}

/* The clock is set back in between: the order is that of recording. */
static void test_many_in_order(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_audit_filter_t filter = {0};
    seen_t seen = {.f = f, .store = store, .rising = true};
    apr_int64_t last = -1;
    int i;

    assert_int_equal(scep_store_audit_last(store, &last, &f->res), SCEP_OK);
    assert_int_equal(last, 0);
    for (i = 0; i < MANY; i++) {
        scep_audit_event_t event = sample(f, "one");

        event.at = f->now - i;
        add(f, store, &event);
    }
    filter.newest_first = true;
    assert_int_equal(walk(f, store, &filter).count, MANY);
    assert_true(walk(f, store, &filter).falling);
    filter.newest_first = false;
    assert_int_equal(walk(f, store, &filter).count, MANY);
    assert_true(walk(f, store, &filter).rising);
    assert_int_equal(scep_store_audit_last(store, &last, &f->res), SCEP_OK);
    assert_int_equal(last, MANY);
    /* what comes in meanwhile is found; the callback may use the store */
    assert_int_equal(
        scep_store_audit_each(store, &filter, see, &seen, f->pool, &f->res),
        SCEP_OK);
    assert_int_equal(seen.count, MANY + 1);
    assert_true(seen.rising);
}

static void test_callback_ends_it(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_audit_filter_t filter = {0};
    seen_t seen = {.f = f, .stop_at = 2};

    add_four(f, store);
    assert_int_equal(
        scep_store_audit_each(store, &filter, see, &seen, f->pool, &f->res),
        SCEP_REFUSED);
    assert_int_equal(seen.count, 2);
}

/* Those that the store writes by itself. */
static void test_rows_of_draw_and_issue(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_issue_t issue = sample_issue(f, f->pool, 1);
    scep_audit_filter_t filter = {.event = SCEP_AUDIT_CHALLENGE_DRAWN};

    must_add(f, store, 1);
    assert_int_equal(must_issue(f, store, &issue), SCEP_ISSUE_RECORDED);
    assert_string_equal(walk(f, store, &filter).names, "admin ");
    filter = (scep_audit_filter_t){.event = SCEP_AUDIT_ISSUED,
                                   .transaction_id = issue.transaction_id,
                                   .serial = issue.serial};
    assert_int_equal(walk(f, store, &filter).count, 1);
}

static void refuse(fixture_t *f, scep_store_t *store, const char *actor,
                   apr_int64_t left_out)
{
    scep_audit_event_t event = sample(f, SCEP_AUDIT_REFUSED);

    event.actor = actor;
    assert_int_equal(
        scep_store_audit_refusal(store, &event, left_out, 3, f->pool, &f->res),
        SCEP_OK);
}

/* Of refusals, and of those alone, the newest are kept. */
static void test_refusals_make_room(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_audit_filter_t filter = {0};
    apr_int64_t last;

    add_four(f, store);
    refuse(f, store, "e", 0);
    refuse(f, store, "f", 0);
    refuse(f, store, "g", 0);
    assert_string_equal(walk(f, store, &filter).names, "a b c d e f g ");
    refuse(f, store, "h", 0);
    assert_string_equal(walk(f, store, &filter).names, "a b c d f g h ");
    /* a row more, without an actor, tells of those left out */
    refuse(f, store, "i", 7);
    assert_string_equal(walk(f, store, &filter).names, "a b c d h i ");
    assert_int_equal(walk(f, store, &filter).count, 7);
    assert_int_equal(db_count(f, "audit WHERE detail LIKE '7 %'"), 1);
    assert_int_equal(scep_store_audit_last(store, &last, &f->res), SCEP_OK);
    assert_int_equal(last, 10);
}

static void test_malformed_row(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_audit_filter_t filter = {0};
    seen_t seen = {.f = f};

    add_four(f, store);
    db_text(f, "UPDATE audit SET challenge_hash = 'zz' WHERE seq = 3");
    assert_int_equal(
        scep_store_audit_each(store, &filter, see, &seen, f->pool, &f->res),
        SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_INTERNAL);
    db_text(f, "UPDATE audit SET challenge_hash = NULL, reason = 'x'"
               " WHERE seq = 3");
    assert_int_equal(
        scep_store_audit_each(store, &filter, see, &seen, f->pool, &f->res),
        SCEP_BROKEN);
}

static void test_unavailable(void **state)
{
    fixture_t *f = *state;
    scep_store_t *store = db_ready(f);
    scep_audit_event_t event = sample(f, "lost");
    scep_audit_filter_t filter = {0};
    seen_t seen = {.f = f};
    apr_int64_t last;

    assert_int_equal(
        rename(db_path(f), apr_pstrcat(f->pool, db_path(f), ".away", NULL)), 0);
    assert_int_equal(scep_store_audit_add(store, &event, f->pool, &f->res),
                     SCEP_UNAVAILABLE);
    assert_int_equal(
        scep_store_audit_each(store, &filter, see, &seen, f->pool, &f->res),
        SCEP_UNAVAILABLE);
    assert_int_equal(scep_store_audit_last(store, &last, &f->res),
                     SCEP_UNAVAILABLE);
    assert_int_equal(f->res.reason, SCEP_R_STORE_UNAVAILABLE);
}

/* Rows of the schema before have their place afterwards. */
static void test_migrated_rows(void **state)
{
    fixture_t *f = *state;
    scep_audit_filter_t filter = {0};
    scep_store_t *store;

    db_of_schema(f, 1);
    db_text(f, "INSERT INTO audit (id, created, event, scope, actor) VALUES"
               " ('1', 20, 'e', 'x', 'b'), ('2', 10, 'e', 'x', 'a'),"
               " ('3', 30, 'e', 'x', 'd'), ('0', 30, 'e', 'x', 'c')");
    store = db_ready(f);
    assert_string_equal(walk(f, store, &filter).names, "a b c d ");
    filter.after = 3;
    assert_string_equal(walk(f, store, &filter).names, "d ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_all_fields),
        FIXTURE_TEST(test_null_fields),
        FIXTURE_TEST(test_long_fields),
        FIXTURE_TEST(test_filters),
        FIXTURE_TEST(test_many_in_order),
        FIXTURE_TEST(test_callback_ends_it),
        FIXTURE_TEST(test_rows_of_draw_and_issue),
        FIXTURE_TEST(test_refusals_make_room),
        FIXTURE_TEST(test_malformed_row),
        FIXTURE_TEST(test_unavailable),
        FIXTURE_TEST(test_migrated_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
