/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * bench_enrol.c: enrolments per second of a running server, and its CPU time
 * for each, as ratios to those of its private-key operations alone on this
 * machine, all measured in this one run. Each enrolment costs the server three
 * of them: open the envelope, sign the certificate, sign the CertRep.
 *
 *   bench_enrol [-d KIND] [-r KIND] [-c KIND] [-j]
 *       HOST PORT PATH RECIPIENT.pem PASSWORDS CONNECTIONS [PID]
 *
 * KIND is rsa:BITS or ec:CURVE: the keys of the devices (-d), of the RA (-r),
 * and of the CA (-c); rsa:2048 each. With -j the result is one line of JSON.
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

#include "bench_client.h"
#include "scep_oid.h"

enum { KEYS = 4 };

static const double limit_seconds = 0.5;

/* The private operations of enrolments on all processors. */
typedef struct limit_t {
    double per_second; /* enrolments, all processors together */
    double cpu;        /* seconds of CPU time for one enrolment */
} limit_t;

typedef struct job_t {
    scep_octets_t request; /* HTTP head and body */
    double seconds;
    bool success;
} job_t;

typedef struct bench_t {
    apr_pool_t *pool;
    bench_target_t target;
    EVP_PKEY *ra_key, *ca_key; /* of the kinds that the server has */
    job_t *jobs;
    int count;
    int connections;
    atomic_int next;
} bench_t;

/* --- the limit ------------------------------------------------------------ */

typedef struct signer_t {
    EVP_PKEY *key;
    long operations;
} signer_t;

static void *sign_for_a_while(void *baton)
{
    signer_t *s = baton;
    unsigned char digest[32] = {1}, sig[1024];
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(s->key, NULL);
    double end = bench_now() + limit_seconds;

    if (ctx == NULL || EVP_PKEY_sign_init(ctx) != 1 ||
        EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) != 1) {
        bench_die("cannot sign");
    }
    while (bench_now() < end) {
        size_t len = sizeof(sig);

        if (EVP_PKEY_sign(ctx, sig, &len, digest, sizeof(digest)) != 1) {
            bench_die("cannot sign");
        }
        s->operations++;
    }
    EVP_PKEY_CTX_free(ctx);
    return NULL;
}

/* Of one operation with KEY. */
static limit_t measure_key(EVP_PKEY *key)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN), i, sum = 0;
    double cpu = bench_read_clock(CLOCK_PROCESS_CPUTIME_ID);
    pthread_t *threads = calloc((size_t)n, sizeof(*threads));
    signer_t *s = calloc((size_t)n, sizeof(*s));

    if (threads == NULL || s == NULL) {
        bench_die("no memory");
    }
    for (i = 0; i < n; i++) {
        s[i].key = key;
        if (pthread_create(&threads[i], NULL, sign_for_a_while, &s[i]) != 0) {
            bench_die("cannot start a thread");
        }
    }
    for (i = 0; i < n; i++) {
        pthread_join(threads[i], NULL);
        sum += s[i].operations;
    }
    free(threads);
    free(s);
    cpu = bench_read_clock(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    return (limit_t){(double)sum / limit_seconds, cpu / (double)sum};
}

/* The RA's key opens the envelope and signs the CertRep. */
static limit_t measure_limit(const bench_t *b)
{
    limit_t ra = measure_key(b->ra_key), ca = measure_key(b->ca_key);

    return (limit_t){1 / (2 / ra.per_second + 1 / ca.per_second),
                     2 * ra.cpu + ca.cpu};
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
        bench_die("cannot read /proc");
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

    if (getaddrinfo(b->target.host, b->target.port, &hints, &list) != 0) {
        bench_die("cannot resolve the host");
    }
    fd = socket(list->ai_family, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, list->ai_addr, list->ai_addrlen) != 0) {
        bench_die("cannot connect");
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
    size_t got = 0, want = 0;

    while (want == 0 || got < want) {
        ssize_t n = recv(fd, reply + got, BENCH_MAX_REPLY - got, 0);

        if (n <= 0) {
            return 0;
        }
        got += (size_t)n;
        reply[got] = '\0';
        want = bench_reply_size(reply, got);
        if (want > BENCH_MAX_REPLY) {
            return 0;
        }
    }
    return got;
}

static void *enrol(void *baton)
{
    bench_t *b = baton;
    char *reply = malloc(BENCH_MAX_REPLY + 1);
    int fd = connect_to(b), i;

    if (reply == NULL) {
        bench_die("no memory");
    }
    while ((i = atomic_fetch_add(&b->next, 1)) < b->count) {
        job_t *job = &b->jobs[i];
        double start = bench_now();
        size_t len =
            send_all(fd, job->request) ? receive(fd, reply) : (size_t)0;

        job->seconds = bench_now() - start;
        job->success = len > 0 && bench_is_success(reply, len);
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
        bench_die("cannot open the file of passwords");
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        int i = jobs->nelts;
        job_t *job = apr_array_push(jobs);

        line[strcspn(line, "\r\n")] = '\0';
        memset(job, 0, sizeof(*job));
        job->request = bench_http_request(
            &b->target, make_message(b, i, &devices[i % KEYS], recipient, line),
            b->pool);
    }
    fclose(file);
    b->jobs = (job_t *)(void *)jobs->elts;
    b->count = jobs->nelts;
}

static int count_successes(const bench_t *b)
{
    int i, good = 0;

    for (i = 0; i < b->count; i++) {
        good += b->jobs[i].success;
    }
    return good;
}

/* What was measured. */
typedef struct figures_t {
    int good;
    double seconds, rate, p50, p95, p99; /* of one enrolment, seconds */
    double cpu;                          /* of one; 0: not measured */
    limit_t limit;
} figures_t;

static void evaluate(const bench_t *b, double seconds, double cpu, figures_t *f)
{
    double *times = calloc((size_t)b->count, sizeof(*times));
    int i;

    if (times == NULL) {
        bench_die("no memory");
    }
    for (i = 0; i < b->count; i++) {
        times[i] = b->jobs[i].seconds;
    }
    qsort(times, (size_t)b->count, sizeof(*times), bench_by_size);
    f->good = count_successes(b);
    f->seconds = seconds;
    f->rate = f->good / seconds;
    f->p50 = bench_quantile(times, b->count, 0.5);
    f->p95 = bench_quantile(times, b->count, 0.95);
    f->p99 = bench_quantile(times, b->count, 0.99);
    f->cpu = cpu / b->count;
    free(times);
}

static void report(const bench_t *b, const figures_t *f)
{
    printf("connections %d, enrolments %d of %d, %.0f per second, "
           "p50 %.1f ms, p95 %.1f ms, p99 %.1f ms\n",
           b->connections, f->good, b->count, f->rate, 1e3 * f->p50,
           1e3 * f->p95, 1e3 * f->p99);
    printf("3 private-key operations each would allow %.0f enrolments per "
           "second; ratio %.2f\n",
           f->limit.per_second, f->rate / f->limit.per_second);
    if (f->cpu > 0) {
        printf("CPU of the server %.2f ms an enrolment, of 3 private-key "
               "operations %.2f ms; ratio %.2f\n",
               1e3 * f->cpu, 1e3 * f->limit.cpu, f->cpu / f->limit.cpu);
    }
}

static void report_json(const bench_t *b, const figures_t *f)
{
    printf("{\"connections\": %d, \"sent\": %d, \"good\": %d, "
           "\"seconds\": %.3f, \"rate\": %.1f, "
           "\"p50\": %.6f, \"p95\": %.6f, \"p99\": %.6f, "
           "\"cpu\": %.6f, \"key_cpu\": %.6f, \"key_rate\": %.1f}\n",
           b->connections, b->count, f->good, f->seconds, f->rate, f->p50,
           f->p95, f->p99, f->cpu, f->limit.cpu, f->limit.per_second);
}

static void run(bench_t *b, long server, figures_t *f)
{
    pthread_t *threads = calloc((size_t)b->connections, sizeof(*threads));
    limit_t before = measure_limit(b), after;
    double cpu = server > 0 ? server_cpu(server) : 0, start = bench_now();
    double seconds;
    int i;

    if (threads == NULL) {
        bench_die("no memory");
    }
    for (i = 0; i < b->connections; i++) {
        if (pthread_create(&threads[i], NULL, enrol, b) != 0) {
            bench_die("cannot start a thread");
        }
    }
    for (i = 0; i < b->connections; i++) {
        pthread_join(threads[i], NULL);
    }
    seconds = bench_now() - start;
    cpu = server > 0 ? server_cpu(server) - cpu : 0;
    after = measure_limit(b);
    f->limit.per_second = (before.per_second + after.per_second) / 2;
    f->limit.cpu = (before.cpu + after.cpu) / 2;
    evaluate(b, seconds, cpu, f);
    free(threads);
}

static void usage(void)
{
    bench_die("usage: bench_enrol [-d KIND] [-r KIND] [-c KIND] [-j] HOST PORT "
              "PATH RECIPIENT.pem PASSWORDS CONNECTIONS [PID]");
}

/* What the command line says. */
typedef struct options_t {
    const char *device, *ra, *ca; /* kinds of keys */
    bool json;
} options_t;

static options_t read_options(int argc, char **argv)
{
    options_t o = {"rsa:2048", "rsa:2048", "rsa:2048", false};
    int c;

    while ((c = getopt(argc, argv, "d:r:c:j")) != -1) {
        switch (c) {
        case 'd':
            o.device = optarg;
            break;
        case 'r':
            o.ra = optarg;
            break;
        case 'c':
            o.ca = optarg;
            break;
        case 'j':
            o.json = true;
            break;
        default:
            usage();
        }
    }
    return o;
}

int main(int argc, char **argv)
{
    bench_t b = {0};
    scep_keypair_t devices[KEYS];
    options_t o = read_options(argc, argv);
    figures_t figures;
    int i;

    argv += optind;
    argc -= optind;
    if (argc != 6 && argc != 7) {
        usage();
    }
    b.connections = (int)strtol(argv[5], NULL, 10);
    if (b.connections < 1 || apr_initialize() != APR_SUCCESS ||
        apr_pool_create(&b.pool, NULL) != APR_SUCCESS) {
        bench_die("cannot start");
    }
    for (i = 0; i < KEYS; i++) {
        devices[i].key = bench_make_key(o.device, b.pool);
        devices[i].cert =
            bench_make_cert(devices[i].key, "bench", 1, NULL, b.pool);
    }
    b.ra_key = bench_make_key(o.ra, b.pool);
    b.ca_key = bench_make_key(o.ca, b.pool);
    b.target = (bench_target_t){argv[0], argv[1], argv[2]};
    make_jobs(&b, bench_load_cert(argv[3], b.pool), devices, argv[4]);
    if (b.count == 0) {
        bench_die("no passwords");
    }
    run(&b, argc == 7 ? strtol(argv[6], NULL, 10) : 0, &figures);
    if (o.json) {
        report_json(&b, &figures);
    }
    else {
        report(&b, &figures);
    }
    apr_pool_destroy(b.pool);
    return 0;
}
