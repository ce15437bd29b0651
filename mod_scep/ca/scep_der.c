/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_der.c: walk over an element and everything in it. (ca layer)
 */
#include "scep_der.h"

#include <limits.h>

#include <openssl/asn1.h>
#include <openssl/err.h>

/* The universal types that may be constructed in DER. */
static bool may_be_constructed(int class, int tag)
{
    return class != V_ASN1_UNIVERSAL || tag == V_ASN1_SEQUENCE ||
           tag == V_ASN1_SET || tag == V_ASN1_EXTERNAL;
}

static bool walk(const unsigned char *p, long len, int depth)
{
    while (len > 0) {
        const unsigned char *start = p;
        long inner;
        int tag, class;
        int flags = ASN1_get_object(&p, &inner, &tag, &class, len);
        bool constructed = (flags & V_ASN1_CONSTRUCTED) != 0;

        /* bit 7: not an element; bit 0: indefinite length */
        if ((flags & 0x81) != 0 ||
            p - start + inner !=
                ASN1_object_size(constructed, (int)inner, tag)) {
            return false;
        }
        if (constructed && (depth <= 0 || !may_be_constructed(class, tag) ||
                            !walk(p, inner, depth - 1))) {
            return false;
        }
        p += inner;
        len -= (long)(p - start);
    }
    return true;
}

static bool one_element(scep_octets_t der)
{
    const unsigned char *p = der.data;
    long inner;
    int tag, class;

    return der.len > 0 && der.len <= INT_MAX &&
           (ASN1_get_object(&p, &inner, &tag, &class, (long)der.len) & 0x80) ==
               0 &&
           (size_t)(p - der.data) + (size_t)inner == der.len;
}

bool scep_der_strict(scep_octets_t der)
{
    bool strict;

    ERR_set_mark();
    strict = one_element(der) && walk(der.data, (long)der.len, SCEP_MAX_DEPTH);
    ERR_pop_to_mark();
    return strict;
}
