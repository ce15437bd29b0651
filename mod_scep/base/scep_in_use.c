/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* scep_in_use.c: writes what httpd uses, and locks the file. (base layer) */
#include "scep_in_use.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include "scep_file.h"
#include "scep_in_use_p.h"
#include "scep_json.h"

enum { MODE = 0640, CAS = 4, PAIRS = 4, KINDS = 8 };

scep_in_use_t *scep_in_use_make(apr_pool_t *pool)
{
    scep_in_use_t *in_use = apr_pcalloc(pool, sizeof(*in_use));

    in_use->state_dirs = apr_array_make(pool, 1, sizeof(const char *));
    in_use->confs = apr_array_make(pool, 8, sizeof(scep_in_use_conf_t));
    in_use->cas = apr_array_make(pool, CAS, sizeof(scep_in_use_ca_t));
    return in_use;
}

scep_in_use_ca_t *scep_in_use_add(scep_in_use_t *in_use, apr_pool_t *pool)
{
    scep_in_use_ca_t *ca = apr_array_push(in_use->cas);

    memset(ca, 0, sizeof(*ca));
    ca->servers = apr_array_make(pool, 1, sizeof(const char *));
    ca->pairs = apr_array_make(pool, PAIRS, sizeof(scep_in_use_pair_t));
    ca->kept = apr_array_make(pool, KINDS, sizeof(scep_in_use_kept_t));
    return ca;
}

/* --- as JSON -------------------------------------------------------------- */

static const char *boolean(bool value)
{
    return value ? "true" : "false";
}

static const char *number(apr_pool_t *pool, apr_int64_t value)
{
    return apr_psprintf(pool, "%" APR_INT64_T_FMT, value);
}

/* An object of names and JSON values, ended by NULL. If INDENT is not NULL,
 * each member has a line. */
static const char *object(apr_pool_t *pool, const char *indent, ...)
{
    const char *text = "{", *name, *between = "";
    va_list args;

    va_start(args, indent);
    while ((name = va_arg(args, const char *)) != NULL) {
        text = apr_pstrcat(pool, text, between, indent != NULL ? "\n" : "",
                           indent != NULL ? indent : "", "\"", name,
                           "\": ", va_arg(args, const char *), NULL);
        between = indent != NULL ? "," : ", ";
    }
    va_end(args);
    return apr_pstrcat(pool, text, "}", NULL);
}

/* An array of JSON values (const char *). */
static const char *array(apr_pool_t *pool, const apr_array_header_t *values)
{
    const char *text = "[";
    int i;

    for (i = 0; i < values->nelts; i++) {
        text = apr_pstrcat(pool, text, i > 0 ? ",\n    " : "\n    ",
                           APR_ARRAY_IDX(values, i, const char *), NULL);
    }
    return apr_pstrcat(pool, text, "]", NULL);
}

static const char *strings(apr_pool_t *pool, const apr_array_header_t *list)
{
    apr_array_header_t *values = apr_array_make(pool, 4, sizeof(char *));
    int i;

    for (i = 0; i < list->nelts; i++) {
        APR_ARRAY_PUSH(values, const char *) =
            scep_json_string(pool, APR_ARRAY_IDX(list, i, const char *));
    }
    return array(pool, values);
}

static const char *confs_text(apr_pool_t *pool, const apr_array_header_t *confs)
{
    apr_array_header_t *values = apr_array_make(pool, 8, sizeof(char *));
    int i;

    for (i = 0; i < confs->nelts; i++) {
        const scep_in_use_conf_t *conf =
            &APR_ARRAY_IDX(confs, i, scep_in_use_conf_t);

        APR_ARRAY_PUSH(values, const char *) = object(
            pool, NULL, SCEP_IN_USE_PATH, scep_json_string(pool, conf->path),
            SCEP_IN_USE_MODIFIED, number(pool, conf->modified), NULL);
    }
    return array(pool, values);
}

static const char *pairs_text(apr_pool_t *pool, const apr_array_header_t *pairs)
{
    apr_array_header_t *values = apr_array_make(pool, 4, sizeof(char *));
    int i;

    for (i = 0; i < pairs->nelts; i++) {
        const scep_in_use_pair_t *pair =
            &APR_ARRAY_IDX(pairs, i, scep_in_use_pair_t);

        APR_ARRAY_PUSH(values, const char *) = object(
            pool, NULL, SCEP_IN_USE_CERT, scep_json_string(pool, pair->cert),
            SCEP_IN_USE_KEY, scep_json_string(pool, pair->key),
            SCEP_IN_USE_FINGERPRINT, scep_json_string(pool, pair->fingerprint),
            SCEP_IN_USE_DECRYPTS, boolean(pair->decrypts), SCEP_IN_USE_OWN,
            boolean(pair->own), NULL);
    }
    return array(pool, values);
}

static const char *kept_text(apr_pool_t *pool, const apr_array_header_t *kept)
{
    apr_array_header_t *values = apr_array_make(pool, KINDS, sizeof(char *));
    int i;

    for (i = 0; i < kept->nelts; i++) {
        const scep_in_use_kept_t *one =
            &APR_ARRAY_IDX(kept, i, scep_in_use_kept_t);

        APR_ARRAY_PUSH(values, const char *) = object(
            pool, NULL, SCEP_IN_USE_KIND, scep_json_string(pool, one->kind),
            SCEP_IN_USE_SECONDS, number(pool, one->seconds), NULL);
    }
    return array(pool, values);
}

static const char *ca_text(apr_pool_t *pool, const scep_in_use_ca_t *ca)
{
    return object(
        pool, "      ", SCEP_IN_USE_NAME, scep_json_string(pool, ca->name),
        SCEP_IN_USE_ALIAS, scep_json_string(pool, ca->alias),
        SCEP_IN_USE_SERVERS, strings(pool, ca->servers), SCEP_IN_USE_SUBJECT,
        scep_json_string(pool, ca->subject), SCEP_IN_USE_SCOPE,
        scep_json_string(pool, ca->ca_id), SCEP_IN_USE_CERT,
        scep_json_string(pool, ca->cert), SCEP_IN_USE_KEY,
        scep_json_string(pool, ca->key), SCEP_IN_USE_NEXT_SCOPE,
        scep_json_string(pool, ca->next_scope), SCEP_IN_USE_NEXT_CERT,
        scep_json_string(pool, ca->next_cert), SCEP_IN_USE_NEXT_KEY,
        scep_json_string(pool, ca->next_key), SCEP_IN_USE_RA_DIR,
        scep_json_string(pool, ca->ra_dir), SCEP_IN_USE_PAIRS,
        pairs_text(pool, ca->pairs), SCEP_IN_USE_DRIVER,
        scep_json_string(pool, ca->driver), SCEP_IN_USE_PARAMS,
        scep_json_string(pool, ca->params), SCEP_IN_USE_PASSWORD,
        boolean(ca->password), SCEP_IN_USE_MASTER_FILE,
        scep_json_string(pool, ca->master_file), SCEP_IN_USE_SINGLE,
        boolean(ca->single), SCEP_IN_USE_KEPT, kept_text(pool, ca->kept), NULL);
}

static const char *text_of(const scep_in_use_t *in_use, apr_pool_t *pool)
{
    apr_array_header_t *cas = apr_array_make(pool, CAS, sizeof(char *));
    char written[APR_RFC822_DATE_LEN];
    int i;

    for (i = 0; i < in_use->cas->nelts; i++) {
        APR_ARRAY_PUSH(cas, const char *) =
            ca_text(pool, &APR_ARRAY_IDX(in_use->cas, i, scep_in_use_ca_t));
    }
    apr_rfc822_date(written, in_use->written);
    return apr_pstrcat(
        pool,
        object(
            pool, "  ", "comment",
            scep_json_string(
                pool, apr_pstrcat(pool, "Written by httpd at its start on ",
                                  written, " for scepctl; do not edit.", NULL)),
            SCEP_IN_USE_FORMAT, number(pool, SCEP_IN_USE_FORMAT_NUMBER),
            SCEP_IN_USE_VERSION, scep_json_string(pool, in_use->version),
            SCEP_IN_USE_WRITTEN, number(pool, in_use->written),
            SCEP_IN_USE_STATE_DIR, scep_json_string(pool, in_use->state_dir),
            SCEP_IN_USE_USER, scep_json_string(pool, in_use->user),
            SCEP_IN_USE_UID, number(pool, in_use->uid), SCEP_IN_USE_GID,
            number(pool, in_use->gid), SCEP_IN_USE_STATE_DIRS,
            strings(pool, in_use->state_dirs), SCEP_IN_USE_CONFS,
            confs_text(pool, in_use->confs), SCEP_IN_USE_CAS, array(pool, cas),
            NULL),
        "\n", NULL);
}

/* --- write and lock ------------------------------------------------------- */

static scep_status_e lock_file(const char *path, int *lock, scep_result_t *res)
{
    struct flock range = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    char text[128];

    if (fd < 0 || fcntl(fd, F_SETLK, &range) != 0) {
        scep_fail(res, SCEP_R_SETUP, "cannot lock %s: %s", path,
                  apr_strerror(APR_FROM_OS_ERROR(errno), text, sizeof(text)));
        if (fd >= 0) {
            close(fd);
        }
        return res->status;
    }
    *lock = fd;
    return SCEP_OK;
}

scep_status_e scep_in_use_write(const scep_in_use_t *in_use, gid_t gid,
                                apr_pool_t *pool, int *lock, scep_result_t *res)
{
    const char *path =
        apr_pstrcat(pool, in_use->state_dir, "/" SCEP_IN_USE_FILE, NULL);
    const char *text = text_of(in_use, pool);
    const scep_octets_t octets = {(const unsigned char *)text, strlen(text)};
    scep_status_e status =
        scep_file_write(path, octets, MODE, (uid_t)-1, gid, 1, pool, res);

    return status == SCEP_OK ? lock_file(path, lock, res) : status;
}
