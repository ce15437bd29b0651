/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_init.c: the options of `scepctl init`, its order, and the directives
 * that it prints. (scepctl)
 */
#include "scepctl_init.h"

#include <stdlib.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>

enum {
    MIN_RSA_BITS = 2048,
    CA_RSA_BITS = 3072, /* signs for ten years */
    RA_RSA_BITS = 2048, /* every request costs a private operation */
    CA_DAYS = 3650,
    MAX_DAYS = 36500
};

#define AT(member) offsetof(scepctl_wish_t, member)

static const scepctl_option_t options[] = {
    {"dir", "DIR", SCEPCTL_TEXT, AT(dir),
     .help = "everything below DIR: keys and certificates in it, state in "
             "DIR/state"},
    {"conf-dir", "DIR", SCEPCTL_TEXT, AT(conf_dir),
     .help = "keys and certificates (/etc/mod_scep)"},
    {"state-dir", "DIR", SCEPCTL_TEXT, AT(state_dir),
     .help = "ScepStateDir (/var/lib/mod_scep)"},
    {"user", "USER", SCEPCTL_TEXT, AT(user),
     .help = "httpd's user, who gets the state directory"},
    {"group", "GROUP", SCEPCTL_TEXT, AT(group), .help = "httpd's group"},
    {"subject", "DN", SCEPCTL_TEXT, AT(subject),
     .help = "the CA's name, like \"CN=Example CA,O=Example\""},
    {"with-root", NULL, SCEPCTL_FLAG, AT(with_root),
     .help = "a root CA and an issuing CA below it"},
    {"root-subject", "DN", SCEPCTL_TEXT, AT(root_subject),
     .help = "the root CA's name"},
    {"split-ra", NULL, SCEPCTL_FLAG, AT(split_ra),
     .help = "one RA pair to sign and one to decrypt"},
    {"ra-subject", "DN", SCEPCTL_TEXT, AT(ra_subject), .help = "the RA's name"},
    {"key", "TYPE", SCEPCTL_TEXT, AT(key),
     .help = "the CA's key: rsa:BITS, ec:p256, ec:p384, ec:p521 (rsa:3072)"},
    {"ra-key", "TYPE", SCEPCTL_TEXT, AT(ra_key),
     .help = "the RA's key: rsa:BITS (rsa:2048)"},
    {"days", "N", SCEPCTL_NUMBER, AT(days),
     .help = "validity of the CA (3650); a root's is twice that", .min = 1,
     .max = MAX_DAYS},
    {"ra-days", "N", SCEPCTL_NUMBER, AT(ra_days),
     .help = "validity of the RA (as the CA's)", .min = 1, .max = MAX_DAYS},
    {.name = NULL}};

static bool read_key(const char *text, scepctl_key_t *key)
{
    static const char *const curves[] = {"P-256", "P-384", "P-521"};
    static const char *const names[] = {"ec:p256", "ec:p384", "ec:p521"};
    char *end;
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcasecmp(text, names[i]) == 0) {
            *key = (scepctl_key_t){0, curves[i]};
            return true;
        }
    }
    if (strncasecmp(text, "rsa:", 4) != 0) {
        return false;
    }
    *key = (scepctl_key_t){(int)strtol(text + 4, &end, 10), NULL};
    return *end == '\0' && strlen(text) < 10 && key->bits >= MIN_RSA_BITS &&
           key->bits <= SCEP_MAX_RSA_BITS;
}

static scepctl_exit_e read_keys(scepctl_t *ctl, scepctl_wish_t *wish)
{
    wish->ca_kind = (scepctl_key_t){CA_RSA_BITS, NULL};
    wish->ra_kind = (scepctl_key_t){RA_RSA_BITS, NULL};
    if (wish->key != NULL && !read_key(wish->key, &wish->ca_kind)) {
        return scepctl_usage(ctl,
                             "--key `%s': write rsa:BITS (%d to %d), ec:p256, "
                             "ec:p384 or ec:p521",
                             scep_printable(ctl->pool, wish->key, 64),
                             MIN_RSA_BITS, SCEP_MAX_RSA_BITS);
    }
    /* SCEP encrypts to the RA: RFC 8894 has no way to do that with EC */
    if (wish->ra_key != NULL &&
        (!read_key(wish->ra_key, &wish->ra_kind) || wish->ra_kind.bits == 0)) {
        return scepctl_usage(ctl, "--ra-key `%s': write rsa:BITS (%d to %d)",
                             scep_printable(ctl->pool, wish->ra_key, 64),
                             MIN_RSA_BITS, SCEP_MAX_RSA_BITS);
    }
    return SCEPCTL_OK;
}

static const char *without_slash(char *path)
{
    size_t len = strlen(path);

    while (len > 1 && path[len - 1] == '/') {
        path[--len] = '\0';
    }
    return path;
}

/* TEXT, or NAME below --dir, or OTHERWISE; absolute. NULL: it makes no sense */
static const char *directory(scepctl_t *ctl, const scepctl_wish_t *wish,
                             const char *text, const char *name,
                             const char *otherwise)
{
    char *path;

    if (text == NULL) {
        text = wish->dir != NULL ? apr_pstrcat(ctl->pool, wish->dir, name, NULL)
                                 : otherwise;
    }
    return *text != '\0' && (wish->dir == NULL || *wish->dir != '\0') &&
                   apr_filepath_merge(&path, NULL, text, 0, ctl->pool) ==
                       APR_SUCCESS
               ? without_slash(path)
               : NULL;
}

static scepctl_exit_e read_wish(scepctl_t *ctl, scepctl_wish_t *wish)
{
    scepctl_exit_e status;

    if (wish->root_subject != NULL && !wish->with_root) {
        return scepctl_usage(ctl, "--root-subject needs --with-root");
    }
    wish->conf_dir = directory(ctl, wish, wish->conf_dir, "", SCEPCTL_CONF_DIR);
    wish->state_dir =
        directory(ctl, wish, wish->state_dir, "/state", SCEPCTL_STATE_DIR);
    if (wish->conf_dir == NULL || wish->state_dir == NULL) {
        return scepctl_usage(ctl, "a directory's name makes no sense");
    }
    wish->days = wish->days > 0 ? wish->days : CA_DAYS;
    wish->ra_days = wish->ra_days > 0 ? wish->ra_days : wish->days;
    status = read_keys(ctl, wish);
    return status == SCEPCTL_OK
               ? scepctl_owner(ctl, wish->user, wish->group, &wish->owner)
               : status;
}

/* As httpd reads it back. */
static const char *quoted(apr_pool_t *pool, const char *text)
{
    char *out = apr_palloc(pool, 2 * strlen(text) + 3), *to = out;

    *to++ = '"';
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            *to++ = '\\';
        }
        *to++ = *text;
    }
    *to++ = '"';
    *to = '\0';
    return out;
}

static void print_directive(scepctl_t *ctl, const char *name, const char *path)
{
    if (path != NULL) {
        fprintf(ctl->out, "%-21s %s\n", name, quoted(ctl->pool, path));
    }
}

/* R4: out of band, people compare fingerprints; old consoles show the two
 * shorter ones. */
static void print_fingerprints(scepctl_t *ctl, X509 *ca)
{
    static const char *const digests[] = {"SHA256", "SHA1", "MD5"};
    scep_octets_t der = scep_x509_der(ctl->pool, ca);
    unsigned char hash[EVP_MAX_MD_SIZE];
    size_t i, len;

    for (i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
        len = scep_digest(digests[i], der, hash);
        if (len > 0) {
            fprintf(ctl->out, "#   %-6s %s\n", digests[i],
                    scep_hex(ctl->pool, hash, len));
        }
    }
    scep_crypto_clear_errors(); /* MD5 may be forbidden here */
}

static void print_directives(scepctl_t *ctl, const scepctl_wish_t *wish,
                             const scepctl_file_t files[SCEPCTL_FILES],
                             X509 *ca)
{
    fprintf(ctl->out, "# CA \"%s\", fingerprints of its certificate:\n",
            scep_name_text(ctl->pool, X509_get_subject_name(ca)));
    print_fingerprints(ctl, ca);
    if (wish->owner.name != NULL) {
        fprintf(ctl->out, "# The state directory belongs to user %s.\n",
                wish->owner.name);
    }
    if (wish->with_root) {
        fprintf(ctl->out, "# httpd does not need %s: keep it elsewhere.\n",
                files[SCEPCTL_ROOT_KEY].path);
    }
    print_directive(ctl, "ScepStateDir", wish->state_dir);
    print_directive(ctl, "ScepCACertificateFile", files[SCEPCTL_CA_CERT].path);
    print_directive(ctl, "ScepCAKey", files[SCEPCTL_CA_KEY].path);
    print_directive(ctl, "ScepCAChainFile", files[SCEPCTL_CHAIN].path);
    print_directive(ctl, "ScepRACertificateFile", files[SCEPCTL_RA_CERT].path);
    print_directive(ctl, "ScepRAKey", files[SCEPCTL_RA_KEY].path);
    print_directive(ctl, "ScepRACertificateFile", files[SCEPCTL_RA2_CERT].path);
    print_directive(ctl, "ScepRAKey", files[SCEPCTL_RA2_KEY].path);
}

static scepctl_exit_e run(scepctl_t *ctl, void *baton)
{
    scepctl_wish_t *wish = baton;
    scepctl_file_t files[SCEPCTL_FILES];
    scepctl_exit_e status = read_wish(ctl, wish);
    X509 *ca;

    if (status == SCEPCTL_OK) {
        scepctl_files_plan(wish, ctl->pool, files);
        status = scepctl_files_check(ctl, wish, files);
    }
    if (status == SCEPCTL_OK &&
        scepctl_make(wish, apr_time_now(), ctl->pool, files, &ca, &ctl->res) !=
            SCEP_OK) {
        status = scepctl_fail(ctl);
    }
    if (status == SCEPCTL_OK) {
        status = scepctl_files_write(ctl, wish, files);
    }
    if (status == SCEPCTL_OK) {
        print_directives(ctl, wish, files, ca);
    }
    return status;
}

const scepctl_command_t scepctl_init = {
    .name = "init",
    .summary = "make a CA, an RA, and the directories that mod_scep needs",
    .about = "Makes a CA and an RA for mod_scep and prints the directives that "
             "name them. Nothing that exists is overwritten.",
    .options = options,
    .size = sizeof(scepctl_wish_t),
    .run = run};
