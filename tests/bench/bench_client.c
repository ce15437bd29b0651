/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * bench_client.c: what the load generators share.
 */
#include "bench_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

void bench_die(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

double bench_read_clock(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double bench_now(void)
{
    return bench_read_clock(CLOCK_MONOTONIC);
}

double bench_random(void)
{
    unsigned int number = 0;

    if (!scep_random((unsigned char *)&number, sizeof(number), false)) {
        bench_die("no random octets");
    }
    return (double)number / 4294967296.0;
}

EVP_PKEY *bench_make_key(const char *kind, apr_pool_t *pool)
{
    EVP_PKEY *key = NULL;

    if (strncmp(kind, "rsa:", 4) == 0) {
        key = EVP_RSA_gen((unsigned int)strtoul(kind + 4, NULL, 10));
    }
    else if (strncmp(kind, "ec:", 3) == 0) {
        key = EVP_EC_gen(kind + 3);
    }
    if (key == NULL) {
        bench_die("cannot make a key; its kind is rsa:BITS or ec:CURVE");
    }
    return scep_pkey_own(pool, key);
}

X509 *bench_make_cert(EVP_PKEY *key, const char *cn, long serial,
                      const scep_keypair_t *issuer, apr_pool_t *pool)
{
    X509 *cert = scep_x509_own(pool, X509_new());
    X509_NAME *name = cert != NULL ? X509_get_subject_name(cert) : NULL;

    if (cert == NULL || X509_set_version(cert, X509_VERSION_3) != 1 ||
        ASN1_INTEGER_set(X509_get_serialNumber(cert), serial) != 1 ||
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                   (const unsigned char *)cn, -1, -1, 0) != 1 ||
        X509_set_issuer_name(cert, issuer != NULL
                                       ? X509_get_subject_name(issuer->cert)
                                       : name) != 1 ||
        X509_gmtime_adj(X509_getm_notBefore(cert), -3600) == NULL ||
        X509_gmtime_adj(X509_getm_notAfter(cert), 86400) == NULL ||
        X509_set_pubkey(cert, key) != 1 ||
        X509_sign(cert, issuer != NULL ? issuer->key : key, EVP_sha256()) <=
            0) {
        bench_die("cannot make a device's certificate");
    }
    return cert;
}

X509 *bench_load_cert(const char *path, apr_pool_t *pool)
{
    scep_certs_t *certs;
    scep_result_t res;

    scep_result_init(&res, pool);
    if (scep_certs_load(path, NULL, pool, &certs, &res) != SCEP_OK) {
        bench_die(res.detail);
    }
    return sk_X509_value(certs, 0);
}

scep_octets_t bench_http_request(const bench_target_t *target,
                                 scep_octets_t message, apr_pool_t *pool)
{
    const char *head =
        apr_psprintf(pool,
                     "POST %s?operation=PKIOperation HTTP/1.1\r\nHost: %s\r\n"
                     "Content-Type: "
                     "application/x-pki-message\r\nContent-Length: %lu\r\n\r\n",
                     target->path, target->host, (unsigned long)message.len);
    size_t head_len = strlen(head);
    unsigned char *all = apr_palloc(pool, head_len + message.len);

    memcpy(all, head, head_len);
    memcpy(all + head_len, message.data, message.len);
    return (scep_octets_t){all, head_len + message.len};
}

size_t bench_reply_size(const char *reply, size_t got)
{
    static const char last[] = "\r\n0\r\n\r\n";
    const size_t last_len = sizeof(last) - 1;
    const char *end = strstr(reply, "\r\n\r\n");
    const char *length =
        end != NULL ? strcasestr(reply, "content-length:") : NULL;

    if (got > last_len && memcmp(reply + got - last_len, last, last_len) == 0) {
        return got;
    }

    return length != NULL && length < end
               ? (size_t)(end + 4 - reply) +
                     strtoul(length + strlen("content-length:"), NULL, 10)
               : 0;
}

bool bench_is_success(const char *reply, size_t len)
{
    /* pkiStatus (9.3), SET of one PrintableString "0" */
    static const unsigned char mark[] = {0x60, 0x86, 0x48, 0x01, 0x86,
                                         0xf8, 0x45, 0x01, 0x09, 0x03,
                                         0x31, 0x03, 0x13, 0x01, '0'};

    return memmem(reply, len, mark, sizeof(mark)) != NULL;
}

double bench_quantile(const double *sorted, int count, double share)
{
    int at = (int)(share * count);

    return count > 0 ? sorted[at < count ? at : count - 1] : 0;
}

int bench_by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}
