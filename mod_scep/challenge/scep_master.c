/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_master.c: the master password's file and its text. (challenge layer) */
#include "scep_master.h"

#include <string.h>

#include <apr_strings.h>

#include "scep_file.h"
#include "scep_master_cms.h"

/* MAX_DIGITS: of a time in seconds, so that microseconds fit apr_time_t. */
enum { MAX_FILE = 16384, MODE = 0600, MAX_DIGITS = 12 };

#define PREVIOUS "previous "
#define UNTIL " until "

bool scep_master_valid(const char *text)
{
    size_t len;

    for (len = 0; text[len] != '\0'; len++) {
        if (text[len] <= ' ' || text[len] > '~' ||
            len == SCEP_MASTER_MAX_LENGTH) {
            return false;
        }
    }
    return len >= 8;
}

/* Cut TEXT at its first MARK.
 * @return the rest behind it, or NULL */
static char *cut(char *text, const char *mark)
{
    char *found = strstr(text, mark);

    if (found == NULL) {
        return NULL;
    }
    *found = '\0';
    return found + strlen(mark);
}

static bool read_seconds(const char *text, apr_time_t *time)
{
    apr_time_t seconds = 0;
    int i;

    for (i = 0; text[i] >= '0' && text[i] <= '9' && i < MAX_DIGITS; i++) {
        seconds = seconds * 10 + (text[i] - '0');
    }
    *time = apr_time_from_sec(seconds);
    return i > 0 && text[i] == '\0';
}

/* LINE: the text behind the first line */
static bool parse_previous(char *line, scep_master_t *master)
{
    char *time, *rest;

    if (strncmp(line, PREVIOUS, strlen(PREVIOUS)) != 0) {
        return false;
    }
    master->previous = line + strlen(PREVIOUS);
    time = cut(line, UNTIL);
    if (time == NULL || time < master->previous) {
        return false;
    }
    rest = cut(time, "\n");
    return rest != NULL && *rest == '\0' &&
           scep_master_valid(master->previous) &&
           read_seconds(time, &master->previous_until);
}

/* Cuts TEXT in place, because that is in memory that is wiped. */
static bool parse(char *text, scep_master_t *master)
{
    char *rest = cut(text, "\n");

    *master = (scep_master_t){.password = text};
    return rest != NULL && scep_master_valid(text) &&
           (*rest == '\0' || parse_previous(rest, master));
}

scep_status_e scep_master_decrypt(const char *name, scep_octets_t pem,
                                  const apr_array_header_t *pairs,
                                  apr_pool_t *pool, scep_master_t **master,
                                  scep_result_t *res)
{
    char *text;
    size_t len;
    scep_status_e status =
        scep_master_unseal(name, pem, pairs, pool, &text, &len, res);

    if (status != SCEP_OK) {
        return status;
    }
    *master = apr_palloc(pool, sizeof(**master));
    if (strlen(text) != len || !parse(text, *master)) {
        return scep_fail(res, SCEP_R_SETUP,
                         "%s was decrypted, but what it holds is no master "
                         "password: replace it with `scepctl master rotate' "
                         "or `scepctl master set'",
                         name);
    }
    return SCEP_OK;
}

scep_status_e scep_master_read(const char *path,
                               const apr_array_header_t *pairs, uid_t owner,
                               apr_pool_t *pool, scep_master_t **master,
                               scep_result_t *res)
{
    scep_octets_t pem;
    scep_status_e status =
        scep_file_read_owned(path, owner, MAX_FILE, pool, &pem, res);

    if (status == SCEP_NOT_FOUND) {
        scep_fail(res, SCEP_R_SETUP,
                  "there is no %s: make it with `scepctl master rotate' or "
                  "`scepctl master set'",
                  path);
        return res->status = SCEP_NOT_FOUND;
    }
    if (status != SCEP_OK) {
        return status;
    }
    return scep_master_decrypt(path, pem, pairs, pool, master, res);
}

scep_status_e scep_master_encrypt(X509 *recipient, const scep_master_t *master,
                                  apr_pool_t *pool, scep_octets_t *pem,
                                  scep_result_t *res)
{
    char *text = scep_secret_alloc(pool, SCEP_MASTER_MAX_TEXT);
    scep_octets_t octets = {(unsigned char *)text, 0};
    apr_time_t until = apr_time_sec(master->previous_until);

    if (!scep_master_valid(master->password) ||
        (master->previous != NULL && !scep_master_valid(master->previous))) {
        return scep_fail(res, SCEP_R_SETUP,
                         "a master password has 8 to %d characters of "
                         "printable ASCII without blanks",
                         SCEP_MASTER_MAX_LENGTH);
    }
    if (master->previous != NULL && until < 0) {
        return scep_fail(res, SCEP_R_SETUP,
                         "the previous master password is to end before 1970");
    }
    octets.len = (size_t)apr_snprintf(text, SCEP_MASTER_MAX_TEXT, "%s\n",
                                      master->password);
    if (master->previous != NULL) {
        octets.len += (size_t)apr_snprintf(
            text + octets.len, SCEP_MASTER_MAX_TEXT - octets.len,
            PREVIOUS "%s" UNTIL "%" APR_TIME_T_FMT "\n", master->previous,
            until);
    }
    return scep_master_seal(recipient, octets, pool, pem, res);
}

scep_status_e scep_master_write(const char *path, X509 *recipient,
                                const scep_master_t *master, uid_t uid,
                                gid_t gid, int replace, apr_pool_t *pool,
                                scep_result_t *res)
{
    scep_octets_t pem;
    scep_status_e status =
        scep_master_encrypt(recipient, master, pool, &pem, res);

    return status == SCEP_OK
               ? scep_file_write(path, pem, MODE, uid, gid, replace, pool, res)
               : status;
}
