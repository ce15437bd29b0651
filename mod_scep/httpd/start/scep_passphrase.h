/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_passphrase.h
 * ScepPassPhraseDialog: the passphrases of encrypted keys, asked for once and
 * kept for the server's life, so that a restart does not ask again.
 * (httpd layer)
 */
#ifndef SCEP_PASSPHRASE_H
#define SCEP_PASSPHRASE_H

#include "scep_config.h"

/** Baton of the functions below, which are scep_passphrase_fn. */
typedef struct scep_dialog_t {
    apr_pool_t *pool;         /* scratch */
    apr_pool_t *process_pool; /* where passphrases are kept */
    const char *program;      /* NULL: the terminal */
    bool may_prompt;          /* the terminal is still there */
    bool asked;               /* out: somebody wanted a passphrase */
    const char *problem;      /* out: why there is none; or NULL */
} scep_dialog_t;

void scep_dialog_init(scep_dialog_t *dialog, const server_rec *s,
                      const scep_server_config_t *conf, apr_pool_t *pool);

/** Kept, printed by the program, or typed in. */
int scep_dialog_passphrase(void *baton, const char *source, char *buf,
                           int size);

/** `apachectl -t`: has none, but notes that one was asked for. */
int scep_dialog_probe(void *baton, const char *source, char *buf, int size);

/**
 * First pass of a start, while there is a terminal: ask for the passphrases
 * of all encrypted key files of S whose dialog is `builtin`.
 */
scep_status_e scep_dialog_prompt(const server_rec *s,
                                 const scep_server_config_t *conf,
                                 apr_pool_t *pool, scep_result_t *res);

#endif
