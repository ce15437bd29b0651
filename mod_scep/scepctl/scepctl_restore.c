/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_restore.c: `scepctl restore': what `scepctl backup' has saved, into
 * an empty state directory. httpd does not start while the file
 * unfinished-restore is there. (scepctl)
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include "scep_file.h"
#include "scep_state_files.h"
#include "scepctl_copy.h"
#include "scepctl_options.h"
#include "scepctl_owner.h"

typedef struct wish_t {
    scepctl_given_t given;
    const char *conf_dir, *user, *group;
} wish_t;

#define AT(member) offsetof(wish_t, member)

static const scepctl_option_t options[] = {
    {"state-dir", "DIR", SCEPCTL_TEXT, AT(given.server.state_dir),
     .help = "ScepStateDir, which must be empty or not be there "
             "(/var/lib/mod_scep)"},
    {"conf-dir", "DIR", SCEPCTL_TEXT, AT(conf_dir),
     .help = "where certificates and keys go; those that are there stay "
             "(/etc/mod_scep)"},
    {"user", "USER", SCEPCTL_TEXT, AT(user),
     .help = "httpd's user, who gets the state: name or number"},
    {"group", "GROUP", SCEPCTL_TEXT, AT(group), .help = "httpd's group"},
    {.name = NULL}};

typedef struct restore_t {
    scepctl_t *ctl;
    const char *backup, *state_dir, *conf_dir;
    scepctl_owner_t owner;
    apr_array_header_t *items; /* scepctl_item_t */
    const char *mark;          /* the file unfinished-restore */
} restore_t;

static const char *base_of(const char *name)
{
    return strchr(name, '/') + 1;
}

static bool is_state(const scepctl_item_t *item)
{
    return strncmp(item->name, "state/", 6) == 0;
}

static const char *target_of(const restore_t *r, const scepctl_item_t *item)
{
    return apr_pstrcat(r->ctl->pool,
                       is_state(item) ? r->state_dir : r->conf_dir, "/",
                       base_of(item->name), NULL);
}

/* ---- before anything is written ---- */

/* Certificates and keys that are there stay; they must be the same. */
static scepctl_exit_e check_target(const restore_t *r,
                                   const scepctl_item_t *item)
{
    const char *path = target_of(r, item);
    const char *digest;
    struct stat st;

    if (is_state(item) || lstat(path, &st) != 0) {
        return SCEPCTL_OK;
    }
    if (scepctl_file_digest(r->ctl, path, &digest) != SCEPCTL_OK) {
        return SCEPCTL_FAILED;
    }
    return strcmp(digest, item->digest) == 0
               ? SCEPCTL_OK
               : scepctl_error(r->ctl,
                               SCEPLOGNO(0551) "%s is another one than in the "
                                               "backup, and nothing is "
                                               "overwritten: move it away, or "
                                               "name another --conf-dir",
                               path);
}

static scepctl_exit_e check_all(const restore_t *r)
{
    scepctl_exit_e status = SCEPCTL_OK;
    int i;

    if (!scepctl_is_empty(r->state_dir) && access(r->mark, F_OK) != 0) {
        return scepctl_error(r->ctl,
                             SCEPLOGNO(0552) "%s is not empty, and nothing is "
                                             "overwritten: stop httpd, move "
                                             "the directory away, and run "
                                             "this again, or name another "
                                             "--state-dir",
                             r->state_dir);
    }
    for (i = 0; i < r->items->nelts && status == SCEPCTL_OK; i++) {
        status = check_target(r, &APR_ARRAY_IDX(r->items, i, scepctl_item_t));
    }
    return status;
}

/* ---- written ---- */

static scepctl_exit_e put_text(const restore_t *r, const char *path,
                               const char *text, mode_t mode)
{
    const scep_octets_t data = {(const unsigned char *)text, strlen(text)};

    return scep_file_write(path, data, mode, (uid_t)-1, (gid_t)-1, 1,
                           r->ctl->pool, &r->ctl->res) == SCEP_OK
               ? SCEPCTL_OK
               : scepctl_fail(r->ctl);
}

static scepctl_exit_e make_dir(const restore_t *r, const char *path,
                               mode_t mode, bool give)
{
    return scep_dir_make(path, mode, give ? r->owner.uid : (uid_t)-1,
                         give ? r->owner.gid : (gid_t)-1, r->ctl->pool,
                         &r->ctl->res) == SCEP_OK
               ? SCEPCTL_OK
               : scepctl_fail(r->ctl);
}

/* The key of the passwords stays root's: httpd reads it before it becomes
 * another user. */
static scepctl_exit_e put_item(const restore_t *r, const scepctl_item_t *item)
{
    const char *path = target_of(r, item);
    const char *from =
        apr_pstrcat(r->ctl->pool, r->backup, "/", item->name, NULL);
    const char *name = base_of(item->name), *digest;
    bool give = is_state(item) && strcmp(name, SCEP_STATE_KEY) != 0;
    size_t len = strlen(name);
    bool open_to_all =
        !is_state(item) && len > 4 && strcmp(name + len - 4, ".crt") == 0;
    struct stat st;
    scepctl_exit_e status;

    if (!is_state(item) && lstat(path, &st) == 0) {
        return SCEPCTL_OK;
    }
    unlink(path); /* of a restore that was interrupted */
    status = scepctl_file_copy(r->ctl, from, path, open_to_all ? 0644 : 0600,
                               give ? r->owner.uid : (uid_t)-1,
                               give ? r->owner.gid : (gid_t)-1, &digest);
    return status == SCEPCTL_OK && strcmp(digest, item->digest) != 0
               ? scepctl_error(r->ctl,
                               SCEPLOGNO(0553) "%s changed while it was "
                                               "copied; run this again",
                               from)
               : status;
}

static scepctl_exit_e make_conf_dirs(const restore_t *r)
{
    const char *conf = r->conf_dir;
    scepctl_exit_e status = SCEPCTL_OK;
    bool files = false, ras = false;
    int i;

    for (i = 0; i < r->items->nelts; i++) {
        const scepctl_item_t *item =
            &APR_ARRAY_IDX(r->items, i, scepctl_item_t);

        files = files || !is_state(item);
        ras = ras || strncmp(item->name, "conf/ra.d/", 10) == 0;
    }
    if (files && access(conf, F_OK) != 0) {
        status = make_dir(r, conf, 0755, false);
    }
    conf = apr_pstrcat(r->ctl->pool, conf, "/ra.d", NULL);
    if (status == SCEPCTL_OK && ras && access(conf, F_OK) != 0) {
        status = make_dir(r, conf, 0700, false);
    }
    return status;
}

/* An empty state directory is one that is not mounted from now on. */
static scepctl_exit_e note_directory(const restore_t *r)
{
    char *dir = NULL;
    const char *path =
        apr_pstrcat(r->ctl->pool, r->conf_dir, "/" SCEP_STATE_DIRECTORY, NULL);

    if (access(r->conf_dir, F_OK) != 0) {
        return SCEPCTL_OK;
    }
    if (apr_filepath_merge(&dir, NULL, r->state_dir, 0, r->ctl->pool) !=
        APR_SUCCESS) {
        return scepctl_usage(r->ctl, "a directory's name makes no sense");
    }
    return put_text(r, path, apr_pstrcat(r->ctl->pool, dir, "\n", NULL), 0644);
}

static scepctl_exit_e put_all(const restore_t *r)
{
    scepctl_exit_e status = make_dir(r, r->state_dir, 0700, true);
    int i;

    if (status == SCEPCTL_OK) {
        status = put_text(r, r->mark,
                          "A restore was not finished: run it again.\n", 0600);
    }
    if (status == SCEPCTL_OK) {
        status = make_conf_dirs(r);
    }
    for (i = 0; i < r->items->nelts && status == SCEPCTL_OK; i++) {
        status = put_item(r, &APR_ARRAY_IDX(r->items, i, scepctl_item_t));
    }
    if (status == SCEPCTL_OK) {
        status = note_directory(r);
    }
    if (status == SCEPCTL_OK && unlink(r->mark) != 0) {
        status = scepctl_error(r->ctl, SCEPLOGNO(0554) "cannot remove %s: %s",
                               r->mark, strerror(errno));
    }
    return status;
}

static scepctl_exit_e run(scepctl_t *ctl, void *baton)
{
    const wish_t *wish = baton;
    restore_t r = {.ctl = ctl,
                   .backup = wish->given.word,
                   .state_dir = scepctl_server_dir(&wish->given.server),
                   .conf_dir = wish->conf_dir != NULL ? wish->conf_dir
                                                      : SCEPCTL_CONF_DIR};
    const char *driver;
    scepctl_exit_e status =
        scepctl_owner(ctl, wish->user, wish->group, &r.owner);

    r.mark =
        apr_pstrcat(ctl->pool, r.state_dir, "/" SCEP_STATE_UNFINISHED, NULL);
    if (status == SCEPCTL_OK) {
        status = scepctl_manifest_read(ctl, r.backup, &driver, &r.items);
    }
    if (status == SCEPCTL_OK) {
        status = check_all(&r);
    }
    if (status == SCEPCTL_OK) {
        status = put_all(&r);
    }
    if (status == SCEPCTL_OK) {
        fprintf(ctl->out, "Restored into %s.\n", r.state_dir);
        if (strcmp(driver, "sqlite3") != 0) {
            fputs("The database is PostgreSQL: restore its dump with psql or "
                  "pg_restore.\n",
                  ctl->out);
        }
    }
    return status;
}

const scepctl_command_t scepctl_restore = {
    .name = "restore",
    .summary = "put a backup back",
    .about = "Puts back what `scepctl backup' saved in DIR. Stop httpd before.",
    .word = "DIR",
    .word_is = "the directory of the backup",
    .options = options,
    .size = sizeof(wish_t),
    .run = run};
