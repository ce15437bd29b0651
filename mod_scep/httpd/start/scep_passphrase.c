/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_passphrase.c: asks for passphrases, runs a program, and remembers.
 * (httpd layer)
 *
 * Passphrases are kept in the process pool, where this module can register no
 * clean-up, since its code is unloaded at each restart. A passphrase is wiped
 * when it is replaced; otherwise it ends with the process. It is used only
 * while the file is the same: a file that changed on disk may have another
 * passphrase.
 */
#include "scep_passphrase.h"

#include <sys/stat.h>

#include <apr_getopt.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "scep_ra_directory.h"

#define RETAINED_KEY "mod_scep: passphrases, layout 1"

enum { MAX_PASSPHRASE = 1024 };

typedef struct kept_t {
    struct kept_t *next;
    const char *source;
    apr_int64_t stamp[4]; /* of the file; all 0 for a URI */
    char *text;
    apr_size_t len;
} kept_t;

typedef struct retained_t {
    kept_t *first;
} retained_t;

void scep_dialog_init(scep_dialog_t *dialog, const server_rec *s,
                      const scep_server_config_t *conf, apr_pool_t *pool)
{
    memset(dialog, 0, sizeof(*dialog));
    dialog->pool = pool;
    dialog->process_pool = s->process->pool;
    dialog->program = conf->dialog_program;
}

static void stamp_of(const char *source, apr_int64_t stamp[4])
{
    struct stat st;

    memset(stamp, 0, 4 * sizeof(*stamp));
    if (!scep_source_is_uri(source) && stat(source, &st) == 0) {
        stamp[0] = st.st_mtim.tv_sec;
        stamp[1] = st.st_mtim.tv_nsec;
        stamp[2] = st.st_size;
        stamp[3] = (apr_int64_t)st.st_ino;
    }
}

static kept_t *find_passphrase(const char *source)
{
    const retained_t *retained = ap_retained_data_get(RETAINED_KEY);
    kept_t *kept = retained != NULL ? retained->first : NULL;

    while (kept != NULL && strcmp(kept->source, source) != 0) {
        kept = kept->next;
    }
    return kept;
}

static void keep_passphrase(const scep_dialog_t *dialog, const char *source,
                            const char *text, apr_size_t len)
{
    retained_t *retained = ap_retained_data_get(RETAINED_KEY);
    kept_t *kept = find_passphrase(source);

    if (retained == NULL) {
        retained = ap_retained_data_create(RETAINED_KEY, sizeof(*retained));
    }
    if (kept == NULL) {
        kept = apr_pcalloc(dialog->process_pool, sizeof(*kept));
        kept->source = apr_pstrdup(dialog->process_pool, source);
        kept->text = apr_palloc(dialog->process_pool, MAX_PASSPHRASE);
        kept->next = retained->first;
        retained->first = kept;
    }
    scep_wipe(kept->text, MAX_PASSPHRASE);
    memcpy(kept->text, text, len);
    kept->len = len;
    stamp_of(source, kept->stamp);
}

static int from_kept(const char *source, char *buf, int size)
{
    const kept_t *kept = find_passphrase(source);
    apr_int64_t stamp[4];

    stamp_of(source, stamp);
    if (kept == NULL || memcmp(stamp, kept->stamp, sizeof(stamp)) != 0 ||
        kept->len > (apr_size_t)size) {
        return -1;
    }
    memcpy(buf, kept->text, kept->len);
    return (int)kept->len;
}

static int from_program(scep_dialog_t *dialog, const char *source, char *buf,
                        int size)
{
    const char *argv[3];
    char *line;
    apr_size_t len;

    argv[0] = dialog->program;
    argv[1] = scep_source_text(dialog->pool, source); /* `ps` shows it */
    argv[2] = NULL;
    line = ap_get_exec_line(dialog->pool, dialog->program, argv);
    len = line != NULL ? strlen(line) : 0;
    if (len == 0 || len > (apr_size_t)size || len > MAX_PASSPHRASE) {
        dialog->problem = apr_psprintf(
            dialog->pool, "ScepPassPhraseDialog: %s printed no passphrase",
            dialog->program);
        scep_wipe(line, len);
        return -1;
    }
    memcpy(buf, line, len);
    scep_wipe(line, len);
    return (int)len;
}

static int from_terminal(scep_dialog_t *dialog, const char *source, char *buf,
                         int size)
{
    const char *prompt = apr_psprintf(
        dialog->pool,
        "mod_scep: passphrase of %s: ", scep_source_text(dialog->pool, source));
    char typed[MAX_PASSPHRASE];
    apr_size_t len = sizeof(typed);
    int result = -1;

    if (!dialog->may_prompt) {
        dialog->problem =
            "ScepPassPhraseDialog builtin can ask only while httpd is being "
            "started on a terminal: stop and start it, or use exec:";
        return -1;
    }
    if (apr_password_get(prompt, typed, &len) == APR_SUCCESS &&
        (len = strlen(typed)) > 0 && len <= (apr_size_t)size) {
        memcpy(buf, typed, len);
        result = (int)len;
    }
    else {
        dialog->problem =
            "no passphrase was typed in (ScepPassPhraseDialog builtin); "
            "where there is no terminal use exec:";
    }
    scep_wipe(typed, sizeof(typed));
    return result;
}

int scep_dialog_passphrase(void *baton, const char *source, char *buf, int size)
{
    scep_dialog_t *dialog = baton;
    int len = from_kept(source, buf, size);

    dialog->asked = true;
    if (len >= 0) {
        return len;
    }
    len = dialog->program != NULL ? from_program(dialog, source, buf, size)
                                  : from_terminal(dialog, source, buf, size);
    if (len > 0) {
        keep_passphrase(dialog, source, buf, (apr_size_t)len);
    }
    return len;
}

int scep_dialog_probe(void *baton, const char *source, char *buf, int size)
{
    scep_dialog_t *dialog = baton;

    (void)source;
    (void)buf;
    (void)size;
    dialog->asked = true;
    return -1;
}

static scep_status_e prompt_for(scep_dialog_t *dialog, const char *source,
                                scep_result_t *res)
{
    EVP_PKEY *key;
    scep_status_e status;

    if (source == NULL || scep_source_is_uri(source)) {
        return SCEP_OK;
    }
    dialog->asked = false;
    dialog->problem = NULL;
    status = scep_key_load(source, NULL, scep_dialog_passphrase, dialog,
                           dialog->pool, &key, res);
    if (status == SCEP_OK || !dialog->asked) {
        return SCEP_OK; /* other faults of the file are told later */
    }
    if (dialog->problem != NULL) {
        res->detail = dialog->problem;
    }
    return status;
}

scep_status_e scep_dialog_prompt(const server_rec *s,
                                 const scep_server_config_t *conf,
                                 apr_pool_t *pool, scep_result_t *res)
{
    scep_dialog_t dialog;
    scep_status_e status;
    apr_array_header_t *certs, *keys;
    int i;

    scep_dialog_init(&dialog, s, conf, pool);
    if (dialog.program != NULL) {
        return SCEP_OK;
    }
    dialog.may_prompt = true;
    status = scep_ra_files(conf, pool, &certs, &keys, res);
    if (status == SCEP_OK) {
        status = prompt_for(&dialog, conf->ca_key, res);
    }
    if (status == SCEP_OK) {
        status = prompt_for(&dialog, conf->next_key, res);
    }
    for (i = 0; status == SCEP_OK && i < keys->nelts; i++) {
        status = prompt_for(&dialog, APR_ARRAY_IDX(keys, i, const char *), res);
    }
    return status;
}
