/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_caps.c: the answer to GetCACaps, from the list that is also enforced.
 * (protocol layer)
 */
#include "scep_caps.h"

#include <apr_strings.h>

#include <openssl/objects.h>

/* Redundant words help old clients (R56): iOS and MikroTik look for DES3 and
 * a SHA, and not for SCEPStandard. */
static const int cipher_nids[] = {NID_aes_128_cbc, NID_des_ede3_cbc};
static const int digest_nids[] = {NID_sha1, NID_sha256, NID_sha384, NID_sha512};

static const char *add_word(apr_pool_t *pool, const char *text,
                            const char *word)
{
    return word != NULL ? apr_pstrcat(pool, text, word, "\n", NULL) : text;
}

const char *scep_caps_text(const scep_algs_t *algs,
                           const scep_features_t *features, apr_pool_t *pool)
{
    const char *text = "";
    size_t i;

    for (i = 0; i < sizeof(cipher_nids) / sizeof(cipher_nids[0]); i++) {
        const scep_cipher_t *c = scep_algs_cipher(algs, cipher_nids[i]);

        text = add_word(pool, text, c != NULL ? c->keyword : NULL);
    }
    text = add_word(pool, text, "POSTPKIOperation");
    text = add_word(pool, text, features->renewal ? "Renewal" : NULL);
    for (i = 0; i < sizeof(digest_nids) / sizeof(digest_nids[0]); i++) {
        const scep_digest_t *d = scep_algs_digest(algs, digest_nids[i]);

        text = add_word(pool, text, d != NULL ? d->keyword : NULL);
    }
    text = add_word(pool, text, features->next_ca ? "GetNextCACert" : NULL);
    text = add_word(pool, text,
                    scep_algs_scep_standard(algs) ? "SCEPStandard" : NULL);
    return text;
}
