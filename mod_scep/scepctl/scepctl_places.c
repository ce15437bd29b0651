/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_places.c: see scepctl_places.h. (scepctl)
 */
#include "scepctl_places.h"

#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include "scepctl_init.h"

static const struct option known[] = {
    {"state-dir", required_argument, NULL, 's'},
    {"conf-dir", required_argument, NULL, 'c'},
    {"database", required_argument, NULL, 'd'},
    {"with-keys", no_argument, NULL, 'k'},
    {"ignore-httpd", no_argument, NULL, 'i'},
    {"user", required_argument, NULL, 'u'},
    {"group", required_argument, NULL, 'g'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

typedef struct given_t {
    const char *user;
    const char *group;
} given_t;

static void take(int option, scepctl_places_t *places, given_t *given)
{
    switch (option) {
    case 's':
        places->state_dir = optarg;
        break;
    case 'c':
        places->conf_dir = optarg;
        break;
    case 'd':
        places->database = optarg;
        break;
    case 'k':
        places->with_keys = true;
        break;
    case 'i':
        places->ignore_httpd = true;
        break;
    case 'u':
        given->user = optarg;
        break;
    case 'g':
        given->group = optarg;
        break;
    default:
        places->help = true;
        break;
    }
}

/* A name, or a number that need not have one (in a container). */
static bool read_id(const char *text, bool found, unsigned int by_name,
                    unsigned int *id)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    *id = found ? by_name : (unsigned int)number;
    return found || (end != text && *end == '\0' && number < UINT32_MAX);
}

static scepctl_exit_e read_owner(scepctl_t *ctl, const given_t *given,
                                 scepctl_places_t *places)
{
    const struct passwd *user =
        given->user != NULL ? getpwnam(given->user) : scepctl_usual_user();
    const struct group *group =
        given->group != NULL ? getgrnam(given->group) : NULL;

    if (geteuid() != 0) {
        return given->user == NULL && given->group == NULL
                   ? SCEPCTL_OK
                   : scepctl_usage(ctl, "only root can give files away: run "
                                        "this as root, or leave --user and "
                                        "--group out");
    }
    if (given->user == NULL && user == NULL) {
        return scepctl_usage(ctl, "name httpd's user by --user");
    }
    if (user != NULL) {
        places->gid = user->pw_gid;
    }
    if (given->user == NULL) {
        places->uid = user->pw_uid;
    }
    else if (!read_id(given->user, user != NULL,
                      user != NULL ? user->pw_uid : 0, &places->uid)) {
        return scepctl_usage(ctl, "there is no user `%s'",
                             scep_printable(ctl->pool, given->user, 64));
    }
    if (given->group != NULL &&
        !read_id(given->group, group != NULL, group != NULL ? group->gr_gid : 0,
                 &places->gid)) {
        return scepctl_usage(ctl, "there is no group `%s'",
                             scep_printable(ctl->pool, given->group, 64));
    }
    return SCEPCTL_OK;
}

static scepctl_exit_e read_directory(scepctl_t *ctl, int argc, char **argv,
                                     bool directory, scepctl_places_t *places)
{
    if (directory && optind < argc) {
        places->backup = argv[optind++];
    }
    if (optind < argc) {
        return scepctl_usage(ctl, "%s: unexpected argument `%s'", argv[0],
                             scep_printable(ctl->pool, argv[optind], 64));
    }
    return directory && (places->backup == NULL || *places->backup == '\0')
               ? scepctl_usage(ctl, "%s: name the directory of the backup",
                               argv[0])
               : SCEPCTL_OK;
}

scepctl_exit_e scepctl_places_read(scepctl_t *ctl, int argc, char **argv,
                                   const char *options, bool directory,
                                   scepctl_places_t *places)
{
    given_t given = {NULL, NULL};
    scepctl_exit_e status;
    int option, index = 0;

    *places = (scepctl_places_t){.state_dir = "/var/lib/mod_scep",
                                 .conf_dir = "/etc/mod_scep",
                                 .uid = (uid_t)-1,
                                 .gid = (gid_t)-1};
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", known, &index)) != -1) {
        if (option == '?' || option == ':' ||
            strstr(options, apr_pstrcat(ctl->pool, " ", known[index].name, " ",
                                        NULL)) == NULL) {
            return scepctl_bad_option(ctl, argv[0], option == ':' ? ':' : '?',
                                      argv);
        }
        take(option, places, &given);
    }
    if (places->help) {
        return SCEPCTL_OK;
    }
    status = read_directory(ctl, argc, argv, directory, places);
    return status == SCEPCTL_OK ? read_owner(ctl, &given, places) : status;
}

bool scepctl_is_empty(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    bool empty = dir != NULL || errno == ENOENT;

    while (dir != NULL && empty && (entry = readdir(dir)) != NULL) {
        empty = strcmp(entry->d_name, ".") == 0 ||
                strcmp(entry->d_name, "..") == 0 ||
                strcmp(entry->d_name, "lost+found") == 0;
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return empty;
}
