/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_file_kind.c: recognises files that cannot be read as keys or
 * certificates. (base layer)
 */
#include "scep_file_kind.h"

#include <string.h>

#include <apr_strings.h>

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>

/* A kind of file, and what to do with the file %s to get a key or
 * certificate. */
typedef struct kind_t {
    const char *mark; /* its first octets, or its PEM label */
    const char *what;
    const char *for_key;
    const char *for_certificate;
} kind_t;

#define TAKE_KEY "name the private key's file instead"
#define TAKE_CERT "name the certificate's file instead"

static const kind_t pfx = {
    NULL, "a PKCS #12 (PFX) file",
    "convert it by `openssl pkcs12 -in %s -nocerts -nodes -out key.pem' (older "
    "ones need -legacy, too)",
    "convert it by `openssl pkcs12 -in %s -clcerts -nokeys -out cert.pem' "
    "(older ones need -legacy, too)"};

static const kind_t p7b_der = {
    NULL, "a PKCS #7 (P7B) file, which holds certificates only", TAKE_KEY,
    "convert it by `openssl pkcs7 -inform DER -in %s -print_certs -out "
    "cert.pem'"};

static const kind_t cert_der = {NULL, "a certificate in DER", TAKE_KEY,
                                "octets follow it; export it again"};
static const kind_t csr_der = {NULL, "a certificate request (CSR) in DER",
                               TAKE_KEY,
                               "name the certificate that was issued for it"};
static const kind_t crl_der = {NULL, "a CRL in DER", TAKE_KEY, TAKE_CERT};
static const kind_t encrypted_der = {
    NULL, "an encrypted private key in DER",
    "convert it by `openssl pkcs8 -inform DER -in %s -out key.pem'", TAKE_CERT};
static const kind_t key_der = {
    NULL, "a private key in DER",
    "convert it by `openssl pkey -inform DER -in %s -out key.pem'", TAKE_CERT};
static const kind_t public_der = {NULL, "a public key in DER", TAKE_KEY,
                                  TAKE_CERT};
static const kind_t utf16 = {
    NULL, "a text in UTF-16",
    "convert it by `iconv -f UTF-16 -t ASCII %s > key.pem'",
    "convert it by `iconv -f UTF-16 -t ASCII %s > cert.pem'"};
static const kind_t base64 = {
    NULL, "base64 without PEM lines",
    "convert it to DER by `openssl base64 -d -in %s -out key.der' (with -A if "
    "it is one line)",
    "convert it to DER by `openssl base64 -d -in %s -out cert.der' (with -A if "
    "it is one line)"};
static const kind_t hex = {NULL, "a hex dump",
                           "convert it to DER by `xxd -r -p %s key.der'",
                           "convert it to DER by `xxd -r -p %s cert.der'"};
static const kind_t empty = {NULL, "empty", TAKE_KEY, TAKE_CERT};

/* Kinds by their first octets. */
static const kind_t begins[] = {
    {"\xfe\xed\xfe\xed", "a Java key store (JKS)",
     "convert it by `keytool -importkeystore -srckeystore %s -destkeystore "
     "key.p12 -deststoretype PKCS12', and that by openssl pkcs12",
     "convert it by `keytool -exportcert -rfc -keystore %s -file cert.pem'"},
    {"\xce\xce\xce\xce", "a Java key store (JCEKS)",
     "convert it by `keytool -importkeystore -srcstoretype JCEKS -srckeystore "
     "%s -destkeystore key.p12 -deststoretype PKCS12', and that by openssl "
     "pkcs12",
     "convert it by `keytool -exportcert -rfc -storetype JCEKS -keystore %s "
     "-file cert.pem'"},
    {"PuTTY-User-Key-File-", "a PuTTY key",
     "convert it by `puttygen %s -O private-openssh -o key.pem'", TAKE_CERT},
    {"ssh-", "an SSH public key", TAKE_KEY, TAKE_CERT},
    {"ecdsa-sha2-", "an SSH public key", TAKE_KEY, TAKE_CERT},
    {"<!DOCTYPE", "a web page, not what was to be downloaded",
     "download it again", "download it again"},
    {"<html", "a web page, not what was to be downloaded", "download it again",
     "download it again"},
};

/* Kinds by PEM label; the first block whose label is in this table decides. */
static const kind_t labels[] = {
    {"OPENSSH PRIVATE KEY", "a private key as OpenSSH writes it",
     "convert a copy of it by `ssh-keygen -p -m PKCS8 -f %s'", TAKE_CERT},
    {"PKCS7", "a PKCS #7 (P7B) file, which holds certificates only", TAKE_KEY,
     "convert it by `openssl pkcs7 -in %s -print_certs -out cert.pem'"},
    {"PKCS #7 SIGNED DATA",
     "a PKCS #7 (P7B) file, which holds certificates only", TAKE_KEY,
     "convert it by `openssl pkcs7 -in %s -print_certs -out cert.pem'"},
    {"CMS", "a CMS (P7B) file, which holds no private key", TAKE_KEY,
     "convert it by `openssl pkcs7 -in %s -print_certs -out cert.pem'"},
    {"PKCS12", "a PKCS #12 (PFX) file in PEM",
     "decode its base64 (`openssl base64 -d'), then use openssl pkcs12",
     "decode its base64 (`openssl base64 -d'), then use openssl pkcs12"},
    {"ENCRYPTED PRIVATE KEY", "an encrypted private key",
     "check the passphrase, and that its lines are whole", TAKE_CERT},
    {"PRIVATE KEY", "a private key whose PEM block is damaged",
     "it must have lines of at most 76 characters, and nothing else between "
     "them",
     TAKE_CERT},
    {"TRUSTED CERTIFICATE", "a certificate with OpenSSL's trust settings",
     TAKE_KEY, "convert it by `openssl x509 -in %s -out cert.pem'"},
    {"CERTIFICATE REQUEST", "a certificate request (CSR)", TAKE_KEY,
     "name the certificate that was issued for it"},
    {"ATTRIBUTE CERTIFICATE", "an attribute certificate", TAKE_KEY, TAKE_CERT},
    {"CERTIFICATE", "a certificate", TAKE_KEY,
     "its PEM block is damaged: it must have lines of at most 76 characters, "
     "and nothing else between them"},
    {"X509 CRL", "a CRL", TAKE_KEY, TAKE_CERT},
    {"PUBLIC KEY", "a public key", TAKE_KEY, TAKE_CERT},
    {"PGP ", "an OpenPGP file", TAKE_KEY, TAKE_CERT},
    {"PARAMETERS", "parameters of a key without the key", TAKE_KEY, TAKE_CERT},
};

/* --- DER ------------------------------------------------------------------ */

/* is_TYPE(): can the octets be parsed as TYPE? */
#define PARSED(type)                                                           \
    static bool is_##type(const unsigned char *in, long len)                   \
    {                                                                          \
        type *made = d2i_##type(NULL, &in, len);                               \
                                                                               \
        type##_free(made);                                                     \
        return made != NULL;                                                   \
    }

PARSED(PKCS12)
PARSED(PKCS7)
PARSED(X509)
PARSED(X509_REQ)
PARSED(X509_CRL)
PARSED(X509_SIG)

static bool is_key(const unsigned char *in, long len)
{
    EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &in, len);

    EVP_PKEY_free(key);
    return key != NULL;
}

static bool is_public(const unsigned char *in, long len)
{
    EVP_PKEY *key = d2i_PUBKEY(NULL, &in, len);

    EVP_PKEY_free(key);
    return key != NULL;
}

static const kind_t *kind_of_der(scep_octets_t data)
{
    static const struct {
        bool (*is)(const unsigned char *in, long len);
        const kind_t *kind;
    } rows[] = {{is_X509, &cert_der},     {is_X509_REQ, &csr_der},
                {is_X509_CRL, &crl_der},  {is_PKCS12, &pfx},
                {is_PKCS7, &p7b_der},     {is_X509_SIG, &encrypted_der},
                {is_public, &public_der}, {is_key, &key_der}};
    size_t i;

    for (i = 0; data.data[0] == 0x30 && i < sizeof(rows) / sizeof(rows[0]);
         i++) {
        if (rows[i].is(data.data, (long)data.len)) {
            return rows[i].kind;
        }
    }
    return NULL;
}

/* --- text ----------------------------------------------------------------- */

static const kind_t *kind_of_pem(scep_octets_t data)
{
    const char *text = (const char *)data.data;
    const char *found = NULL;
    const kind_t *kind = NULL;
    size_t i;

    for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        const char *at = strstr(text, "-----BEGIN ");

        while (at != NULL) {
            const char *end = at + strcspn(at, "\r\n");
            const char *label = strstr(at, labels[i].mark);

            if (label != NULL && label < end && (found == NULL || at < found)) {
                found = at;
                kind = &labels[i];
            }
            at = strstr(end, "-----BEGIN ");
        }
    }
    return kind;
}

/* Is TEXT made of ALPHABET and BLANKS, with at least one of ALPHABET? */
static bool made_of(const char *text, const char *alphabet, const char *blanks)
{
    size_t count = 0;

    for (; *text != '\0'; text++) {
        if (strchr(alphabet, *text) != NULL) {
            count++;
        }
        else if (strchr(blanks, *text) == NULL) {
            return false;
        }
    }
    return count >= 64;
}

static const kind_t *kind_of_text(scep_octets_t data)
{
    const char *text = (const char *)data.data;

    if (strlen(text) != data.len) {
        return NULL;
    }
    return made_of(text, "0123456789abcdefABCDEF:", " \t\r\n") ? &hex
           : made_of(text,
                     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                     "0123456789+/=",
                     "\r\n")
               ? &base64
               : NULL;
}

static bool is_utf16(scep_octets_t data)
{
    return data.len >= 4 && (memcmp(data.data, "\xff\xfe", 2) == 0 ||
                             memcmp(data.data, "\xfe\xff", 2) == 0 ||
                             memcmp(data.data, "-\0-\0", 4) == 0 ||
                             memcmp(data.data, "\0-\0-", 4) == 0);
}

static const kind_t *recognise(scep_octets_t data)
{
    const kind_t *kind = NULL;
    size_t i;

    if (data.len == 0) {
        return &empty;
    }
    if (is_utf16(data)) {
        return &utf16;
    }
    for (i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
        size_t len = strlen(begins[i].mark);

        if (data.len >= len && memcmp(data.data, begins[i].mark, len) == 0) {
            return &begins[i];
        }
    }
    kind = kind_of_pem(data);
    if (kind == NULL) {
        kind = kind_of_der(data);
    }
    return kind != NULL ? kind : kind_of_text(data);
}

const char *scep_file_kind(scep_octets_t data, const char *name,
                           scep_wanted_e wanted, apr_pool_t *pool)
{
    const kind_t *kind;
    const char *cure, *at;

    ERR_set_mark();
    kind = recognise(data);
    ERR_pop_to_mark(); /* errors of the formats that were tried */
    if (kind == NULL) {
        return NULL;
    }
    cure = wanted == SCEP_WANTED_KEY ? kind->for_key : kind->for_certificate;
    at = strstr(cure, "%s");
    if (at != NULL) {
        cure = apr_pstrcat(pool,
                           apr_pstrmemdup(pool, cure, (apr_size_t)(at - cure)),
                           name, at + 2, NULL);
    }
    return apr_pstrcat(pool, "it is ", kind->what, ": ", cure, NULL);
}
