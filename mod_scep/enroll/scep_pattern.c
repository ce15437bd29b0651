/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_pattern.c: see scep_pattern.h. (enroll layer)
 */
#include "scep_pattern.h"

#include <arpa/inet.h>
#include <string.h>

#include <apr_strings.h>

#include "scep_str.h"

scep_pattern_t scep_pattern_make(apr_pool_t *pool, const char *text)
{
    unsigned short *tokens =
        apr_palloc(pool, (strlen(text) + 1) * sizeof(*tokens));
    scep_pattern_t pattern = {tokens, 0};

    while (*text != '\0') {
        unsigned char octet;

        if (*text == '*') {
            tokens[pattern.len++] = SCEP_PATTERN_STAR;
            text++;
            continue;
        }
        if (text[0] == '\\' && text[1] == 'x' &&
            scep_hex_pair(text + 2, &octet)) {
            text += 4;
        }
        else {
            text += text[0] == '\\' && text[1] != '\0';
            octet = (unsigned char)*text++;
        }
        tokens[pattern.len++] = octet;
    }
    return pattern;
}

scep_pattern_t scep_pattern_text(apr_pool_t *pool, scep_octets_t text)
{
    unsigned short *tokens = apr_palloc(pool, (text.len + 1) * sizeof(*tokens));
    scep_pattern_t pattern = {tokens, text.len};
    size_t i;

    for (i = 0; i < text.len; i++) {
        tokens[i] = text.data[i];
    }
    return pattern;
}

scep_pattern_t scep_pattern_part(scep_pattern_t pattern, size_t from, size_t to)
{
    const scep_pattern_t part = {pattern.tokens + from, to - from};

    return part;
}

size_t scep_pattern_find(scep_pattern_t pattern, const char *set)
{
    size_t i;

    for (i = 0; i < pattern.len; i++) {
        if (pattern.tokens[i] != '\0' && pattern.tokens[i] <= 0x7f &&
            strchr(set, pattern.tokens[i]) != NULL) {
            break;
        }
    }
    return i;
}

bool scep_pattern_has_star(scep_pattern_t pattern)
{
    size_t i;

    for (i = 0; i < pattern.len; i++) {
        if (pattern.tokens[i] == SCEP_PATTERN_STAR) {
            return true;
        }
    }
    return false;
}

static unsigned short lower(unsigned short c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned short)(c - 'A' + 'a') : c;
}

/* On a mismatch the last star takes one character more. What earlier stars took
 * never needs to change. */
bool scep_pattern_fits(scep_pattern_t pattern, scep_pattern_t text,
                       scep_star_fn *takes)
{
    size_t p = 0, t = 0, behind = 0, from = 0, step;
    bool star = false;

    while (t < text.len || p < pattern.len) {
        if (p < pattern.len && pattern.tokens[p] == SCEP_PATTERN_STAR) {
            star = true;
            behind = ++p;
            from = t;
        }
        else if (p < pattern.len && t < text.len &&
                 lower(pattern.tokens[p]) == lower(text.tokens[t])) {
            p++;
            t++;
        }
        else if (star && from < text.len &&
                 (step = takes(scep_pattern_part(text, from, text.len))) > 0) {
            from += step;
            t = from;
            p = behind;
        }
        else {
            return false;
        }
    }
    return true;
}

/* ---- networks ---- */

/* APR would look up a name, and takes "10." for a network. */
static bool is_address(const char *text)
{
    unsigned char octets[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, text, octets) == 1 ||
           inet_pton(AF_INET6, text, octets) == 1;
}

apr_ipsubnet_t *scep_network(apr_pool_t *pool, const char *text)
{
    char *address = apr_pstrdup(pool, text);
    char *bits = strchr(address, '/');
    apr_ipsubnet_t *network = NULL;

    if (bits != NULL) {
        *bits++ = '\0';
        if (*bits == '\0' || strlen(bits) > 3 ||
            strspn(bits, "0123456789") != strlen(bits)) {
            return NULL;
        }
    }
    if (!is_address(address) ||
        apr_ipsubnet_create(&network, address, bits, pool) != APR_SUCCESS) {
        return NULL;
    }
    return network;
}

bool scep_network_has(apr_ipsubnet_t *network, const char *address,
                      apr_pool_t *pool)
{
    apr_sockaddr_t *sa;

    return is_address(address) &&
           apr_sockaddr_info_get(&sa, address, APR_UNSPEC, 0, 0, pool) ==
               APR_SUCCESS &&
           apr_ipsubnet_test(network, sa) != 0;
}
