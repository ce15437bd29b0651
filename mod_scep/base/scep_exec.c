/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_exec.c: see scep_exec.h. It uses posix_spawn() because fork() in a
 * process with threads would leave locks of other threads locked in the child.
 * (base layer)
 */
#include "scep_exec.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <apr_strings.h>

enum {
    /* longer than what is shown by the length of a challengePassword, which is
     * recognized only if it is whole */
    MAX_ERR = 2048,
    TICK = 50, /* milliseconds between two checks for its end */
    LOWEST = 3 /* of a pipe, so that dup2() does not replace it */
};

/* Our ends of the pipes; -1: closed. */
typedef struct ends_t {
    int in, out, err;
} ends_t;

typedef struct run_t {
    pid_t pid;
    ends_t ours;
    scep_octets_t input; /* the rest that was not written yet */
    char *out;           /* SCEP_EXEC_MAX_OUTPUT + 1 */
    size_t out_len;
    char *err; /* MAX_ERR + 1 */
    size_t err_len;
    apr_int64_t deadline; /* milliseconds of now() */
} run_t;

static apr_int64_t now(void)
{
    struct timespec t = {0, 0};

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (apr_int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void close_end(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

static void close_ends(ends_t *ends)
{
    close_end(&ends->in);
    close_end(&ends->out);
    close_end(&ends->err);
}

/* ---- start ---- */

static bool make_pipe(int *read_end, int *write_end)
{
    int fds[2], i;

    if (pipe2(fds, O_CLOEXEC) != 0) {
        return false;
    }
    for (i = 0; i < 2; i++) {
        if (fds[i] < LOWEST) {
            int fd = fcntl(fds[i], F_DUPFD_CLOEXEC, LOWEST);

            close(fds[i]);
            fds[i] = fd;
        }
    }
    *read_end = fds[0];
    *write_end = fds[1];
    return fds[0] >= 0 && fds[1] >= 0;
}

static bool set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

static bool make_pipes(ends_t *ours, ends_t *theirs)
{
    return make_pipe(&theirs->in, &ours->in) &&
           make_pipe(&ours->out, &theirs->out) &&
           make_pipe(&ours->err, &theirs->err) && set_nonblocking(ours->in) &&
           set_nonblocking(ours->out) && set_nonblocking(ours->err);
}

static int set_actions(posix_spawn_file_actions_t *actions,
                       const ends_t *theirs)
{
    int rv = posix_spawn_file_actions_adddup2(actions, theirs->in, 0);

    if (rv == 0) {
        rv = posix_spawn_file_actions_adddup2(actions, theirs->out, 1);
    }
    if (rv == 0) {
        rv = posix_spawn_file_actions_adddup2(actions, theirs->err, 2);
    }
#ifdef HAVE_POSIX_SPAWN_FILE_ACTIONS_ADDCLOSEFROM_NP
    /* httpd's descriptors are closed on exec; those of modules may not be */
    if (rv == 0) {
        rv = posix_spawn_file_actions_addclosefrom_np(actions, LOWEST);
    }
#endif
#ifdef HAVE_POSIX_SPAWN_FILE_ACTIONS_ADDCHDIR_NP
    if (rv == 0) {
        rv = posix_spawn_file_actions_addchdir_np(actions, "/");
    }
#endif
    return rv;
}

/* Reset signals, which a server's threads may block or ignore. */
static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t all, none;
    int rv;

    sigfillset(&all);
    sigemptyset(&none);
    rv = posix_spawnattr_setsigdefault(attributes, &all);
    if (rv == 0) {
        rv = posix_spawnattr_setsigmask(attributes, &none);
    }
    if (rv == 0) {
        rv = posix_spawnattr_setpgroup(attributes, 0);
    }
    return rv != 0 ? rv
                   : posix_spawnattr_setflags(attributes,
                                              POSIX_SPAWN_SETSIGDEF |
                                                  POSIX_SPAWN_SETSIGMASK |
                                                  POSIX_SPAWN_SETPGROUP);
}

static int spawn(const char *const *argv, const ends_t *theirs,
                 apr_pool_t *pool, pid_t *pid)
{
    char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
                  "/sbin:/bin";
    char locale[] = "LC_ALL=C.UTF-8";
    char *environment[] = {path, locale, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    char **copy;
    int count = 0, i, rv;

    while (argv[count] != NULL) {
        count++;
    }
    copy = apr_pcalloc(pool, (apr_size_t)(count + 1) * sizeof(*copy));
    for (i = 0; i < count; i++) {
        copy[i] = apr_pstrdup(pool, argv[i]);
    }
    if ((rv = posix_spawn_file_actions_init(&actions)) != 0) {
        return rv;
    }
    if ((rv = posix_spawnattr_init(&attributes)) == 0) {
        if ((rv = set_actions(&actions, theirs)) == 0 &&
            (rv = set_attributes(&attributes)) == 0) {
            rv = posix_spawn(pid, argv[0], &actions, &attributes, copy,
                             environment);
        }
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return rv;
}

/* ---- while it runs ---- */

static void feed(run_t *r)
{
    ssize_t n = write(r->ours.in, r->input.data, r->input.len);

    if (n > 0) {
        r->input.data += n;
        r->input.len -= (size_t)n;
    }
    if (r->input.len == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        close_end(&r->ours.in); /* written, or not wanted */
    }
}

/* @return false: that was too much */
static bool take_out(run_t *r)
{
    char more;
    size_t room = SCEP_EXEC_MAX_OUTPUT - r->out_len;
    ssize_t n = read(r->ours.out, room > 0 ? r->out + r->out_len : &more,
                     room > 0 ? room : 1);

    if (n > 0 && room == 0) {
        return false;
    }
    if (n > 0) {
        r->out_len += (size_t)n;
    }
    else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        close_end(&r->ours.out);
    }
    return true;
}

static bool take_err(run_t *r)
{
    char data[4096];
    ssize_t n = read(r->ours.err, data, sizeof(data));

    if (n > 0) {
        if (r->err_len < MAX_ERR) {
            size_t room = MAX_ERR - r->err_len;

            memcpy(r->err + r->err_len, data,
                   (size_t)n < room ? (size_t)n : room);
        }
        r->err_len += (size_t)n;
    }
    else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        close_end(&r->ours.err);
    }
    return r->err_len <= SCEP_EXEC_MAX_OUTPUT;
}

/* Has it ended? It stays a zombie, so that no other process gets its number. */
static bool has_ended(const run_t *r)
{
    siginfo_t info;

    memset(&info, 0, sizeof(info));
    return waitid(P_PID, (id_t)r->pid, &info, WEXITED | WNOHANG | WNOWAIT) !=
               0 ||
           info.si_pid != 0;
}

/* @return false: that was too much */
static bool wait_and_serve(run_t *r, int milliseconds)
{
    struct pollfd fds[3] = {{r->ours.in, POLLOUT, 0},
                            {r->ours.out, POLLIN, 0},
                            {r->ours.err, POLLIN, 0}};

    /* poll() skips descriptors below 0 */
    if (poll(fds, 3, milliseconds) <= 0) {
        return true;
    }
    if (fds[0].revents != 0) {
        feed(r);
    }
    return (fds[1].revents == 0 || take_out(r)) &&
           (fds[2].revents == 0 || take_err(r));
}

/* Read what the program wrote before it ended, and no more: a child of it may
 * hold the pipe open. @return false: that was too much */
static bool drain(run_t *r)
{
    size_t before;

    do {
        before = r->out_len + r->err_len;
        if ((r->ours.out >= 0 && !take_out(r)) ||
            (r->ours.err >= 0 && !take_err(r))) {
            return false;
        }
    } while (r->out_len + r->err_len > before);
    return true;
}

static scep_exec_end_e attend(run_t *r)
{
    int idle = 1;

    while (!has_ended(r)) {
        bool open = r->ours.out >= 0 || r->ours.err >= 0;
        apr_int64_t left = r->deadline - now();
        int wait = TICK;

        if (left <= 0) {
            return SCEP_EXEC_TIMEOUT;
        }
        if (!open) { /* it will probably end soon */
            wait = idle;
            idle = idle * 2 < TICK ? idle * 2 : TICK;
        }
        if (!wait_and_serve(r, left < wait ? (int)left : wait)) {
            return SCEP_EXEC_FLOOD;
        }
    }
    return drain(r) ? SCEP_EXEC_EXITED : SCEP_EXEC_FLOOD;
}

static void conclude(run_t *r, scep_exec_t *run)
{
    int status = 0;
    pid_t pid;

    kill(-r->pid, SIGKILL); /* and its own children */
    do {
        pid = waitpid(r->pid, &status, 0);
    } while (pid < 0 && errno == EINTR);
    if (run->end != SCEP_EXEC_EXITED) {
        return;
    }
    if (pid < 0) {
        run->end = SCEP_EXEC_FAILED;
        run->code = errno;
    }
    else if (WIFEXITED(status)) {
        run->code = WEXITSTATUS(status);
    }
    else {
        run->end = SCEP_EXEC_SIGNALED;
        run->code = WTERMSIG(status);
    }
}

/* ---- all of it ---- */

static void first_line(run_t *r, scep_exec_t *run)
{
    r->out[r->out_len] = '\0';
    r->err[strcspn(r->err, "\r\n")] = '\0';
    run->out = r->out;
    run->out_len = r->out_len;
    run->err = r->err;
}

/* A pipe that nobody reads causes SIGPIPE. httpd ignores it, but others may
 * not. So block it in this thread, and remove it afterwards. */
static void attend_quietly(run_t *r, scep_exec_t *run)
{
    const struct timespec at_once = {0, 0};
    sigset_t pipe_signal, before, pending;
    bool was_pending;

    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigemptyset(&pending);
    sigpending(&pending);
    was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    run->end = attend(r);
    close_ends(&r->ours);
    conclude(r, run);
    if (!was_pending) {
        while (sigtimedwait(&pipe_signal, NULL, &at_once) == -1 &&
               errno == EINTR) {
            /* again */
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void scep_exec_run(const char *const *argv, scep_octets_t input,
                   apr_interval_time_t timeout, apr_pool_t *pool,
                   scep_exec_t *run)
{
    ends_t theirs = {-1, -1, -1};
    run_t r = {
        .ours = {-1, -1, -1},
        .input = input,
        .out = apr_palloc(pool, SCEP_EXEC_MAX_OUTPUT + 1),
        .err = apr_pcalloc(pool, MAX_ERR + 1),
        .deadline = now() + apr_time_as_msec(timeout),
    };

    memset(run, 0, sizeof(*run));
    if (!make_pipes(&r.ours, &theirs)) {
        run->end = SCEP_EXEC_FAILED;
        run->code = errno;
    }
    else if ((run->code = spawn(argv, &theirs, pool, &r.pid)) != 0) {
        run->end = SCEP_EXEC_FAILED;
    }
    close_ends(&theirs);
    if (run->end == SCEP_EXEC_FAILED) {
        close_ends(&r.ours);
    }
    else {
        attend_quietly(&r, run);
    }
    first_line(&r, run);
}
