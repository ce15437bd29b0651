/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_pgsql_text.c: PostgreSQL's parameters, values and SQLSTATEs. (store
 * layer)
 */
#include "fixture.h"

#include <libpq-fe.h>

#include "scep_pgsql_text.h"

static const char *display(fixture_t *f, const char *text)
{
    scep_pgsql_params_t params;

    assert_null(scep_pgsql_params(text, f->pool, &params));
    return params.display;
}

static bool secret(fixture_t *f, const char *text)
{
    scep_pgsql_params_t params;

    assert_null(scep_pgsql_params(text, f->pool, &params));
    return params.password;
}

static void test_what_is_shown(void **state)
{
    fixture_t *f = *state;

    assert_string_equal(display(f, "host=a,b port = 5432 dbname=scep"),
                        "host=a,b port=5432 dbname=scep");
    assert_string_equal(display(f, " user='it\\'s \\\\me' sslmode=require "),
                        "user=it's \\me");
    assert_string_equal(display(f, "host='' dbname=x"), "host='' dbname=x");
    assert_string_equal(display(f, "sslmode=require"), "of libpq's defaults");
    assert_string_equal(
        display(f, "dbname=x password='two words' sslpassword=hush"),
        "dbname=x");
    assert_string_equal(display(f, "user=me dbname=x service=s hostaddr=::1"),
                        "service=s hostaddr=::1 dbname=x user=me");
    assert_string_equal(display(f, "postgresql://me:hush@db:5433/x%20y?"
                                   "sslpassword=hush&sslmode=require"),
                        "host=db port=5433 dbname=x y user=me");
    assert_string_equal(display(f, "postgres://a:1,[::1]:2/x"),
                        "host=a,::1 port=1,2 dbname=x");
}

static void test_passwords_are_noticed(void **state)
{
    fixture_t *f = *state;

    assert_true(secret(f, "dbname=x password=hush"));
    assert_true(secret(f, "sslpassword = 'hush' dbname=x"));
    assert_false(secret(f, "dbname=x password='' passfile=/etc/pgpass"));
    assert_false(secret(f, "dbname='password=x'"));
    assert_true(secret(f, "postgresql://me:hush@db/x"));
    assert_true(secret(f, "postgresql://db/x?password=hush"));
    assert_false(secret(f, "postgresql://me@db/x?passfile=/etc/pgpass"));
}

/* What another program gets: the same, read back, but no secret. */
static void test_without_a_password(void **state)
{
    fixture_t *f = *state;
    scep_pgsql_params_t params, again;
    const char *text =
        apr_pstrcat(f->pool,
                    "host=db user='it\\'s \\\\me' password='two words' "
                    "dbname='a b' sslpassword=hush sslmode=require ",
                    PQlibVersion() >= 180000
                        ? "oauth_client_secret=hush scram_client_key=hush"
                        : "",
                    NULL);

    assert_null(scep_pgsql_params(text, f->pool, &params));
    assert_true(params.password);
    assert_null(strstr(params.open, "words"));
    assert_null(strstr(params.open, "hush"));
    assert_null(scep_pgsql_params(params.open, f->pool, &again));
    assert_string_equal(again.display, params.display);
    assert_string_equal(again.open, params.open);
    assert_false(again.password);
    assert_non_null(strstr(params.open, "sslmode='require'"));
    assert_string_equal(params.place, "host=db port=5432 dbname=a b");
    assert_null(
        scep_pgsql_params("postgresql://other@db:5432/a%20b", f->pool, &again));
    assert_string_equal(again.place, params.place);
    assert_null(
        scep_pgsql_params("postgresql://db:5433/a%20b", f->pool, &again));
    assert_string_not_equal(again.place, params.place);
}

/* libpq quotes what it stumbled over, but not where that may be a password. */
static void test_malformed(void **state)
{
    static const char *const bad[] = {
        "",
        "  ",
        "scep",
        "postgresql://h/db?nothing=x",
        "=x",
        "host=a dbname",
        "HOST=a",
        "password=two words",
        "password=two words=x",
        "PASSWORD=two words",
        "host='a",
        "host='a\\'",
        "ho st=a",
        "postgresql://u:words@[h/db",
        "postgresql://u:words%zz@h/db",
        "postgresql://h/db?pasword=words%zz",
        "postgresql://h/db?sslpassword=words=words",
        "pasword=two words",
    };
    fixture_t *f = *state;
    scep_pgsql_params_t params;
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *wrong = scep_pgsql_params(bad[i], f->pool, &params);

        assert_non_null(wrong);
        assert_null(strstr(wrong, "words"));
        assert_null(strchr(wrong, '\n'));
    }
    assert_non_null(
        strstr(scep_pgsql_params("dbnam=x", f->pool, &params), "\"dbnam\""));
    assert_non_null(
        strstr(scep_pgsql_params("host=a b", f->pool, &params), "after \"b\""));
}

/* The value that libpq finds for NAME in what it gets for TEXT. */
static const char *connects_with(fixture_t *f, const char *text,
                                 const char *name)
{
    scep_pgsql_params_t params;
    PQconninfoOption *options, *option;
    const char *value;

    assert_null(scep_pgsql_params(text, f->pool, &params));
    options = option = PQconninfoParse(params.conninfo, NULL);
    assert_non_null(options);
    while (strcmp(option->keyword, name) != 0) {
        option++;
    }
    value = apr_pstrdup(f->pool, option->val);
    PQconninfoFree(options);
    return value;
}

static void test_waits_are_bounded(void **state)
{
    static const char *const texts[] = {
        "dbname='x y' connect_timeout=9 password='it\\'s'",
        "postgresql:///x%20y?connect_timeout=9&password=it%27s"};
    fixture_t *f = *state;
    size_t i;

    assert_string_equal(connects_with(f, "dbname=x", "connect_timeout"), "4");
    for (i = 0; i < 2; i++) {
        assert_string_equal(connects_with(f, texts[i], "tcp_user_timeout"),
                            "4000");
        assert_string_equal(connects_with(f, texts[i], "keepalives_idle"), "4");
        assert_string_equal(connects_with(f, texts[i], "connect_timeout"), "9");
        assert_string_equal(connects_with(f, texts[i], "dbname"), "x y");
        assert_string_equal(connects_with(f, texts[i], "password"), "it's");
        assert_null(connects_with(f, texts[i], "host"));
    }
}

static void test_values_are_utf8(void **state)
{
    static const char *const good[] = {
        "",
        "plain",
        "\303\244",
        "\342\202\254",
        "\360\237\230\200",
        "\355\237\277",
        "\364\217\277\277",
    };
    fixture_t *f = *state;
    size_t i;

    assert_null(scep_pgsql_value(NULL, f->pool));
    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_ptr_equal(scep_pgsql_value(good[i], f->pool), good[i]);
    }
    assert_string_equal(scep_pgsql_value("M\374ller", f->pool), "M\\xFCller");
    assert_string_equal(scep_pgsql_value("\303", f->pool), "\\xC3");
    assert_string_equal(scep_pgsql_value("\300\200", f->pool),
                        "\\xC0\\x80"); /* overlong */
    assert_string_equal(scep_pgsql_value("\355\240\200", f->pool),
                        "\\xED\\xA0\\x80"); /* surrogate */
    assert_string_equal(scep_pgsql_value("\360\200\200\200x\303\244", f->pool),
                        "\\xF0\\x80\\x80\\x80x\303\244");
    assert_string_equal(scep_pgsql_value("\364\220\200\200", f->pool),
                        "\\xF4\\x90\\x80\\x80");
    assert_string_equal(scep_pgsql_value("\340\237\277\342\202", f->pool),
                        "\\xE0\\x9F\\xBF\\xE2\\x82");
}

static void test_errors(void **state)
{
    static const struct {
        const char *state;
        scep_sql_status_e status;
    } rows[] = {
        {"23505", SCEP_SQL_CONSTRAINT}, /* duplicate key */
        {"23502", SCEP_SQL_CONSTRAINT}, /* NULL */
        {"55P03", SCEP_SQL_BUSY},       /* lock timeout */
        {"57014", SCEP_SQL_BUSY},       /* canceling statement */
        {"40P01", SCEP_SQL_BUSY},       /* deadlock detected */
        {"40001", SCEP_SQL_BUSY},       /* could not serialize */
        {"53100", SCEP_SQL_FULL},       /* could not extend file */
        {"53300", SCEP_SQL_LOST},       /* too many clients already */
        {"57P01", SCEP_SQL_LOST},       /* terminating connection */
        {"25006", SCEP_SQL_LOST},       /* cannot execute INSERT */
        {"58030", SCEP_SQL_LOST},       /* could not read block */
        {NULL, SCEP_SQL_LOST},          /* server closed the connection */
        {"42601", SCEP_SQL_ERROR},      /* syntax error */
        {"25P02", SCEP_SQL_ERROR},      /* transaction is aborted */
        {"XX001", SCEP_SQL_ERROR},      /* invalid page */
        {"", SCEP_SQL_ERROR},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(scep_pgsql_status(rows[i].state), rows[i].status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_what_is_shown),
        FIXTURE_TEST(test_passwords_are_noticed),
        FIXTURE_TEST(test_without_a_password),
        FIXTURE_TEST(test_malformed),
        FIXTURE_TEST(test_waits_are_bounded),
        FIXTURE_TEST(test_values_are_utf8),
        FIXTURE_TEST(test_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
