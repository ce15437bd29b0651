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

scepctl_exit_e scepctl_store_open(scepctl_t *ctl, scepctl_server_t *server,
                                  scep_store_t **store)
{
    const scep_env_t env = {.log = NULL};
    scep_store_config_t config;
    scepctl_exit_e status = scepctl_server_database(ctl, server, &config);

    if (status != SCEPCTL_OK) {
        return status;
    }
    if (scep_store_check(&config, ctl->pool, &ctl->res) != SCEP_OK) {
        return scepctl_fail(ctl);
    }
    if (!scep_store_driver_shared(config.driver)) {
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
