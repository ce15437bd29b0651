/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * slow_worker.c: preloaded into httpd, it delays threads after each
 * compare-and-swap of a pointer, by which a worker of the event MPM gives a
 * connection's memory back.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>

#define SLOWNESS 500000 /* us */

void *apr_atomic_casptr(volatile void **mem, void *with, const void *cmp);

/* A thread does not count as asleep while its vfork() lasts. */
static void tarry(void)
{
    if (vfork() == 0) {
        usleep(SLOWNESS);
        _exit(0);
    }
}

void *apr_atomic_casptr(volatile void **mem, void *with, const void *cmp)
{
    void *(*real)(volatile void **, void *, const void *);
    void *found;

    *(void **)&real = dlsym(RTLD_NEXT, "apr_atomic_casptr");
    found = real(mem, with, cmp);
    if (found == cmp && gettid() != getpid()) {
        tarry();
    }
    return found;
}
