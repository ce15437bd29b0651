/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * A pkiMessage's way through the protocol layer, for the targets that make one
 * of their input.
 */
#ifndef SCEP_FUZZ_MESSAGE_H
#define SCEP_FUZZ_MESSAGE_H

#include "fuzz.h"
#include "scep_pkimessage.h"

/** Of the legacy level: they are all there. Made by fuzz_set_up(). */
extern scep_algs_t *fuzz_algs;

/** To be called first, as often as you like. */
void fuzz_set_up(void);

/** A file of the source tree, to be read. Owned by POOL. */
BIO *fuzz_file(apr_pool_t *pool, const char *name);

/** The outer layer of DER. NULL if it is refused. */
scep_pkimessage_t *fuzz_decode(scep_octets_t der, apr_pool_t *pool,
                               scep_result_t *res);

/** Open what MSG has as its envelope, and read what is in it. Good messageData
 * counts as accepted. */
void fuzz_open(scep_pkimessage_t *msg, scep_result_t *res);

#endif
