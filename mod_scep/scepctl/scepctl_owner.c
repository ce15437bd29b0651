/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_owner.c: see scepctl_owner.h. (scepctl)
 */
#include "scepctl_owner.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

enum { LONGEST = 64 /* octets of a name that are shown */ };

/* As whom distributions run httpd. */
static const struct passwd *usual_user(void)
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

/* A number need not have a name (in a container). */
static bool read_id(const char *text, unsigned int *id)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    *id = (unsigned int)number;
    return end != text && *end == '\0' && number < UINT32_MAX;
}

scepctl_exit_e scepctl_owner(scepctl_t *ctl, const char *user,
                             const char *group, scepctl_owner_t *owner)
{
    const struct passwd *found = user != NULL ? getpwnam(user) : usual_user();
    const struct group *found_group = group != NULL ? getgrnam(group) : NULL;

    *owner = (scepctl_owner_t){(uid_t)-1, (gid_t)-1, NULL};
    if (geteuid() != 0) {
        return (user == NULL ||
                (found != NULL && found->pw_uid == geteuid())) &&
                       (group == NULL || (found_group != NULL &&
                                          found_group->gr_gid == getegid()))
                   ? SCEPCTL_OK
                   : scepctl_usage(ctl, "only root can give files away: run "
                                        "this as root, or leave --user and "
                                        "--group out");
    }
    if (found != NULL) {
        owner->uid = found->pw_uid;
        owner->gid = found->pw_gid;
        owner->name = apr_pstrdup(ctl->pool, found->pw_name);
    }
    else if (user == NULL) {
        return scepctl_usage(ctl, "name httpd's user by --user");
    }
    else if (!read_id(user, &owner->uid)) {
        return scepctl_usage(ctl, "there is no user `%s'",
                             scep_printable(ctl->pool, user, LONGEST));
    }
    else {
        owner->name = user;
    }
    if (found_group != NULL) {
        owner->gid = found_group->gr_gid;
    }
    else if (group != NULL && !read_id(group, &owner->gid)) {
        return scepctl_usage(ctl, "there is no group `%s'",
                             scep_printable(ctl->pool, group, LONGEST));
    }
    return SCEPCTL_OK;
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

scepctl_exit_e scepctl_check_private(scepctl_t *ctl, const char *id,
                                     const char *path, const struct stat *st,
                                     mode_t mode, const char *option)
{
    return (st->st_uid == 0 || st->st_uid == geteuid()) &&
                   (st->st_mode & (S_IWGRP | S_IWOTH)) == 0
               ? SCEPCTL_OK
               : scepctl_error(ctl,
                               "%sothers can write in %s (owner %lu, mode "
                               "%03o): chown it to root and chmod it to %o, or "
                               "name another %s",
                               id, path, (unsigned long)st->st_uid,
                               (unsigned int)(st->st_mode & 0777),
                               (unsigned int)mode, option);
}
