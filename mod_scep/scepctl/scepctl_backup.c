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
#include "scepctl_options.h"
#include "scepctl_owner.h"

enum { LONGEST = 200 };

typedef struct wish_t {
    scepctl_given_t given;
    const char *conf_dir;
    bool with_keys;
} wish_t;

#define AT(member) offsetof(wish_t, member)

static const scepctl_option_t options[] = {
    {"with-keys", NULL, SCEPCTL_FLAG, AT(with_keys),
     .help = "the private keys of CA and RA, too"},
    {"state-dir", "DIR", SCEPCTL_TEXT, AT(given.server.state_dir),
     .help = "ScepStateDir (/var/lib/mod_scep)"},
    {"conf-dir", "DIR", SCEPCTL_TEXT, AT(conf_dir),
     .help = "where certificates and keys are (/etc/mod_scep)"},
    {"database", "DB", SCEPCTL_TEXT, AT(given.server.database),
     .help = "another database than httpd uses: a path, or pgsql:PARAMETERS, "
             "which pg_dump saves"},
    {"ignore-httpd", NULL, SCEPCTL_FLAG, AT(given.server.ignore_httpd),
     .help = "do not look at what httpd uses, but save scep.db"},
    {.name = NULL}};

typedef struct backup_t {
    scepctl_t *ctl;
    const char *dir, *conf_dir;
    bool with_keys;
    scepctl_server_t server;     /* its state directory is set */
    apr_array_header_t *items;   /* scepctl_item_t */
    apr_array_header_t *sources; /* const char *: from where they are */
    bool pgsql;
    bool lacks; /* state of httpd's that lies elsewhere */
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
    APR_ARRAY_PUSH(b->sources, const char *) = from;
    return scepctl_file_copy(b->ctl, from, join(b, b->dir, name), 0600,
                             (uid_t)-1, (gid_t)-1, &item->digest);
}

static bool is_among(const apr_array_header_t *paths, const char *path)
{
    int i;

    for (i = 0; i < paths->nelts; i++) {
        if (scepctl_same_file(APR_ARRAY_IDX(paths, i, const char *), path)) {
            return true;
        }
    }
    return false;
}

/* "state/NAME" for a file of the state directory itself, else NULL. */
static const char *name_in_state(const backup_t *b, const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL && strstr(slash, "..") == NULL &&
                   strchr(slash, '\n') == NULL &&
                   scepctl_same_file(apr_pstrmemdup(b->ctl->pool, path,
                                                    (apr_size_t)(slash - path)),
                                     b->server.state_dir)
               ? apr_pstrcat(b->ctl->pool, "state", slash, NULL)
               : NULL;
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

static scepctl_exit_e no_database(const backup_t *b, const char *path)
{
    return scepctl_error(b->ctl,
                         SCEPLOGNO(0517) "there is no database %s: name it by "
                                         "--state-dir or --database (as "
                                         "ScepDatabase does)",
                         path);
}

static scepctl_exit_e add_database(const backup_t *b, const char *from,
                                   const char *name)
{
    const char *to = join(b, b->dir, name);
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
    APR_ARRAY_PUSH(b->sources, const char *) = from;
    return scepctl_file_digest(b->ctl, to, &item->digest);
}

/* What --database says, in the words of ScepDatabase. */
static scepctl_exit_e add_given(backup_t *b)
{
    scepctl_server_t server = b->server;
    scep_store_config_t config = {.connections = 1};
    scepctl_exit_e status = scepctl_server_words(b->ctl, &server, &config);
    const char *name;

    if (status != SCEPCTL_OK || scep_store_driver_shared(config.driver)) {
        b->pgsql = status == SCEPCTL_OK;
        return status;
    }
    name = name_in_state(b, config.params);
    return add_database(b, config.params,
                        name != NULL ? name : "state/" SCEP_STATE_DATABASE);
}

/* Those that httpd uses, each once; what is not in the state directory is left
 * to tell_rest(). */
static scepctl_exit_e add_used(backup_t *b, const apr_array_header_t *cas)
{
    scepctl_exit_e status = SCEPCTL_OK;
    int i;

    for (i = 0; i < cas->nelts && status == SCEPCTL_OK; i++) {
        const scep_in_use_ca_t *ca = &APR_ARRAY_IDX(cas, i, scep_in_use_ca_t);
        const char *name;

        if (scep_store_driver_shared(ca->driver)) {
            b->pgsql = true;
        }
        else if (!is_among(b->sources, ca->params) &&
                 (name = name_in_state(b, ca->params)) != NULL) {
            status = add_database(b, ca->params, name);
        }
    }
    return status;
}

static scepctl_exit_e add_databases(backup_t *b)
{
    const scep_in_use_t *in_use = b->server.in_use;

    return b->server.database != NULL ? add_given(b)
           : in_use != NULL && in_use->cas->nelts > 0
               ? add_used(b, in_use->cas)
               : add_database(b,
                              join(b, b->server.state_dir, SCEP_STATE_DATABASE),
                              "state/" SCEP_STATE_DATABASE);
}

/* ---- the master passwords ---- */

static scepctl_exit_e add_masters(const backup_t *b)
{
    const scep_in_use_t *in_use = b->server.in_use;
    scepctl_exit_e status = add_files(b, b->server.state_dir, "state", ".cms");
    int i;

    for (i = 0;
         in_use != NULL && i < in_use->cas->nelts && status == SCEPCTL_OK;
         i++) {
        const char *path =
            APR_ARRAY_IDX(in_use->cas, i, scep_in_use_ca_t).master_file;
        const char *name = path != NULL ? name_in_state(b, path) : NULL;

        if (name != NULL && !is_among(b->sources, path) &&
            access(path, F_OK) == 0) {
            status = add_file(b, path, name);
        }
    }
    return status;
}

/* ---- in order ---- */

static scepctl_exit_e make_dirs(const backup_t *b, bool with_ras)
{
    const char *const names[] = {"", "/state", "/conf", "/conf/ra.d"};
    scepctl_t *ctl = b->ctl;
    size_t i;

    if (!scepctl_is_empty(b->dir)) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0519) "%s is not empty, and nothing is "
                                             "overwritten: name a directory "
                                             "that does not exist yet",
                             b->dir);
    }
    for (i = 0; i < (with_ras ? 4 : 3); i++) {
        if (scep_dir_make(apr_pstrcat(ctl->pool, b->dir, names[i], NULL), 0700,
                          (uid_t)-1, (gid_t)-1, ctl->pool,
                          &ctl->res) != SCEP_OK) {
            return scepctl_fail(ctl);
        }
    }
    return SCEPCTL_OK;
}

static scepctl_exit_e add_conf(const backup_t *b, const char *end,
                               const char *ras)
{
    scepctl_exit_e status = add_files(b, b->conf_dir, "conf", end);

    return status == SCEPCTL_OK ? add_files(b, ras, "conf/ra.d", end) : status;
}

static scepctl_exit_e save(backup_t *b)
{
    const char *state = b->server.state_dir;
    const char *ras = join(b, b->conf_dir, "ra.d");
    scepctl_exit_e status = make_dirs(b, access(ras, F_OK) == 0);

    if (status == SCEPCTL_OK) {
        status = add_databases(b);
    }
    if (status == SCEPCTL_OK) {
        status = add_file(b, join(b, state, SCEP_STATE_KEY),
                          "state/" SCEP_STATE_KEY);
    }
    if (status == SCEPCTL_OK) {
        status = add_masters(b);
    }
    if (status == SCEPCTL_OK) {
        status = add_conf(b, ".crt", ras);
    }
    if (status == SCEPCTL_OK && b->with_keys) {
        status = add_conf(b, ".key", ras);
    }
    return status == SCEPCTL_OK
               ? scepctl_manifest_write(
                     b->ctl, b->dir, b->pgsql ? "pgsql" : "sqlite3", b->items)
               : status;
}

/* ---- what httpd uses beyond that ---- */

static void tell_file(const backup_t *b, const char *path, bool database)
{
    if (path == NULL || *path != '/' || access(path, F_OK) != 0 ||
        is_among(b->sources, path)) {
        return;
    }
    APR_ARRAY_PUSH(b->sources, const char *) = path; /* told once */
    fprintf(b->ctl->err,
            "scepctl: " SCEPLOGNO(0610) "not saved: %s, which httpd uses; "
                                        "copy it yourself%s\n",
            scep_printable(b->ctl->pool, path, LONGEST),
            database ? ", with SQLite's .backup, not with cp" : "");
}

/* A backup without it is none: say so to who looks at nothing else, too. */
static void tell_state(backup_t *b, const char *path, bool database)
{
    int before = b->sources->nelts;

    tell_file(b, path, database);
    b->lacks = b->lacks || b->sources->nelts > before;
}

static void tell_pair(const backup_t *b, const char *cert, const char *key)
{
    tell_file(b, cert, false);
    tell_file(b, b->with_keys ? key : NULL, false);
}

static void tell_ca(backup_t *b, const scep_in_use_ca_t *ca)
{
    int i;

    if (b->server.database == NULL && !scep_store_driver_shared(ca->driver)) {
        tell_state(b, ca->params, true);
    }
    tell_state(b, ca->master_file, false);
    tell_pair(b, ca->cert, ca->key);
    tell_pair(b, ca->next_cert, ca->next_key);
    for (i = 0; i < ca->pairs->nelts; i++) {
        const scep_in_use_pair_t *pair =
            &APR_ARRAY_IDX(ca->pairs, i, scep_in_use_pair_t);

        tell_pair(b, pair->cert, pair->key);
    }
}

static void tell_rest(backup_t *b)
{
    const scep_in_use_t *in_use = b->server.in_use;
    int i;

    for (i = 0; in_use != NULL && i < in_use->cas->nelts; i++) {
        tell_ca(b, &APR_ARRAY_IDX(in_use->cas, i, scep_in_use_ca_t));
    }
    for (i = 0; in_use != NULL && i < in_use->state_dirs->nelts; i++) {
        const char *dir = APR_ARRAY_IDX(in_use->state_dirs, i, const char *);

        if (!scepctl_same_file(dir, b->server.state_dir)) {
            fprintf(b->ctl->err,
                    "scepctl: " SCEPLOGNO(0611) "not saved: %s, which httpd "
                                                "uses, too; save it in a "
                                                "directory of its own, with "
                                                "--state-dir\n",
                    scep_printable(b->ctl->pool, dir, LONGEST));
        }
    }
}

static void tell(const backup_t *b)
{
    FILE *out = b->ctl->out;
    int i;

    for (i = 0; i < b->items->nelts; i++) {
        fprintf(out, "%s\n", APR_ARRAY_IDX(b->items, i, scepctl_item_t).name);
    }
    if (b->pgsql) {
        fputs("The database is PostgreSQL: save it with pg_dump.\n", out);
    }
    if (!b->with_keys) {
        fputs("Without the private keys of CA and RA: keep them elsewhere, or "
              "give --with-keys.\n",
              out);
    }
}

static scepctl_exit_e run(scepctl_t *ctl, void *baton)
{
    const wish_t *wish = baton;
    backup_t b = {.ctl = ctl,
                  .dir = wish->given.word,
                  .conf_dir = wish->conf_dir != NULL ? wish->conf_dir
                                                     : SCEPCTL_CONF_DIR,
                  .with_keys = wish->with_keys,
                  .server = wish->given.server,
                  .items = apr_array_make(ctl->pool, 8, sizeof(scepctl_item_t)),
                  .sources = apr_array_make(ctl->pool, 8, sizeof(char *))};
    scepctl_exit_e status;

    b.server.state_dir = scepctl_server_dir(&b.server);
    status = scepctl_server_read(ctl, &b.server);
    if (status == SCEPCTL_OK) {
        status = save(&b);
    }
    if (status == SCEPCTL_OK) {
        tell(&b);
        tell_rest(&b);
    }
    return status == SCEPCTL_OK && b.lacks ? SCEPCTL_FAILED : status;
}

const scepctl_command_t scepctl_backup = {
    .name = "backup",
    .summary = "save the state of a server",
    .about = "Saves the state of a server in DIR, which must be empty or not "
             "be there: the database, the key of the passwords, the master "
             "password, and the certificates of CA and RA. httpd may run.",
    .word = "DIR",
    .word_is = "the directory of the backup",
    .options = options,
    .size = sizeof(wish_t),
    .run = run};
