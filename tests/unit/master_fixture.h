/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * For the tests of the master password: RA pairs, files, and a search of this
 * process's memory for secrets that should not be there.
 */
#ifndef SCEP_TEST_MASTER_FIXTURE_H
#define SCEP_TEST_MASTER_FIXTURE_H

#include "fixture_certs.h"

#include <fcntl.h>
#include <unistd.h>

#include <apr_tables.h>

#include "scep_file.h"

#define PASSWORD "0123456789ABCDEF0123456789ABCDEF"

static inline const char *path_to(fixture_t *f, const char *name)
{
    return apr_pstrcat(f->pool, f->scratch, "/", name, NULL);
}

/* A pair whose certificate has the name of its key: "ra", "device", "P-256". */
static inline scep_keypair_t *make_pair(fixture_t *f, const char *key)
{
    scep_keypair_t *pair = apr_palloc(f->pool, sizeof(*pair));

    *pair = certs_pair(f, key, key, NULL);
    return pair;
}

static inline apr_array_header_t *pairs_of(fixture_t *f,
                                           const scep_keypair_t *first,
                                           const scep_keypair_t *second)
{
    apr_array_header_t *pairs =
        apr_array_make(f->pool, 2, sizeof(scep_keypair_t *));

    APR_ARRAY_PUSH(pairs, const scep_keypair_t *) = first;
    if (second != NULL) {
        APR_ARRAY_PUSH(pairs, const scep_keypair_t *) = second;
    }
    return pairs;
}

static inline void put_file(fixture_t *f, const char *path, const void *data,
                            size_t len)
{
    assert_int_equal(scep_file_write(path, (scep_octets_t){data, len}, 0600,
                                     (uid_t)-1, (gid_t)-1, 1, f->pool, &f->res),
                     SCEP_OK);
}

static inline scep_octets_t get_file(fixture_t *f, const char *path)
{
    scep_octets_t data;

    assert_int_equal(
        scep_file_read(path, SCEP_FILE_PUBLIC, 65536, f->pool, &data, &f->res),
        SCEP_OK);
    return data;
}

/* PAIR as ra.crt and ra.key in the scratch folder. */
static inline void put_pair(fixture_t *f, const scep_keypair_t *pair)
{
    BIO *cert = scep_bio_own(f->pool, BIO_new_file(path_to(f, "ra.crt"), "w"));
    BIO *key = scep_bio_own(f->pool, BIO_new_file(path_to(f, "ra.key"), "w"));

    assert_int_equal(PEM_write_bio_X509(cert, pair->cert), 1);
    assert_int_equal(
        PEM_write_bio_PrivateKey(key, pair->key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(BIO_flush(cert), 1);
    assert_int_equal(BIO_flush(key), 1);
}

/* What `openssl cms -decrypt' says about the file NAME. */
static inline scep_octets_t openssl_decrypt(fixture_t *f, const char *name)
{
    const char *command = apr_psprintf(
        f->pool,
        "cd '%s' && openssl cms -decrypt -inform PEM -in %s -recip ra.crt "
        "-inkey ra.key -out plain",
        f->scratch, name);

    assert_int_equal(system(command), 0);
    return get_file(f, path_to(f, "plain"));
}

/* How often a text, given with every octet inverted, is in CHUNK, which was
 * read from address AT. Copies in the chunk's own memory do not count. */
static inline int count_in_chunk(const unsigned char *chunk, size_t size,
                                 unsigned long at, size_t room,
                                 const unsigned char *inverted, size_t len)
{
    unsigned long own = (unsigned long)(uintptr_t)chunk;
    int count = 0;
    size_t i, k;

    for (i = 0; i + len <= size; i++) {
        for (k = 0; k < len && (chunk[i + k] ^ inverted[k]) == 0xff; k++) {
        }
        count += k == len && (at + i + len <= own || at + i >= own + room);
    }
    return count;
}

/* How often the text is in memory that this process has written to: heap,
 * pools, stacks. Larger areas, such as a sanitizer's tables, do not count. */
static inline int count_in_memory(const unsigned char *inverted, size_t len)
{
    enum { ROOM = 65536 };
    static unsigned char chunk[ROOM];
    const unsigned long largest = 64UL << 20;
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY);
    char line[512], mode[5];
    unsigned long from, to;
    int count = 0;

    assert_non_null(maps);
    assert_int_not_equal(memory, -1);
    while (fgets(line, sizeof(line), maps) != NULL) {
        if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) != 3 ||
            strcmp(mode, "rw-p") != 0 || to - from > largest) {
            continue;
        }
        while (from + len <= to) {
            size_t size = to - from < ROOM ? to - from : ROOM;
            ssize_t got = pread(memory, chunk, size, (off_t)from);

            if (got < (ssize_t)len) {
                break;
            }
            count +=
                count_in_chunk(chunk, (size_t)got, from, ROOM, inverted, len);
            from += (unsigned long)got - len + 1; /* it may cross the border */
        }
    }
    fclose(maps);
    close(memory);
    scep_wipe(chunk, sizeof(chunk));
    return count;
}

#endif
