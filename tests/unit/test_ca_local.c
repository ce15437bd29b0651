/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* Unit tests of scep_ca_local.c. */
#include "fixture_ca.h"

#include "scep_border.h"
#include "scep_ca_local.h"

typedef struct asker_t {
    const char *answer; /* NULL: none */
    int asked;
} asker_t;

static int answer(void *baton, const char *source, char *buf, int size)
{
    asker_t *a = baton;
    int len;

    assert_non_null(source);
    a->asked++;
    if (a->answer == NULL) {
        return -1;
    }
    len = (int)strlen(a->answer);
    assert_true(len <= size);
    memcpy(buf, a->answer, (size_t)len);
    return len;
}

static scep_status_e start(fixture_t *f, const scep_ca_config_t *config,
                           int probe, void **ca)
{
    scep_ca_config_t tried = *config;

    tried.probe = probe;
    scep_result_init(&f->res, f->pool);
    return scep_ca_local.start(&scep_host, &tried, &f->env, f->pool, ca,
                               &f->res);
}

/* Start fails, in both modes, and its detail names all of WORDS. */
static void fails(fixture_t *f, const scep_ca_config_t *config,
                  const char *first, const char *second)
{
    void *ca;
    int probe;

    for (probe = 0; probe <= 1; probe++) {
        assert_int_equal(start(f, config, probe, &ca), SCEP_BROKEN);
        assert_int_equal(f->res.reason, SCEP_R_SETUP);
        assert_null(ca);
        if (strstr(f->res.detail, first) == NULL ||
            strstr(f->res.detail, second) == NULL) {
            fail_msg("%s", f->res.detail);
        }
    }
}

/* Files of PAIR, and a configuration that names them. */
static scep_ca_config_t written(fixture_t *f, const scep_keypair_t *pair)
{
    scep_ca_config_t config = {.args = ""};

    config.cert_file = fixture_write_cert(f, "ca.crt", pair->cert);
    config.key = fixture_write_key(f, "ca.key", pair->key, NULL);
    return config;
}

static void the_vtable_is_complete(void **state)
{
    (void)state;
    assert_int_equal(scep_ca_local.abi, SCEP_CA_ABI);
    assert_int_equal(scep_ca_local.size, sizeof(scep_ca_backend_t));
    assert_string_equal(scep_ca_local.name, "local");
    assert_int_equal(scep_ca_local.abilities, SCEP_CA_NEXT);
    assert_null(scep_ca_local.poll); /* it never answers "pending" */
}

static void an_rsa_ca_starts_and_issues(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = fixture_ca(f, "rsa");
    scep_ca_config_t config = written(f, &pair);
    scep_ca_request_t request = {.profile = &scep_profile_device};
    scep_ca_answer_t got;
    EVP_PKEY *key = NULL;
    X509 *cert = NULL;
    void *ca;

    assert_int_equal(start(f, &config, 0, &ca), SCEP_OK);
    assert_string_equal(f->log, "");
    assert_int_equal(sk_X509_num(scep_ca_local.certificates(ca)), 1);
    assert_int_equal(
        X509_cmp(sk_X509_value(scep_ca_local.certificates(ca), 0), pair.cert),
        0);
    assert_true(scep_ca_local.ra_pair(ca, &cert, &key));
    assert_int_equal(X509_check_private_key(cert, key), 1);

    request.csr =
        fixture_csr(f, fixture_key(f, "rsa-other"), fixture_name(f, "device"));
    assert_int_equal(
        scep_ca_local.issue(ca, &f->env, &request, f->pool, &got, &f->res),
        SCEP_OK);
    assert_null(got.ticket);
    assert_int_equal(X509_verify(got.cert, pair.key), 1);
    assert_string_equal(f->log, "");
}

static void an_ec_ca_has_no_pair_to_lend(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = fixture_ca(f, "P-256");
    scep_ca_config_t config = written(f, &pair);
    EVP_PKEY *key = NULL;
    X509 *cert = NULL;
    void *ca;

    assert_int_equal(start(f, &config, 0, &ca), SCEP_OK);
    assert_false(scep_ca_local.ra_pair(ca, &cert, &key));
    assert_null(key);
}

static void what_is_left_out_is_logged(void **state)
{
    static const char *const sid[] = {
        "tag:microsoft.com,2022-09-14:sid:S-1-5-18", NULL};
    fixture_t *f = *state;
    scep_keypair_t pair = fixture_ca(f, "P-256");
    scep_ca_config_t config = written(f, &pair);
    scep_ca_request_t request = {.profile = &scep_profile_device};
    scep_ca_answer_t got;
    void *ca;

    assert_int_equal(start(f, &config, 0, &ca), SCEP_OK);
    request.csr =
        fixture_csr(f, fixture_key(f, "P-256"), fixture_name(f, "device"));
    request.extensions = fixture_extensions(f);
    fixture_extend_uris(request.extensions, sid);
    assert_int_equal(
        scep_ca_local.issue(ca, &f->env, &request, f->pool, &got, &f->res),
        SCEP_OK);
    assert_int_equal(X509_get_ext_by_NID(got.cert, NID_subject_alt_name, -1),
                     -1);
    assert_non_null(strstr(f->log, "4 SCEP0355: 1 subjectAltName"));
    assert_null(strstr(f->log, "S-1-5"));
}

static void a_refusal_reaches_the_caller(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = fixture_ca(f, "P-256");
    scep_ca_config_t config = written(f, &pair);
    scep_ca_request_t request = {.profile = &scep_profile_device};
    scep_ca_answer_t got;
    void *ca;

    assert_int_equal(start(f, &config, 0, &ca), SCEP_OK);
    request.csr = fixture_csr(f, fixture_key(f, "P-256"), fixture_name(f, ""));
    assert_int_equal(
        scep_ca_local.issue(ca, &f->env, &request, f->pool, &got, &f->res),
        SCEP_REFUSED);
    assert_null(got.cert);
}

static void missing_directives_are_named(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = fixture_ca(f, "P-256");
    scep_ca_config_t config = written(f, &pair), bad = config;

    bad.args = "slot 4";
    fails(f, &bad, "ScepCABackend", "slot 4");
    bad = config;
    bad.cert_file = NULL;
    fails(f, &bad, "ScepCACertificateFile", "not set");
    bad = config;
    bad.key = NULL;
    fails(f, &bad, "ScepCAKey", "not set");
}

static void files_that_cannot_be_read_are_named(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = fixture_ca(f, "P-256");
    scep_ca_config_t config = written(f, &pair), bad = config;

    bad.cert_file = fixture_path(f, "absent");
    fails(f, &bad, "ScepCACertificateFile", bad.cert_file);
    bad.cert_file = config.key;
    fails(f, &bad, "ScepCACertificateFile", "no certificate");
    bad = config;
    bad.key = fixture_path(f, "absent");
    fails(f, &bad, "ScepCAKey", bad.key);
    bad.key = config.cert_file;
    assert_int_equal(chmod(config.cert_file, 0600), 0);
    fails(f, &bad, "ScepCAKey", "no private key");
    bad = config;
    bad.chain_file = fixture_path(f, "absent");
    fails(f, &bad, "ScepCAChainFile", bad.chain_file);
    assert_int_equal(chmod(config.key, 0640), 0);
    fails(f, &config, "ScepCAKey", "chmod");
}

static void key_and_certificate_must_match(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = fixture_ca(f, "P-256");
    scep_ca_config_t config = written(f, &pair);

    config.key = fixture_write_key(f, "b.key", fixture_key(f, "P-256"), NULL);
    fails(f, &config, config.key, "is not the key of ScepCACertificateFile");
    config.key = fixture_write_key(f, "c.key", fixture_key(f, "rsa"), NULL);
    fails(f, &config, config.key, "is not the key of ScepCACertificateFile");
}

/* The web server's other sites shall come up, and devices come again. */
static void an_expired_ca_starts_and_issues_nothing(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = fixture_ca(f, "P-256");
    scep_ca_config_t config = written(f, &pair);
    scep_ca_request_t request = {.profile = &scep_profile_device};
    scep_ca_answer_t got;
    void *ca;
    int probe;

    f->now += (apr_time_t)3651 * 86400 * APR_USEC_PER_SEC;
    for (probe = 0; probe <= 1; probe++) {
        f->log[0] = '\0';
        assert_int_equal(start(f, &config, probe, &ca), SCEP_OK);
        assert_string_equal(
            f->log, apr_psprintf(f->pool,
                                 "3 SCEP0351: ScepCACertificateFile %s: the "
                                 "certificate has expired; renew it\n",
                                 config.cert_file));
    }
    request.csr =
        fixture_csr(f, fixture_key(f, "P-256"), fixture_name(f, "device"));
    assert_int_equal(
        scep_ca_local.issue(ca, &f->env, &request, f->pool, &got, &f->res),
        SCEP_UNAVAILABLE);
    assert_int_equal(f->res.reason, SCEP_R_CA_UNAVAILABLE);
    assert_non_null(strstr(f->res.detail, "CA certificate has expired"));
    assert_null(got.cert);
}

static void an_encrypted_key_is_asked_for_once(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = fixture_ca(f, "P-256");
    scep_ca_config_t config = written(f, &pair);
    asker_t a = {"correct horse", 0};
    void *ca;

    config.key = fixture_write_key(f, "e.key", pair.key, "correct horse");
    config.passphrase = answer;
    config.passphrase_baton = &a;
    assert_int_equal(start(f, &config, 0, &ca), SCEP_OK);
    assert_int_equal(a.asked, 1);
}

static void a_wrong_or_missing_passphrase_is_said(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = fixture_ca(f, "P-256");
    scep_ca_config_t config = written(f, &pair);
    asker_t a = {"wrong horse", 0};
    void *ca;

    config.key = fixture_write_key(f, "e.key", pair.key, "correct horse");
    assert_int_equal(start(f, &config, 0, &ca), SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "encrypted"));
    config.passphrase = answer;
    config.passphrase_baton = &a;
    assert_int_equal(start(f, &config, 0, &ca), SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "wrong passphrase"));
    assert_null(strstr(f->res.detail, "horse"));
    a.answer = NULL;
    assert_int_equal(start(f, &config, 0, &ca), SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "no passphrase"));
}

/* apachectl -t: nobody is asked, and nothing can be issued. */
static void a_probe_asks_for_no_passphrase(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = fixture_ca(f, "rsa");
    scep_ca_config_t config = written(f, &pair);
    scep_ca_request_t request = {.profile = &scep_profile_device};
    scep_ca_answer_t got;
    asker_t a = {"correct horse", 0};
    EVP_PKEY *key;
    X509 *cert;
    void *ca;

    config.key = fixture_write_key(f, "e.key", pair.key, "correct horse");
    config.passphrase = answer;
    config.passphrase_baton = &a;
    assert_int_equal(start(f, &config, 1, &ca), SCEP_OK);
    assert_int_equal(f->res.status, SCEP_OK);
    assert_int_equal(a.asked, 0);
    assert_false(scep_ca_local.ra_pair(ca, &cert, &key));
    request.csr =
        fixture_csr(f, fixture_key(f, "P-256"), fixture_name(f, "device"));
    assert_int_equal(
        scep_ca_local.issue(ca, &f->env, &request, f->pool, &got, &f->res),
        SCEP_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(the_vtable_is_complete),
        FIXTURE_TEST(an_rsa_ca_starts_and_issues),
        FIXTURE_TEST(an_ec_ca_has_no_pair_to_lend),
        FIXTURE_TEST(what_is_left_out_is_logged),
        FIXTURE_TEST(a_refusal_reaches_the_caller),
        FIXTURE_TEST(missing_directives_are_named),
        FIXTURE_TEST(files_that_cannot_be_read_are_named),
        FIXTURE_TEST(key_and_certificate_must_match),
        FIXTURE_TEST(an_expired_ca_starts_and_issues_nothing),
        FIXTURE_TEST(an_encrypted_key_is_asked_for_once),
        FIXTURE_TEST(a_wrong_or_missing_passphrase_is_said),
        FIXTURE_TEST(a_probe_asks_for_no_passphrase),
    };

    return cmocka_run_group_tests_name("ca_local", tests, NULL, NULL);
}
