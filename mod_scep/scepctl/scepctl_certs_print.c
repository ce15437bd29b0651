/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scepctl_certs_print.c: certificates of the record as text, JSON and PEM.
 * (scepctl)
 */
#include <string.h>

#include <apr_encode.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "scep_store_json.h"
#include "scepctl_certs.h"
#include "scep_span.h"

enum {
    LONGEST = 1024 /* octets of a field that are shown */,
    PEM_LINE = 64,
    LONGEST_SERIAL = 64
};

const char *scepctl_serial(scepctl_t *ctl, const char *text)
{
    const char *from = strncasecmp(text, "0x", 2) == 0 ? text + 2 : text;
    char *serial = apr_pstrdup(ctl->pool, from), *to = serial;

    for (; *from != '\0' && (apr_isxdigit(*from) || strchr(": ", *from));
         from++) {
        if (apr_isxdigit(*from)) {
            *to++ = (char)apr_toupper(*from);
        }
    }
    *to = '\0';
    if (*from != '\0' || to == serial) {
        scepctl_usage(ctl, "`%s' is no serial number in hex",
                      scep_printable(ctl->pool, text, LONGEST_SERIAL));
        return NULL;
    }
    while (serial[0] == '0' && serial[1] != '\0') {
        serial++;
    }
    return serial;
}

void scepctl_pem(FILE *out, const char *kind, scep_octets_t der,
                 apr_pool_t *pool)
{
    const char *text = apr_pencode_base64_binary(
        pool, der.data, (apr_ssize_t)der.len, APR_ENCODE_NONE, NULL);

    fprintf(out, "-----BEGIN %s-----\n", kind);
    while (text != NULL && *text != '\0') {
        fprintf(out, "%.*s\n", PEM_LINE, text);
        text += strlen(text) < PEM_LINE ? strlen(text) : PEM_LINE;
    }
    fprintf(out, "-----END %s-----\n", kind);
}

static const char *serial_or_dash(const char *serial, apr_pool_t *pool)
{
    return serial != NULL ? scep_printable(pool, serial, LONGEST) : "-";
}

/* No tab is printable: what stands between two of them is one field. */
void scepctl_cert_line(FILE *out, const scep_certificate_row_t *row,
                       apr_time_t now, bool json, apr_pool_t *pool)
{
    if (json) {
        fprintf(out, "%s\n", scep_certificate_json(row, now, pool));
        return;
    }
    fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
            scep_time_iso(pool, row->created),
            scep_printable(pool, row->serial, LONGEST),
            scep_certificate_state_name(row, now),
            scep_time_iso(pool, row->not_after),
            scep_printable(pool, row->profile, LONGEST),
            scep_shown(pool, row->subject),
            serial_or_dash(row->predecessor, pool),
            serial_or_dash(row->successor, pool));
}

static void print_relatives(FILE *out, const char *what,
                            const apr_array_header_t *certs, apr_time_t now,
                            apr_pool_t *pool)
{
    int i;

    for (i = 0; i < certs->nelts; i++) {
        const scep_certificate_row_t *cert =
            &APR_ARRAY_IDX(certs, i, const scep_certificate_row_t);

        fprintf(out, "%-11s %s, %s\n", what,
                scep_printable(pool, cert->serial, LONGEST),
                scep_certificate_state_name(cert, now));
    }
}

void scepctl_cert_show(FILE *out, const scep_certificate_row_t *row,
                       const apr_array_header_t *before,
                       const apr_array_header_t *after, apr_time_t now,
                       bool json, apr_pool_t *pool)
{
    if (json) {
        fprintf(out, "%s\n",
                scep_certificate_json_all(row, before, after, now, pool));
        return;
    }
    fprintf(out, "serial      %s\n",
            scep_printable(pool, row->serial, LONGEST));
    fprintf(out, "state       %s\n", scep_certificate_state_name(row, now));
    if (row->revoked != 0) {
        fprintf(out, "revoked     %s, %s, by %s\n",
                scep_time_iso(pool, row->revoked),
                scep_revocation_reason_name((int)row->reason),
                row->revoked_by != NULL
                    ? scep_printable(pool, row->revoked_by, LONGEST)
                    : "the server");
    }
    fprintf(out, "subject     %s\n", scep_shown(pool, row->subject));
    fprintf(out, "not before  %s\n", scep_time_iso(pool, row->not_before));
    fprintf(out, "not after   %s\n", scep_time_iso(pool, row->not_after));
    fprintf(out, "issued      %s\n", scep_time_iso(pool, row->created));
    fprintf(out, "profile     %s\n",
            scep_printable(pool, row->profile, LONGEST));
    print_relatives(out, "predecessor", before, now, pool);
    print_relatives(out, "successor", after, now, pool);
    fprintf(out, "CA          %s\n", scep_printable(pool, row->ca_id, LONGEST));
    scepctl_pem(out, "CERTIFICATE", row->der, pool);
}
