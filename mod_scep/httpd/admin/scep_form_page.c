/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_form_page.c: the page's HTML. ap_escape_html() escapes every text that a
 * user has written. (httpd layer)
 */
#include "scep_form_page.h"

#include <apr_strings.h>

#include <httpd.h>

#include "scep_span.h"
#include "scep_str.h"

static const char head[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head><meta charset=\"utf-8\"><title>SCEP passwords</title></head>\n"
    "<body>\n"
    "<h1>SCEP passwords</h1>\n";

static const char tail[] = "</body>\n</html>\n";

static const char *escaped(const scep_form_page_t *page, const char *text)
{
    return text != NULL ? ap_escape_html(page->pool, text) : "";
}

static const char *time_text(const scep_form_page_t *page, apr_time_t when)
{
    return scep_time_text(page->pool, SCEP_TIME_READABLE, when);
}

static const char *paragraph(const scep_form_page_t *page, const char *role,
                             const char *text)
{
    return text == NULL
               ? ""
               : apr_pstrcat(page->pool, "<p ", role, "><strong>",
                             escaped(page, text), "</strong></p>\n", NULL);
}

/* "Label: it is longer than ..." */
static const char *problem_of(const scep_form_page_t *page)
{
    const scep_form_field_t *field = scep_form_fields;

    if (page->fault.text == NULL) {
        return page->problem;
    }
    while (field->name != NULL &&
           (page->fault.field == NULL ||
            strcmp(field->name, page->fault.field) != 0)) {
        field++;
    }
    return apr_pstrcat(page->pool, "Nothing was done. ",
                       field->name != NULL ? field->text : page->fault.field,
                       ": ", page->fault.text, ".", NULL);
}

static const char *about(const scep_form_page_t *page)
{
    const char *text = apr_pstrcat(page->pool, "<p>You are ",
                                   escaped(page, page->user), ".", NULL);

    if (page->thumbprint != NULL) {
        text = apr_pstrcat(page->pool, text,
                           " The thumbprint (MD5) of the CA certificate is ",
                           page->thumbprint, ".", NULL);
    }
    text = apr_pstrcat(page->pool, text, "</p>\n", NULL);
    text = apr_pstrcat(page->pool, text,
                       paragraph(page, "role=\"alert\"", problem_of(page)),
                       paragraph(page, "role=\"status\"", page->notice), NULL);
    return text;
}

/* The HTML before the password. The password itself is only copied into memory
 * that is wiped. */
static const char *before_password(const scep_form_page_t *page)
{
    return page->password != NULL
               ? "<h2>Your password</h2>\n<p><code id=\"challenge\">"
               : "";
}

static const char *after_password(const scep_form_page_t *page)
{
    if (page->password == NULL) {
        return "";
    }
    if (page->expires == 0) {
        return "</code></p>\n<p>It can be used multiple times and will not "
               "expire.</p>\n";
    }
    return apr_pstrcat(page->pool,
                       "</code></p>\n<p>It is shown this once, and "
                       "expires at ",
                       time_text(page, page->expires), ".</p>\n", NULL);
}

static const char *hidden(const scep_form_page_t *page, const char *action)
{
    return apr_pstrcat(page->pool,
                       "<form method=\"post\" autocomplete=\"off\">\n",
                       "<input type=\"hidden\" name=\"token\" value=\"",
                       escaped(page, page->token), "\">\n",
                       "<input type=\"hidden\" name=\"action\" value=\"",
                       action, "\">\n", NULL);
}

static const char *bounds(const scep_form_page_t *page,
                          const scep_form_field_t *field)
{
    return field->kind != SCEP_FIELD_NUMBER
               ? "type=\"text\""
               : apr_psprintf(
                     page->pool,
                     "type=\"number\" min=\"1\" max=\"%" APR_INT64_T_FMT "\"",
                     field->max);
}

static const char *input(const scep_form_page_t *page,
                         const scep_form_field_t *field)
{
    const char *value =
        page->values != NULL ? apr_table_get(page->values, field->name) : NULL;
    bool wrong = page->fault.field != NULL &&
                 strcmp(page->fault.field, field->name) == 0;

    return apr_pstrcat(
        page->pool, "<p><label>", field->text, ": <input name=\"", field->name,
        "\" ", bounds(page, field), " value=\"", escaped(page, value), "\"",
        wrong ? " aria-invalid=\"true\" aria-describedby=\"fault\" autofocus"
              : "",
        "></label>", wrong ? " <strong id=\"fault\">" : "",
        wrong ? escaped(page, page->fault.text) : "", wrong ? "</strong>" : "",
        "</p>\n", NULL);
}

static const char *draw_form(const scep_form_page_t *page)
{
    const char *text = apr_pstrcat(page->pool, "<h2>Draw a password</h2>\n",
                                   hidden(page, "draw"), NULL);
    const scep_form_field_t *field;

    for (field = scep_form_fields; field->name != NULL; field++) {
        text = apr_pstrcat(page->pool, text, input(page, field), NULL);
    }
    return apr_pstrcat(page->pool, text,
                       "<p><button>Draw</button> Empty fields use the "
                       "server's default or set no limit.</p>\n</form>\n",
                       NULL);
}

static const char *item_row(const scep_form_page_t *page,
                            const scep_challenge_item_t *item)
{
    return apr_pstrcat(
        page->pool, "<tr><td>", escaped(page, item->label), "</td><td>",
        escaped(page, item->drawn_by), "</td><td>", escaped(page, item->peer),
        "</td><td>", time_text(page, item->created), "</td><td>",
        time_text(page, item->expires), "</td><td>",
        apr_psprintf(page->pool, "%" APR_INT64_T_FMT, item->uses), "</td><td>",
        escaped(page, item->limits), "</td><td>", hidden(page, "cancel"),
        "<input type=\"hidden\" name=\"id\" value=\"", escaped(page, item->id),
        "\">\n<button>Cancel</button></form></td></tr>\n", NULL);
}

static const char *cancel_input(const scep_form_page_t *page, const char *name,
                                const char *text)
{
    const char *value =
        page->values != NULL ? apr_table_get(page->values, name) : NULL;

    return apr_pstrcat(page->pool, "<p><label>", text, " <input name=\"", name,
                       "\" value=\"", escaped(page, value), "\"></label></p>\n",
                       NULL);
}

static const char *cancel_form(const scep_form_page_t *page)
{
    return apr_pstrcat(
        page->pool, "<h2>Cancel several</h2>\n",
        hidden(page, SCEP_FORM_CANCEL_MANY),
        cancel_input(page, SCEP_FORM_CANCEL_USER, "All that this user drew"),
        cancel_input(page, SCEP_FORM_CANCEL_LABEL, "All with this label"),
        "<p><label><input type=\"checkbox\" name=\"" SCEP_FORM_CANCEL_ALL
        "\" value=\"1\"> All, of every user</label></p>\n"
        "<p><button>Cancel these</button></p>\n</form>\n",
        NULL);
}

static const char *item_list(const scep_form_page_t *page)
{
    apr_array_header_t *parts;
    int i;

    if (page->items == NULL) {
        return "";
    }
    if (page->items->nelts == 0) {
        return "<h2>Outstanding passwords</h2>\n<p>None.</p>\n";
    }
    parts = apr_array_make(page->pool, page->items->nelts + 3, sizeof(char *));
    APR_ARRAY_PUSH(parts, const char *) =
        "<h2>Outstanding passwords</h2>\n<table border=\"1\">\n"
        "<tr><th>Label</th><th>Drawn by</th><th>From</th><th>At</th>"
        "<th>Expires</th><th>Uses left</th><th>Limits</th><th></th></tr>\n";
    for (i = 0; i < page->items->nelts; i++) {
        APR_ARRAY_PUSH(parts, const char *) = item_row(
            page, &APR_ARRAY_IDX(page->items, i, scep_challenge_item_t));
    }
    APR_ARRAY_PUSH(parts, const char *) =
        page->more ? "</table>\n<p>There are more; the API lists them "
                     "all.</p>\n"
                   : "</table>\n";
    APR_ARRAY_PUSH(parts, const char *) = cancel_form(page);
    return apr_array_pstrcat(page->pool, parts, 0);
}

scep_octets_t scep_form_page(const scep_form_page_t *page)
{
    const char *before =
        apr_pstrcat(page->pool, head, about(page), before_password(page), NULL);
    const char *password = page->password != NULL ? page->password : "";
    const char *after =
        apr_pstrcat(page->pool, after_password(page), draw_form(page),
                    item_list(page), tail, NULL);
    size_t room = strlen(before) + 6 * strlen(password) + strlen(after) + 1;
    char *text = scep_secret_alloc(page->pool, room);
    char *to = text + strlen(before);

    memcpy(text, before, strlen(before));
    for (; *password != '\0'; password++) {
        const char *entity = *password == '<'   ? "&lt;"
                             : *password == '>' ? "&gt;"
                             : *password == '&' ? "&amp;"
                             : *password == '"' ? "&quot;"
                                                : NULL;

        if (entity == NULL) {
            *to++ = *password;
        }
        else {
            memcpy(to, entity, strlen(entity));
            to += strlen(entity);
        }
    }
    memcpy(to, after, strlen(after) + 1);
    return (scep_octets_t){(unsigned char *)text, strlen(text)};
}
