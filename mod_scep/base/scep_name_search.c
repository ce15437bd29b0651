/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_name_search.c: writes names in lower case, and in both forms in which
 * they were stored. (base layer)
 */
#include "scep_name_search.h"

#include <locale.h>
#include <string.h>
#include <wctype.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "scep_str.h"

enum { LONGEST_CHARACTER = 4 };

int scep_name_is_ascii(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text > 0x7f) {
            return 0;
        }
    }
    return 1;
}

static char *put_utf8(char *to, unsigned long point)
{
    int more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    int shift = 6 * more;

    *to++ = (char)(lead[more] | point >> shift);
    while (shift > 0) {
        shift -= 6;
        *to++ = (char)(0x80 | (point >> shift & 0x3f));
    }
    return to;
}

/* Replace the hex pairs that scep_name_modern() writes by their short forms. */
static const char *short_forms(apr_pool_t *pool, const char *text)
{
    static const struct {
        const char *pair, *form;
    } forms[] = {{"\\2A", "*"}, {"\\5C", "\\\\"}, {"\\22", "\\\""}};
    char *out, *to;
    size_t i;

    if (strchr(text, '\\') == NULL) {
        return text;
    }
    out = to = apr_palloc(pool, strlen(text) + 1);
    while (*text != '\0') {
        for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
            if (strncasecmp(text, forms[i].pair, 3) == 0) {
                break;
            }
        }
        if (i < sizeof(forms) / sizeof(forms[0])) {
            to = apr_cpystrn(to, forms[i].form, 3);
            text += 3;
            continue;
        }
        if (text[0] == '\\' && text[1] != '\0') {
            *to++ = *text++; /* what follows is no escape itself */
        }
        *to++ = *text++;
    }
    *to = '\0';
    return out;
}

const char *scep_name_fold(apr_pool_t *pool, const char *whole)
{
    const char *text = short_forms(pool, whole);
    const unsigned char *at = (const unsigned char *)text;
    const unsigned char *end = at + strlen(text);
    locale_t locale = scep_name_is_ascii(text)
                          ? (locale_t)0
                          : newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    char *out, *to;

    out = to = apr_palloc(pool, LONGEST_CHARACTER * strlen(text) + 1);
    while (at < end) {
        unsigned char octet = *at;
        long point = scep_utf8_point(&at, end);

        if (point < 0) {
            *to++ = (char)octet;
        }
        else if (point < 0x80) {
            *to++ = (char)(point >= 'A' && point <= 'Z' ? point + 0x20 : point);
        }
        else {
            to = put_utf8(to, locale != (locale_t)0 ? (unsigned long)towlower_l(
                                                          (wint_t)point, locale)
                                                    : (unsigned long)point);
        }
    }
    *to = '\0';
    if (locale != (locale_t)0) {
        freelocale(locale);
    }
    return out;
}

/* Decode the hex pairs at TEXT that stand for octets beyond ASCII into OCTETS.
 * @return how many */
static size_t take_pairs(const char *text, unsigned char *octets)
{
    size_t count = 0;

    for (; text[0] == '\\'; text += 3) {
        if (!scep_hex_pair(text + 1, &octets[count]) || octets[count] < 0x80) {
            break;
        }
        count++;
    }
    return count;
}

/* Write COUNT octets as characters; invisible ones stay hex pairs. */
static char *put_octets(char *to, const unsigned char *octets, size_t count)
{
    const unsigned char *at = octets, *end = octets + count;

    while (at < end) {
        const unsigned char *from = at;
        bool plain = scep_point_visible(scep_utf8_point(&at, end));

        for (; from < at; from++) {
            if (plain) {
                *to++ = (char)*from;
            }
            else {
                *to++ = '\\';
                to = scep_hex_into(to, from, 1) + 2;
            }
        }
    }
    return to;
}

/* In a limit a star would be a pattern, and the error log doubles backslashes.
 * As hex pairs they keep their meaning when the text is copied. */
static char *put_special(char *to, char special)
{
    *to++ = '\\';
    return scep_hex_into(to, (const unsigned char *)&special, 1) + 2;
}

const char *scep_name_modern(apr_pool_t *pool, const char *text)
{
    unsigned char *octets;
    char *out, *to;

    if (strpbrk(text, "\\*") == NULL) {
        return text;
    }
    octets = apr_palloc(pool, strlen(text) + 1);
    out = to = apr_palloc(pool, 3 * strlen(text) + 1);
    while (*text != '\0') {
        size_t count = take_pairs(text, octets);

        if (count > 0) {
            to = put_octets(to, octets, count);
            text += 3 * count;
            continue;
        }
        if (*text == '*') {
            to = put_special(to, *text++);
            continue;
        }
        if (text[0] == '\\' && (text[1] == '\\' || text[1] == '"')) {
            to = put_special(to, text[1]);
            text += 2;
            continue;
        }
        if (text[0] == '\\' && text[1] != '\0') {
            *to++ = *text++; /* what follows is no escape itself */
        }
        *to++ = *text++;
    }
    *to = '\0';
    return out;
}

const char *scep_name_ascii(apr_pool_t *pool, const char *text)
{
    char *out, *to;

    if (scep_name_is_ascii(text)) {
        return text;
    }
    out = to = apr_palloc(pool, 3 * strlen(text) + 1);
    for (; *text != '\0'; text++) {
        unsigned char octet = (unsigned char)*text;

        if (octet < 0x80) {
            *to++ = *text;
        }
        else {
            *to++ = '\\';
            to = scep_hex_into(to, &octet, 1) + 2;
        }
    }
    *to = '\0';
    return out;
}
