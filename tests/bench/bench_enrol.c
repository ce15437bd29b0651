/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * bench_enrol.c: enrolments per second of a running server, and its CPU time
 * for each, as ratios to those of its RSA operations alone on this machine, all
 * measured in this one run. Each enrolment costs the server three private
 * operations: open the envelope, sign the certificate, sign the CertRep.
 *
 *   bench_enrol HOST PORT PATH RECIPIENT.pem PASSWORDS CONNECTIONS [PID]
 *
 * PASSWORDS is a file with one unused one-time password a line; so many
 * enrolments are done. Messages are made before the clock starts. PID is the
 * server's parent process: CPU time is that of it and its children, which
 * other load on the machine changes little.
 */
#include <ctype.h>
#include <dirent.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "message_maker.h"
#include "scep_crypto.h"
#include "scep_oid.h"

enum { KEYS = 4, LIMIT_SECONDS = 1, MAX_REPLY = 65536 };

/* RSA-2048 private operations on all processors. */
typedef struct limit_t {
    double per_second; /* together */
    double cpu;        /* seconds of CPU time for one */
} limit_t;

typedef struct job_t {
    scep_octets_t request; /* HTTP head and body */
    double seconds;
    bool success;
} job_t;

typedef struct bench_t {
    apr_pool_t *pool;
    const char *host, *port, *path;
    job_t *jobs;
    int count;
    atomic_int next;
} bench_t;

static double read_clock(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

static void die(const char *what)
{
    fprintf(stderr, "bench_enrol: %s\n", what);
    exit(1);
}

/* --- the limit ------------------------------------------------------------ */

typedef struct rsa_t {
    EVP_PKEY *key;
    long operations;
} rsa_t;

static void *sign_for_a_while(void *baton)
{
    rsa_t *r = baton;
    unsigned char digest[32] = {1}, sig[512];
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(r->key, NULL);
    double end = now() + LIMIT_SECONDS;

    if (ctx == NULL || EVP_PKEY_sign_init(ctx) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1 ||
        EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) != 1) {
        die("cannot sign");
    }
    while (now() < end) {
        size_t len = sizeof(sig);

        if (EVP_PKEY_sign(ctx, sig, &len, digest, sizeof(digest)) != 1) {
            die("cannot sign");
        }
        r->operations++;
    }
    EVP_PKEY_CTX_free(ctx);
    return NULL;
}

static limit_t measure_limit(EVP_PKEY *key)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN), i, sum = 0;
    double cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID);
    pthread_t *threads = calloc((size_t)n, sizeof(*threads));
    rsa_t *r = calloc((size_t)n, sizeof(*r));

    if (threads == NULL || r == NULL) {
        die("no memory");
    }
    for (i = 0; i < n; i++) {
        r[i].key = key;
        if (pthread_create(&threads[i], NULL, sign_for_a_while, &r[i]) != 0) {
            die("cannot start a thread");
        }
    }
    for (i = 0; i < n; i++) {
        pthread_join(threads[i], NULL);
        sum += r[i].operations;
    }
    free(threads);
    free(r);
    cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    return (limit_t){(double)sum / LIMIT_SECONDS, cpu / (double)sum};
}

/* --- the server's CPU time ------------------------------------------------ */

/* From /proc/PID/stat, proc(5): the parent of process NAME, and the seconds
 * that it and those that it has waited for have used. */
static bool read_process(const char *name, long *parent, double *seconds)
{
    char path[64], text[1024] = "", *at;
    long number[14] = {0}; /* the 4th to the 17th: ppid to cstime */
    FILE *file;
    int i;

    snprintf(path, sizeof(path), "/proc/%s/stat", name);
    file = fopen(path, "r");
    if (file == NULL) {
        return false; /* it has ended */
    }
    at = fgets(text, sizeof(text), file) != NULL ? strrchr(text, ')') : NULL;
    fclose(file);
    if (at == NULL) {
        return false;
    }
    at += strlen(") S");
    for (i = 4; i <= 17; i++) {
        number[i - 4] = strtol(at, &at, 10);
    }
    *parent = number[0];
    *seconds = (double)(number[10] + number[11] + number[12] + number[13]) /
               (double)sysconf(_SC_CLK_TCK);
    return true;
}

/* That of process SERVER and its children. */
static double server_cpu(long server)
{
    DIR *dir = opendir("/proc");
    struct dirent *entry;
    double sum = 0;

    if (dir == NULL) {
        die("cannot read /proc");
    }
    while ((entry = readdir(dir)) != NULL) {
        long parent;
        double seconds;

        if (isdigit((unsigned char)entry->d_name[0]) &&
            read_process(entry->d_name, &parent, &seconds) &&
            (parent == server || strtol(entry->d_name, NULL, 10) == server)) {
            sum += seconds;
        }
    }
    closedir(dir);
    return sum;
}

/* --- the load -------------------------------------------------------------- */

static int connect_to(const bench_t *b)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    int fd;

    if (getaddrinfo(b->host, b->port, &hints, &list) != 0) {
        die("cannot resolve the host");
    }
    fd = socket(list->ai_family, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, list->ai_addr, list->ai_addrlen) != 0) {
        die("cannot connect");
    }
    freeaddrinfo(list);
    return fd;
}

static bool send_all(int fd, scep_octets_t data)
{
    size_t done = 0;

    while (done < data.len) {
        ssize_t n = send(fd, data.data + done, data.len - done, MSG_NOSIGNAL);

        if (n <= 0) {
            return false;
        }
        done += (size_t)n;
    }
    return true;
}

/* @return octets of the whole reply, 0 when the connection ended */
static size_t receive(int fd, char *reply)
{
    size_t got = 0, want = MAX_REPLY;

    while (got < want) {
        ssize_t n = recv(fd, reply + got, MAX_REPLY - got, 0);
        char *end, *length;

        if (n <= 0) {
            return 0;
        }
        got += (size_t)n;
        reply[got] = '\0';
        end = strstr(reply, "\r\n\r\n");
        length = end != NULL ? strcasestr(reply, "content-length:") : NULL;
        if (length != NULL && length < end) {
            want = (size_t)(end + 4 - reply) +
                   strtoul(length + strlen("content-length:"), NULL, 10);
            if (want > MAX_REPLY) {
                return 0;
            }
        }
    }
    return got;
}

static bool is_success(const char *reply, size_t len)
{
    /* pkiStatus (9.3), SET of one PrintableString "0" */
    static const unsigned char mark[] = {0x60, 0x86, 0x48, 0x01, 0x86,
                                         0xf8, 0x45, 0x01, 0x09, 0x03,
                                         0x31, 0x03, 0x13, 0x01, '0'};

    return memmem(reply, len, mark, sizeof(mark)) != NULL;
}

static void *enrol(void *baton)
{
    bench_t *b = baton;
    char *reply = malloc(MAX_REPLY + 1);
    int fd = connect_to(b), i;

    if (reply == NULL) {
        die("no memory");
    }
    while ((i = atomic_fetch_add(&b->next, 1)) < b->count) {
        job_t *job = &b->jobs[i];
        double start = now();
        size_t len =
            send_all(fd, job->request) ? receive(fd, reply) : (size_t)0;

        job->seconds = now() - start;
        job->success = len > 0 && is_success(reply, len);
        if (len == 0) {
            close(fd);
            fd = connect_to(b);
        }
    }
    close(fd);
    free(reply);
    return NULL;
}

/* --- making the messages ----------------------------------------------------- */

static X509 *self_signed(const bench_t *b, EVP_PKEY *key)
{
    X509 *cert = scep_x509_own(b->pool, X509_new());
    X509_NAME *name = cert != NULL ? X509_get_subject_name(cert) : NULL;

    if (cert == NULL || X509_set_version(cert, X509_VERSION_3) != 1 ||
        ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) != 1 ||
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                   (const unsigned char *)"bench", -1, -1,
                                   0) != 1 ||
        X509_set_issuer_name(cert, name) != 1 ||
        X509_gmtime_adj(X509_getm_notBefore(cert), -3600) == NULL ||
        X509_gmtime_adj(X509_getm_notAfter(cert), 86400) == NULL ||
        X509_set_pubkey(cert, key) != 1 ||
        X509_sign(cert, key, EVP_sha256()) <= 0) {
        die("cannot make a device's certificate");
    }
    return cert;
}

static scep_octets_t http_request(const bench_t *b, scep_octets_t message)
{
    const char *head =
        apr_psprintf(b->pool,
                     "POST %s?operation=PKIOperation HTTP/1.1\r\nHost: %s\r\n"
                     "Content-Type: "
                     "application/x-pki-message\r\nContent-Length: %lu\r\n\r\n",
                     b->path, b->host, (unsigned long)message.len);
    size_t head_len = strlen(head);
    unsigned char *all = apr_palloc(b->pool, head_len + message.len);

    memcpy(all, head, head_len);
    memcpy(all + head_len, message.data, message.len);
    return (scep_octets_t){all, head_len + message.len};
}

static scep_octets_t make_message(const bench_t *b, int number,
                                  const scep_keypair_t *device, X509 *recipient,
                                  const char *password)
{
    fixture_t f = {.pool = b->pool};
    maker_t *m = maker_new(&f, device, recipient,
                           maker_csr(&f, device->key,
                                     apr_psprintf(b->pool, "bench-%d", number),
                                     password));

    maker_set_text(
        m, SCEP_OID_TRANSACTION_ID,
        apr_psprintf(b->pool, "bench-%ld-%d", (long)getpid(), number));
    return maker_message(&f, m);
}

static void make_jobs(bench_t *b, X509 *recipient,
                      const scep_keypair_t *devices, const char *passwords)
{
    FILE *file = fopen(passwords, "r");
    apr_array_header_t *jobs = apr_array_make(b->pool, 1024, sizeof(job_t));
    char line[256];

    if (file == NULL) {
        die("cannot open the file of passwords");
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        int i = jobs->nelts;
        job_t *job = apr_array_push(jobs);

        line[strcspn(line, "\r\n")] = '\0';
        memset(job, 0, sizeof(*job));
        job->request = http_request(
            b, make_message(b, i, &devices[i % KEYS], recipient, line));
    }
    fclose(file);
    b->jobs = (job_t *)(void *)jobs->elts;
    b->count = jobs->nelts;
}

static int by_seconds(const void *a, const void *b)
{
    double x = ((const job_t *)a)->seconds, y = ((const job_t *)b)->seconds;

    return (x > y) - (x < y);
}

static int count_successes(const bench_t *b)
{
    int i, good = 0;

    for (i = 0; i < b->count; i++) {
        good += b->jobs[i].success;
    }
    return good;
}

static void report(bench_t *b, double seconds, const limit_t *limit,
                   int connections)
{
    int good = count_successes(b);
    double most = limit->per_second / 3;

    qsort(b->jobs, (size_t)b->count, sizeof(job_t), by_seconds);
    printf("connections %d, enrolments %d of %d, %.0f per second, "
           "p50 %.1f ms, p99 %.1f ms\n",
           connections, good, b->count, good / seconds,
           1e3 * b->jobs[b->count / 2].seconds,
           1e3 * b->jobs[b->count * 99 / 100].seconds);
    printf("RSA-2048 private operations %.0f per second: limit %.0f "
           "enrolments per second; ratio %.2f\n",
           limit->per_second, most, good / seconds / most);
}

static void report_cpu(const bench_t *b, double cpu, const limit_t *limit)
{
    double each = cpu / b->count;

    printf("CPU of the server %.2f ms an enrolment, of 3 private operations "
           "%.2f ms; ratio %.2f\n",
           1e3 * each, 3e3 * limit->cpu, each / (3 * limit->cpu));
}

static void run(bench_t *b, EVP_PKEY *key, int connections, long server)
{
    pthread_t *threads = calloc((size_t)connections, sizeof(*threads));
    limit_t before = measure_limit(key), after, limit;
    double cpu = server > 0 ? server_cpu(server) : 0, start = now(), seconds;
    int i;

    if (threads == NULL) {
        die("no memory");
    }
    for (i = 0; i < connections; i++) {
        if (pthread_create(&threads[i], NULL, enrol, b) != 0) {
            die("cannot start a thread");
        }
    }
    for (i = 0; i < connections; i++) {
        pthread_join(threads[i], NULL);
    }
    seconds = now() - start;
    cpu = server > 0 ? server_cpu(server) - cpu : 0;
    after = measure_limit(key);
    limit.per_second = (before.per_second + after.per_second) / 2;
    limit.cpu = (before.cpu + after.cpu) / 2;
    report(b, seconds, &limit, connections);
    if (server > 0) {
        report_cpu(b, cpu, &limit);
    }
    free(threads);
}

int main(int argc, char **argv)
{
    bench_t b = {0};
    scep_keypair_t devices[KEYS];
    scep_certs_t *certs;
    scep_result_t res;
    int connections, i;

    if (argc != 7 && argc != 8) {
        die("usage: HOST PORT PATH RECIPIENT.pem PASSWORDS CONNECTIONS [PID]");
    }
    connections = (int)strtol(argv[6], NULL, 10);
    if (connections < 1 || apr_initialize() != APR_SUCCESS ||
        apr_pool_create(&b.pool, NULL) != APR_SUCCESS) {
        die("cannot start");
    }
    scep_result_init(&res, b.pool);
    if (scep_certs_load(argv[4], NULL, b.pool, &certs, &res) != SCEP_OK) {
        die(res.detail);
    }
    for (i = 0; i < KEYS; i++) {
        devices[i].key = scep_pkey_own(b.pool, EVP_RSA_gen(2048));
        devices[i].cert = self_signed(&b, devices[i].key);
    }
    b.host = argv[1];
    b.port = argv[2];
    b.path = argv[3];
    make_jobs(&b, sk_X509_value(certs, 0), devices, argv[5]);
    if (b.count == 0) {
        die("no passwords");
    }
    run(&b, devices[0].key, connections,
        argc == 8 ? strtol(argv[7], NULL, 10) : 0);
    apr_pool_destroy(b.pool);
    return 0;
}
