/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_store_sql.h
 * Every statement of the store, in one list. (store layer)
 */
#ifndef SCEP_STORE_SQL_H
#define SCEP_STORE_SQL_H

#include "scep_sql.h"

/** The name of the document that scep_store_search.h keeps. */
#define SCEP_SEARCH_DOCUMENT "certificate-search"

#define SCEP_CHALLENGE_COLUMNS                                                 \
    "hash, scope, state, created, expires, drawn_by, peer, uses, limits, "     \
    "label,"                                                                   \
    " serial"
#define SCEP_TRANSACTION_COLUMNS                                               \
    "c.scope, t.transaction_id, t.key_hash, t.csr_hash, t.created, c.serial, " \
    "c.der, c.not_after, c.id"
#define SCEP_AUDIT_COLUMNS                                                     \
    "seq, created, event, scope, actor, peer, challenge_hash,"                 \
    " transaction_id, serial, reason, subject, detail"
/* A parameter that is NULL, or 0 for a reason, fits every row. */
#define SCEP_AUDIT_FILTER                                                      \
    " WHERE seq > $1 AND seq < $2 AND created >= $3 AND created < $4"          \
    " AND event = COALESCE($5, event)"                                         \
    " AND COALESCE(actor, '') = COALESCE($6, actor, '')"                       \
    " AND COALESCE(transaction_id, '') = COALESCE($7, transaction_id, '')"     \
    " AND COALESCE(serial, '') = COALESCE($8, serial, '')"                     \
    " AND COALESCE(reason, 0) = COALESCE(NULLIF($9, 0), reason, 0)"            \
    " AND COALESCE(peer, '') = COALESCE($10, peer, '')"

#define SCEP_REVOCATION_COLUMNS                                                \
    "scope, serial, effective, reason, not_after, created, actor, seq"
#define SCEP_CERTIFICATE_COLUMNS                                               \
    "c.id, c.scope, c.serial, c.subject, c.not_before, c.not_after,"           \
    " c.profile, c.created, r.effective, r.reason, r.actor,"                   \
    " (SELECT t.renewal_of FROM transactions t WHERE t.certificate_id = c.id"  \
    " LIMIT 1),"                                                               \
    " (SELECT COALESCE(t.renewal_scope, t.scope) FROM transactions t"          \
    " WHERE t.certificate_id = c.id LIMIT 1),"                                 \
    " (SELECT n.serial FROM transactions t"                                    \
    " JOIN certificates n ON n.id = t.certificate_id"                          \
    " WHERE t.renewal_of = c.serial"                                           \
    " AND COALESCE(t.renewal_scope, t.scope) = c.scope"                        \
    " ORDER BY t.created DESC LIMIT 1)"
#define SCEP_CERTIFICATE_REVOCATION                                            \
    " LEFT JOIN revocations r ON r.scope = c.scope AND r.serial = c.serial"
#define SCEP_CERTIFICATE_TABLES                                                \
    " FROM certificates c" SCEP_CERTIFICATE_REVOCATION
/* $3 to $8 of a list of certificates. */
#define SCEP_CERTIFICATE_FILTER                                                \
    " AND c.created >= $3 AND c.scope = COALESCE($4, c.scope)"                 \
    " AND c.not_after >= $5 AND c.not_after < $6"                              \
    " AND COALESCE(r.effective, 9223372036854775807) >= $7"                    \
    " AND COALESCE(r.effective, 9223372036854775807) <= $8"
/* Letters beyond ASCII are in lower case in subject_folded alone. */
#define SCEP_SUBJECT_FOLDED "LOWER(COALESCE(c.subject_folded, c.subject, ''))"
#define SCEP_CRL_COLUMNS "number, this_update, next_update, covers, der"

#define SCEP_REQUEST_COLUMNS                                                   \
    "r.id, r.scope, r.transaction_id, r.key_hash, r.csr_hash, r.state, r.csr," \
    " r.subject, r.alt_names, r.profile, r.source, r.challenge_hash,"          \
    " r.renewal_of, r.ticket, r.peer, r.created, r.expires, r.decided_at,"     \
    " r.decided_by, r.note, c.serial,"                                         \
    " COALESCE(r.patience, r.expires - r.created), r.heard_at, r.extensions"
#define SCEP_REQUEST_TABLES                                                    \
    " FROM requests r LEFT JOIN certificates c ON c.id = r.certificate_id"
#define SCEP_REQUESTS_OLD_WHERE                                                \
    " FROM requests WHERE created <= $1 AND (state > 2 OR expires <= $2)"      \
    " AND COALESCE(heard_at, decided_at, expires) <= $3"                       \
    " AND COALESCE(heard_at, decided_at, expires) + COALESCE(patience, 0)"     \
    " <= $4"
/* Passwords that nothing can be had for any more, nor has been for so long. */
#define SCEP_PASSWORDS_OVER_WHERE                                              \
    " FROM challenges WHERE state IN (0, 1, 2) AND expires <= $1"              \
    " AND claimed_until <= $2"                                                 \
    " AND NOT EXISTS (SELECT 1 FROM requests r"                                \
    " WHERE r.challenge_hash = challenges.hash AND r.state <= 2)"              \
    " AND NOT EXISTS (SELECT 1 FROM transactions t"                            \
    " JOIN certificates c ON c.id = t.certificate_id"                          \
    " WHERE t.challenge_hash = challenges.hash AND c.not_after > $3)"
/* Those that tell which of two certificates on record renewed the other stay:
 * who revokes one with its successors has to find them. */
#define SCEP_TRANSACTIONS_OLD_WHERE                                            \
    " FROM certificates c JOIN transactions t ON t.certificate_id = c.id"      \
    " WHERE c.not_after <= $1 AND t.created <= $2"                             \
    " AND NOT EXISTS (SELECT 1 FROM certificates p"                            \
    " WHERE p.serial = t.renewal_of"                                           \
    " AND p.scope = COALESCE(t.renewal_scope, t.scope))"
/* What a waiting request is to renew stays, and so does what leads from a
 * certificate that is not old enough to its successors. */
#define SCEP_CERTIFICATES_OLD_WHERE                                            \
    " FROM certificates WHERE not_after <= $1 AND created <= $2"               \
    " AND NOT EXISTS (SELECT 1 FROM requests r"                                \
    " WHERE r.renewal_of = certificates.serial AND r.state <= 2)"              \
    " AND NOT EXISTS (SELECT 1 FROM transactions t"                            \
    " JOIN certificates p ON p.serial = t.renewal_of"                          \
    " AND p.scope = COALESCE(t.renewal_scope, t.scope)"                        \
    " WHERE t.certificate_id = certificates.id AND p.not_after > $3)"
/* Since when a request that is over has been over. */
#define SCEP_REQUEST_OVER "CASE WHEN state = 4 THEN decided_at ELSE expires END"

/* clang-format off */
/** X(symbol, letters of the parameters, text) */
#define SCEP_STORE_QUERIES(X)                                                  \
    X(SCEP_Q_CHALLENGE_ADD, "xtnnnttntt",                                      \
      "INSERT INTO challenges (hash, scope, state, created, expires,"          \
      " drawn_by, peer, uses, limits, label)"                                  \
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")                     \
    X(SCEP_Q_CHALLENGE_FIND, "x",                                              \
      "SELECT " SCEP_CHALLENGE_COLUMNS " FROM challenges WHERE hash = $1")     \
    X(SCEP_Q_CHALLENGES_EACH, "nn",                                            \
      "SELECT " SCEP_CHALLENGE_COLUMNS " FROM challenges"                      \
      " WHERE state = $1 AND expires > $2 ORDER BY expires, hash")             \
    X(SCEP_Q_CHALLENGES_PAGE, "ntnnxn",                                        \
      "SELECT hash, created, expires, drawn_by, peer, label, limits, uses"     \
      " FROM challenges WHERE state = $1"                                      \
      " AND scope = COALESCE($2, scope) AND expires >= $3"     \
      " AND (expires > $4 OR hash > $5) ORDER BY expires, hash LIMIT $6")      \
    X(SCEP_Q_CHALLENGES_COUNT, "ntn",                                          \
      "SELECT COUNT(*) FROM challenges"                                        \
      " WHERE state = $1 AND scope = $2 AND expires > $3")                     \
    X(SCEP_Q_CHALLENGES_OF_USER, "tntn",                                       \
      "SELECT COUNT(*) FROM challenges"                                        \
      " WHERE drawn_by = $1 AND state = $2 AND scope = $3 AND expires > $4")   \
    X(SCEP_Q_CHALLENGE_SHOW, "nxt",                                            \
      "UPDATE challenges SET shown_at = $1"                                    \
      " WHERE hash = $2 AND scope = $3 AND shown_at IS NULL")                  \
    X(SCEP_Q_CHALLENGE_CANCEL, "ntxtnn",                                       \
      "UPDATE challenges SET state = $1, cancelled_by = $2"                    \
      " WHERE hash = $3 AND scope = $4 AND state = $5 AND expires > $6")       \
    X(SCEP_Q_CHALLENGES_CHOOSE, "ntnttn",                                      \
      "SELECT expires, hash FROM challenges"                                   \
      " WHERE state = $1 AND scope = COALESCE($2, scope) AND expires > $3"     \
      " AND COALESCE(drawn_by, '') = COALESCE($4, drawn_by, '')"               \
      " AND COALESCE(label, '') = COALESCE($5, label, '')"                     \
      " ORDER BY expires, hash LIMIT $6")                                      \
    X(SCEP_Q_CHALLENGES_CANCEL, "ntntnttnx",                                   \
      "UPDATE challenges SET state = $1, cancelled_by = $2"                    \
      " WHERE state = $3 AND scope = COALESCE($4, scope) AND expires > $5"     \
      " AND COALESCE(drawn_by, '') = COALESCE($6, drawn_by, '')"               \
      " AND COALESCE(label, '') = COALESCE($7, label, '')"                     \
      " AND (expires, hash) <= ($8, $9)")                                      \
    X(SCEP_Q_AUDIT_CANCELLED, "ntttntnttnx",                                  \
      "INSERT INTO audit (created, event, scope, actor, peer,"                 \
      " challenge_hash, seq) SELECT $1, $2, scope, $3, $4, hash,"              \
      " (SELECT COALESCE(MAX(seq), 0) FROM audit)"                             \
      " + ROW_NUMBER() OVER (ORDER BY expires, hash) FROM challenges"          \
      " WHERE state = $5 AND scope = COALESCE($6, scope) AND expires > $7"     \
      " AND COALESCE(drawn_by, '') = COALESCE($8, drawn_by, '')"               \
      " AND COALESCE(label, '') = COALESCE($9, label, '')"                     \
      " AND (expires, hash) <= ($10, $11)")                                    \
    X(SCEP_Q_CHALLENGES_CANCELLED, "nn",                                       \
      "SELECT hash FROM challenges WHERE state = $1 AND expires > $2")         \
    X(SCEP_Q_CHALLENGE_KNOWN, "xt",                                            \
      "SELECT hash FROM challenges WHERE hash = $1 AND scope = $2")            \
    X(SCEP_Q_CHALLENGE_SPEND, "nntxtnn",                                       \
      "UPDATE challenges SET uses = uses - 1,"                                 \
      " state = CASE WHEN uses > 1 THEN state ELSE $1 END,"                    \
      " spent_at = $2, serial = COALESCE($3, serial), claimed_by = NULL,"      \
      " claimed_until = 0"                                                     \
      " WHERE hash = $4 AND scope = $5 AND state = $6 AND expires > $7")       \
    X(SCEP_Q_CHALLENGE_CLAIM, "tnxtnnnnt",                                     \
      "UPDATE challenges SET claimed_by = $1, claimed_until = $2"              \
      " WHERE hash = $3 AND scope = $4 AND state = $5 AND expires > $6"        \
      " AND (claimed_until <= $7 OR claimed_until > $8 OR claimed_by = $9)")   \
    X(SCEP_Q_CHALLENGE_RELEASE, "xt",                                          \
      "UPDATE challenges SET claimed_by = NULL, claimed_until = 0"             \
      " WHERE hash = $1 AND claimed_by = $2")                                  \
    X(SCEP_Q_CHALLENGES_TALLY, "nn",                                           \
      "SELECT COUNT(*) FROM challenges WHERE state = $1 AND expires > $2")     \
    X(SCEP_Q_DOCUMENT_FIND, "t",                                               \
      "SELECT version, text FROM documents WHERE name = $1")                   \
    X(SCEP_Q_DOCUMENT_ADD, "ttn",                                              \
      "INSERT INTO documents (name, version, text, updated)"                   \
      " VALUES ($1, 1, $2, $3)")                                               \
    X(SCEP_Q_DOCUMENT_REPLACE, "ntntn",                                        \
      "UPDATE documents SET version = $1, text = $2, updated = $3"             \
      " WHERE name = $4 AND version = $5")                                     \
    X(SCEP_Q_DOCUMENT_COUNT, "t",                                              \
      "UPDATE documents SET version = version + 1 WHERE name = $1")            \
    X(SCEP_Q_TRANSACTION_FIND, "ttnx",                                         \
      "SELECT " SCEP_TRANSACTION_COLUMNS " FROM transactions t"                \
      " JOIN certificates c ON c.id = t.certificate_id"                        \
      " WHERE t.scope = $1 AND t.transaction_id = $2 AND t.created >= $3"      \
      " AND t.key_hash = COALESCE($4, t.key_hash)"                             \
      " ORDER BY t.certificate_id DESC LIMIT 1")                                          \
    X(SCEP_Q_TRANSACTION_BY_CHALLENGE, "xxxt",                                 \
      "SELECT " SCEP_TRANSACTION_COLUMNS " FROM transactions t"                \
      " JOIN certificates c ON c.id = t.certificate_id"                        \
      " WHERE t.challenge_hash = $1 AND t.key_hash = $2 AND t.csr_hash = $3"   \
      " AND COALESCE(t.renewal_of, '') = COALESCE($4, t.renewal_of, '')"       \
      " ORDER BY t.certificate_id DESC LIMIT 1")                                   \
    X(SCEP_Q_TRANSACTION_BY_MESSAGE, "xt",                                     \
      "SELECT " SCEP_TRANSACTION_COLUMNS " FROM messages m"                    \
      " JOIN certificates c ON c.id = m.certificate_id"                        \
      " JOIN transactions t ON t.certificate_id = c.id"                        \
      " WHERE m.hash = $1 AND m.scope = $2 LIMIT 1")                           \
    X(SCEP_Q_MESSAGE_ADD, "xtnnn",                                             \
      "INSERT INTO messages (hash, scope, certificate_id, expires, created)"   \
      " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (hash, scope) DO UPDATE"       \
      " SET certificate_id = excluded.certificate_id,"                         \
      " expires = excluded.expires")                                           \
    X(SCEP_Q_MESSAGE_WAITS, "xttn",                                            \
      "INSERT INTO messages (hash, scope, request_id, created)"                \
      " VALUES ($1, $2, $3, $4) ON CONFLICT (hash, scope) DO UPDATE"           \
      " SET request_id = excluded.request_id")                                 \
    X(SCEP_Q_MESSAGE_OF_REQUEST, "xt",                                         \
      "SELECT hash FROM messages WHERE hash = $1 AND request_id = $2")         \
    X(SCEP_Q_MESSAGE_ISSUED, "nnt",                                            \
      "UPDATE messages SET certificate_id = $1, expires = $2"                  \
      " WHERE request_id = $3")                                                \
    X(SCEP_Q_TRANSACTION_SAME, "ttnxxtn",                                      \
      "SELECT " SCEP_TRANSACTION_COLUMNS " FROM transactions t"                \
      " JOIN certificates c ON c.id = t.certificate_id"                        \
      " WHERE t.scope = $1 AND t.transaction_id = $2 AND t.created >= $3"      \
      " AND t.key_hash = $4 AND t.csr_hash = $5"                               \
      " AND COALESCE(t.renewal_of, '') = COALESCE($6, '')"                     \
      " AND c.not_after > $7 ORDER BY t.certificate_id DESC LIMIT 1")                     \
    X(SCEP_Q_TRANSACTION_OTHER_KEY, "ttnnxtn",                                 \
      "SELECT certificate_id FROM transactions"                                \
      " WHERE scope = $1 AND transaction_id = $2 AND created >= $3"            \
      " AND created <= $4 AND key_hash <> $5"                                  \
      " AND COALESCE(endpoint, '') = COALESCE($6, '') AND proved >= $7"        \
      " LIMIT 1")                                                              \
    X(SCEP_Q_CERTIFICATES_OF_SUBJECT, "txtnxnt",                               \
      "SELECT c.serial FROM certificates c WHERE c.scope = $1"                 \
      " AND (c.subject_hash = $2 OR (c.subject_hash IS NULL"                   \
      " AND SUBSTR(LOWER(c.subject), 1, 200) = SUBSTR(LOWER($3), 1, 200)))"    \
      " AND c.not_after > $4"                                                  \
      " AND COALESCE(c.key_hash, '') <> COALESCE($5, '-')"                     \
      " AND NOT EXISTS (SELECT 1 FROM revocations r WHERE r.scope = c.scope"   \
      " AND r.serial = c.serial"                                               \
      " AND (r.effective <= r.created OR r.effective <= $6))"                  \
      " AND (c.subject_hash IS NOT NULL OR LOWER(c.subject) = LOWER($7))")     \
    X(SCEP_Q_CERTIFICATE_NEXT, "",                                             \
      "SELECT COALESCE(MAX(id), 0) + 1 FROM certificates")                     \
    /* no serial number comes again after its certificate was deleted */       \
    X(SCEP_Q_CERTIFICATE_ADD, "ntttnntxnxxttt",                                \
      "INSERT INTO certificates (id, scope, serial, subject, not_before,"      \
      " not_after, profile, der, created, key_hash, subject_hash,"             \
      " subject_folded)"                                                       \
      " SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12"              \
      " WHERE NOT EXISTS (SELECT 1 FROM past_certificates"                     \
      " WHERE scope = $13 AND serial = $14)")                                  \
    X(SCEP_Q_TRANSACTION_ADD, "nttxxxnttttn",                               \
      "INSERT INTO transactions (certificate_id, scope, transaction_id,"       \
      " key_hash, csr_hash, challenge_hash, created, peer, renewal_of,"        \
      " renewal_scope, endpoint, proved)"                                      \
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)")           \
    X(SCEP_Q_AUDIT_ADD, "nttttxttntt",                                        \
      "INSERT INTO audit (created, event, scope, actor, peer,"                 \
      " challenge_hash, transaction_id, serial, reason, subject, detail, seq)" \
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULLIF($9, 0), $10, $11,"      \
      " (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit))")                       \
    X(SCEP_Q_AUDIT_PRUNE, "n",                                                 \
      "DELETE FROM audit WHERE event = 'refused' AND seq <="                   \
      " (SELECT seq FROM audit WHERE event = 'refused'"                        \
      " ORDER BY seq DESC LIMIT 1 OFFSET $1)")                                 \
    X(SCEP_Q_PASSWORDS_OVER_COUNT, "nnn",                                      \
      "SELECT COUNT(*)" SCEP_PASSWORDS_OVER_WHERE)                             \
    X(SCEP_Q_PASSWORDS_OVER, "nnnn",                                           \
      "SELECT hash" SCEP_PASSWORDS_OVER_WHERE " LIMIT $4")                     \
    X(SCEP_Q_PASSWORD_DELETE, "x", "DELETE FROM challenges WHERE hash = $1")   \
    X(SCEP_Q_MESSAGE_MARKED, "x",                                              \
      "SELECT mark FROM message_marks WHERE mark = SUBSTR($1, 1, 16)")         \
    X(SCEP_Q_MESSAGES_OLD_COUNT, "n",                                          \
      "SELECT COUNT(*) FROM messages WHERE expires <= $1")                             \
    X(SCEP_Q_MESSAGES_OLD, "nn",                                               \
      "SELECT hash FROM messages WHERE expires <= $1 LIMIT $2")                       \
    X(SCEP_Q_MESSAGE_MARK, "x",                                                \
      "INSERT INTO message_marks (mark) VALUES (SUBSTR($1, 1, 16))"            \
      " ON CONFLICT (mark) DO NOTHING")                                        \
    X(SCEP_Q_MESSAGE_DELETE, "xn",                                             \
      "DELETE FROM messages WHERE hash = $1 AND expires <= $2")                \
    X(SCEP_Q_REQUESTS_OLD_COUNT, "nnnn",                                       \
      "SELECT COUNT(*)" SCEP_REQUESTS_OLD_WHERE)                               \
    X(SCEP_Q_REQUESTS_OLD, "nnnnn",                                            \
      "SELECT id" SCEP_REQUESTS_OLD_WHERE " LIMIT $5")                         \
    X(SCEP_Q_REQUEST_MESSAGES_MARK, "t",                                       \
      "INSERT INTO message_marks (mark)"                                       \
      " SELECT SUBSTR(hash, 1, 16) FROM messages"                              \
      " WHERE request_id = $1 AND certificate_id IS NULL"                      \
      " ON CONFLICT (mark) DO NOTHING")                                        \
    X(SCEP_Q_TRANSACTIONS_OLD_COUNT, "nn",                                     \
      "SELECT COUNT(*)" SCEP_TRANSACTIONS_OLD_WHERE)                           \
    X(SCEP_Q_TRANSACTIONS_OLD, "nnn",                                          \
      "SELECT t.certificate_id" SCEP_TRANSACTIONS_OLD_WHERE                    \
      " LIMIT $3")                                                             \
    X(SCEP_Q_CERTIFICATES_OLD_COUNT, "nnn",                                    \
      "SELECT COUNT(*)" SCEP_CERTIFICATES_OLD_WHERE)                           \
    X(SCEP_Q_CERTIFICATES_OLD, "nnnn",                                         \
      "SELECT id" SCEP_CERTIFICATES_OLD_WHERE                                  \
      " ORDER BY not_after LIMIT $4")                                          \
    X(SCEP_Q_CERTIFICATE_MESSAGES_MARK, "nn",                                   \
      "INSERT INTO message_marks (mark)"                                       \
      " SELECT SUBSTR(hash, 1, 16) FROM messages"                              \
      " WHERE expires = (SELECT not_after FROM certificates WHERE id = $1)"    \
      " AND certificate_id = $2 ON CONFLICT (mark) DO NOTHING")                \
    X(SCEP_Q_CERTIFICATE_MESSAGES_DELETE, "nn",                                 \
      "DELETE FROM messages"                                                   \
      " WHERE expires = (SELECT not_after FROM certificates WHERE id = $1)"    \
      " AND certificate_id = $2")                                              \
    X(SCEP_Q_CERTIFICATE_TRANSACTIONS_DELETE, "n",                             \
      "DELETE FROM transactions WHERE certificate_id = $1")                    \
    X(SCEP_Q_CERTIFICATE_REQUESTS_LEAVE, "n",                                  \
      "UPDATE requests SET certificate_id = NULL"                              \
      " WHERE certificate_id = $1")                                            \
    X(SCEP_Q_CERTIFICATE_PAST, "n",                                            \
      "INSERT INTO past_certificates (scope, serial, not_after, profile)"      \
      " SELECT scope, serial, not_after, profile FROM certificates"            \
      " WHERE id = $1")                                                        \
    X(SCEP_Q_CERTIFICATE_DELETE, "n",                                          \
      "DELETE FROM certificates WHERE id = $1")                                \
    X(SCEP_Q_PAST_CERTIFICATE, "tt",                                           \
      "SELECT COALESCE(profile, '') FROM past_certificates"                    \
      " WHERE scope = $1 AND serial = $2")                                     \
    X(SCEP_Q_CHALLENGE_USED, "x",                                              \
      "SELECT c.serial FROM transactions t"                                    \
      " JOIN certificates c ON c.id = t.certificate_id"                        \
      " WHERE t.challenge_hash = $1 LIMIT 1")                                  \
    X(SCEP_Q_REFUSALS_OLD_COUNT, "n",                                          \
      "SELECT COUNT(*) FROM audit WHERE event = 'refused' AND created <= $1")  \
    X(SCEP_Q_REFUSALS_OLD, "nn",                                               \
      "SELECT seq FROM audit WHERE event = 'refused' AND created <= $1"         \
      " ORDER BY seq LIMIT $2")                                                \
    X(SCEP_Q_AUDIT_OLD_COUNT, "n",                                             \
      "SELECT COUNT(*) FROM audit WHERE created <= $1")                        \
    X(SCEP_Q_AUDIT_OLD, "nn",                                                  \
      "SELECT seq FROM audit WHERE created <= $1 ORDER BY created LIMIT $2")   \
    X(SCEP_Q_AUDIT_DELETE, "n", "DELETE FROM audit WHERE seq = $1")            \
    X(SCEP_Q_AUDIT_LAST, "", "SELECT COALESCE(MAX(seq), 0) FROM audit")        \
    X(SCEP_Q_AUDIT_OLDEST_FIRST, "nnnnttttntn",                                 \
      "SELECT " SCEP_AUDIT_COLUMNS " FROM audit" SCEP_AUDIT_FILTER             \
      " ORDER BY seq LIMIT $11")                                                \
    X(SCEP_Q_AUDIT_NEWEST_FIRST, "nnnnttttntn",                                 \
      "SELECT " SCEP_AUDIT_COLUMNS " FROM audit" SCEP_AUDIT_FILTER             \
      " ORDER BY seq DESC LIMIT $11")                                           \
    X(SCEP_Q_REQUEST_SAME, "ttxx",                                             \
      "SELECT id FROM requests WHERE scope = $1 AND transaction_id = $2"       \
      " AND key_hash = $3 AND csr_hash = $4 AND state <= 2")                   \
    X(SCEP_Q_REQUEST_OPEN, "ttx",                                              \
      "SELECT id FROM requests WHERE scope = $1 AND transaction_id = $2"       \
      " AND key_hash = $3 AND state <= 2")                                     \
    X(SCEP_Q_REQUEST_OTHER_KEY, "ttxtnn",                                      \
      "SELECT id FROM requests WHERE scope = $1 AND transaction_id = $2"       \
      " AND key_hash <> $3 AND COALESCE(endpoint, '') = COALESCE($4, '')"      \
      " AND proved >= $5 AND state <= 2 AND expires > $6 LIMIT 1")             \
    X(SCEP_Q_REQUEST_COUNT, "tn",                                              \
      /* COALESCE: not by an index of CAs, which has all the decided ones */ \
      "SELECT COUNT(*) FROM requests"                                          \
      " WHERE state <= 2 AND scope = COALESCE($1, scope) AND proved = $2")     \
    X(SCEP_Q_REQUESTS_OF_NETWORK, "tnt",                                       \
      "SELECT COUNT(*) FROM requests"                                          \
      " WHERE state <= 2 AND scope = COALESCE($1, scope) AND proved = $2"      \
      " AND network = $3 AND challenge_hash IS NULL AND renewal_of IS NULL")   \
    X(SCEP_Q_REQUESTS_OF_KEY, "txntn",                                         \
      "SELECT id, scope, transaction_id, subject, challenge_hash FROM requests"\
      " WHERE scope = $1 AND key_hash = $2 AND proved = $3"                    \
      " AND COALESCE(renewal_of, '') = COALESCE($4, '') AND state IN (0, 2)"   \
      " ORDER BY created DESC, id DESC LIMIT 100 OFFSET $5")                   \
    X(SCEP_Q_REQUEST_ADD, "tttxxnxttttxtttnnntntt",                            \
      "INSERT INTO requests (id, scope, transaction_id, key_hash, csr_hash,"   \
      " state, csr, subject, alt_names, profile, source, challenge_hash,"      \
      " renewal_of, ticket, peer, created, expires, patience, endpoint,"       \
      " proved, network, extensions)"                                          \
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,"  \
      " $15, $16, $17, $18, $19, $20, $21, $22)")                              \
    X(SCEP_Q_REQUESTS_REPLACED, "txntn",                                       \
      "SELECT id FROM requests WHERE scope = $1 AND key_hash = $2"             \
      " AND proved = $3 AND note = $4 AND state = 4"                           \
      " ORDER BY created DESC, id DESC LIMIT 100 OFFSET $5")                   \
    X(SCEP_Q_REQUEST_MESSAGES_DELETE, "t",                                     \
      "DELETE FROM messages WHERE request_id = $1"                             \
      " AND certificate_id IS NULL")                                           \
    X(SCEP_Q_REQUEST_DELETE, "t", "DELETE FROM requests WHERE id = $1")        \
    X(SCEP_Q_REQUESTS_CHALLENGES_BACK, "nnn",                                  \
      "UPDATE challenges SET uses = uses + (SELECT COUNT(*) FROM requests r"   \
      " WHERE r.challenge_hash = challenges.hash AND r.state <= 2"             \
      " AND r.expires <= $1), state = $2, spent_at = NULL"                     \
      " WHERE state <= 1 AND hash IN (SELECT challenge_hash FROM requests"     \
      " WHERE state <= 2 AND expires <= $3)")                                  \
    X(SCEP_Q_REQUESTS_EXPIRE, "nn",                                            \
      "UPDATE requests SET state = $1, csr = NULL"                             \
      " WHERE state <= 2 AND expires <= $2")                                   \
    X(SCEP_Q_REQUEST_REFUSED, "xtttxxnn",                                      \
      "SELECT " SCEP_REQUEST_COLUMNS SCEP_REQUEST_TABLES                       \
      " WHERE r.id IN (SELECT request_id FROM messages"                        \
      " WHERE hash = $1 AND scope = $2"                                        \
      " UNION ALL SELECT id FROM requests"                                     \
      " WHERE scope = $3 AND transaction_id = $4 AND key_hash = $5"            \
      " AND csr_hash = COALESCE($6, csr_hash)"                                 \
      " AND COALESCE(heard_at, " SCEP_REQUEST_OVER ")"                         \
      " + COALESCE(patience, expires - created) > $7)"                         \
      " AND (r.state > 3 OR (r.state < 3 AND r.expires <= $8)) LIMIT 1")       \
    X(SCEP_Q_REQUEST_HEARD, "nt",                                              \
      "UPDATE requests SET heard_at = $1 WHERE id = $2 AND state > 3")         \
    X(SCEP_Q_CHALLENGE_BACK, "nx",                                             \
      "UPDATE challenges SET uses = uses + 1, state = $1, spent_at = NULL"     \
      " WHERE state <= 1 AND hash = $2")                                       \
    X(SCEP_Q_CHALLENGE_SERIAL, "tx",                                           \
      "UPDATE challenges SET serial = $1 WHERE hash = $2")                     \
    X(SCEP_Q_REQUEST_DECIDE, "nnntttntnnn",                                    \
      "UPDATE requests SET state = $1, expires = COALESCE(NULLIF($2, 0),"      \
      " expires), decided_at = $3, decided_by = COALESCE($4, decided_by),"     \
      " note = COALESCE($5, note), ticket = COALESCE($6, ticket),"             \
      " csr = CASE WHEN $7 = 1 THEN NULL ELSE csr END"                         \
      " WHERE id = $8 AND state >= $9 AND state <= $10 AND expires > $11")     \
    X(SCEP_Q_REQUEST_ISSUED, "nnt",                                            \
      "UPDATE requests SET state = $1, certificate_id = $2, csr = NULL"        \
      " WHERE id = $3 AND state IN (1, 2)")                                    \
    X(SCEP_Q_REQUEST_FIND, "ttxttx",                                           \
      "SELECT " SCEP_REQUEST_COLUMNS SCEP_REQUEST_TABLES                       \
      " WHERE r.id = COALESCE("                                                \
      "(SELECT id FROM requests WHERE scope = $1 AND transaction_id = $2"      \
      " AND key_hash = COALESCE($3, key_hash) AND state <= 2 LIMIT 1),"        \
      " (SELECT id FROM requests WHERE scope = $4 AND transaction_id = $5"     \
      " AND key_hash = COALESCE($6, key_hash)"                                 \
      " ORDER BY created DESC LIMIT 1))")                                      \
    X(SCEP_Q_REQUEST_BY_CHALLENGE, "xn",                                       \
      "SELECT " SCEP_REQUEST_COLUMNS SCEP_REQUEST_TABLES                       \
      " WHERE r.challenge_hash = $1 AND r.state <= 2 AND r.expires <= $2"      \
      " LIMIT 1")                                                              \
    X(SCEP_Q_REQUEST_HELD, "xxx",                                              \
      "SELECT " SCEP_REQUEST_COLUMNS SCEP_REQUEST_TABLES                       \
      " WHERE r.challenge_hash = $1 AND r.key_hash = $2 AND r.csr_hash = $3"   \
      " AND r.state <= 2 ORDER BY r.created DESC LIMIT 1")                     \
    X(SCEP_Q_REQUEST_MOVE, "ttt",                                              \
      "UPDATE requests SET transaction_id = $1, endpoint = $2"                 \
      " WHERE id = $3 AND state <= 2")                                         \
    X(SCEP_Q_REQUEST_GET, "t",                                                 \
      "SELECT " SCEP_REQUEST_COLUMNS SCEP_REQUEST_TABLES " WHERE r.id = $1")   \
    X(SCEP_Q_REQUESTS_EACH, "nttnnn",                                          \
      "SELECT " SCEP_REQUEST_COLUMNS SCEP_REQUEST_TABLES                       \
      " WHERE (r.created, r.id) < ($1, $2)"                                    \
      " AND r.scope = COALESCE($3, r.scope)"                                   \
      " AND r.state <= $4 AND r.expires > $5"                                  \
      " ORDER BY r.created DESC, r.id DESC LIMIT $6")                          \
    X(SCEP_Q_REVOCATION_FIND, "tt",                                            \
      "SELECT " SCEP_REVOCATION_COLUMNS " FROM revocations"                    \
      " WHERE scope = $1 AND serial = $2")                                     \
    X(SCEP_Q_REVOKED_NOW, "ttn",                                               \
      "SELECT serial FROM revocations WHERE scope = $1 AND serial = $2"        \
      " AND (effective <= created OR effective <= $3)")                        \
    X(SCEP_Q_SUCCESSORS, "tt",                                                 \
      "SELECT " SCEP_CERTIFICATE_COLUMNS " FROM transactions x"                \
      " JOIN certificates c ON c.id = x.certificate_id"                        \
      SCEP_CERTIFICATE_REVOCATION                                              \
      " WHERE COALESCE(x.renewal_scope, x.scope) = $1 AND x.renewal_of = $2"   \
      " ORDER BY x.created")                                                   \
    X(SCEP_Q_REVOCATION_SUBJECT, "tttt",                                       \
      "SELECT subject, not_after FROM certificates"                            \
      " WHERE scope = $1 AND serial = $2"                                      \
      " UNION ALL SELECT NULL, not_after FROM past_certificates"               \
      " WHERE scope = $3 AND serial = $4")                                     \
    X(SCEP_Q_REVOCATION_LAST, "t",                                             \
      "SELECT COALESCE(MAX(seq), 0) FROM revocations WHERE scope = $1")        \
    X(SCEP_Q_REVOCATION_ADD, "ttnnnntn",                                       \
      "INSERT INTO revocations (" SCEP_REVOCATION_COLUMNS ")"                  \
      " VALUES ($1, $2, $3, $4, NULLIF($5, 0), $6, $7, $8)")                   \
    X(SCEP_Q_REVOCATION_ADVANCE, "nnntntt",                                    \
      "UPDATE revocations SET effective = $1, reason = $2, created = $3,"      \
      " actor = $4, seq = $5 WHERE scope = $6 AND serial = $7")                \
    X(SCEP_Q_REVOCATIONS_EACH, "ttnnn",                                        \
      "SELECT " SCEP_REVOCATION_COLUMNS " FROM revocations"                    \
      " WHERE scope = $1 AND serial > $2 AND effective <= $3"                  \
      " AND (not_after IS NULL OR not_after >= $4) ORDER BY serial LIMIT $5")  \
    X(SCEP_Q_REVOCATIONS_DUE, "tnn",                                           \
      "SELECT COUNT(*) FROM revocations"                                       \
      " WHERE scope = $1 AND effective > $2 AND effective <= $3")              \
    X(SCEP_Q_CRL_FIND, "t",                                                    \
      "SELECT " SCEP_CRL_COLUMNS " FROM crls WHERE scope = $1")                \
    X(SCEP_Q_CRL_COUNT, "t",                                                   \
      "SELECT COUNT(*) FROM crls WHERE scope = $1")                            \
    X(SCEP_Q_CRL_ADD, "nnnnxt",                                                \
      "INSERT INTO crls (" SCEP_CRL_COLUMNS ", scope)"                         \
      " VALUES ($1, $2, $3, $4, $5, $6)")                                      \
    X(SCEP_Q_CRL_REPLACE, "nnnnxtn",                                           \
      "UPDATE crls SET number = $1, this_update = $2, next_update = $3,"       \
      " covers = $4, der = $5 WHERE scope = $6 AND number = $7")               \
    X(SCEP_Q_CERTIFICATE_FIND, "tt",                                           \
      "SELECT " SCEP_CERTIFICATE_COLUMNS ", c.der" SCEP_CERTIFICATE_TABLES     \
      " WHERE c.serial = $1 AND c.scope = COALESCE($2, c.scope)")              \
    X(SCEP_Q_CERTIFICATES_LIST, "nnntnnnnpn",                                  \
      "SELECT " SCEP_CERTIFICATE_COLUMNS SCEP_CERTIFICATE_TABLES               \
      " WHERE c.id < $1 AND c.id > $2" SCEP_CERTIFICATE_FILTER                 \
      " AND " SCEP_SUBJECT_FOLDED " LIKE $9 ESCAPE '!'"                        \
      " ORDER BY c.id DESC LIMIT $10")                                         \
    /* SQLite alone, and these three only where the table is */                \
    X(SCEP_Q_CERTIFICATES_SEARCH, "tnntnnnnpn",                                \
      "SELECT " SCEP_CERTIFICATE_COLUMNS " FROM certificate_search s"          \
      " CROSS JOIN certificates c ON c.id = s.rowid"                           \
      SCEP_CERTIFICATE_REVOCATION                                              \
      " WHERE s.certificate_search MATCH $1 AND s.rowid < $2"                  \
      SCEP_CERTIFICATE_FILTER                                                  \
      " AND " SCEP_SUBJECT_FOLDED " LIKE $9 ESCAPE '!'"                        \
      " ORDER BY s.rowid DESC LIMIT $10")                                      \
    X(SCEP_Q_SEARCH_ADD, "nn",                                                 \
      "INSERT INTO certificate_search (rowid, subject)"                        \
      " SELECT c.id, " SCEP_SUBJECT_FOLDED " FROM certificates c"              \
      " WHERE c.id > $1 AND c.id <= $2 ORDER BY c.id")                         \
    X(SCEP_Q_SEARCH_REMOVE, "n",                                               \
      "INSERT INTO certificate_search (certificate_search, rowid, subject)"    \
      " SELECT 'delete', c.id, " SCEP_SUBJECT_FOLDED " FROM certificates c"    \
      " WHERE c.id = $1")                                                      \
    X(SCEP_Q_SEARCH_REACHED, "nt",                                             \
      "UPDATE documents SET version = $1 WHERE name = $2")                     \
    X(SCEP_Q_CERTIFICATES_PAGE, "nnntnnnnn",                                   \
      "SELECT " SCEP_CERTIFICATE_COLUMNS SCEP_CERTIFICATE_TABLES               \
      " WHERE c.id < $1 AND c.id > $2" SCEP_CERTIFICATE_FILTER                 \
      " ORDER BY c.id DESC LIMIT $9")
/* clang-format on */

typedef enum {
#define SCEP_STORE_QUERY_ENUM(sym, params, text) sym,
    SCEP_STORE_QUERIES(SCEP_STORE_QUERY_ENUM)
#undef SCEP_STORE_QUERY_ENUM
        SCEP_Q_COUNT
} scep_store_query_e;

/** The statement; constant. */
const scep_sql_query_t *scep_store_query(scep_store_query_e query);

#endif
