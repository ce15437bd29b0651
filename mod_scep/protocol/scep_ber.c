/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_ber.c: the bounded BER reader. (protocol layer)
 */
#include "scep_ber.h"

#include <stdint.h>
#include <string.h>

#include <openssl/objects.h>

enum {
    CONSTRUCTED = SCEP_BER_CONSTRUCTED,
    HIGH_TAG = 0x1f,       /* the tag number follows */
    MAX_TAG_OCTETS = 4,    /* ... in at most so many octets */
    MAX_LENGTH_OCTETS = 4, /* no message comes near 4 GiB */
    MAX_SEGMENT_DEPTH = 6  /* nested constructed strings (M14) */
};

typedef struct head_t {
    unsigned char id;
    size_t size; /* identifier and length octets */
    size_t len;  /* of the contents, when definite */
    bool indefinite;
} head_t;

static size_t left(const scep_ber_reader_t *in)
{
    return (size_t)(in->end - in->at);
}

/* Identifier octets. @return how many, 0 if malformed */
static size_t identifier(const unsigned char *at, size_t size)
{
    size_t i;

    if (size < 1) {
        return 0;
    }
    if ((at[0] & HIGH_TAG) != HIGH_TAG) {
        return 1;
    }
    for (i = 1; i < size && i <= MAX_TAG_OCTETS; i++) {
        if ((at[i] & 0x80) == 0) {
            return i + 1;
        }
    }
    return 0;
}

/* Read a header; the contents may be longer than what is there. */
static bool measure(const scep_ber_reader_t *in, head_t *h)
{
    size_t size = left(in);
    size_t used = identifier(in->at, size);
    size_t octets, i;

    if (used == 0 || used >= size) {
        return false;
    }
    h->id = in->at[0];
    h->indefinite = false;
    h->len = in->at[used++];
    if (h->len == 0x80) {
        h->indefinite = true;
        h->len = 0;
    }
    else if (h->len > 0x80) {
        octets = h->len & 0x7f;
        if (octets > MAX_LENGTH_OCTETS || octets > size - used) {
            return false;
        }
        h->len = 0;
        for (i = 0; i < octets; i++) {
            h->len = h->len << 8 | in->at[used++];
        }
    }
    h->size = used;
    /* X.690 8.1.3.2: a primitive element has no indefinite length */
    return !h->indefinite || (h->id & CONSTRUCTED) != 0;
}

static bool header(const scep_ber_reader_t *in, head_t *h)
{
    return measure(in, h) && h->len <= left(in) - h->size;
}

static bool end_of_contents(const scep_ber_reader_t *in)
{
    return left(in) >= 2 && in->at[0] == 0 && in->at[1] == 0;
}

/* The constructed elements around the current octet: where each ends, or NULL
 * if end-of-contents octets mark its end. */
typedef struct open_t {
    const unsigned char *end[SCEP_MAX_DEPTH];
    size_t depth;
} open_t;

/* Where the innermost element of definite length ends. */
static const unsigned char *enclosing_end(const open_t *open,
                                          const scep_ber_reader_t *in)
{
    size_t i;

    for (i = open->depth; i > 0; i--) {
        if (open->end[i - 1] != NULL) {
            return open->end[i - 1];
        }
    }
    return in->end;
}

/* Leave every element that ends here. */
static void close_elements(open_t *open, scep_ber_reader_t *in)
{
    while (open->depth > 0) {
        const unsigned char *end = open->end[open->depth - 1];

        if (end == NULL) {
            /* End-of-contents octets count only in the enclosing element. */
            scep_ber_reader_t here = {in->at, enclosing_end(open, in)};

            if (!end_of_contents(&here)) {
                return;
            }
            in->at += 2;
        }
        else if (in->at != end) {
            return;
        }
        open->depth--;
    }
}

scep_ber_check_e scep_ber_check(scep_octets_t der)
{
    scep_ber_reader_t in = scep_ber_read(der);
    open_t open = {{NULL}, 0};

    do {
        scep_ber_reader_t here = {in.at, enclosing_end(&open, &in)};
        head_t h;

        /* Universal 0 is end-of-contents, which is no element. */
        if (!header(&here, &h) || h.id == 0) {
            return SCEP_BER_BAD;
        }
        in.at += h.size;
        if ((h.id & CONSTRUCTED) == 0) {
            in.at += h.len;
        }
        else if (open.depth == SCEP_MAX_DEPTH) {
            return SCEP_BER_TOO_DEEP;
        }
        else {
            open.end[open.depth++] = h.indefinite ? NULL : in.at + h.len;
        }
        close_elements(&open, &in);
    } while (open.depth > 0);
    return scep_ber_end(&in) ? SCEP_BER_GOOD : SCEP_BER_BAD;
}

bool scep_ber_incomplete(scep_octets_t der, size_t *size)
{
    scep_ber_reader_t in = scep_ber_read(der);
    head_t h;

    *size = 0;
    if (!scep_ber_is(&in, SCEP_BER_SEQUENCE) || !measure(&in, &h)) {
        return false;
    }
    if (h.indefinite) {
        return der.len < h.size + 2 ||
               memcmp(der.data + der.len - 2, "\0", 2) != 0;
    }
    *size = h.size + h.len;
    return *size > der.len;
}

scep_ber_reader_t scep_ber_read(scep_octets_t octets)
{
    static const unsigned char nothing[1] = {0};
    scep_ber_reader_t in = {nothing, nothing};

    if (octets.len > 0) {
        in.at = octets.data;
        in.end = octets.data + octets.len;
    }
    return in;
}

bool scep_ber_end(const scep_ber_reader_t *in)
{
    return in->at == in->end;
}

bool scep_ber_is(const scep_ber_reader_t *in, unsigned int id)
{
    return !scep_ber_end(in) && in->at[0] == id;
}

/* Go past the end-of-contents octets that belong to the element whose
 * contents start at IN. @return length of the contents, or SIZE_MAX */
static size_t skip_indefinite(scep_ber_reader_t *in)
{
    const unsigned char *start = in->at;
    size_t open = 1; /* elements of indefinite length not yet ended */

    while (open > 0) {
        if (end_of_contents(in)) {
            in->at += 2;
            open--;
        }
        else {
            head_t h;

            if (!header(in, &h) || h.id == 0) {
                return SIZE_MAX;
            }
            in->at += h.size + h.len;
            open += h.indefinite ? 1 : 0;
        }
    }
    return (size_t)(in->at - start) - 2;
}

bool scep_ber_next(scep_ber_reader_t *in, scep_ber_t *e)
{
    const unsigned char *start = in->at;
    scep_ber_reader_t rest = *in;
    head_t h;

    if (!header(in, &h) || h.id == 0) {
        return false;
    }
    rest.at += h.size;
    e->id = h.id;
    e->body.data = rest.at;
    e->body.len = h.len;
    if (h.indefinite) {
        e->body.len = skip_indefinite(&rest);
        if (e->body.len == SIZE_MAX) {
            return false;
        }
    }
    else {
        rest.at += h.len;
    }
    e->whole.data = start;
    e->whole.len = (size_t)(rest.at - start);
    *in = rest;
    return true;
}

bool scep_ber_take(scep_ber_reader_t *in, unsigned int id, scep_ber_t *e)
{
    return scep_ber_is(in, id) && scep_ber_next(in, e);
}

bool scep_ber_enter(scep_ber_reader_t *in, unsigned int id,
                    scep_ber_reader_t *inner)
{
    scep_ber_t e;

    if (!scep_ber_take(in, id, &e)) {
        return false;
    }
    *inner = scep_ber_read(e.body);
    return true;
}

bool scep_ber_count(scep_octets_t octets, unsigned int id, size_t *count)
{
    scep_ber_reader_t in = scep_ber_read(octets);
    scep_ber_t e;

    *count = 0;
    while (!scep_ber_end(&in)) {
        if (!scep_ber_take(&in, id, &e)) {
            return false;
        }
        (*count)++;
    }
    return true;
}

static bool segments_len(scep_octets_t octets, int depth, size_t *len)
{
    scep_ber_reader_t in = scep_ber_read(octets);
    scep_ber_t e;

    while (!scep_ber_end(&in)) {
        if (!scep_ber_next(&in, &e)) {
            return false;
        }
        if (e.id == SCEP_BER_OCTETS) {
            *len += e.body.len;
        }
        else if (e.id != SCEP_BER_OCTETS_CONS || depth == MAX_SEGMENT_DEPTH ||
                 !segments_len(e.body, depth + 1, len)) {
            return false;
        }
    }
    return true;
}

bool scep_ber_string_len(const scep_ber_t *e, size_t *len)
{
    *len = 0;
    if ((e->id & CONSTRUCTED) == 0) {
        *len = e->body.len;
        return true;
    }
    return segments_len(e->body, 1, len);
}

bool scep_ber_oid(scep_ber_reader_t *in, int *nid)
{
    scep_ber_t e;
    const unsigned char *at;
    ASN1_OBJECT *object;

    if (!scep_ber_take(in, SCEP_BER_OID, &e)) {
        return false;
    }
    at = e.whole.data;
    object = d2i_ASN1_OBJECT(NULL, &at, (long)e.whole.len);
    if (object == NULL) {
        return false;
    }
    *nid = OBJ_obj2nid(object);
    ASN1_OBJECT_free(object);
    return true;
}

bool scep_ber_algorithm(scep_ber_reader_t *in, int *nid,
                        scep_ber_reader_t *params)
{
    return scep_ber_enter(in, SCEP_BER_SEQUENCE, params) &&
           scep_ber_oid(params, nid);
}
