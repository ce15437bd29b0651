/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* test_pkioperation.c: whole messages in, whole messages out. */
#include "enroll_fixture.h"

#include <openssl/cms.h>

#include "message_maker.h"
#include "scep_oid.h"
#include "scep_operation.h"

static maker_t *pkcsreq(enroll_fixture_t *f, const char *password)
{
    return maker_new(&f->base, &f->device, f->ca.cert,
                     enroll_csr(f, f->device.key, "dev", password));
}

static scep_answer_t answer_to(enroll_fixture_t *f, const maker_t *m)
{
    scep_answer_t answer = {0};

    f->base.log[0] = '\0';
    scep_pkioperation(&f->req, maker_message(&f->base, m), &answer);
    return answer;
}

/* The CMS of a CertRep, its signature verified with the CA's certificate. */
static CMS_ContentInfo *certrep(enroll_fixture_t *f,
                                const scep_answer_t *answer, BIO *content)
{
    CMS_ContentInfo *cms;
    BIO *nothing = NULL;

    assert_int_equal(answer->http_status, 200);
    assert_string_equal(answer->content_type, "application/x-pki-message");
    assert_false(answer->cacheable);
    cms = scep_pkimessage_parse_cms(answer->body, NULL, f->base.pool);
    assert_non_null(cms);
    if (content == NULL) {
        nothing = scep_bio_own(f->base.pool, BIO_new_mem_buf("", 0));
    }
    assert_int_equal(
        CMS_verify(cms, f->ca_certs, NULL, nothing, content,
                   CMS_NO_SIGNER_CERT_VERIFY | CMS_NOINTERN | CMS_BINARY),
        1);
    return cms;
}

static void assert_attribute(enroll_fixture_t *f, CMS_ContentInfo *cms,
                             const char *oid, int type, const void *want,
                             size_t len)
{
    CMS_SignerInfo *si = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
    const ASN1_STRING *value =
        CMS_signed_get0_data_by_OBJ(si, scep_oid(f->base.pool, oid), -3, type);

    assert_non_null(value);
    assert_int_equal(ASN1_STRING_length(value), len);
    assert_memory_equal(ASN1_STRING_get0_data(value), want, len);
}

static X509 *issued_in(enroll_fixture_t *f, const scep_answer_t *answer)
{
    BIO *envelope = scep_bio_own(f->base.pool, BIO_new(BIO_s_mem()));
    BIO *plain = scep_bio_own(f->base.pool, BIO_new(BIO_s_mem()));
    CMS_ContentInfo *cms = certrep(f, answer, envelope);
    scep_octets_t octets;
    const unsigned char *in;
    PKCS7 *p7;
    X509 *cert;

    assert_attribute(f, cms, SCEP_OID_PKI_STATUS, V_ASN1_PRINTABLESTRING, "0",
                     1);
    octets = scep_bio_octets(f->base.pool, envelope);
    cms = scep_pkimessage_parse_cms(octets, NULL, f->base.pool);
    assert_non_null(cms);
    assert_int_equal(CMS_decrypt(cms, f->device.key, f->device.cert, NULL,
                                 plain, CMS_BINARY),
                     1);
    octets = scep_bio_octets(f->base.pool, plain);
    in = octets.data;
    p7 = scep_pkcs7_own(f->base.pool, d2i_PKCS7(NULL, &in, (long)octets.len));
    assert_non_null(p7);
    assert_int_equal(sk_X509_num(p7->d.sign->cert), 1);
    cert = sk_X509_value(p7->d.sign->cert, 0);
    assert_int_equal(X509_verify(cert, f->ca.key), 1);
    return cert;
}

static void assert_failure(enroll_fixture_t *f, const maker_t *m,
                           const char *failinfo, const char *log)
{
    scep_answer_t answer = answer_to(f, m);
    CMS_ContentInfo *cms = certrep(f, &answer, NULL);

    assert_attribute(f, cms, SCEP_OID_PKI_STATUS, V_ASN1_PRINTABLESTRING, "2",
                     1);
    assert_attribute(f, cms, SCEP_OID_FAIL_INFO, V_ASN1_PRINTABLESTRING,
                     failinfo, 1);
    assert_non_null(strstr(f->base.log, log));
    assert_int_equal(f->issued, 0);
}

static void assert_http(enroll_fixture_t *f, scep_octets_t message, int status,
                        const char *log)
{
    scep_answer_t answer = {0};

    f->base.log[0] = '\0';
    scep_pkioperation(&f->req, message, &answer);
    assert_int_equal(answer.http_status, status);
    assert_string_equal(answer.content_type, "text/plain");
    assert_non_null(strstr(f->base.log, log));
    assert_int_equal(f->issued, 0);
}

static void test_success(void **state)
{
    enroll_fixture_t *f = *state;
    maker_t *m = pkcsreq(f, enroll_draw(f));
    maker_attribute_t *nonce = maker_attribute(m, SCEP_OID_SENDER_NONCE);
    scep_answer_t answer;
    CMS_ContentInfo *cms;
    BIO *sink = scep_bio_own(f->base.pool, BIO_new(BIO_s_mem()));

    maker_set_text(m, SCEP_OID_TRANSACTION_ID, "id with = and +");
    answer = answer_to(f, m);
    cms = certrep(f, &answer, sink);
    assert_attribute(f, cms, SCEP_OID_MESSAGE_TYPE, V_ASN1_PRINTABLESTRING, "3",
                     1);
    assert_attribute(f, cms, SCEP_OID_TRANSACTION_ID, V_ASN1_PRINTABLESTRING,
                     "id with = and +", 15);
    assert_attribute(f, cms, SCEP_OID_RECIPIENT_NONCE, V_ASN1_OCTET_STRING,
                     nonce->value.data, nonce->value.len);
    assert_int_equal(
        EVP_PKEY_eq(X509_get0_pubkey(issued_in(f, &answer)), f->device.key), 1);
    assert_non_null(strstr(f->base.log, "SCEP0200"));
}

static void test_retry(void **state)
{
    enroll_fixture_t *f = *state;
    maker_t *m = pkcsreq(f, enroll_draw(f));
    scep_answer_t first = answer_to(f, m);
    scep_answer_t second = answer_to(f, m);

    assert_int_equal(X509_cmp(issued_in(f, &first), issued_in(f, &second)), 0);
    assert_int_equal(f->issued, 1);
    assert_non_null(strstr(f->base.log, "SCEP0201"));
}

static void test_wrong_password(void **state)
{
    enroll_fixture_t *f = *state;

    assert_failure(f, pkcsreq(f, "WRONG"), "2", "SCEP0153");
    assert_failure(f, pkcsreq(f, NULL), "2", "SCEP0151");
}

/* S1: every messageType but those served ends before any issuing code. */
static void test_message_types(void **state)
{
    enroll_fixture_t *f = *state;
    maker_t *m = pkcsreq(f, enroll_draw(f));
    int type;

    for (type = 0; type <= 255; type++) {
        if (type > 32 && (unsigned int)type % fixture_thin() != 0) {
            continue; /* the types that are in use are all below */
        }
        if (type == SCEP_MSG_PKCSREQ) {
            continue;
        }
        maker_set_text(m, SCEP_OID_MESSAGE_TYPE, apr_itoa(f->base.pool, type));
        if (type == SCEP_MSG_CERTPOLL) {
            assert_failure(f, m, "4", "SCEP0166");
            continue;
        }
        if (type == SCEP_MSG_GETCERT || type == SCEP_MSG_GETCRL) {
            /* a PKCS#10 is nothing that they could read */
            assert_failure(f, m, "4",
                           type == SCEP_MSG_GETCERT ? "SCEP0161" : "SCEP0162");
            continue;
        }
        assert_failure(f, m, "2",
                       type == SCEP_MSG_RENEWALREQ ? "SCEP0143" : "SCEP0133");
    }
    maker_set_text(m, SCEP_OID_MESSAGE_TYPE, "PKCSReq");
    assert_failure(f, m, "2", "SCEP0133");
}

/* S20: that a message is not served is said before its envelope is opened, so
 * that the answer tells nothing about the envelope. */
static void test_type_is_refused_before_opening(void **state)
{
    enroll_fixture_t *f = *state;
    maker_t *m = pkcsreq(f, enroll_draw(f));

    m->recipients[0] = f->device.cert; /* it could not be opened */
    maker_set_text(m, SCEP_OID_MESSAGE_TYPE, "18");
    assert_failure(f, m, "2", "SCEP0133");
}

/* Invariant 7: the answer to what cannot be read comes on a coarse tick. */
static void test_content_refusals_are_put_off(void **state)
{
    enroll_fixture_t *f = *state;
    maker_t *m = pkcsreq(f, enroll_draw(f));
    apr_time_t began = apr_time_now();

    m->data = MAKER_OCTETS("no PKCS#10");
    assert_failure(f, m, "2", "SCEP0137");
    assert_true(apr_time_now() - began >= 10000);
}

/* M's envelope, the last block of which decrypts to anything but padding. */
static scep_octets_t undecryptable(enroll_fixture_t *f, const maker_t *m)
{
    scep_octets_t envelope = maker_envelope(&f->base, m);
    unsigned char *cut = apr_pmemdup(f->base.pool, envelope.data, envelope.len);
    size_t i;

    /* what is there of the block before it goes through to the last one */
    for (i = 17; i <= 32; i++) {
        cut[envelope.len - i] ^= 0xff;
    }
    envelope.data = cut;
    return envelope;
}

static CMS_ContentInfo *reply_to(enroll_fixture_t *f, const maker_t *m,
                                 scep_octets_t envelope)
{
    apr_time_t began = apr_time_now();
    scep_answer_t answer = {0};
    CMS_ContentInfo *cms;

    f->base.log[0] = '\0';
    scep_pkioperation(&f->req, maker_sign(&f->base, m, envelope), &answer);
    assert_true(apr_time_now() - began >= 10000);
    assert_int_equal(answer.http_status, 200);
    cms = scep_pkimessage_parse_cms(answer.body, NULL, f->base.pool);
    assert_non_null(cms);
    return cms;
}

/* S20: a GetCert or GetCRL around a piece of somebody else's ciphertext, with
 * a block of one's own choice before it, must not tell if that piece ends in
 * good padding: octet by octet it would be read. */
static void test_lookups_do_not_tell_of_content(void **state)
{
    static const struct {
        const char *failinfo, *text, *log;
    } wanted[] = {
        {"4", "There is no such certificate.", "SCEP0161"},
        {"4", "This CA has no CRL of that issuer.", "SCEP0162"},
        {"0", "No reply can be encrypted to the key of the message's signer.",
         "SCEP0141"}};
    /* an id of nobody's, and none */
    const scep_octets_t contents[] = {
        MAKER_OCTETS("\x30\x13\x30\x0e\x31\x0c\x30\x0a\x06\x03\x55\x04\x03\x0c"
                     "\x03"
                     "abc\x02\x01\x07"),
        MAKER_OCTETS("this is no id of any")};
    enroll_fixture_t *f = *state;
    EVP_PKEY *ec = enroll_key(f, "EC", 0);
    const scep_keypair_t signers[] = {f->device,
                                      {enroll_self_signed(f, ec), ec}};
    size_t i, j;

    for (i = 0; i < 4; i++) {
        const size_t want = i < 2 ? i : 2;

        for (j = 0; j < 3; j++) {
            maker_t *m = maker_new(&f->base, &signers[i / 2], f->ca.cert,
                                   contents[j < 2 ? j : 1]);
            CMS_ContentInfo *cms;

            maker_set_text(m, SCEP_OID_MESSAGE_TYPE, i % 2 == 0 ? "21" : "22");
            cms = reply_to(f, m,
                           j < 2 ? maker_envelope(&f->base, m)
                                 : undecryptable(f, m));
            assert_attribute(f, cms, SCEP_OID_FAIL_INFO, V_ASN1_PRINTABLESTRING,
                             wanted[want].failinfo, 1);
            assert_attribute(f, cms, SCEP_OID_FAIL_INFO_TEXT, V_ASN1_UTF8STRING,
                             wanted[want].text, strlen(wanted[want].text));
            assert_non_null(strstr(f->base.log, wanted[want].log));
            if (want < 2 && j == 2) {
                assert_non_null(strstr(f->base.log, "cannot be decrypted"));
            }
        }
    }
}

/* S20: of several CAs the one answers whose key the envelope is for, also if
 * it cannot be decrypted: else its name would tell that it could be. */
static void test_signer_does_not_tell_of_content(void **state)
{
    enroll_fixture_t *f = *state;
    const scep_keypair_t pair = {enroll_self_signed(f, f->other_key),
                                 f->other_key};
    const scep_keypair_t *other = &pair;
    scep_service_t second = f->service;
    scep_ra_t ra = f->ra;
    const scep_ident_t ident = {"second", &second};
    apr_array_header_t *idents;
    scep_certs_t *certs = scep_x509s_own(f->base.pool, sk_X509_new_null());
    maker_t *m =
        maker_new(&f->base, &f->device, other->cert,
                  MAKER_OCTETS("this is no PKCS#10, and not even BER"));
    int i;

    ra.pairs = apr_array_make(f->base.pool, 1, sizeof(other));
    APR_ARRAY_PUSH(ra.pairs, const scep_keypair_t *) = other;
    ra.signer = other;
    second.ra = &ra;
    idents = apr_array_make(f->base.pool, 1, sizeof(ident));
    APR_ARRAY_PUSH(idents, scep_ident_t) = ident;
    f->req.idents = idents;
    assert_true(certs != NULL && X509_up_ref(other->cert) == 1 &&
                sk_X509_push(certs, other->cert) > 0);

    for (i = 0; i < 2; i++) {
        BIO *nothing = scep_bio_own(f->base.pool, BIO_new_mem_buf("", 0));
        CMS_ContentInfo *cms;

        f->req.service = &f->service;
        cms = reply_to(
            f, m, i == 0 ? maker_envelope(&f->base, m) : undecryptable(f, m));
        assert_non_null(strstr(f->base.log, "SCEP0137"));
        assert_int_equal(
            CMS_verify(cms, certs, NULL, nothing, NULL,
                       CMS_NO_SIGNER_CERT_VERIFY | CMS_NOINTERN | CMS_BINARY),
            1);
    }
}

static void test_not_for_us(void **state)
{
    enroll_fixture_t *f = *state;
    maker_t *m = pkcsreq(f, enroll_draw(f));

    m->recipients[0] = f->device.cert;
    assert_failure(f, m, "4", "SCEP0136");
}

/* S26: what is not on the endpoint's list is badAlg, however well signed. */
static void test_algorithm_not_allowed(void **state)
{
    enroll_fixture_t *f = *state;
    maker_t *m = pkcsreq(f, enroll_draw(f));
    scep_algs_t *modern;

    assert_int_equal(scep_algs_make(SCEP_LEVEL_MODERN, NULL, f->base.pool,
                                    &modern, &f->base.res),
                     SCEP_OK);
    f->policy.algs = modern;
    m->digest = "SHA1";
    assert_failure(f, m, "0", "SCEP0130");
    m->digest = "SHA256";
    m->cipher = "DES-EDE3-CBC";
    assert_failure(f, m, "0", "SCEP0135");
}

/* S5 */
static void test_signature(void **state)
{
    enroll_fixture_t *f = *state;
    maker_t *m = pkcsreq(f, enroll_draw(f));
    scep_octets_t message = maker_message(&f->base, m);
    unsigned char *copy = apr_pmemdup(f->base.pool, message.data, message.len);
    scep_answer_t answer = {0};
    CMS_ContentInfo *cms;

    copy[message.len - 1] ^= 1;
    message.data = copy;
    scep_pkioperation(&f->req, message, &answer);
    cms = certrep(f, &answer, NULL);
    assert_attribute(f, cms, SCEP_OID_FAIL_INFO, V_ASN1_PRINTABLESTRING, "1",
                     1);
    assert_int_equal(f->issued, 0);
}

static void test_no_pkimessage(void **state)
{
    enroll_fixture_t *f = *state;
    maker_t *m = pkcsreq(f, enroll_draw(f));

    assert_http(f, MAKER_OCTETS("hello"), 400, "SCEP0120");
    maker_attribute(m, SCEP_OID_SENDER_NONCE)->copies = 0;
    assert_http(f, maker_message(&f->base, m), 400, "SCEP0123");
    maker_attribute(m, SCEP_OID_TRANSACTION_ID)->copies = 0;
    assert_http(f, maker_message(&f->base, m), 400, "SCEP0122");
}

/* A CA that is away is no FAILURE, which clients take for final. */
static void test_unavailable(void **state)
{
    enroll_fixture_t *f = *state;
    maker_t *m = pkcsreq(f, enroll_draw(f));
    scep_answer_t answer;

    f->backend_status = SCEP_UNAVAILABLE;
    f->backend_reason = SCEP_R_CA_UNAVAILABLE;
    answer = answer_to(f, m);
    assert_int_equal(answer.http_status, 503);
    assert_true(answer.retry_after > 0);
    f->backend_status = SCEP_OK;
    answer = answer_to(f, m);
    issued_in(f, &answer);
}

/* A certificate was issued, but no reply can be made: the next try of the
 * same request gets it. */
static void test_reply_lost_is_answered_again(void **state)
{
    enroll_fixture_t *f = *state;
    maker_t *m = pkcsreq(f, enroll_draw(f));
    scep_keypair_t mismatched = {f->ca.cert, f->other_key};
    scep_answer_t answer;

    f->ra.signer = &mismatched;
    answer = answer_to(f, m);
    assert_int_equal(answer.http_status, 500);
    f->ra.signer = &f->ca;
    answer = answer_to(f, m);
    issued_in(f, &answer);
    assert_int_equal(f->issued, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENROLL_TEST(test_success),
        ENROLL_TEST(test_retry),
        ENROLL_TEST(test_wrong_password),
        ENROLL_TEST(test_message_types),
        ENROLL_TEST(test_type_is_refused_before_opening),
        ENROLL_TEST(test_content_refusals_are_put_off),
        ENROLL_TEST(test_lookups_do_not_tell_of_content),
        ENROLL_TEST(test_signer_does_not_tell_of_content),
        ENROLL_TEST(test_not_for_us),
        ENROLL_TEST(test_algorithm_not_allowed),
        ENROLL_TEST(test_signature),
        ENROLL_TEST(test_no_pkimessage),
        ENROLL_TEST(test_unavailable),
        ENROLL_TEST(test_reply_lost_is_answered_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
