/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * test_store_power.c: the power goes while passwords are drawn and spent. What
 * the store said was recorded is there afterwards, whatever part of the writes
 * that had not been synced yet has reached the disk. (store layer,
 * invariants 2 and 5)
 *
 * A file system of our own in front of SQLite's remembers for each file what
 * is on the disk for certain (as of its last sync) and the writes since. When
 * the power goes, each of those is on the disk, or in part, or not at all.
 */
#include "store_fixture.h"

#include <sys/stat.h>

#include <sqlite3.h>

enum {
    MAX_FILES = 8,
    MAX_PENDING = 4096,
    MAX_SIZE = 4 * 1024 * 1024,
    POWER_CUTS = 25,
    STEPS = 30
};

typedef struct pending_t {
    sqlite3_int64 at;
    int len; /* -1: the file was cut off at AT */
    unsigned char *data;
} pending_t;

typedef struct disk_t {
    char path[512];
    bool exists;
    unsigned char *durable;
    size_t size;
    pending_t pending[MAX_PENDING];
    int count;
} disk_t;

static disk_t disks[MAX_FILES];
static sqlite3_vfs *below;
static unsigned int seed = 1;
static int syncs;

static unsigned int next_random(unsigned int limit)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 8) % limit;
}

static disk_t *disk_of(const char *path)
{
    int i;

    for (i = 0; i < MAX_FILES; i++) {
        if (disks[i].path[0] == '\0') {
            apr_cpystrn(disks[i].path, path, sizeof(disks[i].path));
            disks[i].durable = calloc(1, MAX_SIZE);
            assert_non_null(disks[i].durable);
        }
        if (strcmp(disks[i].path, path) == 0) {
            return &disks[i];
        }
    }
    fail_msg("too many files");
    return NULL;
}

static void note(disk_t *disk, sqlite3_int64 at, const void *data, int len)
{
    pending_t *pending = &disk->pending[disk->count++];

    assert_true(disk->count < MAX_PENDING);
    pending->at = at;
    pending->len = len;
    pending->data = NULL;
    if (len > 0) {
        pending->data = malloc((size_t)len);
        assert_non_null(pending->data);
        memcpy(pending->data, data, (size_t)len);
    }
}

/* The first LEN octets of it, or all of a cut. */
static void apply(disk_t *disk, const pending_t *pending, int len)
{
    size_t end = (size_t)pending->at + (len > 0 ? (size_t)len : 0);

    assert_true(end < MAX_SIZE);
    if (pending->len < 0) {
        if (end < disk->size) {
            memset(disk->durable + end, 0, disk->size - end);
        }
        disk->size = end;
        return;
    }
    if (len == 0) {
        return;
    }
    memcpy(disk->durable + pending->at, pending->data, (size_t)len);
    disk->size = end > disk->size ? end : disk->size;
}

static void forget(disk_t *disk)
{
    while (disk->count > 0) {
        free(disk->pending[--disk->count].data);
    }
}

static void sync_disk(disk_t *disk)
{
    int i;

    for (i = 0; i < disk->count; i++) {
        apply(disk, &disk->pending[i], disk->pending[i].len);
    }
    forget(disk);
    syncs++;
}

/* --- the file system ------------------------------------------------------ */

typedef struct file_t {
    sqlite3_file base;
    disk_t *disk;
    sqlite3_file *real; /* behind this */
} file_t;

#define REAL(file) ((file_t *)(void *)(file))->real
#define DISK(file) ((file_t *)(void *)(file))->disk

static int file_close(sqlite3_file *file)
{
    return REAL(file)->pMethods->xClose(REAL(file));
}

static int file_read(sqlite3_file *file, void *data, int len, sqlite3_int64 at)
{
    return REAL(file)->pMethods->xRead(REAL(file), data, len, at);
}

static int file_write(sqlite3_file *file, const void *data, int len,
                      sqlite3_int64 at)
{
    note(DISK(file), at, data, len);
    return REAL(file)->pMethods->xWrite(REAL(file), data, len, at);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    note(DISK(file), size, NULL, -1);
    return REAL(file)->pMethods->xTruncate(REAL(file), size);
}

static int file_sync(sqlite3_file *file, int flags)
{
    (void)flags; /* what is on the disk is kept here */
    sync_disk(DISK(file));
    return SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return REAL(file)->pMethods->xFileSize(REAL(file), size);
}

static int file_lock(sqlite3_file *file, int level)
{
    return REAL(file)->pMethods->xLock(REAL(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
    return REAL(file)->pMethods->xUnlock(REAL(file), level);
}

static int file_reserved(sqlite3_file *file, int *result)
{
    return REAL(file)->pMethods->xCheckReservedLock(REAL(file), result);
}

static int file_control(sqlite3_file *file, int op, void *arg)
{
    return REAL(file)->pMethods->xFileControl(REAL(file), op, arg);
}

static int file_sector(sqlite3_file *file)
{
    return REAL(file)->pMethods->xSectorSize(REAL(file));
}

static int file_device(sqlite3_file *file)
{
    (void)file;
    return 0; /* promises nothing */
}

static int file_shm_map(sqlite3_file *file, int page, int size, int extend,
                        void volatile **memory)
{
    return REAL(file)->pMethods->xShmMap(REAL(file), page, size, extend,
                                         memory);
}

static int file_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return REAL(file)->pMethods->xShmLock(REAL(file), offset, n, flags);
}

static void file_shm_barrier(sqlite3_file *file)
{
    REAL(file)->pMethods->xShmBarrier(REAL(file));
}

static int file_shm_unmap(sqlite3_file *file, int remove)
{
    return REAL(file)->pMethods->xShmUnmap(REAL(file), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, /* no memory maps: they would write behind our back */
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_device,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap};

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file,
                    int flags, int *out)
{
    file_t *f = (file_t *)(void *)file;
    int rc;

    (void)vfs;
    f->real = (sqlite3_file *)(void *)(f + 1);
    f->base.pMethods = NULL;
    rc = below->xOpen(below, name, f->real, flags, out);
    if (rc == SQLITE_OK) {
        f->disk = disk_of(name != NULL ? name : "temporary");
        f->disk->exists = true;
        f->base.pMethods = &methods;
    }
    return rc;
}

/* SQLite syncs the folder, too. */
static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    disk_t *disk = disk_of(name);

    (void)vfs;
    forget(disk);
    memset(disk->durable, 0, disk->size);
    disk->size = 0;
    disk->exists = false;
    return below->xDelete(below, name, sync);
}

static void watch_disks(void)
{
    static sqlite3_vfs vfs;

    if (below == NULL) {
        below = sqlite3_vfs_find(NULL);
        assert_non_null(below);
        vfs = *below;
        vfs.zName = "power";
        vfs.szOsFile = (int)sizeof(file_t) + below->szOsFile;
        vfs.xOpen = vfs_open;
        vfs.xDelete = vfs_delete;
        vfs.pNext = NULL;
        assert_int_equal(sqlite3_vfs_register(&vfs, 1), SQLITE_OK);
    }
}

static void clear_disks(void)
{
    int i;

    for (i = 0; i < MAX_FILES; i++) {
        forget(&disks[i]);
        free(disks[i].durable);
    }
    memset(disks, 0, sizeof(disks));
}

/* What a disk holds when the power goes: files in a new folder. */
static void write_disks(const char *folder, const char *database)
{
    size_t len = strlen(database);
    int i, j;

    for (i = 0; i < MAX_FILES && disks[i].path[0] != '\0'; i++) {
        disk_t *disk = &disks[i];
        char path[600];
        FILE *file;

        if (!disk->exists || strncmp(disk->path, database, len) != 0) {
            continue;
        }
        for (j = 0; j < disk->count; j++) {
            const pending_t *pending = &disk->pending[j];
            int n = pending->len;

            switch (next_random(4)) {
            case 0: /* lost */
                continue;
            case 1: /* torn */
                n = n > 0 ? (int)next_random((unsigned int)n) : n;
                break;
            default:
                break;
            }
            apply(disk, pending, n);
        }
        forget(disk);
        apr_snprintf(path, sizeof(path), "%s/db%s", folder, disk->path + len);
        file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(disk->durable, 1, disk->size, file),
                         disk->size);
        fclose(file);
        assert_int_equal(chmod(path, 0600), 0);
    }
}

/* The disks as they are when the power is back. */
static void load_disks(const char *database)
{
    static const char *const suffixes[] = {"", "-wal", "-journal"};
    size_t i;

    for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        char path[600];
        FILE *file;
        disk_t *disk;

        apr_snprintf(path, sizeof(path), "%s%s", database, suffixes[i]);
        file = fopen(path, "rb");
        if (file == NULL) {
            continue;
        }
        disk = disk_of(path);
        disk->exists = true;
        disk->size = fread(disk->durable, 1, MAX_SIZE, file);
        fclose(file);
    }
}

/* --- what the store promises ---------------------------------------------- */

typedef struct life_t {
    int drawn;  /* passwords 1.. of which the store said that they are there */
    int issued; /* of those, the first that it said were spent */
} life_t;

static scep_store_t *open_at(fixture_t *f, const char *path, apr_pool_t *pool)
{
    scep_store_config_t config = {
        .driver = "sqlite3", .params = path, .connections = 2};
    scep_store_t *store;

    assert_int_equal(scep_store_prepare(&config, &f->env, (uid_t)-1, (gid_t)-1,
                                        f->pool, &f->res),
                     SCEP_OK);
    assert_int_equal(scep_store_open(&config, &f->env, pool, &store, &f->res),
                     SCEP_OK);
    return store;
}

static void live(fixture_t *f, scep_store_t *store, life_t *life)
{
    int step, steps = 1 + (int)next_random(STEPS);

    for (step = 0; step < steps; step++) {
        if (life->issued < life->drawn && next_random(2) == 0) {
            scep_issue_t issue = sample_issue(f, f->pool, life->issued + 1);

            issue.challenge_hash = sample_hash(f->pool, 'p', life->issued + 1);
            assert_int_equal(must_issue(f, store, &issue), SCEP_ISSUE_RECORDED);
            life->issued++;
        }
        else {
            must_add(f, store, ++life->drawn);
        }
    }
}

static void check(fixture_t *f, scep_store_t *store, const life_t *life)
{
    int n;

    for (n = 1; n <= life->drawn; n++) {
        scep_challenge_row_t *row = NULL;

        assert_int_equal(scep_store_challenge_find(store,
                                                   sample_hash(f->pool, 'p', n),
                                                   f->pool, &row, &f->res),
                         SCEP_OK);
        assert_int_equal(row->state, n <= life->issued
                                         ? SCEP_CHALLENGE_SPENT
                                         : SCEP_CHALLENGE_OUTSTANDING);
    }
    for (n = 1; n <= life->issued; n++) {
        scep_issue_t issue = sample_issue(f, f->pool, n);

        issue.challenge_hash = sample_hash(f->pool, 'p', n);
        issue.transaction_id = "another";
        issue.serial = apr_psprintf(f->pool, "FF%d", n);
        assert_int_equal(must_issue(f, store, &issue),
                         SCEP_ISSUE_CHALLENGE_LOST);
    }
}

static void test_power_cuts(void **state)
{
    fixture_t *f = *state;
    const char *path = apr_pstrcat(f->pool, f->scratch, "/db", NULL);
    life_t life = {0, 0};
    apr_pool_t *pool;
    int i;

    watch_disks();
    for (i = 0; i < POWER_CUTS; i++) {
        const char *folder = apr_psprintf(f->pool, "%s/%d", f->scratch, i);
        scep_store_t *store;
        int before;

        assert_int_equal(apr_pool_create(&pool, f->pool), APR_SUCCESS);
        store = open_at(f, path, pool);
        check(f, store, &life);
        before = syncs;
        live(f, store, &life);
        assert_true(syncs > before);
        assert_int_equal(mkdir(folder, 0700), 0);
        write_disks(folder, path);
        apr_pool_destroy(pool); /* whatever it writes now is lost */
        clear_disks();
        path = apr_pstrcat(f->pool, folder, "/db", NULL);
        load_disks(path);
    }
    assert_true(life.issued > POWER_CUTS);
    clear_disks();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_power_cuts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
