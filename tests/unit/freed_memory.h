/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * Searches every block of memory that OpenSSL frees. A secret in one of them
 * would stay in the heap until it is overwritten by chance.
 */
#ifndef SCEP_TEST_FREED_MEMORY_H
#define SCEP_TEST_FREED_MEMORY_H

#include "fixture.h"

#include <malloc.h>

#include <openssl/crypto.h>

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#else
#define VALGRIND_MAKE_MEM_DEFINED(block, size)
#endif

static struct {
    scep_octets_t secret; /* len 0: search for nothing */
    int found;            /* blocks that held it when they were freed */
} freed_memory;

static void freed_memory_free(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    if (block != NULL && freed_memory.secret.len > 0) {
        /* padding that OpenSSL copied, say, is searched, too */
        VALGRIND_MAKE_MEM_DEFINED(block, malloc_usable_size(block));
    }
    if (block != NULL && freed_memory.secret.len > 0 &&
        memmem(block, malloc_usable_size(block), freed_memory.secret.data,
               freed_memory.secret.len) != NULL) {
        freed_memory.found++;
    }
    free(block);
}

static void *freed_memory_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return calloc(1, size > 0 ? size : 1);
}

static void *freed_memory_realloc(void *block, size_t size, const char *file,
                                  int line)
{
    size_t old = block != NULL ? malloc_usable_size(block) : 0;
    void *moved = size > 0 ? freed_memory_malloc(size, file, line) : NULL;

    if (moved != NULL && block != NULL) {
        memcpy(moved, block, old < size ? old : size);
    }
    if (moved != NULL || size == 0) {
        freed_memory_free(block, file, line);
    }
    return moved;
}

/* Call this before any function of OpenSSL. */
static inline void freed_memory_install(void)
{
    if (CRYPTO_set_mem_functions(freed_memory_malloc, freed_memory_realloc,
                                 freed_memory_free) != 1) {
        fprintf(stderr, "OpenSSL has allocated already\n");
        exit(1);
    }
}

/* Search for SECRET from now on. */
static inline void freed_memory_watch(scep_octets_t secret)
{
    freed_memory.secret = secret;
    freed_memory.found = 0;
}

/* The blocks found since then. Ends the search. */
static inline int freed_memory_found(void)
{
    freed_memory.secret.len = 0;
    return freed_memory.found;
}

#endif
