/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_explain.c: lines, layers, and what kind of object it is. (scepctl)
 */
#include "scepctl_explain.h"

#include <limits.h>
#include <stdarg.h>

#include <apr_strings.h>

#include "scep_file_kind.h"

enum { LABEL_WIDTH = 16 };

static void say(const scepctl_explain_t *x, const char *label, const char *fmt,
                va_list args)
{
    const char *text = apr_pvsprintf(x->ctl->pool, fmt, args);

    fprintf(x->ctl->out, "%*s%-*s %s\n", 2 * x->layer, "", LABEL_WIDTH,
            apr_pstrcat(x->ctl->pool, label, ":", NULL), text);
}

void scepctl_say(const scepctl_explain_t *x, const char *label, const char *fmt,
                 ...)
{
    va_list args;

    va_start(args, fmt);
    say(x, label, fmt, args);
    va_end(args);
}

void scepctl_say_fault(scepctl_explain_t *x, const char *label, const char *fmt,
                       ...)
{
    va_list args;

    va_start(args, fmt);
    say(x, label, fmt, args);
    va_end(args);
    x->faulty = true;
}

void scepctl_enter(scepctl_explain_t *x, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fprintf(x->ctl->out, "%*s%s\n", 2 * x->layer, "",
            apr_pvsprintf(x->ctl->pool, fmt, args));
    va_end(args);
    x->layer++;
}

void scepctl_leave(scepctl_explain_t *x)
{
    x->layer--;
}

static void name_free(void *name)
{
    X509_NAME_free(name);
}

static X509_NAME *read_name(scepctl_explain_t *x, const unsigned char **p,
                            const unsigned char *end)
{
    return scep_own(x->ctl->pool, d2i_X509_NAME(NULL, p, (long)(end - *p)),
                    name_free);
}

static void serial_free(void *serial)
{
    ASN1_INTEGER_free(serial);
}

bool scepctl_explain_reference(scepctl_explain_t *x, const char *where,
                               scep_octets_t der)
{
    const unsigned char *p = der.data, *end = der.data + der.len;
    X509_NAME *issuer, *subject;
    ASN1_INTEGER *serial;
    const char *text;
    long len;
    int tag, class;

    if ((ASN1_get_object(&p, &len, &tag, &class, (long)der.len) & 0x81) != 0 ||
        tag != V_ASN1_SEQUENCE || p + len != end ||
        (issuer = read_name(x, &p, end)) == NULL) {
        return false;
    }
    text = scep_name_text(x->ctl->pool, issuer);
    serial = scep_own(x->ctl->pool, d2i_ASN1_INTEGER(NULL, &p, (long)(end - p)),
                      serial_free);
    if (serial != NULL && p == end) {
        scepctl_enter(x, "%s: IssuerAndSerialNumber", where);
        scepctl_say(x, "Issuer", "%s", text);
        scepctl_say(x, "Serial number", "%s",
                    scep_serial_text(x->ctl->pool, serial));
        scepctl_leave(x);
        return true;
    }
    subject = read_name(x, &p, end);
    if (subject == NULL || p != end) {
        return false;
    }
    scepctl_enter(x, "%s: IssuerAndSubject", where);
    scepctl_say(x, "Issuer", "%s", text);
    scepctl_say(x, "Subject", "%s", scep_name_text(x->ctl->pool, subject));
    scepctl_leave(x);
    return true;
}

/* What else DER may be. */
static const char *other_kind(const scepctl_explain_t *x, scep_octets_t der)
{
    apr_pool_t *pool = x->ctl->pool;
    const unsigned char *p = der.data;
    const char *copy = apr_pstrmemdup(pool, (const char *)der.data, der.len);
    const char *kind =
        scep_file_kind((scep_octets_t){(const unsigned char *)copy, der.len},
                       "FILE", SCEP_WANTED_CERTIFICATE, pool);
    long len = 0;
    int tag, class;

    if (kind != NULL) {
        return apr_pstrcat(pool, "; ", kind, NULL);
    }
    ASN1_get_object(&p, &len, &tag, &class, (long)der.len);
    return der.len > 2 && len > (long)der.len - (p - der.data)
               ? apr_psprintf(pool, "; incomplete: %lu of %lu octets",
                              (unsigned long)der.len,
                              (unsigned long)(len + (p - der.data)))
               : "";
}

void scepctl_explain(scepctl_explain_t *x, const char *where, scep_octets_t der)
{
    if (der.len > INT_MAX || x->layer >= SCEPCTL_MAX_LAYERS) {
        scepctl_say_fault(x, where, "nested too deeply, or too large");
        return;
    }
    if (!scepctl_explain_cms(x, where, der) &&
        !scepctl_explain_csr(x, where, der) &&
        !scepctl_explain_certificate(x, where, der) &&
        !scepctl_explain_reference(x, where, der)) {
        scepctl_say_fault(x, where,
                          "%lu octets that are no CMS message, PKCS#10 or "
                          "certificate%s",
                          (unsigned long)der.len, other_kind(x, der));
    }
    scep_crypto_clear_errors(); /* of what it turned out not to be */
}
