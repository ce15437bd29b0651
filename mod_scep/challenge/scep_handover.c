/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_handover.c: seals and opens: nonce, ciphertext and tag in hex. The tag
 * also authenticates time, CA and user. (challenge layer)
 */
#include "scep_handover.h"

#include <string.h>

#include <apr_strings.h>

#include <openssl/evp.h>

/* No other text that is keyed with the password key begins like this. */
static const char purpose[] = "form hand-over";

enum {
    SLACK = 60, /* seconds by which servers' clocks may differ */
    TIME = 8,
    NONCE = 12,
    TAG = 16,
    HEAD = TIME + NONCE,
    MAX_SEALED = 1900, /* octets; browsers keep cookies of 4,096 letters */
    TICKET_OCTETS = SCEP_HANDOVER_TICKET_SIZE / 2
};

static void put_time(unsigned char *to, apr_time_t now)
{
    apr_uint64_t seconds = (apr_uint64_t)apr_time_sec(now);
    int i;

    for (i = TIME - 1; i >= 0; i--, seconds >>= 8) {
        to[i] = (unsigned char)seconds;
    }
}

static bool is_fresh(const unsigned char *from, apr_time_t now)
{
    apr_uint64_t seconds = 0;
    apr_int64_t age;
    int i;

    for (i = 0; i < TIME; i++) {
        seconds = seconds << 8 | from[i];
    }
    age = (apr_int64_t)((apr_uint64_t)apr_time_sec(now) - seconds);
    return age >= -SLACK && age <= SCEP_HANDOVER_SECONDS;
}

/* AES-256-GCM from IN to OUT, both of LEN octets. If ENCRYPT, TAG_OCTETS is
 * written, otherwise it is checked. */
static bool run_gcm(const scep_handover_key_t *key, const unsigned char *head,
                    bool encrypt, const unsigned char *in, size_t len,
                    unsigned char *out, unsigned char *tag_octets,
                    apr_pool_t *pool)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    const char *who = apr_pstrcat(pool, key->ca_id, "\n", key->user, NULL);
    scep_octets_t label = {(const unsigned char *)purpose, sizeof(purpose)};
    unsigned char derived[SCEP_HASH_SIZE];
    int done, more;
    bool ok = ctx != NULL && scep_hmac(key->key, label, derived) &&
              EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, derived,
                                head + TIME, encrypt) == 1 &&
              EVP_CipherUpdate(ctx, NULL, &done, head, TIME) == 1 &&
              EVP_CipherUpdate(ctx, NULL, &done, (const unsigned char *)who,
                               (int)strlen(who)) == 1 &&
              (encrypt || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG,
                                              tag_octets) == 1) &&
              EVP_CipherUpdate(ctx, out, &done, in, (int)len) == 1 &&
              EVP_CipherFinal_ex(ctx, out + done, &more) == 1 &&
              (!encrypt || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG,
                                               tag_octets) == 1);

    EVP_CIPHER_CTX_free(ctx);
    scep_wipe(derived, sizeof(derived));
    return ok;
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

/* The password comes last, because it may be any text. The others have no line
 * feed. */
static char *write_lines(const scep_handover_t *h, apr_pool_t *pool)
{
    const char *before =
        apr_psprintf(pool, "%" APR_TIME_T_FMT "\n%s\n%s\n", h->expires,
                     or_empty(h->id), or_empty(h->notice));
    size_t size = strlen(before) + strlen(or_empty(h->password)) + 1;
    char *text = scep_secret_alloc(pool, size);

    apr_cpystrn(text, before, size);
    apr_cpystrn(text + strlen(before), or_empty(h->password),
                size - strlen(before));
    return text;
}

static const char *next_line(char **text)
{
    char *line = *text;
    char *end = line != NULL ? strchr(line, '\n') : NULL;

    if (end == NULL) {
        *text = NULL;
        return NULL;
    }
    *end = '\0';
    *text = end + 1;
    return *line != '\0' ? line : NULL;
}

static bool read_lines(char *text, scep_handover_t *h)
{
    const char *expires = next_line(&text);

    h->expires = expires != NULL ? apr_atoi64(expires) : 0;
    h->id = next_line(&text);
    h->notice = next_line(&text);
    h->password = text != NULL && *text != '\0' ? text : NULL;
    return text != NULL;
}

const char *scep_handover_seal(const scep_handover_key_t *key,
                               const scep_handover_t *handover,
                               apr_pool_t *pool,
                               char ticket[SCEP_HANDOVER_TICKET_SIZE])
{
    const char *text = write_lines(handover, pool);
    size_t len = strlen(text);
    unsigned char *sealed = apr_palloc(pool, HEAD + len + TAG);

    put_time(sealed, key->now);
    if (HEAD + len + TAG > MAX_SEALED ||
        !scep_random(sealed + TIME, NONCE, false) ||
        !run_gcm(key, sealed, true, (const unsigned char *)text, len,
                 sealed + HEAD, sealed + HEAD + len, pool)) {
        return NULL;
    }
    scep_hex_lower_into(ticket, sealed + TIME, TICKET_OCTETS);
    return scep_hex_lower(pool, sealed, HEAD + len + TAG);
}

static bool open_sealed(const scep_handover_key_t *key, const char *ticket,
                        const char *sealed, apr_pool_t *pool, char **text)
{
    size_t size = sealed != NULL ? strlen(sealed) / 2 : 0;
    unsigned char wanted[TICKET_OCTETS];
    unsigned char *octets;
    size_t len;

    if (size < HEAD + TAG || size > MAX_SEALED) {
        return false;
    }
    octets = apr_palloc(pool, size);
    len = size - HEAD - TAG;
    *text = scep_secret_alloc(pool, len + 1);
    (*text)[len] = '\0';
    return scep_unhex(sealed, octets, size) && ticket != NULL &&
           scep_unhex(ticket, wanted, sizeof(wanted)) &&
           memcmp(wanted, octets + TIME, sizeof(wanted)) == 0 &&
           is_fresh(octets, key->now) &&
           run_gcm(key, octets, false, octets + HEAD, len,
                   (unsigned char *)*text, octets + HEAD + len, pool);
}

bool scep_handover_open(const scep_handover_key_t *key, const char *ticket,
                        const char *sealed, apr_pool_t *pool,
                        scep_handover_t *handover)
{
    char *text;

    memset(handover, 0, sizeof(*handover));
    if (!open_sealed(key, ticket, sealed, pool, &text) ||
        !read_lines(text, handover)) {
        memset(handover, 0, sizeof(*handover));
        return false;
    }
    return true;
}
