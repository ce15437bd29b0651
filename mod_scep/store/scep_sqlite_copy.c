/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_sqlite_copy.c: see scep_sqlite_copy.h. (store layer) */
#include "scep_sqlite_copy.h"

#include <sqlite3.h>

enum {
    STEP_PAGES = 1024, /* writers come in between */
    BUSY_PAUSE = 20,   /* ms */
    BUSY_TRIES = 500
};

static int run_steps(sqlite3_backup *backup)
{
    int tries = 0, code;

    do {
        code = sqlite3_backup_step(backup, STEP_PAGES);
        if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
            sqlite3_sleep(BUSY_PAUSE);
            tries++;
        }
    } while (
        code == SQLITE_OK ||
        ((code == SQLITE_BUSY || code == SQLITE_LOCKED) && tries < BUSY_TRIES));
    return code;
}

static int copy(sqlite3 *source, sqlite3 *target)
{
    sqlite3_backup *backup =
        sqlite3_backup_init(target, "main", source, "main");
    int code, finished;

    if (backup == NULL) {
        return sqlite3_errcode(target);
    }
    code = run_steps(backup);
    finished = sqlite3_backup_finish(backup);
    return code == SQLITE_DONE ? finished : code;
}

static scep_status_e fail(const char *path, int code, scep_result_t *res)
{
    return scep_fail(res, SCEP_R_SETUP, "cannot copy database %s: %s", path,
                     sqlite3_errstr(code));
}

/* Copy in one read transaction. Otherwise each writer in between would make
 * SQLite begin again, for ever on a busy server. */
static int open_source(const char *path, sqlite3 **source)
{
    int code = sqlite3_open_v2(
        path, source, SQLITE_OPEN_READWRITE | SQLITE_OPEN_PRIVATECACHE, NULL);

    if (code == SQLITE_OK) {
        sqlite3_busy_timeout(*source, BUSY_PAUSE * BUSY_TRIES);
        code = sqlite3_exec(*source,
                            "PRAGMA trusted_schema=OFF; BEGIN;"
                            "SELECT COUNT(*) FROM sqlite_master",
                            NULL, NULL, NULL);
    }
    return code;
}

static int copy_into(const char *from, sqlite3 *target)
{
    sqlite3 *source = NULL;
    int code = open_source(from, &source);

    if (code == SQLITE_OK) {
        code = copy(source, target);
    }
    sqlite3_close(source);
    return code;
}

scep_status_e scep_sqlite_copy(const char *from, const char *to,
                               scep_sqlite_become_fn *become, void *baton,
                               scep_result_t *res)
{
    sqlite3 *target = NULL;
    int code = sqlite3_open_v2(
        to, &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_PRIVATECACHE, NULL);

    if (code == SQLITE_OK) { /* so that no journal is made as another user */
        code = sqlite3_exec(target,
                            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF",
                            NULL, NULL, NULL);
    }
    if (code != SQLITE_OK) {
        sqlite3_close(target);
        return fail(to, code, res);
    }
    if (become != NULL && !become(baton, true)) {
        sqlite3_close(target);
        return scep_fail(res, SCEP_R_SETUP, "cannot become the owner of %s",
                         from);
    }
    code = copy_into(from, target);
    if (become != NULL && !become(baton, false)) {
        code = code == SQLITE_OK ? SQLITE_PERM : code;
    }
    if (sqlite3_close(target) != SQLITE_OK && code == SQLITE_OK) {
        code = SQLITE_IOERR;
    }
    return code == SQLITE_OK ? SCEP_OK : fail(from, code, res);
}
