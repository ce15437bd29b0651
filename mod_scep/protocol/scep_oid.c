/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_oid.c: objects of dotted OIDs. (protocol layer)
 */
#include "scep_oid.h"

#include <openssl/objects.h>

static void oid_free(void *object)
{
    ASN1_OBJECT_free(object);
}

ASN1_OBJECT *scep_oid(apr_pool_t *pool, const char *dotted)
{
    /* 1: digits only, so that the name table is not searched. */
    return scep_own(pool, OBJ_txt2obj(dotted, 1), oid_free);
}
