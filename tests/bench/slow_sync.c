/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * slow_sync.c: for LD_PRELOAD: each sync takes SYNC_USEC microseconds, as on a
 * disk that is slow in this and nothing else.
 */
#include <stdlib.h>
#include <unistd.h>

static int wait_instead(void)
{
    const char *text = getenv("SYNC_USEC");

    usleep(text != NULL ? (useconds_t)strtoul(text, NULL, 10) : 5000);
    return 0;
}

int fsync(int fd)
{
    (void)fd;
    return wait_instead();
}

int fdatasync(int fd)
{
    (void)fd;
    return wait_instead();
}
