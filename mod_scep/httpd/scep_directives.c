/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_directives.c: the directive table. What can be judged only when the
 * whole configuration is known is left to scep_config_check.c. httpd puts file
 * and line before every message. None of the directives is allowed in
 * .htaccess. (httpd layer)
 */
#include "scep_directives.h"

#include "scep_place.h"
#include "scep_sources.h"
#include "scep_trust.h"

#define POLICY (RSRC_CONF | ACCESS_CONF)

/* httpd's own macros, but for this: the setter is called through scep_place.c,
 * which notes where the value was set. */
#define ROW(directive, kind, by, func, args, where, help)                      \
    {                                                                          \
        directive, {.kind = (by)}, (void *)&(const scep_setter_t){func},       \
            where, args, help                                                  \
    }
#undef AP_INIT_FLAG
#undef AP_INIT_TAKE1
#undef AP_INIT_TAKE2
#undef AP_INIT_TAKE12
#undef AP_INIT_TAKE3
#undef AP_INIT_ITERATE
#undef AP_INIT_RAW_ARGS
#undef AP_INIT_TAKE_ARGV
#define AP_INIT_FLAG(directive, func, data, where, help)                       \
    ROW(directive, flag, scep_place_flag, .flag = (func), FLAG, where, help)
#define AP_INIT_TAKE1(directive, func, data, where, help)                      \
    ROW(directive, take1, scep_place_take1, .take1 = (func), TAKE1, where, help)
#define AP_INIT_ITERATE(directive, func, data, where, help)                    \
    ROW(directive, take1, scep_place_take1, .take1 = (func), ITERATE, where,   \
        help)
#define AP_INIT_RAW_ARGS(directive, func, data, where, help)                   \
    ROW(directive, raw_args, scep_place_take1, .take1 = (func), RAW_ARGS,      \
        where, help)
#define AP_INIT_TAKE2(directive, func, data, where, help)                      \
    ROW(directive, take2, scep_place_take2, .take2 = (func), TAKE2, where, help)
#define AP_INIT_TAKE12(directive, func, data, where, help)                     \
    ROW(directive, take2, scep_place_take2, .take2 = (func), TAKE12, where,    \
        help)
#define AP_INIT_TAKE3(directive, func, data, where, help)                      \
    ROW(directive, take3, scep_place_take3, .take3 = (func), TAKE3, where, help)
#define AP_INIT_TAKE_ARGV(directive, func, data, where, help)                  \
    ROW(directive, take_argv, scep_place_argv, .argv = (func), TAKE_ARGV,      \
        where, help)

const command_rec scep_directives[] = {
    AP_INIT_FLAG("ScepEngine", scep_set_engine, NULL, RSRC_CONF,
                 "On: serve SCEP in this server or virtual host"),
    AP_INIT_TAKE1("ScepStateDir", scep_set_state_dir, NULL, RSRC_CONF,
                  "directory that holds the module's state"),
    AP_INIT_TAKE1("ScepMasterPasswordFile", scep_set_master_file, NULL,
                  RSRC_CONF, "file that holds the master password, encrypted"),
    AP_INIT_TAKE12("ScepDatabase", scep_set_database, NULL, RSRC_CONF,
                   "driver (sqlite3) and its parameters (a path)"),
    AP_INIT_RAW_ARGS("ScepCABackend", scep_set_backend, NULL, RSRC_CONF,
                     "name of the CA backend and its arguments"),
    AP_INIT_TAKE1("ScepCACertificateFile", scep_set_ca_cert, NULL, RSRC_CONF,
                  "certificate of the issuing CA, PEM or DER"),
    AP_INIT_TAKE1("ScepCAKey", scep_set_ca_key, NULL, RSRC_CONF,
                  "private key of the issuing CA: path or OSSL_STORE URI"),
    AP_INIT_TAKE1("ScepCAChainFile", scep_set_ca_chain, NULL, RSRC_CONF,
                  "certificates above the issuing CA, PEM"),
    AP_INIT_TAKE1("ScepRACertificateFile", scep_add_ra_cert, NULL, RSRC_CONF,
                  "certificate of an RA pair; repeatable, newest first"),
    AP_INIT_TAKE1("ScepRAKey", scep_add_ra_key, NULL, RSRC_CONF,
                  "key of an RA pair: path or OSSL_STORE URI; repeatable, in "
                  "the order of ScepRACertificateFile"),
    AP_INIT_TAKE1("ScepRADirectory", scep_set_ra_dir, NULL, RSRC_CONF,
                  "directory of RA pairs NAME.crt and NAME.key, the newest by "
                  "name first"),
    AP_INIT_TAKE1("ScepNextCACertificateFile", scep_set_next_cert, NULL,
                  RSRC_CONF, "certificate of the CA that takes over one day"),
    AP_INIT_TAKE1("ScepNextCAKey", scep_set_next_key, NULL, RSRC_CONF,
                  "its private key: path or OSSL_STORE URI"),
    AP_INIT_TAKE1("ScepCRLValidity", scep_set_crl_validity, NULL, RSRC_CONF,
                  "how long a CRL is valid"),
    AP_INIT_TAKE1("ScepCRLDistributionPoint", scep_set_crl_url, NULL, RSRC_CONF,
                  "URL of the CRL, for issued certificates"),
    AP_INIT_TAKE1("ScepPassPhraseDialog", scep_set_dialog, NULL, RSRC_CONF,
                  "builtin, or exec:/path of a program that prints the "
                  "passphrase of the key it is given"),
    AP_INIT_TAKE1("ScepPasswordMax", scep_set_password_max, NULL, RSRC_CONF,
                  "most one-time passwords outstanding at a time"),
    AP_INIT_TAKE1("ScepAlgorithms", scep_set_algorithms, NULL, POLICY,
                  "modern, compatible or legacy"),
    AP_INIT_ITERATE("ScepECReply", scep_set_ec_reply, NULL, POLICY,
                    "how replies to EC keys are encrypted, tried in this "
                    "order: password, key-agreement; or refuse"),
    AP_INIT_ITERATE("ScepChallenge", scep_set_challenge, NULL, POLICY,
                    "what a challenge may be, tried in this order: one-time, "
                    "single, authn:provider, \"exec:/program arguments\", "
                    "none"),
    AP_INIT_FLAG("ScepUseSinglePassword", scep_set_single, NULL, POLICY,
                 "On: one password for all devices, which never expires"),
    AP_INIT_TAKE1("ScepPasswordLength", scep_set_password_length, NULL, POLICY,
                  "random octets in a one-time password"),
    AP_INIT_TAKE1("ScepPasswordValidity", scep_set_password_validity, NULL,
                  POLICY, "how long a one-time password may be used"),
    AP_INIT_TAKE1("ScepPasswordMaxPerUser", scep_set_password_max_per_user,
                  NULL, POLICY,
                  "off, or most one-time passwords that a user has outstanding "
                  "at a time"),
    AP_INIT_TAKE1("ScepDuplicateSubject", scep_set_duplicate, NULL, POLICY,
                  "allow, revoke or refuse: where the subject of a first "
                  "enrolment has a valid certificate"),
    AP_INIT_TAKE_ARGV("ScepNameRelax", scep_set_name_relax, NULL, POLICY,
                      "none, or lengths and syntax: rules of RFC 5280 for "
                      "names that do not count"),
    AP_INIT_TAKE1("ScepApproval", scep_set_approval, NULL, POLICY,
                  "automatic, or manual: an operator decides"),
    AP_INIT_TAKE1("ScepApprovalExpiry", scep_set_approval_expiry, NULL, POLICY,
                  "how long a request waits"),
    AP_INIT_TAKE1("ScepApprovalMax", scep_set_approval_max, NULL, POLICY,
                  "most requests that wait at a time"),
    AP_INIT_TAKE1("ScepApprovalMaxPerAddress", scep_set_approval_max_of_address,
                  NULL, POLICY, "most of them from one address"),
    AP_INIT_TAKE1("ScepApprovalMaxPerKey", scep_set_approval_max_of_key, NULL,
                  POLICY, "most of them that one key has signed"),
    AP_INIT_FLAG("ScepRenewal", scep_set_renewal, NULL, POLICY,
                 "On: a certificate authorizes its successor"),
    AP_INIT_TAKE1("ScepRenewalExpired", scep_set_renewal_expired, NULL, POLICY,
                  "On, Off, or how long after its notAfter a certificate may "
                  "still be renewed"),
    AP_INIT_FLAG("ScepDisableRenewalSubjectNameMatch",
                 scep_set_renewal_any_name, NULL, POLICY,
                 "On: a renewal may change subject and alternative names"),
    AP_INIT_TAKE1("ScepRenewalProfile", scep_set_renewal_profile, NULL, POLICY,
                  "kept: a renewal gets the profile of the old certificate; "
                  "or endpoint"),
    AP_INIT_TAKE1("ScepRenewalChallenge", scep_set_renewal_challenge, NULL,
                  POLICY,
                  "ignore, or require: a renewal needs a challenge besides"),
    AP_INIT_TAKE1("ScepRenewalWindow", scep_set_renewal_window, NULL, POLICY,
                  "how early before its notAfter a certificate may be "
                  "renewed: a time, a part of its validity such as 20%, any"),
    AP_INIT_TAKE1("ScepRenewalRevokeOld", scep_set_renewal_revoke_old, NULL,
                  POLICY,
                  "On, Off, or how long after its renewal the old certificate "
                  "is revoked"),
    AP_INIT_TAKE1("ScepRenewalDigest", scep_set_renewal_digest, NULL, POLICY,
                  "weakest digest of a renewal's signature: md5, sha1 or "
                  "sha256"),
    AP_INIT_TAKE1("ScepRenewalTrust", scep_add_renewal_trust, NULL, POLICY,
                  "certificates of further CAs whose certificates are renewed "
                  "here, PEM; repeatable"),
    AP_INIT_TAKE12("ScepFailureLimit", scep_set_failure_limit, NULL, POLICY,
                   "off, or how many challenges may be refused in which time, "
                   "and delay or refuse for what is done beyond that"),
    AP_INIT_TAKE1("ScepExecTimeout", scep_set_exec_timeout, NULL, RSRC_CONF,
                  "how long a program of ScepChallenge exec: may take"),
    AP_INIT_TAKE1("ScepExecWorkers", scep_set_exec_workers, NULL, RSRC_CONF,
                  "how many of a program of ScepChallenge exec: run at a time"),
    AP_INIT_TAKE1("ScepAuditRefusals", scep_set_audit_refusals, NULL, RSRC_CONF,
                  "how many refusals are kept in the audit trail"),
    AP_INIT_TAKE2("ScepRetention", scep_set_retention, NULL, RSRC_CONF,
                  "passwords, refusals or audit, and how long they are kept "
                  "when they are over, or off"),
    AP_INIT_TAKE1("ScepRetryWindow", scep_set_retry_window, NULL, POLICY,
                  "how long a repeated request gets its answer again"),
    AP_INIT_RAW_ARGS("<ScepCA", scep_section_ca, NULL, RSRC_CONF,
                     "defines a further CA of this server"),
    AP_INIT_TAKE1("ScepCA", scep_set_ca, NULL, POLICY,
                  "name of the <ScepCA> that the endpoint serves"),
    AP_INIT_TAKE2("ScepCAIdent", scep_add_ca_ident, NULL, POLICY,
                  "a CA-IDENT and the name of the <ScepCA> that it chooses"),
    AP_INIT_RAW_ARGS("<ScepProfile", scep_section_profile, NULL, RSRC_CONF,
                     "defines a certificate profile"),
    AP_INIT_TAKE1("ScepCertValidity", scep_set_cert_validity, NULL, RSRC_CONF,
                  "how long a certificate is valid"),
    AP_INIT_TAKE1("ScepCertBackdate", scep_set_cert_backdate, NULL, RSRC_CONF,
                  "how long ago its validity begins"),
    AP_INIT_TAKE1("ScepCertMinRSABits", scep_set_cert_min_rsa, NULL, RSRC_CONF,
                  "the shortest RSA key"),
    AP_INIT_TAKE_ARGV("ScepCertKeyTypes", scep_set_cert_key_types, NULL,
                      RSRC_CONF, "kinds of keys that get certificates"),
    AP_INIT_FLAG("ScepCertOtherSigner", scep_set_cert_other_signer, NULL,
                 RSRC_CONF,
                 "On: another key than that to be certified may sign"),
    AP_INIT_TAKE1("ScepCertDigest", scep_set_cert_digest, NULL, RSRC_CONF,
                  "digest of a certificate's signature"),
    AP_INIT_TAKE_ARGV("ScepCertKeyUsage", scep_set_cert_key_usage, NULL,
                      RSRC_CONF, "keyUsage that can be had"),
    AP_INIT_TAKE_ARGV("ScepCertExtKeyUsage", scep_set_cert_ext_key_usage, NULL,
                      RSRC_CONF, "extendedKeyUsage, or none"),
    AP_INIT_TAKE1("ScepProfile", scep_set_profile, NULL, POLICY,
                  "certificate profile of the endpoint"),
    AP_INIT_TAKE3("ScepProfileByKeyUsage", scep_set_profile_by_usage, NULL,
                  POLICY,
                  "profiles for requests that ask for signature, encryption, "
                  "and both or nothing"),
    AP_INIT_TAKE1("ScepAdminPageEncoding", scep_set_page_encoding, NULL, POLICY,
                  "utf-16 (as NDES) or utf-8"),
    AP_INIT_TAKE1("ScepAdminRequire", scep_set_admin_require, NULL, POLICY,
                  "expression that must be true for what a user does on the "
                  "admin page"),
    AP_INIT_TAKE1("ScepMaxRequestSize", scep_set_max_request_size, NULL, POLICY,
                  "largest request body, in octets"),
    AP_INIT_TAKE1("ScepReplyChain", scep_set_reply_chain, NULL, POLICY,
                  "none, issuer or full: what follows an issued certificate"),
    AP_INIT_TAKE1("ScepCACertType", scep_set_ca_type, NULL, POLICY,
                  "auto, bundle or ca: what GetCACert gives"),
    AP_INIT_TAKE1("ScepCACertOrder", scep_set_ca_order, NULL, POLICY,
                  "ra-first or ca-first: the order in a bundle"),
    AP_INIT_TAKE1("ScepSenderNonce", scep_set_sender_nonce, NULL, POLICY,
                  "required or optional"),
    AP_INIT_TAKE1("ScepClearChallenge", scep_set_clear_challenge, NULL, POLICY,
                  "accept or refuse: a challenge outside of the envelope"),
    AP_INIT_TAKE1("ScepEmptyContent", scep_set_empty_content, NULL, POLICY,
                  "auto, never or always: an empty eContent in a refusal"),
    AP_INIT_FLAG("ScepNDESErrors", scep_set_ndes_errors, NULL, POLICY,
                 "On: Microsoft's error attribute in a refusal"),
    AP_INIT_TAKE1("ScepSigningTimeTolerance", scep_set_signing_time, NULL,
                  POLICY, "Off, or how far off a signingTime may be"),
    {NULL, {NULL}, NULL, 0, RAW_ARGS, NULL}};
