/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_master.c: show, rotate, set and rekey the master password. Passwords
 * come from standard input and go to standard output, and pass no buffer that
 * is not wiped. (scepctl)
 */
#include "scepctl_master.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include <openssl/evp.h>

#include "scep_master_document.h"
#include "scep_password.h"
#include "scep_span.h"
#include "scep_store_document.h"
#include "scepctl_pairs.h"
#include "scepctl_store.h"

/* NDES's single password has 32 hex digits (Windows Server 2008 R2). */
enum { DEFAULT_LENGTH = 16 };

#define AT(member) offsetof(scepctl_master_wish_t, member)

static const scepctl_option_t options[] = {
    {"file", "FILE", SCEPCTL_TEXT, AT(file),
     .help = "its file (that of httpd's CA, or master-password.cms in the "
             "state directory)"},
    SCEPCTL_SERVER_OPTIONS,
    {"database", "DB", SCEPCTL_TEXT, AT(given.server.database),
     .help = "where servers share a database and keep it there, under the "
             "file's name: 'pgsql \"host=...\"'"},
    {"ra-cert", "FILE", SCEPCTL_LIST, AT(certs),
     .help = "the RA's certificate for encryption; repeatable, the newest "
             "first (those that httpd uses)"},
    {"ra-key", "FILE", SCEPCTL_LIST, AT(keys),
     .help = "its key; as many as there are --ra-cert"},
    {"conf-dir", "DIR", SCEPCTL_TEXT, AT(conf_dir),
     .help = "where the RA pair lies before httpd was started "
             "(/etc/mod_scep)"},
    {"dir", "DIR", SCEPCTL_TEXT, AT(dir),
     .help = "that and the state directory, as `scepctl init --dir' makes "
             "them"},
    {"to", "FILE", SCEPCTL_TEXT, AT(to),
     .help = "the certificate to encrypt to",
     .actions = SCEPCTL_FOR(SCEPCTL_MASTER_REKEY)},
    {"length", "BYTES", SCEPCTL_NUMBER, AT(length),
     .help = "random octets (16), two hex digits each",
     .actions = SCEPCTL_FOR(SCEPCTL_MASTER_ROTATE),
     .min = SCEP_PASSWORD_MIN_LENGTH, .max = SCEP_PASSWORD_MAX_LENGTH},
    {"overlap", "TIME", SCEPCTL_SPAN, AT(overlap),
     .help = "how long the old one stays good (not at all), as in 90s, 30m, "
             "12h or 7d",
     .actions =
         SCEPCTL_FOR(SCEPCTL_MASTER_ROTATE) | SCEPCTL_FOR(SCEPCTL_MASTER_SET)},
    {.name = NULL}};

/* The file or document as it is found. */
typedef struct target_t {
    bool exists;
    scep_store_t *store; /* NULL: it is a file */
    apr_int64_t version; /* of the document */
    uid_t dir_owner;     /* the server's user */
    uid_t uid;           /* whose it will be */
    gid_t gid;
} target_t;

static const char *directory_of(const char *path, apr_pool_t *pool)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL) {
        return ".";
    }
    return slash == path ? "/"
                         : apr_pstrmemdup(pool, path, (size_t)(slash - path));
}

static scepctl_exit_e
look_in_database(scepctl_t *ctl, scepctl_master_wish_t *wish, target_t *target)
{
    scep_document_t *document;
    scep_status_e status;

    if (scepctl_store_open(ctl, &wish->given.server, &target->store) !=
        SCEPCTL_OK) {
        return SCEPCTL_FAILED;
    }
    status = scep_store_document_find(target->store,
                                      scep_master_document_name(wish->file),
                                      ctl->pool, &document, &ctl->res);
    target->exists = status == SCEP_OK;
    target->version = target->exists ? document->version : 0;
    return status == SCEP_OK || status == SCEP_NOT_FOUND ? SCEPCTL_OK
                                                         : scepctl_fail(ctl);
}

/* A new file goes to the directory's owner, since the server's children must
 * be able to read it. */
static scepctl_exit_e look(scepctl_t *ctl, const char *path, target_t *target)
{
    const char *dir = directory_of(path, ctl->pool);
    struct stat st;

    if (stat(dir, &st) != 0) {
        return scepctl_error(ctl, SCEPLOGNO(0530) "cannot look at %s: %s", dir,
                             strerror(errno));
    }
    target->dir_owner = target->uid = st.st_uid;
    target->gid = st.st_gid;
    target->exists = lstat(path, &st) == 0;
    if (!target->exists && errno != ENOENT) {
        return scepctl_error(ctl, SCEPLOGNO(0531) "cannot look at %s: %s", path,
                             strerror(errno));
    }
    if (target->exists) {
        target->uid = st.st_uid;
        target->gid = st.st_gid;
        if (!S_ISREG(st.st_mode)) {
            return scepctl_error(ctl,
                                 SCEPLOGNO(0532) "%s is not a regular file: "
                                                 "name the file itself by "
                                                 "--file",
                                 path);
        }
    }
    return SCEPCTL_OK;
}

static scepctl_exit_e save_in_database(scepctl_t *ctl,
                                       const scepctl_master_wish_t *wish,
                                       const target_t *target, X509 *recipient,
                                       const scep_master_t *master)
{
    bool stored;

    if (scep_master_document_write(target->store, wish->file, target->version,
                                   recipient, master, apr_time_now(), ctl->pool,
                                   &stored, &ctl->res) != SCEP_OK) {
        return scepctl_fail(ctl);
    }
    return stored ? SCEPCTL_OK
                  : scepctl_error(ctl, SCEPLOGNO(0550) "somebody else has "
                                                       "changed it at this "
                                                       "moment: look, and try "
                                                       "again");
}

static scepctl_exit_e save(scepctl_t *ctl, const scepctl_master_wish_t *wish,
                           const target_t *target, X509 *recipient,
                           const scep_master_t *master)
{
    uid_t uid = target->uid;
    gid_t gid = target->gid;

    if (target->store != NULL) {
        return save_in_database(ctl, wish, target, recipient, master);
    }
    if (geteuid() != 0) {
        if (uid != geteuid()) {
            return scepctl_error(ctl,
                                 SCEPLOGNO(0533) "%s has to belong to uid %lu: "
                                                 "run this as root",
                                 wish->file, (unsigned long)uid);
        }
        uid = (uid_t)-1;
        gid = (gid_t)-1;
    }
    if (scep_master_write(wish->file, recipient, master, uid, gid,
                          target->exists, ctl->pool, &ctl->res) != SCEP_OK) {
        return scepctl_fail(ctl);
    }
    return SCEPCTL_OK;
}

static scep_status_e load_from_database(scepctl_t *ctl,
                                        const scepctl_master_wish_t *wish,
                                        const target_t *target,
                                        const apr_array_header_t *pairs,
                                        scep_master_t **master)
{
    scep_master_found_t found;
    scep_status_e status = scep_master_document_read(
        target->store, wish->file, pairs, ctl->pool, &found, &ctl->res);

    *master = found.master;
    return status == SCEP_NOT_FOUND
               ? scep_fail(&ctl->res, SCEP_R_SETUP,
                           "there is no document %s in database %s: make it "
                           "with `scepctl master rotate' or `scepctl master "
                           "set'",
                           scep_master_document_name(wish->file),
                           scep_store_name(target->store))
               : status;
}

static scepctl_exit_e load(scepctl_t *ctl, const scepctl_master_wish_t *wish,
                           const target_t *target, scep_master_t **master)
{
    apr_array_header_t *pairs =
        apr_array_make(ctl->pool, 2, sizeof(scep_keypair_t *));
    scepctl_exit_e status =
        scepctl_pairs_load(ctl, wish->certs, wish->keys, NULL, pairs);

    if (status != SCEPCTL_OK) {
        return status;
    }
    return (target->store != NULL
                ? load_from_database(ctl, wish, target, pairs, master)
                : scep_master_read(wish->file, pairs, target->dir_owner,
                                   ctl->pool, master, &ctl->res)) == SCEP_OK
               ? SCEPCTL_OK
               : scepctl_fail(ctl);
}

/* Not through stdio, whose buffer would keep it. */
static scepctl_exit_e print_password(scepctl_t *ctl, const char *password)
{
    size_t len = strlen(password) + 1, done = 0;
    char *line = scep_secret_alloc(ctl->pool, len + 1);

    apr_snprintf(line, len + 1, "%s\n", password);
    while (done < len) {
        ssize_t n = write(STDOUT_FILENO, line + done, len - done);

        if (n < 0 && errno != EINTR) {
            return scepctl_error(ctl,
                                 SCEPLOGNO(0534) "cannot write the password: "
                                                 "%s",
                                 strerror(errno));
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return SCEPCTL_OK;
}

static void tell_previous(scepctl_t *ctl, const scep_master_t *master)
{
    if (master->previous != NULL && master->previous_until > apr_time_now()) {
        fprintf(ctl->err, "scepctl: the previous password is good until %s\n",
                scep_time_text(ctl->pool, SCEP_TIME_READABLE,
                               master->previous_until));
    }
}

static scepctl_exit_e show(scepctl_t *ctl, const scepctl_master_wish_t *wish,
                           const target_t *target)
{
    scep_master_t *master;
    scepctl_exit_e status = load(ctl, wish, target, &master);

    if (status == SCEPCTL_OK) {
        status = print_password(ctl, master->password);
        tell_previous(ctl, master);
    }
    return status;
}

/* Without an overlap, the old file is not even read: this is the cure when it
 * cannot be. */
static scepctl_exit_e change(scepctl_t *ctl, const scepctl_master_wish_t *wish,
                             const target_t *target, const char *password)
{
    scep_master_t master = {.password = password}, *old;
    scepctl_exit_e status;
    X509 *recipient;

    status = scepctl_cert_load(ctl, APR_ARRAY_IDX(wish->certs, 0, const char *),
                               NULL, &recipient);
    if (status == SCEPCTL_OK) {
        status = scepctl_master_check_recipient(ctl, wish, recipient);
    }
    if (status != SCEPCTL_OK) {
        return status;
    }
    if (wish->overlap > 0 && target->exists) {
        status = load(ctl, wish, target, &old);
        if (status != SCEPCTL_OK) {
            return status;
        }
        master.previous = old->password;
        master.previous_until = apr_time_now() + wish->overlap;
    }
    status = save(ctl, wish, target, recipient, &master);
    if (status == SCEPCTL_OK) {
        if (!target->exists) {
            fprintf(ctl->err, "scepctl: there was no %s: it has been made\n",
                    wish->file);
        }
        tell_previous(ctl, &master);
    }
    return status;
}

static scepctl_exit_e rotate(scepctl_t *ctl, const scepctl_master_wish_t *wish,
                             const target_t *target)
{
    const char *password = scep_password_new(
        ctl->pool, wish->length > 0 ? (size_t)wish->length : DEFAULT_LENGTH);
    scepctl_exit_e status;

    if (password == NULL) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0535) "no random octets are to be had");
    }
    status = change(ctl, wish, target, password);
    return status == SCEPCTL_OK ? print_password(ctl, password) : status;
}

/* One line; its end may be missing, and may be that of another system. */
static scepctl_exit_e read_password(scepctl_t *ctl, char **password)
{
    const size_t size = SCEP_MASTER_MAX_LENGTH + 4;
    char *text = scep_secret_alloc(ctl->pool, size);
    size_t len = 0;
    ssize_t n = 1;

    if (isatty(STDIN_FILENO)) {
        if (EVP_read_pw_string_min(text, 0, SCEP_MASTER_MAX_LENGTH + 1,
                                   "New master password: ", 1) != 0) {
            scep_crypto_clear_errors();
            return scepctl_error(ctl,
                                 SCEPLOGNO(0536) "no password was read, or "
                                                 "two that differ");
        }
        len = strlen(text);
        n = 0;
    }
    while (n > 0 && len < size - 1) {
        n = read(STDIN_FILENO, text + len, size - 1 - len);
        if (n < 0 && errno != EINTR) {
            return scepctl_error(ctl,
                                 SCEPLOGNO(0537) "cannot read standard input: "
                                                 "%s",
                                 strerror(errno));
        }
        len += n > 0 ? (size_t)n : 0;
        n = n < 0 ? 1 : n;
    }
    if (len > 0 && text[len - 1] == '\n') {
        text[--len] = '\0';
        if (len > 0 && text[len - 1] == '\r') {
            text[--len] = '\0';
        }
    }
    if (strlen(text) != len || !scep_master_valid(text)) {
        return scepctl_error(ctl,
                             SCEPLOGNO(0538) "standard input is no master "
                                             "password: one line of 8 to %d "
                                             "characters of printable ASCII "
                                             "without blanks",
                             SCEP_MASTER_MAX_LENGTH);
    }
    *password = text;
    return SCEPCTL_OK;
}

static scepctl_exit_e set(scepctl_t *ctl, const scepctl_master_wish_t *wish,
                          const target_t *target)
{
    char *password = NULL;
    scepctl_exit_e status = read_password(ctl, &password);

    return status == SCEPCTL_OK ? change(ctl, wish, target, password) : status;
}

static scepctl_exit_e rekey(scepctl_t *ctl, const scepctl_master_wish_t *wish,
                            const target_t *target)
{
    scep_master_t *master;
    X509 *recipient;
    scepctl_exit_e status = scepctl_cert_load(ctl, wish->to, NULL, &recipient);

    if (status == SCEPCTL_OK) {
        status = scepctl_master_check_recipient(ctl, wish, recipient);
    }
    if (status == SCEPCTL_OK) {
        status = load(ctl, wish, target, &master);
    }
    return status == SCEPCTL_OK ? save(ctl, wish, target, recipient, master)
                                : status;
}

/* The old password has to be read for some of them. */
static scepctl_exit_e check_pairs(scepctl_t *ctl,
                                  const scepctl_master_wish_t *wish)
{
    bool needs_key = wish->overlap > 0 ||
                     wish->given.action == SCEPCTL_MASTER_SHOW ||
                     wish->given.action == SCEPCTL_MASTER_REKEY;

    return wish->certs->nelts != wish->keys->nelts &&
                   (wish->keys->nelts != 0 || needs_key)
               ? scepctl_usage(ctl, "give as many --ra-key as --ra-cert")
               : SCEPCTL_OK;
}

static scepctl_exit_e run(scepctl_t *ctl, void *baton)
{
    scepctl_master_wish_t *wish = baton;
    target_t target = {.store = NULL};
    scepctl_exit_e status;

    if (wish->to == NULL && wish->given.action == SCEPCTL_MASTER_REKEY) {
        return scepctl_usage(ctl, "rekey needs --to, the certificate to "
                                  "encrypt to");
    }
    status = scepctl_master_choose(ctl, wish);
    if (status == SCEPCTL_OK) {
        status = check_pairs(ctl, wish);
    }
    if (status == SCEPCTL_OK) {
        status = wish->in_database ? look_in_database(ctl, wish, &target)
                                   : look(ctl, wish->file, &target);
    }
    if (status != SCEPCTL_OK) {
        return status;
    }
    switch ((scepctl_master_action_e)wish->given.action) {
    case SCEPCTL_MASTER_SHOW:
        return show(ctl, wish, &target);
    case SCEPCTL_MASTER_ROTATE:
        return rotate(ctl, wish, &target);
    case SCEPCTL_MASTER_SET:
        return set(ctl, wish, &target);
    case SCEPCTL_MASTER_REKEY:
        break;
    }
    return rekey(ctl, wish, &target);
}

const scepctl_command_t scepctl_master = {
    .name = "master",
    .summary = "show, set or change the master password",
    .about = "show prints the master password; rotate makes a new random one, "
             "and prints it; set reads a new one from standard input; rekey "
             "encrypts it to another RA certificate.",
    .actions = {"show", "rotate", "set", "rekey"},
    .no_more = "a password is read from standard input",
    .options = options,
    .size = sizeof(scepctl_master_wish_t),
    .run = run};
