/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_pgsql_text.c: PostgreSQL's parameters, statements, values and error
 * messages. (store layer)
 */
#include "fixture.h"

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
}

static void test_passwords_are_noticed(void **state)
{
    fixture_t *f = *state;

    assert_true(secret(f, "dbname=x password=hush"));
    assert_true(secret(f, "sslpassword = 'hush' dbname=x"));
    assert_false(secret(f, "dbname=x password='' passfile=/etc/pgpass"));
    assert_false(secret(f, "dbname='password=x'"));
}

/* What another program gets: the same, read back, but no secret. */
static void test_without_a_password(void **state)
{
    fixture_t *f = *state;
    scep_pgsql_params_t params, again;
    const char *text = "host=db user='it\\'s \\\\me' password='two words' "
                       "dbname='a b' sslpassword=hush sslmode=require "
                       "oauth_client_secret=hush scram_client_key=hush";

    assert_null(scep_pgsql_params(text, f->pool, &params));
    assert_true(params.password);
    assert_null(strstr(params.open, "words"));
    assert_null(strstr(params.open, "hush"));
    assert_null(scep_pgsql_params(params.open, f->pool, &again));
    assert_string_equal(again.display, params.display);
    assert_string_equal(again.open, params.open);
    assert_false(again.password);
    assert_non_null(strstr(params.open, "sslmode='require'"));
    assert_string_equal(params.place, "host=db dbname=a b");
}

static void test_malformed(void **state)
{
    static const char *const bad[] = {
        "",        "  ",
        "scep",    "postgresql://h/db",
        "=x",      "host=a dbname",
        "HOST=a",  "password=two words",
        "host='a", "host='a\\'",
        "ho st=a",
    };
    fixture_t *f = *state;
    scep_pgsql_params_t params;
    size_t i;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *wrong = scep_pgsql_params(bad[i], f->pool, &params);

        assert_non_null(wrong);
        assert_null(strstr(wrong, "words"));
    }
}

static void test_waits_are_bounded(void **state)
{
    fixture_t *f = *state;
    const char *info =
        scep_pgsql_conninfo("dbname=x connect_timeout=9", f->pool);

    assert_non_null(strstr(info, "connect_timeout=4 "));
    assert_non_null(strstr(info, "tcp_user_timeout="));
    /* of two the last counts */
    assert_string_equal(strstr(info, "dbname="), "dbname=x connect_timeout=9");
}

static void test_statements(void **state)
{
    fixture_t *f = *state;
    const scep_sql_query_t query = {
        0, "tnt", "SELECT a % 2 FROM t WHERE a = $1 AND b=$2 AND c IN ($3)"};
    const scep_sql_query_t many = {0, "nnnnnnnnnnn",
                                   "$1$2$3$4$5$6$7$8$9$10,$11"};

    assert_string_equal(scep_pgsql_statement(&query, f->pool),
                        "SELECT a %% 2 FROM t WHERE a = %pDt AND b=%lld AND "
                        "c IN (%pDt)");
    assert_string_equal(scep_pgsql_statement(&many, f->pool),
                        "%lld%lld%lld%lld%lld%lld%lld%lld%lld%lld,%lld");
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
        const char *message;
        scep_sql_status_e status;
    } rows[] = {
        {"ERROR:  23505: duplicate key\nDETAIL:  x", SCEP_SQL_CONSTRAINT},
        {"FEHLER:  23502: NULL-Wert", SCEP_SQL_CONSTRAINT},
        {"ERROR:  55P03: canceling statement due to lock timeout",
         SCEP_SQL_BUSY},
        {"ERROR:  57014: canceling statement", SCEP_SQL_BUSY},
        {"ERROR:  40P01: deadlock detected", SCEP_SQL_BUSY},
        {"ERROR:  40001: could not serialize", SCEP_SQL_BUSY},
        {"ERROR:  53100: could not extend file", SCEP_SQL_FULL},
        {"FATAL:  53300: sorry, too many clients already", SCEP_SQL_LOST},
        {"FATAL:  57P01: terminating connection", SCEP_SQL_LOST},
        {"ERROR:  25006: cannot execute INSERT", SCEP_SQL_LOST},
        {"ERROR:  58030: could not read block", SCEP_SQL_LOST},
        {"server closed the connection unexpectedly\n\tThis", SCEP_SQL_LOST},
        {"", SCEP_SQL_LOST},
        {"ERROR:  no state here", SCEP_SQL_LOST},
        {"ERROR:  42601: syntax error", SCEP_SQL_ERROR},
        {"ERROR:  25P02: current transaction is aborted", SCEP_SQL_ERROR},
        {"ERROR:  XX001: invalid page", SCEP_SQL_ERROR},
    };
    char line[32];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(scep_pgsql_error(rows[i].message, line, sizeof(line)),
                         rows[i].status);
        assert_null(strchr(line, '\n'));
        assert_true(*line != '\0');
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
        FIXTURE_TEST(test_statements),
        FIXTURE_TEST(test_values_are_utf8),
        FIXTURE_TEST(test_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
