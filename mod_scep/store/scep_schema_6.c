/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_schema_6.c: see scep_schema_6.h. (store layer)
 *
 * A certificate's number is its position in the order of recording, and its
 * transaction has the same number, so new rows are written at the end of a
 * table. Hashes and DER are octets. There is an index only for statements that
 * need it (test_store_sql), without rows that they would never look for.
 *
 * Tables are filled in the order of their keys, so that their pages are full:
 * SQLite reads a table in the order in which it was written.
 */
#include "scep_schema_6.h"

#include <stddef.h>

static const char *const certificates[] = {
    "CREATE TABLE numbers_6 ("
    "old TEXT NOT NULL PRIMARY KEY, new BIGINT NOT NULL)@compact",
    "INSERT INTO numbers_6 (old, new)"
    " SELECT id, ROW_NUMBER() OVER (ORDER BY created, id) FROM certificates"
    " ORDER BY id",
    "CREATE TABLE certificates_6 ("
    "id @key NOT NULL PRIMARY KEY,"
    "scope TEXT NOT NULL,"
    "serial TEXT NOT NULL,"
    "subject TEXT,"
    "subject_folded TEXT,"
    "not_before BIGINT NOT NULL,"
    "not_after BIGINT NOT NULL,"
    "profile TEXT,"
    "created BIGINT NOT NULL,"
    "key_hash @octets,"
    "subject_hash @octets,"
    "der @octets)",
    "INSERT INTO certificates_6 (id, scope, serial, subject, subject_folded,"
    " not_before, not_after, profile, created, key_hash, subject_hash, der)"
    " SELECT n.new, c.scope, c.serial, c.subject, c.subject_folded,"
    " c.not_before, c.not_after, c.profile, c.created,"
    " decode(c.key_hash, 'hex'), decode(c.subject_hash, 'hex'),"
    " decode(c.der, 'base64')"
    " FROM certificates c JOIN numbers_6 n ON n.old = c.id",
    NULL};

static const char *const transactions[] = {
    "CREATE TABLE transactions_6 ("
    "certificate_id @key NOT NULL PRIMARY KEY REFERENCES certificates_6 (id),"
    "scope TEXT NOT NULL,"
    "transaction_id TEXT NOT NULL,"
    "key_hash @octets NOT NULL,"
    "csr_hash @octets NOT NULL,"
    "challenge_hash @octets,"
    "peer TEXT,"
    "created BIGINT NOT NULL,"
    "renewal_of TEXT,"
    "renewal_scope TEXT,"
    "endpoint TEXT,"
    "proved BIGINT NOT NULL)",
    "INSERT INTO transactions_6 (certificate_id, scope, transaction_id,"
    " key_hash, csr_hash, challenge_hash, peer, created, renewal_of,"
    " renewal_scope, endpoint, proved)"
    " SELECT n.new, t.scope, t.transaction_id, decode(t.key_hash, 'hex'),"
    " decode(t.csr_hash, 'hex'), decode(t.challenge_hash, 'hex'), t.peer,"
    " t.created, t.renewal_of, t.renewal_scope, t.endpoint, t.proved"
    " FROM transactions t JOIN numbers_6 n ON n.old = t.certificate_id"
    " WHERE true ON CONFLICT (certificate_id) DO NOTHING",
    NULL};

static const char *const messages[] = {
    "CREATE TABLE messages_6 ("
    "hash @octets NOT NULL,"
    "scope TEXT NOT NULL,"
    "certificate_id BIGINT,"
    "request_id TEXT,"
    "created BIGINT NOT NULL,"
    "expires BIGINT,"
    "PRIMARY KEY (hash, scope))@compact",
    "INSERT INTO messages_6 (hash, scope, certificate_id, request_id, created,"
    " expires) SELECT decode(m.hash, 'hex'), m.scope, n.new, m.request_id,"
    " m.created, m.expires FROM messages m"
    " LEFT JOIN numbers_6 n ON n.old = m.certificate_id"
    " ORDER BY m.hash, m.scope",
    "CREATE TABLE message_marks_6 (mark @octets NOT NULL PRIMARY KEY)@compact",
    "INSERT INTO message_marks_6 (mark)"
    " SELECT decode(mark, 'hex') FROM message_marks ORDER BY mark",
    NULL};

static const char *const challenges[] = {
    "CREATE TABLE challenges_6 ("
    "hash @octets NOT NULL PRIMARY KEY,"
    "scope TEXT NOT NULL,"
    "state BIGINT NOT NULL,"
    "created BIGINT NOT NULL,"
    "expires BIGINT NOT NULL,"
    "drawn_by TEXT,"
    "peer TEXT,"
    "spent_at BIGINT,"
    "serial TEXT,"
    "limits TEXT,"
    "label TEXT,"
    "uses BIGINT NOT NULL DEFAULT 1,"
    "claimed_by TEXT,"
    "claimed_until BIGINT NOT NULL DEFAULT 0,"
    "cancelled_by TEXT,"
    "shown_at BIGINT)@compact",
    "INSERT INTO challenges_6 SELECT decode(hash, 'hex'), scope, state,"
    " created, expires, drawn_by, peer, spent_at, serial, limits, label, uses,"
    " claimed_by, claimed_until, cancelled_by, shown_at"
    " FROM challenges ORDER BY hash",
    NULL};

/* Rows that the last children of an older version wrote have the number 0. */
static const char *const audit[] = {
    "CREATE TABLE audit_6 ("
    "seq @key NOT NULL PRIMARY KEY,"
    "created BIGINT NOT NULL,"
    "event TEXT NOT NULL,"
    "scope TEXT NOT NULL,"
    "actor TEXT,"
    "peer TEXT,"
    "challenge_hash @octets,"
    "transaction_id TEXT,"
    "serial TEXT,"
    "reason BIGINT,"
    "subject TEXT,"
    "detail TEXT)",
    "UPDATE audit SET seq = (SELECT n.place FROM (SELECT id,"
    " ROW_NUMBER() OVER (ORDER BY created, id)"
    " + (SELECT MAX(seq) FROM audit) AS place FROM audit WHERE seq = 0) n"
    " WHERE n.id = audit.id) WHERE seq = 0",
    "INSERT INTO audit_6 (seq, created, event, scope, actor, peer,"
    " challenge_hash, transaction_id, serial, reason, subject, detail)"
    " SELECT seq, created, event, scope, actor, peer,"
    " decode(challenge_hash, 'hex'), transaction_id, serial, reason, subject,"
    " detail FROM audit",
    NULL};

static const char *const requests[] = {
    "CREATE TABLE requests_6 ("
    "id TEXT NOT NULL PRIMARY KEY,"
    "scope TEXT NOT NULL,"
    "transaction_id TEXT NOT NULL,"
    "key_hash @octets NOT NULL,"
    "csr_hash @octets NOT NULL,"
    "state BIGINT NOT NULL,"
    "csr @octets,"
    "subject TEXT,"
    "alt_names TEXT,"
    "profile TEXT,"
    "source TEXT,"
    "challenge_hash @octets,"
    "renewal_of TEXT,"
    "ticket TEXT,"
    "peer TEXT,"
    "created BIGINT NOT NULL,"
    "expires BIGINT NOT NULL,"
    "decided_at BIGINT,"
    "decided_by TEXT,"
    "note TEXT,"
    "certificate_id BIGINT REFERENCES certificates_6 (id),"
    "patience BIGINT,"
    "heard_at BIGINT,"
    "endpoint TEXT,"
    "proved BIGINT NOT NULL DEFAULT 0,"
    "network TEXT,"
    "extensions TEXT)",
    "INSERT INTO requests_6 SELECT r.id, r.scope, r.transaction_id,"
    " decode(r.key_hash, 'hex'), decode(r.csr_hash, 'hex'), r.state,"
    " decode(r.csr, 'base64'), r.subject, r.alt_names, r.profile, r.source,"
    " decode(r.challenge_hash, 'hex'), r.renewal_of, r.ticket, r.peer,"
    " r.created, r.expires, r.decided_at, r.decided_by, r.note, n.new,"
    " r.patience, r.heard_at, r.endpoint, r.proved, r.network, r.extensions"
    " FROM requests r LEFT JOIN numbers_6 n ON n.old = r.certificate_id",
    "CREATE TABLE crls_6 ("
    "scope TEXT NOT NULL PRIMARY KEY,"
    "number BIGINT NOT NULL,"
    "this_update BIGINT NOT NULL,"
    "next_update BIGINT NOT NULL,"
    "covers BIGINT NOT NULL,"
    "der @octets)",
    "INSERT INTO crls_6 SELECT scope, number, this_update, next_update,"
    " covers, decode(der, 'base64') FROM crls",
    NULL};

/* Tables that refer to others come first. */
static const char *const replaced[] = {
    "DROP TABLE numbers_6",
    "DROP TABLE messages",
    "DROP TABLE message_marks",
    "DROP TABLE transactions",
    "DROP TABLE requests",
    "DROP TABLE certificates",
    "DROP TABLE challenges",
    "DROP TABLE audit",
    "DROP TABLE crls",
    "ALTER TABLE certificates_6 RENAME TO certificates",
    "ALTER TABLE transactions_6 RENAME TO transactions",
    "ALTER TABLE messages_6 RENAME TO messages",
    "ALTER TABLE message_marks_6 RENAME TO message_marks",
    "ALTER TABLE challenges_6 RENAME TO challenges",
    "ALTER TABLE audit_6 RENAME TO audit",
    "ALTER TABLE requests_6 RENAME TO requests",
    "ALTER TABLE crls_6 RENAME TO crls",
    NULL};

static const char *const indexes[] = {
    "CREATE UNIQUE INDEX certificates_by_number ON certificates"
    " (serial, scope)",
    "CREATE INDEX certificates_by_subject ON certificates (subject_hash)",
    "CREATE INDEX certificates_by_subject_text ON certificates"
    " (SUBSTR(LOWER(subject), 1, 200)) WHERE subject_hash IS NULL",
    "CREATE INDEX certificates_by_expiry ON certificates (not_after)",
    "CREATE INDEX transactions_by_id ON transactions (transaction_id)",
    "CREATE INDEX transactions_by_challenge ON transactions"
    " (challenge_hash, key_hash) WHERE challenge_hash IS NOT NULL",
    "CREATE INDEX transactions_by_predecessor ON transactions"
    " (renewal_of, created) WHERE renewal_of IS NOT NULL",
    "CREATE INDEX messages_by_request ON messages (request_id)"
    " WHERE request_id IS NOT NULL",
    "CREATE INDEX messages_by_expiry ON messages (expires, certificate_id)",
    "CREATE INDEX challenges_by_expiry ON challenges (state, expires, hash)",
    "CREATE INDEX challenges_by_user ON challenges (drawn_by, expires)",
    "CREATE INDEX audit_by_time ON audit (created)",
    "CREATE INDEX audit_refusals ON audit (event, seq) WHERE event = 'refused'",
    "CREATE INDEX requests_by_id ON requests (scope, transaction_id, created)",
    "CREATE INDEX requests_by_state ON requests (state, created)",
    "CREATE INDEX requests_by_challenge ON requests (challenge_hash, created)"
    " WHERE challenge_hash IS NOT NULL",
    "CREATE INDEX requests_by_time ON requests (created, id)",
    "CREATE INDEX requests_by_key ON requests (key_hash, created, id)",
    "CREATE INDEX requests_by_certificate ON requests (certificate_id)"
    " WHERE certificate_id IS NOT NULL",
    NULL};

const scep_schema_step_t *scep_schema_6(void)
{
    static const scep_schema_step_t steps[] = {
        {"certificates", certificates},
        {"transactions", transactions},
        {"messages", messages},
        {"passwords", challenges},
        {"audit trail", audit},
        {"requests", requests},
        {"old tables", replaced},
        {"indexes", indexes},
        {NULL, NULL},
    };

    return steps;
}
