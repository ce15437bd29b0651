/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_passphrase.h
 * ScepPassPhraseDialog: gets the passphrases of encrypted keys once and keeps
 * them while httpd runs, so that a restart does not ask again. (httpd layer)
 */
#ifndef SCEP_PASSPHRASE_H
#define SCEP_PASSPHRASE_H

#include "scep_config.h"

/** The baton of the functions below, which are of the type
 * scep_passphrase_fn. */
typedef struct scep_dialog_t {
    apr_pool_t *pool;         /* scratch */
    apr_pool_t *process_pool; /* where passphrases are kept */
    const char *program;      /* NULL: the terminal */
    bool may_prompt;          /* the terminal is still there */
    bool asked;               /* out: a passphrase was asked for */
    const char *problem;      /* out: why there is none; or NULL */
} scep_dialog_t;

void scep_dialog_init(scep_dialog_t *dialog, const server_rec *s,
                      const scep_server_config_t *conf, apr_pool_t *pool);

/** A passphrase that was kept, that the program prints, or that is typed in. */
int scep_dialog_passphrase(void *baton, const char *source, char *buf,
                           int size);

/** `apachectl -t`: gives none, but notes that one was asked for. */
int scep_dialog_probe(void *baton, const char *source, char *buf, int size);

/**
 * First pass of a start, while there is a terminal: ask for the passphrases of
 * all encrypted key files of S with the dialog `builtin`.
 */
scep_status_e scep_dialog_prompt(const server_rec *s,
                                 const scep_server_config_t *conf,
                                 apr_pool_t *pool, scep_result_t *res);

#endif
