/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_alt_rule.c: see scep_alt_rule.h. (enroll layer)
 */
#include "scep_alt_rule.h"

#include <string.h>

#include <apr_lib.h>

#include "scep_name_syntax.h"

static bool is_one_of(unsigned short c, const char *others)
{
    return c != '\0' && c <= 0x7f &&
           (apr_isalnum(c) || strchr(others, c) != NULL);
}

static bool all_of(scep_pattern_t pattern, const char *others)
{
    size_t i;

    for (i = 0; i < pattern.len; i++) {
        if (pattern.tokens[i] != SCEP_PATTERN_STAR &&
            !is_one_of(pattern.tokens[i], others)) {
            return false;
        }
    }
    return true;
}

/* ---- what a star matches ---- */

static size_t takes_label(scep_pattern_t text)
{
    return is_one_of(text.tokens[0], "-");
}

/* Without "%" and "!", which once routed mail. */
static size_t takes_local(scep_pattern_t text)
{
    return is_one_of(text.tokens[0], ".-_+'&#=~");
}

static size_t takes_scheme(scep_pattern_t text)
{
    return is_one_of(text.tokens[0], "+-.");
}

static size_t takes_user(scep_pattern_t text)
{
    return is_one_of(text.tokens[0], "-._~!$&'()+,;=");
}

static size_t takes_digit(scep_pattern_t text)
{
    return text.tokens[0] <= 0x7f && apr_isdigit(text.tokens[0]);
}

/* Without "%": some programs take "%2F" for a slash. */
static size_t takes_segment(scep_pattern_t text)
{
    return is_one_of(text.tokens[0], "-._~!$&'()+,;=:@");
}

static size_t takes_query(scep_pattern_t text)
{
    return is_one_of(text.tokens[0], "-._~!$&'()+,;=:@?");
}

/* For "urn:", "mailto:" and the like, where other characters separate parts. */
static size_t takes_unreserved(scep_pattern_t text)
{
    return is_one_of(text.tokens[0], "-._~");
}

/* ---- hosts ---- */

static const char *check_host(scep_pattern_t pattern)
{
    return all_of(pattern, "-_.")
               ? NULL
               : "has a character that no host name has (international names "
                 "as A-labels, \"xn--...\")";
}

static bool host_fits(scep_pattern_t pattern, scep_pattern_t text,
                      scep_octets_t value)
{
    return scep_syntax_host(value, false) == NULL &&
           scep_pattern_fits(pattern, text, takes_label);
}

/* ---- user@host ---- */

static bool split_mail(scep_pattern_t text, scep_pattern_t *local,
                       scep_pattern_t *host)
{
    size_t at = scep_pattern_find(text, "@");

    if (at == text.len) {
        return false;
    }
    *local = scep_pattern_part(text, 0, at);
    *host = scep_pattern_part(text, at + 1, text.len);
    return scep_pattern_find(*host, "@") == host->len;
}

static const char *check_mail(scep_pattern_t pattern)
{
    scep_pattern_t local, host;

    return split_mail(pattern, &local, &host)
               ? check_host(host)
               : "has a star, and must have exactly one \"@\"";
}

/* No dot at an end, or beside another (RFC 5321 4.1.2, Dot-string). */
static bool is_dotted(scep_pattern_t local)
{
    bool dot = true;
    size_t i;

    for (i = 0; i < local.len; i++) {
        if (local.tokens[i] == '.' && dot) {
            return false;
        }
        dot = local.tokens[i] == '.';
    }
    return !dot;
}

static bool mail_fits(scep_pattern_t pattern, scep_pattern_t text,
                      scep_octets_t value)
{
    scep_pattern_t wanted_local, wanted_host, local, host;

    if (!split_mail(pattern, &wanted_local, &wanted_host) ||
        !split_mail(text, &local, &host) || !is_dotted(local)) {
        return false;
    }
    value.data += local.len + 1;
    value.len = host.len;
    return scep_pattern_fits(wanted_local, local, takes_local) &&
           host_fits(wanted_host, host, value);
}

/* ---- URIs ---- */

enum { SCHEME, USER, HOST, PORT, PATH, QUERY, FRAGMENT, PARTS };

/* End TEXT before AT, and set BEHIND to what follows the character there. At
 * the end of TEXT, change nothing. */
static void cut_at(scep_pattern_t *text, size_t at, scep_pattern_t *behind)
{
    if (at < text->len) {
        *behind = scep_pattern_part(*text, at + 1, text->len);
        text->len = at;
    }
}

static bool split_authority(scep_pattern_t text, scep_pattern_t *parts)
{
    size_t at = scep_pattern_find(text, "@"), from = 0;

    if (at < text.len) {
        parts[USER] = scep_pattern_part(text, 0, at);
        text = scep_pattern_part(text, at + 1, text.len);
    }
    if (text.len > 0 && text.tokens[0] == '[') {
        from = scep_pattern_find(text, "]");
    }
    cut_at(&text,
           from +
               scep_pattern_find(scep_pattern_part(text, from, text.len), ":"),
           &parts[PORT]);
    parts[HOST] = text;
    return text.len > 0 && scep_pattern_find(text, "@") == text.len;
}

/* RFC 3986 3; the tokens of a part that is not there are NULL. */
static bool split_uri(scep_pattern_t text, scep_pattern_t parts[PARTS])
{
    size_t colon = scep_pattern_find(text, ":/?#[]@"), end;

    memset(parts, 0, PARTS * sizeof(*parts));
    if (colon == 0 || colon == text.len || text.tokens[colon] != ':') {
        return false;
    }
    parts[SCHEME] = scep_pattern_part(text, 0, colon);
    text = scep_pattern_part(text, colon + 1, text.len);
    cut_at(&text, scep_pattern_find(text, "#"), &parts[FRAGMENT]);
    cut_at(&text, scep_pattern_find(text, "?"), &parts[QUERY]);
    if (text.len >= 2 && text.tokens[0] == '/' && text.tokens[1] == '/') {
        text = scep_pattern_part(text, 2, text.len);
        end = scep_pattern_find(text, "/");
        if (!split_authority(scep_pattern_part(text, 0, end), parts)) {
            return false;
        }
        text = scep_pattern_part(text, end, text.len);
    }
    parts[PATH] = text;
    return true;
}

static const char *check_uri(scep_pattern_t pattern)
{
    scep_pattern_t parts[PARTS];

    if (!split_uri(pattern, parts)) {
        return "has a star, and must be a URI with a scheme (\"https:\") and, "
               "after \"//\", one host";
    }
    return parts[HOST].tokens != NULL && parts[HOST].tokens[0] != '['
               ? check_host(parts[HOST])
               : NULL;
}

/* "." and ".." lead to another path. */
static bool has_dot_segment(scep_pattern_t path)
{
    while (path.len > 0) {
        size_t end = scep_pattern_find(path, "/");

        if ((end == 1 || end == 2) && path.tokens[0] == '.' &&
            path.tokens[end - 1] == '.') {
            return true;
        }
        path =
            scep_pattern_part(path, end < path.len ? end + 1 : end, path.len);
    }
    return false;
}

static bool uri_fits(scep_pattern_t pattern, scep_pattern_t text,
                     scep_octets_t value)
{
    static scep_star_fn *const takes[PARTS] = {
        takes_scheme,  takes_user,  takes_label, takes_digit,
        takes_segment, takes_query, takes_query};
    scep_pattern_t wanted[PARTS], parts[PARTS];
    int i;

    if (scep_syntax_uri(value) != NULL || !split_uri(pattern, wanted) ||
        !split_uri(text, parts) || has_dot_segment(parts[PATH])) {
        return false;
    }
    for (i = 0; i < PARTS; i++) {
        bool opaque = i == PATH && parts[HOST].tokens == NULL;

        if ((wanted[i].tokens == NULL) != (parts[i].tokens == NULL) ||
            !scep_pattern_fits(wanted[i], parts[i],
                               opaque ? takes_unreserved : takes[i])) {
            return false;
        }
    }
    return true;
}

/* ---- any kind ---- */

typedef struct form_t {
    const char *kind;
    const char *(*check)(scep_pattern_t pattern);
    bool (*fits)(scep_pattern_t pattern, scep_pattern_t text,
                 scep_octets_t value);
} form_t;

static const form_t *form_of(const char *kind)
{
    static const form_t forms[] = {{"DNS", check_host, host_fits},
                                   {"email", check_mail, mail_fits},
                                   {"UPN", check_mail, mail_fits},
                                   {"URI", check_uri, uri_fits}};
    size_t i = 0;

    while (strcmp(forms[i].kind, kind) != 0) {
        i++;
    }
    return &forms[i];
}

const char *scep_alt_rule(apr_pool_t *pool, const char *kind, const char *text,
                          scep_pattern_t *pattern)
{
    *pattern = scep_pattern_make(pool, text);
    return scep_pattern_has_star(*pattern) ? form_of(kind)->check(*pattern)
                                           : NULL;
}

static size_t takes_nothing(scep_pattern_t text)
{
    (void)text;
    return 0;
}

bool scep_alt_rule_fits(const char *kind, scep_pattern_t pattern,
                        const char *value, apr_pool_t *pool)
{
    const scep_octets_t octets = {(const unsigned char *)value, strlen(value)};
    scep_pattern_t text = scep_pattern_text(pool, octets);

    return scep_pattern_has_star(pattern)
               ? form_of(kind)->fits(pattern, text, octets)
               : scep_pattern_fits(pattern, text, takes_nothing);
}
