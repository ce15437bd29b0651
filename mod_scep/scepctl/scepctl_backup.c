/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_backup.c: `scepctl backup': the state of a server, which may run,
 * and its certificates. The list of files is written last: a backup without
 * one is not complete. (scepctl)
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "scep_file.h"
#include "scep_sqlite_copy.h"
#include "scep_state_files.h"
#include "scepctl_copy.h"
#include "scepctl_places.h"
#include "scepctl_server.h"

static const char usage_text[] =
    "Usage: scepctl backup [options] DIR\n"
    "\n"
    "Saves the state of a server in DIR, which must be empty or not be there:\n"
    "the database, the key of the passwords, the master password, and the\n"
    "certificates of CA and RA. httpd may run.\n"
    "\n"
    "  --with-keys       the private keys of CA and RA, too\n"
    "  --state-dir DIR   ScepStateDir (/var/lib/mod_scep)\n"
    "  --conf-dir DIR    where certificates and keys are (/etc/mod_scep)\n"
    "  --database DB     ScepDatabase: a path (scep.db in the state "
    "directory)\n"
    "                    or pgsql:PARAMETERS, which pg_dump saves\n";

typedef struct backup_t {
    scepctl_t *ctl;
    const scepctl_places_t *places;
    apr_array_header_t *items; /* scepctl_item_t */
} backup_t;

/* ---- files ---- */

static const char *join(const backup_t *b, const char *dir, const char *name)
{
    return apr_pstrcat(b->ctl->pool, dir, "/", name, NULL);
}

static scepctl_exit_e add_file(const backup_t *b, const char *from,
                               const char *name)
{
    scepctl_item_t *item = apr_array_push(b->items);

    item->name = name;
    return scepctl_file_copy(b->ctl, from, join(b, b->places->backup, name),
                             0600, (uid_t)-1, (gid_t)-1, &item->digest);
}

static bool ends_in(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);

    return *name != '.' && len > end_len &&
           strcmp(name + len - end_len, end) == 0;
}

/* All files of FROM/BELOW whose names end so, in their order. */
static scepctl_exit_e add_files(const backup_t *b, const char *from,
                                const char *to, const char *end)
{
    scepctl_exit_e status = SCEPCTL_OK;
    DIR *dir = opendir(from);
    struct dirent *entry;

    if (dir == NULL) {
        return SCEPCTL_OK;
    }
    while (status == SCEPCTL_OK && (entry = readdir(dir)) != NULL) {
        if (ends_in(entry->d_name, end)) {
            status =
                add_file(b, join(b, from, entry->d_name),
                         join(b, to, apr_pstrdup(b->ctl->pool, entry->d_name)));
        }
    }
    closedir(dir);
    return status;
}

/* ---- the database ---- */

/* Without looking back: SQLite makes files beside the database. */
static bool become(void *baton, bool on)
{
    const struct stat *st = baton;
    const gid_t root = 0;

    if (geteuid() != 0 && on) {
        return true;
    }
    if (!on) {
        return getuid() != 0 ||
               (seteuid(0) == 0 && setegid(0) == 0 && setgroups(1, &root) == 0);
    }
    return setgroups(1, &st->st_gid) == 0 && setegid(st->st_gid) == 0 &&
           seteuid(st->st_uid) == 0;
}

/* What --database says, in the words of ScepDatabase. */
static scepctl_exit_e read_words(scepctl_t *ctl, scepctl_places_t *places,
                                 bool *pgsql)
{
    scepctl_server_t server = {.state_dir = places->state_dir,
                               .database = places->database};
    scep_store_config_t config = {.connections = 1};
    scepctl_exit_e status = scepctl_server_words(ctl, &server, &config);

    if (status == SCEPCTL_OK) {
        *pgsql = strcmp(config.driver, "pgsql") == 0;
        places->database = config.params;
    }
    return status;
}

static scepctl_exit_e no_database(const backup_t *b, const char *path)
{
    return scepctl_error(b->ctl,
                         SCEPLOGNO(0517) "there is no database %s: name it by "
                                         "--state-dir or --database (as "
                                         "ScepDatabase does)",
                         path);
}

static scepctl_exit_e add_database(const backup_t *b)
{
    const char *name = "state/" SCEP_STATE_DATABASE;
    const char *to = join(b, b->places->backup, name);
    const char *from = b->places->database != NULL
                           ? b->places->database
                           : join(b, b->places->state_dir, SCEP_STATE_DATABASE);
    scepctl_item_t *item;
    struct stat st;
    int fd;

    if (lstat(from, &st) != 0 || !S_ISREG(st.st_mode)) {
        return no_database(b, from);
    }
    fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return scepctl_error(b->ctl, SCEPLOGNO(0518) "cannot make %s: %s", to,
                             strerror(errno));
    }
    if (scep_sqlite_copy(from, to, become, &st, &b->ctl->res) != SCEP_OK) {
        close(fd);
        return scepctl_fail(b->ctl);
    }
    fsync(fd);
    close(fd);
    item = apr_array_push(b->items);
    item->name = name;
    return scepctl_file_digest(b->ctl, to, &item->digest);
}

/* ---- in order ---- */

static scepctl_exit_e make_dirs(const backup_t *b, bool with_ras)
{
    const char *const names[] = {"", "/state", "/conf", "/conf/ra.d"};
    scepctl_t *ctl = b->ctl;
    size_t i;

    if (!scepctl_is_empty(b->places->backup)) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0519) "%s is not empty, and nothing is "
                                             "overwritten: name a directory "
                                             "that does not exist yet",
                             b->places->backup);
    }
    for (i = 0; i < (with_ras ? 4 : 3); i++) {
        if (scep_dir_make(
                apr_pstrcat(ctl->pool, b->places->backup, names[i], NULL), 0700,
                (uid_t)-1, (gid_t)-1, ctl->pool, &ctl->res) != SCEP_OK) {
            return scepctl_fail(ctl);
        }
    }
    return SCEPCTL_OK;
}

static scepctl_exit_e add_conf(const backup_t *b, const char *end,
                               const char *ras)
{
    scepctl_exit_e status = add_files(b, b->places->conf_dir, "conf", end);

    return status == SCEPCTL_OK ? add_files(b, ras, "conf/ra.d", end) : status;
}

static scepctl_exit_e save(const backup_t *b, bool pgsql)
{
    const char *state = b->places->state_dir;
    const char *ras = join(b, b->places->conf_dir, "ra.d");
    scepctl_exit_e status = make_dirs(b, access(ras, F_OK) == 0);

    if (status == SCEPCTL_OK && !pgsql) {
        status = add_database(b);
    }
    if (status == SCEPCTL_OK) {
        status = add_file(b, join(b, state, SCEP_STATE_KEY),
                          "state/" SCEP_STATE_KEY);
    }
    if (status == SCEPCTL_OK) {
        status = add_files(b, state, "state", ".cms");
    }
    if (status == SCEPCTL_OK) {
        status = add_conf(b, ".crt", ras);
    }
    if (status == SCEPCTL_OK && b->places->with_keys) {
        status = add_conf(b, ".key", ras);
    }
    return status == SCEPCTL_OK
               ? scepctl_manifest_write(b->ctl, b->places->backup,
                                        pgsql ? "pgsql" : "sqlite3", b->items)
               : status;
}

static void tell(const backup_t *b, bool pgsql)
{
    FILE *out = b->ctl->out;
    int i;

    for (i = 0; i < b->items->nelts; i++) {
        fprintf(out, "%s\n", APR_ARRAY_IDX(b->items, i, scepctl_item_t).name);
    }
    if (pgsql) {
        fputs("The database is PostgreSQL: save it with pg_dump.\n", out);
    }
    if (!b->places->with_keys) {
        fputs("Without the private keys of CA and RA: keep them elsewhere, or "
              "give --with-keys.\n",
              out);
    }
}

scepctl_exit_e scepctl_backup(scepctl_t *ctl, int argc, char **argv)
{
    scepctl_places_t places;
    backup_t b = {ctl, &places,
                  apr_array_make(ctl->pool, 8, sizeof(scepctl_item_t))};
    scepctl_exit_e status = scepctl_places_read(
        ctl, argc, argv, " state-dir conf-dir database with-keys help ", true,
        &places);
    bool pgsql = false;

    if (status != SCEPCTL_OK || places.help) {
        fputs(status == SCEPCTL_OK ? usage_text : "", ctl->out);
        return status;
    }
    if (places.database != NULL) {
        status = read_words(ctl, &places, &pgsql);
    }
    if (status == SCEPCTL_OK) {
        status = save(&b, pgsql);
    }
    if (status == SCEPCTL_OK) {
        tell(&b, pgsql);
    }
    return status;
}
