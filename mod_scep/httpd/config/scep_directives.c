/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_directives.c: the table of directives. A row defines a setting: its
 * name, where it can stand, its default, the member it sets, bounds or words,
 * and help. scep_setting.c does the rest. CONTRIBUTING says how to add a
 * directive. What can be judged only when the whole configuration is known is
 * checked by scep_config_check.c. (httpd layer)
 */
#include "scep_directives.h"

#include "scep_challenge_table.h"
#include "scep_password.h"

/* For each context (scep_context_e): the record, and what httpd must allow. */
#define RECORD_MAIN scep_server_config_t
#define RECORD_SERVER scep_server_config_t
#define RECORD_POLICY scep_dir_config_t
#define RECORD_PROFILE scep_profile_t
#define WHERE_MAIN RSRC_CONF
#define WHERE_SERVER RSRC_CONF
#define WHERE_POLICY (RSRC_CONF | ACCESS_CONF)
#define WHERE_PROFILE RSRC_CONF

/* For each kind of arguments: the function, and httpd's name of the kind. */
#define CALL_flag .func = {.flag = scep_setting_flag}, .args_how = FLAG
#define CALL_take1 .func = {.take1 = scep_setting_take1}, .args_how = TAKE1
#define CALL_iterate .func = {.take1 = scep_setting_take1}, .args_how = ITERATE
#define CALL_raw .func = {.raw_args = scep_setting_take1}, .args_how = RAW_ARGS
#define CALL_take2 .func = {.take2 = scep_setting_take2}, .args_how = TAKE2
#define CALL_take12 .func = {.take2 = scep_setting_take2}, .args_how = TAKE12
#define CALL_take3 .func = {.take3 = scep_setting_take3}, .args_how = TAKE3
#define CALL_argv                                                              \
    .func = {.take_argv = scep_setting_argv}, .args_how = TAKE_ARGV

/* READER sets the members from FIRST to LAST. */
#define ROW(args, directive, where, value, first, last, reader, help, ...)     \
    {                                                                          \
        .name = (directive), CALL_##args, .req_override = WHERE_##where,       \
        .errmsg = (help), .cmd_data = (void *)&(const scep_setting_t)          \
        {                                                                      \
            .context = SCEP_AT_##where, .otherwise = (value),                  \
            .offset = offsetof(RECORD_##where, first),                         \
            .size = offsetof(RECORD_##where, last) +                           \
                    sizeof(((RECORD_##where *)0)->last) -                      \
                    offsetof(RECORD_##where, first),                           \
            .read = (reader), __VA_ARGS__                                      \
        }                                                                      \
    }
#define SPECIAL(args, directive, where, value, first, last, reader, help)      \
    ROW(args, directive, where, value, first, last, reader, help, .ca = 0)
#define FLAG(directive, where, value, member, help)                            \
    ROW(flag, directive, where, value, member, member, scep_read_flag, help,   \
        .ca = 0)
#define TEXT(directive, where, value, member, kind, help)                      \
    ROW(take1, directive, where, value, member, member, scep_read_##kind,      \
        help, .ca = 0)
#define WORDS(...)                                                             \
    .words = (const scep_word_t[])                                             \
    {                                                                          \
        __VA_ARGS__,                                                           \
        {                                                                      \
            NULL, 0                                                            \
        }                                                                      \
    }
#define WORD(directive, where, value, member, help, ...)                       \
    ROW(take1, directive, where, value, member, member, scep_read_word, help,  \
        WORDS(__VA_ARGS__))
#define NAME(directive, where, value, member, help, ...)                       \
    ROW(take1, directive, where, value, member, member, scep_read_name, help,  \
        WORDS(__VA_ARGS__))
#define BETWEEN(least, most) .min = (least), .max = (most)
#define NUMBER(directive, where, value, member, least, most, help)             \
    ROW(take1, directive, where, value, member, member, scep_read_number,      \
        help, BETWEEN(least, most))
/* LEAST is in seconds, MOST in days. */
#define TIME(directive, where, value, member, least, most, help)               \
    ROW(take1, directive, where, value, member, member, scep_read_time, help,  \
        BETWEEN(least, most))
#define SECONDS(directive, where, value, member, least, most, help)            \
    ROW(take1, directive, where, value, member, member, scep_read_seconds,     \
        help, BETWEEN(least, most))

#define OF_CA (SCEP_CA_PART | SCEP_CA_SECTION)
#define OR_OFF WORDS({"off", 0})

const command_rec scep_directives[] = {
    FLAG("ScepEngine", SERVER, "Off", engine,
         "On: serve SCEP in this server or virtual host"),
    TEXT("ScepStateDir", SERVER, "/var/lib/mod_scep", state_dir, path,
         "directory that holds the module's state"),
    SPECIAL(take12, "ScepDatabase", SERVER, NULL, db_driver, db_params,
            scep_read_database, "driver (sqlite3) and its parameters (a path)"),

    /* the CA */
    ROW(raw, "ScepCABackend", SERVER, "local", backend, backend_args,
        scep_read_backend, "name of the CA backend and its arguments",
        .ca = OF_CA | SCEP_CA_ITSELF),
    ROW(take1, "ScepCACertificateFile", SERVER, NULL, ca_cert, ca_cert,
        scep_read_path, "certificate of the issuing CA, PEM or DER",
        .ca = OF_CA | SCEP_CA_ITSELF),
    ROW(take1, "ScepCAKey", SERVER, NULL, ca_key, ca_key, scep_read_key,
        "private key of the issuing CA: path or OSSL_STORE URI", .ca = OF_CA),
    ROW(take1, "ScepCAChainFile", SERVER, NULL, ca_chain, ca_chain,
        scep_read_path, "certificates above the issuing CA, PEM", .ca = OF_CA),
    ROW(take1, "ScepNextCACertificateFile", SERVER, NULL, next_cert, next_cert,
        scep_read_path, "certificate of the next CA, which takes over one day",
        .ca = OF_CA),
    ROW(take1, "ScepNextCAKey", SERVER, NULL, next_key, next_key, scep_read_key,
        "its private key: path or OSSL_STORE URI", .ca = OF_CA),
    ROW(take1, "ScepRACertificateFile", SERVER, NULL, ra_certs, ra_certs,
        scep_read_paths, "certificate of an RA pair; repeatable, newest first",
        .ca = OF_CA | SCEP_CA_RA),
    ROW(take1, "ScepRAKey", SERVER, NULL, ra_keys, ra_keys, scep_read_keys,
        "key of an RA pair: path or OSSL_STORE URI; repeatable, in the order "
        "of ScepRACertificateFile",
        .ca = OF_CA | SCEP_CA_RA),
    ROW(take1, "ScepRADirectory", SERVER, NULL, ra_dir, ra_dir, scep_read_path,
        "directory of RA pairs NAME.crt and NAME.key, the newest by name first",
        .ca = OF_CA | SCEP_CA_RA),
    ROW(take1, "ScepCRLDistributionPoint", SERVER, NULL, crl_url, crl_url,
        scep_read_crl_url, "URL of the CRL, for issued certificates",
        .ca = OF_CA),
    ROW(take1, "ScepCRLValidity", SERVER, "7d", crl_validity, crl_validity,
        scep_read_time, "how long a CRL is valid", .min = 60, .max = 3650,
        .ca = SCEP_CA_SECTION),
    ROW(take1, "ScepPassPhraseDialog", SERVER, "builtin", dialog_program,
        dialog_program, scep_read_dialog,
        "builtin, or exec:/path of a program that prints the passphrase of "
        "the key it is given",
        .ca = SCEP_CA_SECTION),
    ROW(take1, "ScepMasterPasswordFile", SERVER, "master-password.cms",
        master_file, master_file, scep_read_text,
        "file that holds the master password, encrypted",
        .ca = SCEP_CA_SECTION),
    SPECIAL(raw, "<ScepCA", SERVER, NULL, cas, cas, scep_read_ca_section,
            "defines a further CA of this server"),
    TEXT("ScepCA", POLICY, NULL, ca, text,
         "name of the <ScepCA> that the endpoint serves"),
    ROW(take2, "ScepCAIdent", POLICY, NULL, ca_idents, ca_idents,
        scep_read_ca_ident,
        "a CA-IDENT and the name of the <ScepCA> that it chooses",
        .merge = scep_merge_ca_idents),

    ROW(take1, "ScepMaxConcurrent", MAIN, "auto", max_concurrent,
        max_concurrent, scep_read_number,
        "auto, off, or how many messages of devices are worked on at a time",
        .min = 0, .max = 100000, WORDS({"auto", -1}, {"off", 0})),

    /* challenges */
    SPECIAL(iterate, "ScepChallenge", POLICY, "one-time", policy.sources,
            policy.sources, scep_read_challenge,
            "sources of passwords, tried in this order: one-time, single, "
            "authn:provider, \"exec:/program arguments\", none"),
    SPECIAL(flag, "ScepUseSinglePassword", POLICY, "Off", policy.sources,
            policy.sources, scep_read_single,
            "On: one password for all devices, which never expires"),
    NUMBER("ScepPasswordMax", MAIN, "10000", password_max,
           SCEP_CHALLENGE_MIN_CAPACITY, SCEP_CHALLENGE_MAX_CAPACITY,
           "most one-time passwords outstanding at a time"),
    ROW(take1, "ScepPasswordMaxPerUser", POLICY, "off",
        policy.password_max_per_user, policy.password_max_per_user,
        scep_read_number,
        "off, or most one-time passwords that a user has outstanding at a time",
        .min = 1, .max = SCEP_CHALLENGE_MAX_CAPACITY, OR_OFF),
    NUMBER("ScepPasswordLength", POLICY, "8", policy.password_length,
           SCEP_PASSWORD_MIN_LENGTH, SCEP_PASSWORD_MAX_LENGTH,
           "random octets in a one-time password"),
    TIME("ScepPasswordValidity", POLICY, "60m", policy.password_validity, 1,
         366, "how long a one-time password may be used"),
    SPECIAL(take12, "ScepFailureLimit", POLICY, "100/10m delay",
            policy.failure_limit, policy.failure_limit, scep_read_failure_limit,
            "off, or how many passwords may fail in what time, then delay or "
            "refuse for what happens beyond that"),
    TIME("ScepExecTimeout", SERVER, "10s", exec_timeout, 1, 1,
         "how long a program of ScepChallenge exec: or ScepCABackend exec may "
         "take"),
    NUMBER("ScepExecWorkers", SERVER, "8", exec_workers, 1, 1000,
           "how many runs of such a program there are at a time"),

    /* the admin page */
    WORD("ScepAdminPageEncoding", POLICY, "utf-16", page_encoding,
         "utf-16 (as NDES) or utf-8", {"utf-16", SCEP_PAGE_UTF16},
         {"utf-8", SCEP_PAGE_UTF8}),
    SPECIAL(take1, "ScepAdminRequire", POLICY, NULL, admin_require,
            admin_require, scep_read_admin_require,
            "expression that must be true for what a user does on the admin "
            "page"),

    /* retention */
    NUMBER("ScepAuditRefusals", SERVER, "10000", audit_refusals, 0, 100000,
           "how many refusals are kept in the audit trail"),
    ROW(take2, "ScepRetention", SERVER, NULL, retention, retention,
        scep_read_retention,
        "a kind of rows, and how long the database keeps old ones, or off",
        .merge = scep_merge_retention),

    /* first enrolments */
    WORD("ScepAlgorithms", POLICY, "compatible", level,
         "modern, compatible or legacy", {"modern", SCEP_LEVEL_MODERN},
         {"compatible", SCEP_LEVEL_COMPATIBLE}, {"legacy", SCEP_LEVEL_LEGACY}),
    NUMBER("ScepMaxRequestSize", POLICY, "65536", policy.max_request_size, 4096,
           1048576, "largest request body, in octets"),
    TIME("ScepRetryWindow", POLICY, "20m", policy.retry_window, 0, 7,
         "how long a repeated request gets its answer again"),
    WORD("ScepDuplicateSubject", POLICY, "allow", policy.duplicate,
         "allow, revoke or refuse: if the subject of a first enrolment has a "
         "valid certificate",
         {"allow", SCEP_DUPLICATE_ALLOW}, {"revoke", SCEP_DUPLICATE_REVOKE},
         {"refuse", SCEP_DUPLICATE_REFUSE}),
    SPECIAL(argv, "ScepNameRelax", POLICY, "none", policy.name_rules,
            policy.name_rules, scep_read_name_relax,
            "none, or lengths and syntax: rules of RFC 5280 for names that are "
            "switched off"),
    WORD("ScepApproval", POLICY, "automatic", policy.approval.manual,
         "automatic, or manual: an operator decides", {"automatic", false},
         {"manual", true}),
    TIME("ScepApprovalExpiry", POLICY, "7d", policy.approval.expiry, 1, 366,
         "how long a request waits"),
    NUMBER("ScepApprovalMax", POLICY, "1000", policy.approval.limits.all, 1,
           100000, "most requests that wait at a time"),
    NUMBER("ScepApprovalMaxPerAddress", POLICY, NULL,
           policy.approval.limits.network, 1, 100000,
           "most requests that wait from one address"),
    NUMBER("ScepApprovalMaxPerKey", POLICY, "1", policy.approval.limits.key, 1,
           100000, "most requests that wait and are signed with one key"),

    /* renewals */
    FLAG("ScepRenewal", POLICY, "On", policy.renewal.on,
         "On: a certificate authorizes its successor"),
    SPECIAL(take1, "ScepRenewalExpired", POLICY, "On", policy.renewal.expired,
            policy.renewal.expired_for, scep_read_renewal_expired,
            "On, Off, or how long after its notAfter a certificate may still "
            "be renewed"),
    FLAG("ScepDisableRenewalSubjectNameMatch", POLICY, "Off",
         policy.renewal.any_name,
         "On: a renewal may change subject and alternative names"),
    WORD("ScepRenewalProfile", POLICY, "kept",
         policy.renewal.profile_of_endpoint,
         "kept: a renewal gets the profile of the old certificate; or endpoint",
         {"kept", false}, {"endpoint", true}),
    WORD("ScepRenewalChallenge", POLICY, "ignore", policy.renewal.challenge,
         "ignore, or require: a renewal also needs a password",
         {"ignore", false}, {"require", true}),
    SPECIAL(take1, "ScepRenewalWindow", POLICY, "any", policy.renewal.window,
            policy.renewal.window_percent, scep_read_renewal_window,
            "how early before its notAfter a certificate may be renewed: a "
            "time, a part of its validity such as 20%, any"),
    SPECIAL(take1, "ScepRenewalRevokeOld", POLICY, "Off",
            policy.renewal.revoke_old, policy.renewal.revoke_delay,
            scep_read_renewal_revoke_old,
            "On, Off, or how long after its renewal the old certificate is "
            "revoked"),
    WORD("ScepRenewalDigest", POLICY, NULL, policy.renewal.min_digest,
         "weakest digest of a renewal's signature: md5, sha1 or sha256",
         {"md5", 16}, {"sha1", 20}, {"sha256", 32}),
    SPECIAL(take1, "ScepRenewalTrust", POLICY, NULL, trust, trust,
            scep_read_renewal_trust,
            "certificates of further CAs whose certificates are renewed "
            "here, PEM; repeatable"),

    /* profiles */
    SPECIAL(raw, "<ScepProfile", SERVER, NULL, profiles, profiles,
            scep_read_profile_section, "defines a certificate profile"),
    TEXT("ScepProfile", POLICY, "device", profile, text,
         "certificate profile of the endpoint"),
    SPECIAL(take3, "ScepProfileByKeyUsage", POLICY, NULL, profile,
            profile_by_usage, scep_read_profile_by_usage,
            "profiles for requests that ask for signature, encryption, and "
            "both or nothing"),
    SECONDS("ScepCertValidity", PROFILE, "365d", validity, 1, 36500,
            "how long a certificate is valid"),
    ROW(take1, "ScepCertValidityJitter", PROFILE, "off", validity_jitter,
        validity_jitter, scep_read_percent,
        "off, or the share of the validity that is taken off at random, such "
        "as 5%, so that renewals spread",
        .min = 0, .max = 50, OR_OFF),
    SECONDS("ScepCertBackdate", PROFILE, "1d", backdate, 0, 366,
            "how long before its issue a certificate's validity begins"),
    NUMBER("ScepCertMinRSABits", PROFILE, "2048", min_rsa_bits, 1024,
           SCEP_MAX_RSA_BITS, "the shortest RSA key"),
    SPECIAL(argv, "ScepCertKeyTypes", PROFILE, "rsa ec", key_types, key_types,
            scep_read_key_types, "kinds of keys that get certificates"),
    FLAG("ScepCertOtherSigner", PROFILE, "Off", other_signer,
         "On: another key than the certified one may sign the request"),
    NAME("ScepCertDigest", PROFILE, "SHA256", digest,
         "digest of a certificate's signature", {"SHA256", 0}, {"SHA384", 0},
         {"SHA512", 0}),
    SPECIAL(argv, "ScepCertKeyUsage", PROFILE,
            "digitalSignature keyEncipherment", key_usage, key_usage,
            scep_read_key_usage, "key usages that a certificate can have"),
    SPECIAL(argv, "ScepCertExtKeyUsage", PROFILE, "clientAuth", ext_key_usage,
            ext_key_usage, scep_read_ext_key_usage,
            "extendedKeyUsage, or none"),

    /* client quirks */
    SPECIAL(iterate, "ScepECReply", POLICY, NULL, policy.key_deliveries,
            policy.key_deliveries, scep_read_ec_reply,
            "how replies to EC keys are encrypted, tried in this order: "
            "password, key-agreement; or refuse"),
    WORD("ScepReplyChain", POLICY, "none", policy.quirks.chain,
         "none, issuer or full: what follows an issued certificate",
         {"none", SCEP_CHAIN_NONE}, {"issuer", SCEP_CHAIN_ISSUER},
         {"full", SCEP_CHAIN_FULL}),
    WORD("ScepCACertType", POLICY, "auto", policy.quirks.ca_type,
         "auto, bundle or ca: what GetCACert answers",
         {"auto", SCEP_CA_TYPE_AUTO}, {"bundle", SCEP_CA_TYPE_BUNDLE},
         {"ca", SCEP_CA_TYPE_CA}),
    WORD("ScepCACertOrder", POLICY, "ra-first", policy.quirks.ca_first,
         "ra-first or ca-first: the order in a bundle", {"ra-first", false},
         {"ca-first", true}),
    WORD("ScepSenderNonce", POLICY, "required", policy.quirks.nonce_optional,
         "required or optional", {"required", false}, {"optional", true}),
    WORD("ScepClearChallenge", POLICY, "accept", policy.quirks.refuse_clear,
         "accept or refuse: a password outside of the envelope",
         {"accept", false}, {"refuse", true}),
    ROW(take1, "ScepSigningTimeTolerance", POLICY, "Off",
        policy.quirks.signing_time, policy.quirks.signing_time, scep_read_time,
        "Off, or how far off a signingTime may be", .min = 1, .max = 366,
        OR_OFF),
    WORD("ScepEmptyContent", POLICY, "auto", policy.quirks.empty_content,
         "auto, never or always: an empty eContent in a refusal",
         {"auto", SCEP_EMPTY_AUTO}, {"never", SCEP_EMPTY_NEVER},
         {"always", SCEP_EMPTY_ALWAYS}),
    FLAG("ScepNDESErrors", POLICY, "Off", policy.quirks.ndes_errors,
         "On: Microsoft's error attribute in a refusal"),
    {.name = NULL}};
