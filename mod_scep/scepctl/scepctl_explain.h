/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scepctl_explain.h
 * What `scepctl decode` prints about each kind of object. Whatever a peer
 * wrote is escaped; nothing that could be a challenge is printed unless asked
 * for. (scepctl)
 */
#ifndef SCEPCTL_EXPLAIN_H
#define SCEPCTL_EXPLAIN_H

#include <apr_tables.h>

#include "scep_alg.h"
#include "scepctl.h"

/** How deep messages may be enclosed in each other. */
#define SCEPCTL_MAX_LAYERS 6

typedef struct scepctl_explain_t {
    scepctl_t *ctl;
    OSSL_LIB_CTX *libctx;      /* everything is parsed in it */
    const scep_algs_t *algs;   /* all that can be had */
    apr_array_header_t *pairs; /* scep_keypair_t *: may decrypt */
    bool show_challenge;
    int layer;   /* how many objects we are in */
    bool faulty; /* something was wrong: exit status 2 */
} scepctl_explain_t;

/** A line "  label: text" at the present layer. */
void scepctl_say(const scepctl_explain_t *x, const char *label, const char *fmt,
                 ...) __attribute__((format(printf, 3, 4)));

/** The same for what is wrong. */
void scepctl_say_fault(scepctl_explain_t *x, const char *label, const char *fmt,
                       ...) __attribute__((format(printf, 3, 4)));

/** A heading; what follows is one layer further in until scepctl_leave(). */
void scepctl_enter(scepctl_explain_t *x, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void scepctl_leave(scepctl_explain_t *x);

/** Whatever DER is. WHERE names it in a heading: "Content". */
void scepctl_explain(scepctl_explain_t *x, const char *where,
                     scep_octets_t der);

/** Each returns false, having printed nothing, when DER is none of these. */
bool scepctl_explain_csr(scepctl_explain_t *x, const char *where,
                         scep_octets_t der);
bool scepctl_explain_certificate(scepctl_explain_t *x, const char *where,
                                 scep_octets_t der);

/** Names, serial, validity, key, extensions and fingerprints. */
void scepctl_explain_x509(scepctl_explain_t *x, X509 *cert);

/** "RSA 2048", "EC P-256". */
const char *scepctl_key_text(const scepctl_explain_t *x, const EVP_PKEY *key);

/** The name of an algorithm or attribute, dotted if it has none. */
const char *scepctl_object_text(const scepctl_explain_t *x,
                                const ASN1_OBJECT *object);

/** Each on a line. */
void scepctl_explain_extensions(scepctl_explain_t *x,
                                const scep_extensions_t *extensions);

/* ---- the signed attributes of a message ---- */

/** One line. Values of attributes that are not known are not printed: macOS
 * puts the challenge there (Q23). */
void scepctl_explain_attribute(scepctl_explain_t *x, X509_ATTRIBUTE *attribute);

/** True if SI has a messageType, and not that of a CertRep. */
bool scepctl_is_request(CMS_SignerInfo *si);

#endif
