/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_store.c: which database a server has, and opening it. (scepctl)
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

#include "scep_state_files.h"

enum { LONGEST = 200 };

/* --- which ---------------------------------------------------------------- */

static void take_server_ca(const scep_in_use_ca_t *ca,
                           scep_store_config_t *config)
{
    config->driver = ca->driver;
    config->params = ca->params;
}

/* Several CAs may share it, and then none need be chosen. */
static scepctl_exit_e used_by_httpd(scepctl_t *ctl,
                                    const scepctl_server_t *server,
                                    scep_store_config_t *config, bool *password)
{
    const apr_array_header_t *cas = server->in_use->cas;
    const scep_in_use_ca_t *ca = NULL;
    scepctl_exit_e status = SCEPCTL_OK;
    int i;

    for (i = 1; i < cas->nelts && server->ca_name == NULL; i++) {
        const scep_in_use_ca_t *one = &APR_ARRAY_IDX(cas, 0, scep_in_use_ca_t);
        const scep_in_use_ca_t *other =
            &APR_ARRAY_IDX(cas, i, scep_in_use_ca_t);

        if (strcmp(one->driver, other->driver) != 0 ||
            strcmp(one->params, other->params) != 0) {
            return scepctl_server_ca(ctl, server, false, &ca);
        }
    }
    if (server->ca_name != NULL) {
        status = scepctl_server_ca(ctl, server, false, &ca);
    }
    else if (cas->nelts > 0) {
        ca = &APR_ARRAY_IDX(cas, 0, scep_in_use_ca_t);
    }
    if (ca != NULL) {
        take_server_ca(ca, config);
        *password = ca->password;
    }
    return status;
}

/* It is httpd's if any CA has it. */
static scepctl_exit_e check_same(scepctl_t *ctl, const scepctl_server_t *server,
                                 const scep_store_config_t *config)
{
    const apr_array_header_t *cas = server->in_use->cas;
    scep_store_config_t used = {.connections = 1};
    int i;

    for (i = 0; i < cas->nelts; i++) {
        take_server_ca(&APR_ARRAY_IDX(cas, i, scep_in_use_ca_t), &used);
        if (scep_store_config_same(config, &used, ctl->pool)) {
            return SCEPCTL_OK;
        }
    }
    return scepctl_error(
        ctl,
        SCEPLOGNO(0564) "httpd does not use this database but %s: leave "
                        "--database out, or name by --state-dir the server "
                        "that uses it; --ignore-httpd writes all the same",
        cas->nelts > 0
            ? scep_printable(ctl->pool,
                             scep_store_config_name(&used, ctl->pool), LONGEST)
            : "none");
}

scepctl_exit_e scepctl_server_database(scepctl_t *ctl, scepctl_server_t *server,
                                       scep_store_config_t *config)
{
    scepctl_exit_e status = SCEPCTL_OK;
    bool password = false;

    *config = (scep_store_config_t){
        .driver = "sqlite3", .params = "", .connections = 1};
    if (server->database != NULL) {
        status = scepctl_server_words(ctl, server, config);
        if (status != SCEPCTL_OK) {
            return status;
        }
        if (server->writes) {
            status = scepctl_server_read(ctl, server);
        }
        return status == SCEPCTL_OK && server->writes &&
                       scepctl_server_binding(server)
                   ? check_same(ctl, server, config)
                   : status;
    }
    config->params = apr_pstrcat(ctl->pool, scepctl_server_dir(server),
                                 "/" SCEP_STATE_DATABASE, NULL);
    status = scepctl_server_read(ctl, server);
    if (status == SCEPCTL_OK && server->in_use != NULL) {
        status = used_by_httpd(ctl, server, config, &password);
    }
    if (status == SCEPCTL_OK && password) {
        fprintf(ctl->err,
                "scepctl: " SCEPLOGNO(0580) "note: the configuration names a "
                                            "password for the database, which "
                                            "httpd does not pass on: if it is "
                                            "needed, set PGPASSWORD or "
                                            "PGPASSFILE, or name passfile= "
                                            "with --database\n");
    }
    return status;
}

/* --- open ----------------------------------------------------------------- */

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

/* Anybody can set a variable; sudo does it for root. */
static const char *who_runs_this(apr_pool_t *pool)
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
    ctl->actor = who_runs_this(ctl->pool);
    if (!scep_store_driver_shared(config.driver)) {
        status = become_owner(ctl, config.params);
    }
    if (status == SCEPCTL_OK && scep_store_open(&config, &env, ctl->pool, store,
                                                &ctl->res) != SCEP_OK) {
        return scepctl_fail(ctl);
    }
    return status;
}
