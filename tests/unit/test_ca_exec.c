/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_ca_exec.c: what the program is told, and what its answer means. */
#include "fixture_ca.h"

#include <openssl/err.h>

#include "scep_border.h"
#include "scep_ca_exec.h"
#include "scep_json_read.h"

/* Writes what it reads to the file `in`, then runs TEXT, in which @@ is the
 * test's folder. */
static const char *script(fixture_t *f, const char *text)
{
    const char *path = fixture_path(f, "program");
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(
        fprintf(file, "#!/bin/sh\ncd %s\ncat >in\n%s\n", f->scratch, text) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0755), 0);
    return path;
}

static void *start(fixture_t *f, const scep_keypair_t *pair, const char *text)
{
    scep_ca_config_t config = {.exec_timeout = apr_time_from_sec(30),
                               .exec_workers = 2};
    void *ca = NULL;

    config.args = script(f, text);
    config.cert_file = fixture_write_cert(f, "ca.crt", pair->cert);
    scep_result_init(&f->res, f->pool);
    assert_int_equal(
        scep_ca_exec.start(&scep_host, &config, &f->env, f->pool, &ca, &f->res),
        SCEP_OK);
    assert_int_equal(scep_ca_exec.child_start(ca, &f->env, f->pool, &f->res),
                     SCEP_OK);
    return ca;
}

static scep_ca_request_t a_request(fixture_t *f)
{
    scep_ca_request_t request = {.profile = &scep_profile_device,
                                 .transaction_id = "id \"1\"",
                                 .csr_der = {(const unsigned char *)"\x30", 1},
                                 .subject = "CN=device",
                                 .peer = "192.0.2.1",
                                 .authorized_by = "one-time"};

    request.csr =
        fixture_csr(f, fixture_key(f, "P-256"), fixture_name(f, "device"));
    return request;
}

static scep_status_e issue(fixture_t *f, void *ca, scep_ca_answer_t *got)
{
    scep_ca_request_t request = a_request(f);

    memset(got, 0, sizeof(*got));
    scep_result_init(&f->res, f->pool);
    return scep_ca_exec.issue(ca, &f->env, &request, f->pool, got, &f->res);
}

/* What the program was told. */
static scep_json_t *told(fixture_t *f)
{
    char text[8192] = "";
    FILE *file = fopen(fixture_path(f, "in"), "r");
    const char *error;
    scep_json_t *object;

    assert_non_null(file);
    assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
    fclose(file);
    object = scep_json_parse(f->pool, text, strlen(text), &error);
    assert_non_null(object);
    return object;
}

static void member_is(scep_json_t *object, const char *name, const char *text)
{
    assert_string_equal(scep_json_text(scep_json_get(object, name)), text);
}

static void an_issue_tells_all(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = fixture_ca(f, "P-256");
    scep_ca_answer_t got;
    scep_json_t *in;

    assert_int_equal(
        issue(f, start(f, &pair, "echo '{\"ticket\":\"T\"}'"), &got),
        SCEP_PENDING);
    assert_string_equal(got.ticket, "T");
    in = told(f);
    member_is(in, "operation", "issue");
    member_is(in, "transactionID", "id \"1\"");
    member_is(in, "csr", "MA==");
    member_is(in, "subject", "CN=device");
    member_is(in, "profile", "device");
    member_is(in, "digest", "SHA256");
    member_is(in, "peer", "192.0.2.1");
    member_is(in, "authorizedBy", "one-time");
    assert_true(scep_json_is_null(scep_json_get(in, "renewalOf")));
    /* the extensions begin with CA:FALSE, critical */
    in = scep_json_at(scep_json_get(in, "extensions"), 0);
    member_is(in, "oid", "2.5.29.19");
    member_is(in, "value", "MAA=");
}

static void a_certificate_is_taken_in_pem_and_base64(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = fixture_ca(f, "P-256");
    scep_ca_request_t request = a_request(f);
    scep_ca_answer_t got;
    int left_out;
    X509 *cert;

    assert_int_equal(scep_cert_issue(&pair, &request, f->now, f->pool, &cert,
                                     &left_out, &f->res),
                     SCEP_OK);
    fixture_write_cert(f, "out.crt", cert);
    assert_int_equal(
        issue(f,
              start(f, &pair,
                    "printf '{\"certificate\":\"%s\"}' "
                    "\"$(sed 's/$/\\\\n/' out.crt | tr -d '\\n')\""),
              &got),
        SCEP_OK);
    assert_int_equal(X509_cmp(got.cert, cert), 0);
    assert_int_equal(issue(f,
                           start(f, &pair,
                                 "printf '{\"certificate\":\"%s\"}' "
                                 "\"$(grep -v -e - out.crt | tr -d '\\n')\""),
                           &got),
                     SCEP_OK);
    assert_int_equal(X509_cmp(got.cert, cert), 0);
    assert_int_equal(ERR_peek_error(), 0);
}

static void every_failure_has_its_status(void **state)
{
    static const struct {
        const char *text;
        scep_status_e status;
        scep_reason_e reason;
        const char *said;
    } rows[] = {
        {"exit 1", SCEP_REFUSED, SCEP_R_CA_REFUSED, "refused"},
        {"echo no >&2; exit 1", SCEP_REFUSED, SCEP_R_CA_REFUSED, "refused: no"},
        {"echo '{\"reason\":\"sold out\"}'; exit 1", SCEP_REFUSED,
         SCEP_R_CA_REFUSED, "refused: sold out"},
        {"exit 75", SCEP_UNAVAILABLE, SCEP_R_CA_UNAVAILABLE, "status 75"},
        {"exit 2", SCEP_UNAVAILABLE, SCEP_R_CA_UNAVAILABLE, "status 2"},
        {"kill -KILL $$", SCEP_UNAVAILABLE, SCEP_R_CA_UNAVAILABLE, "signal 9"},
        {"exit 0", SCEP_UNAVAILABLE, SCEP_R_CA_UNAVAILABLE, "wrote nothing"},
        {"echo nonsense", SCEP_UNAVAILABLE, SCEP_R_CA_UNAVAILABLE, "used"},
        {"echo '[]'", SCEP_UNAVAILABLE, SCEP_R_CA_UNAVAILABLE, "no object"},
        {"echo '{}'", SCEP_UNAVAILABLE, SCEP_R_CA_UNAVAILABLE, "neither"},
        {"echo '{\"ticket\":4}'", SCEP_UNAVAILABLE, SCEP_R_CA_UNAVAILABLE,
         "neither"},
        {"echo '{\"certificate\":\"!\"}'", SCEP_UNAVAILABLE,
         SCEP_R_CA_UNAVAILABLE, "cannot be read"},
        {"echo '{\"certificate\":\"MAA=\"}'", SCEP_UNAVAILABLE,
         SCEP_R_CA_UNAVAILABLE, "cannot be read"},
        {"printf '{\"certificate\":\"%s\"}' "
         "\"$(grep -v -e - other.crt | tr -d '\\n')\"",
         SCEP_UNAVAILABLE, SCEP_R_CA_UNAVAILABLE, "not signed by"},
    };
    fixture_t *f = *state;
    scep_keypair_t pair = fixture_ca(f, "P-256");
    scep_keypair_t other = fixture_ca(f, "P-256");
    scep_ca_answer_t got;
    size_t i;

    fixture_write_cert(f, "other.crt", other.cert);
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        scep_status_e status = issue(f, start(f, &pair, rows[i].text), &got);

        if (status != rows[i].status || f->res.reason != rows[i].reason ||
            strstr(f->res.detail, rows[i].said) == NULL) {
            fail_msg("%s: %d, %s", rows[i].text, status, f->res.detail);
        }
        assert_int_equal(ERR_peek_error(), 0);
    }
}

static void a_poll_names_its_ticket(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = fixture_ca(f, "P-256");
    scep_ca_answer_t got = {NULL, NULL};

    assert_int_equal(
        scep_ca_exec.poll(start(f, &pair, "echo '{\"unknown\":true}'"), &f->env,
                          "T-1", f->pool, &got, &f->res),
        SCEP_NOT_FOUND);
    member_is(told(f), "operation", "poll");
    member_is(told(f), "ticket", "T-1");
    assert_int_equal(
        scep_ca_exec.poll(
            start(f, &pair, "echo '{\"unknown\":false,\"ticket\":\"T-2\"}'"),
            &f->env, "T-1", f->pool, &got, &f->res),
        SCEP_PENDING);
    assert_string_equal(got.ticket, "T-2");
}

static void a_crl_must_be_the_cas(void **state)
{
    static const scep_ca_revoked_t one = {"0A", 0, 1};
    static const struct {
        const char *text;
        scep_status_e status;
        const char *said;
    } rows[] = {{"exit 1", SCEP_REFUSED, "refused"},
                {"echo '{}'", SCEP_UNAVAILABLE, "no crl"},
                {"echo '{\"crl\":\"MAA=\"}'", SCEP_UNAVAILABLE, "be read"}};
    fixture_t *f = *state;
    scep_keypair_t pair = fixture_ca(f, "P-256");
    scep_ca_crl_request_t request = {
        .number = 7, .this_update = f->now, .next_update = f->now};
    apr_array_header_t *revoked =
        apr_array_make(f->pool, 1, sizeof(scep_ca_revoked_t));
    X509_CRL *crl;
    scep_json_t *in;
    apr_int64_t number = 0;
    size_t i;

    APR_ARRAY_PUSH(revoked, scep_ca_revoked_t) = one;
    request.revoked = revoked;
    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        void *ca = start(f, &pair, rows[i].text);

        assert_int_equal(
            scep_ca_exec.crl(ca, &f->env, &request, f->pool, &crl, &f->res),
            rows[i].status);
        assert_non_null(strstr(f->res.detail, rows[i].said));
        assert_null(crl);
    }
    in = told(f);
    member_is(in, "operation", "crl");
    assert_true(scep_json_number(scep_json_get(in, "number"), &number));
    assert_int_equal(number, 7);
    in = scep_json_at(scep_json_get(in, "revoked"), 0);
    member_is(in, "serial", "0A");
    member_is(in, "time", "1970-01-01T00:00:00Z");
}

static void what_is_configured_is_checked(void **state)
{
    fixture_t *f = *state;
    scep_keypair_t pair = fixture_ca(f, "P-256");
    scep_ca_config_t config = {.exec_workers = 1, .probe = 1}, bad;
    void *ca;

    config.args = script(f, "");
    config.cert_file = fixture_write_cert(f, "ca.crt", pair.cert);
    assert_int_equal(
        scep_ca_exec.start(&scep_host, &config, &f->env, f->pool, &ca, &f->res),
        SCEP_OK);
    assert_int_equal(sk_X509_num(scep_ca_exec.certificates(ca)), 1);
    bad = config;
    bad.key = "/etc/ca.key";
    assert_int_equal(
        scep_ca_exec.start(&scep_host, &bad, &f->env, f->pool, &ca, &f->res),
        SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "ScepCAKey is set"));
    bad = config;
    bad.args = "";
    assert_int_equal(
        scep_ca_exec.start(&scep_host, &bad, &f->env, f->pool, &ca, &f->res),
        SCEP_BROKEN);
    assert_non_null(strstr(f->res.detail, "ScepCABackend exec: the path"));
    assert_null(ca);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(an_issue_tells_all),
        FIXTURE_TEST(a_certificate_is_taken_in_pem_and_base64),
        FIXTURE_TEST(every_failure_has_its_status),
        FIXTURE_TEST(a_poll_names_its_ticket),
        FIXTURE_TEST(a_crl_must_be_the_cas),
        FIXTURE_TEST(what_is_configured_is_checked),
    };

    return cmocka_run_group_tests_name("ca_exec", tests, NULL, NULL);
}
