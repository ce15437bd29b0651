/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_master.h
 * The master password of single-password mode (improvement 1 of NDES's
 * hotfix, KB959193): the file that holds it, and the process's view of that
 * file. (challenge layer: APR, OpenSSL)
 *
 * The file is CMS AuthEnvelopedData (AES-256-GCM) in PEM to the RA encryption
 * certificate, RSA or EC; `openssl cms -decrypt -inform PEM` recovers it. Its
 * plain text is
 *
 *     <password> LF
 *     previous <password> until <seconds since 1970> LF     (0 or 1 time)
 *
 * It belongs to the server's user, mode 0600: children read it again when it
 * changes. Servers that share a database keep the same envelope there instead.
 * The plain text is kept in wiped memory of a process and nowhere
 * else (invariant 6).
 */
#ifndef SCEP_MASTER_H
#define SCEP_MASTER_H

#include <sys/types.h>

#include <apr_tables.h>
#include <apr_time.h>

#include "scep_crypto.h"
#include "scep_env.h"

/** Octets of the longest password that can be set. */
#define SCEP_MASTER_MAX_LENGTH 255

/** The content of the file. Wiped with its pool. */
typedef struct scep_master_t {
    const char *password;
    const char *previous;      /* NULL: none */
    apr_time_t previous_until; /* it is good before this time, in microseconds;
                                * the file keeps whole seconds */
} scep_master_t;

/**
 * Read the file, check it and decrypt it.
 * @param pairs const scep_keypair_t *: RA pairs, newest first; an older one may
 *     still open the file
 * @param owner the uid that may own the file beside root and our euid
 * @return SCEP_OK; SCEP_NOT_FOUND (no such file; RES filled with SCEP_R_SETUP);
 *     SCEP_BROKEN (SCEP_R_SETUP): owner, mode, symlink, not CMS
 *     AuthEnvelopedData, other recipient, tampered, malformed; the detail names
 *     file and cure, never the content
 */
scep_status_e scep_master_read(const char *path,
                               const apr_array_header_t *pairs, uid_t owner,
                               apr_pool_t *pool, scep_master_t **master,
                               scep_result_t *res);

/**
 * Encrypt to RECIPIENT and replace the file atomically (fsync, rename, fsync
 * of the directory), owner UID:GID, mode 0600.
 * @param replace 0: an existing file is SCEP_REFUSED and stays as it is
 */
scep_status_e scep_master_write(const char *path, X509 *recipient,
                                const scep_master_t *master, uid_t uid,
                                gid_t gid, int replace, apr_pool_t *pool,
                                scep_result_t *res);

/**
 * Decrypt an envelope, wherever it is kept.
 * @param name that of the file or document, for messages
 * @return as scep_master_read(), except for faults of a file
 */
scep_status_e scep_master_decrypt(const char *name, scep_octets_t pem,
                                  const apr_array_header_t *pairs,
                                  apr_pool_t *pool, scep_master_t **master,
                                  scep_result_t *res);

/** Encrypt MASTER to RECIPIENT; the envelope is in PEM. */
scep_status_e scep_master_encrypt(X509 *recipient, const scep_master_t *master,
                                  apr_pool_t *pool, scep_octets_t *pem,
                                  scep_result_t *res);

/** True if TEXT may be a master password: 8 to SCEP_MASTER_MAX_LENGTH
 * characters of printable ASCII without blanks. */
bool scep_master_valid(const char *text);

/** Where an envelope is kept if not in a file. */
typedef struct scep_master_source_t {
    const char *name; /* for messages */
    void *baton;

    /** Get the current envelope, from POOL. Called by several threads at once.
     * @param version of the envelope; 0: there is none
     * @return SCEP_OK; SCEP_NOT_FOUND (RES filled): there is none;
     *     SCEP_UNAVAILABLE */
    scep_status_e (*fetch)(void *baton, apr_pool_t *pool, apr_int64_t *version,
                           scep_octets_t *pem, scep_result_t *res);

    /** Replace VERSION by another envelope.
     * @param stored false: VERSION is not the current one any more */
    scep_status_e (*put)(void *baton, apr_int64_t version, scep_octets_t pem,
                         apr_time_t now, apr_pool_t *pool, bool *stored,
                         scep_result_t *res);
} scep_master_source_t;

/** A process's view of one master password file, or source. */
typedef struct scep_master_view_t scep_master_view_t;

/**
 * Make a view; nothing is read yet. Safe to use from all threads of the
 * process once made; make it after fork() (or before, and use it only after).
 * @param pairs as scep_master_read(); must live as long as POOL
 */
scep_status_e scep_master_view_make(const char *path,
                                    const apr_array_header_t *pairs,
                                    uid_t owner, apr_pool_t *pool,
                                    scep_master_view_t **view,
                                    scep_result_t *res);

/** The same for a source, which is copied. */
scep_status_e scep_master_view_of(const scep_master_source_t *source,
                                  const apr_array_header_t *pairs,
                                  apr_pool_t *pool, scep_master_view_t **view,
                                  scep_result_t *res);

/**
 * The password to show, copied into memory of POOL that is wiped. Each call
 * looks at the file (stat) and reads it again if it has changed, so that a
 * rotation takes effect at once without a restart. A source is asked each time.
 * @return SCEP_OK, or as scep_master_read()
 */
scep_status_e scep_master_view_get(scep_master_view_t *view, apr_pool_t *pool,
                                   const char **password, scep_result_t *res);

/**
 * Compare CHALLENGE, in constant time, with the password and, while it is
 * good at NOW, the previous one.
 * @param match true if either is equal
 * @return SCEP_OK, or as scep_master_read() (then *MATCH is false)
 */
scep_status_e scep_master_view_check(scep_master_view_t *view,
                                     const char *challenge, apr_time_t now,
                                     apr_pool_t *pool, bool *match,
                                     scep_result_t *res);

/** How the password is to change. */
typedef struct scep_master_rotation_t {
    const char *password;        /* the new one */
    apr_interval_time_t overlap; /* the old one stays good; 0: not at all */
    apr_time_t now;
} scep_master_rotation_t;

/**
 * Replace the password in the file or source, encrypted to the newest of the
 * view's pairs. Several processes take turns. Without an overlap the old
 * password is not read, so this works even if it cannot be read.
 * @param previous_until until when the old password is good; 0: it is not
 * @return SCEP_OK once it is durable, or as scep_master_read() and
 *     scep_master_write()
 */
scep_status_e scep_master_view_rotate(scep_master_view_t *view,
                                      const scep_master_rotation_t *rotation,
                                      apr_pool_t *pool,
                                      apr_time_t *previous_until,
                                      scep_result_t *res);

#endif
