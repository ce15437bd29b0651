/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_directives.h
 * The setters of the directive table, and the values they share; each checks
 * context and value and returns NULL or what is wrong. (httpd layer)
 */
#ifndef SCEP_DIRECTIVES_H
#define SCEP_DIRECTIVES_H

#include "scep_config.h"

#define SCEP_POLICY_CONTEXT                                                    \
    (NOT_IN_HTACCESS | NOT_IN_DIRECTORY | NOT_IN_FILES | NOT_IN_LIMIT |        \
     NOT_IN_PROXY)
#define SCEP_SERVER_CONTEXT NOT_IN_DIR_CONTEXT

/** The record of the server, or of the <ScepCA>, in which CMD stands. */
scep_server_config_t *scep_cmd_server(cmd_parms *cmd);

/** "<directive> <value>: <wanted>". */
const char *scep_bad_value(cmd_parms *cmd, const char *value,
                           const char *wanted);

/** The place of VALUE in WORDS, which end with NULL, of an endpoint's directive.
 * @param wanted what is said if it is none of them */
const char *scep_choose_word(cmd_parms *cmd, const char *value,
                             const char *const *words, const char *wanted,
                             int *choice);

/** A decimal number from MIN to MAX. */
const char *scep_parse_number(cmd_parms *cmd, const char *value,
                              apr_int64_t min, apr_int64_t max,
                              apr_int64_t *number);

/** A time as scep_span_parse() reads it. */
const char *scep_parse_time(cmd_parms *cmd, const char *value, int min_seconds,
                            int max_days, apr_interval_time_t *interval);

/** A path, taken from ServerRoot when relative; only per server. */
const char *scep_path_value(cmd_parms *cmd, const char *value,
                            const char **path);

/** The same, or the URI of a key. */
const char *scep_key_value(cmd_parms *cmd, const char *value,
                           const char **source);

/** The name in "<Section name>", of which httpd gives us "name>". */
const char *scep_section_name(cmd_parms *cmd, const char *args,
                              const char **name);

/** NAME of something stands in the configuration: it must be known in the end,
 * whichever comes first. Add it to *LIST (scep_named_t), made at need. */
void scep_note_name(cmd_parms *cmd, apr_array_header_t **list,
                    const char *name);

/* <ScepCA>: scep_directives_ca.c. */
const char *scep_section_ca(cmd_parms *cmd, void *dir, const char *args);
const char *scep_set_ca(cmd_parms *cmd, void *dir, const char *value);
const char *scep_add_ca_ident(cmd_parms *cmd, void *dir, const char *ident,
                              const char *name);

/* Per server and virtual host: scep_directives_server.c. */
const char *scep_set_engine(cmd_parms *cmd, void *dir, int on);
const char *scep_set_state_dir(cmd_parms *cmd, void *dir, const char *value);
const char *scep_set_master_file(cmd_parms *cmd, void *dir, const char *value);
const char *scep_set_database(cmd_parms *cmd, void *dir, const char *driver,
                              const char *params);
const char *scep_set_backend(cmd_parms *cmd, void *dir, const char *args);
const char *scep_set_ca_cert(cmd_parms *cmd, void *dir, const char *value);
const char *scep_set_ca_key(cmd_parms *cmd, void *dir, const char *value);
const char *scep_set_ca_chain(cmd_parms *cmd, void *dir, const char *value);
const char *scep_add_ra_cert(cmd_parms *cmd, void *dir, const char *value);
const char *scep_add_ra_key(cmd_parms *cmd, void *dir, const char *value);
const char *scep_set_dialog(cmd_parms *cmd, void *dir, const char *value);
const char *scep_set_password_max(cmd_parms *cmd, void *dir, const char *value);
const char *scep_set_password_max_per_user(cmd_parms *cmd, void *dir,
                                           const char *value);

/* What becomes of a CA and its certificates: scep_directives_issuer.c. */
const char *scep_set_crl_validity(cmd_parms *cmd, void *dir, const char *value);
const char *scep_set_crl_url(cmd_parms *cmd, void *dir, const char *value);
const char *scep_set_next_cert(cmd_parms *cmd, void *dir, const char *value);
const char *scep_set_next_key(cmd_parms *cmd, void *dir, const char *value);
const char *scep_set_ra_dir(cmd_parms *cmd, void *dir, const char *value);

/* Per endpoint: scep_directives_policy.c. */
const char *scep_set_algorithms(cmd_parms *cmd, void *dir, const char *value);
const char *scep_set_ec_reply(cmd_parms *cmd, void *dir, const char *value);
const char *scep_set_challenge(cmd_parms *cmd, void *dir, const char *value);
const char *scep_set_duplicate(cmd_parms *cmd, void *dir, const char *value);
const char *scep_set_name_relax(cmd_parms *cmd, void *dir, int argc,
                                char *const argv[]);
const char *scep_set_single(cmd_parms *cmd, void *dir, int on);
const char *scep_set_password_length(cmd_parms *cmd, void *dir,
                                     const char *value);
const char *scep_set_password_validity(cmd_parms *cmd, void *dir,
                                       const char *value);
/* Per endpoint: scep_directives_approval.c. */
const char *scep_set_approval(cmd_parms *cmd, void *dir, const char *value);
const char *scep_set_approval_expiry(cmd_parms *cmd, void *dir,
                                     const char *value);
const char *scep_set_approval_max(cmd_parms *cmd, void *dir, const char *value);
const char *scep_set_approval_max_of_address(cmd_parms *cmd, void *dir,
                                             const char *value);
const char *scep_set_approval_max_of_key(cmd_parms *cmd, void *dir,
                                         const char *value);

/* Per endpoint: scep_directives_renewal.c. */
const char *scep_set_renewal(cmd_parms *cmd, void *dir, int on);
const char *scep_set_renewal_profile(cmd_parms *cmd, void *dir,
                                     const char *value);
const char *scep_set_renewal_challenge(cmd_parms *cmd, void *dir,
                                       const char *value);
const char *scep_set_renewal_expired(cmd_parms *cmd, void *dir,
                                     const char *value);
const char *scep_set_renewal_any_name(cmd_parms *cmd, void *dir, int on);
const char *scep_set_renewal_window(cmd_parms *cmd, void *dir,
                                    const char *value);
const char *scep_set_renewal_revoke_old(cmd_parms *cmd, void *dir,
                                        const char *value);
const char *scep_set_renewal_digest(cmd_parms *cmd, void *dir,
                                    const char *value);

const char *scep_set_retry_window(cmd_parms *cmd, void *dir, const char *value);
const char *scep_set_page_encoding(cmd_parms *cmd, void *dir,
                                   const char *value);
const char *scep_set_max_request_size(cmd_parms *cmd, void *dir,
                                      const char *value);

/* <ScepProfile>: scep_directives_profile.c. */
const char *scep_section_profile(cmd_parms *cmd, void *dir, const char *args);
const char *scep_set_cert_validity(cmd_parms *cmd, void *dir,
                                   const char *value);
const char *scep_set_cert_backdate(cmd_parms *cmd, void *dir,
                                   const char *value);
const char *scep_set_cert_min_rsa(cmd_parms *cmd, void *dir, const char *value);
const char *scep_set_cert_digest(cmd_parms *cmd, void *dir, const char *value);
const char *scep_set_cert_key_types(cmd_parms *cmd, void *dir, int argc,
                                    char *const argv[]);
const char *scep_set_cert_other_signer(cmd_parms *cmd, void *dir, int on);
const char *scep_set_cert_key_usage(cmd_parms *cmd, void *dir, int argc,
                                    char *const argv[]);
const char *scep_set_cert_ext_key_usage(cmd_parms *cmd, void *dir, int argc,
                                        char *const argv[]);
const char *scep_set_profile(cmd_parms *cmd, void *dir, const char *value);
const char *scep_set_profile_by_usage(cmd_parms *cmd, void *dir,
                                      const char *signature,
                                      const char *encryption,
                                      const char *general);

/* Clients that differ: scep_directives_manner.c. */
const char *scep_set_reply_chain(cmd_parms *cmd, void *dir, const char *value);
const char *scep_set_ca_type(cmd_parms *cmd, void *dir, const char *value);
const char *scep_set_ca_order(cmd_parms *cmd, void *dir, const char *value);
const char *scep_set_sender_nonce(cmd_parms *cmd, void *dir, const char *value);
const char *scep_set_clear_challenge(cmd_parms *cmd, void *dir,
                                     const char *value);
const char *scep_set_empty_content(cmd_parms *cmd, void *dir,
                                   const char *value);
const char *scep_set_ndes_errors(cmd_parms *cmd, void *dir, int on);
const char *scep_set_signing_time(cmd_parms *cmd, void *dir, const char *value);

/** scep_note_name() for a profile. */
void scep_note_profile(cmd_parms *cmd, const char *name);

/* Limits: scep_directives_limits.c. */
const char *scep_set_failure_limit(cmd_parms *cmd, void *dir, const char *value,
                                   const char *beyond);
const char *scep_set_retention(cmd_parms *cmd, void *dir, const char *kind,
                               const char *value);
const char *scep_set_audit_refusals(cmd_parms *cmd, void *dir,
                                    const char *value);
/* The admin page: scep_directives_admin.c. */
const char *scep_set_admin_require(cmd_parms *cmd, void *dir,
                                   const char *value);

#endif
