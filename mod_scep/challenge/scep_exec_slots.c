/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_exec_slots.c: slots as record locks on octets of a file without a name,
 * which the system gives back when a process dies. Such locks exclude
 * processes only; among the threads of one, a flag does. (challenge layer)
 */
#include "scep_exec.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

enum { STEP = 10000 /* microseconds between two tries */ };

struct scep_exec_slots_t {
    FILE *file;
    int count;
    atomic_int *taken; /* by a thread of this process */
};

static apr_status_t release(void *data)
{
    scep_exec_slots_t *slots = data;

    fclose(slots->file);
    return APR_SUCCESS;
}

scep_exec_slots_t *scep_exec_slots_make(int count, apr_pool_t *pool)
{
    scep_exec_slots_t *slots = apr_palloc(pool, sizeof(*slots));
    int i;

    slots->count = count;
    slots->taken = apr_palloc(pool, (apr_size_t)count * sizeof(*slots->taken));
    for (i = 0; i < count; i++) {
        atomic_init(&slots->taken[i], 0);
    }
    slots->file = tmpfile();
    if (slots->file == NULL) {
        return NULL;
    }
    fcntl(fileno(slots->file), F_SETFD, FD_CLOEXEC);
    apr_pool_cleanup_register(pool, slots, release, apr_pool_cleanup_null);
    return slots;
}

static int set_lock(scep_exec_slots_t *slots, int slot, short type)
{
    struct flock lock = {
        .l_type = type, .l_whence = SEEK_SET, .l_start = slot, .l_len = 1};

    return fcntl(fileno(slots->file), F_SETLK, &lock);
}

static int try_all(scep_exec_slots_t *slots)
{
    int i;

    for (i = 0; i < slots->count; i++) {
        if (atomic_exchange(&slots->taken[i], 1) != 0) {
            continue;
        }
        if (set_lock(slots, i, F_WRLCK) == 0) {
            return i;
        }
        atomic_store(&slots->taken[i], 0);
    }
    return -1;
}

int scep_exec_slots_take(scep_exec_slots_t *slots, apr_interval_time_t wait)
{
    int slot = try_all(slots);

    while (slot < 0 && wait > 0) {
        apr_sleep(STEP);
        wait -= STEP;
        slot = try_all(slots);
    }
    return slot;
}

void scep_exec_slots_give(scep_exec_slots_t *slots, int slot)
{
    set_lock(slots, slot, F_UNLCK);
    atomic_store(&slots->taken[slot], 0);
}
