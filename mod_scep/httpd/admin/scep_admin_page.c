/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_admin_page.c: the admin page. Programs match its sentences, the blanks
 * around them and the upper case of the tags octet by octet: they are an
 * interface and must not be changed. (httpd layer)
 */
#include "scep_admin_page.h"

#include <apr_strings.h>

#include "scep_str.h"

#define TITLE "Network Device Enrollment Service"

static const char head[] =
    "<HTML>\r\n"
    "<HEAD>\r\n"
    "<META HTTP-EQUIV=\"Content-Type\" CONTENT=\"text/html; charset=UTF-8\">"
    "\r\n"
    "<TITLE>" TITLE "</TITLE>\r\n"
    "</HEAD>\r\n"
    "<BODY BGCOLOR=\"#FFFFFF\">\r\n"
    "<FONT ID=\"locPageFont\" FACE=\"Arial\">\r\n"
    "<TABLE BORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"4\" WIDTH=\"100%\" "
    "BGCOLOR=\"#008080\"><TR><TD><FONT ID=\"locMSCertSrv\" FACE=\"Arial\" "
    "COLOR=\"#FFFFFF\">" TITLE "</FONT></TD></TR></TABLE>\r\n"
    "<P ID=\"locPageTitle\"> <B>" TITLE "</B> </P>\r\n"
    "<P> Devices enroll for certificates here, by the "
    "Simple Certificate Enrollment Protocol (SCEP). </P>\r\n";

/* Some software cuts off exactly this text, with its two blanks and missing
 * quotes, to find the password before it. */
static const char tail[] =
    "<P ID=locPageDesc> For more information see  "
    "<A HREF=http://go.microsoft.com/fwlink/?LinkId=67852>"
    "Using Network Device Enrollment Service </A>. </P> "
    "<P></Font></Body></HTML>";

/* Programs look for the first sentence. */
#define FULL "<P> The password cache is full. </P>\r\n"

static const char full_text[] =
    FULL "<P> Use one of the passwords that were drawn before, wait until some "
         "have been used or have expired, or have the limit (ScepPasswordMax) "
         "raised. </P> ";

static const char user_full_text[] = FULL
    "<P> You have as many unused passwords as one user may have. Use or cancel "
    "some of them, wait until they expire, or have the limit "
    "(ScepPasswordMaxPerUser) raised. </P> ";

/* NDES has these two blanks, too. */
static const char permission_text[] =
    "<P> You do not have sufficient permission to enroll with SCEP.  Please "
    "contact your system administrator. </P> ";

/* Whole minutes, as in NDES, rounded up: 90 seconds become 2 minutes. */
static int minutes_of(apr_interval_time_t validity)
{
    apr_interval_time_t minute = apr_time_from_sec(60);

    return (int)((validity + minute - 1) / minute);
}

/* The parts before and after the password. The password itself is only copied
 * into memory that is wiped. */
static void password_parts(const scep_admin_page_t *page, apr_pool_t *pool,
                           const char **before, const char **after)
{
    const char *thumbprint = "";

    if (page->thumbprint != NULL) {
        thumbprint = apr_pstrcat(pool,
                                 "The thumbprint (hash value) for the CA "
                                 "certificate is: <B> ",
                                 page->thumbprint, " </B> ", NULL);
    }
    *before =
        apr_pstrcat(pool, head, "<P> ", thumbprint,
                    "<P> The enrollment challenge password is: <B> ", NULL);
    if (page->state == SCEP_PAGE_SINGLE) {
        *after = apr_pstrcat(pool,
                             " </B> <P> This password can be used multiple "
                             "times and will not expire. </P> ",
                             tail, NULL);
        return;
    }
    *after = apr_psprintf(
        pool,
        " </B> <P> This password can be used only once and will expire within "
        "%d minutes. <P> Each enrollment requires a new challenge password. "
        "You can refresh this web page to obtain a new challenge password. "
        "</P> %s",
        minutes_of(page->validity), tail);
}

/* The text is ASCII. NDES sends FF FE, then UTF-16LE, and a NUL character after
 * the last tag. */
static scep_octets_t encode(scep_page_encoding_e encoding,
                            const char *const *parts, apr_size_t n_parts,
                            apr_pool_t *pool)
{
    bool wide = encoding != SCEP_PAGE_UTF8;
    scep_octets_t octets = {NULL, 0};
    unsigned char *to;
    apr_size_t i, len = 0;

    for (i = 0; i < n_parts; i++) {
        len += strlen(parts[i]);
    }
    octets.len = wide ? 2 + 2 * (len + 1) : len;
    octets.data = to = scep_secret_alloc(pool, octets.len);
    if (wide) {
        *to++ = 0xFF;
        *to++ = 0xFE;
    }
    for (i = 0; i < n_parts; i++) {
        const char *p;

        for (p = parts[i]; *p != '\0'; p++) {
            *to++ = (unsigned char)*p;
            if (wide) {
                *to++ = 0;
            }
        }
    }
    if (wide) {
        *to++ = 0;
        *to = 0;
    }
    return octets;
}

scep_octets_t scep_admin_page(const scep_admin_page_t *page, apr_pool_t *pool)
{
    const char *parts[3] = {head, full_text, tail};

    switch (page->state) {
    case SCEP_PAGE_PASSWORD:
    case SCEP_PAGE_SINGLE:
        password_parts(page, pool, &parts[0], &parts[2]);
        parts[1] = page->password;
        break;
    case SCEP_PAGE_CACHE_FULL:
        break;
    case SCEP_PAGE_USER_FULL:
        parts[1] = user_full_text;
        break;
    case SCEP_PAGE_NO_PERMISSION:
        parts[1] = permission_text;
        break;
    }
    return encode(page->encoding, parts, 3, pool);
}

const char *scep_admin_page_type(scep_page_encoding_e encoding)
{
    return encoding == SCEP_PAGE_UTF8 ? "text/html; charset=utf-8"
                                      : "text/html";
}
