/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_name_syntax.c: see scep_name_syntax.h. (enroll layer)
 */
#include "scep_name_syntax.h"

#include <string.h>

#include <apr_lib.h>

enum { LONGEST_HOST = 253, LONGEST_LABEL = 63, LONGEST_LOCAL = 64 };

static scep_octets_t octets_part(scep_octets_t text, size_t from, size_t to)
{
    const scep_octets_t octets = {text.data + from, to - from};

    return octets;
}

/* The position of the first C in TEXT, or TEXT's length. */
static size_t find_character(scep_octets_t text, char c)
{
    const unsigned char *at =
        text.len > 0 ? memchr(text.data, c, text.len) : NULL;

    return at != NULL ? (size_t)(at - text.data) : text.len;
}

static bool is_one_of(unsigned char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool is_alnum(unsigned char c)
{
    return c < 0x80 && apr_isalnum(c);
}

static bool all_of(scep_octets_t text, const char *others)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        if (!is_alnum(text.data[i]) && !is_one_of(text.data[i], others)) {
            return false;
        }
    }
    return true;
}

static const char *label_fault(scep_octets_t label)
{
    if (label.len == 0) {
        return "has an empty label";
    }
    if (label.len > LONGEST_LABEL) {
        return "has a label of more than 63 characters";
    }
    if (!all_of(label, "-_")) {
        return "is not a host name: letters, digits, \"-\" and \".\" are "
               "allowed (international names as A-labels, \"xn--...\")";
    }
    if (label.data[0] == '-' || label.data[label.len - 1] == '-') {
        return "is not a host name: a label begins or ends with \"-\"";
    }
    return NULL;
}

int scep_syntax_wildcard(scep_octets_t text)
{
    int labels = 0;
    size_t i;

    if (text.len == 0 || text.data[0] != '*' ||
        (text.len > 1 && text.data[1] != '.')) {
        return -1;
    }
    /* An empty label, as behind a last dot, does not make it narrower. */
    for (i = 2; i < text.len; i++) {
        labels += text.data[i] != '.' && text.data[i - 1] == '.';
    }
    return labels;
}

const char *scep_syntax_host(scep_octets_t text, bool wildcard)
{
    const char *fault = NULL;

    if (text.len > LONGEST_HOST) {
        return "is longer than a host name can be (253 characters)";
    }
    if (wildcard && scep_syntax_wildcard(text) >= 0) {
        if (text.len == 1) {
            return NULL;
        }
        text = octets_part(text, 2, text.len);
    }
    for (;;) {
        size_t dot = find_character(text, '.');

        fault = label_fault(octets_part(text, 0, dot));
        if (fault != NULL || dot == text.len) {
            return fault;
        }
        text = octets_part(text, dot + 1, text.len);
    }
}

const char *scep_syntax_mail(scep_octets_t text)
{
    static const char atext[] = "!#$%&'*+-/=?^_`{|}~.";
    size_t at = text.len;
    scep_octets_t local, host;

    while (at > 0 && text.data[at - 1] != '@') {
        at--;
    }
    if (at == 0) {
        return "is not a mail address: it has no \"@\"";
    }
    local = octets_part(text, 0, at - 1);
    host = octets_part(text, at, text.len);
    if (local.len == 0 || local.len > LONGEST_LOCAL) {
        return "is not a mail address: before the \"@\" it has no, or more "
               "than 64, characters";
    }
    if (!all_of(local, atext) &&
        (local.len < 3 || local.data[0] != '"' ||
         local.data[local.len - 1] != '"' ||
         find_character(octets_part(local, 1, local.len), '"') !=
             local.len - 2)) {
        return "is not a mail address: a character before the \"@\" is not "
               "allowed";
    }
    if (host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']' &&
        all_of(octets_part(host, 1, host.len - 1), ".:-")) {
        return NULL; /* an address literal */
    }
    return scep_syntax_host(host, false) == NULL
               ? NULL
               : "is not a mail address: no host name follows its \"@\"";
}

/* Some management systems write device numbers as "ID:Some Product:GUID:...",
 * so blanks are allowed where there is no path. */
static const char *uri_characters(scep_octets_t text, bool path)
{
    static const char others[] = "-._~:/?#[]@!$&'()*+,;=% ";
    size_t i;

    if (!all_of(text, others) ||
        (path && find_character(text, ' ') < text.len)) {
        return "is not a URI: a character is not allowed in it";
    }
    for (i = 0; i < text.len; i++) {
        if (text.data[i] == '%' &&
            (text.len - i < 3 || !apr_isxdigit(text.data[i + 1]) ||
             !apr_isxdigit(text.data[i + 2]))) {
            return "is not a URI: \"%\" is not followed by two hex digits";
        }
    }
    return NULL;
}

/* REST follows the scheme's colon. */
static const char *authority_fault(scep_octets_t rest)
{
    scep_octets_t host;
    size_t end = 2, i;

    if (rest.len < 2 || rest.data[0] != '/' || rest.data[1] != '/') {
        return NULL;
    }
    while (end < rest.len && !is_one_of(rest.data[end], "/?#")) {
        end++;
    }
    host = octets_part(rest, 2, end);
    for (i = host.len; i > 0; i--) {
        if (host.data[i - 1] == '@') {
            host = octets_part(host, i, host.len);
            break;
        }
    }
    if (host.len > 0 && host.data[0] == '[') {
        return find_character(host, ']') < host.len
                   ? NULL
                   : "is not a URI: the address after \"//\" has no \"]\"";
    }
    host.len = find_character(host, ':');
    return scep_syntax_host(host, false) == NULL
               ? NULL
               : "is not a URI: no host name follows its \"//\"";
}

const char *scep_syntax_uri(scep_octets_t text)
{
    size_t colon = find_character(text, ':');
    scep_octets_t rest;
    const char *fault;

    if (colon == 0 || colon + 1 >= text.len || !apr_isalpha(text.data[0]) ||
        !all_of(octets_part(text, 0, colon), "+-.")) {
        return "is not an absolute URI: it must be a scheme, \":\" and more";
    }
    rest = octets_part(text, colon + 1, text.len);
    fault = uri_characters(text, rest.data[0] == '/');
    return fault != NULL ? fault : authority_fault(rest);
}
