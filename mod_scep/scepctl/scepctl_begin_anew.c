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
#include "scepctl_places.h"

static const char usage_text[] =
    "Usage: scepctl begin-anew [options]\n"
    "\n"
    "Lets the next start of httpd make what is missing of its state: the\n"
    "database, the key of the passwords, the master password. What was in a\n"
    "file that is gone is forgotten: certificates that were revoked are not\n"
    "known to be so, and passwords that were given out are not accepted.\n"
    "Restore a backup instead where there is one.\n"
    "\n"
    "  --state-dir DIR   ScepStateDir (/var/lib/mod_scep)\n"
    "  --user USER       httpd's user, who gets the directory if it is made\n"
    "  --group GROUP     httpd's group\n";

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

scepctl_exit_e scepctl_begin_anew(scepctl_t *ctl, int argc, char **argv)
{
    const scep_octets_t text = {(const unsigned char *)mark_text,
                                sizeof(mark_text) - 1};
    scepctl_places_t places;
    scepctl_exit_e status = scepctl_places_read(
        ctl, argc, argv, " state-dir user group help ", false, &places);
    struct stat st;

    if (status != SCEPCTL_OK || places.help) {
        fputs(status == SCEPCTL_OK ? usage_text : "", ctl->out);
        return status;
    }
    if (lstat(places.state_dir, &st) != 0 &&
        scep_dir_make(places.state_dir, 0700, places.uid, places.gid, ctl->pool,
                      &ctl->res) != SCEP_OK) {
        return scepctl_fail(ctl);
    }
    if (scep_file_write(apr_pstrcat(ctl->pool, places.state_dir,
                                    "/" SCEP_STATE_FIRST_START, NULL),
                        text, 0600, (uid_t)-1, (gid_t)-1, 1, ctl->pool,
                        &ctl->res) != SCEP_OK) {
        return scepctl_fail(ctl);
    }
    tell(ctl, places.state_dir);
    return SCEPCTL_OK;
}
