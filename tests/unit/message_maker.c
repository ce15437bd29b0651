/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* message_maker.c: see message_maker.h. */
#include "message_maker.h"

#include <openssl/objects.h>
#include <openssl/rsa.h>

#include "fixture_certs.h"
#include "scep_oid.h"

maker_t *maker_new(fixture_t *f, const scep_keypair_t *signer, X509 *recipient,
                   scep_octets_t data)
{
    maker_t *m = apr_pcalloc(f->pool, sizeof(*m));
    maker_attribute_t *nonce;

    m->data = data;
    m->cipher = "AES-128-CBC";
    m->recipients[0] = recipient;
    m->signer = *signer;
    m->digest = "SHA256";
    m->content_type = NID_pkcs7_data;
    maker_set_text(m, SCEP_OID_MESSAGE_TYPE, "19");
    maker_set_text(m, SCEP_OID_TRANSACTION_ID, "transaction-1");
    nonce = maker_attribute(m, SCEP_OID_SENDER_NONCE);
    nonce->type = V_ASN1_OCTET_STRING;
    nonce->value = MAKER_OCTETS("0123456789abcdef");
    return m;
}

maker_attribute_t *maker_attribute(maker_t *m, const char *oid)
{
    size_t i;

    for (i = 0; m->attributes[i].oid != NULL; i++) {
        if (strcmp(m->attributes[i].oid, oid) == 0) {
            return &m->attributes[i];
        }
    }
    assert_true(i + 1 < sizeof(m->attributes) / sizeof(m->attributes[0]));
    m->attributes[i].oid = oid;
    m->attributes[i].type = V_ASN1_PRINTABLESTRING;
    m->attributes[i].values = 1;
    m->attributes[i].copies = 1;
    return &m->attributes[i];
}

void maker_set_text(maker_t *m, const char *oid, const char *text)
{
    scep_octets_t value = {(const unsigned char *)text, strlen(text)};

    maker_attribute(m, oid)->value = value;
}

static BIO *octets_bio(fixture_t *f, scep_octets_t octets)
{
    BIO *bio = scep_bio_own(
        f->pool, BIO_new_mem_buf(octets.len > 0 ? (const void *)octets.data
                                                : (const void *)"",
                                 (int)octets.len));

    assert_non_null(bio);
    return bio;
}

/* Finish CMS over CONTENT and write it. */
static scep_octets_t finish(fixture_t *f, CMS_ContentInfo *cms,
                            scep_octets_t content, unsigned int flags, bool ber)
{
    BIO *in = octets_bio(f, content);
    BIO *out = scep_bio_own(f->pool, BIO_new(BIO_s_mem()));

    assert_non_null(out);
    if (ber) {
        assert_int_equal(i2d_CMS_bio_stream(out, cms, in, (int)flags), 1);
    }
    else {
        assert_int_equal(CMS_final(cms, in, NULL, flags), 1);
        assert_int_equal(i2d_CMS_bio(out, cms), 1);
    }
    return scep_bio_octets(f->pool, out);
}

static void set_oaep(const maker_t *m, CMS_RecipientInfo *ri)
{
    EVP_PKEY_CTX *ctx = CMS_RecipientInfo_get0_pkey_ctx(ri);

    assert_non_null(ctx);
    assert_true(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0);
    if (m->oaep_digest != NULL) {
        assert_true(
            EVP_PKEY_CTX_set_rsa_oaep_md_name(ctx, m->oaep_digest, NULL) > 0);
    }
    if (m->oaep_mgf1 != NULL) {
        assert_true(EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, m->oaep_mgf1, NULL) >
                    0);
    }
    if (m->oaep_label != NULL) {
        int len = (int)strlen(m->oaep_label);
        char *label = OPENSSL_strdup(m->oaep_label);

        assert_true(EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, label, len) > 0);
    }
}

scep_octets_t maker_envelope(fixture_t *f, const maker_t *m)
{
    unsigned int flags = CMS_PARTIAL | CMS_BINARY;
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(m->libctx, m->cipher, NULL);
    CMS_ContentInfo *cms;
    int i;

    assert_non_null(cipher);
    if (m->envelope_ber) {
        flags |= CMS_STREAM;
    }
    cms = scep_cms_own(
        f->pool, CMS_encrypt_ex(NULL, NULL, cipher, flags, m->libctx, NULL));
    assert_non_null(cms);
    for (i = 0; m->recipients[i] != NULL; i++) {
        CMS_RecipientInfo *ri =
            CMS_add1_recipient_cert(cms, m->recipients[i],
                                    flags | (m->oaep ? CMS_KEY_PARAM : 0) |
                                        (m->by_key_id ? CMS_USE_KEYID : 0));

        assert_non_null(ri);
        if (m->oaep) {
            set_oaep(m, ri);
        }
    }
    EVP_CIPHER_free(cipher);
    return finish(f, cms, m->data, flags, m->envelope_ber);
}

static X509_ATTRIBUTE *make_attribute(const maker_attribute_t *a)
{
    ASN1_OBJECT *object = OBJ_txt2obj(a->oid, 1);
    X509_ATTRIBUTE *made = X509_ATTRIBUTE_create_by_OBJ(
        NULL, object, a->type, a->value.data, (int)a->value.len);
    int i;

    assert_non_null(made);
    for (i = 1; i < a->values; i++) {
        assert_int_equal(X509_ATTRIBUTE_set1_data(made, a->type, a->value.data,
                                                  (int)a->value.len),
                         1);
    }
    ASN1_OBJECT_free(object);
    return made;
}

static void add_attributes(const maker_t *m, CMS_SignerInfo *si)
{
    const maker_attribute_t *a;
    int i;

    for (a = m->attributes; a->oid != NULL; a++) {
        X509_ATTRIBUTE *made = make_attribute(a);

        for (i = 0; i < a->copies; i++) {
            assert_int_equal(CMS_signed_add1_attr(si, made), 1);
        }
        X509_ATTRIBUTE_free(made);
    }
}

static void add_certs(const maker_t *m, CMS_ContentInfo *cms)
{
    int i;

    for (i = 0; m->certs[i] != NULL; i++) {
        assert_int_equal(CMS_add1_cert(cms, m->certs[i]), 1);
    }
    if (!m->without_signer) {
        /* it may be one of CERTS */
        CMS_add1_cert(cms, m->signer.cert);
        scep_crypto_clear_errors();
    }
}

scep_octets_t maker_sign(fixture_t *f, const maker_t *m, scep_octets_t content)
{
    unsigned int flags = CMS_PARTIAL | CMS_BINARY | CMS_NOCERTS;
    unsigned int signer_flags =
        flags | CMS_NOSMIMECAP | (m->pss ? CMS_KEY_PARAM : 0);
    EVP_MD *md = EVP_MD_fetch(m->libctx, m->digest, NULL);
    CMS_ContentInfo *cms;
    CMS_SignerInfo *si;

    if (m->without_content) {
        flags |= CMS_DETACHED;
    }
    if (m->ber) {
        flags |= CMS_STREAM;
    }
    assert_non_null(md);
    cms = scep_cms_own(
        f->pool, CMS_sign_ex(NULL, NULL, NULL, NULL, flags, m->libctx, NULL));
    assert_non_null(cms);
    assert_int_equal(CMS_set1_eContentType(cms, OBJ_nid2obj(m->content_type)),
                     1);
    si = CMS_add1_signer(cms, m->signer.cert, m->signer.key, md, signer_flags);
    assert_non_null(si);
    EVP_MD_free(md);
    if (m->pss) {
        assert_true(
            EVP_PKEY_CTX_set_rsa_padding(CMS_SignerInfo_get0_pkey_ctx(si),
                                         RSA_PKCS1_PSS_PADDING) > 0);
    }
    if (m->pss_mgf1 != NULL) {
        assert_true(
            EVP_PKEY_CTX_set_rsa_mgf1_md_name(CMS_SignerInfo_get0_pkey_ctx(si),
                                              m->pss_mgf1, NULL) > 0);
    }
    add_certs(m, cms);
    add_attributes(m, si);
    return finish(f, cms, content, flags, m->ber);
}

scep_octets_t maker_message(fixture_t *f, const maker_t *m)
{
    scep_octets_t nothing = {NULL, 0};

    return maker_sign(f, m,
                      m->without_content ? nothing : maker_envelope(f, m));
}

X509_REQ *maker_req(fixture_t *f, EVP_PKEY *key, const char *cn)
{
    X509_REQ *req = scep_x509_req_own(f->pool, X509_REQ_new());

    assert_non_null(req);
    certs_name(X509_REQ_get_subject_name(req), cn);
    assert_int_equal(X509_REQ_set_pubkey(req, key), 1);
    return req;
}

void maker_challenge(X509_REQ *req, int type, const void *value, size_t len)
{
    assert_int_equal(X509_REQ_add1_attr_by_NID(req, NID_pkcs9_challengePassword,
                                               type, value, (int)len),
                     1);
}

scep_octets_t maker_req_sign(fixture_t *f, X509_REQ *req, EVP_PKEY *key,
                             const char *digest)
{
    BIO *out = scep_bio_own(f->pool, BIO_new(BIO_s_mem()));
    EVP_MD *md = digest != NULL ? EVP_MD_fetch(NULL, digest, NULL) : NULL;

    assert_non_null(out);
    assert_true(X509_REQ_sign(req, key, md) > 0);
    EVP_MD_free(md);
    assert_int_equal(i2d_X509_REQ_bio(out, req), 1);
    return scep_bio_octets(f->pool, out);
}

scep_octets_t maker_csr(fixture_t *f, EVP_PKEY *key, const char *cn,
                        const char *challenge)
{
    X509_REQ *req = maker_req(f, key, cn);

    if (challenge != NULL) {
        maker_challenge(req, V_ASN1_PRINTABLESTRING, challenge,
                        strlen(challenge));
    }
    return maker_req_sign(f, req, key, "SHA256");
}

/* --- BER by hand --------------------------------------------------------- */

static scep_octets_t join(fixture_t *f, const unsigned char *head, size_t size,
                          const scep_octets_t *parts, size_t count,
                          size_t tail_zeros)
{
    scep_octets_t whole = {NULL, size + tail_zeros};
    unsigned char *to;
    size_t i;

    for (i = 0; i < count; i++) {
        whole.len += parts[i].len;
    }
    whole.data = to = apr_pcalloc(f->pool, whole.len);
    memcpy(to, head, size);
    to += size;
    for (i = 0; i < count; i++) {
        if (parts[i].len > 0) {
            memcpy(to, parts[i].data, parts[i].len);
            to += parts[i].len;
        }
    }
    return whole;
}

scep_octets_t maker_tlv(fixture_t *f, unsigned int id,
                        const scep_octets_t *parts, size_t count)
{
    unsigned char head[4] = {(unsigned char)id};
    size_t len = 0, i;

    for (i = 0; i < count; i++) {
        len += parts[i].len;
    }
    assert_true(len < 65536);
    if (len < 128) {
        head[1] = (unsigned char)len;
        return join(f, head, 2, parts, count, 0);
    }
    if (len < 256) {
        head[1] = 0x81;
        head[2] = (unsigned char)len;
        return join(f, head, 3, parts, count, 0);
    }
    head[1] = 0x82;
    head[2] = (unsigned char)(len >> 8);
    head[3] = (unsigned char)(len & 255);
    return join(f, head, 4, parts, count, 0);
}

scep_octets_t maker_tlv_indefinite(fixture_t *f, unsigned int id,
                                   const scep_octets_t *parts, size_t count)
{
    unsigned char head[2] = {(unsigned char)id, 0x80};

    return join(f, head, 2, parts, count, 2);
}

scep_octets_t maker_oid(fixture_t *f, const char *dotted)
{
    ASN1_OBJECT *object = scep_oid(f->pool, dotted);
    scep_octets_t body;

    assert_non_null(object);
    body.data = OBJ_get0_data(object);
    body.len = OBJ_length(object);
    return maker_tlv(f, V_ASN1_OBJECT, &body, 1);
}

scep_octets_t maker_patch(fixture_t *f, scep_octets_t octets,
                          scep_octets_t find, scep_octets_t replace)
{
    unsigned char *copy = apr_pmemdup(f->pool, octets.data, octets.len);
    unsigned char *at = memmem(copy, octets.len, find.data, find.len);

    assert_non_null(at);
    assert_int_equal(find.len, replace.len);
    memcpy(at, replace.data, replace.len);
    return (scep_octets_t){copy, octets.len};
}
