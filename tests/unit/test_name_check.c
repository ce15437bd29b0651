/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_name_check.c: which names are certified, and which are not. */
#include "enroll_fixture.h"

#include <openssl/x509v3.h>

#include "scep_cert_build.h"
#include "scep_limits.h"
#include "scep_name_check.h"
#include "scep_names.h"
#include "scep_signer.h"

#define X16 "xxxxxxxxxxxxxxxx"
#define X70 X16 X16 X16 X16 "xxxxxx"

static void free_extensions(void *object)
{
    sk_X509_EXTENSION_pop_free(object, X509_EXTENSION_free);
}

/* SAN as openssl.cnf has it; NULL: none. */
static scep_extensions_t *extensions_of(enroll_fixture_t *f, const char *san)
{
    scep_extensions_t *stack = sk_X509_EXTENSION_new_null();
    X509_EXTENSION *extension;

    scep_own(f->base.pool, stack, free_extensions);
    if (san != NULL) {
        extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san);
        assert_non_null(extension);
        assert_true(sk_X509_EXTENSION_push(stack, extension) > 0);
    }
    return stack;
}

static X509_REQ *csr_of(enroll_fixture_t *f, const char *cn, size_t len)
{
    X509_REQ *req = scep_x509_req_own(f->base.pool, X509_REQ_new());
    X509_NAME *name = X509_NAME_new();
    X509_NAME_ENTRY *entry = X509_NAME_ENTRY_new();

    assert_int_equal(
        X509_NAME_ENTRY_set_object(entry, OBJ_nid2obj(NID_commonName)), 1);
    assert_int_equal(X509_NAME_ENTRY_set_data(entry, V_ASN1_UTF8STRING,
                                              (const unsigned char *)cn,
                                              (int)len),
                     1);
    assert_int_equal(X509_NAME_add_entry(name, entry, -1, 0), 1);
    assert_int_equal(X509_REQ_set_subject_name(req, name), 1);
    assert_int_equal(X509_REQ_set_pubkey(req, f->device.key), 1);
    X509_NAME_ENTRY_free(entry);
    X509_NAME_free(name);
    return req;
}

static void enrolment(enroll_fixture_t *f, const char *cn, size_t len,
                      const char *san, scep_enrolment_t *e)
{
    scep_pkimessage_t *msg = apr_pcalloc(f->base.pool, sizeof(*msg));
    scep_csr_t *csr = apr_pcalloc(f->base.pool, sizeof(*csr));

    memset(e, 0, sizeof(*e));
    msg->signer = f->device.cert;
    csr->req = csr_of(f, cn, len);
    csr->extensions = extensions_of(f, san);
    csr->subject =
        scep_name_text(f->base.pool, X509_REQ_get_subject_name(csr->req));
    e->req = &f->req;
    e->msg = msg;
    e->csr = csr;
    f->req.signer = NULL;
    enroll_reset_result(f);
}

/* The same names in a certificate by our CA, which signs the message. */
static void be_renewal(enroll_fixture_t *f, scep_enrolment_t *e)
{
    scep_signer_t *signer = apr_pcalloc(f->base.pool, sizeof(*signer));
    scep_pkimessage_t *msg = apr_pcalloc(f->base.pool, sizeof(*msg));
    scep_ca_request_t request = {.csr = e->csr->req,
                                 .extensions = e->csr->extensions,
                                 .profile = &f->profile};
    int left_out;

    enroll_reset_result(f);
    assert_int_equal(scep_cert_issue(&f->ca, &request, f->base.now,
                                     f->base.pool, &msg->signer, &left_out,
                                     &f->base.res),
                     SCEP_OK);
    signer->issuer = SCEP_SIGNER_OURS;
    signer->serial = "1";
    f->req.signer = signer;
    e->msg = msg;
}

static scep_reason_e verdict(enroll_fixture_t *f, const scep_enrolment_t *e)
{
    enroll_reset_result(f);
    return scep_name_check(e, &f->base.res) == SCEP_OK ? SCEP_R_NONE
                                                       : f->base.res.reason;
}

/* Whatever is refused at first may be renewed by who has it. */
static void test_what_is_refused_can_be_renewed(void **state)
{
    static const struct {
        const char *cn;
        size_t len;
        const char *san;
        scep_reason_e first;
        const char *told;
    } cases[] = {
        {"dev", 3, NULL, SCEP_R_NONE, ""},
        {"dev", 3, "DNS:*.example.com,URI:urn:a:b", SCEP_R_NONE, ""},
        {X70, 70, NULL, SCEP_R_NAME, "CN \"" X16},
        {"a\0b", 3, NULL, SCEP_R_NAME, "a\\x00b"},
        {"", 0, "DNS:a", SCEP_R_NAME, "CN \"\" is empty"},
        {"dev", 3, "DNS:*", SCEP_R_NAME, "DNS \"*\""},
        {"dev", 3, "DNS:*.com", SCEP_R_NAME, "DNS \"*.com\""},
        {"*", 1, NULL, SCEP_R_NAME, "CN \"*\""},
        {"*.com", 5, NULL, SCEP_R_NAME, "CN \"*.com\""},
        {"dev", 3, "DNS:a b", SCEP_R_NAME, "DNS \"a b\" is not a host name"},
        {"dev", 3, "email:x", SCEP_R_NAME, "email \"x\""},
        {"dev", 3, "URI:x", SCEP_R_NAME, "URI \"x\""},
        {"dev", 3, "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:a\nb", SCEP_R_NAME,
         "UPN \"a\\x0ab\""},
    };
    enroll_fixture_t *f = *state;
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        scep_enrolment_t e;

        enrolment(f, cases[i].cn, cases[i].len, cases[i].san, &e);
        assert_int_equal(verdict(f, &e), cases[i].first);
        assert_non_null(strstr(f->base.res.detail, cases[i].told));
        be_renewal(f, &e);
        assert_int_equal(verdict(f, &e), SCEP_R_NONE);
        e.renewal_of = "1";
        assert_int_equal(verdict(f, &e), SCEP_R_NONE);
    }
}

/* But it vouches for nothing else. */
static void test_other_names_of_a_renewal(void **state)
{
    enroll_fixture_t *f = *state;
    scep_enrolment_t e, other;

    enrolment(f, X70, 70, "DNS:*.com", &e);
    be_renewal(f, &e);
    enrolment(f, X70 "y", 71, "DNS:*.com", &other);
    be_renewal(f, &e);
    other.msg = e.msg;
    assert_int_equal(verdict(f, &other), SCEP_R_NAME);
    enrolment(f, X70, 70, "DNS:*.com,DNS:*.org", &other);
    be_renewal(f, &e);
    other.msg = e.msg;
    assert_int_equal(verdict(f, &other), SCEP_R_NAME);
    assert_non_null(strstr(f->base.res.detail, "*.org"));
}

/* A renewal that waited was compared with its certificate when it was queued,
 * and that certificate is not at hand any more. */
static void test_what_waited(void **state)
{
    static const scep_request_row_t row = {.source = "one-time"};
    enroll_fixture_t *f = *state;
    scep_enrolment_t e;

    enrolment(f, "*", 1, NULL, &e);
    e.waiting = &row;
    assert_int_equal(verdict(f, &e), SCEP_R_NAME);
    e.renewal_of = "1";
    assert_int_equal(verdict(f, &e), SCEP_R_NONE);
    e.waiting = NULL; /* and no certificate of the signer's */
    assert_int_equal(verdict(f, &e), SCEP_R_NAME);
}

static void test_many(void **state)
{
    enroll_fixture_t *f = *state;
    const char *san = "DNS:a";
    scep_enrolment_t e;
    int i;

    for (i = 1; i < SCEP_NAMES_MAX; i++) {
        san = apr_psprintf(f->base.pool, "%s,DNS:a%d", san, i);
    }
    enrolment(f, "dev", 3, san, &e);
    assert_int_equal(verdict(f, &e), SCEP_R_NONE);
    san = apr_pstrcat(f->base.pool, san, ",DNS:one.more", NULL);
    enrolment(f, "dev", 3, san, &e);
    assert_int_equal(verdict(f, &e), SCEP_R_NAME);
    assert_non_null(strstr(f->base.res.detail, "257"));
    be_renewal(f, &e);
    assert_int_equal(verdict(f, &e), SCEP_R_NONE);
}

static scep_reason_e verdict_of_subject(enroll_fixture_t *f,
                                        const X509_NAME *name)
{
    scep_enrolment_t e;

    enrolment(f, "dev", 3, NULL, &e);
    assert_int_equal(X509_REQ_set_subject_name(e.csr->req, name), 1);
    return verdict(f, &e);
}

static X509 *named(enroll_fixture_t *f, const char *cn)
{
    X509 *cert = scep_x509_own(f->base.pool, X509_new());

    assert_int_equal(X509_NAME_add_entry_by_txt(X509_get_subject_name(cert),
                                                "CN", V_ASN1_PRINTABLESTRING,
                                                (const unsigned char *)cn, -1,
                                                -1, 0),
                     1);
    return cert;
}

/* In any case and type of string. */
static void test_authorities(void **state)
{
    enroll_fixture_t *f = *state;
    scep_next_ca_t next = {.ca_id = "next"};
    scep_enrolment_t e;

    next.certs = scep_x509s_own(f->base.pool, sk_X509_new_null());
    f->policy.renewal.trust = scep_x509s_own(f->base.pool, sk_X509_new_null());
    assert_int_equal(
        X509_add_cert(next.certs, named(f, "Next CA"), X509_ADD_FLAG_UP_REF),
        1);
    assert_int_equal(X509_add_cert(f->policy.renewal.trust,
                                   named(f, "Former CA"), X509_ADD_FLAG_UP_REF),
                     1);
    assert_int_equal(
        X509_add_cert(f->ca_certs, named(f, "Root CA"), X509_ADD_FLAG_UP_REF),
        1);
    f->service.next = &next;
    assert_int_equal(verdict_of_subject(f, X509_get_subject_name(f->ca.cert)),
                     SCEP_R_NAME_OF_CA);
    enrolment(f, "NEXT  ca", 8, NULL, &e);
    assert_int_equal(verdict(f, &e), SCEP_R_NAME_OF_CA);
    enrolment(f, "former ca", 9, NULL, &e);
    assert_int_equal(verdict(f, &e), SCEP_R_NAME_OF_CA);
    enrolment(f, "root ca", 7, NULL, &e);
    assert_int_equal(verdict(f, &e), SCEP_R_NAME_OF_CA);
    enrolment(f, "another ca", 10, NULL, &e);
    assert_int_equal(verdict(f, &e), SCEP_R_NONE);
    assert_int_equal(
        verdict_of_subject(
            f,
            X509_get_subject_name(
                APR_ARRAY_IDX(f->ra.pairs, 0, const scep_keypair_t *)->cert)),
        SCEP_R_NAME_OF_CA);
}

static void test_limits_allow_a_wildcard(void **state)
{
    static const struct {
        const char *limits;
        scep_reason_e wide; /* what becomes of *.com */
    } cases[] = {
        {"{\"subjectAltNames\":[\"DNS:\\\\*.com\"],\"subject\":\"CN=dev\"}",
         SCEP_R_NONE},
        {"{\"subjectAltNames\":[\"*\"],\"subject\":\"CN=dev\"}", SCEP_R_NAME},
        {"{\"subjectAltNames\":[\"DNS:*.com\"],\"subject\":\"CN=dev\"}",
         SCEP_R_NAME},
        {"{\"networks\":[\"192.0.2.0/24\"]}", SCEP_R_NAME},
    };
    enroll_fixture_t *f = *state;
    const char *error;
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        scep_enrolment_t e;

        enrolment(f, "dev", 3, "DNS:*.com", &e);
        e.claim.limits =
            scep_limits_parse(f->base.pool, cases[i].limits, &error);
        assert_non_null(e.claim.limits);
        assert_int_equal(verdict(f, &e), cases[i].wide);
        enrolment(f, "dev", 3, "DNS:*", &e);
        e.claim.limits = scep_limits_parse(
            f->base.pool,
            "{\"subjectAltNames\":[\"DNS:\\\\*\"],\"subject\":\"CN=dev\"}",
            &error);
        assert_int_equal(verdict(f, &e), SCEP_R_NAME);
    }
}

static void test_relaxed(void **state)
{
    enroll_fixture_t *f = *state;
    scep_enrolment_t e;

    f->policy.name_rules.any_length = true;
    f->policy.name_rules.any_syntax = true;
    enrolment(f, X70, 70, "DNS:John's phone,email:x", &e);
    assert_int_equal(verdict(f, &e), SCEP_R_NONE);
    enrolment(f, X70, 70, "DNS:*.com", &e);
    assert_int_equal(verdict(f, &e), SCEP_R_NAME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_what_is_refused_can_be_renewed),
        ENROLL_TEST(test_other_names_of_a_renewal),
        ENROLL_TEST(test_what_waited),
        ENROLL_TEST(test_many),
        ENROLL_TEST(test_authorities),
        ENROLL_TEST(test_limits_allow_a_wildcard),
        ENROLL_TEST(test_relaxed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
