/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_store.c: open the database of a server. (scepctl)
 *
 * Root gives up its rights for those of the owner of a database file before it
 * opens the file: nothing that SQLite makes beside it can lock the server's
 * user out, and what lies there cannot make root work on other files.
 */
#include "scepctl_store.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#define PGSQL "pgsql:"

static scepctl_exit_e become_owner(scepctl_t *ctl, const char *path)
{
    struct stat st;

    if (lstat(path, &st) != 0) {
        return scepctl_error(ctl, SCEPLOGNO(0540) "cannot look at %s: %s", path,
                             strerror(errno));
    }
    if (!S_ISREG(st.st_mode)) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0541) "%s is not a regular file: name "
                                             "the file itself by --database",
                             path);
    }
    if (geteuid() == 0 && st.st_uid != 0 &&
        (setgroups(1, &st.st_gid) != 0 || setgid(st.st_gid) != 0 ||
         setuid(st.st_uid) != 0)) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0542) "cannot become the owner of %s, "
                                             "uid %lu: %s",
                             path, (unsigned long)st.st_uid, strerror(errno));
    }
    return SCEPCTL_OK;
}

scepctl_exit_e scepctl_store_open(scepctl_t *ctl, const char *state_dir,
                                  const char *database, scep_store_t **store)
{
    const scep_env_t env = {.log = NULL};
    scep_store_config_t config = {
        .driver = "sqlite3", .params = database, .connections = 1};
    scepctl_exit_e status = SCEPCTL_OK;

    if (database != NULL && strncmp(database, PGSQL, strlen(PGSQL)) == 0) {
        config.driver = "pgsql";
        config.params = database + strlen(PGSQL);
        if (scep_store_check(&config, ctl->pool, &ctl->res) != SCEP_OK) {
            return scepctl_fail(ctl);
        }
    }
    else {
        if (database == NULL) {
            config.params = apr_pstrcat(
                ctl->pool, state_dir != NULL ? state_dir : "/var/lib/mod_scep",
                "/scep.db", NULL);
        }
        status = become_owner(ctl, config.params);
    }
    if (status == SCEPCTL_OK && scep_store_open(&config, &env, ctl->pool, store,
                                                &ctl->res) != SCEP_OK) {
        return scepctl_fail(ctl);
    }
    return status;
}

/* Anybody can set a variable; sudo does it for root. */
const char *scepctl_actor(apr_pool_t *pool)
{
    uid_t uid = getuid();
    const char *sudo = getenv("SUDO_USER");
    const struct passwd *entry = getpwuid(uid);

    if (uid == 0 && sudo != NULL && *sudo != '\0') {
        return apr_pstrdup(pool, sudo);
    }
    return entry != NULL ? apr_pstrdup(pool, entry->pw_name)
                         : apr_psprintf(pool, "uid %lu", (unsigned long)uid);
}
