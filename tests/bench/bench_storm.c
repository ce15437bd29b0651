/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * bench_storm.c: very many devices that want their certificates renewed.
 *
 *   bench_storm [-n DEVICES] [-b FIRST] [-d KIND] [-f] [-o OPEN]
 *       HOST PORT PATH RECIPIENT.pem CA.pem CA.key PHASE...
 *
 * Makes DEVICES devices, numbered from FIRST, with keys of KIND (rsa:BITS or
 * ec:CURVE) and certificates of the CA, and their messages. With -f they have
 * self-signed certificates, and enrol for the first time without a password.
 * Each attempt has a connection of its own, at most OPEN at a time. What a
 * device has sent it sends again until it has its certificate. The PHASEs
 * follow each other:
 *
 *   sRAMP:LIMIT    storm: all devices come within RAMP seconds and obey
 *                  Retry-After; ends when all have certificates, or after LIMIT
 *                  seconds
 *   cCLIENTS:TIME  so many devices at a time, one after the other, for TIME
 *                  seconds: what the server can do
 *   rRATE:TIME     RATE attempts a second for TIME seconds, by devices that do
 *                  not wait
 *
 * Prints a line of JSON for each. A phase that runs out of devices ends early.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "bench_client.h"
#include "scep_oid.h"

enum {
    TICKS = 100,     /* a second */
    EVENTS = 256,    /* handled at a time */
    PATIENCE = 60,   /* seconds that a device waits for a reply */
    LONGEST = 86400, /* seconds of a phase, and of Retry-After */
    MAKERS = 2       /* threads */
};

typedef enum { IDLE, WAITS, SENT, DONE } state_e;

typedef struct device_t {
    scep_octets_t request; /* HTTP head and body */
    state_e state;
    int next; /* of those that wait for the same tick, or are ready; -1 */
} device_t;

typedef struct conn_t {
    int fd;     /* -1: none */
    int device; /* its number */
    double start;
    size_t sent, got;
    char *reply;
} conn_t;

typedef enum { STORM = 's', CLOSED = 'c', RATE = 'r' } phase_e;

/* What a phase is, and what was seen of it. */
typedef struct phase_t {
    phase_e kind;
    double size, time;
    double start, end;
    int attempts, good, refused, busy, broken, longest_wait;
    double *seconds; /* of those that were accepted */
} phase_t;

typedef struct storm_t {
    apr_pool_t *pool;
    bench_target_t target;
    struct addrinfo *address;
    scep_keypair_t ca;
    X509 *recipient;
    const char *key_kind;
    bool first_enrolments;
    device_t *devices;
    int count, base, done;
    conn_t *conns;
    int *free_conns;
    int open, most_open;
    int epoll;
    int *ticks; /* heads of lists of devices that wait */
    int tick, tick_count;
    int ready, ready_last; /* a list */
    int cursor;            /* where the next idle device is looked for */
    phase_t phase;
} storm_t;

/* --- the devices ----------------------------------------------------------- */

typedef struct maker_thread_t {
    storm_t *storm;
    int from, to;
} maker_thread_t;

static void make_device(storm_t *s, int number, apr_pool_t *pool)
{
    const char *cn = apr_psprintf(pool, "storm-%d", s->base + number);
    scep_keypair_t pair;
    fixture_t f = {.pool = pool};
    scep_octets_t request;
    maker_t *m;

    pair.key = bench_make_key(s->key_kind, pool);
    pair.cert = bench_make_cert(pair.key, cn, s->base + number + 1,
                                s->first_enrolments ? NULL : &s->ca, pool);
    m = maker_new(
        &f, &pair, s->recipient,
        maker_csr(&f, pair.key, cn, s->first_enrolments ? "none" : NULL));
    maker_set_text(m, SCEP_OID_TRANSACTION_ID, cn);
    if (!s->first_enrolments) {
        maker_set_text(m, SCEP_OID_MESSAGE_TYPE, "17");
    }
    request = bench_http_request(&s->target, maker_message(&f, m), pool);
    s->devices[number].request.data = malloc(request.len);
    if (s->devices[number].request.data == NULL) {
        bench_die("no memory");
    }
    memcpy((void *)(uintptr_t)s->devices[number].request.data, request.data,
           request.len);
    s->devices[number].request.len = request.len;
    s->devices[number].next = -1;
}

static void *make_some(void *baton)
{
    maker_thread_t *m = baton;
    apr_allocator_t *allocator;
    apr_pool_t *pool;
    int i;

    if (apr_allocator_create(&allocator) != APR_SUCCESS ||
        apr_pool_create_ex(&pool, NULL, NULL, allocator) != APR_SUCCESS) {
        bench_die("no memory");
    }
    for (i = m->from; i < m->to; i++) {
        make_device(m->storm, i, pool);
        apr_pool_clear(pool);
    }
    apr_pool_destroy(pool);
    apr_allocator_destroy(allocator);
    return NULL;
}

static void make_devices(storm_t *s)
{
    maker_thread_t makers[MAKERS];
    pthread_t threads[MAKERS];
    int i;

    s->devices = calloc((size_t)s->count, sizeof(*s->devices));
    if (s->devices == NULL) {
        bench_die("no memory");
    }
    for (i = 0; i < MAKERS; i++) {
        makers[i] = (maker_thread_t){s, i * s->count / MAKERS,
                                     (i + 1) * s->count / MAKERS};
        if (pthread_create(&threads[i], NULL, make_some, &makers[i]) != 0) {
            bench_die("cannot start a thread");
        }
    }
    for (i = 0; i < MAKERS; i++) {
        pthread_join(threads[i], NULL);
    }
}

/* --- who comes when -------------------------------------------------------- */

static int tick_of(const storm_t *s, double time)
{
    int tick = (int)((time - s->phase.start) * TICKS);

    return tick < s->tick_count ? tick : s->tick_count - 1;
}

static void wait_until(storm_t *s, int device, double time)
{
    int tick = tick_of(s, time);

    if (tick <= s->tick) {
        tick = s->tick + 1 < s->tick_count ? s->tick + 1 : s->tick;
    }
    s->devices[device].state = WAITS;
    s->devices[device].next = s->ticks[tick];
    s->ticks[tick] = device;
}

static void make_ready(storm_t *s, int device)
{
    s->devices[device].next = -1;
    if (s->ready < 0) {
        s->ready = device;
    }
    else {
        s->devices[s->ready_last].next = device;
    }
    s->ready_last = device;
}

/* Whose time has come. */
static void wake(storm_t *s, double now)
{
    int last = tick_of(s, now);

    for (; s->tick <= last; s->tick++) {
        int device = s->ticks[s->tick];

        s->ticks[s->tick] = -1;
        while (device >= 0) {
            int next = s->devices[device].next;

            make_ready(s, device);
            device = next;
        }
    }
    s->tick = last;
}

/* @return -1: there is none */
static int idle_device(storm_t *s)
{
    int tries;

    for (tries = 0; tries < s->count; tries++) {
        int device = s->cursor;

        s->cursor = (s->cursor + 1) % s->count;
        if (s->devices[device].state == IDLE) {
            return device;
        }
    }
    return -1;
}

/* Who is to send now; -1: nobody. */
static int next_device(storm_t *s, double now)
{
    phase_t *p = &s->phase;
    int device;

    switch (p->kind) {
    case STORM:
        device = s->ready;
        if (device >= 0) {
            s->ready = s->devices[device].next;
        }
        return device;
    case CLOSED:
        return s->open < (int)p->size ? idle_device(s) : -1;
    case RATE:
        return p->attempts < (int)((now - p->start) * p->size) ? idle_device(s)
                                                               : -1;
    }
    return -1;
}

/* --- an attempt ------------------------------------------------------------ */

static void close_conn(storm_t *s, conn_t *c)
{
    close(c->fd);
    c->fd = -1;
    s->open--;
    s->free_conns[s->open] = (int)(c - s->conns);
}

/* WAIT seconds, where devices obey. */
static void again(storm_t *s, const conn_t *c, double now, double wait)
{
    s->devices[c->device].state = IDLE;
    if (s->phase.kind == STORM) {
        wait_until(s, c->device, now + wait);
    }
}

static void break_off(storm_t *s, conn_t *c, double now)
{
    s->phase.broken++;
    again(s, c, now, 1 + 4 * bench_random());
    close_conn(s, c);
}

static void start_attempt(storm_t *s, int device, double now)
{
    conn_t *c = &s->conns[s->free_conns[s->open]];
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = c};

    s->open++;
    c->device = device;
    c->start = now;
    c->sent = c->got = 0;
    s->devices[device].state = SENT;
    s->phase.attempts++;
    c->fd = socket(s->address->ai_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0) {
        bench_die("no socket: raise the limit of open files");
    }
    if (connect(c->fd, s->address->ai_addr, s->address->ai_addrlen) != 0 &&
        errno != EINPROGRESS) {
        break_off(s, c, now);
        return;
    }
    if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, c->fd, &event) != 0) {
        bench_die("epoll_ctl");
    }
}

static void send_request(storm_t *s, conn_t *c, double now)
{
    const scep_octets_t *request = &s->devices[c->device].request;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    ssize_t n = send(c->fd, request->data + c->sent, request->len - c->sent,
                     MSG_NOSIGNAL);

    if (n < 0) {
        if (errno != EAGAIN) {
            break_off(s, c, now);
        }
        return;
    }
    c->sent += (size_t)n;
    if (c->sent == request->len &&
        epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->fd, &event) != 0) {
        bench_die("epoll_ctl");
    }
}

static void finish(storm_t *s, conn_t *c, double now)
{
    phase_t *p = &s->phase;
    const char *after = strcasestr(c->reply, "\r\nretry-after:");
    int wait = after != NULL ? atoi(after + strlen("\r\nretry-after:")) : 0;

    if (bench_is_success(c->reply, c->got)) {
        s->devices[c->device].state = DONE;
        s->done++;
        p->seconds[p->good++] = now - c->start;
        close_conn(s, c);
        return;
    }
    if (strncmp(c->reply, "HTTP/1.1 503", 12) == 0 && wait > 0 &&
        wait < LONGEST) {
        p->busy++;
        p->longest_wait = wait > p->longest_wait ? wait : p->longest_wait;
    }
    else {
        if (p->refused++ == 0) {
            fprintf(stderr, "bench_storm: %.40s\n", c->reply);
        }
        wait = 5;
    }
    /* Nobody's clock is at the beginning of a second. */
    again(s, c, now, wait + bench_random());
    close_conn(s, c);
}

static void receive(storm_t *s, conn_t *c, double now)
{
    ssize_t n = recv(c->fd, c->reply + c->got, BENCH_MAX_REPLY - c->got, 0);
    size_t size;

    if (n < 0 && errno == EAGAIN) {
        return;
    }
    if (n <= 0) {
        break_off(s, c, now);
        return;
    }
    c->got += (size_t)n;
    c->reply[c->got] = '\0';
    size = bench_reply_size(c->reply, c->got);
    if (size > BENCH_MAX_REPLY) {
        break_off(s, c, now);
    }
    else if (size > 0 && c->got >= size) {
        finish(s, c, now);
    }
}

static void handle_events(storm_t *s)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(s->epoll, events, EVENTS, 1000 / TICKS / 2), i;
    double now = bench_now();

    for (i = 0; i < count; i++) {
        conn_t *c = events[i].data.ptr;

        if (c->fd < 0) {
            continue;
        }
        if (c->sent < s->devices[c->device].request.len) {
            send_request(s, c, now);
        }
        else {
            receive(s, c, now);
        }
    }
}

static void give_up_old(storm_t *s, double now)
{
    int i;

    for (i = 0; i < s->most_open; i++) {
        if (s->conns[i].fd >= 0 && now - s->conns[i].start > PATIENCE) {
            break_off(s, &s->conns[i], now);
        }
    }
}

/* --- phases ---------------------------------------------------------------- */

static void begin_phase(storm_t *s, const char *text)
{
    phase_t *p = &s->phase;
    char *end;
    int i;

    memset(p, 0, sizeof(*p));
    p->kind = (phase_e)text[0];
    p->size = strtod(text + 1, &end);
    p->time = *end == ':' ? strtod(end + 1, NULL) : 0;
    if ((p->kind != STORM && p->kind != CLOSED && p->kind != RATE) ||
        p->time <= 0 || p->time > LONGEST) {
        bench_die("a phase is sRAMP:LIMIT, cCLIENTS:TIME or rRATE:TIME");
    }
    p->seconds = calloc((size_t)s->count, sizeof(*p->seconds));
    s->tick = 0;
    s->tick_count = (int)((p->time + PATIENCE) * TICKS);
    s->ticks = calloc((size_t)s->tick_count, sizeof(*s->ticks));
    if (p->seconds == NULL || s->ticks == NULL) {
        bench_die("no memory");
    }
    memset(s->ticks, 0xff, (size_t)s->tick_count * sizeof(*s->ticks));
    s->ready = -1;
    p->start = bench_now();
    for (i = 0; i < s->count; i++) {
        if (s->devices[i].state != DONE) {
            s->devices[i].state = IDLE;
            if (p->kind == STORM) {
                wait_until(s, i, p->start + p->size * bench_random());
            }
        }
    }
}

static void end_phase(storm_t *s)
{
    phase_t *p = &s->phase;
    double seconds = p->end - p->start;

    qsort(p->seconds, (size_t)p->good, sizeof(*p->seconds), bench_by_size);
    printf("{\"phase\": \"%c%g:%g\", \"seconds\": %.2f, \"attempts\": %d, "
           "\"good\": %d, \"busy\": %d, \"refused\": %d, \"broken\": %d, "
           "\"rate\": %.1f, \"p50\": %.4f, \"p95\": %.4f, \"p99\": %.4f, "
           "\"longest\": %.4f, \"longest_wait\": %d, \"left\": %d}\n",
           (int)p->kind, p->size, p->time, seconds, p->attempts, p->good,
           p->busy, p->refused, p->broken, p->good / seconds,
           bench_quantile(p->seconds, p->good, 0.5),
           bench_quantile(p->seconds, p->good, 0.95),
           bench_quantile(p->seconds, p->good, 0.99),
           bench_quantile(p->seconds, p->good, 1), p->longest_wait,
           s->count - s->done);
    fflush(stdout);
    free(p->seconds);
    free(s->ticks);
}

/* After the last attempt all replies are waited for. */
static void run_phase(storm_t *s, const char *text)
{
    double now, looked;
    phase_t *p = &s->phase;
    bool over = false;

    begin_phase(s, text);
    looked = p->start;
    p->end = p->start;
    while (!over || s->open > 0) {
        int device;

        now = bench_now();
        wake(s, now);
        while (!over && s->open < s->most_open &&
               (device = next_device(s, now)) >= 0) {
            start_attempt(s, device, now);
        }
        handle_events(s);
        if (now - looked > 1) {
            give_up_old(s, now);
            looked = now;
        }
        if (!over && (now - p->start >= p->time || s->done == s->count)) {
            over = true;
            p->end = bench_now();
        }
    }
    end_phase(s);
}

/* --- the program ----------------------------------------------------------- */

static void usage(void)
{
    bench_die("usage: bench_storm [-n DEVICES] [-b FIRST] [-d KIND] [-f] "
              "[-o OPEN] HOST PORT PATH RECIPIENT.pem CA.pem CA.key PHASE...");
}

static void read_options(storm_t *s, int argc, char **argv)
{
    int c;

    while ((c = getopt(argc, argv, "n:b:d:fo:")) != -1) {
        switch (c) {
        case 'n':
            s->count = atoi(optarg);
            break;
        case 'b':
            s->base = atoi(optarg);
            break;
        case 'd':
            s->key_kind = optarg;
            break;
        case 'f':
            s->first_enrolments = true;
            break;
        case 'o':
            s->most_open = atoi(optarg);
            break;
        default:
            usage();
        }
    }
    if (s->count < 1 || s->base < 0 || s->most_open < 1) {
        usage();
    }
}

static void load(storm_t *s, char **argv)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    scep_result_t res;

    scep_result_init(&res, s->pool);
    s->target = (bench_target_t){argv[0], argv[1], argv[2]};
    if (getaddrinfo(argv[0], argv[1], &hints, &s->address) != 0) {
        bench_die("cannot resolve the host");
    }
    s->recipient = bench_load_cert(argv[3], s->pool);
    s->ca.cert = bench_load_cert(argv[4], s->pool);
    if (scep_key_load(argv[5], NULL, NULL, NULL, s->pool, &s->ca.key, &res) !=
        SCEP_OK) {
        bench_die(res.detail);
    }
}

static void make_conns(storm_t *s)
{
    int i;

    s->conns = calloc((size_t)s->most_open, sizeof(*s->conns));
    s->free_conns = calloc((size_t)s->most_open, sizeof(*s->free_conns));
    s->epoll = epoll_create1(0);
    if (s->conns == NULL || s->free_conns == NULL || s->epoll < 0) {
        bench_die("no memory");
    }
    for (i = 0; i < s->most_open; i++) {
        s->conns[i].fd = -1;
        s->free_conns[i] = i;
        s->conns[i].reply = malloc(BENCH_MAX_REPLY + 1);
        if (s->conns[i].reply == NULL) {
            bench_die("no memory");
        }
    }
}

int main(int argc, char **argv)
{
    storm_t s = {.count = 1000, .key_kind = "ec:P-256", .most_open = 900};
    int i;

    read_options(&s, argc, argv);
    argv += optind;
    argc -= optind;
    if (argc < 7 || apr_initialize() != APR_SUCCESS ||
        apr_pool_create(&s.pool, NULL) != APR_SUCCESS) {
        usage();
    }
    load(&s, argv);
    make_conns(&s);
    make_devices(&s);
    for (i = 6; i < argc; i++) {
        run_phase(&s, argv[i]);
    }
    freeaddrinfo(s.address);
    return s.phase.refused > 0;
}
