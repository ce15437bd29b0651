/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_init.c: the options of `scepctl init`, its order, and the directives
 * that it prints. (scepctl)
 */
#include "scepctl_init.h"

#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_file_info.h>
#include <apr_strings.h>

enum {
    MIN_RSA_BITS = 2048,
    CA_RSA_BITS = 3072, /* signs for ten years */
    RA_RSA_BITS = 2048, /* every request costs a private operation */
    CA_DAYS = 3650,
    MAX_DAYS = 36500
};

static const char usage_text[] =
    "Usage: scepctl init [options]\n"
    "\n"
    "Makes a CA and an RA for mod_scep and prints the directives that name\n"
    "them. Nothing that exists is overwritten.\n"
    "\n"
    "  --dir DIR           everything below DIR: keys and certificates in it,\n"
    "                      state in DIR/state\n"
    "  --conf-dir DIR      keys and certificates (/etc/mod_scep)\n"
    "  --state-dir DIR     ScepStateDir (/var/lib/mod_scep)\n"
    "  --user USER         httpd's user, who gets the state directory\n"
    "  --group GROUP       httpd's group\n"
    "  --subject DN        the CA's name, like \"CN=Example CA,O=Example\"\n"
    "  --with-root         a root CA and an issuing CA below it\n"
    "  --root-subject DN   the root CA's name\n"
    "  --split-ra          one RA pair to sign and one to decrypt\n"
    "  --ra-subject DN     the RA's name\n"
    "  --key TYPE          the CA's key: rsa:BITS, ec:p256, ec:p384, ec:p521\n"
    "                      (rsa:3072)\n"
    "  --ra-key TYPE       the RA's key: rsa:BITS (rsa:2048)\n"
    "  --days N            validity of the CA (3650); a root's is twice that\n"
    "  --ra-days N         validity of the RA (as the CA's)\n";

/* What getopt returns for each. */
typedef enum {
    OPT_DIR = 256,
    OPT_CONF_DIR,
    OPT_STATE_DIR,
    OPT_USER,
    OPT_GROUP,
    OPT_SUBJECT,
    OPT_WITH_ROOT,
    OPT_ROOT_SUBJECT,
    OPT_SPLIT_RA,
    OPT_RA_SUBJECT,
    OPT_KEY,
    OPT_RA_KEY,
    OPT_DAYS,
    OPT_RA_DAYS,
    OPT_HELP
} option_e;

static const struct option options[] = {
    {"dir", required_argument, NULL, OPT_DIR},
    {"conf-dir", required_argument, NULL, OPT_CONF_DIR},
    {"state-dir", required_argument, NULL, OPT_STATE_DIR},
    {"user", required_argument, NULL, OPT_USER},
    {"group", required_argument, NULL, OPT_GROUP},
    {"subject", required_argument, NULL, OPT_SUBJECT},
    {"with-root", no_argument, NULL, OPT_WITH_ROOT},
    {"root-subject", required_argument, NULL, OPT_ROOT_SUBJECT},
    {"split-ra", no_argument, NULL, OPT_SPLIT_RA},
    {"ra-subject", required_argument, NULL, OPT_RA_SUBJECT},
    {"key", required_argument, NULL, OPT_KEY},
    {"ra-key", required_argument, NULL, OPT_RA_KEY},
    {"days", required_argument, NULL, OPT_DAYS},
    {"ra-days", required_argument, NULL, OPT_RA_DAYS},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

/* The options as given; NULL or 0: not given. */
typedef struct given_t {
    const char *value[OPT_HELP - OPT_DIR + 1]; /* "" for those without one */
} given_t;

static const char *value_of(const given_t *given, option_e option)
{
    return given->value[option - OPT_DIR];
}

static scepctl_exit_e read_options(scepctl_t *ctl, int argc, char **argv,
                                   given_t *given)
{
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option == '?' || option == ':') {
            return scepctl_bad_option(ctl, "init", option, argv);
        }
        given->value[option - OPT_DIR] = optarg != NULL ? optarg : "";
    }
    if (optind < argc) {
        return scepctl_usage(ctl, "init: unexpected argument `%s'",
                             scep_printable(ctl->pool, argv[optind], 64));
    }
    return SCEPCTL_OK;
}

/* TEXT as a number from MIN to MAX, or -1. */
static int read_number(const char *text, int min, int max)
{
    char *end;
    long number;

    errno = 0;
    number = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && number >= min &&
                   number <= max
               ? (int)number
               : -1;
}

static bool read_key(const char *text, scepctl_key_t *key)
{
    static const char *const curves[] = {"P-256", "P-384", "P-521"};
    static const char *const names[] = {"ec:p256", "ec:p384", "ec:p521"};
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
    *key = (scepctl_key_t){
        read_number(text + 4, MIN_RSA_BITS, SCEP_MAX_RSA_BITS), NULL};
    return key->bits > 0;
}

static scepctl_exit_e read_keys(scepctl_t *ctl, const given_t *given,
                                scepctl_wish_t *wish)
{
    const char *key = value_of(given, OPT_KEY);
    const char *ra_key = value_of(given, OPT_RA_KEY);

    wish->ca_key = (scepctl_key_t){CA_RSA_BITS, NULL};
    wish->ra_key = (scepctl_key_t){RA_RSA_BITS, NULL};
    if (key != NULL && !read_key(key, &wish->ca_key)) {
        return scepctl_usage(ctl,
                             "init: --key `%s': write rsa:BITS (%d to %d), "
                             "ec:p256, ec:p384 or ec:p521",
                             scep_printable(ctl->pool, key, 64), MIN_RSA_BITS,
                             SCEP_MAX_RSA_BITS);
    }
    /* SCEP encrypts to the RA: RFC 8894 has no way to do that with EC */
    if (ra_key != NULL &&
        (!read_key(ra_key, &wish->ra_key) || wish->ra_key.bits == 0)) {
        return scepctl_usage(ctl,
                             "init: --ra-key `%s': write rsa:BITS (%d to %d)",
                             scep_printable(ctl->pool, ra_key, 64),
                             MIN_RSA_BITS, SCEP_MAX_RSA_BITS);
    }
    return SCEPCTL_OK;
}

static scepctl_exit_e read_days(scepctl_t *ctl, const given_t *given,
                                scepctl_wish_t *wish)
{
    const char *days = value_of(given, OPT_DAYS);
    const char *ra_days = value_of(given, OPT_RA_DAYS);

    wish->days = days != NULL ? read_number(days, 1, MAX_DAYS) : CA_DAYS;
    wish->ra_days =
        ra_days != NULL ? read_number(ra_days, 1, MAX_DAYS) : wish->days;
    return wish->days > 0 && wish->ra_days > 0
               ? SCEPCTL_OK
               : scepctl_usage(ctl, "init: --days and --ra-days take 1 to %d",
                               MAX_DAYS);
}

static const char *without_slash(char *path)
{
    size_t len = strlen(path);

    while (len > 1 && path[len - 1] == '/') {
        path[--len] = '\0';
    }
    return path;
}

static scepctl_exit_e read_dirs(scepctl_t *ctl, const given_t *given,
                                scepctl_wish_t *wish)
{
    const char *dir = value_of(given, OPT_DIR);
    const char *conf = value_of(given, OPT_CONF_DIR);
    const char *state = value_of(given, OPT_STATE_DIR);
    char *conf_path, *state_path;

    if (conf == NULL) {
        conf = dir != NULL ? dir : "/etc/mod_scep";
    }
    if (state == NULL) {
        state = dir != NULL ? apr_pstrcat(ctl->pool, dir, "/state", NULL)
                            : "/var/lib/mod_scep";
    }
    if (*conf == '\0' || *state == '\0' || (dir != NULL && *dir == '\0') ||
        apr_filepath_merge(&conf_path, NULL, conf, 0, ctl->pool) !=
            APR_SUCCESS ||
        apr_filepath_merge(&state_path, NULL, state, 0, ctl->pool) !=
            APR_SUCCESS) {
        return scepctl_usage(ctl, "init: a directory's name makes no sense");
    }
    wish->conf_dir = without_slash(conf_path);
    wish->state_dir = without_slash(state_path);
    return SCEPCTL_OK;
}

/* As whom distributions run httpd. */
const struct passwd *scepctl_usual_user(void)
{
    static const char *const names[] = {"www-data", "apache", "httpd",
                                        "http",     "www",    NULL};
    const struct passwd *found = NULL;
    int i;

    for (i = 0; found == NULL && names[i] != NULL; i++) {
        found = getpwnam(names[i]);
    }
    return found;
}

/* Who is not root can name nobody but itself. */
static scepctl_exit_e check_self(scepctl_t *ctl, const char *user,
                                 const char *group)
{
    const struct passwd *self = getpwuid(geteuid());
    const struct group *own = getgrgid(getegid());

    if ((user != NULL && (self == NULL || strcmp(user, self->pw_name) != 0)) ||
        (group != NULL && (own == NULL || strcmp(group, own->gr_name) != 0))) {
        return scepctl_usage(ctl, "init: only root can give the state "
                                  "directory away: run this as root, or leave "
                                  "--user and --group out");
    }
    return SCEPCTL_OK;
}

static scepctl_exit_e read_owner(scepctl_t *ctl, const given_t *given,
                                 scepctl_wish_t *wish)
{
    const char *user = value_of(given, OPT_USER);
    const char *group = value_of(given, OPT_GROUP);
    const struct passwd *found;
    const struct group *found_group;

    wish->uid = (uid_t)-1;
    wish->gid = (gid_t)-1;
    if (geteuid() != 0) {
        return check_self(ctl, user, group);
    }
    found = user != NULL ? getpwnam(user) : scepctl_usual_user();
    if (found == NULL) {
        return user != NULL
                   ? scepctl_usage(ctl, "init: there is no user `%s'",
                                   scep_printable(ctl->pool, user, 64))
                   : scepctl_usage(ctl, "init: name httpd's user by --user");
    }
    wish->user = apr_pstrdup(ctl->pool, found->pw_name);
    wish->uid = found->pw_uid;
    wish->gid = found->pw_gid;
    if (group != NULL) {
        found_group = getgrnam(group);
        if (found_group == NULL) {
            return scepctl_usage(ctl, "init: there is no group `%s'",
                                 scep_printable(ctl->pool, group, 64));
        }
        wish->gid = found_group->gr_gid;
    }
    return SCEPCTL_OK;
}

static scepctl_exit_e read_wish(scepctl_t *ctl, const given_t *given,
                                scepctl_wish_t *wish)
{
    scepctl_exit_e status;

    wish->with_root = value_of(given, OPT_WITH_ROOT) != NULL;
    wish->split_ra = value_of(given, OPT_SPLIT_RA) != NULL;
    wish->subject = value_of(given, OPT_SUBJECT);
    wish->root_subject = value_of(given, OPT_ROOT_SUBJECT);
    wish->ra_subject = value_of(given, OPT_RA_SUBJECT);
    if (wish->root_subject != NULL && !wish->with_root) {
        return scepctl_usage(ctl, "init: --root-subject needs --with-root");
    }
    if ((status = read_dirs(ctl, given, wish)) != SCEPCTL_OK ||
        (status = read_keys(ctl, given, wish)) != SCEPCTL_OK ||
        (status = read_days(ctl, given, wish)) != SCEPCTL_OK) {
        return status;
    }
    return read_owner(ctl, given, wish);
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
    if (wish->user != NULL) {
        fprintf(ctl->out, "# The state directory belongs to user %s.\n",
                wish->user);
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

scepctl_exit_e scepctl_init(scepctl_t *ctl, int argc, char **argv)
{
    given_t given = {{NULL}};
    scepctl_wish_t wish = {.user = NULL};
    scepctl_file_t files[SCEPCTL_FILES];
    scepctl_exit_e status = read_options(ctl, argc, argv, &given);
    X509 *ca;

    if (status == SCEPCTL_OK && value_of(&given, OPT_HELP) != NULL) {
        fputs(usage_text, ctl->out);
        return SCEPCTL_OK;
    }
    if (status != SCEPCTL_OK ||
        (status = read_wish(ctl, &given, &wish)) != SCEPCTL_OK) {
        return status;
    }
    scepctl_files_plan(&wish, ctl->pool, files);
    status = scepctl_files_check(ctl, &wish, files);
    if (status != SCEPCTL_OK) {
        return status;
    }
    if (scepctl_make(&wish, apr_time_now(), ctl->pool, files, &ca, &ctl->res) !=
        SCEP_OK) {
        return scepctl_fail(ctl);
    }
    status = scepctl_files_write(ctl, &wish, files);
    if (status == SCEPCTL_OK) {
        print_directives(ctl, &wish, files, ca);
    }
    return status;
}
