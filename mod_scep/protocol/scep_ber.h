/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/**
 * @file scep_ber.h
 * A bounded reader of BER, private to the protocol layer: elements point into
 * the octets they were read from; nothing is copied, nothing recurses deeper
 * than SCEP_MAX_DEPTH. Definite and indefinite lengths are read.
 */
#ifndef SCEP_BER_H
#define SCEP_BER_H

#include "scep.h"
#include "scep_str.h"

/** Identifier octets (X.690 8.1.2) that SCEP's structures use. */
enum {
    SCEP_BER_INTEGER = 0x02,
    SCEP_BER_BIT_STRING = 0x03,
    SCEP_BER_OCTETS = 0x04,
    SCEP_BER_OCTETS_CONS = 0x24, /* in segments */
    SCEP_BER_NULL = 0x05,
    SCEP_BER_OID = 0x06,
    SCEP_BER_SEQUENCE = 0x30,
    SCEP_BER_SET = 0x31,
    SCEP_BER_CONTEXT = 0x80,      /* + number: primitive [number] */
    SCEP_BER_CONTEXT_CONS = 0xa0, /* + number: constructed [number] */
    SCEP_BER_CONSTRUCTED = 0x20   /* the bit of constructed elements */
};

/** One element. */
typedef struct scep_ber_t {
    unsigned char id;    /* identifier octet; xx11111 for high tag numbers */
    scep_octets_t body;  /* contents without end-of-contents octets */
    scep_octets_t whole; /* header, contents, end-of-contents octets */
} scep_ber_t;

/** Elements side by side. */
typedef struct scep_ber_reader_t {
    const unsigned char *at;
    const unsigned char *end;
} scep_ber_reader_t;

typedef enum {
    SCEP_BER_GOOD = 0,
    SCEP_BER_BAD,     /* not well formed, truncated, or trailing octets */
    SCEP_BER_TOO_DEEP /* nested deeper than SCEP_MAX_DEPTH */
} scep_ber_check_e;

/** Is DER exactly one element, well formed at every depth? Check octets from a
 * peer with this before you use the functions below. */
scep_ber_check_e scep_ber_check(scep_octets_t der);

/** Was DER, which scep_ber_check() finds bad, cut off? That is so if it begins
 * with a SEQUENCE that is longer than DER.
 * @param size set to the size of the SEQUENCE; 0: its length is indefinite */
bool scep_ber_incomplete(scep_octets_t der, size_t *size);

/** Format for that case: the octets that arrived, and the size. */
#define SCEP_BER_CUT_OFF                                                       \
    "incomplete: %lu of %lu octets have arrived; a proxy or a limit on the "   \
    "length of URLs has cut the message off"

scep_ber_reader_t scep_ber_read(scep_octets_t octets);

/** True when no octets are left. */
bool scep_ber_end(const scep_ber_reader_t *in);

/** True when the next element has identifier ID. */
bool scep_ber_is(const scep_ber_reader_t *in, unsigned int id);

/** Read the next element. @return false at the end, or if malformed. */
bool scep_ber_next(scep_ber_reader_t *in, scep_ber_t *e);

/** Read the next element, which must have identifier ID. */
bool scep_ber_take(scep_ber_reader_t *in, unsigned int id, scep_ber_t *e);

/** As scep_ber_take(), and INNER reads its contents. */
bool scep_ber_enter(scep_ber_reader_t *in, unsigned int id,
                    scep_ber_reader_t *inner);

/** Count the elements, which must all have identifier ID.
 * @return false if one has another, or is malformed */
bool scep_ber_count(scep_octets_t octets, unsigned int id, size_t *count);

/** Length of a string's octets, in one piece or in nested segments of OCTET
 * STRING. @return false if a segment is anything else, or nested too deeply
 * for OpenSSL (M14). */
bool scep_ber_string_len(const scep_ber_t *e, size_t *len);

/** Read an OID. @param nid OpenSSL's number, NID_undef if it knows none */
bool scep_ber_oid(scep_ber_reader_t *in, int *nid);

/** Read an AlgorithmIdentifier. @param params what follows its OID */
bool scep_ber_algorithm(scep_ber_reader_t *in, int *nid,
                        scep_ber_reader_t *params);

#endif
