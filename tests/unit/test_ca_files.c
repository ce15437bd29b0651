/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_ca_files.c; test_ca_local.c has more tests. */
#include "fixture_ca.h"

#include "scep_ca_files.h"

static scep_status_e load(fixture_t *f, const scep_ca_config_t *config,
                          scep_certs_t **certs)
{
    scep_result_init(&f->res, f->pool);
    return scep_ca_files_load(config, &f->env, f->pool, certs, &f->res);
}

/* The load fails, and its detail names both words. */
static void fails(fixture_t *f, const scep_ca_config_t *config,
                  const char *first, const char *second)
{
    scep_certs_t *certs;

    assert_int_equal(load(f, config, &certs), SCEP_BROKEN);
    assert_int_equal(f->res.reason, SCEP_R_SETUP);
    assert_null(certs);
    if (strstr(f->res.detail, first) == NULL ||
        strstr(f->res.detail, second) == NULL) {
        fail_msg("%s", f->res.detail);
    }
}

/* A file of PAIR's certificate, and a configuration that names it. */
static scep_ca_config_t written(fixture_t *f, const scep_keypair_t *pair)
{
    scep_ca_config_t config = {.args = ""};

    config.cert_file = fixture_write_cert(f, "ca.crt", pair->cert);
    return config;
}

static void the_next_cas_directives_are_named(void **state)
{
    fixture_t *f = *state;
    scep_ca_config_t config = {.args = "", .cert_file = "/absent"};

    assert_string_equal(scep_ca_key_directive(&config), "ScepCAKey");
    fails(f, &config, "ScepCACertificateFile", "/absent");
    config.next = 1;
    assert_string_equal(scep_ca_key_directive(&config), "ScepNextCAKey");
    fails(f, &config, "ScepNextCACertificateFile", "/absent");
    config.cert_file = NULL;
    fails(f, &config, "ScepCACertificateFile", "not set");
}

static void the_certificate_must_be_a_cas(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = fixture_pair(f, SCEP_CERT_RA, fixture_key(f, "rsa"),
                                       "Test RA", NULL, 100);
    scep_ca_config_t config = written(f, &pair);

    fails(f, &config, "ScepCACertificateFile", "\"CN=Test RA\" is no CA");
}

static void a_ca_near_its_end_is_warned_of(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = fixture_ca(f, "P-256");
    scep_ca_config_t config = written(f, &pair);
    scep_certs_t *certs;

    f->now += (apr_time_t)3640 * 86400 * APR_USEC_PER_SEC;
    assert_int_equal(load(f, &config, &certs), SCEP_OK);
    assert_non_null(strstr(f->log, "4 SCEP0353: ScepCACertificateFile "));
    assert_non_null(strstr(f->log, "expires in 10 days"));
}

typedef struct two_t {
    scep_keypair_t root, ca;
} two_t;

static two_t two_levels(fixture_t *f)
{
    two_t t;

    t.root = fixture_pair(f, SCEP_CERT_ROOT_CA, fixture_key(f, "P-256"), "Root",
                          NULL, 3650);
    t.ca = fixture_pair(f, SCEP_CERT_ISSUING_CA, fixture_key(f, "P-256"), "CA",
                        &t.root, 3650);
    return t;
}

static void the_chain_is_read(void **state)
{
    fixture_t *f = *state;
    two_t t = two_levels(f);
    scep_ca_config_t config = written(f, &t.ca);
    scep_certs_t *certs;

    config.chain_file = fixture_write_cert(f, "chain", t.root.cert);
    fixture_write_cert(f, "chain", t.ca.cert); /* there twice: no matter */
    assert_int_equal(load(f, &config, &certs), SCEP_OK);
    assert_string_equal(f->log, "");
    assert_int_equal(sk_X509_num(certs), 2);
    assert_int_equal(X509_cmp(sk_X509_value(certs, 0), t.ca.cert), 0);
    assert_int_equal(X509_cmp(sk_X509_value(certs, 1), t.root.cert), 0);
}

static void issuers_may_stand_in_the_certificate_file(void **state)
{
    fixture_t *f = *state;
    two_t t = two_levels(f);
    scep_ca_config_t config = written(f, &t.ca);
    scep_certs_t *certs;

    fixture_write_cert(f, "ca.crt", t.root.cert);
    assert_int_equal(load(f, &config, &certs), SCEP_OK);
    assert_int_equal(sk_X509_num(certs), 2);
    config.chain_file = fixture_write_cert(f, "chain", t.root.cert);
    assert_int_equal(load(f, &config, &certs), SCEP_OK);
    assert_int_equal(sk_X509_num(certs), 2);
}

static void an_open_end_is_noted(void **state)
{
    fixture_t *f = *state;
    two_t t = two_levels(f);
    scep_ca_config_t config = written(f, &t.ca);
    scep_certs_t *certs;

    assert_int_equal(load(f, &config, &certs), SCEP_OK);
    assert_int_equal(sk_X509_num(certs), 1);
    assert_non_null(strstr(f->log, "5 SCEP0354: "));
}

static void strangers_in_the_chain_are_named(void **state)
{
    fixture_t *f = *state;
    two_t t = two_levels(f);
    scep_ca_config_t config = written(f, &t.ca);
    scep_keypair_t other = fixture_ca(f, "P-256");

    config.chain_file = fixture_write_cert(f, "chain", t.root.cert);
    fixture_write_cert(f, "chain", other.cert);
    fails(f, &config, "ScepCAChainFile", "\"CN=Test CA\" is no issuer");
    config.chain_file = NULL;
    fixture_write_cert(f, "ca.crt", other.cert);
    fails(f, &config, "ScepCACertificateFile", "\"CN=Test CA\" is no issuer");
}

static void an_expiring_root_is_warned_of(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t root = fixture_pair(
        f, SCEP_CERT_ROOT_CA, fixture_key(f, "P-256"), "Root", NULL, 20);
    scep_keypair_t pair = fixture_pair(
        f, SCEP_CERT_ISSUING_CA, fixture_key(f, "P-256"), "CA", &root, 20);
    scep_ca_config_t config = written(f, &pair);
    scep_certs_t *certs;

    config.chain_file = fixture_write_cert(f, "chain", root.cert);
    assert_int_equal(load(f, &config, &certs), SCEP_OK);
    assert_non_null(strstr(f->log, "4 SCEP0353: ScepCAChainFile: \"CN=Root\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(the_next_cas_directives_are_named),
        FIXTURE_TEST(the_certificate_must_be_a_cas),
        FIXTURE_TEST(a_ca_near_its_end_is_warned_of),
        FIXTURE_TEST(the_chain_is_read),
        FIXTURE_TEST(issuers_may_stand_in_the_certificate_file),
        FIXTURE_TEST(an_open_end_is_noted),
        FIXTURE_TEST(strangers_in_the_chain_are_named),
        FIXTURE_TEST(an_expiring_root_is_warned_of),
    };

    return cmocka_run_group_tests_name("ca_files", tests, NULL, NULL);
}
