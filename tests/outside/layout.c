/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * layout.c: where modules that were built earlier look for each member, on
 * 64-bit systems, and which numbers they know. It compiles, or the interface
 * has changed: then its rules (scep_host.h) ask for a new ABI number. A member
 * that was added at the end changes a size here alone, and gets its own line.
 */
#include <stddef.h>

#include <mod_scep.h>

#define SIZE(type, octets)                                                     \
    _Static_assert(sizeof(type) == (octets), "size of " #type)
#define AT(type, member, octets)                                               \
    _Static_assert(offsetof(type, member) == (octets), #type "." #member)
#define IS(name, number)                                                       \
    _Static_assert((name) == (number), #name " is no longer " #number)

#ifdef __LP64__

SIZE(scep_octets_t, 16);
AT(scep_octets_t, data, 0);
AT(scep_octets_t, len, 8);

SIZE(scep_host_t, 80);
AT(scep_host_t, abi, 0);
AT(scep_host_t, size, 8);
AT(scep_host_t, version, 16);
AT(scep_host_t, fail, 24);
AT(scep_host_t, retry_after, 32);
AT(scep_host_t, log, 40);
AT(scep_host_t, now, 48);
AT(scep_host_t, printable, 56);
AT(scep_host_t, secret, 64);
AT(scep_host_t, own, 72);

SIZE(scep_ca_config_t, 72);
AT(scep_ca_config_t, args, 0);
AT(scep_ca_config_t, cert_file, 8);
AT(scep_ca_config_t, key, 16);
AT(scep_ca_config_t, chain_file, 24);
AT(scep_ca_config_t, passphrase, 32);
AT(scep_ca_config_t, passphrase_baton, 40);
AT(scep_ca_config_t, next, 48);
AT(scep_ca_config_t, probe, 52);
AT(scep_ca_config_t, exec_timeout, 56);
AT(scep_ca_config_t, exec_workers, 64);

SIZE(scep_profile_t, 64);
AT(scep_profile_t, name, 0);
AT(scep_profile_t, validity, 8);
AT(scep_profile_t, backdate, 16);
AT(scep_profile_t, min_rsa_bits, 24);
AT(scep_profile_t, key_usage, 28);
AT(scep_profile_t, ext_key_usage, 32);
AT(scep_profile_t, digest, 40);
AT(scep_profile_t, key_types, 48);
AT(scep_profile_t, other_signer, 52);
AT(scep_profile_t, validity_jitter, 56);

SIZE(scep_ca_request_t, 88);
AT(scep_ca_request_t, csr, 0);
AT(scep_ca_request_t, csr_der, 8);
AT(scep_ca_request_t, extensions, 24);
AT(scep_ca_request_t, profile, 32);
AT(scep_ca_request_t, transaction_id, 40);
AT(scep_ca_request_t, crl_url, 48);
AT(scep_ca_request_t, subject, 56);
AT(scep_ca_request_t, renewal_of, 64);
AT(scep_ca_request_t, peer, 72);
AT(scep_ca_request_t, authorized_by, 80);

SIZE(scep_ca_revoked_t, 24);
AT(scep_ca_revoked_t, serial, 0);
AT(scep_ca_revoked_t, at, 8);
AT(scep_ca_revoked_t, reason, 16);

SIZE(scep_ca_crl_request_t, 32);
AT(scep_ca_crl_request_t, revoked, 0);
AT(scep_ca_crl_request_t, number, 8);
AT(scep_ca_crl_request_t, this_update, 16);
AT(scep_ca_crl_request_t, next_update, 24);

SIZE(scep_ca_answer_t, 16);
AT(scep_ca_answer_t, cert, 0);
AT(scep_ca_answer_t, ticket, 8);

SIZE(scep_ca_backend_t, 88);
AT(scep_ca_backend_t, abi, 0);
AT(scep_ca_backend_t, size, 8);
AT(scep_ca_backend_t, name, 16);
AT(scep_ca_backend_t, abilities, 24);
AT(scep_ca_backend_t, start, 32);
AT(scep_ca_backend_t, child_start, 40);
AT(scep_ca_backend_t, certificates, 48);
AT(scep_ca_backend_t, ra_pair, 56);
AT(scep_ca_backend_t, issue, 64);
AT(scep_ca_backend_t, poll, 72);
AT(scep_ca_backend_t, crl, 80);

SIZE(scep_challenge_config_t, 24);
AT(scep_challenge_config_t, args, 0);
AT(scep_challenge_config_t, exec_timeout, 8);
AT(scep_challenge_config_t, exec_workers, 16);
AT(scep_challenge_config_t, probe, 20);

SIZE(scep_challenge_request_t, 88);
AT(scep_challenge_request_t, transaction_id, 0);
AT(scep_challenge_request_t, csr, 8);
AT(scep_challenge_request_t, csr_der, 16);
AT(scep_challenge_request_t, subject, 32);
AT(scep_challenge_request_t, alt_names, 40);
AT(scep_challenge_request_t, challenge, 48);
AT(scep_challenge_request_t, peer, 56);
AT(scep_challenge_request_t, profile, 64);
AT(scep_challenge_request_t, endpoint, 72);
AT(scep_challenge_request_t, host_request, 80);

SIZE(scep_challenge_answer_t, 16);
AT(scep_challenge_answer_t, profile, 0);
AT(scep_challenge_answer_t, limits, 8);

SIZE(scep_challenge_provider_t, 48);
AT(scep_challenge_provider_t, abi, 0);
AT(scep_challenge_provider_t, size, 8);
AT(scep_challenge_provider_t, name, 16);
AT(scep_challenge_provider_t, start, 24);
AT(scep_challenge_provider_t, child_start, 32);
AT(scep_challenge_provider_t, check, 40);
#endif

IS(SCEP_HOST_ABI, 2);
IS(SCEP_CA_ABI, 2);
IS(SCEP_CHALLENGE_ABI, 2);

IS(SCEP_OK, 0);
IS(SCEP_PENDING, 1);
IS(SCEP_REFUSED, 2);
IS(SCEP_NOT_FOUND, 3);
IS(SCEP_UNAVAILABLE, 4);
IS(SCEP_BROKEN, 5);

IS(SCEP_CAUSE_NAME, 110);
IS(SCEP_CAUSE_CONTENT, 137);
IS(SCEP_CAUSE_KEY, 138);
IS(SCEP_CAUSE_CA_REFUSED, 160);
IS(SCEP_CAUSE_NO_CRL, 163);
IS(SCEP_CAUSE_CHALLENGE_UNKNOWN, 153);
IS(SCEP_CAUSE_CHALLENGE_EXPIRED, 154);
IS(SCEP_CAUSE_CHALLENGE_SPENT, 155);
IS(SCEP_CAUSE_CA_UNAVAILABLE, 170);
IS(SCEP_CAUSE_SOURCE_UNAVAILABLE, 194);
IS(SCEP_CAUSE_INTERNAL, 173);
IS(SCEP_CAUSE_SETUP, 174);

IS(SCEP_LOG_ERROR, 3);
IS(SCEP_LOG_WARNING, 4);
IS(SCEP_LOG_NOTICE, 5);
IS(SCEP_LOG_INFO, 6);
IS(SCEP_LOG_DEBUG, 7);
IS(SCEP_LOG_TRACE, 8);

IS(SCEP_CA_NEXT, 1);

IS(SCEP_KEY_RSA, 1);
IS(SCEP_KEY_EC, 2);
IS(SCEP_KEY_RSA_PSS, 4);
IS(SCEP_KEY_ED25519, 8);
IS(SCEP_KEY_ED448, 16);

IS(SCEP_CA_MAX_TICKET, 255);
SIZE(scep_status_e, 4);
SIZE(scep_cause_e, 4);
SIZE(scep_log_level_e, 4);
