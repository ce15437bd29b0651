/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_begin_anew.c: `scepctl begin-anew' lets the next start of httpd make
 * what is missing of its state. (scepctl)
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "scep_file.h"
#include "scep_state_files.h"
#include "scepctl_options.h"
#include "scepctl_owner.h"

typedef struct wish_t {
    scepctl_given_t given;
    const char *user, *group;
} wish_t;

#define AT(member) offsetof(wish_t, member)

static const scepctl_option_t options[] = {
    {"state-dir", "DIR", SCEPCTL_TEXT, AT(given.server.state_dir),
     .help = "ScepStateDir (/var/lib/mod_scep)"},
    {"user", "USER", SCEPCTL_TEXT, AT(user),
     .help = "httpd's user, who gets the directory if it is made"},
    {"group", "GROUP", SCEPCTL_TEXT, AT(group), .help = "httpd's group"},
    {.name = NULL}};

static const char mark_text[] =
    "The next start of httpd makes what is missing in this directory, and "
    "removes this file.\n";

static void tell(scepctl_t *ctl, const char *dir)
{
    static const char *const names[] = {SCEP_STATE_DATABASE, SCEP_STATE_KEY,
                                        SCEP_STATE_MASTER};
    struct stat st;
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *path = apr_pstrcat(ctl->pool, dir, "/", names[i], NULL);

        fprintf(ctl->out, "%s %s\n", path,
                lstat(path, &st) == 0 ? "is kept"
                                      : "is missing: made if it is needed");
    }
}

static scepctl_exit_e run(scepctl_t *ctl, void *baton)
{
    const scep_octets_t text = {(const unsigned char *)mark_text,
                                sizeof(mark_text) - 1};
    const wish_t *wish = baton;
    const char *dir = scepctl_server_dir(&wish->given.server);
    scepctl_owner_t owner;
    scepctl_exit_e status = scepctl_owner(ctl, wish->user, wish->group, &owner);
    struct stat st;

    if (status != SCEPCTL_OK) {
        return status;
    }
    if ((lstat(dir, &st) != 0 &&
         scep_dir_make(dir, 0700, owner.uid, owner.gid, ctl->pool, &ctl->res) !=
             SCEP_OK) ||
        scep_file_write(
            apr_pstrcat(ctl->pool, dir, "/" SCEP_STATE_FIRST_START, NULL), text,
            0600, (uid_t)-1, (gid_t)-1, 1, ctl->pool, &ctl->res) != SCEP_OK) {
        return scepctl_fail(ctl);
    }
    tell(ctl, dir);
    return SCEPCTL_OK;
}

const scepctl_command_t scepctl_begin_anew = {
    .name = "begin-anew",
    .summary = "let the next start make a state that is gone",
    .about = "Lets the next start of httpd make what is missing of its state: "
             "the database, the key of the passwords, the master password. "
             "What was in a file that is gone is forgotten: certificates that "
             "were revoked are not known to be so, and passwords that were "
             "given out are not accepted. Restore a backup instead where there "
             "is one.",
    .options = options,
    .size = sizeof(wish_t),
    .run = run};
