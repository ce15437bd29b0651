/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * scep_directives_issuer.c: what becomes of a CA and its certificates: CRLs,
 * the CA that follows, RA pairs that are renewed. (httpd layer)
 */
#include "scep_directives.h"

#include <apr_lib.h>

enum {
    MIN_CRL_SECONDS = 60,
    MAX_CRL_DAYS = 3650,
    MAX_URL = 1024 /* octets */
};

const char *scep_set_crl_validity(cmd_parms *cmd, void *dir, const char *value)
{
    const char *error = ap_check_cmd_context(cmd, SCEP_SERVER_CONTEXT);

    (void)dir;
    return error != NULL
               ? error
               : scep_parse_time(cmd, value, MIN_CRL_SECONDS, MAX_CRL_DAYS,
                                 &scep_cmd_server(cmd)->crl_validity);
}

/* An IA5String without blanks; clients know these schemes. */
static bool is_url(const char *text)
{
    const char *c;

    for (c = text; *c != '\0'; c++) {
        if (!apr_isgraph(*c) || (unsigned char)*c > 0x7e ||
            c - text > MAX_URL) {
            return false;
        }
    }
    return strncasecmp(text, "http://", 7) == 0 ||
           strncasecmp(text, "ldap://", 7) == 0;
}

const char *scep_set_crl_url(cmd_parms *cmd, void *dir, const char *value)
{
    const char *error = ap_check_cmd_context(cmd, SCEP_SERVER_CONTEXT);

    (void)dir;
    if (error == NULL && !is_url(value)) {
        error = scep_bad_value(cmd, value,
                               "an http:// or ldap:// URL is wanted (a client "
                               "that checks the CRL of an https:// server "
                               "would need the CRL to fetch the CRL)");
    }
    if (error == NULL) {
        scep_cmd_server(cmd)->crl_url = value;
    }
    return error;
}

const char *scep_set_next_cert(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    return scep_path_value(cmd, value, &scep_cmd_server(cmd)->next_cert);
}

const char *scep_set_next_key(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    return scep_key_value(cmd, value, &scep_cmd_server(cmd)->next_key);
}

const char *scep_set_ra_dir(cmd_parms *cmd, void *dir, const char *value)
{
    (void)dir;
    return scep_path_value(cmd, value, &scep_cmd_server(cmd)->ra_dir);
}
